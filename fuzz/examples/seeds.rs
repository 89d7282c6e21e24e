//! Writes the seeds that virtual cards give: `cargo run --manifest-path fuzz/Cargo.toml --example seeds`, from the
//! workspace's root. The cards' keys are new each time.

use beid_card::{
    ADDRESS, AODF, CDF, CERTIFICATES, Card, ElementaryFile, Exchange, IDENTITY, ODF, PRKDF, Reconnect,
    SIGNATURE_CERTIFICATE, TOKEN_INFO, Transport, TransportError,
};
use beid_simulator::{Citizen, TestPki, VirtualCard, VirtualConnection, VirtualSlot};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

type SeedError = Box<dyn std::error::Error>;

/// Cards of every generation and kind of holder.
const CITIZENS: [&str; 5] = ["anna", "jan", "maria", "lotte", "zoe"];
/// Cards whose long dialogues are kept.
const TALKERS: [&str; 2] = ["anna", "jan"];

fn main() -> Result<(), SeedError> {
    let pki = TestPki::open(&std::env::temp_dir().join("beid-fuzz-pki"))?;
    for id in CITIZENS {
        let slot = VirtualSlot::new();
        slot.insert(VirtualCard::new(Citizen::find(id)?, &pki)?);
        files(id, connected(&slot)?)?;
        if TALKERS.contains(&id) {
            dialogues(id, &slot)?;
        }
    }
    Ok(())
}

fn files(id: &str, connection: VirtualConnection) -> Result<(), SeedError> {
    let mut card = Card::recognise(connection)?.ok_or("no card")?;
    let mut read = |file: &'static ElementaryFile| card.file(file, &mut ());
    seed("identity", id, &read(&IDENTITY)?)?;
    seed("address", id, &read(&ADDRESS)?)?;
    for file in [&ODF, &TOKEN_INFO, &AODF, &PRKDF, &CDF] {
        seed("pkcs15", &format!("{id}-{}", file.name), &read(file)?)?;
    }
    let signature = read(&SIGNATURE_CERTIFICATE)?;
    if TALKERS.contains(&id) {
        seed("certificate", &format!("{id}-signature"), &signature)?;
        let all: Vec<_> = CERTIFICATES.iter().map(|file| read(file)).collect::<Result<_, _>>()?;
        seed("certificate", &format!("{id}-all"), &all.concat())?;
    }
    Ok(())
}

/// Writes the card's answers to the requests of the targets.
fn dialogues(id: &str, slot: &VirtualSlot) -> Result<(), SeedError> {
    let said = RecordedScript::default();
    let recorder = Recorder(connected(slot)?, said.clone());
    let mut card = Card::recognise(recorder)?.ok_or("no card")?;
    beid_fuzz::read_everything(&mut card, 0);
    seed("apdu", id, &said.script())?;
    for choice in 0..4 {
        said.forget();
        let mut card = Card::recognise(Recorder(connected(slot)?, said.clone()))?.ok_or("no card")?;
        drop(beid_fuzz::signing::use_pin(&mut card, choice));
        seed("sign", &format!("{id}-{choice}"), &said.script_for(choice))?;
    }
    Ok(())
}

fn connected(slot: &VirtualSlot) -> Result<VirtualConnection, SeedError> {
    slot.connect().ok_or_else(|| "an empty slot".into())
}

fn seed(target: &str, name: &str, content: &[u8]) -> Result<(), SeedError> {
    let folder = Path::new("fuzz/corpus").join(target);
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.join(name), content)?)
}

/// Recorded script of a card's answers, without its first two bytes.
#[derive(Clone, Default)]
struct RecordedScript(Arc<Mutex<Vec<u8>>>);

/// Head of a whole answer.
const WHOLE: u16 = 5 << 13;

impl RecordedScript {
    fn add(&self, answer: &[u8]) {
        let mut said = self.0.lock().unwrap();
        let head = WHOLE | u16::try_from(answer.len()).unwrap();
        said.extend_from_slice(&head.to_le_bytes());
        said.extend_from_slice(answer);
    }

    fn script(&self) -> Vec<u8> {
        self.script_for(0)
    }

    fn script_for(&self, choice: u8) -> Vec<u8> {
        [&[choice, 0], self.0.lock().unwrap().as_slice()].concat()
    }

    fn forget(&self) {
        self.0.lock().unwrap().clear();
    }
}

struct Recorder<T>(T, RecordedScript);

impl<T: Transport> Transport for Recorder<T> {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        let said = &self.1;
        self.0
            .exclusive(&mut |inner| work(&mut RecordedExchange { inner, said }))
    }

    fn reconnect(&mut self, how: Reconnect) -> Result<(), TransportError> {
        self.0.reconnect(how)
    }

    fn present(&mut self) -> Result<(), TransportError> {
        self.0.present()
    }
}

struct RecordedExchange<'e> {
    inner: &'e mut dyn Exchange,
    said: &'e RecordedScript,
}

impl Exchange for RecordedExchange<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let answer = self.inner.transmit(command)?;
        self.said.add(&answer);
        Ok(answer)
    }

    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.inner.control(code, input)
    }
}
