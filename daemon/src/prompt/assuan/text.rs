//! Text on Assuan lines: how it is written, and how much fits.

use super::MAX_LINE;

/// Bytes that a description may take on its line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Budget(usize);

impl Budget {
    /// All that a line has for one.
    #[must_use]
    pub const fn of_description() -> Self {
        Self(MAX_LINE - "SETDESC ".len())
    }

    /// What is left of it beside `heading`.
    #[must_use]
    pub fn beside(self, heading: &str) -> Self {
        self.less(escape(heading).len())
    }

    /// So many bytes fewer.
    #[must_use]
    pub fn less(self, bytes: usize) -> Self {
        Self(self.0.saturating_sub(bytes))
    }

    /// Whether `text` fits, with its escapes.
    #[must_use]
    pub fn holds(self, text: &str) -> bool {
        escape(text).len() <= self.0
    }
}

/// Escapes an argument: a request is one line, and a blank at its edge would be lost.
pub(super) fn escape(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let at_edge = at == 0 || at + 1 == text.len();
        if is_special(character) || (at_edge && character == ' ') {
            line.push_str(&format!("%{:02X}", u32::from(character)));
        } else {
            line.push(character);
        }
    }
    line
}

/// All of these are one byte in UTF-8.
fn is_special(character: char) -> bool {
    character == '%' || character.is_ascii_control()
}
