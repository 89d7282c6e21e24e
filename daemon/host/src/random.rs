//! Random numbers for ids and tokens that nobody can guess.

/// Returns 128 random bits as 32 hex digits.
pub fn random_id() -> String {
    random_bytes::<16>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns random bytes. Aborts the process if the system has none, since every id and token depends on them.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    if getrandom::fill(&mut bytes).is_err() {
        tracing::error!("the system gives no random numbers");
        std::process::abort();
    }
    bytes
}
