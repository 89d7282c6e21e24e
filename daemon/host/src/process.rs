//! This process: its user, protection of its memory, and the signals that end it.

use rustix::process::{DumpableBehavior, Resource, Rlimit, geteuid, set_dumpable_behavior, setrlimit};
use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Returns the effective user id.
///
/// The owner of `/proc/self` would not do: it is root once [`seal`] has been called.
#[must_use]
pub fn own_user() -> u32 {
    geteuid().as_raw()
}

/// Protects patients' data and PINs in memory: no core file is written, and only root can attach a debugger, not other
/// programs of the same user.
///
/// # Errors
/// If the system refuses.
///
/// Source: prctl(2), `PR_SET_DUMPABLE`; core(5).
pub fn seal() -> io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Returns true if a message bus started this process. Every program on that bus can then have set the environment
/// (`UpdateActivationEnvironment`).
///
/// Source: D-Bus specification, "Message Bus Starting Services".
#[must_use]
pub fn started_by_bus() -> bool {
    ["DBUS_STARTER_ADDRESS", "DBUS_STARTER_BUS_TYPE"]
        .iter()
        .any(|name| std::env::var_os(name).is_some())
}

/// Signals that end the daemon in good order, caught from the moment this is made.
#[derive(Debug)]
pub struct StopSignals(Vec<Signal>);

impl StopSignals {
    /// Catches SIGTERM and SIGINT, and SIGHUP (the terminal has gone) and SIGQUIT unless they were ignored at the
    /// start, as `nohup` does.
    ///
    /// # Errors
    /// If a signal cannot be caught.
    pub fn catch() -> io::Result<Self> {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let kinds = [SignalKind::hangup(), SignalKind::quit()];
        let wanted = kinds.into_iter().filter(|kind| !ignores(&status, *kind));
        let always = [SignalKind::terminate(), SignalKind::interrupt()];
        always
            .into_iter()
            .chain(wanted)
            .map(signal)
            .collect::<io::Result<_>>()
            .map(Self)
    }

    /// Waits for the first of them.
    pub async fn first(mut self) {
        let any = self.0.iter_mut().map(|signal| Box::pin(signal.recv()));
        futures_util::future::select_all(any).await;
    }
}

/// Looks a signal up in the mask `SigIgn` of `/proc/self/status` (proc(5)).
fn ignores(status: &str, kind: SignalKind) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let bit = u32::try_from(kind.as_raw_value() - 1)
        .ok()
        .and_then(|bit| 1_u64.checked_shl(bit));
    mask.zip(bit).is_some_and(|(mask, bit)| mask & bit != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_the_mask() {
        let status = "Name:\tbeidd\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000006\n";
        assert!(ignores(status, SignalKind::hangup()));
        assert!(!ignores(status, SignalKind::quit()));
        assert!(!ignores("", SignalKind::hangup()));
    }
}
