//! The errors that each operation can answer, in groups, for the OpenAPI document.
//!
//! A group is what one part of an operation can refuse: choosing the card, reading it, asking a person. What can go wrong
//! with any call is in [`EVERY_CALL`] and its neighbours and is added by the HTTPS front, which knows the call's form.

use super::ErrorCode::{self, *};

/// Errors of any call.
pub const EVERY_CALL: &[ErrorCode] = &[InvalidRequest, OriginNotPaired, WrongHost, TooManyRequests, Internal];
/// Errors of a call that needs a token.
pub const TOKEN: &[ErrorCode] = &[TokenMissing, TokenInvalid, TokenExpired, ScopeMissing];
/// Errors of a token that was sent although none is needed.
pub const OPTIONAL_TOKEN: &[ErrorCode] = &[TokenInvalid, TokenExpired];
/// Errors of a body.
pub const BODY: &[ErrorCode] = &[TooLarge, UnsupportedMediaType];
/// Errors of an `Idempotency-Key`: it came with another request, or the result of its operation is no longer kept.
pub const KEYED: &[ErrorCode] = &[IdempotencyMismatch, NotFound];
/// Errors of a choice between media types.
pub const MEDIA_TYPE: &[ErrorCode] = &[NotAcceptable];

/// Returned when the thing named in the path is not there.
pub const NAMED: &[ErrorCode] = &[NotFound];
/// Returned when the page asks for more than its origin is listed with, too often, while a person is asked something
/// else, or although that person never wants to be asked by it.
pub const PAIRING: &[ErrorCode] = &[ScopeMissing, PolicyDenied, OperationInProgress, TooManyRequests];
/// Returned when a token is needed for what was named, and none came.
pub const NO_TOKEN: &[ErrorCode] = &[TokenMissing];
/// Returned when the settings forbid it.
pub const POLICY: &[ErrorCode] = &[PolicyDenied];
/// Returned when there is no smart card service, so that nobody knows which readers and cards there are.
pub const SERVICE: &[ErrorCode] = &[PcscUnavailable, PcscNotAuthorised];
/// Returned when a period cannot be registered.
pub const PERIOD: &[ErrorCode] = &[InvalidNationalNumber, PeriodNotAllowed];
/// Returned when no such national number can exist.
pub const NUMBER: &[ErrorCode] = &[InvalidNationalNumber];
/// Returned when no official text is installed in the language that was asked for.
pub const TEXT: &[ErrorCode] = &[NoOfficialText];
/// Returned when no single usable card can be chosen.
pub const CARD: &[ErrorCode] = &[
    NotFound,
    NoCard,
    SeveralCards,
    CardRemoved,
    UnsupportedCard,
    CardBusy,
    CardError,
    PcscUnavailable,
    PcscNotAuthorised,
    NoReader,
];
/// Returned when the card is not read to the end.
pub const READING: &[ErrorCode] = &[
    CardRemoved,
    CardBusy,
    CardError,
    MalformedCardData,
    PcscUnavailable,
    TooManyRequests,
];
/// Returned when one certificate is asked for and its place is empty.
pub const CERTIFICATE: &[ErrorCode] = &[CertificateMissing];
/// Returned when the settings forbid a form of the answer, or the card's data cannot be written in it.
pub const EXPORT: &[ErrorCode] = &[PolicyDenied, NotAcceptable];
/// Returned when the call is cancelled, or too many wait already.
pub const WAITING: &[ErrorCode] = &[UserDeclined, TooManyRequests];
/// Returned when a person is asked, and does not agree or cannot be asked.
pub const PERSON: &[ErrorCode] = &[
    UserDeclined,
    UserTimeout,
    PolicyDenied,
    OperationInProgress,
    TooManyRequests,
];
/// Returned when the PIN is wrong or blocked.
pub const PIN: &[ErrorCode] = &[PinIncorrect, PinBlocked];
/// Returned when the card cannot make a signature that will be believed.
pub const SIGNING: &[ErrorCode] = &[
    UnsupportedAlgorithm,
    CertificateMissing,
    CertificateNotValid,
    IdentityNotAuthentic,
    CardExpired,
    MalformedCardData,
];
/// Returned when what was done cannot be recorded: then it is not answered.
pub const RECORDING: &[ErrorCode] = &[EvidenceUnavailable];
/// Returned when a reading cannot be recorded as it is.
pub const IDENTITY_READING: &[ErrorCode] = &[
    ReadingNotAllowed,
    InvalidNationalNumber,
    PatientMismatch,
    CardExpired,
    IdentityNotAuthentic,
    CertificateNotValid,
];
/// Returned when the card that is to sign is not the care provider's.
pub const PROVIDER: &[ErrorCode] = &[WrongCard];
/// Returned when a document cannot be made of what was sent and what is on the card.
pub const DOCUMENT: &[ErrorCode] = &[
    WrongCard,
    InvalidNationalNumber,
    PatientMismatch,
    PeriodNotAllowed,
    ProofNotAllowed,
    CardExpired,
    IdentityNotAuthentic,
];
/// Returned when no simulated card can be moved.
pub const SIMULATION: &[ErrorCode] = &[PolicyDenied, NotFound, NoCard];
/// Returned when certificates of HTTPS cannot be replaced.
pub const TLS: &[ErrorCode] = &[PolicyDenied, NotFound];
/// Returned when what was sent is larger than can be read.
pub const SIZE: &[ErrorCode] = &[TooLarge];
