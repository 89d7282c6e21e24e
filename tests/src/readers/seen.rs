//! State of the readers in PC/SC, followed by a program of its own (`reader-watch`).

use super::VIRTUAL;
use beid_testkit::{LIMIT, RunningProgram, built, guarded};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// `reader-watch`, and the thread that follows it.
pub(super) struct ReaderWatch {
    process: RunningProgram,
    follower: Option<JoinHandle<()>>,
}

impl ReaderWatch {
    pub(super) fn begin(socket: &Path, seen: &Arc<Seen>) -> Self {
        let mut watch = guarded(built("reader-watch"));
        watch.env("PCSCLITE_CSOCK_NAME", socket);
        let mut process = RunningProgram::start("reader-watch", watch);
        let follower = Some(seen.take_in(&mut process));
        Self { process, follower }
    }

    /// Waits for its end.
    pub(super) fn end(&mut self) {
        self.process.ended(LIMIT);
        if let Some(follower) = self.follower.take() {
            drop(follower.join());
        }
    }
}

/// State of the readers in PC/SC.
#[derive(Default)]
pub(super) struct Seen {
    state: Mutex<SeenState>,
    bell: Condvar,
}

#[derive(Default)]
pub(super) struct SeenState {
    /// Insertions so far, and presence of a card, for each reader.
    pub(super) cards: HashMap<String, (u32, bool)>,
    listed: bool,
    trouble: Option<String>,
}

impl SeenState {
    pub(super) fn insertions(&self, reader: &str) -> u32 {
        self.cards.get(reader).map_or(0, |(insertions, _)| *insertions)
    }

    pub(super) fn has_card(&self, reader: &str) -> bool {
        self.cards.get(reader).is_some_and(|(_, card)| *card)
    }

    fn note(&mut self, line: &str) {
        let (event, reader) = line.split_once(' ').unwrap_or((line, ""));
        if event != "listed" && !reader.starts_with(VIRTUAL) {
            self.trouble = Some(format!("{reader:?} is no virtual reader: hands off"));
            return;
        }
        match event {
            "listed" => self.listed = true,
            "left" => drop(self.cards.remove(reader)),
            _ => {
                let (insertions, card) = self.cards.entry(reader.to_owned()).or_default();
                *card = event == "inserted";
                *insertions += u32::from(*card);
            }
        }
    }
}

impl Seen {
    /// Follows `reader-watch` to its end.
    fn take_in(self: &Arc<Self>, watch: &mut RunningProgram) -> JoinHandle<()> {
        let (seen, lines) = (self.clone(), watch.take_lines());
        thread::spawn(move || {
            for line in lines {
                seen.lock().note(&line);
                seen.bell.notify_all();
            }
            seen.lock().trouble.get_or_insert_with(|| "pcscd has gone".to_owned());
            seen.bell.notify_all();
        })
    }

    /// Waits until the readers have been listed, or cannot be; true if they have.
    pub(super) fn settles(&self) -> bool {
        let unsettled = |state: &mut SeenState| !state.listed && state.trouble.is_none();
        let waited = self.bell.wait_timeout_while(self.lock(), LIMIT, unsettled);
        waited.unwrap_or_else(PoisonError::into_inner).0.trouble.is_none()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, SeenState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until all readers have been looked at and `is_so`.
    pub(super) fn wait(&self, what: &str, is_so: impl Fn(&SeenState) -> bool) {
        assert!(self.comes_true(LIMIT, is_so), "not within {LIMIT:?}: {what}");
    }

    /// Waits until all readers have been looked at and `is_so`; false if that is not within `limit`.
    pub(super) fn comes_true(&self, limit: Duration, is_so: impl Fn(&SeenState) -> bool) -> bool {
        let deadline = Instant::now() + limit;
        let mut state = self.lock();
        loop {
            if let Some(trouble) = state.trouble.clone() {
                drop(state);
                panic!("{trouble}");
            }
            if state.listed && is_so(&state) {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                return false;
            }
            let waited = self.bell.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_reader_is_refused() {
        let mut state = SeenState::default();
        state.note("arrived Virtual PCD 00 00");
        assert_eq!(state.trouble, None);
        state.note("arrived Some Real Reader 00 00");
        assert!(
            state
                .trouble
                .is_some_and(|trouble| trouble.contains("Some Real Reader"))
        );
    }
}
