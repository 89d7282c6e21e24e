//! Answers of the platform, read over HTTPS: by callers that may make consents or links, without any card.

use super::bench::{Bench, bearer};
use beid_api::Scope;
use serde_json::{Value, json};
use std::path::Path;

const PATH: &str = "/v1/responses";

/// Answer `name` of those that the protocol's tests read.
fn xml(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol/tests/answers");
    std::fs::read_to_string(folder.join(name).with_extension("xml")).unwrap()
}

fn hostile(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/answer");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_read_without_a_card() {
    let bench = Bench::new().await;
    bench.reader.remove();
    let authorization = bench.authorization();
    let read = async |xml: String| {
        let reply = bench.post(PATH, &json!({ "xml": xml }), &["-H", &authorization]).await;
        assert_eq!((reply.status, reply.header("content-location")), (200, None));
        reply.json()
    };
    let status = read(xml("v2/consent-status")).await;
    assert_eq!(
        (
            &status["outcome"],
            &status["kind"],
            &status["dialect"],
            &status["complete"]
        ),
        (
            &json!("complete"),
            &json!("consent-status"),
            &json!("national"),
            &json!(true)
        )
    );
    assert_eq!(status["consent"]["status"], "REVOKED");
    assert_eq!(status["consent"]["patient"]["nationalNumber"], "79010199757");
    assert_eq!(
        status["consent"]["author"]["person"]["firstNames"],
        json!(["Testa", "Maria"])
    );
    assert_eq!(status["response"]["request"]["id"], "19999816004.20261120100800");

    let links = read(xml("v2/get-therapeutic-link")).await;
    let link = &links["therapeuticLinks"][0];
    assert_eq!(
        link["type"],
        json!({"scheme": "CD-THERAPEUTICLINKTYPE", "version": "1.1", "value": "gpconsultation", "meaning": "huisarts",
               "language": "nl"})
    );
    assert_eq!(
        (&link["startDate"], &link["endDate"]),
        (&json!("2026-01-05"), &json!("2027-04-05"))
    );
    let declared = &link["operations"][0];
    assert_eq!(declared["recordedAt"], "2026-01-05T09:30:00.123+01:00");
    assert_eq!(declared["proofs"][0]["data"], "YSBzaWduYXR1cmU=");
    assert_eq!(declared["proofs"][1].get("data"), None);

    let nothing = read(xml("v2/nothing-found")).await;
    assert_eq!(
        (&nothing["outcome"], &nothing["therapeuticLinks"]),
        (&json!("nothing-found"), &json!([]))
    );
    let errors = read(xml("v2/put-therapeutic-link-bulk")).await;
    assert_eq!(
        errors["errors"][0],
        json!({"code": "TEST.PERIOD", "scheme": "CD-ERROR", "description": "TEST tekst: de periode is te lang",
               "language": "nl", "url": "https://test.example/errors/period",
               "ids": [{"scheme": "ID-KMEHR", "value": "19999816004.2"}]})
    );
    assert_eq!(read(xml("v2/has-no-therapeutic-link")).await["value"], false);
    let excluded = read(xml("v2/get-therapeutic-exclusion")).await;
    assert_eq!(excluded["therapeuticExclusions"][0]["hcParty"]["familyName"], "ARTS");
    assert_eq!(read(xml("v3/get-consent")).await["dialect"], "hub");

    let fault = read(hostile("fault-1-2")).await;
    assert_eq!((&fault["outcome"], fault.get("complete")), (&json!("fault"), None));
    assert_eq!(fault["fault"]["codes"], json!(["s:Sender", "t:A", "t:B"]));
    let unknown = read(hostile("unknown-everywhere")).await;
    assert_eq!(
        unknown["other"][0],
        json!({"path": "response/@new", "namespace": "urn:new", "xml": "x:new=\"1\""})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn either_of_two_scopes_will_do_and_no_other() {
    let bench = Bench::new().await;
    let request = json!({"xml": xml("v2/put-consent")});
    for scope in Scope::ALL {
        let token = bearer(&bench.token(&[*scope]));
        let reply = bench.post(PATH, &request, &["-H", &token]).await;
        let code = match scope {
            Scope::ProofConsent | Scope::ProofTherlink => "",
            Scope::Readers
            | Scope::IdentityBasic
            | Scope::IdentityFull
            | Scope::IdentityPhoto
            | Scope::IdentityReading
            | Scope::Certificates
            | Scope::Authenticate
            | Scope::Sign
            | Scope::SignDigest
            | Scope::PinManage
            | Scope::Evidence
            | Scope::Diagnostics
            | Scope::Metrics => "scope-missing",
        };
        assert_eq!(reply.code(), code, "{}", scope.word());
    }
    assert_eq!(bench.post(PATH, &request, &[]).await.code(), "token-missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer_is_refused_and_not_repeated() {
    let bench = Bench::new().await;
    let authorization = bench.authorization();
    for (name, why) in [
        ("external-entity", "document type"),
        ("deep", "nested too deeply"),
        ("repeated-id", "same identifier"),
        ("foreign-error", "error: in a namespace"),
        ("complete-maybe", "iscomplete: not a boolean"),
        ("no-status", "status: missing"),
        ("truncated", "not well-formed"),
    ] {
        let reply = bench
            .post(PATH, &json!({"xml": hostile(name)}), &["-H", &authorization])
            .await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (400, "invalid-request"),
            "{name}"
        );
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("xml") && detail.contains(why), "{name}: {detail}");
        assert!(
            !detail.contains("79010199757") && !detail.contains("Testa"),
            "{name}: {detail}"
        );
    }
    for request in [json!({}), json!({"xml": 1}), json!({"xml": "", "more": 1})] {
        let reply = bench.post(PATH, &request, &["-H", &authorization]).await;
        assert_eq!(reply.code(), "invalid-request", "{request}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_may_be_longer_than_other_requests_and_not_endless() {
    let bench = Bench::new().await;
    let authorization = bench.authorization();
    let list = xml("v2/get-therapeutic-link");
    let (start, end) = (
        list.find("<therapeuticlink>").unwrap(),
        list.find("</therapeuticlinklist>").unwrap(),
    );
    let long = |links: usize| {
        let list = [&list[..start], &list[start..end].repeat(links), &list[end..]].concat();
        json!({ "xml": list })
    };
    let reply = bench.post(PATH, &long(200), &["-H", &authorization]).await;
    let links: Value = reply.json();
    assert_eq!(links["therapeuticLinks"].as_array().unwrap().len(), 400);
    let reply = bench.post(PATH, &long(600), &["-H", &authorization]).await;
    assert_eq!((reply.status, reply.code().as_str()), (413, "too-large"));
    let elsewhere = bench
        .post("/v1/therapeutic-links", &long(200), &["-H", &authorization])
        .await;
    assert_eq!(elsewhere.code(), "too-large");
}

/// Block of the page below the heading `title`.
fn block<'p>(page: &'p str, title: &str) -> &'p str {
    let (_, below) = page.split_once(&format!("\n## {title}\n")).unwrap();
    let (_, block) = below.split_once("\n```").unwrap();
    let (_, block) = block.split_once('\n').unwrap();
    block.split("\n```").next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_documentation_shows_is_what_is_answered() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations/responses.md");
    let page = std::fs::read_to_string(page).unwrap();
    let bench = Bench::new().await;
    let authorization = bench.authorization();
    let request = json!({"xml": block(&page, "XML")});
    let answered = bench.post(PATH, &request, &["-H", &authorization]).await.json();
    let shown: Value = serde_json::from_str(block(&page, "JSON out")).unwrap();
    assert_eq!(answered, shown);
}
