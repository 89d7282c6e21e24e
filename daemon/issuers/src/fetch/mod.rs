//! Fetching what an address has, over plain HTTP: what comes is signed, and is as public as a telephone book.
//!
//! One request on one connection; no proxy, no cookies, no redirects, and an end to patience and to size.

mod address;

pub(crate) use address::Address;
pub use address::{AllowedUrl, ExactUrl};

use beid_pki::Reason;
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
pub(crate) struct Limits {
    pub(crate) bytes: usize,
    pub(crate) time: Duration,
}

/// Size of headers that is read at most.
const HEADERS: usize = 16 << 10;

/// What is asked for.
pub(crate) enum Fetched {
    /// The answer to this OCSP request (RFC 6960, A.1: by POST).
    Answer(Vec<u8>),
    /// What lies there.
    File,
    /// The answer to this request for a time stamp (RFC 3161, 3.4).
    TimeStamp(Vec<u8>),
}

/// NotFetched nothing came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NotFetched {
    /// There was no connection.
    Offline,
    /// There was no whole answer in time.
    Timeout,
    /// The answer is longer than any should be.
    TooLarge,
    /// The connection ended in the middle of the answer.
    CutOff,
    /// The server answered with something else than 200.
    HttpStatus,
}

impl NotFetched {
    /// Returns the reason that checks give, and logs.
    pub(crate) fn reason(self) -> Reason {
        match self {
            Self::Offline => Reason::Offline,
            Self::Timeout => Reason::Timeout,
            Self::TooLarge => Reason::TooLarge,
            Self::CutOff => Reason::CutOff,
            Self::HttpStatus => Reason::HttpStatus,
        }
    }
}

/// Fetches it whole, or not.
pub(crate) async fn fetch(from: &Address, what: Fetched, limits: Limits) -> Result<Vec<u8>, NotFetched> {
    let whole = async {
        let (_connection, answer) = send(from, what).await?;
        if answer.status() != StatusCode::OK {
            return Err(NotFetched::HttpStatus);
        }
        read(answer.into_body(), limits.bytes).await
    };
    tokio::time::timeout(limits.time, whole)
        .await
        .unwrap_or(Err(NotFetched::Timeout))
}

/// The answer's head, and the connection, which ends when it is dropped.
async fn send(to: &Address, what: Fetched) -> Result<(AbortOnDropHandle<()>, Response<Incoming>), NotFetched> {
    let stream = TcpStream::connect(to.socket()).await.map_err(|_| NotFetched::Offline)?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEADERS)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| NotFetched::Offline)?;
    let connection = AbortOnDropHandle::new(tokio::spawn(async move { drop(connection.await) }));
    let answer = sender.send_request(request(to, what)?).await;
    Ok((connection, answer.map_err(|_| NotFetched::CutOff)?))
}

fn request(to: &Address, what: Fetched) -> Result<Request<Full<Bytes>>, NotFetched> {
    let (posted, body) = match what {
        Fetched::Answer(request) => (Some("application/ocsp-request"), request),
        Fetched::TimeStamp(request) => (Some("application/timestamp-query"), request),
        Fetched::File => (None, Vec::new()),
    };
    let method = if posted.is_some() { Method::POST } else { Method::GET };
    let mut request = Request::builder()
        .method(method)
        .uri(to.target())
        .header(header::HOST, to.host())
        .header(header::CONNECTION, "close");
    if let Some(media_type) = posted {
        request = request.header(header::CONTENT_TYPE, media_type);
    }
    // An address that was parsed can be written.
    request.body(Full::new(body.into())).map_err(|_| NotFetched::Offline)
}

async fn read(mut body: Incoming, limit: usize) -> Result<Vec<u8>, NotFetched> {
    let said = body.size_hint().exact().unwrap_or(0);
    if usize::try_from(said).map_or(true, |said| said > limit) {
        return Err(NotFetched::TooLarge);
    }
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| NotFetched::CutOff)?.into_data() else {
            continue;
        };
        if read.len() + data.len() > limit {
            return Err(NotFetched::TooLarge);
        }
        read.extend_from_slice(&data);
    }
    Ok(read)
}
