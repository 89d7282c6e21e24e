//! `beid-scripted-pinentry`: a pinentry without a window, which answers the dialogs of a simulated daemon as a script says.
//!
//! Each dialog takes the next line of the file `answers` in the script's directory and adds what it was told to show to
//! `shown.jsonl` there; see `beid_simulator::script`. Without an answer it cancels.

use beid_simulator::command_lines::PinentryOptions;
use beid_simulator::script::{DialogKind, ScriptDirectory, ScriptedAnswer, ShownDialog};
use clap::Parser;
use std::fs;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, SystemTime};

/// Answers as pinentry gives them: error source 5 (Pinentry) and the code of libgpg-error.
const CANCELED: &str = "ERR 83886179 Operation cancelled <Pinentry>";
const NOT_CONFIRMED: &str = "ERR 83886194 Not confirmed <Pinentry>";
const TIMEOUT: &str = "ERR 83886142 Timeout <Pinentry>";
const TOO_LONG: &str = "ERR 83886343 Line too long <Pinentry>";
const UNKNOWN: &str = "ERR 83886355 Unknown IPC command <Pinentry>";

/// The longest line libassuan takes.
const MAX_LINE: usize = 1000;

/// The source of the answers.
enum DialogResponder {
    Scripted(ScriptDirectory),
    Demonstration { pin: String },
}

fn main() -> ExitCode {
    let options = PinentryOptions::parse();
    match allowed(&options).and_then(|()| serve(&person(options)?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            drop(writeln!(io::stderr(), "beid-scripted-pinentry: {e}"));
            ExitCode::FAILURE
        }
    }
}

/// Refuses to answer a daemon with real readers: no program may spend the tries of a real card.
fn allowed(options: &PinentryOptions) -> io::Result<()> {
    let parent = std::os::unix::process::parent_id();
    let line = fs::read(format!("/proc/{parent}/cmdline")).unwrap_or_default();
    // clap takes the value of an option in either form.
    let simulates = |word: &[u8]| word == b"--simulate" || word.starts_with(b"--simulate=");
    if options.any_daemon || line.split(|byte| *byte == 0).any(simulates) {
        return Ok(());
    }
    Err(io::Error::other(
        "this answers for simulated cards only, and was not started by `beidd --simulate …` (start it with exec, or say \
         --any-daemon for virtual cards in a PC/SC reader)",
    ))
}

fn person(options: PinentryOptions) -> io::Result<DialogResponder> {
    match (options.script, options.demo_pin) {
        (_, Some(pin)) => Ok(DialogResponder::Demonstration { pin }),
        (Some(directory), None) => Ok(DialogResponder::Scripted(ScriptDirectory::at(directory))),
        (None, None) => Err(io::Error::other("needs --script DIR or --demo-pin PIN")),
    }
}

/// Speaks Assuan until the other side says BYE or closes its end.
fn serve(person: &DialogResponder) -> io::Result<()> {
    say("OK scripted pinentry at your service")?;
    let mut dialog = ShownDialog {
        kind: DialogKind::Pin,
        title: String::new(),
        description: String::new(),
        prompt: String::new(),
        ok: String::new(),
        cancel: String::new(),
        third: None,
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
            "SETNOTOK" => dialog.third = Some(unescape(text)),
            "SETCANCEL" => dialog.cancel = unescape(text),
            "SETERROR" => dialog.error = Some(unescape(text)),
            "SETTIMEOUT" => dialog.timeout = text.parse().ok(),
            "OPTION" => dialog.options.push(unescape(text)),
            "GETINFO" if text == "flavor" => say("D scripted")?,
            "NOP" | "RESET" => {}
            "GETPIN" | "CONFIRM" => {
                dialog.kind = if command == "GETPIN" {
                    DialogKind::Pin
                } else {
                    DialogKind::Confirm
                };
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

impl DialogResponder {
    /// The lines that answer `dialog`.
    fn answer(&self, dialog: &ShownDialog) -> io::Result<String> {
        match self {
            Self::Scripted(script) => {
                let answer = script.take_for(dialog.kind)?.unwrap_or(ScriptedAnswer::Cancel);
                // Before the answer goes out, so that a test that sees its effect finds the dialog.
                script.record(dialog)?;
                obey(script, answer, dialog)
            }
            Self::Demonstration { pin } => {
                demonstrate(dialog)?;
                Ok(match dialog.kind {
                    DialogKind::Pin => format!("D {pin}\nOK"),
                    DialogKind::Confirm => "OK".to_owned(),
                })
            }
        }
    }
}

fn obey(script: &ScriptDirectory, answer: ScriptedAnswer, dialog: &ShownDialog) -> io::Result<String> {
    let kind = dialog.kind;
    match (answer, kind) {
        (ScriptedAnswer::Pin(pin), DialogKind::Pin) => {
            script.note_entry(SystemTime::now()).map(|()| format!("D {pin}\nOK"))
        }
        (ScriptedAnswer::Ok, DialogKind::Confirm) => Ok("OK".to_owned()),
        // Where there is a third button, that one is "not confirmed", and the no is "cancelled".
        (ScriptedAnswer::No, DialogKind::Confirm) if dialog.third.is_some() => Ok(CANCELED.to_owned()),
        (ScriptedAnswer::No, DialogKind::Confirm) => Ok(NOT_CONFIRMED.to_owned()),
        (ScriptedAnswer::Third, DialogKind::Confirm) if dialog.third.is_some() => Ok(NOT_CONFIRMED.to_owned()),
        (ScriptedAnswer::Cancel, _) => Ok(CANCELED.to_owned()),
        (ScriptedAnswer::Timeout, _) => Ok(TIMEOUT.to_owned()),
        // In a loop, for `park` may return without a reason.
        (ScriptedAnswer::Hang, _) => loop {
            thread::park();
        },
        (ScriptedAnswer::Die, _) => std::process::exit(1),
        (ScriptedAnswer::PauseUntil(file, answer), _) => {
            while !script.path().join(&file).exists() {
                thread::sleep(Duration::from_millis(5));
            }
            obey(script, *answer, dialog)
        }
        // The script expected another kind of dialog: the test has to hear of it, the daemon learns nothing.
        (
            ScriptedAnswer::Pin(_)
            | ScriptedAnswer::Sign(_)
            | ScriptedAnswer::Ok
            | ScriptedAnswer::No
            | ScriptedAnswer::Third,
            _,
        ) => Err(io::Error::other(format!(
            "the script has no answer to a dialog of kind {kind:?}"
        ))),
    }
}

/// Prints the dialog in a frame, and that a program answers it.
fn demonstrate(dialog: &ShownDialog) -> io::Result<()> {
    let answer = match dialog.kind {
        DialogKind::Pin => format!("{} ****   (a program types the PIN of the test card)", dialog.prompt),
        DialogKind::Confirm => "(a program says yes, for the test card)".to_owned(),
    };
    let error = dialog.error.clone().unwrap_or_default();
    let parts = [&dialog.title, &error, &dialog.description, &answer];
    let parts = parts.map(String::as_str).into_iter().filter(|part| !part.is_empty());
    let lines: Vec<String> = parts
        .flat_map(|part| part.lines().chain([""]))
        .flat_map(folded)
        .collect();
    let third = dialog.third.as_ref().map(|third| format!(" [{third}]"));
    let buttons = format!("[{}]{} [{}]", dialog.ok, third.unwrap_or_default(), dialog.cancel);
    let widths = lines.iter().chain([&buttons]).map(|line| line.chars().count());
    let width = widths.max().unwrap_or(0);
    // Standard output belongs to the protocol.
    let mut out = io::stderr().lock();
    writeln!(out, "┌{}┐", "─".repeat(width + 2))?;
    // The last part has no blank line after it.
    for line in lines.iter().take(lines.len().saturating_sub(1)) {
        writeln!(out, "│ {line:width$} │")?;
    }
    writeln!(out, "│ {buttons:>width$} │")?;
    writeln!(out, "└{}┘", "─".repeat(width + 2))
}

/// Cuts a line between words into lines as broad as a dialog, as pinentry does with long ones.
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
