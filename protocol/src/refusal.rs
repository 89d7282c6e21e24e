//! The two ways in which a signature is not accepted.

use crate::verify::Outcome;

/// Reason why something was not accepted, as a stable word without personal data.
///
/// The difference matters to people: a signature in a form that nobody here knows may be as good as any.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Refusal {
    /// It breaks a rule, or could be read in two ways.
    Wrong(&'static str),
    /// It may be right, and is made in a way that is not judged here.
    NotJudged(&'static str),
}

impl Refusal {
    /// The stable word.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Wrong(reason) | Self::NotJudged(reason) => reason,
        }
    }
}

/// A bare word says that something is wrong.
impl From<&'static str> for Refusal {
    fn from(reason: &'static str) -> Self {
        Self::Wrong(reason)
    }
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Wrong(reason) => Self::Failed(reason),
            Refusal::NotJudged(reason) => Self::Unknown(reason),
        }
    }
}

impl From<Result<(), Refusal>> for Outcome {
    fn from(result: Result<(), Refusal>) -> Self {
        result.map_or_else(Self::from, |()| Self::Passed)
    }
}
