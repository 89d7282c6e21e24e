//! What signatures can be: one table. Each format makes, from the list, what the card has to sign, and from the card's
//! answers the files that are given out.

use super::documents::{Document, Documents};
use crate::api::types::{ContainerSignature, SignRequest, SignatureAnswer, SignatureFormat};
use crate::api::{ApiError, ErrorCode};
use crate::service::lasting::Made;
use crate::service::signing::Signatory;
use beid_card::SignatureAlgorithm;
use beid_protocol::asic;
use beid_protocol::cms::{self, SigningCertificate};
use beid_protocol::signature::RawSignature;
use beid_protocol::xades::{self, Content, DataFile, DataObject, FileContent};
use jiff::Timestamp;

const XML: &str = "application/xml";

/// How many bytes a document inside of XML may have: no signature in XML of more than 8 MiB is read, by us or others.
pub(crate) const MOST_INSIDE_XML: usize = 5 * 1024 * 1024;

/// What a document inside a signature is called there.
const INSIDE: &str = "document";

/// What a container calls parts of its own. (EN 319 162-1, 4.4)
const TAKEN: [&str; 2] = ["mimetype", "META-INF"];

/// A row of the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    /// The card's answer: as long as the modulus for RSA, `r‖s` for ECDSA.
    Raw,
    /// CMS with the document inside.
    CadesAttached,
    /// CMS beside the document.
    CadesDetached,
    /// XML with the document inside.
    XadesEnveloping,
    /// XML beside the document, which it names.
    XadesDetached,
    /// One container with every document, and a signature of this kind over all of them.
    AsicE(ContainerSignature),
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
    Xades(Box<xades::Pending>),
    AsicE(Box<asic::Pending>),
}

impl Format {
    /// What was asked for.
    ///
    /// # Errors
    /// `invalid-request` for a choice that the format does not have.
    pub(super) fn of(request: &SignRequest) -> Result<Self, ApiError> {
        Self::chosen(request.format, request.detached, request.container_signature)
    }

    /// The same, out of the members that choose it.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub(super) fn chosen(
        format: SignatureFormat,
        beside: Option<bool>,
        container: Option<ContainerSignature>,
    ) -> Result<Self, ApiError> {
        let wrong = |member: &str| Err(ApiError::invalid(member, "the format leaves no such choice"));
        let detached = beside.unwrap_or(true);
        match (format, beside, container) {
            (SignatureFormat::Raw | SignatureFormat::Asice, Some(_), _) => wrong("detached"),
            (SignatureFormat::Raw | SignatureFormat::Cades | SignatureFormat::Xades, _, Some(_)) => {
                wrong("containerSignature")
            }
            (SignatureFormat::Raw, None, None) => Ok(Self::Raw),
            (SignatureFormat::Cades, _, None) if detached => Ok(Self::CadesDetached),
            (SignatureFormat::Cades, _, None) => Ok(Self::CadesAttached),
            (SignatureFormat::Xades, _, None) if detached => Ok(Self::XadesDetached),
            (SignatureFormat::Xades, _, None) => Ok(Self::XadesEnveloping),
            (SignatureFormat::Asice, None, kind) => Ok(Self::AsicE(kind.unwrap_or(ContainerSignature::Xades))),
        }
    }

    /// As in requests and answers.
    pub(super) fn word(self) -> SignatureFormat {
        match self {
            Self::Raw => SignatureFormat::Raw,
            Self::CadesAttached | Self::CadesDetached => SignatureFormat::Cades,
            Self::XadesEnveloping | Self::XadesDetached => SignatureFormat::Xades,
            Self::AsicE(_) => SignatureFormat::Asice,
        }
    }

    /// Whether it takes whatever algorithm a card has; the others have one for each kind of key.
    pub(super) fn signs_anything(self) -> bool {
        match self {
            Self::Raw => true,
            Self::CadesAttached
            | Self::CadesDetached
            | Self::XadesEnveloping
            | Self::XadesDetached
            | Self::AsicE(_) => false,
        }
    }

    /// What the name of a document goes on with.
    fn ending(self) -> &'static str {
        match self {
            Self::Raw => "sig",
            Self::CadesAttached => "p7m",
            Self::CadesDetached => "p7s",
            Self::XadesEnveloping | Self::XadesDetached => "xades.xml",
            Self::AsicE(_) => "asice",
        }
    }

    /// Names of the files that come of documents with these names, in their order: one for each, or one container.
    pub(super) fn names(self, documents: &[&str]) -> Vec<String> {
        let goes_on = |name: &&str| format!("{name}.{}", self.ending());
        match (self, documents) {
            (Self::AsicE(_), [_, _, ..]) => vec![goes_on(&"documents")],
            (
                Self::AsicE(_)
                | Self::Raw
                | Self::CadesAttached
                | Self::CadesDetached
                | Self::XadesEnveloping
                | Self::XadesDetached,
                _,
            ) => documents.iter().map(goes_on).collect(),
        }
    }

    /// Whether a digest will do, where the caller keeps the content.
    pub(super) fn takes_digests(self) -> bool {
        match self {
            Self::Raw | Self::CadesDetached | Self::XadesDetached => true,
            Self::CadesAttached | Self::XadesEnveloping | Self::AsicE(_) => false,
        }
    }

    /// Refuses documents of which this needs to know more.
    ///
    /// # Errors
    /// `invalid-request`, `too-large`.
    pub(super) fn takes(self, documents: &Documents) -> Result<(), ApiError> {
        if documents.have_digests() && !self.takes_digests() {
            return Err(ApiError::invalid(
                "documents",
                "must have their content, which goes into the signature",
            ));
        }
        let contents = documents.iter().filter_map(Document::content);
        if self == Self::XadesEnveloping && contents.map(<[u8]>::len).any(|len| len > MOST_INSIDE_XML) {
            return Err(ErrorCode::TooLarge.into());
        }
        let is_taken = |document: &Document| TAKEN.iter().any(|taken| taken.eq_ignore_ascii_case(document.name()));
        if matches!(self, Self::AsicE(_)) && documents.iter().any(is_taken) {
            return Err(ApiError::invalid(
                "documents",
                "must have no name that a container needs for itself",
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
                    self,
                    document,
                    "application/octet-stream",
                    Kind::Raw { digest },
                ))
            }),
            Self::CadesAttached => each(&|document| {
                let content = content(document)?.to_vec();
                let pending = cms::Pending::attached(content, signer, chain, now, SigningCertificate::Included)?;
                let kind = Kind::Cms(Box::new(pending));
                Ok(Pending::of(self, document, "application/pkcs7-mime", kind))
            }),
            Self::CadesDetached => each(&|document| {
                let digest = document.digest(hash)?;
                let pending = cms::Pending::over_digest(&digest, signer, chain, now, SigningCertificate::Included)?;
                let kind = Kind::Cms(Box::new(pending));
                Ok(Pending::of(self, document, "application/pkcs7-signature", kind))
            }),
            Self::XadesEnveloping => each(&|document| {
                let object = DataObject {
                    name: INSIDE,
                    media_type: document.media_type(),
                    // Exactly these octets, whatever they are: XML put into XML is written anew.
                    content: Content::Octets(content(document)?),
                };
                let pending = xades::Pending::enveloping(&[object], signer, chain, now)?;
                Ok(Pending::of(self, document, XML, Kind::Xades(Box::new(pending))))
            }),
            Self::XadesDetached => each(&|document| {
                let digest = document.digest(hash)?;
                let file = DataFile {
                    name: document.name(),
                    media_type: document.media_type(),
                    content: FileContent::Digest(&digest),
                };
                let pending = xades::Pending::detached(&[file], signer, chain, now)?;
                Ok(Pending::of(self, document, XML, Kind::Xades(Box::new(pending))))
            }),
            Self::AsicE(kind) => {
                let files = documents.iter().map(in_container).collect::<Result<_, _>>()?;
                let pending = match kind {
                    ContainerSignature::Xades => asic::Pending::xades(files, signer, chain, now),
                    ContainerSignature::Cades => {
                        asic::Pending::cades(files, signer, chain, now, SigningCertificate::Included)
                    }
                };
                let names: Vec<_> = documents.iter().map(Document::name).collect();
                Ok(vec![Pending {
                    // The one there is.
                    name: self.names(&names).concat(),
                    media_type: "application/vnd.etsi.asic-e+zip",
                    kind: Kind::AsicE(Box::new(pending?)),
                }])
            }
        }
    }
}

impl Pending {
    /// Of one document, whose name it goes on with.
    fn of(format: Format, document: &Document, media_type: &'static str, kind: Kind) -> Self {
        Self {
            name: format!("{}.{}", document.name(), format.ending()),
            media_type,
            kind,
        }
    }

    /// What the card has to sign.
    pub(super) fn digest(&self) -> &[u8] {
        match &self.kind {
            Kind::Raw { digest } => digest,
            Kind::Cms(pending) => pending.digest(),
            Kind::Xades(pending) => pending.digest(),
            Kind::AsicE(pending) => pending.digest(),
        }
    }

    /// Takes the card's answer, which is checked once more where something is built around it.
    ///
    /// # Errors
    /// `card-error` if the certificate's key did not make it.
    pub(super) fn finish(self, raw: Vec<u8>) -> Result<(Named, Made), ApiError> {
        let made = match self.kind {
            // The card's own work ends with that check.
            Kind::Raw { .. } => Made::Raw(raw),
            Kind::Cms(pending) => {
                let raw = RawSignature::new(pending.algorithm(), raw);
                Made::Cms(pending.finish(raw)?)
            }
            Kind::Xades(pending) => {
                let raw = RawSignature::new(pending.algorithm(), raw);
                Made::Xades(pending.finish(raw)?)
            }
            Kind::AsicE(pending) => {
                let raw = RawSignature::new(pending.algorithm(), raw);
                Made::AsicE(pending.finish(raw)?)
            }
        };
        let named = Named {
            name: self.name,
            media_type: self.media_type,
        };
        Ok((named, made))
    }
}

/// What a file that is given out is called, and what it is.
pub(super) struct Named {
    name: String,
    media_type: &'static str,
}

impl Named {
    /// The file as it is answered.
    ///
    /// # Errors
    /// `internal` if a container cannot be written.
    pub(super) fn with(self, made: &Made) -> Result<SignatureAnswer, ApiError> {
        Ok(SignatureAnswer {
            name: self.name,
            media_type: self.media_type.to_owned(),
            data: made.to_base64()?,
        })
    }
}

fn in_container(document: &Document) -> Result<asic::File, ApiError> {
    Ok(asic::File {
        name: document.name().to_owned(),
        media_type: document.media_type().to_owned(),
        content: content(document)?.to_vec(),
    })
}

/// The content, which [`Format::takes`] has asked for.
fn content(document: &Document) -> Result<&[u8], ApiError> {
    let missing = || ApiError::invalid("documents", "must have their content");
    document.content().ok_or_else(missing)
}
