//! Containers: files and the signature over them in one ZIP, as ASiC-E describes it.
//!
//! ```text
//! Container::cades(files, signer...)    a detached CMS over a manifest, which has the digest of each file
//!          ::xades(files, signer...)    a signature in XML, which has the digest of each file itself
//!          Pending<Container>           digest for the card, check of its answer
//! Container::with_time_stamp(token)     time of an authority: B-T
//!          ::to_zip()                   the file to keep
//! ```
//!
//! All entries are stored as they are and dated 1980, so that the same files and signature give the same bytes.
//!
//! Source: ETSI EN 319 162-1; ISO/IEC 21320-1 (ZIP); OpenDocument 1.2, part 3 (`META-INF/manifest.xml`).

mod manifest;
mod reader;
mod zip;

use beid_pki::Certificate;
use jiff::Timestamp;

use crate::cms::{Attributes, Cms};
use crate::error::ProtocolError;
use crate::long_term::RevocationValues;
use crate::signature::{Algorithm, Pending};
use crate::timestamp::Token;
use crate::xades::{DataFile, FileContent, Xades};

pub(crate) use manifest::Manifest;
pub(crate) use reader::{Archive, ContainerKind, Entry, read};

/// Content of the first entry.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.etsi.asic-e+zip";
/// The folder of everything that is not a file of the caller's.
pub(crate) const FOLDER: &str = "META-INF/";
const MIMETYPE: &str = "mimetype";
const CONTENTS: &str = "META-INF/manifest.xml";
const MANIFEST: &str = "META-INF/ASiCManifest001.xml";
const CADES: &str = "META-INF/signature001.p7s";
const XADES: &str = "META-INF/signatures001.xml";

/// Longest container, and longest content of all its files together, in bytes.
pub(crate) const LONGEST: usize = 1 << 26;

/// A file of the caller's.
#[derive(Clone, Eq, PartialEq)]
pub struct File {
    /// Path in the container: `request.xml`, `annex/photo.jpg`.
    pub name: String,
    /// `application/xml`, `application/pdf`...
    pub media_type: String,
    /// Octets of the file.
    pub content: Vec<u8>,
}

redacted_debug!(File);

impl File {
    fn as_data(&self) -> DataFile<'_> {
        DataFile {
            name: &self.name,
            media_type: &self.media_type,
            content: FileContent::Octets(&self.content),
        }
    }
}

/// Files and the finished signature over them.
#[derive(Clone)]
pub struct Container {
    files: Vec<File>,
    signature: InnerSignature,
}

#[derive(Clone)]
enum InnerSignature {
    /// The manifest, and the CMS over it.
    Cades(Vec<u8>, Cms),
    Xades(Xades),
}

redacted_debug!(Container);

impl Container {
    /// Begins a container with a CMS beside the files.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] for no files or too much of them, names that a container needs for itself, that
    /// occur twice (capitals or not) or lead out of it; [`ProtocolError::UnsupportedAlgorithm`] as for [`Cms::detached`].
    ///
    /// Source: ETSI EN 319 162-1, 4.4.4 and annex A.4.
    pub fn cades<'a>(
        files: Vec<File>,
        signer: &Certificate,
        chain: &[Certificate],
        signing_time: Timestamp,
        attributes: impl Into<Attributes<'a>>,
    ) -> Result<Pending<Self>, ProtocolError> {
        check(&files)?;
        let manifest = manifest::write(CADES, &files, Algorithm::for_key(signer.public_key())?)?;
        let pending = Cms::detached(&manifest, signer, chain, signing_time, attributes)?;
        Ok(pending.map(|cms| Self {
            files,
            signature: InnerSignature::Cades(manifest, cms),
        }))
    }

    /// Begins a container with a signature in XML beside the files.
    ///
    /// # Errors
    /// As [`cades`](Self::cades).
    ///
    /// Source: ETSI EN 319 162-1, 4.4.3.
    pub fn xades(
        files: Vec<File>,
        signer: &Certificate,
        chain: &[Certificate],
        signing_time: Timestamp,
    ) -> Result<Pending<Self>, ProtocolError> {
        check(&files)?;
        let data: Vec<_> = files.iter().map(File::as_data).collect();
        let pending = Xades::for_container(&data, signer, chain, signing_time)?;
        Ok(pending.map(|signature| Self {
            files,
            signature: InnerSignature::Xades(signature),
        }))
    }
}

impl Container {
    /// The octets that a time stamp must be about.
    ///
    /// # Errors
    /// [`ProtocolError::Internal`] as [`Cms::stamped`].
    pub fn stamped(&self) -> Result<Vec<u8>, ProtocolError> {
        match &self.signature {
            InnerSignature::Cades(_, cms) => cms.stamped(),
            InnerSignature::Xades(signature) => Ok(signature.stamped()),
        }
    }

    /// Adds a time stamp over [`stamped`](Self::stamped).
    ///
    /// # Errors
    /// [`ProtocolError::Internal`] if it cannot be encoded.
    pub fn with_time_stamp(self, token: &Token) -> Result<Self, ProtocolError> {
        let signature = match self.signature {
            InnerSignature::Cades(manifest, cms) => InnerSignature::Cades(manifest, cms.with_time_stamp(token)?),
            InnerSignature::Xades(signature) => InnerSignature::Xades(signature.with_timestamp(token.der())),
        };
        Ok(Self { signature, ..self })
    }

    /// Adds the answers of authorities on the certificates.
    ///
    /// # Errors
    /// [`ProtocolError::MalformedDocument`] if one of the values is not DER.
    pub fn with_revocation(self, values: &RevocationValues) -> Result<Self, ProtocolError> {
        let signature = match self.signature {
            InnerSignature::Cades(manifest, cms) => InnerSignature::Cades(manifest, cms.with_revocation(values)?),
            InnerSignature::Xades(signature) => InnerSignature::Xades(signature.with_revocation(values)),
        };
        Ok(Self { signature, ..self })
    }

    /// The container, a ZIP.
    ///
    /// # Errors
    /// [`ProtocolError::Internal`] if it cannot be written, which memory alone decides.
    pub fn to_zip(&self) -> Result<Vec<u8>, ProtocolError> {
        let contents = manifest::contents(&self.files)?;
        // First: programs know the file by its first bytes. (EN 319 162-1, annex A.1)
        let mut entries = vec![(MIMETYPE, MEDIA_TYPE.as_bytes())];
        entries.extend(
            self.files
                .iter()
                .map(|file| (file.name.as_str(), file.content.as_slice())),
        );
        entries.push((CONTENTS, &contents));
        match &self.signature {
            InnerSignature::Cades(manifest, cms) => {
                entries.extend([(MANIFEST, manifest.as_slice()), (CADES, cms.der())])
            }
            InnerSignature::Xades(signature) => entries.push((XADES, signature.xml().as_bytes())),
        }
        zip::write(&entries).ok_or(ProtocolError::Internal {
            reason: "a container cannot be written",
        })
    }
}

/// Refuses files that a container cannot hold, or that its readers could mix up.
fn check(files: &[File]) -> Result<(), ProtocolError> {
    if files.is_empty() {
        return Err(ProtocolError::invalid("files", "none to sign"));
    }
    // Half of what is read leaves room for the signature and for what is added to it.
    if files.len() > zip::MOST_FILES || files.iter().map(|file| file.content.len()).sum::<usize>() > LONGEST / 2 {
        return Err(ProtocolError::invalid("files", "more than a container holds"));
    }
    let mut names = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let under = |error: ProtocolError| error.under(&format!("files[{number}]"));
        let data = file.as_data();
        data.check().and_then(|()| data.check_in_container()).map_err(under)?;
        // On some systems names that differ in capitals are one file; the reader refuses them, too.
        names.push(file.name.to_lowercase());
    }
    names.sort_unstable();
    if names.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(ProtocolError::invalid("files", "two files of one name"));
    }
    Ok(())
}
