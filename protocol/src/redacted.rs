//! `Debug` that prints the name of a type and nothing of its value.

/// Implements such a `Debug` for types that hold personal data.
macro_rules! redacted_debug {
    ($($type:ident $(<$lifetime:lifetime>)?)+) => {$(
        impl std::fmt::Debug for $type$(<$lifetime>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(..)"))
            }
        }
    )+};
}
