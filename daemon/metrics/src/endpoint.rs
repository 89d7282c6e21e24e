//! The endpoint: `GET /metrics` over plain HTTP, on a loopback address or a socket in the file system.
//!
//! It has no token, because what it serves is about no person; browsers are refused all the same, so that no web page can
//! see that a computer has beidd, or when it is used.

use crate::figures::{DeskState, Metrics};
use crate::text::MetricsForm;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderMap, ORIGIN, REFERER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Maximum number of connections at once; others wait.
const CONNECTIONS: usize = 8;
/// Maximum time of one connection, from its beginning: it answers and is closed.
const LONGEST: Duration = Duration::from_secs(10);

/// Place of the endpoint.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MetricsPlace {
    /// Loopback address and port.
    Tcp(SocketAddr),
    /// Socket in the file system, for its owner alone.
    Unix(PathBuf),
}

/// The endpoint, open and not yet served.
pub struct MetricsEndpoint {
    listener: MetricsListener,
    metrics: Arc<Metrics>,
    desk: Box<dyn Fn() -> DeskState + Send + Sync>,
}

enum MetricsListener {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

impl MetricsEndpoint {
    /// Opens the endpoint for `metrics`; `desk` tells the state of the desk at each request.
    ///
    /// # Errors
    /// If another program has the address or the path; the error names it.
    pub async fn open(
        place: &MetricsPlace,
        metrics: Arc<Metrics>,
        desk: impl Fn() -> DeskState + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let named = |error: io::Error, place: &dyn std::fmt::Display| {
            io::Error::new(error.kind(), format!("metrics.listen: {place}: {error}"))
        };
        let listener = match place {
            MetricsPlace::Tcp(address) => {
                let listener = TcpListener::bind(address).await;
                MetricsListener::Tcp(listener.map_err(|error| named(error, address))?)
            }
            MetricsPlace::Unix(path) => {
                let listener = bind(path).map_err(|error| named(error, &path.display()))?;
                MetricsListener::Unix(listener, path.clone())
            }
        };
        Ok(Self {
            listener,
            metrics,
            desk: Box::new(desk),
        })
    }

    /// Serves until `stop`.
    pub async fn serve(self, stop: CancellationToken) {
        let served = Arc::new(self);
        let _stopped = stop.run_until_cancelled(Arc::clone(&served).accept()).await;
        if let MetricsListener::Unix(_, path) = &served.listener {
            // Fails if somebody has removed it, which is just as well.
            drop(fs::remove_file(path));
        }
    }

    async fn accept(self: Arc<Self>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            // Never closed.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            let accepted = match &self.listener {
                MetricsListener::Tcp(listener) => listener.accept().await.map(|(stream, _)| Stream::Tcp(stream)),
                MetricsListener::Unix(listener, _) => listener.accept().await.map(|(stream, _)| Stream::Unix(stream)),
            };
            let Ok(stream) = accepted else {
                // Too many open files, most likely: they may be fewer in a moment.
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let front = Arc::clone(&self);
            tokio::spawn(async move {
                match stream {
                    Stream::Tcp(stream) => front.answer(stream, true).await,
                    Stream::Unix(stream) => front.answer(stream, false).await,
                }
                drop(place);
            });
        }
    }

    async fn answer(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send, over_tcp: bool) {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .keep_alive(false)
            .max_buf_size(16 << 10);
        let respond =
            service_fn(
                |request: Request<Incoming>| async move { Ok::<_, Infallible>(self.respond(&request, over_tcp)) },
            );
        // A client that breaks the protocol gets hyper's own answer, or none.
        drop(tokio::time::timeout(LONGEST, builder.serve_connection(TokioIo::new(stream), respond)).await);
    }

    fn respond(&self, request: &Request<Incoming>, over_tcp: bool) -> Response<Full<Bytes>> {
        if over_tcp && !is_for_this_computer(request.headers()) {
            return plain(StatusCode::MISDIRECTED_REQUEST, "ask for localhost\n");
        }
        if is_from_a_browser(request.headers()) {
            return plain(StatusCode::FORBIDDEN, "not for web pages\n");
        }
        if request.uri().path() != "/metrics" {
            return plain(StatusCode::NOT_FOUND, "see /metrics\n");
        }
        if request.method() != Method::GET {
            let mut refused = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET\n");
            refused
                .headers_mut()
                .insert(ALLOW, hyper::header::HeaderValue::from_static("GET"));
            return refused;
        }
        let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
        let form = MetricsForm::by_accept(accept);
        match self.metrics.encode((self.desk)()) {
            Ok(text) => answer(StatusCode::OK, form.media_type(), form.of(text)),
            Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "no figures\n"),
        }
    }
}

enum Stream {
    Tcp(tokio::net::TcpStream),
    Unix(tokio::net::UnixStream),
}

/// Binds a socket for its owner alone; one that an earlier run left is replaced, and nothing else is.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|there| there.file_type().is_socket());
    let answers = || std::os::unix::net::UnixStream::connect(path).is_ok();
    if is_socket && !answers() {
        fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Returns true unless the request was meant for another host, whose name a web page has had resolved to this computer.
fn is_for_this_computer(headers: &HeaderMap) -> bool {
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    ["localhost", "127.0.0.1", "[::1]"].contains(&name.to_ascii_lowercase().as_str())
}

/// Returns true for requests with a field that browsers send and programs that collect figures do not.
fn is_from_a_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN) || headers.contains_key(REFERER) || headers.contains_key("sec-fetch-mode")
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    answer(status, "text/plain; charset=utf-8", text.to_owned())
}

fn answer(status: StatusCode, media_type: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(media_type));
    fields.insert(CACHE_CONTROL, hyper::header::HeaderValue::from_static("no-store"));
    response
}
