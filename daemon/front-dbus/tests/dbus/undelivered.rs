//! Signatures reach their caller or a file: nothing is lost if callers leave or cards are pulled out.

use crate::authentications::{NATIVE, log_in};
use crate::pin::call;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::{ApiError, ErrorCode, OperationRow};
use beid_card::{Exchange, Reconnect, Transport, TransportError};
use beid_service::Call;
use beid_service::caller::Caller;
use beid_service::running::OperationState;
use beid_simulator::{Citizen, TEST_PIN, VirtualCard, VirtualSlot};
use beid_testkit::daemon::{Desk, Person, wait_for};
use beid_texts::Language;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::{Arc, Condvar, Mutex};

/// Hold on a signature of the card: not begun, made and held back, or let go.
#[derive(Clone, Default)]
struct Hold(Arc<(Mutex<HoldStage>, Condvar)>);

#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum HoldStage {
    #[default]
    Idle,
    Held,
    Open,
}

impl Hold {
    fn is_held(&self) -> bool {
        *self.0.0.lock().unwrap() == HoldStage::Held
    }

    fn open(&self) {
        *self.0.0.lock().unwrap() = HoldStage::Open;
        self.0.1.notify_all();
    }

    fn pass(&self) {
        let mut stage = self.0.0.lock().unwrap();
        if *stage == HoldStage::Idle {
            *stage = HoldStage::Held;
        }
        drop(self.0.1.wait_while(stage, |stage| *stage == HoldStage::Held).unwrap());
    }
}

impl Drop for Hold {
    /// Lets the signature go, so that no thread outlives its test.
    fn drop(&mut self) {
        if Arc::strong_count(&self.0) <= 2 {
            self.open();
        }
    }
}

/// A card whose signature is held back once it has been made.
struct Signing {
    inner: Box<dyn Transport>,
    hold: Hold,
}

impl Transport for Signing {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        let hold = &self.hold;
        self.inner.exclusive(&mut |inner| {
            work(&mut SigningExchange {
                inner,
                hold,
                signs: false,
            })
        })
    }

    fn reconnect(&mut self, how: Reconnect) -> Result<(), TransportError> {
        self.inner.reconnect(how)
    }

    fn present(&mut self) -> Result<(), TransportError> {
        self.inner.present()
    }
}

struct SigningExchange<'e> {
    inner: &'e mut dyn Exchange,
    hold: &'e Hold,
    /// True if the last command was to sign.
    signs: bool,
}

impl Exchange for SigningExchange<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        // The signature itself is fetched by GET RESPONSE (C0) after PSO: COMPUTE DIGITAL SIGNATURE.
        let fetches = command.get(1) == Some(&0xC0);
        let answer = self.inner.transmit(command);
        if fetches && self.signs {
            self.hold.pass();
        }
        self.signs = command.get(1) == Some(&crate::signatures::PSO);
        answer
    }

    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.inner.control(code, input)
    }
}

/// A desk with claire's card in a second reader.
struct HeldDesk {
    desk: Desk,
    slot: VirtualSlot,
    reader: u32,
    hold: Hold,
}

impl HeldDesk {
    async fn open() -> Self {
        let desk = Desk::open_at(Person::Types(TEST_PIN), NATIVE, Timestamp::now).await;
        let (slot, hold) = (VirtualSlot::new(), Hold::default());
        slot.insert(VirtualCard::new(Citizen::find("claire").unwrap(), &desk.pki).unwrap());
        let reader = desk.service.registry.reader_added("Signing reader");
        let connect = {
            let (slot, hold) = (slot.clone(), hold.clone());
            move || -> Result<Box<dyn Transport>, TransportError> {
                Ok(Box::new(Signing {
                    inner: Box::new(slot.connect().ok_or(TransportError::Removed)?),
                    hold: hold.clone(),
                }))
            }
        };
        desk.service.registry.card_inserted(reader, true, Box::new(connect));
        Self {
            desk,
            slot,
            reader,
            hold,
        }
    }

    /// Answers that were kept.
    fn kept(&self) -> Vec<Value> {
        let files = std::fs::read_dir(self.desk.dir.join("kept")).into_iter().flatten();
        files
            .map(|file| serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap())
            .collect()
    }

    /// Checks that exactly one answer was kept, and that OpenSSL verifies the signature in it.
    async fn one_is_kept(&self) {
        wait_for("the file", || !self.kept().is_empty()).await;
        let kept = self.kept();
        let [answer] = kept.as_slice() else {
            panic!("{} answers", kept.len())
        };
        self.is_signed(answer);
    }

    fn is_signed(&self, answer: &Value) {
        let cms = BASE64.decode(answer["proof"]["cms"].as_str().unwrap()).unwrap();
        assert!(!self.desk.content_of(&cms).is_empty());
    }
}

fn link() -> Value {
    json!({"operation": "put", "type": "gpconsultation", "proof": "eidsigning"})
}

fn started(desk: &Desk, caller: &Caller) -> String {
    let members = link().as_object().cloned().unwrap();
    let call = Call {
        members,
        language: Language::En,
        ..Call::default()
    };
    let operation = OperationRow::named("therapeutic-link").unwrap();
    desk.service.start(operation, caller.clone(), call).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_who_leaves_while_the_card_signs_loses_nothing() {
    let bench = HeldDesk::open().await;
    tokio::select! {
        _ = call(&bench.desk, "therapeutic-link", link()) => panic!("the signature is held back"),
        () = wait_for("the signature", || bench.hold.is_held()) => {}
    }
    assert_eq!(bench.kept().len(), 0);
    bench.hold.open();
    bench.one_is_kept().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_log_in_whose_caller_leaves_while_the_card_signs_is_dropped() {
    let bench = HeldDesk::open().await;
    tokio::select! {
        _ = call(&bench.desk, "authenticate", log_in()) => panic!("the signature is held back"),
        () = wait_for("the signature", || bench.hold.is_held()) => {}
    }
    bench.hold.open();
    // The turn is free again once the card has signed.
    let mut later = Err(ApiError::internal("not asked yet"));
    while later.is_err() {
        later = call(&bench.desk, "authenticate", log_in()).await;
    }
    assert_eq!(bench.kept().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_card_that_is_pulled_out_behind_its_signature_has_signed() {
    let bench = HeldDesk::open().await;
    let registry = &bench.desk.service.registry;
    let pulled = async {
        wait_for("the signature", || bench.hold.is_held()).await;
        bench.slot.remove();
        registry.card_removed(bench.reader);
        bench.hold.open();
    };
    let (answer, ()) = tokio::join!(call(&bench.desk, "therapeutic-link", link()), pulled);
    bench.is_signed(&answer.unwrap());
    assert_eq!(bench.kept().len(), 0, "nothing need be kept that was told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_caller_does_not_collect_before_it_leaves_is_kept_once() {
    let bench = HeldDesk::open().await;
    let (service, caller) = (&bench.desk.service, Caller::on_bus(":1.7", "desk"));
    // This caller leaves before the signature has been made.
    started(&bench.desk, &caller);
    wait_for("the signature", || bench.hold.is_held()).await;
    service.caller_left(&caller.id);
    bench.hold.open();
    bench.one_is_kept().await;
    let state = |id: &str| service.running.view(id, &caller.id).map(|view| view.state);
    let collected = started(&bench.desk, &caller);
    wait_for("the end", || state(&collected) == Some(OperationState::Succeeded)).await;
    assert!(service.running.collect(&collected, &caller.id).is_some());
    service.caller_left(&caller.id);
    assert_eq!(bench.kept().len(), 1, "what was collected need not be kept");
    // Seeing that it has ended is not collecting: signals and properties hold no result.
    let seen = started(&bench.desk, &caller);
    wait_for("the end", || state(&seen) == Some(OperationState::Succeeded)).await;
    service.caller_left(&caller.id);
    assert_eq!(bench.kept().len(), 2, "nobody has collected it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_card_signs_is_not_cancelled_and_what_it_does_not_sign_yet_is() {
    let bench = HeldDesk::open().await;
    let (running, caller) = (&bench.desk.service.running, Caller::on_bus(":1.7", "desk"));
    let id = started(&bench.desk, &caller);
    wait_for("the signature", || bench.hold.is_held()).await;
    let view = running.cancel(&id, &caller.id).unwrap();
    assert_eq!(view.state, OperationState::Working);
    bench.hold.open();
    wait_for("the end", || {
        running.view(&id, &caller.id).unwrap().state == OperationState::Succeeded
    })
    .await;
    bench.is_signed(&running.view(&id, &caller.id).unwrap().outcome.unwrap().unwrap());

    let desk = Desk::open(Person::Waits).await;
    desk.insert("claire").await;
    let id = started(&desk, &caller);
    let state = || desk.service.running.view(&id, &caller.id).unwrap().state;
    wait_for("the dialog", || state() == OperationState::WaitingForPin).await;
    let view = desk.service.running.cancel(&id, &caller.id).unwrap();
    assert_eq!(view.state, OperationState::Cancelled);
    assert_eq!(view.outcome.unwrap().unwrap_err().code, ErrorCode::UserDeclined);
    assert!(!desk.dir.join("kept").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_daemon_that_is_stopped_while_the_card_signs_waits_and_keeps_it() {
    let bench = HeldDesk::open().await;
    let service = Arc::clone(&bench.desk.service);
    started(&bench.desk, &Caller::on_bus(":1.7", "desk"));
    wait_for("the signature", || bench.hold.is_held()).await;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let stopped = service.wind_up(deadline);
    let let_go = async {
        tokio::task::yield_now().await;
        bench.hold.open();
    };
    tokio::join!(stopped, let_go);
    assert!(!service.running.any_committed());
    bench.one_is_kept().await;
}
