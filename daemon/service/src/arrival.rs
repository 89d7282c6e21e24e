//! Card that a call means on arrival, for calls about which a person is asked before the operation looks at a card.
//!
//! A request resolves its card once, when it arrives. Between that and the person's yes the card can be taken out and another
//! one put in: the call then means a card that is no longer there, and never the other one.

use crate::Service;
use beid_api::{ApiError, ErrorCode, OperationRow};
use serde_json::{Map, Value};

/// Card that a call meant when it arrived.
#[derive(Debug)]
#[must_use]
pub(crate) struct Arrival {
    /// Insertion that was current, if the call names no card and so may use the current one.
    current: Option<String>,
}

impl Service {
    /// Notes the card that a call means now. `current` among its members becomes the id of that insertion.
    ///
    /// # Errors
    /// `no-card`, `several-cards` and the like, if the call names the current card and there is none.
    pub(crate) fn arrival(
        &self,
        operation: &OperationRow,
        members: &mut Map<String, Value>,
    ) -> Result<Arrival, ApiError> {
        let uses_cards = operation.refuses.iter().any(|group| group.contains(&ErrorCode::NoCard));
        let id = |name: &str| self.registry.resolve(name).map(|card| card.id.as_str().to_owned());
        match members.get("cardId").and_then(Value::as_str) {
            _ if !uses_cards => Ok(Arrival { current: None }),
            Some("current") => {
                members.insert("cardId".to_owned(), id("current")?.into());
                Ok(Arrival { current: None })
            }
            Some(_) => Ok(Arrival { current: None }),
            // The operation may need no card at all, so it is no error if there is none.
            None => Ok(Arrival {
                current: id("current").ok(),
            }),
        }
    }
}

impl Arrival {
    /// Refuses the call if another card, or none, is current now.
    ///
    /// # Errors
    /// `card-removed`.
    pub(crate) fn must_be_unchanged(self, service: &Service) -> Result<(), ApiError> {
        let Some(then) = self.current else { return Ok(()) };
        let now = service.registry.resolve("current").ok();
        if now.is_some_and(|card| card.id.as_str() == then) {
            Ok(())
        } else {
            Err(ErrorCode::CardRemoved.into())
        }
    }
}
