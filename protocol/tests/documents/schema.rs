//! The platform's own schema accepts what we write. Runs only where the schema is at hand.

use std::process::Command;

use beid_protocol::party::HcPartyFields;
use beid_protocol::patient::PatientFields;
use beid_protocol::therlink::{ContentProfile, LinkFields};

use crate::citizens::{CHILD, HOLDER, PATIENT, PHARMACY, PHYSICIAN, PKI, consultation, now, plain, put};
use crate::tools::ehealth_xsd;
use beid_testkit::{Scratch, run};

#[track_caller]
fn check(schema: &str, document: &[u8]) {
    let Some(xsd) = ehealth_xsd() else {
        return;
    };
    let folder = Scratch::new("protocol");
    let done = run(Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(xsd.join("ehealth-hubservices/XSD").join(schema))
        .arg(folder.write("document.xml", document)));
    let said = done.said();
    assert!(
        done.succeeded() && said.contains("document.xml validates"),
        "{said}\n{}",
        String::from_utf8_lossy(document)
    );
}

fn check_request(xml: &str) {
    check("hubservices_protocol-2_3.xsd", xml.as_bytes());
}

#[test]
fn a_physician_who_read_the_card() {
    check_request(plain(put(&[PHYSICIAN], PATIENT, now(), consultation()), "eidreading").xml());
}

#[test]
fn a_physician_whose_patient_signs() {
    for profile in [ContentProfile::Connector, ContentProfile::Strict] {
        for signer in [&PKI.rsa, &PKI.ec] {
            let document = PKI.signed(profile, signer);
            check_request(document.xml());
            check(
                "hubservices_core-2_3.xsd",
                document.proof().cms().unwrap().content().unwrap(),
            );
        }
    }
}

#[test]
fn a_pharmacy_and_its_holder() {
    let delivery = LinkFields {
        link_type: "pharmacydelivery",
        proof_reason: Some("kaart thuis vergeten"),
        ..LinkFields::default()
    };
    check_request(plain(put(&[PHARMACY, HOLDER], CHILD, now(), delivery.clone()), "isireading").xml());
    check_request(plain(put(&[PHARMACY, HOLDER], PATIENT, now(), delivery), "eidencoding_nocard").xml());
}

#[test]
fn everything_optional() {
    let program = HcPartyFields {
        application_id: Some("4711"),
        party_type: "application",
        name: Some("Proefpakket"),
        ..HcPartyFields::default()
    };
    let insurer = HcPartyFields {
        cbe: Some("0123456749"),
        party_type: "orginsurance",
        name: Some("Proefbond"),
        ..HcPartyFields::default()
    };
    let single_name = PatientFields {
        given_names: None,
        ..PATIENT
    };
    let link = LinkFields {
        party: Some(beid_protocol::party::HcParty::parse(PHYSICIAN).unwrap()),
        link_type: "carepath",
        comment: Some("tweede raadpleging"),
        ..LinkFields::default()
    };
    check_request(
        plain(
            put(&[insurer, PHYSICIAN, program], single_name, now(), link),
            "eidreading",
        )
        .xml(),
    );
}
