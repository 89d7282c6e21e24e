//! Formats of signatures over files: one table. Each begins, from the list, the signatures that the card has to make,
//! and names the files that are given out.

use super::documents::{Documents, FileToSign};
use crate::api::types::{ContainerSignature, SignRequest, SignatureFormat};
use crate::api::{ApiError, ErrorCode};
use crate::ceremony::{Finished, Signatory, ToSign};
use beid_card::SignatureAlgorithm;
use beid_protocol::asic::{self, Container};
use beid_protocol::cms::{Cms, SigningCertificate};
use beid_protocol::xades::{Content, DataFile, DataObject, FileContent, Xades};
use jiff::Timestamp;

/// Longest document inside of XML, in bytes: no signature in XML of more than 8 MiB is read, by us or others.
pub const MOST_INSIDE_XML: usize = 5 * 1024 * 1024;

/// Name of a document inside a signature.
const INSIDE: &str = "document";

/// Names that a container has for parts of its own. (EN 319 162-1, 4.4)
const TAKEN: [&str; 2] = ["mimetype", "META-INF"];

/// Format of signatures over files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FileFormat {
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

impl FileFormat {
    /// Parses the members of a request that choose it.
    ///
    /// # Errors
    /// `invalid-request` for a choice that the format does not have.
    pub(super) fn parse(request: &SignRequest) -> Result<Self, ApiError> {
        Self::choose(request.format, request.detached, request.container_signature)
    }

    /// Chooses the format by the values of these members.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub(super) fn choose(
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

    /// The word in requests and answers.
    pub(super) fn word(self) -> SignatureFormat {
        match self {
            Self::Raw => SignatureFormat::Raw,
            Self::CadesAttached | Self::CadesDetached => SignatureFormat::Cades,
            Self::XadesEnveloping | Self::XadesDetached => SignatureFormat::Xades,
            Self::AsicE(_) => SignatureFormat::Asice,
        }
    }

    /// True if it takes any algorithm that a card has; the others have one for each kind of key.
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

    /// Media type of the files that are given out.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Raw => "application/octet-stream",
            Self::CadesAttached => "application/pkcs7-mime",
            Self::CadesDetached => "application/pkcs7-signature",
            Self::XadesEnveloping | Self::XadesDetached => "application/xml",
            Self::AsicE(_) => "application/vnd.etsi.asic-e+zip",
        }
    }

    /// Extension that is added to the name of a document.
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

    /// True if a digest will do, where the caller keeps the content.
    pub(super) fn takes_digests(self) -> bool {
        match self {
            Self::Raw | Self::CadesDetached | Self::XadesDetached => true,
            Self::CadesAttached | Self::XadesEnveloping | Self::AsicE(_) => false,
        }
    }

    /// Refuses documents of which this format needs to know more.
    ///
    /// # Errors
    /// `invalid-request`, `too-large`.
    pub(super) fn must_take(self, documents: &Documents) -> Result<(), ApiError> {
        if documents.have_digests() && !self.takes_digests() {
            return Err(ApiError::invalid(
                "documents",
                "must have their content, which goes into the signature",
            ));
        }
        let contents = documents.iter().filter_map(FileToSign::content);
        if self == Self::XadesEnveloping && contents.map(<[u8]>::len).any(|len| len > MOST_INSIDE_XML) {
            return Err(ErrorCode::TooLarge.into());
        }
        let is_taken = |document: &FileToSign| TAKEN.iter().any(|taken| taken.eq_ignore_ascii_case(document.name()));
        if matches!(self, Self::AsicE(_)) && documents.iter().any(is_taken) {
            return Err(ApiError::invalid(
                "documents",
                "must have no name that a container needs for itself",
            ));
        }
        Ok(())
    }

    /// Begins every signature, all at one time.
    ///
    /// # Errors
    /// `unsupported-algorithm` if the key, or a certificate, is of a kind that the format does not have.
    pub(super) fn prepare(
        self,
        documents: &Documents,
        signatory: &Signatory,
        algorithm: SignatureAlgorithm,
        at: Timestamp,
    ) -> Result<Vec<ToSign<Finished>>, ApiError> {
        let hash = algorithm.hash();
        let (signer, chain) = (&signatory.certificate, &signatory.authorities);
        let named = SigningCertificate::Included;
        let each = |begin: &dyn Fn(&FileToSign) -> Result<ToSign<Finished>, ApiError>| {
            documents.iter().map(begin).collect::<Result<Vec<_>, _>>()
        };
        match self {
            Self::Raw => each(&|document| Ok(ToSign::bare(document.digest(hash)?))),
            Self::CadesAttached => each(&|document| {
                let content = content(document)?.to_vec();
                Ok(ToSign::formed(Cms::attached(content, signer, chain, at, named)?))
            }),
            Self::CadesDetached => each(&|document| {
                let digest = document.digest(hash)?;
                Ok(ToSign::formed(Cms::over_digest(&digest, signer, chain, at, named)?))
            }),
            Self::XadesEnveloping => each(&|document| {
                let object = DataObject {
                    name: INSIDE,
                    media_type: document.media_type(),
                    // Exactly these octets, whatever they are: XML put into XML is written anew.
                    content: Content::Octets(content(document)?),
                };
                Ok(ToSign::formed(Xades::enveloping(&[object], signer, chain, at)?))
            }),
            Self::XadesDetached => each(&|document| {
                let digest = document.digest(hash)?;
                let file = DataFile {
                    name: document.name(),
                    media_type: document.media_type(),
                    content: FileContent::Digest(&digest),
                };
                Ok(ToSign::formed(Xades::detached(&[file], signer, chain, at)?))
            }),
            Self::AsicE(kind) => {
                let files = documents.iter().map(in_container).collect::<Result<_, _>>()?;
                let pending = match kind {
                    ContainerSignature::Xades => Container::xades(files, signer, chain, at)?,
                    ContainerSignature::Cades => Container::cades(files, signer, chain, at, named)?,
                };
                Ok(vec![ToSign::formed(pending)])
            }
        }
    }
}

fn in_container(document: &FileToSign) -> Result<asic::File, ApiError> {
    Ok(asic::File {
        name: document.name().to_owned(),
        media_type: document.media_type().to_owned(),
        content: content(document)?.to_vec(),
    })
}

/// The content, which [`FileFormat::must_take`] has asked for.
fn content(document: &FileToSign) -> Result<&[u8], ApiError> {
    let missing = || ApiError::invalid("documents", "must have their content");
    document.content().ok_or_else(missing)
}
