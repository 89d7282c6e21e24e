//! The daemon under a service manager: messages to it, and sockets that it hands over.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use beid_e2e::{LIMIT, RunningProgram, Scratch, built, eventually, free_port, guarded, tool};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::process::Command;

/// A daemon that a service manager has started, with cards of its own.
struct Managed {
    process: RunningProgram,
    messages: UnixDatagram,
    home: Scratch,
}

impl Managed {
    /// Starts it by `command`, whose arguments are followed by the daemon's, with these variables besides.
    fn start(mut command: Command, variables: &[(&str, &str)]) -> Self {
        let home = Scratch::new("managed");
        let socket = home.path().join("manager");
        let messages = UnixDatagram::bind(&socket).unwrap();
        messages.set_read_timeout(Some(LIMIT)).unwrap();
        command.args(["--simulate", "jan", "--no-dbus"]).env_clear();
        command.env("HOME", home.path()).env("XDG_RUNTIME_DIR", home.dir("run"));
        command.env("PATH", "/usr/bin:/bin").env("NOTIFY_SOCKET", &socket);
        command.envs(variables.iter().copied());
        Self {
            process: RunningProgram::start("beidd", command),
            messages,
            home,
        }
    }

    fn message(&self) -> String {
        let mut room = [0; 256];
        let length = self.messages.recv(&mut room).unwrap();
        String::from_utf8(room.get(..length).unwrap().to_vec()).unwrap()
    }

    fn port(&self) -> u16 {
        let file = std::fs::read_to_string(self.home.path().join("run/beidd/https.json")).unwrap();
        let file: serde_json::Value = serde_json::from_str(&file).unwrap();
        file.get("port")
            .and_then(serde_json::Value::as_u64)
            .unwrap()
            .try_into()
            .unwrap()
    }
}

#[test]
fn the_manager_is_told_ready_then_alive_again_and_again_then_stopping() {
    let mut daemon = Managed::start(guarded(built("beidd")), &[("WATCHDOG_USEC", "400000")]);
    for expected in ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"] {
        assert_eq!(daemon.message(), expected);
    }
    assert!(daemon.process.terminate(LIMIT).success());
    let farewell = std::iter::repeat_with(|| daemon.message()).find(|message| message != "WATCHDOG=1");
    assert_eq!(farewell.as_deref(), Some("STOPPING=1"));
}

#[test]
fn without_a_watchdog_nothing_is_said_between_ready_and_stopping() {
    let mut daemon = Managed::start(
        guarded(built("beidd")),
        &[("WATCHDOG_USEC", "400000"), ("WATCHDOG_PID", "1")],
    );
    assert_eq!(daemon.message(), "READY=1");
    assert!(daemon.process.terminate(LIMIT).success());
    assert_eq!(daemon.message(), "STOPPING=1");
}

#[test]
fn sockets_of_the_manager_are_served_and_the_connection_that_started_the_daemon_too() {
    let port = free_port();
    let mut command = guarded(tool("systemd-socket-activate"));
    command.args([
        "--setenv=HOME",
        "--setenv=XDG_RUNTIME_DIR",
        "--setenv=NOTIFY_SOCKET",
        "--setenv=PATH",
    ]);
    command
        .args(["-l", &format!("127.0.0.1:{port}"), "-l", &format!("[::1]:{port}")])
        .arg(built("beidd"));
    let daemon = Managed::start(command, &[]);
    // It is started by this connection and not before, and answers it.
    let mut waiting = eventually("the port listens", LIMIT, || {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()
    });
    waiting.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(daemon.message(), "READY=1");
    assert_eq!(daemon.port(), port);
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("This port speaks https."), "{answer}");
}

#[test]
fn a_socket_that_others_could_reach_is_not_served() {
    let port = free_port();
    let mut command = guarded(tool("systemd-socket-activate"));
    command.args(["--setenv=HOME", "--setenv=XDG_RUNTIME_DIR", "--setenv=PATH"]);
    command.args(["-l", &format!("0.0.0.0:{port}")]).arg(built("beidd"));
    let mut daemon = Managed::start(command, &[]);
    let _waiting = eventually("the port listens", LIMIT, || {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()
    });
    assert_eq!(daemon.process.ended(LIMIT).code(), Some(1));
}
