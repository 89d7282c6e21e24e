//! Settings of a running daemon: where they come from, what an administrator holds fast, and reading them again.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use beid_e2e::{
    Daemon, DaemonOptions, Desk, LIMIT, RunningProgram, Scratch, SessionBus, built, eventually, guarded, run, tool,
};
use std::fs;
use std::process::Command;
use std::time::Duration;

/// Writes the user's own file.
fn write_own(daemon: &Daemon, text: &str) {
    let directory = daemon.home().user_home().parent().unwrap().join("config/beidd");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("beidd.toml"), text).unwrap();
}

/// Has the daemon read its settings again, and waits for these words in the part of the log that comes after.
fn reload(daemon: &Daemon, words: &[&str]) -> String {
    let before = daemon.log().len();
    let pid = daemon.pid().to_string();
    run(Command::new("sh").args(["-c", "kill -HUP \"$0\"", &pid])).ok();
    eventually("the log says so", LIMIT, || {
        let log = daemon.log();
        let new = log.get(before..).unwrap_or_default();
        words.iter().all(|word| new.contains(word)).then(|| new.to_owned())
    })
}

#[test]
fn a_hangup_has_it_read_the_settings_again_and_say_what_has_changed() {
    let bus = SessionBus::start();
    let daemon = DaemonOptions::new().simulate("anna").bus(&bus).start();
    let rest = daemon.rest(&["identity.full", "identity.photo"]);
    let photo = || rest.get("/v1/cards/current/photo").status;
    eventually("the card is there", LIMIT, || (photo() == 200).then_some(()));

    write_own(&daemon, "[policy]\nexports = ['fhir']\n[prompt]\nlanguage = 'fr'\n");
    let said = reload(&daemon, &["settings read again", "count after a restart"]);
    assert!(said.contains("changed=\"policy.exports\""), "{said}");
    assert!(said.contains("settings=\"prompt.language\""), "{said}");
    assert_eq!(photo(), 403);

    // Wrong settings change nothing, and nothing of the file is in the log.
    let secret = "Vertrouwelijk";
    write_own(
        &daemon,
        &format!("[policy]\nexports = ['photo']\n[provider]\nparties = ['{secret}']\n"),
    );
    let said = reload(&daemon, &["settings are wrong"]);
    assert!(said.contains("beidd.toml") && said.contains("line 4"), "{said}");
    assert!(!said.contains(secret), "{said}");
    assert_eq!(photo(), 403);

    write_own(&daemon, "");
    reload(&daemon, &["changed=\"policy.exports\""]);
    assert_eq!(photo(), 200);
    // It has not been stopped: its process, its port and its tokens are the same.
    assert_eq!(daemon.discovery()["pid"], daemon.pid());
    drop(daemon.stop());
}

#[test]
fn a_hangup_of_its_terminal_ends_it() {
    let scratch = Scratch::new("terminal");
    let mut command = guarded(tool("script"));
    let beidd = built("beidd");
    let line = format!("exec '{}' --https-port 0 --no-dbus --simulate jan", beidd.display());
    command.args(["-qfc", &line, "/dev/null"]).env_clear();
    command.env("PATH", "/usr/bin:/bin").env("SHELL", "/bin/sh");
    for (name, directory) in [
        ("XDG_STATE_HOME", "state"),
        ("XDG_RUNTIME_DIR", "run"),
        ("XDG_CONFIG_HOME", "config"),
    ] {
        command.env(name, scratch.dir(directory));
    }
    let terminal = RunningProgram::start("script", command);
    // The log stands on the terminal too.
    while !terminal.line(LIMIT).expect("it gets ready").starts_with("beidd ready") {}
    let discovery = scratch.path().join("run/beidd/https.json");
    assert!(discovery.exists());
    // The terminal goes with the program that holds its other end.
    let pid = terminal.pid().to_string();
    run(Command::new("sh").args(["-c", "kill -KILL \"$0\"", &pid])).ok();
    eventually("it has ended", Duration::from_secs(5), || {
        (!discovery.exists()).then_some(())
    });
}

#[test]
fn printed_settings_name_source_default_and_limit() {
    let options = DaemonOptions::new()
        .set("prompt", "pinentry", "\"sh\"")
        .env("BEIDD_PROMPT_TIMEOUT_S", "90");
    let printed = options.argument("--check-config").argument("--print").run();
    assert_eq!(printed.code, Some(0), "{printed}");
    let line = |start: &str| {
        let text = printed.text();
        let found = text.lines().find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("{start}: {text}")).to_owned()
    };
    assert!(line("port = 0 ").ends_with("# flag --https-port; default: 32032, else the next free"));
    assert!(line("timeout_s = 90 ").ends_with("# environment BEIDD_PROMPT_TIMEOUT_S; default: 60"));
    assert!(line("pinentry = \"sh\" # file /").contains("beidd-test.toml; default: the first found of"));
    assert_eq!(line("# exports: "), "# exports: all # default");
}

#[test]
fn rows_of_readers_hold_for_real_readers() {
    // The virtual readers are on no USB bus, so a row with an id is about none of them; they are asked all the same.
    let rows = "[[pcsc.reader]]\nname = '00 01'\nignore = true\n[[pcsc.reader]]\nname = 'Virtual PCD'\nrole = 'provider'\n\
                [[pcsc.reader]]\nusb = '08e6:3437'\nignore = true\nrole = 'patient'";
    let desk = Desk::start_with(|options| options.append(rows));
    let rest = desk.daemon.rest(&["readers"]);
    let readers = eventually("the reader is there", LIMIT, || {
        let answer = rest.get("/v1/readers").ok();
        let readers = answer["readers"].as_array().cloned().unwrap_or_default();
        (!readers.is_empty()).then_some(readers)
    });
    let seen: Vec<_> = readers
        .iter()
        .map(|one| (one["name"].as_str(), one["role"].as_str()))
        .collect();
    assert_eq!(seen, [(Some("Virtual PCD 00 00"), Some("provider"))]);
    desk.insert("anna");
    drop(desk.daemon.stop());
}
