//! `beidctl`, the command line: asks a running beidd over D-Bus or HTTPS, and judges proofs offline.
//!
//! Both ways follow the table of operations, so a command names its operation and nothing else. A PIN is never asked here:
//! the daemon asks it, on its own screen or on the reader.

mod arguments;
mod commands;
mod consents;
mod doctor;
mod evidence;
mod failure;
mod input;
mod links;
mod open;
mod output;
mod pairings;
mod place;
mod progress;
mod readings;
mod render;
mod reports;
mod sent_file;
mod session;
mod sign;
mod simulation;
mod tls;
mod verify;
mod wait;

pub use failure::EXIT_CODES;

use arguments::{Arguments, ParsedLine};
use beid_texts::Language;
use clap::CommandFactory;
use failure::CommandFailure;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Definition of the command line, of which manual pages and completions are made.
#[must_use]
pub fn command() -> clap::Command {
    Arguments::command()
}

/// Does what a command line says, the program's name first, and returns the exit code of the process.
pub async fn run(line: Vec<OsString>) -> ExitCode {
    let arguments = match Arguments::read(line) {
        ParsedLine::Command(arguments) => *arguments,
        ParsedLine::Help(help) => {
            // Nobody to read it: then nobody misses it.
            drop(help.print());
            return ExitCode::SUCCESS;
        }
        ParsedLine::Wrong { failure, shown, json } => {
            if json {
                report(&failure, Language::from_environment(), json);
            } else {
                drop(shown.print());
            }
            return ExitCode::from(failure.exit_code());
        }
    };
    let (language, json) = (arguments.language(), arguments.json);
    match commands::run(arguments).await {
        Ok(code) => code,
        Err(failure) => {
            report(&failure, language, json);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Prints on standard error why a command failed: to programs as a problem, to people in a line.
fn report(failure: &CommandFailure, language: Language, json: bool) {
    if matches!(failure, CommandFailure::OutputClosed) {
        return;
    }
    let words = if json {
        serde_json::to_string_pretty(&failure.to_problem(language)).unwrap_or_default()
    } else {
        format!("beidctl: {}", failure.said(language))
    };
    // Nobody to tell: the exit code still says it.
    drop(writeln!(std::io::stderr(), "{words}"));
}
