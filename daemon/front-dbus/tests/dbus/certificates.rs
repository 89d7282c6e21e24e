//! Certificates, files, and cards of every kind, over the bus and on the command line.

use crate::front::{CARD, NO_ARGUMENTS};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_front_dbus::card_path;
use beid_simulator::{CITIZENS, Citizen};
use beid_testkit::daemon::ctl::{fails, json, run, stdout, succeeds};
use beid_testkit::daemon::{Desk, Person};
use serde_json::{Value, json};
use std::process::Command;

const NAMES: [&str; 5] = [
    "authentication",
    "signature",
    "intermediate",
    "root",
    "national-register",
];

fn octets(answer: &Value) -> Vec<u8> {
    let data = answer["data"].as_array().unwrap().iter();
    data.map(|octet| u8::try_from(octet.as_u64().unwrap()).unwrap())
        .collect()
}

/// Arguments of `busctl` for the members `{name: …}`.
fn name(name: &str) -> [&str; 5] {
    ["a{sv}", "1", "name", "s", name]
}

#[tokio::test(flavor = "multi_thread")]
async fn busctl_reads_certificates_and_files() {
    let desk = Desk::open(Person::Declines).await;
    let id = desk.insert("jan").await;
    let path = card_path(&id);
    let all = desk.call(&path, CARD, "ReadCertificates", &NO_ARGUMENTS);
    let listed = all["certificates"].as_array().unwrap();
    assert_eq!(listed.iter().map(|one| &one["name"]).collect::<Vec<_>>(), NAMES);
    for one in listed {
        let same = desk.call(&path, CARD, "ReadCertificate", &name(one["name"].as_str().unwrap()));
        assert_eq!((&same["der"], &same["cardId"]), (&one["der"], &json!(id)));
        assert_eq!((&same["subject"], &same["present"]), (&one["subject"], &json!(true)));
    }
    let identity = desk.call(&path, CARD, "ReadFile", &name("identity"));
    assert_eq!(
        (&identity["mediaType"], &identity["cardId"]),
        (&json!("application/octet-stream"), &json!(id))
    );
    let number = Citizen::find("jan").unwrap().national_number.as_bytes();
    assert!(octets(&identity).windows(11).any(|window| window == number));
    let photo = desk.call(&path, CARD, "ReadFile", &name("photo"));
    assert_eq!(photo["mediaType"], "image/jpeg");
    assert_eq!(
        photo["data"],
        desk.call(&path, CARD, "ReadPhoto", &NO_ARGUMENTS)["data"]
    );
    #[rustfmt::skip] // one row a line
    let rows = [
        ("ReadFile", "preferences", "no file preferences"),
        ("ReadFile", "root", "No file is called «root». There are: identity, "),
        ("ReadCertificate", "identity", "No certificate is called «identity». There are: authentication, "),
    ];
    for (method, of, why) in rows {
        let refused = desk.refused(&path, CARD, method, &name(of));
        assert!(refused.contains(why), "{method} {of}: {refused}");
    }
    let child = card_path(&desk.insert("lotte").await);
    let refused = desk.refused(&child, CARD, "ReadCertificate", &name("signature"));
    assert!(refused.contains("signature"), "{refused}");
    let all = desk.call(&child, CARD, "ReadCertificates", &NO_ARGUMENTS);
    assert_eq!(all["certificates"][1], json!({"name": "signature", "present": false}));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_generation_says_what_it_is_and_is_read() {
    let desk = Desk::open(Person::Declines).await;
    for (citizen, applet, status) in [
        ("odile", "1.1", "ready"),
        ("anna", "1.7", "ready"),
        ("nele", "1.7", "ready"),
        ("jan", "1.8", "ready"),
        ("nova", "1.9", "newer"),
    ] {
        let id = desk.insert(citizen).await;
        let shown = succeeds(&desk, &["readers"]).await;
        let expected = format!("{status}: Belgian eID {applet}, simulated, card {id}");
        assert!(shown.contains(&expected), "{shown}");
        let cards = desk.call("/org/beidd1", "org.beidd1.Manager", "ListCards", &NO_ARGUMENTS);
        assert_eq!(
            (&cards["cards"][0]["applet"], &cards["cards"][0]["status"]),
            (&json!(applet), &json!(status))
        );
        let identity = json(&desk, &["identity"]).await;
        let person = Citizen::find(citizen).unwrap();
        assert_eq!(
            (&identity["nationalNumber"], &identity["authenticity"]["outcome"]),
            (&json!(person.national_number), &json!("passed")),
            "{citizen}"
        );
        let shown = succeeds(&desk, &["certificates"]).await;
        assert!(
            NAMES.iter().all(|name| shown.contains(name)) && !shown.contains("none on"),
            "{shown}"
        );
        assert!(succeeds(&desk, &["address"]).await.contains(person.address[2]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_every_kind_of_card_is_answered_and_shown() {
    let desk = Desk::open(Person::Declines).await;
    for person in CITIZENS {
        desk.insert(person.id).await;
        let identity = json(&desk, &["identity"]).await;
        let code: i64 = person.document_type.parse().unwrap();
        assert_eq!(identity["documentType"]["code"], code, "{}", person.id);
        assert_ne!(identity["documentType"]["name"], "unknown", "{}", person.id);
        let tags = person.foreigner.as_ref().map_or(&[][..], |foreigner| foreigner.tags);
        let of = |tag: u8| {
            tags.iter()
                .find(|(known, _)| *known == tag)
                .map_or("", |(_, value)| *value)
        };
        let text = |value: &str| if value.is_empty() { Value::Null } else { json!(value) };
        for (member, tag) in [
            ("duplicate", 0x12),
            ("specialOrganisation", 0x13),
            ("dateAndCountryOfProtection", 0x15),
            ("workPermit", 0x16),
            ("regionalFileNumber", 0x19),
        ] {
            assert_eq!(identity[member], text(of(tag)), "{} {member}", person.id);
        }
        let in_family = tags.iter().any(|(tag, _)| *tag == 0x14);
        assert_eq!(identity["memberOfFamily"], in_family, "{}", person.id);
        for (member, tags) in [
            ("employerVat", [0x17, 0x18]),
            ("brexit", [0x1B, 0x1C]),
            ("cardMentions", [0x1D, 0x1E]),
        ] {
            let values: Vec<&str> = tags.map(of).into_iter().filter(|value| !value.is_empty()).collect();
            let expected = if values.is_empty() { Value::Null } else { json!(values) };
            assert_eq!(identity[member], expected, "{} {member}", person.id);
        }
        let day: Vec<&str> = of(0x1F).split('.').rev().filter(|part| !part.is_empty()).collect();
        assert_eq!(identity["euStartDate"], text(&day.join("-")), "{}", person.id);
        let page = succeeds(&desk, &["identity"]).await;
        for (_, value) in tags
            .iter()
            .filter(|(tag, value)| (0x15..=0x1E).contains(tag) && value.len() > 1)
        {
            assert!(page.contains(value), "{} {value}: {page}", person.id);
        }
        assert!(
            page.contains(identity["documentType"]["name"].as_str().unwrap()),
            "{page}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_shown_and_written_as_openssl_reads_them() {
    let desk = Desk::open(Person::Declines).await;
    for (citizen, key) in [("anna", "RSA-2048"), ("claire", "P-384"), ("sam", "P-384")] {
        desk.insert(citizen).await;
        let folder = format!("pem-{citizen}");
        let page = succeeds(&desk, &["certificates", "--pem", &folder]).await;
        assert!(page.contains("(Authentication)") && page.contains(key), "{page}");
        let all = json(&desk, &["certificates"]).await;
        for one in all["certificates"].as_array().unwrap() {
            let file = desk
                .dir
                .join(&folder)
                .join(format!("{}.pem", one["name"].as_str().unwrap()));
            assert_eq!(file.exists(), one["present"] == true, "{}", file.display());
            if !file.exists() {
                assert_eq!((citizen, &one["name"]), ("sam", &json!("signature")));
                continue;
            }
            let openssl = Command::new("openssl")
                .args(["x509", "-outform", "DER", "-in"])
                .arg(&file)
                .output()
                .unwrap();
            assert_eq!(openssl.stdout, BASE64.decode(one["der"].as_str().unwrap()).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_can_be_chosen_and_say_why_they_are_unknown() {
    let desk = Desk::open(Person::Declines).await;
    desk.insert("lotte").await;
    let chosen = [
        "verify-card",
        "--check",
        "signature-chain",
        "--check",
        "identity-signature",
    ];
    // A check that was asked for by name must pass, or the exit code says so.
    let output = run(&desk, &chosen).await;
    assert_eq!(output.status.code(), Some(1));
    let page = stdout(&output);
    assert!(
        page.contains("? signature-chain           unknown: certificate-missing"),
        "{page}"
    );
    assert!(
        page.contains("✔ identity-signature") && !page.contains("address-signature"),
        "{page}"
    );
    succeeds(&desk, &["verify-card", "--check", "identity-signature"]).await;
    let (code, said) = fails(&desk, &["verify-card", "--check", "shoe-size"]).await;
    assert!(code == 2 && said.contains("card-genuine"), "{said}");
    desk.insert("anna").await;
    assert!(!succeeds(&desk, &["verify-card"]).await.contains("cache"));
    desk.insert("bram").await;
    let page = succeeds(&desk, &["verify-card"]).await;
    assert!(
        page.contains("signature-chain           passed (test, cache)"),
        "{page}"
    );
    assert!(page.contains("? card-genuine"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_whose_keys_are_weak_or_unknown_are_read_and_do_not_sign() {
    let desk = Desk::open(Person::Types("1234")).await;
    let put = |proof| {
        let kind = ["therlink", "put", "--type", "gpconsultation", "--proof", proof];
        [&kind[..], &["--out", "link.xml", "--force"]].concat()
    };
    desk.insert("nova").await;
    assert!(succeeds(&desk, &put("eidreading")).await.contains("eidreading"));
    let (_, said) = fails(&desk, &put("eidsigning")).await;
    assert!(said.contains("[unsupported-algorithm]"), "{said}");
    let page = succeeds(&desk, &["verify-card"]).await;
    assert!(
        page.contains("✔ signature-chain") && page.contains("✔ card-genuine"),
        "{page}"
    );
    assert!(!desk.dir.join("asked").exists(), "nobody was asked for a PIN");
}
