//! Two virtual readers under a `pcscd` of their own, and virtual cards to put into them.
//!
//! `pcscd` and the cards run in network, mount and process namespaces of their own. There, `pcscd` finds no driver but
//! that of the virtual reader, so it cannot take a real reader even from USB; its socket is in a private `/run`; and the
//! ports on which vpcd waits for a card exist for nobody else.

use crate::patience::{LIMIT, eventually};
use crate::process::{Running, guarded, run};
use crate::tools::{built, test_pki, tool};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// First process of the namespaces. When the test ends, so does its standard input, then `pcscd`, then this, and with the
/// first process the kernel ends all others.
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
pcscd --foreground --info --config "$2" < /dev/null &
pcscd=$!
(cat <&3 > /dev/null; kill "$pcscd") &
wait "$pcscd"
"#;

/// Where pcscd looks for drivers.
const DRIVERS: &str = "/usr/lib/pcsc/drivers";
/// What Debian's vsmartcard-vpcd tells pcscd of the virtual reader.
const CONFIGURATION: &str = "/etc/reader.conf.d/vpcd";
/// All that vpcd calls its readers, and nobody else does.
const VIRTUAL: &str = "Virtual PCD";

/// PC/SC with two virtual readers.
pub struct Readers {
    slots: [Slot; 2],
    _watch: Running,
    pcscd: Running,
    socket: PathBuf,
}

impl Readers {
    /// Starts `pcscd` and waits for its readers.
    ///
    /// # Panics
    /// If that fails, or any reader is not a virtual one: then nothing has been sent to any card.
    #[must_use]
    pub fn start() -> Self {
        let mut pcscd = start_pcscd();
        let socket = PathBuf::from(format!("/proc/{}/root/run/pcscd/pcscd.comm", pcscd.pid()));
        eventually("pcscd listens", LIMIT, || {
            assert!(pcscd.is_alive(), "pcscd does not start:\n{}", drain(&pcscd));
            socket.exists().then_some(())
        });
        let mut watch = guarded(built("reader-watch"));
        watch.env("PCSCLITE_CSOCK_NAME", &socket);
        let mut watch = Running::start("reader-watch", watch);
        let seen = Arc::new(Seen::default());
        seen.take_in(&mut watch);
        let slot = |number: u16| {
            let name = format!("{VIRTUAL} 00 {number:02}");
            seen.wait(&format!("reader {name}"), |state| state.cards.contains_key(&name));
            Slot {
                name,
                port: 35963 + number,
                namespaces: pcscd.pid(),
                seen: seen.clone(),
                card: Mutex::default(),
            }
        };
        let slots = [slot(0), slot(1)];
        Self {
            slots,
            _watch: watch,
            pcscd,
            socket,
        }
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

fn start_pcscd() -> Running {
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
    command.args(["sh", "-c", SETUP, "pcscd", DRIVERS, CONFIGURATION]);
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    Running::start("pcscd", command)
}

fn is_root() -> bool {
    run(Command::new(tool("id")).arg("-u")).ok().trim() == "0"
}

/// All lines of a process that has ended.
fn drain(process: &Running) -> String {
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
    card: Mutex<Option<Running>>,
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
        let before = self.seen.lock().insertions(&self.name);
        self.order(&format!("insert {citizen}"));
        let what = format!("card of {citizen} in {}", self.name);
        self.seen.wait(&what, |state| {
            state.insertions(&self.name) > before && state.has_card(&self.name)
        });
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

    /// Waits until PC/SC sees no card.
    ///
    /// # Panics
    /// If it goes on seeing one.
    pub fn wait_removed(&self) {
        let what = format!("no card in {}", self.name);
        self.seen.wait(&what, |state| !state.has_card(&self.name));
    }

    /// What `beid-sim` says of the card: `jan tries=3 apdus=120`, or `empty apdus=120`.
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

    fn simulator(&self) -> Running {
        let mut command = guarded(tool("nsenter"));
        // Not into the process namespace: there all simulators have the same few numbers, which they use to tell each
        // other's drafts of keys apart. Without that it ends when its standard input does.
        command.arg("--target").arg(self.namespaces.to_string()).arg("--net");
        if !is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        command
            .arg(built("beid-sim"))
            .arg("--control")
            .arg("--state")
            .arg(test_pki());
        command.arg("--vpcd").arg(format!("127.0.0.1:{}", self.port));
        Running::start("beid-sim", command)
    }
}

/// What PC/SC says of the readers.
#[derive(Default)]
struct Seen {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Default)]
struct State {
    /// Of each reader: insertions so far, and whether there is a card.
    cards: HashMap<String, (u32, bool)>,
    listed: bool,
    trouble: Option<String>,
}

impl State {
    fn insertions(&self, reader: &str) -> u32 {
        self.cards.get(reader).map_or(0, |(insertions, _)| *insertions)
    }

    fn has_card(&self, reader: &str) -> bool {
        self.cards.get(reader).is_some_and(|(_, card)| *card)
    }

    fn note(&mut self, line: &str) {
        let (event, reader) = line.split_once(' ').unwrap_or((line, ""));
        if event != "listed" && !reader.starts_with(VIRTUAL) {
            self.trouble = Some(format!("{reader:?} is no virtual reader: hands off"));
            return;
        }
        match event {
            "listed" => self.listed = true,
            "left" => drop(self.cards.remove(reader)),
            _ => {
                let (insertions, card) = self.cards.entry(reader.to_owned()).or_default();
                *card = event == "inserted";
                *insertions += u32::from(*card);
            }
        }
    }
}

impl Seen {
    /// Follows `reader-watch` to its end.
    fn take_in(self: &Arc<Self>, watch: &mut Running) {
        let (seen, lines) = (self.clone(), watch.take_lines());
        thread::spawn(move || {
            for line in lines {
                seen.lock().note(&line);
                seen.bell.notify_all();
            }
            seen.lock().trouble.get_or_insert_with(|| "pcscd has gone".to_owned());
            seen.bell.notify_all();
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until all readers have been looked at and `is_so`.
    fn wait(&self, what: &str, is_so: impl Fn(&State) -> bool) {
        let deadline = Instant::now() + LIMIT;
        let mut state = self.lock();
        loop {
            if let Some(trouble) = state.trouble.clone() {
                drop(state);
                panic!("{trouble}");
            }
            if state.listed && is_so(&state) {
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                drop(state);
                panic!("not within {LIMIT:?}: {what}");
            }
            let waited = self.bell.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_reader_is_refused() {
        let mut state = State::default();
        state.note("arrived Virtual PCD 00 00");
        assert_eq!(state.trouble, None);
        state.note("arrived Some Real Reader 00 00");
        assert!(
            state
                .trouble
                .is_some_and(|trouble| trouble.contains("Some Real Reader"))
        );
    }
}
