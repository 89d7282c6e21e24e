//! Stream of server-sent events (WHATWG HTML, 9.2).
//!
//! Nothing is sent between events. Both ends are on this machine, where the system closes the connection of a program that
//! has gone, so neither needs a sign of life from the other; and a page that stays open wakes nobody.

use super::access::Credentials;
use super::response::{Response, octets};
use super::shares::Share;
use beid_service::Service;
use beid_service::caller::CallerId;
use beid_service::events::{Event, EventId, Listener};
use beid_service::page::OpenPageStream;
use futures_util::stream::unfold;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::header::HeaderMap;
use jiff::Timestamp;
use serde_json::Value;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Events for one caller, until the caller goes, its token ends, or the daemon stops.
pub(super) struct SseStream {
    service: Arc<Service>,
    credentials: Credentials,
    caller: CallerId,
    /// End of the token's validity.
    valid_until: Option<Timestamp>,
    listener: Listener,
    token_ends: watch::Receiver<()>,
    stop: CancellationToken,
    begun: bool,
    /// Session of the daemon's own page, which lasts as long as this.
    _session: Option<OpenPageStream>,
}

/// Response whose body is the stream. A client that comes back with `Last-Event-ID` is sent what it missed, or `resync` if
/// that is no longer kept.
/// It holds its `share` of the calls at once until it ends.
pub(super) fn stream(stream: SseStream, share: Share) -> Response {
    let frames = unfold((stream, share), |(mut stream, share)| async {
        let text = stream.next().await?;
        Some((Ok::<_, Infallible>(Frame::data(Bytes::from(text))), (stream, share)))
    });
    octets(200, "text/event-stream", "").map(|_| StreamBody::new(frames).boxed_unsync())
}

impl SseStream {
    /// Listens from now on, or from the event on that `headers` name.
    pub(super) fn new(
        service: Arc<Service>,
        credentials: Credentials,
        headers: &HeaderMap,
        stop: CancellationToken,
    ) -> Result<Self, beid_api::ApiError> {
        // First: a token that is revoked after the look below changes what is watched from here on.
        let token_ends = service.token_ends();
        let caller = credentials.caller(&service, false)?;
        let listener = match headers.get("last-event-id") {
            None => service.events.listen(),
            Some(last) => service.events.listen_after(last.to_str().ok().and_then(EventId::parse)),
        };
        Ok(Self {
            _session: OpenPageStream::new(&service, &caller.id),
            service,
            credentials,
            caller: caller.id,
            valid_until: caller.valid_until,
            listener,
            token_ends,
            stop,
            begun: false,
        })
    }

    /// Next text to send; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<String> {
        if !std::mem::replace(&mut self.begun, true) {
            // The client sees that it is connected, and learns the id from which to go on, without an event.
            return Some(format!(": beidd\n\nid: {}\n\n", self.listener.position()));
        }
        loop {
            let expiry = self.valid_until.map(|end| end.duration_since(self.service.now()));
            let expiry = expiry.map(|left| Duration::try_from(left).unwrap_or_default());
            let expired = async {
                match expiry {
                    Some(left) => sleep(left).await,
                    None => std::future::pending().await,
                }
            };
            // Biased, so that events from before the stop are still sent, `service.draining` among them.
            let event = tokio::select! {
                biased;
                event = self.listener.next() => Some(event?),
                () = self.stop.cancelled() => return None,
                Ok(()) = self.token_ends.changed() => None,
                () = expired => None,
            };
            if event.as_ref().is_some_and(|event| !event.is_for(&self.caller)) {
                continue;
            }
            // A token that was revoked, or has expired meanwhile, ends the stream.
            self.valid_until = self.credentials.caller(&self.service, false).ok()?.valid_until;
            if let Some(event) = event {
                return Some(self.written(&event));
            }
        }
    }

    fn written(&self, event: &Event) -> String {
        let data = Value::Object(event.ids.clone());
        format!(
            "id: {}\nevent: {}\ndata: {data}\n\n",
            self.listener.position(),
            event.name
        )
    }
}
