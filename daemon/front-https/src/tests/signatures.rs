//! Signatures over HTTPS: the scopes that they need, the size of a body, and the same answer as on the bus.

use super::bench::{Bench, Setup, WILLING, bearer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::Scope;
use serde_json::{Value, json};

const PATH: &str = "/v1/signatures";

fn request(format: &str, content: &[u8]) -> Value {
    json!({"format": format, "documents": [
        {"name": "a.bin", "mediaType": "application/octet-stream", "content": BASE64.encode(content)}]})
}

async fn signing() -> Bench {
    Bench::with(Setup {
        person: Some(WILLING),
        ..Setup::default()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_signed_for_whoever_has_the_scope_of_its_format() {
    let bench = signing().await;
    let scopes = [
        &[Scope::Sign][..],
        &[Scope::SignDigest],
        &[Scope::ProofTherlink, Scope::IdentityFull],
    ];
    for (format, allowed) in [("cades", [true, false, false]), ("raw", [false, true, false])] {
        for (scopes, allowed) in scopes.into_iter().zip(allowed) {
            let token = bearer(&bench.token(scopes));
            let reply = bench.post(PATH, &request(format, b"content"), &["-H", &token]).await;
            if !allowed {
                assert_eq!(
                    (reply.status, reply.code().as_str()),
                    (403, "scope-missing"),
                    "{format}"
                );
                continue;
            }
            assert_eq!(reply.status, 200, "{format} {}", reply.code());
            let answer = reply.json();
            assert_eq!(
                (&answer["format"], &answer["algorithm"]),
                (&json!(format), &json!("ES384"))
            );
            assert_eq!(answer["signatures"].as_array().unwrap().len(), 1);
            assert!(answer["certificates"][0].is_string() && answer["cardId"].is_string());
            assert_eq!(answer["simulated"], true);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn this_route_alone_takes_eight_mebibytes() {
    let bench = signing().await;
    let mine = bench.authorization();
    // More than any other route takes, and nearly all that this one takes.
    for size in [100_000, 6 << 20] {
        let reply = bench
            .post(PATH, &request("cades", &vec![7; size]), &["-H", &mine])
            .await;
        assert_eq!((reply.status, reply.code().as_str()), (200, ""), "{size}");
    }
    let blanks = |size| Some(vec![b' '; size]);
    let json = ["-X", "POST", "-H", "Content-Type: application/json", "-H", &mine];
    for version in ["--http1.1", "--http2"] {
        for more in [&[][..], &["-H", "Transfer-Encoding: chunked"]] {
            for (size, code) in [(9 * 1024 * 1024, "invalid-request"), (9 * 1024 * 1024 + 1, "too-large")] {
                let arguments = [&[version][..], &json, more].concat();
                let reply = bench.send(PATH, &arguments, blanks(size)).await;
                assert_eq!(reply.code(), code, "{version} {more:?} {size}");
            }
            let arguments = [&[version][..], &json, more].concat();
            let reply = bench.send("/v1/therapeutic-links", &arguments, blanks(70_000)).await;
            assert_eq!(reply.code(), "too-large", "{version} {more:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_offered_is_described_and_what_is_not_is_named() {
    let bench = signing().await;
    let described = bench.get("/v1/openapi.json").await.json();
    let post = &described["paths"][PATH]["post"];
    assert_eq!(post["operationId"], "sign");
    let body = &post["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    let members = &described
        .pointer(body.as_str().unwrap().trim_start_matches('#'))
        .unwrap()["properties"];
    assert!(
        members["documents"].is_object() && members["format"].is_object(),
        "{post}"
    );
    let mine = bench.authorization();
    let reply = bench.post(PATH, &request("pades", b"x"), &["-H", &mine]).await;
    assert_eq!(reply.code(), "invalid-request");
    let detail = reply.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("raw") && detail.contains("cades"), "{detail}");
}
