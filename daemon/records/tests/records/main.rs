//! Documents in the formats of others: golden files, and what may never happen to a card's texts.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what fails here fails the test"
)]

mod fhir;
mod viewer;

use beid_api::types::{AddressAnswer, IdentityAnswer};
use serde_json::{Value, json};
use std::path::Path;

/// An invented citizen, as her identity is answered.
fn lotte() -> Value {
    json!({
        "cardId": "0123456789abcdef0123456789abcdef", "cardNumber": "593001234586",
        "chipNumber": "534C494E00112233445566778899AABB", "validFrom": "2024-01-15", "validUntil": "2034-01-15",
        "issuingMunicipality": "Leuven", "nationalNumber": "84020140285", "nationalNumberKind": "nrn",
        "familyName": "Testers", "givenNames": ["Lotte", "Anna"], "thirdGivenNameInitial": "M",
        "nationality": "Belg", "birthPlace": "Leuven", "birthDate": "1984-02-01", "birthDatePrecision": "day",
        "birthDateText": "01 FEB  1984", "gender": "female",
        "documentType": { "code": 1, "name": "Belgian citizen" },
        "specialStatus": { "whiteCane": false, "extendedMinority": false, "yellowCane": false },
        "duplicate": "01", "memberOfFamily": false,
        "authenticity": { "outcome": "passed", "checks": [
            check("identity-signature"), check("national-register-chain"),
        ] },
    })
}

/// An invented foreigner with a Bis number, of whom nothing is coded and nothing split.
fn desire() -> Value {
    with(
        lotte(),
        &json!({
            "cardNumber": "B123456786", "issuingMunicipality": "Bruxelles", "nationalNumber": "01512315745",
            "nationalNumberKind": "bis", "familyName": "Exemplaire", "givenNames": ["Désiré"],
            "thirdGivenNameInitial": null, "nationality": "Congolais (Rép. dém.)", "birthPlace": "Kinshasa (Congo)",
            "birthDate": "2001-11-23", "birthDateText": "23 NOV 2001", "gender": "male",
            "documentType": { "code": 33, "name": "A: limited stay (new)" }, "duplicate": null,
            "memberOfFamily": true, "workPermit": "8", "employerVat": ["0123456749"],
            "regionalFileNumber": "R-1 & 2", "cardMentions": ["D", "K"],
            "dateAndCountryOfProtection": "13.08.2014-IT",
        }),
    )
}

/// An invented citizen of whom the year of birth alone is known, on a simulated card.
fn ida() -> Value {
    with(
        lotte(),
        &json!({
            "nationalNumber": "62000011424", "familyName": "Probefrau", "givenNames": ["Ida"],
            "thirdGivenNameInitial": null, "nationality": "Unbestimmt", "birthPlace": null, "birthDate": "1962",
            "birthDatePrecision": "year", "birthDateText": "1962", "nobleCondition": "Freifrau",
            "documentType": { "code": 1, "name": "Belgian citizen" }, "simulated": true,
        }),
    )
}

fn check(name: &str) -> Value {
    json!({ "name": name, "outcome": "passed", "trust": "genuine", "checkedAt": "2026-11-28T08:41:06Z", "source": "card" })
}

/// `members` with others in place; null takes one away.
fn with(mut members: Value, others: &Value) -> Value {
    for (name, value) in others.as_object().unwrap() {
        if value.is_null() {
            members.as_object_mut().unwrap().remove(name);
        } else {
            members[name] = value.clone();
        }
    }
    members
}

fn identity(members: Value) -> IdentityAnswer {
    serde_json::from_value(members).unwrap()
}

fn address(street: &str, code: &str, municipality: &str) -> AddressAnswer {
    let members = json!({
        "cardId": "0123456789abcdef0123456789abcdef", "streetAndNumber": street, "postalCode": code,
        "municipality": municipality,
    });
    serde_json::from_value(members).unwrap()
}

/// Holds `made` against the file `name`, whatever the version is; writes it anew with BEIDD_WRITE_GOLDEN.
fn golden(name: &str, made: &str) {
    let made = &made.replace(concat!("beidd ", env!("CARGO_PKG_VERSION")), "beidd VERSION");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("BEIDD_WRITE_GOLDEN").is_some() {
        std::fs::write(&file, made).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(*made, kept, "{name}");
}
