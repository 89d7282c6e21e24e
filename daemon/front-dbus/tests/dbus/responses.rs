//! Answers of the platform, read over the bus and on the command line.

use crate::pin::call;
use beid_testkit::daemon::ctl::{fails, json as ctl_json, run, stdout, succeeds};
use beid_testkit::daemon::{Desk, Person};
use beid_testkit::workspace;
use serde_json::json;
use std::path::PathBuf;

const MANAGER: (&str, &str) = ("/org/beidd1", "org.beidd1.Manager");

fn folder(name: &str) -> PathBuf {
    workspace().join(name)
}

fn fixture(name: &str) -> PathBuf {
    folder("protocol/tests/answers").join(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn busctl_reads_an_answer_as_https_does() {
    let desk = Desk::open(Person::Declines).await;
    for name in [
        "v2/get-therapeutic-link.xml",
        "v2/consent-status.xml",
        "v3/failed.xml",
        "v2/has-therapeutic-link.xml",
    ] {
        let xml = std::fs::read_to_string(fixture(name)).unwrap();
        let members = call(&desk, "parse-response", json!({ "xml": xml })).await.unwrap();
        let arguments = ["a{sv}", "1", "xml", "s", &xml];
        let over_bus = desk.call(MANAGER.0, MANAGER.1, "ParseResponse", &arguments);
        assert_eq!(over_bus, members, "{name}");
        assert!(over_bus["response"]["request"]["id"].is_string());
    }
    let arguments = ["a{sv}", "1", "xml", "s", "<!DOCTYPE a><a/>"];
    let refused = desk.refused(MANAGER.0, MANAGER.1, "ParseResponse", &arguments);
    assert!(refused.contains("document type"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn beidctl_shows_an_answer_and_fails_with_it() {
    let desk = Desk::open(Person::Declines).await;
    let path = |name: &str| fixture(name).to_str().unwrap().to_owned();
    let page = succeeds(&desk, &["response", &path("v2/get-therapeutic-link.xml")]).await;
    for text in [
        "  Complete.",
        "  Asked             get-therapeutic-link, national",
        "  of                79.01.01-997.57, Testa PATIENT",
        "  with              Testo ARTS, persphysician, 19999816004",
        "  period            from 2026-01-05, until 2027-04-05",
        "  recorded          declaration, 2026-01-05T09:30:00.123+01:00, eidsigning, eidreading",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let answer = ctl_json(&desk, &["response", &path("v2/consent-status.xml")]).await;
    assert_eq!(answer["consent"]["status"], "REVOKED");
    assert!(
        succeeds(&desk, &["response", &path("v2/nothing-found.xml")])
            .await
            .contains("no such link")
    );

    let failed = run(&desk, &["response", &path("v3/failed.xml")]).await;
    assert_eq!(failed.status.code(), Some(1));
    assert!(stdout(&failed).contains("  Error             HUB.42: TEST texte : accès refusé\n"));

    let hostile = folder("fuzz/corpus/answer/entity-bomb");
    let (code, said) = fails(&desk, &["response", hostile.to_str().unwrap()]).await;
    assert!(
        code == 1 && said.contains("invalid-request") && said.contains("document type"),
        "{code} {said}"
    );
    let (code, said) = fails(&desk, &["response", "nowhere.xml"]).await;
    assert!(code == 1 && said.contains("nowhere.xml"), "{code} {said}");
}
