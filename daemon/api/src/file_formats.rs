//! Formats of signatures over files: their names in requests, and the files that they give. Both ends need them: the service
//! answers these files, and a client makes room for them before a person is asked.

use crate::ApiError;
use crate::types::{ContainerSignature, SignRequest, SignatureFormat};

/// Upper limit on the contents of all documents together, in bytes: 8 MiB of them in base64, which a body has room for.
pub const ALL_CONTENTS: usize = 6 * 1024 * 1024;

/// Upper limit on a document inside of XML, in bytes: no signature in XML of more than 8 MiB is read, by us or others.
pub const MOST_INSIDE_XML: usize = 5 * 1024 * 1024;

/// Format of signatures over files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FileFormat {
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
    pub fn parse(request: &SignRequest) -> Result<Self, ApiError> {
        Self::choose(request.format, request.detached, request.container_signature)
    }

    /// Chooses the format by the values of these members.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn choose(
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
    #[must_use]
    pub fn word(self) -> SignatureFormat {
        match self {
            Self::Raw => SignatureFormat::Raw,
            Self::CadesAttached | Self::CadesDetached => SignatureFormat::Cades,
            Self::XadesEnveloping | Self::XadesDetached => SignatureFormat::Xades,
            Self::AsicE(_) => SignatureFormat::Asice,
        }
    }

    /// True if it takes any algorithm that a card has; the others have one for each kind of key.
    #[must_use]
    pub fn signs_anything(self) -> bool {
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
    #[must_use]
    pub fn media_type(self) -> &'static str {
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
    #[must_use]
    pub fn names(self, documents: &[&str]) -> Vec<String> {
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
    #[must_use]
    pub fn takes_digests(self) -> bool {
        match self {
            Self::Raw | Self::CadesDetached | Self::XadesDetached => true,
            Self::CadesAttached | Self::XadesEnveloping | Self::AsicE(_) => false,
        }
    }
}
