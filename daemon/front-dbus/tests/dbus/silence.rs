//! Cards that do not answer, and cards that cannot be connected to at once: nobody waits for ever, and nothing has to be
//! restarted.

use crate::pin::{LOG_OFF, call, call_by, refusal};
use beid_api::words::CardStatus;
use beid_api::{ApiError, ErrorCode};
use beid_card::{Exchange, Reconnect, Transport, TransportError};
use beid_service::cards::TriesLeft;
use beid_simulator::{Citizen, Gesture, KeypadKind, TEST_PIN, VirtualCard, VirtualKeypad, VirtualSlot};
use beid_sources::simulated::SimulatedReader;
use beid_testkit::daemon::{Desk, Person, wait_for};
use beid_texts::{ErrorTexts, Language};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

fn card_of(desk: &Desk, citizen: &str) -> VirtualCard {
    VirtualCard::new(Citizen::find(citizen).unwrap(), &desk.pki).unwrap()
}

async fn identity(desk: &Desk, card: &str) -> Result<Value, ApiError> {
    call(desk, "read-identity", json!({ "cardId": card })).await
}

/// Status of the card in the reader number `reader`.
fn status(desk: &Desk, reader: u32) -> Option<CardStatus> {
    let readers = desk.service.registry.readers();
    let reader = readers.into_iter().find(|one| one.id == reader.to_string())?;
    Some(reader.card?.status)
}

/// Id of the card in the reader number `reader`.
fn card_in(desk: &Desk, reader: u32) -> String {
    let readers = desk.service.registry.readers();
    let reader = readers.into_iter().find(|one| one.id == reader.to_string()).unwrap();
    reader.card.unwrap().id
}

/// Gate that holds calls back until it is opened.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    fn pass(&self) {
        let open = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(open, |open| !*open).unwrap());
    }
}

impl Drop for Gate {
    /// Opens the gate, so that no thread outlives its test.
    fn drop(&mut self) {
        self.open();
    }
}

/// A card whose answers PC/SC holds back once `silent` is set, whatever happens to the card.
struct HeldBack {
    inner: Box<dyn Transport>,
    gate: Arc<Gate>,
    silent: Arc<AtomicBool>,
    resets: Arc<AtomicUsize>,
}

impl Transport for HeldBack {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        let (gate, silent) = (&self.gate, &self.silent);
        self.inner
            .exclusive(&mut |inner| work(&mut HeldBackExchange { inner, gate, silent }))
    }

    fn reconnect(&mut self, how: Reconnect) -> Result<(), TransportError> {
        self.resets
            .fetch_add(usize::from(how == Reconnect::Reset), Ordering::Relaxed);
        self.inner.reconnect(how)
    }

    fn present(&mut self) -> Result<(), TransportError> {
        self.inner.present()
    }
}

struct HeldBackExchange<'e> {
    inner: &'e mut dyn Exchange,
    gate: &'e Gate,
    silent: &'e AtomicBool,
}

impl Exchange for HeldBackExchange<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let answer = self.inner.transmit(command);
        if self.silent.load(Ordering::Relaxed) {
            self.gate.pass();
        }
        answer
    }

    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.inner.control(code, input)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_card_that_falls_silent_is_mute_and_stops_neither_its_callers_nor_another_reader() {
    let desk = Desk::open(Person::Declines).await;
    let other = SimulatedReader::plug_in(&desk.service.registry, "Other reader");
    let silent = desk.insert("anna").await;
    other.insert(card_of(&desk, "jan"));
    let answering = card_in(&desk, 1);
    wait_for("the other card", || status(&desk, 1) == Some(CardStatus::Ready)).await;
    desk.reader.slot().mute_after(2);
    let asked = async {
        tokio::join!(
            identity(&desk, &silent),
            identity(&desk, &silent),
            call(&desk, "read-photo", json!({ "cardId": silent.as_str() }))
        )
    };
    let meanwhile = async {
        let desk = &desk;
        wait_for("the silence", || desk.reader.slot().apdus() > 2).await;
        let answer = identity(desk, &answering).await.unwrap();
        assert_eq!(
            (answer["cardId"].as_str(), status(desk, 0)),
            (Some(answering.as_str()), Some(CardStatus::Ready))
        );
    };
    let ((one, two, three), ()) = tokio::join!(asked, meanwhile);
    for outcome in [one, two, three] {
        let error = outcome.unwrap_err();
        assert_eq!(error.code, ErrorCode::CardError);
        let said = error.detail(Language::En);
        assert_eq!(
            said,
            "The card in Simulated reader does not answer. Take it out and put it in again."
        );
    }
    assert_eq!(status(&desk, 0), Some(CardStatus::Mute));
    // Later callers need not wait: not for this card, and not for the other one as `current`.
    assert_eq!(refusal(identity(&desk, &silent).await).0, ErrorCode::CardError);
    assert_eq!(identity(&desk, "current").await.unwrap()["cardId"], answering.as_str());
    desk.reader.remove();
    let again = desk.insert("anna").await;
    assert_eq!(identity(&desk, &again).await.unwrap()["cardId"], again.as_str());
    assert_eq!(refusal(identity(&desk, &silent).await).0, ErrorCode::CardRemoved);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn silence_after_the_pin_leaves_the_tries_unknown_and_the_next_person_can_be_asked() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    let other = SimulatedReader::plug_in(&desk.service.registry, "Other reader");
    let silent = desk.insert("jan").await;
    let slot = desk.reader.slot().clone();
    desk.reader.slot().observe(move |[_, ins, ..]| {
        if ins == crate::pin::VERIFY {
            slot.mute_after(1);
        }
    });
    let verify = |card: &str| json!({"cardId": card, "type": "verify"});
    let error = call(&desk, "pin-operation", verify(&silent)).await.unwrap_err();
    assert_eq!((error.code, error.tries_left), (ErrorCode::CardError, None));
    let said = error.detail(Language::En);
    assert!(said.contains("Whether it counted a try is not known"), "{said}");
    let card = desk.service.registry.resolve(&silent).unwrap();
    assert_eq!(card.tries_left(), TriesLeft::Doubtful);
    other.insert(card_of(&desk, "anna"));
    wait_for("the other card", || status(&desk, 1) == Some(CardStatus::Ready)).await;
    let verified = call(&desk, "pin-operation", verify(&card_in(&desk, 1))).await.unwrap();
    assert_eq!(verified["outcome"], "verified");
    desk.reader.slot().observe(|_| {});
    // The command never reached the chip, and the card says so when it is asked again.
    desk.reader.remove();
    let again = desk.insert("jan").await;
    let verified = call(&desk, "pin-operation", verify(&again)).await.unwrap();
    assert_eq!(
        (&verified["outcome"], desk.reader.slot().tries_left()),
        (&json!("verified"), Some(3))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_dialog_closes_when_the_card_it_is_about_falls_silent() {
    let desk = Desk::open(Person::Waits).await;
    let silent = desk.insert("jan").await;
    let asking = call(
        &desk,
        "pin-operation",
        json!({"cardId": silent.as_str(), "type": "verify"}),
    );
    let reading = async {
        desk.asked().await;
        desk.reader.slot().mute_after(1);
        call(&desk, "read-photo", json!({ "cardId": silent.as_str() })).await
    };
    let (asked, read) = tokio::join!(asking, reading);
    for outcome in [asked, read] {
        assert_eq!(refusal(outcome), (ErrorCode::CardError, None));
    }
    assert_eq!(desk.asked_for(), ["GETPIN"], "one dialog, and no PIN from it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_call_that_comes_back_too_late_is_thrown_away_and_the_card_reset() {
    let desk = Desk::open(Person::Declines).await;
    let (registry, slot) = (&desk.service.registry, VirtualSlot::new());
    slot.insert(card_of(&desk, "anna"));
    let reader = registry.reader_added("Stubborn reader");
    let (gate, silent, resets) = (
        Arc::new(Gate::default()),
        Arc::new(AtomicBool::new(false)),
        Arc::default(),
    );
    let connect = {
        let (slot, gate, silent, resets) = (slot.clone(), gate.clone(), silent.clone(), Arc::clone(&resets));
        move || -> Result<Box<dyn Transport>, TransportError> {
            Ok(Box::new(HeldBack {
                inner: Box::new(slot.connect().ok_or(TransportError::Removed)?),
                gate: gate.clone(),
                silent: silent.clone(),
                resets: Arc::clone(&resets),
            }))
        }
    };
    registry.card_inserted(reader, true, Box::new(connect));
    wait_for("the card", || status(&desk, reader) == Some(CardStatus::Ready)).await;
    let late = card_in(&desk, reader);
    silent.store(true, Ordering::Relaxed);
    assert_eq!(refusal(identity(&desk, &late).await).0, ErrorCode::CardError);
    assert_eq!(status(&desk, reader), Some(CardStatus::Mute));
    // Another card in the same reader works, though the call about the first has not come back yet.
    let fresh = VirtualSlot::new();
    fresh.insert(card_of(&desk, "jan"));
    let connect = move || -> Result<Box<dyn Transport>, TransportError> {
        Ok(Box::new(fresh.connect().ok_or(TransportError::Removed)?))
    };
    registry.card_inserted(reader, true, Box::new(connect));
    wait_for("the new card", || status(&desk, reader) == Some(CardStatus::Ready)).await;
    let new = card_in(&desk, reader);
    assert_eq!(
        identity(&desk, &new).await.unwrap()["familyName"],
        Citizen::find("jan").unwrap().surname
    );
    gate.open();
    wait_for("the reset", || resets.load(Ordering::Relaxed) == 1).await;
    assert_eq!(refusal(identity(&desk, &late).await).0, ErrorCode::CardRemoved);
    assert_eq!(
        card_in(&desk, reader),
        new,
        "what comes back changes nothing for the card that is there now"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_are_looked_at_when_a_card_is_lost_that_nobody_reported_as_removed() {
    let desk = Desk::open(Person::Declines).await;
    let (registry, slot) = (&desk.service.registry, VirtualSlot::new());
    let looks: Arc<AtomicUsize> = Arc::default();
    let counted = Arc::clone(&looks);
    registry.look_through(Box::new(move || {
        counted.fetch_add(1, Ordering::Relaxed);
    }));
    let reader = registry.reader_added("Forgetful reader");
    for (reported, expected) in [(true, 0), (false, 1)] {
        slot.insert(card_of(&desk, "anna"));
        let own = slot.clone();
        let connect = move || -> Result<Box<dyn Transport>, TransportError> {
            Ok(Box::new(own.connect().ok_or(TransportError::Removed)?))
        };
        registry.card_inserted(reader, true, Box::new(connect));
        wait_for("the card", || status(&desk, reader) == Some(CardStatus::Ready)).await;
        let card = card_in(&desk, reader);
        slot.remove();
        if reported {
            registry.card_removed(reader);
        }
        assert_eq!(refusal(identity(&desk, &card).await).0, ErrorCode::CardRemoved);
        wait_for("the end of the card", || status(&desk, reader).is_none()).await;
        wait_for("the look", || looks.load(Ordering::Relaxed) == expected).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_that_never_come_back_are_mute_and_do_not_pile_up() {
    let desk = Desk::open(Person::Declines).await;
    let registry = &desk.service.registry;
    let gate = Arc::new(Gate::default());
    let attempts: Arc<AtomicUsize> = Arc::default();
    let insert = |reader: u32| {
        let (gate, attempts) = (gate.clone(), Arc::clone(&attempts));
        let connect = move || -> Result<Box<dyn Transport>, TransportError> {
            attempts.fetch_add(1, Ordering::Relaxed);
            gate.pass();
            Err(TransportError::Removed)
        };
        registry.card_inserted(reader, true, Box::new(connect));
    };
    let readers: Vec<u32> = (0..16)
        .map(|number| registry.reader_added(&format!("Reader {number}")))
        .collect();
    readers.iter().for_each(|reader| insert(*reader));
    for reader in &readers {
        wait_for("a mute card", || status(&desk, *reader) == Some(CardStatus::Mute)).await;
    }
    let (first, before) = (readers[0], attempts.load(Ordering::Relaxed));
    insert(first);
    assert_eq!(
        (status(&desk, first), attempts.load(Ordering::Relaxed), before),
        (Some(CardStatus::Mute), 16, 16)
    );
    assert_eq!(
        refusal(identity(&desk, &card_in(&desk, first)).await).0,
        ErrorCode::CardError
    );
    // Stopping does not wait for threads that cannot come back.
    registry.shut_down();
    registry.wait_for_threads(Duration::from_secs(3600));
    gate.open();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_card_that_cannot_be_met_at_once_is_met_and_who_asks_meanwhile_is_answered() {
    let desk = Desk::open(Person::Declines).await;
    let registry = &desk.service.registry;
    for (failures, error) in [
        (1, TransportError::Removed),
        (4, TransportError::Removed),
        (3, TransportError::Comm("resetting".to_owned())),
        (2, TransportError::Reset),
    ] {
        let reader = registry.reader_added(&format!("{failures} times {error}"));
        meet_after(&desk, reader, failures, error.clone());
        let card = card_in(&desk, reader);
        let answer = identity(&desk, &card)
            .await
            .unwrap_or_else(|refused| panic!("{error}: {refused:?}"));
        assert_eq!(
            (answer["cardId"].as_str(), status(&desk, reader)),
            (Some(card.as_str()), Some(CardStatus::Ready))
        );
        registry.reader_removed(reader);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_busy_or_mute_card_is_refused_and_becomes_ready_however_often_somebody_asks() {
    let desk = Desk::open(Person::Declines).await;
    for (error, code) in [
        (TransportError::Busy, ErrorCode::CardBusy),
        (TransportError::Mute, ErrorCode::CardError),
    ] {
        let reader = desk.service.registry.reader_added(&error.to_string());
        meet_after(&desk, reader, 2, error);
        let card = card_in(&desk, reader);
        let mut refusals = 0;
        while let Err(refused) = identity(&desk, &card).await {
            assert_eq!(refused.code, code);
            refusals += 1;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(refusals > 1, "{code:?}");
        desk.service.registry.reader_removed(reader);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_card_given_up_hope_of_is_met_when_somebody_asks_for_it() {
    let desk = Desk::open(Person::Declines).await;
    let registry = &desk.service.registry;
    for id in ["its own", "current"] {
        let reader = registry.reader_added(id);
        // The daemon tries seven times by itself, so that only a call brings the eighth attempt.
        meet_after(&desk, reader, 7, TransportError::Removed);
        wait_for("a mute card", || status(&desk, reader) == Some(CardStatus::Mute)).await;
        let card = card_in(&desk, reader);
        if id == "current" {
            assert_eq!(refusal(identity(&desk, id).await).0, ErrorCode::CardError);
            wait_for("the card", || status(&desk, reader) == Some(CardStatus::Ready)).await;
        }
        assert_eq!(identity(&desk, &card).await.unwrap()["cardId"], card.as_str());
        registry.reader_removed(reader);
    }
}

/// Puts a card into `reader` to which the first `failures` connections fail.
fn meet_after(desk: &Desk, reader: u32, failures: usize, error: TransportError) {
    let (slot, attempts) = (VirtualSlot::new(), AtomicUsize::new(0));
    slot.insert(card_of(desk, "anna"));
    let connect = move || -> Result<Box<dyn Transport>, TransportError> {
        if attempts.fetch_add(1, Ordering::Relaxed) < failures {
            return Err(error.clone());
        }
        Ok(Box::new(slot.connect().ok_or(TransportError::Removed)?))
    };
    desk.service.registry.card_inserted(reader, true, Box::new(connect));
}

/// Request to sign `count` files.
fn files(count: usize) -> Value {
    let file =
        |number: usize| json!({"name": format!("{number}.pdf"), "mediaType": "application/pdf", "content": "JVBERg=="});
    json!({"format": "cades", "documents": (0..count).map(file).collect::<Vec<_>>()})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_signed_is_not_lost_with_a_card_that_goes_or_falls_silent_behind_it() {
    for (goes, citizen) in [(true, "anna"), (true, "claire"), (false, "claire")] {
        let desk = Desk::open(Person::Types(TEST_PIN)).await;
        desk.insert(citizen).await;
        let (slot, registry) = (desk.reader.slot().clone(), Arc::clone(&desk.service.registry));
        let count = AtomicUsize::new(0);
        desk.reader.slot().observe(move |[_, ins, ..]| {
            if ins != LOG_OFF || count.fetch_add(1, Ordering::Relaxed) == 0 {
                return;
            }
            if goes {
                slot.remove();
                registry.card_removed(0);
            } else {
                slot.mute_after(1);
            }
        });
        let signed = call(&desk, "sign", files(2)).await.unwrap();
        assert_eq!(signed["signatures"].as_array().unwrap().len(), 2, "{citizen}");
        desk.reader.slot().observe(|_| {});
        // A list of which not every file was signed is not given out.
        desk.reader.remove();
        desk.insert(citizen).await;
        let (slot, registry) = (desk.reader.slot().clone(), Arc::clone(&desk.service.registry));
        desk.reader.slot().observe(move |[_, ins, ..]| {
            if ins == LOG_OFF && slot.remove().is_some() {
                registry.card_removed(0);
            }
        });
        assert_eq!(refusal(call(&desk, "sign", files(2)).await).0, ErrorCode::CardRemoved);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_who_leaves_while_another_program_has_the_card_leaves_the_turn_to_the_next() {
    let keypad = VirtualKeypad::new(KeypadKind::Direct);
    (0..50).for_each(|_| keypad.expect(Gesture::Types(TEST_PIN)));
    let desk = Arc::new(Desk::open_with_keypad(Person::Types(TEST_PIN), keypad).await);
    let other = SimulatedReader::plug_in(&desk.service.registry, "Other reader");
    desk.insert("claire").await;
    other.insert(card_of(&desk, "anna"));
    wait_for("the other card", || status(&desk, 1) == Some(CardStatus::Ready)).await;
    let (first, second) = (card_in(&desk, 0), card_in(&desk, 1));
    let gate = Gate::default();
    let (held, begun) = (Arc::new(AtomicBool::new(false)), AtomicBool::new(false));
    desk.reader.slot().observe({
        let (slot, gate, held) = (desk.reader.slot().clone(), gate.clone(), Arc::clone(&held));
        move |[_, ins, ..]| {
            if ins != LOG_OFF || begun.swap(true, Ordering::Relaxed) {
                return;
            }
            let (mut program, gate, held) = (slot.connect().unwrap(), gate.clone(), Arc::clone(&held));
            std::thread::spawn(move || {
                program
                    .exclusive(&mut |_| {
                        held.store(true, Ordering::Relaxed);
                        gate.pass();
                    })
                    .unwrap();
            });
        }
    });
    let leaves = tokio::spawn({
        let (desk, mut list) = (Arc::clone(&desk), files(50));
        list["cardId"] = json!(first);
        async move { call(&desk, "sign", list).await }
    });
    wait_for("another program to have the card", || held.load(Ordering::Relaxed)).await;
    leaves.abort();
    drop(leaves.await);
    let verify = json!({"cardId": second, "type": "verify"});
    let mut outcome = json!(null);
    for _ in 0..100 {
        match call_by(&desk, "next", "pin-operation", verify.clone()).await {
            Err(error) if error.code == ErrorCode::OperationInProgress => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            answer => {
                outcome = answer.unwrap()["outcome"].take();
                break;
            }
        }
    }
    assert_eq!(outcome, "verified");
}
