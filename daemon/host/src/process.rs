//! This process: its user, protection of its memory, and the signals that end it.

use crate::terminal::has_controlling_terminal;
use rustix::process::{DumpableBehavior, Resource, Rlimit, geteuid, set_dumpable_behavior, setrlimit};
use std::io;
use std::time::Duration;
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

/// Wish that a signal stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProcessSignal {
    /// Ends the daemon in good order.
    Stop,
    /// Has it read its settings again.
    Reload,
}

/// Time after a hangup until the system has taken the terminal from its processes: a shell that ends is told first.
const TERMINAL_GOES: Duration = Duration::from_millis(200);

/// Signals of the daemon, caught from the moment this is made.
#[derive(Debug)]
pub struct ProcessSignals {
    stop: Vec<Signal>,
    hangup: Option<Signal>,
    had_terminal: bool,
}

impl ProcessSignals {
    /// Catches SIGTERM and SIGINT; SIGHUP and SIGQUIT only if they were not ignored at the start, as by `nohup`.
    ///
    /// # Errors
    /// If a signal cannot be caught.
    pub fn catch() -> io::Result<Self> {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let unless_ignored = |kind| (!ignores(&status, kind)).then(|| signal(kind)).transpose();
        let mut stop = vec![signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
        stop.extend(unless_ignored(SignalKind::quit())?);
        Ok(Self {
            stop,
            hangup: unless_ignored(SignalKind::hangup())?,
            had_terminal: has_controlling_terminal(),
        })
    }

    /// Waits for the next of them. SIGHUP means that the terminal has gone, if the process had one, and otherwise that
    /// an administrator wants the settings read again.
    pub async fn next(&mut self) -> ProcessSignal {
        let any = self.stop.iter_mut().map(|signal| Box::pin(signal.recv()));
        let stops = futures_util::future::select_all(any);
        let hangs_up = async {
            match &mut self.hangup {
                Some(hangup) => drop(hangup.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = stops => ProcessSignal::Stop,
            () = hangs_up => {
                if self.had_terminal {
                    tokio::time::sleep(TERMINAL_GOES).await;
                }
                if self.had_terminal && !has_controlling_terminal() {
                    ProcessSignal::Stop
                } else {
                    ProcessSignal::Reload
                }
            }
        }
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
