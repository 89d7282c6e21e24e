//! Card in, right patient, proof out: both applets, every proof, over D-Bus and over HTTPS, through a real pcscd.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails the test"
)]

use beid_e2e::{Desk, Scratch, ScriptedAnswer, link, run, test_pki_directory, tool};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

const SCOPES: &[&str] = &["readers", "identity.full", "identity.photo", "proof.therlink"];

/// Members that differ from call to call: ids, times and what follows from them.
const PASSING: &[&str] = &["requestId", "evidenceId", "checkedAt", "xml", "cms"];

/// The same without what may differ, and without nulls, which D-Bus has not.
fn lasting(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members
                .iter()
                .filter(|(name, value)| !PASSING.contains(&name.as_str()) && !value.is_null());
            Value::Object(
                kept.map(|(name, value)| (name.clone(), lasting(value)))
                    .collect::<Map<_, _>>(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(lasting).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Names and JSON types of all members, those that may differ too.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.clone(), shape(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(shape).collect()),
        Value::String(_) => json!("string"),
        Value::Number(_) => json!("number"),
        Value::Bool(_) => json!("boolean"),
        Value::Null => json!("null"),
    }
}

fn assert_same(what: &str, bus: &Value, rest: &Value) {
    assert_eq!(shape(bus), shape(rest), "{what}: members and types");
    assert_eq!(lasting(bus), lasting(rest), "{what}: values");
}

fn whole_path(citizen: &str, family_name: &str, root: &str) {
    let desk = Desk::of_practice();
    let card = desk.insert(citizen);
    let rest = desk.daemon.rest(SCOPES);

    let over_bus = desk
        .card(&card, "ReadIdentity", &json!({}))
        .expect("identity over D-Bus");
    let over_rest = rest.get(&format!("/v1/cards/{card}/identity")).ok();
    assert_same("identity", &over_bus, &over_rest);
    assert_eq!(over_bus["familyName"], family_name);
    assert_eq!(over_bus["cardId"], card.as_str());
    assert_eq!(over_bus["authenticity"]["outcome"], "passed");
    for check in over_bus["authenticity"]["checks"].as_array().expect("checks") {
        assert_eq!(
            (&check["outcome"], &check["trust"]),
            (&json!("passed"), &json!("test")),
            "{check}"
        );
    }

    for (method, path) in [("ReadAddress", "address"), ("ReadSummary", "summary")] {
        let over_bus = desk.card(&card, method, &json!({})).expect("over D-Bus");
        assert_same(path, &over_bus, &rest.get(&format!("/v1/cards/current/{path}")).ok());
    }
    let over_bus = desk.card(&card, "VerifyCard", &json!({})).expect("checks over D-Bus");
    let over_rest = rest.post("/v1/cards/current/verifications", &json!({})).ok();
    assert_same("verifications", &over_bus, &over_rest);
    let made: Vec<_> = over_bus["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .map(|check| &check["name"])
        .collect();
    assert_eq!(
        made,
        [
            "identity-signature",
            "national-register-chain",
            "address-signature",
            "photo-hash",
            "authentication-chain",
            "signature-chain",
            "card-genuine"
        ]
    );

    let photo = rest.get("/v1/cards/current/photo");
    assert_eq!((photo.status, photo.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(
        photo.header("content-location"),
        Some(format!("/v1/cards/{card}/photo").as_str())
    );
    assert!(photo.body.starts_with(&[0xFF, 0xD8]), "a JPEG");

    for proof in ["eidreading", "eidsigning"] {
        let signing = proof == "eidsigning";
        if signing {
            desk.pinentry.will(ScriptedAnswer::pin("1234"));
            desk.pinentry.will(ScriptedAnswer::pin("1234"));
        }
        let over_bus = desk.manager("TherapeuticLink", &link(proof)).expect("proof over D-Bus");
        let over_rest = rest.post("/v1/therapeutic-links", &link(proof)).ok();
        assert_same(proof, &over_bus, &over_rest);
        for answer in [&over_bus, &over_rest] {
            judge(answer, family_name, root, signing);
        }
        assert_ne!(over_bus["requestId"], over_rest["requestId"], "no id is used twice");
        assert_eq!(desk.pinentry.answers_left(), 0);
    }
    let shown = desk.pinentry.shown();
    assert_eq!(shown.len(), 2, "one dialog a signature, none for a reading");
    for dialog in shown {
        let said: Vec<&str> = dialog.description.split_whitespace().collect();
        let said = said.join(" ").to_lowercase();
        for words in [
            family_name,
            "“Dr. Testo ARTS”, general practitioner",
            "19999816004",
            "card number",
            "GP consultation",
        ] {
            let words = words.to_lowercase();
            assert!(said.contains(&words), "{words} is not in {}", dialog.description);
        }
        assert!(
            !said.contains("85061599888"),
            "the doctor's own number: {}",
            dialog.description
        );
    }
}

/// Verifies it with programs of other projects.
fn judge(answer: &Value, family_name: &str, root: &str, signed: bool) {
    let scratch = Scratch::new("judge");
    let file = |name: &str| scratch.path().join(name);
    let xml = answer["xml"].as_str().expect("xml");
    fs::write(file("link.xml"), xml).expect("a file");
    schema(&file("link.xml"), "hubservices_protocol-2_3.xsd");
    assert!(xml.contains(family_name), "the card's holder");
    let verified = run(Command::new(beid_e2e::built("beidctl"))
        .args(["--json", "verify"])
        .arg(file("link.xml"))
        .arg("--root")
        .arg(test_pki_directory().join(root)));
    // 6 is NOT SIGNED.
    assert_eq!(verified.code, Some(if signed { 0 } else { 6 }), "{verified}");
    if !signed {
        assert!(answer["proof"].get("cms").is_none());
        return;
    }
    assert_eq!(verified.json()["trust"], "test", "{verified}");
    let cms = base64(answer["proof"]["cms"].as_str().expect("cms"), &file("cms.b64"));
    fs::write(file("proof.p7m"), cms).expect("a file");
    let openssl = run(Command::new(tool("openssl"))
        .args(["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in"])
        .arg(file("proof.p7m"))
        .arg("-CAfile")
        .arg(test_pki_directory().join(root))
        .arg("-out")
        .arg(file("content.xml")));
    assert_eq!(openssl.code, Some(0), "{openssl}");
    assert!(openssl.stderr.contains("CAdES Verification successful"), "{openssl}");
    schema(&file("content.xml"), "hubservices_core-2_3.xsd");
    assert!(
        fs::read_to_string(file("content.xml"))
            .expect("content")
            .contains(family_name)
    );
}

/// Decoded by openssl, which is not ours either.
fn base64(text: &str, file: &Path) -> Vec<u8> {
    fs::write(file, text).expect("a file");
    let decoded = run(Command::new(tool("openssl"))
        .args(["base64", "-d", "-A", "-in"])
        .arg(file));
    assert_eq!(decoded.code, Some(0), "{decoded}");
    decoded.stdout
}

/// Well-formed, and valid where the schemas are at hand.
fn schema(file: &Path, schema: &str) {
    let mut xmllint = Command::new(tool("xmllint"));
    xmllint.args(["--nonet", "--noout"]);
    match std::env::var_os("BEIDD_EHEALTH_XSD") {
        Some(folder) => {
            xmllint
                .arg("--schema")
                .arg(Path::new(&folder).join("ehealth-hubservices/XSD").join(schema));
        }
        None => schema_checks_not_run(),
    }
    let outcome = run(xmllint.arg(file));
    assert_eq!(outcome.code, Some(0), "{outcome}");
}

fn schema_checks_not_run() {
    // Past the test harness, which would keep it to itself.
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let line = "schema checks: not run, BEIDD_EHEALTH_XSD is not set\n";
        drop(std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()));
    });
}

#[test]
fn applet_1_7_over_both_fronts() {
    whole_path("anna", holder("anna"), "rsa-root.pem");
}

#[test]
fn applet_1_8_over_both_fronts() {
    whole_path("jan", holder("jan"), "ec-root.pem");
}

fn citizen(id: &str) -> &'static beid_simulator::Citizen {
    beid_simulator::Citizen::find(id).unwrap_or_else(|error| panic!("{error}"))
}

fn holder(id: &str) -> &'static str {
    citizen(id).surname
}

fn number(id: &str) -> &'static str {
    citizen(id).national_number
}

#[test]
fn strict_profile_signs_the_very_link() {
    let desk = Desk::of_practice();
    desk.insert("jan");
    desk.pinentry.will(ScriptedAnswer::pin("1234"));
    let mut request = link("eidsigning");
    request["proofProfile"] = json!("strict");
    let answer = desk.manager("TherapeuticLink", &request).expect("proof");
    judge(&answer, holder("jan"), "ec-root.pem", true);
}

#[test]
fn a_link_is_ended_and_a_provider_excluded_over_both_fronts() {
    let desk = Desk::of_practice();
    desk.insert("jan");
    let rest = desk.daemon.rest(&["proof.therlink", "proof.consent"]);
    let revoke = json!({
        "operation": "revoke", "type": "gpconsultation", "proof": "eidsigning", "startDate": "2026-01-05",
        "endDate": "2027-04-05", "patient": { "nationalNumber": number("jan") },
    });
    desk.pinentry.will(ScriptedAnswer::pin("1234"));
    desk.pinentry.will(ScriptedAnswer::pin("1234"));
    let over_bus = desk.manager("TherapeuticLink", &revoke).expect("revocation over D-Bus");
    let over_rest = rest.post("/v1/therapeutic-links", &revoke).ok();
    assert_same("revocation", &over_bus, &over_rest);
    for answer in [&over_bus, &over_rest] {
        judge(answer, holder("jan"), "ec-root.pem", true);
        assert!(
            answer["xml"]
                .as_str()
                .expect("xml")
                .contains("<p:RevokeTherapeuticLinkRequest ")
        );
    }
    for dialog in desk.pinentry.shown() {
        let said: Vec<&str> = dialog.description.split_whitespace().collect();
        assert!(
            said.join(" ").contains("Will be ended with it"),
            "{}",
            dialog.description
        );
    }

    let exclude = json!({
        "operation": "put", "hcParty": { "ssin": "85061599888", "type": "persphysician" },
        "author": { "parties": [{ "applicationId": "4711", "type": "application", "name": "My care" }], "patient": {} },
    });
    let over_bus = desk
        .manager("TherapeuticExclusion", &exclude)
        .expect("exclusion over D-Bus");
    let over_rest = rest.post("/v1/therapeutic-exclusions", &exclude).ok();
    assert_same("exclusion", &over_bus, &over_rest);
    let scratch = Scratch::new("exclusion");
    let file = scratch.path().join("exclusion.xml");
    let xml = over_bus["xml"].as_str().expect("xml");
    fs::write(&file, xml).expect("a file");
    schema(&file, "hubservices_protocol-2_3.xsd");
    assert_eq!(xml.matches(number("jan")).count(), 2, "author and patient: {xml}");
    assert_eq!(desk.pinentry.shown().len(), 2, "nobody is asked for an exclusion");
}

#[test]
fn an_operation_that_runs_on_is_collected_by_its_owner_only() {
    let desk = Desk::of_practice();
    desk.insert("jan");
    let rest = desk.daemon.rest(SCOPES);
    let gate = desk.pinentry.will_pause_then(ScriptedAnswer::pin("1234"));
    let begun = rest
        .begin(
            "POST",
            "/v1/therapeutic-links",
            &["Prefer: respond-async"],
            Some(&link("eidsigning")),
        )
        .finish();
    assert_eq!(begun.status, 202, "{}", begun.text());
    let location = begun.header("location").expect("Location").to_owned();
    drop(desk.pinentry.next_shown());
    assert_eq!(rest.get(&location).ok()["state"], "waitingForPin");
    let stranger = desk.daemon.rest(SCOPES);
    assert_eq!(stranger.get(&location).problem(), "not-found");
    // Nobody else can put a question to a person meanwhile.
    assert_eq!(
        stranger.post("/v1/therapeutic-links", &link("eidsigning")).problem(),
        "operation-in-progress"
    );
    gate.open();
    let done = beid_e2e::eventually("the operation ends", beid_e2e::LIMIT, || {
        let operation = rest.get(&location).ok();
        (operation["state"] != "waitingForPin" && operation["state"] != "working").then_some(operation)
    });
    assert_eq!(done["state"], "succeeded", "{done}");
    judge(&done["result"], holder("jan"), "ec-root.pem", true);
}

#[test]
fn events_come_over_https_with_ids_only() {
    let desk = Desk::of_practice();
    let events = desk.daemon.rest(&["readers"]).events();
    let card = desk.insert("anna");
    let ready = events.next_named("card.ready", beid_e2e::LIMIT);
    assert_eq!(ready.data["cardId"], card.as_str());
    desk.readers.first().remove();
    let removed = events.next_named("card.removed", beid_e2e::LIMIT);
    assert_eq!(removed.data["cardId"], card.as_str());
    let rest = desk.daemon.rest(SCOPES);
    assert_eq!(
        rest.get(&format!("/v1/cards/{card}/identity")).problem(),
        "card-removed"
    );
    assert_eq!(rest.get("/v1/cards/current/identity").problem(), "no-card");
    assert_eq!(
        rest.get(&format!("/v1/cards/{}/identity", "0".repeat(32))).problem(),
        "not-found"
    );
}
