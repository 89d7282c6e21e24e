//! The port, on both loopback addresses.

use super::HttpsError;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::{TcpListener, TcpStream};

/// Number of ports that are tried, from the wanted one on, unless it is fixed.
const PORTS: u16 = 32;
/// Number of attempts at «any free port»: one that is free on 127.0.0.1 may be taken on ::1.
const ANY_PORT_TRIES: u16 = 32;

/// The same port on 127.0.0.1 and ::1.
pub(super) struct Listeners {
    v4: TcpListener,
    /// `None` on a machine without IPv6.
    v6: Option<TcpListener>,
    port: u16,
}

impl Listeners {
    /// Takes `port`, or unless that is `fixed`, the first free port from there on.
    ///
    /// # Errors
    /// [`HttpsError::Port`], [`HttpsError::NoFreePort`].
    pub(super) async fn bind(port: u16, fixed: bool) -> Result<Self, HttpsError> {
        let span = match (port, fixed) {
            (0, _) => ANY_PORT_TRIES,
            (_, true) => 1,
            (_, false) => PORTS,
        };
        for step in 0..span {
            let wanted = if port == 0 { 0 } else { port.saturating_add(step) };
            match both(wanted).await {
                Ok(listeners) => return Ok(listeners),
                Err(error) if error.kind() == ErrorKind::AddrInUse && span > 1 => {}
                Err(source) => return Err(HttpsError::Port { port: wanted, source }),
            }
        }
        Err(HttpsError::NoFreePort {
            first: port,
            last: port.saturating_add(span - 1),
        })
    }

    /// The port that was taken.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Lets clients find it at `port`, where a test has a relay.
    #[cfg(test)]
    pub(super) fn appear_at(&mut self, port: u16) {
        self.port = port;
    }

    /// Next connection on either address, and the client's address.
    pub(super) async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match &self.v6 {
            None => self.v4.accept().await,
            Some(v6) => tokio::select! {
                accepted = self.v4.accept() => accepted,
                accepted = v6.accept() => accepted,
            },
        }
    }
}

/// Takes one port on both addresses, or on neither.
async fn both(port: u16) -> io::Result<Listeners> {
    let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let port = v4.local_addr()?.port();
    let v6 = match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
        Ok(v6) => Some(v6),
        // Clients for which `localhost` is ::1 would reach the other program.
        Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(error),
        Err(error) => {
            tracing::warn!(%error, "no IPv6 on this machine: https listens on 127.0.0.1 only");
            None
        }
    };
    Ok(Listeners { v4, v6, port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn any_free_port_is_the_same_on_both_addresses() {
        let listeners = Listeners::bind(0, true).await.unwrap();
        assert_ne!(listeners.port(), 0);
        let at = |listener: &TcpListener| listener.local_addr().unwrap();
        assert_eq!(
            at(&listeners.v4),
            SocketAddr::from((Ipv4Addr::LOCALHOST, listeners.port()))
        );
        if let Some(v6) = &listeners.v6 {
            assert_eq!(at(v6), SocketAddr::from((Ipv6Addr::LOCALHOST, listeners.port())));
        }
    }

    #[tokio::test]
    async fn a_taken_port_is_an_error_when_fixed_and_skipped_when_not() {
        let taken = Listeners::bind(0, true).await.unwrap();
        let error = Listeners::bind(taken.port(), true).await.err().unwrap();
        assert!(
            matches!(error, HttpsError::Port { port, .. } if port == taken.port()),
            "{error}"
        );
        let next = Listeners::bind(taken.port(), false).await.unwrap();
        assert!((1..32).contains(&(next.port() - taken.port())));
    }

    #[tokio::test]
    async fn a_port_taken_on_ipv6_only_is_not_free() {
        let Listeners { v4, v6, port } = Listeners::bind(0, true).await.unwrap();
        drop(v4);
        assert_eq!(Listeners::bind(port, true).await.is_err(), v6.is_some());
    }
}
