//! Cost of reading and signing, printed as tables (`make bench`): commands and bytes on the wire, which are the same on
//! every machine, and then time, under a `pcscd` of our own, beside what OpenSC needs for its part of the same work; and
//! what the daemon takes as a process, and with a thousand who listen to it; and how many documents are written, signed and
//! judged in a second, beside OpenSSL and xmlsec1; and many desks that bring their evidence to one server.
//!
//! `bench` prints all of it; `bench commands` only what is counted, `bench documents` only what has no card in it, `bench
//! https` only requests over HTTPS and the daemon's process, `bench evidence` only the many desks. `bench soak` (`make
//! soak`) watches one daemon for an hour. Exit status 2 if a limit was not kept.

#![expect(clippy::print_stdout, reason = "the tables are what it is for")]

mod clock;
mod commands;
mod daemon;
mod documents;
mod endpoint;
mod evidence;
mod https;
mod jobs;
mod opensc;
mod place;
mod process;
mod soak;
mod table;
mod time;

use beid_e2e::{PrivateBus, Readers, SetupFailure, test_pki, test_trust};
use std::env;
use std::process::ExitCode;

/// Exit status.
const LIMIT_NOT_KEPT: u8 = 2;

fn main() -> Result<ExitCode, SetupFailure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let kept = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => counted()? & timed("time")? & endpoint::tables()? & documents::tables()? & evidence::tables(),
        ["commands"] => counted()?,
        ["documents"] => documents::tables()?,
        ["evidence"] => evidence::tables(),
        ["soak"] => soak::table()?,
        ["https"] => timed("https")? & endpoint::tables()?,
        [part @ ("time" | "https"), vpcd, reader] => time::tables(part, vpcd, reader)?,
        _ => return Err("usage: bench [commands | documents | https | evidence | soak]".into()),
    };
    Ok(if kept {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(LIMIT_NOT_KEPT)
    })
}

fn counted() -> Result<bool, SetupFailure> {
    let (table, kept) = commands::table(test_pki(), test_trust())?;
    println!("{table}");
    Ok(kept)
}

/// Time is measured by this same program, started once more where the readers are: they are in a network of their own,
/// and which `pcscd` and which bus a process uses is decided before it starts.
fn timed(part: &str) -> Result<bool, SetupFailure> {
    let (readers, bus) = (Readers::start(), PrivateBus::start());
    let mut again = readers.beside(&env::current_exe()?);
    again.args([part, &readers.first().address(), readers.first().name()]);
    again.env("DBUS_SESSION_BUS_ADDRESS", bus.address());
    match again.status()?.code() {
        Some(0) => Ok(true),
        Some(code) if code == i32::from(LIMIT_NOT_KEPT) => Ok(false),
        code => Err(format!("measuring ended with {code:?}").into()),
    }
}
