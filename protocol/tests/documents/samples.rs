//! Documents that others made: read, verified, and made again from the same input.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beid_pki::{Certificate, Trust, TrustStore};
use beid_protocol::author::Author;
use beid_protocol::consent::{self, ConsentFields};
use beid_protocol::document::Document;
use beid_protocol::party::{HcParty, HcPartyFields};
use beid_protocol::patient::{Patient, PatientFields};
use beid_protocol::request::{DateStyle, Request};
use beid_protocol::therlink::{ContentProfile, LinkFields};
use beid_protocol::verify::{CheckName, Outcome, Reason, verify};
use beid_protocol::{exclusion, summary};

use jiff::civil::date;

use crate::citizens::{now, plain, put};
use crate::golden::made_again;
use crate::rebuild::rebuilt;
use crate::tools::{ehealth_xsd, sample};

const PHYSICIAN: HcPartyFields<'static> = HcPartyFields {
    nihii: Some("19999816004"),
    ssin: Some("85061599888"),
    cbe: None,
    application_id: None,
    party_type: "persphysician",
    name: None,
    first_name: Some("Testo"),
    family_name: Some("ARTS"),
};

const PATIENT: PatientFields<'static> = PatientFields {
    national_number: "79010199757",
    card_number: Some("591000000106"),
    isi_card_number: None,
    given_names: Some("Testa"),
    family_name: Some("PATIENT"),
};

/// Without the declaration, the white space between elements, and the unique part of the identifier.
fn bare(xml: &str) -> String {
    let xml = xml.split_once("?>").unwrap().1;
    let xml: String = xml.split('>').map(str::trim_start).collect::<Vec<_>>().join(">");
    let (start, rest) = xml.split_once(".20261120").unwrap();
    format!("{start}.20261120{}", rest.split_once('<').unwrap().1)
        .trim()
        .to_owned()
}

pub(crate) fn roots(xsd: &Path, kind: &str) -> TrustStore {
    let pem = String::from_utf8(sample(xsd, &format!("pki/{kind}-root.pem"))).unwrap();
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    TrustStore::belgian().with_test_root(Certificate::parse(&STANDARD.decode(base64).unwrap()).unwrap())
}

#[test]
fn the_signed_content_is_the_same_to_the_byte() {
    let Some(xsd) = ehealth_xsd() else {
        return;
    };
    let link = LinkFields {
        link_type: "gpconsultation",
        ..LinkFields::default()
    };
    let prepared = put(&[PHYSICIAN], PATIENT, now(), link)
        .prepare(ContentProfile::Connector)
        .unwrap();
    assert_eq!(prepared.content(), sample(&xsd, "03a-eidsigning.signed-content.xml"));
}

fn request(parties: &[HcPartyFields<'_>], citizen: Option<PatientFields<'_>>, at: &str) -> Request {
    let citizen = citizen.map(|fields| Patient::parse(fields).unwrap());
    Request::new(Author::parse(parties, citizen).unwrap(), at.parse().unwrap(), "001").unwrap()
}

#[track_caller]
fn check_sample(name: &str, build: impl FnOnce() -> Document) {
    let Some(xsd) = ehealth_xsd() else {
        return;
    };
    let expected = String::from_utf8(sample(&xsd, name)).unwrap();
    assert_eq!(bare(build().xml()), bare(&expected));
}

#[test]
fn a_consent_is_put_as_in_sample_01() {
    check_sample("01-put-patient-consent.request.xml", || {
        let request = request(&[PHYSICIAN], None, "2026-11-20T10:00:00+01:00");
        consent::put(&request, &Patient::parse(PATIENT).unwrap(), ConsentFields::default()).unwrap()
    });
}

#[test]
fn a_pharmacy_reads_an_isi_card_as_in_sample_05() {
    let pharmacy = HcPartyFields {
        nihii: Some("29999031"),
        ssin: None,
        party_type: "orgpharmacy",
        name: Some("TEST APOTHEEK"),
        first_name: None,
        family_name: None,
        ..PHYSICIAN
    };
    let holder = HcPartyFields {
        nihii: Some("29999823000"),
        party_type: "perspharmacist",
        family_name: Some("APOTHEKER"),
        ..PHYSICIAN
    };
    let child = PatientFields {
        national_number: "00123199630",
        card_number: None,
        isi_card_number: Some("9800000001"),
        given_names: Some("Testje"),
        ..PATIENT
    };
    let delivery = LinkFields {
        link_type: "pharmacydelivery",
        ..LinkFields::default()
    };
    check_sample("05-put-therapeutic-link.pharmacy-isireading.request.xml", || {
        let at = "2026-11-20T10:04:00+01:00".parse().unwrap();
        plain(put(&[pharmacy, holder], child, at, delivery), "isireading")
    });
}

#[test]
fn a_consent_is_withdrawn_as_in_sample_06() {
    check_sample("06-revoke-patient-consent.request.xml", || {
        let request = request(&[PHYSICIAN], None, "2026-11-20T10:05:00+01:00");
        let fields = ConsentFields {
            sign_date: Some(date(2026, 11, 20)),
            ..ConsentFields::default()
        };
        consent::revoke(&request, &Patient::parse(PATIENT).unwrap(), fields).unwrap()
    });
}

#[test]
fn a_provider_is_excluded_as_in_sample_07() {
    let program = HcPartyFields {
        nihii: None,
        ssin: None,
        application_id: Some("79010199757"),
        party_type: "application",
        name: Some("Patient software name"),
        first_name: None,
        family_name: None,
        ..PHYSICIAN
    };
    let excluded = HcPartyFields {
        nihii: None,
        ..PHYSICIAN
    };
    let patient = PatientFields {
        card_number: None,
        ..PATIENT
    };
    check_sample("07-put-therapeutic-exclusion.request.xml", || {
        let request = request(&[program], Some(PATIENT), "2026-11-20T10:06:00+01:00");
        let (patient, excluded) = (Patient::parse(patient).unwrap(), HcParty::parse(excluded).unwrap());
        exclusion::put(&request, &patient, &excluded).unwrap()
    });
}

#[test]
fn requests_of_others_are_read_and_written_again() {
    let Some(xsd) = ehealth_xsd() else {
        return;
    };
    for name in [
        "01-put-patient-consent.request.xml",
        "02-put-therapeutic-link.eidreading.request.xml",
        "05-put-therapeutic-link.pharmacy-isireading.request.xml",
        "06-revoke-patient-consent.request.xml",
        "07-put-therapeutic-exclusion.request.xml",
    ] {
        let xml = sample(&xsd, name);
        let read = summary::read_request(&xml).unwrap();
        let again = rebuilt(&read, DateStyle::Plain);
        assert_eq!(bare(&again), bare(std::str::from_utf8(&xml).unwrap()), "{name}");
    }
}

#[test]
fn the_request_is_the_same_but_for_white_space_and_identifier() {
    let Some(xsd) = ehealth_xsd() else {
        return;
    };
    let link = LinkFields {
        link_type: "gpconsultation",
        ..LinkFields::default()
    };
    let at = "2026-11-20T10:01:00+01:00".parse().unwrap();
    let document = plain(put(&[PHYSICIAN], PATIENT, at, link), "eidreading");
    let expected = String::from_utf8(sample(&xsd, "02-put-therapeutic-link.eidreading.request.xml")).unwrap();
    assert_eq!(bare(document.xml()), bare(&expected));
}

#[test]
fn the_request_is_read() {
    let Some(xsd) = ehealth_xsd() else {
        return;
    };
    let xml = sample(&xsd, "02-put-therapeutic-link.eidreading.request.xml");
    let request = summary::read_request(&xml).unwrap();
    assert_eq!(request.link().unwrap().link.patient.card_number(), Some("591000000106"));
    assert_eq!(request.author.parties[0].nihii(), Some("19999816004"));
    let verification = verify(&xml, &TrustStore::belgian(), now());
    assert_eq!(verification.outcome(CheckName::Structure), Some(Outcome::Passed));
    assert_eq!(
        verification.outcome(CheckName::Proof),
        Some(Outcome::Unknown(Reason::NotSigned))
    );
}

#[test]
fn the_signatures_verify() {
    let Some(xsd) = ehealth_xsd() else {
        return;
    };
    for (kind, names) in [
        (
            "rsa",
            [
                "03b-eidsigning.rsa.p7m",
                "03-put-therapeutic-link.eidsigning.rsa.request.xml",
            ],
        ),
        (
            "ec",
            [
                "04b-eidsigning.ec.p7m",
                "04-put-therapeutic-link.eidsigning.ec.request.xml",
            ],
        ),
    ] {
        for name in names {
            let verification = verify(&sample(&xsd, name), &roots(&xsd, kind), now());
            assert!(
                verification
                    .checks()
                    .iter()
                    .all(|check| [Outcome::Passed, Outcome::Unknown(Reason::NotEmbedded)].contains(&check.outcome)),
                "{name} {verification:?}"
            );
            assert_eq!(verification.trust(), Trust::Test);
        }
    }
}

#[test]
fn the_signatures_are_the_same_to_the_byte() {
    let Some(xsd) = ehealth_xsd() else {
        return;
    };
    for name in ["03b-eidsigning.rsa.p7m", "04b-eidsigning.ec.p7m"] {
        let signature = sample(&xsd, name);
        assert_eq!(made_again(&signature), signature, "{name}");
    }
}
