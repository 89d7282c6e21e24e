//! Connections: accepted, checked, given a place, encrypted, served, ended.
//!
//! Each step has a time limit, so that a client that sends nothing, or sends it slowly, is disconnected: the handshake,
//! the head of a request (which also limits the time between two requests over HTTP/1), the first octets and the time
//! without a call over HTTP/2 (`http2`), a body (`request`). The version of HTTP is agreed in the handshake (ALPN,
//! RFC 7301), so nothing has to be guessed from the first octets.

use super::http2;
use super::listen::Listeners;
use super::peer::Doorkeeper;
use super::places::{ConnectionPlace, ConnectionPlaces};
use super::plain;
use super::request::HttpsFront;
use super::tls::Tls;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

/// Time limit for the TLS handshake, for the first octets after it, and for the head of a request.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Largest head of a request, in bytes.
pub(super) const HEAD: usize = 16 * 1024;
/// Time that calls get to end when the daemon stops.
pub(super) const GRACE: Duration = Duration::from_millis(500);
/// Pause after a failure to accept, most likely for want of file descriptors: trying on at once would only spin.
const OUT_OF_BREATH: Duration = Duration::from_millis(100);

/// Serves every connection until `stop`, then ends them all.
pub(super) async fn serve(
    listeners: &Listeners,
    tls: &Tls,
    doorkeeper: &Doorkeeper,
    front: &Arc<HttpsFront>,
    stop: &CancellationToken,
) {
    let places = Arc::<ConnectionPlaces>::default();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue, // so that the set holds open connections only
            accepted = listeners.accept() => accepted,
        };
        match accepted {
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(OUT_OF_BREATH).await;
            }
            Ok((stream, peer)) => {
                let user = stream.local_addr().ok();
                let Some(user) = user.and_then(|local| doorkeeper.lets_in(peer, local)) else {
                    continue; // dropped, and thereby closed
                };
                let place = places.take(user);
                connections.spawn(converse(stream, tls.acceptor(), Arc::clone(front), place, stop.clone()));
            }
        }
    }
    // Each connection ends by itself within GRACE; the set aborts what is left of them when it is dropped.
    let all = async { while connections.join_next().await.is_some() {} };
    drop(timeout(GRACE + OUT_OF_BREATH, all).await);
}

/// Serves one connection, from handshake to end. It ends at once if its place is given to another.
async fn converse(
    stream: TcpStream,
    tls: TlsAcceptor,
    front: Arc<HttpsFront>,
    place: ConnectionPlace,
    stop: CancellationToken,
) {
    drop(stream.set_nodelay(true)); // a failure costs time only
    let place = Arc::new(place);
    let conversation = async {
        let handshake = timeout(PATIENCE, encrypted(stream, &tls, &front));
        let stream = tokio::select! {
            () = stop.cancelled() => return,
            done = handshake => match done {
                Ok(Ok(Some(stream))) => stream,
                Ok(Ok(None)) => return tracing::debug!("a client without TLS is told so"),
                Ok(Err(error)) => return tracing::debug!(%error, "no TLS"),
                Err(_) => return tracing::debug!("TLS took too long"),
            },
        };
        // Boxed, so that a connection takes the memory of its own version only.
        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            if let Err(error) = Box::pin(http2::serve(stream, &front, &place, &stop)).await {
                tracing::debug!(%error, "connection broke off");
            }
        } else if let Err(error) = Box::pin(serve_http1(stream, &front, &place, &stop)).await {
            tracing::debug!(%error, "connection broke off");
        }
    };
    tokio::select! {
        () = conversation => {}
        () = place.lost() => {}
    }
}

/// Makes the handshake; `None` if the client spoke HTTP without TLS, and has been answered.
async fn encrypted(
    stream: TcpStream,
    tls: &TlsAcceptor,
    front: &HttpsFront,
) -> io::Result<Option<TlsStream<TcpStream>>> {
    if front.answers_anybody() && !plain::begins_tls(&stream).await? {
        plain::refuse(stream).await?;
        return Ok(None);
    }
    tls.accept(stream).await.map(Some)
}

/// Serves HTTP/1.1, also to clients that named no protocol in the handshake.
async fn serve_http1(
    stream: TlsStream<TcpStream>,
    front: &Arc<HttpsFront>,
    place: &Arc<ConnectionPlace>,
    stop: &CancellationToken,
) -> hyper::Result<()> {
    let service = service_fn(|request| {
        let (front, place) = (Arc::clone(front), Arc::clone(place));
        // Boxed, so that its memory is free again while a stream of events is open.
        async move { Ok::<_, Infallible>(Box::pin(front.respond(request, &place)).await) }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(HEAD);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            timeout(GRACE, connection).await.unwrap_or(Ok(()))
        }
    }
}
