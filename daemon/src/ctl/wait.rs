//! Waiting for a person: what is said meanwhile, and what Ctrl-C does.
//!
//! As long as somebody is being asked, giving up costs nothing. Once the person has typed the PIN, what the card signs is
//! waited for: it would be lost otherwise, and the PIN would have been typed for nothing. The same holds when this
//! program is ended, or its terminal closed.

use super::Failure;
use std::io::Write;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that ask this program to stop, remembered until somebody looks.
pub(super) struct Interrupts([Signal; 3]);

impl Interrupts {
    /// Listens from now on.
    ///
    /// # Errors
    /// If the system does not let it.
    pub(super) fn listen() -> Result<Self, Failure> {
        let heard = |kind| signal(kind).map_err(|error| Failure::local(format!("Ctrl-C cannot be heard: {error}")));
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let [interrupt, terminate, hangup] = kinds.map(heard);
        Ok(Self([interrupt?, terminate?, hangup?]))
    }

    /// Returns at the next of them.
    pub(super) async fn next(&mut self) {
        let Self([interrupt, terminate, hangup]) = self;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// What is known of an operation that waits for a person.
#[derive(Default)]
pub(super) struct Waiting {
    asked: bool,
    insisted: bool,
}

impl Waiting {
    /// Takes note of the operation's state; says once that a dialog waits. What that asks is the daemon's business.
    pub(super) fn sees(&mut self, state: &str) {
        if is_asking(state) && !std::mem::replace(&mut self.asked, true) {
            say("answer the dialog that beidd shows (Ctrl-C gives up)");
        }
    }

    /// Whether to give up, having been asked to in this state: not while the card does what a person gave a PIN for,
    /// unless told twice.
    pub(super) fn gives_up(&mut self, state: &str) -> bool {
        let too_late = self.asked && !is_asking(state);
        if too_late && !std::mem::replace(&mut self.insisted, true) {
            say("the PIN was given; waiting for the result, so that it is not lost (Ctrl-C again gives it up)");
            return false;
        }
        true
    }
}

fn is_asking(state: &str) -> bool {
    matches!(state, "waitingForPin" | "waitingForConfirmation" | "waitingForCard")
}

/// Whether nothing more becomes of an operation in this state.
pub(super) fn has_ended(state: &str) -> bool {
    matches!(state, "succeeded" | "failed" | "cancelled")
}

fn say(words: &str) {
    // Nobody to read it: then nobody misses it.
    drop(writeln!(std::io::stderr(), "beidctl: {words}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn giving_up_is_free_until_the_pin_is_given_and_then_wants_saying_twice() {
        let mut waiting = Waiting::default();
        assert!(waiting.gives_up("working"), "nobody was asked yet");
        for state in ["waitingForConfirmation", "waitingForPin"] {
            waiting.sees(state);
            assert!(waiting.gives_up(state), "{state}");
        }
        waiting.sees("working");
        assert!(!waiting.gives_up("working"));
        assert!(waiting.gives_up("working"));
    }
}
