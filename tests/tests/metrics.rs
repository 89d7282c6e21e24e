//! Figures for Prometheus: read by its own checker and by another parser, and with nothing of anybody in them.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use beid_e2e::{Desk, ScriptedAnswer, free_port, run, test_tools, tool};
use beid_simulator::Citizen;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

const OPEN_METRICS: &str = "Accept: application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5";

/// Fetches the figures with curl: the status, the media type and the body.
fn fetch(url: &str, more: &[&str]) -> (u16, String, String) {
    let mut command = Command::new(tool("curl"));
    command
        .args([
            "--silent",
            "--noproxy",
            "*",
            "--write-out",
            "\n%{http_code} %{content_type}",
            url,
        ])
        .args(more);
    let done = run(&mut command).ok();
    let (body, end) = done.rsplit_once('\n').unwrap();
    let (status, media) = end.split_once(' ').unwrap();
    (status.parse().unwrap(), media.to_owned(), body.to_owned())
}

/// Gives `text` to a program on its standard input, and returns what it says; it has to end with 0.
fn told(command: &mut Command, text: &str) -> String {
    use std::io::Write;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}\n{text}");
    said
}

/// Families and samples by the parser of the Python client, as JSON.
const PARSE: &str = "
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
families = {f.name: {'type': f.type, 'samples': [[s.name, s.labels, s.value] for s in f.samples]} for f in parse(sys.stdin.read())}
print(json.dumps(families))";

#[test]
fn figures_are_read_by_others_and_hold_nothing_of_anybody() {
    let port = free_port();
    let listen = format!("\"127.0.0.1:{port}\"");
    let desk = Desk::start_with(|options| options.practice().set("metrics", "listen", &listen));
    desk.insert("anna");
    let rest = desk.daemon.rest(&["readers", "identity.full", "proof.therlink"]);
    let _ = rest.get("/v1/cards/current/identity").ok();
    desk.pinentry.will(ScriptedAnswer::pin("1234"));
    let link = beid_e2e::link("eidsigning");
    let _ = rest.post("/v1/therapeutic-links", &link).ok();
    assert_eq!(rest.get("/v1/cards/nothing/photo").status, 403);

    let url = format!("http://127.0.0.1:{port}/metrics");
    let (status, media, text) = fetch(&url, &["-H", OPEN_METRICS]);
    assert_eq!(
        (status, media.as_str()),
        (200, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    let families: Value = serde_json::from_str(&told(
        Command::new(test_tools().join("bin/python3")).args(["-c", PARSE]),
        &text,
    ))
    .unwrap();
    let value = |family: &str, name: &str, labels: Value| {
        let samples = families[family]["samples"]
            .as_array()
            .unwrap_or_else(|| panic!("{family}: {text}"));
        let mut found = samples.iter().filter(|sample| sample[0] == name && sample[1] == labels);
        found.next().map(|sample| sample[2].as_f64().unwrap())
    };
    let operation = |operation: &str, outcome: &str| {
        let labels = json!({"operation": operation, "outcome": outcome});
        value("beidd_operations", "beidd_operations_total", labels)
    };
    assert_eq!(families["beidd_operations"]["type"], "counter");
    assert_eq!(operation("read-identity", "ok"), Some(1.0));
    assert_eq!(operation("therapeutic-link", "ok"), Some(1.0));
    assert_eq!(
        value("beidd_dialogs", "beidd_dialogs_total", json!({"outcome": "answered"})),
        Some(1.0)
    );
    assert_eq!(
        value("beidd_readers", "beidd_readers", json!({"card": "ready"})),
        Some(1.0)
    );
    assert_eq!(
        value("beidd_readers", "beidd_readers", json!({"card": "none"})),
        Some(1.0)
    );
    assert_eq!(
        value(
            "beidd_card_service_available",
            "beidd_card_service_available",
            json!({})
        ),
        Some(1.0)
    );
    // The tries that are left are asked for by the same command, without a PIN.
    let verify = json!({"command": "verify"});
    assert_eq!(
        value("beidd_card_command_seconds", "beidd_card_command_seconds_count", verify),
        Some(2.0)
    );

    let (status, media, older) = fetch(&url, &[]);
    assert_eq!(
        (status, media.as_str()),
        (200, "text/plain; version=0.0.4; charset=utf-8")
    );
    told(Command::new(tool("promtool")).args(["check", "metrics"]), &older);

    // Everything of this desk that could tell somebody apart.
    let anna = Citizen::find("anna").unwrap();
    let reader = rest.get("/v1/readers").ok()["readers"][0]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    for planted in [
        anna.surname,
        anna.national_number,
        anna.card_number,
        "ARTS",
        "19999816004",
        &reader,
        "Virtual",
        "caller",
    ] {
        assert!(
            !text.contains(planted) && !older.contains(planted),
            "{planted} in\n{text}"
        );
    }
}

#[test]
fn the_endpoint_is_for_programs_of_this_computer_and_off_unless_wanted() {
    let port = free_port();
    let listen = format!("\"127.0.0.1:{port}\"");
    let desk = Desk::start_with(|options| options.set("metrics", "listen", &listen));
    let url = format!("http://127.0.0.1:{port}/metrics");
    for (url, more, status) in [
        (url.as_str(), &["-H", "Origin: https://a.example"][..], 403),
        (&url, &["-H", "Sec-Fetch-Mode: no-cors"], 403),
        (&url, &["-H", "Referer: https://a.example/"], 403),
        (&url, &["-H", "Host: a.example"], 421),
        (&url, &["-X", "POST"], 405),
        (&format!("http://127.0.0.1:{port}/"), &[], 404),
        (&format!("http://localhost:{port}/metrics"), &[], 200),
    ] {
        assert_eq!(fetch(url, more).0, status, "{url} {more:?}");
    }
    let socket = desk.daemon.home().runtime().join("metrics.sock");
    let home = desk.daemon.stop();
    let listen = format!("\"unix:{}\"", socket.display());
    let daemon = beid_e2e::DaemonOptions::new()
        .set("metrics", "listen", &listen)
        .start_in(home);
    let (status, _, text) = fetch(
        "http://localhost/metrics",
        &["--unix-socket", &socket.display().to_string()],
    );
    assert!(status == 200 && text.contains("beidd_build_info"), "{text}");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let home = daemon.stop();
    assert!(!socket.exists());
    let without = beid_e2e::DaemonOptions::new().start_in(home);
    assert!(!socket.exists());
    drop(without.stop());
}

#[test]
fn an_address_that_is_taken_is_named_and_keeps_no_card_from_being_read() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("\"{}\"", taken.local_addr().unwrap());
    let desk = Desk::start_with(|options| options.set("metrics", "listen", &listen));
    desk.insert("anna");
    let _ = desk
        .daemon
        .rest(&["readers", "identity.full"])
        .get("/v1/cards/current/identity")
        .ok();
    let log = desk.daemon.log();
    assert!(
        log.contains("no figures are served") && log.contains("metrics.listen"),
        "{log}"
    );
}

#[test]
fn rules_and_dashboard_speak_of_figures_that_exist() {
    let packaging = beid_e2e::workspace().join("packaging");
    let rules = packaging.join("prometheus/beidd-alerts.yml");
    run(Command::new(tool("promtool")).args(["check", "rules"]).arg(&rules)).ok();
    let played = beid_e2e::workspace().join("tests/tests/alerts.yml");
    run(Command::new(tool("promtool")).args(["test", "rules"]).arg(&played)).ok();
    let dashboard = packaging.join("grafana/beidd-dashboard.json");
    let read = |path: &Path| fs::read_to_string(path).unwrap();
    let parsed: Value = serde_json::from_str(&read(&dashboard)).unwrap();
    assert_eq!(parsed["panels"].as_array().unwrap().len(), 8);
    let described = read(&beid_e2e::workspace().join("docs/metrics.md"));
    for text in [read(&rules), read(&dashboard)] {
        let words = text.split(|c: char| !(c.is_ascii_lowercase() || c == '_'));
        for name in words.filter(|word| word.starts_with("beidd_")) {
            let name = name.strip_suffix("_bucket").unwrap_or(name);
            assert!(described.contains(&format!("| `{name}` |")), "{name}");
        }
    }
}
