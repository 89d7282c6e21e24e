//! A desk: a private bus, a service with one simulated reader, and a person.

use super::{Person, ServiceSetup};
use crate::bus::PrivateBus;
use crate::cards::test_pki_directory;
use crate::patience::LIMIT;
use crate::programs::tool;
use crate::scratch::Scratch;
use beid_evidence::{Recorder, Sealing};
use beid_front_dbus::{Audience, Bus};
use beid_issuers::revocation::RevocationSettings;
use beid_pki::{Certificate, TrustStore};
use beid_service::Service;
use beid_simulator::{Citizen, TestPki, VirtualCard, VirtualKeypad};
use beid_sources::simulated::SimulatedReader;
use jiff::Timestamp;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The physician whose practice the desk is: the author of every document.
const PROVIDER: &str = r#"
[provider]
parties = [{ nihii = "10012378004", type = "persphysician", firstName = "An", familyName = "Arts" }]
"#;

/// A service with one simulated reader on a private bus, and its directory, which is removed when dropped.
pub struct Desk {
    /// The bus.
    pub bus: PrivateBus,
    /// Directory of the service and of the person.
    pub dir: PathBuf,
    /// The service.
    pub service: Arc<Service>,
    /// The reader.
    pub reader: SimulatedReader,
    /// Issuer of the cards.
    pub pki: TestPki,
    /// Ends the front, and what else a test serves.
    pub stop: CancellationToken,
    /// Task of the front.
    pub served: Option<JoinHandle<()>>,
    scratch: Scratch,
}

/// Parts of a desk that tests choose.
pub struct DeskSetup<'s> {
    /// The person.
    pub person: Person,
    /// Issuer of the cards.
    pub pki: TestPki,
    /// Questions to issuers.
    pub revocation: RevocationSettings,
    /// Keypad of the reader, if it has one.
    pub keypad: Option<VirtualKeypad>,
    /// Settings besides the usual ones, as in `beidd.toml`.
    pub settings: &'s str,
    /// Clock of the service.
    pub clock: fn() -> Timestamp,
    /// True if what is done is recorded.
    pub records: bool,
}

impl DeskSetup<'_> {
    /// Chooses the usual parts: no keypad, no questions to issuers, the time of the system.
    ///
    /// # Panics
    /// If the test PKI cannot be made.
    #[must_use]
    pub fn new(person: Person) -> Self {
        Self {
            person,
            pki: TestPki::open(test_pki_directory()).unwrap_or_else(|error| panic!("no test PKI: {error}")),
            revocation: RevocationSettings::default(),
            keypad: None,
            settings: "",
            clock: Timestamp::now,
            records: false,
        }
    }
}

impl Desk {
    /// Opens the usual desk.
    ///
    /// # Panics
    /// If anything does not start.
    pub async fn open(person: Person) -> Self {
        Self::furnish(DeskSetup::new(person)).await
    }

    /// Opens a desk whose reader has a keypad.
    ///
    /// # Panics
    /// If anything does not start.
    pub async fn open_with_keypad(person: Person, keypad: VirtualKeypad) -> Self {
        let keypad = Some(keypad);
        Self::furnish(DeskSetup {
            keypad,
            ..DeskSetup::new(person)
        })
        .await
    }

    /// Opens a desk with `settings` besides the usual ones, whose clock is `clock`.
    ///
    /// # Panics
    /// If anything does not start.
    pub async fn open_at(person: Person, settings: &str, clock: fn() -> Timestamp) -> Self {
        Self::furnish(DeskSetup {
            settings,
            clock,
            ..DeskSetup::new(person)
        })
        .await
    }

    /// Opens a desk with everything chosen.
    ///
    /// # Panics
    /// If anything does not start.
    pub async fn furnish(setup: DeskSetup<'_>) -> Self {
        let (scratch, bus) = (Scratch::new("desk"), PrivateBus::start());
        let dir = scratch.path().to_owned();
        let mut service = ServiceSetup::new(&dir, &format!("{PROVIDER}{}", setup.settings)).person(setup.person);
        let roots = setup.pki.roots().into_iter();
        let roots = roots.map(|root| Certificate::parse(&root).expect("our root is a certificate"));
        service.trust = roots.fold(TrustStore::belgian(), TrustStore::with_test_root);
        service.config.simulated = true;
        service.revocation = setup.revocation;
        service.clock = setup.clock;
        if setup.records {
            service.evidence = Recorder::on(dir.join("evidence"), Sealing::Open);
        }
        let service = service.start();
        let reader = SimulatedReader::plug_in_with(&service.registry, "Simulated reader", setup.keypad);
        let stop = CancellationToken::new();
        let front = Bus::connect_to(service.clone(), bus.address(), Audience::Everybody, 32032).await;
        let front = front.unwrap_or_else(|error| panic!("no front: {error}"));
        let served = Some(tokio::spawn(front.serve(stop.clone())));
        Self {
            bus,
            dir,
            service,
            reader,
            pki: setup.pki,
            stop,
            served,
            scratch,
        }
    }

    /// Puts a card in, waits until it is recognised, and returns its id.
    ///
    /// # Panics
    /// If the card is not recognised.
    pub async fn insert(&self, citizen: &str) -> String {
        let citizen = Citizen::find(citizen).unwrap_or_else(|error| panic!("{error}"));
        let card = VirtualCard::new(citizen, &self.pki).unwrap_or_else(|error| panic!("no card: {error}"));
        self.insert_card(card).await
    }

    /// Puts in a card that the test has made, as [`insert`](Self::insert) does.
    ///
    /// # Panics
    /// If the card is not recognised.
    pub async fn insert_card(&self, card: VirtualCard) -> String {
        let mut events = self.service.events.listen();
        self.reader.insert(card);
        loop {
            let event = events.next().await.expect("the service runs");
            if event.name == "card.ready" {
                let id = event.ids.get("cardId").and_then(Value::as_str);
                return id.expect("a card has an id").to_owned();
            }
        }
    }

    /// Runs `busctl` on the private bus.
    ///
    /// # Panics
    /// If it is not installed.
    pub fn busctl(&self, arguments: &[&str]) -> Output {
        Command::new(tool("busctl"))
            .args(["--address", self.bus.address(), "--json=short"])
            .args(arguments)
            .output()
            .expect("busctl runs")
    }

    /// Makes a call that must succeed, and returns the members of its answer as plain JSON.
    ///
    /// # Panics
    /// If it fails.
    pub fn call(&self, path: &str, interface: &str, method: &str, arguments: &[&str]) -> Value {
        let head = ["call", "org.beidd1", path, interface, method];
        let output = self.busctl(&[&head, arguments].concat());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{method}: {stderr}");
        let answer: Value = serde_json::from_slice(&output.stdout).expect("busctl prints JSON");
        assert_eq!(answer.get("type"), Some(&Value::from("a{sv}")));
        plain(answer.pointer("/data/0").expect("an answer is one dictionary"))
    }

    /// Makes a call that must fail, and returns the output of busctl.
    ///
    /// # Panics
    /// If it succeeds.
    pub fn refused(&self, path: &str, interface: &str, method: &str, arguments: &[&str]) -> String {
        let head = ["call", "org.beidd1", path, interface, method];
        let output = self.busctl(&[&head, arguments].concat());
        assert!(!output.status.success(), "{method} succeeded");
        String::from_utf8(output.stderr).expect("busctl prints text")
    }

    /// Every dialog so far: the command that asks, and its texts, one line for each Assuan command.
    pub fn dialogs(&self) -> Vec<(String, String)> {
        let told = fs::read_to_string(self.dir.join("told")).unwrap_or_default();
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
    pub fn asked_for(&self) -> Vec<String> {
        self.dialogs().into_iter().map(|(question, _)| question).collect()
    }

    /// Writes a file into the directory of the desk, and returns its path.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, name: &str, octets: &[u8]) -> PathBuf {
        self.scratch.write(name, octets)
    }

    /// Lets a person go on who waits at the gate.
    ///
    /// # Panics
    /// If the directory has gone.
    pub fn open_gate(&self) {
        fs::write(self.dir.join("gate"), "").expect("the gate opens");
    }

    /// Waits until the pinentry has been asked.
    ///
    /// # Panics
    /// If that takes longer than [`LIMIT`].
    pub async fn asked(&self) {
        wait_for("a question to the person", || self.dir.join("asked").exists()).await;
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop.cancel();
        self.service.shut_down();
    }
}

/// Waits until `holds`, while other tasks go on.
///
/// # Panics
/// Names `what` if that takes longer than [`LIMIT`].
pub async fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < LIMIT, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Removes the `{"type": …, "data": …}` that busctl puts around every variant.
pub fn plain(value: &Value) -> Value {
    match value {
        Value::Object(members) => match (members.get("type"), members.get("data")) {
            (Some(Value::String(_)), Some(data)) if members.len() == 2 => plain(data),
            _ => members
                .iter()
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect(),
        },
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
