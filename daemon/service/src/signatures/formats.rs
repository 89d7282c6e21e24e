//! Signatures in each format: begins, from the list of documents, those that the card has to make.

use super::documents::{Documents, FileToSign};
use crate::api::file_formats::{FileFormat, MOST_INSIDE_XML};
use crate::api::types::ContainerSignature;
use crate::api::{ApiError, ErrorCode};
use crate::ceremony::{Finished, Signatory, ToSign};
use beid_card::SignatureAlgorithm;
use beid_protocol::asic::{self, Container};
use beid_protocol::cms::{Cms, SigningCertificate};
use beid_protocol::xades::{Content, DataFile, DataObject, FileContent, Xades};
use jiff::Timestamp;

/// Name of a document inside a signature.
const INSIDE: &str = "document";

/// Names that a container has for parts of its own. (EN 319 162-1, 4.4)
const TAKEN: [&str; 2] = ["mimetype", "META-INF"];

/// Refuses documents of which this format needs to know more.
///
/// # Errors
/// `invalid-request`, `too-large`.
pub(super) fn must_take(format: FileFormat, documents: &Documents) -> Result<(), ApiError> {
    if documents.have_digests() && !format.takes_digests() {
        return Err(ApiError::invalid(
            "documents",
            "must have their content, which goes into the signature",
        ));
    }
    let contents = documents.iter().filter_map(FileToSign::content);
    if format == FileFormat::XadesEnveloping && contents.map(<[u8]>::len).any(|len| len > MOST_INSIDE_XML) {
        return Err(ErrorCode::TooLarge.into());
    }
    let is_taken = |document: &FileToSign| TAKEN.iter().any(|taken| taken.eq_ignore_ascii_case(document.name()));
    if matches!(format, FileFormat::AsicE(_)) && documents.iter().any(is_taken) {
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
    format: FileFormat,
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
    match format {
        FileFormat::Raw => each(&|document| Ok(ToSign::bare(document.digest(hash)?))),
        FileFormat::CadesAttached => each(&|document| {
            let content = content(document)?.to_vec();
            Ok(ToSign::formed(Cms::attached(content, signer, chain, at, named)?))
        }),
        FileFormat::CadesDetached => each(&|document| {
            let digest = document.digest(hash)?;
            Ok(ToSign::formed(Cms::over_digest(&digest, signer, chain, at, named)?))
        }),
        FileFormat::XadesEnveloping => each(&|document| {
            let object = DataObject {
                name: INSIDE,
                media_type: document.media_type(),
                // Exactly these octets, whatever they are: XML put into XML is written anew.
                content: Content::Octets(content(document)?),
            };
            Ok(ToSign::formed(Xades::enveloping(&[object], signer, chain, at)?))
        }),
        FileFormat::XadesDetached => each(&|document| {
            let digest = document.digest(hash)?;
            let file = DataFile {
                name: document.name(),
                media_type: document.media_type(),
                content: FileContent::Digest(&digest),
            };
            Ok(ToSign::formed(Xades::detached(&[file], signer, chain, at)?))
        }),
        FileFormat::AsicE(kind) => {
            let files = documents.iter().map(in_container).collect::<Result<_, _>>()?;
            let pending = match kind {
                ContainerSignature::Xades => Container::xades(files, signer, chain, at)?,
                ContainerSignature::Cades => Container::cades(files, signer, chain, at, named)?,
            };
            Ok(vec![ToSign::formed(pending)])
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

/// The content, which [`must_take`] has asked for.
fn content(document: &FileToSign) -> Result<&[u8], ApiError> {
    let missing = || ApiError::invalid("documents", "must have their content");
    document.content().ok_or_else(missing)
}
