//! Answers and their records: none leaves before its record is on the disk.

use super::bench::{Bench, Reply, Setup, WILLING, bearer, link, until};
use super::page::{OWN, session};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::{Operation, Scope, operations};
use beid_evidence::{EvidenceId, EvidenceStore, RecordContent, RecordSearch};
use beid_service::Call;
use beid_service::caller::Caller;
use beid_testkit::virtual_card;
use serde_json::{Value, json};
use std::fs;
use std::sync::Arc;
use tokio::process::Command;

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
    // Programs on the bus find each other's records, and each has its own.
    for (program, records) in [("/usr/bin/one", 6), ("/usr/bin/other", 7), ("/usr/bin/one", 7)] {
        let caller = Caller {
            executable: Some(program.into()),
            ..Caller::on_bus(":1.1", "desk")
        };
        let members = json!({"cardId": "current"});
        let call = Call {
            members: members.as_object().unwrap().clone(),
            ..Call::default()
        };
        let row = operations::ReadIdentity::ROW;
        bench.service.call(row, caller, call).await.unwrap();
        assert_eq!(kinds(&bench).await.len(), records, "{program}");
    }
    bench.reader.remove();
    bench.reader.insert(virtual_card("claire"));
    until("a card", || bench.is_ready()).await;
    read("identity").await;
    assert_eq!(kinds(&bench).await.len(), 8);
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

/// Has a link made for the caller, with its own reference; id of the record.
async fn recorded_link(bench: &Bench, authorization: &str, reference: &str) -> String {
    let mut request = link("eidreading");
    request["reference"] = reference.into();
    let answer = bench
        .post("/v1/therapeutic-links", &request, &["-H", authorization])
        .await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()["evidenceId"].as_str().unwrap().to_owned()
}

fn ids(list: &Reply) -> Vec<String> {
    let list = list.json()["evidence"].as_array().unwrap().clone();
    list.iter()
        .map(|entry| entry["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_finds_and_reads_its_own_records_and_no_others() {
    let bench = recording().await;
    let (one, other) = (bench.authorization(), bench.authorization());
    let (of_one, of_other) = (
        recorded_link(&bench, &one, "dossier 1").await,
        recorded_link(&bench, &other, "dossier 2").await,
    );
    let get = async |path: &str, authorization: &str| bench.curl(path, &["-H", authorization]).await;
    assert_eq!(ids(&get("/v1/evidence", &one).await), [of_one.as_str()]);
    assert_eq!(ids(&get("/v1/evidence", &other).await), [of_other.as_str()]);
    for path in [
        format!("/v1/evidence/{of_one}"),
        format!("/v1/evidence/{of_one}/content"),
    ] {
        let (own, foreign) = (get(&path, &one).await, get(&path, &other).await);
        assert_eq!((own.status, foreign.status), (200, 404), "{path}");
        // As if there were none.
        let none = get(&path.replace(&of_one, &"0".repeat(32)), &other).await;
        assert_eq!(foreign.json()["detail"], none.json()["detail"]);
    }
    let record = get(&format!("/v1/evidence/{of_one}"), &one).await.json();
    assert_eq!(
        (&record["kind"], &record["content"]),
        (&json!("therapeutic-link"), &json!("kept"))
    );
    assert_eq!(
        (&record["reference"], record.get("caller")),
        (&json!("dossier 1"), None)
    );
    let content = get(&format!("/v1/evidence/{of_one}/content"), &one).await.json();
    let header: Value = serde_json::from_str(record["header"].as_str().unwrap()).unwrap();
    assert_eq!(content["sha256"], header["content"]);
    let text = content["content"].as_str().unwrap();
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    let digest: String = digest.as_ref().iter().map(|octet| format!("{octet:02x}")).collect();
    assert_eq!(content["sha256"], digest);
    // The page that a program of the user has opened sees all, and who had them made.
    let page = session(&bench).await;
    let all = bench.curl("/v1/evidence", &[&OWN[..], &["-H", &page]].concat()).await;
    assert_eq!(ids(&all), [of_other, of_one]);
    assert_eq!(all.json()["evidence"][0]["caller"]["type"], "program");
    let without = bench.token(&[Scope::Readers]);
    assert_eq!(get("/v1/evidence", &bearer(&without)).await.code(), "scope-missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_found_by_kind_day_and_reference_a_hundred_at_a_time() {
    let bench = recording().await;
    let authorization = bench.authorization();
    let first = recorded_link(&bench, &authorization, "dossier 1").await;
    for _ in 0..101 {
        recorded_link(&bench, &authorization, "dossier 2").await;
    }
    let list = async |query: &str| {
        let path = format!("/v1/evidence{query}");
        bench.curl(&path, &["-H", &authorization]).await
    };
    let page = list("").await;
    let next = page.json()["next"].as_str().unwrap().to_owned();
    let rest = list(&format!("?after={next}")).await;
    assert_eq!(
        (ids(&page).len(), ids(&rest).len(), rest.json().get("next")),
        (100, 2, None)
    );
    assert_eq!(ids(&rest)[1], first);
    assert!(ids(&page).iter().all(|id| !ids(&rest).contains(id)));
    let today = beid_protocol::period::brussels_day(bench.service.now());
    let tomorrow = today.tomorrow().unwrap();
    #[rustfmt::skip] // one row a line
    let rows = [
        ("?reference=dossier%201".to_owned(), 1),
        ("?reference=dossier".to_owned(), 0),
        ("?kind=consent".to_owned(), 0),
        (format!("?kind=therapeutic-link&reference=dossier%201&from={today}&to={today}"), 1),
        (format!("?reference=dossier%201&from={tomorrow}"), 0),
        (format!("?reference=dossier%201&to={}", today.yesterday().unwrap()), 0),
    ];
    for (query, count) in rows {
        assert_eq!(ids(&list(&query).await).len(), count, "{query}");
    }
    for (query, member) in [
        ("?kind=consents", "kind"),
        ("?from=yesterday", "from"),
        ("?after=1", "after"),
        ("?reference=85051402418", "reference"),
        ("?name=Proefman", "name"),
    ] {
        let refused = list(query).await;
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(refused.status == 400 && detail.starts_with(member), "{query}: {detail}");
        assert!(!detail.contains("85051402418"), "{detail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_that_holds_a_national_number_is_refused_before_anybody_is_asked() {
    let bench = recording().await;
    let authorization = bench.authorization();
    for reference in ["85051402418", "of 85.05.14-024.18", "", &"x".repeat(101), "a\nb"] {
        let mut request = link("eidsigning");
        request["reference"] = reference.into();
        let refused = bench
            .post("/v1/therapeutic-links", &request, &["-H", &authorization])
            .await;
        assert_eq!(refused.code(), "invalid-request", "{reference}");
    }
    assert_eq!(bench.dialogs(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn chains_are_exported_and_verified_for_the_own_page_and_no_program() {
    let bench = recording().await;
    let authorization = bench.authorization();
    recorded_link(&bench, &authorization, "dossier 1").await;
    let page = session(&bench).await;
    for path in ["/v1/evidence-exports", "/v1/evidence-verifications"] {
        let refused = bench.post(path, &json!({}), &["-H", &authorization]).await;
        assert!(
            refused.status == 401 || refused.status == 403,
            "{path}: {}",
            refused.status
        );
        let arguments = [&OWN[..], &["-H", &page]].concat();
        let answer = bench.post(path, &json!({}), &arguments).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.json());
        let answer = answer.json();
        if let Some(lines) = answer["lines"].as_str() {
            let reports = beid_evidence::verify_export(lines, &beid_evidence::Opening::default(), &[]);
            assert_eq!(
                (reports[0].records, reports[0].contents, &reports[0].broken),
                (1, 1, &None)
            );
        } else {
            assert_eq!(
                (&answer["intact"], &answer["chains"][0]["records"]),
                (&json!(true), &json!(1))
            );
        }
    }
    let jan = beid_simulator::Citizen::find("jan").unwrap().national_number;
    let request = json!({"nationalNumber": jan});
    let export = async |more: &[&str]| bench.post("/v1/patient-evidence-exports", &request, more).await;
    let refused = export(&["-H", &authorization]).await;
    assert!(refused.status == 401 || refused.status == 403, "{}", refused.status);
    let answer = export(&[&OWN[..], &["-H", &page, "-H", "Accept-Language: fr"]].concat())
        .await
        .json();
    assert_eq!((&answer["records"], &answer["shared"]), (&json!(1), &json!(0)));
    let container = BASE64.decode(answer["container"].as_str().unwrap()).unwrap();
    let has = |part: &str| container.windows(part.len()).any(|window| window == part.as_bytes());
    // Nothing in a container is compressed.
    assert!(has("<html lang=\"fr\">") && has("documents/000001-therapeutic-link/request.xml") && has(jan));
    let refused = bench
        .post("/v1/evidence-heads", &json!({}), &["-H", &authorization])
        .await;
    assert!(refused.status == 401 || refused.status == 403, "{}", refused.status);
    let arguments = [&OWN[..], &["-H", &page]].concat();
    let without_reader = bench.post("/v1/evidence-heads", &json!({}), &arguments).await;
    assert_eq!(without_reader.code(), "no-reader");
    // Somebody noted an end that is not there any more.
    let noted = json!({"noted": [{"desk": "0".repeat(32), "position": 3, "hash": "0".repeat(64)}]});
    let arguments = [&OWN[..], &["-H", &page]].concat();
    let answer = bench
        .post("/v1/evidence-verifications", &noted, &arguments)
        .await
        .json();
    assert_eq!(answer["intact"], false);
    assert_eq!(
        answer["chains"][1]["broken"],
        json!({"position": 1, "fault": "records-cut-off"})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_are_dropped_on_the_bus_and_their_headers_stay() {
    let bench = recording().await;
    let authorization = bench.authorization();
    let id = recorded_link(&bench, &authorization, "dossier 1").await;
    let purge = async |members: Value| {
        let caller = Caller::on_bus(":1.1", "beidctl");
        let call = Call {
            members: members.as_object().unwrap().clone(),
            ..Call::default()
        };
        let call = bench.service.call(operations::PurgeEvidence::ROW, caller, call);
        call.await.map(|answer| {
            let beid_api::AnswerForm::Members(members) = answer else {
                panic!("members")
            };
            members
        })
    };
    let jan = beid_simulator::Citizen::find("jan").unwrap().national_number;
    for wrong in [
        json!({"reason": "asked"}),
        json!({"nationalNumber": jan, "kind": "consent", "before": "2026-01-01", "reason": "asked"}),
        json!({"kind": "consent", "reason": "asked"}),
        json!({"nationalNumber": jan}),
        json!({"nationalNumber": "85051402419", "reason": "asked"}),
        json!({"nationalNumber": jan, "reason": jan}),
        // Its own records would be of this kind and before that day, one after the other.
        json!({"kind": "purge", "before": "2020-01-01", "reason": "asked"}),
    ] {
        assert!(purge(wrong.clone()).await.is_err(), "{wrong}");
    }
    let dropped = purge(json!({"nationalNumber": jan, "reason": "the patient asked"}))
        .await
        .unwrap();
    assert_eq!(dropped, json!({"dropped": 1, "stayed": 0}));
    // Its caller finds it no more; the page sees that it was there.
    let gone = bench.curl(&format!("/v1/evidence/{id}"), &["-H", &authorization]).await;
    assert_eq!(gone.code(), "not-found");
    let page = session(&bench).await;
    let arguments = [&OWN[..], &["-H", &page]].concat();
    let record = bench.curl(&format!("/v1/evidence/{id}"), &arguments).await.json();
    assert_eq!(record["content"], "dropped");
    let content = bench.curl(&format!("/v1/evidence/{id}/content"), &arguments).await;
    assert_eq!(content.code(), "not-found");
    let report = &store(&bench).await.verify(&[]).await.unwrap()[0];
    assert_eq!((report.records, report.contents, &report.broken), (2, 1, &None));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_recorded_nothing_is_found() {
    let bench = Bench::new().await;
    assert_eq!(bench.get("/v1/evidence").await.code(), "policy-denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_names_the_user_who_called() {
    let own = beid_host::process::own_user();
    // Only root can become another; others see that a user is named.
    let (user, program) = if own == 0 {
        (
            65534,
            vec![
                "setpriv",
                "--reuid",
                "65534",
                "--regid",
                "65534",
                "--clear-groups",
                "curl",
            ],
        )
    } else {
        (own, vec!["curl"])
    };
    let setup = Setup {
        records: true,
        allow_users: vec![user],
        ..Setup::default()
    };
    let bench = Bench::with(setup).await;
    let mut command = Command::new(program[0]);
    command
        .args(&program[1..])
        .args(["-sS", "-k", "--noproxy", "*", "-H", &bench.authorization()]);
    command.arg(format!("https://localhost:{}/v1/cards/current/identity", bench.port));
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    let (store, now) = (store(&bench).await, bench.service.now());
    let export = String::from_utf8(store.export(None, None, now).await.unwrap()).unwrap();
    let caller = format!(r#"\"user\":{user},\"scopes\""#);
    assert!(export.contains(&caller), "{export}");
}
