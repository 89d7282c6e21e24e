//! Asks a person something through a pinentry program, which speaks the Assuan protocol on its standard input and output.
//!
//! One dialog is one child process. Whoever stops waiting (drops the future) closes the dialog: the child is killed at
//! once, and nothing it or its descendants do can hold us up. What is typed goes from the pipe into memory that is wiped
//! and from there into a [`Pin`], and nowhere else.
//!
//! Source: the Assuan manual, "Client requests" and "Server responses"; the pinentry manual, "Protocol".

mod text;

pub use text::Budget;

use crate::host::process::started_by_bus;
use crate::host::terminal::Terminal;
use beid_card::{NotAPin, Pin};
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use text::escape;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;
use zeroize::Zeroizing;

/// The longest Assuan line in bytes, command included and line end not. (Assuan manual, 3.1)
pub const MAX_LINE: usize = 1000;

/// How long a program may take from its start until it has taken in what it is to show.
const START_LIMIT: Duration = Duration::from_secs(10);
/// What we grant a program beyond the dialog's timeout to end the dialog itself.
const GRACE: Duration = Duration::from_secs(2);

/// A pinentry program, and where it shows itself.
///
/// One that runs in a terminal and is killed there leaves that terminal without echo (`stty sane` brings it back): being
/// sure that the dialog has gone is worth that.
#[derive(Clone, Debug)]
pub struct Pinentry {
    /// The program; it is started without arguments.
    pub program: PathBuf,
    /// The daemon's own terminal and display.
    pub terminal: Terminal,
}

/// What one dialog shows. UTF-8 text, line breaks allowed in the description and the error.
#[derive(Clone, Default)]
pub struct Dialog {
    /// Title of the window.
    pub title: String,
    /// What it is about. Shown whole or not at all: see [`Budget`].
    pub description: String,
    /// Before the field the PIN is typed in: `PIN:`.
    pub prompt: String,
    /// Text of the button that says yes.
    pub ok: String,
    /// Text of the button that says no.
    pub cancel: String,
    /// Text of a third button, where nothing is typed: no, and not to be asked again for a while.
    pub not_for_long: Option<String>,
    /// Whether Enter presses the button that says yes, where nothing is typed. Only for pages that ask nothing.
    pub ok_is_default: bool,
    /// What went wrong the last time.
    pub error: Option<String>,
    /// How long the person has, to the second.
    pub timeout: Duration,
}

/// Why there is no answer, by whose doing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AssuanError {
    /// The person said no, or closed the dialog.
    #[error("declined")]
    Declined,
    /// The person said no, and does not want to be asked again for a while.
    #[error("declined for a while")]
    DeclinedForLong,
    /// The person did not answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// What was typed cannot be a PIN.
    #[error(transparent)]
    NotAPin(#[from] NotAPin),
    /// A text does not fit in one line: the caller's mistake. Nothing was shown.
    #[error("too long for one dialog: {0}")]
    TooLong(&'static str),
    /// There is no program to ask with.
    #[error("no pinentry program is installed or set")]
    NotInstalled,
    /// The program cannot be started.
    #[error("cannot be started: {0}")]
    NoProgram(String),
    /// It has neither terminal nor display to show itself on.
    #[error("no screen: {0}")]
    NoScreen(String),
    /// The dialog is larger than the window. Nothing was shown.
    #[error("the window is too small")]
    TooSmall,
    /// The program did something else than asking.
    #[error("pinentry failed: {0}")]
    Failed(String),
}

impl Pinentry {
    /// Asks for a PIN. Dropping the future closes the dialog.
    ///
    /// # Errors
    /// [`AssuanError`]; in particular [`AssuanError::NotAPin`] if something else than a PIN was typed, which costs no
    /// try, and [`AssuanError::TooLong`] if `dialog` has more text than can be shown.
    pub async fn ask_pin(&self, dialog: &Dialog) -> Result<Pin, AssuanError> {
        let mut typed = Typed::default();
        self.ask(dialog, "GETPIN", &mut |data| typed.take(data)).await?;
        Ok(typed.pin()?)
    }

    /// Asks for a yes. Dropping the future closes the dialog.
    ///
    /// # Errors
    /// [`AssuanError`]: everything but a yes, a no included.
    pub async fn confirm(&self, dialog: &Dialog) -> Result<(), AssuanError> {
        // Known since pinentry 1.3.3; those before look for the options they know and pass over this one.
        let question = if dialog.ok_is_default {
            "CONFIRM --focus=ok"
        } else {
            "CONFIRM"
        };
        self.ask(dialog, question, &mut |_| {}).await
    }

    async fn ask(&self, dialog: &Dialog, question: &str, data: &mut Data<'_>) -> Result<(), AssuanError> {
        let requests = self.requests(dialog)?;
        let started = timeout(START_LIMIT, self.start(&requests)).await;
        let mut session = started.map_err(|_| AssuanError::Failed("does not start".to_owned()))??;
        let limit = dialog.timeout.saturating_add(GRACE);
        let answer = timeout(limit, session.request(question, data)).await;
        match answer.map_err(|_| AssuanError::TimedOut)?? {
            // Not confirmed: the third button, if the program has one. (pinentry manual, SETNOTOK)
            Answer::Err(114) if session.has_third_button => Err(AssuanError::DeclinedForLong),
            answer @ (Answer::Ok | Answer::Err(_)) => answer.yes(question),
        }
    }

    /// Starts the program and tells it what to show.
    async fn start(&self, requests: &[Request]) -> Result<Session, AssuanError> {
        let mut session = Session::spawn(self)?;
        session.answer(&mut |_| {}).await?.yes("greeting")?;
        let mut flavor = Vec::new();
        session
            .request("GETINFO flavor", &mut |data| flavor.extend_from_slice(data))
            .await?;
        // It takes the lack of a terminal for a no of the person.
        if flavor == b"tty" && !self.terminal.can_be_opened() {
            return Err(AssuanError::NoScreen("pinentry-tty without a terminal".to_owned()));
        }
        for request in requests {
            let answer = session.request(&request.text, &mut |_| {}).await?;
            if request.name == "SETNOTOK" {
                session.has_third_button = matches!(answer, Answer::Ok);
            }
            if request.needed {
                answer.yes(request.name)?;
            }
        }
        Ok(session)
    }

    fn requests(&self, dialog: &Dialog) -> Result<Vec<Request>, AssuanError> {
        let mut requests = Vec::new();
        for (name, value) in self.terminal.options() {
            requests.push(Request::new("OPTION", &format!("{name}={value}"), false)?);
        }
        // Not every program can end by itself; we can.
        requests.push(Request::new(
            "SETTIMEOUT",
            &dialog.timeout.as_secs().max(1).to_string(),
            false,
        )?);
        if let Some(text) = &dialog.not_for_long {
            requests.push(Request::new("SETNOTOK", text, false)?);
        }
        let texts = [
            ("SETTITLE", Some(&dialog.title)),
            ("SETDESC", Some(&dialog.description)),
            ("SETPROMPT", Some(&dialog.prompt)),
            ("SETOK", Some(&dialog.ok)),
            ("SETCANCEL", Some(&dialog.cancel)),
            ("SETERROR", dialog.error.as_ref()),
        ];
        for (command, text) in texts {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                requests.push(Request::new(command, text, true)?);
            }
        }
        Ok(requests)
    }
}

/// One request made up beforehand.
struct Request {
    name: &'static str,
    text: String,
    /// Without it the dialog would not show what it must.
    needed: bool,
}

impl Request {
    fn new(name: &'static str, argument: &str, needed: bool) -> Result<Self, AssuanError> {
        let text = format!("{name} {}", escape(argument));
        match text.len() {
            ..=MAX_LINE => Ok(Self { name, text, needed }),
            _ => Err(AssuanError::TooLong(name)),
        }
    }
}

/// Names of pinentry programs, under which systems install them: those with windows before those for terminals. The one
/// without a flavour may be any of them, or a wrapper that chooses one.
const PROGRAMS: [&str; 11] = [
    "pinentry-gnome3",
    "pinentry-qt",
    "pinentry-gtk2",
    "pinentry-gtk-2",
    "pinentry-qt5",
    "pinentry-gtk",
    "pinentry-x11",
    "pinentry-fltk",
    "pinentry-curses",
    "pinentry-tty",
    "pinentry",
];

/// Directories of programs where the environment is not to be believed.
const SYSTEM_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Variables that a pinentry program gets, besides those that begin with `LC_`: where it shows itself, and in which
/// language. Others would let whoever sets them load code into it (`GTK_MODULES`, `QT_PLUGIN_PATH`) or change what it
/// does (`PINENTRY_USER_DATA`).
const VARIABLES: [&str; 16] = [
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "GPG_TTY",
    "HOME",
    "LANG",
    "LANGUAGE",
    "LOGNAME",
    "TERM",
    "USER",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_CURRENT_DESKTOP",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_DESKTOP",
    "XDG_SESSION_ID",
    "XDG_SESSION_TYPE",
];

/// The first of the well-known pinentry programs where programs are looked for.
#[must_use]
pub fn default_program() -> Option<PathBuf> {
    first_on(&search_path())
}

fn first_on(path: &OsStr) -> Option<PathBuf> {
    PROGRAMS.iter().find_map(|name| find_on(path, Path::new(name)))
}

/// Finds `program`, a path or a name, as it will be started.
///
/// # Errors
/// If there is no such program, or it may not be run. The error names it.
pub fn program_at(program: &Path) -> io::Result<PathBuf> {
    let found = if program.components().count() > 1 || program.is_absolute() {
        is_program(program).then(|| program.to_owned())
    } else {
        find_on(&search_path(), program)
    };
    found.ok_or_else(|| {
        let why = "there is no such program, or it may not be run";
        io::Error::new(io::ErrorKind::NotFound, format!("{}: {why}", program.display()))
    })
}

/// `PATH`, unless any program on the bus can have set it.
fn search_path() -> OsString {
    let said = env::var_os("PATH").filter(|_| !started_by_bus());
    said.unwrap_or_else(|| SYSTEM_PATH.into())
}

fn find_on(path: &OsStr, name: &Path) -> Option<PathBuf> {
    env::split_paths(path)
        .map(|dir| dir.join(name))
        .find(|file| is_program(file))
}

/// Those of `all` variables that a pinentry program gets.
fn passed_on(all: impl Iterator<Item = (OsString, OsString)>) -> impl Iterator<Item = (OsString, OsString)> {
    all.filter(|(name, _)| {
        let name = name.to_str().unwrap_or_default();
        name.starts_with("LC_") || VARIABLES.contains(&name)
    })
}

fn is_program(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// Takes in the content of data lines as it comes.
type Data<'d> = dyn FnMut(&[u8]) + Send + 'd;

/// A running pinentry. Dropped, it is killed first; then the pipes close. Whoever asked does not wait for it.
struct Session {
    child: Option<Child>,
    requests: ChildStdin,
    answers: Answers,
    /// Whether it has taken a text for one.
    has_third_button: bool,
}

impl Session {
    fn spawn(pinentry: &Pinentry) -> Result<Self, AssuanError> {
        let missing = |error: io::Error| AssuanError::NoProgram(error.to_string());
        let program = program_at(&pinentry.program).map_err(missing)?;
        // Programs with windows look for a display before OPTION comes, and Wayland's has no OPTION.
        let terminal = &pinentry.terminal;
        let displays = [
            ("WAYLAND_DISPLAY", &terminal.wayland_display),
            ("DISPLAY", &terminal.display),
        ];
        let displays = displays
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)));
        let mut command = Command::new(&program);
        command
            .env_clear()
            .envs(passed_on(env::vars_os()))
            .env("PATH", search_path())
            .envs(displays)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // It shows names and reads PINs: whatever it prints must not end up in our log.
            .stderr(Stdio::null());
        let started = command.kill_on_drop(true).spawn();
        let mut child = started.map_err(|e| AssuanError::NoProgram(format!("{}: {e}", program.display())))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (requests, answers) = pipes.ok_or_else(|| AssuanError::Failed("no pipes".to_owned()))?;
        Ok(Self {
            child: Some(child),
            requests,
            answers: Answers::new(answers),
            has_third_button: false,
        })
    }

    /// Sends one line and reads until it is answered.
    async fn request(&mut self, line: &str, data: &mut Data<'_>) -> Result<Answer, AssuanError> {
        let written = self.requests.write_all(format!("{line}\n").as_bytes()).await;
        written.map_err(|_| gone())?;
        self.answer(data).await
    }

    async fn answer(&mut self, data: &mut Data<'_>) -> Result<Answer, AssuanError> {
        loop {
            let line = self.answers.next().await?;
            let (word, rest) = line.split_at(line.iter().position(|byte| *byte == b' ').unwrap_or(line.len()));
            let rest = rest.strip_prefix(b" ").unwrap_or(rest);
            match word {
                b"OK" => return Ok(Answer::Ok),
                b"ERR" => return Answer::error(rest),
                b"D" => data(rest),
                // We never allow a cache. A program that has one all the same must not answer for the person.
                b"S" if rest.starts_with(b"PASSWORD_FROM_CACHE") => {
                    return Err(AssuanError::Failed("answers from a cache".to_owned()));
                }
                b"S" => {}
                comment if comment.starts_with(b"#") => {}
                // What it says is not repeated: there might be a PIN in it.
                _ => return Err(AssuanError::Failed("does not speak Assuan".to_owned())),
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // One that has ended by itself needs no killing.
        drop(child.start_kill());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // Collected in the background, so that no dead process is left in the table.
            runtime.spawn(async move { drop(child.wait().await) });
        }
    }
}

fn gone() -> AssuanError {
    AssuanError::Failed("ended without an answer".to_owned())
}

/// How a request was answered.
enum Answer {
    Ok,
    /// Code of libgpg-error, without its source.
    Err(u16),
}

impl Answer {
    fn error(rest: &[u8]) -> Result<Self, AssuanError> {
        let digits = rest.split(|byte| !byte.is_ascii_digit()).next().unwrap_or_default();
        let code: Option<u32> = str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
        let code = code.ok_or_else(|| AssuanError::Failed("reports an error without a code".to_owned()))?;
        // The upper half says which library it came from.
        let [_, _, high, low] = code.to_be_bytes();
        Ok(Self::Err(u16::from_be_bytes([high, low])))
    }

    /// Only OK is yes. (libgpg-error, err-codes.h)
    fn yes(&self, request: &str) -> Result<(), AssuanError> {
        match self {
            Self::Ok => Ok(()),
            // Cancelled, not confirmed, fully cancelled.
            Self::Err(99 | 114 | 198) => Err(AssuanError::Declined),
            Self::Err(62) => Err(AssuanError::TimedOut),
            Self::Err(301) => Err(AssuanError::TooSmall),
            // A variable of the environment is missing (TERM), or the operating system's errors: terminal or display
            // could not be opened.
            Self::Err(code @ (303 | 0x8000..)) => Err(AssuanError::NoScreen(format!("pinentry reports error {code}"))),
            Self::Err(code) => Err(AssuanError::Failed(format!("error {code} to {request}"))),
        }
    }
}

/// The program's lines, out of a buffer that is wiped and never grows.
struct Answers {
    source: ChildStdout,
    buffer: Zeroizing<Box<[u8]>>,
    /// Bytes read, including the line given out last.
    filled: usize,
    /// Bytes of the line given out last, with its end.
    given: usize,
}

impl Answers {
    fn new(source: ChildStdout) -> Self {
        Self {
            source,
            // CR LF.
            buffer: Zeroizing::new(vec![0; MAX_LINE + 2].into_boxed_slice()),
            filled: 0,
            given: 0,
        }
    }

    /// The next line, without its end.
    async fn next(&mut self) -> Result<&[u8], AssuanError> {
        self.forget_last();
        let end = loop {
            let read = self.buffer.get(..self.filled).unwrap_or_default();
            if let Some(end) = read.iter().position(|byte| *byte == b'\n') {
                break end;
            }
            match self
                .source
                .read(self.buffer.get_mut(self.filled..).unwrap_or_default())
                .await
            {
                _ if self.filled == self.buffer.len() => {
                    return Err(AssuanError::Failed("line too long".to_owned()));
                }
                Ok(0) | Err(_) => return Err(gone()),
                Ok(more) => self.filled += more,
            }
        };
        self.given = end + 1;
        let line = self.buffer.get(..end).unwrap_or_default();
        Ok(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// Wipes the line given out last and moves the others up.
    fn forget_last(&mut self) {
        let left = self.filled.saturating_sub(self.given);
        self.buffer.copy_within(self.given..self.filled, 0);
        self.buffer.iter_mut().skip(left).for_each(|byte| *byte = 0);
        (self.filled, self.given) = (left, 0);
    }
}

/// What was typed so far: no more of it than can be a PIN, and never anywhere else.
#[derive(Default)]
struct Typed {
    bytes: Zeroizing<[u8; Self::ROOM]>,
    len: usize,
}

impl Typed {
    /// One more than the longest PIN, so that a longer one is not cut to a PIN.
    const ROOM: usize = 13;

    /// Takes in the content of one data line, escapes resolved.
    fn take(&mut self, mut data: &[u8]) {
        while let Some((&byte, rest)) = data.split_first() {
            let (byte, rest) = match (byte, rest) {
                (b'%', [high, low, rest @ ..]) => (hex(*high) << 4 | hex(*low), rest),
                _ => (byte, rest),
            };
            data = rest;
            if let Some(place) = self.bytes.get_mut(self.len) {
                (*place, self.len) = (byte, self.len + 1);
            }
        }
    }

    fn pin(&self) -> Result<Pin, NotAPin> {
        Pin::from_digits(self.bytes.get(..self.len).unwrap_or_default())
    }
}

/// Value of a hexadecimal digit. Anything else gives what is no digit of a PIN in either half.
fn hex(digit: u8) -> u8 {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
        .unwrap_or(0x0F)
}

#[cfg(test)]
mod tests;
