//! Steps from what a reference refers to, to the octets that are hashed.
//!
//! Source: XML Signature 1.1, 4.4.3.2 (processing model) and 6.6 (transforms).

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beid_pki::Reason;
use roxmltree::Node;

use super::DS;
use super::read::{Children, MOST, unknown};
use crate::c14n::{self, CanonicalForm, Part};
use crate::markup::Source;
use crate::verify::Objection;

const NOT_SUPPORTED: Objection = Objection::Unknown(Reason::TransformNotSupported);
const FORM_NOT_SUPPORTED: Objection = Objection::Unknown(Reason::CanonicalFormNotSupported);

/// One step.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Transform<'a> {
    /// XML becomes octets.
    Canonical(CanonicalForm<'a>),
    /// Text, or octets, become the octets that they are the base64 of.
    Base64,
    /// The signature that refers is taken out of what it refers to.
    Enveloped,
}

/// Something on its way to be hashed.
pub(super) enum Data<'a, 'c> {
    /// XML in its place.
    Part(Part<'a>),
    Octets(Cow<'c, [u8]>),
}

/// Reads `Transforms`. All must be known: to leave one out would be to hash something else.
pub(super) fn read<'a>(list: Node<'a, 'a>) -> Result<Vec<Transform<'a>>, Objection> {
    let mut children = Children::beside_comments(list).map_err(unknown)?;
    let nodes = children.many(DS, "Transform", Ok).map_err(unknown)?;
    children.end().map_err(unknown)?;
    if nodes.len() > MOST {
        return Err(NOT_SUPPORTED);
    }
    nodes.into_iter().map(transform).collect()
}

fn transform<'a>(node: Node<'a, 'a>) -> Result<Transform<'a>, Objection> {
    match node.attribute("Algorithm") {
        Some("http://www.w3.org/2000/09/xmldsig#enveloped-signature") => Ok(Transform::Enveloped),
        Some("http://www.w3.org/2000/09/xmldsig#base64") => Ok(Transform::Base64),
        // A form that is known, in a way that is not, is told as such.
        Some(name) if CanonicalForm::named(name, Vec::new()).is_none() => Err(NOT_SUPPORTED),
        _ => form(node).map(Transform::Canonical),
    }
}

/// The canonical form that a `CanonicalizationMethod` or a `Transform` names, with the prefixes it lists (Exclusive
/// C14N, 4). Not with `#default` among them, on which libraries disagree.
pub(super) fn form<'a>(method: Node<'a, 'a>) -> Result<CanonicalForm<'a>, Objection> {
    let name = method.attribute("Algorithm").unwrap_or_default();
    let mut parts = Children::beside_comments(method).map_err(unknown)?;
    let list = parts.optional(c14n::EXCLUSIVE, "InclusiveNamespaces");
    parts.end().map_err(|_| FORM_NOT_SUPPORTED)?;
    let prefixes: Vec<_> = list
        .and_then(|list| list.attribute("PrefixList"))
        .map(|list| list.split_ascii_whitespace().collect())
        .unwrap_or_default();
    if prefixes.len() > MOST || prefixes.contains(&"#default") {
        return Err(FORM_NOT_SUPPORTED);
    }
    let form = CanonicalForm::named(name, prefixes).ok_or(FORM_NOT_SUPPORTED)?;
    // The list belongs to the exclusive forms.
    if list.is_some() && form.is_inclusive() {
        return Err(FORM_NOT_SUPPORTED);
    }
    Ok(form)
}

/// Writes a part in a canonical form.
pub(super) fn canonical(part: Part<'_>, form: &CanonicalForm<'_>) -> Result<Vec<u8>, Objection> {
    c14n::part(part, form).ok_or(FORM_NOT_SUPPORTED)
}

/// Takes `data` through all steps; `signature` is the one that refers to it.
pub(super) fn apply<'a, 'c>(
    transforms: &[Transform<'_>],
    data: Data<'a, 'c>,
    signature: Node<'a, 'a>,
) -> Result<Cow<'c, [u8]>, Objection> {
    let mut data = data;
    for transform in transforms {
        data = match (transform, data) {
            (Transform::Canonical(form), Data::Part(part)) => Data::Octets(canonical(part, form)?.into()),
            (Transform::Canonical(form), Data::Octets(octets)) => Data::Octets(reparsed(&octets, form)?.into()),
            // Of XML, the text without its tags is decoded. (XML Signature 1.1, 6.6.2)
            (Transform::Base64, Data::Part(part)) => Data::Octets(decoded(text(part).as_bytes())?.into()),
            (Transform::Base64, Data::Octets(octets)) => Data::Octets(decoded(&octets)?.into()),
            (Transform::Enveloped, Data::Part(part)) => Data::Part(without(part, signature)?),
            // Octets do not tell where the signature lies in them. (XML Signature 1.1, 6.6.4)
            (Transform::Enveloped, Data::Octets(_)) => return Err(NOT_SUPPORTED),
        };
    }
    match data {
        Data::Octets(octets) => Ok(octets),
        // XML that no step made octets of. (XML Signature 1.1, 4.4.3.2)
        Data::Part(part) => Ok(canonical(part, &CanonicalForm::inclusive())?.into()),
    }
}

/// Octets that are read as XML, comments included. What cannot be read here may be XML to others.
fn reparsed(octets: &[u8], form: &CanonicalForm<'_>) -> Result<Vec<u8>, Objection> {
    let source = Source::read(octets).map_err(|_| NOT_SUPPORTED)?;
    let document = source.parse().map_err(|_| NOT_SUPPORTED)?;
    let part = Part {
        apex: document.root(),
        without: None,
        comments: true,
    };
    canonical(part, form)
}

fn text(part: Part<'_>) -> String {
    let is_kept = |node: &Node<'_, '_>| match part.without {
        Some(without) => !node.ancestors().any(|ancestor| ancestor == without),
        None => true,
    };
    let texts = part.apex.descendants().filter(|node| node.is_text()).filter(is_kept);
    texts.filter_map(|node| node.text()).collect()
}

fn decoded(base64: &[u8]) -> Result<Vec<u8>, Objection> {
    let base64: Vec<_> = base64
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    STANDARD.decode(base64).map_err(|_| Reason::MalformedBase64.into())
}

fn without<'a>(part: Part<'a>, signature: Node<'a, 'a>) -> Result<Part<'a>, Objection> {
    if signature.ancestors().skip(1).any(|ancestor| ancestor == part.apex) {
        Ok(Part {
            without: Some(signature),
            ..part
        })
    } else {
        Err(NOT_SUPPORTED)
    }
}
