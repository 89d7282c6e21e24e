//! The OpenAPI document beside real answers, clients generated from it, and the pages for integrators.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails the test"
)]

mod bus_contract;
mod checkers;
mod clients;
mod contract;
mod examples;
mod js_client;
mod own_page;
mod pages;
mod schema;

use beid_e2e::{tool, workspace};
use std::path::PathBuf;
use std::process::Command;

/// A file of the repository.
fn file(path: &str) -> PathBuf {
    workspace().join(path)
}

/// A program, which is ended if it takes longer than any of these may.
fn timed(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(tool("timeout"));
    command.arg("120").arg(program);
    command
}

/// Lets the web page at `origin` call with these scopes: lines of a configuration file.
fn listed(origin: &str, scopes: &str) -> String {
    let scopes = scopes.replace(',', "\", \"");
    format!("[[origin]]\norigin = \"{origin}\"\nscopes = [\"{scopes}\"]\n")
}

/// The text of a page.
fn page(path: &str) -> String {
    let path = file(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
