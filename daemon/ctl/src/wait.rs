//! Waiting for a person: what is printed meanwhile, and what Ctrl-C does.
//!
//! As long as somebody is being asked, giving up costs nothing. Once the person has typed the PIN, what the card signs is
//! waited for: it would be lost otherwise, and the PIN would have been typed for nothing. The same holds when this
//! program is ended, or its terminal closed.

use super::progress;
use beid_api::words::CallState;
use beid_client::Attendant;
use std::future::pending;
use std::io::{self, Write};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Attendant of a call for the person at the terminal.
#[derive(Default)]
pub(super) struct TerminalAttendant {
    /// Signals that ask this program to stop, once they are listened to; until then they end it.
    interrupts: Option<[Signal; 3]>,
    asked: bool,
    /// True once the daemon was told to give the call up.
    given_up: bool,
    /// True once it was said that the result is waited for.
    waits_for_result: bool,
}

impl Attendant for TerminalAttendant {
    fn begin(&mut self) -> io::Result<()> {
        let [interrupt, terminate, hangup] =
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
        self.interrupts = Some([interrupt?, terminate?, hangup?]);
        Ok(())
    }

    /// Prints once that a dialog waits. What that asks is the daemon's business.
    fn sees(&mut self, state: &CallState) {
        if is_asking(state) && !std::mem::replace(&mut self.asked, true) {
            say("answer the dialog that beidd shows (Ctrl-C gives up)");
        }
        // A person may answer faster than the state is read: that the card was at work already is learnt only here.
        if self.given_up && !is_asking(state) && !std::mem::replace(&mut self.waits_for_result, true) {
            say("the PIN was given; waiting for the result, so that it is not lost");
        }
    }

    async fn stopped(&mut self) {
        let Some([interrupt, terminate, hangup]) = &mut self.interrupts else {
            return pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }

    /// Waits on while the card does what a person gave a PIN for, unless asked twice.
    fn gives_up(&mut self, state: &CallState) -> bool {
        let too_late = self.asked && !is_asking(state);
        if too_late && !std::mem::replace(&mut self.waits_for_result, true) {
            say(
                "the PIN was given; waiting for the result, so that it is not lost (Ctrl-C again cancels what the card has not begun)",
            );
            return false;
        }
        self.given_up = true;
        true
    }
}

fn is_asking(state: &CallState) -> bool {
    match state {
        CallState::WaitingForPin | CallState::WaitingForConfirmation | CallState::WaitingForCard => true,
        CallState::Working | CallState::Succeeded | CallState::Failed | CallState::Cancelled | CallState::Other(_) => {
            false
        }
    }
}

fn say(words: &str) {
    progress::erase();
    // Nobody to read it: then nobody misses it.
    drop(writeln!(std::io::stderr(), "beidctl: {words}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn giving_up_is_free_until_the_pin_is_given_and_then_wants_saying_twice() {
        for state in [CallState::WaitingForConfirmation, CallState::WaitingForPin] {
            let mut waiting = TerminalAttendant::default();
            waiting.sees(&state);
            assert!(waiting.gives_up(&state), "{state}");
        }
        let mut waiting = TerminalAttendant::default();
        waiting.sees(&CallState::WaitingForPin);
        waiting.sees(&CallState::Working);
        assert!(!waiting.gives_up(&CallState::Working));
        assert!(waiting.gives_up(&CallState::Working));
    }

    #[test]
    fn an_answer_faster_than_the_first_look_is_told_after_giving_up() {
        let mut waiting = TerminalAttendant::default();
        assert!(
            waiting.gives_up(&CallState::Working),
            "nothing shows yet that somebody was asked"
        );
        waiting.sees(&CallState::Working);
        assert!(waiting.waits_for_result, "the call went on: the card is at work");
    }
}
