//! Answers and their records: none leaves before its record is on the disk.

use super::bench::{Bench, Setup, WILLING, link, until};
use beid_evidence::{EvidenceId, EvidenceStore, RecordContent, RecordSearch};
use beid_testkit::virtual_card;
use serde_json::{Value, json};
use std::fs;
use std::sync::Arc;

async fn recording() -> Bench {
    let setup = Setup {
        person: Some(WILLING),
        records: true,
        ..Setup::default()
    };
    Bench::with(setup).await
}

async fn store(bench: &Bench) -> Arc<EvidenceStore> {
    let store = bench.service.evidence.store(bench.service.now()).await;
    Arc::clone(store.unwrap().unwrap())
}

/// The record with an id: word for its kind, and content.
async fn record(bench: &Bench, id: &str) -> (String, Value) {
    let store = store(bench).await;
    let record = store.show(&EvidenceId::parse(id).unwrap()).await.unwrap().unwrap();
    let RecordContent::Text(text) = record.content else {
        panic!("{id} has a content")
    };
    (record.header.kind, serde_json::from_str(&text).unwrap())
}

/// Words for the kinds of all records, the first first.
async fn kinds(bench: &Bench) -> Vec<String> {
    let found = store(bench).await.search(RecordSearch::default(), None).await.unwrap();
    let kind = |header: &str| {
        serde_json::from_str::<Value>(header).unwrap()["kind"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    found.iter().rev().map(|record| kind(&record.header)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_proof_names_its_record_which_holds_what_was_answered() {
    let bench = recording().await;
    let authorization = bench.authorization();
    let party = json!({"type": "persphysician", "nihii": "19999816004", "ssin": "85061599888", "firstName": "T", "familyName": "A"});
    let citizen =
        json!({"parties": [{"type": "application", "name": "desk", "applicationId": "1990001728"}], "patient": {}});
    let file = json!({"name": "a.txt", "mediaType": "text/plain", "content": "YQ=="});
    let author = json!({"parties": [party.clone()]});
    #[rustfmt::skip] // one row a line
    let rows = [
        ("/v1/therapeutic-links", link("eidreading"), "therapeutic-link", "/xml"),
        ("/v1/therapeutic-links", link("eidsigning"), "therapeutic-link", "/proof/cms"),
        ("/v1/consents", json!({"operation": "put", "author": author}), "consent", "/xml"),
        ("/v1/consents", json!({"operation": "put", "author": author, "evidence": "cades"}), "consent", "/evidence/data"),
        ("/v1/consents", json!({"operation": "revoke", "author": author}), "consent-revocation", "/xml"),
        ("/v1/consents", json!({"operation": "status", "author": author}), "inquiry", "/xml"),
        ("/v1/therapeutic-exclusions", json!({"operation": "put", "author": citizen, "hcParty": party}), "exclusion", "/xml"),
        ("/v1/signatures", json!({"format": "cades", "documents": [file]}), "signature", "/signatures/0/data"),
    ];
    for (path, request, kind, part) in rows {
        let answer = bench.post(path, &request, &["-H", &authorization]).await;
        assert_eq!(answer.status, 200, "{request}: {}", answer.json());
        let answer = answer.json();
        let (found, content) = record(&bench, answer["evidenceId"].as_str().unwrap()).await;
        assert_eq!(found, kind, "{request}");
        let answered = answer.pointer(part).unwrap();
        assert!(answered.is_string());
        assert_eq!(content["answer"].pointer(part), Some(answered), "{request}");
        assert_eq!(content["caller"]["kind"], "program");
        assert_eq!(content["card"]["reader"], "Virtual reader");
        let checks = content["card"]["checks"].as_array().unwrap();
        assert!(
            checks
                .iter()
                .any(|check| check["name"] == "identity-signature" && check["outcome"] == "passed")
        );
        assert_eq!(
            (
                &content["simulated"],
                content["patientHashes"][0].as_str().map(str::len)
            ),
            (&json!(true), Some(64))
        );
    }
    let report = &store(&bench).await.verify(&[]).await.unwrap()[0];
    assert_eq!((report.records, &report.broken), (8, &None));
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_are_recorded_once_for_each_caller_and_insertion_without_what_was_read() {
    let bench = recording().await;
    let authorization = bench.authorization();
    let read = async |path: &str| {
        let reply = bench
            .curl(&format!("/v1/cards/current/{path}"), &["-H", &authorization])
            .await;
        assert_eq!(reply.status, 200, "{path}");
    };
    let paths = ["identity", "address", "photo", "summary", "files/identity"];
    for path in paths.iter().chain(&paths) {
        read(path).await;
    }
    assert_eq!(kinds(&bench).await, ["card-read"; 5]);
    bench.reader.remove();
    bench.reader.insert(virtual_card("claire"));
    until("a card", || bench.is_ready()).await;
    read("identity").await;
    assert_eq!(kinds(&bench).await.len(), 6);
    // Neither a name nor a number of anybody in what was recorded.
    let (store, now) = (store(&bench).await, bench.service.now());
    let export = String::from_utf8(store.export(None, None, now).await.unwrap()).unwrap();
    for citizen in ["jan", "claire"] {
        let citizen = beid_simulator::Citizen::find(citizen).unwrap();
        assert!(!export.contains(citizen.surname), "{}", citizen.surname);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_is_not_answered_and_nobody_is_asked() {
    let bench = recording().await;
    let authorization = bench.authorization();
    // Instead of the database, before it is first opened.
    let place = bench.directory().join("evidence/evidence.db");
    fs::create_dir_all(&place).unwrap();
    for (path, request) in [
        ("/v1/therapeutic-links", Some(link("eidreading"))),
        ("/v1/therapeutic-links", Some(link("eidsigning"))),
        ("/v1/cards/current/identity", None),
        ("/v1/cards/current/photo", None),
    ] {
        let reply = match &request {
            Some(request) => bench.post(path, request, &["-H", &authorization]).await,
            None => bench.curl(path, &["-H", &authorization]).await,
        };
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (503, &json!("evidence-unavailable")),
            "{path}"
        );
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("evidence.db"), "{detail}");
    }
    assert_eq!(bench.dialogs(), 0);
    fs::remove_dir(&place).unwrap();
    let answer = bench
        .post("/v1/therapeutic-links", &link("eidsigning"), &["-H", &authorization])
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(kinds(&bench).await, ["therapeutic-link"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_practice_that_wants_no_records_gets_answers_without_their_names() {
    let bench = Bench::with(Setup {
        person: Some(WILLING),
        ..Setup::default()
    });
    let bench = bench.await;
    let authorization = bench.authorization();
    let answer = bench
        .post("/v1/therapeutic-links", &link("eidreading"), &["-H", &authorization])
        .await;
    assert_eq!((answer.status, answer.json().get("evidenceId")), (200, None));
    assert!(!bench.directory().join("evidence").exists());
}
