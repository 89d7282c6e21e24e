//! Course of one operation: open, then either cancelled or committed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// The course of one operation. It can be cancelled, or committed to a signature: whichever comes first excludes the
/// other, so that no signature is made that is then thrown away.
#[derive(Clone, Debug, Default)]
pub(crate) struct Course {
    cancel: CancellationToken,
    at: Arc<Mutex<CoursePoint>>,
}

/// Point that a [`Course`] has reached.
#[derive(Clone, Copy, Debug, Default)]
struct CoursePoint {
    stage: CourseStage,
    /// True once the PIN of a person may have been sent to the card.
    pin_sent: bool,
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
        let mut at = self.lock();
        if at.stage == CourseStage::Open {
            at.stage = next;
        }
        at.stage == next
    }

    fn lock(&self) -> MutexGuard<'_, CoursePoint> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits the operation to its end; false if it was cancelled before.
    pub(crate) fn commit(&self) -> bool {
        self.enter(CourseStage::Committed)
    }

    /// Cancels the operation; false if it is committed to its end.
    pub(super) fn cancel(&self) -> bool {
        let cancelled = self.enter(CourseStage::Cancelled);
        if cancelled {
            self.cancel.cancel();
        }
        cancelled
    }

    pub(super) fn is_committed(&self) -> bool {
        self.lock().stage == CourseStage::Committed
    }

    /// Notes that the PIN is sent from now on; false if the operation was cancelled before: then it must not be.
    pub(crate) fn send_pin(&self) -> bool {
        let mut at = self.lock();
        // Under one lock: an operation that is cancelled without a PIN frees its key, and is then begun anew.
        let may = at.stage != CourseStage::Cancelled;
        at.pin_sent |= may;
        may
    }

    /// Notes that the PIN was not sent after all.
    pub(crate) fn note_pin_not_sent(&self) {
        self.lock().pin_sent = false;
    }

    /// Returns true if the PIN may have been sent.
    pub(super) fn pin_was_sent(&self) -> bool {
        self.lock().pin_sent
    }

    /// Completes when the operation is cancelled.
    pub(super) async fn cancelled(&self) {
        self.cancel.cancelled().await;
    }

    /// Returns true if the operation was cancelled.
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }
}
