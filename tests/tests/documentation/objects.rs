//! Settings and objects on pages.

use crate::fences::{Fence, fences, is_tried_elsewhere};
use crate::pages;
use beid_e2e::{Scratch, built, run, test_tools, tool, willing_pinentry, workspace};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Makes the files that settings on the pages name: certificates, a password.
const ADMINISTRATOR: &str = "
umask 077
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out \"$1\" 2> /dev/null; }
key root.key; key desk.key
openssl req -x509 -new -key root.key -days 30 -subj '/CN=TEST of pages' -out root.pem
openssl req -new -key desk.key -subj '/CN=localhost' -out desk.csr
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\nextendedKeyUsage=serverAuth\n' > desk.extensions
openssl x509 -req -in desk.csr -CA root.pem -CAkey root.key -CAcreateserial -days 10 -extfile desk.extensions \\
    -out desk.pem 2> /dev/null
cp root.pem hospital-ca.pem
echo secret > desk17.password
";
/// The seven guarantees of the official text.
const GUARANTEES: [&str; 7] = [
    "committee-approval",
    "care-relation-only",
    "relevance",
    "withhold-data",
    "exclude-provider",
    "access-verification",
    "withdraw-any-time",
];

/// An official text that is not one, in the form that the pages describe.
fn consent_text() -> Value {
    let guarantees = GUARANTEES.map(|id| json!({ "id": id, "text": format!("garantie {id}") }));
    let lines = guarantees
        .iter()
        .filter_map(|one| Some(format!("- {}\n", one["text"].as_str()?)));
    let plain = format!("accord\ngaranties\n{}fin\n", lines.collect::<String>());
    let hash = digest(&SHA256, plain.as_bytes());
    let hash: String = hash.as_ref().iter().map(|octet| format!("{octet:02x}")).collect();
    json!({
        "language": "fr",
        "agreement": ["accord"],
        "guarantees_intro": "garanties",
        "guarantees": guarantees,
        "closing": "fin",
        "plain_text": plain,
        "plain_text_sha256": hash,
    })
}

/// Blocks of a language on every page, without those that another suite tries and those that are not run.
fn blocks(language: &str) -> Vec<Fence> {
    let pages = pages();
    let pages = pages.iter().filter(|page| !is_tried_elsewhere(page, language));
    let blocks = pages.flat_map(fences);
    blocks
        .filter(|fence| fence.language == language && fence.not_run().is_none())
        .collect()
}

fn check_settings(scratch: &Scratch, etc: &Path, fence: &Fence) {
    // Nobody writes into the computer's own /etc for a test.
    let settings = fence.text.replace("/etc/beidd/", &format!("{}/", etc.display()));
    let file = scratch.write("settings.toml", settings.as_bytes());
    let mut beidd = Command::new(built("beidd"));
    beidd.args(["--check-config", "--config"]).arg(file).env_clear();
    beidd
        .env("HOME", scratch.path())
        .env("XDG_CONFIG_HOME", scratch.dir("config"));
    beidd.env("BEIDD_PROMPT_PINENTRY", willing_pinentry(scratch));
    let done = run(&mut beidd);
    assert!(
        done.succeeded() && done.said().contains("the settings are right"),
        "{}: {done}",
        fence.place
    );
}

#[test]
fn beidd_takes_all_settings_on_the_pages() {
    let scratch = Scratch::new("settings-on-pages");
    let etc = scratch.dir("etc");
    run(Command::new(tool("sh")).args(["-ec", ADMINISTRATOR]).current_dir(&etc)).ok();
    fs::write(etc.join("consent.fr.json"), consent_text().to_string()).expect("a text");
    let blocks = blocks("toml");
    for fence in &blocks {
        check_settings(&scratch, &etc, fence);
    }
    println!("{} settings are right", blocks.len());
    assert!(blocks.len() > 8);
}

/// True if `whole` has everything that `part` has: members by their names, elements of lists in any place.
fn is_part(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part
            .iter()
            .all(|(name, value)| whole.get(name).is_some_and(|other| is_part(value, other))),
        (Value::Array(part), Value::Array(whole)) => {
            part.iter().all(|value| whole.iter().any(|other| is_part(value, other)))
        }
        _ => part == whole,
    }
}

/// The file of which a block shows a part, if it names one.
fn whole_file(fence: &Fence) -> Option<&str> {
    fence.note.strip_prefix("part of ").filter(|whole| whole.contains('/'))
}

#[test]
fn parts_of_files_are_in_these_files() {
    let blocks = blocks("json");
    let mut compared = 0;
    for (fence, file) in blocks.iter().filter_map(|fence| Some((fence, whole_file(fence)?))) {
        let part: Value = serde_json::from_str(&fence.text).unwrap_or_else(|e| panic!("{}: {e}", fence.place));
        let whole =
            fs::read_to_string(workspace().join(file)).unwrap_or_else(|e| panic!("{}: {file}: {e}", fence.place));
        let whole: Value = serde_json::from_str(&whole).expect("JSON");
        assert!(is_part(&part, &whole), "{} is no part of {file}", fence.place);
        compared += 1;
    }
    assert!(compared > 0);
    assert!(!is_part(&json!({ "a": [1] }), &json!({ "a": [2] })));
}

#[test]
fn objects_on_the_pages_are_those_of_the_interface() {
    let mut blocks = blocks("json");
    blocks.retain(|fence| whole_file(fence).is_none());
    let samples = blocks.iter().map(|fence| {
        let (part, schema) = match fence.note.strip_prefix("part of ") {
            Some(schema) => (true, schema),
            None => (false, fence.note.as_str()),
        };
        let wrapped = format!("{{{}}}", fence.text);
        let text = if part && !fence.text.starts_with('{') {
            &wrapped
        } else {
            &fence.text
        };
        let body: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{}: {e}", fence.place));
        assert!(
            !schema.is_empty(),
            "{}: the fence names no schema of docs/openapi.json",
            fence.place
        );
        json!({ "schema": schema, "part": part, "body": body, "place": fence.place })
    });
    let scratch = Scratch::new("objects-on-pages");
    let samples: Vec<_> = samples.collect();
    let file = scratch.write("samples.json", json!(samples).to_string().as_bytes());
    let mut validator = Command::new(test_tools().join("bin/python3"));
    validator.arg(workspace().join("tests/tools/conforms.py"));
    let done = run(validator.arg(workspace().join("docs/openapi.json")).arg(file));
    assert!(
        done.ok().contains(&format!("{} samples, 0 faults", samples.len())),
        "{done}"
    );
    assert!(samples.len() > 8);
}
