//! Asking a person: yes or no, or the PIN. The only way a PIN comes in.

pub mod assuan;
pub(crate) mod layout;
pub mod turns;

use crate::api::{ApiError, ErrorCode};
use crate::texts::{Language, Message};
use assuan::{AssuanError, Dialog, Pinentry};
use beid_card::Pin;
use layout::paragraph;
use std::sync::Arc;
use std::time::Duration;
use turns::{Party, Permit, Turns};

/// How often something that cannot be a PIN, or new PINs that differ, are asked again.
const ROUNDS: usize = 3;

/// Asks persons, one at a time.
pub struct Prompter {
    pinentry: Option<Pinentry>,
    language: Language,
    timeout: Duration,
    turns: Arc<Turns>,
}

/// The right to ask: while somebody has it, nobody else can.
pub struct Turn<'p> {
    prompter: &'p Prompter,
    permit: Permit,
}

/// A turn that asks nothing more, and still keeps others from asking until it is dropped.
pub(crate) struct HeldTurn {
    permit: Permit,
}

/// What dialogs for one purpose say around their text: ids of texts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wording {
    /// Title of the windows.
    pub(crate) title: &'static str,
    /// What the PIN does, in a sentence; said in the last dialog when the text took several pages.
    pub(crate) in_short: &'static str,
    /// Before the field the PIN is typed in.
    pub(crate) prompt: &'static str,
    /// On the button that says yes.
    pub(crate) ok: &'static str,
    /// What happens on the reader's keypad after that yes, where the PIN is typed there.
    pub(crate) keypad: &'static str,
}

impl Prompter {
    /// Asks through `pinentry`; without one every question is refused.
    #[must_use]
    pub fn new(pinentry: Option<Pinentry>, language: Language, timeout: Duration) -> Self {
        Self {
            pinentry,
            language,
            timeout,
            turns: Arc::default(),
        }
    }

    /// The language persons are asked in.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// Takes the turn for `party`.
    ///
    /// # Errors
    /// `operation-in-progress` while a person is being asked something else, or another party comes first;
    /// `too-many-requests`, with the time to wait, after the person refused this party.
    pub fn turn(&self, party: &Party) -> Result<Turn<'_>, ApiError> {
        let permit = self.turns.take(party)?;
        Ok(Turn { prompter: self, permit })
    }
}

impl Turn<'_> {
    /// Asks yes or no about `text`, all of which is shown. Dropping the future closes the dialog.
    ///
    /// # Errors
    /// `user-declined`, `user-timeout`, or `policy-denied` if nobody can be asked.
    pub async fn confirm(&self, title: &Message, text: &str) -> Result<(), ApiError> {
        let pages = assuan::pages(text);
        let title = title.render(self.prompter.language);
        for (number, page) in pages.iter().enumerate() {
            let title = if pages.len() == 1 {
                title.clone()
            } else {
                format!("{title} {}/{}", number + 1, pages.len())
            };
            self.yes(&self.dialog(title, page.clone(), "dialog-yes")).await?;
        }
        Ok(())
    }

    /// Shows `text` and asks the PIN in the same dialog; a text too long for one is shown whole in pages before.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm). What was typed and cannot be a PIN is asked again, and never sent anywhere.
    pub(crate) async fn ask_pin(&self, wording: &Wording, text: &str) -> Result<Pin, ApiError> {
        let text = self.or_pages(wording, text).await?;
        let dialog = self.dialog(self.say(wording.title), text, wording.ok);
        self.typed(self.prompted(dialog, wording.prompt)).await
    }

    /// Shows `text` and says that the PIN is then typed on the reader; returns when the person has agreed to that. A text
    /// too long for one dialog is shown whole in pages before.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm).
    pub(crate) async fn announce_keypad(&self, wording: &Wording, text: &str) -> Result<(), ApiError> {
        let keypad = paragraph(&self.say(wording.keypad));
        let whole = format!("{text}\n\n{keypad}");
        let shown = if assuan::fits(&whole) {
            whole
        } else {
            self.confirm(&Message::new(wording.title), text).await?;
            format!("{}\n\n{keypad}", paragraph(&self.say(wording.in_short)))
        };
        self.yes(&self.dialog(self.say(wording.title), shown, "dialog-go-on"))
            .await
    }

    /// Asks for a new PIN, twice; two that differ are asked again.
    ///
    /// # Errors
    /// As [`ask_pin`](Self::ask_pin); `user-declined` if they differ to the last.
    pub(crate) async fn ask_new_pin(&self, wording: &Wording) -> Result<Pin, ApiError> {
        let mut differed = None;
        for _ in 0..ROUNDS {
            let field = |text: &str, prompt, ok| {
                let dialog = self.dialog(self.say(wording.title), paragraph(&self.say(text)), ok);
                self.prompted(dialog, prompt)
            };
            let mut first = field("dialog-new-pin-text", "dialog-new-pin", "dialog-go-on");
            first.error = differed;
            let new = self.typed(first).await?;
            let again = field("dialog-new-pin-again-text", "dialog-new-pin-again", wording.ok);
            if new.is_same(&self.typed(again).await?) {
                return Ok(new);
            }
            differed = Some(self.say("dialog-new-pins-differ"));
        }
        let text = Message::new("detail-new-pins-differ");
        Err(ApiError::new(ErrorCode::UserDeclined, text))
    }

    /// Gives up the right to ask, but lets nobody else ask yet.
    pub(crate) fn hold(self) -> HeldTurn {
        HeldTurn { permit: self.permit }
    }

    /// Whether the person refused this party lately: its next dialog may offer not to ask again.
    #[must_use]
    pub fn was_refused_before(&self) -> bool {
        self.permit.was_refused_before()
    }

    /// Notes that the person, having refused, wants to hear nothing of this party for ten minutes.
    pub fn keep_quiet(&self) {
        self.permit.quiet();
    }

    /// Notes that an open dialog ends for a reason that is nobody's refusal: the card has gone.
    pub(crate) fn excuse(&self) {
        self.permit.excused();
    }

    /// What `dialog` comes to; a no is held against the party that asks.
    async fn heard<R>(&self, dialog: impl Future<Output = Result<R, AssuanError>>) -> Result<R, AssuanError> {
        self.permit.asks();
        let outcome = dialog.await;
        match &outcome {
            Ok(_) | Err(AssuanError::NotAPin(_)) => self.permit.answered(),
            Err(AssuanError::Declined | AssuanError::TimedOut) => self.permit.refused(),
            Err(AssuanError::NoWayToAsk(_) | AssuanError::Failed(_) | AssuanError::TooLong(_)) => self.permit.excused(),
        }
        outcome
    }

    /// `text` for the dialog that asks the PIN; if it does not fit, it is shown in pages now, and a short one stands for it.
    async fn or_pages(&self, wording: &Wording, text: &str) -> Result<String, ApiError> {
        if assuan::fits(text) {
            return Ok(text.to_owned());
        }
        self.confirm(&Message::new(wording.title), text).await?;
        Ok(paragraph(&self.say(wording.in_short)))
    }

    /// What is typed into `dialog`. What cannot be a PIN is asked again.
    async fn typed(&self, mut dialog: Dialog) -> Result<Pin, ApiError> {
        for _ in 0..ROUNDS {
            match self.heard(self.pinentry()?.ask_pin(&dialog)).await {
                Ok(pin) => return Ok(pin),
                Err(AssuanError::NotAPin(_)) => dialog.error = Some(self.say("dialog-not-a-pin")),
                Err(error) => return Err(refusal(error)),
            }
        }
        Err(ErrorCode::UserDeclined.into())
    }

    async fn yes(&self, dialog: &Dialog) -> Result<(), ApiError> {
        self.heard(self.pinentry()?.confirm(dialog)).await.map_err(refusal)
    }

    fn prompted(&self, dialog: Dialog, prompt: &str) -> Dialog {
        Dialog {
            prompt: self.say(prompt),
            ..dialog
        }
    }

    fn dialog(&self, title: String, description: String, ok: &str) -> Dialog {
        Dialog {
            title,
            description,
            prompt: String::new(),
            ok: self.say(ok),
            cancel: self.say("dialog-cancel"),
            error: None,
            timeout: self.prompter.timeout,
        }
    }

    fn say(&self, id: &str) -> String {
        Message::new(id).render(self.prompter.language)
    }

    fn pinentry(&self) -> Result<&Pinentry, ApiError> {
        let missing = || ApiError::new(ErrorCode::PolicyDenied, Message::new("detail-no-pinentry"));
        self.prompter.pinentry.as_ref().ok_or_else(missing)
    }
}

impl HeldTurn {
    /// Notes that the person refused on the reader, or did not type there in time.
    pub(crate) fn refused(&self) {
        self.permit.refused();
    }
}

fn refusal(error: AssuanError) -> ApiError {
    match error {
        AssuanError::Declined => ErrorCode::UserDeclined.into(),
        AssuanError::TimedOut => ErrorCode::UserTimeout.into(),
        AssuanError::NoWayToAsk(why) | AssuanError::Failed(why) => {
            tracing::warn!(why, "nobody could be asked");
            ApiError::new(ErrorCode::PolicyDenied, Message::new("detail-no-way-to-ask"))
        }
        // Both are handled where they arise; reaching this is a mistake of ours.
        AssuanError::NotAPin(_) | AssuanError::TooLong(_) => ApiError::internal(error),
    }
}
