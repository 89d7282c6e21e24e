//! Containers: files and the signature over them in one ZIP, as ASiC-E describes it.
//!
//! ```text
//! Pending::cades(files, signer...)    a detached CMS over a manifest, which has the digest of each file
//!        ::xades(files, signer...)    a signature in XML, which has the digest of each file itself
//!        .digest()                    is what the card signs
//!        .finish(raw signature)       checks it with the signer's certificate, gives the Container
//! Container::with_time_stamp(token)   somebody else says when: B-T
//!          ::to_zip()                 the file to keep
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

use crate::cms::{self, Attributes, Cms};
use crate::error::ProtocolError;
use crate::long_term::RevocationValues;
use crate::signature::{Algorithm, RawSignature};
use crate::timestamp::Token;
use crate::xades::{self, DataFile, FileContent, ValidationData, Xades};

pub(crate) use manifest::Manifest;
pub(crate) use reader::{Archive, Entry, Kind, read};

/// What the first entry says.
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
    /// Where it lies in the container: `request.xml`, `annex/photo.jpg`.
    pub name: String,
    /// `application/xml`, `application/pdf`...
    pub media_type: String,
    /// What is in it.
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

/// A container that lacks nothing but the card's answer.
#[derive(Clone, Debug)]
pub struct Pending {
    files: Vec<File>,
    signature: PendingSignature,
}

#[derive(Clone, Debug)]
enum PendingSignature {
    Cades(Vec<u8>, Box<cms::Pending>),
    Xades(Box<xades::Pending>),
}

impl Pending {
    /// Begins a container with a CMS beside the files.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] for no files or too much of them, names that a container needs for itself, that
    /// occur twice (capitals or not) or lead out of it; [`ProtocolError::UnsupportedAlgorithm`] as for [`cms::Pending`].
    ///
    /// Source: ETSI EN 319 162-1, 4.4.4 and annex A.4.
    pub fn cades<'a>(
        files: Vec<File>,
        signer: &Certificate,
        chain: &[Certificate],
        signing_time: Timestamp,
        attributes: impl Into<Attributes<'a>>,
    ) -> Result<Self, ProtocolError> {
        check(&files)?;
        let manifest = manifest::write(CADES, &files, Algorithm::of(signer.public_key())?)?;
        let pending = cms::Pending::detached(&manifest, signer, chain, signing_time, attributes)?;
        Ok(Self {
            files,
            signature: PendingSignature::Cades(manifest, Box::new(pending)),
        })
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
    ) -> Result<Self, ProtocolError> {
        check(&files)?;
        let data: Vec<_> = files.iter().map(File::as_data).collect();
        let pending = xades::Pending::for_container(&data, signer, chain, signing_time)?;
        Ok(Self {
            signature: PendingSignature::Xades(Box::new(pending)),
            files,
        })
    }

    /// What the card has to sign.
    #[must_use]
    pub fn digest(&self) -> &[u8] {
        match &self.signature {
            PendingSignature::Cades(_, pending) => pending.digest(),
            PendingSignature::Xades(pending) => pending.digest(),
        }
    }

    /// How the card has to sign it.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match &self.signature {
            PendingSignature::Cades(_, pending) => pending.algorithm(),
            PendingSignature::Xades(pending) => pending.algorithm(),
        }
    }

    /// Checks the card's answer and gives the container out.
    ///
    /// # Errors
    /// [`ProtocolError::UnsupportedAlgorithm`] if the answer is of another kind than the key;
    /// [`ProtocolError::SignatureRejected`] if the certificate's key did not make it.
    pub fn finish(self, raw: RawSignature) -> Result<Container, ProtocolError> {
        let signature = match self.signature {
            PendingSignature::Cades(manifest, pending) => Signature::Cades(manifest, pending.finish(raw)?),
            PendingSignature::Xades(pending) => Signature::Xades(pending.finish(raw)?),
        };
        Ok(Container {
            files: self.files,
            signature,
        })
    }
}

/// Files and the finished signature over them.
#[derive(Clone)]
pub struct Container {
    files: Vec<File>,
    signature: Signature,
}

#[derive(Clone)]
enum Signature {
    /// The manifest, and the CMS over it.
    Cades(Vec<u8>, Cms),
    Xades(Xades),
}

redacted_debug!(Container);

impl Container {
    /// The octets that a time stamp must be about.
    ///
    /// # Errors
    /// [`ProtocolError::Internal`] as [`Cms::signature`].
    pub fn stamped(&self) -> Result<Vec<u8>, ProtocolError> {
        match &self.signature {
            Signature::Cades(_, cms) => cms.signature(),
            Signature::Xades(signature) => Ok(xades::timestamp_imprint(signature)),
        }
    }

    /// Adds a time stamp over [`stamped`](Self::stamped).
    ///
    /// # Errors
    /// [`ProtocolError::Internal`] if it cannot be encoded.
    pub fn with_time_stamp(self, token: &Token) -> Result<Self, ProtocolError> {
        let signature = match self.signature {
            Signature::Cades(manifest, cms) => Signature::Cades(manifest, cms.with_time_stamp(token)?),
            Signature::Xades(signature) => Signature::Xades(signature.with_timestamp(token.der())),
        };
        Ok(Self { signature, ..self })
    }

    /// Adds what authorities said of the certificates.
    ///
    /// # Errors
    /// [`ProtocolError::MalformedDocument`] if one of the values is not DER.
    pub fn with_revocation(self, values: &RevocationValues) -> Result<Self, ProtocolError> {
        let signature = match self.signature {
            Signature::Cades(manifest, cms) => Signature::Cades(manifest, cms.with_revocation(values)?),
            Signature::Xades(signature) => Signature::Xades(signature.with_validation_data(ValidationData {
                certificates: &[],
                crls: &values.crls,
                ocsps: &values.ocsp,
            })),
        };
        Ok(Self { signature, ..self })
    }

    /// The container, a ZIP.
    ///
    /// # Errors
    /// [`ProtocolError::Internal`] if it cannot be written, which memory alone decides.
    pub fn to_zip(&self) -> Result<Vec<u8>, ProtocolError> {
        let contents = manifest::contents(&self.files)?;
        let mut entries = vec![(MIMETYPE, MEDIA_TYPE.as_bytes())];
        entries.extend(
            self.files
                .iter()
                .map(|file| (file.name.as_str(), file.content.as_slice())),
        );
        entries.push((CONTENTS, &contents));
        match &self.signature {
            Signature::Cades(manifest, cms) => entries.extend([(MANIFEST, manifest.as_slice()), (CADES, cms.der())]),
            Signature::Xades(signature) => entries.push((XADES, signature.xml().as_bytes())),
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
    if files.len() > zip::MOST_FILES || files.iter().map(|file| file.content.len()).sum::<usize>() > LONGEST / 2 {
        return Err(ProtocolError::invalid("files", "more than a container holds"));
    }
    let mut names = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let under = |error: ProtocolError| error.under(&format!("files[{number}]"));
        let data = file.as_data();
        data.check().and_then(|()| data.check_in_container()).map_err(under)?;
        names.push(file.name.to_lowercase());
    }
    names.sort_unstable();
    if names.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(ProtocolError::invalid("files", "two files of one name"));
    }
    Ok(())
}
