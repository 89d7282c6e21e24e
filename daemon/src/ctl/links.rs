//! Requests about therapeutic links and exclusions.

use super::Failure;
use super::arguments::{About, Exclusion, ExclusionArguments, Put, Therlink};
use super::commands::{Client, Output, members, octets};
use super::input::json as json_of;
use super::place::{Delivery, Place};
use super::render;
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
    let is_signing = |link: &Value| link.get("proof").is_some_and(|proof| proof == "eidsigning");
    let several = said.get("links").and_then(Value::as_array);
    let signs = is_signing(&said) || several.is_some_and(|links| links.iter().any(is_signing));
    let kept = output.is_whole() || about.out.is_some() || cms(link).is_some();
    if signs && !kept {
        return Err(Failure::usage(
            "the signed request would be lost: --out FILE.xml, or --json",
        ));
    }
    if cms(link).is_some() && !signs {
        return Err(Failure::usage(
            "no signature is asked for (--proof eidsigning), so --cms has nothing to write",
        ));
    }
    let places = Places {
        xml: Place::maybe(about.out.as_deref(), about.writing.force)?,
        cms: Place::maybe(cms(link), about.writing.force)?,
    };
    let page = match link {
        Therlink::Put(_) | Therlink::Revoke(_) | Therlink::PutBulk(_) => render::link,
        Therlink::Get(_) | Therlink::Has(_) => render::question,
    };
    let output = output.beside(&places.xml.iter().chain(&places.cms).collect::<Vec<_>>())?;
    let request = members([concerned(about)?, said]);
    let answer = client.call("therapeutic-link", request).await?;
    places.fill(&answer, page, &output)
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
    let places = Places {
        xml: Place::maybe(about.out.as_deref(), about.writing.force)?,
        cms: None,
    };
    let output = output.beside(&places.xml.iter().collect::<Vec<_>>())?;
    let request = members([excluded(about)?, said]);
    let answer = client.call("therapeutic-exclusion", request).await?;
    places.fill(&answer, render::question, &output)
}

/// Where a request and the signature alone are to be written, opened.
struct Places {
    xml: Option<Place>,
    cms: Option<Place>,
}

impl Places {
    /// Writes what was answered. What cannot be written is kept.
    fn fill(self, answer: &Value, page: fn(&Value, &render::Paint) -> String, output: &Output) -> Result<(), Failure> {
        let named = self.xml.is_some();
        let mut delivery = Delivery::of(answer);
        if let Some(place) = self.cms {
            let cms = answer.pointer("/proof/cms").and_then(Value::as_str);
            delivery.put_member(place, "link.p7m", cms.map(octets), answer);
        }
        if let Some(place) = self.xml {
            let xml = answer.get("xml").and_then(Value::as_str);
            delivery.put_member(place, "link.xml", xml.map(|xml| Ok(xml.into())), answer);
        }
        output.print_delivered(answer, delivery, page)?;
        if named {
            Ok(())
        } else {
            output.remark("The request itself: --out FILE.xml, or --json.\n")
        }
    }
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
