//! One daemon at a busy desk for an hour: cards are swapped, callers call over both fronts, a person answers dialogs or does
//! not, and `pcscd`, the server of evidence and the way to it end and come back. Memory, descriptors and threads must not
//! grow meanwhile, no caller may get an internal error, and every proof that was answered must be on the server.
//!
//! `SOAK_MINUTES` says how long. The first quarter warms up; the second is compared with the last.

mod callers;
mod person;
mod samples;

use crate::SetupFailure;
use crate::table::{LimitTable, Table};
use beid_e2e::fleet::{desk_role, prepare_database};
use beid_e2e::{Daemon, DaemonOptions, LIMIT, PrivateBus, Readers, ScriptedPinentry, SetOnDrop};
use beid_testkit::{FaultyLink, LinkFault, PostgresServer, SeededRandom};
use callers::{BusCaller, HttpsCaller};
use person::SoakPerson;
use samples::Samples;
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// Duration without `SOAK_MINUTES`.
const MINUTES: u64 = 60;
/// Time between two troubles.
const TROUBLE: Duration = Duration::from_secs(25);
/// Time for which the server, or the way to it, is away.
const AWAY: Duration = Duration::from_secs(10);
/// Start of the random numbers.
const SEED: u64 = 5;

/// Desk with everything that can fail.
struct SoakDesk {
    // Dropped in this order: the daemon before what it uses.
    daemon: Daemon,
    readers: Readers,
    pinentry: ScriptedPinentry,
    bus: PrivateBus,
    link: FaultyLink,
    server: PostgresServer,
    database: String,
}

/// Answers so far, by kind; and the records that they name.
#[derive(Default)]
struct SoakAnswers {
    counts: Mutex<BTreeMap<String, u64>>,
    records: Mutex<HashSet<String>>,
    is_over: AtomicBool,
}

impl SoakAnswers {
    fn count(&self, what: &str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(what.to_owned()).or_default() += 1;
    }

    fn note_record(&self, id: &str) {
        self.records
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.to_owned());
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

/// Prints the tables; returns true if nothing grew or got lost.
pub(crate) fn table() -> Result<bool, SetupFailure> {
    let minutes = match std::env::var("SOAK_MINUTES") {
        Ok(minutes) => minutes
            .parse()
            .map_err(|_| format!("SOAK_MINUTES is no number: {minutes}"))?,
        Err(_) => MINUTES,
    };
    if minutes == 0 {
        return Err("SOAK_MINUTES must be 1 at least".into());
    }
    let mut desk = SoakDesk::start()?;
    let (answers, mut samples) = (SoakAnswers::default(), Samples::default());
    let pid = desk.daemon.pid();
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    let (website, program) = (HttpsCaller::from_desk(&desk), BusCaller::from_desk(&desk));
    thread::scope(|scope| {
        let callers = [
            scope.spawn(|| website.call(&answers)),
            scope.spawn(|| program.call(&answers)),
            scope.spawn(|| samples.take(pid, &answers)),
        ];
        // Also if the work fails: nobody calls on then.
        let over = SetOnDrop(&answers.is_over);
        desk.work(&answers, end);
        drop(over);
        for caller in callers {
            caller.join().map_err(|_| "a caller has failed")??;
        }
        Ok::<_, SetupFailure>(())
    })?;
    let mut table = LimitTable::new(&format!("One daemon, {minutes} minutes"));
    samples.compare(&mut table)?;
    desk.judge(&answers, &mut table)?;
    println!("{}", answers_table(&answers));
    println!("{}", samples.table());
    Ok(table.print())
}

impl SoakDesk {
    fn start() -> Result<Self, SetupFailure> {
        let server = PostgresServer::start();
        let database = prepare_database(&server, 1);
        let mut random = SeededRandom::new(SEED);
        let link = FaultyLink::start(&server.socket().join(".s.PGSQL.5432"), move || {
            let at = 50 + random.below(20_000);
            match random.below(6) {
                0 => Some(LinkFault::Cut(at)),
                1 => Some(LinkFault::HalfClosed(at)),
                2 => Some(LinkFault::Stalled(at)),
                _ => None,
            }
        });
        let (readers, bus, pinentry) = (Readers::start(), PrivateBus::start(), ScriptedPinentry::new());
        let url = format!("\"postgres://{}@127.0.0.1:{}/{database}\"", desk_role(0), link.port());
        let options = DaemonOptions::new()
            .readers(&readers)
            .private_bus(&bus)
            .pinentry(&pinentry);
        let options = options
            .practice()
            .set("evidence", "url", &url)
            .set("log", "level", "\"info\"");
        Ok(Self {
            daemon: options.start(),
            readers,
            pinentry,
            bus,
            link,
            server,
            database,
        })
    }

    /// Lets the person work with cards, and makes trouble now and then, which ends while they work on.
    fn work(&mut self, answers: &SoakAnswers, end: Instant) {
        let mut person = SoakPerson::at(&self.daemon);
        let (mut number, mut next) = (0_u32, Instant::now() + TROUBLE);
        let mut is_away = false;
        while Instant::now() < end {
            if !person.serve_patient(&self.readers, &self.pinentry, answers) {
                self.readers.restart_pcscd();
            }
            if Instant::now() < next {
                continue;
            }
            if is_away {
                self.end_trouble(number);
                number += 1;
            } else {
                self.make_trouble(number, answers);
            }
            is_away = !is_away;
            next = Instant::now() + if is_away { AWAY } else { TROUBLE };
        }
        if is_away {
            self.end_trouble(number);
        }
    }

    fn make_trouble(&mut self, number: u32, answers: &SoakAnswers) {
        match number % 3 {
            0 => {
                answers.count("trouble: pcscd started anew");
                self.readers.restart_pcscd();
            }
            1 => {
                answers.count("trouble: PostgreSQL ended, and started later");
                self.server.pause();
            }
            _ => {
                answers.count("trouble: way to PostgreSQL cut");
                self.link.take_down();
            }
        }
    }

    fn end_trouble(&mut self, number: u32) {
        match number % 3 {
            0 => {}
            1 => self.server.resume(),
            _ => self.link.bring_up(),
        }
    }

    /// Waits until everything is on the server, and counts what is not.
    fn judge(&self, answers: &SoakAnswers, table: &mut LimitTable) -> Result<(), SetupFailure> {
        let answered = answers.records.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = || {
            let there = self.server.sql(&self.database, "SELECT id FROM records");
            let there: HashSet<&str> = there.lines().collect();
            answered.iter().filter(|id| !there.contains(id.as_str())).count()
        };
        // Faults go on, and a desk waits for up to a minute after some of them.
        let patience = Instant::now();
        while missing() > 0 && patience.elapsed() < 4 * LIMIT {
            sleep(Duration::from_secs(1));
        }
        let missing = f64::from(u32::try_from(missing())?);
        table.at_most("proofs answered, and not on the server", missing, 0.0, "");
        let counts = answers.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let internal = counts
            .iter()
            .filter(|(what, _)| what.ends_with("internal"))
            .map(|(_, count)| *count)
            .sum::<u64>();
        table.at_most("internal errors", f64::from(u32::try_from(internal)?), 0.0, "");
        let verified = self.daemon.beidctl(&["evidence", "verify"]);
        let broken = if verified.succeeded() { 0.0 } else { 1.0 };
        table.at_most("chains of the desk that do not hold", broken, 0.0, "");
        Ok(())
    }
}

fn answers_table(answers: &SoakAnswers) -> Table {
    let mut table = Table::new("Calls, answers and troubles", ["what", "times"]);
    for (what, count) in answers.counts.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        table.row([what.clone(), count.to_string()]);
    }
    table
}
