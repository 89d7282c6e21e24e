//! Facts for forms: link types, periods and official texts.

use super::bench::{Bench, Reply, Setup};
use serde_json::{Value, json};

/// A practice, which is the author of documents.
const PRACTICE: &str = "[[provider.parties]]\ntype = 'persphysician'\nnihii = '19999816004'\nssin = '85061599888'\n\
    firstName = 'Testo'\nfamilyName = 'ARTS'\n";

/// Asks for the rules of a consent.
async fn rules(bench: &Bench, members: &Value) -> Reply {
    bench
        .post("/v1/consents/preview", members, &["-H", &bench.authorization()])
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_told_what_a_person_has_to_know_first() {
    let bench = Bench::new().await;
    let types = bench.get("/v1/therapeutic-links/types").await.json();
    let first = &types["linkTypes"][0];
    assert_eq!(
        (&first["code"], &first["names"]["nl"]),
        (&"gpconsultation".into(), &"raadpleging huisarts".into())
    );
    let parties = types["partyTypes"].as_array().unwrap();
    assert_eq!(parties.first().unwrap()["code"], "persphysician");
    let organisations: Vec<_> = parties
        .iter()
        .filter(|one| one["organisation"] == true)
        .map(|one| &one["code"])
        .collect();
    assert_eq!(organisations, ["orgpharmacy"]);
    let text = bench.get("/v1/consent-texts/nl").await.json();
    assert!(text["text"].as_str().unwrap().contains("Ik ga akkoord"), "{text}");
    assert_eq!(text["sha256"].as_str().unwrap().len(), 64);
    let languages: Vec<_> = text["explanations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["language"])
        .collect();
    assert_eq!(languages, ["fr", "de", "en"]);
    for (path, status, code) in [
        ("/v1/consent-texts/fr", 422, "no-official-text"),
        ("/v1/consent-texts/x_y", 400, "invalid-request"),
        ("/v1/therapeutic-links/period", 400, "invalid-request"),
        ("/v1/therapeutic-links/period?type=nothing", 400, "invalid-request"),
    ] {
        let reply = bench.get(path).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_judged_before_anybody_is_asked() {
    let bench = Bench::with(Setup {
        settings: PRACTICE,
        ..Setup::default()
    })
    .await;
    let preview = async |query: &str| bench.get(&format!("/v1/therapeutic-links/period?{query}")).await;
    #[rustfmt::skip] // one row a line
    let rows: &[(&str, &[&str])] = &[
        ("type=gpconsultation", &[]),
        ("type=gpconsultation&proof=eidsigning", &[]),
        ("type=gpconsultation&proof=isireading&dialect=hub", &[]),
        ("type=gpconsultation&proof=eidencoding_nocard", &["card-not-read", "longer-than-proof"]),
        ("type=gpconsultation&proof=eidencoding_nocard&situation=occasional", &["card-not-read"]),
        ("type=gpreferral&proof=eidreading", &["stronger-proof-expected"]),
    ];
    for (query, expected) in rows {
        let reply = preview(query).await.json();
        let warnings: Vec<_> = reply["warnings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["code"])
            .collect();
        assert_eq!(warnings, *expected, "{query}");
    }
    for (query, code) in [
        ("type=gpconsultation&proof=eidsigning&dialect=hub", "invalid-request"),
        ("type=gpconsultation&proof=sisreading", "proof-not-allowed"),
        ("type=gpconsultation&dialect=regional", "invalid-request"),
    ] {
        assert_eq!(preview(query).await.code(), code, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_decides_about_a_consent_follows_from_the_patients_age() {
    let all = json!(["parent", "guardian", "administrator", "mandatary"]);
    let others = json!(["guardian", "administrator", "mandatary"]);
    #[rustfmt::skip] // one row a line
    let rows = [
        ("lotte", "under-sixteen", true, &all),
        ("sam", "under-sixteen", true, &all),
        ("finn", "under-eighteen", false, &others),
        ("jan", "adult", false, &others),
        // Only the year is known, and the number tells no day.
        ("zoe", "unknown", false, &all),
    ];
    for (citizen, age, needed, capacities) in rows {
        let bench = Bench::with(Setup {
            citizen: Some(citizen),
            ..Setup::default()
        })
        .await;
        let reply = rules(&bench, &json!({})).await.json();
        let expected =
            json!({ "age": age, "representativeNeeded": needed, "capacities": capacities, "newborn": false });
        assert_eq!(reply, expected, "{citizen}");
    }
    let bench = Bench::new().await;
    for (members, status, code) in [
        (json!({"nationalNumber": "00123199630"}), 200, ""),
        (json!({"nationalNumber": "00123199631"}), 422, "invalid-national-number"),
        (
            json!({"nationalNumber": "00123199630", "cardId": "current"}),
            400,
            "invalid-request",
        ),
        (json!({"cardId": "0123456789abcdef0123456789abcdef"}), 404, "not-found"),
    ] {
        let reply = rules(&bench, &members).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{members}");
    }
}
