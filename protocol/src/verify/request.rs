//! Checks of a request: its proof is its patient's, and about this very link.
//!
//! Only links are proved by a signature. Of several in one request each has a proof of its own, and is judged by itself.

use beid_pki::{Certificate, Reason};

use super::{Check, CheckName, Context, DocumentContent, DocumentKind, Outcome, Purpose, Verification, cms};
use crate::codes::{PROOF_TYPES, ProofType};
use crate::recognise::is_falsely_utf8;
use crate::summary::{
    self, Action, LinkSummary, PatientSummary, ProofSummary, ProvedLink, RequestSummary, SignedSummary,
};
use crate::therlink::ContentProfile;

/// Verifies a request and its proofs.
pub(super) fn verify(xml: &[u8], context: &Context<'_>) -> Verification {
    let Ok(request) = summary::read_request(xml) else {
        return Verification::with(CheckName::Structure, Outcome::Failed(Reason::NotARequest));
    };
    let mut verification = match &request.action {
        Action::Link(proved) => of_link(&request, proved, context),
        Action::Links(links) => {
            let each = links.iter().map(|one| of_link(&request, &one.proved, context));
            Verification::of_links(each.collect())
        }
        Action::Query(query) if query.proofs.iter().any(|proof| proof.cms.is_some()) => {
            // What a question's proof must match, no source says.
            without_signature(Outcome::Unknown(Reason::NotChecked))
        }
        // Nobody signs these: evidence of a consent lies beside it.
        Action::Consent(_) | Action::Exclusion(_) | Action::Query(_) => {
            without_signature(Outcome::Unknown(Reason::NotSigned))
        }
    };
    verification.found([kind_of(&request)]);
    // In place of what its proofs cover, which may be a throw-away link.
    verification.contents = vec![DocumentContent::Request(Box::new(request))];
    verification
}

fn kind_of(request: &RequestSummary) -> DocumentKind {
    match &request.action {
        Action::Link(_) | Action::Links(_) => DocumentKind::Link,
        Action::Consent(_) => DocumentKind::Consent,
        Action::Exclusion(_) => DocumentKind::Exclusion,
        Action::Query(_) => DocumentKind::Query,
    }
}

fn of_link(request: &RequestSummary, proved: &ProvedLink, context: &Context<'_>) -> Verification {
    match proved.proofs.as_slice() {
        [] => without_signature(Outcome::Unknown(Reason::NoProof)),
        [ProofSummary { code, cms }] => match (code.as_str(), cms) {
            ("eidsigning", Some(cms)) => verify_signed(request, &proved.link, cms, context),
            ("eidsigning", None) => without_signature(Outcome::Failed(Reason::SignatureMissing)),
            (_, Some(_)) => without_signature(Outcome::Failed(Reason::SignatureUnexpected)),
            (code, None) if PROOF_TYPES.iter().any(|row: &ProofType| row.code == code) => {
                without_signature(Outcome::Unknown(Reason::NotSigned))
            }
            (_, None) => without_signature(Outcome::Failed(Reason::UnknownProofType)),
        },
        _ => without_signature(Outcome::Failed(Reason::SeveralProofs)),
    }
}

/// Verification of a request that can be read, and whose proof has no signature to check.
fn without_signature(outcome: Outcome) -> Verification {
    let mut verification = Verification::with(CheckName::Structure, Outcome::Passed);
    verification.purpose = Purpose::Request;
    verification.add(CheckName::Proof, outcome);
    verification
}

fn verify_signed(request: &RequestSummary, link: &LinkSummary, cms: &[u8], context: &Context<'_>) -> Verification {
    // For a signature alone, other content leaves questions open. Here it is the answer: it was signed for another purpose.
    const NOT_A_LINK: Outcome = Outcome::Failed(Reason::ContentNotALink);
    let inside = Context {
        content: None,
        ..*context
    };
    let (mut verification, signed) = cms::verify(cms, &inside);
    verification.purpose = Purpose::Request;
    if context.content.is_some() {
        // The proof carries its content: what somebody gives is asked about, and stands in for nothing.
        let (asked, _) = cms::verify(cms, context);
        if let Some(outcome @ Outcome::Failed(_)) = asked.outcome(CheckName::ContentDigest) {
            verification.replace(CheckName::ContentDigest, outcome);
        }
    }
    verification
        .checks
        // Behind the structure, where answers list it.
        .insert(1, Check::new(CheckName::Proof, Outcome::Passed));
    let not_a_link = match verification.outcome(CheckName::SubjectIsPatient) {
        Some(NOT_UTF8) => NOT_UTF8,
        _ => NOT_A_LINK,
    };
    let matches = signed
        .as_ref()
        .map_or(not_a_link, |signed| match_request(signed, request, link));
    if signed.is_none() {
        verification.replace(CheckName::SubjectIsPatient, not_a_link);
    }
    verification.add(CheckName::ProofMatchesRequest, matches);
    verification
}

/// Checks that the content names the same patient, the same parties and the same day or link as the request.
fn match_request(signed: &SignedSummary, request: &RequestSummary, link: &LinkSummary) -> Outcome {
    if signed.link.patient != link.patient {
        return Outcome::Failed(Reason::PatientDiffers);
    }
    if signed.link.parties != link.parties {
        return Outcome::Failed(Reason::PartyDiffers);
    }
    match signed.profile {
        // The type and end of a throw-away link mean nothing; it begins on the day of the request.
        ContentProfile::Connector => Outcome::when(signed.link.start == Some(request.date), Reason::DateDiffers),
        ContentProfile::Strict => Outcome::when(signed.link == *link, Reason::LinkDiffers),
    }
}

/// Notes which documents of the platform `documents` are, and judges whether the holder of the signer's certificate is
/// the patient of each; unknown if there is none. A consent can be signed by the provider who registers it, too: whether
/// that one may do so is a question to whoever knows him.
pub(super) fn judge_subject<'d>(
    verification: &mut Verification,
    signer: &Certificate,
    documents: impl IntoIterator<Item = &'d [u8]>,
) {
    let documents: Vec<_> = documents.into_iter().collect();
    let contents: Vec<_> = documents.iter().copied().filter_map(content).collect();
    let subjects: Vec<_> = contents.iter().flat_map(subjects).collect();
    verification.found(subjects.iter().map(|subject| subject.kind));
    let outcome = match documents.into_iter().any(is_falsely_utf8) {
        true => NOT_UTF8,
        false => {
            verification.hold(contents);
            check_subject(signer, subjects)
        }
    };
    verification.add(CheckName::SubjectIsPatient, outcome);
}

/// Outcome for a document whose letters are not those of the encoding it claims: two readers could take it for two
/// persons'.
const NOT_UTF8: Outcome = Outcome::Failed(Reason::ContentNotUtf8);

fn check_subject(signer: &Certificate, subjects: Vec<Subject>) -> Outcome {
    if subjects.is_empty() {
        return Outcome::Unknown(Reason::ContentNotReadable);
    }
    let Some(holder) = signer.subject_serial_number() else {
        // A seal of an organisation or a computer, over files that it packed: no person's signature, and not a wrong one.
        return Outcome::Unknown(Reason::HolderWithoutNumber);
    };
    let mut outcome = Outcome::Passed;
    for subject in subjects {
        match subject.patient {
            Some(patient) if patient == holder => {}
            _ if subject.registrars.iter().any(|one| one == holder) => {
                outcome = Outcome::Unknown(Reason::SignedByAuthor)
            }
            Some(_) => return Outcome::Failed(Reason::AnotherPerson),
            None => return Outcome::Failed(Reason::PatientWithoutNumber),
        }
    }
    outcome
}

/// Person whose signature a document is for.
struct Subject {
    kind: DocumentKind,
    /// National number of the patient.
    patient: Option<String>,
    /// National numbers of those who may sign in the patient's place.
    registrars: Vec<String>,
}

/// Reads what a document of the platform says; `None` if it is none.
fn content(document: &[u8]) -> Option<DocumentContent> {
    if let Ok(content) = summary::read_content(document) {
        return Some(DocumentContent::Signed(content));
    }
    let request = summary::read_request(document).ok()?;
    Some(DocumentContent::Request(Box::new(request)))
}

/// Returns the patients a document is about.
fn subjects(content: &DocumentContent) -> Vec<Subject> {
    let subject = |kind, patient: &PatientSummary, registrars: &[String]| Subject {
        kind,
        patient: patient.ssin().map(str::to_owned),
        registrars: registrars.to_vec(),
    };
    let request = match content {
        DocumentContent::Signed(content) => return vec![subject(DocumentKind::Link, &content.link.patient, &[])],
        DocumentContent::Request(request) => request,
    };
    let registrars = match &request.action {
        Action::Consent(_) => {
            let parties = request.author.parties.iter();
            parties.filter_map(|party| party.ssin().map(str::to_owned)).collect()
        }
        Action::Link(_) | Action::Links(_) | Action::Exclusion(_) | Action::Query(_) => Vec::new(),
    };
    let patients = request.patients().into_iter();
    patients
        .map(|patient| subject(kind_of(request), patient, &registrars))
        .collect()
}
