//! The therapeutic link: a patient and a provider, of one type, for a period, with a proof.
//!
//! ```text
//! PutTherapeuticLink --with_plain_proof--------------------------------> Document   (eidreading, isireading...)
//!                    --prepare--> Prepared --cms--> cms::Pending
//!                                     |                  | digest, card, finish
//!                                     +----with_proof----+-------------> Document   (eidsigning)
//! ```
//!
//! So an `eidsigning` document cannot be had without a signature over its content, nor a plain one with a signature.

use beid_pki::Certificate;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::cms::{Cms, Pending, SigningCertificate};
use crate::codes::{CardRequired, LinkType, PlainProof, Situation};
use crate::document::{Document, DocumentProof};
use crate::error::{ProtocolError, Warning};
use crate::name::text;
use crate::party::HcParty;
use crate::patient::Patient;
use crate::period::Period;
use crate::request::Request;
use crate::summary::{self, RequestSummary, SignedSummary};
use crate::xml::{Attributes, CORE_V2, KMEHR, PROTOCOL_V2, Standalone, Vocabulary, XmlWriter};

const ROOT: &str = "p:PutTherapeuticLinkRequest";

/// What a caller says of a link, besides author and patient.
#[derive(Clone, Default)]
pub struct LinkFields<'a> {
    /// The provider concerned, if not the author's first party.
    pub party: Option<HcParty>,
    /// Code of CD-THERAPEUTICLINKTYPE.
    pub link_type: &'a str,
    /// `long-term`, `occasional` or `emergency`, where that decides the period.
    pub situation: Option<&'a str>,
    /// First day, today if absent.
    pub start_date: Option<Date>,
    /// First day after the link; the usual one if absent.
    pub end_date: Option<Date>,
    /// Free text that goes along.
    pub comment: Option<&'a str>,
}

/// What an `eidsigning` proof signs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Profile {
    /// What the official client signs: a link of type `ignored` that holds for five minutes. Accepted today.
    #[default]
    Connector,
    /// The very link of the request, as a document of its own. Says what it is evidence of.
    Strict,
}

impl Profile {
    /// Parses `connector` or `strict`.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `proofProfile`.
    pub fn parse(name: &str) -> Result<Self, ProtocolError> {
        match name {
            "connector" => Ok(Self::Connector),
            "strict" => Ok(Self::Strict),
            _ => Err(ProtocolError::invalid("proofProfile", "must be connector or strict")),
        }
    }
}

/// A request to register a link, complete but for its proof.
#[derive(Clone)]
pub struct PutTherapeuticLink {
    request: Request,
    patient: Patient,
    party: HcParty,
    link_type: &'static LinkType,
    period: Period,
    comment: Option<String>,
    warnings: Vec<Warning>,
}

impl PutTherapeuticLink {
    /// Checks what is asked, and fills in what is usual: the author's first party, today, the usual period.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `type`, `situation` or `comment`; [`ProtocolError::PeriodNotAllowed`] on
    /// `startDate` or `endDate`.
    ///
    /// Source: hubservices protocol 2.3, `PutTherapeuticLinkRequest`; core 2.3, `TherapeuticLinkType`.
    pub fn new(request: Request, patient: Patient, fields: LinkFields<'_>) -> Result<Self, ProtocolError> {
        let link_type = LinkType::parse(fields.link_type)?;
        let situation = fields.situation.map(Situation::parse).transpose()?;
        let usual_months = situation.map(Situation::months).or(link_type.usual_months);
        let (period, of_period) = Period::new(request.at().date(), fields.start_date, fields.end_date, usual_months)?;
        let comment = fields
            .comment
            .map(|comment| text("comment", comment, 500))
            .transpose()?;

        let mut warnings: Vec<_> = request
            .author()
            .warnings()
            .into_iter()
            .map(|w| w.under("author"))
            .collect();
        warnings.extend(
            fields
                .party
                .iter()
                .flat_map(HcParty::warnings)
                .map(|w| w.under("hcParty")),
        );
        warnings.extend(patient.warnings().into_iter().map(|w| w.under("patient")));
        warnings.extend(of_period);
        let party = fields.party.unwrap_or_else(|| request.author().first().clone());
        Ok(Self {
            request,
            patient,
            party,
            link_type,
            period,
            comment,
            warnings,
        })
    }

    /// What a person should look at.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// From when to when the link will hold.
    #[must_use]
    pub fn period(&self) -> Period {
        self.period
    }

    /// Finishes the request with a proof that is a bare code.
    ///
    /// # Errors
    /// [`ProtocolError::ProofNotAllowed`] if the patient lacks the card number that the proof speaks of.
    pub fn with_plain_proof(self, proof: PlainProof) -> Result<Document, ProtocolError> {
        self.check_card(proof.card())?;
        let mut xml = XmlWriter::resume(self.head()?);
        xml.element("proof", &[], |xml| xml.text("cd", PROOF_TYPE, proof.code()))?;
        xml.close(ROOT)?;
        self.document(xml, DocumentProof::Plain(proof))
    }

    /// Fixes the bytes of the request and those that the patient is to sign.
    ///
    /// # Errors
    /// [`ProtocolError::ProofNotAllowed`] if the number of the patient's eID is not known.
    pub fn prepare(self, profile: Profile) -> Result<Prepared, ProtocolError> {
        self.check_card(CardRequired::Eid)?;
        let content = match profile {
            Profile::Connector => self.connector_content()?,
            Profile::Strict => self.strict_content()?,
        };
        Ok(Prepared {
            head: self.head()?,
            content,
            put: self,
        })
    }

    fn check_card(&self, required: CardRequired) -> Result<(), ProtocolError> {
        let (known, reason) = match required {
            CardRequired::Eid => (
                self.patient.card_number().is_some(),
                "needs the number of the patient's eID",
            ),
            CardRequired::Isi => (
                self.patient.isi_card_number().is_some(),
                "needs the number of the patient's ISI+ card",
            ),
            CardRequired::Sis => (false, "SIS cards no longer exist"),
            CardRequired::No => (true, ""),
        };
        if known {
            Ok(())
        } else {
            Err(ProtocolError::ProofNotAllowed { reason })
        }
    }

    /// The document up to where the proof goes, its root still open.
    fn head(&self) -> Result<Vec<u8>, ProtocolError> {
        let mut xml = XmlWriter::new(Standalone::Unsaid)?;
        xml.open(
            ROOT,
            &[("xmlns:p", PROTOCOL_V2), ("xmlns", CORE_V2), ("xmlns:kmehr", KMEHR)],
        )?;
        self.request.write(&mut xml)?;
        self.write_link(&mut xml, &[], &self.registered())?;
        Ok(xml.finish())
    }

    /// The throw-away link that the official client has signed: type `ignored`, from now to five minutes from now, as
    /// dates with offset. In the last five minutes of a day it ends tomorrow.
    ///
    /// Source: eHealth connector, `RequestObjectMapper.createTherapeuticLinkAsXmlString`, less its unused namespaces.
    fn connector_content(&self) -> Result<Vec<u8>, ProtocolError> {
        let start = self.request.at();
        let end = start
            .checked_add(SignedDuration::from_mins(5))
            .map_err(|_| ProtocolError::Internal {
                reason: "the time lies at the end of the calendar",
            })?;
        let date = "%Y-%m-%d%:z";
        let ignored = WrittenLink {
            code: "ignored",
            table_version: "1.0",
            start: start.strftime(date).to_string(),
            end: Some(end.strftime(date).to_string()),
            comment: None,
        };
        self.content(&ignored)
    }

    fn strict_content(&self) -> Result<Vec<u8>, ProtocolError> {
        self.content(&self.registered())
    }

    fn content(&self, link: &WrittenLink<'_>) -> Result<Vec<u8>, ProtocolError> {
        let mut xml = XmlWriter::new(Standalone::Yes)?;
        self.write_link(&mut xml, &[("xmlns", CORE_V2)], link)?;
        Ok(xml.finish())
    }

    /// The link as it will be registered.
    fn registered(&self) -> WrittenLink<'_> {
        WrittenLink {
            code: self.link_type.code,
            table_version: "1.1",
            start: self.period.start().to_string(),
            end: self.period.end().map(|end| end.to_string()),
            comment: self.comment.as_deref(),
        }
    }

    fn write_link(
        &self,
        xml: &mut XmlWriter,
        attributes: Attributes<'_>,
        link: &WrittenLink<'_>,
    ) -> Result<(), ProtocolError> {
        xml.element("therapeuticlink", attributes, |xml| {
            self.patient.write(xml)?;
            self.party.write(xml, Vocabulary::Core)?;
            xml.text(
                "cd",
                &[("S", "CD-THERAPEUTICLINKTYPE"), ("SV", link.table_version)],
                link.code,
            )?;
            xml.text("startdate", &[], &link.start)?;
            link.end.as_ref().map_or(Ok(()), |end| xml.text("enddate", &[], end))?;
            link.comment.map_or(Ok(()), |comment| xml.text("comment", &[], comment))
        })
    }

    fn document(self, xml: XmlWriter, proof: DocumentProof) -> Result<Document, ProtocolError> {
        let xml = String::from_utf8(xml.finish()).map_err(|_| ProtocolError::Internal {
            reason: "XML is not UTF-8",
        })?;
        let request_id = self.request.id().to_owned();
        Ok(Document {
            request_id,
            xml,
            proof,
            period: self.period,
            warnings: self.warnings,
        })
    }
}

const PROOF_TYPE: Attributes<'static> = &[("S", "CD-PROOFTYPE"), ("SV", "1.1")];

/// What differs between a link as registered and as signed.
struct WrittenLink<'a> {
    code: &'static str,
    table_version: &'static str,
    start: String,
    end: Option<String>,
    comment: Option<&'a str>,
}

/// A request whose bytes are fixed, waiting for the patient's signature.
#[derive(Clone)]
pub struct Prepared {
    put: PutTherapeuticLink,
    head: Vec<u8>,
    content: Vec<u8>,
}

impl Prepared {
    /// The exact bytes that the signature covers: a UTF-8 XML document.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// What the signature covers, read back from [`Prepared::content`].
    ///
    /// # Errors
    /// [`ProtocolError::MalformedDocument`] if we cannot read what we wrote: then nobody must sign it.
    pub fn signed_summary(&self) -> Result<SignedSummary, ProtocolError> {
        summary::of_content(&self.content)
    }

    /// What will be registered, read back from the bytes of the request.
    ///
    /// # Errors
    /// As [`Prepared::signed_summary`].
    pub fn request_summary(&self) -> Result<RequestSummary, ProtocolError> {
        let mut xml = XmlWriter::resume(self.head.clone());
        xml.close(ROOT)?;
        summary::of_request(&xml.finish())
    }

    /// The identifier the request will have.
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.put.request.id()
    }

    /// Begins the signature: `signer` is the patient's certificate for signatures, `chain` the authorities above it.
    ///
    /// # Errors
    /// [`ProtocolError::CertificateMissing`] if `signer` is not for signatures or names no holder,
    /// [`ProtocolError::PatientMismatch`] if the holder is not the patient, [`ProtocolError::ProofNotAllowed`] if it is
    /// not valid at `signing_time`, [`ProtocolError::UnsupportedAlgorithm`] for other keys than RSA-2048 and P-384.
    pub fn cms(
        &self,
        signer: &Certificate,
        chain: &[Certificate],
        signing_time: Timestamp,
        attribute: SigningCertificate,
    ) -> Result<Pending, ProtocolError> {
        self.check_signer(signer, signing_time)?;
        Pending::attached(self.content.clone(), signer, chain, signing_time, attribute)
    }

    fn check_signer(&self, signer: &Certificate, signing_time: Timestamp) -> Result<(), ProtocolError> {
        if !signer.key_usage().is_some_and(|usage| usage.non_repudiation) {
            return Err(ProtocolError::CertificateMissing {
                reason: "the certificate is not for signatures",
            });
        }
        match signer.subject_serial_number() {
            None => {
                return Err(ProtocolError::CertificateMissing {
                    reason: "the certificate names no holder",
                });
            }
            Some(holder) if holder != self.put.patient.ssin().as_str() => {
                return Err(ProtocolError::PatientMismatch {
                    field: "certificate".to_owned(),
                });
            }
            Some(_) => {}
        }
        if !signer.is_valid_at(signing_time) {
            return Err(ProtocolError::ProofNotAllowed {
                reason: "the certificate is not valid at the time of signing",
            });
        }
        Ok(())
    }

    /// Finishes the request with the signature over its content.
    ///
    /// # Errors
    /// [`ProtocolError::Internal`] if `cms` signs something else.
    pub fn with_proof(self, cms: Cms) -> Result<Document, ProtocolError> {
        if cms.content() != Some(self.content.as_slice()) {
            return Err(ProtocolError::Internal {
                reason: "the signature covers other content than this request's",
            });
        }
        let mut xml = XmlWriter::resume(self.head);
        xml.element("proof", &[], |xml| {
            xml.text("cd", PROOF_TYPE, "eidsigning")?;
            // The element is hubservices', its children are KMEHR's.
            xml.element("binaryproof", &[], |xml| {
                xml.text("kmehr:cd", &[("S", "CD-ENCRYPTION-METHOD"), ("SV", "1.0")], "CMS")?;
                xml.text("kmehr:Base64EncryptedValue", &[("encoding", "CMS")], &cms.to_base64())
            })
        })?;
        xml.close(ROOT)?;
        self.put.document(xml, DocumentProof::Signed(cms))
    }
}

redacted_debug!(PutTherapeuticLink Prepared);
