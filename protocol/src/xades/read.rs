//! A signature taken apart, for those who judge it: its form is checked here, what it is worth is not.
//!
//! Everything is found by its place, never by searching for a name or an identifier: a signature that points to one thing
//! and lets another be read is the oldest trick there is. An identifier that is pointed at occurs once in the document.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use roxmltree::{Document, Node};

use super::algorithms::{self, Method};
use super::{ASIC, DS, SIGNED_PROPERTIES, XADES, XADES_141, file_name};
use crate::c14n::{self, EXCLUSIVE};
use crate::error::ProtocolError;
use crate::read::{Children, text};

/// Most references, certificates, and values of any other kind.
const MOST: usize = 65;

/// The reason for a refusal, as a stable word.
type Refused = &'static str;

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

/// A digest, and the hash that made it, if that is one to be believed.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Digest {
    pub(crate) hash: Option<beid_pki::HashAlgorithm>,
    pub(crate) value: Vec<u8>,
}

/// One `ds:Reference`.
pub(crate) struct Reference<'a> {
    id: Option<&'a str>,
    pub(crate) target: Target<'a>,
    pub(crate) digest: Digest,
    /// What the signer says that it is.
    pub(crate) media_type: Option<String>,
}

/// What a reference refers to.
#[derive(Clone, Eq, PartialEq)]
pub(crate) enum Target<'a> {
    /// An element of this document, whose canonical form is hashed, with these prefixes included.
    Element(Node<'a, 'a>, Vec<&'a str>),
    /// A file, by its name.
    File(String),
}

impl Digest {
    /// Whether it is the digest of `octets`.
    pub(crate) fn is_of(&self, octets: &[u8]) -> bool {
        self.hash.is_some_and(|hash| hash.digest(octets) == self.value)
    }
}

impl<'a> Signature<'a> {
    /// Takes the only signature of `document` apart.
    pub(crate) fn of(document: &'a Document<'a>) -> Result<Self, Refused> {
        let node = only_signature(document)?;
        let ids = Ids::of(document);
        let mut parts = Children::of(node).map_err(unknown)?;
        let signed_info = parts.one(DS, "SignedInfo").map_err(unknown)?;
        let signature_value = parts.one(DS, "SignatureValue").map_err(unknown)?;
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
                    let imprint = imprint(property, signature_value);
                    for token in elements(property, XADES, "EncapsulatedTimeStamp").take(MOST) {
                        self.timestamps.push((base64(token)?, imprint.clone()));
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
            for value in found.take(MOST) {
                values.push(base64(value)?);
            }
        }
        Ok(())
    }
}

/// The identifiers of a document: how often each occurs. Whatever is called `Id`, `ID` or `id` may be one to some reader.
struct Ids<'a>(BTreeMap<&'a str, usize>);

impl<'a> Ids<'a> {
    fn of(document: &'a Document<'a>) -> Self {
        let mut counts = BTreeMap::new();
        for attribute in document.descendants().flat_map(|node| node.attributes()) {
            if attribute.name().eq_ignore_ascii_case("id") {
                *counts.entry(attribute.value()).or_default() += 1;
            }
        }
        Self(counts)
    }

    /// The identifier of an element, which no other may have.
    fn only(&self, node: Node<'a, 'a>) -> Result<&'a str, Refused> {
        let id = node.attribute("Id").ok_or("no-identifier")?;
        if self.0.get(id) == Some(&1) {
            Ok(id)
        } else {
            Err("identifier-occurs-twice")
        }
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

/// Something is signed, nothing twice, and no object is there that is not.
fn check_references(references: &[Reference<'_>], objects: &[Node<'_, '_>]) -> Result<(), Refused> {
    if references.is_empty() {
        return Err("nothing-signed");
    }
    for (number, reference) in references.iter().enumerate() {
        let others = references.iter().skip(number + 1);
        let same = |other: &Reference<'_>| match (&reference.target, &other.target) {
            (Target::Element(one, _), Target::Element(another, _)) => one == another,
            (Target::File(one), Target::File(another)) => one == another,
            (Target::Element(..), Target::File(_)) | (Target::File(_), Target::Element(..)) => false,
        };
        if others.clone().any(same)
            || others
                .clone()
                .any(|other| other.id.is_some() && other.id == reference.id)
        {
            return Err("signed-twice");
        }
    }
    let is_signed = |object: &Node<'_, '_>| {
        let refers =
            |reference: &Reference<'_>| matches!(&reference.target, Target::Element(node, _) if node == object);
        references.iter().any(refers)
    };
    if objects.iter().all(is_signed) {
        Ok(())
    } else {
        Err("object-not-signed")
    }
}

/// `SignedInfo`, read.
struct Info<'a> {
    canonical: Vec<u8>,
    method: Option<Method>,
    references: Vec<RawReference<'a>>,
}

/// A reference as it stands there.
struct RawReference<'a> {
    id: Option<&'a str>,
    kind: Option<&'a str>,
    uri: &'a str,
    /// For each transform, the prefixes it includes.
    transforms: Vec<Vec<&'a str>>,
    digest: Digest,
}

impl<'a> Info<'a> {
    /// XML Signature 1.1, 4.4.
    fn read(node: Node<'a, 'a>) -> Result<Self, Refused> {
        let mut parts = Children::of(node).map_err(unknown)?;
        let canonicalization = parts.one(DS, "CanonicalizationMethod").map_err(unknown)?;
        let inclusive = included(canonicalization).ok_or("canonicalization-not-accepted")?;
        let method = parts.one(DS, "SignatureMethod").map_err(unknown)?;
        // HMACOutputLength, parameters of PSS...
        if method.children().any(|child| child.is_element()) {
            return Err("parameters-not-accepted");
        }
        let references = parts.many(DS, "Reference", Ok).map_err(unknown)?;
        parts.end().map_err(unknown)?;
        if references.len() > MOST {
            return Err("too-many-references");
        }
        let references: Result<Vec<_>, _> = references.into_iter().map(RawReference::read).collect();
        Ok(Self {
            canonical: c14n::subtree(node, &inclusive),
            method: method.attribute("Algorithm").and_then(Method::of),
            references: references?,
        })
    }
}

impl<'a> RawReference<'a> {
    /// XML Signature 1.1, 4.4.3.
    fn read(node: Node<'a, 'a>) -> Result<Self, Refused> {
        let mut parts = Children::of(node).map_err(unknown)?;
        let mut transforms = Vec::new();
        if let Some(list) = parts.optional(DS, "Transforms") {
            let mut children = Children::of(list).map_err(unknown)?;
            for transform in children.many(DS, "Transform", Ok).map_err(unknown)? {
                transforms.push(included(transform).ok_or("transform-not-accepted")?);
            }
            children.end().map_err(unknown)?;
        }
        let digest = Digest::read(&mut parts)?;
        parts.end().map_err(unknown)?;
        Ok(Self {
            id: node.attribute("Id"),
            kind: node.attribute("Type"),
            uri: node.attribute("URI").ok_or("reference-without-uri")?,
            transforms,
            digest,
        })
    }

    /// Finds what it refers to: one of `elements`, or a file.
    fn resolved(self, ids: &Ids<'a>, elements: &[Node<'a, 'a>]) -> Result<Reference<'a>, Refused> {
        const OBJECT: &str = "http://www.w3.org/2000/09/xmldsig#Object";
        if self
            .kind
            .is_some_and(|kind| ![SIGNED_PROPERTIES, OBJECT].contains(&kind))
        {
            return Err("reference-type-not-accepted");
        }
        let target = if let Some(id) = self.uri.strip_prefix('#') {
            let node = elements.iter().find(|node| node.attribute("Id") == Some(id));
            let node = *node.ok_or("reference-to-nothing")?;
            ids.only(node)?;
            // Without a transform it would be the inclusive form.
            let Ok([inclusive]) = <[Vec<&str>; 1]>::try_from(self.transforms) else {
                return Err("transform-not-accepted");
            };
            Target::Element(node, inclusive)
        } else if self.transforms.is_empty() && self.kind != Some(SIGNED_PROPERTIES) {
            Target::File(file_name(self.uri).ok_or("reference-elsewhere")?)
        } else {
            return Err("transform-not-accepted");
        };
        Ok(Reference {
            id: self.id,
            target,
            digest: self.digest,
            media_type: None,
        })
    }
}

impl Digest {
    /// `DigestMethod` and `DigestValue`.
    fn read(parts: &mut Children<'_, '_>) -> Result<Self, Refused> {
        let method = parts.one(DS, "DigestMethod").map_err(unknown)?;
        let value = parts.one(DS, "DigestValue").map_err(unknown)?;
        Ok(Self {
            hash: method.attribute("Algorithm").and_then(algorithms::digest),
            value: base64(value)?,
        })
    }
}

/// The prefixes that a canonicalization includes; `None` if it is another than the exclusive one (Exclusive C14N, 4), or
/// one with `#default`, on which libraries disagree.
fn included<'a>(method: Node<'a, 'a>) -> Option<Vec<&'a str>> {
    if method.attribute("Algorithm") != Some(EXCLUSIVE) {
        return None;
    }
    let mut parts = Children::of(method).ok()?;
    let list = parts.optional(EXCLUSIVE, "InclusiveNamespaces");
    parts.end().ok()?;
    let prefixes: Vec<_> = list
        .and_then(|list| list.attribute("PrefixList"))
        .map(|list| list.split_ascii_whitespace().take(MOST).collect())
        .unwrap_or_default();
    (!prefixes.contains(&"#default")).then_some(prefixes)
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

fn base64(node: Node<'_, '_>) -> Result<Vec<u8>, Refused> {
    let text: String = text(node).map_err(unknown)?.split_ascii_whitespace().collect();
    STANDARD.decode(text).map_err(|_| "not-base64")
}

fn unknown(_: ProtocolError) -> Refused {
    "not-of-the-form-of-a-signature"
}
