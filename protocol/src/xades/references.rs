//! `SignedInfo`, read: what is referred to, and that it can be nothing else.

use std::collections::BTreeMap;

use beid_pki::HashAlgorithm;
use roxmltree::{Document, Node};

use super::algorithms::{self, Method};
use super::read::{MOST, Refused, base64, unknown};
use super::{DS, SIGNED_PROPERTIES, file_name};
use crate::c14n::{self, EXCLUSIVE};
use crate::read::Children;

/// `SignedInfo`, read.
pub(super) struct Info<'a> {
    pub(super) canonical: Vec<u8>,
    pub(super) method: Option<Method>,
    pub(super) references: Vec<RawReference<'a>>,
}

/// A reference as it stands there.
pub(super) struct RawReference<'a> {
    id: Option<&'a str>,
    pub(super) kind: Option<&'a str>,
    uri: &'a str,
    /// For each transform, the prefixes it includes.
    transforms: Vec<Vec<&'a str>>,
    digest: Digest,
}

impl<'a> Info<'a> {
    /// XML Signature 1.1, 4.4.
    pub(super) fn read(node: Node<'a, 'a>) -> Result<Self, Refused> {
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
    pub(super) fn read(node: Node<'a, 'a>) -> Result<Self, Refused> {
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
    pub(super) fn resolved(self, ids: &Ids<'a>, elements: &[Node<'a, 'a>]) -> Result<Reference<'a>, Refused> {
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

/// One `ds:Reference`.
pub(crate) struct Reference<'a> {
    pub(super) id: Option<&'a str>,
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

/// A digest, and the hash that made it, if that is one to be believed.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Digest {
    pub(crate) hash: Option<HashAlgorithm>,
    pub(crate) value: Vec<u8>,
}

impl Digest {
    /// Whether it is the digest of `octets`.
    pub(crate) fn is_of(&self, octets: &[u8]) -> bool {
        self.hash.is_some_and(|hash| hash.digest(octets) == self.value)
    }

    /// `DigestMethod` and `DigestValue`.
    pub(super) fn read(parts: &mut Children<'_, '_>) -> Result<Self, Refused> {
        let method = parts.one(DS, "DigestMethod").map_err(unknown)?;
        let value = parts.one(DS, "DigestValue").map_err(unknown)?;
        Ok(Self {
            hash: method.attribute("Algorithm").and_then(algorithms::digest),
            value: base64(value)?,
        })
    }
}

/// The identifiers of a document: how often each occurs. Whatever is called `Id`, `ID` or `id` may be one to some reader.
pub(super) struct Ids<'a>(BTreeMap<&'a str, usize>);

impl<'a> Ids<'a> {
    pub(super) fn of(document: &'a Document<'a>) -> Self {
        let mut counts = BTreeMap::new();
        for attribute in document.descendants().flat_map(|node| node.attributes()) {
            if attribute.name().eq_ignore_ascii_case("id") {
                *counts.entry(attribute.value()).or_default() += 1;
            }
        }
        Self(counts)
    }

    /// The identifier of an element, which no other may have.
    pub(super) fn only(&self, node: Node<'a, 'a>) -> Result<&'a str, Refused> {
        let id = node.attribute("Id").ok_or("no-identifier")?;
        if self.0.get(id) == Some(&1) {
            Ok(id)
        } else {
            Err("identifier-occurs-twice")
        }
    }
}

/// Something is signed, nothing twice, and no object is there that is not.
pub(super) fn check_references(references: &[Reference<'_>], objects: &[Node<'_, '_>]) -> Result<(), Refused> {
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

/// The prefixes that a canonicalization includes; `None` if it is another than the exclusive one (Exclusive C14N, 4), or
/// one with `#default`, on which libraries disagree.
pub(super) fn included<'a>(method: Node<'a, 'a>) -> Option<Vec<&'a str>> {
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
