//! The daemon as the system's other programs know it: how it starts, when it refuses to, and how it ends.

use beid_e2e::{
    DaemonOptions, Desk, LIMIT, OnScreen, PrivateBus, Readers, RunningProgram, Scratch, ScriptedAnswer,
    ScriptedPinentry, SessionBus, built, run, tool,
};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
    let _gate = desk.pinentry.will_pause_then(ScriptedAnswer::pin("1234"));
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
    let (bus, scratch) = (PrivateBus::start(), Scratch::new("bus-lost"));
    let mut command = Command::new(built("beidd"));
    command.args(["--https-port", "0", "--simulate", "anna"]).env_clear();
    command
        .env("XDG_STATE_HOME", scratch.dir("state"))
        .env("XDG_RUNTIME_DIR", scratch.dir("run"));
    command.env("DBUS_SESSION_BUS_ADDRESS", bus.address());
    let mut daemon = RunningProgram::start("beidd", command);
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
    assert!(done.stderr.contains("nobody is nobody; there is anna"), "{done}");
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
    let pinentry = DaemonOptions::new();
    check(
        &pinentry,
        &["prompt.pinentry", "/nonexistent/pinentry", "no such program"],
    );
    let good = pinentry.set("prompt", "pinentry", "\"sh\"");
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

#[test]
fn without_pcscd_it_says_so_wherever_it_would_list_readers_or_cards() {
    let bus = beid_e2e::SessionBus::start();
    let daemon = DaemonOptions::new().bus(&bus).start();
    let rest = daemon.rest(&["readers"]);
    beid_e2e::eventually("pcscd is missed", LIMIT, || {
        (rest.get("/v1/status").ok()["pcsc"] == "pcsc-unavailable").then_some(())
    });
    for path in ["/v1/readers", "/v1/cards"] {
        let reply = rest.get(path);
        assert_eq!(
            (reply.status, reply.problem()),
            (503, "pcsc-unavailable".to_owned()),
            "{path}"
        );
    }
    for method in ["ListReaders", "ListCards"] {
        let refused = bus.call("/org/beidd1", "org.beidd1.Manager", method, &json!({}));
        assert_eq!(refused.unwrap_err().code(), "pcsc-unavailable", "{method}");
    }
    let shown = daemon.beidctl(&["readers"]);
    assert_eq!(shown.code, Some(4), "{shown}");
    assert!(shown.stderr.contains("sudo systemctl start pcscd.socket"), "{shown}");
    let shown = daemon.beidctl(&["status"]);
    assert!(
        shown.code == Some(0) && shown.text().contains("pcsc-unavailable"),
        "{shown}"
    );
}

#[test]
fn a_pcscd_that_takes_connections_and_never_answers_is_missed_too() {
    let scratch = Scratch::new("mute-pcscd");
    let socket = scratch.path().join("pcscd.comm");
    let _mute = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let bus = SessionBus::start();
    let daemon = DaemonOptions::new()
        .env("PCSCLITE_CSOCK_NAME", &socket.display().to_string())
        .bus(&bus)
        .start();
    let rest = daemon.rest(&["readers"]);
    beid_e2e::eventually("pcscd is missed", LIMIT, || {
        (rest.get("/v1/status").ok()["pcsc"] == "pcsc-unavailable").then_some(())
    });
    assert_eq!(rest.get("/v1/readers").problem(), "pcsc-unavailable");
}

#[test]
fn a_pcscd_that_falls_silent_is_missed_when_somebody_asks_and_needs_no_new_start() {
    let (readers, scratch) = (Readers::start(), Scratch::new("silent-pcscd"));
    let (socket, open) = (scratch.path().join("pcscd.comm"), Arc::new(AtomicBool::new(true)));
    pass_on(UnixListener::bind(&socket).unwrap(), readers.socket(), &open);
    let bus = SessionBus::start();
    let daemon = DaemonOptions::new()
        .env("PCSCLITE_CSOCK_NAME", &socket.display().to_string())
        .bus(&bus)
        .start();
    let rest = daemon.rest(&["readers", "identity.full"]);
    readers.first().insert("jan");
    let identity = || rest.get("/v1/cards/current/identity").status;
    let readable = || (identity() == 200).then_some(());
    beid_e2e::eventually("the card is read", LIMIT, readable);
    open.store(false, Ordering::Relaxed);
    beid_e2e::eventually("pcscd is missed", LIMIT, || {
        (rest.get("/v1/status").ok()["pcsc"] == "pcsc-unavailable").then_some(())
    });
    assert_eq!(rest.get("/v1/readers").problem(), "pcsc-unavailable");
    open.store(true, Ordering::Relaxed);
    beid_e2e::eventually("the card is read again", LIMIT, readable);
    assert_eq!(rest.get("/v1/readers").status, 200);
}

/// Passes on what comes and goes, while it is `open`, between those who connect and `pcscd`.
fn pass_on(listener: UnixListener, pcscd: &Path, open: &Arc<AtomicBool>) {
    let (pcscd, open) = (pcscd.to_owned(), Arc::clone(open));
    std::thread::spawn(move || -> std::io::Result<()> {
        for client in listener.incoming() {
            let (client, server) = (client?, UnixStream::connect(&pcscd)?);
            for (from, to) in [(client.try_clone()?, server.try_clone()?), (server, client)] {
                let open = Arc::clone(&open);
                std::thread::spawn(move || pass_on_one_way(from, to, &open));
            }
        }
        Ok(())
    });
}

fn pass_on_one_way(mut from: UnixStream, mut to: UnixStream, open: &AtomicBool) -> std::io::Result<()> {
    let mut piece = [0; 4096];
    loop {
        let read = from.read(&mut piece)?;
        while !open.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(10));
        }
        match piece.get(..read) {
            None | Some([]) => return to.shutdown(Shutdown::Both),
            Some(octets) => to.write_all(octets)?,
        }
    }
}

/// A command that runs `beidd` in `scratch`, with a simulated card, after the shell has done `before` (redirections).
fn after(before: &str, scratch: &Scratch) -> Command {
    let mut command = Command::new("sh");
    let line = format!("cd '{}'; {before}; exec \"$0\" \"$@\"", scratch.path().display());
    command.args(["-c", &line]).arg(built("beidd"));
    command.args(["--https-port", "0", "--simulate", "jan"]).env_clear();
    command
        .env("PATH", "/usr/bin:/bin")
        .env("XDG_STATE_HOME", scratch.dir("state"))
        .env("XDG_RUNTIME_DIR", scratch.dir("run"))
        .env("XDG_CONFIG_HOME", scratch.dir("config"));
    command
}

/// A pipe called `p` whose reader has gone, or reads nothing, and another called `o`.
const NOBODY_READS: &str = "rm -f p; mkfifo p; exec 3<>p 2>p; exec 3>&-";
const READER_STALLS: &str = "rm -f p; mkfifo p; exec 3<>p 2>p";

#[test]
fn a_signature_is_not_lost_with_the_log() {
    let (bus, scratch, pinentry) = (PrivateBus::start(), Scratch::new("log"), ScriptedPinentry::new());
    fs::write(scratch.path().join("a.txt"), "x").unwrap();
    for before in [NOBODY_READS, READER_STALLS, "exec 2>/dev/full"] {
        let mut command = after(before, &scratch);
        command.env("DBUS_SESSION_BUS_ADDRESS", bus.address());
        command.env("BEIDD_PROMPT_PINENTRY", pinentry.program());
        // More than a pipe holds.
        command.env("BEIDD_LOG_LEVEL", "trace");
        let mut daemon = RunningProgram::start("beidd", command);
        assert!(
            daemon.line(LIMIT).unwrap_or_default().starts_with("beidd ready"),
            "{before}"
        );
        let beidctl = |arguments: &[&str]| {
            let mut command = Command::new(built("beidctl"));
            command.env_clear().env("DBUS_SESSION_BUS_ADDRESS", bus.address());
            run(command.args(arguments).current_dir(scratch.path())).ok();
        };
        for _ in 0..20 {
            beidctl(&["identity"]);
        }
        pinentry.will(ScriptedAnswer::pin("1234"));
        let signature = scratch.path().join("a.p7s");
        beidctl(&["sign", "a.txt", "-o", "a.p7s"]);
        assert!(fs::metadata(&signature).unwrap().len() > 0, "{before}");
        fs::remove_file(&signature).unwrap();
        assert_eq!(daemon.terminate(Duration::from_secs(2)).code(), Some(0), "{before}");
    }
}

#[test]
fn a_ready_line_that_nobody_takes_is_no_reason_to_end() {
    let scratch = Scratch::new("ready");
    for before in ["rm -f p; mkfifo p; exec 3<>p >p; exec 3>&-", "exec >/dev/full"] {
        let mut command = after(before, &scratch);
        command.arg("--no-dbus");
        let mut daemon = RunningProgram::start("beidd", command);
        let discovery = scratch.path().join("run/beidd/https.json");
        beid_e2e::eventually("https.json is there", LIMIT, || discovery.exists().then_some(()));
        assert!(daemon.is_alive(), "{before}");
        assert_eq!(daemon.terminate(Duration::from_secs(2)).code(), Some(0), "{before}");
    }
}

#[test]
fn output_that_cannot_be_written_is_said_unless_nobody_wants_it() {
    let sh = |line: &str| run(Command::new("bash").args(["-c", line]).arg(built("beid-sim")));
    let full = sh("\"$0\" --list >/dev/full");
    assert!(full.code == Some(1) && full.stderr.contains("No space left"), "{full}");
    let closed = sh("\"$0\" --list > >(exec true); wait $!; exit 0");
    assert!(closed.stderr.is_empty(), "{closed}");
}

#[test]
fn every_signal_that_ends_it_takes_its_address_away() {
    let mut home = DaemonOptions::new().start().stop();
    for signal in ["QUIT", "INT"] {
        let daemon = DaemonOptions::new().start_in(home);
        let discovery = daemon.home().runtime().join("https.json");
        assert!(discovery.exists());
        let pid = daemon.pid().to_string();
        run(Command::new("sh").args(["-c", "kill -$1 \"$0\"", &pid, signal])).ok();
        beid_e2e::eventually(signal, LIMIT, || (!discovery.exists()).then_some(()));
        home = daemon.stop(); // with 0
    }
}

#[test]
fn a_hangup_that_was_ignored_at_the_start_is_ignored() {
    let scratch = Scratch::new("nohup");
    let mut command = after("trap '' HUP", &scratch);
    command.arg("--no-dbus");
    let mut daemon = RunningProgram::start("beidd", command);
    assert!(daemon.line(LIMIT).is_some());
    let pid = daemon.pid().to_string();
    run(Command::new("sh").args(["-c", "kill -HUP \"$0\"", &pid])).ok();
    // Were it caught, this would come too late.
    assert!(scratch.path().join("run/beidd/https.json").exists());
    assert!(daemon.is_alive());
    assert_eq!(daemon.terminate(Duration::from_secs(2)).code(), Some(0));
}

#[test]
fn addresses_of_the_bus_are_tried_in_turn() {
    let bus = SessionBus::start();
    let (good, bad) = (bus.address(), "unix:path=/nonexistent/bus");
    for addresses in [format!("{good};{bad}"), format!("{bad};{good};")] {
        let options = DaemonOptions::new().bus(&bus);
        let daemon = options.env("DBUS_SESSION_BUS_ADDRESS", &addresses).start();
        daemon.beidctl(&["status"]).ok();
        drop(daemon.stop());
    }
    let options = DaemonOptions::new().bus(&bus);
    let refused = options
        .env("DBUS_SESSION_BUS_ADDRESS", &format!("{bad};tcp:host=/"))
        .run();
    assert_eq!(refused.code, Some(1), "{refused}");
    for word in ["DBUS_SESSION_BUS_ADDRESS", bad, "tcp:host=/"] {
        assert!(refused.stderr.contains(word), "{refused}");
    }
}

#[test]
fn what_cannot_be_used_is_named_with_its_variable() {
    let scratch = Scratch::new("named");
    let file = scratch.path().join("file").display().to_string();
    fs::write(&file, "").unwrap();
    for variable in ["XDG_STATE_HOME", "XDG_RUNTIME_DIR"] {
        let done = DaemonOptions::new().env(variable, &file).run();
        assert_eq!(done.code, Some(1), "{done}");
        assert!(done.stderr.contains(&file) && done.stderr.contains(variable), "{done}");
    }
    let run = scratch.dir("run/beidd/https.json");
    let done = DaemonOptions::new()
        .env("XDG_RUNTIME_DIR", &scratch.path().join("run").display().to_string())
        .run();
    assert!(
        done.code == Some(1) && done.stderr.contains(&run.display().to_string()),
        "{done}"
    );
}

#[test]
fn damaged_files_are_set_aside_and_the_log_says_so() {
    let home = DaemonOptions::new().start().stop();
    let state = home.state();
    let files = ["tokens.json", "roles.json", "authorities.pem"];
    for name in files {
        fs::write(state.join(name), "{\"cut of").unwrap();
    }
    let daemon = DaemonOptions::new().start_in(home);
    for name in files {
        let kept = state.join(format!("{name}.damaged"));
        assert_eq!(fs::read_to_string(&kept).unwrap(), "{\"cut of");
        assert!(daemon.log().contains(&kept.display().to_string()), "{name}");
    }
    drop(daemon.stop());
}

#[test]
fn a_bus_that_starts_it_does_not_choose_its_pinentry() {
    let options = DaemonOptions::new().env("DBUS_STARTER_BUS_TYPE", "session");
    let daemon = options.env("BEIDD_PROMPT_PINENTRY", "/tmp/theirs").start();
    assert!(
        daemon.log().contains("BEIDD_PROMPT_PINENTRY is ignored"),
        "{}",
        daemon.log()
    );
    assert!(!daemon.log().contains("/tmp/theirs"));
    drop(daemon.stop());
}

/// Nothing of ours may need more than an ordinary user has. (Root takes another user's number.)
#[test]
fn an_ordinary_user_is_served_and_cannot_look_into_its_memory() {
    let scratch = Scratch::new("ordinary");
    let beidd = scratch.path().join("beidd");
    fs::copy(built("beidd"), &beidd).unwrap();
    let own = fs::metadata(scratch.path()).unwrap().uid();
    let user = if own == 0 { 65534 } else { own };
    let directories = ["state", "run", "config"].map(|name| scratch.dir(name));
    if own == 0 {
        for path in directories
            .iter()
            .map(|path| path.as_path())
            .chain([scratch.path(), &beidd])
        {
            chown(path, Some(user), Some(user)).unwrap();
        }
    }
    let as_user = |program: &str| {
        let mut command = Command::new(tool(if own == 0 { "setpriv" } else { "env" }));
        if own == 0 {
            let numbers = [format!("--reuid={user}"), format!("--regid={user}")];
            command.args(numbers).args(["--clear-groups", "--"]);
        }
        command.arg(program);
        command
    };
    let mut command = as_user(&beidd.display().to_string());
    command.args(["--https-port", "0", "--no-dbus"]).env_clear();
    for (name, directory) in ["XDG_STATE_HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"]
        .iter()
        .zip(&directories)
    {
        command.env(name, directory);
    }
    command.env("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm");
    let mut daemon = RunningProgram::start("beidd", command);
    let ready = daemon.line(LIMIT).unwrap_or_default();
    let url = ready.split(' ').find(|word| word.starts_with("https://")).unwrap();

    let ca = scratch.path().join("state/beidd/tls/ca.pem");
    let mut curl = as_user(&tool("curl").display().to_string());
    curl.args(["--silent", "--show-error", "--noproxy", "*", "--cacert"])
        .arg(&ca);
    let status: Value = run(curl.arg(format!("{url}/v1/status"))).json();
    assert_eq!(status["service"], "beidd");

    let limits = fs::read_to_string(format!("/proc/{}/limits", daemon.pid())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"]);
    // Its memory is behind the same check (ptrace(2), "Ptrace access mode checking").
    let environment = format!("/proc/{}/environ", daemon.pid());
    let looked = run(as_user("cat").arg(&environment));
    assert!(
        looked.code != Some(0) && looked.stderr.contains("Permission denied"),
        "{looked}"
    );
    let own_things = run(as_user("sh").args(["-c", "cat /proc/$$/environ"]));
    assert_eq!(own_things.code, Some(0), "{own_things}");
    assert_eq!(daemon.terminate(Duration::from_secs(2)).code(), Some(0));
}
