//! Evidence of a consent: a signature over the request's very bytes, and over what belongs to it and has no place in it.
//!
//! | format | what is signed |
//! |---|---|
//! | `cades` | the request, beside the signature; the signed content-hints name text and representative |
//! | `xades` | three objects inside: the request's octets, the text with its names and digest, the representative |
//! | `asice` | the same three as files of a container |
//!
//! A consent is to a text, so a signature under one says which: by its identifier, language, version and digest. Who acts
//! for a patient, and by what right, the platform's schema cannot say in full; so that is signed along.

use crate::api::ApiError;
use crate::api::types::{ConsentEvidence, EvidenceAnswer, SignedRepresentative, SignedText};
use crate::service::lasting::Made;
use crate::service::signing::Signatory;
use beid_pki::HashAlgorithm;
use beid_protocol::asic;
use beid_protocol::cms::{self, Attributes};
use beid_protocol::consent_text::ConsentText;
use beid_protocol::document::Document;
use beid_protocol::name::Name;
use beid_protocol::representative::Representative;
use beid_protocol::signature::{Algorithm, RawSignature};
use beid_protocol::summary::{self, RequestSummary};
use beid_protocol::xades::{self, Content, DataObject};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

const XML: &str = "application/xml";
const JSON: &str = "application/json";

/// What evidence can be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    /// CMS beside the request.
    Cades,
    /// XML with everything inside.
    Xades,
    /// A container with everything, signed in XML.
    Asice,
}

impl Format {
    /// What was asked for, if anything.
    pub(super) fn of(evidence: ConsentEvidence) -> Option<Self> {
        match evidence {
            ConsentEvidence::None => None,
            ConsentEvidence::Cades => Some(Self::Cades),
            ConsentEvidence::Xades => Some(Self::Xades),
            ConsentEvidence::Asice => Some(Self::Asice),
        }
    }

    /// Evidence as it is answered.
    ///
    /// # Errors
    /// `internal` if a container cannot be written.
    pub(super) fn answer(self, made: &Made) -> Result<EvidenceAnswer, ApiError> {
        Ok(EvidenceAnswer {
            format: self.word(),
            media_type: self.media_type().to_owned(),
            data: made.to_base64()?,
        })
    }

    fn word(self) -> ConsentEvidence {
        match self {
            Self::Cades => ConsentEvidence::Cades,
            Self::Xades => ConsentEvidence::Xades,
            Self::Asice => ConsentEvidence::Asice,
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Cades => "application/pkcs7-signature",
            Self::Xades => XML,
            Self::Asice => "application/vnd.etsi.asic-e+zip",
        }
    }
}

/// What is signed, in bytes. Whoever shows it reads it back out of these.
pub(super) struct Material {
    request: Vec<u8>,
    text: Option<Vec<u8>>,
    representative: Option<Vec<u8>>,
}

/// What the bytes say.
pub(super) struct Said {
    pub(super) request: RequestSummary,
    pub(super) text: Option<SignedText>,
    pub(super) representative: Option<SignedRepresentative>,
}

impl Material {
    /// The request, `text` if somebody agrees to one, and whom the request says to act for the patient.
    ///
    /// # Errors
    /// `internal` if it cannot be written.
    pub(super) fn of(document: &Document, text: Option<&ConsentText>) -> Result<Self, ApiError> {
        let text = text.map(|text| SignedText {
            id: text.id().to_owned(),
            language: text.language().to_owned(),
            version: text.version().to_owned(),
            sha256: text.sha256().to_owned(),
            plain_text: text.plain_text().to_owned(),
        });
        Ok(Self {
            request: document.xml().as_bytes().to_vec(),
            text: text.as_ref().map(json).transpose()?,
            representative: document
                .representative()
                .map(|one| json(&to_members(one)))
                .transpose()?,
        })
    }

    /// Reads it back.
    ///
    /// # Errors
    /// `internal` if it does not say one thing: then nobody may be asked to sign it.
    pub(super) fn said(&self) -> Result<Said, ApiError> {
        let text: Option<SignedText> = self.text.as_deref().map(from_json).transpose()?;
        if text
            .as_ref()
            .is_some_and(|text| sha256(&text.plain_text) != text.sha256)
        {
            return Err(ApiError::internal("a text that its digest is not of"));
        }
        Ok(Said {
            request: summary::read_request(&self.request)?,
            text,
            representative: self.representative.as_deref().map(from_json).transpose()?,
        })
    }

    /// Begins the signature.
    ///
    /// # Errors
    /// `unsupported-algorithm` if the key, or a certificate, is of a kind that no format has.
    pub(super) fn prepare(&self, format: Format, signatory: &Signatory, now: Timestamp) -> Result<Pending, ApiError> {
        let (signer, chain) = (&signatory.certificate, &signatory.authorities);
        let kind = match format {
            Format::Cades => {
                let hints = self.said()?.hints();
                let attributes = Attributes {
                    content_hints: hints.as_deref(),
                    mime_type: Some(XML),
                    ..Attributes::default()
                };
                let pending = cms::Pending::detached(&self.request, signer, chain, now, attributes)?;
                Kind::Cades(Box::new(pending))
            }
            Format::Xades => {
                let mut objects = vec![DataObject {
                    name: "request",
                    media_type: XML,
                    // Exactly these octets: XML put into XML is written anew.
                    content: Content::Octets(&self.request),
                }];
                for (name, json) in [("consent-text", &self.text), ("representative", &self.representative)] {
                    let Some(json) = json else { continue };
                    objects.push(DataObject {
                        name,
                        media_type: JSON,
                        content: Content::Text(str::from_utf8(json).map_err(ApiError::internal)?),
                    });
                }
                Kind::Xades(Box::new(xades::Pending::enveloping(&objects, signer, chain, now)?))
            }
            Format::Asice => Kind::Asice(Box::new(asic::Pending::xades(self.files()?, signer, chain, now)?)),
        };
        Ok(Pending { kind })
    }

    fn files(&self) -> Result<Vec<asic::File>, ApiError> {
        let file = |name: String, media_type: &str, content: &[u8]| asic::File {
            name,
            media_type: media_type.to_owned(),
            content: content.to_vec(),
        };
        let mut files = vec![file("request.xml".to_owned(), XML, &self.request)];
        if let Some(json) = &self.text {
            let text: SignedText = from_json(json)?;
            files.push(file(format!("consent-text.{}.json", text.language), JSON, json));
        }
        if let Some(json) = &self.representative {
            files.push(file("representative.json".to_owned(), JSON, json));
        }
        Ok(files)
    }
}

impl Said {
    /// What content-hints say: which text, and who acts for the patient.
    fn hints(&self) -> Option<String> {
        let text = self.text.as_ref().map(|text| {
            let SignedText {
                id,
                language,
                version,
                sha256,
                plain_text: _,
            } = text;
            format!("consent text {id}, language {language}, version {version}, SHA-256 {sha256}")
        });
        let representative = self.representative.as_ref().map(|one| {
            let number = one.ssin.as_ref().map_or(String::new(), |ssin| format!(", INSS {ssin}"));
            let SignedRepresentative {
                first_name,
                family_name,
                capacity,
                ssin: _,
            } = one;
            // In JSON's marks, which it cannot close: a name ends where it ends.
            let name = serde_json::Value::from(format!("{first_name} {family_name}"));
            format!("for the patient acts {name}{number}, {capacity}")
        });
        let said: Vec<_> = text.into_iter().chain(representative).collect();
        (!said.is_empty()).then(|| said.join("; "))
    }
}

/// Evidence that lacks nothing but the card's answer.
pub(super) struct Pending {
    kind: Kind,
}

enum Kind {
    Cades(Box<cms::Pending>),
    Xades(Box<xades::Pending>),
    Asice(Box<asic::Pending>),
}

impl Pending {
    /// What the card has to sign.
    pub(super) fn digest(&self) -> &[u8] {
        match &self.kind {
            Kind::Cades(pending) => pending.digest(),
            Kind::Xades(pending) => pending.digest(),
            Kind::Asice(pending) => pending.digest(),
        }
    }

    /// How.
    pub(super) fn algorithm(&self) -> Algorithm {
        match &self.kind {
            Kind::Cades(pending) => pending.algorithm(),
            Kind::Xades(pending) => pending.algorithm(),
            Kind::Asice(pending) => pending.algorithm(),
        }
    }

    /// Takes the card's answer, which is checked once more.
    ///
    /// # Errors
    /// `card-error` if the certificate's key did not make it.
    pub(super) fn finish(self, raw: Vec<u8>) -> Result<Made, ApiError> {
        let raw = RawSignature::new(self.algorithm(), raw);
        Ok(match self.kind {
            Kind::Cades(pending) => Made::Cms(pending.finish(raw)?),
            Kind::Xades(pending) => Made::Xades(pending.finish(raw)?),
            Kind::Asice(pending) => Made::AsicE(pending.finish(raw)?),
        })
    }
}

fn to_members(representative: &Representative) -> SignedRepresentative {
    let (first_name, family_name) = match representative.name() {
        Name::Person { first, family } => (first.clone(), family.clone()),
        Name::Single(name) => (String::new(), name.clone()),
    };
    SignedRepresentative {
        first_name,
        family_name,
        capacity: representative.capacity().code().to_owned(),
        ssin: representative.ssin().map(|ssin| ssin.as_str().to_owned()),
    }
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, ApiError> {
    serde_json::to_vec(value).map_err(ApiError::internal)
}

fn from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(json).map_err(ApiError::internal)
}

fn sha256(text: &str) -> String {
    let digest = HashAlgorithm::Sha256.digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
