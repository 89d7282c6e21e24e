//! The one table of errors, and the rows that errors of documents get.

use crate::types::LeftOutDocument;
use crate::{Message, Scope};
use beid_protocol::ProtocolError;
use beid_protocol::answer::AnswerRefusal;
use std::fmt;

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $code:literal, $retriable:literal;)*) => {
        /// Everything that can be answered instead of what was asked. Codes are stable.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum ErrorCode { $($(#[$doc])* $name,)* }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable word: `card-removed`.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Finds the error with this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.code() == code)
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// Returns true if the same call may succeed a little later, unchanged.
            #[must_use]
            pub fn retriable(self) -> bool {
                match self { $(Self::$name => $retriable,)* }
            }

            /// The last part of the D-Bus error name: `CardRemoved`.
            #[must_use]
            pub fn dbus_name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

// One row: variant (also the D-Bus name), HTTP status, code (also the id of its title in the texts), retriable.
errors! {
    /// A member is missing, unknown, or cannot be what it says.
    InvalidRequest = 400, "invalid-request", false;
    /// No token came with the call.
    TokenMissing = 401, "token-missing", false;
    /// The token is not one of ours, was revoked, or belongs to another origin.
    TokenInvalid = 401, "token-invalid", false;
    /// The token was good once.
    TokenExpired = 401, "token-expired", false;
    /// This web page may not call; a person has to pair it first.
    OriginNotPaired = 403, "origin-not-paired", false;
    /// The token does not cover this.
    ScopeMissing = 403, "scope-missing", false;
    /// A person said no.
    UserDeclined = 403, "user-declined", false;
    /// A person did not answer in time.
    UserTimeout = 403, "user-timeout", true;
    /// The configuration forbids it.
    PolicyDenied = 403, "policy-denied", false;
    /// Wrong PIN; the answer says how many tries are left.
    PinIncorrect = 403, "pin-incorrect", false;
    /// No tries are left.
    PinBlocked = 403, "pin-blocked", false;
    /// There is no such thing, or it is not this caller's.
    NotFound = 404, "not-found", false;
    /// The path is right, the verb is not.
    MethodNotAllowed = 405, "method-not-allowed", false;
    /// None of the media types asked for can be given.
    NotAcceptable = 406, "not-acceptable", false;
    /// No card is in a reader that is used for patients.
    NoCard = 409, "no-card", true;
    /// More than one card could be meant.
    SeveralCards = 409, "several-cards", false;
    /// Another person's card sits there.
    WrongCard = 409, "wrong-card", false;
    /// A person is already being asked something.
    OperationInProgress = 409, "operation-in-progress", true;
    /// The key came before with another request.
    IdempotencyMismatch = 409, "idempotency-mismatch", false;
    /// The card this was about has gone.
    CardRemoved = 410, "card-removed", false;
    /// The body is too large.
    TooLarge = 413, "too-large", false;
    /// The body is not `application/json`.
    UnsupportedMediaType = 415, "unsupported-media-type", false;
    /// The request was meant for another host.
    WrongHost = 421, "wrong-host", false;
    /// Not a Belgian eID, or one we cannot work with.
    UnsupportedCard = 422, "unsupported-card", false;
    /// The card cannot sign that way.
    UnsupportedAlgorithm = 422, "unsupported-algorithm", false;
    /// The card has no certificate for that; children's cards have none to sign with.
    CertificateMissing = 422, "certificate-missing", false;
    /// A certificate that is needed is not valid today, or was revoked: the detail says whose.
    CertificateNotValid = 422, "certificate-not-valid", false;
    /// The number's check digits are wrong.
    InvalidNationalNumber = 422, "invalid-national-number", false;
    /// The card is not the patient's the request names.
    PatientMismatch = 422, "patient-mismatch", false;
    /// The period is none that can be registered.
    PeriodNotAllowed = 422, "period-not-allowed", false;
    /// That proof cannot be given here.
    ProofNotAllowed = 422, "proof-not-allowed", false;
    /// The record of an identity reading breaks a rule of the insurers.
    ReadingNotAllowed = 422, "reading-not-allowed", false;
    /// No official consent text is installed in the language asked for.
    NoOfficialText = 422, "no-official-text", false;
    /// The card is past its last day, or before its first.
    CardExpired = 422, "card-expired", false;
    /// A file of the card does not say what it must.
    MalformedCardData = 422, "malformed-card-data", false;
    /// The register's signature, or its certificate, is not right.
    IdentityNotAuthentic = 422, "identity-not-authentic", false;
    /// Another program holds the card.
    CardBusy = 423, "card-busy", true;
    /// Slow down.
    TooManyRequests = 429, "too-many-requests", true;
    /// A mistake of ours.
    Internal = 500, "internal", false;
    /// The card or the reader did not do what it should.
    CardError = 502, "card-error", true;
    /// No record can be kept, so nothing is answered.
    EvidenceUnavailable = 503, "evidence-unavailable", false;
    /// The smart card service does not run.
    PcscUnavailable = 503, "pcsc-unavailable", true;
    /// The smart card service does not let us in.
    PcscNotAuthorised = 503, "pcsc-not-authorised", false;
    /// No reader is connected.
    NoReader = 503, "no-reader", true;
}

/// An error on its way to the caller.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// Which row of the table.
    pub code: ErrorCode,
    /// Text on what happened, to what, and what to do; absent if the row's own text says enough.
    pub detail: Option<Message>,
    /// Tries left on the card, for `pin-incorrect`.
    pub tries_left: Option<u8>,
    /// Seconds after which the same call can succeed, where that is known.
    pub retry_after: Option<u64>,
    /// Document that the person would not sign, for `user-declined`.
    pub document: Option<Box<LeftOutDocument>>,
}

impl ApiError {
    /// An error with a text of its own.
    #[must_use]
    pub fn new(code: ErrorCode, detail: Message) -> Self {
        Self {
            code,
            detail: Some(detail),
            tries_left: None,
            retry_after: None,
            document: None,
        }
    }

    /// `invalid-request` about one member; `reason` is a text, or its English.
    #[must_use]
    pub fn invalid(member: impl Into<String>, reason: impl Into<Message>) -> Self {
        Self::about(ErrorCode::InvalidRequest, member, reason)
    }

    /// Says of one member why it is refused.
    #[must_use]
    pub fn about(code: ErrorCode, member: impl Into<String>, reason: impl Into<Message>) -> Self {
        Self::new(
            code,
            Message::new("detail-invalid-member")
                .arg("member", member.into())
                .arg("reason", reason.into()),
        )
    }

    /// `invalid-request` about a member that is there more than once. Its name is the caller's own word: it is said back
    /// short and plain.
    #[must_use]
    pub fn said_twice(name: &str) -> Self {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
        Self::invalid(plain, "is said twice")
    }

    /// `scope-missing`, naming the scope.
    #[must_use]
    pub fn scope_missing(scope: Scope) -> Self {
        let text = Message::new("detail-scope-missing").arg("scope", scope.word());
        Self::new(ErrorCode::ScopeMissing, text)
    }

    /// The same about a member one level down: `type` under `links[0]` becomes `links[0].type`.
    #[must_use]
    pub fn under(self, parent: &str) -> Self {
        Self {
            detail: self.detail.map(|detail| detail.under(parent)),
            ..self
        }
    }

    /// The same, about one document of the request.
    #[must_use]
    pub fn at_document(self, document: LeftOutDocument) -> Self {
        Self {
            document: Some(Box::new(document)),
            ..self
        }
    }

    /// `internal`, with the cause in the log and not in the answer.
    #[must_use]
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "internal error");
        ErrorCode::Internal.into()
    }
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self {
            code,
            detail: None,
            tries_left: None,
            retry_after: None,
            document: None,
        }
    }
}

impl From<ProtocolError> for ApiError {
    fn from(error: ProtocolError) -> Self {
        let because =
            |code, reason: &str| Self::new(code, Message::new("detail-proof").arg("reason", Message::from(reason)));
        match error {
            ProtocolError::InvalidRequest { field, reason } => Self::invalid(field, reason),
            ProtocolError::InvalidNationalNumber { field, rule } => {
                Self::about(ErrorCode::InvalidNationalNumber, field, rule.to_string())
            }
            ProtocolError::PatientMismatch { .. } => ErrorCode::PatientMismatch.into(),
            ProtocolError::PeriodNotAllowed { field, reason } => {
                Self::about(ErrorCode::PeriodNotAllowed, field, reason)
            }
            ProtocolError::ProofNotAllowed { reason } => because(ErrorCode::ProofNotAllowed, reason),
            ProtocolError::ReadingNotAllowed { reason } => because(ErrorCode::ReadingNotAllowed, reason),
            ProtocolError::UnsupportedAlgorithm { reason } => because(ErrorCode::UnsupportedAlgorithm, reason),
            ProtocolError::CertificateMissing { .. } => ErrorCode::CertificateMissing.into(),
            ProtocolError::SignatureRejected => Self::new(
                ErrorCode::CardError,
                Message::new("detail-card-failure").arg("cause", "the card's signature does not match its certificate"),
            ),
            ProtocolError::RefusedAnswer(AnswerRefusal::TooLong) => ErrorCode::TooLarge.into(),
            ProtocolError::RefusedAnswer(refusal) => Self::invalid("xml", refusal.to_string()),
            ProtocolError::MalformedDocument { reason } | ProtocolError::Internal { reason } => Self::internal(reason),
            ProtocolError::TimeStampRejected { reason } => Self::internal(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_documentation_as_it_is() {
        let documented = include_str!("../../../docs/errors.md");
        let rows: Vec<&str> = documented.lines().filter(|line| line.starts_with("| `")).collect();
        let row = |code: &ErrorCode| {
            let again = if code.retriable() { "yes" } else { "no" };
            let (word, status, name) = (code.code(), code.status(), code.dbus_name());
            format!("| `{word}` | {status} | `org.beidd1.Error.{name}` | {again} |")
        };
        assert_eq!(
            rows,
            ErrorCode::ALL.iter().map(row).collect::<Vec<_>>(),
            "docs/errors.md"
        );
    }
}
