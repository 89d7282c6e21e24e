//! The description of the HTTPS interface, judged and tried out by programs that nobody here wrote.

use crate::{file, timed};
use beid_api::Scope;
use beid_e2e::{
    Daemon, DaemonOptions, Scratch, ScriptedPinentry, SessionBus, run, test_tools, tool, willing_pinentry,
    write_program,
};
use std::path::Path;

/// Website that the daemon lists.
const PAGE: &str = "https://practice.example";

#[test]
fn the_validator_has_no_objection() {
    let mut validator = timed(test_tools().join("bin/openapi-spec-validator"));
    for document in ["docs/openapi.json", "docs/openapi-released.json"] {
        validator.arg(file(document));
    }
    let said = run(&mut validator).ok();
    assert_eq!(said.matches("OK").count(), 2, "{said}");
}

#[test]
fn the_linter_has_no_objection() {
    let mut linter = timed(tool("node"));
    linter.arg(test_tools().join("npm/node_modules/@redocly/cli/bin/cli.js"));
    linter.arg("lint").arg("--config").arg(file("tests/tools/redocly.yaml"));
    // It would ask the network for news, and send word of its use.
    linter
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
        .env("REDOCLY_TELEMETRY", "off");
    let done = run(linter.arg("--max-problems=100").arg(file("docs/openapi.json")));
    assert_eq!(done.code, Some(0), "{done}");
    // It says on standard error how many warnings there are, if any.
    assert!(
        done.stderr.contains("is valid") && !done.stderr.contains("You have"),
        "{done}"
    );
}

/// A daemon with jan's card, and a person who uses this pinentry.
struct TriedDaemon {
    daemon: Daemon,
    scratch: Scratch,
    _bus: SessionBus,
}

impl TriedDaemon {
    fn start(pinentry: &Path) -> Self {
        let (scratch, bus) = (Scratch::new("tried"), SessionBus::start());
        let pinentry = pinentry.display().to_string();
        let page = format!("[[origin]]\norigin = \"{PAGE}\"\nscopes = [\"readers\"]");
        let options = DaemonOptions::new().simulate("jan").practice().append(&page).bus(&bus);
        let options = options.set("log", "level", "\"info\"");
        Self {
            daemon: options.set("prompt", "pinentry", &format!("{pinentry:?}")).start(),
            scratch,
            _bus: bus,
        }
    }

    /// Runs schemathesis with further arguments, and returns what it said. It has found nothing.
    fn is_tried(&self, arguments: &[&str]) -> String {
        let discovery = self.daemon.discovery();
        let mut program = timed(test_tools().join("bin/schemathesis"));
        program.arg("--config-file").arg(file("tests/tools/schemathesis.toml"));
        program
            .arg("run")
            .arg(file("docs/openapi.json"))
            .args(["--no-color", "--checks", "all"]);
        program.args(arguments).current_dir(self.scratch.path());
        program.env("BEIDD_URL", format!("https://localhost:{}", self.daemon.port()));
        program.env("BEIDD_CA", discovery["caCertificate"].as_str().expect("an authority"));
        let done = run(&mut program);
        assert_eq!(done.code, Some(0), "{done}\n{}", self.daemon.log());
        done.ok()
    }

    /// Does so as a program with every scope.
    fn is_tried_by_a_program(&self, arguments: &[&str]) -> String {
        let scopes: Vec<&str> = Scope::ALL.iter().map(|scope| scope.word()).collect();
        let token = self
            .daemon
            .beidctl(&["token", "create", "tried", "--scope", &scopes.join(",")])
            .ok();
        let header = format!("Authorization: Bearer {}", token.trim());
        self.is_tried(&[&["--header", &header], arguments].concat())
    }
}

/// The number behind `label` in a line, such as the second one in `Selected: 22/23`.
fn numbers(said: &str, label: &str) -> Vec<usize> {
    let line = said.lines().find_map(|line| line.trim().strip_prefix(label));
    let line = line.unwrap_or_else(|| panic!("no {label} in {said}"));
    let numbers = line.split(|c: char| !c.is_ascii_digit());
    numbers.filter_map(|number| number.parse().ok()).collect()
}

#[test]
fn whatever_a_program_makes_up_is_answered_as_the_description_says() {
    let scratch = Scratch::new("tried-person");
    let tried = TriedDaemon::start(&willing_pinentry(&scratch));
    let said = tried.is_tried_by_a_program(&[]);
    let selected = numbers(&said, "Selected:");
    assert_eq!(selected[0] + 1, selected[1], "all but the events: {said}");
    assert_eq!(numbers(&said, "Tested:")[0], selected[0], "{said}");
    assert!(
        numbers(&said, "Test cases:").is_empty() && said.contains(" passed"),
        "{said}"
    );
}

#[test]
fn so_it_is_by_a_page() {
    let scratch = Scratch::new("tried-person");
    let tried = TriedDaemon::start(&willing_pinentry(&scratch));
    let header = format!("Origin: {PAGE}");
    let open = ["--include-path-regex", "^/v1/(status|pairings|openapi.json)"];
    // None of these leads on to another, so there is nothing to try in a row.
    let phases = ["--phases", "examples,coverage,fuzzing"];
    drop(tried.is_tried(&[&["--header", &header], &open[..], &phases].concat()));
}

#[test]
fn so_it_is_by_people_who_decline_or_mistype() {
    let scratch = Scratch::new("tried-person");
    let mistyping = format!(
        "exec '{}' --demo-pin 9999",
        beid_e2e::built("beid-scripted-pinentry").display()
    );
    let mistyping = write_program(scratch.path(), "mistyping-pinentry", &mistyping);
    // A script without answers cancels every dialog.
    let declining = ScriptedPinentry::new();
    for person in [mistyping.as_path(), declining.program()] {
        let asked = [
            "--include-path-regex",
            "signatures|pin-operations|consents|therapeutic-links",
        ];
        drop(
            TriedDaemon::start(person)
                .is_tried_by_a_program(&[&asked[..], &["--phases", "examples,coverage"]].concat()),
        );
    }
}
