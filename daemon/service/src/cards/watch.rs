//! Watch over the cards' threads: those whose call to PC/SC does not return in time are given up.

use super::insertion::Insertion;
use super::lock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Pause between two looks at whether a card should have answered by now, while there are calls.
const LOOK: Duration = Duration::from_millis(250);
/// Number of threads that may be stuck in PC/SC: as many as it has readers. Beyond that no card gets a thread.
const MOST_STUCK: usize = 16;

/// The cards' threads, and the one that looks after them.
#[derive(Default)]
pub(super) struct ThreadWatch {
    threads: Mutex<Threads>,
    calls: Arc<CallWatch>,
    /// Rung when a card's thread ends.
    ended: Condvar,
}

#[derive(Default)]
struct Threads {
    /// Card of each thread. Threads that have been given up are among them until PC/SC lets them return.
    running: Vec<Arc<Insertion>>,
    /// True while a thread looks after them.
    watched: bool,
}

impl Threads {
    /// Returns true if a thread has not been given up.
    fn are_at_work(&self) -> bool {
        self.running.iter().any(|one| !one.waiting.is_given_up())
    }

    /// Returns true if a thread is in a call that must be over within a certain time.
    fn are_in_calls(&self) -> bool {
        self.running.iter().any(|one| one.waiting.is_in_a_call())
    }
}

impl ThreadWatch {
    /// Watch over the calls that the threads make.
    pub(super) fn calls(&self) -> &Arc<CallWatch> {
        &self.calls
    }

    /// Watches the thread of `insertion`; `give_up` is called for each card whose call does not return in time.
    pub(super) fn look_after(
        self: &Arc<Self>,
        insertion: &Arc<Insertion>,
        give_up: impl Fn(&Arc<Insertion>) + Send + 'static,
    ) {
        let mut threads = lock(&self.threads);
        threads.running.push(Arc::clone(insertion));
        if threads.watched {
            return;
        }
        let own = Arc::clone(self);
        let watch = std::thread::Builder::new().name("card-watch".to_owned());
        match watch.spawn(move || own.watch(give_up)) {
            Ok(_) => threads.watched = true,
            // The next card tries again.
            Err(error) => tracing::error!(%error, "no thread to look after cards"),
        }
    }

    /// Notes that the thread of `insertion` has ended.
    pub(super) fn note_end(&self, insertion: &Arc<Insertion>) {
        lock(&self.threads).running.retain(|one| !Arc::ptr_eq(one, insertion));
        self.ended.notify_all();
        self.calls.wake();
    }

    /// Returns true if so many threads are stuck in PC/SC that there should be no more.
    pub(super) fn are_stuck(&self) -> bool {
        let threads = lock(&self.threads);
        let stuck = threads.running.iter().filter(|one| one.waiting.is_given_up());
        stuck.count() >= MOST_STUCK
    }

    /// Waits until every thread has ended or been given up, at most `patience`.
    pub(super) fn wait_for_all(&self, patience: Duration) {
        let waited = self
            .ended
            .wait_timeout_while(lock(&self.threads), patience, |threads| threads.are_at_work());
        drop(waited);
    }

    /// Gives up threads whose call to PC/SC should have returned, until no thread is at work. Sleeps while none is in a
    /// call.
    fn watch(&self, give_up: impl Fn(&Arc<Insertion>)) {
        let mut threads = lock(&self.threads);
        while threads.are_at_work() {
            let late = threads.running.iter().filter(|one| one.waiting.give_up_if_late());
            let late: Vec<_> = late.cloned().collect();
            // Giving a card up takes other locks, and threads that end meanwhile want this one.
            drop(threads);
            for insertion in late {
                tracing::warn!(reader = insertion.reader, "card does not answer; given up");
                give_up(&insertion);
            }
            self.calls.sleep_unless(|| {
                let threads = lock(&self.threads);
                threads.are_in_calls() || !threads.are_at_work()
            });
            threads = lock(&self.threads);
            let at_work = |threads: &mut Threads| threads.are_at_work();
            let waited = self.ended.wait_timeout_while(threads, LOOK, at_work);
            threads = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        // Still under the lock: a thread that is added now finds nobody watching, and begins another watch.
        threads.watched = false;
    }
}

/// Sleep of the thread that looks after calls to PC/SC, as long as there are none.
#[derive(Default)]
pub(super) struct CallWatch {
    asleep: AtomicBool,
    sleep: Mutex<()>,
    bell: Condvar,
}

impl CallWatch {
    /// Sleeps until [`wake`](Self::wake), unless there is something to look after: `is_needed`.
    pub(super) fn sleep_unless(&self, is_needed: impl Fn() -> bool) {
        let sleep = lock(&self.sleep);
        // In this order: a call that begins after the look finds the watch asleep.
        self.asleep.store(true, Ordering::SeqCst);
        if is_needed() {
            self.asleep.store(false, Ordering::SeqCst);
            return;
        }
        let asleep = |(): &mut ()| self.asleep.load(Ordering::SeqCst);
        drop(
            self.bell
                .wait_while(sleep, asleep)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    /// Wakes the watch, because a call has begun or a thread has ended.
    pub(super) fn wake(&self) {
        if self.asleep.load(Ordering::SeqCst) {
            let sleep = lock(&self.sleep);
            self.asleep.store(false, Ordering::SeqCst);
            drop(sleep);
            self.bell.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::waiting::ThreadWait;
    use super::*;
    use beid_card::LONGEST_CONNECT;
    use std::sync::mpsc;

    #[test]
    fn the_watch_sleeps_while_no_thread_is_in_a_call_and_wakes_when_one_begins() {
        let watch = Arc::new(CallWatch::default());
        let wait = Arc::new(ThreadWait::new(Arc::clone(&watch)));
        let (woken, wakes) = mpsc::channel();
        let (own, looked_after) = (Arc::clone(&watch), Arc::clone(&wait));
        let watcher = std::thread::spawn(move || {
            for _ in 0..2 {
                own.sleep_unless(|| looked_after.is_in_a_call());
                woken.send(()).unwrap();
            }
        });
        while !watch.asleep.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        // Waiting for another program has no end that could be missed, so nobody looks after it.
        wait.at_the_door(|| Ok(())).unwrap();
        assert!(watch.asleep.load(Ordering::SeqCst) && wakes.try_recv().is_err());
        let call = wait.within(LONGEST_CONNECT, || {
            wakes.recv().unwrap();
            // While the call goes on, the watch does not sleep at all.
            wakes.recv().unwrap();
            Ok(())
        });
        call.unwrap();
        watcher.join().unwrap();
    }
}
