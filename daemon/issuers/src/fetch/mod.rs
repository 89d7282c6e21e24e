//! Fetching over plain HTTP. TLS would add nothing: the answers are signed by their issuers, and public.
//!
//! One request on one connection, through a proxy if there is one; no cookies, no redirects, and limits on time and size.

mod address;
mod proxy;

pub(crate) use address::HttpAddress;
pub use address::{AllowedUrl, ExactUrl};
pub use proxy::{Proxies, ProxyUrl};

use beid_pki::Reason;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use proxy::Route;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

/// Limits on one answer.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Maximum length of the body, in bytes.
    pub(crate) bytes: usize,
    /// Maximum time, from connecting to the last byte.
    pub(crate) time: Duration,
}

/// Maximum size of the headers, in bytes.
const HEADERS: usize = 16 << 10;

/// Statuses by which a proxy says that it has not got an answer (RFC 9110, 15.5.8, 15.6.3 to 15.6.5).
const OF_PROXIES: [StatusCode; 4] = [
    StatusCode::PROXY_AUTHENTICATION_REQUIRED,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::GATEWAY_TIMEOUT,
];

/// Request to an address.
pub(crate) enum FetchRequest {
    /// Sends this OCSP request (RFC 6960, A.1: by POST).
    Ocsp(Vec<u8>),
    /// Fetches the file at the address.
    File,
    /// Sends this request for a time stamp (RFC 3161, 3.4).
    TimeStamp(Vec<u8>),
}

/// Reason why no answer could be fetched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NotFetched {
    /// No connection could be made.
    Offline,
    /// The whole answer did not arrive in time.
    Timeout,
    /// The answer is longer than its limit.
    TooLarge,
    /// The connection ended in the middle of the answer.
    CutOff,
    /// The server answered with another status than 200.
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

/// Makes one request and returns the whole body of the answer.
pub(crate) async fn fetch(
    from: &HttpAddress,
    what: FetchRequest,
    limits: Limits,
    proxies: &Proxies,
) -> Result<Vec<u8>, NotFetched> {
    let whole = async {
        let (_connection, answer) = send(from, what, proxies).await?;
        if answer.status() != StatusCode::OK {
            return Err(NotFetched::HttpStatus);
        }
        read(answer.into_body(), limits.bytes).await
    };
    // One limit around all steps: a server that sends a byte now and then would keep a limit on each.
    tokio::time::timeout(limits.time, whole)
        .await
        .unwrap_or(Err(NotFetched::Timeout))
}

/// Finds out whether a server answers at all, whatever it says; returns the date in its answer, if there is one. A proxy
/// that says it could not ask the server is no answer of it.
pub(crate) async fn knock(
    at: &HttpAddress,
    limit: Duration,
    proxies: &Proxies,
) -> Result<Option<Timestamp>, NotFetched> {
    let answered = tokio::time::timeout(limit, send(at, FetchRequest::File, proxies)).await;
    let (_connection, answer) = answered.unwrap_or(Err(NotFetched::Timeout))?;
    let is_proxied = proxies.route(at).is_some_and(|route| route.is_proxied);
    if is_proxied && OF_PROXIES.contains(&answer.status()) {
        return Err(NotFetched::HttpStatus);
    }
    let date = answer.headers().get(header::DATE).and_then(|date| date.to_str().ok());
    // A date of HTTP (RFC 9110, 5.6.7) is one of electronic mail, in GMT.
    Ok(date.and_then(|date| Some(jiff::fmt::rfc2822::parse(date).ok()?.timestamp())))
}

/// Sends the request and reads the head of the answer. The connection ends when its handle is dropped.
async fn send(
    to: &HttpAddress,
    what: FetchRequest,
    proxies: &Proxies,
) -> Result<(AbortOnDropHandle<()>, Response<Incoming>), NotFetched> {
    let route = proxies.route(to).ok_or(NotFetched::Offline)?;
    let place = (route.host.as_str(), route.port);
    let stream = TcpStream::connect(place).await.map_err(|_| NotFetched::Offline)?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEADERS)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| NotFetched::Offline)?;
    let connection = AbortOnDropHandle::new(tokio::spawn(async move { drop(connection.await) }));
    let answer = sender.send_request(request(to, &route, what)?).await;
    Ok((connection, answer.map_err(|_| NotFetched::CutOff)?))
}

fn request(to: &HttpAddress, route: &Route, what: FetchRequest) -> Result<Request<Full<Bytes>>, NotFetched> {
    let (posted, body) = match what {
        FetchRequest::Ocsp(request) => (Some("application/ocsp-request"), request),
        FetchRequest::TimeStamp(request) => (Some("application/timestamp-query"), request),
        FetchRequest::File => (None, Vec::new()),
    };
    let method = if posted.is_some() { Method::POST } else { Method::GET };
    let mut request = Request::builder()
        .method(method)
        .uri(&route.target)
        .header(header::HOST, to.host())
        // One request is all, so the server need not wait for another.
        .header(header::CONNECTION, "close");
    if let Some(credentials) = &route.authorization {
        request = request.header(header::PROXY_AUTHORIZATION, credentials);
    }
    if let Some(media_type) = posted {
        request = request.header(header::CONTENT_TYPE, media_type);
    }
    // Cannot fail: the address was parsed from a valid URI.
    request.body(Full::new(body.into())).map_err(|_| NotFetched::Offline)
}

async fn read(mut body: Incoming, limit: usize) -> Result<Vec<u8>, NotFetched> {
    // A stated length is refused at once; one that is not stated is counted below.
    let said = body.size_hint().exact().unwrap_or(0);
    if usize::try_from(said).map_or(true, |said| said > limit) {
        return Err(NotFetched::TooLarge);
    }
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        // A frame without data has trailers, which are no part of the body.
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
