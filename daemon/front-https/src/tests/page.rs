//! The daemon's own page: its files, who gets them, and its session.

use super::bench::{Bench, LISTED, Reply, STRANGER, Setup, WILLING, bearer};
use crate::page::FILES;
use beid_api::Scope;
use beid_api::{AnswerForm, Operation, operations};
use beid_card::DocumentType;
use beid_service::Call;
use beid_service::caller::Caller;
use beid_texts::{Language, source};
use serde_json::json;

/// Upper limit on all that the first view loads, in bytes on the wire.
const FIRST_VIEW: usize = 100 * 1024;

/// Fetch Metadata of a request that the page makes itself.
pub(super) const OWN: [&str; 2] = ["-H", "Sec-Fetch-Site: same-origin"];

/// Address at which the page opens, and its code.
async fn opened(bench: &Bench) -> (String, String) {
    let caller = Caller::on_bus(":1.1", "beidctl");
    let call = bench.service.call(operations::OpenPage::ROW, caller, Call::default());
    let AnswerForm::Members(answer) = call.await.unwrap() else {
        panic!("members")
    };
    let url = answer["url"].as_str().unwrap().to_owned();
    let code = url.split_once("/#code=").unwrap().1.to_owned();
    (url, code)
}

/// Exchanges a code, with these further arguments for curl.
async fn exchanged(bench: &Bench, code: &str, arguments: &[&str]) -> Reply {
    bench
        .post("/v1/page-sessions", &json!({ "code": code }), arguments)
        .await
}

/// `Authorization` of a new session.
pub(super) async fn session(bench: &Bench) -> String {
    let (_, code) = opened(bench).await;
    let reply = exchanged(bench, &code, &OWN).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    bearer(reply.json()["token"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_is_served_with_its_type_a_tag_and_a_strict_policy() {
    let bench = Bench::new().await;
    for file in FILES {
        let reply = bench.curl(file.path, &[]).await;
        assert_eq!(reply.status, 200, "{}", file.path);
        assert!(!reply.body.is_empty(), "{}", file.path);
        let expected = match file.path.rsplit_once('.').map(|(_, extension)| extension) {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("ico") => "image/svg+xml",
            Some("ftl") => "text/plain; charset=utf-8",
            Some(_) | None => "text/html; charset=utf-8",
        };
        assert_eq!(reply.header("content-type"), Some(expected), "{}", file.path);
        assert_eq!(reply.header("cache-control"), Some("no-cache"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("cross-origin-resource-policy"), Some("same-origin"));
        let policy = reply.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "trusted-types 'none'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        let tag = reply.header("etag").unwrap();
        let again = bench.curl(file.path, &["-H", &format!("If-None-Match: {tag}")]).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{}", file.path);
        let head = bench.curl(file.path, &["-I"]).await;
        assert_eq!((head.status, head.header("etag")), (200, Some(tag)));
        let length = head.header("content-length").unwrap();
        assert_eq!(length, reply.body.len().to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_view_is_small_and_asks_nobody_else() {
    let bench = Bench::new().await;
    for language in ["nl", "fr", "de", "en"] {
        let mut whole = 0;
        for file in FILES {
            let other_language = file.path.starts_with("/page/locales/") && !file.path.contains(language);
            // The other views are loaded when they are opened.
            let is_first = ["card", "checks", "exports", "holder"]
                .iter()
                .any(|view| file.path.ends_with(&format!("/{view}.js")));
            let other_view = file.path.starts_with("/page/views/") && !is_first;
            if !other_language && !other_view {
                let reply = bench.curl(file.path, &["-H", "Accept-Encoding: gzip"]).await;
                assert_eq!(reply.header("content-encoding"), Some("gzip"), "{}", file.path);
                whole += reply.body.len();
            }
        }
        assert!(whole < FIRST_VIEW, "{language}: {whole}");
    }
    // Texts may speak of addresses, and load nothing.
    for file in FILES.iter().filter(|file| !file.path.ends_with(".ftl")) {
        let text = String::from_utf8(bench.curl(file.path, &[]).await.body).unwrap();
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with(['*', '#', '/']));
        for line in code {
            let line = line
                .replace("http://www.w3.org/2000/svg", "")
                .replace("https://localhost", "");
            assert!(
                !line.contains("http://") && !line.contains("https://"),
                "{}: {line}",
                file.path
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_page_gets_a_file_or_frames_it() {
    let bench = Bench::new().await;
    let own = format!("Origin: https://localhost:{}", bench.port);
    let (listed, stranger) = (format!("Origin: {LISTED}"), format!("Origin: {STRANGER}"));
    let site = |site: &str| format!("Sec-Fetch-Site: {site}");
    let (cross, same_site, none) = (site("cross-site"), site("same-site"), site("none"));
    let (tab, frame) = ("Sec-Fetch-Dest: document", "Sec-Fetch-Dest: iframe");
    let navigates = "Sec-Fetch-Mode: navigate";
    #[rustfmt::skip] // one row a line
    let rows: &[(&str, &[&str], u16)] = &[
        ("GET", &[], 200),
        ("GET", &[&none], 200),
        ("GET", &[&own, OWN[1]], 200),
        ("GET", &[&cross, navigates, tab], 200),
        ("GET", &[&cross, navigates, frame], 403),
        ("GET", &[&cross], 403),
        ("GET", &[&same_site, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"], 403),
        ("GET", &[&listed], 403),
        ("GET", &[&stranger], 403),
        ("GET", &["Origin: null"], 403),
        ("GET", &["Host: evil.example"], 421),
        ("POST", &[], 405),
        ("DELETE", &[], 405),
        ("OPTIONS", &[&stranger], 403),
    ];
    for path in ["/", "/page/app.js"] {
        for (method, fields, status) in rows {
            let arguments: Vec<&str> = fields.iter().flat_map(|field| ["-H", field]).collect();
            let reply = bench.curl(path, &[&["-X", method], &arguments[..]].concat()).await;
            assert_eq!(reply.status, *status, "{path} {method} {fields:?}");
            assert_eq!(reply.header("access-control-allow-origin"), None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_opens_one_session_for_the_page_alone() {
    let bench = Bench::new().await;
    let (url, code) = opened(&bench).await;
    assert!(url.starts_with(&format!("https://localhost:{}/#code=", bench.port)));
    let own_origin = format!("Origin: https://localhost:{}", bench.port);
    let (listed, stranger) = (format!("Origin: {LISTED}"), format!("Origin: {STRANGER}"));
    let refused: &[&[&str]] = &[
        &[],
        &["-H", "Sec-Fetch-Site: none"],
        &["-H", "Sec-Fetch-Site: cross-site"],
        &["-H", "Sec-Fetch-Site: same-site"],
        &["-H", &own_origin],
        &["-H", OWN[1], "-H", &listed],
        &["-H", OWN[1], "-H", &stranger],
        &["-H", OWN[1], "-H", "Origin: null"],
    ];
    for arguments in refused {
        let reply = exchanged(&bench, &code, arguments).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (403, "origin-not-paired"),
            "{arguments:?}"
        );
    }
    let arguments = [&OWN[..], &["-H", &own_origin]].concat();
    let reply = exchanged(&bench, &code, &arguments).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let again = exchanged(&bench, &code, &arguments).await;
    assert_eq!((again.status, again.code().as_str()), (401, "token-invalid"));
    let guess = exchanged(&bench, "AAAAAAAAAAAAAAAAAAAAAA", &arguments).await;
    assert_eq!(guess.code(), "token-invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_good_on_the_page_and_nowhere_else() {
    let bench = Bench::new().await;
    let session = session(&bench).await;
    let program = bearer(&bench.token(Scope::ALL));
    let (listed, own) = (
        format!("Origin: {LISTED}"),
        format!("Origin: https://localhost:{}", bench.port),
    );
    #[rustfmt::skip] // one row a line
    let rows: &[(&[&str], u16, &str)] = &[
        (&[&session, OWN[1]], 200, ""),
        (&[&session, OWN[1], &own], 200, ""),
        (&[OWN[1]], 401, "token-missing"),
        (&[&session], 401, "token-invalid"),
        (&[&session, "Sec-Fetch-Site: cross-site"], 403, "origin-not-paired"),
        (&[&session, &listed], 401, "token-invalid"),
        (&[&session, OWN[1], &listed], 401, "token-invalid"),
        (&[&session, &own], 403, "origin-not-paired"),
        (&[&program, OWN[1]], 401, "token-invalid"),
    ];
    for path in ["/v1/readers", "/v1/cards/current/summary"] {
        for (fields, status, code) in rows {
            let arguments: Vec<&str> = fields.iter().flat_map(|field| ["-H", field]).collect();
            let reply = bench.curl(path, &arguments).await;
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (*status, *code),
                "{path} {fields:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn which_browsers_trust_the_daemon_is_told_to_the_page_alone() {
    let bench = Bench::new().await;
    let session = session(&bench).await;
    let program = bearer(&bench.token(Scope::ALL));
    let listed = format!("Origin: {LISTED}");
    let pairing = json!({ "name": "Website", "scopes": ["readers"] });
    let paired = bench.post("/v1/pairings", &pairing, &["-H", &listed]).await;
    let website = bearer(paired.json()["token"].as_str().unwrap());
    #[rustfmt::skip] // one row a line
    let rows: &[(&[&str], u16, &str)] = &[
        // Nobody looks into stores for this service: the page has come as far as that.
        (&[&session, OWN[1]], 404, "not-found"),
        (&[OWN[1]], 401, "token-missing"),
        (&[&program], 403, "origin-not-paired"),
        (&[&website, &listed], 403, "origin-not-paired"),
    ];
    for (fields, status, code) in rows {
        let arguments: Vec<&str> = fields.iter().flat_map(|field| ["-H", field]).collect();
        let reply = bench.curl("/v1/tls", &arguments).await;
        assert_eq!((reply.status, reply.code().as_str()), (*status, *code), "{fields:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_has_files_signed_like_any_caller() {
    let bench = Bench::with(Setup {
        person: Some(WILLING),
        ..Setup::default()
    })
    .await;
    let session = session(&bench).await;
    let signed = json!({
        "format": "cades",
        "documents": [{ "name": "a.txt", "mediaType": "text/plain", "content": "YQ==" }],
    });
    let reply = bench
        .post("/v1/signatures", &signed, &["-H", OWN[1], "-H", &session])
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.json()["signatures"][0]["name"], "a.txt.p7s");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_told_what_it_may_offer() {
    for (settings, expected) in [
        ("", json!(["fhir", "eid", "csv", "photo", "json", "print"])),
        ("[policy]\nexports = ['print', 'csv']\n", json!(["print", "csv"])),
        ("[policy]\nexports = []\n", json!([])),
    ] {
        let bench = Bench::with(Setup {
            settings,
            ..Setup::default()
        })
        .await;
        let (_, code) = opened(&bench).await;
        let told = exchanged(&bench, &code, &OWN).await.json();
        assert_eq!(told["exports"], expected, "{settings}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_lets_a_silenced_caller_ask_again_and_nobody_else_does() {
    let bench = Bench::new().await;
    let session = session(&bench).await;
    let program = bearer(&bench.token(Scope::ALL));
    let silence = |caller: &'static str| {
        let call = Call {
            members: [("caller".to_owned(), json!(caller))].into_iter().collect(),
            ..Call::default()
        };
        bench
            .service
            .call(operations::Silence::ROW, Caller::on_bus(":1.1", "beidctl"), call)
    };
    for caller in [
        "https://ads.example",
        "https://ads.example:8443",
        "/opt/my software/emr",
        "unknown",
        "own-page",
    ] {
        silence(caller).await.unwrap();
        let encoded = percent_encoded(caller);
        let path = format!("/v1/silenced/{encoded}");
        let own = ["-X", "DELETE", "-H", OWN[1], "-H", &session];
        let others: [&[&str]; 2] = [
            &["-X", "DELETE", "-H", &program],
            &["-X", "DELETE", "-H", OWN[1], "-H", &program],
        ];
        for arguments in others {
            assert!(
                matches!(bench.curl(&path, arguments).await.status, 401 | 403),
                "{caller}"
            );
        }
        let reply = bench.curl(&path, &own).await;
        assert_eq!(reply.status, 200, "{caller}: {reply:?}");
        let again = bench.curl(&path, &own).await;
        assert_eq!((again.status, again.code().as_str()), (404, "not-found"), "{caller}");
    }
    let listed = bench.curl("/v1/pairings", &["-H", OWN[1], "-H", &session]).await.json();
    assert_eq!(listed["silenced"], json!([]));
}

/// A path segment as `encodeURIComponent` writes it.
fn percent_encoded(text: &str) -> String {
    let octet = |octet: u8| match octet {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' => char::from(octet).to_string(),
        _ => format!("%{octet:02X}"),
    };
    text.bytes().map(octet).collect()
}

#[test]
fn every_kind_of_card_is_named_in_every_language() {
    for code in 0..=99_u8 {
        let known = DocumentType::parse(code.to_string().as_bytes()).unwrap().name() != "unknown";
        for language in Language::ALL {
            let named = source(language).contains(&format!("\npage-kind-{code} = "));
            assert_eq!(named, known, "{code} in {}", language.tag());
        }
    }
}
