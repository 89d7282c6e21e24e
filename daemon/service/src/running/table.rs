//! Table of the operations that run or ended lately.

use super::keys::{CardsMeant, KeyTable};
use super::{
    Course, IdempotencyKey, OpenedOperation, OperationId, OperationState, OperationView, OperationWait, Ticket,
};
use crate::caller::CallerId;
use crate::events::{Event, Events};
use beid_api::{AnswerForm, ApiError, ErrorCode, TypedAnswer};
use beid_texts::Message;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Time for which a result can be collected.
const KEPT: Duration = Duration::from_secs(600);

/// Upper limit on operations of one program, or of all pages of one origin, running or kept.
pub(super) const PER_OWNER: usize = 64;

/// Keeps what was signed for an owner who can no longer be told: the operation's kind and the members of its answer.
pub type Keeper = Arc<dyn Fn(&'static str, &Value) + Send + Sync>;

/// Every operation that runs or ended lately.
#[derive(Clone)]
pub struct RunningOperations {
    table: Arc<Mutex<OperationTable>>,
    events: Events,
    keeper: Keeper,
    /// Cancelled when the service ends.
    ending: CancellationToken,
}

#[derive(Default)]
struct OperationTable {
    entries: HashMap<OperationId, OperationEntry>,
    keys: KeyTable,
}

impl OperationTable {
    /// Makes sure that `owner` may have one more operation, if need be in place of the oldest whose outcome it was told.
    ///
    /// # Errors
    /// `too-many-requests` if there is none.
    fn make_room_for(&mut self, owner: &CallerId) -> Result<(), ApiError> {
        let theirs = || {
            self.entries
                .iter()
                .filter(|(_, entry)| entry.owner.shares_limits_with(owner))
        };
        if theirs().count() < PER_OWNER {
            return Ok(());
        }
        let told = theirs().filter(|(_, entry)| entry.delivered && entry.waiting == 0);
        let oldest = told.filter_map(|(id, entry)| Some((entry.ended?, id.clone()))).min();
        let (_, oldest) = oldest.ok_or(ErrorCode::TooManyRequests)?;
        self.entries.remove(&oldest);
        Ok(())
    }
}

/// One operation, as it is kept in the table.
struct OperationEntry {
    kind: &'static str,
    owner: CallerId,
    state: OperationState,
    course: Course,
    outcome: Option<Result<Value, ApiError>>,
    ended: Option<Instant>,
    /// Completes with the outcome.
    over: CancellationToken,
    /// Number of callers that wait for the outcome.
    waiting: usize,
    /// True once the owner has been told the id: the operation then runs on when nobody waits.
    runs_on: bool,
    /// True if the owner can come back to it with its key.
    keyed: bool,
    /// True once the owner has been told the outcome, or it is kept: nothing is lost when the entry goes.
    delivered: bool,
    /// True once the owner can no longer collect anything.
    abandoned: bool,
}

impl OperationEntry {
    /// Returns true if the outcome can still be collected when nobody waits for it.
    fn can_be_collected(&self) -> bool {
        self.runs_on || self.keyed
    }
}

impl RunningOperations {
    pub(crate) fn new(events: Events, keeper: Keeper) -> Self {
        Self {
            table: Arc::default(),
            events,
            keeper,
            ending: CancellationToken::new(),
        }
    }

    /// Opens an operation of `owner`, or finds the one that it began with the same key. `cards` are those that
    /// the request means.
    ///
    /// # Errors
    /// `too-many-requests` if `owner` has as many as it may; `idempotency-mismatch` as [`KeyTable::find`]; `not-found`
    /// if the result of the operation with this key is no longer kept.
    pub(crate) fn open(
        &self,
        kind: &'static str,
        owner: &CallerId,
        key: Option<(&IdempotencyKey, CardsMeant)>,
    ) -> Result<OpenedOperation, ApiError> {
        let mut table = self.lock();
        let known = match &key {
            Some((key, cards)) => table.keys.find(owner, key, cards)?,
            None => None,
        };
        if let Some(id) = known {
            return self.join(&mut table, id);
        }
        table.make_room_for(owner)?;
        let (id, course, over) = (
            beid_host::random::random_id(),
            Course::default(),
            CancellationToken::new(),
        );
        let entry = OperationEntry {
            kind,
            owner: owner.clone(),
            state: OperationState::Working,
            course: course.clone(),
            outcome: None,
            ended: None,
            over: over.clone(),
            waiting: 1,
            runs_on: false,
            keyed: key.is_some(),
            delivered: false,
            abandoned: false,
        };
        table.entries.insert(id.clone(), entry);
        // Under the lock under which it was looked for: of two calls with the same key, one opens and the other joins.
        if let Some((key, cards)) = key {
            table.keys.remember(owner, key, cards, id.clone());
        }
        drop(table);
        self.events.send(Event::operation(&id, owner.clone()));
        Ok(OpenedOperation {
            ticket: Some(Ticket::new(id.clone(), self.clone(), course)),
            wait: OperationWait::new(id, self.clone(), over),
        })
    }

    /// Waits for an operation that was begun before.
    fn join(&self, table: &mut OperationTable, id: OperationId) -> Result<OpenedOperation, ApiError> {
        let Some(entry) = table.entries.get_mut(&id) else {
            let text = Message::new("detail-idempotency-result-gone");
            return Err(ApiError::new(ErrorCode::NotFound, text));
        };
        entry.waiting += 1;
        let over = entry.over.clone();
        Ok(OpenedOperation {
            ticket: None,
            wait: OperationWait::new(id, self.clone(), over),
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
        let table = self.lock();
        let entry = table.entries.get(id).filter(|entry| entry.owner == *owner)?;
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
            .entries
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
    /// token has ended. Its keys are forgotten.
    pub(crate) fn abandon_all_of(&self, owner: &CallerId) {
        self.abandon(|one| one == owner);
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

    fn abandon(&self, whose: impl Fn(&CallerId) -> bool) {
        let mut table = self.lock();
        table.keys.forget(&whose);
        let theirs = table.entries.iter_mut().filter(|(_, entry)| whose(&entry.owner));
        for (_, entry) in theirs {
            entry.abandoned = true;
            entry.course.cancel();
            // Somebody who still waits for it is told, or keeps it on leaving.
            if entry.waiting == 0 {
                self.keep(entry);
            }
        }
    }

    /// Keeps what a card has signed and nobody can be given, because it could not be recorded.
    pub(crate) fn keep_unrecorded(&self, kind: &'static str, answer: impl TypedAnswer) {
        if let Ok(AnswerForm::Members(members)) = answer.into_form() {
            (self.keeper)(kind, &members);
        }
    }

    /// Returns true if a card is signing for somebody, or a signature is not yet handed over or kept.
    #[must_use]
    pub fn any_committed(&self) -> bool {
        self.lock()
            .entries
            .values()
            .any(|entry| entry.course.is_committed() && entry.ended.is_none())
    }

    /// Keeps a signature that its owner has not been told. Nothing goes to disk but what a card has signed: all else can
    /// be asked for again.
    fn keep(&self, entry: &mut OperationEntry) {
        if let Some(Ok(members)) = &entry.outcome
            && entry.course.is_committed()
            && !std::mem::replace(&mut entry.delivered, true)
        {
            (self.keeper)(entry.kind, members);
        }
    }

    pub(super) fn set(&self, id: &str, state: OperationState) {
        let owner = match self.lock().entries.get_mut(id) {
            // Work that was cancelled a moment ago may still report a state: the end stays.
            Some(entry) if entry.ended.is_none() => {
                entry.state = state;
                entry.owner.clone()
            }
            _ => return,
        };
        self.events.send(Event::operation(id, owner));
    }

    pub(super) fn end(&self, id: &str, state: OperationState, outcome: Result<Value, ApiError>) {
        let mut table = self.lock();
        let (owner, over) = match table.entries.get_mut(id) {
            // An operation that was cancelled is ended by `cancel`, and again by its ticket: the first end counts.
            Some(entry) if entry.ended.is_none() => {
                (entry.state, entry.ended) = (state, Some(Instant::now()));
                let frees_its_key = outcome.is_err() && entry.keyed && !entry.course.pin_was_sent();
                entry.outcome = Some(outcome);
                let (owner, over) = (entry.owner.clone(), entry.over.clone());
                if frees_its_key {
                    entry.keyed = false;
                    table.keys.free(&owner, id);
                }
                (owner, over)
            }
            _ => return,
        };
        self.settle(&mut table, id);
        drop(table);
        over.cancel();
        self.events.send(Event::operation(id, owner));
    }

    /// Takes the outcome of an operation that is over, for a caller who waits for it.
    pub(super) fn take(&self, id: &str) -> Result<Value, ApiError> {
        let mut table = self.lock();
        let entry = table.entries.get_mut(id);
        let lost = || Err(ApiError::internal("an operation without an outcome"));
        let Some(entry) = entry else { return lost() };
        entry.delivered = true;
        // The last one to see it need not copy it: it can have megabytes.
        let outcome = if entry.waiting == 1 && !entry.can_be_collected() {
            entry.outcome.take()
        } else {
            entry.outcome.clone()
        };
        outcome.unwrap_or_else(lost)
    }

    /// Notes that a caller no longer waits: the work is cancelled if it was the last, unless it runs on.
    pub(super) fn stop_waiting(&self, id: &str) {
        let mut table = self.lock();
        let Some(entry) = table.entries.get_mut(id) else { return };
        entry.waiting = entry.waiting.saturating_sub(1);
        if entry.waiting == 0 && !entry.runs_on && entry.ended.is_none() {
            entry.course.cancel();
        }
        self.settle(&mut table, id);
    }

    /// Drops an operation that is over and that nobody waits for or can come back to; a signature in it is kept.
    fn settle(&self, table: &mut OperationTable, id: &str) {
        let Some(entry) = table.entries.get_mut(id) else { return };
        if entry.waiting > 0 || entry.ended.is_none() {
            return;
        }
        let stays = entry.can_be_collected();
        if !stays || entry.abandoned {
            self.keep(entry);
        }
        if !stays {
            table.entries.remove(id);
        }
    }

    /// Lets an operation run on when nobody waits for it.
    pub(super) fn let_run_on(&self, id: &str) {
        self.mark(id, |entry| entry.runs_on = true);
    }

    fn mark(&self, id: &str, mark: impl FnOnce(&mut OperationEntry)) {
        if let Some(entry) = self.lock().entries.get_mut(id) {
            mark(entry);
        }
    }

    /// Locks the table, and drops results older than [`KEPT`]; a signature among them that nobody collected goes to the
    /// keeper.
    fn lock(&self) -> MutexGuard<'_, OperationTable> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.entries.retain(|_, entry| {
            let stays = entry.waiting > 0 || entry.ended.is_none_or(|ended| ended.elapsed() < KEPT);
            if !stays {
                self.keep(entry);
            }
            stays
        });
        table
    }
}
