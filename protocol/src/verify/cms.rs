//! Did the key of the signer's certificate sign this content?

use beid_pki::Certificate;

use super::certificates::{self, Evidence, Stamp};
use super::{CheckName, Context, Outcome, Verification, request};
use crate::asn1::oids;
use crate::ber;
use crate::signed_data::{Signed, SignerInfo};
use crate::summary::{self, SignedSummary};

/// Longest CMS we read, in bytes: whole files may be inside.
const LONGEST: usize = 1 << 24;

/// Files that the content of a signature, a list of their digests, stands for.
pub(super) struct Listed<'a> {
    /// Whether they are as the list says.
    pub(super) outcome: Outcome,
    /// The octets of each.
    pub(super) documents: Vec<&'a [u8]>,
}

/// The checks on a CMS, and what its content says if it is a therapeutic link.
pub(super) fn verify(input: &[u8], context: &Context<'_>) -> (Verification, Option<SignedSummary>) {
    examine(input, context.content, None, context)
}

/// The checks on a CMS over a list of files, and on these.
pub(super) fn verify_list(input: &[u8], list: &[u8], listed: &Listed<'_>, context: &Context<'_>) -> Verification {
    examine(input, Some(list), Some(listed), context).0
}

fn examine(
    input: &[u8],
    content: Option<&[u8]>,
    listed: Option<&Listed<'_>>,
    context: &Context<'_>,
) -> (Verification, Option<SignedSummary>) {
    let refused = |reason| {
        let verification = Verification::of(CheckName::Structure, Outcome::Failed(reason));
        (verification, None)
    };
    if input.len() > LONGEST {
        return refused("too-long");
    }
    if let Some(cms) = Signed::parse(input, oids::DATA) {
        return judge(&cms, |_| false, content, listed, context);
    }
    // What is not DER is DER often enough not to try this first.
    let Some(der) = ber::to_der(input) else {
        return refused(NOT_ONE_SIGNER);
    };
    match Signed::parse(der.bytes(), oids::DATA) {
        Some(cms) => judge(&cms, |part| der.is_rewritten(part), content, listed, context),
        None => refused(NOT_ONE_SIGNER),
    }
}

const NOT_ONE_SIGNER: &str = "not-a-cms-of-one-signer";

fn judge(
    cms: &Signed<'_>,
    is_rewritten: impl Fn(&[u8]) -> bool,
    content: Option<&[u8]>,
    listed: Option<&Listed<'_>>,
    context: &Context<'_>,
) -> (Verification, Option<SignedSummary>) {
    // Whoever gives the content asks about that, and not about what the signature may carry instead.
    let content = content.or(cms.content);
    let mut verification = Verification::of(CheckName::Structure, Outcome::Passed);
    let covers = content.map_or(Outcome::Unknown("content-not-given"), |content| {
        cms.covers(content).into()
    });
    let covers = match (covers, listed) {
        (Outcome::Passed, Some(listed)) => listed.outcome,
        (covers, _) => covers,
    };
    verification.add(CheckName::ContentDigest, covers);
    verification.signing_time = cms.signer.signing_time();
    verification.content_hints = cms.signer.content_hints();
    let link = content.and_then(|content| summary::of_content(content).ok());
    verification.profile = link.as_ref().map(|link| link.profile);

    match cms.signers_certificate() {
        None => {
            verification.add(CheckName::Signature, Outcome::Unknown("certificate-missing"));
            verification.add(CheckName::SigningCertificate, Outcome::Failed("certificate-missing"));
        }
        Some(signer) => {
            let made = match cms.signer.is_made_by(signer) {
                // RFC 5652, 5.4: it is over their DER, which these are not, and whether ours is the signer's nobody knows.
                Err("signature-does-not-verify") if is_rewritten(cms.signer.signed_attributes.0) => {
                    Err("signed-attributes-not-der")
                }
                made => made,
            };
            verification.add(CheckName::Signature, made.into());
            verification.add(
                CheckName::SigningCertificate,
                check_signing_certificate(&cms.signer, signer),
            );
            let tokens = cms.signer.unsigned(oids::SIGNATURE_TIME_STAMP).ok();
            let stamp = |token| Stamp {
                token,
                stamped: Some(cms.signer.signature.as_bytes().to_vec()),
            };
            let evidence = Evidence {
                certificates: &cms.certificates,
                time_stamps: tokens.map(|tokens| tokens.into_iter().map(stamp).collect()),
                revocation: &cms.revocation,
            };
            certificates::add_checks(&mut verification, signer, &evidence, context);
            let documents = listed.map_or_else(|| content.into_iter().collect(), |listed| listed.documents.clone());
            request::judge_subject(&mut verification, signer, documents);
        }
    }
    (verification, link)
}

fn check_signing_certificate(info: &SignerInfo<'_>, signer: &Certificate) -> Outcome {
    match (info.names_certificate(signer), info.names(signer)) {
        (_, Some(false)) => Outcome::Failed("certificate-differs"),
        (Some(_), _) => Outcome::Passed,
        // SHA-1, which the older attribute names it by, can say no and cannot say yes.
        (None, Some(true) | None) => Outcome::Unknown("attribute-absent"),
    }
}
