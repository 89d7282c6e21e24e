//! Reasons why commands fail, what is printed about them, and exit codes.

use beid_api::{ApiError, ErrorCode, Problem};
use beid_client::{ClientError, FileFault};
use beid_texts::{ErrorTexts, Language, Message, Render};
use serde::Serialize;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Exit codes of every command, as `--help` and the manual list them.
pub const EXIT_CODES: &[(u8, &str)] = &[
    (0, "done; of verify: VALID, or VALID (test card)"),
    (
        1,
        "failed; of verify: INVALID; of verify-card: a check failed; of tls: not trusted; of evidence verify: BROKEN; of doctor: something does not work",
    ),
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
    (8, "of sign: the person left some files out; the others are signed"),
];

/// Kinds of failure on this side of the service. The row has the stable code (also the id of the title in the texts,
/// behind `ctl-`), the status that such a problem has in HTTP, and the exit code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FailureKind {
    /// The command line is not right.
    Usage,
    /// The service is not there.
    NotRunning,
    /// Another program answers where the service should.
    AnotherProgram,
    /// A file cannot be read or written.
    File,
    /// More was given than is taken.
    TooLarge,
    /// A result could not be written where it was wanted, and is kept in another place.
    Kept,
    /// Stores do not trust a certificate that is to be used.
    NotTrusted,
    /// Anything else.
    Failed,
}

impl FailureKind {
    /// The stable code.
    pub(super) fn code(self) -> &'static str {
        self.row().0
    }

    fn row(self) -> (&'static str, u16, u8) {
        match self {
            Self::Usage => ("usage", 400, 2),
            Self::NotRunning => ("not-running", 503, 1),
            Self::AnotherProgram => ("another-program", 502, 1),
            Self::File => ("file-unusable", 422, 1),
            Self::TooLarge => ("too-large", 413, 1),
            Self::Kept => ("result-kept", 507, 1),
            Self::NotTrusted => ("not-trusted", 409, 1),
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
            retry_after: None,
            document: None,
            other: Box::default(),
        }
    }
}

/// Reason why a command failed.
#[derive(Debug)]
pub(super) enum CommandFailure {
    /// The service refused, with these members of a problem.
    Refused(Problem),
    /// A file that was to go into the request has a member that the service would refuse.
    Invalid(ApiError),
    /// Something failed here or on the way.
    Local {
        /// Kind of failure.
        kind: FailureKind,
        /// Event, file, and what to do next.
        detail: String,
    },
    /// Signed results could not be written where they were wanted.
    Stray(Vec<StrayResult>),
    /// Standard output was closed by its reader.
    OutputClosed,
}

/// A failure as `--json` prints it.
#[derive(Debug, Serialize)]
pub(super) struct ProblemReport {
    /// The members that every problem has.
    #[serde(flatten)]
    pub(super) problem: Problem,
    /// Results that could not be written where they were wanted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) kept: Vec<KeptReport>,
}

/// A result that could not be written where it was wanted, as `--json` prints it.
#[derive(Debug, Serialize)]
pub(super) struct KeptReport {
    /// Place that was wanted, as it was typed.
    pub(super) place: String,
    /// File that has it instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    /// The result itself, in base64, if no file has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<String>,
}

/// A result that could not be written where it was wanted, and what became of it.
#[derive(Debug)]
pub(super) struct StrayResult {
    /// Place that was wanted, as it was typed.
    pub(super) place: PathBuf,
    /// Reason why it is not there.
    pub(super) error: String,
    /// Place where it is instead.
    pub(super) kept: KeptPlace,
}

/// Place of a result that could not be written where it was wanted.
#[derive(Debug)]
pub(super) enum KeptPlace {
    /// This file.
    File(PathBuf),
    /// No other place: this is all of it, in base64.
    Here(String),
}

impl CommandFailure {
    pub(super) fn local(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Failed, message)
    }

    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Usage, message)
    }

    pub(super) fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::Local { kind, detail }
    }

    pub(super) fn file(path: &Path, error: impl fmt::Display) -> Self {
        Self::new(FailureKind::File, format!("{}: {error}", path.display()))
    }

    /// Translates an error of the client. `language` is for what the client leaves to its caller.
    pub(super) fn from_client(error: ClientError, language: Language) -> Self {
        let not_running = || Message::new("ctl-not-running-detail").render(language);
        match error {
            ClientError::Refused(problem) => Self::Refused(titled(problem, language)),
            ClientError::NotRunning => Self::new(FailureKind::NotRunning, not_running()),
            ClientError::Unreachable(error) => {
                Self::new(FailureKind::NotRunning, format!("{} ({error})", not_running()))
            }
            ClientError::AnotherProgram { port, reason } => {
                let text = Message::new("ctl-another-program-detail");
                let text = text.arg("port", port.to_string()).arg("reason", reason);
                Self::new(FailureKind::AnotherProgram, text.render(language))
            }
            ClientError::CertificateDates(_) => {
                Self::local(Message::new("ctl-certificate-dates-detail").render(language))
            }
            ClientError::Ended => Self::new(FailureKind::NotRunning, error.to_string()),
            ClientError::NoBus(error) => Self::new(FailureKind::NotRunning, format!("{error}; or try --https")),
            ClientError::NotOnHttps(_) => Self::usage(format!("{error}; leave --https out")),
            ClientError::GivenUp => Self::Refused(Problem {
                detail: Message::new("ctl-given-up").render(language),
                ..ApiError::from(ErrorCode::UserDeclined).to_problem(language)
            }),
            ClientError::Attendant(error) => Self::local(format!("Ctrl-C cannot be heard: {error}")),
            ClientError::NotOurs(error) => Self::new(FailureKind::File, error.to_string()),
            ClientError::File { path, fault } => match fault {
                FileFault::Unreadable(error) => Self::file(&path, super::input::words(&error)),
                FileFault::Malformed(reason) => Self::file(&path, reason),
            },
            ClientError::NotOnBus(_)
            | ClientError::Unreadable { .. }
            | ClientError::Lost(_)
            | ClientError::Failed(_) => Self::local(error.to_string()),
        }
    }

    /// The stable code.
    #[must_use]
    pub(super) fn code(&self) -> &str {
        match self {
            Self::Refused(problem) => &problem.code,
            Self::Invalid(error) => error.code.code(),
            Self::Local { kind, .. } => kind.row().0,
            Self::Stray(_) => FailureKind::Kept.row().0,
            Self::OutputClosed => FailureKind::Failed.row().0,
        }
    }

    /// The process's exit code.
    #[must_use]
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Local { kind, .. } => kind.row().2,
            Self::Stray(_) => FailureKind::Kept.row().2,
            Self::OutputClosed => 1,
            Self::Refused(problem) => match ErrorCode::from_code(&problem.code) {
                Some(code) => exit_code(code),
                // Of a newer daemon; what its name tells decides.
                None if problem.code.starts_with("pcsc-") => 4,
                None => 1,
            },
            Self::Invalid(error) => exit_code(error.code),
        }
    }

    /// Members of a problem (RFC 9457), the same as over HTTPS; `kept` has what could not be written.
    #[must_use]
    pub(super) fn to_problem(&self, language: Language) -> ProblemReport {
        let (problem, kept) = match self {
            Self::Refused(problem) => (problem.clone(), Vec::new()),
            Self::Invalid(error) => (error.to_problem(language), Vec::new()),
            Self::Local { kind, detail } => (kind.to_problem(detail.clone(), language), Vec::new()),
            Self::OutputClosed => {
                let detail = "standard output is closed".to_owned();
                (FailureKind::Failed.to_problem(detail, language), Vec::new())
            }
            Self::Stray(strays) => {
                let kept = strays.iter().map(StrayResult::to_report).collect();
                (FailureKind::Kept.to_problem(self.said(language), language), kept)
            }
        };
        ProblemReport { problem, kept }
    }

    /// Text for people, without the code: what happened, to what, and what to do next.
    #[must_use]
    pub(super) fn detail(&self, language: Language) -> String {
        self.to_problem(language).problem.detail
    }

    /// A line or more for people: what happened, to what, what to do next, and the code.
    #[must_use]
    pub(super) fn said(&self, language: Language) -> String {
        match self {
            Self::Refused(problem) => line(problem),
            Self::Invalid(error) => line(&error.to_problem(language)),
            Self::Local { detail, .. } => format!("{detail} [{}]", self.code()),
            Self::Stray(strays) => {
                let each = strays.iter().map(|stray| stray.said(language));
                format!("{} [{}]", each.collect::<Vec<_>>().join("\n"), self.code())
            }
            Self::OutputClosed => String::new(),
        }
    }
}

/// Adds the title of an error of the table, which the bus does not carry.
fn titled(problem: Problem, language: Language) -> Problem {
    match ErrorCode::from_code(&problem.code) {
        Some(code) if problem.title.is_empty() => Problem {
            title: ApiError::from(code).title(language),
            ..problem
        },
        Some(_) | None => problem,
    }
}

fn line(problem: &Problem) -> String {
    format!("{}: {} [{}]", problem.title, problem.detail, problem.code)
}

/// Exit code of a command that was refused.
fn exit_code(code: ErrorCode) -> u8 {
    match code {
        ErrorCode::UserDeclined | ErrorCode::UserTimeout => 3,
        ErrorCode::NoCard
        | ErrorCode::NoReader
        | ErrorCode::SeveralCards
        | ErrorCode::CardRemoved
        | ErrorCode::PcscUnavailable
        | ErrorCode::PcscNotAuthorised => 4,
        ErrorCode::PinIncorrect | ErrorCode::PinBlocked => 5,
        ErrorCode::InvalidRequest
        | ErrorCode::TokenMissing
        | ErrorCode::TokenInvalid
        | ErrorCode::TokenExpired
        | ErrorCode::OriginNotPaired
        | ErrorCode::ScopeMissing
        | ErrorCode::PolicyDenied
        | ErrorCode::NotFound
        | ErrorCode::MethodNotAllowed
        | ErrorCode::NotAcceptable
        | ErrorCode::WrongCard
        | ErrorCode::OperationInProgress
        | ErrorCode::IdempotencyMismatch
        | ErrorCode::TooLarge
        | ErrorCode::UnsupportedMediaType
        | ErrorCode::WrongHost
        | ErrorCode::UnsupportedCard
        | ErrorCode::UnsupportedAlgorithm
        | ErrorCode::CertificateMissing
        | ErrorCode::CertificateNotValid
        | ErrorCode::InvalidNationalNumber
        | ErrorCode::PatientMismatch
        | ErrorCode::PeriodNotAllowed
        | ErrorCode::ProofNotAllowed
        | ErrorCode::ReadingNotAllowed
        | ErrorCode::NoOfficialText
        | ErrorCode::CardExpired
        | ErrorCode::MalformedCardData
        | ErrorCode::IdentityNotAuthentic
        | ErrorCode::CardBusy
        | ErrorCode::EvidenceUnavailable
        | ErrorCode::TooManyRequests
        | ErrorCode::Internal
        | ErrorCode::CardError => 1,
    }
}

impl From<io::Error> for CommandFailure {
    /// Takes an error of writing to standard output; files have `CommandFailure::file`.
    fn from(error: io::Error) -> Self {
        // Such as `beidctl … | head`: they have what they wanted.
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::OutputClosed
        } else {
            Self::new(
                FailureKind::File,
                format!("standard output: {}", super::input::words(&error)),
            )
        }
    }
}

impl StrayResult {
    fn said(&self, language: Language) -> String {
        let (id, to) = match &self.kept {
            KeptPlace::File(file) => ("ctl-kept-in-file", file.display().to_string()),
            KeptPlace::Here(octets) => ("ctl-kept-here", octets.clone()),
        };
        Message::new(id)
            .arg("place", self.place.display().to_string())
            .arg("error", self.error.as_str())
            .arg("kept", to)
            .render(language)
    }

    fn to_report(&self) -> KeptReport {
        let (file, data) = match &self.kept {
            KeptPlace::File(file) => (Some(file.to_string_lossy().into_owned()), None),
            KeptPlace::Here(octets) => (None, Some(octets.clone())),
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

    fn refused(code: &str) -> CommandFailure {
        let code = ErrorCode::from_code(code).unwrap();
        let problem = Problem::new(&code.into(), String::new(), "Put it in.".to_owned());
        CommandFailure::from_client(ClientError::Refused(problem), Language::En)
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
        assert_eq!(CommandFailure::local("no service").exit_code(), 1);
        assert_eq!(CommandFailure::usage("twice").exit_code(), 2);
    }

    #[test]
    fn message_is_title_detail_and_code() {
        let text = refused("no-card").said(Language::En);
        assert!(
            text.ends_with(": Put it in. [no-card]") && !text.starts_with("no-card"),
            "{text}"
        );
        assert_eq!(
            CommandFailure::local("so it is").said(Language::En),
            "so it is [failed]"
        );
    }

    #[test]
    fn problems_have_the_members_of_the_rest_interface_in_every_language() {
        let stray = |kept| StrayResult {
            place: PathBuf::from("a.p7s"),
            error: "disk full".to_owned(),
            kept,
        };
        let strays = vec![
            stray(KeptPlace::File(PathBuf::from("/state/a.p7s"))),
            stray(KeptPlace::Here("MII=".to_owned())),
        ];
        for failure in [
            refused("no-card"),
            CommandFailure::usage("twice"),
            CommandFailure::new(FailureKind::NotRunning, "Start it."),
            CommandFailure::file(Path::new("x"), "none"),
            CommandFailure::new(FailureKind::TooLarge, "more"),
            CommandFailure::local("x"),
            CommandFailure::Stray(strays),
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
        let failure = CommandFailure::Stray(vec![StrayResult {
            place: PathBuf::from("a.p7s"),
            error: "disk full".to_owned(),
            kept: KeptPlace::File(PathBuf::from("/state/kept/a.p7s")),
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
