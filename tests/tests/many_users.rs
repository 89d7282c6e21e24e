//! A terminal server: thirty people on one machine, each with a daemon of their own.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what fails here fails the test")]

use beid_e2e::{LIMIT, RunningProgram, Scratch, built, guarded, run, tool};
use serde_json::Value;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Number of people.
const PEOPLE: u16 = 30;
/// First of the ports that daemons take in turn.
const FIRST_PORT: u16 = 32032;
/// First of the user numbers, beyond those that Debian gives to people and services.
const FIRST_USER: u32 = 70_000;
/// Limit on the memory that a daemon has for itself alone, in KiB.
const PRIVATE_MEMORY: u64 = 8 * 1024;

/// A machine of its own as far as ports go, so that no daemon of anybody else is in the way.
struct Terminals {
    network: RunningProgram,
    scratch: Scratch,
    /// True if each person can be a user of their own; only root can become another user.
    apart: bool,
}

impl Terminals {
    fn open() -> Self {
        let scratch = Scratch::new("terminals");
        let apart = fs::metadata(scratch.path()).unwrap().uid() == 0;
        // Everybody has to get through to their own directory, and to run the program.
        fs::set_permissions(scratch.path(), Permissions::from_mode(0o711)).unwrap();
        fs::copy(built("beidd"), scratch.path().join("beidd")).unwrap();
        let mut command = guarded(tool("unshare"));
        command.arg("--net").args((!apart).then_some("--map-root-user"));
        command.args(["sh", "-c", "ip link set lo up && echo up && exec cat"]);
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        let network = RunningProgram::start("network", command);
        assert_eq!(network.line(LIMIT).as_deref(), Some("up"));
        Self {
            network,
            scratch,
            apart,
        }
    }

    /// A program of the person with this number, in the network of all.
    fn command(&self, person: u16, program: impl AsRef<OsStr>) -> Command {
        let mut command = guarded(tool("nsenter"));
        command.args(["--net", "--target", &self.network.pid().to_string()]);
        if self.apart {
            let user = FIRST_USER + u32::from(person);
            command.arg(tool("setpriv")).arg("--clear-groups");
            command.args([format!("--reuid={user}"), format!("--regid={user}")]);
            command.arg("--");
        } else {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg(program).env_clear();
        command
    }

    fn directory(&self, person: u16, name: &str) -> PathBuf {
        self.scratch.path().join(format!("{person}/{name}"))
    }

    /// Starts a person's daemon, without any setting, and returns it and its port.
    fn daemon(&self, person: u16) -> (RunningProgram, u16) {
        let mut command = self.command(person, self.scratch.path().join("beidd"));
        // Nowhere, rather than a pcscd that may run on this machine.
        command
            .arg("--no-dbus")
            .env("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm");
        let (own, user) = (self.scratch.dir(&person.to_string()), FIRST_USER + u32::from(person));
        for (variable, name) in [
            ("XDG_STATE_HOME", "state"),
            ("XDG_RUNTIME_DIR", "run"),
            ("XDG_CONFIG_HOME", "config"),
        ] {
            let directory = self.scratch.dir(&format!("{person}/{name}"));
            command.env(variable, &directory);
            if self.apart {
                chown(&directory, Some(user), Some(user)).unwrap();
            }
        }
        if self.apart {
            chown(&own, Some(user), Some(user)).unwrap();
        }
        let log = fs::File::create(self.scratch.path().join(format!("{person}.log"))).unwrap();
        command.stderr(log);
        let daemon = RunningProgram::start("beidd", command);
        let ready = daemon.line(LIMIT).unwrap_or_default();
        let port = ready
            .strip_prefix("beidd ready https://localhost:")
            .and_then(|rest| rest.split(' ').next()?.parse().ok());
        (
            daemon,
            port.unwrap_or_else(|| panic!("daemon {person} does not start: {ready:?}")),
        )
    }

    /// The status of HTTP that a person gets at each of the ports; 0 where the connection is closed.
    fn answers(&self, person: u16, ports: &[u16]) -> Vec<u16> {
        let mut curl = self.command(person, tool("curl"));
        // Whatever the certificate: what is looked at happens before it is shown.
        curl.args([
            "--disable",
            "--silent",
            "--insecure",
            "--noproxy",
            "*",
            "--max-time",
            "30",
        ]);
        for port in ports {
            curl.arg(format!("https://localhost:{port}/v1/status"));
            curl.args(["--output", "/dev/null", "--write-out", "%{http_code}\n"]);
        }
        let done = run(&mut curl);
        done.text().lines().map(|line| line.parse().unwrap()).collect()
    }
}

/// Memory of a process in KiB: what it has for itself alone, and its share of everything.
fn memory(process: u32) -> (u64, u64) {
    // The programs that prepare a daemon's start become the daemon.
    let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap();
    assert_eq!(name.trim(), "beidd");
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap();
    let sum = |names: &[&str]| {
        let lines = rollup
            .lines()
            .filter(|line| names.iter().any(|name| line.starts_with(name)));
        lines
            .filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
            .sum()
    };
    (sum(&["Private_Clean:", "Private_Dirty:"]), sum(&["Pss:"]))
}

#[test]
#[expect(clippy::print_stderr, reason = "figures that the test is for")]
fn thirty_users_of_one_machine_are_each_served_by_their_own_daemon_and_no_other() {
    let terminals = Terminals::open();
    let daemons: Vec<_> = (0..PEOPLE).map(|person| terminals.daemon(person)).collect();
    let ports: Vec<u16> = daemons.iter().map(|(_, port)| *port).collect();
    let expected: Vec<u16> = (FIRST_PORT..FIRST_PORT + PEOPLE).collect();
    assert_eq!(ports, expected, "each takes the next port that is free");

    for (person, port) in (0..).zip(&ports) {
        let discovery = terminals.directory(person, "run").join("beidd/https.json");
        let discovered: Value = serde_json::from_slice(&fs::read(&discovery).unwrap()).unwrap();
        assert_eq!(discovered["port"], *port);
        let authority = discovered["caCertificate"].as_str().unwrap();
        for file in [&discovery, Path::new(authority)] {
            assert!(
                file.starts_with(terminals.directory(person, "")),
                "{} is not of person {person}",
                file.display()
            );
        }
        assert_eq!(
            fs::metadata(&discovery).unwrap().mode() & 0o077,
            0,
            "readable by others"
        );
        // Asked by everybody, each answers its own user only. Without rights to become others, all are one user.
        let answers = terminals.answers(person, &ports);
        let expected = ports
            .iter()
            .map(|other| if other == port || !terminals.apart { 200 } else { 0 });
        assert_eq!(answers, expected.collect::<Vec<u16>>(), "person {person}");
    }

    let mut table = String::from("memory of 30 daemons (debug build), KiB\n  daemon  private  share\n");
    let (mut most, mut whole) = (0, 0);
    for (daemon, port) in &daemons {
        let (private, share) = memory(daemon.pid());
        writeln!(table, "  {port}  {private:7}  {share:5}").unwrap();
        (most, whole) = (most.max(private), whole + share);
    }
    eprintln!("{table}  together {whole}, at most {most} for itself");
    assert!(most < PRIVATE_MEMORY, "{most} KiB for one daemon alone");
}
