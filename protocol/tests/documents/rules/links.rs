//! Therapeutic links: proofs, parties, dialects, several at once, and questions.

use beid_protocol::ProtocolError;
use beid_protocol::codes::{LinkStatus, Proof, Situation};
use beid_protocol::consent;
use beid_protocol::dialect::Dialect;
use beid_protocol::document::Document;
use beid_protocol::error::WarningKind;
use beid_protocol::operation::PlatformOperation;
use beid_protocol::party::{HcParty, HcPartyFields};
use beid_protocol::request::Request;
use beid_protocol::summary;
use beid_protocol::therlink::{
    self, BulkLink, ContentProfile, LinkFields, LinkQuery, PreparedBulk, TherapeuticLinkChange,
};
use beid_protocol::verify::{CheckName, Outcome, verify};
use jiff::civil::date;

use super::{ADULT, PROGRAM, by_citizen, check, party, patient, request, warnings};
use crate::citizens::{CHILD, HOLDER, PATIENT, PHARMACY, PHYSICIAN, PKI, consultation, now};

fn put_link(parties: &[HcPartyFields<'_>], fields: LinkFields<'_>, proof: &str) -> Result<Document, ProtocolError> {
    let change = TherapeuticLinkChange::put(request(parties), patient(PATIENT), fields)?;
    match Proof::parse(proof)? {
        Proof::Plain(plain) => change.with_plain_proof(plain),
        Proof::EidSigning => {
            let prepared = change.prepare(ContentProfile::Connector)?;
            let cms = PKI.cms(&prepared, &PKI.ec);
            prepared.with_proof(cms)
        }
    }
}

#[test]
fn a_typed_number_needs_a_reason_and_holds_less_long() {
    let mute = LinkFields {
        proof_reason: None,
        ..consultation()
    };
    let needed = "proofReason: must say why no card was read, when its number is typed";
    check::<0>(put_link(&[PHYSICIAN], mute, "eidencoding_techproblem"), Err(needed));
    let typed = ["proof card-not-read", "endDate longer-than-proof"];
    check(
        put_link(&[PHYSICIAN], consultation(), "eidencoding_techproblem"),
        Ok(typed),
    );
    let occasional = LinkFields {
        situation: Some(Situation::Occasional),
        ..consultation()
    };
    let document = put_link(&[PHYSICIAN], occasional, "eidencoding_housecall").unwrap();
    assert_eq!(warnings(&document), ["proof card-not-read"]);
    assert_eq!(
        document.links()[0].proof_reason.as_deref(),
        Some("kaart thuis vergeten")
    );
    assert!(!document.xml().contains("vergeten"), "kept beside the document");
    let delivery = LinkFields {
        link_type: "pharmacydelivery",
        ..consultation()
    };
    check(
        put_link(&[PHARMACY, HOLDER], delivery, "eidencoding_nocard"),
        Ok(["proof card-not-read"]),
    );
    check(put_link(&[PHYSICIAN], consultation(), "eidreading"), Ok([]));
}

#[test]
fn a_program_that_is_named_first_is_not_the_provider() {
    let document = put_link(&[PROGRAM, PHYSICIAN], consultation(), "eidreading").unwrap();
    let link = &summary::read_request(document.xml().as_bytes())
        .unwrap()
        .link()
        .unwrap()
        .link
        .clone();
    assert_eq!(link.parties[0].nihii(), PHYSICIAN.nihii);
    let post = HcPartyFields {
        nihii: Some("29999031"),
        ssin: None,
        party_type: "guardpost",
        ..PHYSICIAN
    };
    let own = LinkFields {
        party: Some(HcParty::parse(PHYSICIAN).unwrap()),
        ..consultation()
    };
    let document = put_link(&[PROGRAM, post, PHYSICIAN], own, "eidreading").unwrap();
    assert_eq!(
        document.period().unwrap().end(),
        Some(date(2026, 12, 20)),
        "a guard post's"
    );
}

#[test]
fn proofs_that_cannot_be_had_are_refused() {
    let sis = "proof: SIS cards no longer exist";
    check::<0>(put_link(&[PHYSICIAN], consultation(), "sisreading"), Err(sis));
    let isi = "proof: needs the number of the patient's ISI+ card";
    check::<0>(put_link(&[PHYSICIAN], consultation(), "isireading"), Err(isi));
    let cardless = TherapeuticLinkChange::put(request(&[PHYSICIAN]), patient(CHILD), consultation()).unwrap();
    let needed = "proof: needs the number of the patient's eID";
    assert_eq!(
        cardless.prepare(ContentProfile::Strict).unwrap_err().to_string(),
        needed
    );
}

#[test]
fn who_may_have_which_link_is_told() {
    let referral = LinkFields {
        link_type: "specialistreferral",
        party: Some(party("persnurse")),
        ..consultation()
    };
    let same = ["hcParty unusual-party", "proof stronger-proof-expected"];
    check(put_link(&[PHYSICIAN], referral.clone(), "eidreading"), Ok(same));
    let colleague = HcPartyFields {
        nihii: Some("19999816004"),
        ssin: Some("85061599888"),
        ..PHYSICIAN
    };
    let introduced = LinkFields {
        party: Some(HcParty::parse(colleague).unwrap()),
        ..referral
    };
    check(put_link(&[PHYSICIAN], introduced.clone(), "eidsigning"), Ok([]));
    let own = LinkFields {
        link_type: "consultation",
        ..introduced
    };
    check(put_link(&[PHYSICIAN], own, "eidreading"), Ok(["hcParty unusual-party"]));
    let hospital = HcPartyFields {
        party_type: "orghospital",
        ..PHARMACY
    };
    let stay = LinkFields {
        link_type: "hospitalstay",
        ..consultation()
    };
    check(
        put_link(&[hospital, PHYSICIAN], stay, "eidreading"),
        Ok(["author author-not-listed"]),
    );
    let managed = LinkFields {
        link_type: "patientmanagement",
        ..consultation()
    };
    check(
        put_link(&[PHYSICIAN], managed, "eidreading"),
        Ok(["type author-not-listed"]),
    );
}

#[test]
fn a_citizen_names_the_provider_and_brings_no_proof() {
    let managed = LinkFields {
        link_type: "patientmanagement",
        ..LinkFields::default()
    };
    let put = |fields| TherapeuticLinkChange::put(by_citizen(ADULT), patient(ADULT), fields);
    let needed = "hcParty: is needed when a citizen asks";
    assert_eq!(put(managed.clone()).unwrap_err().to_string(), needed);
    let named = LinkFields {
        party: Some(party("persphysician")),
        ..managed
    };
    check(put(named).unwrap().without_proof(), Ok([]));
}

#[test]
fn hubs_get_the_numbers_and_no_proof() {
    let hub = || request(&[PHYSICIAN]).in_dialect(Dialect::Hub).unwrap();
    let put = |fields| TherapeuticLinkChange::put(hub(), patient(PATIENT), fields).unwrap();
    let Proof::Plain(read) = Proof::parse("eidreading").unwrap() else {
        panic!("eidreading is a bare code")
    };
    let document = put(consultation()).with_plain_proof(read).unwrap();
    assert_eq!(document.proof().code(), Some("eidreading"));
    assert!(!document.xml().contains("proof") && !document.xml().contains("HAEN"));
    assert!(document.xml().contains("EID-CARDNO"));
    let signature = "dialect: has no place for a signature, only national has";
    assert_eq!(
        put(consultation())
            .prepare(ContentProfile::Strict)
            .unwrap_err()
            .to_string(),
        signature
    );
    check(put(consultation()).without_proof(), Ok([]));
    let lacking = "dialect: has no such operation, only national has";
    check::<0>(therlink::has(&hub(), &patient(PATIENT), None, &[]), Err(lacking));
    check::<0>(consent::status(&hub(), &patient(PATIENT), None), Err(lacking));
    let status = LinkQuery {
        patient: Some(patient(PATIENT)),
        status: Some(LinkStatus::All),
        ..LinkQuery::default()
    };
    let refused = "dialect: has no status of links, only national has";
    check::<0>(therlink::get(&hub(), status), Err(refused));
    let two = LinkQuery {
        parties: vec![party("persnurse"), party("persphysician")],
        ..LinkQuery::default()
    };
    check::<0>(
        therlink::get(&hub(), two.clone()),
        Err("dialect: asks for one provider at a time"),
    );
    check(therlink::get(&request(&[PHYSICIAN]), two), Ok([]));
    let citizen = by_citizen(ADULT).in_dialect(Dialect::Hub).unwrap_err();
    assert_eq!(
        citizen.to_string(),
        "dialect: cannot be used by citizens, only national can"
    );
}

#[test]
fn the_glass_is_broken_in_ten_to_two_hundred_characters_and_only_in_a_hub() {
    let hub = || request(&[PHYSICIAN]).in_dialect(Dialect::Hub).unwrap();
    for length in [10, 200] {
        assert!(hub().breaking_the_glass(&"é".repeat(length)).is_ok(), "{length}");
    }
    let refused = |request: Request, reason: &str| request.breaking_the_glass(reason).unwrap_err().to_string();
    assert_eq!(
        refused(hub(), "te kort!!"),
        "breakTheGlass: must have at least 10 characters"
    );
    assert_eq!(
        refused(hub(), &"x".repeat(201)),
        "breakTheGlass: must have at most 200 characters"
    );
    let national = refused(request(&[PHYSICIAN]), "bewusteloos binnengebracht");
    assert_eq!(national, "breakTheGlass: goes with the dialect hub only");
}

#[test]
fn a_query_names_somebody_and_a_number_of_rows() {
    let get = |query| therlink::get(&request(&[PHYSICIAN]), query);
    let of_patient = || LinkQuery {
        patient: Some(patient(PATIENT)),
        ..LinkQuery::default()
    };
    check::<0>(get(LinkQuery::default()), Err("patient: patient or hcParty is needed"));
    for rows in [0, 1001] {
        let query = LinkQuery {
            max_rows: Some(rows),
            ..of_patient()
        };
        check::<0>(get(query), Err("maxRows: must be 1 to 1000"));
    }
    check(get(of_patient()), Ok([]));
}

#[test]
fn what_is_revoked_may_be_old_but_not_to_come() {
    let revoke = |fields| TherapeuticLinkChange::revoke(request(&[PHYSICIAN]), patient(PATIENT), fields);
    let day = |start_date| LinkFields {
        start_date: Some(start_date),
        ..consultation()
    };
    let period = revoke(day(date(2012, 1, 1))).unwrap().period();
    assert_eq!((period.start(), period.end()), (date(2012, 1, 1), None));
    assert_eq!(revoke(consultation()).unwrap().period().start(), date(2026, 11, 20));
    let future = revoke(day(date(2026, 11, 21))).unwrap_err();
    assert_eq!(future.to_string(), "startDate: a link that is registered has started");
    let situation = LinkFields {
        situation: Some(Situation::Emergency),
        ..consultation()
    };
    assert_eq!(
        revoke(situation).unwrap_err().to_string(),
        "situation: goes with put only"
    );
}

fn bulk_link(link_type: &'static str, proof: &str) -> BulkLink<'static> {
    BulkLink {
        patient: patient(PATIENT),
        link: LinkFields {
            link_type,
            ..consultation()
        },
        proof: Proof::parse(proof).unwrap(),
        profile: ContentProfile::Strict.into(),
    }
}

#[test]
fn each_link_of_several_has_a_signature_of_its_own() {
    let links = vec![
        bulk_link("gpconsultation", "eidsigning"),
        bulk_link("gmd", "eidsigning"),
    ];
    let bulk = PreparedBulk::new(request(&[PHYSICIAN]), links).unwrap();
    assert_eq!(bulk.request_summary().unwrap().patients().len(), 2);
    let sign = |content: &therlink::SignedContent| {
        let pending = content.cms(&PKI.ec.certificate, &[], now()).unwrap();
        let raw = PKI.ec.sign(pending.digest());
        pending.finish(raw).unwrap()
    };
    let signed: Vec<_> = bulk.contents().flatten().map(sign).collect();
    let [one, other] = signed.as_slice() else {
        panic!("two signatures")
    };
    assert_ne!(one.content(), other.content());
    for wrong in [
        vec![one.clone()],
        vec![other.clone(), one.clone()],
        vec![one.clone(), one.clone()],
        vec![one.clone(), other.clone(), one.clone()],
    ] {
        let refused = bulk.clone().with_proofs(wrong).unwrap_err();
        assert!(matches!(refused, ProtocolError::Internal { .. }), "{refused}");
    }
    let document = bulk.with_proofs(signed.clone()).unwrap();
    let ids: Vec<_> = document
        .links()
        .iter()
        .map(|link| link.id.as_deref().unwrap())
        .collect();
    assert_eq!(
        ids,
        ["10012378004.20261120100200001-1", "10012378004.20261120100200001-2"]
    );
}

#[test]
fn several_links_are_all_different_and_the_one_at_fault_is_named() {
    let refused = |links| PreparedBulk::new(request(&[PHYSICIAN]), links).unwrap_err().to_string();
    assert_eq!(refused(vec![]), "links: must be 1 to 100");
    assert_eq!(
        refused(vec![bulk_link("gmd", "eidreading"); 101]),
        "links: must be 1 to 100"
    );
    let twice = vec![bulk_link("gmd", "eidreading"), bulk_link("gmd", "eidsigning")];
    assert_eq!(refused(twice), "links[1]: is there already");
    let wrong = vec![bulk_link("gmd", "eidreading"), bulk_link("gnd", "eidreading")];
    assert_eq!(refused(wrong), "links[1].type: unknown code, did you mean gmd?");
    let proof = vec![bulk_link("gmd", "isireading")];
    assert_eq!(refused(proof), "proof: needs the number of the patient's ISI+ card");
}

#[test]
fn ending_a_link_without_the_dates_it_was_registered_with_is_warned_about() {
    let (first, after) = (Some(date(2026, 1, 5)), Some(date(2027, 4, 5)));
    for (link_type, start_date, end_date, expected) in [
        ("gpconsultation", first, after, &[][..]),
        ("gpconsultation", None, None, &["startDate", "endDate"]),
        ("gpconsultation", first, None, &["endDate"]),
        ("gpconsultation", None, after, &["startDate"]),
        // Nothing is usual for it: such a link may have been registered without an end.
        ("carepath", first, None, &[]),
    ] {
        let fields = LinkFields {
            link_type,
            start_date,
            end_date,
            ..consultation()
        };
        let change = TherapeuticLinkChange::revoke(request(&[PHYSICIAN]), patient(PATIENT), fields).unwrap();
        let missing = change
            .warnings()
            .iter()
            .filter(|one| one.kind == WarningKind::DatesNotGiven);
        let missing: Vec<_> = missing.map(|one| one.field.as_str()).collect();
        assert_eq!(missing, expected, "{link_type} {start_date:?} {end_date:?}");
    }
    assert_eq!(WarningKind::DatesNotGiven.code(), "dates-not-given");
    let put = TherapeuticLinkChange::put(request(&[PHYSICIAN]), patient(PATIENT), consultation()).unwrap();
    assert!(put.warnings().iter().all(|one| one.kind != WarningKind::DatesNotGiven));
}

#[test]
fn warnings_of_several_links_say_which() {
    let links = vec![
        bulk_link("gmd", "eidreading"),
        bulk_link("gpconsultation", "eidencoding_nocard"),
    ];
    let bulk = PreparedBulk::new(request(&[PHYSICIAN]), links).unwrap();
    let found: Vec<_> = bulk
        .warnings()
        .iter()
        .map(|one| (one.field.as_str(), one.kind))
        .collect();
    let expected = [
        ("links[1].proof", WarningKind::CardNotRead),
        ("links[1].endDate", WarningKind::LongerThanProof),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_signed_end_of_a_link_is_read_shown_and_verified() {
    for profile in [ContentProfile::Connector, ContentProfile::Strict] {
        let ended = LinkFields {
            start_date: Some(date(2026, 2, 28)),
            comment: Some("verhuisd"),
            ..consultation()
        };
        let change = TherapeuticLinkChange::revoke(request(&[PHYSICIAN]), patient(PATIENT), ended).unwrap();
        let prepared = change.prepare(profile).unwrap();
        let shown = prepared.request_summary().unwrap();
        assert_eq!(shown.operation, PlatformOperation::RevokeLink);
        assert_eq!(shown.link().unwrap().link.start, Some(date(2026, 2, 28)));
        let cms = PKI.cms(&prepared, &PKI.ec);
        let document = prepared.with_proof(cms).unwrap();
        let verification = verify(document.xml().as_bytes(), &PKI.roots(), now());
        for name in [
            CheckName::Signature,
            CheckName::SubjectIsPatient,
            CheckName::ProofMatchesRequest,
        ] {
            assert_eq!(
                verification.outcome(name),
                Some(Outcome::Passed),
                "{profile:?} {name:?}"
            );
        }
    }
}
