//! Dialog of a signature: passages to read, one after the other, then the text under which the PIN is asked.

use crate::pin::Asking;
use beid_api::ApiError;
use beid_card::PinEntry;
use beid_prompt::{PageText, Wording};
use beid_texts::Message;

/// Words around the dialogs of one signature.
const SIGN: Wording = Wording {
    title: "dialog-title",
    in_short: "dialog-pin-after-pages",
    prompt: "dialog-pin",
    ok: "dialog-sign",
    keypad: "dialog-keypad",
};

/// Words around those of several.
const SIGN_SEVERAL: Wording = Wording {
    keypad: "dialog-keypad-several",
    ..SIGN
};

/// Words around that of a log-in.
const LOG_IN: Wording = Wording {
    title: "dialog-log-in-title",
    in_short: "dialog-log-in-after-pages",
    prompt: "dialog-pin",
    ok: "dialog-log-in",
    keypad: "dialog-keypad",
};

/// All that a person is shown before the card signs.
pub(crate) struct Dialog {
    passages: Vec<Passage>,
    wording: Wording,
    text: String,
}

/// A text with a title and pages of its own, behind which nothing is typed yet.
struct Passage {
    title: Message,
    words: Words,
}

enum Words {
    Ours(String),
    /// Shown without changing a character.
    Verbatim(String),
}

impl Dialog {
    /// Begins the dialog for as many `signatures` with the text under which the PIN is asked.
    pub(crate) fn new(signatures: usize, text: String) -> Self {
        Self {
            passages: Vec::new(),
            wording: if signatures == 1 { SIGN } else { SIGN_SEVERAL },
            text,
        }
    }

    /// Begins the dialog of a log-in with the text under which the PIN is asked.
    pub(crate) fn of_log_in(text: String) -> Self {
        Self {
            passages: Vec::new(),
            wording: LOG_IN,
            text,
        }
    }

    /// Gives the last window, and passages that are added afterwards by [`opening`](Self::opening), this title.
    pub(crate) fn titled(mut self, title: &'static str) -> Self {
        self.wording.title = title;
        self
    }

    /// Adds a passage of ours under the title of the last window.
    pub(crate) fn opening(self, words: String) -> Self {
        let title = Message::new(self.wording.title);
        self.passage(title, words)
    }

    /// Adds a passage of ours.
    pub(crate) fn passage(self, title: Message, words: String) -> Self {
        self.with(title, Words::Ours(words))
    }

    /// Adds a passage that is signed word for word.
    pub(crate) fn verbatim(self, title: Message, words: String) -> Self {
        self.with(title, Words::Verbatim(words))
    }

    fn with(mut self, title: Message, words: Words) -> Self {
        self.passages.push(Passage { title, words });
        self
    }

    /// Shows everything, page by page, and has the PIN typed once every page was agreed to.
    ///
    /// # Errors
    /// As [`Asking::entry`].
    pub(super) async fn show(&self, asking: &Asking<'_>) -> Result<PinEntry, ApiError> {
        for Passage { title, words } in &self.passages {
            let text = match words {
                Words::Ours(words) => PageText::Ours(words),
                Words::Verbatim(words) => PageText::Verbatim(words),
            };
            asking.read_out(title, text).await?;
        }
        asking.entry(&self.wording, &self.text).await
    }
}
