//! `SignedInfo`, read: what is referred to, and that it can be nothing else.

use std::borrow::Cow;
use std::collections::BTreeMap;

use beid_pki::{HashAlgorithm, Reason, SignatureAlgorithm};
use roxmltree::{Document, Node};

use super::algorithms::{self, Digest};
use super::read::{Children, MOST, base64, unknown};
use super::transforms::{self, Data, Transform};
use super::{DS, file_name};
use crate::c14n::Part;
use crate::read::text;
use crate::verify::Objection;

/// `SignedInfo`, read.
pub(super) struct Info<'a> {
    pub(super) canonical: Result<Vec<u8>, Objection>,
    pub(super) method: Result<SignatureAlgorithm, Objection>,
    pub(super) references: Vec<RawReference<'a>>,
}

/// A reference as it stands there.
pub(super) struct RawReference<'a> {
    id: Option<&'a str>,
    pub(super) kind: Option<&'a str>,
    uri: Option<&'a str>,
    transforms: Result<Vec<Transform<'a>>, Objection>,
    digest: Digest,
}

impl<'a> Info<'a> {
    /// XML Signature 1.1, 4.4.
    pub(super) fn read(node: Node<'a, 'a>) -> Result<Self, Objection> {
        let mut parts = Children::beside_comments(node).map_err(unknown)?;
        let canonicalization = parts.one(DS, "CanonicalizationMethod").map_err(unknown)?;
        let method = parts.one(DS, "SignatureMethod").map_err(unknown)?;
        let references = parts.many(DS, "Reference", Ok).map_err(unknown)?;
        parts.end().map_err(unknown)?;
        if references.len() > MOST {
            return Err(Objection::Unknown(Reason::TooManyReferences));
        }
        let part = Part {
            apex: node,
            without: None,
            comments: true,
        };
        let references: Result<Vec<_>, _> = references.into_iter().map(RawReference::read).collect();
        Ok(Self {
            // Kept as a result: a form that is not known makes the signature unknown, and not the structure.
            canonical: transforms::form(canonicalization).and_then(|form| transforms::canonical(part, &form)),
            method: signature_method(method),
            references: references?,
        })
    }
}

fn signature_method(node: Node<'_, '_>) -> Result<SignatureAlgorithm, Objection> {
    const NOT_SUPPORTED: Objection = Objection::Unknown(Reason::ParametersNotSupported);
    let mut parameters = Children::beside_comments(node).map_err(|_| NOT_SUPPORTED)?;
    let name = node.attribute("Algorithm").unwrap_or_default();
    let algorithm = if name == algorithms::PSS {
        let stated = parameters.optional(RFC_9231, "RSAPSSParams");
        pss(stated)?.ok_or(NOT_SUPPORTED)?
    } else {
        algorithms::method(name)?
    };
    // HMACOutputLength...
    parameters.end().map_err(|_| NOT_SUPPORTED)?;
    Ok(algorithm)
}

/// Namespace of what RFC 9231 adds.
const RFC_9231: &str = "http://www.w3.org/2007/05/xmldsig-more#";

/// Reads the parameters of PSS. What is left out means SHA-256, for the mask too, and a salt as long as the hash; `None`
/// for a mask that is made with another hash than the message's.
///
/// Source: RFC 9231, 2.3.9.
fn pss(parameters: Option<Node<'_, '_>>) -> Result<Option<SignatureAlgorithm>, Objection> {
    let hash_of = |method: Option<Node<'_, '_>>| match method {
        Some(method) => algorithms::strong_digest(method.attribute("Algorithm").unwrap_or_default()),
        None => Ok(HashAlgorithm::Sha256),
    };
    let Some(parameters) = parameters else {
        let hash = HashAlgorithm::Sha256;
        let salt_len = hash.digest_len();
        return Ok(Some(SignatureAlgorithm::RsaPss { hash, salt_len }));
    };
    let mut parts = Children::beside_comments(parameters).map_err(unknown)?;
    let hash = hash_of(parts.optional(DS, "DigestMethod"))?;
    let mask = parts.optional(RFC_9231, "MaskGenerationFunction");
    let salt = parts.optional(RFC_9231, "SaltLength");
    let trailer = parts.optional(RFC_9231, "TrailerField");
    parts.end().map_err(unknown)?;
    let number = |node: Node<'_, '_>| text(node).ok()?.trim_ascii().parse().ok();
    let is_mgf1 = mask.is_none_or(|mask| mask.attribute("Algorithm") == Some(algorithms::MGF1));
    let is_known = is_mgf1 && trailer.is_none_or(|trailer| number(trailer) == Some(1));
    let masked_with = mask.and_then(|mask| mask.children().find(Node::is_element));
    let salt_len = salt.map_or(Some(hash.digest_len()), number);
    // A longer salt than any hash is no longer a salt, and only costs time.
    let salt_len = salt_len.filter(|length| *length <= 512);
    Ok(match salt_len {
        Some(salt_len) if is_known && hash_of(masked_with)? == hash => {
            Some(SignatureAlgorithm::RsaPss { hash, salt_len })
        }
        _ => None,
    })
}

impl<'a> RawReference<'a> {
    /// XML Signature 1.1, 4.4.3.
    fn read(node: Node<'a, 'a>) -> Result<Self, Objection> {
        let mut parts = Children::beside_comments(node).map_err(unknown)?;
        let list = parts.optional(DS, "Transforms");
        let digest = digest(&mut parts)?;
        parts.end().map_err(unknown)?;
        Ok(Self {
            id: node.attribute("Id"),
            kind: node.attribute("Type"),
            uri: node.attribute("URI"),
            transforms: list.map_or(Ok(Vec::new()), transforms::read),
            digest,
        })
    }

    /// Finds what it refers to.
    ///
    /// Source: XML Signature 1.1, 4.4.3.2 and 4.4.3.3.
    pub(super) fn resolved(self, ids: &Ids<'a>) -> Result<Reference<'a>, Objection> {
        const MANIFEST: &str = "http://www.w3.org/2000/09/xmldsig#Manifest";
        let transforms = match self.kind {
            // It signs a list of digests, and who made the signature says by that what else is signed.
            Some(MANIFEST) => Err(Objection::Unknown(Reason::ManifestNotSupported)),
            _ => self.transforms,
        };
        let target = match self.uri {
            None => Target::Unsaid,
            // The document without its comments. (XML Signature 1.1, 4.4.3.3)
            Some("") => Target::Part(ids.document.root(), Comments::Never),
            Some(uri) => match uri.strip_prefix('#') {
                Some(fragment) => fragment_target(fragment, ids)?,
                None => file_name(uri).map_or(Target::Elsewhere, Target::File),
            },
        };
        Ok(Reference {
            id: self.id,
            target,
            transforms,
            digest: self.digest,
            media_type: None,
        })
    }
}

/// Finds the target of a reference within the document. A bare name means no comments, a pointer means them too.
fn fragment_target<'a>(fragment: &str, ids: &Ids<'a>) -> Result<Target<'a>, Objection> {
    if fragment == "xpointer(/)" {
        return Ok(Target::Part(ids.document.root(), Comments::IfTheForm));
    }
    if !fragment.contains('(') {
        return Ok(Target::Part(ids.find(fragment)?, Comments::Never));
    }
    let id = fragment
        .strip_prefix("xpointer(id(")
        .and_then(|rest| rest.strip_suffix("))"))
        .and_then(|quoted| {
            let quote = quoted.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            quoted.strip_prefix(quote)?.strip_suffix(quote)
        });
    match id {
        Some(id) if !id.contains(['"', '\'']) => Ok(Target::Part(ids.find(id)?, Comments::IfTheForm)),
        _ => Err(Objection::Unknown(Reason::ReferenceNotSupported)),
    }
}

/// One `ds:Reference`.
pub(crate) struct Reference<'a> {
    pub(super) id: Option<&'a str>,
    pub(crate) target: Target<'a>,
    transforms: Result<Vec<Transform<'a>>, Objection>,
    digest: Digest,
    /// Type, as the signer says.
    pub(crate) media_type: Option<String>,
}

/// Target of a reference.
#[derive(Clone, Eq, PartialEq)]
pub(crate) enum Target<'a> {
    /// An element of this document, or all of it.
    Part(Node<'a, 'a>, Comments),
    /// A file, by its name.
    File(String),
    /// Something that has an address and no name of a file.
    Elsewhere,
    /// Something that whoever signed and whoever verifies know without being told.
    Unsaid,
}

/// Rule for comments in the part of a document that is referred to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Comments {
    Never,
    /// Comments belong to it if the canonical form has them.
    IfTheForm,
}

impl<'a> Reference<'a> {
    /// The element or document that it refers to.
    pub(crate) fn node(&self) -> Option<Node<'a, 'a>> {
        match self.target {
            Target::Part(node, _) => Some(node),
            Target::File(_) | Target::Elsewhere | Target::Unsaid => None,
        }
    }

    /// Tells whether the hashed octets are text that has to be decoded, and nothing around it.
    pub(crate) fn is_decoded(&self) -> bool {
        let transforms = self.transforms.as_ref();
        transforms.is_ok_and(|transforms| transforms.contains(&Transform::Base64))
    }

    /// The octets that are hashed; `octets` are those of the file. None where nobody has them.
    ///
    /// Source: XML Signature 1.1, 4.4.3.2.
    pub(crate) fn octets<'c>(
        &self,
        octets: Option<&'c [u8]>,
        signature: Node<'a, 'a>,
    ) -> Result<Option<Cow<'c, [u8]>>, Objection> {
        let transforms = self.transforms.as_deref().map_err(|objection| *objection)?;
        let data = match self.target {
            Target::Part(apex, comments) => Data::Part(Part {
                apex,
                without: None,
                comments: comments == Comments::IfTheForm,
            }),
            Target::File(_) | Target::Elsewhere | Target::Unsaid => match octets {
                Some(octets) => Data::Octets(Cow::Borrowed(octets)),
                None => return Ok(None),
            },
        };
        transforms::apply(transforms, data, signature).map(Some)
    }

    /// Checks that `octets` are those that were signed.
    pub(crate) fn check(&self, octets: &[u8]) -> Result<(), Objection> {
        self.digest.check(octets)
    }
}

/// `DigestMethod` and `DigestValue`.
pub(super) fn digest(parts: &mut Children<'_, '_>) -> Result<Digest, Objection> {
    let method = parts.one(DS, "DigestMethod").map_err(unknown)?;
    let value = parts.one(DS, "DigestValue").map_err(unknown)?;
    Ok(Digest::new(
        method.attribute("Algorithm").unwrap_or_default(),
        base64(value)?,
    ))
}

/// The identifiers of a document. Whatever is called `Id`, `ID` or `id`, in any namespace, may be one to some reader.
pub(crate) struct Ids<'a> {
    document: &'a Document<'a>,
    /// For each, the first element that has it, and how many do.
    known: BTreeMap<&'a str, (Node<'a, 'a>, usize)>,
}

impl<'a> Ids<'a> {
    pub(crate) fn collect(document: &'a Document<'a>) -> Self {
        let mut known = BTreeMap::new();
        for node in document.descendants() {
            for attribute in node.attributes().filter(|attribute| is_id(attribute.name())) {
                let (_, count) = known.entry(attribute.value()).or_insert((node, 0));
                *count += 1;
            }
        }
        Self { document, known }
    }

    /// The element with this identifier, which no other may have.
    fn find(&self, id: &str) -> Result<Node<'a, 'a>, Objection> {
        match self.known.get(id) {
            Some((node, 1)) => Ok(*node),
            Some(_) => Err(Reason::IdentifierOccursTwice.into()),
            // What was signed may stand elsewhere: SIGNED_DATA_NOT_FOUND is INDETERMINATE. (ETSI EN 319 102-1, table 6)
            None => Err(Objection::Unknown(Reason::ReferenceToNothing)),
        }
    }

    /// The identifier of an element, which no other may have.
    pub(super) fn only(&self, node: Node<'a, 'a>) -> Result<&'a str, Objection> {
        let id = node.attribute("Id").ok_or(Reason::NoIdentifier)?;
        self.find(id).map(|_| id)
    }
}

pub(super) fn is_id(name: &str) -> bool {
    name.eq_ignore_ascii_case("id")
}

/// Refuses a signature that signs nothing, or one thing twice.
pub(super) fn check_references(references: &[Reference<'_>]) -> Result<(), Objection> {
    if references.is_empty() {
        return Err(Reason::NothingSigned.into());
    }
    for (number, reference) in references.iter().enumerate() {
        let mut others = references.iter().skip(number + 1);
        let same = |other: &Reference<'_>| match (&reference.target, &other.target) {
            (Target::Part(one, _), Target::Part(another, _)) => one == another,
            (Target::File(one), Target::File(another)) => one == another,
            // Where two addresses lead, nobody knows here.
            (Target::Part(..) | Target::File(_) | Target::Elsewhere | Target::Unsaid, _) => false,
        };
        if others.any(|other| same(other) || (other.id.is_some() && other.id == reference.id)) {
            return Err(Reason::SignedTwice.into());
        }
    }
    Ok(())
}
