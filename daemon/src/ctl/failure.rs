//! Why a command failed, and what it exits with.

use crate::api::ErrorCode;
use crate::texts::{Language, Message};
use serde_json::Value;
use std::fmt;
use std::path::Path;

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// The service said no.
    Refused {
        /// What happened.
        title: String,
        /// To what, and what to do.
        detail: String,
        /// The stable word.
        code: String,
    },
    /// Something here or on the way: no service, no file …
    Local(String),
    /// Whoever read our output does not any more.
    OutputClosed,
}

impl Failure {
    pub(super) fn local(message: impl Into<String>) -> Self {
        Self::Local(message.into())
    }

    pub(super) fn file(path: &Path, error: impl fmt::Display) -> Self {
        Self::Local(format!("{}: {error}", path.display()))
    }

    /// From an error of the table, known by its code.
    pub(super) fn refused(code: &str, detail: String, language: Language) -> Self {
        let known = ErrorCode::ALL.iter().any(|known| known.code() == code);
        let title = if known {
            Message::new(code).render(language)
        } else {
            "Error".to_owned()
        };
        Self::Refused {
            title,
            detail,
            code: code.to_owned(),
        }
    }

    /// From `application/problem+json`.
    pub(super) fn of_problem(problem: &Value) -> Option<Self> {
        let text = |name: &str| Some(problem.get(name)?.as_str()?.to_owned());
        Some(Self::Refused {
            title: text("title")?,
            detail: text("detail")?,
            code: text("code")?,
        })
    }

    /// The process's exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let Self::Refused { code, .. } = self else {
            return 1;
        };
        match code.as_str() {
            "user-declined" | "user-timeout" => 3,
            "no-card" | "no-reader" | "several-cards" | "card-removed" => 4,
            code if code.starts_with("pcsc-") => 4,
            "pin-incorrect" | "pin-blocked" => 5,
            _ => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { title, detail, code } => write!(f, "{title}: {detail} [{code}]"),
            Self::Local(message) => f.write_str(message),
            Self::OutputClosed => f.write_str("output closed"),
        }
    }
}

impl From<std::io::Error> for Failure {
    /// Of writing the output; files have `Failure::file`.
    fn from(error: std::io::Error) -> Self {
        // `beidctl … | head`: they have what they wanted.
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Self::OutputClosed
        } else {
            Self::Local(format!("standard output: {error}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_exit_codes() {
        for (expected, codes) in [
            (3, vec!["user-declined", "user-timeout"]),
            (
                4,
                vec![
                    "no-card",
                    "no-reader",
                    "several-cards",
                    "card-removed",
                    "pcsc-unavailable",
                    "pcsc-not-authorised",
                ],
            ),
            (5, vec!["pin-incorrect", "pin-blocked"]),
            (
                1,
                vec![
                    "internal",
                    "patient-mismatch",
                    "policy-denied",
                    "card-error",
                    "scope-missing",
                ],
            ),
        ] {
            for code in codes {
                assert!(ErrorCode::ALL.iter().any(|known| known.code() == code), "{code}");
                assert_eq!(
                    Failure::refused(code, "x".to_owned(), Language::En).exit_code(),
                    expected,
                    "{code}"
                );
            }
        }
        assert_eq!(Failure::local("no service").exit_code(), 1);
    }

    #[test]
    fn message_is_title_detail_and_code() {
        let failure = Failure::refused("no-card", "Put it in.".to_owned(), Language::En);
        let text = failure.to_string();
        assert!(
            text.ends_with(": Put it in. [no-card]") && !text.starts_with("no-card"),
            "{text}"
        );
    }
}
