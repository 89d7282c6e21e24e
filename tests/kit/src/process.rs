//! Child processes, none of which outlives the test.

use crate::patience::eventually;
use crate::programs::tool;
use std::ffi::OsStr;
use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Makes a command for a child that is killed when this process ends, in whatever way.
///
/// # Panics
/// If `setpriv` is not installed.
pub fn guarded(program: impl AsRef<OsStr>) -> Command {
    // Signals that whoever started the tests ignores would be ignored by the program, too.
    let mut command = Command::new(tool("env"));
    command.arg("--default-signal=HUP,INT,QUIT").arg(tool("setpriv"));
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Starts a command from a thread that lives as long as this process.
///
/// The system sends the death signal when the *thread* that started the child ends, and the threads of tests do.
fn spawn(command: Command) -> io::Result<Child> {
    type SpawnOrder = (Command, Sender<io::Result<Child>>);
    static ORDERS: OnceLock<Sender<SpawnOrder>> = OnceLock::new();
    let orders = ORDERS.get_or_init(|| {
        let (orders, taken) = mpsc::channel::<SpawnOrder>();
        thread::spawn(move || {
            for (mut command, reply) in taken {
                drop(reply.send(command.spawn()));
            }
        });
        orders
    });
    let (reply, child) = mpsc::channel();
    orders.send((command, reply)).map_err(io::Error::other)?;
    child.recv().map_err(io::Error::other)?
}

/// A child that runs beside the test. Dropped, it is killed.
#[derive(Debug)]
pub struct RunningProgram {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    /// Behind a lock, so that threads can share what has processes.
    lines: Option<Mutex<Receiver<String>>>,
}

impl RunningProgram {
    /// Starts `command`; standard input is ours to write to, standard output comes line by line.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(name: &str, mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = spawn(command).unwrap_or_else(|e| panic!("cannot start {name}: {e}"));
        let (send, lines) = mpsc::channel();
        let stdout = child.stdout.take().map(BufReader::new);
        thread::spawn(move || {
            for line in stdout.into_iter().flat_map(BufRead::lines).map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            name: name.to_owned(),
            stdin: child.stdin.take(),
            child,
            lines: Some(Mutex::new(lines)),
        }
    }

    /// Process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes one line to it.
    ///
    /// # Panics
    /// If it does not take it any more.
    pub fn say(&mut self, line: &str) {
        let written = self.stdin.as_mut().map(|stdin| writeln!(stdin, "{line}"));
        assert!(matches!(written, Some(Ok(()))), "{} does not listen: {line}", self.name);
    }

    /// Ends its standard input.
    pub fn hang_up(&mut self) {
        self.stdin = None;
    }

    /// Waits for its next line; `None` when there will be none.
    ///
    /// # Panics
    /// If there is none within `limit`.
    pub fn line(&self, limit: Duration) -> Option<String> {
        let lines = self.lines.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        match lines.recv_timeout(limit) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("{} says nothing for {limit:?}", self.name),
        }
    }

    /// Gives the lines away, to a thread that waits for them.
    ///
    /// # Panics
    /// If they were given away before.
    pub fn take_lines(&mut self) -> Receiver<String> {
        let lines = self.lines.take().expect("lines are taken once");
        lines.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks it to end (SIGTERM).
    ///
    /// # Panics
    /// If it does not end within `limit`.
    pub fn terminate(&mut self, limit: Duration) -> ExitStatus {
        let pid = self.child.id().to_string();
        run(Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid])).ok();
        self.ended(limit)
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it does not end within `limit`.
    pub fn ended(&mut self, limit: Duration) -> ExitStatus {
        let what = format!("{} ends", self.name);
        eventually(&what, limit, || {
            self.child.try_wait().expect("a child can be waited for")
        })
    }

    /// Returns true if it runs.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_none())
    }
}

impl Drop for RunningProgram {
    fn drop(&mut self) {
        // Both fail if it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Output and exit status of a command that has ended.
#[derive(Clone, Debug)]
pub struct FinishedCommand {
    /// The command, for messages.
    pub command: String,
    /// Exit status; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: String,
}

impl FinishedCommand {
    /// Takes the output of `command`, as the standard library gives it.
    #[must_use]
    pub fn from_output(command: String, output: Output) -> Self {
        Self {
            command,
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Returns true if the exit status was 0.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.code == Some(0)
    }

    /// Standard output as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard output and standard error, one behind the other.
    #[must_use]
    pub fn said(&self) -> String {
        self.text() + &self.stderr
    }

    /// Standard output as text, of a command that must have succeeded.
    ///
    /// # Panics
    /// If it failed.
    #[track_caller]
    pub fn ok(&self) -> String {
        assert_eq!(self.code, Some(0), "{self}");
        self.text()
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|e| panic!("no JSON ({e}): {self}"))
    }
}

impl fmt::Display for FinishedCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            command, code, stderr, ..
        } = self;
        write!(
            f,
            "{command}\nended with {code:?}\nstdout: {}\nstderr: {stderr}",
            self.text()
        )
    }
}

/// Runs a command to its end, with nothing on standard input.
///
/// # Panics
/// If it cannot be started.
pub fn run(command: &mut Command) -> FinishedCommand {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|e| panic!("cannot run {command:?}: {e}"));
    FinishedCommand::from_output(format!("{command:?}"), output)
}
