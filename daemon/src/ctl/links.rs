//! Requests about therapeutic links and exclusions.

use super::Failure;
use super::arguments::{About, Exclusion, ExclusionArguments, Put, Therlink};
use super::commands::{Client, Output, json_of, members, write_file};
use super::render;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::path::Path;

/// Has the request made and writes what comes of it.
pub(super) async fn therlink(client: &Client, link: &Therlink, output: &Output) -> Result<(), Failure> {
    let (about, said) = match link {
        Therlink::Put(put) => (&put.about, change("put", put)),
        Therlink::Revoke(put) => (&put.about, change("revoke", put)),
        Therlink::Get(get) => (
            &get.about,
            json!({
                "operation": "get", "types": list(&get.types), "begin": get.begin, "end": get.end,
                "status": get.status, "maxRows": get.max_rows, "proof": get.proof,
                "cardId": current(&get.about, get.proof.is_none()),
            }),
        ),
        Therlink::Has(has) => (
            &has.about,
            json!({"operation": "has", "types": list(&has.types), "cardId": current(&has.about, true)}),
        ),
        Therlink::PutBulk(several) => (
            &several.about,
            json!({
                "operation": "put-bulk", "links": json_of(&several.links)?,
                "proof": several.proof, "proofProfile": several.profile,
            }),
        ),
    };
    // Before a person is asked: what cannot be kept need not be signed.
    let signs = said.get("proof").is_some_and(|proof| proof == "eidsigning");
    let kept = output.is_whole() || about.out.is_some() || cms(link).is_some();
    if signs && !kept {
        return Err(Failure::local(
            "the signed request would be lost: --out FILE.xml, or --json",
        ));
    }
    let answer = client
        .call("therapeutic-link", members([concerned(about)?, said]))
        .await?;
    if let Some(file) = cms(link) {
        write_cms(file, &answer)?;
    }
    let page = match link {
        Therlink::Put(_) | Therlink::Revoke(_) | Therlink::PutBulk(_) => render::link,
        Therlink::Get(_) | Therlink::Has(_) => render::question,
    };
    print(&answer, about.out.as_deref(), page, output)
}

/// As [`therlink`].
pub(super) async fn exclusion(client: &Client, exclusion: &Exclusion, output: &Output) -> Result<(), Failure> {
    let (about, said) = match exclusion {
        Exclusion::Put(about) => (about, json!({"operation": "put"})),
        Exclusion::Revoke(about) => (about, json!({"operation": "revoke"})),
        Exclusion::Get(about) => (about, json!({"operation": "get"})),
        Exclusion::History { begin, end, about } => {
            (about, json!({"operation": "history", "begin": begin, "end": end}))
        }
    };
    let answer = client
        .call("therapeutic-exclusion", members([excluded(about)?, said]))
        .await?;
    print(&answer, about.out.as_deref(), render::question, output)
}

/// Where the signature alone is to be written.
fn cms(link: &Therlink) -> Option<&Path> {
    match link {
        Therlink::Put(put) | Therlink::Revoke(put) => put.cms.as_deref(),
        Therlink::Get(_) | Therlink::Has(_) | Therlink::PutBulk(_) => None,
    }
}

fn change(operation: &str, put: &Put) -> Value {
    json!({
        "operation": operation,
        "type": put.link_type,
        "situation": put.situation,
        "startDate": put.start,
        "endDate": put.end,
        "comment": put.comment,
        "proof": put.proof,
        "proofReason": put.reason,
        "proofProfile": put.profile,
    })
}

fn concerned(about: &About) -> Result<Value, Failure> {
    let patient = members([json!({
        "nationalNumber": about.patient,
        "cardNumber": about.card_number,
        "isiCardNumber": about.isi,
        "familyName": about.family_name,
        "givenNames": about.given_names,
    })]);
    Ok(json!({
        "cardId": named(&about.card.id),
        "author": about.author.as_deref().map(json_of).transpose()?,
        "hcParty": about.hc_party.as_deref().map(json_of).transpose()?,
        "representative": about.representative.as_deref().map(json_of).transpose()?,
        "patient": (!patient.is_empty()).then_some(patient),
        "dialect": about.dialect,
        "breakTheGlass": about.break_the_glass,
    }))
}

fn excluded(about: &ExclusionArguments) -> Result<Value, Failure> {
    Ok(json!({
        "cardId": named(&about.card.id),
        "author": json_of(&about.author)?,
        "hcParty": about.hc_party.as_deref().map(json_of).transpose()?,
        "representative": about.representative.as_deref().map(json_of).transpose()?,
        "patient": about.patient.as_ref().map(|number| json!({"nationalNumber": number})),
    }))
}

/// A card that was named. Which one is current is for the service to say, and whether one is read at all.
fn named(card: &str) -> Option<&str> {
    (card != "current").then_some(card)
}

/// The patient in front of us, where nobody else is named whom a question could be about.
fn current(about: &About, unproved: bool) -> Option<&str> {
    let nobody = about.patient.is_none() && about.hc_party.is_none() && unproved;
    let card = about.card.id.as_str();
    (nobody || card != "current").then_some(card)
}

fn list(types: &[String]) -> Option<&[String]> {
    (!types.is_empty()).then_some(types)
}

fn write_cms(file: &Path, answer: &Value) -> Result<(), Failure> {
    let cms = answer.pointer("/proof/cms").and_then(Value::as_str);
    let cms = cms.ok_or_else(|| Failure::local("no signature was asked for, so --cms has nothing to write"))?;
    let cms = BASE64
        .decode(cms)
        .map_err(|error| Failure::local(format!("the service's answer: {error}")))?;
    write_file(file, &cms)
}

fn print(
    answer: &Value,
    out: Option<&Path>,
    page: fn(&Value, &render::Paint) -> String,
    output: &Output,
) -> Result<(), Failure> {
    if let Some(file) = out {
        let xml = answer.get("xml").and_then(Value::as_str).unwrap_or_default();
        write_file(file, xml.as_bytes())?;
    }
    output.print(answer, page)?;
    match out {
        Some(_) => Ok(()),
        None => output.remark("The request itself: --out FILE.xml, or --json.\n"),
    }
}
