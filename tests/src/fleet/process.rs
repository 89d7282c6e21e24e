//! Processes of desks: started, told what to record, killed.

use beid_testkit::{LIMIT, RunningProgram, built, guarded};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Ids of records whose answers have left.
#[derive(Debug, Default)]
pub(super) struct ConfirmedRecords(Mutex<HashSet<String>>);

impl ConfirmedRecords {
    fn note(&self, id: &str) {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.insert(id.to_owned());
    }

    /// Number of ids that `there` does not have.
    pub(super) fn missing_in(&self, there: &HashSet<&str>) -> usize {
        let ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.iter().filter(|id| !there.contains(id.as_str())).count()
    }
}

/// Process with some of the desks.
#[derive(Debug)]
pub(super) struct DeskProcess {
    arguments: [String; 6],
    confirmed: Arc<ConfirmedRecords>,
    running: Option<RunningDesks>,
}

#[derive(Debug)]
struct RunningDesks {
    program: RunningProgram,
    is_done: Arc<AtomicBool>,
    follower: JoinHandle<()>,
}

impl DeskProcess {
    /// Prepares one, with the arguments of `evidence-desks`.
    pub(super) fn new(arguments: [String; 6], confirmed: Arc<ConfirmedRecords>) -> Self {
        Self {
            arguments,
            confirmed,
            running: None,
        }
    }

    /// Starts it, with an order.
    pub(super) fn start(&mut self, records: u32, pause: Duration) {
        let mut command = guarded(built("evidence-desks"));
        command.args(&self.arguments);
        let mut program = RunningProgram::start("evidence-desks", command);
        let (lines, is_done) = (program.take_lines(), Arc::new(AtomicBool::new(false)));
        let (confirmed, done) = (Arc::clone(&self.confirmed), Arc::clone(&is_done));
        let follower = thread::spawn(move || {
            for line in lines {
                match line.split_once(' ') {
                    // A line that a kill has cut off is no confirmation.
                    Some((_, id)) if id.len() == 32 => confirmed.note(id),
                    Some(_) => {}
                    None => done.store(line == "done", Ordering::SeqCst),
                }
            }
        });
        self.running = Some(RunningDesks {
            program,
            is_done,
            follower,
        });
        self.order(records, pause);
    }

    /// Lets its desks record until each has so many.
    pub(super) fn order(&mut self, records: u32, pause: Duration) {
        if let Some(running) = &mut self.running {
            running.is_done.store(false, Ordering::SeqCst);
            running.program.say(&format!("{records} {}", pause.as_millis()));
        }
    }

    /// Returns true if its desks have as many records as was ordered last.
    pub(super) fn is_done(&mut self) -> bool {
        self.running.as_mut().is_none_or(|running| {
            assert!(
                running.program.is_alive(),
                "desks have ended by themselves: {:?}",
                self.arguments
            );
            running.is_done.load(Ordering::SeqCst)
        })
    }

    /// Kills it, and takes in the last that it said.
    pub(super) fn kill(&mut self) {
        if let Some(RunningDesks { program, follower, .. }) = self.running.take() {
            drop(program);
            assert!(follower.join().is_ok(), "the follower of desks fails");
        }
    }

    /// Ends it in good order.
    pub(super) fn end(&mut self) {
        if let Some(RunningDesks { mut program, .. }) = self.running.take() {
            program.hang_up();
            assert!(program.ended(LIMIT).success(), "desks end badly: {:?}", self.arguments);
        }
    }
}
