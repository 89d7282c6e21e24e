//! A pinentry that a test drives, and that types the test PIN in the demonstration. It never shows a window.
//!
//! With a script directory (`SCRIPTED_PINENTRY_DIR`), each dialog takes the next line of the file `answers` there and
//! adds what it was told to show to `shown.jsonl`; see `beid_e2e::Answer` and `beid_e2e::Shown`. Out of answers, it
//! cancels. With `--demo-pin PIN` it prints the dialog on standard error and types that PIN, or says yes.

use beid_e2e::{Answer, DIRECTORY_VARIABLE, Kind, ScriptDirectory, Shown};
use std::env;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

/// As pinentry would say it: error source 5 (Pinentry) and the code of libgpg-error.
const CANCELED: &str = "ERR 83886179 Operation cancelled <Pinentry>";
const NOT_CONFIRMED: &str = "ERR 83886194 Not confirmed <Pinentry>";
const TIMEOUT: &str = "ERR 83886142 Timeout <Pinentry>";
const TOO_LONG: &str = "ERR 83886343 Line too long <Pinentry>";
const UNKNOWN: &str = "ERR 83886355 Unknown IPC command <Pinentry>";

/// The longest line libassuan takes.
const MAX_LINE: usize = 1000;

/// Who decides.
enum Person {
    Scripted(ScriptDirectory),
    Demonstration { pin: String },
}

fn main() -> ExitCode {
    match person().and_then(serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            drop(writeln!(io::stderr(), "scripted-pinentry: {e}"));
            ExitCode::FAILURE
        }
    }
}

fn person() -> io::Result<Person> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [flag, pin] = arguments.as_slice()
        && flag == "--demo-pin"
    {
        return Ok(Person::Demonstration { pin: pin.clone() });
    }
    let directory = env::var_os(DIRECTORY_VARIABLE).map(PathBuf::from);
    directory
        .map(|path| Person::Scripted(ScriptDirectory::at(path)))
        .ok_or_else(|| io::Error::other(format!("needs {DIRECTORY_VARIABLE} or --demo-pin PIN")))
}

/// Speaks Assuan until the other side has had enough.
fn serve(person: Person) -> io::Result<()> {
    say("OK scripted pinentry at your service")?;
    let mut dialog = Shown {
        kind: Kind::Pin,
        title: String::new(),
        description: String::new(),
        prompt: String::new(),
        ok: String::new(),
        cancel: String::new(),
        error: None,
        timeout: None,
        options: Vec::new(),
        pid: std::process::id(),
    };
    for line in io::stdin().lock().lines() {
        let line = line?;
        if line.len() > MAX_LINE {
            say(TOO_LONG)?;
            continue;
        }
        let (command, text) = line.split_once(' ').unwrap_or((&line, ""));
        match command {
            "SETTITLE" => dialog.title = unescape(text),
            "SETDESC" => dialog.description = unescape(text),
            "SETPROMPT" => dialog.prompt = unescape(text),
            "SETOK" => dialog.ok = unescape(text),
            "SETCANCEL" => dialog.cancel = unescape(text),
            "SETERROR" => dialog.error = Some(unescape(text)),
            "SETTIMEOUT" => dialog.timeout = text.parse().ok(),
            "OPTION" => dialog.options.push(unescape(text)),
            "GETINFO" if text == "flavor" => say("D scripted")?,
            "NOP" | "RESET" => {}
            "GETPIN" | "CONFIRM" => {
                dialog.kind = if command == "GETPIN" { Kind::Pin } else { Kind::Confirm };
                say(&person.answer(&dialog)?)?;
                dialog.error = None;
                continue;
            }
            "BYE" => return say("OK closing connection"),
            _ => {
                say(UNKNOWN)?;
                continue;
            }
        }
        say("OK")?;
    }
    Ok(())
}

impl Person {
    /// The lines that answer `dialog`.
    fn answer(&self, dialog: &Shown) -> io::Result<String> {
        match self {
            Self::Scripted(script) => {
                let answer = script.take()?.unwrap_or(Answer::Cancel);
                script.record(dialog)?;
                obey(script, answer, dialog.kind)
            }
            Self::Demonstration { pin } => {
                demonstrate(dialog)?;
                Ok(match dialog.kind {
                    Kind::Pin => format!("D {pin}\nOK"),
                    Kind::Confirm => "OK".to_owned(),
                })
            }
        }
    }
}

fn obey(script: &ScriptDirectory, answer: Answer, kind: Kind) -> io::Result<String> {
    match (answer, kind) {
        (Answer::Pin(pin), Kind::Pin) => script.note_entry().map(|()| format!("D {pin}\nOK")),
        (Answer::Ok, Kind::Confirm) => Ok("OK".to_owned()),
        (Answer::No, Kind::Confirm) => Ok(NOT_CONFIRMED.to_owned()),
        (Answer::Cancel, _) => Ok(CANCELED.to_owned()),
        (Answer::Timeout, _) => Ok(TIMEOUT.to_owned()),
        (Answer::Hang, _) => loop {
            thread::park();
        },
        (Answer::Die, _) => std::process::exit(1),
        (Answer::PauseUntil(file, answer), _) => {
            while !script.path().join(&file).exists() {
                thread::sleep(Duration::from_millis(5));
            }
            obey(script, *answer, kind)
        }
        // The script expected another kind of dialog: the test has to hear of it, the daemon learns nothing.
        (Answer::Pin(_) | Answer::Ok | Answer::No, _) => Err(io::Error::other(format!(
            "the script has no answer to a dialog of kind {kind:?}"
        ))),
    }
}

/// Shows the dialog in a frame, and says who answers.
fn demonstrate(dialog: &Shown) -> io::Result<()> {
    let answer = match dialog.kind {
        Kind::Pin => format!("{} ****   (a program types the PIN of the test card)", dialog.prompt),
        Kind::Confirm => "(a program says yes, for the test card)".to_owned(),
    };
    let error = dialog.error.clone().unwrap_or_default();
    let parts = [&dialog.title, &error, &dialog.description, &answer];
    let parts = parts.map(String::as_str).into_iter().filter(|part| !part.is_empty());
    let lines: Vec<String> = parts
        .flat_map(|part| part.lines().chain([""]))
        .flat_map(folded)
        .collect();
    let buttons = format!("[{}] [{}]", dialog.ok, dialog.cancel);
    let widths = lines.iter().chain([&buttons]).map(|line| line.chars().count());
    let width = widths.max().unwrap_or(0);
    let mut out = io::stderr().lock();
    writeln!(out, "┌{}┐", "─".repeat(width + 2))?;
    // The last part has no blank line after it.
    for line in lines.iter().take(lines.len().saturating_sub(1)) {
        writeln!(out, "│ {line:width$} │")?;
    }
    writeln!(out, "│ {buttons:>width$} │")?;
    writeln!(out, "└{}┘", "─".repeat(width + 2))
}

/// A line of any length in lines as broad as a dialog, cut between words: dialogs do that with what is long.
fn folded(line: &str) -> Vec<String> {
    const BREADTH: usize = 74;
    let mut lines = vec![String::new()];
    for word in line.split_inclusive(' ') {
        let last = lines.last().map_or(0, |last| last.chars().count());
        if last > 0 && last + word.trim_end().chars().count() > BREADTH {
            lines.push(String::new());
        }
        if let Some(last) = lines.last_mut() {
            last.push_str(word);
        }
    }
    lines
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Resolves percent escapes.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped = tail.get(..2).filter(|_| byte == b'%');
        let value = escaped.and_then(|hex| u8::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(value.unwrap_or(byte));
        rest = value.map_or(tail, |_| tail.get(2..).unwrap_or_default());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
