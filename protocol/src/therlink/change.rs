//! Registering a link, or ending one: two requests of one form.

use beid_pki::Certificate;
use jiff::Timestamp;

use super::content::{ProofProfile, SignedContent};
use super::link::{Change, CheckedLink};
use super::{LinkFields, proof};
use crate::author::Actor;
use crate::cms::Cms;
use crate::codes::{PlainProof, Proof};
use crate::document::{Document, DocumentProof};
use crate::error::{ProtocolError, Warning};
use crate::operation::PlatformOperation;
use crate::patient::Patient;
use crate::period::LinkPeriod;
use crate::request::Request;
use crate::signature::Pending;
use crate::summary::{self, RequestSummary};
use crate::xml::XmlWriter;

/// A request to register or to revoke a link, complete but for its proof.
#[derive(Clone)]
pub struct TherapeuticLinkChange {
    request: Request,
    change: Change,
    link: CheckedLink,
    warnings: Vec<Warning>,
}

impl TherapeuticLinkChange {
    /// A request to register a link. Checks what is asked, and fills in what is usual: the author's first party, today,
    /// the usual period.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `type`, `situation`, `comment`, `proofReason`, `hcParty`, `representative` or
    /// `dialect`; [`ProtocolError::PeriodNotAllowed`] on `startDate` or `endDate`; [`ProtocolError::PatientMismatch`] if
    /// a citizen asks and the representative is another.
    ///
    /// Source: hubservices protocol 2.3 and 3.5, `PutTherapeuticLinkRequest`.
    pub fn put(request: Request, patient: Patient, fields: LinkFields<'_>) -> Result<Self, ProtocolError> {
        Self::new(request, Change::Put, patient, fields)
    }

    /// A request to end a link. It repeats patient, provider, type and dates of the link as it was registered.
    ///
    /// # Errors
    /// As [`TherapeuticLinkChange::put`]; a situation is for links to come.
    ///
    /// Source: hubservices protocol 2.3 and 3.5, `RevokeTherapeuticLinkRequest`.
    pub fn revoke(request: Request, patient: Patient, fields: LinkFields<'_>) -> Result<Self, ProtocolError> {
        Self::new(request, Change::Revoke, patient, fields)
    }

    fn new(request: Request, change: Change, patient: Patient, fields: LinkFields<'_>) -> Result<Self, ProtocolError> {
        let mut warnings = request.warnings();
        let (link, of_link) = CheckedLink::parse(&request, change, patient, fields)?;
        warnings.extend(of_link);
        Ok(Self {
            request,
            change,
            link,
            warnings,
        })
    }

    /// Warnings for a person.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Period during which the link will hold, or held.
    #[must_use]
    pub fn period(&self) -> LinkPeriod {
        self.link.period
    }

    /// Finishes the request with a proof that is a bare code. In the dialect of hubs it is checked and remembered, and
    /// not written: hubs take the numbers of the patient's cards for evidence.
    ///
    /// # Errors
    /// [`ProtocolError::ProofNotAllowed`] if the patient lacks the card number that the proof speaks of;
    /// [`ProtocolError::InvalidRequest`] on `proofReason` if a number was typed and nobody says why.
    pub fn with_plain_proof(mut self, plain: PlainProof) -> Result<Document, ProtocolError> {
        self.warnings
            .extend(self.link.check_proof(self.change, Proof::Plain(plain))?);
        let mut xml = self.head()?;
        if self.request.dialect().rules().proofs {
            proof::write_plain(&mut xml, plain)?;
        }
        self.document(xml, DocumentProof::Plain(plain))
    }

    /// Finishes the request without any proof: for hubs, and for citizens, whose eID has opened the platform to them.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `proof` where one is needed.
    pub fn without_proof(self) -> Result<Document, ProtocolError> {
        let needed = self.request.dialect().rules().proofs && self.request.author().actor() != Actor::Citizen;
        if needed {
            return Err(ProtocolError::invalid("proof", "is needed"));
        }
        let xml = self.head()?;
        self.document(xml, DocumentProof::Absent)
    }

    /// Fixes the bytes of the request and those that the patient is to sign.
    ///
    /// # Errors
    /// [`ProtocolError::ProofNotAllowed`] if the number of the patient's eID is not known;
    /// [`ProtocolError::InvalidRequest`] on `dialect` if it has no place for a signature.
    pub fn prepare(mut self, profile: impl Into<ProofProfile>) -> Result<Prepared, ProtocolError> {
        if !self.request.dialect().rules().proofs {
            return Err(ProtocolError::invalid(
                "dialect",
                "has no place for a signature, only national has",
            ));
        }
        self.warnings
            .extend(self.link.check_proof(self.change, Proof::EidSigning)?);
        Ok(Prepared {
            // Fixed now: the proof is only added behind these bytes, so what was shown is what is sent.
            head: self.head()?.finish(),
            content: SignedContent::new(&self.link, &self.request, profile.into())?,
            change: self,
        })
    }

    /// The document up to where the proof goes, its root still open.
    fn head(&self) -> Result<XmlWriter, ProtocolError> {
        let mut xml = self.request.begin(self.operation(), None)?;
        let written = self.link.registered(&self.request)?;
        self.link.write(&mut xml, &[], &self.request, &written)?;
        Ok(xml)
    }

    fn operation(&self) -> PlatformOperation {
        match self.change {
            Change::Put => PlatformOperation::PutLink,
            Change::Revoke => PlatformOperation::RevokeLink,
        }
    }

    fn document(self, xml: XmlWriter, proof: DocumentProof) -> Result<Document, ProtocolError> {
        let links = vec![self.link.record(None, proof)];
        Document::new(&self.request, self.operation(), xml, links, self.warnings)
    }
}

/// A request whose bytes are fixed, waiting for the patient's signature.
#[derive(Clone)]
pub struct Prepared {
    change: TherapeuticLinkChange,
    head: Vec<u8>,
    content: SignedContent,
}

impl Prepared {
    /// The exact bytes that the signature covers: a UTF-8 XML document.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        self.content.bytes()
    }

    /// The content from which a signature begins.
    #[must_use]
    pub fn to_sign(&self) -> &SignedContent {
        &self.content
    }

    /// Summary of the link to register or to revoke, read back from the bytes of the request.
    ///
    /// # Errors
    /// [`ProtocolError::MalformedDocument`] if we cannot read what we wrote: then nobody must sign it.
    pub fn request_summary(&self) -> Result<RequestSummary, ProtocolError> {
        // A copy, ended for reading only: the proof goes in before the real end.
        let xml = XmlWriter::resume(self.head.clone());
        summary::read_request(&Request::end(self.change.operation(), xml)?)
    }

    /// The identifier the request will have.
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.change.request.id()
    }

    /// Begins the signature; see [`SignedContent::cms`].
    ///
    /// # Errors
    /// As there.
    pub fn cms(
        &self,
        signer: &Certificate,
        chain: &[Certificate],
        signing_time: Timestamp,
    ) -> Result<Pending<Cms>, ProtocolError> {
        self.content.cms(signer, chain, signing_time)
    }

    /// Finishes the request with the signature over its content.
    ///
    /// # Errors
    /// [`ProtocolError::Internal`] if `cms` signs something else.
    pub fn with_proof(self, cms: Cms) -> Result<Document, ProtocolError> {
        self.content.must_be_in(&cms)?;
        let mut xml = XmlWriter::resume(self.head);
        proof::write_signed(&mut xml, &cms)?;
        self.change.document(xml, DocumentProof::Signed(cms))
    }
}

redacted_debug!(TherapeuticLinkChange Prepared);
