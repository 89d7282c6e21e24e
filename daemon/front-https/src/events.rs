//! Stream of server-sent events (WHATWG HTML, 9.2).

use super::access::Credentials;
use super::response::{Response, octets};
use beid_service::Service;
use beid_service::caller::CallerId;
use beid_service::events::{Event, Listener};
use futures_util::stream::unfold;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame};
use serde_json::Value;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

/// Time between comments, which are sent so that both ends notice when the other has gone.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Comment, which clients ignore. It is the first thing sent, so that the client knows that it is connected.
const COMMENT: &str = ": beidd\n\n";

/// Events for one caller, until the caller goes, its token ends, or the daemon stops.
pub(super) struct SseStream {
    service: Arc<Service>,
    credentials: Credentials,
    caller: CallerId,
    listener: Listener,
    keep_alive: Interval,
    stop: CancellationToken,
    /// Text that is sent before any other.
    first: Option<String>,
    sent: u64,
}

/// Response whose body is the stream. A client that `resumed` is first sent `resync`: past events are not kept, so it
/// must read the state again.
pub(super) fn stream(
    service: Arc<Service>,
    credentials: Credentials,
    caller: CallerId,
    resumed: bool,
    stop: CancellationToken,
) -> Response {
    let mut stream = SseStream::new(service, credentials, caller, stop, KEEP_ALIVE);
    if resumed {
        let resync = stream.written(&Event::resync());
        stream.first = Some(format!("{COMMENT}{resync}"));
    }
    let frames = unfold(stream, |mut stream| async {
        let text = stream.next().await?;
        Some((Ok::<_, Infallible>(Frame::data(Bytes::from(text))), stream))
    });
    octets(200, "text/event-stream", "").map(|_| StreamBody::new(frames).boxed_unsync())
}

impl SseStream {
    /// Listens from now on, and sends a comment each time that `every` has passed.
    pub(super) fn new(
        service: Arc<Service>,
        credentials: Credentials,
        caller: CallerId,
        stop: CancellationToken,
        every: Duration,
    ) -> Self {
        let mut keep_alive = interval_at(Instant::now() + every, every);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay); // no burst of comments after a stall
        Self {
            listener: service.events.listen(),
            service,
            credentials,
            caller,
            keep_alive,
            stop,
            first: Some(COMMENT.to_owned()),
            sent: 0,
        }
    }

    /// Next text to send; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<String> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            // Biased, so that events from before the stop are still sent, `service.draining` among them.
            tokio::select! {
                biased;
                event = self.listener.next() => {
                    let event = event?;
                    if event.is_for(&self.caller) {
                        return Some(self.written(&event));
                    }
                }
                () = self.stop.cancelled() => return None,
                _ = self.keep_alive.tick() => {
                    // A token that was revoked, or has expired meanwhile, ends the stream.
                    self.credentials.caller(&self.service, false).ok()?;
                    return Some(COMMENT.to_owned());
                }
            }
        }
    }

    fn written(&mut self, event: &Event) -> String {
        self.sent += 1;
        let data = Value::Object(event.ids.clone());
        format!("id: {}\nevent: {}\ndata: {data}\n\n", self.sent, event.name)
    }
}
