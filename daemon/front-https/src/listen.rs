//! The port, on both loopback addresses.

use super::HttpsError;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
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
    /// Takes the sockets `handed` over by a service manager, or if there are none a port as [`bind`](Self::bind) does.
    ///
    /// # Errors
    /// [`HttpsError::Handed`] if one of them is not on a loopback address, or their port is not the one that is `fixed`; and
    /// without sockets as [`bind`](Self::bind).
    pub(super) async fn open(handed: Vec<std::net::TcpListener>, port: u16, fixed: bool) -> Result<Self, HttpsError> {
        if handed.is_empty() {
            return Self::bind(port, fixed).await;
        }
        let listeners = Self::from_handed(handed).await?;
        if fixed && port != 0 && port != listeners.port {
            let (handed, wanted) = (listeners.port, port);
            return Err(HttpsError::Handed(format!(
                "has port {handed}, and https.port is {wanted}"
            )));
        }
        Ok(listeners)
    }

    async fn from_handed(handed: Vec<std::net::TcpListener>) -> Result<Self, HttpsError> {
        let (mut v4, mut v6) = (None, None);
        for listener in handed {
            let address = listener.local_addr()?;
            let place = match address.ip() {
                IpAddr::V4(Ipv4Addr::LOCALHOST) => &mut v4,
                IpAddr::V6(Ipv6Addr::LOCALHOST) => &mut v6,
                IpAddr::V4(_) | IpAddr::V6(_) => {
                    return Err(HttpsError::Handed(format!(
                        "is at {address}, and only 127.0.0.1 and ::1 are served"
                    )));
                }
            };
            if place
                .replace((TcpListener::from_std(listener)?, address.port()))
                .is_some()
            {
                return Err(HttpsError::Handed(format!("at {} is one too many", address.ip())));
            }
        }
        let Some((v4, port)) = v4 else {
            return Err(HttpsError::Handed(
                "is at ::1 alone, and 127.0.0.1 is missing".to_owned(),
            ));
        };
        let v6 = match v6 {
            // Not an error: the socket of the other address is the manager's to open, and no other port can be had here.
            None => beside(port).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "::1 is another program's at this port: https is served on 127.0.0.1 only");
                None
            }),
            Some((v6, same)) if same == port => Some(v6),
            Some((_, other)) => {
                return Err(HttpsError::Handed(format!(
                    "has port {other} at ::1 and {port} at 127.0.0.1"
                )));
            }
        };
        Ok(Self { v4, v6, port })
    }

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
    let v6 = beside(port).await?;
    Ok(Listeners { v4, v6, port })
}

/// Takes the same port on ::1; `None` on a machine without IPv6.
async fn beside(port: u16) -> io::Result<Option<TcpListener>> {
    match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
        Ok(v6) => Ok(Some(v6)),
        // Clients for which `localhost` is ::1 would reach the other program.
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(error),
        Err(error) => {
            tracing::warn!(%error, "no IPv6 on this machine: https listens on 127.0.0.1 only");
            Ok(None)
        }
    }
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

    fn handed(address: &str) -> std::net::TcpListener {
        let listener = std::net::TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        listener
    }

    #[tokio::test]
    async fn a_socket_of_the_service_manager_is_served_and_the_other_address_too() {
        let v4 = handed("127.0.0.1:0");
        let port = v4.local_addr().unwrap().port();
        let listeners = Listeners::open(vec![v4], 0, true).await.unwrap();
        assert_eq!(listeners.port(), port);
        let client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let (_, address) = listeners.accept().await.unwrap();
        assert_eq!(client.local_addr().unwrap(), address);
        if let Some(v6) = &listeners.v6 {
            assert_eq!(v6.local_addr().unwrap().port(), port);
        }
    }

    #[tokio::test]
    async fn a_socket_of_the_service_manager_is_served_where_somebody_has_the_other_address() {
        let Listeners { v4, v6, port } = Listeners::bind(0, true).await.unwrap();
        drop(v4);
        let v4 = handed(&format!("127.0.0.1:{port}"));
        let listeners = Listeners::open(vec![v4], port, true).await.unwrap();
        assert_eq!((listeners.port(), listeners.v6.is_some()), (port, false));
        drop(v6);
    }

    #[tokio::test]
    async fn both_sockets_of_the_service_manager_are_served() {
        let Listeners { v4, v6, port } = Listeners::bind(0, true).await.unwrap();
        let Some(v6) = v6 else { return };
        let sockets = vec![v4.into_std().unwrap(), v6.into_std().unwrap()];
        let listeners = Listeners::open(sockets, port, true).await.unwrap();
        assert_eq!((listeners.port(), listeners.v6.is_some()), (port, true));
    }

    #[tokio::test]
    async fn sockets_of_other_addresses_and_ports_are_refused() {
        let two = || vec![handed("127.0.0.1:0"), handed("127.0.0.1:0")];
        for (sockets, port, why) in [
            (vec![handed("0.0.0.0:0")], 0, "is at 0.0.0.0:"),
            (vec![handed("127.0.0.2:0")], 0, "is at 127.0.0.2:"),
            (vec![handed("127.0.0.1:0")], 1, "and https.port is 1"),
            (two(), 0, "at 127.0.0.1 is one too many"),
        ] {
            let refused = Listeners::open(sockets, port, true).await.err().unwrap();
            assert!(refused.to_string().contains(why), "{refused}");
        }
    }

    #[tokio::test]
    async fn a_port_taken_on_ipv6_only_is_not_free() {
        let Listeners { v4, v6, port } = Listeners::bind(0, true).await.unwrap();
        drop(v4);
        assert_eq!(Listeners::bind(port, true).await.is_err(), v6.is_some());
    }
}
