//! Prints what happens to the PC/SC readers, one line each: `arrived NAME`, `left NAME`, `inserted NAME`,
//! `removed NAME`; and `listed` when what was there at the start has been named. Sends nothing to any card.

use beid_card::pcsc::{Monitor, ReaderEvent};
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    match watch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            drop(writeln!(io::stderr(), "reader-watch: {e}"));
            ExitCode::FAILURE
        }
    }
}

fn watch() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    let mut monitor = Monitor::establish()?;
    for event in monitor.wait(Duration::ZERO)? {
        writeln!(out, "{}", line(&event))?;
    }
    writeln!(out, "listed")?;
    loop {
        for event in monitor.wait(Duration::from_secs(3600))? {
            writeln!(out, "{}", line(&event))?;
        }
    }
}

fn line(event: &ReaderEvent) -> String {
    match event {
        ReaderEvent::Arrived { reader } => format!("arrived {reader}"),
        ReaderEvent::Left { reader } => format!("left {reader}"),
        ReaderEvent::Inserted { reader } => format!("inserted {reader}"),
        ReaderEvent::Removed { reader } => format!("removed {reader}"),
    }
}
