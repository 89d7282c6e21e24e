//! Cards with faults: the readable parts are read, the others are named, and nothing is proved.

use crate::front::CARD;
use crate::pin::call;
use beid_card::{ADDRESS, ElementaryFile, IDENTITY, PHOTO, SIGNATURE_CERTIFICATE};
use beid_simulator::{Citizen, Day, Oddities, TEST_PIN, VirtualCard};
use beid_testkit::daemon::{Desk, Person};
use beid_texts::{ErrorTexts, Language};
use serde_json::{Value, json};

/// Opens a desk with jan's card, which has `oddities`, and returns the card's id too.
async fn desk_with(oddities: &Oddities) -> (Desk, String) {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    let card = VirtualCard::odd(Citizen::find("jan").unwrap(), &desk.pki, oddities).unwrap();
    let id = desk.insert_card(card).await;
    (desk, id)
}

fn link(proof: &str) -> Value {
    json!({"operation": "put", "type": "gpconsultation", "proof": proof})
}

async fn of_card(desk: &Desk, operation: &str) -> Result<Value, String> {
    let answer = call(desk, operation, json!({"cardId": "current"})).await;
    answer.map_err(|error| error.code.code().to_owned())
}

/// Checks that proofs that need a card are refused with `code`, and that nobody is asked for a PIN.
async fn no_proof(desk: &Desk, code: &str, words: &str) {
    for proof in ["eidreading", "eidsigning"] {
        let refused = call(desk, "therapeutic-link", link(proof)).await.unwrap_err();
        let said = refused.detail(Language::En);
        assert_eq!(refused.code.code(), code, "{proof}: {said}");
        assert!(said.contains(words), "{proof}: {said}");
    }
    assert!(desk.asked_for().is_empty());
    assert_eq!(desk.reader.slot().tries_left(), Some(3));
}

fn checks(answer: &Value) -> Vec<(&str, &str, Option<&str>)> {
    let checks = answer["checks"].as_array().unwrap().iter();
    checks
        .map(|check| {
            (
                check["name"].as_str().unwrap(),
                check["outcome"].as_str().unwrap(),
                check["reason"].as_str(),
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_field_is_named_and_everything_else_is_answered() {
    const NUMBER: Oddities = Oddities {
        identity: &[(0x06, b"1234567890123")],
        address: &[(0x02, &[0xFF; 300])],
        ..Oddities::NONE
    };
    let (desk, _) = desk_with(&NUMBER).await;
    let jan = Citizen::find("jan").unwrap();
    let identity = of_card(&desk, "read-identity").await.unwrap();
    assert_eq!(identity["familyName"], jan.surname);
    assert_eq!(identity["cardNumber"], jan.card_number);
    assert_eq!(identity.get("nationalNumber"), None);
    assert_eq!(identity.get("nationalNumberKind"), None);
    let malformed = json!([{"member": "nationalNumber", "tag": 6, "reason": "11 digits"}]);
    assert_eq!(identity["malformedFields"], malformed);
    assert_eq!(identity["otherFields"][0]["tag"], 6);
    // The register's signature is valid, but the file does not say whose card it is.
    assert_eq!(identity["authenticity"]["outcome"], "unknown");
    assert!(
        checks(&identity["authenticity"])
            .iter()
            .all(|(_, outcome, _)| *outcome == "passed")
    );
    // A caller that asks for this one member is told as well.
    let one = json!({"cardId": "current", "fields": ["nationalNumber"]});
    assert_eq!(
        call(&desk, "read-identity", one).await.unwrap()["malformedFields"],
        malformed
    );

    let address = of_card(&desk, "read-address").await.unwrap();
    assert_eq!(address["streetAndNumber"], jan.address[0]);
    assert_eq!(address.get("postalCode"), None);
    let malformed = json!([{"member": "postalCode", "tag": 2, "reason": "UTF-8 text"}]);
    assert_eq!(address["malformedFields"], malformed);
    let summary = of_card(&desk, "read-summary").await.unwrap();
    assert_eq!(summary["address"]["malformedFields"], malformed);
    let made = of_card(&desk, "verify-card").await.unwrap();
    for (name, outcome, reason) in checks(&made) {
        let expected = match name {
            "authentication-chain" | "signature-chain" => ("unknown", Some("national-number-unreadable")),
            _ => ("passed", None),
        };
        assert_eq!((outcome, reason), expected, "{name}");
    }
    no_proof(&desk, "malformed-card-data", "national number").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_there_twice_proves_nothing() {
    const TWICE: Oddities = Oddities {
        identity: &[(0x07, b"Proefman"), (0x07, b"Proefvrouw")],
        ..Oddities::NONE
    };
    let (desk, _) = desk_with(&TWICE).await;
    let identity = of_card(&desk, "read-identity").await.unwrap();
    assert_eq!(identity["familyName"], "Proefman");
    let malformed = json!([{"member": "familyName", "tag": 7, "reason": "there once"}]);
    assert_eq!(identity["malformedFields"], malformed);
    no_proof(&desk, "malformed-card-data", "there once").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_file_is_one_check_that_cannot_be_made() {
    /// Operation that reads the file, and the checks that cannot be made without it.
    type Case = (
        &'static [&'static ElementaryFile],
        &'static str,
        &'static [&'static str],
    );
    const CASES: [Case; 3] = [
        (&[&PHOTO], "read-photo", &["photo-hash"]),
        (&[&ADDRESS], "read-address", &["address-signature"]),
        (
            &[&IDENTITY],
            "read-identity",
            &[
                "identity-signature",
                "national-register-chain",
                "address-signature",
                "photo-hash",
                "card-genuine",
            ],
        ),
    ];
    for (absent, operation, unknown) in CASES {
        let oddities = Oddities {
            absent,
            ..Oddities::NONE
        };
        let (desk, card) = desk_with(&oddities).await;
        let made = of_card(&desk, "verify-card").await.unwrap();
        for (name, outcome, reason) in checks(&made) {
            let expected = match unknown.contains(&name) {
                true => ("unknown", Some("not-on-this-card")),
                false => ("passed", None),
            };
            assert_eq!((outcome, reason), expected, "{operation} {name}");
        }
        let refused = call(&desk, operation, json!({"cardId": "current"})).await.unwrap_err();
        assert_eq!(refused.code.code(), "not-found", "{operation}");
        let said = refused.detail(Language::En);
        assert!(said.contains(absent[0].name) && !said.contains("wipe"), "{said}");
        if absent.contains(&&IDENTITY) {
            no_proof(&desk, "malformed-card-data", "lacks the file identity").await;
        }
        // Last, because busctl then leaves the bus: calls of a caller with its unique name, as those above, would end.
        let path = format!("/org/beidd1/card/{card}");
        let raw = desk.refused(&path, CARD, "ReadFile", &["a{sv}", "1", "name", "s", absent[0].name]);
        assert!(raw.contains("no file") || raw.contains("lacks the file"), "{raw}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_whose_signature_certificate_has_ended_says_so_and_proves_by_reading() {
    /// Validity of the certificate, and the words of the refusal.
    const CASES: [((Day, Day), &str); 2] = [
        (
            (Day::new(2024, 1, 15), Day::new(2025, 6, 1)),
            "valid from 2024-01-15 to 2025-06-01",
        ),
        (
            (Day::new(2039, 1, 1), Day::new(2040, 1, 1)),
            "valid from 2039-01-01 to 2040-01-01",
        ),
    ];
    for (valid, words) in CASES {
        let ended = Oddities {
            signature_valid: Some(valid),
            ..Oddities::NONE
        };
        let (desk, _) = desk_with(&ended).await;
        assert_eq!(
            of_card(&desk, "read-identity").await.unwrap()["authenticity"]["outcome"],
            "passed"
        );
        let refused = call(&desk, "therapeutic-link", link("eidsigning")).await.unwrap_err();
        let said = refused.detail(Language::En);
        assert_eq!(refused.code.code(), "certificate-not-valid", "{said}");
        assert!(said.contains("signature certificate") && said.contains(words), "{said}");
        assert!(call(&desk, "therapeutic-link", link("eidreading")).await.is_ok());
        assert!(desk.asked_for().is_empty());
        let made = of_card(&desk, "verify-card").await.unwrap();
        let failed: Vec<_> = checks(&made)
            .into_iter()
            .filter(|(_, outcome, _)| *outcome != "passed")
            .collect();
        assert_eq!(failed, [("signature-chain", "failed", Some("outside-validity"))]);
    }
    // A card without the file counts as a card without the certificate.
    const ABSENT: Oddities = Oddities {
        absent: &[&SIGNATURE_CERTIFICATE],
        ..Oddities::NONE
    };
    let (desk, _) = desk_with(&ABSENT).await;
    let refused = call(&desk, "therapeutic-link", link("eidsigning")).await.unwrap_err();
    assert_eq!(refused.code.code(), "certificate-missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn digests_have_one_shape() {
    let desk = Desk::open(Person::Declines).await;
    desk.insert("jan").await;
    let identity = of_card(&desk, "read-identity").await.unwrap();
    for member in ["photoDigest", "basicKeyDigest"] {
        let digest = &identity[member];
        assert_eq!(digest["algorithm"], "SHA-384", "{member}");
        assert_eq!(digest["value"].as_str().unwrap().len(), 64, "{member}");
    }
}
