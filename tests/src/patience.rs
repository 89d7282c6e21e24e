//! Waiting for what announces itself in no other way than by being there: files, and processes that end.

use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up. Generous: the machine may be busy with other tests.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Looks every few milliseconds until `look` finds something.
///
/// # Panics
/// With `what` if that takes longer than `limit`.
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
