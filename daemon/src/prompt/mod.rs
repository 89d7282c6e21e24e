//! Asking a person: yes or no, or the PIN. The only way a PIN comes in.

pub mod assuan;

use crate::api::{ApiError, ErrorCode};
use crate::texts::{Language, Message};
use assuan::{AssuanError, Dialog, Pinentry};
use beid_card::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How often something that cannot be a PIN is asked again.
const ROUNDS: usize = 3;

/// Asks persons, one at a time.
pub struct Prompter {
    pinentry: Option<Pinentry>,
    language: Language,
    timeout: Duration,
    turns: Arc<Semaphore>,
}

/// The right to ask: while somebody has it, nobody else can.
pub struct Turn<'p> {
    prompter: &'p Prompter,
    _permit: OwnedSemaphorePermit,
}

impl Prompter {
    /// Asks through `pinentry`; without one every question is refused.
    #[must_use]
    pub fn new(pinentry: Option<Pinentry>, language: Language, timeout: Duration) -> Self {
        Self {
            pinentry,
            language,
            timeout,
            turns: Arc::new(Semaphore::new(1)),
        }
    }

    /// The language persons are asked in.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// Takes the turn.
    ///
    /// # Errors
    /// `operation-in-progress` while a person is being asked something else.
    pub fn turn(&self) -> Result<Turn<'_>, ApiError> {
        let permit = Arc::clone(&self.turns).try_acquire_owned();
        let permit = permit.map_err(|_| ApiError::from(ErrorCode::OperationInProgress))?;
        Ok(Turn {
            prompter: self,
            _permit: permit,
        })
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
            let dialog = self.dialog(title, page.clone(), "dialog-yes");
            self.pinentry()?.confirm(&dialog).await.map_err(refusal)?;
        }
        Ok(())
    }

    /// Shows `text` and asks the PIN in the same dialog; a text too long for one is shown whole in pages before.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm). What was typed and cannot be a PIN is asked again, and never sent anywhere.
    pub async fn ask_pin(&self, title: &Message, text: &str) -> Result<Pin, ApiError> {
        let short = if assuan::fits(text) {
            text.to_owned()
        } else {
            self.confirm(title, text).await?;
            self.say("dialog-pin-after-pages")
        };
        let mut dialog = self.dialog(title.render(self.prompter.language), short, "dialog-sign");
        for _ in 0..ROUNDS {
            match self.pinentry()?.ask_pin(&dialog).await {
                Ok(pin) => return Ok(pin),
                Err(AssuanError::NotAPin(_)) => dialog.error = Some(self.say("dialog-not-a-pin")),
                Err(error) => return Err(refusal(error)),
            }
        }
        Err(ErrorCode::UserDeclined.into())
    }

    fn dialog(&self, title: String, description: String, ok: &str) -> Dialog {
        Dialog {
            title,
            description,
            prompt: self.say("dialog-pin"),
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
