//! The program `beidctl`. See `beidctl --help`.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    beidctl::run(std::env::args_os().collect()).await
}
