//! Did the key of the signer's certificate sign these objects and files?

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beid_pki::{Certificate, PublicKey, TrustStore};
use jiff::Timestamp;
use roxmltree::{Document, Node};

use super::certificates::{self, Evidence, Stamp};
use super::{CheckName, Context, Outcome, Verification, request};
use crate::c14n;
use crate::long_term::RevocationValues;
use crate::markup::Source;
use crate::xades::{ASIC, BASE64, DS, Reference, Signature, Target};

/// What is known of a signature in XML.
#[derive(Clone)]
pub struct Examined<'c> {
    /// The checks.
    pub verification: Verification,
    /// What was signed. Nothing, unless its digests and the signature are as they should be.
    pub objects: Vec<SignedObject<'c>>,
    /// The time stamps on the signature.
    pub timestamps: Vec<SignatureTimestamp>,
    /// Certificates that came with it, the signer's and its chain's included, DER.
    pub certificates: Vec<Vec<u8>>,
    /// Revocation lists that came with it, DER.
    pub crls: Vec<Vec<u8>>,
    /// Answers of OCSP responders that came with it, DER.
    pub ocsps: Vec<Vec<u8>>,
}

/// Something that was signed. Only these octets were: read them, and not the signature's text.
#[derive(Clone, Eq, PartialEq)]
pub struct SignedObject<'c> {
    /// Identifier of the object, or name of the file.
    pub name: String,
    /// What the signer says that it is.
    pub media_type: Option<String>,
    /// The octets of the file; or the object's text, its base64 decoded; or its document, canonical; or, for a mixture of
    /// these, the object as a whole, canonical.
    pub content: Cow<'c, [u8]>,
}

/// A time stamp on a signature.
#[derive(Clone, Eq, PartialEq)]
pub struct SignatureTimestamp {
    /// `TimeStampToken`, DER.
    pub token: Vec<u8>,
    /// The octets that it must be about, if they can be told.
    pub stamped: Option<Vec<u8>>,
}

redacted_debug!(SignatureTimestamp SignedObject<'_>);

/// Files beside a signature.
#[derive(Clone, Copy)]
pub(super) enum Files<'c> {
    /// Each by its name.
    Named(&'c [(&'c str, &'c [u8])]),
    /// One, by whatever name the signature has for it.
    One(Option<&'c [u8]>),
}

impl<'c> Files<'c> {
    fn find(self, name: &str) -> Option<&'c [u8]> {
        match self {
            Self::Named(files) => files
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, octets)| *octets),
            Self::One(octets) => octets,
        }
    }

    /// How many there are.
    fn count(self) -> usize {
        match self {
            Self::Named(files) => files.len(),
            Self::One(octets) => usize::from(octets.is_some()),
        }
    }
}

/// Checks a signature in XML over what is in it and over `files`, each by its name, as seen at `now`.
///
/// Source: XML Signature 1.1, 3.2 (core validation); ETSI EN 319 132-1.
#[must_use]
pub fn verify(xml: &[u8], files: &[(&str, &[u8])], roots: &TrustStore, now: Timestamp) -> Verification {
    examine(xml, files, roots, now).verification
}

/// The same, with what was signed and what came with it.
#[must_use]
pub fn examine<'c>(xml: &[u8], files: &'c [(&'c str, &'c [u8])], roots: &TrustStore, now: Timestamp) -> Examined<'c> {
    examine_with(xml, files, &Context::new(roots, now))
}

/// The same, where more is known than roots and time. The files are those named, whatever [`Context::content`] is.
#[must_use]
pub fn examine_with<'c>(xml: &[u8], files: &'c [(&'c str, &'c [u8])], context: &Context<'_>) -> Examined<'c> {
    judge(xml, Files::Named(files), context)
}

/// The checks on a signature over the file in `context`, if `input` is one as far as its root element tells.
pub(super) fn verify_any(input: &[u8], context: &Context<'_>) -> Option<Verification> {
    // Most of what is asked about is no signature, and need not be parsed for that.
    if !std::str::from_utf8(input).is_ok_and(|text| text.contains(DS)) {
        return None;
    }
    let source = Source::read(input).ok()?;
    let document = source.parse().ok()?;
    let root = document.root_element();
    let is_signature = root.has_tag_name((DS, "Signature")) || root.has_tag_name((ASIC, "XAdESSignatures"));
    is_signature.then(|| judge_parsed(&document, Files::One(context.content), context).verification)
}

/// The checks, and what they were made on.
pub(super) fn judge<'c>(xml: &[u8], files: Files<'c>, context: &Context<'_>) -> Examined<'c> {
    let Ok(source) = Source::read(xml) else {
        return refused("not-xml");
    };
    match source.parse() {
        Ok(document) => judge_parsed(&document, files, context),
        Err(_) => refused("not-xml"),
    }
}

fn judge_parsed<'c>(document: &Document<'_>, files: Files<'c>, context: &Context<'_>) -> Examined<'c> {
    match Signature::of(document) {
        Err(reason) => refused(reason),
        Ok(signature) => checked(signature, files, context),
    }
}

fn refused<'c>(reason: &'static str) -> Examined<'c> {
    Examined {
        verification: Verification::of(CheckName::Structure, Outcome::Failed(reason)),
        objects: Vec::new(),
        timestamps: Vec::new(),
        certificates: Vec::new(),
        crls: Vec::new(),
        ocsps: Vec::new(),
    }
}

fn checked<'c>(signature: Signature<'_>, files: Files<'c>, context: &Context<'_>) -> Examined<'c> {
    let mut verification = Verification::of(CheckName::Structure, Outcome::Passed);
    verification.signing_time = signature.signing_time;
    let digests = check_digests(&signature, files);
    verification.add(CheckName::ContentDigest, digests);

    let [more, crls, ocsps] = &signature.values;
    let all: Vec<_> = signature.certificates.iter().chain(more).cloned().collect();
    let parse = |der: &Vec<u8>| Certificate::parse(der).ok();
    let known: Vec<_> = all.iter().filter_map(parse).collect();
    let mut objects = Vec::new();
    match signer(&signature, &known) {
        None => {
            verification.add(CheckName::Signature, Outcome::Unknown("certificate-missing"));
            verification.add(CheckName::SigningCertificate, Outcome::Failed("certificate-missing"));
        }
        Some(signer) => {
            let signed = check_signature(&signature, signer);
            verification.add(CheckName::Signature, signed);
            let named = check_signing_certificate(&signature, signer);
            verification.add(CheckName::SigningCertificate, named);
            let evidence = Evidence {
                certificates: &known,
                time_stamps: Some(signature.timestamps.iter().cloned().map(stamp).collect()),
                revocation: &RevocationValues {
                    ocsp: ocsps.clone(),
                    crls: crls.clone(),
                },
            };
            certificates::add_checks(&mut verification, signer, &evidence, context);
            if (digests, signed) == (Outcome::Passed, Outcome::Passed) {
                objects = signature
                    .references
                    .iter()
                    .map(|reference| object(reference, files))
                    .collect();
            }
            let signed = objects.iter().map(|object| &*object.content);
            verification.add(CheckName::SubjectIsPatient, request::check_subject(signer, signed));
        }
    }
    Examined {
        verification,
        objects,
        timestamps: signature
            .timestamps
            .into_iter()
            .map(|(token, stamped)| SignatureTimestamp { token, stamped })
            .collect(),
        certificates: all,
        crls: crls.clone(),
        ocsps: ocsps.clone(),
    }
}

fn stamp((token, stamped): (Vec<u8>, Option<Vec<u8>>)) -> Stamp {
    Stamp { token, stamped }
}

/// The certificate that was signed along; failing that, the one that stands first.
fn signer<'a>(signature: &Signature<'_>, known: &'a [Certificate]) -> Option<&'a Certificate> {
    let named = |certificate: &&Certificate| {
        let mut digests = signature.signing_certificates.iter();
        digests.any(|digest| digest.is_of(certificate.der()))
    };
    known.iter().find(named).or_else(|| {
        let first = signature.certificates.first()?;
        known.iter().find(|certificate| certificate.der() == first)
    })
}

fn check_digests(signature: &Signature<'_>, files: Files<'_>) -> Outcome {
    if !matches_target(&signature.properties, files).unwrap_or(false) {
        return Outcome::Failed(differs(&signature.properties, "properties-differ"));
    }
    let mut missing = false;
    for reference in &signature.references {
        match matches_target(reference, files) {
            Some(true) => {}
            Some(false) => return Outcome::Failed(differs(reference, "digest-differs")),
            None => missing = true,
        }
    }
    if missing {
        return Outcome::Unknown("content-not-given");
    }
    let is_file = |reference: &&Reference<'_>| matches!(reference.target, Target::File(_));
    let named = signature.references.iter().filter(is_file).count();
    // Every name was found, so if there are more files than names, somebody asks about one that is not signed.
    Outcome::when(named == files.count() || holds(signature, files), "content-not-signed")
}

/// Whether what somebody asks about is one of the objects inside.
fn holds(signature: &Signature<'_>, files: Files<'_>) -> bool {
    let Files::One(Some(asked)) = files else { return false };
    let mut references = signature.references.iter();
    references.any(|reference| match &reference.target {
        Target::Element(node, _) => content_of(*node) == asked,
        Target::File(_) => false,
    })
}

/// Whether the digest is right; `None` if there is nothing to make one of.
fn matches_target(reference: &Reference<'_>, files: Files<'_>) -> Option<bool> {
    match &reference.target {
        Target::Element(node, inclusive) => Some(reference.digest.is_of(&c14n::subtree(*node, inclusive))),
        Target::File(name) => files.find(name).map(|octets| reference.digest.is_of(octets)),
    }
}

fn differs(reference: &Reference<'_>, otherwise: &'static str) -> &'static str {
    match reference.digest.hash {
        None => "algorithm-not-accepted",
        Some(_) => otherwise,
    }
}

fn check_signature(signature: &Signature<'_>, signer: &Certificate) -> Outcome {
    let key = signer.public_key();
    let Some(method) = signature.method.filter(|method| method.is_for(key)) else {
        return Outcome::Failed("algorithm-not-accepted");
    };
    let verified = in_x509(key, &signature.value).is_some_and(|value| {
        signer
            .verify_signature(method.hash, &signature.signed_info, &value)
            .is_ok()
    });
    Outcome::when(verified, "signature-does-not-verify")
}

/// The signature value as certificates have it: of ECDSA, r‖s becomes DER. (XML Signature 1.1, 6.4.3)
fn in_x509<'v>(key: &PublicKey, value: &'v [u8]) -> Option<Cow<'v, [u8]>> {
    match key {
        PublicKey::Rsa(_) => Some(Cow::Borrowed(value)),
        key @ (PublicKey::P256(_) | PublicKey::P384(_) | PublicKey::P521(_)) => {
            key.ecdsa_raw_to_der(value).ok().map(Cow::Owned)
        }
        PublicKey::Ed25519(_) | PublicKey::Other(_) => Some(Cow::Borrowed(value)),
    }
}

fn check_signing_certificate(signature: &Signature<'_>, signer: &Certificate) -> Outcome {
    match signature.signing_certificates.as_slice() {
        [] => Outcome::Failed("attribute-absent"),
        digests => Outcome::when(
            digests.iter().all(|digest| digest.is_of(signer.der())),
            "certificate-differs",
        ),
    }
}

/// What a reference, whose digest is right, refers to.
fn object<'c>(reference: &Reference<'_>, files: Files<'c>) -> SignedObject<'c> {
    let (name, content) = match &reference.target {
        Target::File(name) => (name.clone(), Cow::Borrowed(files.find(name).unwrap_or_default())),
        Target::Element(node, _) => (
            node.attribute("Id").unwrap_or_default().to_owned(),
            Cow::Owned(content_of(*node)),
        ),
    };
    SignedObject {
        name,
        media_type: reference.media_type.clone(),
        content,
    }
}

fn content_of(object: Node<'_, '_>) -> Vec<u8> {
    let is_blank = |node: &Node<'_, '_>| node.text().unwrap_or_default().trim_ascii().is_empty();
    let children: Vec<_> = object
        .children()
        .filter(|node| !(node.is_text() && is_blank(node)))
        .collect();
    match children.as_slice() {
        [element] if element.is_element() => c14n::subtree(*element, &[]),
        texts if texts.iter().all(Node::is_text) => {
            let text: String = object.children().filter_map(|node| node.text()).collect();
            text_of(object, text)
        }
        _ => c14n::subtree(object, &[]),
    }
}

/// The octets that an object's text stands for.
fn text_of(object: Node<'_, '_>, text: String) -> Vec<u8> {
    if object.attribute("Encoding") == Some(BASE64) {
        let base64: String = text.split_ascii_whitespace().collect();
        if let Ok(octets) = STANDARD.decode(base64) {
            return octets;
        }
    }
    text.into_bytes()
}
