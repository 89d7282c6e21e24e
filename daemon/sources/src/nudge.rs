//! Ending the wait of the thread that watches the readers, so that it looks at them now.
//!
//! `SCardCancel` has no effect on a wait that is just about to begin, and blocks while the service is silent. So a thread
//! of its own calls it, again and again until the other thread has come past.

use beid_card::pcsc::MonitorWaker;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Pause before the wait is ended once more.
const AGAIN: Duration = Duration::from_millis(20);

/// The wish for a look at the readers, and the thread that sees to it.
pub(super) struct Nudge {
    state: Mutex<NudgeState>,
    bell: Condvar,
}

#[derive(Default)]
struct NudgeState {
    wanted: bool,
    ended: bool,
    /// Means to end the wait; none while no service is followed.
    waker: Option<MonitorWaker>,
}

impl Nudge {
    /// Starts the thread.
    pub(super) fn begin() -> std::io::Result<Arc<Self>> {
        let nudge = Arc::new(Self {
            state: Mutex::default(),
            bell: Condvar::new(),
        });
        let own = Arc::clone(&nudge);
        let thread = std::thread::Builder::new().name("readers-nudge".to_owned());
        thread.spawn(move || own.serve())?;
        Ok(nudge)
    }

    /// Has the readers looked at soon. Does not wait.
    pub(super) fn look(&self) {
        self.lock().wanted = true;
        self.bell.notify_all();
    }

    /// Notes that the thread which watches the readers has come past, and looks at them next.
    pub(super) fn taken(&self) {
        self.lock().wanted = false;
        self.bell.notify_all();
    }

    /// Takes the means to end the waits from now on.
    pub(super) fn follow(&self, waker: Option<MonitorWaker>) {
        let before = std::mem::replace(&mut self.lock().waker, waker);
        self.bell.notify_all();
        // Outside the lock: the last of them releases the context, which asks the service.
        drop(before);
    }

    /// Ends the thread.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.bell.notify_all();
    }

    fn serve(&self) {
        let mut state = self.lock();
        while !state.ended {
            let Some(waker) = state.waker.clone().filter(|_| state.wanted) else {
                state = self.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(state);
            waker.wake();
            drop(waker);
            let wanted = |state: &mut NudgeState| state.wanted && !state.ended;
            let waited = self.bell.wait_timeout_while(self.lock(), AGAIN, wanted);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, NudgeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
