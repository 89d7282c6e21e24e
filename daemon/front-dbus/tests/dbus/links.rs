//! Therapeutic links: every operation, in both dialects and over both fronts; requests that are refused before a card is
//! touched; and the dialogs before a signature.

use crate::pin::{LOG_OFF, VERIFY, call, count, instructions, refusal};
use crate::signatures::{path, read, words};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::{ApiError, ErrorCode};
use beid_simulator::{Citizen, TEST_PIN};
use beid_testkit::daemon::ctl::{json as ctl_json, over_https};
use beid_testkit::daemon::{Desk, Person};
use beid_texts::{ErrorTexts, Language};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

mod fronts;
mod pages;
mod refusals;
mod signing;

pub(crate) async fn link(desk: &Desk, members: Value) -> Result<Value, ApiError> {
    call(desk, "therapeutic-link", members).await
}

pub(crate) fn number_of(citizen: &str) -> &'static str {
    Citizen::find(citizen).unwrap().national_number
}

/// `request` with the members of `more`; null removes a member.
pub(crate) fn with(mut request: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        if value.is_null() {
            request.as_object_mut().unwrap().remove(name);
        } else {
            request[name] = value.clone();
        }
    }
    request
}

fn put(proof: &str) -> Value {
    json!({"operation": "put", "type": "gpconsultation", "proof": proof})
}

/// Members of a patient whose card is not here.
fn stated() -> Value {
    json!({
        "nationalNumber": number_of("anna"), "cardNumber": "591000000106",
        "familyName": "Testaert", "givenNames": ["Anna", "Petronella"],
    })
}

/// Checks a document against the schemas of the platform, if they are at hand.
pub(crate) fn validated(desk: &Desk, answer: &Value, root: &str) {
    let xml = answer["xml"].as_str().unwrap();
    let hub = xml.contains("hubservices/protocol/v3");
    assert!(xml.contains(&format!("<p:{root} ")), "{xml}");
    let file = desk.write("document.xml", xml.as_bytes());
    let mut xmllint = Command::new("xmllint");
    xmllint.args(["--nonet", "--noout"]);
    match std::env::var_os("BEIDD_EHEALTH_XSD") {
        Some(folder) => {
            let version = if hub { "3_5" } else { "2_3" };
            let schema = format!("ehealth-hubservices/XSD/hubservices_protocol-{version}.xsd");
            xmllint.arg("--schema").arg(Path::new(&folder).join(schema));
        }
        None => schema_checks_not_run(),
    }
    let output = xmllint.arg(path(&file)).output().expect("xmllint is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn schema_checks_not_run() {
    // Written past the test harness, which captures `eprintln!`.
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let line = "schema checks: not run, BEIDD_EHEALTH_XSD is not set\n";
        drop(std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()));
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_gives_a_valid_document_of_its_dialect() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    let card = desk.insert("claire").await;
    let of = |operation: &str, more: Value| with(json!({"operation": operation}), more);
    let anna = number_of("anna");
    #[rustfmt::skip] // one row a line
    let rows = [
        (put("eidreading"), "PutTherapeuticLinkRequest", Some("eidreading")),
        (put("eidsigning"), "PutTherapeuticLinkRequest", Some("eidsigning")),
        (with(put("isireading"), json!({"patient": {"nationalNumber": anna, "isiCardNumber": "9800000001"}})), "PutTherapeuticLinkRequest", Some("isireading")),
        (with(put("eidencoding_housecall"), json!({"patient": stated(), "proofReason": "at home"})), "PutTherapeuticLinkRequest", Some("eidencoding_housecall")),
        (with(put("eidencoding_nocard"), json!({"patient": {"nationalNumber": anna}, "proofReason": "card at home"})), "PutTherapeuticLinkRequest", Some("eidencoding_nocard")),
        (with(put("eidencoding_techproblem"), json!({"patient": stated(), "proofReason": "reader broken"})), "PutTherapeuticLinkRequest", Some("eidencoding_techproblem")),
        (with(put("eidreading"), json!({"operation": "revoke", "startDate": "2026-01-05", "comment": "moved"})), "RevokeTherapeuticLinkRequest", Some("eidreading")),
        (with(put("eidreading"), json!({"dialect": "hub", "breakTheGlass": "unconscious patient"})), "PutTherapeuticLinkRequest", Some("eidreading")),
        (with(put("x"), json!({"dialect": "hub", "proof": null})), "PutTherapeuticLinkRequest", None),
        (with(put("x"), json!({"operation": "revoke", "dialect": "hub", "proof": null, "patient": {"nationalNumber": anna}})), "RevokeTherapeuticLinkRequest", None),
        (of("get", json!({"patient": stated(), "types": ["gpconsultation"], "status": "all", "maxRows": 50, "begin": "2026-01-01", "end": "2026-12-31"})), "GetTherapeuticLinkRequest", None),
        (of("get", json!({"cardId": card})), "GetTherapeuticLinkRequest", None),
        (of("get", json!({"proof": "eidreading"})), "GetTherapeuticLinkRequest", None),
        (of("get", json!({"dialect": "hub", "patient": {"nationalNumber": anna}})), "GetTherapeuticLinkRequest", None),
        (of("has", json!({"patient": {"nationalNumber": anna}, "type": "gpconsultation"})), "HasTherapeuticLinkRequest", None),
    ];
    for (request, root, proof) in rows {
        let answer = link(&desk, request.clone()).await;
        let answer = answer.unwrap_or_else(|error| panic!("{request}: {}", error.detail(Language::En)));
        validated(&desk, &answer, root);
        let xml = answer["xml"].as_str().unwrap();
        assert_eq!(answer["proof"]["type"].as_str(), proof, "{request}");
        let hub = request["dialect"] == "hub";
        assert_eq!(
            xml.contains("<proof>"),
            proof.is_some() && !hub || request["operation"] == "get" && request["proof"].is_string(),
            "{request}"
        );
        assert_eq!(answer["proof"]["reason"], request["proofReason"], "{request}");
        assert_eq!(
            answer["period"].is_object(),
            proof.is_some() || root.starts_with("Put") || root.starts_with("Revoke")
        );
        // The number is that of the card if one was read, and the caller's otherwise.
        let on_card = answer["cardId"].is_string();
        let expected = number_of(if on_card { "claire" } else { "anna" });
        assert!(xml.contains(expected), "{request}: {xml}");
        assert_eq!(on_card, request["patient"].is_null(), "{request}");
        if hub {
            assert!(
                !xml.contains("<firstname>") && !xml.contains("<familyname>Essai"),
                "{xml}"
            );
        }
    }
    assert_eq!(desk.asked_for(), ["GETPIN"], "a signature alone asks a person");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_needs_no_card_and_no_patient() {
    let desk = Desk::open(Person::Declines).await;
    let all = link(&desk, json!({"operation": "get"})).await.unwrap();
    validated(&desk, &all, "GetTherapeuticLinkRequest");
    assert!(!all["xml"].as_str().unwrap().contains("<patient>"), "{all}");
    let has = json!({"operation": "has", "patient": {"nationalNumber": number_of("jan")}});
    validated(&desk, &link(&desk, has).await.unwrap(), "HasTherapeuticLinkRequest");
    let none = link(&desk, json!({"operation": "has"})).await;
    assert_eq!(refusal(none), (ErrorCode::NoCard, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_asks_with_his_own_card() {
    let desk = Desk::open(Person::Declines).await;
    desk.insert("jan").await;
    let program = json!({"applicationId": "4711", "type": "application", "name": "My care"});
    let physician = json!({"nihii": "10012378004", "type": "persphysician"});
    let own = json!({
        "operation": "put", "type": "patientmanagement", "hcParty": physician,
        "author": {"parties": [program], "patient": {}},
    });
    let answer = link(&desk, own.clone()).await.unwrap();
    validated(&desk, &answer, "PutTherapeuticLinkRequest");
    let xml = answer["xml"].as_str().unwrap();
    assert_eq!(xml.matches(number_of("jan")).count(), 2, "author and patient: {xml}");
    assert!(answer["proof"].is_null() && answer["cardId"].is_string());

    let jan = json!({
        "ssin": number_of("jan"), "firstName": "Jan", "familyName": "Proefman", "capacity": "parent",
    });
    let for_child = with(
        own.clone(),
        json!({"patient": {"nationalNumber": number_of("lotte")}, "representative": jan}),
    );
    let xml = link(&desk, for_child.clone()).await.unwrap()["xml"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        (
            xml.matches(number_of("jan")).count(),
            xml.matches(number_of("lotte")).count()
        ),
        (1, 1)
    );

    let of = |author: Value| {
        with(
            own.clone(),
            json!({"author": {"parties": [program], "patient": author}}),
        )
    };
    #[rustfmt::skip] // one row a line
    let rows = [
        (of(json!({"nationalNumber": number_of("anna")})), ErrorCode::WrongCard),
        (with(own.clone(), json!({"patient": {"nationalNumber": number_of("anna")}})), ErrorCode::PatientMismatch),
        (with(for_child, json!({"proof": "eidreading"})), ErrorCode::ProofNotAllowed),
    ];
    for (request, code) in rows {
        assert_eq!(refusal(link(&desk, request.clone()).await), (code, None), "{request}");
    }
}
