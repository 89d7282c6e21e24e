//! Calls that wait for a person: seen, cancelled and collected by their owner only.
//!
//! An operation can be cancelled until the card is told to sign. From then on it runs to its end, even if its owner
//! leaves, and the signature is handed over or kept. `Course` lets only one of the two happen.

use crate::caller::CallerId;
use crate::events::{Event, Events};
use beid_api::words::CallState;
use beid_api::{AnswerForm, ApiError, ErrorCode};
use beid_texts::{ErrorTexts, Language};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Time for which a result can be collected.
const KEPT: Duration = Duration::from_secs(600);

/// Upper limit on operations of one owner, running or kept.
const PER_OWNER: usize = 64;

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

/// Every operation that runs or ended lately.
#[derive(Clone)]
pub struct RunningOperations {
    entries: Arc<Mutex<HashMap<OperationId, OperationEntry>>>,
    events: Events,
    keeper: Keeper,
    /// Cancelled when the service ends.
    ending: CancellationToken,
}

/// One operation, as it is kept in the table.
struct OperationEntry {
    kind: &'static str,
    owner: CallerId,
    state: OperationState,
    course: Course,
    outcome: Option<Result<serde_json::Value, ApiError>>,
    ended: Option<Instant>,
    /// True once the owner has been told the outcome, or it is kept: nothing is lost when the entry goes.
    delivered: bool,
    /// True once the owner can no longer collect anything.
    abandoned: bool,
}

/// The course of one operation. It can be cancelled, or committed to a signature: whichever comes first excludes the
/// other, so that no signature is made that is then thrown away.
#[derive(Clone, Debug, Default)]
pub(crate) struct Course {
    cancel: CancellationToken,
    stage: Arc<Mutex<CourseStage>>,
}

/// Stage of a [`Course`], which leaves `Open` once and for good.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum CourseStage {
    #[default]
    Open,
    Committed,
    Cancelled,
}

impl Course {
    /// Enters `next` if the course is still open; returns true if it is there now.
    fn enter(&self, next: CourseStage) -> bool {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        if *stage == CourseStage::Open {
            *stage = next;
        }
        *stage == next
    }

    /// Commits the operation to its end; false if it was cancelled before.
    pub(crate) fn commit(&self) -> bool {
        self.enter(CourseStage::Committed)
    }

    /// Cancels the operation; false if it is committed to its end.
    fn cancel(&self) -> bool {
        let cancelled = self.enter(CourseStage::Cancelled);
        if cancelled {
            self.cancel.cancel();
        }
        cancelled
    }

    fn is_committed(&self) -> bool {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) == CourseStage::Committed
    }
}

/// Keeps what was signed for an owner who can no longer be told: the operation's kind and the members of its answer.
pub type Keeper = Arc<dyn Fn(&'static str, &serde_json::Value) + Send + Sync>;

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

/// Outcome of an operation on its way to the caller who waits. If it is dropped unopened, a signature in it is kept.
pub struct Parcel {
    outcome: Option<Result<AnswerForm, ApiError>>,
    /// The operation's kind, if a card signed for it.
    of: Option<&'static str>,
    keeper: Keeper,
}

impl Parcel {
    /// Takes the outcome out.
    ///
    /// # Errors
    /// Those of the operation.
    pub fn open(mut self) -> Result<AnswerForm, ApiError> {
        let outcome = self.outcome.take();
        outcome.unwrap_or_else(|| Err(ApiError::internal("a parcel that was opened before")))
    }
}

impl Drop for Parcel {
    fn drop(&mut self) {
        if let (
            Some(kind),
            Some(Ok(AnswerForm::Members(members) | AnswerForm::Begun(members) | AnswerForm::Several { members, .. })),
        ) = (self.of, &self.outcome)
        {
            (self.keeper)(kind, members);
        }
    }
}

/// The right to end one operation; ends it as cancelled when dropped before.
pub struct Ticket {
    id: OperationId,
    operations: RunningOperations,
    course: Course,
    kept: bool,
    closed: bool,
}

/// Handle of the work of an operation: reports its state, and stops it when it is cancelled.
#[derive(Clone)]
pub struct Progress {
    course: Course,
    of: Option<(OperationId, RunningOperations)>,
}

impl RunningOperations {
    pub(crate) fn new(events: Events, keeper: Keeper) -> Self {
        Self {
            entries: Arc::default(),
            events,
            keeper,
            ending: CancellationToken::new(),
        }
    }

    /// Opens an operation of `owner`. If it is `kept`, its result can be collected afterwards; others are forgotten
    /// when they end, because their caller has been answered.
    ///
    /// # Errors
    /// `too-many-requests` if `owner` has as many as it may.
    pub(crate) fn open(&self, kind: &'static str, owner: CallerId, kept: bool) -> Result<Ticket, ApiError> {
        if self.lock().values().filter(|entry| entry.owner == owner).count() >= PER_OWNER {
            return Err(ErrorCode::TooManyRequests.into());
        }
        let (id, course) = (beid_host::random::random_id(), Course::default());
        let entry = OperationEntry {
            kind,
            owner: owner.clone(),
            state: OperationState::Working,
            course: course.clone(),
            outcome: None,
            ended: None,
            delivered: false,
            abandoned: false,
        };
        self.lock().insert(id.clone(), entry);
        self.events.send(Event::operation(&id, owner));
        Ok(Ticket {
            id,
            operations: self.clone(),
            course,
            kept,
            closed: false,
        })
    }

    /// Returns an operation as [`view`](Self::view) does, and notes that its owner has been told the outcome: then
    /// nothing need be kept.
    #[must_use]
    pub fn collect(&self, id: &str, owner: &CallerId) -> Option<OperationView> {
        let view = self.view(id, owner)?;
        if view.outcome.is_some() {
            self.mark(id, |entry| entry.delivered = true);
        }
        Some(view)
    }

    /// Returns the operation `id` of `owner`; `None` if there is none, and also if it is somebody else's.
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

    /// Cancels `id`, if it is `owner`'s; one that has ended, or that the card is signing for, stays as it is.
    pub fn cancel(&self, id: &str, owner: &CallerId) -> Option<OperationView> {
        let course = self
            .lock()
            .get(id)
            .filter(|entry| entry.owner == *owner)?
            .course
            // A copy, because ending the operation locks the table again.
            .clone();
        if course.cancel() {
            self.end(id, OperationState::Cancelled, Err(ErrorCode::UserDeclined.into()));
        }
        self.view(id, owner)
    }

    /// Cancels what can be cancelled, and keeps signatures that `owner` did not collect, because it has left or its
    /// token has ended.
    pub(crate) fn abandon_all_of(&self, owner: &CallerId) {
        self.abandon(|entry| entry.owner == *owner);
    }

    /// Does the same for all owners, because the service ends.
    pub(crate) fn abandon_all(&self) {
        self.ending.cancel();
        self.abandon(|_| true);
    }

    /// Completes when the service ends: signatures must be handed over now, without waiting for anything else.
    pub(crate) async fn ending(&self) {
        self.ending.cancelled().await;
    }

    fn abandon(&self, whose: impl Fn(&OperationEntry) -> bool) {
        for entry in self.lock().values_mut().filter(|entry| whose(entry)) {
            entry.abandoned = true;
            entry.course.cancel();
            self.keep(entry);
        }
    }

    /// Returns true if a card is signing for somebody, or a signature is not yet handed over or kept.
    #[must_use]
    pub fn any_committed(&self) -> bool {
        self.lock()
            .values()
            .any(|entry| entry.course.is_committed() && entry.ended.is_none())
    }

    /// Keeps a signature that its owner has not been told.
    fn keep(&self, entry: &mut OperationEntry) {
        if let Some(Ok(members)) = &entry.outcome
            && entry.course.is_committed()
            && !std::mem::replace(&mut entry.delivered, true)
        {
            (self.keeper)(entry.kind, members);
        }
    }

    fn set(&self, id: &str, state: OperationState) {
        let owner = match self.lock().get_mut(id) {
            // Work that was cancelled a moment ago may still report a state: the end stays.
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
            // An operation that was cancelled is ended by `cancel`, and again by its ticket: the first end counts.
            Some(entry) if entry.ended.is_none() => {
                (entry.state, entry.outcome, entry.ended) = (state, Some(outcome), Some(Instant::now()));
                if entry.abandoned {
                    self.keep(entry);
                }
                entry.owner.clone()
            }
            _ => return,
        };
        self.events.send(Event::operation(id, owner));
    }

    fn kind_of(&self, id: &str) -> Option<&'static str> {
        self.lock().get(id).map(|entry| entry.kind)
    }

    fn mark(&self, id: &str, mark: impl FnOnce(&mut OperationEntry)) {
        if let Some(entry) = self.lock().get_mut(id) {
            mark(entry);
        }
    }

    fn forget(&self, id: &str) {
        self.lock().remove(id);
    }

    /// Locks the table, and drops results older than [`KEPT`]; a signature among them that nobody collected goes to the
    /// keeper.
    fn lock(&self) -> MutexGuard<'_, HashMap<OperationId, OperationEntry>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, entry| {
            let stays = entry.ended.is_none_or(|ended| ended.elapsed() < KEPT);
            if !stays {
                self.keep(entry);
            }
            stays
        });
        entries
    }
}

impl Ticket {
    /// The operation's id.
    #[must_use]
    pub fn id(&self) -> OperationId {
        self.id.clone()
    }

    /// Makes the handle for the work.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            course: self.course.clone(),
            of: Some((self.id.clone(), self.operations.clone())),
        }
    }

    /// Ends the operation with its outcome, which the owner can collect.
    pub fn close(mut self, outcome: &Result<AnswerForm, ApiError>) {
        self.end(outcome);
    }

    /// Ends the operation of a caller who waits for it, and returns the outcome as a parcel.
    pub fn hand_over(mut self, outcome: Result<AnswerForm, ApiError>) -> Parcel {
        // First: the end of an abandoned operation keeps its signature, and the unopened parcel would keep it once
        // more.
        self.operations.mark(&self.id, |entry| entry.delivered = true);
        self.end(&outcome);
        Parcel {
            outcome: Some(outcome),
            // Nothing goes to disk but what a card has signed: all else can be asked for again.
            of: self.operations.kind_of(&self.id).filter(|_| self.course.is_committed()),
            keeper: Arc::clone(&self.operations.keeper),
        }
    }

    fn end(&mut self, outcome: &Result<AnswerForm, ApiError>) {
        self.closed = true;
        let (state, outcome) = match outcome {
            Ok(AnswerForm::Members(members) | AnswerForm::Begun(members) | AnswerForm::Several { members, .. }) => {
                (OperationState::Succeeded, Ok(members.clone()))
            }
            Ok(AnswerForm::Octets(_)) => (OperationState::Succeeded, Ok(serde_json::Value::Null)),
            Err(error) if self.course.cancel.is_cancelled() => (OperationState::Cancelled, Err(error.clone())),
            Err(error) => (OperationState::Failed, Err(error.clone())),
        };
        self.operations.end(&self.id, state, outcome);
    }
}

impl Drop for Ticket {
    /// Ends the operation as cancelled if it was not closed: the work ended without an outcome.
    fn drop(&mut self) {
        if !self.closed {
            self.course.cancel();
            self.operations
                .end(&self.id, OperationState::Cancelled, Err(ErrorCode::UserDeclined.into()));
        }
        if !self.kept {
            self.operations.forget(&self.id);
        }
    }
}

impl Progress {
    /// Makes the handle of a short call, which no owner can look at.
    #[must_use]
    pub fn detached() -> Self {
        Self {
            course: Course::default(),
            of: None,
        }
    }

    /// Stops the work, unless the card is signing already.
    pub fn cancel(&self) {
        self.course.cancel();
    }

    /// Marks the point of no return: from here on the work cannot be cancelled. Returns false if it was cancelled
    /// before.
    #[must_use]
    pub fn commit(&self) -> bool {
        self.course.commit()
    }

    /// Reports the state of the work.
    pub fn is(&self, state: OperationState) {
        if let Some((id, operations)) = &self.of {
            operations.set(id, state);
        }
    }

    /// Runs `work` to its outcome, unless it is cancelled first: then the work is dropped where it stands.
    pub async fn unless_cancelled<R>(&self, work: impl Future<Output = Result<R, ApiError>>) -> Result<R, ApiError> {
        tokio::select! {
            biased;
            // First: the owner may have been told already that it is cancelled.
            () = self.course.cancel.cancelled() => Err(ErrorCode::UserDeclined.into()),
            outcome = work => outcome,
        }
    }
}
