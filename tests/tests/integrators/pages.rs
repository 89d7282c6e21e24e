//! The pages for integrators do what they say.

use crate::{page, timed};
use beid_api::OPERATIONS;
use beid_api::Scope;
use beid_e2e::{DaemonOptions, Scratch, SessionBus, run, test_tools, willing_pinentry};
use std::fs;

/// The blocks of code of a page: language and text.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let parts = page.split("```").skip(1).step_by(2);
    parts.filter_map(|part| part.split_once('\n')).collect()
}

/// The cells of every row of a page's tables that begins with a word in code.
fn rows(page: &str) -> Vec<Vec<&str>> {
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

/// Texts between back quotes.
fn words(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn client_of_the_page_on_dbus_reads_and_signs() {
    let text = page("docs/dbus.md");
    let (_, client) = blocks(&text)
        .into_iter()
        .find(|(language, _)| *language == "python")
        .expect("a client");
    let (scratch, bus) = (Scratch::new("dbus-page"), SessionBus::start());
    let pinentry = willing_pinentry(&scratch).display().to_string();
    let options = DaemonOptions::new().simulate("jan").practice().bus(&bus);
    let _daemon = options.set("prompt", "pinentry", &format!("{pinentry:?}")).start();
    fs::write(scratch.path().join("client.py"), client).expect("the client is written");
    let mut python = timed(test_tools().join("bin/python3"));
    python.arg(scratch.path().join("client.py"));
    let said = run(python.env("DBUS_SESSION_BUS_ADDRESS", bus.address())).ok();
    assert_eq!(said, "Proefman 1990-02-28 passed\neidsigning\n");
}

#[test]
fn table_of_scopes_is_the_programs() {
    let text = page("docs/scopes.md");
    let written: Vec<_> = rows(&text)
        .into_iter()
        .map(|row| (words(row[0])[0], words(row[2])))
        .collect();
    let needing = |scope: &Scope| -> Vec<&str> {
        let operations = OPERATIONS
            .iter()
            .filter(|row| row.scope == Some(*scope))
            .map(|row| row.name);
        // The stream of events is no operation: each front has its own.
        operations
            .chain((*scope == Scope::Readers).then_some("events"))
            .collect()
    };
    let sorted = |mut words: Vec<&'static str>| {
        words.sort_unstable();
        words
    };
    for (scope, (word, operations)) in Scope::ALL.iter().zip(&written) {
        let mut operations = operations.clone();
        operations.sort_unstable();
        assert_eq!((*word, operations), (scope.word(), sorted(needing(scope))));
    }
    assert_eq!(written.len(), Scope::ALL.len());
}
