//! Events for callers that listen. They carry ids and nothing of a person.

mod ring;

pub use ring::{EventId, Events, Listener};

use crate::caller::CallerId;
use serde_json::{Map, Value};

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
    /// The daemon's own page.
    OwnPages,
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

    /// `review.changed`, for the daemon's own page: a list of files is put to a person, or no longer is.
    #[must_use]
    pub fn review(id: &str) -> Self {
        Self {
            audience: EventAudience::OwnPages,
            ..Self::public("review.changed", &[("reviewId", id)])
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
            (EventAudience::Website(_) | EventAudience::OwnPages, CallerId::OwnPage(_)) => true,
            (EventAudience::Website(_) | EventAudience::OwnPages, _) => false,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_page_alone_hears_of_files_that_are_asked_about() {
        let website = CallerId::Page {
            origin: "https://a.example".to_owned(),
            pairing: "p".to_owned(),
        };
        for (caller, hears) in [
            (CallerId::OwnPage("session".to_owned()), true),
            (website, false),
            (CallerId::Token("digest".to_owned()), false),
            (CallerId::Bus(":1.7".to_owned()), false),
            (CallerId::Anonymous, false),
        ] {
            assert_eq!(Event::review("id").is_for(&caller), hears, "{caller:?}");
        }
    }
}
