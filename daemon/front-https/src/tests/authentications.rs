//! Log-ins over HTTPS: whose site the token is for, and that sites would take it. What judges it shares no code with what
//! makes it: OpenSSL, and the Web Cryptography of Node.js.

use super::bench::{Bench, Reply, Setup, UNWILLING, WILLING, bearer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::Scope;
use beid_testkit::{Scratch, openssl, run, tool, workspace};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

const PATH: &str = "/v1/authentications";
const SITE: &str = "https://praktijk.example:8443";
const LOCAL: &str = "http://localhost:3000";
const NONCE: &str = "QUFBQUJCQkJDQ0NDRERERAECAwQFBgcICQoLDA0ODxA=";
/// Lets programs log people in.
const NATIVE: &str = "[policy]\nnative_log_in = true\n";

async fn bench(setup: Setup) -> Bench {
    Bench::with(Setup {
        listed: vec![
            (SITE, "authenticate"),
            (LOCAL, "authenticate"),
            ("https://other.example", "readers"),
        ],
        person: Some(setup.person.unwrap_or(WILLING)),
        ..setup
    })
    .await
}

/// Asks as a page of `origin`, which is let in first with the scope that it is listed with.
async fn as_page(bench: &Bench, origin: &str, scope: &str, body: &Value) -> Reply {
    let origin = format!("Origin: {origin}");
    let wish = json!({ "name": "page", "scopes": [scope] });
    let paired = bench.post("/v1/pairings", &wish, &["-H", &origin]).await.json();
    let token = bearer(paired["token"].as_str().unwrap_or_else(|| panic!("{paired}")));
    bench.post(PATH, body, &["-H", &origin, "-H", &token]).await
}

/// Asks as a program.
async fn as_program(bench: &Bench, body: &Value) -> Reply {
    let token = bearer(&bench.token(&[Scope::Authenticate]));
    bench.post(PATH, body, &["-H", &token]).await
}

/// Big-endian number as DER writes it.
fn der_integer(octets: &[u8]) -> Vec<u8> {
    let from = octets.iter().position(|octet| *octet != 0).unwrap();
    let mut number = octets[from..].to_vec();
    if number[0] & 0x80 != 0 {
        number.insert(0, 0);
    }
    [vec![2, u8::try_from(number.len()).unwrap()], number].concat()
}

/// Verdict of OpenSSL, which is given both hashes one after the other.
fn openssl_accepts(scratch: &Scratch, token: &Value, origin: &str, nonce: &str) -> bool {
    let octets = |name: &str| BASE64.decode(token[name].as_str().unwrap()).unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let certificate = path(&scratch.write("certificate.der", &octets("unverifiedCertificate")));
    let spki = openssl(
        scratch.path(),
        &["x509", "-inform", "DER", "-in", &certificate, "-pubkey", "-noout"],
    );
    let key = path(&scratch.write("key.pem", &spki.stdout));
    let signature = octets("signature");
    let (hash, signature) = match token["algorithm"].as_str().unwrap() {
        "ES384" => {
            assert_eq!(signature.len(), 96);
            let (r, s) = signature.split_at(48);
            let both = [der_integer(r), der_integer(s)].concat();
            (
                "-sha384",
                [vec![0x30, u8::try_from(both.len()).unwrap()], both].concat(),
            )
        }
        "RS256" => ("-sha256", signature),
        other => panic!("{other}"),
    };
    let mut signed = Vec::new();
    for part in [origin, nonce] {
        let text = path(&scratch.write("part", part.as_bytes()));
        signed.extend(openssl(scratch.path(), &["dgst", hash, "-binary", &text]).stdout);
    }
    let (signed, signature) = (
        path(&scratch.write("signed", &signed)),
        path(&scratch.write("signature", &signature)),
    );
    let verify = ["dgst", hash, "-verify", &key, "-signature", &signature, &signed];
    openssl(scratch.path(), &verify).succeeded()
}

/// Verdict of Web Cryptography.
fn node_accepts(scratch: &Scratch, token: &Value, origin: &str, nonce: &str) -> bool {
    let file = scratch.path().join("token.json");
    fs::write(&file, token.to_string()).unwrap();
    let script = workspace().join("tests/tools/web_eid.mjs");
    let verdict = run(Command::new(tool("node")).arg(script).arg(file).args([origin, nonce])).ok();
    verdict.trim() == "verified"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_gets_a_token_that_its_site_takes_and_no_other_does() {
    for (citizen, algorithm) in [("jan", "ES384"), ("anna", "RS256"), ("nele", "RS256")] {
        let bench = bench(Setup {
            citizen: Some(citizen),
            ..Setup::default()
        })
        .await;
        let reply = as_page(&bench, SITE, "authenticate", &json!({ "challengeNonce": NONCE })).await;
        assert_eq!((reply.status, reply.code().as_str()), (200, ""), "{citizen}");
        let token = reply.json();
        assert_eq!(token["format"], "web-eid:1.0");
        assert_eq!(token["algorithm"], algorithm, "{citizen}");
        assert_eq!(token["simulated"], true);
        assert!(token["appVersion"].as_str().unwrap().ends_with("+simulated"), "{token}");
        let scratch = Scratch::new("web-eid");
        for (origin, nonce, good) in [
            (SITE, NONCE, true),
            ("https://praktijk.example", NONCE, false),
            (SITE, "QUFBQUJCQkJDQ0NDRERERAECAwQFBgcICQoLDA0ODxE=", false),
        ] {
            assert_eq!(
                openssl_accepts(&scratch, &token, origin, nonce),
                good,
                "{citizen} {origin} {nonce}"
            );
            assert_eq!(
                node_accepts(&scratch, &token, origin, nonce),
                good,
                "{citizen} {origin} {nonce}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_site_is_the_callers_own_and_never_from_the_body() {
    let bench = bench(Setup::default()).await;
    let ask = |more: Value| {
        let mut body = json!({ "challengeNonce": NONCE });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let named = as_page(&bench, SITE, "authenticate", &ask(json!({ "audience": SITE }))).await;
    assert_eq!((named.status, named.code().as_str()), (400, "invalid-request"));
    let origin = as_page(
        &bench,
        SITE,
        "authenticate",
        &ask(json!({ "origin": "https://evil.example" })),
    )
    .await;
    assert_eq!((origin.status, origin.code().as_str()), (400, "invalid-request"));
    let local = as_page(&bench, LOCAL, "authenticate", &ask(json!({}))).await;
    assert_eq!((local.status, local.code().as_str()), (403, "policy-denied"));
    let detail = local.json()["detail"].to_string();
    assert!(detail.contains(LOCAL) && detail.contains("https"), "{detail}");
    let other = as_page(&bench, "https://other.example", "readers", &ask(json!({}))).await;
    assert_eq!((other.status, other.code().as_str()), (403, "scope-missing"));
    // Pages alone may, unless the settings say otherwise.
    let program = as_program(&bench, &ask(json!({ "audience": SITE }))).await;
    assert_eq!((program.status, program.code().as_str()), (403, "policy-denied"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nonces_are_text_of_44_to_128_characters() {
    let bench = bench(Setup {
        settings: NATIVE,
        ..Setup::default()
    })
    .await;
    for (nonce, good) in [
        ("a".repeat(43), false),
        ("a".repeat(44), true),
        ("a".repeat(128), true),
        ("a".repeat(129), false),
        (" ".repeat(44), false),
    ] {
        let body = json!({ "challengeNonce": nonce, "audience": SITE });
        let reply = as_program(&bench, &body).await;
        if !good {
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (400, "invalid-request"),
                "{nonce}"
            );
            assert!(reply.json()["detail"].as_str().unwrap().starts_with("challengeNonce: "));
            continue;
        }
        let scratch = Scratch::new("web-eid");
        assert!(node_accepts(&scratch, &reply.json(), SITE, &nonce), "{nonce}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_log_in_to_an_https_site_that_they_state() {
    let bench = bench(Setup {
        settings: NATIVE,
        ..Setup::default()
    })
    .await;
    for (audience, good) in [
        (Some(SITE), true),
        (Some("https://xn--bcher-kva.be"), true),
        (None, false),
        (Some("https://praktijk.example/"), false),
        (Some("https://praktijk.example/login"), false),
        (Some("https://user@praktijk.example"), false),
        (Some("https://Praktijk.example"), false),
        (Some("http://praktijk.example"), false),
        (Some(LOCAL), false),
        (Some("null"), false),
    ] {
        let mut body = json!({ "challengeNonce": NONCE });
        if let Some(audience) = audience {
            body["audience"] = audience.into();
        }
        let reply = as_program(&bench, &body).await;
        let expected = if good { (200, "") } else { (400, "invalid-request") };
        assert_eq!((reply.status, reply.code().as_str()), expected, "{audience:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_has_the_members_of_a_log_in() {
    let page = fs::read_to_string(workspace().join("docs/operations/authentications.md")).unwrap();
    let blocks: Vec<Value> = page
        .split("```json ")
        .skip(1)
        .map(|block| block.split_once('\n').unwrap().1.split("```").next().unwrap())
        .map(|block| serde_json::from_str(block).unwrap())
        .collect();
    let bench = bench(Setup::default()).await;
    let token = as_page(&bench, SITE, "authenticate", &blocks[0]).await.json();
    for (member, shown) in blocks[1].as_object().unwrap() {
        assert!(token[member].is_string(), "{member}: {token}");
        if ["algorithm", "format"].contains(&member.as_str()) {
            assert_eq!(token[member], *shown);
        }
    }
    assert_eq!(
        token.as_object().unwrap().len(),
        blocks[1].as_object().unwrap().len() + 1,
        "simulated besides"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_says_no_logs_nobody_in() {
    let bench = bench(Setup {
        person: Some(UNWILLING),
        ..Setup::default()
    })
    .await;
    let reply = as_page(&bench, SITE, "authenticate", &json!({ "challengeNonce": NONCE })).await;
    assert_eq!((reply.status, reply.code().as_str()), (403, "user-declined"));
}
