//! Calls that wait for a person: seen, cancelled and collected by their owner only.
//!
//! An operation can be cancelled until the card is told to sign. From then on it runs to its end, even if its owner
//! leaves, and the signature is handed over or kept. `Course` lets only one of the two happen.
//!
//! Its outcome is awaited by any number of [`OperationWait`]s of its owner: the call that began it, and calls that were
//! sent again with the same [`IdempotencyKey`]. When the last of them leaves, the operation is cancelled, unless the owner
//! has been told its id: then it runs on.

mod course;
mod keys;
mod table;
#[cfg(test)]
mod tests;
mod wait;
mod work;

pub(crate) use course::Course;
pub use keys::IdempotencyKey;
pub(crate) use keys::{CardsMeant, MeantCard};
pub use table::{Keeper, RunningOperations};
pub use wait::{OpenedOperation, OperationWait};
pub use work::{Progress, Ticket};

use beid_api::ApiError;
use beid_api::words::CallState;
use beid_texts::{ErrorTexts, Language};

/// Identifier of one operation: 128 random bits in hex, so that nobody can guess it.
pub type OperationId = String;

/// State of an operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OperationState {
    /// A card must be put in, or is being read.
    WaitingForCard,
    /// A person is asked yes or no.
    WaitingForConfirmation,
    /// A person is asked for the PIN.
    WaitingForPin,
    /// Reading or signing.
    Working,
    /// Ended with an answer.
    Succeeded,
    /// Ended with an error.
    Failed,
    /// Given up by its owner, or because its owner left.
    Cancelled,
}

impl From<OperationState> for CallState {
    fn from(state: OperationState) -> Self {
        match state {
            OperationState::WaitingForCard => Self::WaitingForCard,
            OperationState::WaitingForConfirmation => Self::WaitingForConfirmation,
            OperationState::WaitingForPin => Self::WaitingForPin,
            OperationState::Working => Self::Working,
            OperationState::Succeeded => Self::Succeeded,
            OperationState::Failed => Self::Failed,
            OperationState::Cancelled => Self::Cancelled,
        }
    }
}

/// An operation as its owner sees it.
#[derive(Clone, Debug)]
pub struct OperationView {
    /// Its id.
    pub id: OperationId,
    /// Name of its row in the table of operations.
    pub kind: &'static str,
    /// Its state.
    pub state: OperationState,
    /// Its outcome, once it has ended.
    pub outcome: Option<Result<serde_json::Value, ApiError>>,
}

impl OperationView {
    /// Builds the answer; the texts of an error are in `language`.
    #[must_use]
    pub fn to_answer(&self, language: Language) -> beid_api::types::OperationAnswer {
        let (result, error) = match &self.outcome {
            None => (None, None),
            Some(Ok(result)) => (Some(result.clone()), None),
            Some(Err(error)) => (None, Some(error.to_problem(language))),
        };
        beid_api::types::OperationAnswer {
            id: self.id.clone(),
            kind: self.kind.to_owned(),
            state: self.state.into(),
            result,
            error,
        }
    }
}
