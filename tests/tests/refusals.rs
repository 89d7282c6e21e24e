//! Refusals with their codes, for which nothing is signed and no try is spent.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what fails here fails the test"
)]

use beid_e2e::{Desk, OnScreen, ScriptedAnswer, link};
use serde_json::{Value, json};

fn with(mut request: Value, member: &str, value: Value) -> Value {
    request[member] = value;
    request
}

/// Refused the same over both fronts, without asking anybody anything.
fn refused(desk: &Desk, request: &Value, code: &str) {
    let before = desk.pinentry.shown().len();
    let over_bus = desk.manager("TherapeuticLink", request).expect_err("refused");
    assert_eq!(over_bus.code(), code, "{request}: {}", over_bus.detail);
    let rest = desk.daemon.rest(&["proof.therlink"]);
    assert_eq!(rest.post("/v1/therapeutic-links", request).problem(), code, "{request}");
    assert_eq!(desk.pinentry.shown().len(), before, "nobody is asked");
}

#[test]
fn wrong_requests_are_refused_before_the_card_is_touched() {
    let desk = Desk::of_practice();
    desk.insert("jan");
    let before = desk.readers.first().status();
    for (member, value, code) in [
        ("type", json!("gpconsultatoin"), "invalid-request"),
        ("proof", json!("eidreadign"), "invalid-request"),
        ("proof", json!("eidencoding_nocard"), "invalid-request"),
        ("proof", json!("sisreading"), "proof-not-allowed"),
        ("startDate", json!("tomorrow"), "invalid-request"),
        ("surprise", json!(1), "invalid-request"),
        ("pin", json!("1234"), "invalid-request"),
        ("dialect", json!("vitalink"), "invalid-request"),
        ("breakTheGlass", json!("unconscious patient"), "invalid-request"),
        ("author", json!({ "parties": [] }), "invalid-request"),
        (
            "author",
            json!({ "parties": [{ "type": "persphysician", "ssin": "85061599887", "firstName": "T", "familyName": "A" }] }),
            "invalid-national-number",
        ),
    ] {
        refused(&desk, &with(link("eidreading"), member, value), code);
    }
    assert_eq!(desk.readers.first().status(), before, "not one command");
    let pin = desk
        .manager("TherapeuticLink", &with(link("eidreading"), "pinCode", json!("1234")))
        .expect_err("refused");
    assert!(pin.detail.contains("PIN"), "{}", pin.detail);
}

#[test]
fn the_card_must_be_the_patients() {
    let desk = Desk::of_practice();
    desk.insert("jan");
    for proof in ["eidreading", "eidsigning"] {
        let patient = |number: &str| with(link(proof), "patient", json!({ "nationalNumber": number }));
        refused(&desk, &patient("85061599888"), "patient-mismatch");
        refused(&desk, &patient("85061599887"), "invalid-national-number");
        refused(&desk, &patient("abc"), "invalid-national-number");
    }
    assert_eq!(desk.readers.first().tries_left(), 3);
}

#[test]
fn an_expired_card_gives_no_proof_but_can_be_read() {
    let desk = Desk::of_practice();
    let card = desk.insert("karel");
    refused(&desk, &link("eidreading"), "card-expired");
    refused(&desk, &link("eidsigning"), "card-expired");
    assert_eq!(
        desk.card(&card, "ReadIdentity", &json!({})).expect("identity")["authenticity"]["outcome"],
        "passed"
    );
}

#[test]
fn a_child_can_be_read_but_cannot_sign() {
    let desk = Desk::of_practice();
    desk.insert("lotte");
    refused(&desk, &link("eidsigning"), "certificate-missing");
    let answer = desk
        .manager("TherapeuticLink", &link("eidreading"))
        .expect("a proof by reading");
    assert_eq!(answer["proof"]["type"], "eidreading");
}

#[test]
fn data_that_is_not_authentic_is_shown_as_such_and_gives_no_proof() {
    // The same cards, but nobody has said that their roots may be trusted.
    let desk = Desk::start_with(|options| options.practice().set("trust", "extra_roots", "[]"));
    let card = desk.insert("jan");
    let identity = desk.card(&card, "ReadIdentity", &json!({})).expect("identity");
    assert_eq!(identity["authenticity"]["outcome"], "failed");
    assert_eq!(identity["authenticity"]["checks"][1]["trust"], "none");
    refused(&desk, &link("eidreading"), "identity-not-authentic");
    refused(&desk, &link("eidsigning"), "identity-not-authentic");
    assert_eq!(desk.readers.first().tries_left(), 3);
}

/// Time for which a program is not asked for again after a first no.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(2);

#[test]
fn wrong_pin_blocked_pin_and_a_person_who_says_no() {
    let desk = Desk::of_practice();
    desk.insert("anna");
    let sign = || desk.manager("TherapeuticLink", &link("eidsigning"));
    let reader = desk.readers.first();

    let rest = desk.daemon.rest(&["proof.therlink"]);

    desk.pinentry.will(ScriptedAnswer::Cancel);
    assert_eq!(sign().expect_err("cancelled").code(), "user-declined");
    assert_eq!(sign().expect_err("asked again at once").code(), "too-many-requests");
    desk.pinentry.will(ScriptedAnswer::Timeout);
    let reply = rest.post("/v1/therapeutic-links", &link("eidsigning"));
    assert_eq!(reply.problem(), "user-timeout");
    assert_eq!(reader.tries_left(), 3, "no PIN was sent");
    std::thread::sleep(PAUSE);

    // After a no the text comes on a page of its own. Something that is no PIN is asked again, and never reaches the card.
    desk.pinentry.will(ScriptedAnswer::Ok);
    desk.pinentry.will(ScriptedAnswer::pin("12"));
    desk.pinentry.will(ScriptedAnswer::pin("9999"));
    let wrong = sign().expect_err("wrong PIN");
    assert_eq!(wrong.code(), "pin-incorrect");
    assert_eq!(reader.tries_left(), 2);
    assert_eq!(wrong.name, "org.beidd1.Error.PinIncorrect");

    desk.pinentry.will(ScriptedAnswer::Ok);
    desk.pinentry.will(ScriptedAnswer::pin("9999"));
    let reply = rest.post("/v1/therapeutic-links", &link("eidsigning"));
    assert_eq!(
        (reply.problem().as_str(), reply.status, &reply.json()["triesLeft"]),
        ("pin-incorrect", 403, &json!(1))
    );

    // At one try left a person is asked first whether to go on; a no costs nothing.
    desk.pinentry.will(ScriptedAnswer::No);
    assert_eq!(sign().expect_err("declined").code(), "user-declined");
    assert_eq!(reader.tries_left(), 1);
    std::thread::sleep(PAUSE);
    desk.pinentry.will(ScriptedAnswer::Ok);
    desk.pinentry.will(ScriptedAnswer::pin("9999"));
    assert_eq!(sign().expect_err("the last one").code(), "pin-blocked");
    assert_eq!(reader.tries_left(), 0);
    desk.pinentry.will(ScriptedAnswer::pin("1234"));
    assert_eq!(sign().expect_err("blocked").code(), "pin-blocked");
}

#[test]
fn a_caller_who_leaves_closes_the_dialog_and_spends_nothing() {
    let desk = Desk::of_practice();
    desk.insert("jan");
    let _gate = desk.pinentry.will_pause_then(ScriptedAnswer::pin("1234"));
    let rest = desk.daemon.rest(&["proof.therlink"]);
    let pending = rest.begin("POST", "/v1/therapeutic-links", &[], Some(&link("eidsigning")));
    let dialog = desk.pinentry.next_shown();
    pending.abandon();
    dialog.wait_closed();

    let _gate = desk.pinentry.will_pause_then(ScriptedAnswer::pin("1234"));
    let pending = desk.bus.begin(
        "/org/beidd1",
        "org.beidd1.Manager",
        "TherapeuticLink",
        &link("eidsigning"),
    );
    let dialog = desk.pinentry.next_shown();
    pending.abandon();
    dialog.wait_closed();
    assert_eq!(desk.readers.first().tries_left(), 3);
}

#[test]
fn removal_anywhere_is_card_removed_and_never_half_an_answer() {
    let desk = Desk::of_practice();
    let reader = desk.readers.first();
    let rest = desk.daemon.rest(&["readers", "identity.full", "proof.therlink"]);
    for (citizen, after) in [("anna", 1), ("anna", 5), ("jan", 3), ("jan", 9)] {
        let card = desk.insert(citizen);
        reader.remove_after(after);
        let reply = rest.get(&format!("/v1/cards/{card}/summary"));
        assert_eq!(
            (reply.problem().as_str(), reply.status),
            ("card-removed", 410),
            "{citizen} after {after}"
        );
        reader.wait_removed();
    }
    // Between the PIN's entry and the signature, at each of its commands. Behind them comes LOG OFF, by which time the
    // signature is made and checked, and a card without power has forgotten the PIN by itself.
    for after in 1..=5 {
        desk.insert("jan");
        let gate = desk.pinentry.will_pause_then(ScriptedAnswer::pin("1234"));
        let pending = desk.bus.begin(
            "/org/beidd1",
            "org.beidd1.Manager",
            "TherapeuticLink",
            &link("eidsigning"),
        );
        drop(desk.pinentry.next_shown());
        reader.remove_after(after);
        gate.open();
        assert_eq!(
            pending.finish().expect_err("removed").code(),
            "card-removed",
            "after {after}"
        );
        reader.wait_removed();
    }
    // While the dialog is open: it closes by itself.
    desk.insert("jan");
    let _gate = desk.pinentry.will_pause_then(ScriptedAnswer::pin("1234"));
    let pending = rest.begin("POST", "/v1/therapeutic-links", &[], Some(&link("eidsigning")));
    let dialog = desk.pinentry.next_shown();
    reader.remove();
    assert_eq!(pending.finish().problem(), "card-removed");
    dialog.wait_closed();
}
