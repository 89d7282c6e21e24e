//! Dialogs that ask a person yes or no, or the PIN. PINs enter the daemon nowhere else.
//!
//! ```text
//! turns       whose turn it is to ask        asking      what a turn can ask
//! paging      text in pages, the question on the last    pages, layout   cutting it
//! one_dialog  one dialog, and what came of it            assuan          pinentry
//! ```

mod asking;
pub mod assuan;
pub mod layout;
mod one_dialog;
pub mod pages;
mod paging;
pub mod turns;

pub use paging::{Choice, Chosen, PageText};

use assuan::Pinentry;
use beid_api::ApiError;
use beid_host::terminal::Terminal;
use beid_texts::Language;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use turns::{AskingParty, Permit, Turns, WhenBusy};

/// Opens dialogs, one at a time.
pub struct Prompter {
    pinentry: Option<Pinentry>,
    language: Language,
    timeout: Duration,
    turns: Arc<Turns>,
    /// Told of each party that a person silences in a dialog.
    on_silence: OnceLock<OnSilence>,
    /// Told of the end of each page.
    on_end: OnceLock<OnPageEnd>,
}

/// Callback for the end of a page of a dialog.
pub type OnPageEnd = Box<dyn Fn(PageEnd) + Send + Sync>;

/// Way in which a page of a dialog has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PageEnd {
    /// The person has typed something, gone on or agreed.
    Answered,
    /// The person has refused.
    Declined,
    /// The person has not answered in time.
    TimedOut,
    /// It could not be shown.
    NotShown,
}

/// Callback for a party that a person silences in a dialog.
pub type OnSilence = Box<dyn Fn(&AskingParty, SilenceTerm) + Send + Sync>;

/// Time for which a person silences a party.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SilenceTerm {
    /// The rest of the day.
    ForADay,
    /// Until a person takes it back.
    ForGood,
}

impl SilenceTerm {
    /// Text of the button.
    fn button(self) -> &'static str {
        match self {
            Self::ForADay => "dialog-quiet",
            Self::ForGood => "dialog-never",
        }
    }
}

/// Exclusive right to open dialogs, until it is dropped.
pub struct Turn<'p> {
    prompter: &'p Prompter,
    permit: Permit,
    /// Program, with the terminal and display for this turn.
    pinentry: Option<Pinentry>,
    /// Index in [`LINES`] of the largest page that fits the window, as far as is known.
    size: AtomicUsize,
    /// True if the next page offers to silence the party: after a refusal, until the first yes.
    offers_quiet: AtomicBool,
    /// Term of the silence that is offered.
    term: SilenceTerm,
}

/// Turn that opens no more dialogs, but keeps others from opening any until it is dropped.
pub struct HeldTurn {
    permit: Permit,
}

/// Ids of the fixed texts in dialogs for one purpose.
#[derive(Clone, Copy, Debug)]
pub struct Wording {
    /// Title of the windows.
    pub title: &'static str,
    /// Effect of the PIN, in a sentence; shown in the last dialog if the text took several pages.
    pub in_short: &'static str,
    /// Label of the field for the PIN.
    pub prompt: &'static str,
    /// Text of the button for yes.
    pub ok: &'static str,
    /// Instruction for readers with a keypad: the PIN is typed there after the yes.
    pub keypad: &'static str,
}

impl Prompter {
    /// Prepares to ask through `pinentry`; without one every question is refused.
    #[must_use]
    pub fn new(pinentry: Option<Pinentry>, language: Language, timeout: Duration) -> Self {
        Self {
            pinentry,
            language,
            timeout,
            turns: Arc::default(),
            on_silence: OnceLock::new(),
            on_end: OnceLock::new(),
        }
    }

    /// Calls `told` when a person silences a party in a dialog. Only the first call has an effect.
    pub fn on_silence(&self, told: OnSilence) {
        drop(self.on_silence.set(told));
    }

    /// Calls `told` at the end of each page. Only the first call has an effect.
    pub fn on_end(&self, told: OnPageEnd) {
        drop(self.on_end.set(told));
    }

    /// Time for a person to answer one dialog.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Returns the language of dialogs.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// Takes the turn for `party`, or does as `busy` says. `offered` is the terminal that the caller offers for this call, if any.
    ///
    /// # Errors
    /// `operation-in-progress` while a person is being asked something else, or another party comes first;
    /// `too-many-requests`, with the time to wait, after the person refused this party.
    pub fn turn(&self, party: &AskingParty, busy: WhenBusy, offered: Option<&Terminal>) -> Result<Turn<'_>, ApiError> {
        let permit = self.turns.take(party, busy)?;
        let taken = offered.filter(|_| self.takes_a_terminal());
        let pinentry = self.pinentry.clone().map(|own| match taken {
            Some(terminal) => Pinentry {
                terminal: own.terminal.elsewhere(terminal),
                ..own
            },
            None => own,
        });
        Ok(Turn {
            prompter: self,
            offers_quiet: AtomicBool::new(permit.was_refused_before()),
            term: SilenceTerm::ForADay,
            permit,
            pinentry,
            size: AtomicUsize::new(0),
        })
    }

    /// The program, and its terminal and display; `None` if there is no program.
    #[must_use]
    pub fn pinentry(&self) -> Option<&Pinentry> {
        self.pinentry.as_ref()
    }

    /// Returns true if a caller's terminal may be used: only if the daemon has neither terminal nor display of its own.
    #[must_use]
    pub fn takes_a_terminal(&self) -> bool {
        self.pinentry.as_ref().is_some_and(|own| !own.terminal.is_there())
    }
}

impl HeldTurn {
    /// Notes that the person refused on the reader, or typed nothing there in time.
    pub fn refused(&self) {
        self.permit.refused();
    }
}
