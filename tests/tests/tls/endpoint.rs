//! Programs that answer on the port, as a client tells them apart: the daemon, nobody, or another program.

use beid_e2e::{Daemon, DaemonOptions, FinishedCommand, LIMIT, RunningProgram, Scratch, free_port, openssl, tool};
use serde_json::json;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::thread;

/// `beidctl tls status`, and `beidctl --https status`, with a daemon that is said to be on `port`.
fn ask(daemon: &Daemon, port: u16) -> (FinishedCommand, FinishedCommand) {
    let file = daemon.home().runtime().join("https.json");
    let mut said = daemon.discovery();
    said["port"] = json!(port);
    fs::write(&file, said.to_string()).expect("a file");
    let status = daemon.beidctl(&["tls", "status", "--json", "--store", "chromium"]);
    let mut with_token = Command::new(beid_e2e::built("beidctl"));
    with_token
        .args(["--https", "--json", "status"])
        .env_clear()
        .envs(daemon.environment());
    let token = daemon.home().state().join("a token");
    fs::write(&token, "0123456789").expect("a file");
    (status, beid_e2e::run(with_token.env("BEIDCTL_TOKEN_FILE", &token)))
}

#[test]
fn another_program_on_the_port_is_noticed_and_told_nothing() {
    let (daemon, scratch) = (DaemonOptions::new().start(), Scratch::new("squatter"));
    let other = [
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-days",
        "9",
    ];
    let request = [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
    ];
    openssl(scratch.path(), &[&request[..], &other].concat()).ok();
    let with_certificate = free_port();
    let mut server = Command::new(tool("openssl"));
    let accept = with_certificate.to_string();
    server.current_dir(scratch.path());
    server.args([
        "s_server", "-accept", &accept, "-cert", "cert.pem", "-key", "key.pem", "-www",
    ]);
    // It complains there of clients that refuse it, as they should.
    server.stderr(Stdio::null());
    let server = RunningProgram::start("openssl s_server", server);
    while server.line(LIMIT).is_some_and(|line| line != "ACCEPT") {}

    // It answers whatever comes, as a web server without TLS does; and it keeps what it was sent.
    let plain = TcpListener::bind("127.0.0.1:0").expect("a port");
    let without_tls = plain.local_addr().expect("an address").port();
    let heard = thread::spawn(move || {
        let mut all = Vec::new();
        for stream in plain.incoming().take(2) {
            let mut stream = stream.expect("a connection");
            drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
            drop(stream.shutdown(std::net::Shutdown::Write));
            drop(stream.read_to_end(&mut all));
        }
        all
    });

    for port in [with_certificate, without_tls] {
        let (status, call) = ask(&daemon, port);
        let report = status.json();
        assert_eq!(
            (status.code, &report["endpoint"]["state"]),
            (Some(1), &json!("another-program")),
            "{status}"
        );
        assert_eq!(report["endpoint"]["port"], port);
        assert_eq!(call.code, Some(1), "{call}");
        let problem: serde_json::Value = serde_json::from_str(&call.stderr).expect("a problem");
        assert_eq!(problem["code"], "another-program", "{call}");
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(&port.to_string()), "{detail}");
    }
    let heard = heard.join().expect("it has heard both");
    assert!(
        !heard.windows(10).any(|some| some == b"0123456789"),
        "the token went to another program"
    );
}

#[test]
fn nobody_on_the_port_is_a_daemon_that_does_not_run() {
    let daemon = DaemonOptions::new().start();
    let (status, call) = ask(&daemon, free_port());
    assert_eq!(status.json()["endpoint"]["state"], "not-running", "{status}");
    assert!(call.stderr.contains("not-running"), "{call}");
    fs::remove_file(daemon.home().runtime().join("https.json")).expect("a file");
    let status = daemon.beidctl(&["tls", "status", "--json", "--store", "chromium"]);
    assert_eq!(
        (status.code, &status.json()["endpoint"]["state"]),
        (Some(1), &json!("not-running"))
    );
}
