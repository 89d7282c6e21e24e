//! Signing files: verification of the signatures by programs of others, the dialogs, and the number of PINs that a card is
//! sent.

use crate::pin::{LOG_OFF, VERIFY, call, count, instructions, refusal, tries};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::{ApiError, ErrorCode, OperationRow, Scopes};
use beid_pki::{HashAlgorithm, ecdsa_raw_to_der};
use beid_service::Call;
use beid_simulator::{Citizen, Gesture, KeypadKind, TEST_PIN, VirtualCard, VirtualKeypad};
use beid_testkit::daemon::ctl::{fails, json as ctl_json, run, stdout, succeeds};
use beid_testkit::daemon::{Desk, Person, wait_for};
use beid_testkit::openssl;
use beid_texts::Language;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub(crate) mod formats;
mod fronts;
mod pins;
mod refusals;
mod review;

/// Cards that sign: RSA, RSA under an EC authority, EC.
const SIGNERS: [&str; 3] = ["anna", "nele", "claire"];

pub(crate) const PSO: u8 = 0x2A;
/// Tag of the reader command that starts an entry and waits for its end (PC/SC part 10, `FEATURE_VERIFY_PIN_DIRECT`).
const DIRECT: u8 = 0x06;

const TEXT: &str = "Ik ga akkoord.\nJe suis d'accord.\n";

fn document(name: &str, media_type: &str, content: &[u8]) -> Value {
    json!({"name": name, "mediaType": media_type, "content": BASE64.encode(content)})
}

fn by_digest(name: &str, hash: HashAlgorithm, content: &[u8]) -> Value {
    let digest = json!({"algorithm": hash.name(), "value": BASE64.encode(hash.digest(content))});
    json!({"name": name, "mediaType": "application/pdf", "digest": digest})
}

fn attached(documents: Vec<Value>) -> Value {
    json!({"format": "cades", "detached": false, "documents": documents})
}

/// `count` different files.
fn files(count: usize) -> Vec<Value> {
    let file = |number: usize| {
        let name = format!("file {number}.bin");
        document(
            &name,
            "application/octet-stream",
            format!("content {number}").as_bytes(),
        )
    };
    (0..count).map(file).collect()
}

async fn sign(desk: &Desk, request: Value) -> Result<Value, ApiError> {
    call(desk, "sign", request).await
}

fn data(signature: &Value) -> Vec<u8> {
    BASE64.decode(signature["data"].as_str().unwrap()).unwrap()
}

pub(crate) fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Checks with OpenSSL that `signature` is a raw signature of `digest`.
fn raw_is_right(desk: &Desk, answer: &Value, signature: &[u8], digest: &[u8]) {
    let algorithm = answer["algorithm"].as_str().unwrap();
    let der = BASE64.decode(answer["certificates"][0].as_str().unwrap()).unwrap();
    let certificate = desk.write("signer.der", &der);
    let key = openssl(
        &desk.dir,
        &["x509", "-inform", "DER", "-in", path(&certificate), "-pubkey", "-noout"],
    );
    let key = desk.write("key.pem", &key.stdout);
    let signature = match algorithm.as_bytes()[0] {
        b'E' => ecdsa_raw_to_der(signature).unwrap(),
        _ => signature.to_vec(),
    };
    let (signature, digest) = (desk.write("raw.sig", &signature), desk.write("digest", digest));
    let options: &[&str] = match algorithm {
        "RS256" => &["-pkeyopt", "digest:sha256"],
        "RS384" => &["-pkeyopt", "digest:sha384"],
        "RS512" => &["-pkeyopt", "digest:sha512"],
        "PS256" => &[
            "-pkeyopt",
            "digest:sha256",
            "-pkeyopt",
            "rsa_padding_mode:pss",
            "-pkeyopt",
            "rsa_pss_saltlen:32",
        ],
        _ => &[],
    };
    let arguments = [
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        path(&key),
        "-in",
        path(&digest),
        "-sigfile",
        path(&signature),
    ];
    let verified = openssl(&desk.dir, &[&arguments, options].concat());
    assert!(verified.succeeded(), "{algorithm}: {verified}");
}

/// Text of all pages in one piece, without titles, headings and buttons.
pub(crate) fn read(desk: &Desk) -> String {
    let page = |(_, said): (String, String)| {
        let (title, lines) = said.strip_suffix('\n').unwrap().split_once('\n').unwrap();
        let text = lines.rsplit_once('\n').unwrap().0;
        let name = title.split(|c: char| c.is_ascii_digit()).next().unwrap().trim_end();
        match text.split_once("\n\n") {
            Some((heading, page)) if heading.starts_with(&format!("{name} — page ")) => page.to_owned(),
            _ => text.to_owned(),
        }
    };
    desk.dialogs().into_iter().map(page).collect()
}

/// `text` with each run of white space as one blank.
pub(crate) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A digest as dialogs show it.
fn shown(content: &[u8]) -> String {
    let digest = HashAlgorithm::Sha256.digest(content);
    let groups = digest
        .chunks(4)
        .map(|group| group.iter().map(|byte| format!("{byte:02x}")).collect());
    format!("SHA-256 {}", groups.collect::<Vec<String>>().join(" "))
}
