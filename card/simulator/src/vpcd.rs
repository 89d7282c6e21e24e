//! The virtual card in a real PC/SC reader: client of `vpcd`, the virtual reader driver of the vsmartcard project.
//!
//! Each message is a length, two bytes big-endian, and that many bytes. One byte is a control code, more are an APDU.
//! The card is in the reader while the connection stands. (vsmartcard, virtualsmartcard/src/vpcd/vpcd.h)

use crate::VirtualConnection;
use beid_card::TransportError;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::os::linux::net::TcpStreamExt;
use std::time::{Duration, Instant};

/// Default address of `vpcd`.
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:35963";

const POWER_OFF: u8 = 0;
const POWER_ON: u8 = 1;
const RESET: u8 = 2;
const ATR: u8 = 4;

/// Pause between two attempts to connect.
const RETRY: Duration = Duration::from_millis(100);

/// The end of [`Vpcd::serve`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Served {
    /// The card was pulled out, or `vpcd` went away.
    Ended,
    /// `vpcd` sent a command to a card it had given no power: it took the card for the one before.
    Unpowered,
}

/// A connection to a virtual reader.
#[derive(Debug)]
pub struct Vpcd {
    stream: TcpStream,
}

/// Handle that pulls out the card of [`Vpcd::serve`].
#[derive(Debug)]
pub struct Ejector(TcpStream);

impl Ejector {
    /// Pulls the card out; [`Vpcd::serve`] returns when `vpcd` has noticed, as it does when it next asks for the card.
    /// Harmless if the card is out already.
    pub fn eject(&self) {
        drop(self.0.shutdown(Shutdown::Write));
    }

    /// Ends the connection, noticed or not.
    pub fn hang_up(&self) {
        drop(self.0.shutdown(Shutdown::Both));
    }
}

impl Vpcd {
    /// Connects to `vpcd` at `address` (`host:port`), trying again for `patience` while nobody listens there.
    ///
    /// # Errors
    /// That of the last attempt.
    pub fn connect(address: &str, patience: Duration) -> io::Result<Self> {
        let deadline = Instant::now().checked_add(patience);
        loop {
            match try_connect(address) {
                Ok(stream) => return Ok(Self { stream }),
                Err(e) if e.kind() == ErrorKind::ConnectionRefused && deadline.is_some_and(|d| Instant::now() < d) => {
                    std::thread::sleep(RETRY);
                }
                Err(e) => return Err(e),
            }
        }
    }

    /// Makes a handle by which another thread can end [`serve`](Self::serve).
    ///
    /// # Errors
    /// When the system has no file descriptors left.
    pub fn ejector(&self) -> io::Result<Ejector> {
        self.stream.try_clone().map(Ejector)
    }

    /// Waits until `vpcd` has asked for the card, as it does when it next looks for one: then it is in the reader.
    ///
    /// # Errors
    /// Of kind `WouldBlock` or `TimedOut` if it has not asked within `patience`: it may be serving another program.
    pub fn wait_noticed(&self, patience: Duration) -> io::Result<()> {
        self.stream.set_read_timeout(Some(patience))?;
        let peeked = self.stream.peek(&mut [0]);
        self.stream.set_read_timeout(None)?;
        peeked.map(drop)
    }

    /// Puts the card of `connection` into the reader and answers for it until it is pulled out or `vpcd` goes away.
    ///
    /// A chip without power does not answer. Somebody who swaps cards faster than `pcscd` looks must not get answers
    /// from the new one as if nothing had happened: until `vpcd` has powered or reset it, a command ends the
    /// connection.
    ///
    /// # Errors
    /// When the connection breaks in the middle of a message.
    pub fn serve(mut self, connection: &mut VirtualConnection) -> io::Result<Served> {
        let mut powered = false;
        while let Some(message) = self.receive()? {
            let answer = match *message {
                [power @ (POWER_OFF | POWER_ON | RESET)] => {
                    powered = power != POWER_OFF;
                    connection.reset().map(|()| None)
                }
                [ATR] => connection.is_present().map(|()| Some(connection.atr().to_vec())),
                // Nothing, and codes we do not know, want no answer that we could give.
                [] | [_] => continue,
                _ if !powered => {
                    self.leave()?;
                    return Ok(Served::Unpowered);
                }
                _ => connection.exchange(&message).map(Some),
            };
            match answer {
                Ok(Some(bytes)) => self.send(&bytes)?,
                Ok(None) => {}
                Err(TransportError::Removed) => break,
                Err(e) => return Err(io::Error::other(e)),
            }
        }
        self.leave()?;
        Ok(Served::Ended)
    }

    /// Closes our side, so that no more answers come, and waits until the other side has hung up.
    fn leave(&mut self) -> io::Result<()> {
        match self.stream.shutdown(Shutdown::Write) {
            // The other side may have hung up before us.
            Err(e) if e.kind() != ErrorKind::NotConnected => return Err(e),
            _ => {}
        }
        while self.receive()?.is_some() {}
        Ok(())
    }

    /// Receives the next message, or `None` when the other side has hung up.
    fn receive(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut len = [0; 2];
        match self.fill(&mut len) {
            // Between two messages the other side may hang up; within one, below, that is an error.
            Err(e) if matches!(e.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => return Ok(None),
            other => other?,
        }
        let mut message = vec![0; usize::from(u16::from_be_bytes(len))];
        self.fill(&mut message)?;
        Ok(Some(message))
    }

    /// Fills `buffer`. `vpcd` writes length and body in two segments, and the kernel holds the second back until the
    /// first is acknowledged: unless we do so at once, each exchange costs 40 ms. The flag does not last, so it is set
    /// before every read.
    fn fill(&mut self, mut buffer: &mut [u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            self.stream.set_quickack(true)?;
            match self.stream.read(buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(n) => buffer = buffer.get_mut(n..).unwrap_or_default(),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let len = u16::try_from(message.len()).map_err(io::Error::other)?;
        self.stream.write_all(&[&len.to_be_bytes(), message].concat())
    }
}

impl Drop for Vpcd {
    /// The ejector has the same socket, so that closing ours would not end the connection.
    fn drop(&mut self) {
        drop(self.stream.shutdown(Shutdown::Both));
    }
}

fn try_connect(address: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::new(ErrorKind::NotFound, "no such host");
    for one in address.to_socket_addrs()? {
        match TcpStream::connect(one) {
            Ok(stream) => {
                // Answers are small, and the kernel may hold a small one back until the last is acknowledged (RFC 896).
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(e) => last = e,
        }
    }
    Err(last)
}
