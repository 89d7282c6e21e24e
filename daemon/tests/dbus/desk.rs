//! A desk: a private bus, a service with one simulated reader, and a pinentry that does as it is told.

use beid_pki::{Certificate, TrustStore};
use beid_simulator::{Citizen, TestPki, VirtualCard, VirtualKeypad};
use beid_testkit::{python, workspace, write_program};
use beidd::config::{Config, Sources};
use beidd::front::dbus::{Audience, Bus};
use beidd::host::terminal::Terminal;
use beidd::issuers::revocation::{Checker, RevocationSettings};
use beidd::prompt::Prompter;
use beidd::prompt::assuan::Pinentry;
use beidd::service::cards::{Registry, Roles};
use beidd::service::events::Events;
use beidd::service::tokens::Tokens;
use beidd::service::{Parts, Service};
use beidd::source::simulated::SimulatedReader;
use beidd::texts::Language;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Behaviour of the person at the desk in dialogs.
#[derive(Clone, Copy)]
pub(crate) enum Person {
    /// Types this PIN.
    Types(&'static str),
    /// Presses Cancel.
    Declines,
    /// Lets the dialog wait.
    Waits,
    /// Gives these answers, one to each dialog: digits are typed, `ok` `no` `cancel` `timeout` are buttons and ends,
    /// `wait` is no answer, and digits behind `gate` are typed after [`open_gate`](Desk::open_gate). An answer that does
    /// not fit its dialog fails, as does every dialog after the last answer.
    Follows(&'static [&'static str]),
    /// Reads the dialogs of a real pinentry-curses in this language, in a terminal of that many lines and 80 columns, and
    /// answers each: types the PIN, or presses Enter.
    AtTerminal(Language, u16, &'static str),
    /// Sits nowhere: pinentry-curses has no terminal unless a caller offers one.
    Nowhere,
}

impl Person {
    fn language(self) -> Language {
        match self {
            Self::AtTerminal(language, ..) => language,
            Self::Types(_) | Self::Declines | Self::Waits | Self::Follows(_) | Self::Nowhere => Language::En,
        }
    }
}

/// A private bus, which ends when dropped.
pub(crate) struct PrivateBus {
    daemon: Child,
    pub(crate) address: String,
}

/// A service with one simulated reader on a private bus, and its directory, which is removed when dropped.
pub(crate) struct Desk {
    pub(crate) bus: PrivateBus,
    pub(crate) dir: PathBuf,
    pub(crate) service: Arc<Service>,
    pub(crate) reader: SimulatedReader,
    pub(crate) pki: TestPki,
    pub(crate) stop: CancellationToken,
    pub(crate) served: Option<JoinHandle<()>>,
}

impl PrivateBus {
    pub(crate) fn start(dir: &Path) -> Self {
        Self::start_as(dir, "--session".to_owned())
    }

    /// Starts a bus like the machine's: every user may call, and receives broadcasts.
    pub(crate) fn of_the_machine() -> Self {
        // In the system's temporary directory, which other users can enter.
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("beidd-bus-{}-{number}", std::process::id()));
        std::fs::create_dir(&dir).unwrap();
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755)).unwrap();
        let config = format!(
            r#"<busconfig><type>system</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
<allow send_type="method_call"/><allow send_type="signal"/></policy></busconfig>"#,
            dir.join("bus").display()
        );
        std::fs::write(dir.join("bus.conf"), config).unwrap();
        Self::start_as(&dir, format!("--config-file={}", dir.join("bus.conf").display()))
    }

    fn start_as(dir: &Path, kind: String) -> Self {
        let address = format!("unix:path={}", dir.join("bus").display());
        let mut daemon = Command::new("dbus-daemon")
            .args([&kind, "--nofork", "--print-address", "--address", &address])
            .stdout(Stdio::piped())
            // It complains of limits that it may not raise here.
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is installed");
        let mut line = String::new();
        BufReader::new(daemon.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.starts_with(&address), "{line}");
        Self { daemon, address }
    }
}

impl Drop for PrivateBus {
    fn drop(&mut self) {
        self.daemon.kill().unwrap();
        self.daemon.wait().unwrap();
    }
}

/// Creates a new directory below the target directory. Its name is short, since a socket's path must fit 108 bytes.
pub(crate) fn directory() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("desk-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// Directory of the simulator's keys, which are made once and kept, as the daemon does.
pub(crate) fn simulator_state() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("state/beidd/simulator")
}

impl Desk {
    pub(crate) async fn open(person: Person) -> Self {
        let pki = TestPki::open(&simulator_state()).unwrap();
        Self::open_with(person, pki, RevocationSettings::default(), None).await
    }

    /// Opens a desk whose reader has a keypad.
    pub(crate) async fn open_with_keypad(person: Person, keypad: VirtualKeypad) -> Self {
        let pki = TestPki::open(&simulator_state()).unwrap();
        Self::open_with(person, pki, RevocationSettings::default(), Some(keypad)).await
    }

    /// Opens a desk with cards of `pki`, which asks issuers about them as `revocation` says, and a keypad if one is given.
    pub(crate) async fn open_with(
        person: Person,
        pki: TestPki,
        revocation: RevocationSettings,
        keypad: Option<VirtualKeypad>,
    ) -> Self {
        let clock = jiff::Timestamp::now;
        Self::furnish(person, pki, revocation, keypad, ("", clock)).await
    }

    /// Opens a desk with `settings` besides the usual ones, whose clock is `clock`.
    pub(crate) async fn open_at(person: Person, settings: &str, clock: fn() -> jiff::Timestamp) -> Self {
        let pki = TestPki::open(&simulator_state()).unwrap();
        Self::furnish(person, pki, RevocationSettings::default(), None, (settings, clock)).await
    }

    /// Opens a desk with everything chosen; the last argument holds settings besides the usual ones, and the clock.
    pub(crate) async fn furnish(
        person: Person,
        pki: TestPki,
        revocation: RevocationSettings,
        keypad: Option<VirtualKeypad>,
        (settings, clock): (&str, fn() -> jiff::Timestamp),
    ) -> Self {
        let dir = directory();
        let bus = PrivateBus::start(&dir);
        let roots = pki.roots().into_iter().map(|root| Certificate::parse(&root).unwrap());
        let (events, config) = (Events::new(), config(&dir, settings));
        let roles = Roles::open(config.settings.pcsc.roles().by_part(), dir.join("roles.json")).unwrap();
        let registry = Registry::new(events.clone(), roles, Arc::default());
        let pinentry = Pinentry {
            program: pinentry(&dir, person),
            terminal: Terminal::default(),
        };
        let service = Service::new(Parts {
            registry: registry.clone(),
            events,
            tokens: Tokens::open(dir.join("tokens.json")).unwrap(),
            prompter: Prompter::new(Some(pinentry), person.language(), Duration::from_secs(60)),
            trust: roots.fold(TrustStore::belgian(), TrustStore::with_test_root),
            revocation: Checker::new(revocation, &dir, jiff::Timestamp::now),
            config,
            clock,
            keeper: beidd::keeper::keeper(dir.clone()),
        });
        let reader = SimulatedReader::plug_in_with(&registry, "Simulated reader", keypad);
        let stop = CancellationToken::new();
        let front = Bus::connect_to(service.clone(), &bus.address, Audience::Everybody, 32032)
            .await
            .unwrap();
        let served = Some(tokio::spawn(front.serve(stop.clone())));
        Self {
            bus,
            dir,
            service,
            reader,
            pki,
            stop,
            served,
        }
    }

    /// Puts a card in, waits until it is recognised, and returns its id.
    pub(crate) async fn insert(&self, citizen: &str) -> String {
        self.insert_card(VirtualCard::new(Citizen::find(citizen).unwrap(), &self.pki).unwrap())
            .await
    }

    /// Puts in a card that the test has made, as [`insert`](Self::insert) does.
    pub(crate) async fn insert_card(&self, card: VirtualCard) -> String {
        let mut events = self.service.events.listen();
        self.reader.insert(card);
        loop {
            let event = events.next().await.unwrap();
            if event.name == "card.ready" {
                return event.ids.get("cardId").unwrap().as_str().unwrap().to_owned();
            }
        }
    }

    /// Runs `busctl` on the private bus.
    pub(crate) fn busctl(&self, arguments: &[&str]) -> Output {
        Command::new("busctl")
            .args(["--address", &self.bus.address, "--json=short"])
            .args(arguments)
            .output()
            .expect("busctl is installed")
    }

    /// Makes a call that must succeed, and returns the members of its answer as plain JSON.
    pub(crate) fn call(&self, path: &str, interface: &str, method: &str, arguments: &[&str]) -> Value {
        let head = ["call", "org.beidd1", path, interface, method];
        let output = self.busctl(&[&head, arguments].concat());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{method}: {stderr}");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["type"], "a{sv}");
        plain(&answer["data"][0])
    }

    /// Makes a call that must fail, and returns the output of busctl.
    pub(crate) fn refused(&self, path: &str, interface: &str, method: &str, arguments: &[&str]) -> String {
        let head = ["call", "org.beidd1", path, interface, method];
        let output = self.busctl(&[&head, arguments].concat());
        assert!(!output.status.success(), "{method} succeeded");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Every dialog so far: the command that asks, and its texts, one line for each Assuan command.
    pub(crate) fn dialogs(&self) -> Vec<(String, String)> {
        let told = std::fs::read_to_string(self.dir.join("told")).unwrap_or_default();
        let mut dialogs = Vec::new();
        let mut said = String::new();
        for line in told.lines() {
            let (command, text) = line.split_once(' ').unwrap_or((line, ""));
            match command {
                "GETPIN" | "CONFIRM" => dialogs.push((command.to_owned(), std::mem::take(&mut said))),
                "SETTITLE" | "SETDESC" | "SETPROMPT" | "SETOK" | "SETERROR" => {
                    said += &text.replace("%0A", "\n").replace("%20", " ");
                    said.push('\n');
                }
                _ => {}
            }
        }
        dialogs
    }

    /// Command that asks (`GETPIN` or `CONFIRM`) in each of the [`dialogs`](Self::dialogs).
    pub(crate) fn asked_for(&self) -> Vec<String> {
        self.dialogs().into_iter().map(|(question, _)| question).collect()
    }

    /// Lets a person go on who waits at the gate.
    pub(crate) fn open_gate(&self) {
        std::fs::write(self.dir.join("gate"), "").unwrap();
    }

    /// Waits until the pinentry has been asked.
    pub(crate) async fn asked(&self) {
        wait_for("a question to the person", || self.dir.join("asked").exists()).await;
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop.cancel();
        self.service.shut_down();
        drop(std::fs::remove_dir_all(&self.dir));
    }
}

pub(crate) async fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_secs(20), "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Removes the `{"type": …, "data": …}` that busctl puts around every variant.
pub(crate) fn plain(value: &Value) -> Value {
    match value {
        Value::Object(members) => match (members.get("type"), members.get("data")) {
            (Some(Value::String(_)), Some(data)) if members.len() == 2 => plain(data),
            _ => members
                .iter()
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect(),
        },
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

fn config(dir: &Path, settings: &str) -> Config {
    let file = dir.join("beidd.toml");
    let provider = r#"
[provider]
parties = [{ nihii = "10012378004", type = "persphysician", firstName = "An", familyName = "Arts" }]
"#;
    std::fs::write(&file, format!("{provider}{settings}")).unwrap();
    let sources = Sources {
        etc: dir.join("etc"),
        user: None,
        named: Some(file),
        environment: Vec::new(),
        flags: Vec::new(),
    };
    let mut config = Config::load(&sources).unwrap();
    config.simulated = true;
    config
}

fn pinentry(dir: &Path, person: Person) -> PathBuf {
    let script = match person {
        Person::Follows(answers) => following(dir, answers),
        Person::AtTerminal(_, lines, pin) => at_terminal(dir, lines, pin),
        Person::Nowhere => "exec pinentry-curses".to_owned(),
        Person::Types(_) | Person::Declines | Person::Waits => agreeable(dir, person),
    };
    write_program(dir, "pinentry", &script)
}

/// Script that answers each dialog with the next line of a file, and records the commands that it gets.
fn following(dir: &Path, answers: &[&str]) -> String {
    let lines: String = answers.iter().map(|answer| format!("{answer}\n")).collect();
    std::fs::write(dir.join("answers"), lines).unwrap();
    let script = r#"echo OK ready
while read -r line; do
  printf '%s\n' "$line" >> told
  case "$line" in
  GETPIN*|CONFIRM*)
    touch asked; answer=$(head -n 1 answers); sed -i 1d answers
    case "$answer" in gate*) while [ ! -e gate ]; do sleep 0.02; done; answer=${answer#gate};; esac
    case "$line $answer" in
    GETPIN*[0-9]) echo "D $answer"; echo OK;;
    CONFIRM*ok) echo OK;;
    *no) echo 'ERR 83886194 not confirmed';;
    *cancel) echo 'ERR 83886179 cancelled';;
    *timeout) echo 'ERR 83886142 timeout';;
    *wait) exec sleep 60;;
    *) echo 'ERR 83886080 no answer to this';;
    esac;;
  BYE*) echo OK; exit;;
  *) echo OK;;
  esac
done
"#;
    format!("cd '{}'\n{script}", dir.display())
}

/// Script that passes everything on to a pinentry-curses, and records its screens.
fn at_terminal(dir: &Path, lines: u16, pin: &str) -> String {
    format!(
        "exec '{}' '{}' '{}' {pin} 80 {lines}",
        python().display(),
        workspace().join("tests/tools/curses_screen.py").display(),
        dir.display(),
    )
}

/// Script that answers OK to everything but the PIN, and records the commands that it gets.
fn agreeable(dir: &Path, person: Person) -> String {
    let pin = match person {
        Person::Types(pin) => format!("echo 'D {pin}'; echo OK"),
        Person::Declines => "echo 'ERR 83886179 cancelled'".to_owned(),
        _ => "sleep 60".to_owned(),
    };
    format!(
        "cd '{}'\necho OK ready\nwhile read -r line; do printf '%s\\n' \"$line\" >> told; case \"$line\" in\nGETPIN*) touch asked; {pin};;\nBYE*) echo OK; exit;;\n*) echo OK;;\nesac; done\n",
        dir.display()
    )
}
