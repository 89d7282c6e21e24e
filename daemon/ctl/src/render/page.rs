//! A page: lines in columns, colours, and texts that a terminal can be given.

use super::warnings;
use beid_api::types as t;
use beid_api::words::{CheckOutcome, RootTrust};
use beid_pki::Reason;
use beid_texts::Language;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io;

/// Look of pages: with colours or without, and the language of texts that are translated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    pub(super) colour: bool,
    pub(super) language: Language,
}

impl Paint {
    pub(crate) fn new(colour: bool, language: Language) -> Self {
        Self { colour, language }
    }

    pub(crate) fn has_colour(self) -> bool {
        self.colour
    }

    pub(crate) fn language(self) -> Language {
        self.language
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(super) fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.with("1;31", text)
    }

    pub(super) fn doubtful(self, text: &str) -> String {
        self.with("33", text)
    }
}

/// Lines, one below the other.
#[derive(Default)]
pub(super) struct Page(pub(super) String);

/// A check as a page shows it.
pub(super) struct CheckRow<'c> {
    pub(super) name: &'c str,
    pub(super) outcome: &'c str,
    pub(super) mark: String,
    pub(super) reason: Option<&'c str>,
    /// Worth of the root behind it, if that says something.
    pub(super) trust: Option<&'c str>,
    /// Source of the certificates, if that is not this card.
    pub(super) source: Option<&'c str>,
}

impl Page {
    pub(super) fn line(&mut self, line: String) {
        self.0 += &line;
        self.0.push('\n');
    }

    /// Adds a label and its value; nothing if the value is empty.
    pub(super) fn row(&mut self, label: &str, value: &str) {
        if !value.is_empty() {
            self.line(format!("  {label:<17} {value}"));
        }
    }

    pub(super) fn simulated(&mut self, simulated: Option<bool>, paint: Paint) {
        if simulated == Some(true) {
            self.line(paint.bad("  *** SIMULATED CARD: an invented person, good for nothing but trying ***"));
            self.line(String::new());
        }
    }

    pub(super) fn card_checks(&mut self, checks: &[t::CheckAnswer], paint: Paint) {
        for check in checks {
            self.check(&CheckRow {
                name: &check.name,
                outcome: check.outcome.word(),
                mark: mark(&check.outcome, paint),
                reason: check.reason.as_deref(),
                // What did not pass is worth nothing; that goes without saying.
                trust: Some(check.trust.word()).filter(|_| check.trust != RootTrust::None),
                // Where it came from is worth a word only if it was not this card.
                source: Some(check.source.as_str()).filter(|source| !["", "card", "none"].contains(source)),
            });
        }
    }

    pub(super) fn check(&mut self, check: &CheckRow<'_>) {
        let CheckRow {
            name, outcome, mark, ..
        } = check;
        if check.reason == Some(NOTHING_THERE) {
            return self.line(format!("  - {name:<25} none"));
        }
        let reason = check.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        let source = check.source.map(|source| format!(", {source}")).unwrap_or_default();
        let trust = check
            .trust
            .map(|trust| format!(" ({trust}{source})"))
            .unwrap_or_default();
        self.line(format!("  {mark} {name:<25} {outcome}{reason}{trust}"));
    }

    pub(super) fn warnings(&mut self, warnings: &[t::WarningAnswer], paint: Paint) {
        for warning in warnings {
            let words = warnings::words(&warning.code, paint.language);
            self.row("Warning", &paint.doubtful(&format!("{words} ({})", warning.field)));
        }
    }
}

/// Reason of a check of something that need not be there: that is no reason to doubt the rest.
const NOTHING_THERE: &str = Reason::NotEmbedded.word();

fn mark(outcome: &CheckOutcome, paint: Paint) -> String {
    match outcome {
        CheckOutcome::Passed => paint.good("✔"),
        CheckOutcome::Failed => paint.bad("✘"),
        CheckOutcome::Unknown | CheckOutcome::Other(_) => paint.doubtful("?"),
    }
}

/// Reads the members of an answer with all characters that a terminal would act on left out.
///
/// # Errors
/// If they are not an answer of this type.
pub(crate) fn visible_answer<T: DeserializeOwned>(members: &Value) -> io::Result<T> {
    Ok(T::deserialize(visible_members(members))?)
}

fn visible_members(members: &Value) -> Value {
    match members {
        Value::String(text) => Value::String(visible(text)),
        Value::Array(items) => items.iter().map(visible_members).collect(),
        Value::Object(members) => {
            let members = members.iter();
            Value::Object(
                members
                    .map(|(name, value)| (name.clone(), visible_members(value)))
                    .collect(),
            )
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => members.clone(),
    }
}

/// Leaves out control characters and marks that change the direction of writing.
pub(super) fn visible(text: &str) -> String {
    let bidi = |c: char| matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| !c.is_control() && !bidi(*c)).collect()
}
