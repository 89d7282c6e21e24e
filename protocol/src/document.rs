//! A request that is finished: nothing can be changed in it any more.

use crate::cms::Cms;
use crate::codes::PlainProof;
use crate::error::Warning;
use crate::period::Period;

/// A finished request, ready for the caller's SOAP body.
#[derive(Clone)]
pub struct Document {
    pub(crate) request_id: String,
    pub(crate) xml: String,
    pub(crate) proof: DocumentProof,
    pub(crate) period: Period,
    pub(crate) warnings: Vec<Warning>,
}

/// The proof in a finished request.
#[derive(Clone, Debug)]
pub enum DocumentProof {
    /// A bare code.
    Plain(PlainProof),
    /// `eidsigning`, with its signature.
    Signed(Cms),
}

impl DocumentProof {
    /// The code as it is written in the document.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Plain(proof) => proof.code(),
            Self::Signed(_) => "eidsigning",
        }
    }

    /// The signature, if there is one.
    #[must_use]
    pub fn cms(&self) -> Option<&Cms> {
        match self {
            Self::Plain(_) => None,
            Self::Signed(cms) => Some(cms),
        }
    }
}

impl Document {
    /// Identifier of the request.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The document, UTF-8, on one line. Indenting it is harmless; the signature lies in the CMS alone.
    #[must_use]
    pub fn xml(&self) -> &str {
        &self.xml
    }

    /// Its proof.
    #[must_use]
    pub fn proof(&self) -> &DocumentProof {
        &self.proof
    }

    /// From when to when the link holds.
    #[must_use]
    pub fn period(&self) -> Period {
        self.period
    }

    /// What a person should look at.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

redacted_debug!(Document);
