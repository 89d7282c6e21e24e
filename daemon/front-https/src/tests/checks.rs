//! Checks of a request, each by itself and in their order.

use super::bench::{Bench, LISTED, STRANGER, Setup, bearer};
use beid_api::Scope;
use beid_settings::{Pairing, StatusFor};
use serde_json::json;

/// curl's arguments for one header each.
fn fields<'f>(fields: &[&'f str]) -> Vec<&'f str> {
    fields.iter().flat_map(|field| ["-H", field]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_check_that_fails_answers() {
    let bench = Bench::new().await;
    let (weak, strong) = (bearer(&bench.token(&[Scope::Readers])), bench.authorization());
    let (ours, stranger) = (format!("Host: localhost:{}", bench.port), format!("Origin: {STRANGER}"));
    let large = vec![b' '; 70_000];
    let (path, nowhere) = ("/v1/cards/current/verifications", "/v1/nowhere");
    let (html, key) = ("Accept: text/html", "Idempotency-Key: 1");
    let (form, json) = ("Content-Type: text/plain", "Content-Type: application/json");
    let other = "Host: evil.example";
    // Each row mends one thing more than the row above.
    type Row<'r> = (&'r str, &'r str, &'r [&'r str], &'r [u8], u16, &'r str);
    #[rustfmt::skip] // one row a line
    let rows: &[Row<'_>] = &[
        (nowhere, "PUT", &[other, &stranger, form, html, key], &large, 421, "wrong-host"),
        (nowhere, "PUT", &[&ours, &stranger, form, html, key], &large, 403, "origin-not-paired"),
        (nowhere, "PUT", &[&ours, form, html, key], &large, 404, "not-found"),
        (path, "PUT", &[&ours, form, html, key], &large, 405, "method-not-allowed"),
        (path, "POST", &[&ours, form, html, key], &large, 415, "unsupported-media-type"),
        (path, "POST", &[&ours, json, html, key], &large, 413, "too-large"),
        (path, "POST", &[&ours, json, html, key], b"{", 401, "token-missing"),
        (path, "POST", &[&ours, json, html, key, "Authorization: Bearer x"], b"{", 401, "token-invalid"),
        (path, "POST", &[&ours, json, html, key, &weak], b"{", 403, "scope-missing"),
        (path, "POST", &[&ours, json, html, key, &strong], b"{", 400, "invalid-request"),
        (path, "POST", &[&ours, json, html, &strong], b"{", 406, "not-acceptable"),
        (path, "POST", &[&ours, json, &strong], b"{", 400, "invalid-request"),
        (path, "POST", &[&ours, json, &strong], b"{}", 200, ""),
    ];
    for version in ["--http1.1", "--http2"] {
        for (path, method, headers, body, status, code) in rows {
            let arguments = [vec![version, "-X", method], fields(headers)].concat();
            let reply = bench.send(path, &arguments, Some(body.to_vec())).await;
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (*status, *code),
                "{version} {headers:?}"
            );
            assert_eq!(reply.header("access-control-allow-origin"), None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_check_refuses_by_itself() {
    let bench = Bench::new().await;
    let good = bench.authorization();
    let link = "/v1/therapeutic-links";
    #[rustfmt::skip] // one row a line
    let rows: &[(&str, &[&str], u16, &str)] = &[
        ("/v1/readers", &["-H", &good], 200, ""),
        ("/v1/readers", &[], 401, "token-missing"),
        ("/v1/readers", &["-H", "Authorization: Basic eDp5"], 401, "token-invalid"),
        ("/v1/readers?token=x", &[], 401, "token-missing"),
        ("/v1/readers?x=1", &["-H", &good], 400, "invalid-request"),
        ("/v1/cards/current?cardId=x", &["-H", &good], 400, "invalid-request"),
        ("/v1/readers", &["-H", &good, "-H", "Origin: null"], 403, "origin-not-paired"),
        ("/v1/readers", &["-H", &good, "-H", "Sec-Fetch-Site: none"], 403, "origin-not-paired"),
        ("/v1/status", &["-H", "Origin: null"], 403, "origin-not-paired"),
        ("/v1/status", &["-H", "Origin: http://plain.example"], 403, "origin-not-paired"),
        ("/v1/status", &["-H", "Authorization: Bearer x"], 401, "token-invalid"),
        ("/v1/status", &["-H", "Host: localhost"], 421, "wrong-host"),
        ("/v1/readers", &["-H", &good, "-X", "DELETE"], 405, "method-not-allowed"),
        ("/v1/readers", &["-H", &good, "-H", "Accept: text/html"], 406, "not-acceptable"),
        ("/v1/cards/current/identity", &["-H", &good, "-H", "Accept: application/fhir+xml"], 406, "not-acceptable"),
        ("/v1/cards/current/photo", &["-H", &good, "-H", "Accept: image/png"], 406, "not-acceptable"),
        ("/nowhere", &[], 404, "not-found"),
        ("/v1/readers/", &["-H", &good], 404, "not-found"),
        ("/v1/cards/00000000000000000000000000000000", &["-H", &good], 404, "not-found"),
        (link, &["-H", &good, "-X", "POST", "-H", "Content-Type:", "-d", "{}"], 415, "unsupported-media-type"),
        (link, &["-H", &good, "--json", "[]"], 400, "invalid-request"),
        (link, &["-H", &good, "--json", "{}", "-H", "Idempotency-Key: a"], 400, "invalid-request"),
        (link, &["-H", &good, "--json", "{\"pin\":\"1234\"}"], 400, "invalid-request"),
        ("/v1/cards/current/verifications", &["-H", &good, "-X", "POST"], 200, ""),
        ("/v1/cards/current/verifications", &["-H", &good, "--json", "{\"cardId\":\"x\"}"], 400, "invalid-request"),
    ];
    for (path, arguments, status, code) in rows {
        let reply = bench.curl(path, arguments).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (*status, *code),
            "{path} {arguments:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_length_is_counted_as_it_comes() {
    let bench = Bench::new().await;
    let authorization = bench.authorization();
    let chunked = [
        "-H",
        &authorization,
        "-H",
        "Content-Type: application/json",
        "-H",
        "Transfer-Encoding: chunked",
    ];
    for version in ["--http1.1", "--http2"] {
        for (size, code) in [(60_000, "invalid-request"), (70_000, "too-large")] {
            let arguments = [&[version, "-X", "POST"][..], &chunked].concat();
            let reply = bench
                .send("/v1/therapeutic-links", &arguments, Some(vec![b' '; size]))
                .await;
            assert_eq!(reply.code(), code, "{version} {size}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_response_has_the_same_protection() {
    let bench = Bench::new().await;
    for path in ["/v1/status", "/v1/readers", "/nowhere"] {
        let reply = bench.curl(path, &[]).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("vary", "Origin"),
        ] {
            assert_eq!(reply.header(name), Some(value), "{path}");
        }
        assert_eq!(reply.header("strict-transport-security"), None);
    }
    let refused = bench.curl("/v1/readers", &[]).await;
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    let verb = bench.curl("/v1/pairings", &["-X", "PUT"]).await;
    assert_eq!(verb.header("allow"), Some("POST, GET, HEAD, OPTIONS"));
    let dutch = bench
        .curl("/v1/readers", &["-H", "Accept-Language: es, nl;q=0.5"])
        .await;
    assert_eq!(dutch.json()["title"], "Er is een token nodig");
    assert_eq!(dutch.header("content-language"), Some("nl"));
    bench.reader.remove();
    let later = bench.get("/v1/cards/current/identity").await;
    assert_eq!(
        (later.code().as_str(), later.header("retry-after")),
        ("no-card", Some("1"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn preflight_lets_listed_pages_ask() {
    let bench = Bench::new().await;
    let preflight = async |path: &'static str, origin: &str, method: &str| {
        let (origin, method) = (
            format!("Origin: {origin}"),
            format!("Access-Control-Request-Method: {method}"),
        );
        let asks = ["-X", "OPTIONS", "-H", &origin, "-H", &method];
        bench
            .curl(
                path,
                &[&asks[..], &["-H", "Access-Control-Request-Private-Network: true"]].concat(),
            )
            .await
    };
    let reply = preflight("/v1/readers", LISTED, "GET").await;
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    #[rustfmt::skip] // one row a line
    let rows = [
        ("access-control-allow-origin", Some(LISTED)),
        ("access-control-allow-methods", Some("GET, POST, DELETE")),
        ("access-control-allow-headers", Some("Authorization, Content-Type, Prefer, Idempotency-Key, Accept-Language, Last-Event-ID")),
        ("access-control-expose-headers", Some("Location, Content-Location, Preference-Applied, Retry-After")),
        ("access-control-allow-private-network", Some("true")),
        ("access-control-allow-credentials", None),
        ("vary", Some("Origin")),
    ];
    for (name, value) in rows {
        assert_eq!(reply.header(name), value, "{name}");
    }
    let refused = preflight("/v1/readers", STRANGER, "GET").await;
    assert_eq!(
        (refused.status, refused.header("access-control-allow-origin")),
        (403, None)
    );
    // Any page may call these two, so any page may ask.
    for (path, method) in [("/v1/status", "GET"), ("/v1/pairings", "POST")] {
        let reply = preflight(path, STRANGER, method).await;
        assert_eq!(
            (reply.status, reply.header("access-control-allow-origin")),
            (204, Some(STRANGER))
        );
        assert_eq!(preflight(path, "null", method).await.status, 403);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_verb_on_an_open_path_may_be_read_by_any_page() {
    let bench = Bench::new().await;
    for (path, verb) in [("/v1/pairings", "PUT"), ("/v1/status", "POST")] {
        let origin = format!("Origin: {STRANGER}");
        let reply = bench.curl(path, &["-X", verb, "-H", &origin]).await;
        assert_eq!((reply.status, reply.code().as_str()), (405, "method-not-allowed"));
        assert_eq!(reply.header("access-control-allow-origin"), Some(STRANGER));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_gets_what_get_would_without_the_body() {
    let bench = Bench::new().await;
    let authorization = bench.authorization();
    for version in ["--http1.1", "--http2"] {
        for (path, status) in [
            ("/v1/status", 200),
            ("/v1/readers", 200),
            ("/v1/cards/current/photo", 200),
            ("/v1/therapeutic-links", 405),
            ("/v1/nowhere", 404),
        ] {
            let fields = [version, "-H", &authorization];
            let (get, head) = (
                bench.curl(path, &fields).await,
                bench.curl(path, &[&fields[..], &["--head"]].concat()).await,
            );
            assert_eq!((head.status, head.body.len()), (status, 0), "{version} {path}");
            for name in ["content-type", "content-length"] {
                assert_eq!(head.header(name), get.header(name), "{version} {path}");
            }
        }
        // With GET, this response has no end.
        let events = bench
            .curl("/v1/events", &[version, "-H", &authorization, "--head"])
            .await;
        assert_eq!((events.status, events.body.len()), (200, 0), "{version}");
    }
    let verbs = bench.curl("/v1/status", &["-X", "PUT"]).await;
    assert_eq!(verbs.header("allow"), Some("GET, HEAD, OPTIONS"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_said_twice_is_refused_by_name() {
    let bench = Bench::new().await;
    let authorization = bench.authorization();
    let arguments = [
        "-X",
        "POST",
        "-H",
        &authorization,
        "-H",
        "Content-Type: application/json",
        "-H",
        "Accept-Language: en",
    ];
    for body in [
        r#"{"operation":"put","patient":{"nationalNumber":"85051402418","nationalNumber":"82000000073"}}"#,
        r#"{"links":[{"nationalNumber":1,"nationalNumber":1}]}"#,
        r#"{"nationalNumber":1,"national\u004eumber":1}"#,
    ] {
        let reply = bench
            .send("/v1/therapeutic-links", &arguments, Some(body.as_bytes().to_vec()))
            .await;
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert_eq!(reply.code(), "invalid-request", "{body}");
        assert!(
            detail.contains("nationalNumber") && detail.contains("twice"),
            "{detail}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_pages_learn_that_we_are_here_if_the_settings_say_so() {
    let bench = Bench::with(Setup {
        status: StatusFor::Listed,
        ..Setup::default()
    })
    .await;
    let wish = json!({ "name": "Desk", "scopes": ["readers"] });
    for (origin, status, pairing, shared) in [(LISTED, 200, 201, Some(LISTED)), (STRANGER, 403, 403, None)] {
        let origin = format!("Origin: {origin}");
        let preflight = [
            "-X",
            "OPTIONS",
            "-H",
            &origin,
            "-H",
            "Access-Control-Request-Method: POST",
        ];
        #[rustfmt::skip] // one row a line
        let rows = [
            (bench.curl("/v1/status", &["-H", &origin]).await, status),
            (bench.post("/v1/pairings", &wish, &["-H", &origin]).await, pairing),
            (bench.curl("/v1/status", &["-X", "PUT", "-H", &origin]).await, if shared.is_some() { 405 } else { 403 }),
            (bench.curl("/v1/pairings", &preflight).await, if shared.is_some() { 204 } else { 403 }),
        ];
        for (reply, expected) in rows {
            assert_eq!(reply.status, expected, "{origin}");
            assert_eq!(reply.header("access-control-allow-origin"), shared);
        }
    }
    let typed = bench.curl("/v1/status", &["-H", "Sec-Fetch-Site: none"]).await;
    assert_eq!(typed.code(), "origin-not-paired");
    assert_eq!(bench.curl("/v1/status", &[]).await.status, 200, "a program is no page");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_page_that_pairs_again_and_again_is_still_let_in() {
    let bench = Bench::new().await;
    let listed = format!("Origin: {LISTED}");
    let wish = json!({ "name": "Desk", "scopes": ["readers"] });
    let mut tokens = Vec::new();
    for _ in 0..33 {
        let reply = bench.post("/v1/pairings", &wish, &["-H", &listed]).await;
        assert_eq!(reply.status, 201);
        tokens.push(bearer(reply.json()["token"].as_str().unwrap()));
    }
    let ask = async |token: &str| bench.curl("/v1/readers", &["-H", &listed, "-H", token]).await;
    assert_eq!(ask(&tokens[0]).await.code(), "token-invalid", "the oldest made room");
    for token in [&tokens[1], &tokens[32]] {
        assert_eq!(ask(token).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn page_listed_with_the_whole_identity_may_ask_for_the_basic_part() {
    let full = [(LISTED, "identity.full")];
    let bench = Bench::with(Setup {
        listed: full.to_vec(),
        ..Setup::default()
    })
    .await;
    let listed = format!("Origin: {LISTED}");
    for (scope, status) in [("identity.basic", 201), ("identity.photo", 403)] {
        let wish = json!({ "name": "Desk", "scopes": [scope] });
        assert_eq!(
            bench.post("/v1/pairings", &wish, &["-H", &listed]).await.status,
            status,
            "{scope}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn language_may_be_a_member_of_the_body() {
    let bench = Bench::new().await;
    let authorization = bench.authorization();
    let english = ["-H", &authorization, "-H", "Accept-Language: en"];
    let verify = "/v1/cards/current/verifications";
    let taken = bench.post(verify, &json!({ "language": "fr" }), &english).await;
    assert_eq!(taken.status, 200);
    let wrong = bench.post(verify, &json!({ "language": 1 }), &english).await;
    assert_eq!(wrong.code(), "invalid-request");
    bench.reader.remove();
    let refused = bench.post(verify, &json!({ "language": "nl" }), &english).await;
    assert_eq!(
        (refused.code().as_str(), refused.header("content-language")),
        ("no-card", Some("nl"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn listed_page_is_let_in_and_its_token_is_its_own() {
    let only_listed = Setup {
        pairing: Pairing::ListedOnly,
        ..Setup::default()
    };
    let bench = Bench::with(only_listed).await;
    let (listed, stranger) = (format!("Origin: {LISTED}"), format!("Origin: {STRANGER}"));
    let wish = json!({ "name": "Desk", "scopes": ["readers"] });
    let refused = bench.post("/v1/pairings", &wish, &["-H", &stranger]).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "origin-not-paired"));
    assert_eq!(
        refused.header("access-control-allow-origin"),
        Some(STRANGER),
        "it may read why"
    );
    let odd = bench.post("/v1/pairings", &json!({ "x": 1 }), &["-H", &stranger]).await;
    assert_eq!(odd.code(), "origin-not-paired", "whatever it asks");
    let native = bench.post("/v1/pairings", &wish, &[]).await;
    assert_eq!(native.code(), "origin-not-paired");
    let more = json!({ "name": "Desk", "scopes": ["identity.full"] });
    let more = bench.post("/v1/pairings", &more, &["-H", &listed]).await;
    assert_eq!(more.code(), "scope-missing");

    let granted = bench.post("/v1/pairings", &wish, &["-H", &listed]).await;
    assert_eq!((granted.status, &granted.json()["state"]), (201, &json!("granted")));
    assert_eq!(granted.header("access-control-allow-origin"), Some(LISTED));
    let token = bearer(granted.json()["token"].as_str().unwrap());
    let with = async |fields: &[&str]| bench.curl("/v1/readers", &self::fields(fields)).await;
    let reply = with(&[&token, &listed]).await;
    assert_eq!(
        (reply.status, reply.header("access-control-allow-origin")),
        (200, Some(LISTED))
    );
    assert_eq!(
        with(&[&token]).await.code(),
        "token-invalid",
        "a page's token is none of a program's"
    );
    let program = bench.authorization();
    assert_eq!(
        with(&[&program, &listed]).await.code(),
        "token-invalid",
        "nor the other way round"
    );
    let typed = with(&[&token, &listed, "Sec-Fetch-Site: none"]).await;
    assert_eq!(
        (typed.code().as_str(), typed.header("access-control-allow-origin")),
        ("origin-not-paired", None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn status_says_more_to_whom_it_knows() {
    let bench = Bench::new().await;
    let little = json!({ "service": "beidd", "apiVersions": ["1"] });
    let stranger = format!("Origin: {STRANGER}");
    for arguments in [vec![], vec!["-H", &stranger], vec!["-H", "Sec-Fetch-Site: none"]] {
        assert_eq!(bench.curl("/v1/status", &arguments).await.json(), little);
    }
    let known = bench.get("/v1/status").await.json();
    assert_eq!(
        (&known["simulated"], &known["version"]),
        (&json!(true), &json!(env!("CARGO_PKG_VERSION")))
    );
}
