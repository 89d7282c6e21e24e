//! What the rules refuse, and what they only warn of.

use beid_protocol::ProtocolError;
use beid_protocol::author::Author;
use beid_protocol::codes::Proof;
use beid_protocol::consent::{self, ConsentFields};
use beid_protocol::dialect::Dialect;
use beid_protocol::document::Document;
use beid_protocol::error::WarningKind;
use beid_protocol::exclusion;
use beid_protocol::party::{HcParty, HcPartyFields};
use beid_protocol::patient::{Patient, PatientFields};
use beid_protocol::representative::{Representative, RepresentativeFields};
use beid_protocol::request::Request;
use beid_protocol::therlink::{self, BulkLink, LinkFields, LinkQuery, PreparedBulk, Profile, TherapeuticLinkChange};
use jiff::civil::{Date, date};

use crate::citizens::{CHILD, HOLDER, PATIENT, PHARMACY, PHYSICIAN, PKI, consultation, now};

/// Born on 21 August 1998.
const ADULT: PatientFields<'static> = PatientFields {
    national_number: "98082100029",
    ..PATIENT
};

const PROGRAM: HcPartyFields<'static> = HcPartyFields {
    nihii: None,
    ssin: None,
    application_id: Some("4711"),
    party_type: "application",
    name: Some("Proefpakket"),
    first_name: None,
    family_name: None,
    ..PHYSICIAN
};

fn request(parties: &[HcPartyFields<'_>]) -> Request {
    Request::new(Author::parse(parties, None).unwrap(), now(), "001").unwrap()
}

fn by_citizen(citizen: PatientFields<'_>) -> Request {
    let citizen = Patient::parse(citizen).unwrap();
    Request::new(Author::parse(&[PROGRAM], Some(citizen)).unwrap(), now(), "001").unwrap()
}

fn acting(ssin: Option<&str>, capacity: &str) -> Representative {
    let fields = RepresentativeFields {
        ssin,
        first_name: "Ward",
        family_name: "VOORBEELD",
        capacity,
    };
    Representative::parse(fields).unwrap()
}

fn patient(fields: PatientFields<'_>) -> Patient {
    Patient::parse(fields).unwrap()
}

fn party(party_type: &str) -> HcParty {
    HcParty::parse(HcPartyFields {
        party_type,
        ..PHYSICIAN
    })
    .unwrap()
}

/// The warnings, as `field code`.
fn warnings(document: &Document) -> Vec<String> {
    let warnings = document.warnings().iter();
    warnings
        .map(|one| format!("{} {}", one.field, one.kind.code()))
        .collect()
}

#[track_caller]
fn check<const N: usize>(found: Result<Document, ProtocolError>, expected: Result<[&str; N], &str>) {
    match (found, expected) {
        (Ok(document), Ok(expected)) => assert_eq!(warnings(&document), expected),
        (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected),
        (found, expected) => panic!("{:?}, {expected:?}", found.map(|document| warnings(&document))),
    }
}

fn born(birth_date: Date) -> ConsentFields<'static> {
    ConsentFields {
        birth_date: Some(birth_date),
        ..ConsentFields::default()
    }
}

#[test]
fn a_consent_of_a_child_needs_who_acts_for_it() {
    let (child, fields) = (patient(PATIENT), born(date(2010, 11, 21)));
    let by_physician = request(&[PHYSICIAN]);
    let needed = "representative: is needed for a patient under sixteen";
    check::<0>(consent::put(&by_physician, &child, fields), Err(needed));
    check::<0>(consent::revoke(&by_physician, &child, fields), Err(needed));
    let by_parent = by_physician
        .clone()
        .represented_by(acting(Some("82000000073"), "parent"));
    check(consent::put(&by_parent, &child, fields), Ok([]));
    // One day older.
    let fields = born(date(2010, 11, 20));
    check(consent::put(&by_physician, &child, fields), Ok([]));
    let refused = "representative.capacity: cannot be parent: from sixteen on patients decide for themselves";
    check::<0>(consent::put(&by_parent, &child, fields), Err(refused));
}

#[test]
fn sixteen_years_are_counted_in_belgium() {
    let child = patient(PATIENT);
    for (now, old_enough) in [("2026-11-19T22:59:59Z", false), ("2026-11-19T23:00:00Z", true)] {
        let author = Author::parse(&[PHYSICIAN], None).unwrap();
        let request = Request::new(author, now.parse().unwrap(), "001").unwrap();
        let found = consent::put(&request, &child, born(date(2010, 11, 20)));
        assert_eq!(found.is_ok(), old_enough, "{now}");
    }
}

#[test]
fn the_national_number_tells_the_age_where_no_card_does() {
    let physician = request(&[PHYSICIAN]);
    check(
        consent::put(&physician, &patient(ADULT), ConsentFields::default()),
        Ok([]),
    );
    let unknown = consent::put(&physician, &patient(PATIENT), ConsentFields::default());
    check(unknown, Ok(["patient birth-date-unknown"]));
}

#[test]
fn a_representative_without_a_place_is_kept_beside_the_document() {
    for (dialect, ssin, written) in [
        (Dialect::National, Some("82000000073"), true),
        (Dialect::National, None, false),
        (Dialect::Hub, Some("82000000073"), false),
    ] {
        let request = request(&[PHYSICIAN]).in_dialect(dialect).unwrap();
        let request = request.represented_by(acting(ssin, "administrator"));
        let document = consent::put(&request, &patient(ADULT), ConsentFields::default()).unwrap();
        assert_eq!(document.xml().matches("<person>").count(), if written { 2 } else { 0 });
        let kept = document.representative().map(|one| one.capacity().code());
        assert_eq!(kept, Some("administrator"));
        let expected: &[&str] = if written {
            &[]
        } else {
            &["representative not-in-document"]
        };
        assert_eq!(warnings(&document), expected);
    }
}

#[test]
fn a_citizen_acts_for_himself_or_says_for_whom() {
    let fields = ConsentFields::default();
    check(consent::put(&by_citizen(ADULT), &patient(ADULT), fields), Ok([]));
    let another = by_citizen(ADULT);
    let needed = "representative: is needed when a citizen acts for another";
    check::<0>(consent::put(&another, &patient(CHILD), fields), Err(needed));
    let right = another.clone().represented_by(acting(Some("98082100029"), "mandatary"));
    let expected = [
        "patient.isiCardNumber unchecked",
        "patient birth-date-unknown",
        "patient.isiCardNumber isi-card-doubtful",
    ];
    check(consent::put(&right, &patient(CHILD), fields), Ok(expected));
    let wrong = another.represented_by(acting(Some("82000000073"), "mandatary"));
    let mismatch = "representative.ssin: belongs to another person than the patient";
    check::<0>(consent::put(&wrong, &patient(CHILD), fields), Err(mismatch));
}

#[test]
fn a_provider_gives_the_number_of_the_card_unless_the_child_is_newborn() {
    let cardless = patient(PatientFields {
        card_number: None,
        ..PATIENT
    });
    let parent = || acting(Some("82000000073"), "parent");
    let by_physician = request(&[PHYSICIAN]).represented_by(parent());
    check(consent::put(&by_physician, &cardless, born(date(2026, 8, 20))), Ok([]));
    let missing = ["patient.cardNumber card-number-missing"];
    check(
        consent::put(&by_physician, &cardless, born(date(2026, 8, 19))),
        Ok(missing),
    );
    check(
        consent::revoke(&by_physician, &cardless, born(date(2026, 8, 19))),
        Ok([]),
    );
    let mutuality = HcPartyFields {
        cbe: Some("0123456749"),
        application_id: None,
        party_type: "orginsurance",
        ..PROGRAM
    };
    let by_mutuality = request(&[mutuality, PHYSICIAN]).represented_by(parent());
    check(consent::put(&by_mutuality, &cardless, born(date(2020, 8, 19))), Ok([]));
}

#[test]
fn what_is_unusual_in_a_consent_is_told() {
    let prospective = ConsentFields {
        consent_type: Some("prospective"),
        ..ConsentFields::default()
    };
    check(
        consent::put(&request(&[PHYSICIAN]), &patient(ADULT), prospective),
        Ok(["type type-not-in-use"]),
    );
    let physiotherapist = HcPartyFields {
        party_type: "persphysiotherapist",
        ..PHYSICIAN
    };
    let found = consent::put(&request(&[physiotherapist]), &patient(ADULT), ConsentFields::default());
    check(found, Ok(["author author-not-listed"]));
    let misspelt = ConsentFields {
        consent_type: Some("retrospectief"),
        ..ConsentFields::default()
    };
    let expected = "type: unknown code, did you mean retrospective?";
    check::<0>(
        consent::put(&request(&[PHYSICIAN]), &patient(ADULT), misspelt),
        Err(expected),
    );
}

#[test]
fn the_days_of_a_consent_follow_each_other() {
    let (by, adult) = (request(&[PHYSICIAN]), patient(ADULT));
    let days = |sign_date, revoke_date| ConsentFields {
        sign_date,
        revoke_date,
        ..ConsentFields::default()
    };
    let (yesterday, today, tomorrow) = (date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 21));
    let future = "signDate: a consent cannot be signed in the future";
    check::<0>(consent::put(&by, &adult, days(Some(tomorrow), None)), Err(future));
    check::<0>(consent::revoke(&by, &adult, days(Some(tomorrow), None)), Err(future));
    let with_put = "revokeDate: goes with revoke only";
    check::<0>(consent::put(&by, &adult, days(None, Some(today))), Err(with_put));
    let later = "revokeDate: a consent cannot be withdrawn in the future";
    check::<0>(consent::revoke(&by, &adult, days(None, Some(tomorrow))), Err(later));
    let before = "revokeDate: a consent cannot be withdrawn before it was signed";
    check::<0>(
        consent::revoke(&by, &adult, days(Some(today), Some(yesterday))),
        Err(before),
    );
    check(consent::revoke(&by, &adult, days(Some(today), Some(today))), Ok([]));
    // Unknown is not today.
    let unknown = consent::revoke(&by, &adult, days(None, None)).unwrap();
    assert!(!unknown.xml().contains("signdate") && unknown.xml().contains("<revokedate>2026-11-20<"));
}

#[test]
fn exclusions_are_for_citizens_and_of_people_and_organisations() {
    let (by, adult) = (by_citizen(ADULT), patient(ADULT));
    let physician = party("persphysician");
    check(exclusion::put(&by, &adult, &physician), Ok([]));
    let provider = "author.patient: is needed: only patients and who acts for them manage exclusions";
    check::<0>(
        exclusion::put(&request(&[PHYSICIAN]), &adult, &physician),
        Err(provider),
    );
    check::<0>(exclusion::get(&request(&[PHYSICIAN]), &adult, None), Err(provider));
    let of = |fields| HcParty::parse(fields).unwrap();
    let nameless = of(HcPartyFields {
        ssin: None,
        ..PHYSICIAN
    });
    let needed = "hcParty.ssin: is needed: a person is excluded by national number";
    check::<0>(exclusion::put(&by, &adult, &nameless), Err(needed));
    check(exclusion::put(&by, &adult, &of(PHARMACY)), Ok([]));
    let unnumbered = of(HcPartyFields {
        nihii: None,
        cbe: Some("0123456749"),
        ..PHARMACY
    });
    let needed = "hcParty.nihii: is needed: an organisation is excluded by it";
    check::<0>(exclusion::revoke(&by, &adult, &unnumbered), Err(needed));
    let program = "hcParty.type: must be that of a person or an organisation";
    check::<0>(exclusion::put(&by, &adult, &of(PROGRAM)), Err(program));
    check(
        exclusion::put(&by, &adult, &party("persadministrative")),
        Ok(["hcParty unusual-party"]),
    );
    let (begin, end) = (Some(date(2026, 2, 1)), Some(date(2026, 1, 31)));
    let backwards = "end: the end must not lie before the begin";
    check::<0>(exclusion::history(&by, &adult, None, begin, end), Err(backwards));
}

fn put_link(parties: &[HcPartyFields<'_>], fields: LinkFields<'_>, proof: &str) -> Result<Document, ProtocolError> {
    let change = TherapeuticLinkChange::put(request(parties), patient(PATIENT), fields)?;
    match Proof::parse(proof)? {
        Proof::Plain(plain) => change.with_plain_proof(plain),
        Proof::EidSigning => {
            let prepared = change.prepare(Profile::Connector)?;
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
        situation: Some("occasional"),
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
fn proofs_that_cannot_be_had_are_refused() {
    let sis = "proof: SIS cards no longer exist";
    check::<0>(put_link(&[PHYSICIAN], consultation(), "sisreading"), Err(sis));
    let isi = "proof: needs the number of the patient's ISI+ card";
    check::<0>(put_link(&[PHYSICIAN], consultation(), "isireading"), Err(isi));
    let cardless = TherapeuticLinkChange::put(request(&[PHYSICIAN]), patient(CHILD), consultation()).unwrap();
    let needed = "proof: needs the number of the patient's eID";
    assert_eq!(cardless.prepare(Profile::Strict).unwrap_err().to_string(), needed);
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
        put(consultation()).prepare(Profile::Strict).unwrap_err().to_string(),
        signature
    );
    check(put(consultation()).without_proof(), Ok([]));
    let lacking = "dialect: has no such operation, only national has";
    check::<0>(therlink::has(&hub(), &patient(PATIENT), None, &[]), Err(lacking));
    check::<0>(consent::status(&hub(), &patient(PATIENT), None), Err(lacking));
    let status = LinkQuery {
        patient: Some(patient(PATIENT)),
        status: Some("all"),
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
    let misspelt = LinkQuery {
        types: &["gmd", "gpconsult"],
        ..of_patient()
    };
    let expected = "types[1]: unknown code, expected one of gpconsultation";
    assert!(get(misspelt).unwrap_err().to_string().starts_with(expected));
    let status = LinkQuery {
        status: Some("actief"),
        ..of_patient()
    };
    check::<0>(get(status), Err("status: unknown code, did you mean active?"));
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
        situation: Some("emergency"),
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
        profile: Profile::Strict,
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
    let attribute = beid_protocol::cms::SigningCertificate::Included;
    let sign = |content: &therlink::SignedContent| {
        let pending = content.cms(&PKI.ec.certificate, &[], now(), attribute).unwrap();
        let raw = PKI.ec.sign(pending.digest());
        pending.finish(raw).unwrap()
    };
    let signed: Vec<_> = bulk.to_sign().map(sign).collect();
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
