//! Requests about consents, and the evidence made with them.

use super::Failure;
use super::arguments::{Consent, ConsentQuestion, Evidence};
use super::commands::{Client, Output, json_of, members as merged, write_file};
use super::render;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

/// Has the request made and writes what comes of it.
pub(super) async fn run(client: &Client, consent: &Consent, output: &Output) -> Result<(), Failure> {
    let (about, evidence, members) = read(consent);
    if evidence.is_some_and(|one| one.evidence_out.is_some() && one.evidence == "none") {
        return Err(Failure::local(
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
            return Err(Failure::local(missing));
        }
    }
    let answer = client.call("consent", request(about, evidence, members)?).await?;
    if let Some(file) = &about.out {
        let xml = answer.get("xml").and_then(Value::as_str).unwrap_or_default();
        write_file(file, xml.as_bytes())?;
    }
    if let Some(file) = evidence.and_then(|evidence| evidence.evidence_out.as_deref()) {
        let data = answer.pointer("/evidence/data").and_then(Value::as_str);
        let data = BASE64
            .decode(data.unwrap_or_default())
            .map_err(|error| Failure::local(format!("the service's answer: {error}")))?;
        write_file(file, &data)?;
    }
    output.print(&answer, render::consent)?;
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
