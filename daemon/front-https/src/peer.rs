//! User at the other end of a connection: the owner of the client's socket.
//!
//! The kernel is asked for exactly that socket (sock_diag(7)). Everything else that is known of a local client can be
//! forged; this cannot.

use netlink_packet_core::{NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP};
use netlink_packet_sock_diag::inet::{ExtensionFlags, InetRequest, SocketId, StateFlags};
use netlink_sys::protocols::NETLINK_SOCK_DIAG;
use netlink_sys::{Socket, SocketAddr as NetlinkAddr};
use std::io;
use std::net::SocketAddr;

/// `TCP_ESTABLISHED` of `tcp_states.h`.
const ESTABLISHED: u8 = 1;
/// Value for an unknown cookie (`INET_DIAG_NOCOOKIE`); one of zeroes would be looked for, and not found.
const NO_COOKIE: [u8; 8] = [0xFF; 8];
/// Size of the buffer for an answer, in bytes; one answer needs less.
const ANSWER: usize = 4096;

/// Admits our own user and those whom the settings name, and nobody else: root is no exception.
pub(super) struct Doorkeeper {
    users: Vec<u32>,
}

impl Doorkeeper {
    pub(super) fn new(own_user: u32, mut others: Vec<u32>) -> Self {
        others.push(own_user);
        Self { users: others }
    }

    /// User who connected from `peer` to `local`, if admitted. Must be asked right after accepting: once the client has
    /// closed its socket, its owner is no longer known.
    pub(super) fn lets_in(&self, peer: SocketAddr, local: SocketAddr) -> Option<u32> {
        match user_of(peer, local) {
            Ok(Some(user)) if self.users.contains(&user) => Some(user),
            Ok(user) => {
                tracing::debug!(?user, "connection of another user closed");
                None
            }
            Err(error) => {
                tracing::warn!(%error, "connection closed: its user cannot be found out");
                None
            }
        }
    }
}

/// Owner of the socket that is connected from `peer` to `local`; `None` if there is no such socket, or no longer.
fn user_of(peer: SocketAddr, local: SocketAddr) -> io::Result<Option<u32>> {
    let mut socket = Socket::new(NETLINK_SOCK_DIAG)?;
    socket.bind_auto()?;
    socket.connect(&NetlinkAddr::new(0, 0))?;
    // The kernel has answered by the time sending returns. If it has not, waiting would block every other connection.
    socket.set_non_blocking(true)?;
    socket.send(&question(peer, local), 0)?;
    let mut answer = Vec::with_capacity(ANSWER);
    socket.recv(&mut answer, 0)?;
    let answer = NetlinkMessage::<SockDiagMessage>::deserialize(&answer).map_err(io::Error::other)?;
    if let NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(found)) = &answer.payload {
        // A socket whose program has closed it belongs to nobody, and the kernel then says user 0.
        let alive = found.header.state == ESTABLISHED && found.header.inode != 0;
        return Ok(alive.then_some(found.header.uid));
    }
    let NetlinkPayload::Error(refused) = &answer.payload else {
        return Err(io::Error::other("the kernel answered something else"));
    };
    match refused.to_io() {
        error if error.kind() == io::ErrorKind::NotFound => Ok(None),
        error => Err(error),
    }
}

fn question(peer: SocketAddr, local: SocketAddr) -> Vec<u8> {
    let request = InetRequest {
        family: if peer.is_ipv4() { AF_INET } else { AF_INET6 },
        protocol: IPPROTO_TCP,
        extensions: ExtensionFlags::empty(),
        states: StateFlags::all(),
        // The client's socket, seen from the client: its source is our peer.
        socket_id: SocketId {
            source_port: peer.port(),
            destination_port: local.port(),
            source_address: peer.ip(),
            destination_address: local.ip(),
            interface_id: 0,
            cookie: NO_COOKIE,
        },
    };
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST;
    let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(request).into());
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_host::process::own_user;
    use std::net::{TcpListener, TcpStream};

    fn connected(address: &str) -> Option<(TcpStream, TcpStream)> {
        let listener = TcpListener::bind((address, 0)).ok()?;
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        Some((client, listener.accept().unwrap().0))
    }

    fn ask(server: &TcpStream) -> io::Result<Option<u32>> {
        user_of(server.peer_addr().unwrap(), server.local_addr().unwrap())
    }

    #[test]
    fn our_own_connections_are_ours_on_both_families() {
        let own = own_user();
        for address in ["127.0.0.1", "::1"] {
            if let Some((_client, server)) = connected(address) {
                assert_eq!(ask(&server).unwrap(), Some(own), "{address}");
            }
        }
    }

    #[test]
    fn a_client_that_has_closed_is_nobody() {
        let (client, server) = connected("127.0.0.1").unwrap();
        drop(client);
        assert_eq!(ask(&server).unwrap(), None);
    }

    #[test]
    fn a_connection_that_never_was_is_nobodys() {
        let (client, server) = connected("127.0.0.1").unwrap();
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        assert_eq!(user_of(nowhere, server.local_addr().unwrap()).unwrap(), None);
        drop(client);
    }

    #[test]
    fn only_our_user_and_those_named_are_let_in() {
        let (_client, server) = connected("127.0.0.1").unwrap();
        let own = own_user();
        let lets_in =
            |doorkeeper: Doorkeeper| doorkeeper.lets_in(server.peer_addr().unwrap(), server.local_addr().unwrap());
        let other = own + 1;
        assert_eq!(lets_in(Doorkeeper::new(own, vec![])), Some(own));
        assert_eq!(lets_in(Doorkeeper::new(other, vec![])), None);
        assert_eq!(lets_in(Doorkeeper::new(other, vec![own])), Some(own));
        let no_exception = lets_in(Doorkeeper::new(other, vec![own + 2]));
        assert_eq!(no_exception, None, "not for root either");
    }
}
