//! A private message bus, a client nobody here wrote (`busctl`), and a monitor that sees all that is said.

use crate::dbus_json::{arguments, plain_arguments};
use beid_testkit::{FinishedCommand, LIMIT, PrivateBus, RunningProgram, guarded, run, tool};
use serde_json::Value;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A session bus of one's own.
pub struct SessionBus {
    address: String,
    traffic: Arc<Traffic>,
    _monitor: RunningProgram,
    _daemon: PrivateBus,
}

/// Messages on the bus.
#[derive(Default)]
struct Traffic {
    messages: Mutex<Vec<Value>>,
    bell: Condvar,
}

/// An error that came over the bus.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BusCallError {
    /// `org.beidd1.Error.CardRemoved`
    pub name: String,
    /// Its whole body, for people.
    pub detail: String,
    /// The code that is the last part of its name: `card-removed`. Empty for errors that are not ours.
    code: String,
}

impl BusCallError {
    fn new(name: &str, detail: &str) -> Self {
        let mut code = String::new();
        for letter in name.strip_prefix("org.beidd1.Error.").unwrap_or_default().chars() {
            if letter.is_ascii_uppercase() && !code.is_empty() {
                code.push('-');
            }
            code.push(letter.to_ascii_lowercase());
        }
        Self {
            name: name.to_owned(),
            detail: detail.to_owned(),
            code,
        }
    }

    /// The code: `card-removed`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }
}

impl SessionBus {
    /// Starts it.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start() -> Self {
        let daemon = PrivateBus::start();
        let (monitor, traffic) = Traffic::follow(daemon.address());
        let bus = Self {
            address: daemon.address().to_owned(),
            traffic,
            _monitor: monitor,
            _daemon: daemon,
        };
        bus.wait_for_monitor();
        bus
    }

    /// Value of `DBUS_SESSION_BUS_ADDRESS` by which a program finds it.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Calls a method of `org.beidd1` with one `a{sv}` made from `members`, and returns its one `a{sv}` as plain JSON.
    ///
    /// # Errors
    /// What came instead of an answer.
    ///
    /// # Panics
    /// If the bus does not work.
    pub fn call(&self, path: &str, interface: &str, method: &str, members: &Value) -> Result<Value, BusCallError> {
        self.begin(path, interface, method, members).finish()
    }

    /// Like [`call`](Self::call), without waiting for the answer.
    ///
    /// # Panics
    /// If `busctl` is missing.
    pub fn begin(&self, path: &str, interface: &str, method: &str, members: &Value) -> PendingCall {
        let mut words = vec![path.to_owned(), interface.to_owned(), method.to_owned()];
        words.extend(arguments(members));
        self.begin_words("org.beidd1", &words)
    }

    /// All objects of the daemon, their interfaces and properties.
    ///
    /// # Errors
    /// What came instead of an answer.
    pub fn objects(&self) -> Result<Value, BusCallError> {
        let words = ["/org/beidd1", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"];
        self.begin_words("org.beidd1", &words.map(str::to_owned)).finish()
    }

    /// All messages so far, as `busctl monitor --json` prints them.
    #[must_use]
    pub fn traffic(&self) -> Vec<Value> {
        self.traffic.lock().clone()
    }

    /// Signals of the daemon so far: member and plain arguments.
    #[must_use]
    pub fn signals(&self) -> Vec<(String, Vec<Value>)> {
        let messages = self.traffic.lock();
        messages.iter().filter(|message| is_news(message)).map(signal).collect()
    }

    /// Looks now, and again after each signal of the daemon, until `look` finds something.
    ///
    /// # Panics
    /// Names `what` if that takes longer than [`LIMIT`].
    pub fn wait_for<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + LIMIT;
        loop {
            let known = self.traffic.lock().iter().filter(|message| is_news(message)).count();
            if let Some(found) = look() {
                return found;
            }
            let news = |messages: &Vec<Value>| messages.iter().filter(|message| is_news(message)).count() > known;
            assert!(self.traffic.wait_until(deadline, news), "not within {LIMIT:?}: {what}");
        }
    }

    /// Runs a program of the system with this bus as its session bus: for tests that want another client.
    ///
    /// # Panics
    /// If it is not installed.
    #[must_use]
    pub fn run(&self, program: &str, arguments: &[&str]) -> FinishedCommand {
        let mut command = Command::new(tool("timeout"));
        command.arg("60").arg(tool(program)).args(arguments);
        run(command.env("DBUS_SESSION_BUS_ADDRESS", &self.address))
    }

    fn begin_words(&self, destination: &str, words: &[String]) -> PendingCall {
        let mut command = Command::new(tool("busctl"));
        command.arg(format!("--address={}", self.address));
        command
            .args(["--json=short", "--timeout=60", "call", destination])
            .args(words);
        // It tells its own name on the bus, by which we find the error it got.
        command
            .env("SYSTEMD_LOG_LEVEL", "debug")
            .env("SYSTEMD_LOG_TARGET", "console");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        PendingCall {
            words: words.join(" "),
            child: Some(command.spawn().expect("busctl starts")),
            traffic: self.traffic.clone(),
        }
    }

    /// Returns when the monitor sees what is said.
    fn wait_for_monitor(&self) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let words = ["/", "org.freedesktop.DBus.Peer", "Ping"].map(str::to_owned);
            let pinged = self.begin_words("org.freedesktop.DBus", &words);
            drop(pinged.finish());
            if self
                .traffic
                .wait_until(Instant::now() + Duration::from_millis(200), |all| !all.is_empty())
            {
                return;
            }
            assert!(Instant::now() < deadline, "the bus monitor sees nothing");
        }
    }
}

/// A signal of the daemon, not of the bus itself.
fn is_news(message: &Value) -> bool {
    message["type"] == "signal" && message["sender"] != "org.freedesktop.DBus"
}

fn signal(message: &Value) -> (String, Vec<Value>) {
    let member = message["member"].as_str().unwrap_or_default().to_owned();
    (member, plain_arguments(&message["payload"]))
}

impl Traffic {
    fn follow(address: &str) -> (RunningProgram, Arc<Self>) {
        let mut command = guarded(tool("busctl"));
        command
            .arg(format!("--address={address}"))
            .args(["--json=short", "monitor"]);
        command.stderr(Stdio::null());
        let mut monitor = RunningProgram::start("busctl monitor", command);
        let (traffic, lines) = (Arc::new(Self::default()), monitor.take_lines());
        let seen = traffic.clone();
        thread::spawn(move || {
            for line in lines {
                let message = serde_json::from_str(&line).unwrap_or(Value::String(line));
                seen.lock().push(message);
                seen.bell.notify_all();
            }
        });
        (monitor, traffic)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Value>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `is_so`; false if it is not by then.
    fn wait_until(&self, deadline: Instant, is_so: impl Fn(&Vec<Value>) -> bool) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self
            .bell
            .wait_timeout_while(self.lock(), left, |messages| !is_so(messages));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// The error that went to `destination`, which made one call only.
    fn error_to(&self, destination: &str) -> Option<BusCallError> {
        let is_it = |message: &Value| message["type"] == "error" && message["destination"] == destination;
        self.wait_until(Instant::now() + LIMIT, |messages| messages.iter().any(is_it));
        let messages = self.lock();
        let message = messages.iter().find(|message| is_it(message))?;
        let body = plain_arguments(&message["payload"]);
        // Nothing but a text, or GLib drops it.
        let [Value::String(detail)] = body.as_slice() else {
            panic!("an error with another body than one text: {message}");
        };
        Some(BusCallError::new(message["error_name"].as_str()?, detail))
    }
}

/// A call that is not answered yet. Dropped, its caller leaves the bus.
#[must_use]
pub struct PendingCall {
    words: String,
    child: Option<Child>,
    traffic: Arc<Traffic>,
}

impl PendingCall {
    /// Waits for the answer.
    ///
    /// # Errors
    /// What came instead of an answer.
    ///
    /// # Panics
    /// If the bus does not work.
    pub fn finish(mut self) -> Result<Value, BusCallError> {
        let child = self.child.take().expect("a call is finished once");
        let output = child.wait_with_output().expect("busctl can be waited for");
        let done = FinishedCommand::from_output(format!("busctl call {}", self.words), output);
        if done.code == Some(0) {
            return Ok(answer(&done));
        }
        let destination = done.stderr.lines().rev().find_map(error_destination);
        let error = destination.and_then(|destination| self.traffic.error_to(destination));
        Err(error.unwrap_or_else(|| panic!("no answer and no error: {done}")))
    }

    /// Leaves the bus without waiting.
    pub fn abandon(self) {
        drop(self);
    }
}

impl Drop for PendingCall {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

fn answer(done: &FinishedCommand) -> Value {
    if done.stdout.trim_ascii().is_empty() {
        return Value::Null;
    }
    plain_arguments(&done.json()).into_iter().next().unwrap_or(Value::Null)
}

/// `:1.7` in `Got message type=error sender=… destination=:1.7 …`.
fn error_destination(line: &str) -> Option<&str> {
    let words = line.strip_prefix("Got message type=error ")?;
    words.split(' ').find_map(|word| word.strip_prefix("destination="))
}
