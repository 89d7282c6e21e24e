//! Events for callers that listen. They carry ids and nothing of a person.

use crate::caller::CallerId;
use serde_json::{Map, Value};
use tokio::sync::broadcast;

/// Number of events that a slow listener may fall behind before it is sent `resync`.
const BACKLOG: usize = 256;

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// Name, such as `card.inserted`.
    pub name: &'static str,
    /// Ids: `{"readerId": …, "cardId": …}`.
    pub ids: Map<String, Value>,
    /// Callers to be told.
    pub audience: EventAudience,
}

/// Callers that are told of an event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EventAudience {
    /// Every caller that listens.
    Everybody,
    /// One caller.
    Caller(CallerId),
    /// The pages of one website, by its origin.
    Website(String),
}

impl Event {
    /// `reader.added`, `reader.removed`.
    #[must_use]
    pub fn reader(name: &'static str, reader: u32) -> Self {
        Self::public(name, &[("readerId", &reader.to_string())])
    }

    /// `card.inserted`, `card.ready`, `card.removed`.
    #[must_use]
    pub fn card(name: &'static str, reader: u32, card: &str) -> Self {
        Self::public(name, &[("readerId", &reader.to_string()), ("cardId", card)])
    }

    /// `operation.updated`, for its owner.
    #[must_use]
    pub fn operation(id: &str, owner: CallerId) -> Self {
        Self {
            audience: EventAudience::Caller(owner),
            ..Self::public("operation.updated", &[("operationId", id)])
        }
    }

    /// `pairing.changed`, for the pages of its website.
    #[must_use]
    pub fn pairing(id: &str, origin: &str) -> Self {
        Self {
            audience: EventAudience::Website(origin.to_owned()),
            ..Self::public("pairing.changed", &[("pairingId", id)])
        }
    }

    /// `service.draining`: no new calls, please.
    #[must_use]
    pub fn draining() -> Self {
        Self::public("service.draining", &[])
    }

    /// `resync`: some events were lost; look at everything again.
    #[must_use]
    pub fn resync() -> Self {
        Self::public("resync", &[])
    }

    /// Returns true if `caller` may be told.
    #[must_use]
    pub fn is_for(&self, caller: &CallerId) -> bool {
        match (&self.audience, caller) {
            (EventAudience::Everybody, _) => true,
            (EventAudience::Caller(owner), caller) => owner == caller,
            (EventAudience::Website(website), CallerId::Page { origin, .. }) => website == origin,
            // It lists the pairings of every website.
            (EventAudience::Website(_), CallerId::OwnPage(_)) => true,
            (EventAudience::Website(_), _) => false,
        }
    }

    fn public(name: &'static str, ids: &[(&str, &str)]) -> Self {
        let ids = ids
            .iter()
            .map(|(name, id)| ((*name).to_owned(), Value::from(*id)))
            .collect();
        Self {
            name,
            ids,
            audience: EventAudience::Everybody,
        }
    }
}

/// Sender of events.
#[derive(Clone, Debug)]
pub struct Events(broadcast::Sender<Event>);

/// Receiver of events, in order.
pub struct Listener(broadcast::Receiver<Event>);

impl Events {
    /// Makes a sender without listeners.
    #[must_use]
    pub fn new() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }

    /// Sends an event to everybody who listens now, without waiting.
    pub fn send(&self, event: Event) {
        tracing::debug!(event = event.name, "event");
        // Nobody listening is fine.
        drop(self.0.send(event));
    }

    /// Listens from now on.
    #[must_use]
    pub fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}

impl Listener {
    /// Waits for the next event; `resync` in place of those that were lost; `None` when the service has ended.
    pub async fn next(&mut self) -> Option<Event> {
        match self.0.recv().await {
            Ok(event) => Some(event),
            // The channel dropped the oldest, and cannot tell whose they were.
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Event::resync()),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
