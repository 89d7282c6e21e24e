//! Several links in one request, each with an identifier and a proof of its own.
//!
//! A signature covers one link: a proof is never used for two, though old clients did so.

use std::collections::HashSet;

use super::content::{ProofProfile, SignedContent};
use super::link::{Change, CheckedLink};
use super::{LinkFields, proof};
use crate::cms::Cms;
use crate::codes::{PlainProof, Proof};
use crate::document::{Document, DocumentProof};
use crate::error::{ProtocolError, Warning};
use crate::operation::PlatformOperation;
use crate::patient::Patient;
use crate::request::Request;
use crate::summary::{self, RequestSummary};
use crate::xml::XmlWriter;

/// Most links in one request. The limit is ours: a person must read them all.
const MOST: usize = 100;

/// One link of several, with the proof that will be brought for it.
#[derive(Clone)]
pub struct BulkLink<'a> {
    /// The patient.
    pub patient: Patient,
    /// The rest of the link.
    pub link: LinkFields<'a>,
    /// Type of proof.
    pub proof: Proof,
    /// Profile of the proof, if it is a signature.
    pub profile: ProofProfile,
}

/// A request for several links, complete but for its signatures.
#[derive(Clone)]
pub struct PreparedBulk {
    request: Request,
    entries: Vec<BulkEntry>,
    warnings: Vec<Warning>,
}

#[derive(Clone)]
struct BulkEntry {
    id: String,
    link: CheckedLink,
    proof: BulkProof,
}

#[derive(Clone)]
enum BulkProof {
    Plain(PlainProof),
    Signed(SignedContent),
}

impl PreparedBulk {
    /// Checks all links and fixes what is to be signed.
    ///
    /// # Errors
    /// As [`super::TherapeuticLinkChange::put`] and its proofs, on members of `links[0]` and so on;
    /// [`ProtocolError::InvalidRequest`] on `links` if there are none or more than a hundred, on `links[1]` if it is the
    /// same as one before, on `dialect` if it has no such request.
    ///
    /// Source: hubservices protocol 2.3, `PutTherapeuticLinkBulkRequest`.
    pub fn new(request: Request, links: Vec<BulkLink<'_>>) -> Result<Self, ProtocolError> {
        request.dialect().must_have(PlatformOperation::PutLinks)?;
        if !(1..=MOST).contains(&links.len()) {
            return Err(ProtocolError::invalid("links", format!("must be 1 to {MOST}")));
        }
        let mut bulk = Self {
            warnings: request.warnings(),
            request,
            entries: Vec::with_capacity(links.len()),
        };
        let mut seen = HashSet::new();
        for (index, link) in links.into_iter().enumerate() {
            let parent = format!("links[{index}]");
            let (entry, warnings) = bulk.entry(index, link).map_err(|error| error.under(&parent))?;
            let link = &entry.link;
            // Patient, provider and type make the link: one of a type between the same two is enough.
            let key = (
                link.patient.ssin().clone(),
                link.party.first_identifier().to_owned(),
                link.link_type.code,
            );
            if !seen.insert(key) {
                return Err(ProtocolError::invalid(parent, "is there already"));
            }
            bulk.warnings.extend(warnings.into_iter().map(|w| w.under(&parent)));
            bulk.entries.push(entry);
        }
        Ok(bulk)
    }

    fn entry(&self, index: usize, of: BulkLink<'_>) -> Result<(BulkEntry, Vec<Warning>), ProtocolError> {
        let (link, mut warnings) = CheckedLink::parse(&self.request, Change::Put, of.patient, of.link)?;
        warnings.extend(link.check_proof(Change::Put, of.proof)?);
        let proof = match of.proof {
            Proof::Plain(plain) => BulkProof::Plain(plain),
            Proof::EidSigning => BulkProof::Signed(SignedContent::new(&link, &self.request, of.profile)?),
        };
        // No other identifiers have a dash, so this one differs from those of other requests in the same second.
        let id = format!("{}-{}", self.request.id(), index + 1);
        Ok((BulkEntry { id, link, proof }, warnings))
    }

    /// The identifier the request will have.
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.request.id()
    }

    /// Warnings for a person.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Contents to be signed, link after link; none for a link whose proof is a bare code.
    pub fn contents(&self) -> impl Iterator<Item = Option<&SignedContent>> {
        self.entries.iter().map(|entry| match &entry.proof {
            BulkProof::Plain(_) => None,
            BulkProof::Signed(content) => Some(content),
        })
    }

    /// Summary of the links that will be registered, read back from the bytes of the request.
    ///
    /// # Errors
    /// [`ProtocolError::MalformedDocument`] if we cannot read what we wrote: then nobody must sign it.
    pub fn request_summary(&self) -> Result<RequestSummary, ProtocolError> {
        // Proofs do not exist before the signing that this summary is for.
        let unproved = self.entries.iter().map(|_| &DocumentProof::Absent);
        summary::read_request(&Request::end(PlatformOperation::PutLinks, self.write(unproved)?)?)
    }

    /// Finishes the request with the signatures over the [`contents`](PreparedBulk::contents), in that order.
    ///
    /// # Errors
    /// [`ProtocolError::Internal`] if there are more or fewer, or if one signs something else.
    pub fn with_proofs(self, signatures: Vec<Cms>) -> Result<Document, ProtocolError> {
        const COUNT: ProtocolError = ProtocolError::Internal {
            reason: "not one signature for each link that needs one",
        };
        let mut signatures = signatures.into_iter();
        let mut proofs = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            proofs.push(match &entry.proof {
                BulkProof::Plain(plain) => DocumentProof::Plain(*plain),
                BulkProof::Signed(content) => {
                    let cms = signatures.next().ok_or(COUNT)?;
                    // Also refuses the signature over another link of this request.
                    content.must_be_in(&cms)?;
                    DocumentProof::Signed(cms)
                }
            });
        }
        if signatures.next().is_some() {
            return Err(COUNT);
        }
        let xml = self.write(proofs.iter())?;
        let records = self.entries.into_iter().zip(proofs);
        let records = records.map(|(entry, proof)| entry.link.record(Some(entry.id), proof));
        Document::new(
            &self.request,
            PlatformOperation::PutLinks,
            xml,
            records.collect(),
            self.warnings,
        )
    }

    fn write<'a>(&self, proofs: impl Iterator<Item = &'a DocumentProof>) -> Result<XmlWriter, ProtocolError> {
        let mut xml = self.request.begin(PlatformOperation::PutLinks, None)?;
        for (entry, proof) in self.entries.iter().zip(proofs) {
            xml.element("therapeuticlinkrequest", &[], |xml| {
                xml.text("id", &[("S", "ID-KMEHR"), ("SV", "1.0")], &entry.id)?;
                let written = entry.link.registered(&self.request)?;
                entry.link.write(xml, &[], &self.request, &written)?;
                match proof {
                    DocumentProof::Absent => Ok(()),
                    DocumentProof::Plain(plain) => proof::write_plain(xml, *plain),
                    DocumentProof::Signed(cms) => proof::write_signed(xml, cms),
                }
            })?;
        }
        Ok(xml)
    }
}

redacted_debug!(PreparedBulk);
