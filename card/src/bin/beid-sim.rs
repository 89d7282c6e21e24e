//! `beid-sim`: puts a virtual Belgian eID card into the virtual reader of `pcscd` (vsmartcard's `vpcd`).

use beid_card::simulator::vpcd::{DEFAULT_ADDRESS, Ejector, Vpcd};
use beid_card::simulator::{CITIZENS, Citizen, SimulatorError, TEST_PIN, TestPki, VirtualCard, VirtualSlot};
use clap::Parser;
use std::env;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long to wait for `vpcd` to listen: `pcscd` may have been started together with us.
const PATIENCE: Duration = Duration::from_secs(5);

/// Puts a simulated Belgian eID card into the virtual reader of pcscd (vpcd). The persons are invented, and no real
/// verifier accepts the certificates.
#[derive(Parser)]
#[command(version, after_help = "Exit status: 0 done, 1 failed, 2 wrong usage.")]
struct Options {
    /// Whose card; see --list
    #[arg(required_unless_present_any = ["list", "control"], value_parser = citizen)]
    citizen: Option<&'static Citizen>,
    /// List the invented persons and exit
    #[arg(long)]
    list: bool,
    /// Where vpcd listens
    #[arg(long, value_name = "HOST:PORT", default_value = DEFAULT_ADDRESS)]
    vpcd: String,
    /// Directory that keeps the test keys [default: $XDG_STATE_HOME/beidd/simulator]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Take commands from standard input: insert ID, remove, remove-after N, status, quit. Each is answered by one
    /// line, `ok ..` or `error ..`
    #[arg(long)]
    control: bool,
}

fn citizen(id: &str) -> Result<&'static Citizen, SimulatorError> {
    Citizen::find(id)
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            drop(writeln!(io::stderr(), "beid-sim: {message}"));
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    if options.list {
        return list().map_err(|e| e.to_string());
    }
    let dir = options
        .state
        .clone()
        .or_else(default_state)
        .ok_or("no home directory; use --state")?;
    let pki = TestPki::open(&dir).map_err(|e| e.to_string())?;
    let mut reader = Reader {
        pki,
        address: options.vpcd.clone(),
        slot: VirtualSlot::new(),
        session: None,
    };
    if let Some(citizen) = options.citizen {
        reader.insert(citizen)?;
    }
    if options.control {
        return reader.control().map_err(|e| e.to_string());
    }
    if let Some(citizen) = options.citizen {
        say(&format!(
            "simulated card of {} (invented person), PIN {TEST_PIN}, in {}",
            citizen.id, options.vpcd
        ))
        .map_err(|e| e.to_string())?;
    }
    reader.wait()
}

fn list() -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "All these persons are invented. The PIN of every card is {TEST_PIN}.\n"
    )?;
    writeln!(out, "{:8}{:34}{:8}ABOUT", "ID", "NAME", "APPLET")?;
    for c in CITIZENS {
        let name = format!("{} {}", c.first_name(), c.surname);
        writeln!(out, "{:8}{name:34} {:7}{}", c.id, c.applet.to_string(), c.about)?;
    }
    Ok(())
}

/// `$XDG_STATE_HOME/beidd/simulator`, or where that is by default.
fn default_state() -> Option<PathBuf> {
    let state = env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|dir| dir.is_absolute());
    let state = state.or_else(|| env::home_dir().map(|home| home.join(".local/state")));
    state.map(|dir| dir.join("beidd/simulator"))
}

/// One line on standard output, flushed: whoever drives us waits for it.
fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// The virtual reader at `address`, and the card we have put into it.
struct Reader {
    pki: TestPki,
    address: String,
    slot: VirtualSlot,
    session: Option<Session>,
}

/// The thread that answers for the inserted card, and the way to end it.
struct Session {
    ejector: Ejector,
    thread: JoinHandle<io::Result<()>>,
}

impl Reader {
    /// Puts a new card in, in place of what is there.
    fn insert(&mut self, citizen: &'static Citizen) -> Result<(), String> {
        let card = VirtualCard::new(citizen, &self.pki).map_err(|e| e.to_string())?;
        self.remove();
        let vpcd = Vpcd::connect(&self.address, PATIENCE).map_err(|e| {
            format!(
                "no vpcd at {}: {e}; is pcscd running with the vpcd driver?",
                self.address
            )
        })?;
        vpcd.wait_noticed(PATIENCE)
            .map_err(|e| format!("vpcd at {} does not take the card: {e}", self.address))?;
        let ejector = vpcd.ejector().map_err(|e| e.to_string())?;
        self.slot.insert(card);
        let connection = self.slot.connect().ok_or("card removed")?;
        let slot = self.slot.clone();
        let thread = std::thread::spawn(move || {
            let served = vpcd.serve(connection);
            // The other side may have hung up: then there is no reader to be in.
            slot.remove();
            served
        });
        self.session = Some(Session { ejector, thread });
        Ok(())
    }

    /// Pulls the card out and waits until `vpcd` has noticed.
    fn remove(&mut self) -> bool {
        let was_in = self.slot.remove().is_some();
        if let Some(session) = self.session.take() {
            let noticed = Instant::now().checked_add(PATIENCE);
            session.ejector.eject();
            while !session.thread.is_finished() && noticed.is_some_and(|deadline| Instant::now() < deadline) {
                std::thread::sleep(Duration::from_millis(5));
            }
            session.ejector.hang_up();
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
                self.insert(citizen(id).map_err(|e| e.to_string())?)?;
                Ok(format!("inserted {id}"))
            }
            ["remove"] if self.remove() => Ok("removed".to_owned()),
            ["remove-after", n] if self.slot.citizen().is_some() => {
                let n = n
                    .parse()
                    .map_err(|_| "remove-after takes a number of APDUs".to_owned())?;
                self.slot.remove_after(n);
                Ok(format!("remove-after {n}"))
            }
            ["remove"] | ["remove-after", _] => Err("no card inserted".to_owned()),
            ["status"] => Ok(match (self.slot.citizen(), self.slot.tries_left()) {
                (Some(c), Some(tries)) => format!("{} tries={tries} apdus={}", c.id, self.slot.apdus()),
                _ => format!("empty apdus={}", self.slot.apdus()),
            }),
            _ => Err("commands: insert ID, remove, remove-after N, status, quit".to_owned()),
        }
    }
}
