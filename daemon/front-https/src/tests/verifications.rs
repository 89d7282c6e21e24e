//! Files that are verified over HTTPS: for callers that have something signed, without any card.

use super::bench::{Bench, Setup, WILLING, bearer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::Scope;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const PATH: &str = "/v1/verifications";

async fn verified(bench: &Bench, request: &Value) -> Value {
    let reply = bench.post(PATH, request, &["-H", &bench.authorization()]).await;
    assert_eq!(reply.status, 200, "{}", reply.code());
    reply.json()
}

/// Signature of `content` by the card in the reader: a file in base64.
async fn signature(bench: &Bench, format: &str, content: &[u8]) -> String {
    let document = json!({"name": "a.txt", "mediaType": "text/plain", "content": BASE64.encode(content)});
    let request = json!({"format": format, "documents": [document]});
    let reply = bench
        .post("/v1/signatures", &request, &["-H", &bench.authorization()])
        .await;
    assert_eq!(reply.status, 200, "{}", reply.code());
    reply.json()["signatures"][0]["data"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_judged_with_its_content_after_the_card_has_gone() {
    let bench = Bench::with(Setup {
        person: Some(WILLING),
        ..Setup::default()
    })
    .await;
    let content = b"A letter.\n";
    let formats = ["cades", "xades", "asice"];
    let mut files = Vec::new();
    for format in formats {
        files.push(signature(&bench, format, content).await);
    }
    bench.reader.remove();
    for (format, file) in formats.into_iter().zip(files) {
        let beside = json!({"file": file, "content": BASE64.encode(content)});
        let answer = verified(&bench, &beside).await;
        let judged = (&answer["verdict"], &answer["trust"], &answer["covers"]);
        assert_eq!(
            judged,
            (&json!("valid-test-card"), &json!("test"), &json!("content")),
            "{format}: {answer}"
        );
        assert!(
            answer["signer"]["name"].as_str().unwrap().contains("(Signature)"),
            "{format}: {answer}"
        );

        let changed = json!({"file": file, "content": BASE64.encode("Another letter.\n")});
        let answer = verified(&bench, &changed).await;
        assert_eq!(answer["verdict"], "invalid", "{format}: {answer}");

        // A container holds its content; the others stand beside it.
        let alone = verified(&bench, &json!({ "file": file })).await;
        let expected = if format == "asice" {
            "valid-test-card"
        } else {
            "not-checked"
        };
        assert_eq!(alone["verdict"], expected, "{format}: {alone}");
        assert!(
            alone["checks"].as_array().is_some_and(|checks| checks.len() > 3),
            "{format}: {alone}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_three_scopes_will_do_and_no_other() {
    let bench = Bench::new().await;
    let request = json!({"file": BASE64.encode("<x/>")});
    for scope in Scope::ALL {
        let token = bearer(&bench.token(&[*scope]));
        let reply = bench.post(PATH, &request, &["-H", &token]).await;
        let may = [Scope::Sign, Scope::ProofConsent, Scope::ProofTherlink].contains(scope);
        let code = if may { "" } else { "scope-missing" };
        assert_eq!(reply.code(), code, "{}", scope.word());
    }
    assert_eq!(bench.post(PATH, &request, &[]).await.code(), "token-missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_files_are_judged_and_hurt_nobody() {
    let bench = Bench::new().await;
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let mut judged = 0;
    for folder in ["cms", "xades", "sign", "certificate"] {
        for entry in fs::read_dir(corpus.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let file = fs::read(&path).unwrap();
            let answer = verified(&bench, &json!({"file": BASE64.encode(file)})).await;
            // Nobody here trusts the roots of those files.
            let verdict = answer["verdict"].as_str().unwrap();
            assert!(!verdict.starts_with("valid"), "{}: {answer}", path.display());
            judged += 1;
        }
    }
    assert!(judged > 5, "{judged}");
    let nothing = verified(&bench, &json!({"file": ""})).await;
    assert_eq!(nothing["checks"][0]["reason"], "empty");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_meant_is_refused_with_its_member() {
    let bench = Bench::new().await;
    let authorization = bench.authorization();
    let file = BASE64.encode("<x/>");
    #[rustfmt::skip] // one row a line
    let refused = [
        (json!({}), "file: is needed"),
        (json!({"file": "?"}), "file: must be base64"),
        (json!({"file": file, "content": "?"}), "content: must be base64"),
        (json!({"file": file, "certificates": ["AAAA"]}), "certificates[0]: must be a certificate in DER"),
        (json!({"file": file, "certificates": vec!["AAAA"; 17]}), "certificates: must be 16 at most"),
        (json!({"file": file, "root": "AAAA"}), "root: is no member here"),
    ];
    for (request, why) in refused {
        let reply = bench.post(PATH, &request, &["-H", &authorization]).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (400, "invalid-request"),
            "{request}"
        );
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(why), "{detail}");
    }
    for (size, code) in [(3_000_000, ""), (3_200_000, "too-large"), (4_000_000, "too-large")] {
        let half = BASE64.encode(vec![b' '; size]);
        let reply = bench
            .post(PATH, &json!({"file": half, "content": half}), &["-H", &authorization])
            .await;
        assert_eq!(reply.code(), code, "{size}");
    }
}
