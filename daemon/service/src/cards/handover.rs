//! Waiting for the outcome of a card's thread where it is usually there at once.
//!
//! A repeated identity needs one question to PC/SC and no command. To be woken again takes as long as that: a processor
//! that has gone to sleep needs some 25 µs, and a runtime with other work more. So a caller first waits on its own thread,
//! awake for as long as such a question usually takes, and then asleep for a moment. The moment is shorter than it takes
//! to verify a signature; a card whose outcomes do not come within it is waited for as anything else, until one does again.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// Longest wait on the caller's own thread: some four times what a repeated identity takes.
const MOMENT: Duration = Duration::from_micros(250);
/// Part of it for which the thread stays awake.
const AWAKE: Duration = Duration::from_micros(70);
/// Turns of the processor between two looks.
const TURNS: usize = 16;

/// Expectation that the outcomes of one card come within a [`MOMENT`].
pub(super) struct Promptness(AtomicBool);

impl Default for Promptness {
    fn default() -> Self {
        Self(AtomicBool::new(true))
    }
}

impl Promptness {
    /// Waits on this thread for `outcome` if it is expected at once; `None` if it has not come.
    pub(super) fn wait_a_moment<F: Future + Unpin>(&self, outcome: &mut F) -> Option<F::Output> {
        if !self.0.load(Ordering::Relaxed) {
            return None;
        }
        let come = on_this_thread(outcome, MOMENT);
        self.0.store(come.is_some(), Ordering::Relaxed);
        come
    }

    /// Notes how long an outcome took that was not waited for in this way.
    pub(super) fn note(&self, took: Duration) {
        self.0.store(took <= MOMENT, Ordering::Relaxed);
    }
}

/// Polls `future` until it is ready, at most for `patience`.
fn on_this_thread<F: Future + Unpin>(future: &mut F, patience: Duration) -> Option<F::Output> {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let (begun, awake) = (Instant::now(), awake());
    loop {
        if let Poll::Ready(output) = Pin::new(&mut *future).poll(&mut context) {
            return Some(output);
        }
        // Whoever polls it next leaves a waker of its own.
        let waited = begun.elapsed();
        let left = patience.checked_sub(waited)?;
        if waited < awake {
            (0..TURNS).for_each(|_| std::hint::spin_loop());
        } else {
            std::thread::park_timeout(left);
        }
    }
}

/// Time for which a thread stays awake: none where it would keep the only processor from the thread that it waits for.
fn awake() -> Duration {
    static TIME: OnceLock<Duration> = OnceLock::new();
    *TIME.get_or_init(|| {
        let several = std::thread::available_parallelism().is_ok_and(|count| count.get() > 1);
        if several { AWAKE } else { Duration::ZERO }
    })
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[test]
    fn an_outcome_from_another_thread_is_taken_and_a_late_one_is_left_to_the_runtime() {
        let patience = Duration::from_secs(60);
        let (sender, mut outcome) = oneshot::channel();
        let thread = std::thread::spawn(move || sender.send(7));
        assert_eq!(on_this_thread(&mut outcome, patience), Some(Ok(7)));
        thread.join().unwrap().unwrap();
        let (sender, mut outcome) = oneshot::channel();
        assert_eq!(on_this_thread(&mut outcome, Duration::ZERO), None);
        sender.send(8).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(outcome), Ok(8));
    }

    #[test]
    fn a_card_that_was_slow_is_not_waited_for_until_it_is_prompt_again() {
        let promptness = Promptness::default();
        let mut never = std::future::pending::<()>();
        assert_eq!(promptness.wait_a_moment(&mut never), None);
        let mut there = std::future::ready(7);
        assert_eq!(promptness.wait_a_moment(&mut there), None, "slow the last time");
        for (took, expected) in [(MOMENT * 2, None), (MOMENT, Some(7))] {
            promptness.note(took);
            assert_eq!(promptness.wait_a_moment(&mut std::future::ready(7)), expected);
        }
    }
}
