//! Requests judged: several links, each by its own proof, and requests that nobody signs.

use beid_pki::{Trust, TrustStore};
use beid_protocol::author::Author;
use beid_protocol::codes::Proof;
use beid_protocol::consent::{self, ConsentFields};
use beid_protocol::document::Document;
use beid_protocol::exclusion;
use beid_protocol::party::{HcParty, HcPartyFields};
use beid_protocol::patient::Patient;
use beid_protocol::request::Request;
use beid_protocol::therlink::{self, BulkLink, ContentProfile, LinkFields, LinkQuery, PreparedBulk};
use beid_protocol::verify::CheckName as Name;
use beid_protocol::verify::{Outcome, Reason, Verification, verify};

use crate::citizens::{HOLDER, PATIENT, PHYSICIAN, PKI, consultation, now};

fn request() -> Request {
    Request::new(Author::parse(&[PHYSICIAN], None).unwrap(), now(), "001").unwrap()
}

fn patient() -> Patient {
    Patient::parse(PATIENT).unwrap()
}

/// Links of these types, each with its proof; Lena signs those that are signatures.
fn bulk(profile: ContentProfile, links: &[(&'static str, &str)]) -> Document {
    let entry = |(link_type, proof): &(&'static str, &str)| BulkLink {
        patient: patient(),
        link: LinkFields {
            link_type,
            ..consultation()
        },
        proof: Proof::parse(proof).unwrap(),
        profile: profile.into(),
    };
    let bulk = PreparedBulk::new(request(), links.iter().map(entry).collect()).unwrap();
    let chain = [PKI.authority.clone(), PKI.root.clone()];
    let signatures = bulk.contents().flatten().map(|content| {
        let signer = &PKI.ec;
        let pending = content.cms(&signer.certificate, &chain, now()).unwrap();
        let signature = signer.sign(pending.digest());
        pending.finish(signature).unwrap()
    });
    let signatures = signatures.collect();
    bulk.with_proofs(signatures).unwrap()
}

fn judge(xml: &str) -> Verification {
    verify(xml.as_bytes(), &PKI.roots(), now())
}

fn trusts(verification: &Verification) -> Vec<Trust> {
    verification.links().iter().map(Verification::trust).collect()
}

const SIGNED: &str = "eidsigning";
const READ: &str = "eidreading";

#[test]
fn several_links_are_worth_what_their_proofs_are() {
    for profile in [ContentProfile::Connector, ContentProfile::Strict] {
        let document = bulk(profile, &[("gpconsultation", SIGNED), ("gmd", SIGNED)]);
        let verification = judge(document.xml());
        assert_eq!(verification.trust(), Trust::Test, "{verification:?}");
        assert_eq!(trusts(&verification), [Trust::Test, Trust::Test]);
        assert_eq!(verification.profile(), Some(profile));
        for link in verification.links() {
            assert_eq!(link.outcome(Name::ProofMatchesRequest), Some(Outcome::Passed));
        }
        let unknown_root = verify(document.xml().as_bytes(), &TrustStore::belgian(), now());
        assert_eq!(unknown_root.trust(), Trust::None);
        assert_eq!(
            unknown_root.outcome(Name::Chain),
            Some(Outcome::Unknown(Reason::RootNotTrusted))
        );
    }
}

#[test]
fn a_link_that_nobody_signed_takes_the_worth_of_the_whole() {
    for links in [
        [("gpconsultation", SIGNED), ("gmd", READ)],
        [("gmd", READ), ("gpconsultation", SIGNED)],
    ] {
        let verification = judge(bulk(ContentProfile::Strict, &links).xml());
        assert_eq!(
            verification.outcome(Name::Proof),
            Some(Outcome::Unknown(Reason::NotSigned)),
            "{verification:?}"
        );
        assert_eq!(verification.outcome(Name::Signature), Some(Outcome::Passed));
        assert_eq!(verification.trust(), Trust::None);
        let signed = links.map(|(_, proof)| if proof == SIGNED { Trust::Test } else { Trust::None });
        assert_eq!(trusts(&verification), signed);
    }
}

#[test]
fn one_link_that_fails_is_found_among_others() {
    let document = bulk(ContentProfile::Strict, &[("gpconsultation", SIGNED), ("gmd", SIGNED)]);
    let changed = document.xml().replace(">gmd<", ">hospitalisation<");
    assert_ne!(changed, document.xml());
    let verification = judge(&changed);
    let differs = Some(Outcome::Failed(Reason::LinkDiffers));
    assert_eq!(verification.outcome(Name::ProofMatchesRequest), differs);
    assert_eq!(verification.trust(), Trust::None);
    assert_eq!(trusts(&verification), [Trust::Test, Trust::None]);
    assert_eq!(verification.links()[1].outcome(Name::ProofMatchesRequest), differs);
}

#[test]
fn proofs_that_change_places_fail_both() {
    let document = bulk(ContentProfile::Strict, &[("gpconsultation", SIGNED), ("gmd", SIGNED)]);
    let proofs: Vec<_> = document
        .xml()
        .match_indices("<proof>")
        .map(|(start, _)| {
            let length = document.xml()[start..].find("</proof>").unwrap();
            &document.xml()[start..start + length]
        })
        .collect();
    let [first, second] = proofs.as_slice() else {
        panic!("{} proofs", proofs.len())
    };
    let swapped = document
        .xml()
        .replace(first, "\0")
        .replace(second, first)
        .replace('\0', second);
    assert_eq!(trusts(&judge(&swapped)), [Trust::None, Trust::None]);
}

#[test]
fn requests_that_nobody_signs_say_so_and_prove_nothing() {
    let provider = HcParty::parse(PHYSICIAN).unwrap();
    let fields = ConsentFields::default();
    let query = LinkQuery {
        patient: Some(patient()),
        parties: vec![provider.clone()],
        types: &[],
        begin: None,
        end: None,
        status: None,
        max_rows: None,
        proof: None,
    };
    let excluded = HcParty::parse(HOLDER).unwrap();
    let software = HcPartyFields {
        application_id: Some("4711"),
        party_type: "application",
        name: Some("Proefpakket"),
        ..HcPartyFields::default()
    };
    let by_lena = Request::new(Author::parse(&[software], Some(patient())).unwrap(), now(), "001").unwrap();
    for document in [
        consent::put(&request(), &patient(), fields).unwrap(),
        consent::status(&request(), &patient(), None).unwrap(),
        exclusion::put(&by_lena, &patient(), &excluded).unwrap(),
        therlink::get(&request(), query).unwrap(),
        bulk(ContentProfile::Connector, &[("gmd", READ), ("gpconsultation", READ)]),
    ] {
        let verification = judge(document.xml());
        assert_eq!(verification.outcome(Name::Structure), Some(Outcome::Passed));
        assert_eq!(
            verification.outcome(Name::Proof),
            Some(Outcome::Unknown(Reason::NotSigned)),
            "{verification:?}"
        );
        assert_eq!(verification.checks().len(), 2);
        assert_eq!((verification.trust(), verification.is_signed()), (Trust::None, false));
    }
}

/// The first proof of a document.
fn proof_of(xml: &str) -> &str {
    let start = xml.find("<proof>").unwrap();
    let end = xml.find("</proof>").unwrap() + "</proof>".len();
    &xml[start..end]
}

#[test]
fn a_proof_is_judged_by_its_code_and_by_being_there() {
    let unsigned = bulk(ContentProfile::Strict, &[("gpconsultation", READ)]);
    let unsigned = unsigned.xml();
    for (changed, expected) in [
        (unsigned.to_owned(), Outcome::Unknown(Reason::NotSigned)),
        (
            unsigned.replace(proof_of(unsigned), ""),
            Outcome::Unknown(Reason::NoProof),
        ),
        (
            unsigned.replace(">eidreading<", ">eidwaving<"),
            Outcome::Failed(Reason::UnknownProofType),
        ),
        (
            unsigned.replace(">eidreading<", ">eidsigning<"),
            Outcome::Failed(Reason::SignatureMissing),
        ),
    ] {
        let verification = judge(&changed);
        assert_eq!(verification.outcome(Name::Proof), Some(expected), "{changed}");
        assert_eq!(verification.trust(), Trust::None);
    }
}

#[test]
fn a_signature_in_a_question_is_not_judged() {
    let Proof::Plain(proof) = Proof::parse(READ).unwrap() else {
        panic!("{READ} is signed")
    };
    let query = LinkQuery {
        patient: Some(patient()),
        parties: vec![HcParty::parse(PHYSICIAN).unwrap()],
        types: &[],
        begin: None,
        end: None,
        status: None,
        max_rows: None,
        proof: Some(proof),
    };
    let question = therlink::get(&request(), query).unwrap();
    let outcome = |xml: &str| judge(xml).outcome(Name::Proof);
    assert_eq!(outcome(question.xml()), Some(Outcome::Unknown(Reason::NotSigned)));
    let signed = bulk(ContentProfile::Strict, &[("gpconsultation", SIGNED)]);
    let changed = question.xml().replace(proof_of(question.xml()), proof_of(signed.xml()));
    assert_eq!(outcome(&changed), Some(Outcome::Unknown(Reason::NotChecked)));
}
