//! Clients that speak HTTP without TLS: one answer for all of them, which tells nothing but that the port is taken.
//!
//! A browser does not tell a web page why a connection failed (Fetch, "network error"), so a daemon that does not run and
//! one whose certificate is not trusted look the same to it. A page that asks without TLS, and needs not read the answer
//! (`no-cors`), can tell them apart: any answer means that something is here. The user of the client has been checked
//! before, as for every connection.

use super::connection::HEAD;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// First octet of every TLS connection: the content type of a handshake record (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;
/// End of the head of a request (RFC 9112, 2.1).
const END_OF_HEAD: &[u8] = b"\r\n\r\n";
/// The answer, whatever was asked.
const ANSWER: &str = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 23\r\n\
    Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'\r\n\
    Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\nThis port speaks https.";

/// Waits for the first octet and returns true unless it shows that the client speaks something else than TLS.
pub(super) async fn begins_tls(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    let taken = stream.peek(&mut first).await?;
    // A client that has gone is left to the handshake.
    Ok(taken == 0 || first == [HANDSHAKE])
}

/// Gives the answer, and ends the connection.
pub(super) async fn refuse(mut stream: TcpStream) -> io::Result<()> {
    let mut head = Vec::with_capacity(1024);
    // Octets that were never read would end the connection before the client has read the answer.
    while !head.ends_with(END_OF_HEAD) && head.len() < HEAD && stream.read_buf(&mut head).await? > 0 {}
    stream.write_all(ANSWER.as_bytes()).await?;
    stream.shutdown().await
}
