//! Calls that a caller does not wait for to the end, and calls that are sent again with the same key.

use super::bench::{Bench, Setup, WILLING, link, until};
use beid_service::running::OperationState;
use beid_testkit::daemon::Person;
use beid_testkit::virtual_card;
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;

const LINKS: &str = "/v1/therapeutic-links";

async fn bench(person: Person) -> Bench {
    let setup = Setup {
        person: Some(person),
        ..Setup::default()
    };
    Bench::with(setup).await
}

/// A person who types the PIN once the gate is open.
const AT_THE_GATE: Person = Person::Follows(&["gate1234", "gate1234", "gate1234", "gate1234"]);

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_n_seconds_is_answered_within_them_or_told_where_to_look() {
    for version in ["--http1.1", "--http2"] {
        let bench = bench(AT_THE_GATE).await;
        let authorization = bench.authorization();
        let ask = async |prefer: &str, proof: &str| {
            let prefer = format!("Prefer: {prefer}");
            let fields = [version, "-H", &authorization, "-H", &prefer];
            bench.post(LINKS, &link(proof), &fields).await
        };
        // Preferences, proof, and of the answer: status, preferences that were followed.
        #[rustfmt::skip] // one row a line
        let rows = [
            ("wait=20", "eidreading", 200, Some("wait=20")),
            ("respond-async, wait=20", "eidreading", 200, Some("wait=20")),
            ("wait=soon", "eidreading", 200, None),
            ("respond-async", "eidreading", 202, Some("respond-async")),
            ("wait=1", "eidsigning", 202, Some("wait=1")),
        ];
        let mut last = None;
        for (prefer, proof, status, applied) in rows {
            let reply = ask(prefer, proof).await;
            assert_eq!(
                (reply.status, reply.header("preference-applied")),
                (status, applied),
                "{prefer}"
            );
            last = (status == 202).then(|| reply.header("location").unwrap().to_owned());
        }
        // The last one runs on after its 202.
        bench.open_gate();
        let there = last.unwrap();
        let mut ended = Value::Null;
        for _ in 0..250 {
            ended = bench.curl(&there, &["-H", &authorization]).await.json();
            if ended["state"] == "succeeded" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(ended["result"]["proof"]["cms"].is_string(), "{ended}");
        let refused = ask("respond-async, wait=20", "nothing").await;
        assert_eq!(
            (refused.status, refused.header("preference-applied")),
            (400, Some("wait=20"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_before_the_202_cancels_and_afterwards_not() {
    for version in ["--http1.1", "--http2"] {
        let bench = bench(AT_THE_GATE).await;
        let authorization = bench.authorization();
        let owner = bench.owner(&authorization);
        let mut events = bench.service.events.listen();
        let mut command = bench.command();
        command.args([version, "-H", &authorization, "-H", "Prefer: wait=60", "--json"]);
        command.arg(link("eidsigning").to_string()).arg(bench.url(LINKS));
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        // Events of the reader and its card may come before it.
        let begun = async {
            loop {
                let event = events.next().await.unwrap();
                if let Some(id) = event.ids.get("operationId") {
                    return id.as_str().unwrap().to_owned();
                }
            }
        };
        let id = tokio::time::timeout(Duration::from_secs(10), begun).await.unwrap();
        let state = |id: &str| Some(bench.service.running.view(id, &owner)?.state);
        let asks = |id: &str| (state(id) == Some(OperationState::WaitingForPin)).then_some(());
        until("it asks", || asks(&id)).await;
        child.kill().await.unwrap();
        until("it is gone", || state(&id).is_none().then_some(())).await;

        let fields = [version, "-H", &authorization, "-H", "Prefer: wait=1"];
        let left = bench.post(LINKS, &link("eidsigning"), &fields).await;
        let id = left.json()["id"].as_str().unwrap().to_owned();
        // curl has ended, and its connection with it.
        until("it asks", || asks(&id)).await;
        bench.open_gate();
        until("it ends", || {
            (state(&id) == Some(OperationState::Succeeded)).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_ran_on_says_when_to_try_again_as_a_direct_answer_does() {
    let bench = bench(Person::Follows(&["cancel", "cancel"])).await;
    let authorization = bench.authorization();
    let ask = async |fields: &[&str]| {
        let fields = [&["-H", &authorization], fields].concat();
        bench.post(LINKS, &link("eidsigning"), &fields).await
    };
    assert_eq!(ask(&[]).await.code(), "user-declined");
    let direct = ask(&[]).await;
    assert_eq!(direct.code(), "too-many-requests");
    let seconds = direct.json()["retryAfter"].to_string();
    assert_eq!(direct.header("retry-after"), Some(seconds.as_str()));
    let begun = ask(&["-H", "Prefer: respond-async"]).await;
    assert_eq!(begun.status, 202);
    let there = begun.header("location").unwrap();
    for _ in 0..250 {
        let view = bench.curl(there, &["-H", &authorization]).await.json();
        if view["state"] == "failed" {
            let error = &view["error"];
            assert_eq!(error["code"], "too-many-requests");
            assert!(
                error["retryAfter"].as_u64().is_some_and(|seconds| seconds > 0),
                "{error}"
            );
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it does not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_with_the_same_key_is_one_dialog_and_one_result() {
    for version in ["--http1.1", "--http2"] {
        let bench = bench(AT_THE_GATE).await;
        let authorization = bench.authorization();
        let ask = async |key: &str, more: &[&str]| {
            let key = format!("Idempotency-Key: {key}");
            let fields = [version, "-H", &authorization, "-H", &key];
            bench.post(LINKS, &link("eidsigning"), &[&fields, more].concat()).await
        };
        // At the same time: one asks, and all get its signature.
        let together = async { tokio::join!(ask("a", &[]), ask("a", &[]), ask("a", &["-H", "Prefer: wait=60"])) };
        let opened = async {
            until("a dialog", || (bench.dialogs() > 0).then_some(())).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
            bench.open_gate();
        };
        let ((one, other, third), ()) = tokio::join!(together, opened);
        assert_eq!((one.status, other.status, third.status), (200, 200, 200));
        assert_eq!(one.json(), other.json());
        assert_eq!(one.json(), third.json());
        // Afterwards too, in whatever way it is asked for.
        assert_eq!(ask("a", &[]).await.json(), one.json());
        let begun = ask("a", &["-H", "Prefer: respond-async"]).await;
        assert_eq!((begun.status, &begun.json()["state"]), (202, &json!("succeeded")));
        let kept = bench
            .curl(begun.header("location").unwrap(), &["-H", &authorization])
            .await;
        assert_eq!(kept.json()["result"], one.json());
        // Taken out, the card is nobody else's; with another in its place the request means another patient.
        bench.reader.remove();
        assert_eq!(ask("a", &[]).await.json(), one.json());
        bench.reader.insert(virtual_card("claire"));
        until("the card is read", || bench.is_ready()).await;
        assert_eq!(ask("a", &[]).await.code(), "idempotency-mismatch");
        assert_eq!(bench.dialogs(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_bound_to_its_request_and_its_caller() {
    let bench = bench(WILLING).await;
    let (mine, others) = (bench.authorization(), bench.authorization());
    let key = ["-H", "Idempotency-Key: k"];
    let ask = async |path: &str, body: &Value, authorization: &str| {
        bench
            .post(path, body, &[&["-H", authorization], &key[..]].concat())
            .await
    };
    let pin = json!({ "type": "verify" });
    let current = "/v1/cards/current/pin-operations";
    assert_eq!(ask(current, &pin, &mine).await.status, 200);
    for (path, body) in [
        (current.to_owned(), json!({ "type": "change" })),
        (current.to_owned(), json!({ "type": "verify", "language": "nl" })),
        (format!("/v1/cards/{}/pin-operations", bench.card_id()), pin.clone()),
        (LINKS.to_owned(), pin.clone()),
    ] {
        let refused = ask(&path, &body, &mine).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (409, "idempotency-mismatch"),
            "{path} {body}"
        );
    }
    assert_eq!(bench.dialogs(), 1);
    assert_eq!(
        ask(current, &pin, &others).await.status,
        200,
        "another caller, another key"
    );
    assert_eq!(bench.dialogs(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_free_again_unless_a_pin_was_sent() {
    let bench = bench(Person::Follows(&["cancel", "9999", "1234"])).await;
    let (one, other) = (bench.authorization(), bench.authorization());
    let ask = async |authorization: &str| {
        let fields = ["-H", authorization, "-H", "Idempotency-Key: k"];
        let reply = bench.post(LINKS, &link("eidsigning"), &fields).await;
        (reply.code(), reply.json()["triesLeft"].clone())
    };
    assert_eq!(ask(&one).await.0, "user-declined");
    // Asked anew, so the refusal of a moment ago counts.
    assert_eq!(ask(&one).await.0, "too-many-requests");
    let wrong = ask(&other).await;
    assert_eq!((wrong.0.as_str(), &wrong.1), ("pin-incorrect", &json!(2)));
    assert_eq!(ask(&other).await, wrong, "the card is not asked again");
    assert_eq!(bench.dialogs(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_a_form_and_is_for_calls_that_ask_for_a_pin() {
    let bench = bench(WILLING).await;
    let authorization = bench.authorization();
    let long = format!("Idempotency-Key: {}", "k".repeat(256));
    let verify = "/v1/cards/current/verifications";
    #[rustfmt::skip] // one row a line
    let rows: [(&str, &[&str], &str); 6] = [
        (LINKS, &["-H", "Idempotency-Key: a b"], "Idempotency-Key"),
        (LINKS, &["-H", &long], "Idempotency-Key"),
        (LINKS, &["-H", "Idempotency-Key;"], "Idempotency-Key"),
        (LINKS, &["-H", "Idempotency-Key: é"], "Idempotency-Key"),
        (LINKS, &["-H", "Idempotency-Key: a", "-H", "Idempotency-Key: a"], "Idempotency-Key"),
        (verify, &["-H", "Idempotency-Key: a"], "no Idempotency-Key"),
    ];
    for (path, fields, said) in rows {
        let english = ["-H", &authorization, "-H", "Accept-Language: en"];
        let reply = bench
            .post(path, &link("eidreading"), &[&english, fields].concat())
            .await;
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert_eq!(reply.code(), "invalid-request", "{fields:?}");
        assert!(detail.contains(said), "{fields:?}: {detail}");
    }
}
