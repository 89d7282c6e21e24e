//! The doctor: each thing that can be missing on a computer is named, with and without a daemon, and a support bundle holds
//! nothing of a person.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

use beid_e2e::{
    Daemon, DaemonOptions, Desk, FinishedCommand, Readers, ScriptedPinentry, SessionBus, built, eventually, run,
};
use beid_e2e::{LIMIT, Scratch};
use serde_json::{Value, json};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

/// Codes of the findings in an answer.
fn codes(answer: &Value) -> Vec<String> {
    let findings = answer["findings"].as_array().expect("findings");
    let code = |finding: &Value| finding["code"].as_str().expect("a code").to_owned();
    findings.iter().map(code).collect()
}

/// The findings of the daemon on this bus.
fn diagnostics(bus: &SessionBus) -> Value {
    let answer = bus.call("/org/beidd1", "org.beidd1.Manager", "Diagnostics", &json!({}));
    answer.expect("findings")
}

/// Fails unless the answer has these findings, and each that is not well a next step.
fn check(answer: &Value, expected: &[&str]) {
    let found = codes(answer);
    for code in expected {
        assert!(found.iter().any(|one| one == code), "{code} is not in {answer:#}");
    }
    for finding in answer["findings"].as_array().expect("findings") {
        assert_eq!(finding["next"].is_string(), finding["outcome"] != "ok", "{finding:#}");
    }
}

/// Runs `beidctl` with the environment of a daemon that has ended, and these variables besides.
fn beidctl(environment: &[(String, String)], arguments: &[&str]) -> FinishedCommand {
    let mut command = Command::new(built("beidctl"));
    command.args(arguments).env_clear();
    run(command.envs(environment.iter().map(|(name, value)| (name, value))))
}

fn environment(daemon: &Daemon, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let more = more
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    daemon.environment().clone().into_iter().chain(more).collect()
}

#[test]
fn a_desk_with_readers_and_a_card_is_described() {
    let desk = Desk::start();
    let answer = diagnostics(&desk.bus);
    check(
        &answer,
        &[
            "versions",
            "pcsc-answers",
            "reader-found",
            "card-none",
            "endpoint-answers",
            "pinentry-answers",
            "port-usual",
        ],
    );
    assert_eq!(codes(&answer).iter().filter(|code| *code == "reader-found").count(), 2);
    desk.insert("anna");
    let answer = diagnostics(&desk.bus);
    check(&answer, &["card-ready", "clock-plausible"]);
    let whole = answer.to_string();
    for secret in ["TESTAERT", "Anna", "85051402418"] {
        assert!(!whole.contains(secret), "{secret}: {whole}");
    }
    // The command line says the same, and what it knows of the call itself.
    let said = desk.daemon.beidctl(&["doctor", "--json"]);
    check(&said.json(), &["service-answers", "card-ready"]);
    assert_eq!(said.json()["findings"][0]["code"], "service-answers");
    assert_eq!(
        said.code,
        Some(i32::from(said.json()["outcome"] == "problem")),
        "{said}"
    );
    let page = desk.daemon.beidctl(&["doctor", "--lang", "nl"]);
    assert!(
        text(&page).contains("De kaartdienst (pcscd) antwoordt. [pcsc-answers]"),
        "{page}"
    );
}

#[test]
fn a_card_service_that_is_missing_or_silent_is_named() {
    let bus = SessionBus::start();
    let _daemon = DaemonOptions::new().bus(&bus).start();
    check(&diagnostics(&bus), &["pcsc-unavailable", "pinentry-fails"]);

    let (bus, scratch) = (SessionBus::start(), Scratch::new("silent"));
    let socket = scratch.path().join("pcscd.comm");
    // It accepts connections, as the kernel does for it, and never answers.
    let _silent = UnixListener::bind(&socket).expect("a socket");
    let socket = socket.display().to_string();
    let daemon = DaemonOptions::new()
        .bus(&bus)
        .env("PCSCLITE_CSOCK_NAME", &socket)
        .start();
    eventually("the silence is noticed", LIMIT, || {
        codes(&diagnostics(&bus))
            .contains(&"pcsc-unavailable".to_owned())
            .then_some(())
    });
    // Without a daemon no more is known than that somebody listens.
    let environment = environment(&daemon, &[("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")]);
    check(
        &beidctl(&environment, &["doctor", "--json"]).json(),
        &["service-not-running", "pcsc-listens"],
    );
}

#[test]
fn without_a_daemon_the_computer_is_looked_at_all_the_same() {
    let (bus, pinentry) = (SessionBus::start(), ScriptedPinentry::new());
    let daemon = DaemonOptions::new().bus(&bus).start();
    let squatted = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = squatted.local_addr().expect("an address").port().to_string();
    let program = pinentry.program().display().to_string();
    let environment = environment(
        &daemon,
        &[("BEIDD_HTTPS_PORT", &port), ("BEIDD_PROMPT_PINENTRY", &program)],
    );
    let _home = daemon.stop();
    let done = beidctl(&environment, &["doctor", "--json"]);
    assert_eq!(done.code, Some(1), "{done}");
    let answer = done.json();
    check(
        &answer,
        &[
            "service-not-running",
            "versions",
            "pcsc-unavailable",
            "pinentry-answers",
            "port-demanded",
            "clock-unknown",
        ],
    );
    assert_eq!(
        (&answer["outcome"], &answer["findings"][0]["code"]),
        (&json!("problem"), &json!("service-not-running"))
    );
    drop(squatted);
    check(&beidctl(&environment, &["doctor", "--json"]).json(), &["port-free"]);
    // Settings that cannot be read are a finding, and no end of the command.
    let wrong = [environment, vec![("BEIDD_HTTPS_PORT".to_owned(), "many".to_owned())]].concat();
    let done = beidctl(&wrong, &["doctor", "--json"]);
    check(&done.json(), &["settings-unusable", "versions"]);
}

#[test]
fn a_port_that_another_program_had_is_named_with_that_program() {
    let taken = TcpListener::bind("127.0.0.1:32032");
    let bus = SessionBus::start();
    // Its port comes from no setting, so that another is tried.
    let _daemon = DaemonOptions::new().any_usual_port().bus(&bus).start();
    let answer = diagnostics(&bus);
    check(&answer, &["port-other"]);
    let mut findings = answer["findings"].as_array().expect("findings").iter();
    let finding = findings
        .find(|finding| finding["code"] == "port-other")
        .expect("the finding");
    let fact = |name: &str| {
        let mut facts = finding["facts"].as_array().expect("facts").iter();
        facts
            .find(|fact| fact["name"] == name)
            .map(|fact| fact["value"].clone())
    };
    assert_eq!(fact("usual"), Some(json!("32032")));
    // Another test of this computer may have had the port first.
    if taken.is_ok() {
        let own = fs::read_to_string("/proc/self/comm").expect("the name of this process");
        assert_eq!(fact("program"), Some(json!(own.trim())));
    }
}

#[test]
fn a_clock_before_the_certificates_of_a_card_is_wrong() {
    let library = fs::read_dir("/usr/lib")
        .expect("/usr/lib")
        .flatten()
        .map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"));
    let library = library
        .into_iter()
        .find(|path| path.exists())
        .expect("libfaketime is installed");
    let (readers, bus) = (Readers::start(), SessionBus::start());
    let daemon = DaemonOptions::new()
        .readers(&readers)
        .bus(&bus)
        .env("LD_PRELOAD", &library.display().to_string())
        .env("FAKETIME", "-9000d")
        // Only the time of day is wrong; time limits run as ever.
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .start();
    check(&diagnostics(&bus), &["clock-unknown"]);
    readers.first().insert("anna");
    eventually("the card is there", LIMIT, || {
        codes(&diagnostics(&bus))
            .contains(&"card-ready".to_owned())
            .then_some(())
    });
    check(&diagnostics(&bus), &["clock-behind"]);
    drop(daemon);
}

#[test]
fn other_callers_than_this_user_get_the_findings_without_names() {
    let desk = Desk::start();
    let answer = desk.daemon.rest(&["diagnostics"]).get("/v1/diagnostics").ok();
    check(&answer, &["reader-found", "pinentry-answers"]);
    let whole = answer.to_string();
    for name in ["Virtual PCD", "/pinentry", "/home"] {
        assert!(!whole.contains(name), "{name}: {whole}");
    }
    let network = desk
        .daemon
        .rest(&["diagnostics"])
        .get("/v1/diagnostics?network=true")
        .ok();
    check(&network, &["revocation-off"]);
    let refused = desk.daemon.rest(&["readers"]).get("/v1/diagnostics");
    assert_eq!(refused.problem(), "scope-missing");
}

/// Things of persons, planted where a bundle might take them from.
const PLANTED: [&str; 6] = [
    "TESTAERT",
    "85051402418",
    "592012345678",
    "anna.testaert",
    "Praxis Testaert",
    "plantedtoken",
];

#[test]
fn a_bundle_is_shown_and_holds_nothing_of_a_person() {
    let (bus, scratch) = (SessionBus::start(), Scratch::new("bundle"));
    let home = scratch.dir("home-anna.testaert-85051402418");
    let profiles = home.join(".mozilla/firefox");
    fs::create_dir_all(profiles.join("TESTAERT.default")).expect("a profile");
    let list = "[Profile0]\nName=Anna TESTAERT 592012345678\nIsRelative=1\nPath=TESTAERT.default\n";
    fs::write(profiles.join("profiles.ini"), list).expect("a list of profiles");
    let program = home.join("pinentry of Praxis Testaert");
    let daemon = DaemonOptions::new()
        .simulate("anna")
        .bus(&bus)
        .env("HOME", &home.display().to_string())
        .set("prompt", "pinentry", &json!(program).to_string())
        .set("pcsc", "roles", "{ \"Praxis Testaert 85051402418\" = \"provider\" }")
        .append("[[origin]]\norigin = \"https://plantedtoken.example\"\nscopes = [\"readers\"]")
        .start();
    daemon.beidctl(&["identity"]).ok();
    daemon
        .beidctl(&["token", "create", "plantedtoken 592012345678", "--scope", "readers"])
        .ok();
    // The planted names are there for those who may see them.
    let findings = text(&daemon.beidctl(&["doctor", "--json"]));
    assert!(
        findings.contains("TESTAERT") && findings.contains("Praxis Testaert"),
        "{findings}"
    );

    let file = scratch.path().join("bundle.json");
    let place = file.display().to_string();
    let unasked = daemon.beidctl(&["doctor", "--bundle", &place]);
    assert_eq!(unasked.code, Some(2), "{unasked}");
    assert!(!file.exists());
    for language in ["nl", "fr", "de", "en"] {
        let done = daemon.beidctl(&["doctor", "--bundle", &place, "--yes", "--force", "--lang", language]);
        assert_eq!(done.code, Some(1), "{done}");
        let bundle = fs::read_to_string(&file).expect("the bundle");
        // All of it was shown.
        assert!(text(&done).contains(&bundle), "{done}");
        for secret in PLANTED {
            assert!(
                !bundle.to_lowercase().contains(&secret.to_lowercase()),
                "{secret}: {bundle}"
            );
        }
        assert!(!bundle.contains(&home.display().to_string()), "{bundle}");
        let bundle: Value = serde_json::from_str(&bundle).expect("JSON");
        assert!(codes(&bundle).contains(&"card-ready".to_owned()), "{bundle:#}");
    }
    assert_eq!(mode(&file), 0o600);
    let again = daemon.beidctl(&["doctor", "--bundle", &place, "--yes"]);
    assert!(again.stderr.contains("--force"), "{again}");
    let shown: Value = daemon.beidctl(&["doctor", "--bundle", "-"]).json();
    assert_eq!(shown["form"], 1);
}

/// All that a command printed.
fn text(done: &FinishedCommand) -> String {
    String::from_utf8_lossy(&done.stdout).into_owned()
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).expect("a file").permissions().mode() & 0o777
}
