//! Files signed: what programs that nobody here wrote say of the signatures, what a person is shown, and how often a card
//! is sent a PIN.

use crate::ctl::{fails, json as ctl_json, run, stdout, succeeds};
use crate::desk::{Desk, Person};
use crate::pin::{LOG_OFF, VERIFY, call, count, instructions, refusal, tries};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_card::simulator::{Citizen, Gesture, KeypadKind, TEST_PIN, VirtualCard, VirtualKeypad};
use beid_pki::{HashAlgorithm, ecdsa_raw_to_der};
use beidd::api::{ApiError, ErrorCode, Operation, Scopes};
use beidd::service::Call;
use beidd::service::caller::{Asker, Caller, CallerId};
use beidd::texts::Language;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Cards that sign: RSA, RSA under an EC authority, EC.
const SIGNERS: [&str; 3] = ["anna", "nele", "claire"];

const PSO: u8 = 0x2A;
/// What a keypad is told for an entry.
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

/// So many different files.
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

fn write(desk: &Desk, name: &str, bytes: &[u8]) -> PathBuf {
    let file = desk.dir.join(name);
    std::fs::write(&file, bytes).unwrap();
    file
}

fn openssl(arguments: &[&str]) -> Output {
    Command::new("openssl")
        .args(arguments)
        .output()
        .expect("openssl is installed")
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Both test roots in one file.
fn roots(desk: &Desk) -> PathBuf {
    let roots = desk.pki.root_paths().map(|root| std::fs::read(root).unwrap());
    write(desk, "roots.pem", &roots.concat())
}

/// The content that OpenSSL finds in a CMS, once it has verified it as CAdES.
fn content_of(desk: &Desk, cms: &[u8]) -> Vec<u8> {
    let (cms, out) = (write(desk, "signature.p7m", cms), desk.dir.join("content"));
    let roots = roots(desk);
    let verified = openssl(&[
        "cms",
        "-verify",
        "-cades",
        "-binary",
        "-inform",
        "DER",
        "-in",
        path(&cms),
        "-CAfile",
        path(&roots),
        "-out",
        path(&out),
    ]);
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(
        verified.status.success() && said.contains("CAdES Verification successful"),
        "{said}"
    );
    std::fs::read(out).unwrap()
}

/// Has OpenSSL verify a CMS that stands beside `content`.
fn is_beside(desk: &Desk, cms: &[u8], content: &[u8]) -> bool {
    let (cms, content) = (write(desk, "signature.p7s", cms), write(desk, "beside", content));
    let roots = roots(desk);
    let arguments = [
        "cms",
        "-verify",
        "-cades",
        "-binary",
        "-inform",
        "DER",
        "-in",
        path(&cms),
        "-content",
    ];
    let verified = openssl(
        &[
            &arguments[..],
            &[path(&content), "-CAfile", path(&roots), "-out", "/dev/null"],
        ]
        .concat(),
    );
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    verified.status.success() && said.contains("CAdES Verification successful")
}

/// Has OpenSSL check what a card answered to `digest`.
fn raw_is_right(desk: &Desk, answer: &Value, signature: &[u8], digest: &[u8]) {
    let algorithm = answer["algorithm"].as_str().unwrap();
    let der = BASE64.decode(answer["certificates"][0].as_str().unwrap()).unwrap();
    let certificate = write(desk, "signer.der", &der);
    let key = openssl(&["x509", "-inform", "DER", "-in", path(&certificate), "-pubkey", "-noout"]);
    let key = write(desk, "key.pem", &key.stdout);
    let signature = match algorithm.as_bytes()[0] {
        b'E' => ecdsa_raw_to_der(signature).unwrap(),
        _ => signature.to_vec(),
    };
    let (signature, digest) = (write(desk, "raw.sig", &signature), write(desk, "digest", digest));
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
    let verified = openssl(&[&arguments, options].concat());
    assert!(
        verified.status.success(),
        "{algorithm}: {}",
        String::from_utf8_lossy(&verified.stderr)
    );
}

/// What the pages said, without titles and buttons, as one text.
fn read(desk: &Desk) -> String {
    let page = |(_, said): (String, String)| {
        let lines = said.strip_suffix('\n').unwrap().split_once('\n').unwrap().1;
        lines.rsplit_once('\n').unwrap().0.to_owned()
    };
    desk.dialogs().into_iter().map(page).collect()
}

/// A text with all that is blank as single blanks.
fn words(text: &str) -> String {
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

#[tokio::test(flavor = "multi_thread")]
async fn attached_cades_is_verified_by_openssl_and_was_shown() {
    for citizen in SIGNERS {
        let desk = Desk::open(Person::Follows(&[TEST_PIN])).await;
        let id = desk.insert(citizen).await;
        let request = attached(vec![document("consent.txt", "text/plain", TEXT.as_bytes())]);
        let answer = sign(&desk, request).await.unwrap();
        assert_eq!(answer["cardId"], id.as_str());
        assert_eq!(
            (&answer["format"], &answer["simulated"]),
            (&json!("cades"), &json!(true))
        );
        let algorithm = if citizen == "claire" { "ES384" } else { "RS256" };
        assert_eq!(answer["algorithm"], algorithm, "{citizen}");
        assert_eq!(answer["signatures"].as_array().unwrap().len(), 1);
        let signature = &answer["signatures"][0];
        assert_eq!(signature["name"], "consent.txt.p7m");
        assert_eq!(signature["mediaType"], "application/pkcs7-mime");
        assert!(
            answer["certificates"].as_array().unwrap().len() >= 3,
            "signer, authority, root"
        );
        let content = content_of(&desk, &data(signature));
        assert_eq!(content, TEXT.as_bytes(), "{citizen}");
        // What was shown is what OpenSSL found inside.
        let said = read(&desk);
        for text in ["Ik ga akkoord.", "Je suis d'accord."] {
            assert!(said.contains(&format!("\n    | {text}\n")), "{said}");
        }
        for text in [
            "«consent.txt», text/plain, 33 bytes,",
            &shown(&content),
            "«desk» asks for your signature",
            "this file",
        ] {
            assert!(words(&said).contains(text), "{text}: {said}");
        }
        let holder = Citizen::find(citizen).unwrap().surname;
        assert!(said.contains(holder) && !said.contains("does not know"), "{said}");
        assert_eq!(desk.asked_for(), ["GETPIN"], "one dialog suffices");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cades_stands_beside_its_file_if_nothing_else_is_said() {
    for (citizen, hash) in [
        ("anna", HashAlgorithm::Sha256),
        ("nele", HashAlgorithm::Sha256),
        ("claire", HashAlgorithm::Sha384),
    ] {
        let desk = Desk::open(Person::Types(TEST_PIN)).await;
        desk.insert(citizen).await;
        let content = b"%PDF-1.7 \x00\xFF";
        for (document, known) in [
            (document("a.pdf", "application/pdf", content), true),
            (by_digest("a.pdf", hash, content), false),
        ] {
            let answer = sign(&desk, json!({"format": "cades", "documents": [document]}))
                .await
                .unwrap();
            let signature = &answer["signatures"][0];
            assert_eq!(signature["name"], "a.pdf.p7s");
            assert_eq!(signature["mediaType"], "application/pkcs7-signature");
            assert!(is_beside(&desk, &data(signature), content), "{citizen}");
            assert!(!is_beside(&desk, &data(signature), b"%PDF-1.7 \x00\xFE"), "{citizen}");
            let said = words(&desk.dialogs().last().unwrap().1);
            assert_eq!(said.contains("beidd does not know the content"), !known, "{said}");
            let digest = hash.digest(content);
            let whole: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            let shown = said.replace(' ', "").contains(&format!("{}{whole}", hash.name()));
            assert_eq!(shown, !known || citizen != "claire", "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_signatures_of_every_algorithm_are_right() {
    use HashAlgorithm::{Sha3_256, Sha3_384, Sha3_512, Sha256, Sha384, Sha512};
    let rsa = [
        (Sha256, None, "RS256"),
        (Sha384, None, "RS384"),
        (Sha512, None, "RS512"),
        (Sha256, Some("PS256"), "PS256"),
    ];
    let ec = [
        (Sha256, None, "ES256"),
        (Sha384, Some("ES384"), "ES384"),
        (Sha512, None, "ES512"),
        (Sha3_256, None, "ES3-256"),
        (Sha3_384, None, "ES3-384"),
        (Sha3_512, None, "ES3-512"),
    ];
    for (citizen, rows) in [("anna", &rsa[..]), ("nele", &rsa), ("jan", &ec)] {
        let desk = Desk::open(Person::Types(TEST_PIN)).await;
        desk.insert(citizen).await;
        for (hash, algorithm, expected) in rows {
            let mut request = json!({"format": "raw", "documents": [by_digest("a.pdf", *hash, b"%PDF")]});
            if let Some(algorithm) = algorithm {
                request["algorithm"] = json!(algorithm);
            }
            let answer = sign(&desk, request).await.unwrap();
            assert_eq!(answer["algorithm"], *expected, "{citizen}");
            let signature = &answer["signatures"][0];
            assert_eq!(signature["name"], "a.pdf.sig");
            assert_eq!(data(signature).len(), if citizen == "jan" { 96 } else { 256 });
            raw_is_right(&desk, &answer, &data(signature), &hash.digest(b"%PDF"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_signature_over_content_is_over_its_digest_and_never_said_to_be_known() {
    let desk = Desk::open(Person::Follows(&[TEST_PIN])).await;
    desk.insert("anna").await;
    let documents = [document("a.txt", "text/plain", TEXT.as_bytes())];
    let answer = sign(&desk, json!({"format": "raw", "documents": documents}))
        .await
        .unwrap();
    let digest = HashAlgorithm::Sha256.digest(TEXT.as_bytes());
    raw_is_right(&desk, &answer, &data(&answer["signatures"][0]), &digest);
    let said = words(&read(&desk));
    assert!(
        said.starts_with("Please note: beidd does not know the content"),
        "{said}"
    );
    assert!(
        !said.contains("akkoord") && said.contains(&shown(TEXT.as_bytes())),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_pin_signs_a_closed_list_with_a_verify_for_each() {
    for (citizen, asked_for_tries) in [("anna", 1), ("claire", 0)] {
        for number in [3, 50] {
            let desk = Desk::open(Person::Types(TEST_PIN)).await;
            desk.insert(citizen).await;
            let seen = instructions(&desk);
            let answer = sign(&desk, attached(files(number))).await.unwrap();
            assert_eq!(count(&seen, VERIFY), number + asked_for_tries, "{citizen}");
            assert_eq!(
                (count(&seen, PSO), count(&seen, LOG_OFF)),
                (number, number),
                "{citizen}"
            );
            let asked = desk.asked_for();
            assert_eq!(asked.iter().filter(|question| *question == "GETPIN").count(), 1);
            assert_eq!(asked.last().unwrap(), "GETPIN", "the whole list comes before");
            let said = words(&read(&desk));
            assert!(said.contains(&format!("these {number} files")), "{said}");
            assert!(
                said.contains(&format!("PIN once; the card then makes {number} signatures")),
                "{said}"
            );
            let signatures = answer["signatures"].as_array().unwrap();
            assert_eq!(signatures.len(), number);
            let mut behind = said.as_str();
            for (at, signature) in signatures.iter().enumerate() {
                assert_eq!(signature["name"], format!("file {at}.bin.p7m"));
                let content = content_of(&desk, &data(signature));
                assert_eq!(content, format!("content {at}").into_bytes());
                // In their order, each with the digest of what OpenSSL found in its signature.
                let line = format!(
                    "«file {at}.bin», application/octet-stream, {} bytes, {}",
                    content.len(),
                    shown(&content)
                );
                behind = behind
                    .split_once(line.as_str())
                    .unwrap_or_else(|| panic!("{line}: {said}"))
                    .1;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_pin_ends_a_batch_at_its_first_verify() {
    for (citizen, asked_for_tries) in [("anna", 1), ("claire", 0)] {
        let desk = Desk::open(Person::Follows(&["9999"])).await;
        desk.insert(citizen).await;
        let seen = instructions(&desk);
        let outcome = sign(&desk, attached(files(3))).await;
        assert_eq!(refusal(outcome), (ErrorCode::PinIncorrect, Some(2)), "{citizen}");
        assert_eq!(
            (count(&seen, VERIFY), count(&seen, PSO)),
            (1 + asked_for_tries, 0),
            "{citizen}"
        );
        assert_eq!(tries(&desk), 2, "{citizen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_agree_to_the_whole_list_spends_nothing() {
    for (answers, code) in [
        (&["cancel"][..], ErrorCode::UserDeclined),
        (&["timeout"], ErrorCode::UserTimeout),
    ] {
        let desk = Desk::open(Person::Follows(answers)).await;
        desk.insert("claire").await;
        let seen = instructions(&desk);
        assert_eq!(refusal(sign(&desk, attached(files(2))).await), (code, None));
        assert_eq!(count(&seen, VERIFY) + count(&seen, PSO), 0);
    }
    // In the middle of the pages.
    let desk = Desk::open(Person::Follows(&["ok", "ok", "no"])).await;
    desk.insert("claire").await;
    let seen = instructions(&desk);
    assert_eq!(
        refusal(sign(&desk, attached(files(50))).await),
        (ErrorCode::UserDeclined, None)
    );
    assert_eq!(count(&seen, VERIFY), 0);
    assert_eq!(desk.asked_for(), ["CONFIRM"; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_cannot_be_shown_or_signed_are_refused_before_the_card_is_touched() {
    let desk = Desk::open(Person::Follows(&[])).await;
    desk.insert("claire").await;
    let seen = instructions(&desk);
    let one = |name: &str| attached(vec![document(name, "text/plain", b"x")]);
    let typed = |media_type: &str| attached(vec![document("a", media_type, b"x")]);
    let weak = json!({"algorithm": "SHA-1", "value": BASE64.encode([0; 20])});
    let md5 = json!({"algorithm": "MD5", "value": BASE64.encode([0; 16])});
    let short = json!({"algorithm": "SHA-256", "value": BASE64.encode([0; 31])});
    let raw = |digest: &Value| json!({"format": "raw", "documents": [{"name": "a", "mediaType": "text/plain", "digest": digest}]});
    let invalid = ErrorCode::InvalidRequest;
    let mut rows = vec![
        (attached(files(51)), invalid, "documents"),
        (attached(vec![]), invalid, "documents"),
        (json!({"format": "cades"}), invalid, "documents"),
        (json!({"format": "pades", "documents": files(1)}), invalid, "pades"),
        (
            json!({"format": "raw", "detached": true, "documents": files(1)}),
            invalid,
            "detached",
        ),
        (attached([files(2), files(1)].concat()), invalid, "each name once"),
        (
            attached(vec![
                document("Brief.pdf", "text/plain", b"1"),
                document("brief.PDF", "text/plain", b"2"),
            ]),
            invalid,
            "each name once",
        ),
        (raw(&weak), ErrorCode::UnsupportedAlgorithm, ""),
        (raw(&md5), ErrorCode::UnsupportedAlgorithm, ""),
        (raw(&short), invalid, "documents[0].digest.value"),
        (
            attached(vec![by_digest("a", HashAlgorithm::Sha384, b"x")]),
            invalid,
            "content",
        ),
        (
            json!({"format": "raw", "documents": [
                by_digest("a", HashAlgorithm::Sha256, b"x"), by_digest("b", HashAlgorithm::Sha384, b"x")]}),
            invalid,
            "one digest algorithm",
        ),
        (
            attached(vec![json!({"name": "a", "mediaType": "text/plain", "content": "?"})]),
            invalid,
            "documents[0].content",
        ),
        (
            attached(vec![json!({"name": "a", "mediaType": "text/plain"})]),
            invalid,
            "either content or digest",
        ),
        (
            attached(vec![document("a", "text/plain", &vec![0; 6 * 1024 * 1024 + 1])]),
            ErrorCode::TooLarge,
            "",
        ),
    ];
    for name in [
        "",
        ".",
        "..",
        "a/b",
        "a\\b",
        "two\nlines",
        "a\u{202E}fdp.exe",
        "zero\u{200B}width",
        "wide\u{3000}blank",
        " edge",
        "tab\t",
        "climb\u{301}\u{301}\u{301}",
        &"x".repeat(121),
    ] {
        rows.push((one(name), invalid, "documents[0].name"));
    }
    for media_type in [
        "",
        "text",
        "text/",
        "/plain",
        "text/plain\n",
        "text/pl ain",
        "text/plain; x",
        "é/x",
    ] {
        rows.push((typed(media_type), invalid, "documents[0].mediaType"));
    }
    for (request, code, word) in rows {
        let error = sign(&desk, request.clone()).await.unwrap_err();
        let detail = error.detail(Language::En);
        assert_eq!(error.code, code, "{word}: {detail}");
        assert!(detail.contains(word), "{word}: {detail}");
    }
    assert!(seen.lock().unwrap().is_empty() && desk.dialogs().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_card_cannot_sign_is_refused_before_a_person_is_asked() {
    let raw = |hash, algorithm: Option<&str>| {
        let mut request = json!({"format": "raw", "documents": [by_digest("a", hash, b"x")]});
        request["algorithm"] = json!(algorithm);
        request
    };
    let named = |algorithm: &str| {
        let mut request = attached(files(1));
        request["algorithm"] = json!(algorithm);
        request
    };
    use HashAlgorithm::{Sha3_256, Sha256, Sha384};
    let unsupported = ErrorCode::UnsupportedAlgorithm;
    for (citizen, request, code) in [
        ("anna", raw(Sha3_256, None), unsupported),
        ("anna", raw(Sha256, Some("ES256")), unsupported),
        ("anna", raw(Sha384, Some("PS256")), unsupported),
        ("anna", raw(Sha256, Some("MD5")), unsupported),
        ("claire", raw(Sha256, Some("PS256")), unsupported),
        ("anna", named("RS512"), unsupported),
        ("claire", named("ES256"), unsupported),
        ("odile", attached(files(1)), ErrorCode::CardExpired),
        // A child's.
        ("lotte", attached(files(1)), ErrorCode::CertificateMissing),
        ("karel", attached(files(1)), ErrorCode::CardExpired),
    ] {
        let desk = Desk::open(Person::Follows(&[])).await;
        desk.insert(citizen).await;
        let seen = instructions(&desk);
        let error = sign(&desk, request.clone()).await.unwrap_err();
        assert_eq!(error.code, code, "{citizen} {request} {}", error.detail(Language::En));
        assert_eq!(count(&seen, VERIFY), 0, "{citizen}");
        assert!(desk.dialogs().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_scope_allows_its_own_and_no_more() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("claire").await;
    let ask = async |scopes: &[&str], request: &Value| {
        let caller = Caller {
            id: CallerId::Token("test".to_owned()),
            scopes: Scopes::parse(scopes.iter().copied(), "scopes").unwrap(),
            asker: Asker::Program("test".to_owned()),
        };
        let call = Call {
            members: request.as_object().cloned().unwrap(),
            language: Language::En,
        };
        let outcome = desk.service.call(Operation::named("sign").unwrap(), caller, call).await;
        outcome.map(drop).map_err(|error| error.code)
    };
    let known = attached(files(1));
    let raw = json!({"format": "raw", "documents": files(1)});
    let digest = json!({"format": "raw", "documents": [by_digest("a", HashAlgorithm::Sha384, b"x")]});
    let missing = Err(ErrorCode::ScopeMissing);
    for (request, by_sign, by_digest) in [
        (&known, Ok(()), missing),
        (&raw, missing, Ok(())),
        (&digest, missing, Ok(())),
    ] {
        assert_eq!(ask(&["sign"], request).await, by_sign, "{request}");
        assert_eq!(ask(&["sign.digest"], request).await, by_digest, "{request}");
        assert_eq!(ask(&["sign", "sign.digest"], request).await, Ok(()), "{request}");
        assert_eq!(
            ask(&["proof.therlink", "identity.full"], request).await,
            missing,
            "{request}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keypad_takes_one_entry_for_each_signature_and_that_is_said_before() {
    let keypad = VirtualKeypad::new(KeypadKind::Direct);
    for _ in 0..3 {
        keypad.expect(Gesture::Types(TEST_PIN));
    }
    let desk = Desk::open_with_keypad(Person::Follows(&["ok"]), keypad.clone()).await;
    desk.insert("claire").await;
    let seen = instructions(&desk);
    let answer = sign(&desk, attached(files(3))).await.unwrap();
    assert_eq!(answer["signatures"].as_array().unwrap().len(), 3);
    assert_eq!(entries(&keypad), 3);
    assert_eq!((count(&seen, VERIFY), count(&seen, PSO)), (3, 3));
    assert_eq!(desk.asked_for(), ["CONFIRM"]);
    let said = words(&read(&desk));
    assert!(said.contains("The card reader asks for your PIN 3 times."), "{said}");
    assert!(said.contains("each time it asks"), "{said}");
}

/// How often a person was asked for the PIN on the keypad.
fn entries(keypad: &VirtualKeypad) -> usize {
    keypad.told().iter().filter(|(tag, _)| *tag == DIRECT).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn first_entry_that_goes_wrong_on_a_keypad_is_the_last() {
    for (gesture, code, tries_left) in [
        (Gesture::Types("9999"), ErrorCode::PinIncorrect, 2),
        (Gesture::Cancels, ErrorCode::UserDeclined, 3),
        (Gesture::Leaves, ErrorCode::UserTimeout, 3),
    ] {
        let keypad = VirtualKeypad::new(KeypadKind::Direct);
        for gesture in [Gesture::Types(TEST_PIN), gesture, Gesture::Types(TEST_PIN)] {
            keypad.expect(gesture);
        }
        let desk = Desk::open_with_keypad(Person::Follows(&["ok"]), keypad.clone()).await;
        desk.insert("claire").await;
        let error = sign(&desk, attached(files(3))).await.unwrap_err();
        assert_eq!((error.code, entries(&keypad)), (code, 2));
        assert_eq!(tries(&desk), tries_left);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_card_put_in_behind_the_dialog_gets_no_pin() {
    for noticed in [true, false] {
        let desk = Desk::open(Person::Follows(&["gate1234"])).await;
        desk.insert("claire").await;
        let swapped = async {
            desk.asked().await;
            let other = VirtualCard::new(Citizen::find("jan").unwrap(), &desk.pki).unwrap();
            let seen = instructions(&desk);
            if noticed {
                desk.reader.remove();
                desk.reader.insert(other);
            } else {
                desk.reader.slot().insert(other);
            }
            desk.open_gate();
            seen
        };
        let (outcome, seen) = tokio::join!(sign(&desk, attached(files(2))), swapped);
        assert_eq!(refusal(outcome), (ErrorCode::CardRemoved, None), "{noticed}");
        assert_eq!(count(&seen, VERIFY), 0, "{noticed}");
        assert_eq!(tries(&desk), 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn card_that_goes_in_the_middle_of_a_batch_gives_nothing() {
    let desk = Desk::open(Person::Follows(&[TEST_PIN])).await;
    desk.insert("claire").await;
    let slot = desk.reader.slot().clone();
    let made = std::sync::atomic::AtomicUsize::new(0);
    desk.reader.slot().observe(move |[_, instruction, ..]| {
        if instruction == PSO && made.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 1 {
            drop(slot.remove());
        }
    });
    let outcome = sign(&desk, attached(files(3))).await;
    assert_eq!(refusal(outcome), (ErrorCode::CardRemoved, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn busctl_signs_too() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("anna").await;
    let content = BASE64.encode(TEXT);
    let answer = desk.call(
        "/org/beidd1",
        "org.beidd1.Manager",
        "Sign",
        &[
            "a{sv}",
            "3",
            "format",
            "s",
            "cades",
            "detached",
            "b",
            "false",
            "documents",
            "av",
            "1",
            "a{sv}",
            "3",
            "name",
            "s",
            "a.txt",
            "mediaType",
            "s",
            "text/plain",
            "content",
            "s",
            &content,
        ],
    );
    assert_eq!(answer["algorithm"], "RS256");
    assert_eq!(content_of(&desk, &data(&answer["signatures"][0])), TEXT.as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn beidctl_writes_what_was_signed() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("claire").await;
    write(&desk, "a.txt", TEXT.as_bytes());
    write(&desk, "b.pdf", b"%PDF-1.7");
    let page = succeeds(&desk, &["sign", "a.txt", "--attached", "--out", "signed.p7m"]).await;
    assert!(page.contains("a.txt.p7m") && page.contains("cades, ES384"), "{page}");
    let signed = std::fs::read(desk.dir.join("signed.p7m")).unwrap();
    assert_eq!(content_of(&desk, &signed), TEXT.as_bytes());
    let verified = succeeds(&desk, &["verify", "signed.p7m"]).await;
    assert!(
        verified.ends_with("trust: test\n") && !verified.contains('✘'),
        "{verified}"
    );

    succeeds(&desk, &["sign", "a.txt", "b.pdf", "--attached", "-o", "out"]).await;
    for (name, content) in [("a.txt.p7m", TEXT.as_bytes()), ("b.pdf.p7m", b"%PDF-1.7")] {
        assert_eq!(
            content_of(&desk, &std::fs::read(desk.dir.join("out").join(name)).unwrap()),
            content
        );
    }
    succeeds(&desk, &["sign", "b.pdf"]).await;
    let verify = ["verify", "b.pdf.p7s", "--content"];
    let verified = succeeds(&desk, &[&verify[..], &["b.pdf"]].concat()).await;
    assert!(
        verified.contains("signature covers  the content\n") && verified.ends_with("trust: test\n"),
        "{verified}"
    );
    let other = run(&desk, &[&verify[..], &["a.txt"]].concat()).await;
    assert_eq!(other.status.code(), Some(1));
    assert!(stdout(&other).contains("✘ content-digest"), "{}", stdout(&other));

    let raw = ctl_json(&desk, &["sign", "b.pdf", "--format", "raw", "--algorithm", "ES512"]).await;
    let signature = std::fs::read(desk.dir.join("b.pdf.sig")).unwrap();
    raw_is_right(&desk, &raw, &signature, &HashAlgorithm::Sha512.digest(b"%PDF-1.7"));

    let (code, text) = fails(&desk, &["sign", "missing.pdf"]).await;
    assert!(code != 0 && text.contains("missing.pdf"), "{text}");
}
