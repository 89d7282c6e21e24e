//! Errors on the way to an [`Outcome`].

use beid_pki::{ChainError, Outcome, Reason};

/// Outcome other than a pass, as an error: `?` carries it up to the check that it ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Objection {
    /// Something is wrong.
    Failed(Reason),
    /// It cannot be judged here, and may be as good as any.
    Unknown(Reason),
}

impl Objection {
    /// Returns the reason, whatever it makes of the check.
    pub(crate) fn reason(self) -> Reason {
        match self {
            Self::Failed(reason) | Self::Unknown(reason) => reason,
        }
    }

    /// Returns the outcome of a check that ended with `result`.
    pub(crate) fn outcome(result: Result<(), Self>) -> Outcome {
        result.map_or_else(Outcome::from, |()| Outcome::Passed)
    }
}

/// Takes a reason alone for a failure.
impl From<Reason> for Objection {
    fn from(reason: Reason) -> Self {
        Self::Failed(reason)
    }
}

impl From<ChainError> for Objection {
    fn from(error: ChainError) -> Self {
        match error {
            // What nobody here can follow is no fault of the signature. (ETSI EN 319 102-1: NO_CERTIFICATE_CHAIN_FOUND)
            ChainError::Untrusted | ChainError::UnsupportedAlgorithm | ChainError::UnknownExtension => {
                Self::Unknown(error.reason())
            }
            ChainError::BadSignature | ChainError::OutsideValidity | ChainError::NotAnAuthority => {
                Self::Failed(error.reason())
            }
        }
    }
}

impl From<Objection> for Outcome {
    fn from(objection: Objection) -> Self {
        match objection {
            Objection::Failed(reason) => Self::Failed(reason),
            Objection::Unknown(reason) => Self::Unknown(reason),
        }
    }
}
