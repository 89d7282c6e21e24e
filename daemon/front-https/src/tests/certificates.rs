//! Certificates and files over HTTPS: the card's own bytes, in the form asked for, for callers that may see them.

use super::bench::{Bench, Reply, Setup, bearer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::Scope;
use beid_card::{CERTIFICATES, ElementaryFile, Transport};
use beid_pki::Certificate;
use beid_simulator::VirtualSlot;
use beid_testkit::virtual_card;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

const JSON: &str = "application/json";
const DER: &str = "application/pkix-cert";
const PEM: &str = "application/x-pem-file";

async fn with(citizen: &'static str) -> Bench {
    Bench::with(Setup {
        citizen: Some(citizen),
        ..Setup::default()
    })
    .await
}

/// Reads a file without our own card layer: SELECT by path, READ BINARY until the card says that it ends.
fn on_the_card(slot: &VirtualSlot, file: &ElementaryFile) -> Vec<u8> {
    let mut content = Vec::new();
    let mut connection = slot.connect().unwrap();
    let read = |exchange: &mut dyn beid_card::Exchange| {
        let path: Vec<u8> = file.path.iter().flat_map(|id| id.to_be_bytes()).collect();
        let length = u8::try_from(path.len()).unwrap();
        let select = [&[0x00, 0xA4, 0x08, 0x0C, length][..], &path].concat();
        assert_eq!(exchange.transmit(&select).unwrap(), [0x90, 0x00], "{}", file.name);
        loop {
            let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
            let mut answer = exchange.transmit(&[0x00, 0xB0, high, low, 0x00]).unwrap();
            if let [0x6C, exact] = answer[..] {
                answer = exchange.transmit(&[0x00, 0xB0, high, low, exact]).unwrap();
            }
            match answer[..] {
                [ref data @ .., 0x90, 0x00] if !data.is_empty() => content.extend_from_slice(data),
                _ => break,
            }
        }
    };
    let mut read = read;
    connection.exclusive(&mut read).unwrap();
    content
}

/// Reads a certificate in the same way, without the padding behind it.
fn certificate_on_the_card(slot: &VirtualSlot, file: &ElementaryFile) -> Vec<u8> {
    let content = on_the_card(slot, file);
    let len = 4 + usize::from(u16::from_be_bytes([content[2], content[3]]));
    content[..len].to_vec()
}

async fn accepting(bench: &Bench, path: &str, accept: &str) -> Reply {
    let accept = format!("Accept: {accept}");
    bench.curl(path, &["-H", &bench.authorization(), "-H", &accept]).await
}

fn named<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let list = answer["certificates"].as_array().unwrap();
    list.iter().find(|one| one["name"] == name).unwrap()
}

fn names(answer: &Value) -> Vec<&str> {
    let list = answer["certificates"].as_array().unwrap();
    list.iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_certificate_is_the_cards_own_in_every_form() {
    for citizen in ["odile", "anna", "nele", "jan", "nova"] {
        let bench = with(citizen).await;
        let all = bench.get("/v1/cards/current/certificates").await.json();
        assert_eq!(
            names(&all),
            [
                "authentication",
                "signature",
                "intermediate",
                "root",
                "national-register"
            ]
        );
        for file in CERTIFICATES {
            let own = certificate_on_the_card(bench.reader.slot(), file);
            let path = format!("/v1/cards/current/certificates/{}", file.name);
            let listed = named(&all, file.name);
            assert_eq!(
                BASE64.decode(listed["der"].as_str().unwrap()).unwrap(),
                own,
                "{citizen}"
            );
            let one = accepting(&bench, &path, JSON).await;
            assert_eq!(one.header("content-type"), Some(JSON));
            let (one, der) = (one.json(), accepting(&bench, &path, DER).await);
            assert_eq!((&one["der"], &one["present"]), (&listed["der"], &json!(true)));
            assert_eq!((der.header("content-type"), &der.body), (Some(DER), &own));
            let there = format!(
                "/v1/cards/{}/certificates/{}",
                one["cardId"].as_str().unwrap(),
                file.name
            );
            assert_eq!(der.header("content-location"), Some(there.as_str()));
            let pem = accepting(&bench, &path, PEM).await;
            assert_eq!(pem.header("content-type"), Some(PEM));
            assert_eq!(CertificateDer::from_pem_slice(&pem.body).unwrap().as_ref(), own);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_say_what_the_certificate_says() {
    for (citizen, key) in [
        ("odile", "RSA-1024"),
        ("anna", "RSA-2048"),
        ("nele", "RSA-2048"),
        ("jan", "P-384"),
    ] {
        let bench = with(citizen).await;
        let all = bench.get("/v1/cards/current/certificates").await.json();
        let signature = named(&all, "signature");
        assert_eq!(signature["publicKey"], key, "{citizen}");
        assert_eq!(signature["keyUsage"], json!(["nonRepudiation"]));
        assert_eq!(named(&all, "authentication")["keyUsage"], json!(["digitalSignature"]));
        assert_eq!(named(&all, "root")["keyUsage"], json!(["keyCertSign", "cRLSign"]));
        assert_eq!(signature["issuer"], named(&all, "intermediate")["subject"]);
        assert!(signature["subject"].as_str().unwrap().contains("(Signature)"));
        let der = BASE64.decode(signature["der"].as_str().unwrap()).unwrap();
        let parsed = Certificate::parse(&der).unwrap();
        assert_eq!(signature["notAfter"], parsed.not_after().to_string());
        assert_eq!(signature["sha256"].as_str().unwrap().len(), 64);
        assert_eq!(
            signature["serialNumber"].as_str().unwrap().len(),
            2 * parsed.serial().len()
        );
        assert_eq!(all["simulated"], true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_give_is_not_acceptable_and_the_card_is_left_alone() {
    let bench = Bench::new().await;
    bench.get("/v1/cards/current/certificates").await;
    let before = bench.reader.slot().apdus();
    for (path, accept) in [
        ("certificates", DER),
        ("certificates/root", "text/html"),
        ("certificates/root", "application/json;q=0"),
        ("files/identity", JSON),
        ("photo", "image/png"),
    ] {
        let refused = accepting(&bench, &format!("/v1/cards/current/{path}"), accept).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (406, "not-acceptable"),
            "{path}"
        );
    }
    assert_eq!(bench.reader.slot().apdus(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_childs_card_lacks_its_holders_certificates() {
    for (citizen, missing) in [
        ("lotte", &["authentication", "signature"][..]),
        ("sam", &["signature"]),
        ("jan", &[]),
    ] {
        let bench = with(citizen).await;
        let all = bench.get("/v1/cards/current/certificates").await.json();
        for file in CERTIFICATES {
            let is_missing = missing.contains(&file.name);
            let listed = named(&all, file.name);
            assert_eq!(
                (&listed["present"], listed.get("der").is_none()),
                (&json!(!is_missing), is_missing)
            );
            let one = accepting(&bench, &format!("/v1/cards/current/certificates/{}", file.name), "*/*").await;
            let expected = if is_missing {
                (422, "certificate-missing")
            } else {
                (200, "")
            };
            assert_eq!((one.status, one.code().as_str()), expected, "{citizen} {}", file.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_holders_certificates_and_files_need_more_than_certificates() {
    let bench = Bench::new().await;
    let holders = ["certificates/authentication", "certificates/signature"];
    let others = [
        "certificates/intermediate",
        "certificates/root",
        "certificates/national-register",
    ];
    let files = ["files/identity", "files/address-signature", "files/token-info"];
    let photo = ["files/photo"];
    use Scope::{Certificates, IdentityFull, IdentityPhoto};
    for (scopes, holders_may, others_may, files_may, photo_may) in [
        (&[Certificates][..], false, true, false, false),
        (&[Certificates, IdentityFull], true, true, true, false),
        (&[IdentityFull], false, false, true, false),
        (&[IdentityPhoto], false, false, false, true),
        (&[Certificates, IdentityPhoto], false, true, false, true),
    ] {
        let token = bearer(&bench.token(scopes));
        for (paths, may) in [
            (&holders[..], holders_may),
            (&others, others_may),
            (&files, files_may),
            (&photo, photo_may),
        ] {
            for path in paths {
                let reply = bench.curl(&format!("/v1/cards/current/{path}"), &["-H", &token]).await;
                let expected = if may { (200, "") } else { (403, "scope-missing") };
                assert_eq!((reply.status, reply.code().as_str()), expected, "{scopes:?} {path}");
            }
        }
    }
    let token = bearer(&bench.token(&[Certificates]));
    let listed = bench.curl("/v1/cards/current/certificates", &["-H", &token]).await;
    assert_eq!(names(&listed.json()), ["intermediate", "root", "national-register"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_the_cards_own_bytes() {
    for citizen in ["odile", "anna", "jan", "maria", "mina", "yusuf"] {
        let bench = with(citizen).await;
        // Once from the card, once after it has been read for other ends, and once more.
        for round in ["first", "after the summary", "again"] {
            for name in [
                "identity",
                "identity-signature",
                "address",
                "address-signature",
                "photo",
                "token-info",
                "cdf",
            ] {
                let reply = bench.get(&format!("/v1/cards/current/files/{name}")).await;
                let kind = if name == "photo" {
                    "image/jpeg"
                } else {
                    "application/octet-stream"
                };
                assert_eq!((reply.status, reply.header("content-type")), (200, Some(kind)));
                let file = ElementaryFile::named(name).unwrap();
                assert!(
                    reply.body == on_the_card(bench.reader.slot(), file),
                    "{citizen} {name} {round}"
                );
            }
            assert_eq!(bench.get("/v1/cards/current/summary").await.status, 200);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_a_card_lacks_is_not_found() {
    for (citizen, name, found) in [
        ("anna", "basic-public-key", false),
        ("odile", "basic-public-key", false),
        ("jan", "basic-public-key", true),
        ("jan", "preferences", false),
        ("anna", "preferences", true),
        ("jan", "root", false),
        ("jan", "nothing", false),
    ] {
        let bench = with(citizen).await;
        let reply = bench.get(&format!("/v1/cards/current/files/{name}")).await;
        let expected = if found { (200, "") } else { (404, "not-found") };
        assert_eq!((reply.status, reply.code().as_str()), expected, "{citizen} {name}");
        // A file that is missing makes no other one fail.
        assert_eq!(
            bench.get("/v1/cards/current/identity").await.json()["authenticity"]["outcome"],
            "passed"
        );
    }
    let bench = Bench::new().await;
    assert_eq!(
        bench.get("/v1/cards/current/certificates/photo").await.code(),
        "not-found"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_request_for_certificates_costs_nothing() {
    let bench = Bench::new().await;
    let first = bench.get("/v1/cards/current/certificates").await.json();
    let before = bench.reader.slot().apdus();
    assert_eq!(bench.get("/v1/cards/current/certificates").await.json(), first);
    assert_eq!(bench.get("/v1/cards/current/certificates/root").await.status, 200);
    assert_eq!(bench.reader.slot().apdus(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_card_is_checked_with_what_the_first_brought_and_still_gives_its_own() {
    for (first, second, most) in [("jan", "claire", 13), ("anna", "bram", 12)] {
        let bench = with(first).await;
        let path = "/v1/cards/current/verifications";
        let authorization = bench.authorization();
        let checks = bench.post(path, &json!({}), &["-H", &authorization]).await.json();
        let sources = |checks: &Value| -> Vec<(String, String)> {
            let word = |check: &Value, member: &str| check[member].as_str().unwrap().to_owned();
            let checks = checks["checks"].as_array().unwrap().iter();
            checks
                .map(|check| (word(check, "name"), word(check, "source")))
                .collect()
        };
        assert!(sources(&checks).iter().all(|(_, source)| source == "card"), "{checks}");
        bench.reader.insert(virtual_card(second));
        assert_eq!(bench.get("/v1/cards/current").await.status, 200);
        recognised(&bench).await;
        let before = bench.reader.slot().apdus();
        let summary = bench.get("/v1/cards/current/summary").await.json();
        let cost = bench.reader.slot().apdus() - before;
        assert!(cost <= most, "{second}: {cost} commands");
        let made: Vec<_> = summary["checks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|check| &check["name"])
            .collect();
        assert_eq!(
            made,
            ["identity-signature", "national-register-chain", "address-signature"]
        );
        let checks = bench.post(path, &json!({}), &["-H", &authorization]).await.json();
        for (name, source) in sources(&checks) {
            if name.ends_with("-chain") {
                assert_eq!(source, "cache", "{second}: {name}");
            }
        }
        let all = bench.get("/v1/cards/current/certificates").await.json();
        for file in CERTIFICATES {
            let own = certificate_on_the_card(bench.reader.slot(), file);
            assert_eq!(
                BASE64.decode(named(&all, file.name)["der"].as_str().unwrap()).unwrap(),
                own
            );
        }
    }
}

/// Waits until the card in the reader has been recognised.
async fn recognised(bench: &Bench) {
    super::bench::until("recognised", || {
        let status = bench.service.registry.resolve("current").ok()?.status();
        status.applet().map(drop)
    })
    .await;
}
