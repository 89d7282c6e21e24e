//! What signatures can be: one table. Each format makes, from the list, what the card has to sign, and from the card's
//! answers the files that are given out.

use super::documents::{Document, Documents};
use crate::api::ApiError;
use crate::api::types::{SignatureAnswer, SignatureFormat};
use crate::service::signing::Signatory;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_card::SignatureAlgorithm;
use beid_protocol::cms::{self, SigningCertificate};
use beid_protocol::signature::RawSignature;
use jiff::Timestamp;

/// A row of the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    /// The card's answer: as long as the modulus for RSA, `r‖s` for ECDSA.
    Raw,
    /// CMS with the document inside.
    CadesAttached,
    /// CMS beside the document.
    CadesDetached,
}

/// A signature that lacks nothing but the card's answer.
pub(super) struct Pending {
    /// Of the file that comes of it.
    name: String,
    media_type: &'static str,
    kind: Kind,
}

enum Kind {
    Raw { digest: Vec<u8> },
    Cms(Box<cms::Pending>),
}

impl Format {
    /// What was asked for.
    ///
    /// # Errors
    /// `invalid-request` for a choice that the format does not have.
    pub(super) fn of(format: SignatureFormat, detached: Option<bool>) -> Result<Self, ApiError> {
        match (format, detached) {
            (SignatureFormat::Raw, None) => Ok(Self::Raw),
            (SignatureFormat::Cades, Some(false)) => Ok(Self::CadesAttached),
            (SignatureFormat::Cades, None | Some(true)) => Ok(Self::CadesDetached),
            (SignatureFormat::Raw, Some(_)) => {
                Err(ApiError::invalid("detached", "not with raw, which stands by itself"))
            }
        }
    }

    /// As in requests and answers.
    pub(super) fn word(self) -> SignatureFormat {
        match self {
            Self::Raw => SignatureFormat::Raw,
            Self::CadesAttached | Self::CadesDetached => SignatureFormat::Cades,
        }
    }

    /// Whether it takes whatever algorithm a card has; the others have one for each kind of key.
    pub(super) fn signs_anything(self) -> bool {
        match self {
            Self::Raw => true,
            Self::CadesAttached | Self::CadesDetached => false,
        }
    }

    /// Whether a digest will do, where the caller keeps the content.
    fn takes_digests(self) -> bool {
        match self {
            Self::Raw | Self::CadesDetached => true,
            Self::CadesAttached => false,
        }
    }

    /// Refuses documents of which this needs to know more.
    ///
    /// # Errors
    /// `invalid-request`.
    pub(super) fn takes(self, documents: &Documents) -> Result<(), ApiError> {
        if documents.have_digests() && !self.takes_digests() {
            return Err(ApiError::invalid(
                "documents",
                "their content, which goes into the signature",
            ));
        }
        Ok(())
    }

    /// Begins every signature, at the same time.
    ///
    /// # Errors
    /// `unsupported-algorithm` if the key, or a certificate, is of a kind that the format does not have.
    pub(super) fn prepare(
        self,
        documents: &Documents,
        signatory: &Signatory,
        algorithm: SignatureAlgorithm,
        now: Timestamp,
    ) -> Result<Vec<Pending>, ApiError> {
        let hash = algorithm.hash();
        let (signer, chain) = (&signatory.certificate, &signatory.authorities);
        let each = |make: &dyn Fn(&Document) -> Result<Pending, ApiError>| documents.iter().map(make).collect();
        match self {
            Self::Raw => each(&|document| {
                let digest = document.digest(hash)?;
                Ok(Pending::of(
                    document,
                    "sig",
                    "application/octet-stream",
                    Kind::Raw { digest },
                ))
            }),
            Self::CadesAttached => each(&|document| {
                let content = content(document)?.to_vec();
                let pending = cms::Pending::attached(content, signer, chain, now, SigningCertificate::Included)?;
                let kind = Kind::Cms(Box::new(pending));
                Ok(Pending::of(document, "p7m", "application/pkcs7-mime", kind))
            }),
            Self::CadesDetached => each(&|document| {
                let digest = document.digest(hash)?;
                let pending = cms::Pending::over_digest(&digest, signer, chain, now, SigningCertificate::Included)?;
                let kind = Kind::Cms(Box::new(pending));
                Ok(Pending::of(document, "p7s", "application/pkcs7-signature", kind))
            }),
        }
    }
}

impl Pending {
    /// Of one document: its name goes on with `ending`.
    fn of(document: &Document, ending: &str, media_type: &'static str, kind: Kind) -> Self {
        Self {
            name: format!("{}.{ending}", document.name()),
            media_type,
            kind,
        }
    }

    /// What the card has to sign.
    pub(super) fn digest(&self) -> &[u8] {
        match &self.kind {
            Kind::Raw { digest } => digest,
            Kind::Cms(pending) => pending.digest(),
        }
    }

    /// Takes the card's answer, which is checked once more where something is built around it.
    ///
    /// # Errors
    /// `card-error` if the certificate's key did not make it.
    pub(super) fn finish(self, raw: Vec<u8>) -> Result<SignatureAnswer, ApiError> {
        let data = match self.kind {
            // The card's own work ends with that check.
            Kind::Raw { .. } => BASE64.encode(raw),
            Kind::Cms(pending) => {
                let raw = RawSignature::new(pending.algorithm(), raw);
                pending.finish(raw)?.to_base64()
            }
        };
        Ok(SignatureAnswer {
            name: self.name,
            media_type: self.media_type,
            data,
        })
    }
}

/// The content, which [`Format::takes`] has asked for.
fn content(document: &Document) -> Result<&[u8], ApiError> {
    let missing = || ApiError::invalid("documents", "their content");
    document.content().ok_or_else(missing)
}
