//! Consents over HTTPS: the scope that they need, and the example of the documentation.

use super::bench::{Bench, Setup, WILLING, bearer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::Scope;
use serde_json::{Value, json};
use std::path::Path;

const PATH: &str = "/v1/consents";
const AUTHOR: &str =
    r#"{"parties": [{"nihii": "19999816004", "type": "persphysician", "firstName": "Testo", "familyName": "ARTS"}]}"#;

fn author() -> Value {
    serde_json::from_str(AUTHOR).unwrap()
}

async fn signing(citizen: &'static str) -> Bench {
    Bench::with(Setup {
        person: Some(WILLING),
        citizen: Some(citizen),
        ..Setup::default()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_scope_will_do_and_no_other() {
    let bench = Bench::new().await;
    for operation in ["put", "revoke", "get", "status"] {
        let request = json!({"operation": operation, "author": author()});
        for scope in Scope::ALL {
            let token = bearer(&bench.token(&[*scope]));
            let reply = bench.post(PATH, &request, &["-H", &token]).await;
            let allowed = *scope == Scope::ProofConsent;
            let expected = if allowed { (200, "") } else { (403, "scope-missing") };
            assert_eq!(
                (reply.status, reply.code().as_str()),
                expected,
                "{} {operation}",
                scope.word()
            );
        }
        assert_eq!(bench.post(PATH, &request, &[]).await.code(), "token-missing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_the_same_over_https() {
    for citizen in ["anna", "claire"] {
        let bench = signing(citizen).await;
        let mine = bench.authorization();
        for (format, begins) in [("cades", &b"\x30"[..]), ("xades", b"<?xml"), ("asice", b"PK")] {
            let request = json!({"operation": "put", "author": author(), "evidence": format});
            let answer = bench.post(PATH, &request, &["-H", &mine]).await.json();
            let evidence = BASE64.decode(answer["evidence"]["data"].as_str().unwrap()).unwrap();
            assert!(evidence.starts_with(begins), "{format}");
            assert_eq!(answer["consentText"]["language"], "nl");
        }
        let unknown = json!({"operation": "put", "author": author(), "evidence": "pades"});
        assert_eq!(
            bench.post(PATH, &unknown, &["-H", &mine]).await.code(),
            "invalid-request"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_of_simulated_cards_marks_what_it_makes_without_one() {
    let bench = Bench::new().await;
    let request = json!({"operation": "get", "author": author(), "patient": {"nationalNumber": "85051402418"}});
    let answer = bench.post(PATH, &request, &["-H", &bench.authorization()]).await.json();
    assert_eq!((answer.get("cardId"), &answer["simulated"]), (None, &json!(true)));
}

/// Block of the page below the heading `title`.
fn block<'p>(page: &'p str, title: &str) -> &'p str {
    let (_, below) = page.split_once(&format!("\n## {title}\n")).unwrap();
    let (_, block) = below.split_once("\n```").unwrap();
    let (_, block) = block.split_once('\n').unwrap();
    block.split("\n```").next().unwrap()
}

/// Removes white space between elements, and what differs from one time to the next.
fn settled(xml: &str) -> String {
    let mut text = xml.split('>').map(str::trim).collect::<Vec<_>>().join(">");
    text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (open, close) in [
        ("<id S=\"ID-KMEHR\" SV=\"1.0\">", "</id>"),
        ("<date>", "</date>"),
        ("<time>", "</time>"),
        ("<signdate>", "</signdate>"),
    ] {
        let begin = text.find(open).unwrap() + open.len();
        let end = begin + text[begin..].find(close).unwrap();
        text.replace_range(begin..end, "…");
    }
    text
}

/// Checks that `answered` is what is shown; `…` stands for whatever follows.
fn check(shown: &Value, answered: &Value) {
    match (shown, answered) {
        (Value::Object(shown), Value::Object(answered)) => {
            assert_eq!(shown.keys().collect::<Vec<_>>(), answered.keys().collect::<Vec<_>>());
            shown.iter().for_each(|(name, value)| check(value, &answered[name]));
        }
        (Value::String(shown), Value::String(answered)) if shown.ends_with('…') => {
            assert!(answered.starts_with(shown.trim_end_matches('…')), "{shown}: {answered}");
        }
        _ => assert_eq!(shown, answered),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_documentation_shows_is_what_is_answered() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations/consents.md");
    let page = std::fs::read_to_string(page).unwrap();
    let bench = signing("jan").await;
    let request: Value = serde_json::from_str(block(&page, "JSON in")).unwrap();
    let answer = bench.post(PATH, &request, &["-H", &bench.authorization()]).await.json();
    check(&serde_json::from_str(block(&page, "JSON out")).unwrap(), &answer);
    assert_eq!(
        settled(answer["xml"].as_str().unwrap()),
        settled(block(&page, "XML out"))
    );
}
