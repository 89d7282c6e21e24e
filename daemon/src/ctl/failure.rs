//! Why a command failed, what is said of it, and what it exits with.

use crate::api::{ApiError, ErrorCode, Problem};
use crate::texts::{ErrorTexts, Language, Message, Render};
use serde::Serialize;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Exit codes of every command, as `--help` and the manual list them.
pub(super) const EXIT_CODES: &[(u8, &str)] = &[
    (0, "done; of verify: VALID, or VALID (test card)"),
    (1, "failed; of verify: INVALID; of verify-card: a check failed"),
    (
        2,
        "the command line is not right; verify --consent or --link: no such document",
    ),
    (3, "refused by the person who was asked, or nobody answered in time"),
    (
        4,
        "no card, no reader, several cards, card removed, or no smart card service",
    ),
    (5, "the PIN was wrong, or is blocked"),
    (6, "of verify: NOT SIGNED"),
    (7, "of verify: NOT CHECKED"),
];

/// Kinds of failure on this side of the service. The row has the stable code (also the id of the title in the texts,
/// behind `ctl-`), the status that such a problem has in HTTP, and the exit code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// What was typed cannot be meant.
    Usage,
    /// The service is not there.
    NotRunning,
    /// A file cannot be read or written.
    File,
    /// More was given than is taken.
    TooLarge,
    /// A result could not be written where it was wanted, and is kept in another place.
    Kept,
    /// Anything else.
    Failed,
}

impl Kind {
    fn row(self) -> (&'static str, u16, u8) {
        match self {
            Self::Usage => ("usage", 400, 2),
            Self::NotRunning => ("not-running", 503, 1),
            Self::File => ("file-unusable", 422, 1),
            Self::TooLarge => ("too-large", 413, 1),
            Self::Kept => ("result-kept", 507, 1),
            Self::Failed => ("failed", 500, 1),
        }
    }

    fn title(self, language: Language) -> String {
        let code = self.row().0;
        let shared = ErrorCode::ALL.iter().any(|known| known.code() == code);
        let id = if shared { code.to_owned() } else { format!("ctl-{code}") };
        Message::new(id).render(language)
    }

    fn to_problem(self, detail: String, language: Language) -> Problem {
        let (code, status, _) = self.row();
        Problem {
            problem_type: Problem::type_of(code),
            title: self.title(language),
            status,
            detail,
            code: code.to_owned(),
            retriable: self == Self::NotRunning,
            tries_left: None,
        }
    }
}

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// The service said no, with these members of a problem.
    Refused(Problem),
    /// Something here or on the way.
    Local {
        /// What sort of thing.
        kind: Kind,
        /// What happened, to which file, and what to do next.
        detail: String,
    },
    /// What was signed could not be written where it was wanted.
    Stray(Vec<Stray>),
    /// Whoever read our output does not any more.
    OutputClosed,
}

/// A failure as `--json` prints it.
#[derive(Debug, Serialize)]
pub struct ProblemReport {
    /// The members that every problem has.
    #[serde(flatten)]
    pub problem: Problem,
    /// Results that could not be written where they were wanted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<KeptReport>,
}

/// A result that could not be written where it was wanted, as `--json` prints it.
#[derive(Debug, Serialize)]
pub struct KeptReport {
    /// Place that was wanted, as it was typed.
    pub place: String,
    /// File that has it instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The result itself, in base64, if no file has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

/// A result that could not be written where it was wanted, and what became of it.
#[derive(Debug)]
pub struct Stray {
    /// Where it was to go, as it was typed.
    pub place: PathBuf,
    /// Why it is not there.
    pub error: String,
    /// Where it is instead.
    pub kept: Kept,
}

/// Where a result is that could not be written.
#[derive(Debug)]
pub enum Kept {
    /// In this file.
    File(PathBuf),
    /// Nowhere else: this is all of it, in base64.
    Here(String),
}

impl Failure {
    pub(super) fn local(message: impl Into<String>) -> Self {
        Self::of(Kind::Failed, message)
    }

    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::of(Kind::Usage, message)
    }

    pub(super) fn of(kind: Kind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::Local { kind, detail }
    }

    pub(super) fn file(path: &Path, error: impl fmt::Display) -> Self {
        Self::of(Kind::File, format!("{}: {error}", path.display()))
    }

    /// From an error of the table, known by its code.
    pub(super) fn refused(code: &str, detail: String, language: Language) -> Self {
        let known = ErrorCode::ALL.iter().find(|known| known.code() == code);
        let known = known.copied().unwrap_or(ErrorCode::Internal);
        let problem = ApiError::from(known).to_problem(language);
        Self::Refused(Problem { detail, ..problem })
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Refused(problem) => &problem.code,
            Self::Local { kind, .. } => kind.row().0,
            Self::Stray(_) => Kind::Kept.row().0,
            Self::OutputClosed => Kind::Failed.row().0,
        }
    }

    /// The process's exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Local { kind, .. } => kind.row().2,
            Self::Stray(_) => Kind::Kept.row().2,
            Self::OutputClosed => 1,
            Self::Refused(_) => match self.code() {
                "user-declined" | "user-timeout" => 3,
                "no-card" | "no-reader" | "several-cards" | "card-removed" => 4,
                code if code.starts_with("pcsc-") => 4,
                "pin-incorrect" | "pin-blocked" => 5,
                _ => 1,
            },
        }
    }

    /// Members of a problem (RFC 9457), the same as over HTTPS; `kept` has what could not be written.
    #[must_use]
    pub fn to_problem(&self, language: Language) -> ProblemReport {
        let (problem, kept) = match self {
            Self::Refused(problem) => (problem.clone(), Vec::new()),
            Self::Local { kind, detail } => (kind.to_problem(detail.clone(), language), Vec::new()),
            Self::OutputClosed => {
                let detail = "standard output is closed".to_owned();
                (Kind::Failed.to_problem(detail, language), Vec::new())
            }
            Self::Stray(strays) => {
                let kept = strays.iter().map(Stray::to_report).collect();
                (Kind::Kept.to_problem(self.said(language), language), kept)
            }
        };
        ProblemReport { problem, kept }
    }

    /// A line or more for people: what happened, to what, what to do next, and the code.
    #[must_use]
    pub fn said(&self, language: Language) -> String {
        match self {
            Self::Refused(problem) => {
                format!("{}: {} [{}]", problem.title, problem.detail, problem.code)
            }
            Self::Local { detail, .. } => format!("{detail} [{}]", self.code()),
            Self::Stray(strays) => {
                let each = strays.iter().map(|stray| stray.said(language));
                format!("{} [{}]", each.collect::<Vec<_>>().join("\n"), self.code())
            }
            Self::OutputClosed => String::new(),
        }
    }
}

impl From<io::Error> for Failure {
    /// Of writing to standard output; files have `Failure::file`.
    fn from(error: io::Error) -> Self {
        // Such as `beidctl … | head`: they have what they wanted.
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::OutputClosed
        } else {
            Self::of(Kind::File, format!("standard output: {}", super::input::words(&error)))
        }
    }
}

impl Stray {
    fn said(&self, language: Language) -> String {
        let (id, to) = match &self.kept {
            Kept::File(file) => ("ctl-kept-in-file", file.display().to_string()),
            Kept::Here(octets) => ("ctl-kept-here", octets.clone()),
        };
        Message::new(id)
            .arg("place", self.place.display().to_string())
            .arg("error", self.error.as_str())
            .arg("kept", to)
            .render(language)
    }

    fn to_report(&self) -> KeptReport {
        let (file, data) = match &self.kept {
            Kept::File(file) => (Some(file.to_string_lossy().into_owned()), None),
            Kept::Here(octets) => (None, Some(octets.clone())),
        };
        KeptReport {
            place: self.place.to_string_lossy().into_owned(),
            file,
            data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str) -> Failure {
        Failure::refused(code, "Put it in.".to_owned(), Language::En)
    }

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
                assert_eq!(refused(code).exit_code(), expected, "{code}");
                assert!(EXIT_CODES.iter().any(|(listed, _)| *listed == expected));
            }
        }
        assert_eq!(Failure::local("no service").exit_code(), 1);
        assert_eq!(Failure::usage("twice").exit_code(), 2);
    }

    #[test]
    fn message_is_title_detail_and_code() {
        let text = refused("no-card").said(Language::En);
        assert!(
            text.ends_with(": Put it in. [no-card]") && !text.starts_with("no-card"),
            "{text}"
        );
        assert_eq!(Failure::local("so it is").said(Language::En), "so it is [failed]");
    }

    #[test]
    fn problems_have_the_members_of_the_rest_interface_in_every_language() {
        let stray = |kept| Stray {
            place: PathBuf::from("a.p7s"),
            error: "disk full".to_owned(),
            kept,
        };
        let strays = vec![
            stray(Kept::File(PathBuf::from("/state/a.p7s"))),
            stray(Kept::Here("MII=".to_owned())),
        ];
        for failure in [
            refused("no-card"),
            Failure::usage("twice"),
            Failure::of(Kind::NotRunning, "Start it."),
            Failure::file(Path::new("x"), "none"),
            Failure::of(Kind::TooLarge, "more"),
            Failure::local("x"),
            Failure::Stray(strays),
        ] {
            for language in Language::ALL {
                let problem = serde_json::to_value(failure.to_problem(language)).unwrap();
                for member in ["type", "title", "status", "detail", "code", "retriable"] {
                    assert!(problem.get(member).is_some(), "{member}: {problem}");
                }
                assert!(!problem["title"].as_str().unwrap().starts_with("ctl-"), "{problem}");
                assert_eq!(problem["code"], failure.code());
            }
        }
    }

    #[test]
    fn a_result_that_is_kept_elsewhere_says_where_and_why() {
        let failure = Failure::Stray(vec![Stray {
            place: PathBuf::from("a.p7s"),
            error: "disk full".to_owned(),
            kept: Kept::File(PathBuf::from("/state/kept/a.p7s")),
        }]);
        for language in Language::ALL {
            let said = failure.said(language);
            let all = ["a.p7s", "disk full", "/state/kept/a.p7s", "[result-kept]"];
            assert!(all.into_iter().all(|part| said.contains(part)), "{said}");
            let kept = &failure.to_problem(language).kept;
            assert_eq!(kept[0].file.as_deref(), Some("/state/kept/a.p7s"));
        }
    }
}
