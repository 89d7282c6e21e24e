//! Connections: accepted, looked at, encrypted, served, ended.

use super::listen::Listeners;
use super::peer::Doorkeeper;
use super::request::Front;
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// How many connections there may be at once.
const CONNECTIONS: usize = 256;
/// How many calls on one HTTP/2 connection.
const STREAMS: u32 = 64;
/// How long a client may take for the TLS handshake, or for the head of a request.
const PATIENCE: Duration = Duration::from_secs(10);
/// How large the head of a request may be, in bytes.
const HEAD: usize = 16 * 1024;
/// How often an idle HTTP/2 client is asked whether it is still there.
const STILL_THERE: Duration = Duration::from_secs(20);
/// How long calls may take to end when we stop.
const GRACE: Duration = Duration::from_millis(500);
/// How long to wait when the system has no more file descriptors.
const OUT_OF_BREATH: Duration = Duration::from_millis(100);

/// Serves every connection until `stop`, then ends them all.
pub(super) async fn serve(
    listeners: &Listeners,
    tls: &TlsAcceptor,
    doorkeeper: &Doorkeeper,
    front: &Arc<Front>,
    stop: &CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listeners.accept() => accepted,
        };
        match accepted {
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(OUT_OF_BREATH).await;
            }
            Ok((stream, peer)) => {
                let known = stream.local_addr().is_ok_and(|local| doorkeeper.lets_in(peer, local));
                if !known {
                    continue; // dropped, and thereby closed
                }
                if connections.len() >= CONNECTIONS {
                    tracing::warn!("connection closed: there are too many");
                    continue;
                }
                connections.spawn(converse(stream, tls.clone(), Arc::clone(front), stop.clone()));
            }
        }
    }
    // Each connection ends by itself within GRACE; the set aborts what is left of them when it is dropped.
    let all = async { while connections.join_next().await.is_some() {} };
    drop(timeout(GRACE + OUT_OF_BREATH, all).await);
}

/// One connection, from handshake to end.
async fn converse(stream: TcpStream, tls: TlsAcceptor, front: Arc<Front>, stop: CancellationToken) {
    drop(stream.set_nodelay(true)); // slower without, but no worse
    let handshake = timeout(PATIENCE, tls.accept(stream));
    let stream = tokio::select! {
        () = stop.cancelled() => return,
        done = handshake => match done {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::debug!(%error, "no TLS"),
            Err(_) => return tracing::debug!("TLS took too long"),
        },
    };
    let ended = CancellationToken::new();
    let _calls_end_with_it = ended.clone().drop_guard();
    let builder = builder(OfConnection(ended));
    let service = service_fn(|request| {
        let front = Arc::clone(&front);
        async move { Ok::<_, Infallible>(front.respond(request).await) }
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            timeout(GRACE, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "connection broke off");
    }
}

fn builder(executor: OfConnection) -> Builder<OfConnection> {
    let mut builder = Builder::new(executor);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(HEAD).unwrap_or(u32::MAX))
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(STILL_THERE)
        .keep_alive_timeout(PATIENCE);
    builder
}

/// Runs the calls of one HTTP/2 connection, and drops them with it: nothing goes on for a client that has left.
#[derive(Clone)]
struct OfConnection(CancellationToken);

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for OfConnection {
    fn execute(&self, call: F) {
        tokio::spawn(self.0.clone().run_until_cancelled_owned(call));
    }
}
