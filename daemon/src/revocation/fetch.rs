//! Fetching what an address has, over plain HTTP: what comes is signed, and is as public as a telephone book.
//!
//! One request on one connection; no proxy, no cookies, no redirects, and an end to patience and to size.

use super::Why;
use super::address::Address;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

/// How much of our time and memory an answer gets.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) bytes: usize,
    pub(super) time: Duration,
}

/// An OCSP answer has one or two kilobytes, with the responder's certificate.
pub(super) const OCSP: Limits = Limits {
    bytes: 64 << 10,
    time: Duration::from_secs(5),
};

/// Lists of Belgian citizens' authorities grow to some megabytes.
pub(super) const CRL: Limits = Limits {
    bytes: 32 << 20,
    time: Duration::from_secs(20),
};

/// Size of headers that is read at most.
const HEADERS: usize = 16 << 10;

/// What is asked for.
pub(super) enum Fetched {
    /// The answer to this OCSP request (RFC 6960, A.1: by POST).
    Answer(Vec<u8>),
    /// What lies there.
    File,
}

/// Fetches it whole, or not.
pub(super) async fn fetch(from: &Address, what: Fetched, limits: Limits) -> Result<Vec<u8>, Why> {
    let whole = async {
        let (_connection, answer) = send(from, what).await?;
        if answer.status() != StatusCode::OK {
            return Err(Why::HttpStatus);
        }
        read(answer.into_body(), limits.bytes).await
    };
    tokio::time::timeout(limits.time, whole)
        .await
        .unwrap_or(Err(Why::Timeout))
}

/// The answer's head, and the connection, which ends when it is dropped.
async fn send(to: &Address, what: Fetched) -> Result<(AbortOnDropHandle<()>, Response<Incoming>), Why> {
    let stream = TcpStream::connect(to.socket()).await.map_err(|_| Why::Offline)?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEADERS)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| Why::Offline)?;
    let connection = AbortOnDropHandle::new(tokio::spawn(async move { drop(connection.await) }));
    let answer = sender.send_request(request(to, what)?).await;
    Ok((connection, answer.map_err(|_| Why::CutOff)?))
}

fn request(to: &Address, what: Fetched) -> Result<Request<Full<Bytes>>, Why> {
    let (method, body) = match what {
        Fetched::Answer(request) => (Method::POST, request),
        Fetched::File => (Method::GET, Vec::new()),
    };
    let mut request = Request::builder()
        .method(&method)
        .uri(to.target())
        .header(header::HOST, to.host())
        .header(header::CONNECTION, "close");
    if method == Method::POST {
        request = request.header(header::CONTENT_TYPE, "application/ocsp-request");
    }
    // An address that was parsed can be written.
    request.body(Full::new(body.into())).map_err(|_| Why::NotAllowed)
}

async fn read(mut body: Incoming, limit: usize) -> Result<Vec<u8>, Why> {
    let said = body.size_hint().exact().unwrap_or(0);
    if usize::try_from(said).map_or(true, |said| said > limit) {
        return Err(Why::TooLarge);
    }
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Why::CutOff)?.into_data() else {
            continue;
        };
        if read.len() + data.len() > limit {
            return Err(Why::TooLarge);
        }
        read.extend_from_slice(&data);
    }
    Ok(read)
}
