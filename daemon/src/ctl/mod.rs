//! `beidctl`, the command line: asks a running beidd over D-Bus or HTTPS, and judges proofs offline.
//!
//! Both ways follow the table of operations, so a command names its row and nothing else. A PIN is never asked here:
//! the daemon asks it, on its own screen or on the reader.

mod arguments;
mod bus;
mod commands;
mod consents;
mod failure;
mod input;
mod links;
mod place;
mod render;
mod rest;
mod sign;
mod simulation;
mod verify;
mod wait;

pub use arguments::{Arguments, Parsed};
pub use commands::run;
pub use failure::{Failure, Kept, Kind, Stray};
