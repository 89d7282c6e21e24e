//! Waiting for things that announce themselves by being there: files, and processes that end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Time after which a test gives up waiting. Generous: the machine may be busy with other tests.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Looks every few milliseconds until `look` finds something.
///
/// # Panics
/// Names `what` if that takes longer than `limit`.
pub fn eventually<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < limit, "not within {limit:?}: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Sets a flag when dropped, so that a loop in another thread ends even if this side fails.
#[derive(Debug)]
pub struct SetOnDrop<'f>(pub &'f AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
