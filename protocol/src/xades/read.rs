//! A signature taken apart, for those who judge it: its form is checked here, what it is worth is not.
//!
//! Everything is found by its place, never by searching for a name or an identifier: a signature that points to one thing
//! and lets another be read is the oldest trick there is. An identifier that is pointed at occurs once in the document.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use roxmltree::{Document, Node};

use super::algorithms::Method;
use super::references::{Digest, Ids, Info, Reference, check_references, included};
use super::{ASIC, DS, SIGNED_PROPERTIES, XADES, XADES_141};
use crate::c14n::{self, EXCLUSIVE};
use crate::error::ProtocolError;
use crate::read::{Children, text};

/// Most references, certificates, and values of any other kind.
pub(super) const MOST: usize = 65;

/// Longest text of a signature, in bytes: that of the longest key has some seven hundred. Each time stamp is over it.
const LONGEST_VALUE: usize = 1 << 12;

/// The reason for a refusal, as a stable word.
pub(super) type Refused = &'static str;

/// The parts of a signature.
pub(crate) struct Signature<'a> {
    /// `SignedInfo`, canonical.
    pub(crate) signed_info: Vec<u8>,
    /// How it was signed, if that is a way to be believed.
    pub(crate) method: Option<Method>,
    /// The signature itself.
    pub(crate) value: Vec<u8>,
    /// What is signed, apart from the properties.
    pub(crate) references: Vec<Reference<'a>>,
    /// The reference to the properties.
    pub(crate) properties: Reference<'a>,
    /// The certificates, DER, in order.
    pub(crate) certificates: Vec<Vec<u8>>,
    /// When, by the signer's own word.
    pub(crate) signing_time: Option<Timestamp>,
    /// The signer's certificate, by the signer's own word: as each of the properties names it.
    pub(crate) signing_certificates: Vec<Digest>,
    /// Tokens, and what they stamp (unless it is given in a form we do not know).
    pub(crate) timestamps: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// Certificates, revocation lists and OCSP answers that were added later.
    pub(crate) values: [Vec<Vec<u8>>; 3],
}

impl<'a> Signature<'a> {
    /// Takes the only signature of `document` apart.
    pub(crate) fn of(document: &'a Document<'a>) -> Result<Self, Refused> {
        let node = only_signature(document)?;
        let ids = Ids::of(document);
        let mut parts = Children::of(node).map_err(unknown)?;
        let signed_info = parts.one(DS, "SignedInfo").map_err(unknown)?;
        let signature_value = parts.one(DS, "SignatureValue").map_err(unknown)?;
        if signature_value.range().len() > LONGEST_VALUE {
            return Err("signature-too-long");
        }
        let key_info = parts.optional(DS, "KeyInfo");
        let objects = parts.many(DS, "Object", Ok).map_err(unknown)?;
        parts.end().map_err(unknown)?;

        let (qualifying, objects): (Vec<_>, Vec<_>) = objects.into_iter().partition(|object| {
            let is_qualifying = |child: Node<'_, '_>| child.has_tag_name((XADES, "QualifyingProperties"));
            object.children().any(is_qualifying)
        });
        let [qualifying] = qualifying.as_slice() else {
            return Err("no-signed-properties");
        };
        let (signed, unsigned) = qualifying_properties(*qualifying, ids.only(node)?)?;
        let Info {
            canonical,
            method,
            mut references,
        } = Info::read(signed_info)?;
        let mut found = Vec::new();
        let mut properties = None;
        for raw in references.drain(..) {
            if raw.kind == Some(SIGNED_PROPERTIES) {
                let reference = raw.resolved(&ids, &[signed])?;
                if properties.replace(reference).is_some() {
                    return Err("several-references-to-properties");
                }
            } else {
                found.push(raw.resolved(&ids, &objects)?);
            }
        }
        check_references(&found, &objects)?;
        let mut signature = Self {
            signed_info: canonical,
            method,
            value: base64(signature_value)?,
            references: found,
            properties: properties.ok_or("properties-not-signed")?,
            certificates: key_info.map(certificates).transpose()?.unwrap_or_default(),
            signing_time: None,
            signing_certificates: Vec::new(),
            timestamps: Vec::new(),
            values: Default::default(),
        };
        signature.read_signed(signed)?;
        if let Some(unsigned) = unsigned {
            signature.read_unsigned(unsigned, signature_value)?;
        }
        Ok(signature)
    }

    /// EN 319 132-1, 4.3 and 5.2; what we do not know among them is signed and left alone.
    fn read_signed(&mut self, node: Node<'a, 'a>) -> Result<(), Refused> {
        let mut parts = Children::of(node).map_err(unknown)?;
        let of_signature = parts.optional(XADES, "SignedSignatureProperties");
        let of_objects = parts.optional(XADES, "SignedDataObjectProperties");
        parts.end().map_err(unknown)?;
        if let Some(of_signature) = of_signature {
            let time = at_most_one(of_signature, "SigningTime")?;
            self.signing_time = time.map(signing_time).transpose()?;
            // The second is the one of before 2016. If both are there, both must be right.
            for name in ["SigningCertificateV2", "SigningCertificate"] {
                if let Some(property) = at_most_one(of_signature, name)? {
                    let mut certificates = Children::of(property).map_err(unknown)?;
                    // The first is the signer's, others are of its chain.
                    let signer = certificates.one(XADES, "Cert").map_err(unknown)?;
                    let mut parts = Children::of(signer).map_err(unknown)?;
                    let digest = parts.one(XADES, "CertDigest").map_err(unknown)?;
                    let mut parts = Children::of(digest).map_err(unknown)?;
                    self.signing_certificates.push(Digest::read(&mut parts)?);
                    parts.end().map_err(unknown)?;
                }
            }
        }
        let formats = of_objects
            .into_iter()
            .flat_map(|node| elements(node, XADES, "DataObjectFormat"));
        for format in formats {
            let id = format
                .attribute("ObjectReference")
                .and_then(|uri| uri.strip_prefix('#'));
            let described = self
                .references
                .iter_mut()
                .find(|reference| id.is_some() && reference.id == id);
            let media_type = at_most_one(format, "MimeType")?
                .map(text)
                .transpose()
                .map_err(unknown)?;
            match described {
                Some(reference) if reference.media_type.is_none() => reference.media_type = media_type,
                Some(_) => return Err("several-formats-of-one-object"),
                None => return Err("format-of-nothing"),
            }
        }
        Ok(())
    }

    /// EN 319 132-1, 5.3 to 5.5. Nobody signed these: they are given to those who know what to make of them.
    fn read_unsigned(&mut self, node: Node<'a, 'a>, signature_value: Node<'a, 'a>) -> Result<(), Refused> {
        let of_signature = elements(node, XADES, "UnsignedSignatureProperties").flat_map(|node| node.children());
        for property in of_signature.filter(Node::is_element) {
            let name = property.tag_name();
            match (name.namespace(), name.name()) {
                (Some(XADES), "SignatureTimeStamp") => {
                    let tokens: Vec<_> = elements(property, XADES, "EncapsulatedTimeStamp").take(MOST).collect();
                    // What is stamped is made once for each, so there may not be any number of them.
                    if tokens.len() + self.timestamps.len() > MOST {
                        return Err("too-many-time-stamps");
                    }
                    if !tokens.is_empty() {
                        let imprint = imprint(property, signature_value);
                        for token in tokens {
                            self.timestamps.push((base64(token)?, imprint.clone()));
                        }
                    }
                }
                (Some(XADES), "CertificateValues" | "RevocationValues")
                | (Some(XADES_141), "TimeStampValidationData") => {
                    self.read_values(property)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn read_values(&mut self, property: Node<'a, 'a>) -> Result<(), Refused> {
        const NAMES: [&str; 3] = [
            "EncapsulatedX509Certificate",
            "EncapsulatedCRLValue",
            "EncapsulatedOCSPValue",
        ];
        for (name, values) in NAMES.into_iter().zip(&mut self.values) {
            let found = property.descendants().filter(|node| node.has_tag_name((XADES, name)));
            // Each may be tried wherever a chain is looked for.
            for value in found.take(MOST.saturating_sub(values.len())) {
                values.push(base64(value)?);
            }
        }
        Ok(())
    }
}

/// The signature, which must be the document, or the only one in the element that a container has for them.
fn only_signature<'a>(document: &'a Document<'a>) -> Result<Node<'a, 'a>, Refused> {
    let count = |namespace, name| {
        let found = document
            .descendants()
            .filter(|node| node.has_tag_name((namespace, name)));
        found.take(2).count()
    };
    match (count(DS, "Signature"), count(XADES, "QualifyingProperties")) {
        (1, 1) => {}
        (0, _) => return Err("no-signature"),
        (1, 0) => return Err("no-signed-properties"),
        _ => return Err("several-signatures"),
    }
    let root = document.root_element();
    let node = if root.has_tag_name((ASIC, "XAdESSignatures")) {
        let mut children = Children::of(root).map_err(unknown)?;
        let node = children.one(DS, "Signature").map_err(unknown)?;
        children.end().map_err(unknown)?;
        node
    } else if root.has_tag_name((DS, "Signature")) {
        root
    } else {
        return Err("signature-inside-something");
    };
    // The canonical form has none, so they could be put in and taken out at will.
    if node.descendants().any(|node| node.is_comment()) {
        return Err("comment-inside");
    }
    Ok(node)
}

/// `SignedProperties` and `UnsignedProperties` of the signature with this identifier.
type BothProperties<'a> = (Node<'a, 'a>, Option<Node<'a, 'a>>);

fn qualifying_properties<'a>(object: Node<'a, 'a>, signature: &str) -> Result<BothProperties<'a>, Refused> {
    let mut children = Children::of(object).map_err(unknown)?;
    let qualifying = children.one(XADES, "QualifyingProperties").map_err(unknown)?;
    children.end().map_err(unknown)?;
    if qualifying.attribute("Target").and_then(|uri| uri.strip_prefix('#')) != Some(signature) {
        return Err("properties-of-another-signature");
    }
    let mut children = Children::of(qualifying).map_err(unknown)?;
    let signed = children.one(XADES, "SignedProperties").map_err(unknown)?;
    let unsigned = children.optional(XADES, "UnsignedProperties");
    children.end().map_err(unknown)?;
    Ok((signed, unsigned))
}

/// What a time stamp stamps. Where it does not say in which form, it is the inclusive one; for an element without
/// attributes of `xml:` around it, that is the exclusive one with all prefixes in scope.
fn imprint<'a>(property: Node<'a, 'a>, signature_value: Node<'a, 'a>) -> Option<Vec<u8>> {
    const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    // It would say that something else is stamped.
    if elements(property, XADES, "Include").next().is_some() {
        return None;
    }
    let method = elements(property, DS, "CanonicalizationMethod").next();
    let prefixes = match method.map(|method| method.attribute("Algorithm")) {
        Some(Some(EXCLUSIVE)) => included(method?)?,
        None | Some(Some(INCLUSIVE)) => {
            let inherited = |node: Node<'_, '_>| node.attributes().any(|attribute| is_of_xml(attribute.namespace()));
            if signature_value.ancestors().any(inherited) {
                return None;
            }
            let in_scope = signature_value.namespaces();
            in_scope
                .map(|namespace| namespace.name().unwrap_or("#default"))
                .collect()
        }
        Some(_) => return None,
    };
    Some(c14n::subtree(signature_value, &prefixes))
}

fn is_of_xml(namespace: Option<&str>) -> bool {
    namespace == Some("http://www.w3.org/XML/1998/namespace")
}

/// The certificates in `KeyInfo`. What else may be in there (names, bare keys) is not signed, and proves nothing.
fn certificates(key_info: Node<'_, '_>) -> Result<Vec<Vec<u8>>, Refused> {
    let data = elements(key_info, DS, "X509Data");
    data.flat_map(|data| elements(data, DS, "X509Certificate"))
        .take(MOST)
        .map(base64)
        .collect()
}

fn signing_time(node: Node<'_, '_>) -> Result<Timestamp, Refused> {
    let text = text(node).map_err(unknown)?;
    text.trim_ascii().parse().map_err(|_| "signing-time-malformed")
}

/// The child elements of this name.
fn elements<'a, 'n>(
    node: Node<'a, 'a>,
    namespace: &'n str,
    name: &'n str,
) -> impl Iterator<Item = Node<'a, 'a>> + use<'a, 'n> {
    node.children()
        .filter(move |child| child.has_tag_name((namespace, name)))
}

fn at_most_one<'a>(node: Node<'a, 'a>, name: &str) -> Result<Option<Node<'a, 'a>>, Refused> {
    let mut found = elements(node, XADES, name);
    match (found.next(), found.next()) {
        (found, None) => Ok(found),
        (_, Some(_)) => Err("property-occurs-twice"),
    }
}

pub(super) fn base64(node: Node<'_, '_>) -> Result<Vec<u8>, Refused> {
    let text: String = text(node).map_err(unknown)?.split_ascii_whitespace().collect();
    STANDARD.decode(text).map_err(|_| "not-base64")
}

pub(super) fn unknown(_: ProtocolError) -> Refused {
    "not-of-the-form-of-a-signature"
}
