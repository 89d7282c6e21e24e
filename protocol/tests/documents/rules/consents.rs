//! Consents and exclusions: ages, representatives, days, and cards.

use beid_protocol::author::Author;
use beid_protocol::codes::ConsentType;
use beid_protocol::consent::{self, ConsentFields};
use beid_protocol::dialect::Dialect;
use beid_protocol::exclusion;
use beid_protocol::party::{HcParty, HcPartyFields};
use beid_protocol::patient::PatientFields;
use beid_protocol::representative::{Representative, RepresentativeFields};
use beid_protocol::request::Request;
use jiff::civil::{Date, date};

use super::{ADULT, PROGRAM, by_citizen, check, party, patient, request, warnings};
use crate::citizens::{CHILD, PATIENT, PHARMACY, PHYSICIAN};

fn acting(ssin: Option<&str>, capacity: &str) -> Representative {
    let fields = RepresentativeFields {
        ssin,
        first_name: "Ward",
        family_name: "VOORBEELD",
        capacity,
    };
    Representative::parse(fields).unwrap()
}

fn born(birth_date: Date) -> ConsentFields {
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
    let alone = Ok(["patient no-signature-certificate"]);
    check(consent::put(&by_physician, &child, fields), alone);
    let refused = "representative.capacity: cannot be parent: from sixteen on patients decide for themselves";
    check::<0>(consent::put(&by_parent, &child, fields), Err(refused));
}

#[test]
fn who_decides_alone_and_cannot_sign_yet_is_told() {
    let (by, child) = (request(&[PHYSICIAN]), patient(PATIENT));
    let cannot = "patient no-signature-certificate";
    for day in [date(2010, 11, 20), date(2008, 11, 21)] {
        check(consent::put(&by, &child, born(day)), Ok([cannot]));
        check(consent::revoke(&by, &child, born(day)), Ok([cannot]));
    }
    check(consent::put(&by, &child, born(date(2008, 11, 20))), Ok([]));
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
        consent_type: ConsentType::parse("prospective").ok(),
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
