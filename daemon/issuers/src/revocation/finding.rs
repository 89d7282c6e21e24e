//! Result of asking whether a certificate is revoked, with the reason if the answer is unknown.

use super::RevocationPolicy;
use crate::fetch::NotFetched;
use beid_pki::{Doubt, Outcome, Reason, Statement, Status};
use jiff::Timestamp;

/// Result for one certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Passed: the certificate is good. Failed: it is revoked. Unknown: neither could be proved.
    pub outcome: Outcome,
    /// Source of the statement.
    pub source: RevocationSource,
    /// Time at which we asked.
    pub checked_at: Timestamp,
    /// Time at which the source knew this status to be correct (`thisUpdate`).
    pub this_update: Option<Timestamp>,
    /// Time of revocation, if it is revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Finding {
    pub(super) fn new(statement: Statement, source: RevocationSource, checked_at: Timestamp) -> Self {
        let revoked_at = match statement.status {
            Status::Good => None,
            Status::Revoked { at, .. } => Some(at),
        };
        Self {
            outcome: statement.status.outcome(),
            source,
            checked_at,
            this_update: Some(statement.this_update),
            revoked_at,
        }
    }

    pub(super) fn unknown(why: UnknownReason, checked_at: Timestamp) -> Self {
        Self {
            outcome: Outcome::Unknown(why.reason()),
            source: RevocationSource::None,
            checked_at,
            this_update: None,
            revoked_at: None,
        }
    }

    /// Returns true if `policy` lets a certificate with this finding be relied on.
    #[must_use]
    pub fn is_enough_for(&self, policy: RevocationPolicy) -> bool {
        match self.outcome {
            Outcome::Passed => true,
            Outcome::Failed(_) => false,
            Outcome::Unknown(_) => policy < RevocationPolicy::Require,
        }
    }
}

/// Source of a statement about revocation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RevocationSource {
    /// An OCSP responder, asked just now.
    Ocsp,
    /// A revocation list, fetched just now.
    Crl,
    /// An earlier answer or list, which still holds.
    Cache,
    /// No source.
    None,
}

impl RevocationSource {
    /// Returns the word for it in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ocsp => "ocsp",
            Self::Crl => "crl",
            Self::Cache => "cache",
            Self::None => "none",
        }
    }
}

/// Reason why a certificate's status is unknown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum UnknownReason {
    /// Revocation is switched off in the settings.
    PolicyOff,
    /// The certificate is not signed by the given issuer.
    WrongIssuer,
    /// The certificate names neither a responder nor a list.
    NoSource,
    /// The address in the certificate is not on the list of allowed ones.
    NotAllowed,
    /// No whole answer arrived.
    NotFetched(NotFetched),
    /// The answer is not believed.
    Doubt(Doubt),
    /// The daemon is stopping.
    Stopping,
}

impl UnknownReason {
    /// Returns the reason that the check gives.
    pub(super) fn reason(self) -> Reason {
        match self {
            Self::PolicyOff => Reason::PolicyOff,
            Self::WrongIssuer => Reason::WrongIssuer,
            Self::NoSource => Reason::NoRevocationSource,
            Self::NotAllowed => Reason::NotAllowed,
            Self::NotFetched(why) => why.reason(),
            Self::Doubt(doubt) => doubt.reason(),
            Self::Stopping => Reason::Stopping,
        }
    }

    /// Returns the more telling of two reasons, in this order: the answer was not believed, it did not arrive, the
    /// source was not asked. Returns `self` if both are alike.
    pub(super) fn or(self, other: Self) -> Self {
        let weight = |why| match why {
            Self::NoSource => 0,
            Self::NotAllowed => 1,
            Self::NotFetched(_) => 2,
            Self::Doubt(_) => 3,
            Self::PolicyOff | Self::WrongIssuer | Self::Stopping => 4,
        };
        if weight(other) > weight(self) { other } else { self }
    }
}
