//! What integrators build on: the OpenAPI document beside real answers, clients generated from it, and the pages for them.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails the test"
)]

mod clients;
mod pages;
mod schema;

use beid_e2e::tool;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of the repository.
fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Where `packaging/setup test` puts what others wrote.
fn test_tools() -> PathBuf {
    let tools = std::env::var_os("BEIDD_TEST_TOOLS").map_or(file("target/test-tools"), PathBuf::from);
    assert!(
        tools.join("installed.txt").is_file() && tools.join("npm/node_modules").is_dir(),
        "tools for tests are missing: run `packaging/setup test`"
    );
    tools
}

/// A program, which is ended if it takes longer than any of these may.
fn timed(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(tool("timeout"));
    command.arg("120").arg(program);
    command
}

/// The text of a page.
fn page(path: &str) -> String {
    let path = file(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
