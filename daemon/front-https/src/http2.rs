//! HTTP/2: calls of one connection, each on a stream of its own.
//!
//! Served with `h2` itself, on which hyper is built: hyper's server has no time limit before the first octets, none for
//! a connection without streams, and cannot send `100 Continue` (RFC 9110, 10.1.1), for which curl waits a second.

use super::connection::{GRACE, HEAD, PATIENCE};
use super::places::ConnectionPlace;
use super::request::HttpsFront;
use super::response::Response;
use h2::server::{Builder, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame};
use hyper::header::{CONTENT_LENGTH, DATE, EXPECT, HeaderMap, HeaderValue, ORIGIN, USER_AGENT};
use hyper::{Request, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Highest number of calls at once on one connection.
const STREAMS: u32 = 64;
/// Number of octets that a client may send before we have taken them, on one stream or on all together: as many as hyper
/// allows, since files arrive slowly through the 65,535 that are the default (RFC 9113, 6.9.2).
const WINDOW: u32 = 1024 * 1024;
/// Time for which a stream stays open after an answer that was sent before the whole body had arrived.
const LAST_WORD: Duration = Duration::from_secs(1);
/// Time after which a connection without a call ends, once it has had one; pings do not count.
const IDLE: Duration = Duration::from_secs(60);

/// Serves one connection until the client goes or has asked nothing for a while, or until `stop`. A client that waits for an
/// answer is not asked whether it is still there: the system closes the connection of a program that has ended.
///
/// Dropping the future drops its calls.
///
/// # Errors
/// [`h2::Error`] if the connection broke off.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    front: &Arc<HttpsFront>,
    place: &Arc<ConnectionPlace>,
    stop: &CancellationToken,
) -> Result<(), h2::Error> {
    let handshake = Builder::new()
        .max_header_list_size(u32::try_from(HEAD).unwrap_or(u32::MAX))
        .max_concurrent_streams(STREAMS)
        .initial_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .handshake::<_, Bytes>(stream);
    let Ok(shaken) = timeout(PATIENCE, handshake).await else {
        return Ok(());
    };
    let mut connection = shaken?;
    // Dropped with this future, and its calls with it: nothing goes on for a client that has left.
    let mut calls = JoinSet::new();
    let mut end = pin!(sleep(PATIENCE));
    let (mut leaving, mut stopping) = (false, false);
    loop {
        let leave = tokio::select! {
            accepted = connection.accept() => match accepted {
                None => return Ok(()),
                Some(accepted) => {
                    let (request, mut respond) = accepted?;
                    if breaks_connections(request.headers()) {
                        respond.send_reset(Reason::HTTP_1_1_REQUIRED);
                        continue;
                    }
                    calls.spawn(call(Arc::clone(front), Arc::clone(place), request, respond));
                    false
                }
            },
            Some(_) = calls.join_next() => {
                if calls.is_empty() && !stopping {
                    let left = if leaving { GRACE } else { IDLE };
                    end.as_mut().reset(Instant::now() + left);
                }
                false
            }
            // A call that was on its way when the client heard that we leave is answered all the same (RFC 9113, 6.8);
            // only a daemon that stops does not wait for it.
            () = end.as_mut(), if stopping || calls.is_empty() => {
                if leaving {
                    return Ok(());
                }
                true
            }
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                true
            }
        };
        if leave {
            leaving = true;
            connection.graceful_shutdown();
            end.as_mut().reset(Instant::now() + GRACE);
        }
    }
}

/// Returns true for requests of other sites' pages in Firefox, which are sent to HTTP/1.1 (RFC 9113, 7, `HTTP_1_1_REQUIRED`).
///
/// Firefox checks before each of them that the site may call this computer. Until it has, it leaves the connection that the
/// request would have shared, and all other calls on it end: a stream of events, a signature whose dialog is open (seen
/// with 153, also where the permission was given long ago). Over HTTP/1.1, each call has a connection of its own.
fn breaks_connections(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let firefox = text(USER_AGENT.as_str()).is_some_and(|agent| agent.contains("Firefox/"));
    firefox && headers.contains_key(ORIGIN) && text("sec-fetch-site") != Some("same-origin")
}

/// Answers one request, unless the client gives it up first.
async fn call(
    front: Arc<HttpsFront>,
    place: Arc<ConnectionPlace>,
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
) -> Result<(), h2::Error> {
    let (wants, mut wanted) = oneshot::channel();
    let waits = request.headers().contains_key(EXPECT);
    let whole = Arc::new(AtomicBool::new(request.body().is_end_stream()));
    let request = request.map(|stream| Incoming {
        stream,
        wants: waits.then_some(wants),
        whole: Arc::clone(&whole),
    });
    let answered = {
        // Boxed, so that its memory is free again while a stream of events is open.
        let mut answering = Box::pin(front.respond(request, &place));
        let mut continued = false;
        loop {
            tokio::select! {
                biased;
                answered = answering.as_mut() => break answered,
                // A receiver that has completed must not be polled again.
                Ok(()) = &mut wanted, if !continued => {
                    continued = true;
                    let mut go_on = hyper::Response::new(());
                    *go_on.status_mut() = StatusCode::CONTINUE;
                    respond.send_informational(go_on)?;
                }
                _ = poll_fn(|context| respond.poll_reset(context)) => return Ok(()),
            }
        }
    };
    let sent = send(respond, answered).await?;
    if !whole.load(Ordering::Relaxed) {
        // Ending the stream here and now would reset it, and curl 7.88 then reports that instead of the answer.
        drop(timeout(LAST_WORD, sent).await);
    }
    Ok(())
}

/// Sends a response as fast as the client takes it; a client that takes nothing for [`PATIENCE`] is given up. The future
/// that is returned completes when the stream is reset.
async fn send(mut respond: SendResponse<Bytes>, answered: Response) -> Result<impl Future<Output = ()>, h2::Error> {
    let (mut head, body) = answered.into_parts();
    let body = pin!(body);
    let empty = body.is_end_stream();
    if let (false, Some(length)) = (empty, body.size_hint().exact()) {
        head.headers.entry(CONTENT_LENGTH).or_insert(length.into());
    }
    let now = DateTimePrinter::new().timestamp_to_rfc9110_string(&Timestamp::now());
    if let Some(now) = now.ok().and_then(|now| HeaderValue::try_from(now).ok()) {
        head.headers.insert(DATE, now);
    }
    let mut stream = respond.send_response(hyper::Response::from_parts(head, ()), empty)?;
    if !empty {
        send_body(&mut stream, body).await?;
    }
    Ok(async move {
        // Whichever way it ends, nothing more is to be sent.
        let _ = poll_fn(|context| stream.poll_reset(context)).await;
    })
}

async fn send_body<B>(stream: &mut SendStream<Bytes>, mut body: Pin<&mut B>) -> Result<(), h2::Error>
where
    B: Body<Data = Bytes>,
{
    loop {
        let frame = tokio::select! {
            frame = body.frame() => frame,
            // A stream of events may be quiet for long: a client that goes must end it all the same.
            _ = poll_fn(|context| stream.poll_reset(context)) => return Ok(()),
        };
        let Some(Ok(frame)) = frame else { break };
        let Ok(mut data) = frame.into_data() else { continue };
        while !data.is_empty() {
            stream.reserve_capacity(data.len());
            let capacity = timeout(PATIENCE, poll_fn(|context| stream.poll_capacity(context))).await;
            let Ok(Some(capacity)) = capacity else {
                stream.send_reset(Reason::CANCEL);
                return Ok(());
            };
            let part = data.split_to(capacity?.min(data.len()));
            let last = data.is_empty() && body.is_end_stream();
            stream.send_data(part, last)?;
            if last {
                return Ok(());
            }
        }
    }
    stream.send_data(Bytes::new(), true)
}

/// Body of a request. Reading it for the first time sends `100 Continue` to a client that waits for that.
struct Incoming {
    stream: RecvStream,
    wants: Option<oneshot::Sender<()>>,
    /// True once all of it has been taken.
    whole: Arc<AtomicBool>,
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        if let Some(wants) = self.wants.take() {
            // Nobody listens any more if the call is being given up.
            let _ = wants.send(());
        }
        let data = ready!(self.stream.poll_data(context));
        self.whole.fetch_or(self.stream.is_end_stream(), Ordering::Relaxed);
        let Some(data) = data else {
            return Poll::Ready(None); // trailers say nothing here
        };
        let data = data.and_then(|data| {
            self.stream.flow_control().release_capacity(data.len())?;
            Ok(Frame::data(data))
        });
        Poll::Ready(Some(data))
    }

    fn is_end_stream(&self) -> bool {
        self.stream.is_end_stream()
    }
}
