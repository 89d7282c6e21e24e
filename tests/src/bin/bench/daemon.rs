//! The daemon's service and its D-Bus side, inside our own process, so that what passes between it and the card can be
//! timed; the caller is a client on a real bus.

use crate::SetupFailure;
use crate::clock::TransmitClock;
use crate::jobs::everything;
use crate::place::connect;
use beid_card::{CardError, Transport, TransportError};
use beid_e2e::{Scratch, ScriptedAnswer, ScriptedPinentry, plain, test_trust};
use beid_host::terminal::Terminal;
use beid_prompt::Prompter;
use beid_prompt::assuan;
use beid_service::Service;
use beid_service::cards::Lane;
use beid_settings::Bus;
use beid_simulator::TEST_PIN;
use beid_testkit::daemon::ServiceSetup;
use beid_texts::Language;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use zbus::zvariant::OwnedVariant;

/// Members of an answer over the bus.
type Members = HashMap<String, OwnedVariant>;

/// A daemon, from its start on: it has met no card before.
pub(crate) struct BenchDaemon {
    runtime: Runtime,
    service: Arc<Service>,
    caller: zbus::Connection,
    pinentry: ScriptedPinentry,
    reader: (u32, String),
    clock: TransmitClock,
    stop: CancellationToken,
    front: Option<tokio::task::JoinHandle<()>>,
    _scratch: Scratch,
}

/// Time that a caller waited.
pub(crate) struct WaitedTime {
    pub(crate) wall: Duration,
    /// Part of it spent in `SCardTransmit`.
    pub(crate) card: Duration,
}

impl WaitedTime {
    /// Time that was ours, the bus's and the service's.
    pub(crate) fn beside_the_card(&self) -> Duration {
        self.wall.saturating_sub(self.card)
    }
}

impl BenchDaemon {
    /// Starts one that serves `reader`.
    pub(crate) fn start(reader: &str, clock: &TransmitClock) -> Result<Self, SetupFailure> {
        let (runtime, scratch, pinentry) = (Runtime::new()?, Scratch::new("bench"), ScriptedPinentry::new());
        let program = assuan::Pinentry {
            program: pinentry.program().to_owned(),
            terminal: Terminal::from_this_process(),
        };
        let mut service = ServiceSetup::new(scratch.path(), "");
        service.prompter = Prompter::new(Some(program), Language::En, Duration::from_secs(60));
        let service = service.start();
        let stop = CancellationToken::new();
        let (front, caller) = runtime.block_on(async {
            let bus = beid_front_dbus::Bus::connect(Arc::clone(&service), Bus::Session, 0).await?;
            let front = tokio::spawn(bus.serve(stop.clone()));
            Ok::<_, SetupFailure>((front, zbus::Connection::session().await?))
        })?;
        let number = service.registry.reader_added(reader);
        Ok(Self {
            runtime,
            service,
            caller,
            pinentry,
            reader: (number, reader.to_owned()),
            clock: clock.clone(),
            stop,
            front: Some(front),
            _scratch: scratch,
        })
    }

    /// Lets it meet the card in the reader as one just put in; returns when it is ready.
    pub(crate) fn meet_card(&self) -> Result<String, SetupFailure> {
        let (clock, (number, name)) = (self.clock.clone(), self.reader.clone());
        let connect = move || -> Result<Box<dyn Transport>, TransportError> { Ok(Box::new(connect(&name, &clock)?)) };
        let registry = &self.service.registry;
        registry.card_inserted(number, false, Box::new(connect));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            let card = registry.resolve("current").map_err(|error| format!("{error:?}"))?;
            if card.status().applet().is_some() {
                return Ok(card.id.as_str().to_owned());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Err("the card does not become ready".into())
    }

    /// Calls methods of the card over the bus, one after the other.
    pub(crate) fn ask(&self, card: &str, methods: &[(&str, Value)]) -> Result<WaitedTime, SetupFailure> {
        let path = format!("/org/beidd1/card/{card}");
        self.timed(|| {
            for (method, members) in methods {
                self.call(&path, "org.beidd1.Card", method, members)?;
            }
            Ok(())
        })
    }

    /// Everything, as one piece of work on the card's own thread.
    pub(crate) fn everything(&self) -> Result<WaitedTime, SetupFailure> {
        let card = self
            .service
            .registry
            .resolve("current")
            .map_err(|error| format!("{error:?}"))?;
        self.timed(|| {
            let read = card.run(Lane::Long, move |card, around| {
                let (holder, certificates) = everything(card, test_trust(), around)?;
                let whole = holder.photo.is_some() && certificates.len() == 2;
                if whole { Ok(()) } else { Err(CardError::Mute) }
            });
            self.runtime
                .block_on(read)
                .map(|_| ())
                .map_err(|error| format!("{error:?}").into())
        })
    }

    /// A therapeutic link signed by the holder; timed from the moment the PIN is entered until the caller has it.
    pub(crate) fn sign(&self) -> Result<WaitedTime, SetupFailure> {
        self.pinentry.will(ScriptedAnswer::pin(TEST_PIN));
        let request = json!({
            "operation": "put", "type": "gpconsultation", "proof": "eidsigning",
            "author": { "parties": [{
                "type": "persphysician", "nihii": "19999816004", "ssin": "85061599888",
                "firstName": "Testo", "familyName": "ARTS",
            }] },
        });
        self.clock.clear();
        let answer = self.call("/org/beidd1", "org.beidd1.Manager", "TherapeuticLink", &request)?;
        let (answered, answer) = (SystemTime::now(), plain(answer)?);
        if answer.pointer("/proof/cms").and_then(Value::as_str).is_none() {
            return Err("no signature".into());
        }
        let entered = self.pinentry.last_entry().ok_or("no PIN was entered")?;
        Ok(WaitedTime {
            wall: answered.duration_since(entered)?,
            card: self.clock.sum_since(entered),
        })
    }

    fn timed(&self, work: impl FnOnce() -> Result<(), SetupFailure>) -> Result<WaitedTime, SetupFailure> {
        self.clock.clear();
        let begun = Instant::now();
        work()?;
        Ok(WaitedTime {
            wall: begun.elapsed(),
            card: self.clock.sum(),
        })
    }

    fn call(&self, path: &str, interface: &str, method: &str, members: &Value) -> Result<Members, SetupFailure> {
        let members = beid_bus::convert::to_dict(members.as_object().ok_or("members are an object")?);
        let call = self
            .caller
            .call_method(Some("org.beidd1"), path, Some(interface), method, &members);
        let answer = self.runtime.block_on(call)?;
        Ok(answer.body().deserialize()?)
    }
}

impl Drop for BenchDaemon {
    fn drop(&mut self) {
        self.service.shut_down();
        self.service.registry.shut_down();
        self.stop.cancel();
        if let Some(front) = self.front.take() {
            drop(self.runtime.block_on(front));
        }
        self.service.registry.wait_for_threads(Duration::from_secs(5));
    }
}
