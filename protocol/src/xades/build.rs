//! From what is to be signed to a signature that lacks nothing but the card's answer.
//!
//! Everything but digests and signature is known at once. So the parts that are hashed are written first and parsed where
//! they will stand; then `SignedInfo` is written with their digests, and hashed in its place too. Nothing is written
//! twice: after that, the text only grows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beid_pki::{Certificate, HashAlgorithm};
use der::Encode;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::content::{DataFile, DataObject, FileContent, check_names};
use super::extend::{Pieces, Xades};
use super::{ASIC, DS, SIGNED_PROPERTIES, XADES};
use crate::asn1::IssuerSerial;
use crate::c14n::{self, EXCLUSIVE};
use crate::error::ProtocolError;
use crate::markup::Source;
use crate::signature::{Algorithm, Pending, RawSignature};

/// Element around `ds:Signature`.
#[derive(Clone, Copy)]
enum Around {
    Nothing,
    Container,
}

/// `ds:Reference` to something that is signed, apart from its identifier.
struct Referenced {
    uri: String,
    /// True for XML in this document; false for octets elsewhere.
    is_inside: bool,
    media_type: String,
    encoding: Option<&'static str>,
    digest: Vec<u8>,
}

impl Xades {
    /// Begins a signature that holds `objects` and signs them. `chain` goes into it behind the signer's certificate.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] for objects without a proper name or type, that occur twice, or that cannot be
    /// held; [`ProtocolError::UnsupportedAlgorithm`] if the key of `signer` is neither RSA of 2048 bits or more nor P-384.
    ///
    /// Source: ETSI EN 319 132-1, 6.3 (level B-B); XML Signature 1.1, 4.5.
    pub fn enveloping(
        objects: &[DataObject<'_>],
        signer: &Certificate,
        chain: &[Certificate],
        signing_time: Timestamp,
    ) -> Result<Pending<Self>, ProtocolError> {
        let algorithm = Algorithm::for_key(signer.public_key())?;
        check_names(objects.iter().map(|object| object.name)).map_err(|error| error.under("objects"))?;
        let mut markups = Vec::new();
        for (number, object) in objects.iter().enumerate() {
            let under = |error: ProtocolError| error.under(&format!("objects[{number}]"));
            object.check().map_err(under)?;
            markups.push(object.markup().map_err(under)?);
        }
        let parts = objects.iter().zip(&markups);
        let parts = parts.flat_map(|(object, markup)| [object.name, object.media_type, markup]);
        let id = identifier(signer, signing_time, parts.map(str::as_bytes));

        let mut held = String::new();
        for (object, markup) in objects.iter().zip(&markups) {
            let encoding = object
                .encoding()
                .map_or(String::new(), |uri| format!(" Encoding=\"{uri}\""));
            let media_type = c14n::escaped_attribute(object.media_type);
            let object_id = object_id(&id, object);
            held.push_str(&format!(
                "<ds:Object{encoding} Id=\"{object_id}\" MimeType=\"{media_type}\">{markup}</ds:Object>"
            ));
        }
        let ids: Vec<_> = objects.iter().map(|object| object_id(&id, object)).collect();
        let digests = digests_in_place(&format!("{}{held}{CLOSE}", open(&id)), &ids, algorithm.hash())?;
        let referenced = objects
            .iter()
            .zip(ids)
            .zip(digests)
            .map(|((object, id), digest)| Referenced {
                uri: format!("#{id}"),
                is_inside: true,
                media_type: object.media_type.to_owned(),
                encoding: object.encoding(),
                digest,
            });
        let referenced: Vec<_> = referenced.collect();
        begin(id, Around::Nothing, &referenced, &held, signer, chain, signing_time)
    }

    /// Begins a signature over `files`, which lie beside it.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] for files without a proper name or type, or that occur twice, and for digests of
    /// another length; [`ProtocolError::UnsupportedAlgorithm`] as for [`Xades::enveloping`].
    ///
    /// Source: ETSI EN 319 132-1, 6.3 (level B-B); XML Signature 1.1, 4.4.3.1.
    pub fn detached(
        files: &[DataFile<'_>],
        signer: &Certificate,
        chain: &[Certificate],
        signing_time: Timestamp,
    ) -> Result<Pending<Self>, ProtocolError> {
        beside(Around::Nothing, files, signer, chain, signing_time)
    }

    /// Begins the signature of a container with `files` in it: detached, in an element for such signatures.
    ///
    /// # Errors
    /// As [`Xades::detached`], and for names that the container needs for itself.
    ///
    /// Source: ETSI EN 319 162-1, 4.4.3.2 (`XAdESSignatures`).
    pub fn for_container(
        files: &[DataFile<'_>],
        signer: &Certificate,
        chain: &[Certificate],
        signing_time: Timestamp,
    ) -> Result<Pending<Self>, ProtocolError> {
        for (number, file) in files.iter().enumerate() {
            file.check_in_container()
                .map_err(|error| error.under(&format!("files[{number}]")))?;
        }
        beside(Around::Container, files, signer, chain, signing_time)
    }
}

fn beside(
    around: Around,
    files: &[DataFile<'_>],
    signer: &Certificate,
    chain: &[Certificate],
    signing_time: Timestamp,
) -> Result<Pending<Xades>, ProtocolError> {
    let hash = Algorithm::for_key(signer.public_key())?.hash();
    check_names(files.iter().map(|file| file.name)).map_err(|error| error.under("files"))?;
    let mut referenced = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let under = |error: ProtocolError| error.under(&format!("files[{number}]"));
        file.check().map_err(under)?;
        referenced.push(Referenced {
            uri: file.uri(),
            is_inside: false,
            media_type: file.media_type.to_owned(),
            encoding: None,
            digest: digest_of(file, hash).map_err(under)?,
        });
    }
    let parts = referenced.iter();
    let parts = parts.flat_map(|file| [file.uri.as_bytes(), file.media_type.as_bytes(), &file.digest]);
    let id = identifier(signer, signing_time, parts);
    begin(id, around, &referenced, "", signer, chain, signing_time)
}

fn begin(
    id: String,
    around: Around,
    referenced: &[Referenced],
    held: &str,
    signer: &Certificate,
    chain: &[Certificate],
    signing_time: Timestamp,
) -> Result<Pending<Xades>, ProtocolError> {
    let algorithm = Algorithm::for_key(signer.public_key())?;
    let signed_properties = signed_properties(&id, referenced, signer, algorithm, signing_time)?;
    let (outer_open, outer_close) = match around {
        Around::Nothing => (String::new(), ""),
        Around::Container => (
            format!("<asic:XAdESSignatures xmlns:asic=\"{ASIC}\">"),
            "</asic:XAdESSignatures>",
        ),
    };
    let open = format!("{outer_open}{}", open(&id));
    let close = format!("{CLOSE}{outer_close}");

    let properties_id = [format!("{id}-sp")];
    let in_place = format!("{open}{signed_properties}{close}");
    let digests = digests_in_place(&in_place, &properties_id, algorithm.hash())?;
    let signed_info = signed_info(&id, referenced, digests.concat().as_slice(), algorithm);
    let document = format!("{open}{signed_info}{close}");
    let to_be_signed = canonical_in_place(&document, &[format!("{id}-si")])?.concat();
    let before = format!("{DECLARATION}{open}{signed_info}");
    let properties = format!(
        "{}<ds:Object><xades:QualifyingProperties Target=\"#{id}\">{signed_properties}",
        key_info(signer, chain)
    );
    let after = format!("</xades:QualifyingProperties></ds:Object>{held}{close}");
    Pending::new(signer, to_be_signed, move |raw| {
        // Unlike certificates and CMS: r‖s as the card gives it. (XML Signature 1.1, 6.4.3)
        let value = STANDARD.encode(match raw {
            RawSignature::Rsa(octets) | RawSignature::Ecdsa(octets) => octets,
        });
        Ok(Xades::new(Pieces {
            before,
            value,
            properties,
            after,
            id,
        }))
    })
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const CLOSE: &str = "</ds:Signature>";

fn open(id: &str) -> String {
    format!("<ds:Signature xmlns:ds=\"{DS}\" xmlns:xades=\"{XADES}\" Id=\"{id}\">")
}

/// The signature's own identifier, with which all others in it begin: the same for the same input, and for no other.
fn identifier<'a>(signer: &Certificate, signing_time: Timestamp, parts: impl Iterator<Item = &'a [u8]>) -> String {
    let hash = HashAlgorithm::Sha256;
    let mut digests = hash.digest(signer.der());
    digests.extend(signing_time.as_second().to_be_bytes());
    for part in parts {
        digests.extend(hash.digest(part));
    }
    let hex: String = hash
        .digest(&digests)
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("S-{hex}")
}

fn object_id(id: &str, object: &DataObject<'_>) -> String {
    format!("{id}-obj-{}", object.name)
}

fn digest_of(file: &DataFile<'_>, hash: HashAlgorithm) -> Result<Vec<u8>, ProtocolError> {
    match file.content {
        FileContent::Octets(octets) => Ok(hash.digest(octets)),
        FileContent::Digest(digest) if digest.len() == hash.digest_len() => Ok(digest.to_vec()),
        FileContent::Digest(_) => Err(ProtocolError::invalid(
            "digest",
            format!("a {} digest, for the signer's key", hash.name()),
        )),
    }
}

/// Digests of the elements with these identifiers, each where it stands.
fn digests_in_place(document: &str, ids: &[String], hash: HashAlgorithm) -> Result<Vec<Vec<u8>>, ProtocolError> {
    let canonical = canonical_in_place(document, ids)?;
    Ok(canonical.iter().map(|octets| hash.digest(octets)).collect())
}

/// The canonical forms of the elements with these identifiers, each where it stands.
fn canonical_in_place(document: &str, ids: &[String]) -> Result<Vec<Vec<u8>>, ProtocolError> {
    let source = Source::read(document.as_bytes())?;
    let parsed = source.parse()?;
    let canonical = |id: &String| {
        // Only ours has it: identifiers begin with a hash over all content, and no content can well hold its own.
        let found = parsed.descendants().find(|node| node.attribute("Id") == Some(id));
        Some(c14n::subtree(found?, &[]))
    };
    let canonical: Option<Vec<_>> = ids.iter().map(canonical).collect();
    canonical.ok_or(ProtocolError::Internal {
        reason: "what was to be signed is not in the signature",
    })
}

/// Writes `SignedInfo`. (XML Signature 1.1, 4.4)
fn signed_info(id: &str, referenced: &[Referenced], properties_digest: &[u8], algorithm: Algorithm) -> String {
    let mut xml = format!(
        "<ds:SignedInfo Id=\"{id}-si\"><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod>",
        algorithm.signature_method()
    );
    let mut add = |attributes: &str, is_inside: bool, digest: &[u8]| {
        // Without a transform, others would take the inclusive form.
        let transforms = if is_inside {
            format!("<ds:Transforms><ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>")
        } else {
            String::new()
        };
        xml.push_str(&format!(
            "<ds:Reference {attributes}>{transforms}{}</ds:Reference>",
            digest_and_method(algorithm, digest)
        ));
    };
    for (number, reference) in referenced.iter().enumerate() {
        let attributes = format!("Id=\"{id}-ref{number}\" URI=\"{}\"", reference.uri);
        add(&attributes, reference.is_inside, &reference.digest);
    }
    let attributes = format!("Type=\"{SIGNED_PROPERTIES}\" URI=\"#{id}-sp\"");
    add(&attributes, true, properties_digest);
    xml.push_str("</ds:SignedInfo>");
    xml
}

fn digest_and_method(algorithm: Algorithm, digest: &[u8]) -> String {
    format!(
        "<ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod><ds:DigestValue>{}</ds:DigestValue>",
        algorithm.digest_method(),
        STANDARD.encode(digest)
    )
}

/// `SignedProperties`: EN 319 132-1, 4.3 and 5.2.
fn signed_properties(
    id: &str,
    referenced: &[Referenced],
    signer: &Certificate,
    algorithm: Algorithm,
    signing_time: Timestamp,
) -> Result<String, ProtocolError> {
    let unencodable = |_| ProtocolError::Internal {
        reason: "the names of a certificate have no DER encoding",
    };
    let issuer_serial = IssuerSerial::from_certificate(signer)
        .and_then(|names| names.to_der())
        .map_err(unencodable)?;
    let mut xml = format!(
        "<xades:SignedProperties Id=\"{id}-sp\"><xades:SignedSignatureProperties>\
         <xades:SigningTime>{}</xades:SigningTime>\
         <xades:SigningCertificateV2><xades:Cert><xades:CertDigest>{}</xades:CertDigest>\
         <xades:IssuerSerialV2>{}</xades:IssuerSerialV2></xades:Cert></xades:SigningCertificateV2>\
         </xades:SignedSignatureProperties><xades:SignedDataObjectProperties>",
        signing_time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        digest_and_method(algorithm, &algorithm.hash().digest(signer.der())),
        STANDARD.encode(issuer_serial),
    );
    for (number, reference) in referenced.iter().enumerate() {
        let media_type = c14n::escaped_text(&reference.media_type);
        let encoding = reference
            .encoding
            .map_or(String::new(), |uri| format!("<xades:Encoding>{uri}</xades:Encoding>"));
        xml.push_str(&format!(
            "<xades:DataObjectFormat ObjectReference=\"#{id}-ref{number}\">\
             <xades:MimeType>{media_type}</xades:MimeType>{encoding}</xades:DataObjectFormat>"
        ));
    }
    xml.push_str("</xades:SignedDataObjectProperties></xades:SignedProperties>");
    Ok(xml)
}

/// `KeyInfo`: the signer's certificate, then its chain, each once.
fn key_info(signer: &Certificate, chain: &[Certificate]) -> String {
    let mut xml = String::from("<ds:KeyInfo><ds:X509Data>");
    let mut written: Vec<&Certificate> = Vec::new();
    for certificate in std::iter::once(signer).chain(chain) {
        if written.contains(&certificate) {
            continue;
        }
        written.push(certificate);
        xml.push_str("<ds:X509Certificate>");
        STANDARD.encode_string(certificate.der(), &mut xml);
        xml.push_str("</ds:X509Certificate>");
    }
    xml.push_str("</ds:X509Data></ds:KeyInfo>");
    xml
}
