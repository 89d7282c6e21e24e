//! Two virtual readers under a `pcscd` of their own, and virtual cards to put into them.
//!
//! `pcscd` and the cards run in network, mount and process namespaces of their own. There, `pcscd` finds no driver but
//! that of the virtual reader, so it cannot take a real reader even from USB; its socket is in a private `/run`; and the
//! ports on which vpcd waits for a card exist for nobody else.

mod seen;

use beid_testkit::{LIMIT, RunningProgram, Scratch, built, eventually, guarded, run, test_pki_directory, tool};
use seen::{ReaderWatch, Seen, SeenState};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// First process of the namespaces. When the test ends, so does its standard input, then `pcscd`, then this, and with the
/// first process the kernel ends all others. Each line of its standard input ends `pcscd`, and another one starts.
const SETUP: &str = r#"
set -eu
exec 3<&0 2>&1
mount -t tmpfs tmpfs /run
mkdir /run/pcscd /run/serial
mount --bind "$1/serial" /run/serial
mount -t tmpfs tmpfs "$1"
mkdir "$1/serial"
mount --bind /run/serial "$1/serial"
ip link set lo up
stop() { kill "$(cat /run/pcscd/pid)"; }
(while read -r _ <&3; do touch /run/pcscd/again; stop; done; stop) &
while :; do
    rm -f /run/pcscd/again
    pcscd --foreground --info --config "$2" < /dev/null &
    echo "$!" > /run/pcscd/pid
    wait "$!" || status=$?
    [ -e /run/pcscd/again ] || exit "${status-0}"
done
"#;

/// Directory in which pcscd looks for drivers.
const DRIVERS: &str = "/usr/lib/pcsc/drivers";
/// Configuration of the virtual reader for pcscd, as in Debian's vsmartcard-vpcd.
const CONFIGURATION: &str = "/etc/reader.conf.d/vpcd";
/// Port at which the first of its slots waits for a card.
const FIRST_PORT: u16 = 35963;
/// All that vpcd calls its readers, and nobody else does.
const VIRTUAL: &str = "Virtual PCD";

/// PC/SC with two virtual readers.
pub struct Readers {
    slots: [Slot; 2],
    watch: ReaderWatch,
    pcscd: RunningProgram,
    socket: PathBuf,
    seen: Arc<Seen>,
    _logs: Scratch,
}

impl Readers {
    /// Starts `pcscd` and waits for its readers.
    ///
    /// # Panics
    /// If that fails, or any reader is not a virtual one: then nothing has been sent to any card.
    #[must_use]
    pub fn start() -> Self {
        Self::start_as(Path::new(CONFIGURATION), VIRTUAL, FIRST_PORT)
    }

    /// Starts `pcscd` with as many readers as it has room for, sixteen: eight with two slots each. All of them stay empty:
    /// vpcd has one pair of cards for all readers.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    #[must_use]
    pub fn start_full() -> Self {
        let scratch = Scratch::new("sixteen");
        let file = scratch.path().join("readers");
        // Ports two apart, one for each slot, and away from the usual ones.
        let ports = (0..8).map(|number| (number, FIRST_PORT + 2 + 2 * number));
        let entries = ports.map(|(number, port)| {
            format!(
                "FRIENDLYNAME \"{VIRTUAL} {number}\"\nDEVICENAME /dev/null:{port:#X}\n\
                 LIBPATH {DRIVERS}/serial/libifdvpcd.so\nCHANNELID {port:#X}\n\n"
            )
        });
        fs::write(&file, entries.collect::<String>()).expect("a configuration for pcscd");
        Self::start_as(&file, &format!("{VIRTUAL} 0"), FIRST_PORT + 2)
    }

    /// Starts `pcscd` with the readers of that configuration; the first is called `name` and waits for its card at `port`.
    fn start_as(configuration: &Path, name: &str, port: u16) -> Self {
        let mut pcscd = start_pcscd(configuration);
        let socket = PathBuf::from(format!("/proc/{}/root/run/pcscd/pcscd.comm", pcscd.pid()));
        eventually("pcscd listens", LIMIT, || {
            assert!(pcscd.is_alive(), "pcscd does not start:\n{}", drain(&pcscd));
            socket.exists().then_some(())
        });
        let (seen, logs) = (Arc::new(Seen::default()), Scratch::new("readers"));
        let watch = ReaderWatch::begin(&socket, &seen);
        let slot = |number: u16| Slot {
            name: format!("{name} 00 {number:02}"),
            port: port + number,
            namespaces: pcscd.pid(),
            seen: seen.clone(),
            card: Mutex::default(),
            log: logs.path().join(format!("slot-{number}.log")),
        };
        let slots = [slot(0), slot(1)];
        slots.iter().for_each(Slot::wait_plugged_in);
        Self {
            slots,
            watch,
            pcscd,
            socket,
            seen,
            _logs: logs,
        }
    }

    /// Ends `pcscd`, which takes both readers and the cards in them away, and starts another; returns when PC/SC has the
    /// readers again, empty.
    ///
    /// # Panics
    /// If it does not come back.
    pub fn restart_pcscd(&mut self) {
        self.pcscd.say("again");
        // When the old one has gone, so has whoever followed it.
        self.watch.end();
        self.watch = eventually("pcscd is back", LIMIT, || {
            *self.seen.lock() = SeenState::default();
            let mut watch = ReaderWatch::begin(&self.socket, &self.seen);
            if self.seen.settles() {
                return Some(watch);
            }
            watch.end();
            None
        });
        self.slots.iter().for_each(Slot::wait_plugged_in);
    }

    /// A program in the network of the readers, where `vpcd` listens, that finds them.
    #[must_use]
    pub fn beside(&self, program: &Path) -> Command {
        let mut command = in_network_of(self.pcscd.pid(), program);
        command.env("PCSCLITE_CSOCK_NAME", &self.socket);
        command
    }

    /// The first reader.
    #[must_use]
    pub fn first(&self) -> &Slot {
        let [first, _] = &self.slots;
        first
    }

    /// The second reader.
    #[must_use]
    pub fn second(&self) -> &Slot {
        let [_, second] = &self.slots;
        second
    }

    /// Value of `PCSCLITE_CSOCK_NAME` by which a program finds these readers.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The process whose end ends `pcscd` and the cards.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pcscd.pid()
    }

    /// A command of the system that sees these readers, and gives up after a minute.
    ///
    /// # Panics
    /// If it is not installed.
    #[must_use]
    pub fn client(&self, name: &str) -> Command {
        let mut command = Command::new(tool("timeout"));
        command
            .arg("60")
            .arg(tool(name))
            .env("PCSCLITE_CSOCK_NAME", &self.socket);
        command
    }
}

/// A guarded program in the network of a process.
fn in_network_of(process: u32, program: &Path) -> Command {
    let mut command = guarded(tool("nsenter"));
    // Not into the process namespace: there all simulators have the same few numbers, which they use to tell each
    // other's drafts of keys apart. Without that they end when their standard input does.
    command.arg("--target").arg(process.to_string()).arg("--net");
    if !is_root() {
        command.args(["--user", "--preserve-credentials"]);
    }
    command.arg(program);
    command
}

fn start_pcscd(configuration: &Path) -> RunningProgram {
    for program in ["pcscd", "ip", "mount"] {
        let _ = tool(program);
    }
    assert!(
        Path::new(CONFIGURATION).exists(),
        "vsmartcard-vpcd is not installed: run `packaging/setup test`"
    );
    let mut command = guarded(tool("unshare"));
    command.args(["--net", "--mount", "--pid", "--fork", "--kill-child"]);
    if !is_root() {
        command.arg("--map-root-user");
    }
    command.args(["sh", "-c", SETUP, "pcscd", DRIVERS]).arg(configuration);
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    RunningProgram::start("pcscd", command)
}

fn is_root() -> bool {
    run(Command::new(tool("id")).arg("-u")).ok().trim() == "0"
}

/// All lines of a process that has ended.
fn drain(process: &RunningProgram) -> String {
    std::iter::from_fn(|| process.line(LIMIT))
        .collect::<Vec<_>>()
        .join("\n")
}

/// One reader.
pub struct Slot {
    name: String,
    port: u16,
    /// A process in the namespaces.
    namespaces: u32,
    seen: Arc<Seen>,
    /// `beid-sim`, once there was a card.
    card: Mutex<Option<RunningProgram>>,
    /// Log of `beid-sim`, one line for each command.
    log: PathBuf,
}

impl Slot {
    /// Its name in PC/SC.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Puts in a new card of an invented citizen (`beid-sim --list`), in place of what was there; returns when PC/SC has
    /// seen it.
    ///
    /// # Panics
    /// If it has not.
    pub fn insert(&self, citizen: &str) {
        let seen = self.try_insert(citizen, LIMIT);
        assert!(seen, "not within {LIMIT:?}: card of {citizen} in {}", self.name);
    }

    /// Like [`insert`](Self::insert); returns false if PC/SC has not seen the card within `limit`. The virtual reader gets
    /// stuck once in some hundred times.
    ///
    /// # Panics
    /// If the card cannot be told.
    pub fn try_insert(&self, citizen: &str, limit: Duration) -> bool {
        let before = self.seen.lock().insertions(&self.name);
        self.order(&format!("insert {citizen}"));
        self.seen.comes_true(limit, |state| {
            state.insertions(&self.name) > before && state.has_card(&self.name)
        })
    }

    /// Like [`remove`](Self::remove); returns false if PC/SC still sees the card after `limit`.
    ///
    /// # Panics
    /// If there is none.
    pub fn try_remove(&self, limit: Duration) -> bool {
        self.order("remove");
        self.seen.comes_true(limit, |state| !state.has_card(&self.name))
    }

    /// Pulls the card out; returns when PC/SC has seen that.
    ///
    /// # Panics
    /// If there is none, or PC/SC does not see it.
    pub fn remove(&self) {
        self.order("remove");
        self.wait_removed();
    }

    /// Makes the card vanish when the `apdus`-th command from now arrives, unanswered; 1 is the very next.
    ///
    /// # Panics
    /// If there is no card.
    pub fn remove_after(&self, apdus: u32) {
        self.order(&format!("remove-after {apdus}"));
    }

    /// Makes the card fall silent when the `apdus`-th command from now arrives; 1 is the very next. It answers nothing any
    /// more until it is pulled out.
    ///
    /// # Panics
    /// If there is no card.
    pub fn mute_after(&self, apdus: u32) {
        self.order(&format!("mute-after {apdus}"));
    }

    /// Waits until PC/SC sees no card.
    ///
    /// # Panics
    /// If it goes on seeing one.
    pub fn wait_removed(&self) {
        let what = format!("no card in {}", self.name);
        self.seen.wait(&what, |state| !state.has_card(&self.name));
    }

    /// Puts a card in that is no Belgian eID and understands nothing; returns when PC/SC has seen it.
    ///
    /// # Panics
    /// If it has not.
    #[must_use]
    pub fn insert_foreign(&self) -> ForeignCard {
        let log = self.log.with_extension("foreign");
        let mut command = in_network_of(self.namespaces, &built("foreign-card"));
        command.arg(self.address()).arg(&log);
        let card = RunningProgram::start("foreign-card", command);
        let what = format!("foreign card in {}", self.name);
        self.seen.wait(&what, |state| state.has_card(&self.name));
        ForeignCard { _card: card, log }
    }

    /// Lines of `beid-sim` about each command so far, over all cards: `00B00000 lc=0 le=256 data=256 sw=9000 wire=264`.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        lines(&self.log)
    }

    /// From now on the card answers as fast as a real one would.
    ///
    /// # Panics
    /// If there never was a card.
    pub fn answer_in_real_time(&self) {
        self.order("timing real");
    }

    /// Address at which `vpcd` waits for its card, in the network of the readers.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn wait_plugged_in(&self) {
        let what = format!("reader {}", self.name);
        self.seen.wait(&what, |state| state.cards.contains_key(&self.name));
    }

    /// Status of the card from `beid-sim`: `jan tries=3 apdus=120`, or `empty apdus=120`.
    ///
    /// # Panics
    /// If there never was a card.
    pub fn status(&self) -> String {
        self.order("status")
    }

    /// PIN tries left of the card.
    ///
    /// # Panics
    /// If there is no card.
    pub fn tries_left(&self) -> u8 {
        let status = self.status();
        let tries = status.split(' ').find_map(|word| word.strip_prefix("tries="));
        tries
            .and_then(|tries| tries.parse().ok())
            .unwrap_or_else(|| panic!("no tries left in {status:?}"))
    }

    /// Tells `beid-sim` something and returns what it answers.
    fn order(&self, order: &str) -> String {
        let mut card = self.card.lock().unwrap_or_else(PoisonError::into_inner);
        let simulator = card.get_or_insert_with(|| self.simulator());
        simulator.say(order);
        let answer = simulator.line(LIMIT).unwrap_or_default();
        match answer.split_once(' ') {
            Some(("ok", answer)) => answer.to_owned(),
            _ => panic!("beid-sim answers {answer:?} to {order:?}"),
        }
    }

    fn simulator(&self) -> RunningProgram {
        let mut command = in_network_of(self.namespaces, &built("beid-sim"));
        command.arg("--control").arg("--state").arg(test_pki_directory());
        command.arg("--vpcd").arg(self.address()).arg("--log").arg(&self.log);
        RunningProgram::start("beid-sim", command)
    }
}

/// A card of somebody else, in a reader for as long as this lives.
pub struct ForeignCard {
    _card: RunningProgram,
    log: PathBuf,
}

impl ForeignCard {
    /// The commands it was sent, in hexadecimal.
    #[must_use]
    pub fn commands(&self) -> Vec<String> {
        lines(&self.log)
    }
}

fn lines(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}
