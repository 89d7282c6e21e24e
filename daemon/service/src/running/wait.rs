//! Waiting for an operation: any number of its owner's calls can, and the last one that leaves cancels it.

use super::{OperationId, RunningOperations, Ticket};
use beid_api::{AnswerForm, ApiError};
use tokio_util::sync::CancellationToken;

/// An operation that was opened, or found by its key.
pub struct OpenedOperation {
    /// Waits for the outcome.
    pub wait: OperationWait,
    /// The right to end it, for its work; `None` if the work is under way or done.
    pub ticket: Option<Ticket>,
}

/// Wait of one caller for an operation. The operation is cancelled when the last wait is dropped, unless it runs on.
pub struct OperationWait {
    id: OperationId,
    operations: RunningOperations,
    over: CancellationToken,
}

impl OperationWait {
    pub(super) fn new(id: OperationId, operations: RunningOperations, over: CancellationToken) -> Self {
        Self { id, operations, over }
    }

    /// Waits for the outcome, and takes it. Dropping the future leaves everything as it is.
    ///
    /// # Errors
    /// Those of the operation.
    pub async fn outcome(&self) -> Result<AnswerForm, ApiError> {
        self.over.cancelled().await;
        self.operations.take(&self.id).map(AnswerForm::Members)
    }

    /// Lets the operation run on, and returns its id: the owner looks at it and collects its outcome by that.
    #[must_use]
    pub fn let_run_on(self) -> OperationId {
        self.operations.let_run_on(&self.id);
        self.id.clone()
    }
}

impl Drop for OperationWait {
    fn drop(&mut self) {
        self.operations.stop_waiting(&self.id);
    }
}
