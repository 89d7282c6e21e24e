//! Rotations, whole and broken off: at every moment a client that trusts what the stores trust is served.

use crate::databases::{authority, certutil, content, home, make_database, tls};
use beid_e2e::{Daemon, DaemonOptions, FinishedCommand, Scratch, SessionBus, run, tool};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A daemon on a bus of its own, and two profiles that trust it.
struct Rotating {
    bus: SessionBus,
    daemon: Daemon,
    profiles: [PathBuf; 2],
}

impl Rotating {
    fn start() -> Self {
        let bus = SessionBus::start();
        let daemon = DaemonOptions::new().bus(&bus).start();
        let profiles = ["one", "two"].map(|name| home(&daemon).join(".mozilla/firefox").join(name));
        profiles.iter().for_each(|profile| make_database(profile));
        assert_eq!(tls(&daemon, "install").0, Some(0));
        Self { bus, daemon, profiles }
    }

    /// Asks the daemon for one stage, as `beidctl` would.
    fn stage(&self, stage: &str) -> Value {
        let members = json!({ "stage": stage });
        let method = "RotateTlsCertificates";
        let answer = self.bus.call("/org/beidd1", "org.beidd1.Manager", method, &members);
        answer.expect("a stage")
    }

    /// Fails unless a client that trusts exactly what each profile trusts is served.
    fn every_profile_is_served(&self, when: &str) {
        for profile in &self.profiles {
            let scratch = Scratch::new("trusted");
            let trusted = content(profile)
                .into_iter()
                .map(|(name, _)| certutil(profile, &["-L", "-n", &name, "-a"]).ok());
            let roots = scratch.write("roots.pem", trusted.collect::<String>().as_bytes());
            let url = format!("https://localhost:{}/v1/status", self.daemon.port());
            let mut curl = Command::new(tool("curl"));
            let answer = run(curl.args(["-sS", "--noproxy", "*", "--cacert"]).arg(roots).arg(url));
            assert_eq!(answer.code, Some(0), "{when}, {}: {answer}", profile.display());
        }
    }

    /// Ends the daemon without a word, as a crash does, and starts another one in its place.
    fn crash(mut self) -> Self {
        let home = {
            let pid = self.daemon.pid().to_string();
            run(Command::new("sh").args(["-c", "kill -KILL \"$0\"", &pid])).ok();
            self.daemon.into_home()
        };
        self.daemon = DaemonOptions::new().bus(&self.bus).start_in(home);
        self
    }

    fn rotate(&self, more: &[&str]) -> FinishedCommand {
        self.daemon.beidctl(&[&["tls", "rotate", "--json"], more].concat())
    }

    /// Makes the profile trust the authority in `file`.
    fn introduce(file: &Value, profile: &Path) {
        let file = file.as_str().expect("a file");
        let parsed = run(Command::new(tool("openssl")).args([
            "x509",
            "-noout",
            "-subject",
            "-nameopt",
            "multiline",
            "-in",
            file,
        ]));
        let name = parsed.ok();
        let name = name.rsplit_once("= ").expect("a name").1.trim().to_owned();
        certutil(profile, &["-A", "-n", &name, "-t", "C,,", "-a", "-i", file]).ok();
    }
}

#[test]
fn a_rotation_replaces_the_authority_everywhere() {
    let rotating = Rotating::start();
    let old = authority(&tls(&rotating.daemon, "status").1);
    let done = rotating.rotate(&[]);
    assert_eq!(done.code, Some(0), "{done}");
    let report = done.json();
    let new = authority(&report);
    assert_ne!(new, old);
    assert_eq!(report.get("previous"), None);
    for profile in &rotating.profiles {
        assert_eq!(content(profile), [(new.clone(), "C,,".to_owned())]);
    }
    rotating.every_profile_is_served("after a rotation");
    let (code, report) = tls(&rotating.daemon, "status");
    assert_eq!(
        (code, authority(&report), &report["rotationUnfinished"]),
        (Some(0), new, &json!(false))
    );
    // What is left on the disk is one set, and its key is the only one.
    let left = fs::read_dir(rotating.daemon.home().state().join("tls")).expect("a directory");
    assert_eq!(left.count(), 3);
}

#[test]
fn a_rotation_that_broke_off_anywhere_goes_on_from_there_and_every_profile_is_served_all_the_while() {
    // Points at which it can break off: after a stage of the daemon, or after a store.
    for point in 0..6 {
        let mut rotating = Rotating::start();
        let old = authority(&tls(&rotating.daemon, "status").1);
        let next = rotating.stage("prepare")["next"]["file"].clone();
        let profiles = rotating.profiles.clone();
        for profile in profiles.iter().take(point) {
            Rotating::introduce(&next, profile);
        }
        if point > 2 {
            rotating.stage("switch");
        }
        for profile in profiles.iter().take(point.saturating_sub(3)) {
            certutil(profile, &["-D", "-n", &old]).ok();
        }
        let when = format!("broken off at point {point}");
        rotating.every_profile_is_served(&when);
        assert_eq!(tls(&rotating.daemon, "status").1["rotationUnfinished"], true, "{when}");
        rotating = rotating.crash();
        rotating.every_profile_is_served(&format!("{when}, and the daemon crashed"));
        let done = rotating.rotate(&[]);
        assert_eq!(done.code, Some(0), "{when}: {done}");
        let new = authority(&done.json());
        assert_ne!(new, old, "{when}");
        for profile in &rotating.profiles {
            assert_eq!(content(profile), [(new.clone(), "C,,".to_owned())], "{when}");
        }
        rotating.every_profile_is_served(&format!("{when}, and ended"));
        assert_eq!(tls(&rotating.daemon, "status").0, Some(0), "{when}");
    }
}

#[test]
fn nothing_is_replaced_as_long_as_a_store_would_be_left_behind() {
    let rotating = Rotating::start();
    let scratch = Scratch::new("password");
    let profile = home(&rotating.daemon).join(".mozilla/firefox/locked");
    fs::create_dir_all(&profile).expect("a directory");
    let password = scratch.write("password", b"of the clerk\n").display().to_string();
    certutil(&profile, &["-N", "-f", &password]).ok();
    let ca = rotating.daemon.discovery()["caCertificate"]
        .as_str()
        .expect("a path")
        .to_owned();
    let old = authority(&tls(&rotating.daemon, "status").1);
    certutil(
        &profile,
        &["-A", "-n", &old, "-t", "C,,", "-a", "-i", &ca, "-f", &password],
    )
    .ok();

    let done = rotating.rotate(&[]);
    assert_eq!(done.code, Some(1), "{done}");
    let problem: Value = serde_json::from_str(&done.stderr).expect("a problem");
    assert_eq!(problem["code"], "not-trusted");
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(
        detail.contains("Firefox: locked") && detail.contains("--force"),
        "{detail}"
    );
    assert_eq!(authority(&tls(&rotating.daemon, "status").1), old);
    rotating.every_profile_is_served("while a store is left behind");

    let done = rotating.rotate(&["--force"]);
    assert_eq!(done.code, Some(0), "{done}");
    assert_ne!(authority(&done.json()), old);
    rotating.every_profile_is_served("after all");
}

#[test]
fn a_rotation_cannot_be_asked_for_over_https() {
    let daemon = DaemonOptions::new().start();
    let token = daemon.home().state().join("a token");
    fs::write(&token, "0123456789").expect("a file");
    let mut command = Command::new(beid_e2e::built("beidctl"));
    command
        .args(["--https", "--json", "tls", "rotate"])
        .env_clear()
        .envs(daemon.environment());
    let done = run(command.env("BEIDCTL_TOKEN_FILE", &token));
    assert_eq!(done.code, Some(2), "{done}");
    assert!(done.stderr.contains("not on HTTPS"), "{done}");
}
