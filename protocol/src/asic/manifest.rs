//! The two manifests of a container: `ASiCManifest`, which a CMS signs, and the list of contents, which is not signed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beid_pki::Reason;
use roxmltree::Node;

use super::{File, MEDIA_TYPE};
use crate::error::ProtocolError;
use crate::read::{Children, named, text, with_root};
use crate::signature::Algorithm;
use crate::verify::Objection;
use crate::xades::{ASIC, DS, Digest, file_name};
use crate::xml::{Standalone, XmlWriter};

const OPEN_DOCUMENT: &str = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0";
const CMS_MEDIA_TYPE: &str = "application/pkcs7-signature";

/// Writes an `ASiCManifest` for the signature called `signature`.
///
/// Source: ETSI EN 319 162-1, annex A.4.
pub(super) fn write(signature: &str, files: &[File], algorithm: Algorithm) -> Result<Vec<u8>, ProtocolError> {
    let mut xml = XmlWriter::new(Standalone::Unsaid)?;
    xml.element("asic:ASiCManifest", &[("xmlns:asic", ASIC), ("xmlns:ds", DS)], |xml| {
        let reference = [("URI", signature), ("MimeType", CMS_MEDIA_TYPE)];
        xml.element("asic:SigReference", &reference, |_| Ok(()))?;
        for file in files {
            let uri = file.as_data().uri();
            let reference = [("URI", uri.as_str()), ("MimeType", &file.media_type)];
            xml.element("asic:DataObjectReference", &reference, |xml| {
                xml.element("ds:DigestMethod", &[("Algorithm", algorithm.digest_method())], |_| {
                    Ok(())
                })?;
                xml.text(
                    "ds:DigestValue",
                    &[],
                    &STANDARD.encode(algorithm.hash().digest(&file.content)),
                )
            })?;
        }
        Ok(())
    })?;
    Ok(xml.finish())
}

/// Writes the list of contents that OpenDocument has.
///
/// Source: OpenDocument 1.2, part 3, 3.2 and 4.
pub(super) fn contents(files: &[File]) -> Result<Vec<u8>, ProtocolError> {
    let mut xml = XmlWriter::new(Standalone::Unsaid)?;
    let attributes = [("xmlns:manifest", OPEN_DOCUMENT), ("manifest:version", "1.2")];
    xml.element("manifest:manifest", &attributes, |xml| {
        let files = files.iter().map(|file| (file.name.as_str(), file.media_type.as_str()));
        for (name, media_type) in std::iter::once(("/", MEDIA_TYPE)).chain(files) {
            let entry = [("manifest:full-path", name), ("manifest:media-type", media_type)];
            xml.element("manifest:file-entry", &entry, |_| Ok(()))?;
        }
        Ok(())
    })?;
    Ok(xml.finish())
}

/// An `ASiCManifest` as read.
pub(crate) struct Manifest {
    /// The entry that signs it.
    pub(crate) signature: String,
    /// The entries it has digests of.
    pub(crate) files: Vec<Digested>,
}

/// One entry as a manifest lists it.
pub(crate) struct Digested {
    /// Its name.
    pub(crate) name: String,
    digest: Digest,
}

impl Digested {
    /// Checks that `content` is what was digested, with a hash that may be believed.
    pub(crate) fn check(&self, content: &[u8]) -> Result<(), Objection> {
        self.digest.check(content)
    }
}

impl Manifest {
    /// Reads a manifest. Extensions that must be understood could change what it means; others say nothing of its files.
    ///
    /// # Errors
    /// [`Objection::Failed`] if it is none, or names something outside of its container; [`Objection::Unknown`] for
    /// extensions that must be understood.
    ///
    /// Source: EN 319 162-1, annex A.4.
    pub(crate) fn read(xml: &[u8]) -> Result<Self, Objection> {
        let mut extended = false;
        let manifest = with_root(xml, |root| {
            extended = root.descendants().any(is_critical);
            let mut children = Children::new(named(root, ASIC, "ASiCManifest")?)?;
            let signature = name_of(children.one(ASIC, "SigReference")?)?;
            let files = children.many(ASIC, "DataObjectReference", digested)?;
            children.optional(ASIC, "ASiCManifestExtensions");
            children.end()?;
            Ok(Self { signature, files })
        });
        match manifest {
            // Only where the rest can be read: a malformed manifest is refused whatever extensions it has.
            Ok(_) if extended => Err(Objection::Unknown(Reason::ManifestExtensionNotSupported)),
            manifest => manifest.map_err(|_| Reason::MalformedManifest.into()),
        }
    }
}

fn is_critical(node: Node<'_, '_>) -> bool {
    let name = node.tag_name();
    // Anything but a plain no counts as critical. Taken for a no, it could hide a change of meaning.
    name.name() == "Extension" && !matches!(node.attribute("Critical"), None | Some("false" | "0"))
}

fn digested(node: Node<'_, '_>) -> Result<Digested, ProtocolError> {
    let mut children = Children::new(node)?;
    let method = children
        .one(DS, "DigestMethod")?
        .attribute("Algorithm")
        .unwrap_or_default();
    let value: String = text(children.one(DS, "DigestValue")?)?
        .split_ascii_whitespace()
        .collect();
    children.optional(ASIC, "DataObjectReferenceExtensions");
    children.end()?;
    let value = STANDARD
        .decode(value)
        .map_err(|_| ProtocolError::malformed("a digest that is not base64"))?;
    Ok(Digested {
        name: name_of(node)?,
        digest: Digest::new(method, value),
    })
}

fn name_of(node: Node<'_, '_>) -> Result<String, ProtocolError> {
    let uri = node.attribute("URI");
    uri.and_then(file_name).ok_or(ProtocolError::malformed(
        "a reference to something outside of the container",
    ))
}
