//! Pages about the documents: their examples equal the documents as they are made now.

use beid_protocol::ProtocolError;
use beid_protocol::author::Author;
use beid_protocol::codes::{LinkStatus, LinkType, PlainProof, Proof};
use beid_protocol::consent::{self, ConsentFields};
use beid_protocol::dialect::Dialect;
use beid_protocol::document::Document;
use beid_protocol::exclusion;
use beid_protocol::party::{HcParty, HcPartyFields};
use beid_protocol::patient::{Patient, PatientFields};
use beid_protocol::request::Request;
use beid_protocol::therlink::{
    self, BulkLink, ContentProfile, LinkFields, LinkQuery, PreparedBulk, TherapeuticLinkChange,
};
use jiff::civil::date;

use crate::citizens::{PHYSICIAN, now};

const PATIENT: PatientFields<'static> = PatientFields {
    national_number: "98082100029",
    card_number: Some("599000000132"),
    isi_card_number: None,
    given_names: Some("Lena Zoë"),
    family_name: Some("PROEF"),
};

const PROGRAM: HcPartyFields<'static> = HcPartyFields {
    nihii: None,
    ssin: None,
    cbe: None,
    application_id: Some("4711"),
    party_type: "application",
    name: Some("Proefpakket"),
    first_name: None,
    family_name: None,
};

fn patient() -> Patient {
    Patient::parse(PATIENT).unwrap()
}

fn by_physician() -> Request {
    Request::new(Author::parse(&[PHYSICIAN], None).unwrap(), now(), "001").unwrap()
}

fn to_hub() -> Request {
    by_physician().in_dialect(Dialect::Hub).unwrap()
}

fn by_citizen() -> Request {
    Request::new(Author::parse(&[PROGRAM], Some(patient())).unwrap(), now(), "001").unwrap()
}

fn read() -> PlainProof {
    match Proof::parse("eidreading").unwrap() {
        Proof::Plain(plain) => plain,
        Proof::EidSigning => panic!("a bare code"),
    }
}

fn consultation() -> LinkFields<'static> {
    LinkFields {
        link_type: "gpconsultation",
        ..LinkFields::default()
    }
}

#[track_caller]
fn check<const N: usize>(page: &str, made: [Result<Document, ProtocolError>; N]) {
    let blank = |xml: &str| xml.split('>').map(str::trim_start).collect::<Vec<_>>().join(">");
    let shown = page
        .split("```xml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    let shown: Vec<_> = shown.map(|xml| blank(xml.trim_end())).collect();
    let made: Vec<_> = made
        .map(|document| blank(document.unwrap().xml().split_once("?>").unwrap().1))
        .into();
    assert_eq!(shown, made);
}

#[test]
fn consents_are_as_their_page_shows_them() {
    let signed = ConsentFields {
        sign_date: Some(date(2026, 1, 31)),
        ..ConsentFields::default()
    };
    check(
        include_str!("../../../docs/documents/consents.md"),
        [
            consent::put(&by_physician(), &patient(), ConsentFields::default()),
            consent::revoke(&to_hub(), &patient(), signed),
            consent::get(&by_physician(), &patient(), None),
            consent::status(&by_physician(), &patient(), None),
        ],
    );
}

#[test]
fn links_are_as_their_page_shows_them() {
    let put = TherapeuticLinkChange::put(by_physician(), patient(), consultation()).unwrap();
    let ended = LinkFields {
        start_date: Some(date(2026, 2, 28)),
        comment: Some("verhuisd"),
        ..consultation()
    };
    let revoke = TherapeuticLinkChange::revoke(to_hub(), patient(), ended).unwrap();
    let query = LinkQuery {
        patient: Some(patient()),
        status: Some(LinkStatus::All),
        max_rows: Some(100),
        ..LinkQuery::default()
    };
    let entry = |link_type| BulkLink {
        patient: patient(),
        link: LinkFields {
            link_type,
            ..LinkFields::default()
        },
        proof: Proof::Plain(read()),
        profile: ContentProfile::Connector.into(),
    };
    let bulk = PreparedBulk::new(by_physician(), vec![entry("gpconsultation"), entry("gmd")]).unwrap();
    check(
        include_str!("../../../docs/documents/therapeutic-links.md"),
        [
            put.with_plain_proof(read()),
            revoke.with_plain_proof(read()),
            therlink::get(&by_physician(), query),
            therlink::has(
                &by_physician(),
                &patient(),
                None,
                &[LinkType::parse("gpconsultation").unwrap()],
            ),
            bulk.with_proofs(vec![]),
        ],
    );
}

#[test]
fn exclusions_are_as_their_page_shows_them() {
    let excluded = HcParty::parse(HcPartyFields {
        nihii: None,
        ..PHYSICIAN
    });
    let excluded = excluded.unwrap();
    check(
        include_str!("../../../docs/documents/therapeutic-exclusions.md"),
        [
            exclusion::put(&by_citizen(), &patient(), &excluded),
            exclusion::revoke(&by_citizen(), &patient(), &excluded),
            exclusion::get(&by_citizen(), &patient(), None),
            exclusion::history(
                &by_citizen(),
                &patient(),
                None,
                Some(date(2026, 1, 1)),
                Some(date(2026, 12, 31)),
            ),
        ],
    );
}
