//! What is found out about a certificate, and why nothing is.

use super::Policy;
use crate::fetch::NotFetched;
use beid_card::Outcome;
use beid_pki::{Doubt, RevocationReason, Statement, Status};
use jiff::Timestamp;

/// What was found out about one certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Passed: it is good. Failed: it is revoked. Unknown: neither could be proved.
    pub outcome: Outcome,
    /// Why it has not passed: `revoked` or `on-hold` if it failed; if it is unknown a [`Doubt::name`] or one of
    /// `policy-off`, `wrong-issuer`, `no-revocation-source`, `not-allowed`, `offline`, `timeout`, `too-large`, `cut-off`,
    /// `http-status`, `stopping`.
    pub reason: Option<&'static str>,
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
        let (outcome, reason, revoked_at) = match statement.status {
            Status::Good => (Outcome::Passed, None, None),
            Status::Revoked {
                at,
                reason: RevocationReason::CertificateHold,
            } => (Outcome::Failed, Some("on-hold"), Some(at)),
            Status::Revoked { at, reason: _ } => (Outcome::Failed, Some("revoked"), Some(at)),
        };
        Self {
            outcome,
            reason,
            source,
            checked_at,
            this_update: Some(statement.this_update),
            revoked_at,
        }
    }

    pub(super) fn unknown(why: Why, checked_at: Timestamp) -> Self {
        Self {
            outcome: Outcome::Unknown,
            reason: Some(why.name()),
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
            Outcome::Failed => false,
            Outcome::Unknown => policy < Policy::Require,
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
    /// The word in answers and logs; it never changes.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::PolicyOff => "policy-off",
            Self::WrongIssuer => "wrong-issuer",
            Self::NoSource => "no-revocation-source",
            Self::NotAllowed => "not-allowed",
            Self::NotFetched(why) => why.name(),
            Self::Doubt(doubt) => doubt.name(),
            Self::Stopping => "stopping",
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
