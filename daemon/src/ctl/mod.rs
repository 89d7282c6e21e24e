//! `beidctl`, the command line: asks a running beidd over D-Bus or HTTPS, and judges proofs offline.
//!
//! Both ways follow the table of operations, so a command names its row and nothing else. A PIN is never asked here:
//! the daemon asks it, on its own screen or on the reader.

mod arguments;
mod bus;
mod commands;
mod consents;
mod failure;
mod links;
mod render;
mod rest;
mod sign;
mod simulation;
mod verify;

pub use arguments::Arguments;
pub use commands::run;
pub use failure::Failure;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C from now on, remembered until somebody asks.
fn interrupt() -> Result<Signal, Failure> {
    signal(SignalKind::interrupt()).map_err(|error| Failure::local(format!("Ctrl-C cannot be heard: {error}")))
}
