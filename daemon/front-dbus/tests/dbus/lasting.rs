//! Long-term signatures: time stamps by an authority, and revocation data kept with them.

use crate::pin::{VERIFY, call, count, instructions};
use crate::signatures::formats::{unzipped, xmlsec1};
use crate::signatures::{path, words};
use authority::{Authority, Manner};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_issuers::revocation::{AllowedUrl, RevocationPolicy, RevocationSettings};
use beid_pki::{Certificate, HashAlgorithm, Trust, TrustStore};
use beid_protocol::verify::{CheckName, Context, Outcome, Reason, Verification, verify_with};
use beid_protocol::xades::examine;
use beid_settings::roots::read_roots;
use beid_simulator::{Citizen, TEST_PIN, TestPki, Urls};
use beid_testkit::daemon::ctl::{beidctl, run, stdout, succeeds};
use beid_testkit::daemon::{Desk, DeskSetup, Person, wait_for};
use beid_testkit::test_pki_directory;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::process::{Command, Stdio};

mod authority;
mod kept;
mod stamps;

const CONTENT: &[u8] = b"%PDF-1.7 \x00\xFF";

/// A desk that asks `authority` for stamps.
async fn desk(authority: &Authority) -> Desk {
    Desk::open_at(Person::Types(TEST_PIN), &authority.settings(), Timestamp::now).await
}

/// Ways of signing a file that leave room for a time stamp: format, and further members of the request.
const FORMATS: [(&str, &str); 6] = [
    ("cades", r#"{"detached": true}"#),
    ("cades", r#"{"detached": false}"#),
    ("xades", r#"{"detached": true}"#),
    ("xades", r#"{"detached": false}"#),
    ("asice", r#"{"containerSignature": "xades"}"#),
    ("asice", r#"{"containerSignature": "cades"}"#),
];

fn request(format: &str, choice: &str, count: usize) -> Value {
    let mut request: Value = serde_json::from_str(choice).unwrap();
    let name = |number| match number {
        0 => "a.pdf".to_owned(),
        number => format!("{number}.pdf"),
    };
    let document =
        |number| json!({"name": name(number), "mediaType": "application/pdf", "content": BASE64.encode(CONTENT)});
    request["format"] = json!(format);
    request["documents"] = (0..count).map(document).collect();
    request
}

async fn sign(desk: &Desk, format: &str, choice: &str) -> Value {
    call(desk, "sign", request(format, choice, 1)).await.unwrap()
}

fn data(signature: &Value) -> Vec<u8> {
    BASE64.decode(signature["data"].as_str().unwrap()).unwrap()
}

fn roots(desk: &Desk) -> TrustStore {
    let roots = desk.pki.roots().into_iter();
    let roots = roots.map(|root| Certificate::parse(&root).unwrap());
    roots.fold(TrustStore::belgian(), TrustStore::with_test_root)
}

/// Our own verification, with the root of `authority` or without any.
fn judged(desk: &Desk, signature: &[u8], content: &[u8], authority: Option<&Authority>) -> Verification {
    let roots = roots(desk);
    let known = authority.map(|authority| read_roots(&authority.root()).unwrap().certificates);
    let tsa_roots = known.into_iter().flatten();
    let tsa_roots = tsa_roots.fold(TrustStore::belgian(), TrustStore::with_test_root);
    let context = Context {
        content: Some(content),
        tsa_roots: &tsa_roots,
        ..Context::new(&roots, Timestamp::now())
    };
    verify_with(signature, &context)
}

/// Checks that OpenSSL or xmlsec1 accepts the signature: the additions must not break it.
fn others_accept(desk: &Desk, format: &str, choice: &str, signature: &[u8]) {
    desk.write("a.pdf", CONTENT);
    match format {
        "cades" if choice.contains("false") => assert_eq!(desk.content_of(signature), CONTENT),
        "cades" => assert!(desk.is_beside(signature, CONTENT)),
        "xades" => assert!(xmlsec1(desk, signature)),
        "asice" if choice.contains("xades") => {
            let folder = unzipped(desk, signature).1;
            let xml = std::fs::read(folder.join("META-INF/signatures001.xml")).unwrap();
            assert!(xmlsec1(desk, &xml));
        }
        _ => {
            let folder = unzipped(desk, signature).1;
            let read = |name: &str| std::fs::read(folder.join("META-INF").join(name)).unwrap();
            assert!(desk.is_beside(&read("signature001.p7s"), &read("ASiCManifest001.xml")));
        }
    }
}
