//! Statements of issuers about revocation, and reasons not to believe them.

use crate::{Certificate, Outcome, PkiError, Reason, SignatureAlgorithm};
use der::Encode;
use jiff::{SignedDuration, Timestamp};
use x509_cert::spki::AlgorithmIdentifierRef;

/// Tolerated difference between a source's clock and ours.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Maximum age of a statement that nothing else shows to be fresh: no `nextUpdate`, or no nonce of ours in it.
pub(crate) const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Statement of an issuer about one certificate; signature, signer and dates are checked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Statement {
    /// Status of the certificate.
    pub status: Status,
    /// Time at which the source knew this (`thisUpdate`).
    pub this_update: Timestamp,
    /// Time by which there will be something newer (`nextUpdate`); a day later if the source does not say.
    pub next_update: Timestamp,
}

/// Revocation status of a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// Not revoked.
    Good,
    /// Revoked, or put on hold: the certificate must not be believed.
    Revoked {
        /// Time of the revocation.
        at: Timestamp,
        /// Reason that the issuer gives.
        reason: RevocationReason,
    },
}

impl Status {
    /// Returns the outcome of the check that a certificate was not revoked.
    #[must_use]
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Good => Outcome::Passed,
            Self::Revoked {
                reason: RevocationReason::CertificateHold,
                ..
            } => Outcome::Failed(Reason::OnHold),
            Self::Revoked { .. } => Outcome::Failed(Reason::Revoked),
        }
    }
}

/// Reason for a revocation: `CRLReason` (RFC 5280, 5.3.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RevocationReason {
    /// Nothing is said.
    Unspecified,
    /// Somebody else has the key.
    KeyCompromise,
    /// Somebody else has the authority's key.
    CaCompromise,
    /// The holder's data have changed.
    AffiliationChanged,
    /// There is a newer one.
    Superseded,
    /// It is not needed any more.
    CessationOfOperation,
    /// Put aside for a while: suspended, or not activated yet.
    CertificateHold,
    /// A privilege was taken away.
    PrivilegeWithdrawn,
    /// Somebody else has the attribute authority's key.
    AaCompromise,
    /// A number that is not known here.
    Unknown(u8),
}

impl From<u8> for RevocationReason {
    fn from(number: u8) -> Self {
        match number {
            0 => Self::Unspecified,
            1 => Self::KeyCompromise,
            2 => Self::CaCompromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::CertificateHold,
            9 => Self::PrivilegeWithdrawn,
            10 => Self::AaCompromise,
            other => Self::Unknown(other),
        }
    }
}

/// Reason not to believe an OCSP answer or a revocation list. None of them ever makes a check pass.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Doubt {
    /// The structure is malformed, or cut off.
    #[error("the answer is malformed")]
    Malformed,
    /// The responder says that it will not, or cannot now, answer.
    #[error("the responder refuses to answer")]
    ResponderRefused,
    /// The responder says that it does not know the certificate.
    #[error("the responder does not know the certificate")]
    ResponderUnknown,
    /// The answer is about other certificates.
    #[error("the answer is about another certificate")]
    OtherCertificate,
    /// The answer is to somebody else's request.
    #[error("the answer is to another request")]
    WrongNonce,
    /// The signer may not speak for the issuer.
    #[error("the signer may not speak for the issuer")]
    WrongSigner,
    /// The signature does not match the signer's key.
    #[error("the signature does not match")]
    BadSignature,
    /// The signature algorithm, or the signer's key, is not supported.
    #[error("the signature algorithm is not supported")]
    UnsupportedAlgorithm,
    /// A critical extension is not known here.
    #[error("a critical extension is not supported")]
    UnsupportedExtension,
    /// The list does not have every revocation of this certificate's issuer.
    #[error("the list is a part of the whole")]
    PartialList,
    /// The answer or list is past its `nextUpdate`, or older than a day where nothing shows that it is fresh.
    #[error("the answer is too old")]
    Stale,
    /// The answer or list bears a time that is still to come.
    #[error("the answer is from the future")]
    FromTheFuture,
    /// The certificate has expired. Issuers forget such certificates, so "good" proves nothing.
    #[error("the certificate is past its last day")]
    CertificateExpired,
}

impl Doubt {
    /// Returns the reason that checks give for this doubt.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Self::Malformed => Reason::Malformed,
            Self::ResponderRefused => Reason::ResponderRefused,
            Self::ResponderUnknown => Reason::ResponderUnknown,
            Self::OtherCertificate => Reason::OtherCertificate,
            Self::WrongNonce => Reason::WrongNonce,
            Self::WrongSigner => Reason::WrongSigner,
            Self::BadSignature => Reason::SignatureDoesNotVerify,
            Self::UnsupportedAlgorithm => Reason::AlgorithmNotSupported,
            Self::UnsupportedExtension => Reason::UnknownCriticalExtension,
            Self::PartialList => Reason::PartialList,
            Self::Stale => Reason::Stale,
            Self::FromTheFuture => Reason::FromTheFuture,
            Self::CertificateExpired => Reason::CertificateExpired,
        }
    }
}

impl From<der::Error> for Doubt {
    fn from(_: der::Error) -> Self {
        Self::Malformed
    }
}

/// Period for which a statement is made.
#[derive(Clone, Copy)]
pub(crate) struct Period {
    pub(crate) this_update: Timestamp,
    pub(crate) next_update: Option<Timestamp>,
}

impl Period {
    /// Makes a statement of `status` if it can be believed at `at`.
    pub(crate) fn state(self, status: Status, certificate: &Certificate, at: Timestamp) -> Result<Statement, Doubt> {
        let Self {
            this_update,
            next_update,
        } = self;
        let next_update = match next_update {
            Some(next) => next,
            None => later(this_update, MAX_AGE)?,
        };
        if next_update < this_update {
            return Err(Doubt::Malformed);
        }
        not_from_the_future(this_update, at)?;
        if at > later(next_update, SKEW)? {
            return Err(Doubt::Stale);
        }
        if status == Status::Good && at > certificate.not_after() {
            return Err(Doubt::CertificateExpired);
        }
        Ok(Statement {
            status,
            this_update,
            next_update,
        })
    }
}

pub(crate) fn not_from_the_future(time: Timestamp, at: Timestamp) -> Result<(), Doubt> {
    if time > later(at, SKEW)? {
        Err(Doubt::FromTheFuture)
    } else {
        Ok(())
    }
}

pub(crate) fn later(time: Timestamp, by: SignedDuration) -> Result<Timestamp, Doubt> {
    time.checked_add(by).map_err(|_| Doubt::Malformed)
}

/// Converts the time since 1970 of a DER date, in whole seconds.
pub(crate) fn timestamp(since_1970: std::time::Duration) -> Result<Timestamp, Doubt> {
    let seconds = i64::try_from(since_1970.as_secs()).map_err(|_| Doubt::Malformed)?;
    Timestamp::from_second(seconds).map_err(|_| Doubt::Malformed)
}

/// Checks that `signer` made `signature` over `signed`, with `algorithm`.
pub(crate) fn verify(
    signer: &Certificate,
    algorithm: &AlgorithmIdentifierRef<'_>,
    signed: &[u8],
    signature: &[u8],
) -> Result<(), Doubt> {
    let parameters = algorithm.parameters.as_ref().map(Encode::to_der).transpose()?;
    let algorithm = SignatureAlgorithm::parse(&algorithm.oid.to_string(), parameters.as_deref())
        .map_err(|_| Doubt::UnsupportedAlgorithm)?;
    let verified = signer.public_key().verify_with(algorithm, signed, signature);
    verified.map_err(|error| match error {
        PkiError::UnsupportedKey | PkiError::UnsupportedAlgorithm(_) => Doubt::UnsupportedAlgorithm,
        PkiError::MalformedCertificate
        | PkiError::WrongDigestLength
        | PkiError::BadSignature
        | PkiError::WrongIssuer => Doubt::BadSignature,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{certificate, holder, root};
    use RevocationReason::*;

    #[test]
    fn numbers_are_the_reasons_of_rfc_5280_and_the_others_are_kept() {
        let known = [
            (0, Unspecified),
            (1, KeyCompromise),
            (2, CaCompromise),
            (3, AffiliationChanged),
            (4, Superseded),
            (5, CessationOfOperation),
            (6, CertificateHold),
            (9, PrivilegeWithdrawn),
            (10, AaCompromise),
        ];
        for number in 0..=u8::MAX {
            let row = known.iter().find(|(known, _)| *known == number);
            let expected = row.map_or(Unknown(number), |(_, reason)| *reason);
            assert_eq!(RevocationReason::from(number), expected);
        }
    }

    #[test]
    fn a_revoked_certificate_fails_and_one_on_hold_says_so() {
        assert_eq!(Status::Good.outcome(), Outcome::Passed);
        for number in 0..=u8::MAX {
            let (at, reason) = (moment(0), RevocationReason::from(number));
            let expected = if number == 6 { Reason::OnHold } else { Reason::Revoked };
            assert_eq!(Status::Revoked { at, reason }.outcome(), Outcome::Failed(expected));
        }
    }

    #[test]
    fn doubts_have_reasons_of_their_own() {
        #[rustfmt::skip] // one row a line
        let rows = [
            (Doubt::Malformed, "malformed"),
            (Doubt::ResponderRefused, "responder-refused"),
            (Doubt::ResponderUnknown, "responder-unknown"),
            (Doubt::OtherCertificate, "other-certificate"),
            (Doubt::WrongNonce, "wrong-nonce"),
            (Doubt::WrongSigner, "wrong-signer"),
            (Doubt::BadSignature, "signature-does-not-verify"),
            (Doubt::UnsupportedAlgorithm, "algorithm-not-supported"),
            (Doubt::UnsupportedExtension, "unknown-critical-extension"),
            (Doubt::PartialList, "partial-list"),
            (Doubt::Stale, "stale"),
            (Doubt::FromTheFuture, "from-the-future"),
            (Doubt::CertificateExpired, "certificate-expired"),
        ];
        for (doubt, word) in rows {
            assert_eq!(doubt.reason().word(), word);
        }
    }

    /// A number of seconds after the last second in which [`statement`] finds its certificate valid.
    fn moment(seconds: i64) -> Timestamp {
        let last: Timestamp = "2039-12-31T00:00:00Z".parse().unwrap();
        last + SignedDuration::from_secs(seconds)
    }

    /// Statement with these dates as seen at a moment, each in seconds as for [`moment`].
    fn statement(this_update: i64, next_update: Option<i64>, status: Status, at: i64) -> Result<i64, Doubt> {
        let period = Period {
            this_update: moment(this_update),
            next_update: next_update.map(moment),
        };
        let lena = certificate(&root(holder("Lena D'HAEN (Signature)", "80000000031")));
        let statement = period.state(status, &lena, moment(at))?;
        assert_eq!((statement.status, statement.this_update), (status, moment(this_update)));
        Ok(statement.next_update.duration_since(moment(0)).as_secs())
    }

    #[test]
    fn dates_hold_to_the_second() {
        let (good, day, skew) = (Status::Good, 24 * 3600, 300);
        let revoked = Status::Revoked {
            at: moment(-9),
            reason: Unspecified,
        };
        #[rustfmt::skip] // one row a line
        let rows = [
            // Made, next one, status, seen; next one as told.
            (-60, Some(-10), good, -20, Ok(-10)),
            (-60, Some(-60), good, -60, Ok(-60)),
            (-60, Some(-61), good, -60, Err(Doubt::Malformed)),
            (-60, None, good, -20, Ok(day - 60)),
            (-60 - skew, Some(-60 - skew), good, -60, Ok(-60 - skew)),
            (-60 - skew, Some(-60 - skew), good, -59, Err(Doubt::Stale)),
            (-day - skew, None, good, 0, Ok(-skew)),
            (-day - skew - 1, None, good, 0, Err(Doubt::Stale)),
            (skew - 60, Some(9999), good, -60, Ok(9999)),
            (skew - 59, Some(9999), good, -60, Err(Doubt::FromTheFuture)),
            (-60, Some(9999), good, 0, Ok(9999)),
            (-60, Some(9999), good, 1, Err(Doubt::CertificateExpired)),
            (-60, Some(9999), revoked, 1, Ok(9999)),
        ];
        for (made, next, status, at, expected) in rows {
            assert_eq!(
                statement(made, next, status, at),
                expected,
                "{made} {next:?} {status:?} {at}"
            );
        }
    }
}
