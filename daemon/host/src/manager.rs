//! The service manager that started this process, systemd or one that speaks its protocol: messages to it, and sockets that
//! it hands over.
//!
//! Source: `sd_notify(3)`, `sd_watchdog_enabled(3)`, `sd_listen_fds(3)`.

use listenfd::ListenFd;
use std::ffi::OsString;
use std::io;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// The service manager, where it waits for messages.
#[derive(Clone, Debug)]
pub struct ServiceManager {
    place: SocketAddr,
    watchdog: Option<Duration>,
}

/// State of the daemon that a service manager is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ServiceState {
    /// Callers are answered.
    Ready,
    /// Callers are still answered: the watchdog's clock begins anew.
    Alive,
    /// The end has begun.
    Stopping,
}

impl ServiceState {
    fn message(self) -> &'static [u8] {
        match self {
            Self::Ready => b"READY=1",
            Self::Alive => b"WATCHDOG=1",
            Self::Stopping => b"STOPPING=1",
        }
    }
}

impl ServiceManager {
    /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`. Returns `None` if nobody waits for messages.
    ///
    /// # Errors
    /// If `NOTIFY_SOCKET` names no socket.
    pub fn from_environment() -> io::Result<Option<Self>> {
        Self::from_variables(std::process::id(), |name| std::env::var_os(name))
    }

    fn from_variables(own: u32, variable: impl Fn(&str) -> Option<OsString>) -> io::Result<Option<Self>> {
        let Some(socket) = variable("NOTIFY_SOCKET") else {
            return Ok(None);
        };
        let place = match socket.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            _ => SocketAddr::from_pathname(&socket)?,
        };
        let number = |name: &str| variable(name)?.to_str()?.parse::<u64>().ok();
        // Without a process, the watchdog is whoever's was started; with another's, the variables were inherited.
        let ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(own));
        let watchdog = number("WATCHDOG_USEC").filter(|micros| ours && *micros > 0);
        Ok(Some(Self {
            place,
            watchdog: watchdog.map(Duration::from_micros),
        }))
    }

    /// Time after which the manager ends a daemon that has not said that it is alive.
    #[must_use]
    pub fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Tells the manager a state.
    ///
    /// # Errors
    /// If the manager does not listen any more.
    pub fn tell(&self, state: ServiceState) -> io::Result<()> {
        UnixDatagram::unbound()?
            .send_to_addr(state.message(), &self.place)
            .map(drop)
    }
}

/// Takes the TCP sockets that a service manager has opened for this process, ready for an event loop. To be called once, before
/// other threads run: it takes the variables out of the environment.
///
/// # Errors
/// If something that is no TCP socket was handed over.
pub fn handed_listeners() -> io::Result<Vec<TcpListener>> {
    let meant = std::env::var("LISTEN_PID").is_ok_and(|pid| pid == std::process::id().to_string());
    if !meant {
        return Ok(Vec::new());
    }
    let mut handed = ListenFd::from_env();
    let taken = (0..handed.len()).filter_map(|place| handed.take_tcp_listener(place).transpose());
    let taken: Vec<TcpListener> = taken.collect::<io::Result<_>>()?;
    for listener in &taken {
        listener.set_nonblocking(true)?;
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manager(variables: &[(&str, &str)]) -> io::Result<Option<ServiceManager>> {
        ServiceManager::from_variables(7, |name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn watchdogs_are_this_process_s_and_have_a_time() {
        let at = ("NOTIFY_SOCKET", "/run/manager");
        for (variables, micros) in [
            (&[at][..], None),
            (&[at, ("WATCHDOG_USEC", "60000000")], Some(60_000_000)),
            (&[at, ("WATCHDOG_USEC", "5"), ("WATCHDOG_PID", "7")], Some(5)),
            (&[at, ("WATCHDOG_USEC", "5"), ("WATCHDOG_PID", "8")], None),
            (&[at, ("WATCHDOG_USEC", "0")], None),
            (&[at, ("WATCHDOG_USEC", "soon")], None),
        ] {
            let manager = manager(variables).unwrap().unwrap();
            assert_eq!(manager.watchdog(), micros.map(Duration::from_micros), "{variables:?}");
        }
        assert!(manager(&[("WATCHDOG_USEC", "5")]).unwrap().is_none());
    }

    #[test]
    fn messages_reach_sockets_with_a_path_and_abstract_ones() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("manager");
        let name = format!("beidd-manager-{}", crate::random::random_id());
        let abstract_address = SocketAddr::from_abstract_name(&name).unwrap();
        for (address, heard) in [
            (path.to_str().unwrap().to_owned(), UnixDatagram::bind(&path).unwrap()),
            (format!("@{name}"), UnixDatagram::bind_addr(&abstract_address).unwrap()),
        ] {
            let manager = manager(&[("NOTIFY_SOCKET", &address)]).unwrap().unwrap();
            for (state, message) in [
                (ServiceState::Ready, "READY=1"),
                (ServiceState::Alive, "WATCHDOG=1"),
                (ServiceState::Stopping, "STOPPING=1"),
            ] {
                manager.tell(state).unwrap();
                let mut room = [0; 64];
                let length = heard.recv(&mut room).unwrap();
                assert_eq!(&room[..length], message.as_bytes());
            }
        }
    }

    #[test]
    fn a_manager_that_has_gone_is_an_error_and_no_panic() {
        let gone = manager(&[("NOTIFY_SOCKET", "/nonexistent/manager")]).unwrap().unwrap();
        assert!(gone.tell(ServiceState::Ready).is_err());
        assert!(manager(&[("NOTIFY_SOCKET", &"x".repeat(200))]).is_err());
    }
}
