//! Refusals and warnings by the rules.

mod consents;
mod links;

use beid_protocol::ProtocolError;
use beid_protocol::author::Author;
use beid_protocol::document::Document;
use beid_protocol::party::{HcParty, HcPartyFields};
use beid_protocol::patient::{Patient, PatientFields};
use beid_protocol::request::Request;

use crate::citizens::{PATIENT, PHYSICIAN, now};

/// Born on 21 August 1998.
pub(super) const ADULT: PatientFields<'static> = PatientFields {
    national_number: "98082100029",
    ..PATIENT
};

pub(super) const PROGRAM: HcPartyFields<'static> = HcPartyFields {
    nihii: None,
    ssin: None,
    application_id: Some("4711"),
    party_type: "application",
    name: Some("Proefpakket"),
    first_name: None,
    family_name: None,
    ..PHYSICIAN
};

pub(super) fn request(parties: &[HcPartyFields<'_>]) -> Request {
    Request::new(Author::parse(parties, None).unwrap(), now(), "001").unwrap()
}

pub(super) fn by_citizen(citizen: PatientFields<'_>) -> Request {
    let citizen = Patient::parse(citizen).unwrap();
    Request::new(Author::parse(&[PROGRAM], Some(citizen)).unwrap(), now(), "001").unwrap()
}

pub(super) fn patient(fields: PatientFields<'_>) -> Patient {
    Patient::parse(fields).unwrap()
}

pub(super) fn party(party_type: &str) -> HcParty {
    HcParty::parse(HcPartyFields {
        party_type,
        ..PHYSICIAN
    })
    .unwrap()
}

/// The warnings, as `field code`.
pub(super) fn warnings(document: &Document) -> Vec<String> {
    let warnings = document.warnings().iter();
    warnings
        .map(|one| format!("{} {}", one.field, one.kind.code()))
        .collect()
}

#[track_caller]
pub(super) fn check<const N: usize>(found: Result<Document, ProtocolError>, expected: Result<[&str; N], &str>) {
    match (found, expected) {
        (Ok(document), Ok(expected)) => assert_eq!(warnings(&document), expected),
        (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected),
        (found, expected) => panic!("{:?}, {expected:?}", found.map(|document| warnings(&document))),
    }
}
