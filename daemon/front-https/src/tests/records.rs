//! A holder's data in the formats of others, over HTTPS: FHIR as programs of others judge it, and the viewer's files.

use super::bench::{Bench, Reply, Setup, bearer};
use super::page::{OWN, session};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::Scope;
use beid_simulator::CITIZENS;
use beid_testkit::{Scratch, run, test_tools, tool, workspace};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

const IDENTITY: &str = "/v1/cards/current/identity";
const SUMMARY: &str = "/v1/cards/current/summary";
const FHIR: &str = "application/fhir+json";
const EID: &str = "application/x-beid-eid+xml";
const CSV: &str = "text/csv";

async fn form(bench: &Bench, path: &str, accept: &str, language: &str, scopes: &[Scope]) -> Reply {
    let (accept, language) = (format!("Accept: {accept}"), format!("Accept-Language: {language}"));
    let token = bearer(&bench.token(scopes));
    bench.curl(path, &["-H", &token, "-H", &accept, "-H", &language]).await
}

async fn card_of(citizen: &'static str) -> Bench {
    Bench::with(Setup {
        citizen: Some(citizen),
        ..Setup::default()
    })
    .await
}

/// Faults in a Patient, each of which one of the judges must find: the place, and the value that is put there.
const FAULTS: [(&str, &str); 13] = [
    ("/gender", r#""F""#),
    ("/name/0/use", r#""foo""#),
    ("/name", r#"{"use": "official", "family": "X"}"#),
    ("/name/0/use", r#""usual""#),
    ("/birthDate", r#""1985-7-1""#),
    ("/birthDate", r#""""#),
    ("/identifier/0/value", r#""90.02.28-057.37""#),
    ("/identifier/0/value", r#""9002280573""#),
    ("/identifier/0/value", r#""900228057370""#),
    ("/identifier/0/value", r#""90022805738""#),
    (
        "/identifier/0",
        r#"{"system": "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin"}"#,
    ),
    ("/extension/0/extension/0", r#"{"url": "code", "valueString": "Belg"}"#),
    (
        "/meta/security",
        r#"[{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]"#,
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn fhir_of_every_citizen_passes_the_checks_of_others() {
    let mut samples = Vec::new();
    for (citizen, language) in CITIZENS.iter().zip(["nl", "fr", "de", "en"].iter().cycle()) {
        let bench = card_of(citizen.id).await;
        for path in [
            IDENTITY,
            SUMMARY,
            "/v1/cards/current/identity?fields=familyName,nationality",
        ] {
            let reply = form(&bench, path, FHIR, language, Scope::ALL).await;
            assert_eq!(reply.status, 200, "{} {path}", citizen.id);
            let label = format!("{} {path}", citizen.id);
            samples.push(json!({ "label": label, "resource": reply.json() }));
        }
        let basic = form(&bench, IDENTITY, FHIR, language, &[Scope::IdentityBasic])
            .await
            .json();
        samples.push(json!({ "label": format!("{} basic", citizen.id), "resource": basic }));
    }
    // Whoever finds no fault in anything proves nothing.
    let bench = card_of("jan").await;
    let good = form(&bench, SUMMARY, FHIR, "nl", Scope::ALL).await.json();
    let patient = &good["entry"][0]["resource"];
    for (pointer, value) in FAULTS {
        let mut faulty = patient.clone();
        *faulty.pointer_mut(pointer).unwrap() = serde_json::from_str(value).unwrap();
        samples.push(json!({ "label": format!("{pointer} {value}"), "resource": faulty, "faulty": true }));
    }
    let scratch = Scratch::new("fhir");
    symlink(
        test_tools().join("npm/node_modules"),
        scratch.path().join("node_modules"),
    )
    .unwrap();
    fs::copy(
        workspace().join("tests/tools/npm/fhir.mjs"),
        scratch.path().join("fhir.mjs"),
    )
    .unwrap();
    let count = samples.len();
    fs::write(scratch.path().join("samples.json"), Value::from(samples).to_string()).unwrap();
    let mut judge = Command::new(tool("node"));
    let judged = run(judge.current_dir(scratch.path()).args(["fhir.mjs", "samples.json"])).ok();
    assert_eq!(judged.trim(), format!("{count} resources, 0 faults"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_says_no_more_than_the_scopes_and_the_fields_allow() {
    let bench = card_of("jan").await;
    let whole = form(&bench, IDENTITY, FHIR, "nl", Scope::ALL).await;
    assert_eq!(
        whole.header("content-type"),
        Some("application/fhir+json; fhirVersion=4.0")
    );
    let location = whole.header("content-location").unwrap();
    assert!(
        location.starts_with("/v1/cards/") && !location.contains("current"),
        "{location}"
    );
    let whole = whole.json();
    assert_eq!(whole["identifier"][0]["value"], "90022805737");
    assert_eq!(whole["meta"]["tag"], Value::Null);
    assert!(
        whole["address"].is_null() && whole["photo"].is_null() && whole["id"].is_null(),
        "{whole}"
    );
    let subsetted = |patient: &Value| patient["meta"]["tag"][0]["code"] == "SUBSETTED";
    let basic = form(&bench, IDENTITY, FHIR, "nl", &[Scope::IdentityBasic]).await.json();
    assert!(
        subsetted(&basic) && basic["identifier"].is_null() && basic["extension"].is_null(),
        "{basic}"
    );
    assert!(!basic["text"]["div"].as_str().unwrap().contains("90.02.28"), "{basic}");
    let fields = format!("{IDENTITY}?fields=gender");
    let one = form(&bench, &fields, FHIR, "nl", Scope::ALL).await.json();
    assert!(
        subsetted(&one) && one["name"].is_null() && one["gender"] == "male",
        "{one}"
    );
    let bundle = form(&bench, SUMMARY, FHIR, "fr", Scope::ALL).await.json();
    let entries = bundle["entry"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0]["resource"]["address"][0]["country"], "BE");
    assert_eq!(entries[1]["resource"]["target"][0]["reference"], entries[0]["fullUrl"]);
    let basic = form(&bench, SUMMARY, FHIR, "fr", &[Scope::IdentityBasic]).await;
    assert_eq!(basic.code(), "scope-missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_viewers_files_need_the_scopes_of_all_that_is_in_them() {
    let bench = card_of("jan").await;
    let enough = [Scope::IdentityFull, Scope::IdentityPhoto, Scope::Certificates];
    for (media_type, content_type) in [(EID, EID), (CSV, "text/csv; charset=utf-8; header=absent")] {
        let reply = form(&bench, SUMMARY, media_type, "nl", &enough).await;
        assert_eq!(reply.header("content-type"), Some(content_type));
        for missing in 0..enough.len() {
            let scopes: Vec<_> = (0..enough.len())
                .filter(|at| *at != missing)
                .map(|at| enough[at])
                .collect();
            let reply = form(&bench, SUMMARY, media_type, "nl", &scopes).await;
            assert_eq!(reply.code(), "scope-missing", "{media_type} {scopes:?}");
        }
        let identity = form(&bench, IDENTITY, media_type, "nl", Scope::ALL).await;
        assert_eq!(identity.code(), "not-acceptable", "{media_type}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_that_the_settings_do_not_name_are_refused_before_the_card_is_read() {
    let bench = Bench::with(Setup {
        settings: "[policy]\nexports = ['csv']\n",
        ..Setup::default()
    })
    .await;
    for (path, media_type, code) in [
        (IDENTITY, FHIR, "policy-denied"),
        (SUMMARY, FHIR, "policy-denied"),
        (SUMMARY, EID, "policy-denied"),
        (SUMMARY, CSV, ""),
        (SUMMARY, "application/json", ""),
    ] {
        let reply = form(&bench, path, media_type, "nl", Scope::ALL).await;
        assert_eq!(reply.code(), code, "{path} {media_type}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_the_settings_hold_back_goes_to_the_own_page_alone() {
    for (settings, refused) in [
        ("[policy]\nexports = []\n", true),
        ("[policy]\nexports = ['eid']\n", true),
        ("[policy]\nexports = ['photo']\n", false),
    ] {
        let bench = Bench::with(Setup {
            settings,
            ..Setup::default()
        })
        .await;
        for path in ["/v1/cards/current/photo", "/v1/cards/current/files/photo"] {
            let reply = bench.get(path).await;
            assert_eq!(reply.code() == "policy-denied", refused, "{settings} {path}");
            let session = session(&bench).await;
            let shown = bench.curl(path, &["-H", OWN[1], "-H", &session]).await;
            assert_eq!(shown.status, 200, "{settings} {path}");
        }
        assert_eq!(
            bench.get("/v1/cards/current/files/identity").await.status,
            200,
            "other files are another thing"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_read_back_as_it_was_and_proves_nothing() {
    for citizen in CITIZENS {
        let bench = card_of(citizen.id).await;
        let identity = bench.get(IDENTITY).await.json();
        let address = bench.get("/v1/cards/current/address").await.json();
        let photo = bench.get("/v1/cards/current/photo").await.body;
        for media_type in [EID, CSV] {
            let written = form(&bench, SUMMARY, media_type, "nl", Scope::ALL).await;
            assert_eq!(written.status, 200, "{} {media_type} {}", citizen.id, written.code());
            let read = read_export(&bench, &written.body).await;
            assert_eq!(read.status, 200, "{} {media_type}", citizen.id);
            let read = read.json();
            assert_eq!(read["authenticity"], json!({ "outcome": "unknown", "checks": [] }));
            assert_eq!(read["photo"], BASE64.encode(&photo));
            for member in [
                "nationalNumber",
                "familyName",
                "nationality",
                "birthPlace",
                "birthDate",
                "cardNumber",
                "chipNumber",
                "validFrom",
                "validUntil",
                "issuingMunicipality",
                "specialStatus",
                "nobleCondition",
                "duplicate",
            ] {
                assert_eq!(
                    read["identity"][member], identity[member],
                    "{} {media_type} {member}",
                    citizen.id
                );
            }
            for member in ["streetAndNumber", "postalCode", "municipality"] {
                assert_eq!(
                    read["address"][member], address[member],
                    "{} {media_type} {member}",
                    citizen.id
                );
            }
        }
    }
}

async fn read_export(bench: &Bench, file: &[u8]) -> Reply {
    let mine = bench.authorization();
    let body = json!({ "content": BASE64.encode(file) });
    bench.post("/v1/exported-records", &body, &["-H", &mine]).await
}

/// The card's own files as the oldest viewer saved them.
async fn saved(bench: &Bench) -> Vec<(u8, Vec<u8>)> {
    let mut entries = vec![(0x00, vec![2])];
    for (tag, path) in [
        (0x08, "certificates/national-register"),
        (0x01, "files/identity"),
        (0x02, "files/identity-signature"),
        (0x03, "files/address"),
        (0x04, "files/address-signature"),
        (0x05, "files/photo"),
    ] {
        let der = [
            "-H",
            "Accept: application/pkix-cert, */*;q=0.1",
            "-H",
            &bench.authorization(),
        ];
        let reply = bench.curl(&format!("/v1/cards/current/{path}"), &der).await;
        entries.push((tag, reply.body));
    }
    let root = ["-H", "Accept: application/pkix-cert", "-H", &bench.authorization()];
    let root = bench.curl("/v1/cards/current/certificates/root", &root).await.body;
    entries.push((0x0C, entry(4, &entry(0, &root))));
    entries
}

fn entry(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len();
    let groups: [u8; 3] =
        [(length >> 14) & 0x7F, (length >> 7) & 0x7F, length & 0x7F].map(|group| u8::try_from(group).unwrap());
    [&[tag, groups[0] | 0x80, groups[1] | 0x80, groups[2]], value].concat()
}

fn file(entries: &[(u8, Vec<u8>)]) -> Vec<u8> {
    entries.iter().flat_map(|(tag, value)| entry(*tag, value)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cards_own_files_are_judged_by_their_signatures() {
    for citizen in ["jan", "anna"] {
        let bench = card_of(citizen).await;
        let entries = saved(&bench).await;
        let good = read_export(&bench, &file(&entries)).await.json();
        assert_eq!(good["format"], "card-files");
        assert_eq!(good["authenticity"]["outcome"], "passed", "{good}");
        assert_eq!(good["authenticity"]["checks"].as_array().unwrap().len(), 4);
        // Every file, with one octet changed.
        for tag in [0x01, 0x02, 0x03, 0x04, 0x05] {
            let mut entries = entries.clone();
            let changed = entries.iter_mut().find(|(known, _)| *known == tag).unwrap();
            let at = changed.1.len() / 2;
            changed.1[at] ^= 1;
            let read = read_export(&bench, &file(&entries)).await;
            let outcome = read.json()["authenticity"]["outcome"].clone();
            assert!(outcome == "failed" || read.status != 200, "{citizen} {tag}: {outcome}");
        }
        // An address that nobody signed is somebody's own words, however well the rest is signed.
        let mut forged = entries.clone();
        forged.retain(|(tag, _)| *tag != 0x04);
        let address = forged.iter_mut().find(|(known, _)| *known == 0x03).unwrap();
        address.1 = [entry(1, b"Elsewhere 1"), entry(2, b"1000"), entry(3, b"Brussel")].concat();
        let forged_answer = read_export(&bench, &file(&forged)).await.json();
        assert_eq!(forged_answer["authenticity"]["outcome"], "unknown", "{forged_answer}");
        let checks = forged_answer["authenticity"]["checks"].as_array().unwrap();
        let unknown: Vec<_> = checks.iter().filter(|check| check["outcome"] != "passed").collect();
        assert_eq!(unknown.len(), 1, "{forged_answer}");
        assert_eq!(unknown[0]["name"], "address-signature");
        // A check that failed outweighs it.
        let photo = forged.iter_mut().find(|(known, _)| *known == 0x05).unwrap();
        photo.1[100] ^= 1;
        let failed = read_export(&bench, &file(&forged)).await.json();
        assert_eq!(failed["authenticity"]["outcome"], "failed", "{failed}");
        // Without signatures nobody can tell.
        let bare: Vec<_> = entries
            .iter()
            .filter(|(tag, _)| [0x01, 0x03].contains(tag))
            .cloned()
            .collect();
        let bare = read_export(&bench, &file(&bare)).await.json();
        assert_eq!(bare["authenticity"], json!({ "outcome": "unknown", "checks": [] }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_documentation_shows_is_what_is_answered() {
    let page = fs::read_to_string(workspace().join("docs/exports.md")).unwrap();
    let (_, block) = page.split_once("```json\n").unwrap();
    let shown: Value = serde_json::from_str(block.split("```").next().unwrap()).unwrap();
    let bench = card_of("jan").await;
    let read = read_export(&bench, br#"<eid><identity dateofbirth="19620000"/></eid>"#).await;
    assert_eq!(read.json(), shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_of_a_viewer_is_refused() {
    let bench = card_of("jan").await;
    for content in [
        &b""[..],
        b"hello",
        b"<html/>",
        b"<!DOCTYPE eid><eid/>",
        b"<eid",
        b"1;eid;;",
        b"\x01\x01",
        b"\xFF\xFE<",
    ] {
        let reply = read_export(&bench, content).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (400, "invalid-request"),
            "{content:?}"
        );
    }
    let mine = bench.authorization();
    let reply = bench
        .post("/v1/exported-records", &json!({ "content": "%%%" }), &["-H", &mine])
        .await;
    assert_eq!(reply.code(), "invalid-request");
}
