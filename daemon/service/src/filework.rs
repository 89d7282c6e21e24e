//! Files that callers send to be judged or read: a hostile one can take a second of a processor, and tens of megabytes.
//!
//! Work on a file goes on when its caller has left, since a thread cannot be stopped. So the turn belongs to the work, not to
//! the call: the number of files at work is bounded, however many callers come and go.

use beid_api::{ApiError, ErrorCode};
use beid_prompt::turns::AskingParty;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Highest number of files at work at once.
const AT_WORK: usize = 2;

/// Longest wait for a turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// Highest number of files of one party that are at work or wait: each is kept in memory.
const OF_A_PARTY: usize = 8;

/// Turns for work on files that callers send.
pub(crate) struct FileWork {
    turns: Arc<Semaphore>,
    /// One turn for each party that has work or waits: it does not take both turns of all.
    parties: Mutex<HashMap<AskingParty, Weak<Semaphore>>>,
}

impl Default for FileWork {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_WORK)),
            parties: Mutex::default(),
        }
    }
}

impl FileWork {
    /// Runs `work` on a thread of its own, once it is the party's turn.
    ///
    /// # Errors
    /// `too-many-requests` if no turn comes, or the party has too many files here already.
    pub(crate) async fn run<R: Send + 'static>(
        &self,
        party: AskingParty,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, ApiError> {
        let own = self.turn_of(party);
        // One reference for each call of the party, this one among them.
        if Arc::strong_count(&own) > OF_A_PARTY {
            return Err(ErrorCode::TooManyRequests.into());
        }
        let turns = async {
            let own = own.acquire_owned().await;
            // In this order: a party with many calls waits behind itself, and not in the line of all.
            let common = Arc::clone(&self.turns).acquire_owned().await;
            (own, common)
        };
        let turns = timeout(PATIENCE, turns).await.map_err(|_| ErrorCode::TooManyRequests)?;
        let worked = tokio::task::spawn_blocking(move || {
            let _turns = turns;
            work()
        });
        worked.await.map_err(ApiError::internal)
    }

    fn turn_of(&self, party: AskingParty) -> Arc<Semaphore> {
        let mut parties = self.parties.lock().unwrap_or_else(PoisonError::into_inner);
        parties.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = parties.get(&party).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::new(Semaphore::new(1));
        parties.insert(party, Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    fn party(name: usize) -> AskingParty {
        AskingParty::Origin(format!("https://{name}.example"))
    }

    /// Work that counts how much of it runs, and how much at most.
    fn counted(running: &Arc<(AtomicUsize, AtomicUsize)>) -> impl FnOnce() + Send + use<> {
        let running = Arc::clone(running);
        move || {
            let now = running.0.fetch_add(1, Ordering::SeqCst) + 1;
            running.1.fetch_max(now, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(5));
            running.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn work_goes_on_without_its_caller_and_keeps_its_turn() {
        let (files, running) = (Arc::new(FileWork::default()), Arc::default());
        let calls: Vec<_> = (0..40)
            .map(|call| {
                let (files, work) = (Arc::clone(&files), counted(&running));
                tokio::spawn(async move { files.run(party(call % 5), work).await })
            })
            .collect();
        // Half of the callers leave, some of them before their turn.
        for call in calls.iter().step_by(2) {
            tokio::time::sleep(Duration::from_millis(2)).await;
            call.abort();
        }
        for call in calls {
            drop(call.await);
        }
        // Every turn is free once what runs has ended.
        drop(files.turns.acquire_many(2).await.unwrap());
        assert!(running.1.load(Ordering::SeqCst) <= AT_WORK, "{running:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_party_leaves_a_turn_to_others() {
        let files = Arc::new(FileWork::default());
        let (ends, wait) = mpsc::channel::<()>();
        let greedy = Arc::clone(&files);
        let first = tokio::spawn(async move { greedy.run(party(1), move || wait.recv().is_ok()).await });
        while files.turns.available_permits() == AT_WORK {
            tokio::task::yield_now().await;
        }
        let greedy = Arc::clone(&files);
        let second = tokio::spawn(async move { greedy.run(party(1), || ()).await });
        tokio::task::yield_now().await;
        files.run(party(2), || ()).await.unwrap();
        ends.send(()).unwrap();
        assert!(first.await.unwrap().unwrap());
        second.await.unwrap().unwrap();
    }
}
