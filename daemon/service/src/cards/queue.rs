//! Queue of work for one card, in two lanes: a caller who wants the text never waits for another's photo.

use super::insertion::AnyCard;
use super::lock;
use beid_api::ErrorCode;
use beid_card::{CardError, Courtesy, Traced, Transport};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Upper limit on work that waits in one lane.
const ROOM: usize = 32;

/// Work for one card, done on its thread. Returns the error that ended the connection, if one did.
pub(super) type Job = Box<dyn FnOnce(Result<&mut AnyCard, ErrorCode>, &Queue) -> Result<(), CardError> + Send>;

/// Lane of a queue; work in the lane of text goes first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lane {
    /// Short work, and work that a person waits for: text, PIN, signature.
    Text,
    /// Long work: photo and certificates. It pauses between two commands when there is work in the other lane.
    Long,
}

/// The work that waits for one card.
#[derive(Default)]
pub(super) struct Queue {
    lanes: Mutex<Lanes>,
    bell: Condvar,
}

#[derive(Default)]
struct Lanes {
    text: VecDeque<Job>,
    long: VecDeque<Job>,
    /// True if somebody wants the card, and has no work for it yet.
    nudged: bool,
    closed: bool,
}

/// Outcome of waiting for work.
pub(super) enum Waited {
    Job(Job),
    /// Nothing came in time, or only a [nudge](Queue::nudge).
    Nothing,
    /// Nothing will come any more.
    Closed,
}

impl Queue {
    /// Puts `job` behind the others of its lane.
    ///
    /// # Errors
    /// `card-removed` when the card has gone, `too-many-requests` when too much waits already.
    pub(super) fn put(&self, lane: Lane, job: Job) -> Result<(), ErrorCode> {
        let mut lanes = lock(&self.lanes);
        if lanes.closed {
            return Err(ErrorCode::CardRemoved);
        }
        let waiting = match lane {
            Lane::Text => &mut lanes.text,
            Lane::Long => &mut lanes.long,
        };
        if waiting.len() == ROOM {
            return Err(ErrorCode::TooManyRequests);
        }
        waiting.push_back(job);
        self.bell.notify_all();
        Ok(())
    }

    /// Waits for the next work, at most `patience` if there is a limit.
    pub(super) fn next(&self, patience: Option<Duration>) -> Waited {
        let idle = |lanes: &mut Lanes| lanes.text.is_empty() && lanes.long.is_empty() && !lanes.closed && !lanes.nudged;
        let lanes = lock(&self.lanes);
        let mut lanes = match patience {
            None => self
                .bell
                .wait_while(lanes, idle)
                .unwrap_or_else(PoisonError::into_inner),
            Some(patience) => {
                let waited = self.bell.wait_timeout_while(lanes, patience, idle);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        lanes.nudged = false;
        match lanes.text.pop_front().or_else(|| lanes.long.pop_front()) {
            Some(job) => Waited::Job(job),
            None if lanes.closed => Waited::Closed,
            None => Waited::Nothing,
        }
    }

    /// Ends a wait for work, because somebody wants a card that could not be used so far.
    pub(super) fn nudge(&self) {
        lock(&self.lanes).nudged = true;
        self.bell.notify_all();
    }

    /// Waits for `pause` without taking any work; returns false as soon as the queue is closed.
    pub(super) fn pause(&self, pause: Duration) -> bool {
        let waited = self
            .bell
            .wait_timeout_while(lock(&self.lanes), pause, |lanes| !lanes.closed);
        !waited.unwrap_or_else(PoisonError::into_inner).0.closed
    }

    /// Closes the queue and drops its work, by which the callers who wait for it are answered.
    pub(super) fn close(&self) {
        let mut lanes = lock(&self.lanes);
        lanes.closed = true;
        let dropped = (std::mem::take(&mut lanes.text), std::mem::take(&mut lanes.long));
        // Outside the lock, because dropping work wakes callers and may drop what they share with it.
        drop(lanes);
        drop(dropped);
        self.bell.notify_all();
    }

    fn has_text(&self) -> bool {
        !lock(&self.lanes).text.is_empty()
    }

    fn next_text(&self) -> Option<Job> {
        lock(&self.lanes).text.pop_front()
    }
}

/// Surroundings of work on a card: the queue, and whether its own caller still waits.
pub struct Surroundings<'a> {
    pub(super) queue: &'a Queue,
    pub(super) lane: Lane,
    pub(super) wanted: &'a dyn Fn() -> bool,
}

impl Surroundings<'_> {
    /// Returns true if the caller still waits, and the card is still there.
    #[must_use]
    pub fn still_wanted(&self) -> bool {
        (self.wanted)()
    }
}

impl Courtesy<Traced<Box<dyn Transport>>> for Surroundings<'_> {
    fn is_wanted(&self) -> bool {
        // Work served in between is in the lane of text, and so is not interrupted in its turn.
        self.lane == Lane::Long && self.queue.has_text()
    }

    fn serve(&mut self, card: &mut AnyCard) {
        while let Some(job) = self.queue.next_text() {
            // If the card has gone, the interrupted work finds out by itself.
            drop(job(Ok(card), self.queue));
        }
    }
}
