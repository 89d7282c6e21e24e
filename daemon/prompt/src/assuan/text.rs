//! Text on Assuan lines: its escapes, and the room that a line has.

use super::MAX_LINE;

/// Bytes that a description may take on its line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Budget(usize);

impl Budget {
    /// Returns the room of a whole line.
    #[must_use]
    pub const fn for_description() -> Self {
        Self(MAX_LINE - "SETDESC ".len())
    }

    /// Returns what remains beside `heading`.
    #[must_use]
    pub fn beside(self, heading: &str) -> Self {
        self.less(escape(heading).len())
    }

    /// Returns the budget reduced by `bytes`.
    #[must_use]
    pub fn less(self, bytes: usize) -> Self {
        Self(self.0.saturating_sub(bytes))
    }

    /// Returns true if `text` fits, with its escapes.
    #[must_use]
    pub fn holds(self, text: &str) -> bool {
        escape(text).len() <= self.0
    }
}

/// Escapes an argument: control characters and `%`, because a request is one line, and blanks at the edges, which would
/// be lost.
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

/// Returns true for characters that need an escape. All are one byte in UTF-8, so `%` and two digits are enough.
fn is_special(character: char) -> bool {
    character == '%' || character.is_ascii_control()
}
