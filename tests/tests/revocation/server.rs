//! A plain file server, and others that are less plain.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Manner of its answers.
#[derive(Clone)]
pub(crate) enum ServerManner {
    /// This file, whatever is asked for.
    File(Vec<u8>),
    /// This status, and this header.
    Status(&'static str),
    /// Says that so many bytes will come, and begins to send them.
    Announced(usize),
    /// Sends that many bytes without saying how many will come.
    Endless(usize),
    /// Half of what it announces.
    CutOff,
    /// Something, but no HTTP.
    Babble,
    /// Nothing, until whoever asked is gone.
    Silent,
    /// A byte now and then.
    Trickle,
}

/// A server that ends with this value.
pub(crate) struct Server {
    address: SocketAddr,
    manner: Arc<Mutex<ServerManner>>,
    asked: Arc<AtomicUsize>,
    ends: Arc<AtomicBool>,
}

impl Server {
    pub(crate) fn start(manner: ServerManner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let server = Self {
            address: listener.local_addr().expect("its address"),
            manner: Arc::new(Mutex::new(manner)),
            asked: Arc::default(),
            ends: Arc::default(),
        };
        let (asked, ends) = (Arc::clone(&server.asked), Arc::clone(&server.ends));
        let manner = Arc::clone(&server.manner);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if ends.load(Ordering::SeqCst) {
                    break;
                }
                asked.fetch_add(1, Ordering::SeqCst);
                let manner = manner.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // Whoever asks may leave in the middle.
                thread::spawn(move || drop(answer(&stream, &manner)));
            }
        });
        server
    }

    /// Changes how it answers from now on.
    pub(crate) fn becomes(&self, manner: ServerManner) {
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }

    /// Address of what it has.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/proef", self.address)
    }

    /// Number of requests.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

fn answer(mut stream: &TcpStream, manner: &ServerManner) -> std::io::Result<()> {
    read_request(stream)?;
    match manner {
        ServerManner::File(bytes) => {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len())?;
            stream.write_all(bytes)
        }
        ServerManner::Status(head) => write!(stream, "HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n"),
        ServerManner::Announced(length) => {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nbegin")
        }
        ServerManner::Endless(length) => {
            write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            stream.write_all(&vec![0x30; *length])
        }
        ServerManner::CutOff => write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf"),
        ServerManner::Babble => write!(stream, "220 mail.example ready\r\n"),
        ServerManner::Silent => {
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).map(|_| ())
        }
        ServerManner::Trickle => {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")?;
            loop {
                stream.write_all(&[0x30])?;
                thread::sleep(Duration::from_millis(200));
            }
        }
    }
}

/// All of it: closing a connection on which something is unread would reset it.
fn read_request(stream: &TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(said) = line.strip_prefix("content-length:") {
            length = said.trim().parse().unwrap_or(0);
        }
        if line.is_empty() {
            break;
        }
    }
    reader.read_exact(&mut vec![0; length])
}
