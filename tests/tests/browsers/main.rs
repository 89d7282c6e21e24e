//! Debian's Chromium and Firefox against the whole of beidd: a real `pcscd`, virtual cards, and a scripted person.
//!
//! What the browsers do stands in `tests/browsers/`, one file a scenario. Here is the desk, and what they may ask of it.
//! `BEIDD_SCENARIO=refus cargo test -p beid-e2e --test browsers` plays the files with that in their names.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

mod orders;

use beid_e2e::{Desk, RunningProgram, Scratch, built, free_port, guarded, test_tools, tool, workspace};
use orders::DeskOrders;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// Longest silence of the browsers: the longest scenario without an order to the desk.
const SILENCE: Duration = Duration::from_secs(120);

/// Scopes of the site that the settings list.
const SCOPES: &[&str] = &[
    "readers",
    "identity.full",
    "identity.photo",
    "certificates",
    "sign",
    "proof.consent",
    "proof.therlink",
];

/// Directory whose files stay: pictures, and the table of what browsers saw.
fn artefacts() -> PathBuf {
    let programs = built("beidd");
    let target = programs.ancestors().nth(2).expect("programs are in target/debug");
    target.join("browsers")
}

#[test]
fn pages_in_real_browsers_get_what_they_may_and_nothing_else() {
    let ports = json!({ "public": free_port(), "local": free_port(), "plain": free_port() });
    let listed = format!(
        "[[origin]]\norigin = \"https://app.example.test:{}\"\nscopes = {}\n\
         [report]\nstore = \"on\"\nage = true\ngender = true\nprovince = true\n",
        ports["public"],
        json!(SCOPES)
    );
    let desk = Desk::start_with(|options| options.practice().append(&listed));
    let scratch = Scratch::new("browsers");
    let facts = json!({
        "port": desk.daemon.port(),
        "authority": desk.daemon.discovery()["caCertificate"],
        "home": desk.daemon.home().user_home(),
        "scratch": scratch.path(),
        "artefacts": artefacts(),
        "modules": test_tools().join("npm/node_modules"),
        "pages": ports,
    });
    let facts = scratch.write("facts.json", facts.to_string().as_bytes());
    let mut command = guarded(tool("node"));
    command.arg(workspace().join("tests/browsers/main.mjs")).arg(facts);
    let mut browsers = RunningProgram::start("browsers", command);
    let mut orders = DeskOrders::new(desk);
    while let Some(line) = browsers.line(SILENCE) {
        let order: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("no order ({e}): {line}"));
        browsers.say(&orders.carry_out(&order).to_string());
    }
    let ended = browsers.ended(SILENCE);
    let failures = std::fs::read_to_string(scratch.path().join("failures.txt")).unwrap_or_default();
    assert!(ended.success(), "the browsers ended with {ended}:\n{failures}");
}
