//! Checks of signatures in XML: the key of the signer's certificate signed these objects and files.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beid_pki::{Certificate, PkiError, Reason, TrustStore};
use jiff::Timestamp;
use roxmltree::{Document, Node};

use super::certificates::{self, Evidence, Stamp};
use super::{CheckName, Context, Objection, Outcome, Verification, request};
use crate::c14n::{self, CanonicalForm, Part};
use crate::error::ProtocolError;
use crate::long_term::RevocationValues;
use crate::markup::{self, Source};
use crate::xades::{BASE64, DS, Ids, Reference, Signature, Target, signatures};

/// Findings about a signature in XML, or about all there are in one document.
#[derive(Clone)]
pub struct Examined<'c> {
    /// Checks of the signature, or of all in the document.
    pub verification: Verification,
    /// Octets that were signed. None, unless all digests and signatures are as they should be.
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

/// Object or file that was signed. Only these octets were: read them, and not the signature's text.
#[derive(Clone, Eq, PartialEq)]
pub struct SignedObject<'c> {
    /// Identifier of the object, or name of the file.
    pub name: String,
    /// Media type that the signer states.
    pub media_type: Option<String>,
    /// The octets of the file; or the object's text, its base64 decoded; or its document, canonical; or, for a mixture
    /// of these, the object as a whole, canonical.
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
    /// Each by its name. Some may be signed by other signatures than the one that is judged.
    Named {
        files: &'c [(&'c str, &'c [u8])],
        /// Others, which may be signed too and need not be: what a container has for itself.
        besides: &'c [(&'c str, &'c [u8])],
        signed_by_others: &'c [String],
    },
    /// One, by whatever name or address the signature has for it.
    One(Option<&'c [u8]>),
}

impl<'c> Files<'c> {
    /// Files by their names, of which no other signature says anything.
    pub(super) fn named(files: &'c [(&'c str, &'c [u8])]) -> Self {
        Self::Named {
            files,
            besides: &[],
            signed_by_others: &[],
        }
    }

    fn find(self, target: &Target<'_>) -> Option<&'c [u8]> {
        match (self, target) {
            (Self::Named { files, besides, .. }, Target::File(name)) => {
                let mut files = files.iter().chain(besides);
                files.find(|(known, _)| known == name).map(|(_, octets)| *octets)
            }
            (Self::Named { .. }, _) => None,
            (Self::One(octets), _) => octets,
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

/// Verifies as [`verify`], and returns what was signed and what came with it.
#[must_use]
pub fn examine<'c>(xml: &[u8], files: &'c [(&'c str, &'c [u8])], roots: &TrustStore, now: Timestamp) -> Examined<'c> {
    examine_with(xml, files, &Context::new(roots, now))
}

/// Verifies as [`examine`], where more is known than roots and time. The files are those named, whatever [`Context::content`] is.
#[must_use]
pub fn examine_with<'c>(xml: &[u8], files: &'c [(&'c str, &'c [u8])], context: &Context<'_>) -> Examined<'c> {
    let files = Files::named(files);
    Examined::join(judge(xml, files, context))
}

/// Verifies the signatures of `input` over the file in `context`, if there is one; `None` if `input` has no signatures.
pub(super) fn verify_any(input: &[u8], context: &Context<'_>) -> Option<Verification> {
    // Most of what is asked about is no signature, and need not be parsed for that.
    // In the encodings of two and of four octets, what is looked for has zeros between its letters.
    let letters: Cow<'_, [u8]> = match input.contains(&0) {
        true => input.iter().copied().filter(|octet| *octet != 0).collect(),
        false => input.into(),
    };
    let text = String::from_utf8_lossy(&letters);
    let beginning = text.trim_start_matches(['\u{FEFF}', char::REPLACEMENT_CHARACTER]);
    if !beginning.trim_ascii_start().starts_with('<') || !text.contains(DS) || !text.contains("SignedInfo") {
        return None;
    }
    if input.contains(&0) || std::str::from_utf8(input).is_err() {
        return Some(Verification::with(
            CheckName::Structure,
            Outcome::Unknown(Reason::XmlNotSupported),
        ));
    }
    match judge(input, Files::One(context.content), context) {
        // A document that speaks of signatures and has none.
        Err(NO_SIGNATURE) => None,
        judged => Some(Examined::join(judged).verification),
    }
}

const NO_SIGNATURE: Objection = Objection::Unknown(Reason::NoSignature);

/// Names of the files that the signatures of a document are over, as far as it can be read.
pub(super) fn signed_files(xml: &[u8]) -> Vec<String> {
    let names = |document: &Document<'_>| -> Result<Vec<String>, Objection> {
        let ids = Ids::collect(document);
        let mut names = Vec::new();
        for node in signatures(document)? {
            names.extend(names_of(&Signature::read(node, &ids)?));
        }
        Ok(names)
    };
    with_document(xml, names).unwrap_or_default()
}

fn names_of(signature: &Signature<'_>) -> Vec<String> {
    let names = signature
        .references
        .iter()
        .filter_map(|reference| match &reference.target {
            Target::File(name) => Some(name.clone()),
            Target::Part(..) | Target::Elsewhere | Target::Unsaid => None,
        });
    names.collect()
}

fn with_document<T>(xml: &[u8], read: impl FnOnce(&Document<'_>) -> Result<T, Objection>) -> Result<T, Objection> {
    let refused = |error: ProtocolError| {
        let is = |reason| error == ProtocolError::MalformedDocument { reason };
        if is(markup::NO_XML) {
            Objection::Failed(Reason::NotXml)
        } else if is(markup::DOCUMENT_TYPE) {
            Objection::Unknown(Reason::DocumentTypeNotSupported)
        } else {
            Objection::Unknown(Reason::XmlNotSupported)
        }
    };
    let source = Source::read(xml).map_err(refused)?;
    let document = source.parse().map_err(refused)?;
    read(&document)
}

/// Verifies each signature of a document, and returns what the checks were made on.
pub(super) fn judge<'c>(xml: &[u8], files: Files<'c>, context: &Context<'_>) -> Result<Vec<Examined<'c>>, Objection> {
    with_document(xml, |document| {
        let ids = Ids::collect(document);
        let nodes = signatures(document)?;
        let read: Vec<_> = nodes.into_iter().map(|node| Signature::read(node, &ids)).collect();
        // Each signature's own names among them do no harm: only files that it is not over are looked for.
        let names: Vec<_> = read.iter().flatten().flat_map(names_of).collect();
        let judged = read.into_iter().map(|signature| match signature {
            Ok(signature) => checked(signature, files, &names, context),
            Err(objection) => Examined::refused(objection),
        });
        Ok(judged.collect())
    })
}

impl<'c> Examined<'c> {
    fn refused(objection: Objection) -> Self {
        Self {
            verification: Verification::with(CheckName::Structure, objection.into()),
            objects: Vec::new(),
            timestamps: Vec::new(),
            certificates: Vec::new(),
            crls: Vec::new(),
            ocsps: Vec::new(),
        }
    }

    /// Joins the findings about all signatures of a document.
    fn join(judged: Result<Vec<Self>, Objection>) -> Self {
        let mut all = match judged {
            Err(objection) => return Self::refused(objection),
            Ok(all) => all,
        };
        if all.len() == 1
            && let Some(only) = all.pop()
        {
            return only;
        }
        // If one signature does not hold, content of the others could be taken for signed by all.
        let is_whole = all.iter().all(|one| !one.objects.is_empty());
        let verifications = all.iter().map(|one| one.verification.clone()).collect();
        let mut whole = Self {
            verification: Verification::of_signatures(verifications),
            ..Self::refused(NO_SIGNATURE)
        };
        for mut one in all {
            if is_whole {
                whole.objects.append(&mut one.objects);
            }
            whole.timestamps.append(&mut one.timestamps);
            whole.certificates.append(&mut one.certificates);
            whole.crls.append(&mut one.crls);
            whole.ocsps.append(&mut one.ocsps);
        }
        whole
    }
}

fn checked<'c>(
    signature: Signature<'_>,
    files: Files<'c>,
    signed_by_others: &[String],
    context: &Context<'_>,
) -> Examined<'c> {
    let mut verification = Verification::with(CheckName::Structure, Outcome::Passed);
    verification.signing_time = signature.signing_time;
    signature.not_judged.iter().for_each(|word| verification.leave(word));
    let (digests, content) = match check_digests(&signature, files, signed_by_others) {
        Ok(content) => (Outcome::Passed, content),
        Err(outcome) => (outcome, Vec::new()),
    };
    verification.add(CheckName::ContentDigest, digests);

    let [more, crls, ocsps] = &signature.values;
    let all: Vec<_> = signature.certificates.iter().chain(more).cloned().collect();
    let parse = |der: &Vec<u8>| Certificate::parse(der).ok();
    let mut known: Vec<_> = all.iter().filter_map(parse).collect();
    known.extend(context.certificates.iter().cloned());
    let mut objects = Vec::new();
    match signer(&signature, &known, context) {
        Err(reason) => {
            verification.add(CheckName::Signature, reason);
            verification.add(CheckName::SigningCertificate, reason);
        }
        Ok(signer) => {
            let signed = signature.verify(signer).map_err(Outcome::from);
            verification.add(
                CheckName::Signature,
                signed.map_or_else(|refused| refused, |()| Outcome::Passed),
            );
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
            // Right digests alone prove nothing: anybody can write them.
            if signed.is_ok() {
                let content = signature.references.iter().zip(content);
                objects = content
                    .filter_map(|(reference, octets)| object(reference, octets))
                    .collect();
            }
            let signed = objects.iter().map(|object| &*object.content);
            request::judge_subject(&mut verification, signer, signed);
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

/// Returns the certificate that was signed along; failing that, the one whose key signed; failing that, the one that
/// stands first.
///
/// # Errors
/// The outcome for both checks that need it: it did not come along, or cannot be read.
fn signer<'a>(
    signature: &Signature<'_>,
    known: &'a [Certificate],
    context: &Context<'_>,
) -> Result<&'a Certificate, Outcome> {
    let of = |der: &[u8]| known.iter().find(|certificate| certificate.der() == der);
    let is_named = |der: &[u8]| signature.signing_certificates.iter().any(|digest| digest.is_of(der));
    if let Some(named) = known.iter().find(|certificate| is_named(certificate.der())) {
        return Ok(named);
    }
    // One that is named and cannot be read is the signer's; another one in its place would make a good signature bad.
    let unread = |der: &&Vec<u8>| of(der).is_none() && (signature.signing_certificates.is_empty() || is_named(der));
    if let Some(unread) = signature.certificates.iter().find(unread) {
        return Err(match Certificate::parse(unread) {
            Err(PkiError::UnsupportedKey) => Outcome::Unknown(Reason::KeyNotSupported),
            _ => Outcome::Failed(Reason::CertificateMalformed),
        });
    }
    let candidates = || {
        let inside = signature.certificates.iter().filter_map(|der| of(der));
        inside.chain(known.iter().filter(|one| context.certificates.contains(one)))
    };
    candidates()
        .find(|candidate| signature.verify(candidate).is_ok())
        .or_else(|| candidates().next())
        .ok_or(Outcome::Unknown(Reason::SignerCertificateMissing))
}

/// Returns the octets that each reference signs, if all digests are right and everything is there that should be signed.
fn check_digests<'c>(
    signature: &Signature<'_>,
    files: Files<'c>,
    signed_by_others: &[String],
) -> Result<Vec<Cow<'c, [u8]>>, Outcome> {
    // A wrong digest here says nothing of the content, so it has a reason of its own.
    for reference in &signature.own_references {
        if let Err(outcome) = octets(reference, signature.node, files) {
            return Err(if outcome == Outcome::Failed(Reason::DigestDiffers) {
                Outcome::Failed(Reason::PropertiesDiffer)
            } else {
                outcome
            });
        }
    }
    let mut content = Vec::new();
    let mut doubt = signature.around.map_err(Outcome::from);
    for reference in &signature.references {
        match octets(reference, signature.node, files) {
            Ok(octets) => content.push(octets),
            Err(failed @ Outcome::Failed(_)) => return Err(failed),
            Err(unknown) => doubt = Err(unknown),
        }
    }
    doubt?;
    check_files(signature, files, signed_by_others, &content)?;
    Ok(content)
}

/// Returns the octets that a reference signs, if its digest is right.
fn octets<'c>(reference: &Reference<'_>, signature: Node<'_, '_>, files: Files<'c>) -> Result<Cow<'c, [u8]>, Outcome> {
    let octets = reference.octets(files.find(&reference.target), signature)?;
    let octets = octets.ok_or(match reference.target {
        // Nothing is fetched: what lies there today need not be what was signed.
        Target::Elsewhere => Outcome::Unknown(Reason::ReferenceElsewhere),
        Target::Part(..) | Target::File(_) | Target::Unsaid => Outcome::Unknown(Reason::ContentNotGiven),
    })?;
    reference.check(&octets)?;
    Ok(octets)
}

/// Checks that there is no file among those asked about that this signature is not over.
fn check_files(
    signature: &Signature<'_>,
    files: Files<'_>,
    signed_by_others: &[String],
    content: &[Cow<'_, [u8]>],
) -> Result<(), Outcome> {
    match files {
        Files::Named {
            files,
            signed_by_others: elsewhere,
            ..
        } => {
            let own = names_of(signature);
            let mut left = files
                .iter()
                .map(|(name, _)| *name)
                .filter(|name| !own.iter().any(|own| own == name));
            let by_others = |name: &str| signed_by_others.iter().chain(elsewhere).any(|other| other == name);
            match left.clone().next() {
                None => Ok(()),
                Some(_) if left.all(by_others) => Err(Outcome::Unknown(Reason::SignsSomeFilesOnly)),
                Some(_) => Err(Outcome::Failed(Reason::ContentNotSigned)),
            }
        }
        Files::One(None) => Ok(()),
        Files::One(Some(asked)) => {
            let is_asked = |(reference, octets): (&Reference<'_>, &Cow<'_, [u8]>)| match reference.node() {
                // Of what is decoded first, the element around the text is not signed.
                Some(_) if reference.is_decoded() => **octets == *asked,
                Some(node) => {
                    **octets == *asked
                        || content_of(node).as_deref() == Some(asked)
                        || is_same(asked, node, signature.node)
                }
                None => true,
            };
            let mut signed = signature.references.iter().zip(content);
            if signed.any(is_asked) {
                Ok(())
            } else {
                Err(Outcome::Failed(Reason::ContentNotSigned))
            }
        }
    }
}

fn check_signing_certificate(signature: &Signature<'_>, signer: &Certificate) -> Outcome {
    let mut outcome = match signature.signing_certificates.as_slice() {
        // Core XML signatures have no place to name it, so another certificate of the same key could be put there.
        [] if !signature.has_properties => return Outcome::Unknown(Reason::NoSignedProperties),
        [] => return Outcome::Unknown(Reason::AttributeAbsent),
        _ => Outcome::Passed,
    };
    for digest in &signature.signing_certificates {
        match digest.check(signer.der()) {
            Ok(()) => {}
            Err(Objection::Failed(Reason::DigestDiffers)) => return Outcome::Failed(Reason::CertificateDiffers),
            // It can say no and cannot say yes, as in CMS.
            Err(Objection::Failed(weak)) => outcome = Outcome::Unknown(weak),
            Err(unknown) => outcome = unknown.into(),
        }
    }
    outcome
}

/// Returns the content that a reference, whose digest is right, refers to; `None` if it would be too long to give.
fn object<'c>(reference: &Reference<'_>, octets: Cow<'c, [u8]>) -> Option<SignedObject<'c>> {
    let (name, content) = match (&reference.target, reference.node()) {
        (_, Some(node)) if node.has_tag_name((DS, "Object")) && !reference.is_decoded() => {
            (node.attribute("Id").unwrap_or_default(), Cow::Owned(content_of(node)?))
        }
        (_, Some(node)) => (node.attribute("Id").unwrap_or_default(), octets),
        (Target::File(name), None) => (name.as_str(), octets),
        (_, None) => ("", octets),
    };
    Some(SignedObject {
        name: name.to_owned(),
        media_type: reference.media_type.clone(),
        content,
    })
}

/// Content of an object. Comments are signed by few canonical forms, and never given out.
fn content_of(object: Node<'_, '_>) -> Option<Vec<u8>> {
    let is_blank = |node: &Node<'_, '_>| node.is_text() && node.text().unwrap_or_default().trim_ascii().is_empty();
    let children: Vec<_> = object
        .children()
        .filter(|node| !node.is_comment() && !is_blank(node))
        .collect();
    match children.as_slice() {
        [element] if element.is_element() => canonical(*element),
        texts if texts.iter().all(Node::is_text) => {
            let texts = object.children().filter(Node::is_text);
            let text: String = texts.filter_map(|node| node.text()).collect();
            Some(text_of(object, text))
        }
        _ => canonical(object),
    }
}

fn canonical(apex: Node<'_, '_>) -> Option<Vec<u8>> {
    canonical_without(apex, None)
}

fn canonical_without<'a>(apex: Node<'a, 'a>, without: Option<Node<'a, 'a>>) -> Option<Vec<u8>> {
    let part = Part {
        apex,
        without,
        comments: false,
    };
    c14n::part(part, &CanonicalForm::exclusive())
}

/// Returns true if `asked` is the document that was signed, as it was before the signature was put into it; instructions
/// beside its root element, such as that for a style sheet, belong to it.
fn is_same<'a>(asked: &[u8], signed: Node<'a, 'a>, signature: Node<'a, 'a>) -> bool {
    let ours = canonical_without(signed, Some(signature));
    let theirs = with_document(asked, |document| Ok(canonical(document.root())));
    ours.is_some() && theirs == Ok(ours)
}

/// Returns the octets that an object's text stands for.
fn text_of(object: Node<'_, '_>, text: String) -> Vec<u8> {
    if object.attribute("Encoding") == Some(BASE64) {
        let base64: String = text.split_ascii_whitespace().collect();
        if let Ok(octets) = STANDARD.decode(base64) {
            return octets;
        }
    }
    text.into_bytes()
}
