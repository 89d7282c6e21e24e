//! Connections that are kept from one request to the next, as browsers and clinical software keep them.

use crate::members::SetupFailure;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

/// Configuration of a client that trusts `ca` alone, and offers these protocols.
///
/// # Errors
/// If `ca` is no certificate.
pub fn tls_client(ca: &Path, protocols: &[&[u8]]) -> Result<ClientConfig, SetupFailure> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca)?)?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(config)
}

/// A client over one TLS connection, as plain as one can be.
pub struct KeptConnection {
    stream: StreamOwned<ClientConnection, TcpStream>,
    port: u16,
    token: String,
}

/// Answer over a kept connection.
pub struct KeptReply {
    /// HTTP status.
    pub status: u16,
    /// Body, as it was sent.
    pub body: Vec<u8>,
    /// Number of octets with the head, below TLS.
    pub octets: usize,
}

impl KeptConnection {
    /// Connects to the daemon at `port`, as the program with that token.
    ///
    /// # Errors
    /// If there is no connection.
    pub fn open(port: u16, token: &str, ca: &Path) -> Result<Self, SetupFailure> {
        let tcp = TcpStream::connect(("127.0.0.1", port))?;
        tcp.set_nodelay(true)?;
        let tls = ClientConnection::new(Arc::new(tls_client(ca, &[])?), ServerName::try_from("localhost")?)?;
        Ok(Self {
            stream: StreamOwned::new(tls, tcp),
            port,
            token: token.to_owned(),
        })
    }

    /// Body of the answer, which must be 200.
    ///
    /// # Errors
    /// If it is not, or the connection broke off.
    pub fn get(&mut self, path: &str) -> Result<Vec<u8>, SetupFailure> {
        let reply = self.request(path, "")?;
        if reply.status == 200 {
            Ok(reply.body)
        } else {
            Err(format!("{path}: {}", reply.status).into())
        }
    }

    /// Sends a GET with these header lines besides the usual ones.
    ///
    /// # Errors
    /// If the connection broke off, or the answer has no length.
    pub fn request(&mut self, path: &str, lines: &str) -> Result<KeptReply, SetupFailure> {
        let (port, token) = (self.port, &self.token);
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\nauthorization: Bearer {token}\r\n{lines}\r\n");
        self.stream.write_all(request.as_bytes())?;
        let (mut answer, mut piece) = (Vec::new(), [0; 16 * 1024]);
        loop {
            let read = self.stream.read(&mut piece)?;
            answer.extend_from_slice(&piece[..read]);
            if let Some(reply) = whole(&answer)? {
                return Ok(reply);
            }
            if read == 0 {
                return Err("the connection ended".into());
            }
        }
    }
}

/// The answer, once it is there with all its octets.
fn whole(answer: &[u8]) -> Result<Option<KeptReply>, SetupFailure> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let (head, body) = answer.split_at(end + 4);
    let head = std::str::from_utf8(head)?.to_ascii_lowercase();
    let status = head.strip_prefix("http/1.1 ").and_then(|rest| rest.get(..3));
    let length = head
        .split("content-length:")
        .nth(1)
        .and_then(|rest| rest.lines().next());
    let length: usize = length.ok_or("no length")?.trim().parse()?;
    let status = status.ok_or("no status")?.parse()?;
    Ok(body.get(..length).map(|body| KeptReply {
        status,
        body: body.to_vec(),
        octets: answer.len(),
    }))
}
