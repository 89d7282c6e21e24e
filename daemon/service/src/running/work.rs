//! Both ends of the work of an operation: the right to end it, and the handle that the work itself has.

use super::{Course, OperationId, OperationState, RunningOperations};
use beid_api::{AnswerForm, ApiError, ErrorCode};

/// The right to end one operation; ends it as cancelled when dropped before.
pub struct Ticket {
    id: OperationId,
    operations: RunningOperations,
    course: Course,
    closed: bool,
}

/// Handle of the work of an operation: reports its state, and stops it when it is cancelled.
#[derive(Clone)]
pub struct Progress {
    course: Course,
    of: Option<(OperationId, RunningOperations)>,
}

impl Ticket {
    pub(super) fn new(id: OperationId, operations: RunningOperations, course: Course) -> Self {
        Self {
            id,
            operations,
            course,
            closed: false,
        }
    }

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

    /// Ends the operation with its outcome, which its owner waits for or can collect.
    pub fn close(mut self, outcome: Result<AnswerForm, ApiError>) {
        self.closed = true;
        let (state, outcome) = match outcome {
            Ok(AnswerForm::Members(members) | AnswerForm::Begun(members) | AnswerForm::Several { members, .. }) => {
                (OperationState::Succeeded, Ok(members))
            }
            // No row of the table of operations is like that, so that results can be kept as members.
            Ok(AnswerForm::Octets(_)) => {
                let error = ApiError::internal("an operation that takes long answered octets");
                (OperationState::Failed, Err(error))
            }
            Err(error) if self.course.is_cancelled() => (OperationState::Cancelled, Err(error)),
            Err(error) => (OperationState::Failed, Err(error)),
        };
        self.operations.end(&self.id, state, outcome);
    }
}

impl Drop for Ticket {
    /// Ends the operation as cancelled if it was not closed: the work ended without an outcome.
    fn drop(&mut self) {
        if !self.closed {
            self.course.cancel();
            let outcome = Err(ErrorCode::UserDeclined.into());
            self.operations.end(&self.id, OperationState::Cancelled, outcome);
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

    /// Notes that the PIN is sent to the card from now on. Returns false if the work was cancelled before: then it must
    /// not be sent.
    #[must_use]
    pub(crate) fn send_pin(&self) -> bool {
        self.course.send_pin()
    }

    /// Notes that the PIN was not sent to the card after all: the person left it untyped on the keypad.
    pub(crate) fn note_pin_not_sent(&self) {
        self.course.note_pin_not_sent();
    }

    /// Returns true if the card has been told to sign: what it signed must not be lost.
    pub(crate) fn is_committed(&self) -> bool {
        self.course.is_committed()
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
            () = self.course.cancelled() => Err(ErrorCode::UserDeclined.into()),
            outcome = work => outcome,
        }
    }
}
