//! A signature taken apart, for those who judge it: its form is checked here, what it is worth is not.
//!
//! Everything is found by its place, never by searching for a name or an identifier: a signature that points to one
//! thing and lets another be read is the oldest trick there is. An identifier that is pointed at occurs once in the
//! document.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beid_pki::{Certificate, Reason, SignatureAlgorithm};
use jiff::Timestamp;
use roxmltree::{Document, Node};

use super::algorithms::{self, Digest};
use super::references::{Ids, Info, RawReference, Reference, check_references, digest, is_id};
use super::{ASIC, DS, OPEN_DOCUMENT, SIGNED_PROPERTIES, XADES, XADES_141, transforms};
use crate::c14n::{CanonicalForm, Part};
use crate::error::ProtocolError;
pub(super) use crate::read::Children;
use crate::read::text;
use crate::verify::Objection;

/// Most references, certificates, and values of any other kind.
pub(super) const MOST: usize = 65;

/// Most signatures in one document.
const MOST_SIGNATURES: usize = 16;

/// Longest text of a signature, in bytes: that of the longest key has some seven hundred. Each time stamp is over it.
const LONGEST_VALUE: usize = 1 << 12;

/// Upper limit on the length of all referenced parts together, as a multiple of the document: parts may overlap.
const MOST_TIMES: usize = 4;

/// The parts of a signature.
pub(crate) struct Signature<'a> {
    /// The element.
    pub(crate) node: Node<'a, 'a>,
    /// `SignedInfo`, canonical.
    signed_info: Result<Vec<u8>, Objection>,
    /// The algorithm it was signed with.
    method: Result<SignatureAlgorithm, Objection>,
    /// The signature itself.
    value: Vec<u8>,
    /// References to the content, which leaves out the properties and parts of the signature that are no content.
    pub(crate) references: Vec<Reference<'a>>,
    /// References to the properties and to parts of the signature that are no content.
    pub(crate) own_references: Vec<Reference<'a>>,
    /// An objection if the document has something around the signature that nobody signed.
    pub(crate) around: Result<(), Objection>,
    /// True if there are signed properties: those of XAdES.
    pub(crate) has_properties: bool,
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
    /// Stable words for parts that are also there and are not judged.
    pub(crate) not_judged: Vec<&'static str>,
}

impl<'a> Signature<'a> {
    /// Takes one of the signatures of a document apart.
    pub(crate) fn read(node: Node<'a, 'a>, ids: &Ids<'a>) -> Result<Self, Objection> {
        let mut parts = Children::beside_comments(node).map_err(unknown)?;
        let signed_info = parts.one(DS, "SignedInfo").map_err(unknown)?;
        let signature_value = parts.one(DS, "SignatureValue").map_err(unknown)?;
        if signature_value.range().len() > LONGEST_VALUE {
            return Err(Objection::Unknown(Reason::SignatureTooLong));
        }
        let key_info = parts.optional(DS, "KeyInfo");
        let objects = parts.many(DS, "Object", Ok).map_err(unknown)?;
        parts.end().map_err(unknown)?;

        let (qualifying, objects): (Vec<_>, Vec<_>) = objects.into_iter().partition(|object| {
            let is_qualifying = |child: Node<'_, '_>| child.has_tag_name((XADES, "QualifyingProperties"));
            object.children().any(is_qualifying)
        });
        // Those of before 2003 are not read: their signature is judged as one that has none.
        let (others, objects): (Vec<_>, Vec<_>) = objects.into_iter().partition(holds_other_properties);
        let (signed, unsigned) = match qualifying.as_slice() {
            [] => (None, None),
            [qualifying] => qualifying_properties(*qualifying, ids.only(node)?)?,
            _ => return Err(Reason::SeveralProperties.into()),
        };
        let info = Info::read(signed_info)?;
        let (content, own) = sorted(info.references, ids, signed, key_info)?;
        check_references(&content)?;
        check_amount(&content, node)?;
        let covered: Vec<_> = content.iter().filter_map(covered_by).collect();
        if !objects.iter().all(|object| is_covered(*object, &covered)) {
            return Err(Reason::ObjectNotSigned.into());
        }
        let mut signature = Self {
            node,
            signed_info: info.canonical,
            method: info.method,
            value: base64(signature_value)?,
            around: check_around(node, &content, &covered)?,
            references: content,
            own_references: own,
            has_properties: signed.is_some(),
            certificates: key_info.map(certificates).transpose()?.unwrap_or_default(),
            signing_time: None,
            signing_certificates: Vec::new(),
            timestamps: Vec::new(),
            values: Default::default(),
            not_judged: Vec::new(),
        };
        if !others.is_empty() {
            signature.not_judged.push("properties-of-other-version");
        }
        if objects.iter().any(|object| object.descendants().any(is_signature)) {
            signature.not_judged.push("signature-in-content");
        }
        if let Some(signed) = signed {
            signature.read_signed(signed)?;
        }
        if let Some(unsigned) = unsigned {
            signature.read_unsigned(unsigned, signature_value)?;
        }
        Ok(signature)
    }

    /// Checks that the certificate's key made it.
    pub(crate) fn verify(&self, signer: &Certificate) -> Result<(), Objection> {
        let signed_info = self.signed_info.as_deref().map_err(|objection| *objection)?;
        algorithms::verify(self.method?, signer, signed_info, &self.value)
    }

    /// Reads the signed properties; those that are not known here are left alone. (EN 319 132-1, 4.3 and 5.2)
    fn read_signed(&mut self, node: Node<'a, 'a>) -> Result<(), Objection> {
        let mut parts = Children::beside_comments(node).map_err(unknown)?;
        let of_signature = parts.optional(XADES, "SignedSignatureProperties");
        let of_objects = parts.optional(XADES, "SignedDataObjectProperties");
        parts.end().map_err(unknown)?;
        if let Some(of_signature) = of_signature {
            let time = at_most_one(of_signature, "SigningTime")?;
            self.signing_time = time.map(signing_time).transpose()?.flatten();
            // The second is the one of before 2016. If both are there, both must be right.
            for name in ["SigningCertificateV2", "SigningCertificate"] {
                if let Some(property) = at_most_one(of_signature, name)? {
                    let mut certificates = Children::beside_comments(property).map_err(unknown)?;
                    // The first is the signer's, others are of its chain.
                    let signer = certificates.one(XADES, "Cert").map_err(unknown)?;
                    let mut parts = Children::beside_comments(signer).map_err(unknown)?;
                    let named = parts.one(XADES, "CertDigest").map_err(unknown)?;
                    let mut parts = Children::beside_comments(named).map_err(unknown)?;
                    self.signing_certificates.push(digest(&mut parts)?);
                    parts.end().map_err(unknown)?;
                }
            }
        }
        let stamps_content = |property: Node<'_, '_>| property.tag_name().name().ends_with("DataObjectsTimeStamp");
        if of_objects.is_some_and(|node| node.children().any(stamps_content)) {
            self.not_judged.push("content-time-stamp");
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
                Some(_) => return Err(Reason::SeveralFormatsOfOneObject.into()),
                None => return Err(Reason::FormatOfNothing.into()),
            }
        }
        Ok(())
    }

    /// EN 319 132-1, 5.3 to 5.5. Nobody signed these: they are given to those who know what to make of them.
    fn read_unsigned(&mut self, node: Node<'a, 'a>, signature_value: Node<'a, 'a>) -> Result<(), Objection> {
        let of_signature = elements(node, XADES, "UnsignedSignatureProperties").flat_map(|node| node.children());
        for property in of_signature.filter(Node::is_element) {
            let name = property.tag_name();
            match (name.namespace(), name.name()) {
                (Some(XADES), "SignatureTimeStamp") => {
                    let tokens: Vec<_> = elements(property, XADES, "EncapsulatedTimeStamp").take(MOST).collect();
                    // What is stamped is made once for each, so there may not be any number of them.
                    if tokens.len() + self.timestamps.len() > MOST {
                        return Err(Objection::Unknown(Reason::TooManyTimeStamps));
                    }
                    if !tokens.is_empty() {
                        let imprint = imprint(property, signature_value);
                        for token in tokens {
                            // What is no base64 is no token; the signature is judged all the same.
                            self.timestamps
                                .push((base64(token).unwrap_or_default(), imprint.clone()));
                        }
                    }
                }
                (Some(XADES), "CertificateValues" | "RevocationValues")
                | (Some(XADES_141), "TimeStampValidationData") => self.read_values(property),
                (Some(XADES), "CounterSignature") => self.not_judged.push("counter-signature"),
                (Some(XADES | XADES_141), "ArchiveTimeStamp" | "ArchiveTimeStampV2") => {
                    self.not_judged.push("archive-time-stamp");
                }
                (Some(XADES | XADES_141), name) if name.contains("RefsTimeStamp") => {
                    self.not_judged.push("references-time-stamp");
                }
                (_, "SealingEvidenceRecords") => self.not_judged.push("evidence-record"),
                _ => {}
            }
        }
        Ok(())
    }

    fn read_values(&mut self, property: Node<'a, 'a>) {
        const NAMES: [&str; 3] = [
            "EncapsulatedX509Certificate",
            "EncapsulatedCRLValue",
            "EncapsulatedOCSPValue",
        ];
        for (name, values) in NAMES.into_iter().zip(&mut self.values) {
            let found = property.descendants().filter(|node| node.has_tag_name((XADES, name)));
            // Each may be tried wherever a chain is looked for.
            let left = MOST.saturating_sub(values.len());
            // What is no base64 is left out: nobody signed it, so it is no fault of the signature.
            values.extend(found.take(left).filter_map(|value| base64(value).ok()));
        }
    }
}

/// Elements that hold the signatures of a container and nothing else. (EN 319 162-1, 4.4.3; OpenDocument 1.2, part 3,
/// 5)
const HOLDERS: [(&str, &str); 3] = [
    (ASIC, "XAdESSignatures"),
    ("http://uri.etsi.org/02918/v1.1.1#", "XAdESSignatures"),
    (OPEN_DOCUMENT, "document-signatures"),
];

/// The signatures of a document, in order: those that lie in no other one.
pub(crate) fn signatures<'a>(document: &'a Document<'a>) -> Result<Vec<Node<'a, 'a>>, Objection> {
    let found = document.descendants().filter(|node| is_signature(*node));
    // Those inside are content or counter-signatures, and are named as not judged.
    let found = found.filter(|node| !node.ancestors().skip(1).any(is_signature));
    let found: Vec<_> = found.take(MOST_SIGNATURES + 1).collect();
    match found.len() {
        0 => Err(Objection::Unknown(Reason::NoSignature)),
        1..=MOST_SIGNATURES => Ok(found),
        _ => Err(Objection::Unknown(Reason::TooManySignatures)),
    }
}

fn is_signature(node: Node<'_, '_>) -> bool {
    node.has_tag_name((DS, "Signature"))
}

/// Tells whether an object has the properties of another version of XAdES.
fn holds_other_properties(object: &Node<'_, '_>) -> bool {
    object.children().any(|child| {
        let name = child.tag_name();
        let namespace = name.namespace().unwrap_or_default();
        name.name() == "QualifyingProperties" && namespace.starts_with("http://uri.etsi.org/01903/")
    })
}

/// Sorts references: those to content, and those to parts of the signature itself (properties, key information).
fn sorted<'a>(
    references: Vec<RawReference<'a>>,
    ids: &Ids<'a>,
    signed: Option<Node<'a, 'a>>,
    key_info: Option<Node<'a, 'a>>,
) -> Result<(Vec<Reference<'a>>, Vec<Reference<'a>>), Objection> {
    let (mut content, mut own, mut properties_are_signed) = (Vec::new(), Vec::new(), false);
    for raw in references {
        let is_typed = raw.kind == Some(SIGNED_PROPERTIES);
        let reference = raw.resolved(ids)?;
        let target = reference.node();
        // Whatever its type is: what counts is what it points at.
        if target.is_some() && target == signed {
            if reference.is_decoded() {
                return Err(Reason::PropertiesNotSigned.into());
            }
            if std::mem::replace(&mut properties_are_signed, true) {
                return Err(Reason::SeveralReferencesToProperties.into());
            }
            own.push(reference);
        } else if is_typed && signed.is_some() {
            return Err(Reason::ReferenceToNothing.into());
        } else if target.is_some_and(|target| is_within(target, key_info)) {
            own.push(reference);
        } else {
            content.push(reference);
        }
    }
    if signed.is_some() && !properties_are_signed {
        return Err(Reason::PropertiesNotSigned.into());
    }
    Ok((content, own))
}

fn is_within<'a>(node: Node<'a, 'a>, outer: Option<Node<'a, 'a>>) -> bool {
    node.ancestors().any(|ancestor| outer == Some(ancestor))
}

/// Checks the surroundings of a signature. There may be none, or a holder of signatures; else the signature is one *in*
/// a document, and the document is taken for signed only if all of it is, apart from the names of elements around.
///
/// A signature that signs nothing of the document in which it lies has no business there: somebody put it into a
/// document that says something else.
fn check_around<'a>(
    signature: Node<'a, 'a>,
    content: &[Reference<'a>],
    covered: &[Node<'a, 'a>],
) -> Result<Result<(), Objection>, Objection> {
    let root = signature.document().root_element();
    if root == signature {
        return Ok(Ok(()));
    }
    if HOLDERS.iter().any(|name| root.has_tag_name(*name)) {
        let mut children = Children::beside_comments(root).map_err(unknown)?;
        children.many(DS, "Signature", Ok).map_err(unknown)?;
        children.end().map_err(unknown)?;
        return Ok(Ok(()));
    }
    let is_around = |node: Node<'_, '_>| !node.ancestors().any(|ancestor| ancestor.id() == signature.id());
    if !content.iter().filter_map(Reference::node).any(is_around) {
        return Err(Reason::SignatureInsideSomething.into());
    }
    Ok(if is_covered(signature.document().root(), covered) {
        Ok(())
    } else {
        Err(Objection::Unknown(Reason::DocumentSignedInPart))
    })
}

/// The element that a reference signs whole. Of one that is decoded first, it signs the text alone, and only of an
/// `Object` without elements that text is all there is to it: what stands around the text could be anything.
fn covered_by<'a>(reference: &Reference<'a>) -> Option<Node<'a, 'a>> {
    let node = reference.node()?;
    let is_text = || {
        let mut children = node.children();
        node.has_tag_name((DS, "Object")) && children.all(|child| child.is_text() || child.is_comment())
    };
    (!reference.is_decoded() || is_text()).then_some(node)
}

/// Tells whether everything in `node` that says something is signed. Signatures are: each is judged by itself.
fn is_covered<'a>(node: Node<'a, 'a>, signed: &[Node<'a, 'a>]) -> bool {
    if signed.contains(&node) || is_signature(node) || node.is_comment() {
        return true;
    }
    if node.is_text() {
        return node.text().unwrap_or_default().trim_ascii().is_empty();
    }
    // An object's type and encoding are attributes, which its own content says nothing of.
    let is_bare = node.has_tag_name((DS, "Object")) || node.attributes().all(|attribute| is_id(attribute.name()));
    // One without elements is content, however empty.
    // This function calls itself no deeper than `markup` lets elements be.
    is_bare && node.children().any(|child| child.is_element()) && node.children().all(|child| is_covered(child, signed))
}

/// Limits the length of the parts that are referred to, so that hashing them stays cheap.
fn check_amount(content: &[Reference<'_>], signature: Node<'_, '_>) -> Result<(), Objection> {
    let whole = signature.document().input_text().len();
    let length = |reference: &Reference<'_>| reference.node().map_or(0, |node| node.range().len());
    if content.iter().map(length).sum::<usize>() > whole.saturating_mul(MOST_TIMES) {
        return Err(Objection::Unknown(Reason::TooManyReferences));
    }
    Ok(())
}

/// `SignedProperties` and `UnsignedProperties` of the signature with this identifier.
type BothProperties<'a> = (Option<Node<'a, 'a>>, Option<Node<'a, 'a>>);

fn qualifying_properties<'a>(object: Node<'a, 'a>, signature: &str) -> Result<BothProperties<'a>, Objection> {
    let mut children = Children::beside_comments(object).map_err(unknown)?;
    let qualifying = children.one(XADES, "QualifyingProperties").map_err(unknown)?;
    children.end().map_err(unknown)?;
    if qualifying.attribute("Target").and_then(|uri| uri.strip_prefix('#')) != Some(signature) {
        return Err(Reason::PropertiesOfAnotherSignature.into());
    }
    let mut children = Children::beside_comments(qualifying).map_err(unknown)?;
    let signed = children.optional(XADES, "SignedProperties");
    let unsigned = children.optional(XADES, "UnsignedProperties");
    children.end().map_err(unknown)?;
    Ok((signed, unsigned))
}

/// Octets that a time stamp is over. The canonical form is the inclusive one unless the property names another. (XML
/// Signature 1.1, 4.4.3.2)
fn imprint<'a>(property: Node<'a, 'a>, signature_value: Node<'a, 'a>) -> Option<Vec<u8>> {
    // It would say that something else is stamped.
    if elements(property, XADES, "Include").next().is_some() {
        return None;
    }
    let method = elements(property, DS, "CanonicalizationMethod").next();
    let form = method.map_or(Ok(CanonicalForm::inclusive()), transforms::form).ok()?;
    let part = Part {
        apex: signature_value,
        without: None,
        comments: true,
    };
    transforms::canonical(part, &form).ok()
}

/// The certificates in `KeyInfo`. What else may be in there (names, bare keys) is not signed, and proves nothing.
fn certificates(key_info: Node<'_, '_>) -> Result<Vec<Vec<u8>>, Objection> {
    let data = elements(key_info, DS, "X509Data");
    data.flat_map(|data| elements(data, DS, "X509Certificate"))
        .take(MOST)
        .map(base64)
        .collect()
}

/// The time, if it says in which zone it is; without that nobody knows when it was.
fn signing_time(node: Node<'_, '_>) -> Result<Option<Timestamp>, Objection> {
    let text = text(node).map_err(unknown)?;
    let text = text.trim_ascii();
    match text.parse() {
        Ok(time) => Ok(Some(time)),
        Err(_) if text.parse::<jiff::civil::DateTime>().is_ok() => Ok(None),
        Err(_) => Err(Reason::SigningTimeMalformed.into()),
    }
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

fn at_most_one<'a>(node: Node<'a, 'a>, name: &str) -> Result<Option<Node<'a, 'a>>, Objection> {
    let mut found = elements(node, XADES, name);
    match (found.next(), found.next()) {
        (found, None) => Ok(found),
        (_, Some(_)) => Err(Reason::PropertyOccursTwice.into()),
    }
}

pub(super) fn base64(node: Node<'_, '_>) -> Result<Vec<u8>, Objection> {
    let text: String = text(node).map_err(unknown)?.split_ascii_whitespace().collect();
    STANDARD.decode(text).map_err(|_| Reason::MalformedBase64.into())
}

pub(super) fn unknown(_: ProtocolError) -> Objection {
    Reason::NotOfTheFormOfASignature.into()
}
