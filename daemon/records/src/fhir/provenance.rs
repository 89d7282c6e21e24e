//! Provenance of a Patient: this software read and checked the data, the card is the source, and if the checks say so, the
//! register wrote them.

use super::{coding, is_for_belgians, test_data, url};
use crate::carried;
use beid_api::types::IdentityAnswer;
use beid_api::words::{CheckOutcome, RootTrust};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Name of the check whose trust tells whose register it was.
const CHAIN: &str = "national-register-chain";

/// Time of a reading, and the random numbers that name the resources of its Bundle.
#[derive(Clone, Copy)]
pub struct ReadingStamp {
    /// Time of the reading.
    pub at: Timestamp,
    /// Random octets for the two names.
    pub random: [[u8; 16]; 2],
}

impl ReadingStamp {
    /// The time, to the second.
    pub(super) fn time(&self) -> String {
        self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// Name of the Patient.
    pub(super) fn patient_urn(&self) -> String {
        let [patient, _] = self.random;
        urn(patient)
    }

    /// Name of the Provenance.
    pub(super) fn provenance_urn(&self) -> String {
        let [_, provenance] = self.random;
        urn(provenance)
    }
}

/// Name of a resource from random octets (RFC 9562, 5.4).
fn urn(random: [u8; 16]) -> String {
    let number = u128::from_be_bytes(random);
    let number = number & !(0xF << 76) | (0x4 << 76);
    let number = number & !(0x3 << 62) | (0x2 << 62);
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    let parts = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)];
    format!("urn:uuid:{}", parts.join("-"))
}

/// Makes the Provenance. It has no signature: the register's is over the card's files and not over this document.
pub(super) fn provenance(identity: &IdentityAnswer, stamp: &ReadingStamp) -> Value {
    let ours = concat!("beidd ", env!("CARGO_PKG_VERSION"));
    let agent = |code: &str, display: &str, who: &str| {
        json!({
            "type": { "coding": [coding(url::PARTICIPANT, code, display)] },
            "who": { "display": who },
        })
    };
    let mut agents = Vec::new();
    if is_the_registers(identity) {
        agents.push(agent("author", "Author", "National Register of Belgium"));
    }
    agents.push(agent("assembler", "Assembler", ours));
    agents.push(agent("verifier", "Verifier", ours));
    let mut meta = json!({ "profile": [url::PROVENANCE] });
    if let (Some(true), Some(meta)) = (identity.simulated, meta.as_object_mut()) {
        meta.insert("security".to_owned(), json!([test_data()]));
    }
    json!({
        "resourceType": "Provenance",
        "meta": meta,
        "target": [{ "reference": stamp.patient_urn() }],
        "occurredDateTime": stamp.time(),
        "recorded": stamp.time(),
        "activity": { "coding": [coding(url::DATA_OPERATION, "CREATE", "create")] },
        "agent": agents,
        "entity": [{ "role": "source", "what": card(identity) }],
    })
}

/// Returns true if the register's signature was found right under its own root: not for test cards, nor for data that fail.
fn is_the_registers(identity: &IdentityAnswer) -> bool {
    let authenticity = &identity.authenticity;
    let mut chains = authenticity.checks.iter().filter(|check| check.name == CHAIN);
    authenticity.outcome == CheckOutcome::Passed && chains.any(|check| check.trust == RootTrust::Genuine)
}

/// Reference to the card. Its number stands here and not in the Patient: it identifies a document, which is renewed.
fn card(identity: &IdentityAnswer) -> Value {
    let mut what = Map::new();
    what.extend(card_number(identity).map(|number| ("identifier".to_owned(), number)));
    what.insert("display".to_owned(), json!(described(identity)));
    Value::Object(what)
}

fn card_number(identity: &IdentityAnswer) -> Option<Value> {
    let number = carried(identity.card_number.as_deref()?)?;
    let mut identifier = Map::new();
    // Cards of foreigners are titles of residence, for which that table has no code.
    let kind = if is_for_belgians(identity) {
        Some(json!({ "coding": [coding(url::IDENTIFIER_TYPE, "CZ", "Citizenship Card")] }))
    } else {
        let document = identity.document_type.as_ref();
        document.map(|document| json!({ "text": document.name }))
    };
    identifier.extend(kind.map(|kind| ("type".to_owned(), kind)));
    identifier.insert("value".to_owned(), json!(number));
    let mut period = Map::new();
    for (name, day) in [("start", &identity.valid_from), ("end", &identity.valid_until)] {
        period.extend(day.as_ref().map(|day| (name.to_owned(), json!(day))));
    }
    if !period.is_empty() {
        identifier.insert("period".to_owned(), Value::Object(period));
    }
    let issuer = identity.issuing_municipality.as_deref().and_then(carried);
    identifier.extend(issuer.map(|issuer| ("assigner".to_owned(), json!({ "display": issuer }))));
    Some(Value::Object(identifier))
}

/// `Chip of a Belgian electronic identity card; identity-signature passed, national-register-chain passed (genuine)`
fn described(identity: &IdentityAnswer) -> String {
    let checks = identity.authenticity.checks.iter().map(|check| {
        let trust = if check.name == CHAIN {
            format!(" ({})", check.trust)
        } else {
            String::new()
        };
        format!("{} {}{trust}", check.name, check.outcome)
    });
    let checks: Vec<String> = checks.collect();
    let simulated = if identity.simulated == Some(true) {
        "Simulated chip"
    } else {
        "Chip"
    };
    format!(
        "{simulated} of a Belgian electronic identity card; {}",
        checks.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::urn;

    #[test]
    fn names_are_random_uuids() {
        assert_eq!(urn([0; 16]), "urn:uuid:00000000-0000-4000-8000-000000000000");
        assert_eq!(urn([0xFF; 16]), "urn:uuid:ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
