//! Idempotency keys: a request that is sent again gets the operation that it began the first time, so that a caller whose
//! connection broke can ask again without a second dialog.
//!
//! A key is bound to its caller, to the request and to the cards that the request meant. It lives as long as the
//! daemon, and no longer than a day.

use super::OperationId;
use crate::caller::CallerId;
use crate::cards::Insertion;
use beid_api::{ApiError, ErrorCode};
use beid_texts::Message;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time for which a key is remembered.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// Number of keys of one caller that are remembered. One more takes the place of the oldest.
const PER_CALLER: usize = 1024;
/// Greatest length of a key, in bytes.
const LENGTH: usize = 255;

/// Key that a caller gave a request, with a digest of that request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IdempotencyKey {
    key: String,
    request: [u8; 32],
}

impl IdempotencyKey {
    /// Binds `key` to the request that it came with.
    ///
    /// # Errors
    /// `invalid-request` unless the key is 1 to 255 visible ASCII characters.
    pub fn parse(key: &[u8], method: &str, path: &str, body: &[u8]) -> Result<Self, ApiError> {
        let key = str::from_utf8(key).ok().filter(|key| {
            let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
            visible && (1..=LENGTH).contains(&key.len())
        });
        let key = key.ok_or_else(|| {
            let text = Message::new("detail-idempotency-key-form");
            ApiError::new(ErrorCode::InvalidRequest, text)
        })?;
        // Neither method nor path contains a line feed, so no two requests have the same text here.
        let request = Sha256::new()
            .chain_update(format!("{method}\n{path}\n"))
            .chain_update(Sha256::digest(body))
            .finalize();
        Ok(Self {
            key: key.to_owned(),
            request: request.into(),
        })
    }
}

/// Cards that a request means at one moment: the one that it names or the current one, and the provider's own if that signs.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct CardsMeant {
    /// The card that is named, or the current one.
    pub(crate) card: MeantCard,
    /// The card in the provider's reader, for a request that the provider signs.
    pub(crate) provider: MeantCard,
}

/// Card that a request means in one place.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum MeantCard {
    /// None: there is no such card.
    #[default]
    Nothing,
    /// This insertion.
    Insertion(String),
    /// One of several, nobody can tell which.
    Ambiguous,
}

impl MeantCard {
    /// Reads it from the outcome of looking the card up.
    pub(crate) fn from_lookup(found: Result<Arc<Insertion>, ApiError>) -> Self {
        match found {
            Ok(insertion) => Self::Insertion(insertion.id.as_str().to_owned()),
            Err(error) if error.code == ErrorCode::SeveralCards => Self::Ambiguous,
            Err(_) => Self::Nothing,
        }
    }

    /// Returns true if a request that meant `self` and means `now` is about the same card. A card that was taken out in
    /// between changes nothing: nobody else's data can be meant. Another one in its place does, and so does one where
    /// there was none.
    fn is_still(&self, now: &Self) -> bool {
        self == now || *now == Self::Nothing
    }
}

/// Every key that is remembered, by caller.
#[derive(Default)]
pub(super) struct KeyTable(HashMap<CallerId, HashMap<String, KeyEntry>>);

struct KeyEntry {
    request: [u8; 32],
    cards: CardsMeant,
    operation: OperationId,
    since: Instant,
}

impl KeyTable {
    /// Finds the operation that `owner` began with `key`. `cards` are those that the request means now.
    ///
    /// # Errors
    /// `idempotency-mismatch` if the key came with another request, or another card was meant.
    pub(super) fn find(
        &mut self,
        owner: &CallerId,
        key: &IdempotencyKey,
        cards: &CardsMeant,
    ) -> Result<Option<OperationId>, ApiError> {
        let Some(keys) = self.0.get_mut(owner) else {
            return Ok(None);
        };
        keys.retain(|_, entry| entry.since.elapsed() < REMEMBERED);
        let Some(known) = keys.get(&key.key) else {
            return Ok(None);
        };
        let same_cards = known.cards.card.is_still(&cards.card) && known.cards.provider.is_still(&cards.provider);
        if known.request == key.request && same_cards {
            Ok(Some(known.operation.clone()))
        } else {
            Err(ErrorCode::IdempotencyMismatch.into())
        }
    }

    /// Remembers that `owner` began `operation` with `key`.
    pub(super) fn remember(
        &mut self,
        owner: &CallerId,
        key: &IdempotencyKey,
        cards: CardsMeant,
        operation: OperationId,
    ) {
        let keys = self.0.entry(owner.clone()).or_default();
        if keys.len() >= PER_CALLER
            && let Some(oldest) = keys
                .iter()
                .min_by_key(|(_, entry)| entry.since)
                .map(|(key, _)| key.clone())
        {
            keys.remove(&oldest);
        }
        let entry = KeyEntry {
            request: key.request,
            cards,
            operation,
            since: Instant::now(),
        };
        keys.insert(key.key.clone(), entry);
    }

    /// Frees the key with which `owner` began `operation`.
    pub(super) fn free(&mut self, owner: &CallerId, operation: &str) {
        if let Some(keys) = self.0.get_mut(owner) {
            keys.retain(|_, entry| entry.operation != operation);
        }
    }

    /// Forgets the keys of the callers that are `gone`.
    pub(super) fn forget(&mut self, gone: impl Fn(&CallerId) -> bool) {
        self.0.retain(|owner, _| !gone(owner));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: &str, body: &str) -> IdempotencyKey {
        IdempotencyKey::parse(key.as_bytes(), "POST", "/v1/consents", body.as_bytes()).unwrap()
    }

    fn owner(digest: &str) -> CallerId {
        CallerId::Token(digest.to_owned())
    }

    #[test]
    fn a_key_is_visible_ascii_of_255_bytes_at_most() {
        let long = "k".repeat(256);
        for (text, fits) in [
            ("a", true),
            ("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", true),
            (&long[1..], true),
            (&long, false),
            ("", false),
            ("a b", false),
            ("é", false),
            ("a\u{7f}", false),
        ] {
            assert_eq!(
                IdempotencyKey::parse(text.as_bytes(), "POST", "/", b"").is_ok(),
                fits,
                "{text}"
            );
        }
    }

    #[test]
    fn a_key_is_bound_to_caller_request_and_card() {
        let (mine, others) = (owner("a"), owner("b"));
        let mut table = KeyTable::default();
        let meant = |card: &str, provider: &str| {
            let place = |card: &str| match card {
                "" => MeantCard::Nothing,
                "several" => MeantCard::Ambiguous,
                card => MeantCard::Insertion(card.to_owned()),
            };
            CardsMeant {
                card: place(card),
                provider: place(provider),
            }
        };
        table.remember(&mine, &key("k", "{}"), meant("card", ""), "operation".to_owned());
        table.remember(&mine, &key("p", "{}"), meant("", "own"), "signed".to_owned());
        let other_path = IdempotencyKey::parse(b"k", "POST", "/v1/signatures", b"{}").unwrap();
        // Caller, key with its request, cards; the operation if it is found, None if the key is new, or an error.
        #[rustfmt::skip] // one row a line
        let rows = [
            (&mine, key("k", "{}"), meant("card", ""), Ok(Some("operation"))),
            (&mine, key("k", "{}"), meant("", ""), Ok(Some("operation"))),
            (&mine, key("k", "{}"), meant("another", ""), Err(())),
            (&mine, key("k", "{}"), meant("several", ""), Err(())),
            (&mine, key("k", "{}"), meant("card", "own"), Err(())),
            (&mine, key("p", "{}"), meant("", "own"), Ok(Some("signed"))),
            (&mine, key("p", "{}"), meant("", ""), Ok(Some("signed"))),
            (&mine, key("p", "{}"), meant("", "another"), Err(())),
            (&mine, key("p", "{}"), meant("card", "own"), Err(())),
            (&mine, key("k", "{ }"), meant("card", ""), Err(())),
            (&mine, other_path, meant("card", ""), Err(())),
            (&mine, key("l", "{}"), meant("card", ""), Ok(None)),
            (&others, key("k", "{}"), meant("card", ""), Ok(None)),
        ];
        for (owner, key, cards, expected) in rows {
            let found = table.find(owner, &key, &cards).map_err(|error| {
                assert_eq!(error.code, ErrorCode::IdempotencyMismatch);
            });
            assert_eq!(
                found.as_ref().map(Option::as_deref),
                expected.as_ref().map(|found| *found),
                "{key:?}"
            );
        }
        table.free(&mine, "operation");
        assert!(
            table
                .find(&mine, &key("k", "[]"), &CardsMeant::default())
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn a_caller_has_a_bounded_number_of_keys_and_the_oldest_makes_room() {
        let (mine, none) = (owner("a"), CardsMeant::default());
        let mut table = KeyTable::default();
        for number in 0..=PER_CALLER {
            table.remember(
                &mine,
                &key(&number.to_string(), ""),
                CardsMeant::default(),
                number.to_string(),
            );
        }
        assert!(table.find(&mine, &key("0", ""), &none).unwrap().is_none());
        let last = PER_CALLER.to_string();
        assert_eq!(table.find(&mine, &key(&last, ""), &none).unwrap(), Some(last));
        assert!(table.find(&mine, &key("1", ""), &none).unwrap().is_some());
        table.forget(|owner| *owner == mine);
        assert!(table.find(&mine, &key("1", ""), &none).unwrap().is_none());
    }
}
