//! FHIR: the mapping, member by member.

use crate::{address, desire, golden, ida, identity, lotte, with};
use beid_api::Language;
use beid_api::types::{AddressAnswer, IdentityAnswer};
use beid_records::fhir::{FhirSource, ReadingStamp, bundle, patient};
use proptest::prelude::*;
use serde_json::{Value, json};

fn source<'s>(identity: &'s IdentityAnswer, address: Option<&'s AddressAnswer>, language: Language) -> FhirSource<'s> {
    FhirSource {
        identity,
        address,
        is_subset: false,
        language,
    }
}

fn stamp() -> ReadingStamp {
    ReadingStamp {
        at: "2026-11-28T08:41:06.7Z".parse().unwrap(),
        random: [[0x11; 16], [0x22; 16]],
    }
}

#[test]
fn resources_are_the_golden_ones_in_every_language() {
    let lotte = (identity(lotte()), address("Specimenstraat 12", "3000", "Leuven"));
    let desire = (
        identity(desire()),
        address("Rue de l'Essai 7 /b012", "1000", "Bruxelles"),
    );
    let ida = (identity(ida()), address("Probeweg 1a", "L-4700", "Eupen"));
    for ((identity, address), language, name) in [
        (&lotte, Language::Nl, "lotte"),
        (&desire, Language::Fr, "desire"),
        (&ida, Language::De, "ida"),
        (&lotte, Language::En, "lotte-en"),
    ] {
        let alone = patient(&source(identity, None, language));
        golden(&format!("{name}.patient.json"), &format!("{alone:#}\n"));
        let both = bundle(&source(identity, Some(address), language), &stamp());
        golden(&format!("{name}.bundle.json"), &format!("{both:#}\n"));
    }
}

#[test]
fn outcomes_of_checks_are_words_of_fhir() {
    for (outcome, code) in [
        ("passed", "HRELIABLE"),
        ("failed", "UNRELIABLE"),
        ("unknown", "UNCERTREL"),
        ("of-tomorrow", "UNCERTREL"),
    ] {
        let identity = identity(with(
            lotte(),
            &json!({ "authenticity": { "outcome": outcome, "checks": [] } }),
        ));
        let made = patient(&source(&identity, None, Language::En));
        assert_eq!(made["meta"]["security"][0]["code"], code);
    }
}

#[test]
fn belgian_is_a_fact_of_the_document_and_never_of_a_word() {
    for (code, coded) in [(1, true), (6, true), (7, false), (11, false), (31, false), (33, false)] {
        let document = json!({ "documentType": { "code": code, "name": "x" } });
        let identity = identity(with(lotte(), &document));
        let made = patient(&source(&identity, None, Language::En));
        let nationality = &made["extension"][0]["extension"][0]["valueCodeableConcept"];
        assert_eq!(nationality["text"], "Belg");
        assert_eq!(nationality["coding"].is_array(), coded, "{code}");
        let made = bundle(&source(&identity, None, Language::En), &stamp());
        let kind = &made["entry"][1]["resource"]["entity"][0]["what"]["identifier"]["type"];
        assert_eq!(kind["coding"][0]["code"] == "CZ", coded, "{code}");
    }
}

#[test]
fn members_that_nobody_is_to_see_are_nowhere() {
    let told = json!({
        "specialStatus": { "whiteCane": true, "extendedMinority": true, "yellowCane": false },
        "workPermit": "SECRET-1", "employerVat": ["SECRET-2"], "regionalFileNumber": "SECRET-3", "brexit": ["SECRET-4"],
        "cardMentions": ["SECRET-5"], "specialOrganisation": "SECRET-6", "chipNumber": "SECRET-7",
        "otherFields": [{ "tag": 99, "value": "SECRET-8" }], "dateAndCountryOfProtection": "SECRET-9",
    });
    let identity = identity(with(lotte(), &told));
    let made = bundle(&source(&identity, None, Language::En), &stamp()).to_string();
    assert!(!made.contains("SECRET") && !made.contains("Cane"), "{made}");
    for never in [
        "\"id\"",
        "\"active\"",
        "\"deceased",
        "\"telecom\"",
        "\"communication\"",
        "\"photo\"",
    ] {
        assert!(!made.contains(never), "{never}");
    }
}

#[test]
fn the_register_is_the_author_only_of_what_it_is_found_to_have_written() {
    let chain = |trust: &str| {
        json!({ "name": "national-register-chain", "outcome": "passed", "trust": trust,
        "checkedAt": "2026-11-28T08:41:06Z", "source": "card" })
    };
    for (outcome, trust, author) in [
        ("passed", "genuine", true),
        ("passed", "test", false),
        ("failed", "genuine", false),
        ("unknown", "none", false),
    ] {
        let authenticity = json!({ "authenticity": { "outcome": outcome, "checks": [chain(trust)] } });
        let identity = identity(with(lotte(), &authenticity));
        let made = bundle(&source(&identity, None, Language::En), &stamp());
        let agents = made["entry"][1]["resource"]["agent"].to_string();
        assert_eq!(agents.contains("National Register"), author, "{outcome} {trust}");
        assert!(agents.contains("assembler") && agents.contains("verifier"));
    }
}

/// Every text in a resource, apart from the narrative.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| *name != "div")
            .for_each(|(_, value)| texts(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

proptest! {
    /// Every text of the card is there as it is, or not at all; and the narrative stays one paragraph of text.
    #[test]
    fn texts_are_verbatim_or_absent(
        family in any::<String>(),
        given in any::<String>(),
        place in any::<String>(),
        nationality in any::<String>(),
        street in any::<String>(),
    ) {
        let members = json!({
            "familyName": family, "givenNames": [given], "birthPlace": place, "nationality": nationality,
            "thirdGivenNameInitial": null,
        });
        let identity = identity(with(lotte(), &members));
        let address = address(&street, "3000", "Leuven");
        let made = patient(&source(&identity, Some(&address), Language::Nl));
        for (pointer, text) in [
            ("/name/0/family", &family),
            ("/name/0/given/0", &given),
            ("/extension/1/valueAddress/text", &place),
            ("/address/0/line/0", &street),
        ] {
            if let Some(there) = made.pointer(pointer).and_then(Value::as_str) {
                // Where one extension is missing, the other stands in its place.
                let other = pointer.starts_with("/extension") && there == nationality;
                prop_assert!(there == text || other, "{pointer}: {there:?}");
            }
        }
        let mut found = Vec::new();
        texts(&made, &mut found);
        prop_assert!(found.iter().all(|text| !text.trim().is_empty()));
        prop_assert!(found.iter().all(|text| !text.chars().any(char::is_control)));
        let div = made["text"]["div"].as_str().unwrap();
        prop_assert_eq!(div.matches('<').count(), 4, "{}", div);
        let parsed = roxmltree::Document::parse(div);
        prop_assert!(parsed.is_ok(), "{}", div);
    }
}
