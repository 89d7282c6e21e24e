//! Reading ahead: the commands that a card receives before anybody asks, for each policy.

use super::bench::{Bench, Setup};
use beid_api::{AnswerForm, ErrorCode, OperationRow};
use beid_service::caller::Caller;
use beid_service::{Call, Service};
use beid_settings::Prefetch;
use beid_testkit::virtual_card;
use serde_json::{Map, json};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};

/// Number of commands that recognising costs: GET CARD DATA alone.
const RECOGNITION: u64 = 1;

/// Starts a service with the policy `prefetch`, puts the card into its empty reader, and waits for `card.ready`.
async fn insert(prefetch: Prefetch, citizen: &'static str) -> Bench {
    let bench = Bench::with(Setup {
        prefetch,
        ..Setup::default()
    })
    .await;
    bench.reader.remove();
    let mut events = bench.service.events.listen();
    bench.reader.slot().clear_log();
    bench.reader.insert(virtual_card(citizen));
    while events.next().await.unwrap().name != "card.ready" {}
    bench
}

async fn ask(service: &Arc<Service>, operation: &str, more: &[(&str, &str)]) -> AnswerForm {
    let mut members = Map::from_iter([("cardId".to_owned(), json!("current"))]);
    members.extend(more.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    let call = Call {
        members,
        ..Call::default()
    };
    let operation = OperationRow::named(operation).unwrap();
    service
        .call(operation, Caller::on_bus(":1.1", "test"), call)
        .await
        .unwrap()
}

/// Number of commands that `operation` costs.
async fn cost(bench: &Bench, operation: &str) -> u64 {
    let before = bench.reader.slot().apdus();
    ask(&bench.service, operation, &[]).await;
    bench.reader.slot().apdus() - before
}

fn commands(bench: &Bench) -> u64 {
    u64::try_from(bench.reader.slot().log().len()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_nobody_asked_about_is_recognised_and_left_alone() {
    for citizen in ["odile", "anna", "jan"] {
        let bench = insert(Prefetch::None, citizen).await;
        // Once this is answered, the card's thread has nothing left to do: it works in order.
        ask(&bench.service, "card", &[]).await;
        assert_eq!(commands(&bench), RECOGNITION, "{citizen}");
        assert!(cost(&bench, "read-summary").await > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_is_there_when_the_card_is_said_to_be_ready() {
    for citizen in ["odile", "anna", "nele", "jan", "nova", "lotte"] {
        let bench = insert(Prefetch::Text, citizen).await;
        let ready = commands(&bench);
        assert!(ready > RECOGNITION);
        for operation in ["read-identity", "read-address", "read-summary"] {
            assert_eq!(cost(&bench, operation).await, 0, "{citizen} {operation}");
        }
        assert_eq!(commands(&bench), ready, "and nothing is read behind our back");
        assert!(cost(&bench, "read-photo").await > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_there_a_little_later_if_the_policy_says_all() {
    let bench = insert(Prefetch::All, "jan").await;
    // This call waits behind the reading ahead, in the same lane.
    ask(&bench.service, "read-certificates", &[]).await;
    for operation in ["read-summary", "read-photo", "read-certificates"] {
        assert_eq!(cost(&bench, operation).await, 0, "{operation}");
    }
    let checks = ask(&bench.service, "verify-card", &[]).await;
    let AnswerForm::Members(checks) = checks else {
        panic!("members")
    };
    let all = checks["checks"].as_array().unwrap();
    assert!(all.iter().all(|check| check["outcome"] == "passed"), "{checks}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_pulled_out_while_it_is_read_ahead_is_never_said_to_be_ready() {
    for nth in [2, 3, 9] {
        let bench = insert(Prefetch::Text, "jan").await;
        let mut events = bench.service.events.listen();
        let (slot, count) = (bench.reader.slot().clone(), AtomicU64::new(0));
        bench.reader.slot().observe(move |_| {
            if count.fetch_add(1, Ordering::SeqCst) + 1 == nth {
                drop(slot.remove());
            }
        });
        bench.reader.insert(virtual_card("anna"));
        let mut names = Vec::new();
        while names.last() != Some(&"card.removed") || names.len() < 3 {
            names.push(events.next().await.unwrap().name);
        }
        assert_eq!(names, ["card.removed", "card.inserted", "card.removed"], "{nth}");
        let gone = bench.service.registry.resolve("current");
        assert_eq!(gone.map(drop).unwrap_err().code, ErrorCode::NoCard);
    }
}

/// Stops the card before its `n`th command from now until the sender is dropped; the receiver is told when it stops.
fn stop_at(bench: &Bench, n: u64) -> (mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (there, wait_there) = mpsc::channel();
    let (gate, gated) = mpsc::channel::<()>();
    let (count, gated) = (AtomicU64::new(0), Mutex::new(gated));
    bench.reader.slot().observe(move |_| {
        if count.fetch_add(1, Ordering::SeqCst) + 1 == n {
            there.send(()).unwrap();
            assert!(
                gated.lock().unwrap().recv().is_err(),
                "the sender is dropped, nothing is sent"
            );
        }
    });
    (wait_there, gate)
}

/// Puts jan's card in and waits until all of it has been read ahead.
async fn read_through(bench: &Bench) {
    let mut events = bench.service.events.listen();
    bench.reader.remove();
    bench.reader.slot().clear_log();
    bench.reader.insert(virtual_card("jan"));
    while events.next().await.unwrap().name != "card.ready" {}
    ask(&bench.service, "read-certificates", &[]).await;
}

const SELECT: u8 = 0xA4;
const READ: u8 = 0xB0;

/// Instruction and offset of each command since the card was put in.
fn log(bench: &Bench) -> Vec<(u8, u16)> {
    let log = bench.reader.slot().log();
    let headers = log.iter().map(|exchanged| exchanged.header);
    headers
        .map(|[_, ins, high, low]| (ins, u16::from_be_bytes([high, low])))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_text_never_waits_for_the_photo_that_is_read_ahead() {
    let bench = Bench::with(Setup {
        prefetch: Prefetch::All,
        ..Setup::default()
    })
    .await;
    read_through(&bench).await;
    // From the second time on every visit of the same card is the same, command for command.
    read_through(&bench).await;
    let undisturbed = log(&bench);
    // The photo is the first file of more than four chunks; we stop in its third.
    let photo = undisturbed
        .windows(5)
        .position(|five| five.iter().all(|(ins, _)| *ins == READ))
        .unwrap();
    assert_eq!(undisturbed[photo], (READ, 0));
    let stopped = photo + 3;

    bench.reader.remove();
    bench.reader.slot().clear_log();
    let (there, gate) = stop_at(&bench, u64::try_from(stopped).unwrap());
    bench.reader.insert(virtual_card("jan"));
    there.recv().unwrap();
    let mut identity = pin!(ask(&bench.service, "read-identity", &[]));
    let mut file = pin!(ask(&bench.service, "read-file", &[("name", "token-info")]));
    assert!(futures_util::poll!(&mut identity).is_pending());
    assert!(futures_util::poll!(&mut file).is_pending());
    drop(gate);
    identity.await;
    file.await;
    ask(&bench.service, "read-certificates", &[]).await;

    let disturbed = log(&bench);
    assert_eq!(disturbed[..stopped], undisturbed[..stopped]);
    let next_chunk = undisturbed[stopped];
    assert!(next_chunk.0 == READ && next_chunk.1 > 256);
    let resumed = disturbed[stopped..].iter().position(|command| *command == next_chunk);
    let between = &disturbed[stopped..stopped + resumed.unwrap()];
    let selected = |command: Option<&(u8, u16)>| command.is_some_and(|(ins, _)| *ins == SELECT);
    assert!(
        selected(between.first()) && between.contains(&(READ, 0)) && selected(between.last()),
        "another file first, then the photo again: {between:?}"
    );
}
