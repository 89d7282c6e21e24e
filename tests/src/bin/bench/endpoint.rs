//! The daemon as a process of its own: its size, its start, its rest, its page, and a thousand who listen to it.

mod page;
mod subscribers;

use crate::SetupFailure;
use crate::process::{resident_kib, wake_ups};
use crate::table::LimitTable;
use beid_e2e::{DaemonOptions, Desk, Scratch, SessionBus, built, run, tool};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Starts that are measured.
const STARTS: usize = 15;
/// Time without anything to do before the daemon counts as idle: the limits on slow clients, of ten seconds, have run out.
const SETTLED: Duration = Duration::from_secs(12);
const MINUTE: Duration = Duration::from_secs(60);

/// Prints the table; returns true if every limit was kept.
pub(crate) fn tables() -> Result<bool, SetupFailure> {
    let mut table = LimitTable::new("The daemon as a process");
    table.at_most("program, stripped, with its page inside", size()?, 12.0, "MiB");
    table.at_most("from start to ready, median", start()?, 60.0, "ms");
    at_rest(&mut table)?;
    subscribers::measure(&mut table)?;
    Ok(table.print())
}

/// Size of the program without symbols, in MiB.
fn size() -> Result<f64, SetupFailure> {
    let scratch = Scratch::new("bench-size");
    let stripped = scratch.path().join("beidd");
    run(Command::new(tool("strip")).arg("-o").arg(&stripped).arg(built("beidd"))).ok();
    Ok(in_kib(stripped.metadata()?.len()) / 1024.0)
}

/// Median time of an ordinary start, with certificates from before, until the daemon says that it is ready.
fn start() -> Result<f64, SetupFailure> {
    let bus = SessionBus::start();
    let options = DaemonOptions::new().bus(&bus).set("log", "level", "\"info\"");
    let mut home = options.start().stop();
    let mut took = Vec::new();
    for _ in 0..STARTS {
        let begun = Instant::now();
        let daemon = options.start_in(home);
        took.push(begun.elapsed());
        home = daemon.stop();
    }
    took.sort_unstable();
    let median = took.get(STARTS / 2).ok_or("no start")?;
    Ok(median.as_secs_f64() * 1000.0)
}

/// Measures a daemon with a card in a reader of `pcscd`, on a bus, whose page has shown the card and stays open.
fn at_rest(table: &mut LimitTable) -> Result<(), SetupFailure> {
    let desk = Desk::start_with(|options| options.set("log", "level", "\"info\""));
    desk.insert("anna");
    page::measure(&desk.daemon, table)?;
    let open = desk.daemon.rest(&["readers"]).events();
    sleep(SETTLED);
    let before = wake_ups(desk.daemon.pid())?;
    sleep(MINUTE);
    let woken = wake_ups(desk.daemon.pid())?.since(&before);
    table.at_most(
        "resident memory, page open",
        resident_kib(desk.daemon.pid())? / 1024.0,
        15.0,
        "MiB",
    );
    table.at_most("wake-ups in a minute, page open", woken.total(), 0.0, "");
    if woken.total() > 0.0 {
        println!("woken: {woken}");
    }
    drop(open);
    Ok(())
}

/// Octets in KiB.
fn in_kib(octets: u64) -> f64 {
    f64::from(u32::try_from(octets).unwrap_or(u32::MAX)) / 1024.0
}
