//! `beid-sim`: puts a virtual Belgian eID card into the virtual reader of `pcscd` (vsmartcard's `vpcd`).

use beid_card::Transport;
use beid_simulator::command_lines::SimOptions;
use beid_simulator::vpcd::{Ejector, Served, Vpcd};
use beid_simulator::{
    CITIZENS, Citizen, SimulatorError, TEST_PIN, TestPki, Timing, VirtualCard, VirtualConnection, VirtualSlot,
    read_persons,
};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use std::env;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Time to wait for `vpcd` to listen: `pcscd` may have been started at the same moment.
const PATIENCE: Duration = Duration::from_secs(5);
/// Time after which `pcscd` has certainly looked for cards again.
const NOTICED: Duration = Duration::from_secs(1);

/// Those who can have a card: the persons of a file first, and the invented ones of ours.
struct People(Vec<&'static Citizen>);

impl People {
    fn read(file: Option<&Path>) -> Result<Self, String> {
        let mut people = match file {
            None => Vec::new(),
            Some(path) => {
                let told = |error: &dyn Display| format!("{}: {error}", path.display());
                let text = fs::read_to_string(path).map_err(|error| told(&error))?;
                read_persons(&text).map_err(|error| told(&error))?
            }
        };
        people.extend(CITIZENS);
        Ok(Self(people))
    }

    fn find(&self, id: &str) -> Result<&'static Citizen, String> {
        let found = self.0.iter().find(|citizen| citizen.id == id);
        found
            .copied()
            .ok_or_else(|| SimulatorError::UnknownCitizen(id.to_owned()).to_string())
    }
}

fn main() -> ExitCode {
    match run(&SimOptions::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // Nobody to tell: the exit code still says it.
            drop(writeln!(io::stderr(), "beid-sim: {message}"));
            ExitCode::FAILURE
        }
    }
}

fn run(options: &SimOptions) -> Result<(), String> {
    let people = People::read(options.persons.as_deref())?;
    if options.list {
        return taken(list(&people));
    }
    let citizen = options.citizen.as_deref().map(|id| {
        // A wrong command line, as an unknown option is.
        let wrong = |message| SimOptions::command().error(ErrorKind::InvalidValue, message).exit();
        people.find(id).unwrap_or_else(wrong)
    });
    let dir = options
        .state
        .clone()
        .or_else(default_state)
        .ok_or("no home directory; use --state")?;
    let pki = TestPki::open(&dir).map_err(|e| e.to_string())?;
    let slot = VirtualSlot::new();
    slot.set_timing(options.timing);
    if let Some(path) = &options.log {
        log_to(&slot, path).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    let mut reader = VpcdReader {
        pki,
        people,
        address: options.vpcd.clone(),
        slot,
        session: None,
    };
    if let Some(citizen) = citizen {
        reader.insert(citizen)?;
    }
    if options.control {
        return taken(reader.control());
    }
    if let Some(citizen) = citizen {
        // The card is there whether or not anybody reads the line.
        drop(say(&format!(
            "simulated card of {} (invented person), PIN {TEST_PIN}, in {}",
            citizen.id, options.vpcd
        )));
    }
    reader.wait()
}

/// Turns a closed output (`beid-sim --list | head`) into success.
fn taken(written: io::Result<()>) -> Result<(), String> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.to_string()),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn list(people: &People) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "All these persons are invented. The PIN of every card is {TEST_PIN}.\n"
    )?;
    writeln!(out, "{:8}{:34}{:8}ABOUT", "ID", "NAME", "APPLET")?;
    for c in &people.0 {
        // One is too long for any column.
        let mut name = format!("{} {}", c.first_name(), c.surname);
        if name.chars().count() > 33 {
            name = name.chars().take(32).chain(['…']).collect();
        }
        writeln!(out, "{:8}{name:34}{:8}{}", c.id, c.applet.to_string(), c.about)?;
    }
    Ok(())
}

/// Appends each exchange to the file at `path`, before its answer goes out: readers of the log rely on that order.
fn log_to(slot: &VirtualSlot, path: &Path) -> io::Result<()> {
    let file = File::options().create(true).append(true).open(path)?;
    slot.listen(move |exchanged| {
        // A full disk must not change what the card does.
        drop((&file).write_all(format!("{exchanged}\n").as_bytes()));
    });
    Ok(())
}

/// Directory `$XDG_STATE_HOME/beidd/simulator`, with `~/.local/state` if the variable is not set.
fn default_state() -> Option<PathBuf> {
    let state = env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|dir| dir.is_absolute());
    let state = state.or_else(|| env::home_dir().map(|home| home.join(".local/state")));
    state.map(|dir| dir.join("beidd/simulator"))
}

/// Writes one line to standard output and flushes it: the program that controls us waits for it.
fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// A virtual reader at `address`, and the card in it.
struct VpcdReader {
    pki: TestPki,
    people: People,
    address: String,
    slot: VirtualSlot,
    session: Option<ServedCard>,
}

/// The thread that answers for the inserted card, and the handle that ends it.
struct ServedCard {
    ejector: Replaceable<Ejector>,
    thread: JoinHandle<io::Result<()>>,
}

/// A value that is replaced whenever the card connects to `vpcd` again.
type Replaceable<T> = Arc<Mutex<T>>;

fn lock<T>(shared: &Replaceable<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers for the card until it is out.
///
/// If `pcscd` has missed that there is a new card, and given it no power, the card leaves until `pcscd` must have
/// noticed, and comes back, so that `pcscd` sees the change that it missed.
fn sit(
    mut vpcd: Vpcd,
    mut connection: VirtualConnection,
    ejector: &Replaceable<Ejector>,
    address: &str,
) -> io::Result<()> {
    loop {
        if vpcd.serve(&mut connection)? == Served::Ended {
            return Ok(());
        }
        std::thread::sleep(NOTICED);
        // It may have been pulled out while we slept.
        if connection.present().is_err() {
            return Ok(());
        }
        vpcd = Vpcd::connect(address, PATIENCE)?;
        *lock(ejector) = vpcd.ejector()?;
    }
}

impl VpcdReader {
    /// Puts a new card in, in place of the one that is there.
    fn insert(&mut self, citizen: &'static Citizen) -> Result<(), String> {
        // Made while the old card is still in: RSA keys may take seconds.
        let card = VirtualCard::new(citizen, &self.pki).map_err(|e| e.to_string())?;
        self.remove();
        let vpcd = Vpcd::connect(&self.address, PATIENCE).map_err(|e| {
            format!(
                "no vpcd at {}: {e}; is pcscd running with the vpcd driver?",
                self.address
            )
        })?;
        // pcscd looks for cards every 0.4 s: who goes on right after the answer must not meet the old one.
        vpcd.wait_noticed(PATIENCE)
            .map_err(|e| format!("vpcd at {} does not take the card: {e}", self.address))?;
        let ejector = Arc::new(Mutex::new(vpcd.ejector().map_err(|e| e.to_string())?));
        self.slot.insert(card);
        let connection = self.slot.connect().ok_or("card removed")?;
        let (slot, address, current) = (self.slot.clone(), self.address.clone(), ejector.clone());
        let thread = std::thread::spawn(move || {
            let served = sit(vpcd, connection, &current, &address);
            // The other side may have hung up: then there is no reader to be in.
            slot.remove();
            served
        });
        self.session = Some(ServedCard { ejector, thread });
        Ok(())
    }

    /// Pulls the card out and waits until `vpcd` has noticed.
    fn remove(&mut self) -> bool {
        let was_in = self.slot.remove().is_some();
        if let Some(session) = self.session.take() {
            let noticed = Instant::now().checked_add(PATIENCE);
            lock(&session.ejector).eject();
            while !session.thread.is_finished() && noticed.is_some_and(|deadline| Instant::now() < deadline) {
                std::thread::sleep(Duration::from_millis(5));
            }
            // A vpcd that has not noticed by now must not keep the thread, which is joined next.
            lock(&session.ejector).hang_up();
            drop(session.thread.join());
        }
        was_in
    }

    /// Waits until the card is out, because `vpcd` has gone.
    fn wait(&mut self) -> Result<(), String> {
        match self.session.take().map(|session| session.thread.join()) {
            Some(Ok(Err(e))) => Err(format!("lost vpcd: {e}")),
            Some(Err(_)) => Err("the card's thread failed".to_owned()),
            Some(Ok(Ok(()))) | None => Ok(()),
        }
    }

    /// Obeys standard input until `quit` or its end.
    fn control(&mut self) -> io::Result<()> {
        for line in io::stdin().lock().lines() {
            let line = line?;
            let words: Vec<&str> = line.split_whitespace().collect();
            if words == ["quit"] {
                self.remove();
                return say("ok quit");
            }
            match self.obey(&words) {
                Ok(answer) => say(&format!("ok {answer}"))?,
                Err(reason) => say(&format!("error {reason}"))?,
            }
        }
        self.remove();
        Ok(())
    }

    fn obey(&mut self, words: &[&str]) -> Result<String, String> {
        match words {
            ["insert", id] => {
                self.insert(self.people.find(id)?)?;
                Ok(format!("inserted {id}"))
            }
            ["remove"] if self.remove() => Ok("removed".to_owned()),
            [order @ ("remove-after" | "mute-after"), n] if self.slot.citizen().is_some() => {
                let n = n.parse().map_err(|_| format!("{order} takes a number of APDUs"))?;
                match *order {
                    "mute-after" => self.slot.mute_after(n),
                    _ => self.slot.remove_after(n),
                }
                Ok(format!("{order} {n}"))
            }
            ["remove"] | ["remove-after" | "mute-after", _] => Err("no card inserted".to_owned()),
            ["timing", word] => {
                self.slot.set_timing(Timing::parse(word)?);
                Ok(format!("timing {word}"))
            }
            ["status"] => Ok(self.status()),
            _ => Err(
                "commands: insert ID, remove, remove-after N, mute-after N, timing instant|real, status, quit"
                    .to_owned(),
            ),
        }
    }

    /// Line about the card: holder, tries left, and commands and bytes on the wire so far.
    fn status(&self) -> String {
        let counts = format!("apdus={} wire={}", self.slot.apdus(), self.slot.wire_bytes());
        match (self.slot.citizen(), self.slot.tries_left()) {
            (Some(citizen), Some(tries)) if self.slot.is_mute() => {
                format!("{} tries={tries} mute {counts}", citizen.id)
            }
            (Some(citizen), Some(tries)) => format!("{} tries={tries} {counts}", citizen.id),
            _ => format!("empty {counts}"),
        }
    }
}
