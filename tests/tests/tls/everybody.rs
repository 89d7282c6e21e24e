//! The stores of everybody, which root changes: the system's, and the policy file of Firefox.

use crate::databases::{authority, state};
use crate::machine::Machine;
use beid_e2e::{Daemon, DaemonOptions, FinishedCommand, built};
use serde_json::{Value, json};
use std::path::Path;

const POLICIES: &str = "/etc/firefox/policies/policies.json";
const SYSTEM: &str = "/usr/local/share/ca-certificates";

/// `beidctl tls` as root, with the certificate of a user.
fn tls(machine: &Machine, daemon: &Daemon, command: &str) -> FinishedCommand {
    let beidctl = built("beidctl").display().to_string();
    let ca = daemon.discovery()["caCertificate"].as_str().expect("a path").to_owned();
    machine.run(daemon, &beidctl, &["tls", command, "--json", "--ca", &ca])
}

/// Files that the policies install.
fn installed(machine: &Machine, daemon: &Daemon) -> Vec<String> {
    let policies: Value = serde_json::from_str(&machine.read(daemon, POLICIES)).expect("JSON");
    let list = policies["policies"]["Certificates"]["Install"]
        .as_array()
        .expect("a list")
        .clone();
    list.iter()
        .map(|path| path.as_str().expect("a path").to_owned())
        .collect()
}

#[test]
fn root_makes_the_system_and_firefox_trust_a_daemon_and_takes_it_back_to_the_octet() {
    let (machine, daemon) = (Machine::start(), DaemonOptions::new().start());
    let odd = "{\n\t\"policies\": { \"DisableTelemetry\":true, \"Certificates\": {\"ImportEnterpriseRoots\": true,\n\
               \"Install\": [\"hospital.pem\"]}, \"Homepage\": {\"URL\": \"https://intranet.example\"}}}";
    for before in [
        None,
        Some("{}"),
        Some("{\"policies\": {\"Certificates\": {}}}\n"),
        Some(odd),
    ] {
        if let Some(text) = before {
            machine.write(&daemon, POLICIES, text);
        }
        let tree = machine.look(&daemon);
        let done = tls(&machine, &daemon, "install");
        assert_eq!(done.code, Some(0), "{before:?}: {done}");
        let report = done.json();
        for place in [SYSTEM, POLICIES] {
            assert_eq!(state(&report, Path::new(place)).0, "trusted", "{before:?}");
        }
        assert!(
            report["stores"].as_array().is_some_and(|stores| stores.len() == 2),
            "{report:#}"
        );
        // The others' keys stay, and in their order; what is installed can be read by everybody.
        let mut files = installed(&machine, &daemon);
        let ours = files.pop().expect("ours is the last");
        assert_eq!(
            files,
            if before == Some(odd) {
                vec!["hospital.pem"]
            } else {
                vec![]
            }
        );
        let mode = machine.run(&daemon, "stat", &["--format=%a", &ours, POLICIES]).ok();
        assert_eq!(mode, "644\n644\n");
        if before == Some(odd) {
            let policies: Value = serde_json::from_str(&machine.read(&daemon, POLICIES)).expect("JSON");
            let keys: Vec<_> = policies["policies"].as_object().expect("policies").keys().collect();
            assert_eq!(keys, ["DisableTelemetry", "Certificates", "Homepage"]);
            assert_eq!(
                policies["policies"]["Certificates"]["ImportEnterpriseRoots"],
                json!(true)
            );
        }
        // Programs that use the system's store need nothing said any more.
        let url = format!("https://localhost:{}/v1/status", daemon.port());
        let answer = machine.run(&daemon, "curl", &["-sS", "--noproxy", "*", &url]);
        assert_eq!(answer.json()["service"], "beidd");
        assert_eq!(tls(&machine, &daemon, "install").code, Some(0));
        assert_eq!(installed(&machine, &daemon).len(), files.len() + 1, "once");

        let done = tls(&machine, &daemon, "remove");
        assert_eq!(done.code, Some(0), "{before:?}: {done}");
        machine.must_be(&daemon, &tree);
        assert_ne!(
            machine.run(&daemon, "curl", &["-sS", "--noproxy", "*", &url]).code,
            Some(0)
        );
    }
}

#[test]
fn two_users_do_not_clash_in_the_stores_of_everybody() {
    let (machine, anna, bram) = (
        Machine::start(),
        DaemonOptions::new().start(),
        DaemonOptions::new().start(),
    );
    let before = machine.look(&anna);
    for user in [&anna, &bram] {
        assert_eq!(tls(&machine, user, "install").code, Some(0));
    }
    assert_eq!(installed(&machine, &anna).len(), 2);
    assert_eq!(tls(&machine, &anna, "remove").code, Some(0));
    for (user, expected) in [(&anna, "not-trusted"), (&bram, "trusted")] {
        let report = tls(&machine, user, "status").json();
        for place in [SYSTEM, POLICIES] {
            assert_eq!(state(&report, Path::new(place)).0, expected, "{report:#}");
        }
    }
    // Whoever names none removes all.
    let beidctl = built("beidctl").display().to_string();
    let all = machine.run(&bram, &beidctl, &["tls", "remove", "--store", "system,firefox-policy"]);
    assert_eq!(all.code, Some(0), "{all}");
    machine.must_be(&anna, &before);
}

#[test]
fn policies_that_cannot_be_added_to_are_named_and_left_alone() {
    let (machine, daemon) = (Machine::start(), DaemonOptions::new().start());
    for (file, text, reason) in [
        (POLICIES, "{ // a remark\n}", "unusable"),
        (POLICIES, "[]", "unusable"),
        (
            POLICIES,
            "{\"policies\": {\"Certificates\": {\"Install\": \"all\"}}}",
            "unusable",
        ),
        ("/etc/firefox-esr/policies/policies.json", "{}", "policies-elsewhere"),
    ] {
        machine.run(&daemon, "rm", &["-rf", "/etc/firefox"]).ok();
        machine.write(&daemon, file, text);
        let done = tls(&machine, &daemon, "install");
        assert_eq!(done.code, Some(1), "{text}: {done}");
        let report = done.json();
        assert_eq!(
            state(&report, Path::new(SYSTEM)).0,
            "trusted",
            "the other store is served"
        );
        assert_eq!(state(&report, Path::new(POLICIES)).1, reason, "{text}");
        assert_eq!(machine.read(&daemon, file), text);
    }
}

#[test]
fn no_other_authority_is_trusted_for_everybody() {
    let (machine, daemon) = (Machine::start(), DaemonOptions::new().start());
    let before = machine.look(&daemon);
    let beidctl = built("beidctl").display().to_string();
    // Of the daemon's certificates only the authority's is one; and one of somebody else could vouch for anybody.
    let leaf = daemon.home().state().join("tls/cert.pem").display().to_string();
    let stranger = "/etc/ssl/certs/ISRG_Root_X1.pem";
    for file in [leaf.as_str(), stranger] {
        let done = machine.run(&daemon, &beidctl, &["tls", "install", "--json", "--ca", file]);
        assert_eq!(done.code, Some(1), "{done}");
        assert!(
            done.stderr.contains("file-unusable") && done.stderr.contains(file),
            "{done}"
        );
    }
    machine.must_be(&daemon, &before);
    // Root has no daemon, and is told whose certificate to name.
    let done = machine.run(
        &daemon,
        "env",
        &[
            "-u",
            "XDG_STATE_HOME",
            "-u",
            "XDG_RUNTIME_DIR",
            &beidctl,
            "tls",
            "install",
        ],
    );
    assert!(
        done.code == Some(1) && done.stderr.contains("tls install --ca"),
        "{done}"
    );
    assert!(authority(&tls(&machine, &daemon, "status").json()).starts_with("beidd local authority "));
}
