//! Following a call that waits for a person.

use beid_api::words::CallState;
use std::future::{Future, pending};
use std::io;

/// Observer of a call, who can also give it up.
pub trait Attendant: Send {
    /// Prepares [`stopped`](Self::stopped), before anything is sent that can be given up.
    ///
    /// # Errors
    /// If the system does not let it; nothing is sent then.
    fn begin(&mut self) -> io::Result<()>;

    /// Takes note of the state of the call.
    fn sees(&mut self, state: &CallState);

    /// Completes when the call should be given up.
    fn stopped(&mut self) -> impl Future<Output = ()> + Send;

    /// Returns true if a call in this state is given up now that [`stopped`](Self::stopped) has completed; false to wait
    /// on.
    fn gives_up(&mut self, state: &CallState) -> bool;
}

/// Attendant who waits for the answer, however long it takes.
#[derive(Clone, Copy, Debug)]
pub struct WaitingAttendant;

impl Attendant for WaitingAttendant {
    fn begin(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn sees(&mut self, _: &CallState) {}

    fn stopped(&mut self) -> impl Future<Output = ()> + Send {
        pending()
    }

    fn gives_up(&mut self, _: &CallState) -> bool {
        false
    }
}

/// Returns true if nothing more becomes of a call in this state.
pub(crate) fn has_ended(state: &CallState) -> bool {
    match state {
        CallState::Succeeded | CallState::Failed | CallState::Cancelled => true,
        CallState::WaitingForCard
        | CallState::WaitingForConfirmation
        | CallState::WaitingForPin
        | CallState::Working
        | CallState::Other(_) => false,
    }
}
