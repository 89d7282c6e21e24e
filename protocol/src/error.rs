//! Errors and warnings of this crate, sorted by who can put them right.

use beid_pki::Reason;

use crate::answer::AnswerRefusal;
use crate::numbers::{FormatError, SsinRule};

/// Reason why a document or a signature was not made, or one from outside was not read.
///
/// Fields are paths into the request as the caller wrote it (`author.parties[0].nihii`). No message repeats a value:
/// names and numbers of people stay out of logs and answers.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ProtocolError {
    /// The caller left something out, or wrote it in a form that no document can carry.
    #[error("{field}: {reason}")]
    InvalidRequest {
        /// Path of the member at fault.
        field: String,
        /// The rule it breaks.
        reason: String,
    },
    /// The caller sent a national number that cannot be one.
    #[error("{field}: {rule}")]
    InvalidNationalNumber {
        /// Path of the member at fault.
        field: String,
        /// The rule it breaks.
        rule: SsinRule,
    },
    /// The caller's patient and the holder of the card or certificate are two people.
    #[error("{field}: belongs to another person than the patient")]
    PatientMismatch {
        /// Path of the member that disagrees with the patient, or `certificate`.
        field: String,
    },
    /// The caller asks for a period that the rules exclude.
    #[error("{field}: {reason}")]
    PeriodNotAllowed {
        /// Path of the date at fault.
        field: String,
        /// The rule it breaks.
        reason: &'static str,
    },
    /// The caller asks for a proof that does not fit this request or this card.
    #[error("proof: {reason}")]
    ProofNotAllowed {
        /// The rule it breaks.
        reason: &'static str,
    },
    /// An identity reading breaks a rule of the insurers.
    #[error("identity reading: {reason}")]
    ReadingNotAllowed {
        /// The rule it breaks.
        reason: &'static str,
    },
    /// The card's key, or its answer, is of a kind that these documents have no algorithm for.
    #[error("unsupported algorithm: {reason}")]
    UnsupportedAlgorithm {
        /// The unsupported property of the key or its answer.
        reason: &'static str,
    },
    /// The card has no certificate that may sign, or one without a holder.
    #[error("certificate missing: {reason}")]
    CertificateMissing {
        /// The part that is missing.
        reason: &'static str,
    },
    /// The card's signature does not verify with the card's own certificate, so no document is given out.
    #[error("the signature does not verify with the signer's certificate")]
    SignatureRejected,
    /// A time stamp is not what was asked for, or not by an authority we trust.
    #[error("time stamp: {reason}")]
    TimeStampRejected {
        /// The first thing found wrong.
        reason: Reason,
    },
    /// A document that came from outside cannot be read.
    #[error("malformed document: {reason}")]
    MalformedDocument {
        /// The first thing found wrong.
        reason: &'static str,
    },
    /// Bytes that should be the platform's answer were not read.
    #[error("{0}")]
    RefusedAnswer(#[from] AnswerRefusal),
    /// A bug in this software.
    #[error("internal: {reason}")]
    Internal {
        /// The assumption that did not hold.
        reason: &'static str,
    },
}

impl ProtocolError {
    /// Builds a [`ProtocolError::InvalidRequest`] about `field`.
    pub(crate) fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::InvalidRequest {
            field: field.into(),
            reason: reason.into(),
        }
    }

    /// Builds a [`ProtocolError::MalformedDocument`].
    pub(crate) fn malformed(reason: &'static str) -> Self {
        Self::MalformedDocument { reason }
    }

    /// Builds a [`ProtocolError::InvalidRequest`] about `field`, whose value has not this `format`.
    pub(crate) fn format(field: &str, format: FormatError) -> Self {
        Self::invalid(field, format.to_string())
    }

    /// Builds a [`ProtocolError::InvalidNationalNumber`] about `field`, whose value breaks `rule`.
    pub(crate) fn national_number(field: &str, rule: SsinRule) -> Self {
        Self::InvalidNationalNumber {
            field: field.to_owned(),
            rule,
        }
    }

    /// Moves the field one level down: `nihii` under `parties[0]` becomes `parties[0].nihii`.
    #[must_use]
    pub fn under(mut self, parent: &str) -> Self {
        match &mut self {
            Self::InvalidRequest { field, .. }
            | Self::InvalidNationalNumber { field, .. }
            | Self::PatientMismatch { field }
            | Self::PeriodNotAllowed { field, .. } => *field = format!("{parent}.{field}"),
            Self::ProofNotAllowed { .. }
            | Self::ReadingNotAllowed { .. }
            | Self::UnsupportedAlgorithm { .. }
            | Self::CertificateMissing { .. }
            | Self::SignatureRejected
            | Self::TimeStampRejected { .. }
            | Self::MalformedDocument { .. }
            | Self::RefusedAnswer(_)
            | Self::Internal { .. } => {}
        }
        self
    }
}

/// Remark for a person about a document that was made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Warning {
    /// Path of the member it is about.
    pub field: String,
    /// The kind of warning.
    pub kind: WarningKind,
}

impl Warning {
    pub(crate) fn new(field: impl Into<String>, kind: WarningKind) -> Self {
        Self {
            field: field.into(),
            kind,
        }
    }

    /// Moves the field one level down, as [`ProtocolError::under`] does.
    #[must_use]
    pub fn under(self, parent: &str) -> Self {
        Self {
            field: format!("{parent}.{}", self.field),
            kind: self.kind,
        }
    }
}

macro_rules! warnings {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        /// Unusual things that do not stop a document.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum WarningKind { $($(#[$doc])* $name,)* }

        impl WarningKind {
            /// Every kind, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable name, for answers: `check-digits`, `start-in-past`...
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

// One row: variant, code. The texts for people are the daemon's.
warnings! {
    /// The check digits do not follow the common rule; numbers that break it are known to exist.
    CheckDigits = "check-digits";
    /// The month or day inside a national number does not exist, as in the numbers of test persons.
    ImpossibleBirthDate = "impossible-birth-date";
    /// No source tells how such a number can be checked.
    Unchecked = "unchecked";
    /// The link starts before today.
    StartInPast = "start-in-past";
    /// The period is longer than the usual one for this type or situation.
    LongerThanUsual = "longer-than-usual";
    /// No end date was given and none is usual: the platform applies its own period.
    NoUsualPeriod = "no-usual-period";
    /// The period is longer than a proof made by typing is known to allow.
    LongerThanProof = "longer-than-proof";
    /// A stronger proof is expected for such a link.
    StrongerProofExpected = "stronger-proof-expected";
    /// No card was read; a person typed its number and said why.
    CardNotRead = "card-not-read";
    /// The sources do not list such an author among those who may do this.
    AuthorNotListed = "author-not-listed";
    /// The provider concerned is of a kind that this type of link, or an exclusion, is not meant for.
    UnusualParty = "unusual-party";
    /// An organisation or a program asks, and no person behind it is named.
    PersonMissing = "person-missing";
    /// A number that the sources require of such an author is missing.
    NumberMissing = "number-missing";
    /// A number is of a length that such parties do not have.
    UnusualLength = "unusual-length";
    /// The platform does not register consents of this type today.
    TypeNotInUse = "type-not-in-use";
    /// A consent is registered by a provider without the number of the patient's card.
    CardNumberMissing = "card-number-missing";
    /// The sources disagree on whether an ISI+ card is enough for a consent.
    IsiCardDoubtful = "isi-card-doubtful";
    /// The day of birth is not known, so nobody can tell whether the patient is sixteen.
    BirthDateUnknown = "birth-date-unknown";
    /// From sixteen on minors decide alone; somebody else acts for this one.
    MinorDecides = "minor-decides";
    /// The patient is sixteen or seventeen: no card has a certificate to sign with at that age.
    NoSignatureCertificate = "no-signature-certificate";
    /// A value was given for which the document has no place; it is kept beside the document.
    NotInDocument = "not-in-document";
    /// A link is to be revoked without a date with which it was registered: the platform finds no such link.
    DatesNotGiven = "dates-not-given";
    /// The serial number of an eID does not end in its check digits; genuine cards that break the rule are known.
    SerialCheckDigits = "serial-check-digits";
    /// The identity was read on another day than that of the care: electronic attestations take readings of the same day.
    ServiceDateDiffers = "service-date-differs";
    /// The reason for a vignette is not allowed for every service.
    ReasonNeedsServiceCheck = "reason-needs-service-check";
    /// The same card was recorded for the same provider less than a minute ago.
    CardNumberDuplicate = "card-number-duplicate";
    /// Nearly a tenth of this month's readings were not electronic.
    OtherShareNearLimit = "other-share-near-limit";
    /// More than a tenth of this month's readings were not electronic.
    OtherShareExceeded = "other-share-exceeded";
    /// The reading is in no store of evidence, because the settings turn that off.
    NotStored = "not-stored";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_grows_downwards() {
        let error = ProtocolError::invalid("nihii", "8 or 11 digits")
            .under("parties[0]")
            .under("author");
        assert_eq!(error.to_string(), "author.parties[0].nihii: 8 or 11 digits");
    }

    #[test]
    fn an_error_without_field_stays_as_it_is() {
        assert_eq!(
            ProtocolError::SignatureRejected.under("author"),
            ProtocolError::SignatureRejected
        );
    }
}
