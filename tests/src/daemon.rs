//! The real `beidd`, in a home of its own.

use crate::bus::SessionBus;
use crate::kept::KeptConnection;
use crate::pinentry::ScriptedPinentry;
use crate::readers::Readers;
use crate::rest::Rest;
use beid_testkit::{FinishedCommand, LIMIT, PrivateBus, RunningProgram, Scratch, built, guarded, run, test_pki, tool};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Time within which the daemon must end when told to.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// Settings of an invented physician's practice.
pub const PRACTICE: &str = r#"
[[provider.parties]]
type = "persphysician"
nihii = "19999816004"
ssin = "85061599888"
firstName = "Testo"
familyName = "ARTS"
"#;

/// Options for the start of a daemon. By default it has no readers, no bus and no pinentry, trusts the roots of the virtual
/// cards as test roots, and logs everything.
#[derive(Clone, Debug)]
pub struct DaemonOptions {
    arguments: Vec<String>,
    variables: BTreeMap<String, String>,
    /// Section, then key, to value in TOML.
    config: BTreeMap<String, BTreeMap<String, String>>,
    appended: String,
    bus: Option<String>,
    /// Program that runs the daemon, with its arguments; empty if nothing does.
    wrapper: Vec<String>,
    /// True if this user must be able to mount for it and to look into it.
    is_apart: bool,
}

impl Default for DaemonOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl DaemonOptions {
    /// The default.
    #[must_use]
    pub fn new() -> Self {
        let options = Self {
            arguments: ["--https-port", "0"].map(str::to_owned).to_vec(),
            variables: BTreeMap::new(),
            config: BTreeMap::new(),
            appended: String::new(),
            bus: None,
            wrapper: Vec::new(),
            is_apart: false,
        };
        let roots = test_pki().root_paths().map(|path| toml_string(&path));
        let options = options.set("trust", "extra_roots", &format!("[{}]", roots.join(", ")));
        let options = options.set("prompt", "pinentry", &toml_string(Path::new("/nonexistent/pinentry")));
        // Nowhere, rather than a pcscd that may run on this machine.
        let options = options.env("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm");
        options.set("log", "level", "\"trace\"")
    }

    /// Lets it look for its port as an installed one does, from the usual one on.
    #[must_use]
    pub fn any_usual_port(mut self) -> Self {
        self.arguments
            .retain(|argument| argument != "--https-port" && argument != "0");
        self
    }

    /// Connects it to these readers.
    #[must_use]
    pub fn readers(self, readers: &Readers) -> Self {
        self.env("PCSCLITE_CSOCK_NAME", &readers.socket().display().to_string())
    }

    /// Gives it built-in virtual cards instead of readers: `anna,jan`.
    #[must_use]
    pub fn simulate(self, citizens: &str) -> Self {
        self.argument("--simulate").argument(citizens)
    }

    /// On this bus.
    #[must_use]
    pub fn bus(mut self, bus: &SessionBus) -> Self {
        self.bus = Some(bus.address().to_owned());
        self
    }

    /// On this bus, whose messages nobody takes down.
    #[must_use]
    pub fn private_bus(mut self, bus: &PrivateBus) -> Self {
        self.bus = Some(bus.address().to_owned());
        self
    }

    /// Gives it this person at the desk.
    #[must_use]
    pub fn pinentry(self, pinentry: &ScriptedPinentry) -> Self {
        self.set("prompt", "pinentry", &toml_string(pinentry.program()))
    }

    /// Sets a key of the configuration file; `value` is TOML: `"\"soft\""`, `5`.
    #[must_use]
    pub fn set(mut self, section: &str, key: &str, value: &str) -> Self {
        let keys = self.config.entry(section.to_owned()).or_default();
        keys.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Gives it the practice of an invented physician.
    #[must_use]
    pub fn practice(self) -> Self {
        self.append(PRACTICE)
    }

    /// Adds `toml` at the end of the configuration file: an `[[origin]]`.
    #[must_use]
    pub fn append(mut self, toml: &str) -> Self {
        self.appended.push_str(toml);
        self.appended.push('\n');
        self
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Adds an argument.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Lets another program run it, which must become the daemon (exec): `["unshare", "--mount"]`.
    #[must_use]
    pub fn under(mut self, wrapper: &[&str]) -> Self {
        self.wrapper = wrapper.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// Runs it where this user may mount and look into it: as root anywhere, else in a namespace of users.
    #[must_use]
    pub fn apart(mut self) -> Self {
        self.is_apart = true;
        self
    }

    /// Starts the daemon in a fresh home and waits until it says that it is ready.
    ///
    /// # Panics
    /// If it does not.
    #[must_use]
    pub fn start(&self) -> Daemon {
        self.start_in(Home::new())
    }

    /// Starts the daemon where an earlier one has lived; see [`Daemon::stop`].
    ///
    /// # Panics
    /// If it does not become ready.
    #[must_use]
    pub fn start_in(&self, home: Home) -> Daemon {
        let started = self.try_start_in(home);
        started.unwrap_or_else(|home| panic!("beidd does not start:\n{}", tail(&home.log())))
    }

    /// Starts the daemon where an earlier one has lived.
    ///
    /// # Errors
    /// The home, if the daemon has ended before it was ready.
    ///
    /// # Panics
    /// If it says something else.
    pub fn try_start_in(&self, home: Home) -> Result<Daemon, Home> {
        let log = File::options().create(true).append(true).open(home.log());
        let mut command = self.launch();
        self.prepare(&mut command, &home);
        command.stderr(log.expect("the log can be written"));
        let mut process = RunningProgram::start("beidd", command);
        let Some(ready) = process.line(LIMIT) else {
            process.ended(LIMIT);
            return Err(home);
        };
        let port = ready
            .strip_prefix("beidd ready https://localhost:")
            .and_then(|rest| rest.split(' ').next());
        let port = port.and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("beidd does not start: {ready:?}\n{}", tail(&home.log())));
        Ok(Daemon {
            port,
            process: Mutex::new(process),
            variables: self.variables(&home),
            home: Some(home),
        })
    }

    /// Runs the daemon to its end, for starts that must fail.
    ///
    /// # Panics
    /// If it is still running after a while.
    #[must_use]
    pub fn run(&self) -> FinishedCommand {
        let home = Home::new();
        let mut command = Command::new(tool("timeout"));
        command.arg("20").arg(built("beidd"));
        self.prepare(&mut command, &home);
        let done = run(&mut command);
        assert_ne!(done.code, Some(124), "beidd goes on running");
        done
    }

    /// The command that becomes the daemon, and ends with this process.
    fn launch(&self) -> Command {
        let daemon = guarded(built("beidd"));
        let apart = if self.in_namespace() {
            vec!["unshare".to_owned(), "--map-root-user".to_owned()]
        } else {
            Vec::new()
        };
        let mut around = apart.iter().chain(&self.wrapper);
        let Some(first) = around.next() else { return daemon };
        let mut command = Command::new(tool(first));
        // The guard comes last: whoever enters a namespace of users loses it.
        command.args(around).arg(daemon.get_program()).args(daemon.get_args());
        command
    }

    fn in_namespace(&self) -> bool {
        self.is_apart && run(Command::new(tool("id")).arg("-u")).ok().trim() != "0"
    }

    fn prepare(&self, command: &mut Command, home: &Home) {
        let config = home.scratch.path().join("beidd-test.toml");
        fs::write(&config, self.config()).expect("the configuration can be written");
        command.arg("--config").arg(config).args(&self.arguments);
        if self.bus.is_none() {
            command.arg("--no-dbus");
        }
        command.env_clear().envs(self.variables(home));
    }

    fn config(&self) -> String {
        let mut text = String::new();
        for (section, keys) in &self.config {
            writeln!(text, "[{section}]").expect("strings take text");
            for (key, value) in keys {
                writeln!(text, "{key} = {value}").expect("strings take text");
            }
        }
        text + &self.appended
    }

    /// The whole environment.
    fn variables(&self, home: &Home) -> BTreeMap<String, String> {
        let home_dir = |name: &str| home.scratch.dir(name).display().to_string();
        let mut variables = BTreeMap::from([
            (
                "PATH".to_owned(),
                "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin".to_owned(),
            ),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("HOME".to_owned(), home_dir("home")),
            ("XDG_CONFIG_HOME".to_owned(), home_dir("config")),
            ("XDG_STATE_HOME".to_owned(), home_dir("state")),
            ("XDG_RUNTIME_DIR".to_owned(), home_dir("run")),
        ]);
        if self.in_namespace() {
            // Directories above it belong to nobody there, and are not looked at.
            variables.insert("HOME".to_owned(), home.scratch.path().display().to_string());
        }
        if let Some(address) = &self.bus {
            variables.insert("DBUS_SESSION_BUS_ADDRESS".to_owned(), address.clone());
        }
        variables.extend(self.variables.clone());
        variables
    }
}

fn toml_string(path: &Path) -> String {
    // JSON strings are TOML strings.
    Value::from(path.display().to_string()).to_string()
}

/// Directories of a daemon.
#[derive(Debug)]
pub struct Home {
    scratch: Scratch,
}

impl Home {
    fn new() -> Self {
        Self {
            scratch: Scratch::new("home"),
        }
    }

    /// `$HOME`
    #[must_use]
    pub fn user_home(&self) -> PathBuf {
        self.scratch.path().join("home")
    }

    /// `$XDG_STATE_HOME/beidd`
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.scratch.path().join("state/beidd")
    }

    /// `$XDG_RUNTIME_DIR/beidd`
    #[must_use]
    pub fn runtime(&self) -> PathBuf {
        self.scratch.path().join("run/beidd")
    }

    /// Standard error of the daemon.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.scratch.path().join("beidd.log")
    }
}

/// A running daemon. Dropped, it is killed; [`stop`](Self::stop) ends it in good order.
pub struct Daemon {
    port: u16,
    process: Mutex<RunningProgram>,
    variables: BTreeMap<String, String>,
    home: Option<Home>,
}

impl Daemon {
    /// Its HTTPS port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process.
    ///
    /// # Panics
    /// If another thread has panicked while it ended the process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process
            .lock()
            .expect("nobody panics while holding the process")
            .pid()
    }

    /// Its directories.
    #[must_use]
    pub fn home(&self) -> &Home {
        self.home.as_ref().expect("a daemon has a home until it is stopped")
    }

    /// All that it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.home().log()).unwrap_or_default()
    }

    /// The file that it publishes for programs that look for it (`https.json`).
    ///
    /// # Panics
    /// If it has not.
    #[must_use]
    pub fn discovery(&self) -> Value {
        let path = self.home().runtime().join("https.json");
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        serde_json::from_str(&text).expect("https.json is JSON")
    }

    /// The environment that it was started with, for programs beside it.
    #[must_use]
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// Runs `beidctl` beside it.
    ///
    /// # Panics
    /// If it is not built.
    #[must_use]
    pub fn beidctl(&self, arguments: &[&str]) -> FinishedCommand {
        let mut command = Command::new(tool("timeout"));
        command.arg("90").arg(built("beidctl")).args(arguments);
        run(command.env_clear().envs(&self.variables))
    }

    /// A REST caller without a token.
    ///
    /// # Panics
    /// If the daemon has published no CA.
    #[must_use]
    pub fn rest_without_token(&self) -> Rest {
        Rest::new(&format!("https://localhost:{}", self.port), Some(self.ca()))
    }

    /// File of the CA that its certificate is from.
    ///
    /// # Panics
    /// If it has published none.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        let ca = self.discovery()["caCertificate"].as_str().map(PathBuf::from);
        ca.unwrap_or_else(|| panic!("https.json names no CA: {}", self.discovery()))
    }

    /// A native REST caller, with a fresh token for these scopes.
    ///
    /// # Panics
    /// If there is no token to be had.
    #[must_use]
    pub fn rest(&self, scopes: &[&str]) -> Rest {
        self.rest_without_token().with_token(&self.token(scopes))
    }

    /// A fresh token of a native program for these scopes.
    ///
    /// # Panics
    /// If there is no token to be had.
    #[must_use]
    pub fn token(&self, scopes: &[&str]) -> String {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let (scopes, name) = (
            scopes.join(","),
            format!("caller {}", COUNT.fetch_add(1, Ordering::Relaxed)),
        );
        let token = self.beidctl(&["token", "create", &name, "--scope", &scopes]).ok();
        token.trim().to_owned()
    }

    /// A native caller over one connection, with a fresh token for these scopes.
    ///
    /// # Panics
    /// If there is no token or no connection to be had.
    #[must_use]
    pub fn kept_connection(&self, scopes: &[&str]) -> KeptConnection {
        let connection = KeptConnection::open(self.port, &self.token(scopes), &self.ca());
        connection.unwrap_or_else(|error| panic!("no connection to beidd: {error}"))
    }

    /// Writes one line to its standard input, for a program that it runs under.
    ///
    /// # Panics
    /// If nobody reads it.
    pub fn tell(&self, line: &str) {
        let mut process = self.process.lock().expect("nobody panics while holding the process");
        process.say(line);
    }

    /// Gives its home back for the next one, of a daemon that was killed.
    ///
    /// # Panics
    /// If it is still running after a while.
    #[must_use]
    pub fn into_home(mut self) -> Home {
        let process = self.process.get_mut().expect("nobody panics while holding the process");
        process.ended(LIMIT);
        self.home.take().expect("a daemon has one home")
    }

    /// Tells it to end (SIGTERM), and gives its home back however it ends; a program that looks into it may slow it down.
    ///
    /// # Panics
    /// If it is still running after a while.
    #[must_use]
    pub fn end(mut self) -> Home {
        let process = self.process.get_mut().expect("nobody panics while holding the process");
        process.terminate(LIMIT);
        self.home.take().expect("a daemon has one home")
    }

    /// Ends it in good order (SIGTERM), and gives its home back for the next one.
    ///
    /// # Panics
    /// If it takes more than two seconds, or exits with anything but 0.
    pub fn stop(mut self) -> Home {
        let process = self.process.get_mut().expect("nobody panics while holding the process");
        let status = process.terminate(STOP_LIMIT);
        assert_eq!(status.code(), Some(0), "beidd ends badly:\n{}", self.log());
        self.home.take().expect("a daemon is stopped once")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(home) = &self.home
            && thread::panicking()
        {
            report(&format!(
                "beidd logged last ({}):\n{}",
                home.log().display(),
                tail(&home.log())
            ));
        }
    }
}

#[expect(clippy::print_stderr, reason = "shown with the failed test")]
fn report(text: &str) {
    eprintln!("{text}");
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines
        .get(lines.len().saturating_sub(40)..)
        .unwrap_or_default()
        .join("\n")
}
