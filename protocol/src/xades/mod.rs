//! Signatures in XML, in the form that XAdES calls B-B, and what may be added to them later: B-T and B-LT.
//!
//! ```text
//! Xades::enveloping(objects, signer...)      the signature holds what it signs
//!      ::detached(files, signer...)          it names files that lie beside it
//!      ::for_container(files, signer...)     the same, as a container (ASiC-E) wants it
//!      Pending<Xades>                        digest for the card, check of its answer
//! Xades::with_timestamp(token)               time of an authority
//!      ::with_validation_data(values)        data to judge it with when no authority answers any more
//! ```
//!
//! The signature is over `SignedInfo`, which lists digests: one of each object or file, and one of `SignedProperties`, where
//! the time and the signer's certificate are named. All XML in it is hashed in its canonical form ([`c14n`](crate::c14n)),
//! in the place where it stands. Files are hashed as the octets they are.
//!
//! Writing knows one form. Reading knows those that the world uses: signatures that hold, surround or lie beside what
//! they sign, with the canonical forms and transforms of XML Signature, with the properties of XAdES or without. What
//! would let two readers disagree on what was signed (an identifier that occurs twice, an object or a document around the
//! signature that is not signed) is refused; what is made in a way that is not known here is called so, and not judged.
//!
//! Source: ETSI EN 319 132-1 (XAdES), XML Signature Syntax and Processing 1.1 (W3C).

mod algorithms;
mod build;
mod content;
mod extend;
mod read;
mod references;
mod transforms;

pub use content::{Content, DataFile, DataObject, FileContent};
pub use extend::{ValidationData, Xades};

pub(crate) use algorithms::Digest;
pub(crate) use content::{file_name, is_file_name};
pub(crate) use read::{Signature, signatures};
pub(crate) use references::{Ids, Reference, Target};

pub use crate::verify::xades::{Examined, SignatureTimestamp, SignedObject, examine, examine_with, verify};

/// Namespace of XML signatures.
pub(crate) const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Namespace of XAdES 1.3.2, the one of EN 319 132 too.
pub(crate) const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
/// Namespace of what came to XAdES later.
pub(crate) const XADES_141: &str = "http://uri.etsi.org/01903/v1.4.1#";
/// Namespace of the element around the signatures of a container.
pub(crate) const ASIC: &str = "http://uri.etsi.org/02918/v1.2.1#";
/// Namespace of the element around the signatures of an OpenDocument.
pub(crate) const OPEN_DOCUMENT: &str = "urn:oasis:names:tc:opendocument:xmlns:digitalsignature:1.0";
/// `Type` of the reference to the signed properties; without a version, unlike the namespace.
pub(crate) const SIGNED_PROPERTIES: &str = "http://uri.etsi.org/01903#SignedProperties";
/// `Encoding` of an object whose text is base64.
pub(crate) const BASE64: &str = "http://www.w3.org/2000/09/xmldsig#base64";
