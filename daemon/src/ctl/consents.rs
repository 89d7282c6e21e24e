//! Requests about consents, and the evidence made with them.

use super::Failure;
use super::arguments::{Consent, ConsentQuestion, Evidence};
use super::commands::{Client, Output, members as merged, octets};
use super::input::json as json_of;
use super::place::{Delivery, Place};
use super::render;
use serde_json::{Map, Value, json};

/// Has the request made and writes what comes of it.
pub(super) async fn run(client: &Client, consent: &Consent, output: &Output) -> Result<(), Failure> {
    let (about, evidence, members) = read(consent);
    if evidence.is_some_and(|one| one.evidence_out.is_some() && one.evidence == "none") {
        return Err(Failure::usage(
            "no evidence was asked for, so --evidence-out has nothing to write",
        ));
    }
    // Before a person is asked: what cannot be kept need not be signed.
    if let Some(one) = evidence.filter(|one| one.evidence != "none" && !output.is_whole()) {
        let missing = match (&one.evidence_out, &about.out) {
            (None, _) => Some("the evidence would be lost: --evidence-out FILE, or --json"),
            (Some(_), None) if one.evidence == "cades" => {
                Some("the evidence stands beside the request, which would be lost: --out FILE.xml, or --json")
            }
            (Some(_), Some(_) | None) => None,
        };
        if let Some(missing) = missing {
            return Err(Failure::usage(missing));
        }
    }
    let force = about.writing.force;
    let xml = Place::maybe(about.out.as_deref(), force)?;
    let made = Place::maybe(evidence.and_then(|evidence| evidence.evidence_out.as_deref()), force)?;
    let output = output.beside(&xml.iter().chain(&made).collect::<Vec<_>>())?;
    let answer = client.call("consent", request(about, evidence, members)?).await?;
    let mut delivery = Delivery::of(&answer);
    if let Some(place) = made {
        let data = answer.pointer("/evidence/data").and_then(Value::as_str);
        delivery.put_member(place, "evidence", data.map(octets), &answer);
    }
    if let Some(place) = xml {
        let xml = answer.get("xml").and_then(Value::as_str);
        delivery.put_member(place, "consent.xml", xml.map(|xml| Ok(xml.into())), &answer);
    }
    output.print_delivered(&answer, delivery, render::consent)?;
    if about.out.is_none() {
        output.remark("The request itself: --out FILE.xml, or --json.\n")?;
    }
    Ok(())
}

/// What all commands have, what is signed, and what only this one has.
fn read(consent: &Consent) -> (&ConsentQuestion, Option<&Evidence>, Value) {
    match consent {
        Consent::Put(put) => (
            &put.about,
            Some(&put.evidence),
            json!({"operation": "put", "signDate": put.signed, "textLanguage": put.text}),
        ),
        Consent::Revoke(revoke) => (
            &revoke.about,
            Some(&revoke.evidence),
            json!({"operation": "revoke", "signDate": revoke.signed, "revokeDate": revoke.revoked}),
        ),
        Consent::Get(question) => (question, None, json!({"operation": "get"})),
        Consent::Status(question) => (question, None, json!({"operation": "status"})),
    }
}

fn request(
    about: &ConsentQuestion,
    evidence: Option<&Evidence>,
    members: Value,
) -> Result<Map<String, Value>, Failure> {
    let patient = about.patient.as_ref();
    let card = &about.card.id;
    let shared = json!({
        // Which one is current is for the service to say: of a patient with a number there may be no card.
        "cardId": (card != "current").then_some(card),
        "author": about.author.as_deref().map(json_of).transpose()?,
        "representative": about.representative.as_deref().map(json_of).transpose()?,
        "patient": patient.map(|number| of_patient(number, about.isi.as_deref())),
        "dialect": about.dialect,
        "evidence": evidence.map(|one| one.evidence.as_str()).filter(|format| *format != "none"),
        "signer": evidence.and_then(|one| one.signer.as_deref()),
    });
    Ok(merged([members, shared]))
}

fn of_patient(number: &str, isi: Option<&str>) -> Value {
    match isi {
        Some(isi) => json!({"nationalNumber": number, "isiCardNumber": isi}),
        None => json!({"nationalNumber": number}),
    }
}
