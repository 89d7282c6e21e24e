//! A network between desks and a server that fails in the ways in which networks fail.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Fault of one connection. It begins once so many octets, or these words, have passed to the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkFault {
    /// Both sides are closed.
    Cut(u64),
    /// The server's answers go nowhere, and the desk is told that there will be none; what it sends still arrives.
    HalfClosed(u64),
    /// Nothing passes any more, and nobody is told.
    Stalled(u64),
    /// As [`HalfClosed`](Self::HalfClosed), with the piece that holds these words: the server does what they say, and nobody
    /// learns that it did.
    Unanswered(&'static str),
}

impl LinkFault {
    /// Returns true if it begins with `piece`, with which `passed` octets have passed.
    fn begins(self, passed: u64, piece: &[u8]) -> bool {
        match self {
            Self::Cut(octets) | Self::HalfClosed(octets) | Self::Stalled(octets) => passed >= octets,
            Self::Unanswered(words) => piece.windows(words.len()).any(|part| part == words.as_bytes()),
        }
    }
}

/// Figures of a link so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LinkCounts {
    /// Connections that were passed on to the server.
    pub connections: u64,
    /// Connections that were refused while the link was down, or the server was.
    pub refused: u64,
    /// Connections whose fault began.
    pub failed: u64,
    /// Connections that were open at the same time, at most.
    pub most_at_once: usize,
    /// Octets that were passed on to the server.
    pub to_server: u64,
    /// Octets that were passed on to desks.
    pub to_desks: u64,
}

/// Relay between a port of this computer and the socket of a server. It ends when dropped.
#[derive(Debug)]
pub struct FaultyLink {
    port: u16,
    state: Arc<LinkState>,
}

#[derive(Debug, Default)]
struct LinkState {
    counts: Mutex<LinkCounts>,
    open: Mutex<HashMap<u64, Arc<LinkedPair>>>,
    is_down: AtomicBool,
    is_over: AtomicBool,
}

/// Both sides of a connection.
#[derive(Debug)]
struct LinkedPair {
    desk: TcpStream,
    server: UnixStream,
    fault: Option<LinkFault>,
    has_failed: AtomicBool,
}

impl LinkedPair {
    fn cut(&self) {
        // Both fail if the other end has closed already.
        drop(self.desk.shutdown(Shutdown::Both));
        drop(self.server.shutdown(Shutdown::Both));
    }
}

impl FaultyLink {
    /// Starts it. `fault` is asked for the fault of each connection to `socket`; `None` is a connection without one.
    ///
    /// # Panics
    /// If no port can be had.
    #[must_use]
    pub fn start(socket: &Path, fault: impl FnMut() -> Option<LinkFault> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a port").port();
        let state = Arc::new(LinkState::default());
        let (shared, socket) = (Arc::clone(&state), socket.to_owned());
        thread::spawn(move || shared.accept(&listener, &socket, fault));
        Self { port, state }
    }

    /// Port at which it takes connections.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Takes it down: every connection is cut, and new ones are refused.
    pub fn take_down(&self) {
        self.state.is_down.store(true, Ordering::SeqCst);
        self.state.cut_all();
    }

    /// Brings it up again.
    pub fn bring_up(&self) {
        self.state.is_down.store(false, Ordering::SeqCst);
    }

    /// Figures so far.
    #[must_use]
    pub fn counts(&self) -> LinkCounts {
        *self.state.counts()
    }
}

impl Drop for FaultyLink {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::SeqCst);
        self.state.cut_all();
        // It waits for a connection, and looks whether it is over after each.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

impl LinkState {
    fn counts(&self) -> MutexGuard<'_, LinkCounts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<LinkedPair>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cut_all(&self) {
        self.open().values().for_each(|pair| pair.cut());
    }

    fn accept(self: Arc<Self>, listener: &TcpListener, socket: &Path, mut fault: impl FnMut() -> Option<LinkFault>) {
        for desk in listener.incoming() {
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            let Ok(desk) = desk else { continue };
            let is_down = self.is_down.load(Ordering::SeqCst);
            let server = if is_down {
                None
            } else {
                UnixStream::connect(socket).ok()
            };
            match server {
                Some(server) => self.pass(desk, server, fault()),
                None => self.counts().refused += 1,
            }
        }
    }

    /// Passes one connection on, in two threads.
    fn pass(self: &Arc<Self>, desk: TcpStream, server: UnixStream, fault: Option<LinkFault>) {
        // Small pieces must not wait for each other; without it they are late, and still arrive.
        drop(desk.set_nodelay(true));
        let pair = Arc::new(LinkedPair {
            desk,
            server,
            fault,
            has_failed: AtomicBool::new(false),
        });
        let number = {
            let (mut open, mut counts) = (self.open(), self.counts());
            counts.connections += 1;
            open.insert(counts.connections, Arc::clone(&pair));
            counts.most_at_once = counts.most_at_once.max(open.len());
            counts.connections
        };
        let (there, same) = (Arc::clone(self), Arc::clone(&pair));
        thread::spawn(move || {
            there.to_server(&same);
            same.cut();
            there.open().remove(&number);
        });
        let back = Arc::clone(self);
        thread::spawn(move || back.to_desk(&pair));
    }

    fn to_server(&self, pair: &LinkedPair) {
        let (mut octets, mut passed) = ([0; 4096], 0);
        while let Ok(count @ 1..) = (&pair.desk).read(&mut octets) {
            let piece = octets.get(..count).unwrap_or_default();
            passed += u64::try_from(piece.len()).unwrap_or(u64::MAX);
            let begun = pair.fault.filter(|fault| fault.begins(passed, piece));
            if begun.is_some() && !pair.has_failed.swap(true, Ordering::SeqCst) {
                self.counts().failed += 1;
            }
            match begun {
                Some(LinkFault::Cut(_)) => return,
                Some(LinkFault::Stalled(_)) => continue,
                Some(LinkFault::HalfClosed(_) | LinkFault::Unanswered(_)) | None => {}
            }
            if (&pair.server).write_all(piece).is_err() {
                return;
            }
            // Only now: whoever learns of it may end the link, and the piece must arrive before that. Fails if the desk has
            // gone, which reading tells.
            if begun.is_some() {
                drop(pair.desk.shutdown(Shutdown::Write));
            }
            self.counts().to_server += u64::try_from(piece.len()).unwrap_or(0);
        }
    }

    fn to_desk(&self, pair: &LinkedPair) {
        let mut octets = [0; 4096];
        while let Ok(count @ 1..) = (&pair.server).read(&mut octets) {
            let piece = octets.get(..count).unwrap_or_default();
            // Read all the same: a server whose answers nobody takes would stop.
            if pair.has_failed.load(Ordering::SeqCst) {
                continue;
            }
            if (&pair.desk).write_all(piece).is_err() {
                break;
            }
            self.counts().to_desks += u64::try_from(piece.len()).unwrap_or(0);
        }
        // The end of the server does not reach a desk behind a stalled connection.
        if !pair.has_failed.load(Ordering::SeqCst) {
            pair.cut();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patience::{LIMIT, eventually};
    use crate::scratch::Scratch;
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;

    /// A server that sends back what it gets.
    fn echo(scratch: &Scratch) -> PathBuf {
        let socket = scratch.path().join("echo");
        let listener = UnixListener::bind(&socket).unwrap();
        thread::spawn(move || {
            for one in listener.incoming().map_while(Result::ok) {
                thread::spawn(move || std::io::copy(&mut &one, &mut &one));
            }
        });
        socket
    }

    fn said(desk: &mut TcpStream, text: &str) -> String {
        drop(desk.write_all(text.as_bytes()));
        let mut octets = vec![0; text.len()];
        match desk.read(&mut octets) {
            Ok(count) => String::from_utf8_lossy(&octets[..count]).into_owned(),
            Err(error) => error.kind().to_string(),
        }
    }

    #[test]
    fn each_connection_fails_in_its_own_way() {
        let scratch = Scratch::new("link");
        let faults = [
            None,
            Some(LinkFault::Cut(6)),
            Some(LinkFault::HalfClosed(6)),
            Some(LinkFault::Unanswered("56")),
            Some(LinkFault::Stalled(6)),
        ];
        let mut each = faults.into_iter();
        let link = FaultyLink::start(&echo(&scratch), move || each.next().flatten());
        let connect = || TcpStream::connect(("127.0.0.1", link.port())).unwrap();
        for second in ["5678", "", "", ""] {
            let mut desk = connect();
            assert_eq!(said(&mut desk, "1234"), "1234");
            let end = said(&mut desk, "5678");
            assert!(end == second || end == "connection reset", "{end}");
        }
        let mut desk = connect();
        assert_eq!(said(&mut desk, "1234"), "1234");
        desk.set_read_timeout(Some(std::time::Duration::from_millis(50)))
            .unwrap();
        assert!(
            said(&mut desk, "5678").contains("block"),
            "nothing comes and nothing ends"
        );
        let counts = link.counts();
        assert_eq!((counts.connections, counts.failed, counts.refused), (5, 4, 0));
    }

    #[test]
    fn a_link_that_is_down_cuts_everything_and_refuses_more() {
        let scratch = Scratch::new("link-down");
        let link = FaultyLink::start(&echo(&scratch), || None);
        let connect = || TcpStream::connect(("127.0.0.1", link.port())).unwrap();
        let mut desk = connect();
        assert_eq!(said(&mut desk, "1234"), "1234");
        link.take_down();
        assert_ne!(said(&mut desk, "1234"), "1234");
        assert_ne!(said(&mut connect(), "1234"), "1234");
        eventually("the refusal is counted", LIMIT, || {
            (link.counts().refused == 1).then_some(())
        });
        link.bring_up();
        assert_eq!(said(&mut connect(), "1234"), "1234");
    }
}
