//! What a source of revocation says, once it is believed, and why it is not.

use crate::{Certificate, PkiError, SignatureAlgorithm};
use der::Encode;
use jiff::{SignedDuration, Timestamp};
use x509_cert::spki::AlgorithmIdentifierRef;

/// How far a source's clock may be from ours.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// How old a statement may be where nothing else shows that it is fresh: no `nextUpdate`, or no nonce of ours in it.
pub(crate) const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

/// What an issuer says of one certificate; signature, signer and dates are checked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Statement {
    /// Revoked or not.
    pub status: Status,
    /// When this was known to be so.
    pub this_update: Timestamp,
    /// When there will be something newer; a source that does not say gets a day.
    pub next_update: Timestamp,
}

/// Revoked or not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// Not revoked.
    Good,
    /// Revoked, or put on hold: the certificate must not be believed.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why, as its issuer says.
        reason: RevocationReason,
    },
}

/// Why a certificate was revoked: `CRLReason` (RFC 5280, 5.3.1).
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
    /// A number we do not know yet.
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

/// Why a source's answer says nothing about a certificate. None of them is ever a reason to pass.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Doubt {
    /// Not the structure it should be, or cut off.
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
    /// Signed by somebody whom the issuer did not ask to.
    #[error("the signer may not speak for the issuer")]
    WrongSigner,
    /// The signature is not the signer's.
    #[error("the signature does not match")]
    BadSignature,
    /// Signed in a way we cannot check.
    #[error("the signature algorithm is not supported")]
    UnsupportedAlgorithm,
    /// Something in it that must be understood is not.
    #[error("a critical extension is not supported")]
    UnsupportedExtension,
    /// A list that does not have every revocation of this certificate's issuer.
    #[error("the list is a part of the whole")]
    PartialList,
    /// There should be something newer by now.
    #[error("the answer is too old")]
    Stale,
    /// It speaks of a time to come.
    #[error("the answer is from the future")]
    FromTheFuture,
    /// Issuers forget certificates that are past their last day: that nothing is said proves nothing.
    #[error("the certificate is past its last day")]
    CertificateExpired,
}

impl Doubt {
    /// The word in answers and logs; it never changes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::ResponderRefused => "responder-refused",
            Self::ResponderUnknown => "responder-unknown",
            Self::OtherCertificate => "other-certificate",
            Self::WrongNonce => "wrong-nonce",
            Self::WrongSigner => "wrong-signer",
            Self::BadSignature => "bad-signature",
            Self::UnsupportedAlgorithm => "unsupported-algorithm",
            Self::UnsupportedExtension => "unsupported-extension",
            Self::PartialList => "partial-list",
            Self::Stale => "stale",
            Self::FromTheFuture => "from-the-future",
            Self::CertificateExpired => "certificate-expired",
        }
    }
}

impl From<der::Error> for Doubt {
    fn from(_: der::Error) -> Self {
        Self::Malformed
    }
}

/// From when until when something is said to be so.
#[derive(Clone, Copy)]
pub(crate) struct Period {
    pub(crate) this_update: Timestamp,
    pub(crate) next_update: Option<Timestamp>,
}

impl Period {
    /// What `status` is worth at `at`.
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

/// A time as DER dates give it: since 1970, whole seconds.
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
