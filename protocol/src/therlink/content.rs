//! Content that an `eidsigning` proof signs: the exact bytes, and who may sign them.

use beid_pki::Certificate;
use jiff::{SignedDuration, Timestamp};

use super::link::{CheckedLink, WrittenLink};
use crate::cms::{Attributes, Cms, CmsEncoding, SigningCertificate};
use crate::error::ProtocolError;
use crate::numbers::Ssin;
use crate::request::Request;
use crate::signature::Pending;
use crate::summary::{self, SignedSummary};
use crate::xml::{CORE_V2, Standalone, XmlWriter};

/// Profile of the content that an `eidsigning` proof signs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ContentProfile {
    /// Content of the official client: a link of type `ignored` that holds for five minutes. Accepted today.
    #[default]
    Connector,
    /// The very link of the request, as a document of its own: it says what it is evidence of.
    Strict,
}

/// Profile of an `eidsigning` proof: its content, and the encoding of its signature.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ProofProfile {
    /// The content of the official client, signed as CAdES-B-B in DER.
    #[default]
    Connector,
    /// The content and the very octets of the official client: no signing certificate among the signed attributes, BER,
    /// the signer's certificate first. For the day on which the platform refuses the other.
    ConnectorExact,
    /// The link of the request, signed as CAdES-B-B in DER.
    Strict,
}

impl ProofProfile {
    /// All profiles.
    pub const ALL: [Self; 3] = [Self::Connector, Self::ConnectorExact, Self::Strict];

    /// Parses `connector`, `connector-exact` or `strict`.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `proofProfile`.
    pub fn parse(name: &str) -> Result<Self, ProtocolError> {
        let named = Self::ALL.into_iter().find(|profile| profile.name() == name);
        named.ok_or_else(|| ProtocolError::invalid("proofProfile", "must be connector, connector-exact or strict"))
    }

    /// `connector`, `connector-exact` or `strict`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connector => "connector",
            Self::ConnectorExact => "connector-exact",
            Self::Strict => "strict",
        }
    }

    /// Profile of the signed content.
    #[must_use]
    pub fn content(self) -> ContentProfile {
        match self {
            Self::Connector | Self::ConnectorExact => ContentProfile::Connector,
            Self::Strict => ContentProfile::Strict,
        }
    }

    fn attributes(self) -> Attributes<'static> {
        match self {
            Self::Connector | Self::Strict => Attributes::default(),
            Self::ConnectorExact => Attributes {
                signing_certificate: SigningCertificate::Omitted,
                form: CmsEncoding::Connector,
                ..Attributes::default()
            },
        }
    }
}

impl From<ContentProfile> for ProofProfile {
    fn from(profile: ContentProfile) -> Self {
        match profile {
            ContentProfile::Connector => Self::Connector,
            ContentProfile::Strict => Self::Strict,
        }
    }
}

/// Bytes that a patient signs, with the number of that patient.
#[derive(Clone)]
pub struct SignedContent {
    bytes: Vec<u8>,
    patient: Ssin,
    profile: ProofProfile,
}

impl SignedContent {
    pub(super) fn new(link: &CheckedLink, request: &Request, profile: ProofProfile) -> Result<Self, ProtocolError> {
        let written = match profile.content() {
            ContentProfile::Connector => connector_link(request)?,
            ContentProfile::Strict => link.registered(request)?,
        };
        let mut xml = XmlWriter::new(Standalone::Yes)?;
        link.write(&mut xml, &[("xmlns", CORE_V2)], request, &written)?;
        Ok(Self {
            bytes: xml.finish(),
            patient: link.patient.ssin().clone(),
            profile,
        })
    }

    /// The exact bytes that the signature covers: a UTF-8 XML document.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Summary of the signed content, read back from [`SignedContent::bytes`].
    ///
    /// # Errors
    /// [`ProtocolError::MalformedDocument`] if we cannot read what we wrote: then nobody must sign it.
    pub fn summary(&self) -> Result<SignedSummary, ProtocolError> {
        summary::read_content(&self.bytes)
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
    ) -> Result<Pending<Cms>, ProtocolError> {
        self.check_signer(signer, signing_time)?;
        let attributes = self.profile.attributes();
        Cms::attached(self.bytes.clone(), signer, chain, signing_time, attributes)
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
            // Else one person's signature would be the proof of another's link.
            Some(holder) if holder != self.patient.as_str() => {
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

    /// Refuses a signature over other content.
    pub(super) fn must_be_in(&self, cms: &Cms) -> Result<(), ProtocolError> {
        if cms.content() == Some(self.bytes.as_slice()) {
            Ok(())
        } else {
            Err(ProtocolError::Internal {
                reason: "the signature covers other content than this request's",
            })
        }
    }
}

redacted_debug!(SignedContent);

/// Builds the throw-away link that the official client has signed: type `ignored`, from now to five minutes from now,
/// as dates with offset. In the last five minutes of a day it ends tomorrow.
///
/// Source: eHealth connector, `RequestObjectMapper.createTherapeuticLinkAsXmlString`, less its unused namespaces.
fn connector_link(request: &Request) -> Result<WrittenLink<'static>, ProtocolError> {
    let start = request.at();
    let end = start
        .checked_add(SignedDuration::from_mins(5))
        .map_err(|_| ProtocolError::Internal {
            reason: "the time lies at the end of the calendar",
        })?;
    let date = "%Y-%m-%d%:z";
    Ok(WrittenLink {
        code: "ignored",
        table_version: "1.0",
        start: start.strftime(date).to_string(),
        end: Some(end.strftime(date).to_string()),
        texts: &[],
    })
}
