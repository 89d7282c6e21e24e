//! A finished request: nothing in it can be changed any more.

use crate::cms::Cms;
use crate::codes::PlainProof;
use crate::dialect::Dialect;
use crate::error::{ProtocolError, Warning};
use crate::operation::PlatformOperation;
use crate::period::LinkPeriod;
use crate::representative::Representative;
use crate::request::Request;
use crate::xml::XmlWriter;

/// A finished request, ready for the caller's SOAP body.
#[derive(Clone)]
pub struct Document {
    request_id: String,
    xml: String,
    operation: PlatformOperation,
    dialect: Dialect,
    links: Vec<LinkRecord>,
    representative: Option<Representative>,
    warnings: Vec<Warning>,
}

/// One link in a document, with the facts kept beside it.
#[derive(Clone)]
pub struct LinkRecord {
    /// Identifier of its own, in a bulk request.
    pub id: Option<String>,
    /// Days during which the link holds.
    pub period: LinkPeriod,
    /// The proof. Hubs have no place for it: there it records how the numbers of the patient were obtained.
    pub proof: DocumentProof,
    /// Reason, in a person's words, why a weaker proof was taken. The schema has no place for it and the remark is the
    /// caller's, so it is never in the document: callers keep it beside the document.
    pub proof_reason: Option<String>,
}

/// The proof in a finished request.
#[derive(Clone, Debug)]
pub enum DocumentProof {
    /// None: consents, exclusions, and queries that bring none.
    Absent,
    /// A bare code.
    Plain(PlainProof),
    /// `eidsigning`, with its signature.
    Signed(Cms),
}

impl DocumentProof {
    /// The code as it is written in the document.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Absent => None,
            Self::Plain(proof) => Some(proof.code()),
            Self::Signed(_) => Some("eidsigning"),
        }
    }

    /// The signature, if there is one.
    #[must_use]
    pub fn cms(&self) -> Option<&Cms> {
        match self {
            Self::Absent | Self::Plain(_) => None,
            Self::Signed(cms) => Some(cms),
        }
    }
}

impl Document {
    /// Ends the document that `request` began in `xml`.
    pub(crate) fn new(
        request: &Request,
        operation: PlatformOperation,
        xml: XmlWriter,
        links: Vec<LinkRecord>,
        warnings: Vec<Warning>,
    ) -> Result<Self, ProtocolError> {
        let xml = String::from_utf8(Request::end(operation, xml)?).map_err(|_| ProtocolError::Internal {
            reason: "XML is not UTF-8",
        })?;
        Ok(Self {
            request_id: request.id().to_owned(),
            xml,
            operation,
            dialect: request.dialect(),
            links,
            representative: request.representative().cloned(),
            warnings,
        })
    }

    /// Identifier of the request.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The document, UTF-8, on one line. Indenting it is harmless as long as nothing signs it whole; the signature of a
    /// proof lies in the CMS alone.
    #[must_use]
    pub fn xml(&self) -> &str {
        &self.xml
    }

    /// Operation that it asks for.
    #[must_use]
    pub fn operation(&self) -> PlatformOperation {
        self.operation
    }

    /// Dialect in which it is written.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The links it registers or revokes: one, or as many as a bulk request has.
    #[must_use]
    pub fn links(&self) -> &[LinkRecord] {
        &self.links
    }

    /// Its proof; of a bulk request, the first.
    #[must_use]
    pub fn proof(&self) -> &DocumentProof {
        self.links.first().map_or(&DocumentProof::Absent, |link| &link.proof)
    }

    /// Period of its link; of a bulk request, the first.
    #[must_use]
    pub fn period(&self) -> Option<LinkPeriod> {
        self.links.first().map(|link| link.period)
    }

    /// The person who acts for the patient, in the document or beside it.
    #[must_use]
    pub fn representative(&self) -> Option<&Representative> {
        self.representative.as_ref()
    }

    /// Warnings for a person.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

redacted_debug!(Document LinkRecord);
