//! A holder's data in the formats of others, over the bus and on the command line; and files of viewers, shown.

use crate::front::{CARD, NO_ARGUMENTS};
use beid_front_dbus::card_path;
use beid_front_https::{Https, HttpsSettings};
use beid_testkit::daemon::ctl::{admit_over_https, fails, json as ctl_json, over_https, stdout, succeeds};
use beid_testkit::daemon::{Desk, Person};
use serde_json::{Value, json};
use std::fs;
use std::sync::Arc;

const FHIR: [&str; 5] = ["a{sv}", "1", "accept", "s", "application/fhir+json"];

fn octets(answer: &Value) -> Vec<u8> {
    let data = answer["data"].as_array().unwrap().iter();
    data.map(|octet| u8::try_from(octet.as_u64().unwrap()).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn accept_chooses_the_form_on_the_bus_as_on_https() {
    let desk = Desk::open(Person::Declines).await;
    let id = desk.insert("jan").await;
    let path = card_path(&id);
    let answer = desk.call(&path, CARD, "ReadIdentity", &FHIR);
    assert_eq!(
        (&answer["mediaType"], &answer["cardId"]),
        (&json!("application/fhir+json"), &json!(id))
    );
    let patient: Value = serde_json::from_slice(&octets(&answer)).unwrap();
    assert_eq!(patient["identifier"][0]["value"], "90022805737");
    let bundle = desk.call(&path, CARD, "ReadSummary", &FHIR);
    let bundle: Value = serde_json::from_slice(&octets(&bundle)).unwrap();
    assert_eq!(bundle["resourceType"], "Bundle");
    // The members' own type is the same as none.
    let members = ["a{sv}", "1", "accept", "s", "application/json"];
    for arguments in [&members[..], &NO_ARGUMENTS] {
        let said = desk.call(&path, CARD, "ReadIdentity", arguments);
        assert!(said["familyName"] == "Proefman" && said["data"].is_null(), "{said}");
    }
    let der = [
        "a{sv}",
        "2",
        "accept",
        "s",
        "application/pkix-cert",
        "name",
        "s",
        "root",
    ];
    let der = desk.call(&path, CARD, "ReadCertificate", &der);
    assert_eq!(octets(&der)[0], 0x30);
    for (method, wrong) in [
        ("ReadIdentity", "text/csv"),
        ("ReadAddress", "application/fhir+json"),
        ("ReadSummary", "*/*"),
    ] {
        let said = desk.refused(&path, CARD, method, &["a{sv}", "1", "accept", "s", wrong]);
        assert!(said.contains("media type") || said.contains("form"), "{method}: {said}");
    }
    let said = desk.refused(&path, CARD, "ReadIdentity", &["a{sv}", "1", "accept", "b", "true"]);
    assert!(said.contains("accept: must be text"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn beidctl_prints_fhir_and_writes_every_form() {
    let desk = Desk::open(Person::Declines).await;
    desk.insert("jan").await;
    let patient: Value = serde_json::from_str(&succeeds(&desk, &["identity", "--fhir", "--lang", "fr"]).await).unwrap();
    assert_eq!(
        (&patient["resourceType"], &patient["language"]),
        (&json!("Patient"), &json!("fr"))
    );
    for (name, start) in [
        ("jan.eid", "<?xml"),
        ("jan.csv", "1;eid;"),
        ("jan.json", "{\"resourceType\":\"Bundle\""),
    ] {
        let said = succeeds(&desk, &["identity", "--export", name]).await;
        assert!(said.contains("PROEFMAN") && said.contains(name), "{said}");
        let written = fs::read_to_string(desk.dir.join(name)).unwrap();
        assert!(written.starts_with(start), "{name}: {written}");
        let (code, said) = fails(&desk, &["identity", "--export", name]).await;
        assert_eq!(code, 1, "{said}");
    }
    let (code, said) = fails(&desk, &["identity", "--export", "jan.pdf"]).await;
    assert!(code == 2 && said.contains(".eid, .csv or .json"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn beidctl_shows_a_saved_file_as_not_verified() {
    let desk = Desk::open(Person::Declines).await;
    desk.insert("jan").await;
    for name in ["jan.eid", "jan.csv"] {
        succeeds(&desk, &["identity", "--export", name]).await;
        let said = succeeds(&desk, &["show-export", name]).await;
        for words in ["NOT VERIFIED", "PROEFMAN  Jan Nep", "90.02.28-057.37", "1990-02-28"] {
            assert!(said.contains(words), "{name} {words}: {said}");
        }
        let read = ctl_json(&desk, &["show-export", name]).await;
        assert_eq!(read["authenticity"]["outcome"], "unknown");
    }
    desk.write("letter.txt", b"hello");
    let (code, said) = fails(&desk, &["show-export", "letter.txt"]).await;
    assert!(code == 1 && said.contains("no file of a viewer"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_are_the_same_over_https() {
    let desk = Desk::open(Person::Declines).await;
    desk.insert("jan").await;
    let settings = HttpsSettings {
        port: 0,
        port_is_fixed: true,
        allow_users: Vec::new(),
        certificate: None,
        tls_directory: desk.dir.join("tls"),
    };
    let https = Https::bind(settings).await.unwrap();
    admit_over_https(&desk, https.port(), https.ca_certificate()).await;
    tokio::spawn(https.serve(Arc::clone(&desk.service), desk.stop.clone()));
    let on_the_bus = succeeds(&desk, &["identity", "--fhir"]).await;
    assert_eq!(stdout(&over_https(&desk, &["identity", "--fhir"]).await), on_the_bus);
    succeeds(&desk, &["identity", "--export", "bus.eid"]).await;
    let output = over_https(&desk, &["identity", "--export", "https.eid"]).await;
    assert!(output.status.success(), "{output:?}");
    let read = |name: &str| fs::read(desk.dir.join(name)).unwrap();
    assert_eq!(read("bus.eid"), read("https.eid"));
}
