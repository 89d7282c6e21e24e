//! Turns to open dialogs: one at a time, in the order in which parties were refused, with a pause after each no.
//!
//! Refusals are recorded by [`AskingParty`], not by caller: a page can pair anew and a program reconnect at will, and
//! would thereby avoid every pause.

use beid_api::{ApiError, ErrorCode};
use beid_texts::Message;
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Pauses after the first, second, third and every later no of a person; a dialog without an answer in time counts as a
/// no.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(60),
];
/// Time after which a no is forgotten, counted from the end of its pause.
const MEMORY: Duration = Duration::from_secs(600);
/// Number of dialogs in a row that a party may close itself, by leaving or cancelling, before each counts as a no:
/// a window that comes and goes cannot be answered.
const WITHDRAWALS: u32 = 2;
/// Time for which a refused party stays next in line without asking again.
const STAYS_IN_LINE: Duration = Duration::from_secs(5);
/// Number of parties that can stand in line.
const LINE: usize = 64;

/// Identity against which a person's no counts: harder to change at will than a connection or a pairing.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum AskingParty {
    /// A web page: its origin.
    Origin(String),
    /// A native program over HTTPS: the digest of its token.
    Token(String),
    /// The daemon's own page, however often it is opened.
    OwnPage,
    /// A program on the bus: its executable file. Scripts of one interpreter are one party, and so are all programs
    /// whose file the system does not tell (`None`).
    Program(Option<PathBuf>),
}

/// Conduct of a party that finds the turn taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WhenBusy {
    /// Stands in line, so that it comes before those that ask later.
    Queue,
    /// Goes away without a place in line. For parties that anybody can make as many of as they like: the first in line
    /// keeps everybody else out for a while.
    Leave,
}

/// Outcome of a turn for the party that had it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum TurnOutcome {
    /// No dialog was opened, or the card was removed: has no consequence.
    Nothing,
    /// A dialog is open; if the turn ends now, its caller has withdrawn.
    Asking,
    /// The person answered.
    Yes,
    /// The person refused, or did not answer in time.
    No,
}

/// Reason why a party does not get the turn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Refused {
    /// Another party has it, or comes first.
    Busy,
    /// The person just refused this party; it can come back after that time.
    Pause(Duration),
}

/// Queue of the parties that want to open a dialog.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<TurnState>);

#[derive(Debug, Default)]
struct TurnState {
    /// The party that is asking now.
    holder: Option<AskingParty>,
    /// Parties that were refused the turn, and when they last asked for it.
    line: VecDeque<(AskingParty, Instant)>,
    records: HashMap<AskingParty, RefusalRecord>,
}

/// Recent refusals of one party.
#[derive(Clone, Copy, Debug)]
struct RefusalRecord {
    refusals: usize,
    withdrawals: u32,
    until: Instant,
}

/// Turn of one party, until it is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    turns: Arc<Turns>,
    party: AskingParty,
    heard: Mutex<TurnOutcome>,
}

impl Turns {
    /// Takes the turn for `party`, or does as `busy` says.
    ///
    /// # Errors
    /// `operation-in-progress` while another has it or comes first; `too-many-requests`, with the time to wait, after a
    /// no.
    pub(super) fn take(self: &Arc<Self>, party: &AskingParty, busy: WhenBusy) -> Result<Permit, ApiError> {
        self.lock()
            .take(party, busy, Instant::now())
            .map_err(|refused| match refused {
                Refused::Busy => ErrorCode::OperationInProgress.into(),
                Refused::Pause(pause) => {
                    // Rounded up: whoever waits as long as it is told finds the pause over.
                    let seconds = u64::try_from(pause.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
                    let text = Message::new("detail-asked-too-soon").arg("seconds", seconds.to_string());
                    ApiError {
                        retry_after: Some(seconds),
                        ..ApiError::new(ErrorCode::TooManyRequests, text)
                    }
                }
            })?;
        Ok(Permit {
            turns: Arc::clone(self),
            party: party.clone(),
            heard: Mutex::new(TurnOutcome::Nothing),
        })
    }

    fn lock(&self) -> MutexGuard<'_, TurnState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TurnState {
    fn take(&mut self, party: &AskingParty, busy: WhenBusy, now: Instant) -> Result<(), Refused> {
        self.records.retain(|_, record| now < record.until + MEMORY);
        self.line.retain(|(_, asked)| now < *asked + STAYS_IN_LINE);
        if let Some(record) = self.records.get(party)
            && now < record.until
        {
            return Err(Refused::Pause(record.until - now));
        }
        // Nor does it use up the place of another caller that is the same party.
        let queues = busy == WhenBusy::Queue;
        let next = self.line.front().is_none_or(|(first, _)| queues && first == party);
        if self.holder.is_none() && next {
            self.line.pop_front();
            self.holder = Some(party.clone());
            return Ok(());
        }
        // Whoever has the turn is not in line for the next one too: its other requests would keep everybody out.
        if queues && self.holder.as_ref() != Some(party) {
            let place = self.line.iter_mut().find(|(known, _)| known == party);
            if let Some((_, asked)) = place {
                *asked = now;
            } else if self.line.len() < LINE {
                self.line.push_back((party.clone(), now));
            }
        }
        Err(Refused::Busy)
    }

    fn give_back(&mut self, party: &AskingParty, heard: TurnOutcome, now: Instant) {
        self.holder = None;
        let record = self.records.get(party).copied();
        let (refusals, withdrawals) = record.map_or((0, 0), |record| (record.refusals, record.withdrawals));
        let withdrawals = if heard == TurnOutcome::Asking {
            withdrawals + 1
        } else {
            0
        };
        let pause = match heard {
            TurnOutcome::Nothing => return,
            TurnOutcome::Yes => {
                self.records.remove(party);
                return;
            }
            TurnOutcome::Asking if withdrawals <= WITHDRAWALS => None,
            TurnOutcome::Asking | TurnOutcome::No => PAUSES.get(refusals).or(PAUSES.last()).copied(),
        };
        let record = RefusalRecord {
            refusals: refusals + usize::from(pause.is_some()),
            withdrawals,
            until: now + pause.unwrap_or_default(),
        };
        self.records.insert(party.clone(), record);
    }

    fn has_refused(&self, party: &AskingParty) -> bool {
        self.records.get(party).is_some_and(|record| record.refusals > 0)
    }
}

impl Permit {
    /// Notes that a dialog opens.
    pub(super) fn asks(&self) {
        self.hears(TurnOutcome::Asking);
    }

    /// Notes that the person answered.
    pub(super) fn answered(&self) {
        self.hears(TurnOutcome::Yes);
    }

    /// Notes that the person refused, or did not answer in time.
    pub(super) fn refused(&self) {
        self.hears(TurnOutcome::No);
    }

    /// The party that asks.
    pub(super) fn party(&self) -> &AskingParty {
        &self.party
    }

    /// Notes that an open dialog ends for a reason that is nobody's refusal.
    pub(super) fn excused(&self) {
        self.hears(TurnOutcome::Nothing);
    }

    /// Returns true if the person refused this party recently.
    pub(super) fn was_refused_before(&self) -> bool {
        self.turns.lock().has_refused(&self.party)
    }

    fn hears(&self, heard: TurnOutcome) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = heard;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        self.turns.lock().give_back(&self.party, heard, Instant::now());
    }
}

#[cfg(test)]
mod tests;
