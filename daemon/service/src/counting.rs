//! Figures for whoever watches over the desks: how operations end, what dialogs come to, the state of the readers.

use crate::Service;
use beid_api::words::CardStatus;
use beid_api::{AnswerForm, ApiError, OperationRow};
use beid_evidence::DeliveryState;
use beid_metrics::{DeskState, DialogEnd, Metrics, OperationEnd};
use beid_prompt::PageEnd;
use std::sync::{Arc, Mutex, PoisonError};

/// An operation that is counted when it ends.
pub(crate) struct CountedOperation {
    metrics: Arc<Metrics>,
    operation: &'static OperationRow,
    end: OperationEnd,
}

impl CountedOperation {
    pub(crate) fn begin(metrics: &Arc<Metrics>, operation: &'static OperationRow) -> Self {
        Self {
            metrics: Arc::clone(metrics),
            operation,
            // Until it ends otherwise: its future may be dropped at any point.
            end: OperationEnd::Abandoned,
        }
    }

    /// Notes the outcome, and passes it on.
    pub(crate) fn end(mut self, outcome: Result<AnswerForm, ApiError>) -> Result<AnswerForm, ApiError> {
        self.end = match &outcome {
            Ok(_) => OperationEnd::Answered,
            Err(error) => OperationEnd::Refused(error.code),
        };
        outcome
    }
}

impl Drop for CountedOperation {
    fn drop(&mut self) {
        self.metrics.operation_ended(self.operation, self.end);
    }
}

pub(crate) fn dialog_end(end: PageEnd) -> DialogEnd {
    match end {
        PageEnd::Answered => DialogEnd::Answered,
        PageEnd::Declined => DialogEnd::Declined,
        PageEnd::TimedOut => DialogEnd::TimedOut,
        PageEnd::NotShown => DialogEnd::NotShown,
    }
}

impl Service {
    /// Figures of this daemon.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        self.registry.metrics()
    }

    /// Returns the state of the readers, and the number of records that the institution's server has not confirmed.
    #[must_use]
    pub fn desk_state(&self) -> DeskState {
        let waiting = |state: &Arc<Mutex<DeliveryState>>| state.lock().unwrap_or_else(PoisonError::into_inner).waiting;
        let mut state = DeskState {
            card_service: self.registry.trouble().is_none(),
            records_waiting: self.delivery.get().map(waiting).unwrap_or_default(),
            ..DeskState::default()
        };
        for reader in self.registry.readers() {
            let count = match reader.card.map(|card| card.status) {
                None => &mut state.empty,
                Some(CardStatus::Ready) => &mut state.ready,
                Some(_) => &mut state.other,
            };
            *count += 1;
        }
        state
    }
}
