//! The command line of beidd.

use beidd::ctl::{Arguments, Failure, run};
use clap::Parser;
use std::io::Write;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(code) => code,
        Err(Failure::OutputClosed) => ExitCode::FAILURE,
        Err(failure) => {
            // Nobody to tell: the exit code still says it.
            drop(writeln!(std::io::stderr(), "beidctl: {failure}"));
            ExitCode::from(failure.exit_code())
        }
    }
}
