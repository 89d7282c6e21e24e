//! Checks of a CMS: the keys of the signers' certificates signed this content.

use beid_pki::{Certificate, Reason};
use der::asn1::ObjectIdentifier;

use super::certificates::{self, Evidence, Stamp};
use super::wrapped::{self, Unwrapped};
use super::{CheckName, Context, Objection, Outcome, Verdict, Verification, request};
use crate::asn1::oids;
use crate::ber::{self, Der};
use crate::signed_data::{DOES_NOT_VERIFY, NOT_A_CMS, Named, ParsedCms, SignerInfo};
use crate::summary::{self, SignedSummary};

/// Longest CMS we read, in bytes: whole files may be inside.
const LONGEST: usize = 1 << 24;

/// Attributes of signatures that nobody judges here, by the word for each.
///
/// Sources: RFC 5652, 11.4; RFC 5126, 5.8 and 6.1 to 6.4; RFC 4998, A.1; ETSI EN 319 122-1, 5.5 and annex A.
const NOT_JUDGED: [(&str, ObjectIdentifier); 11] = [
    ("counter-signature", oid("1.2.840.113549.1.9.6")),
    ("content-time-stamp", oid("1.2.840.113549.1.9.16.2.20")),
    ("signature-policy", oid("1.2.840.113549.1.9.16.2.15")),
    ("validation-data-time-stamp", oid("1.2.840.113549.1.9.16.2.25")),
    ("validation-data-time-stamp", oid("1.2.840.113549.1.9.16.2.26")),
    // The three generations of archive time stamps.
    ("archive-time-stamp", oid("1.2.840.113549.1.9.16.2.27")),
    ("archive-time-stamp", oid("1.2.840.113549.1.9.16.2.48")),
    ("archive-time-stamp", oid("0.4.0.1733.2.4")),
    ("long-term-validation", oid("0.4.0.1733.2.2")),
    ("evidence-record", oid("1.2.840.113549.1.9.16.2.49")),
    ("evidence-record", oid("1.2.840.113549.1.9.16.2.50")),
];

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

/// Files whose digests are the content of a signature.
pub(super) struct Listed<'a> {
    /// Outcome of the comparison with the list.
    pub(super) outcome: Outcome,
    /// The octets of each.
    pub(super) documents: Vec<&'a [u8]>,
}

/// Verifies a CMS, and returns what its content says if it is a therapeutic link.
pub(super) fn verify(input: &[u8], context: &Context<'_>) -> (Verification, Option<SignedSummary>) {
    examine(input, context.content, None, context)
}

/// Verifies a CMS over a list of files, and these.
pub(super) fn verify_list(input: &[u8], list: &[u8], listed: &Listed<'_>, context: &Context<'_>) -> Verification {
    examine(input, Some(list), Some(listed), context).0
}

/// Verifies a CMS that was wrapped up, over the part of a mail if it is about one.
pub(super) fn verify_unwrapped(unwrapped: &Unwrapped<'_>, context: &Context<'_>) -> Verification {
    let Some(part) = unwrapped.part else {
        return verify(&unwrapped.cms, context).0;
    };
    let canonical = wrapped::canonical(part);
    let over = |content| examine(&unwrapped.cms, Some(content), None, context).0;
    match context.content {
        // Other content than the mail's part is judged as it was given: the digest decides.
        Some(asked) if wrapped::canonical(asked) != canonical => over(asked),
        _ => {
            let verification = over(&canonical);
            // Programs that sign files as they are sign parts of mail in the same way.
            if verification.verdict() == Verdict::Invalid && canonical != part {
                let as_it_stands = over(part);
                if as_it_stands.verdict() != Verdict::Invalid {
                    return as_it_stands;
                }
            }
            verification
        }
    }
}

fn examine(
    input: &[u8],
    content: Option<&[u8]>,
    listed: Option<&Listed<'_>>,
    context: &Context<'_>,
) -> (Verification, Option<SignedSummary>) {
    let judge = |cms: &ParsedCms<'_>, der: Option<&Der<'_>>| {
        let question = Question {
            cms,
            der,
            // Whoever gives the content asks about that, and not about what the signature may carry instead.
            content: content.or(cms.content),
            listed,
            context,
        };
        question.judge()
    };
    let parsed = match input.len() {
        ..=LONGEST => ParsedCms::parse(input),
        _ => Err(Objection::Unknown(Reason::TooLong)),
    };
    let judged = match parsed {
        Ok(cms) => judge(&cms, None),
        // What is not DER is DER often enough not to try this first; and DER may have more elements than BER here, as
        // those of long revocation lists.
        Err(NOT_A_CMS) => ber::to_der(input)
            .map_err(Objection::from)
            .and_then(|der| judge(&ParsedCms::parse(der.bytes())?, Some(&der))),
        Err(objection) => Err(objection),
    };
    judged.unwrap_or_else(|objection| {
        let verification = Verification::with(CheckName::Structure, objection.into());
        (verification, None)
    })
}

/// CMS, and what it is verified with.
struct Question<'a> {
    cms: &'a ParsedCms<'a>,
    /// The octets that were written anew, if it came as BER.
    der: Option<&'a Der<'a>>,
    content: Option<&'a [u8]>,
    listed: Option<&'a Listed<'a>>,
    context: &'a Context<'a>,
}

impl Question<'_> {
    fn judge(&self) -> Result<(Verification, Option<SignedSummary>), Objection> {
        match self.cms.content_type {
            _ if self.cms.signers.is_empty() => return Err(Objection::Unknown(Reason::NoSignature)),
            // A token by itself is about octets that are not in it.
            oids::TST_INFO => return Ok((Verification::not_judged_at_all("time-stamp"), None)),
            _ => {}
        }
        let link = self.documents().and_then(|content| summary::read_content(content).ok());
        let signatures = self.cms.signers.iter().map(|signer| {
            let mut verification = self.judge_signer(signer);
            verification.profile = link.as_ref().map(|link| link.profile);
            verification
        });
        Ok((Verification::of_signatures(signatures.collect()), link))
    }

    /// Returns the content if its type is `id-data`: under another type it may stand for anything.
    fn documents(&self) -> Option<&[u8]> {
        self.content.filter(|_| self.cms.content_type == oids::DATA)
    }

    fn judge_signer(&self, signer: &SignerInfo<'_>) -> Verification {
        if let Err(refusal) = self.cms.check_structure(signer) {
            return Verification::with(CheckName::Structure, refusal.into());
        }
        let mut verification = Verification::with(CheckName::Structure, Outcome::Passed);
        for (word, oid) in NOT_JUDGED {
            if signer.has_attribute(oid) {
                verification.leave(word);
            }
        }
        verification.signing_time = signer.signing_time();
        verification.content_hints = signer.content_hints();
        let certificate = self.cms.certificate_of(signer, self.context.certificates, self.content);
        let made = certificate.and_then(|certificate| self.check_signature(signer, certificate));
        let covers = self.check_content(signer, made);
        verification.add(CheckName::ContentDigest, covers);
        verification.add(CheckName::Signature, Objection::outcome(made));
        match certificate {
            Err(refusal) => verification.add(CheckName::SigningCertificate, refusal.into()),
            Ok(certificate) => {
                let named = check_signing_certificate(signer, certificate);
                verification.add(CheckName::SigningCertificate, named);
                self.add_evidence(&mut verification, signer, certificate);
            }
        }
        verification
    }

    fn check_signature(&self, signer: &SignerInfo<'_>, certificate: &Certificate) -> Result<(), Objection> {
        let made = signer.is_made_by(certificate, self.content);
        let is_rewritten = match (self.der, signer.signed_attributes) {
            (Some(der), Some(attributes)) => der.is_rewritten(attributes.0),
            (None, _) | (_, None) => false,
        };
        if made == Err(DOES_NOT_VERIFY) && is_rewritten {
            // RFC 5652, 5.4: it is over their DER, which these are not, and whether ours is the signer's nobody knows.
            return Err(Objection::Failed(Reason::SignedAttributesNotDer));
        }
        made
    }

    fn check_content(&self, signer: &SignerInfo<'_>, made: Result<(), Objection>) -> Outcome {
        let Some(content) = self.content else {
            return Outcome::Unknown(Reason::ContentNotGiven);
        };
        match (self.cms.covers(signer, content), self.listed) {
            (Err(refusal), _) => refusal.into(),
            // The signature is over the content itself: only where it holds is this the content.
            (Ok(()), _) if signer.signed_attributes.is_none() && made.is_err() => {
                Outcome::Unknown(Reason::NoSignedAttributes)
            }
            (Ok(()), Some(listed)) => listed.outcome,
            (Ok(()), None) => Outcome::Passed,
        }
    }

    fn add_evidence(&self, verification: &mut Verification, signer: &SignerInfo<'_>, certificate: &Certificate) {
        let tokens = signer.unsigned(oids::SIGNATURE_TIME_STAMP).ok();
        let stamp = |token| Stamp {
            token,
            stamped: Some(signer.signature.as_bytes().to_vec()),
        };
        let (more, values) = (signer.certificate_values(), signer.revocation_values());
        let mut revocation = self.cms.revocation.clone();
        match values {
            Some(values) => revocation.extend(values),
            None => verification.leave("revocation-values"),
        }
        match &more {
            Some(_) => {}
            None => verification.leave("certificate-values"),
        }
        let evidence = Evidence {
            certificates: &[self.cms.certificates.as_slice(), more.as_deref().unwrap_or_default()].concat(),
            time_stamps: tokens.map(|tokens| tokens.into_iter().map(stamp).collect()),
            revocation: &revocation,
        };
        certificates::add_checks(verification, certificate, &evidence, self.context);
        let documents = match self.listed {
            Some(listed) => listed.documents.clone(),
            None => self.documents().into_iter().collect(),
        };
        request::judge_subject(verification, certificate, documents);
    }
}

fn check_signing_certificate(signer: &SignerInfo<'_>, certificate: &Certificate) -> Outcome {
    match signer.named(certificate) {
        Named::ByStrongHash => Outcome::Passed,
        Named::Another => Outcome::Failed(Reason::CertificateDiffers),
        // It can say no and cannot say yes.
        Named::ByWeakHash => Outcome::Unknown(Reason::AlgorithmTooWeak),
        Named::NotReadable => Outcome::Unknown(Reason::AttributeNotReadable),
        Named::NotAtAll if signer.signed_attributes.is_none() => Outcome::Unknown(Reason::NoSignedAttributes),
        Named::NotAtAll => Outcome::Unknown(Reason::AttributeAbsent),
    }
}
