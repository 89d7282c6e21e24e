//! Records of a fleet's desks.

use beid_evidence::{RecordDraft, RecordKind};
use beid_testkit::SeededRandom;
use serde_json::{Map, Value, json};

/// Role of a desk on the server.
#[must_use]
pub fn desk_role(desk: u32) -> String {
    format!("desk_{desk}")
}

/// Record `number` of a desk, of the form and size that beidd writes: of four, three are of data read from a card, and one is
/// of a therapeutic link with the holder's signature. The reference tells each from all others.
#[must_use]
pub fn evidence_draft(desk: u32, number: u32) -> RecordDraft {
    let (kind, more) = if number.is_multiple_of(4) {
        (RecordKind::TherapeuticLink, link(desk, number))
    } else {
        (RecordKind::CardRead, json!({"data": "identity-full"}))
    };
    let mut content = facts();
    content.extend(more.as_object().cloned().unwrap_or_default());
    RecordDraft {
        kind,
        content,
        owner: "token:4f1d2c3b5a69788796a5b4c3d2e1f001".to_owned(),
        subjects: vec![format!("{:011}", number % 20)],
        card: Some("591234567890".to_owned()),
        reference: Some(format!("{desk}/{number}")),
        once: None,
    }
}

/// Facts that every record has.
fn facts() -> Map<String, Value> {
    let check = |name: &str, source: &str| {
        json!({
            "name": name, "outcome": "passed", "trust": "test", "checkedAt": "2026-11-29T00:09:09.953109943Z", "source": source,
        })
    };
    let facts = json!({
        "caller": {
            "kind": "website", "name": "https://emr.example", "executable": null,
            "scopes": ["readers", "identity.basic", "identity.full", "proof.therlink"],
        },
        "user": 1000, "version": "0.1.0", "began": "2026-11-29T00:09:09.951973586Z", "simulated": true,
        "card": {
            "cardId": "6776b08b3e5dd0f1e092fe1e311771e4", "reader": "Simulated reader 1", "role": "patient", "simulated": true,
            "checks": [check("identity-signature", "card"), check("national-register-chain", "cache")],
        },
    });
    facts.as_object().cloned().unwrap_or_default()
}

/// Answer with a request and its proof, which also stands inside the request.
fn link(desk: u32, number: u32) -> Value {
    let cms = base64(SeededRandom::new(u64::from(desk) << 32 | u64::from(number)));
    let parts = "<hcparty><id S=\"ID-HCPARTY\" SV=\"1.0\">19999816004</id><cd S=\"CD-HCPARTY\" SV=\"1.1\">persphysician</cd></hcparty>";
    let request = format!("{}<proof><binaryBlob>{cms}</binaryBlob></proof>", parts.repeat(16));
    json!({
        "operation": "PutTherapeuticLinkRequest",
        "answer": {"requestId": "19999816004.20261129010859611879", "xml": request, "proof": {"type": "eidsigning", "cms": cms}},
    })
}

/// Letters as long as a signature with its certificates, which compress as little.
fn base64(mut random: SeededRandom) -> String {
    const CMS: usize = 6_400;
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut letter = || letters.get(usize::try_from(random.below(64)).unwrap_or(0)).copied();
    (0..CMS).filter_map(|_| letter()).map(char::from).collect()
}
