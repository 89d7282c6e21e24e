//! The card's certificates and files through a real pcscd: as OpenSC reads them, as OpenSSL believes them.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

use beid_e2e::{Desk, FinishedCommand, Scratch, run, test_pki_directory, tool};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Our name of a certificate, and its PKCS#15 id on the card; OpenSC does not list the register's.
const PKCS15_IDS: [(&str, &str); 4] = [
    ("authentication", "2"),
    ("signature", "3"),
    ("intermediate", "4"),
    ("root", "6"),
];

const SCOPES: &[&str] = &["certificates", "identity.full", "identity.photo"];

fn openssl(arguments: &[&str], file: &Path) -> FinishedCommand {
    run(Command::new(tool("openssl")).args(arguments).arg(file))
}

fn der(pem: &Path) -> Vec<u8> {
    let outcome = openssl(&["x509", "-outform", "DER", "-in"], pem);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    outcome.stdout
}

fn as_clients_of_others_see_them(citizen: &str, root: &str) {
    let desk = Desk::start();
    let card = desk.insert(citizen);
    let scratch = Scratch::new("certificates");
    let folder = scratch.path().join("pem");
    let page = desk
        .daemon
        .beidctl(&["certificates", "--pem", folder.to_str().expect("UTF-8")])
        .ok();
    assert!(page.contains("national-register"), "{page}");
    let file = |name: &str| folder.join(format!("{name}.pem"));

    for (name, id) in PKCS15_IDS {
        let mut opensc = desk.readers.client("pkcs15-tool");
        let read = run(opensc
            .args(["--read-certificate", id])
            .env("HOME", scratch.path())
            .env_remove("OPENSC_CONF"));
        let theirs = scratch.path().join("theirs.pem");
        fs::write(&theirs, read.ok()).expect("a file");
        assert_eq!(der(&file(name)), der(&theirs), "{citizen} {name}");
    }
    for name in ["authentication", "signature", "national-register"] {
        let verified = run(Command::new(tool("openssl"))
            .args(["verify", "-no_check_time", "-CAfile"])
            .arg(test_pki_directory().join(root))
            .arg("-untrusted")
            .arg(file("intermediate"))
            .arg(file(name)));
        assert_eq!(verified.code, Some(0), "{citizen} {name}: {verified}");
    }

    let rest = desk.daemon.rest(SCOPES);
    for name in [
        "authentication",
        "signature",
        "intermediate",
        "root",
        "national-register",
    ] {
        let path = format!("/v1/cards/{card}/certificates/{name}");
        let own = der(&file(name));
        let octets = rest
            .begin("GET", &path, &["Accept: application/pkix-cert"], None)
            .finish();
        assert_eq!((octets.status, &octets.body), (200, &own), "{citizen} {name}");
        let over_bus = desk
            .card(&card, "ReadCertificate", &json!({ "name": name }))
            .expect("over D-Bus");
        assert_eq!(over_bus, rest.get(&path).ok(), "{citizen} {name}");
    }
    for name in [
        "identity",
        "identity-signature",
        "address",
        "address-signature",
        "token-info",
    ] {
        let octets = rest.get(&format!("/v1/cards/{card}/files/{name}"));
        assert_eq!(
            (octets.status, octets.header("content-type")),
            (200, Some("application/octet-stream"))
        );
        assert!(!octets.body.is_empty());
    }
    let photo = rest.get(&format!("/v1/cards/{card}/files/photo"));
    assert_eq!(photo.body, rest.get(&format!("/v1/cards/{card}/photo")).body);
}

#[test]
fn certificates_of_applet_1_7_are_what_opensc_reads() {
    as_clients_of_others_see_them("anna", "rsa-root.pem");
}

#[test]
fn certificates_of_applet_1_8_are_what_opensc_reads() {
    as_clients_of_others_see_them("jan", "ec-root.pem");
}

#[test]
fn a_register_certificate_proves_the_identity_file_to_openssl() {
    let desk = Desk::start();
    let card = desk.insert("anna");
    let scratch = Scratch::new("identity-signature");
    let rest = desk.daemon.rest(SCOPES);
    let fetch = |path: &str| {
        let reply = rest
            .begin("GET", &format!("/v1/cards/{card}/{path}"), &["Accept: */*"], None)
            .finish();
        let file = scratch.path().join(path.replace('/', "-"));
        fs::write(&file, &reply.body).expect("a file");
        file
    };
    let (identity, signature) = (fetch("files/identity"), fetch("files/identity-signature"));
    let certificate = rest
        .begin(
            "GET",
            &format!("/v1/cards/{card}/certificates/national-register"),
            &["Accept: application/x-pem-file"],
            None,
        )
        .finish();
    let pem = scratch.path().join("register.pem");
    fs::write(&pem, &certificate.body).expect("a file");
    let key = openssl(&["x509", "-noout", "-pubkey", "-in"], &pem);
    fs::write(scratch.path().join("key.pem"), &key.stdout).expect("a file");
    let verified = run(Command::new(tool("openssl"))
        .args(["dgst", "-sha256", "-verify"])
        .arg(scratch.path().join("key.pem"))
        .arg("-signature")
        .arg(&signature)
        .arg(&identity));
    assert!(verified.text().contains("Verified OK"), "{verified}");
}
