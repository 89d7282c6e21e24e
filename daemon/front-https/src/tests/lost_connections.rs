//! Connections that are lost before the answer: the client in Rust asks again where that is safe.

use super::bench::{Bench, Setup, link, until};
use super::relay::{Relay, RelaySeen};
use beid_api::operations::{TherapeuticLink, VerifyCard};
use beid_api::{Language, Scope};
use beid_client::{Client, ClientError, Discovery};
use beid_testkit::daemon::Person;
use serde_json::json;

/// A bench whose person types the PIN once the gate is open, behind a relay that loses its first connections.
async fn losing(losses: usize) -> (Bench, RelaySeen, Client) {
    let (relay, seen) = Relay::losing(losses);
    let setup = Setup {
        person: Some(Person::Follows(&["gate1234", "gate1234"])),
        relay: Some(relay),
        ..Setup::default()
    };
    let bench = Bench::with(setup).await;
    let discovery = Discovery {
        port: bench.port,
        ca_certificate: bench.ca.clone(),
    };
    let client = Client::over_https(&discovery, bench.token(Scope::ALL), Language::En).unwrap();
    (bench, seen, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_sent_again_gets_the_signature_of_the_one_dialog() {
    let (bench, relay, client) = losing(2).await;
    let request = serde_json::from_value(link("eidsigning")).unwrap();
    let person = async {
        until("the dialog", || (bench.dialogs() > 0).then_some(())).await;
        relay.cut();
        until("the call again", || (relay.accepted() > 2).then_some(())).await;
        bench.open_gate();
    };
    let (reply, ()) = tokio::join!(client.call::<TherapeuticLink>(&request), person);
    assert!(reply.unwrap().answer.proof.unwrap().cms.is_some());
    assert_eq!(bench.dialogs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_lost_each_time_ends_and_one_without_a_key_is_not_sent_again() {
    let (bench, relay, client) = losing(usize::MAX).await;
    let request = serde_json::from_value(link("eidsigning")).unwrap();
    let person = async {
        until("the dialog", || (bench.dialogs() > 0).then_some(())).await;
        relay.cut();
    };
    let (reply, ()) = tokio::join!(client.call::<TherapeuticLink>(&request), person);
    assert!(matches!(reply, Err(ClientError::Lost(_))), "{reply:?}");
    assert_eq!((relay.accepted(), bench.dialogs()), (4, 1));
    let request = serde_json::from_value(json!({ "cardId": "current" })).unwrap();
    let reply = client.call::<VerifyCard>(&request).await;
    assert!(matches!(reply, Err(ClientError::Lost(_))), "{reply:?}");
    assert_eq!(relay.accepted(), 5);
}
