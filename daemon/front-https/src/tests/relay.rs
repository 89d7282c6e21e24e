//! A relay in front of the daemon, on which connections are lost.

use std::net::{Ipv4Addr, TcpListener as StdListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Relay of whose first connections no answer comes back.
pub(super) struct Relay {
    listener: StdListener,
    seen: RelaySeen,
    losses: usize,
}

/// View of a relay from outside.
#[derive(Clone)]
pub(super) struct RelaySeen {
    accepted: Arc<AtomicUsize>,
    /// Open once the first connection may be cut.
    cut: Arc<Semaphore>,
}

impl RelaySeen {
    /// Number of connections so far.
    pub(super) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Cuts the first connection once its request has been passed on.
    pub(super) fn cut(&self) {
        self.cut.add_permits(1);
    }
}

impl Relay {
    /// Makes a relay that passes on the requests of its first `losses` connections and loses the answers. The first of them
    /// stays open until it is [cut](RelaySeen::cut).
    pub(super) fn losing(losses: usize) -> (Self, RelaySeen) {
        let listener = StdListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let seen = RelaySeen {
            accepted: Arc::default(),
            cut: Arc::new(Semaphore::new(0)),
        };
        let relay = Self {
            listener,
            seen: seen.clone(),
            losses,
        };
        (relay, seen)
    }

    /// Carries connections to `port` from now on; returns the relay's own port.
    pub(super) fn carry_to(self, port: u16) -> u16 {
        let listener = TcpListener::from_std(self.listener).unwrap();
        let own = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = self.seen.accepted.fetch_add(1, Ordering::SeqCst);
                let daemon = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
                if number < self.losses {
                    let cut = (number == 0).then(|| Arc::clone(&self.seen.cut));
                    tokio::spawn(lose(client, daemon, cut));
                } else {
                    tokio::spawn(carry(client, daemon));
                }
            }
        });
        own
    }
}

/// Carries a connection to its end.
async fn carry(mut client: TcpStream, mut daemon: TcpStream) {
    // However it ends: both sides see that it has.
    drop(tokio::io::copy_bidirectional(&mut client, &mut daemon).await);
}

/// Carries a connection that ends without an answer: once it is cut, or else as soon as the request is passed on.
async fn lose(client: TcpStream, daemon: TcpStream, cut: Option<Arc<Semaphore>>) {
    let ((from_client, to_client), (from_daemon, to_daemon)) = (client.into_split(), daemon.into_split());
    let asked = Arc::new(AtomicBool::new(false));
    let answers = tokio::spawn(handshake_only(from_daemon, to_client, Arc::clone(&asked)));
    let requests = requests(from_client, to_daemon, asked, cut.is_some());
    match cut {
        None => requests.await,
        Some(cut) => tokio::select! {
            () = requests => {}
            _ = cut.acquire() => {}
        },
    }
    answers.abort();
}

/// Passes on what the client says, and notes when that is more than its part of the handshake.
async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, asked: Arc<AtomicBool>, waits: bool) {
    let mut piece = [0; 1 << 14];
    let mut passed = 0;
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        // Before the daemon has it, and so before there is an answer: the first piece is the ClientHello.
        asked.store(passed > 0, Ordering::SeqCst);
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
        passed += 1;
        if !waits && passed > 1 {
            return;
        }
    }
}

/// Passes on what the daemon says until the client has asked for something.
async fn handshake_only(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, asked: Arc<AtomicBool>) {
    let mut piece = [0; 1 << 14];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        if !asked.load(Ordering::SeqCst) && to.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}
