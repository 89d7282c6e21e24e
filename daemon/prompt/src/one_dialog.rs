//! One dialog: opening it, and noting what came of it.

use super::paging::Button;
use super::{PageEnd, Turn};
use crate::assuan::{AssuanError, Pinentry, PinentryDialog};
use crate::layout::paragraph;
use beid_api::{ApiError, ErrorCode};
use beid_card::Pin;
use beid_texts::{Message, Render};

/// Number of times that a PIN is asked for, while the text typed cannot be one or new PINs differ.
pub(super) const ROUNDS: usize = 3;

impl Turn<'_> {
    /// Awaits `dialog` and notes its outcome; a no counts against the party that asks.
    pub(super) async fn heard<R>(
        &self,
        dialog: impl Future<Output = Result<R, AssuanError>>,
    ) -> Result<R, AssuanError> {
        self.permit.asks();
        let outcome = dialog.await;
        let end = match &outcome {
            Ok(_) | Err(AssuanError::NotAPin(_) | AssuanError::ThirdButton) => {
                self.permit.answered();
                PageEnd::Answered
            }
            Err(AssuanError::Declined | AssuanError::DeclinedOfTwo) => {
                self.permit.refused();
                PageEnd::Declined
            }
            Err(AssuanError::TimedOut) => {
                self.permit.refused();
                PageEnd::TimedOut
            }
            Err(
                AssuanError::NotInstalled
                | AssuanError::NoProgram(_)
                | AssuanError::NoScreen(_)
                | AssuanError::TooSmall
                | AssuanError::Failed(_)
                | AssuanError::TooLong(_),
            ) => {
                self.permit.excused();
                PageEnd::NotShown
            }
        };
        if let Some(told) = self.prompter.on_end.get() {
            told(end);
        }
        outcome
    }

    /// Offers to silence the party in a dialog of its own, after a second no in a program that has no third button.
    pub(super) async fn offer_silence(&self, title: &str) {
        if !self.permit.was_refused_before() {
            return;
        }
        let mut dialog = self.dialog(
            title.to_owned(),
            paragraph(&self.say("dialog-silence")),
            Button::asks(self.term.button()),
        );
        dialog.cancel = self.say("dialog-may-ask-again");
        // Not through `heard`: whatever comes of it, the person has refused what was asked before.
        if let Ok(pinentry) = self.pinentry()
            && pinentry.confirm(&dialog).await == Ok(())
        {
            self.silence();
        }
    }

    /// Reports that the person silences the party that asks.
    pub(super) fn silence(&self) {
        if let Some(told) = self.prompter.on_silence.get() {
            told(self.permit.party(), self.term);
        }
    }

    /// Opens `dialog` and returns the PIN typed. A text that cannot be a PIN is asked for again.
    pub(super) async fn typed(&self, mut dialog: PinentryDialog) -> Result<Pin, AssuanError> {
        for _ in 0..ROUNDS {
            match self.heard(self.pinentry()?.ask_pin(&dialog)).await {
                Err(AssuanError::NotAPin(_)) => dialog.error = Some(self.say("dialog-not-a-pin")),
                typed => return typed,
            }
        }
        Err(AssuanError::Declined)
    }

    pub(super) async fn yes(&self, dialog: &PinentryDialog) -> Result<(), AssuanError> {
        self.heard(self.pinentry()?.confirm(dialog)).await
    }

    pub(super) fn prompted(&self, dialog: PinentryDialog, prompt: &str) -> PinentryDialog {
        PinentryDialog {
            prompt: self.say(prompt),
            ..dialog
        }
    }

    pub(super) fn dialog(&self, title: String, description: String, button: Button) -> PinentryDialog {
        PinentryDialog {
            title,
            description,
            prompt: String::new(),
            ok: self.say(button.text),
            ok_is_default: button.is_default,
            cancel: self.say("dialog-cancel"),
            third_button: None,
            error: None,
            timeout: self.prompter.timeout,
        }
    }

    pub(super) fn say(&self, id: &str) -> String {
        Message::new(id).render(self.prompter.language)
    }

    pub(super) fn pinentry(&self) -> Result<&Pinentry, AssuanError> {
        self.pinentry.as_ref().ok_or(AssuanError::NotInstalled)
    }
}

/// Turns a failed dialog into the caller's error, with the cause and what to do about it.
pub(super) fn refusal(error: AssuanError) -> ApiError {
    let cannot = |why: &AssuanError, text: &str| {
        tracing::warn!(%why, "nobody could be asked");
        ApiError::new(ErrorCode::PolicyDenied, Message::new(text))
    };
    match &error {
        AssuanError::Declined | AssuanError::ThirdButton | AssuanError::DeclinedOfTwo => ErrorCode::UserDeclined.into(),
        AssuanError::TimedOut => ErrorCode::UserTimeout.into(),
        AssuanError::NotInstalled => cannot(&error, "detail-no-pinentry"),
        AssuanError::NoProgram(_) => cannot(&error, "detail-pinentry-not-started"),
        AssuanError::NoScreen(_) => cannot(&error, "detail-no-screen"),
        AssuanError::TooSmall => cannot(&error, "detail-window-too-small"),
        AssuanError::Failed(_) => cannot(&error, "detail-no-way-to-ask"),
        // Both are handled before; reaching this is a defect of ours.
        AssuanError::NotAPin(_) | AssuanError::TooLong(_) => ApiError::internal(error),
    }
}
