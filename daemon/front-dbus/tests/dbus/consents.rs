//! Consents: that what is signed was shown, and who may be asked to sign.

use crate::pin::{VERIFY, call, count, instructions, tries};
use crate::signatures::formats::{unzipped, xmlsec1};
use crate::signatures::{path, words};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::{ApiError, ErrorCode};
use beid_pki::{Certificate, HashAlgorithm, TrustStore};
use beid_protocol::verify::{CheckName, Context, Outcome, Reason, Verification, verify_with};
use beid_protocol::xades::{Examined, examine};
use beid_settings::AssignedRole;
use beid_simulator::{Citizen, Gesture, KeypadKind, TEST_PIN, VirtualCard, VirtualKeypad};
use beid_sources::simulated::SimulatedReader;
use beid_testkit::daemon::ctl::{fails, run, stdout, succeeds};
use beid_testkit::daemon::{Desk, Person, wait_for};
use beid_texts::ErrorTexts;
use jiff::Timestamp;
use serde_json::{Value, json};

mod evidence;
mod pages;
mod people;
mod refusals;

/// One card of each generation that signs, with the usual key of each.
const SIGNERS: [&str; 3] = ["anna", "nele", "claire"];
const FORMATS: [&str; 3] = ["cades", "xades", "asice"];
/// SHA-256 of the Dutch statement.
const DIGEST: &str = "e47bcd9ec2f264c335b95b8882e53d64eee22fbb85bf9f14a0b4d4b2cefd6680";

/// A day on which Finn is sixteen and Sam is ten.
fn autumn() -> Timestamp {
    "2026-11-20T10:02:00+01:00".parse().unwrap()
}

async fn desk(person: Person) -> Desk {
    Desk::open_at(person, "", autumn).await
}

async fn consent(desk: &Desk, members: Value) -> Result<Value, ApiError> {
    call(desk, "consent", members).await
}

/// Code and text of a refusal.
fn refused(outcome: Result<Value, ApiError>) -> (ErrorCode, String) {
    let error = outcome.unwrap_err();
    (error.code, error.detail(beid_texts::Language::En))
}

fn number_of(citizen: &str) -> &'static str {
    Citizen::find(citizen).unwrap().national_number
}

/// Warnings of an answer, as `field code`.
fn warnings(answer: &Value) -> Vec<String> {
    let warnings = answer["warnings"].as_array().unwrap().iter();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    warnings
        .map(|one| format!("{} {}", word(&one["field"]), word(&one["code"])))
        .collect()
}

fn data(answer: &Value) -> Vec<u8> {
    BASE64.decode(answer["evidence"]["data"].as_str().unwrap()).unwrap()
}

fn sha256(text: &str) -> String {
    let digest = HashAlgorithm::Sha256.digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A question that a person was asked.
#[derive(Debug)]
struct DialogPage {
    question: String,
    title: String,
    description: String,
}

/// Every dialog so far, each with its title and text as the pinentry got them.
fn pages(desk: &Desk) -> Vec<DialogPage> {
    let told = std::fs::read_to_string(desk.dir.join("told")).unwrap_or_default();
    let (mut title, mut description) = (String::new(), String::new());
    let mut pages = Vec::new();
    for line in told.lines() {
        let (command, text) = line.split_once(' ').unwrap_or((line, ""));
        match command {
            "SETTITLE" => title = unescaped(text),
            "SETDESC" => description = unescaped(text),
            "GETPIN" | "CONFIRM" => pages.push(DialogPage {
                question: command.to_owned(),
                title: std::mem::take(&mut title),
                description: std::mem::take(&mut description),
            }),
            _ => {}
        }
    }
    pages
}

/// Decodes `%0A` and the like, which are octets of UTF-8.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        let (octet, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(octet, 16).unwrap());
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).unwrap()
}

/// The official text, joined from its pages without our heading on each. The pages must be numbered, and follow each other
/// with no other page between them.
fn official(pages: &[DialogPage], language: &str) -> String {
    let language = if language == "nl" { "Dutch" } else { "French" };
    let title = format!("Official text ({language})");
    let first = pages.iter().position(|page| page.title.starts_with(&title)).unwrap();
    let text: Vec<_> = pages[first..]
        .iter()
        .take_while(|page| page.title.starts_with(&title))
        .collect();
    for (number, page) in text.iter().enumerate() {
        let numbered = match text.len() {
            1 => title.clone(),
            count => format!("{title} {}/{count}", number + 1),
        };
        assert_eq!(
            (page.title.as_str(), page.question.as_str()),
            (numbered.as_str(), "CONFIRM")
        );
    }
    assert!(
        !pages[first + text.len()..]
            .iter()
            .any(|page| page.title.starts_with(&title))
    );
    let bare = text.iter().enumerate().map(|(number, page)| {
        let heading = match text.len() {
            1 => format!("{title}\n\n"),
            count => format!("{title} — page {} of {count}\n\n", number + 1),
        };
        page.description
            .strip_prefix(&heading)
            .unwrap_or_else(|| panic!("{heading}: {page:?}"))
    });
    bare.collect()
}

/// Text of all pages on one line.
fn said(pages: &[DialogPage]) -> String {
    words(
        &pages
            .iter()
            .map(|page| format!("{} ", page.description))
            .collect::<String>(),
    )
}

fn trust(desk: &Desk) -> TrustStore {
    let roots = desk
        .pki
        .roots()
        .into_iter()
        .map(|root| Certificate::parse(&root).unwrap());
    roots.fold(TrustStore::belgian(), TrustStore::with_test_root)
}

/// Our own verification of evidence for `request`.
fn judged(desk: &Desk, evidence: &[u8], request: &str) -> Verification {
    let roots = trust(desk);
    let context = Context {
        content: Some(request.as_bytes()),
        ..Context::new(&roots, autumn())
    };
    verify_with(evidence, &context)
}

/// Plugs in a second reader, for the provider's own card, with the card of `citizen` in it.
async fn provider(desk: &Desk, citizen: &str) -> (SimulatedReader, String) {
    let registry = &desk.service.registry;
    let reader = SimulatedReader::plug_in(registry, "Reader of the practice");
    registry
        .choose_role("Reader of the practice", Some(AssignedRole::Provider))
        .unwrap();
    let mut events = desk.service.events.listen();
    reader.insert(VirtualCard::new(Citizen::find(citizen).unwrap(), &desk.pki).unwrap());
    loop {
        let event = events.next().await.unwrap();
        if event.name == "card.ready" {
            let id = event.ids.get("cardId").unwrap().as_str().unwrap().to_owned();
            return (reader, id);
        }
    }
}

/// A physician who is `citizen`.
fn physician(citizen: &str) -> Value {
    json!({"parties": [{"nihii": "10012378004", "ssin": number_of(citizen), "type": "persphysician",
                        "firstName": "An", "familyName": "Arts"}]})
}
