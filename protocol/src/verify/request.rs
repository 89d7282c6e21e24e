//! Is a request's proof its patient's, and about this very link?

use beid_pki::Certificate;

use super::{Check, CheckName, Context, Kind, Outcome, Verification, cms};
use crate::codes::{PROOF_TYPES, ProofType};
use crate::summary::{self, LinkSummary, ProofSummary, RequestSummary, SignedSummary};
use crate::therlink::Profile;

/// The checks on a request and on its proof.
pub(super) fn verify(xml: &[u8], context: &Context<'_>) -> Verification {
    let Ok(request) = summary::of_request(xml) else {
        return Verification::of(CheckName::Structure, Outcome::Failed("not-a-therapeutic-link-request"));
    };
    let unsigned = |outcome| {
        let mut verification = Verification::of(CheckName::Structure, Outcome::Passed);
        verification.add(CheckName::Proof, outcome);
        verification
    };
    let Some(proved) = request.link() else {
        return Verification::of(CheckName::Structure, Outcome::Failed("not-a-therapeutic-link-request"));
    };
    match proved.proofs.as_slice() {
        [] => unsigned(Outcome::Unknown("no-proof")),
        [ProofSummary { code, cms }] => match (code.as_str(), cms) {
            ("eidsigning", Some(cms)) => verify_signed(&request, &proved.link, cms, context),
            ("eidsigning", None) => unsigned(Outcome::Failed("signature-missing")),
            (_, Some(_)) => unsigned(Outcome::Failed("signature-unexpected")),
            (code, None) if PROOF_TYPES.iter().any(|row: &ProofType| row.code == code) => {
                unsigned(Outcome::Unknown("not-signed"))
            }
            (_, None) => unsigned(Outcome::Failed("unknown-proof-type")),
        },
        _ => unsigned(Outcome::Failed("several-proofs")),
    }
}

fn verify_signed(request: &RequestSummary, link: &LinkSummary, cms: &[u8], context: &Context<'_>) -> Verification {
    // For a signature alone, other content leaves questions open. Here it is the answer: it was signed for another purpose.
    const NOT_A_LINK: Outcome = Outcome::Failed("content-not-a-link");
    let context = Context {
        content: None,
        ..*context
    };
    let (mut verification, signed) = cms::verify(cms, &context);
    verification.kind = Kind::Request;
    verification.checks.insert(
        1,
        Check {
            name: CheckName::Proof,
            outcome: Outcome::Passed,
        },
    );
    let matches = signed
        .as_ref()
        .map_or(NOT_A_LINK, |signed| match_request(signed, request, link));
    if signed.is_none() {
        verification.replace(CheckName::SubjectIsPatient, NOT_A_LINK);
    }
    verification.add(CheckName::ProofMatchesRequest, matches);
    verification
}

/// Whether the content speaks of the same patient, the same parties and the same day or link as the request.
fn match_request(signed: &SignedSummary, request: &RequestSummary, link: &LinkSummary) -> Outcome {
    if signed.link.patient != link.patient {
        return Outcome::Failed("patient-differs");
    }
    if signed.link.parties != link.parties {
        return Outcome::Failed("party-differs");
    }
    match signed.profile {
        Profile::Connector => Outcome::when(signed.link.start == Some(request.date), "date-differs"),
        Profile::Strict => Outcome::when(signed.link == *link, "link-differs"),
    }
}

/// Whether the holder of the signer's certificate is the patient of every request and link among `documents`; unknown
/// if there is none.
pub(super) fn check_subject<'d>(signer: &Certificate, documents: impl IntoIterator<Item = &'d [u8]>) -> Outcome {
    let mut patients = documents.into_iter().flat_map(patients).peekable();
    if patients.peek().is_none() {
        return Outcome::Unknown("content-not-readable");
    }
    let Some(holder) = signer.subject_serial_number() else {
        return Outcome::Failed("holder-without-number");
    };
    let refused = patients.find_map(|patient| match patient {
        Some(patient) if patient == holder => None,
        Some(_) => Some("another-person"),
        None => Some("patient-without-number"),
    });
    refused.map_or(Outcome::Passed, Outcome::Failed)
}

/// The national numbers of the patients that a document is about.
fn patients(document: &[u8]) -> Vec<Option<String>> {
    if let Ok(content) = summary::of_content(document) {
        return vec![content.link.patient.ssin().map(str::to_owned)];
    }
    let request = summary::of_request(document);
    request.map_or_else(
        |_| Vec::new(),
        |request| {
            let patients = request.patients().into_iter();
            patients.map(|patient| patient.ssin().map(str::to_owned)).collect()
        },
    )
}
