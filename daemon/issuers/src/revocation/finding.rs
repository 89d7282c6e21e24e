//! What is found out about a certificate, and why nothing is.

use super::Policy;
use crate::fetch::NotFetched;
use beid_pki::{Doubt, Outcome, Reason, Statement, Status};
use jiff::Timestamp;

/// What was found out about one certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Passed: it is good. Failed: it is revoked or on hold. Unknown: neither could be proved.
    pub outcome: Outcome,
    /// Who said so.
    pub source: Source,
    /// When we asked.
    pub checked_at: Timestamp,
    /// When the source knew it to be so.
    pub this_update: Option<Timestamp>,
    /// Since when it is revoked, if it is.
    pub revoked_at: Option<Timestamp>,
}

impl Finding {
    pub(super) fn of(statement: Statement, source: Source, checked_at: Timestamp) -> Self {
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

    pub(super) fn unknown(why: Why, checked_at: Timestamp) -> Self {
        Self {
            outcome: Outcome::Unknown(why.reason()),
            source: Source::None,
            checked_at,
            this_update: None,
            revoked_at: None,
        }
    }

    /// Whether a certificate of which this was found may be relied on.
    #[must_use]
    pub fn is_enough_for(&self, policy: Policy) -> bool {
        match self.outcome {
            Outcome::Passed => true,
            Outcome::Failed(_) => false,
            Outcome::Unknown(_) => policy < Policy::Require,
        }
    }
}

/// Who said it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// An OCSP responder, just now.
    Ocsp,
    /// A revocation list, fetched just now.
    Crl,
    /// One of those, earlier; it still holds.
    Cache,
    /// Nobody.
    None,
}

impl Source {
    /// The word in answers.
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

/// Why nothing is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Why {
    /// The settings say that nobody is asked.
    PolicyOff,
    /// It is not a certificate of that issuer.
    WrongIssuer,
    /// The certificate names nobody to ask.
    NoSource,
    /// Whom it names is not on the list of those we ask.
    NotAllowed,
    /// Nothing came.
    NotFetched(NotFetched),
    /// What came is not believed.
    Doubt(Doubt),
    /// We are ending.
    Stopping,
}

impl Why {
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

    /// Of two failures the one that tells more: what a source said, then that it could not be reached, then that it was
    /// not asked. Of two alike the first.
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
