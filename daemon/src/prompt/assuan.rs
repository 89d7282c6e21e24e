//! Asks a person something through a pinentry program, which speaks the Assuan protocol on its standard input and output.
//!
//! One dialog is one child process. Whoever stops waiting (drops the future) closes the dialog: the child is killed at
//! once, and nothing it or its descendants do can hold us up. What is typed goes from the pipe into memory that is wiped
//! and from there into a [`Pin`], and nowhere else.
//!
//! Source: the Assuan manual, "Client requests" and "Server responses"; the pinentry manual, "Protocol".

use beid_card::{NotAPin, Pin};
use std::env;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::IsTerminal;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
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
/// `O_NOCTTY`: looking whether a terminal is there must not make it ours.
const NO_CONTROLLING_TERMINAL: i32 = 0o400;

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

/// Where a pinentry shows itself. Never taken from a caller: a dialog on somebody else's screen asks the wrong person.
#[derive(Clone, Debug, Default)]
pub struct Terminal {
    /// Device of the terminal, for pinentry-tty and pinentry-curses: `/dev/pts/3`.
    pub ttyname: Option<String>,
    /// Its kind: `xterm`.
    pub ttytype: Option<String>,
    /// X display: `:0`.
    pub display: Option<String>,
    /// Locale of characters: `C.UTF-8`.
    pub lc_ctype: Option<String>,
    /// Locale of the program's own texts.
    pub lc_messages: Option<String>,
}

impl Terminal {
    /// What this process was started with: standard input if that is a terminal, else `GPG_TTY`, and the usual
    /// variables of the environment.
    #[must_use]
    pub fn of_this_process() -> Self {
        let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let stdin = std::io::stdin()
            .is_terminal()
            .then(|| fs::read_link("/proc/self/fd/0").ok());
        let stdin = stdin
            .flatten()
            .and_then(|path| path.into_os_string().into_string().ok());
        let locale = |name| {
            variable("LC_ALL")
                .or_else(|| variable(name))
                .or_else(|| variable("LANG"))
        };
        Self {
            ttyname: stdin.or_else(|| variable("GPG_TTY")),
            ttytype: variable("TERM"),
            display: variable("DISPLAY"),
            // Our texts are UTF-8, whatever the environment forgot to say.
            lc_ctype: locale("LC_CTYPE").or_else(|| Some("C.UTF-8".to_owned())),
            lc_messages: locale("LC_MESSAGES"),
        }
    }

    fn options(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("ttyname", &self.ttyname),
            ("ttytype", &self.ttytype),
            ("display", &self.display),
            ("lc-ctype", &self.lc_ctype),
            ("lc-messages", &self.lc_messages),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.as_deref().map(|value| (name, value)))
    }

    fn can_be_opened(&self) -> bool {
        let mut how = OpenOptions::new();
        how.read(true).write(true).custom_flags(NO_CONTROLLING_TERMINAL);
        let opened = self.ttyname.as_deref().map(|name| how.open(name));
        opened.is_some_and(|terminal| terminal.is_ok_and(|file| file.is_terminal()))
    }
}

/// What one dialog shows. UTF-8 text, line breaks allowed in the description and the error.
#[derive(Clone, Default)]
pub struct Dialog {
    /// Title of the window.
    pub title: String,
    /// What it is about. Shown whole or not at all: see [`fits`] and [`pages`].
    pub description: String,
    /// Before the field the PIN is typed in: `PIN:`.
    pub prompt: String,
    /// Text of the button that says yes.
    pub ok: String,
    /// Text of the button that says no.
    pub cancel: String,
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
    /// The person did not answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// What was typed cannot be a PIN.
    #[error(transparent)]
    NotAPin(#[from] NotAPin),
    /// A text does not fit in one line: the caller's mistake. Nothing was shown.
    #[error("too long for one dialog: {0}")]
    TooLong(&'static str),
    /// No such program, or it has neither terminal nor display to show itself on.
    #[error("no way to ask: {0}")]
    NoWayToAsk(String),
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
        self.ask(dialog, "CONFIRM", &mut |_| {}).await
    }

    async fn ask(&self, dialog: &Dialog, question: &str, data: &mut Data<'_>) -> Result<(), AssuanError> {
        let requests = self.requests(dialog)?;
        let started = timeout(START_LIMIT, self.start(&requests)).await;
        let mut session = started.map_err(|_| AssuanError::Failed("does not start".to_owned()))??;
        let limit = dialog.timeout.saturating_add(GRACE);
        let answer = timeout(limit, session.request(question, data)).await;
        answer.map_err(|_| AssuanError::TimedOut)??.yes(question)
    }

    /// Starts the program and tells it what to show.
    async fn start(&self, requests: &[Request]) -> Result<Session, AssuanError> {
        let mut session = Session::spawn(&self.program)?;
        session.answer(&mut |_| {}).await?.yes("greeting")?;
        let mut flavor = Vec::new();
        session
            .request("GETINFO flavor", &mut |data| flavor.extend_from_slice(data))
            .await?;
        // It takes the lack of a terminal for a no of the person.
        if flavor == b"tty" && !self.terminal.can_be_opened() {
            return Err(AssuanError::NoWayToAsk("pinentry-tty without a terminal".to_owned()));
        }
        for request in requests {
            let answer = session.request(&request.text, &mut |_| {}).await?;
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

/// The first of the well-known pinentry programs on `PATH`: those with windows before those for terminals.
#[must_use]
pub fn default_program() -> Option<PathBuf> {
    first_on(&env::var_os("PATH")?)
}

fn first_on(path: &OsStr) -> Option<PathBuf> {
    ["gnome3", "qt", "gtk2", "curses", "tty"].iter().find_map(|flavor| {
        let mut candidates = env::split_paths(path).map(|dir| dir.join(format!("pinentry-{flavor}")));
        candidates.find(|file| is_program(file))
    })
}

fn is_program(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// Whether `text` can be the description of one dialog.
#[must_use]
pub fn fits(text: &str) -> bool {
    "SETDESC ".len() + escape(text).len() <= MAX_LINE
}

/// Cuts `text` into pages that each [fit](fits), behind blank lines where possible, else behind line breaks, else behind
/// blanks. The pages joined equal `text`.
#[must_use]
pub fn pages(text: &str) -> Vec<String> {
    let mut pages = Vec::new();
    let mut rest = text;
    while !fits(rest) {
        let (page, behind) = rest.split_at(page_end(rest));
        pages.push(page.to_owned());
        rest = behind;
    }
    pages.push(rest.to_owned());
    pages
}

/// Where to cut a text that does not fit: never at its very start, so that cutting comes to an end.
fn page_end(text: &str) -> usize {
    // A blank takes two bytes more at a page's edge.
    let room = MAX_LINE - "SETDESC ".len() - 4;
    let mut used = 0;
    let mut overflows = |character: char| {
        used += if is_special(character) { 3 } else { character.len_utf8() };
        used > room
    };
    let limit = text.char_indices().find(|(_, character)| overflows(*character));
    let head = text.get(..limit.map_or(text.len(), |(at, _)| at)).unwrap_or(text);
    let gaps = ["\n\n", "\n", " "].iter();
    gaps.filter_map(|gap| Some(head.rfind(gap)? + gap.len()))
        .next()
        .unwrap_or(head.len())
}

/// Escapes an argument: a request is one line, and a blank at its edge would be lost.
fn escape(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let at_edge = at == 0 || at + 1 == text.len();
        if is_special(character) || (at_edge && character == ' ') {
            line.push_str(&format!("%{:02X}", u32::from(character)));
        } else {
            line.push(character);
        }
    }
    line
}

/// All of these are one byte in UTF-8.
fn is_special(character: char) -> bool {
    character == '%' || character.is_ascii_control()
}

/// Takes in the content of data lines as it comes.
type Data<'d> = dyn FnMut(&[u8]) + Send + 'd;

/// A running pinentry. Dropped, it is killed first; then the pipes close. Whoever asked does not wait for it.
struct Session {
    child: Option<Child>,
    requests: ChildStdin,
    answers: Answers,
}

impl Session {
    fn spawn(program: &Path) -> Result<Self, AssuanError> {
        let mut command = Command::new(program);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // It shows names and reads PINs: whatever it prints must not end up in our log.
            .stderr(Stdio::null());
        let started = command.kill_on_drop(true).spawn();
        let mut child = started.map_err(|e| AssuanError::NoWayToAsk(format!("{}: {e}", program.display())))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (requests, answers) = pipes.ok_or_else(|| AssuanError::Failed("no pipes".to_owned()))?;
        Ok(Self {
            child: Some(child),
            requests,
            answers: Answers::new(answers),
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
            // The operating system's errors: terminal or display could not be opened.
            Self::Err(code @ 0x8000..) => Err(AssuanError::NoWayToAsk(format!("pinentry reports error {code}"))),
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
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Instant;

    /// A pinentry made of a few lines of shell, in a directory of its own.
    struct Stub {
        dir: PathBuf,
    }

    impl Stub {
        /// `getpin` is what it does when asked for a PIN or a yes; everything else it answers with OK.
        fn new(getpin: &str) -> Self {
            Self::with_script(&format!(
                "echo 'OK stub'
                while read -r line; do
                    printf '%s\\n' \"$line\" >> requests
                    case $line in
                        GETPIN|CONFIRM) {getpin} ;;
                        OPTION*) echo 'ERR 83886254 Unknown option' ;;
                        *) echo OK ;;
                    esac
                done"
            ))
        }

        fn with_script(script: &str) -> Self {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let name = format!(
                "beidd-assuan-{}-{}",
                std::process::id(),
                COUNT.fetch_add(1, Ordering::Relaxed)
            );
            let stub = Self {
                dir: env::temp_dir().join(name),
            };
            fs::create_dir(&stub.dir).unwrap();
            // Another process writes the program: had we it open for writing while another test starts a child, that
            // child would hold it open too, and it could not be run ("text file busy").
            let mut writer = std::process::Command::new("sh")
                .args(["-c", "cat > \"$0\" && chmod +x \"$0\""])
                .arg(stub.dir.join("pinentry"))
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            let program = format!("#!/bin/sh\ncd '{}'\necho $$ > pid\n{script}\n", stub.dir.display());
            writer.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
            assert!(writer.wait().unwrap().success());
            stub
        }

        fn pinentry(&self) -> Pinentry {
            Pinentry {
                program: self.dir.join("pinentry"),
                terminal: Terminal::default(),
            }
        }

        fn requests(&self) -> Vec<String> {
            let text = fs::read_to_string(self.dir.join("requests")).unwrap();
            text.lines().map(str::to_owned).collect()
        }

        /// Waits until the program has gone.
        async fn ended(&self) {
            let pid = fs::read_to_string(self.dir.join("pid")).unwrap();
            let process = Path::new("/proc").join(pid.trim());
            let limit = Instant::now() + Duration::from_secs(5);
            while process.exists() {
                assert!(Instant::now() < limit, "pinentry is still there");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }

    impl Drop for Stub {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.dir));
        }
    }

    fn dialog() -> Dialog {
        Dialog {
            title: "beidd".to_owned(),
            description: "Sign 100%?\nInvented Person".to_owned(),
            prompt: "PIN:".to_owned(),
            ok: "Sign".to_owned(),
            cancel: "Do not".to_owned(),
            error: None,
            timeout: Duration::from_secs(30),
        }
    }

    async fn check_pin(getpin: &str, expected: Result<(), AssuanError>) {
        let stub = Stub::new(getpin);
        let outcome = stub.pinentry().ask_pin(&dialog()).await;
        assert_eq!(outcome.map(|_| ()), expected, "{getpin}");
        stub.ended().await;
    }

    async fn check_confirm(confirm: &str, expected: Result<(), AssuanError>) {
        let stub = Stub::new(confirm);
        assert_eq!(stub.pinentry().confirm(&dialog()).await, expected, "{confirm}");
        stub.ended().await;
    }

    fn failed(why: &str) -> Result<(), AssuanError> {
        Err(AssuanError::Failed(why.to_owned()))
    }

    #[tokio::test]
    async fn pin_typed_is_returned() {
        check_pin("echo 'S BUTTON_INFO'; echo '# note'; echo 'D 1234'; echo OK", Ok(())).await;
        check_pin("printf 'D 1%%323%%34\\r\\nOK\\r\\n'", Ok(())).await;
        check_pin("echo 'D 12'; echo 'D 34'; echo OK", Ok(())).await;
    }

    #[tokio::test]
    async fn what_is_no_pin_is_said_to_be_none() {
        for typed in ["D 123", "D 12a4", "D 1234567890123", "D 12%3", "D 123%zz", "#"] {
            check_pin(&format!("echo '{typed}'; echo OK"), Err(NotAPin.into())).await;
        }
    }

    #[tokio::test]
    async fn only_ok_is_yes() {
        check_confirm("echo OK", Ok(())).await;
        check_confirm("echo 'ERR 83886179 cancelled'", Err(AssuanError::Declined)).await;
        check_confirm("echo 'ERR 83886194 not confirmed'", Err(AssuanError::Declined)).await;
        check_confirm("echo 'ERR 114'", Err(AssuanError::Declined)).await;
        check_confirm("echo 'ERR 83886142 timeout'", Err(AssuanError::TimedOut)).await;
        check_confirm("echo 'ERR 83886355'", failed("error 275 to CONFIRM")).await;
        check_confirm("echo 'ERR yes'", failed("reports an error without a code")).await;
        check_confirm("echo 'OKAY'", failed("does not speak Assuan")).await;
    }

    #[tokio::test]
    async fn errors_of_the_system_are_no_way_to_ask() {
        let expected = AssuanError::NoWayToAsk("pinentry reports error 32870".to_owned());
        check_pin("echo 'ERR 83918950 Inappropriate ioctl for device'", Err(expected)).await;
    }

    #[tokio::test]
    async fn cancelling_is_no_pin() {
        check_pin(
            "echo 'D 1234'; echo 'ERR 83886179 cancelled'",
            Err(AssuanError::Declined),
        )
        .await;
    }

    #[tokio::test]
    async fn cached_pin_is_refused() {
        let refused = failed("answers from a cache");
        check_pin("echo 'S PASSWORD_FROM_CACHE'; echo 'D 1234'; echo OK", refused).await;
    }

    #[tokio::test]
    async fn program_that_dies_has_failed() {
        check_pin("exit 3", failed("ended without an answer")).await;
        check_pin("printf 'D 12'; exit 0", failed("ended without an answer")).await;
        let stub = Stub::with_script("exit 0");
        assert_eq!(
            stub.pinentry().confirm(&dialog()).await,
            failed("ended without an answer")
        );
    }

    #[tokio::test]
    async fn line_that_is_too_long_is_refused() {
        check_pin("printf 'D %01001d\\n' 0; echo OK", failed("line too long")).await;
        check_pin("tr '\\0' 1 < /dev/zero", failed("line too long")).await;
    }

    #[tokio::test]
    async fn missing_program_is_no_way_to_ask() {
        let pinentry = Pinentry {
            program: "/nonexistent/pinentry".into(),
            terminal: Terminal::default(),
        };
        assert!(matches!(
            pinentry.confirm(&dialog()).await,
            Err(AssuanError::NoWayToAsk(_))
        ));
    }

    #[tokio::test]
    async fn tty_program_without_terminal_is_no_way_to_ask() {
        let stub = Stub::with_script("echo OK; read -r line; echo 'D tty'; echo OK; exec sleep 60");
        assert!(matches!(
            stub.pinentry().confirm(&dialog()).await,
            Err(AssuanError::NoWayToAsk(_))
        ));
        stub.ended().await;
    }

    #[tokio::test]
    async fn program_that_hangs_is_killed_soon_after_the_timeout() {
        let stub = Stub::new("exec sleep 60");
        let began = Instant::now();
        let dialog = Dialog {
            timeout: Duration::ZERO,
            ..dialog()
        };
        assert_eq!(stub.pinentry().confirm(&dialog).await, Err(AssuanError::TimedOut));
        assert!(began.elapsed() < GRACE + Duration::from_secs(3));
        stub.ended().await;
    }

    #[tokio::test]
    async fn dropping_the_question_kills_the_program_at_once() {
        // The grandchild keeps the pipes open.
        let stub = Stub::new("sleep 60 & wait");
        let (pinentry, dialog) = (stub.pinentry(), dialog());
        let question = tokio::spawn(async move { pinentry.ask_pin(&dialog).await.map(|_| ()) });
        while !fs::read_to_string(stub.dir.join("requests")).is_ok_and(|seen| seen.contains("GETPIN")) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let began = Instant::now();
        question.abort();
        stub.ended().await;
        assert!(began.elapsed() < Duration::from_secs(2));
    }

    #[tokio::test]
    async fn dialog_is_told_escaped_and_in_full() {
        let stub = Stub::new("echo OK");
        let mut pinentry = stub.pinentry();
        pinentry.terminal.lc_ctype = Some("C.UTF-8".to_owned());
        let dialog = Dialog {
            error: Some(" wrong ".to_owned()),
            ..dialog()
        };
        pinentry.confirm(&dialog).await.unwrap();
        let expected = [
            "GETINFO flavor",
            "OPTION lc-ctype=C.UTF-8",
            "SETTIMEOUT 30",
            "SETTITLE beidd",
            "SETDESC Sign 100%25?%0AInvented Person",
            "SETPROMPT PIN:",
            "SETOK Sign",
            "SETCANCEL Do not",
            "SETERROR %20wrong%20",
            "CONFIRM",
        ];
        assert_eq!(stub.requests(), expected);
    }

    #[tokio::test]
    async fn text_too_long_is_refused_before_anything_is_shown() {
        let stub = Stub::new("echo OK");
        let dialog = Dialog {
            description: "x".repeat(993),
            ..dialog()
        };
        assert_eq!(
            stub.pinentry().confirm(&dialog).await,
            Err(AssuanError::TooLong("SETDESC"))
        );
        assert!(!stub.dir.join("pid").exists());
    }

    #[test]
    fn longest_text_that_fits_fills_the_line() {
        assert!(fits(&"x".repeat(992)) && !fits(&"x".repeat(993)));
        assert!(fits(&"\n".repeat(330)) && !fits(&"\n".repeat(331)));
        assert!(fits(&"é".repeat(496)) && !fits(&"é".repeat(497)));
    }

    fn check_pages(text: &str, count: usize) -> Vec<String> {
        let pages = pages(text);
        assert_eq!(pages.concat(), text);
        assert!(pages.iter().all(|page| fits(page)));
        assert_eq!(pages.len(), count);
        pages
    }

    #[test]
    fn pages_are_cut_behind_paragraphs() {
        let paragraph = format!("{}\n\n", "word ".repeat(60));
        let pages = check_pages(&paragraph.repeat(7), 3);
        assert_eq!(pages.first(), Some(&paragraph.repeat(3)));
    }

    #[test]
    fn pages_without_paragraphs_are_cut_where_they_can_be() {
        check_pages("", 1);
        check_pages("short", 1);
        check_pages(&"x".repeat(2000), 3);
        check_pages(&" ".repeat(1000), 2);
        check_pages(&"%".repeat(1000), 4);
        check_pages(&"ééé ".repeat(300), 3);
        check_pages(&"line\n".repeat(300), 3);
        assert!(
            check_pages(&"word ".repeat(300), 2)
                .iter()
                .all(|page| page.ends_with(' '))
        );
    }

    #[test]
    fn programs_with_windows_come_first() {
        let stub = Stub::with_script("");
        assert_eq!(first_on(stub.dir.as_os_str()), None);
        for name in ["pinentry-tty", "pinentry-curses", "pinentry-gtk2"] {
            std::os::unix::fs::symlink(stub.dir.join("pinentry"), stub.dir.join(name)).unwrap();
        }
        let path = env::join_paths([Path::new("/nonexistent"), &stub.dir]).unwrap();
        assert_eq!(first_on(&path), Some(stub.dir.join("pinentry-gtk2")));
    }

    #[test]
    fn questions_can_be_asked_from_any_thread() {
        fn is_send(_: &impl Send) {}
        let pinentry = Pinentry {
            program: PathBuf::new(),
            terminal: Terminal::default(),
        };
        is_send(&pinentry.ask_pin(&dialog()));
    }
}
