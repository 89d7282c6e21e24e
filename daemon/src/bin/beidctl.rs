//! The command line of beidd.

use beidd::ctl::{Arguments, Failure, Parsed, run};
use beidd::texts::Language;
use std::io::Write;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match Arguments::read(std::env::args_os().collect()) {
        Parsed::Command(arguments) => *arguments,
        Parsed::Help(help) => {
            // Nobody to read it: then nobody misses it.
            drop(help.print());
            return ExitCode::SUCCESS;
        }
        Parsed::Wrong { failure, shown, json } => {
            if json {
                report(&failure, Language::from_environment(), json);
            } else {
                drop(shown.print());
            }
            return ExitCode::from(failure.exit_code());
        }
    };
    let (language, json) = (arguments.language(), arguments.json);
    match run(arguments).await {
        Ok(code) => code,
        Err(failure) => {
            report(&failure, language, json);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Says on standard error why it failed: to programs as a problem, to people in a line.
fn report(failure: &Failure, language: Language, json: bool) {
    if matches!(failure, Failure::OutputClosed) {
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
