//! Questions that a turn can ask: yes or no, one of two ways, a PIN, a new PIN.

use super::one_dialog::{ROUNDS, refusal};
use super::paging::{Button, Choice, Chosen, Heading, LastPage, PageText};
use super::{HeldTurn, SilenceTerm, Turn, Wording};
use crate::assuan::AssuanError;
use crate::layout::paragraph;
use beid_api::{ApiError, ErrorCode};
use beid_card::Pin;
use beid_texts::Message;
use std::sync::atomic::Ordering::Relaxed;

impl Turn<'_> {
    /// Shows the whole of `text` and asks yes or no. Dropping the future closes the dialog.
    ///
    /// # Errors
    /// `user-declined`, `user-timeout`, or `policy-denied` if nobody can be asked.
    pub async fn confirm(&self, title: &Message, text: &str) -> Result<(), ApiError> {
        self.agree(title, text, "dialog-yes").await
    }

    /// Shows the whole of `text` and asks yes or no, or to silence the party for good. `ok` is the button for yes.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm).
    pub async fn confirm_or_silence(mut self, title: &Message, text: &str, ok: &'static str) -> Result<(), ApiError> {
        self.term = SilenceTerm::ForGood;
        self.offers_quiet.store(true, Relaxed);
        self.agree(title, text, ok).await
    }

    /// Shows the whole of `text` and asks yes, by the button `ok`, or no.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm).
    pub async fn agree(&self, title: &Message, text: &str, ok: &'static str) -> Result<(), ApiError> {
        let last = LastPage::new(Button::asks(ok));
        self.in_pages(title, PageText::Ours(text), last, Heading::OnSeveral)
            .await
            .map(drop)
    }

    /// Shows the whole of `text` in pages, the last of which has the buttons of `choice`. A program that has only two
    /// buttons asks for the other way in a dialog of its own, after a no.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm).
    pub async fn choose(&self, title: &Message, text: &str, choice: &Choice) -> Result<Chosen, ApiError> {
        let last = LastPage {
            button: Button::asks(choice.first),
            other: Some(*choice),
        };
        self.in_pages(title, PageText::Ours(text), last, Heading::OnSeveral)
            .await
    }

    /// Shows the whole of `text` in pages that ask nothing; returns when the person has gone on from the last one. Each
    /// of several pages, and each page of a text that is not ours, begins with a heading, because pinentry-curses shows
    /// no title. The pages without their headings, joined, equal `text`.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm).
    pub async fn read_out(&self, title: &Message, text: PageText<'_>) -> Result<(), ApiError> {
        let heading = match text {
            // One page of ours says in its first line what it is.
            PageText::Ours(_) => Heading::OnSeveral,
            PageText::Verbatim(_) => Heading::OnEach,
        };
        let last = LastPage::new(Button::NEXT);
        self.in_pages(title, text, last, heading).await.map(drop)
    }

    /// Shows `text` and `last`, and asks for the PIN in the same dialog. A text too long for one dialog is shown whole
    /// in pages before, and `last` in the dialog that asks for the PIN.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm). A text that cannot be a PIN is asked for again, and never sent anywhere.
    pub async fn ask_pin(&self, wording: &Wording, text: &str, last: Option<&str>) -> Result<Pin, ApiError> {
        let mut is_read = false;
        loop {
            let description = self.or_pages(wording, text, last, &mut is_read).await?;
            let dialog = self.dialog(self.say(wording.title), description, Button::asks(wording.ok));
            match self.typed(self.prompted(dialog, wording.prompt)).await {
                Err(AssuanError::TooSmall) if self.make_smaller() => {}
                typed => return typed.map_err(refusal),
            }
        }
    }

    /// Shows `text` and `last`, and tells the person to type the PIN on the reader next; returns when the person
    /// agrees. A text too long for one dialog is shown whole in pages before.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm).
    pub async fn announce_keypad(&self, wording: &Wording, text: &str, last: Option<&str>) -> Result<(), ApiError> {
        let keypad = paragraph(&self.say(wording.keypad));
        let last: Vec<&str> = last.into_iter().chain([keypad.as_str()]).collect();
        let last = last.join("\n");
        let mut is_read = false;
        loop {
            let description = self.or_pages(wording, text, Some(&last), &mut is_read).await?;
            let dialog = self.dialog(self.say(wording.title), description, Button::GO_ON);
            match self.yes(&dialog).await {
                Err(AssuanError::TooSmall) if self.make_smaller() => {}
                answer => return answer.map_err(refusal),
            }
        }
    }

    /// Asks for a new PIN, twice; two that differ are asked again.
    ///
    /// # Errors
    /// As [`ask_pin`](Self::ask_pin); `user-declined` if they differ to the last.
    pub async fn ask_new_pin(&self, wording: &Wording) -> Result<Pin, ApiError> {
        let mut differed = None;
        for _ in 0..ROUNDS {
            let field = |text: &str, prompt, ok| {
                let dialog = self.dialog(self.say(wording.title), paragraph(&self.say(text)), Button::asks(ok));
                self.prompted(dialog, prompt)
            };
            let mut first = field("dialog-new-pin-text", "dialog-new-pin", "dialog-go-on");
            first.error = differed;
            let new = self.typed(first).await.map_err(refusal)?;
            let again = field("dialog-new-pin-again-text", "dialog-new-pin-again", wording.ok);
            let again = self.typed(again).await.map_err(refusal)?;
            if new.is_same(&again) {
                return Ok(new);
            }
            differed = Some(self.say("dialog-new-pins-differ"));
        }
        let text = Message::new("detail-new-pins-differ");
        Err(ApiError::new(ErrorCode::UserDeclined, text))
    }

    /// Gives up the right to open dialogs, but still keeps others from opening any.
    pub fn hold(self) -> HeldTurn {
        HeldTurn { permit: self.permit }
    }

    /// Notes that the person refused, in dialogs that were each answered.
    pub fn refuse(&self) {
        self.permit.refused();
    }

    /// Notes that an open dialog ends for a reason that is nobody's refusal: the card has gone.
    pub fn excuse(&self) {
        self.permit.excused();
    }
}
