//! The daemon as the system's other programs know it: how it starts, when it refuses to, and how it ends.

use beid_e2e::{Answer, BusDaemon, DaemonOptions, Desk, LIMIT, OnScreen, Running, Scratch, built};
use serde_json::json;
use std::fs;
use std::process::Command;
use std::time::Duration;

#[test]
fn second_daemon_with_the_same_state_is_refused() {
    let first = DaemonOptions::new().start();
    let home = |directory: std::path::PathBuf| directory.parent().unwrap().display().to_string();
    let second = DaemonOptions::new()
        .env("XDG_STATE_HOME", &home(first.home().state()))
        .env("XDG_RUNTIME_DIR", &home(first.home().runtime()))
        .run();
    assert_eq!(second.code, Some(1), "{second}");
    assert!(second.stderr.contains("another beidd uses"), "{second}");
    assert_eq!(first.discovery()["pid"], first.pid());
    // What held the lock is gone, so the next one may.
    let next = DaemonOptions::new().start_in(first.stop());
    drop(next.stop());
}

#[test]
fn sigterm_ends_it_in_time_and_takes_its_address_away() {
    let daemon = DaemonOptions::new().simulate("anna").start();
    let discovery = daemon.home().runtime().join("https.json");
    assert!(discovery.exists());
    let home = daemon.stop(); // within two seconds, with 0
    assert!(!discovery.exists());
    drop(home);
}

#[test]
fn sigterm_closes_an_open_dialog_and_spends_no_try() {
    let provider = "[[provider.parties]]\ntype = \"persphysician\"\nnihii = \"19999816004\"\nfirstName = \"Testo\"\nfamilyName = \"ARTS\"";
    let desk = Desk::start_with(|options| options.append(provider));
    desk.insert("jan");
    let _gate = desk.pinentry.will_pause_then(Answer::pin("1234"));
    let link = json!({ "operation": "put", "type": "gpconsultation", "proof": "eidsigning" });
    let pending = desk
        .daemon
        .rest(&["proof.therlink"])
        .begin("POST", "/v1/therapeutic-links", &[], Some(&link));
    let dialog = desk.pinentry.next_shown();
    drop(desk.daemon.stop()); // within two seconds, with 0
    dialog.wait_closed();
    assert_eq!(desk.readers.first().tries_left(), 3);
    pending.abandon();
}

#[test]
fn address_of_another_daemon_is_left_alone() {
    let daemon = DaemonOptions::new().start();
    let discovery = daemon.home().runtime().join("https.json");
    let others = r#"{"port":1,"caCertificate":"/ca.pem","pid":1}"#;
    fs::write(&discovery, others).unwrap();
    let home = daemon.stop();
    assert_eq!(fs::read_to_string(&discovery).unwrap(), others);
    drop(home);
}

#[test]
fn without_its_bus_it_fails() {
    let (bus, scratch) = (BusDaemon::start(), Scratch::new("bus-lost"));
    let mut command = Command::new(built("beidd"));
    command.args(["--https-port", "0", "--simulate", "anna"]).env_clear();
    command
        .env("XDG_STATE_HOME", scratch.dir("state"))
        .env("XDG_RUNTIME_DIR", scratch.dir("run"));
    command.env("DBUS_SESSION_BUS_ADDRESS", bus.address());
    let mut daemon = Running::start("beidd", command);
    let ready = daemon.line(LIMIT).unwrap_or_default();
    assert!(ready.ends_with("dbus=org.beidd1"), "{ready}");
    drop(bus);
    assert_eq!(daemon.ended(Duration::from_secs(2)).code(), Some(1));
    assert!(!scratch.path().join("run/beidd/https.json").exists());
}

#[test]
fn unknown_people_are_a_mistake_in_the_arguments() {
    let done = DaemonOptions::new().simulate("jan,nobody").run();
    assert_eq!(done.code, Some(2), "{done}");
    assert!(
        done.stderr.contains("'nobody'") && done.stderr.contains("anna"),
        "{done}"
    );
}

/// `--check-config` of these settings: refused with 78, and with all of these words.
#[track_caller]
fn check(options: &DaemonOptions, words: &[&str]) {
    let done = options.clone().argument("--check-config").run();
    assert_eq!(done.code, Some(78), "{done}");
    for word in words {
        assert!(done.stderr.contains(word), "{word}: {done}");
    }
}

#[test]
fn mistakes_in_the_settings_are_named_with_file_line_and_key() {
    let good = DaemonOptions::new();
    assert_eq!(good.clone().argument("--check-config").run().code, Some(0));
    let file = "beidd-test.toml";
    check(
        &good.clone().append("[https]\nprot = 1"),
        &[file, "line", "prot = 1", "unknown field"],
    );
    check(
        &good.clone().set("prompt", "timeout_s", "3"),
        &[file, "line", "timeout_s = 3", "5 to 600"],
    );
    check(
        &good.clone().set("trust", "revocation", "\"hard\""),
        &[file, "line", "revocation", "off, soft or require"],
    );
    check(
        &good.clone().set("trust", "extra_roots", "[\"/nonexistent.pem\"]"),
        &["trust.extra_roots", "/nonexistent.pem"],
    );
    check(
        &good
            .clone()
            .append("[[provider.parties]]\ntype = \"persphysician\"\nnihii = \"1\""),
        &[file, "provider.parties[0].nihii"],
    );
    check(
        &good.env("BEIDD_LOG_LEVEL", "loud"),
        &["BEIDD_LOG_LEVEL", "error, warn"],
    );
}
