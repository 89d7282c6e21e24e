//! Evidence of a consent: a signature over the very bytes of the request, and over data that it has no place for.
//!
//! | format | what is signed |
//! |---|---|
//! | `cades` | the request, beside the signature; the signed content-hints name text and representative |
//! | `xades` | three objects inside: the request's octets, the text with its names and digest, the representative |
//! | `asice` | the same three as files of a container |
//!
//! A signature under a consent to a text says which: by its identifier, language, version and digest. The platform's
//! schema cannot say in full who acts for a patient and in what capacity, so that is signed along.

use super::dialog::EvidenceDialog;
use crate::ceremony::{Dialog, Finished, Signable, Signatory, ToSign};
use crate::pin::Asking;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::types::{ConsentEvidence, EvidenceAnswer, SignedRepresentative, SignedText};
use beid_api::{ApiError, Coded, ErrorCode};
use beid_card::{Identity, SignatureAlgorithm};
use beid_pki::HashAlgorithm;
use beid_protocol::asic::{self, Container};
use beid_protocol::cms::{Attributes, Cms};
use beid_protocol::consent_text::ConsentText;
use beid_protocol::document::Document;
use beid_protocol::name::Name;
use beid_protocol::representative::Representative;
use beid_protocol::summary::{self, RequestSummary};
use beid_protocol::xades::{Content, DataObject, Xades};
use beid_texts::Message;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

const XML: &str = "application/xml";
const JSON: &str = "application/json";

/// Form of evidence.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum EvidenceFormat {
    /// CMS beside the request.
    Cades,
    /// XML with everything inside.
    Xades,
    /// A container with everything, signed in XML.
    Asice,
}

impl EvidenceFormat {
    /// The form that was asked for, if any.
    pub(super) fn asked(evidence: ConsentEvidence) -> Option<Self> {
        match evidence {
            ConsentEvidence::None => None,
            ConsentEvidence::Cades => Some(Self::Cades),
            ConsentEvidence::Xades => Some(Self::Xades),
            ConsentEvidence::Asice => Some(Self::Asice),
        }
    }

    /// The evidence as it is answered.
    ///
    /// # Errors
    /// `internal` if a container cannot be written.
    pub(super) fn answer(self, evidence: &Finished) -> Result<EvidenceAnswer, ApiError> {
        Ok(EvidenceAnswer {
            format: self.word(),
            media_type: self.media_type().to_owned(),
            data: BASE64.encode(evidence.to_file()?),
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

/// Evidence to be signed, and the circumstances that its dialog mentions.
pub(super) struct EvidenceToSign {
    pub(super) format: EvidenceFormat,
    pub(super) bytes: EvidenceBytes,
    /// A page that helps to read the text. It is shown beside it and not signed.
    pub(super) help: Option<String>,
    /// True if the patient's name and numbers are a card's; else they are the caller's word.
    pub(super) patient_was_read: bool,
    /// True if it is the patient who signs.
    pub(super) by_patient: bool,
}

impl EvidenceToSign {
    /// Explains a missing certificate: patients under eighteen have none, and there is another way for them.
    pub(super) fn without_certificate(&self, error: ApiError) -> ApiError {
        if self.by_patient && error.code == ErrorCode::CertificateMissing {
            let instead = Message::new("detail-consent-no-certificate");
            return ApiError::new(ErrorCode::CertificateMissing, instead);
        }
        error
    }
}

impl Signable for EvidenceToSign {
    type Signature = Finished;

    fn prepare(
        &self,
        signatory: &Signatory,
        _algorithm: SignatureAlgorithm,
        at: Timestamp,
    ) -> Result<Vec<ToSign<Finished>>, ApiError> {
        Ok(vec![self.bytes.prepare(self.format, signatory, at)?])
    }

    fn dialog(&self, asking: &Asking<'_>, holder: &Identity, _signatures: usize) -> Result<Dialog, ApiError> {
        let dialog = EvidenceDialog {
            summary: &self.bytes.summary()?,
            help: self.help.as_deref(),
            patient_was_read: self.patient_was_read,
            by_patient: self.by_patient,
        };
        dialog.render(asking, holder)
    }
}

/// The bytes that are signed. Their dialog is read back out of them.
pub(super) struct EvidenceBytes {
    request: Vec<u8>,
    text: Option<Vec<u8>>,
    representative: Option<Vec<u8>>,
}

/// Meaning of the bytes.
pub(super) struct EvidenceSummary {
    pub(super) request: RequestSummary,
    pub(super) text: Option<SignedText>,
    pub(super) representative: Option<SignedRepresentative>,
}

impl EvidenceBytes {
    /// Writes the request, the `text` that is agreed to, if there is one, and the representative in the request.
    ///
    /// # Errors
    /// `internal` if it cannot be written.
    pub(super) fn write(document: &Document, text: Option<&ConsentText>) -> Result<Self, ApiError> {
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

    /// Reads them back.
    ///
    /// # Errors
    /// `internal` if they do not say one thing: then nobody may be asked to sign it.
    fn summary(&self) -> Result<EvidenceSummary, ApiError> {
        let text: Option<SignedText> = self.text.as_deref().map(from_json).transpose()?;
        // CAdES signs the digest and not the text itself, so it must be that of the text that is shown.
        if text
            .as_ref()
            .is_some_and(|text| sha256(&text.plain_text) != text.sha256)
        {
            return Err(ApiError::internal("a text that its digest is not of"));
        }
        Ok(EvidenceSummary {
            request: summary::read_request(&self.request)?,
            text,
            representative: self.representative.as_deref().map(from_json).transpose()?,
        })
    }

    /// Begins the signature.
    ///
    /// # Errors
    /// `unsupported-algorithm` if the key, or a certificate, is of a kind that no format has.
    fn prepare(
        &self,
        format: EvidenceFormat,
        signatory: &Signatory,
        at: Timestamp,
    ) -> Result<ToSign<Finished>, ApiError> {
        let (signer, chain) = (&signatory.certificate, &signatory.authorities);
        Ok(match format {
            EvidenceFormat::Cades => {
                let hints = self.summary()?.hints();
                let attributes = Attributes {
                    content_hints: hints.as_deref(),
                    mime_type: Some(XML),
                    ..Attributes::default()
                };
                ToSign::formed(Cms::detached(&self.request, signer, chain, at, attributes)?)
            }
            EvidenceFormat::Xades => {
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
                ToSign::formed(Xades::enveloping(&objects, signer, chain, at)?)
            }
            EvidenceFormat::Asice => ToSign::formed(Container::xades(self.files()?, signer, chain, at)?),
        })
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

impl EvidenceSummary {
    /// Renders the content-hints: which text, and who acts for the patient.
    fn hints(&self) -> Option<String> {
        let text = self.text.as_ref().map(|text| {
            // Taken apart by name, so that a member that is added later cannot be forgotten here.
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
            // In the quotes of JSON, which a name cannot close.
            let name = serde_json::Value::from(format!("{first_name} {family_name}"));
            format!("for the patient acts {name}{number}, {capacity}")
        });
        let said: Vec<_> = text.into_iter().chain(representative).collect();
        (!said.is_empty()).then(|| said.join("; "))
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
        capacity: Coded(representative.capacity()),
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
