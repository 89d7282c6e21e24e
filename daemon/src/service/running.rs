//! Calls that wait for a person: seen, cancelled and collected by their owner only.

use crate::api::{Answer, ApiError, ErrorCode};
use crate::service::caller::CallerId;
use crate::service::events::{Event, Events};
use crate::texts::Language;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How long a result can be collected.
const KEPT: Duration = Duration::from_secs(600);

/// How many an owner may have, running or kept.
const PER_OWNER: usize = 64;

/// Names one operation; nobody can guess it.
pub type OperationId = String;

/// How far an operation is.
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
    /// Done.
    Succeeded,
    /// Not done.
    Failed,
    /// Given up by its owner, or because its owner left.
    Cancelled,
}

impl OperationState {
    /// The word in answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::WaitingForCard => "waitingForCard",
            Self::WaitingForConfirmation => "waitingForConfirmation",
            Self::WaitingForPin => "waitingForPin",
            Self::Working => "working",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Every operation that runs or ended lately.
#[derive(Clone)]
pub struct RunningOperations {
    entries: Arc<Mutex<HashMap<OperationId, Entry>>>,
    events: Events,
}

struct Entry {
    kind: &'static str,
    owner: CallerId,
    state: OperationState,
    cancel: CancellationToken,
    outcome: Option<Result<serde_json::Value, ApiError>>,
    ended: Option<Instant>,
}

/// An operation as its owner sees it.
#[derive(Clone, Debug)]
pub struct OperationView {
    /// Its id.
    pub id: OperationId,
    /// Which row of the table.
    pub kind: &'static str,
    /// How far it is.
    pub state: OperationState,
    /// What it came to.
    pub outcome: Option<Result<serde_json::Value, ApiError>>,
}

impl OperationView {
    /// Its members; the error's texts in `language`.
    #[must_use]
    pub fn to_answer(&self, language: Language) -> crate::api::types::OperationAnswer {
        let (result, error) = match &self.outcome {
            None => (None, None),
            Some(Ok(result)) => (Some(result.clone()), None),
            Some(Err(error)) => (None, Some(error.to_problem(language))),
        };
        crate::api::types::OperationAnswer {
            id: self.id.clone(),
            kind: self.kind,
            state: self.state.word(),
            result,
            error,
        }
    }
}

/// The right to end one operation; ends it as cancelled when dropped before.
pub struct Ticket {
    id: OperationId,
    operations: RunningOperations,
    cancel: CancellationToken,
    kept: bool,
    closed: bool,
}

/// Told by an operation how far it is; tells it when to stop.
#[derive(Clone)]
pub struct Progress {
    cancel: CancellationToken,
    of: Option<(OperationId, RunningOperations)>,
}

impl RunningOperations {
    pub(crate) fn new(events: Events) -> Self {
        Self {
            entries: Arc::default(),
            events,
        }
    }

    /// Opens an operation of `owner`. `kept`: its result can be collected afterwards; others are forgotten when they end,
    /// for whoever asked has been answered.
    ///
    /// # Errors
    /// `too-many-requests` if `owner` has as many as it may.
    pub(crate) fn open(&self, kind: &'static str, owner: CallerId, kept: bool) -> Result<Ticket, ApiError> {
        if self.lock().values().filter(|entry| entry.owner == owner).count() >= PER_OWNER {
            return Err(ErrorCode::TooManyRequests.into());
        }
        let (id, cancel) = (crate::random::random_id(), CancellationToken::new());
        let entry = Entry {
            kind,
            owner: owner.clone(),
            state: OperationState::Working,
            cancel: cancel.clone(),
            outcome: None,
            ended: None,
        };
        self.lock().insert(id.clone(), entry);
        self.events.send(Event::operation(&id, owner));
        Ok(Ticket {
            id,
            operations: self.clone(),
            cancel,
            kept,
            closed: false,
        })
    }

    /// What `id` is to `owner`; `None` also if it is somebody else's.
    #[must_use]
    pub fn view(&self, id: &str, owner: &CallerId) -> Option<OperationView> {
        let entries = self.lock();
        let entry = entries.get(id).filter(|entry| entry.owner == *owner)?;
        Some(OperationView {
            id: id.to_owned(),
            kind: entry.kind,
            state: entry.state,
            outcome: entry.outcome.clone(),
        })
    }

    /// Asks `id` to stop, if it is `owner`'s; one that has ended stays as it is.
    pub fn cancel(&self, id: &str, owner: &CallerId) -> Option<OperationView> {
        let cancel = self
            .lock()
            .get(id)
            .filter(|entry| entry.owner == *owner)?
            .cancel
            .clone();
        cancel.cancel();
        self.end(id, OperationState::Cancelled, Err(ErrorCode::UserDeclined.into()));
        self.view(id, owner)
    }

    pub(crate) fn cancel_all_of(&self, owner: &CallerId) {
        self.lock()
            .values()
            .filter(|entry| entry.owner == *owner)
            .for_each(|entry| entry.cancel.cancel());
    }

    pub(crate) fn cancel_all(&self) {
        self.lock().values().for_each(|entry| entry.cancel.cancel());
    }

    fn set(&self, id: &str, state: OperationState) {
        let owner = match self.lock().get_mut(id) {
            Some(entry) if entry.ended.is_none() => {
                entry.state = state;
                entry.owner.clone()
            }
            _ => return,
        };
        self.events.send(Event::operation(id, owner));
    }

    fn end(&self, id: &str, state: OperationState, outcome: Result<serde_json::Value, ApiError>) {
        let owner = match self.lock().get_mut(id) {
            Some(entry) if entry.ended.is_none() => {
                (entry.state, entry.outcome, entry.ended) = (state, Some(outcome), Some(Instant::now()));
                entry.owner.clone()
            }
            _ => return,
        };
        self.events.send(Event::operation(id, owner));
    }

    fn forget(&self, id: &str) {
        self.lock().remove(id);
    }

    /// Old results go whenever somebody looks.
    fn lock(&self) -> MutexGuard<'_, HashMap<OperationId, Entry>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, entry| entry.ended.is_none_or(|ended| ended.elapsed() < KEPT));
        entries
    }
}

impl Ticket {
    /// The operation's id.
    #[must_use]
    pub fn id(&self) -> OperationId {
        self.id.clone()
    }

    /// For the work itself.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            cancel: self.cancel.clone(),
            of: Some((self.id.clone(), self.operations.clone())),
        }
    }

    /// Ends the operation with what it came to.
    pub fn close(mut self, outcome: &Result<Answer, ApiError>) {
        self.closed = true;
        let (state, outcome) = match outcome {
            Ok(Answer::Members(members) | Answer::Forms { members, .. }) => {
                (OperationState::Succeeded, Ok(members.clone()))
            }
            Ok(Answer::Octets { .. }) => (OperationState::Succeeded, Ok(serde_json::Value::Null)),
            Err(error) if self.cancel.is_cancelled() => (OperationState::Cancelled, Err(error.clone())),
            Err(error) => (OperationState::Failed, Err(error.clone())),
        };
        self.operations.end(&self.id, state, outcome);
    }
}

impl Drop for Ticket {
    /// If it was not closed before, the caller stopped waiting.
    fn drop(&mut self) {
        if !self.closed {
            self.cancel.cancel();
            self.operations
                .end(&self.id, OperationState::Cancelled, Err(ErrorCode::UserDeclined.into()));
        }
        if !self.kept {
            self.operations.forget(&self.id);
        }
    }
}

impl Progress {
    /// For a call nobody can look at.
    #[must_use]
    pub fn detached(cancel: CancellationToken) -> Self {
        Self { cancel, of: None }
    }

    /// Says how far the work is.
    pub fn is(&self, state: OperationState) {
        if let Some((id, operations)) = &self.of {
            operations.set(id, state);
        }
    }

    /// The work's outcome, unless it is cancelled first: then the work is dropped where it stands.
    pub async fn unless_cancelled<R>(&self, work: impl Future<Output = Result<R, ApiError>>) -> Result<R, ApiError> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(ErrorCode::UserDeclined.into()),
            outcome = work => outcome,
        }
    }
}
