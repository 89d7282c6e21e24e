//! Calls that a tab brings: who may send one, what a person is asked, and the way back.

use super::bench::{Bench, LISTED, Reply, STRANGER, Setup, until};
use super::pairings::on_bus;
use beid_api::{ErrorCode, OPERATIONS, OperationKey, OperationRow, Scopes};
use beid_service::Call;
use beid_service::caller::{Caller, CallerId};
use beid_settings::Pairing;
use beid_simulator::{Citizen, VirtualCard};
use beid_testkit::daemon::Person;
use beid_testkit::test_pki;
use serde_json::{Value, json};
use std::sync::Arc;

const PATH: &str = "/v1/redirect";
const TAB: [&str; 3] = [
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Dest: document",
    "Sec-Fetch-User: ?1",
];
const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// A bench whose person gives these answers, under this rule for pages.
async fn answering(answers: &'static [&'static str], pairing: Pairing) -> Bench {
    Bench::with(Setup {
        person: Some(Person::Follows(answers)),
        pairing,
        ..Setup::default()
    })
    .await
}

/// A form of a page of `origin` that asks for what is at `path`.
fn wish(origin: &str, path: &str) -> Value {
    // The base point of P-256 (SEC 2, 2.4.2).
    let key = json!({
        "kty": "EC", "crv": "P-256",
        "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
        "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
    });
    json!({ "method": "GET", "path": path, "returnTo": format!("{origin}/back?state=7"), "key": key })
}

/// Sends a form with these headers.
async fn send(bench: &Bench, headers: &[&str], body: &str) -> Reply {
    let headers: Vec<&str> = headers.iter().flat_map(|header| ["-H", header]).collect();
    let arguments = [&["-X", "POST"], headers.as_slice()].concat();
    bench.send(PATH, &arguments, Some(body.as_bytes().to_vec())).await
}

fn encoded(request: &Value) -> String {
    let octets = request.to_string().into_bytes();
    let octets: String = octets.iter().map(|octet| format!("%{octet:02X}")).collect();
    format!("request={octets}")
}

/// Sends what a person's click in a page of `origin` sends.
async fn clicked(bench: &Bench, origin: &str, request: &Value) -> Reply {
    let from = format!("Origin: {origin}");
    send(bench, &[&TAB[..], &[FORM, &from]].concat(), &encoded(request)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn any_website_may_ask_and_gets_its_answer_once_a_person_agrees() {
    let bench = answering(&["ok", "ok"], Pairing::Ask).await;
    for origin in [STRANGER, LISTED] {
        let reply = clicked(&bench, origin, &wish(origin, "/v1/cards/current/identity")).await;
        assert_eq!(reply.status, 303, "{reply:?}");
        let place = reply.header("location").unwrap();
        let sealed = place.strip_prefix(&format!("{origin}/back?state=7#beidd=")).unwrap();
        assert_eq!(sealed.split('.').count(), 5);
        assert!(reply.header("access-control-allow-origin").is_none() && reply.body.is_empty());
    }
    let told = bench.told();
    assert!(told.contains("stranger.example") && told.contains("may once"), "{told}");
    assert_eq!(told.matches("CONFIRM").count(), 2);
    // Nothing is left of it.
    assert!(bench.service.tokens.list().is_empty());
    let again = bench.curl("/v1/cards", &["-H", &format!("Origin: {STRANGER}")]).await;
    assert_eq!((again.status, again.code().as_str()), (403, "origin-not-paired"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_refuses_is_not_asked_again_at_once() {
    let bench = answering(&["no"], Pairing::Ask).await;
    let request = wish(STRANGER, "/v1/cards");
    for _ in 0..2 {
        // The reason is sealed, so all that is seen here is that the tab goes back.
        assert_eq!(clicked(&bench, STRANGER, &request).await.status, 303);
    }
    assert_eq!(bench.told().matches("CONFIRM").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_the_access_of_a_website_or_silences_it_closes_its_dialog() {
    for (end, member) in [
        (OperationKey::RevokeOrigin, "origin"),
        (OperationKey::Silence, "caller"),
    ] {
        let bench = answering(&["wait", "wait"], Pairing::Ask).await;
        let row = OperationRow::named("list-cards").unwrap();
        for (number, origin) in [STRANGER, LISTED].into_iter().enumerate() {
            let waiting = bench.service.call_once((origin, 1000), row, Call::default());
            let ended = async {
                let is_open = || (bench.told().matches("CONFIRM").count() > number).then_some(());
                until("the dialog", is_open).await;
                on_bus(&bench, end, json!({ member: origin })).await;
            };
            let (outcome, ()) = tokio::join!(waiting, ended);
            assert_eq!(
                outcome.err().unwrap().code,
                ErrorCode::UserDeclined,
                "{origin} {member}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_the_access_of_a_website_or_silences_it_closes_the_pin_dialog_of_its_call_too() {
    for (end, member) in [
        (OperationKey::RevokeOrigin, "origin"),
        (OperationKey::Silence, "caller"),
    ] {
        let bench = answering(&["ok", "wait"], Pairing::Ask).await;
        let members = json!({ "cardId": "current", "type": "verify" });
        let call = Call {
            members: members.as_object().unwrap().clone(),
            ..Call::default()
        };
        let waiting = bench
            .service
            .call_once((STRANGER, 1000), OperationRow::named("pin-operation").unwrap(), call);
        let ended = async {
            until("the dialog", || bench.told().contains("GETPIN").then_some(())).await;
            on_bus(&bench, end, json!({ member: STRANGER })).await;
        };
        let (outcome, ()) = tokio::join!(waiting, ended);
        assert_eq!(outcome.err().unwrap().code, ErrorCode::UserDeclined, "{member}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_the_settings_forbid_ask_nobody() {
    let bench = answering(&[], Pairing::ListedOnly).await;
    for (origin, path) in [
        (STRANGER, "/v1/cards"),
        // Listed, without the scope for it.
        (LISTED, "/v1/cards/current/address"),
        // Needs no scope, so a page may call it anyway.
        (LISTED, "/v1/status"),
        (LISTED, "/v1/events"),
        (LISTED, "/v1/nothing"),
        (LISTED, "no path"),
    ] {
        let reply = clicked(&bench, origin, &wish(origin, path)).await;
        assert_eq!(reply.status, 303, "{origin} {path}: {reply:?}");
    }
    assert_eq!(bench.told(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_of_the_own_page_are_refused_to_websites_and_nobody_is_asked() {
    let bench = answering(&[], Pairing::Ask).await;
    let mut tried = 0;
    for operation in OPERATIONS.iter().filter(|operation| operation.is_own_pages()) {
        let route = operation.http.unwrap();
        let mut wished = wish(STRANGER, &route.path.replace('{', "x").replace('}', ""));
        wished["method"] = route.method.into();
        let reply = clicked(&bench, STRANGER, &wished).await;
        assert_eq!(reply.status, 303, "{}: {reply:?}", operation.name);
        // Behind the front's own look as well.
        let called = bench
            .service
            .call_once((STRANGER, 1000), operation, Call::default())
            .await;
        let refused = called.err().unwrap().code;
        assert!(
            matches!(refused, ErrorCode::OriginNotPaired | ErrorCode::NotFound),
            "{}: {refused:?}",
            operation.name
        );
        let page = CallerId::Page {
            origin: STRANGER.to_owned(),
            pairing: "x".to_owned(),
        };
        for id in [page, CallerId::Token("x".to_owned())] {
            let caller = Caller {
                id,
                scopes: Scopes::all(),
                ..Caller::anonymous()
            };
            let called = bench.service.call(operation, caller, Call::default()).await;
            assert_eq!(
                called.err().unwrap().code,
                ErrorCode::OriginNotPaired,
                "{}",
                operation.name
            );
        }
        tried += 1;
    }
    assert!(tried >= 12, "{tried}");
    assert_eq!(bench.told(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_way_back_the_person_reads_the_reason_and_nobody_is_asked() {
    let bench = answering(&[], Pairing::Ask).await;
    let (from, good) = (format!("Origin: {STRANGER}"), wish(STRANGER, "/v1/cards"));
    let with = |member: &str, value: Value| {
        let mut changed = good.clone();
        changed[member] = value;
        encoded(&changed)
    };
    let (tab, form) = (&TAB[..], encoded(&good));
    let usual = [tab, &[FORM, &from]].concat();
    let key = |x: &str| json!({ "kty": "EC", "crv": "P-256", "x": x, "y": x });
    let rows: &[(&[&str], &str, u16)] = &[
        (&[tab, &[FORM]].concat(), &form, 403),
        (&[tab, &[FORM, "Origin: null"]].concat(), &form, 403),
        (&[tab, &[FORM, "Origin: http://stranger.example"]].concat(), &form, 403),
        (&[tab, &[FORM, "Origin: https://other.example"]].concat(), &form, 400),
        (&[tab, &[FORM, &from, "Host: evil.example"]].concat(), &form, 421),
        (&[tab, &["Content-Type: text/plain", &from]].concat(), &form, 415),
        (&[&tab[..2], &[FORM, &from]].concat(), &form, 400),
        (&[&tab[1..], &[FORM, &from]].concat(), &form, 400),
        (&[TAB[0], TAB[2], "Sec-Fetch-Dest: iframe", FORM, &from], &form, 400),
        (&usual, "", 400),
        (&usual, "request=%7B", 400),
        (&usual, "request=%zz", 400),
        (&usual, "other=%7B%7D", 400),
        (&usual, &format!("{form}&more=1"), 400),
        (&usual, &with("returnTo", json!("https://other.example/")), 400),
        (
            &usual,
            &with("returnTo", json!("https://stranger.example.evil.example/")),
            400,
        ),
        (&usual, &with("returnTo", json!("https://stranger.example/#x")), 400),
        (&usual, &with("key", key("AA")), 400),
        (
            &usual,
            &with("key", key("axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY")),
            400,
        ),
        (&usual, &with("token", json!("x")), 400),
    ];
    for (headers, body, status) in rows {
        let reply = send(&bench, headers, body).await;
        assert_eq!(reply.status, *status, "{headers:?} {body}: {reply:?}");
        assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"));
        assert!(reply.header("location").is_none() && reply.header("access-control-allow-origin").is_none());
        assert!(String::from_utf8_lossy(&reply.body).starts_with("beidd: "), "{reply:?}");
    }
    let read = bench.curl(PATH, &["-H", &from]).await;
    assert_eq!((read.status, read.header("allow")), (405, Some("POST")));
    assert_eq!(bench.told(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_card_that_was_there_when_the_tab_came_is_meant_and_no_other() {
    for (operation, members) in [
        ("read-summary", json!({ "cardId": "current" })),
        ("consent", json!({ "operation": "put" })),
    ] {
        let bench = answering(&["gateok"], Pairing::Ask).await;
        let service = Arc::clone(&bench.service);
        let call = Call {
            members: members.as_object().unwrap().clone(),
            ..Call::default()
        };
        let operation = OperationRow::named(operation).unwrap();
        let answer = tokio::spawn(async move { service.call_once((STRANGER, 1000), operation, call).await.map(drop) });
        until("the dialog", || bench.told().contains("CONFIRM").then_some(())).await;
        bench.reader.remove();
        let other = VirtualCard::new(Citizen::find("jan").unwrap(), test_pki()).unwrap();
        bench.reader.insert(other);
        until("another card", || bench.is_ready()).await;
        bench.open_gate();
        let refused = answer.await.unwrap().unwrap_err();
        assert_eq!(refused.code, ErrorCode::CardRemoved, "{}", operation.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_listed_sites_may_know_of_the_daemon_others_ask_nobody() {
    let bench = Bench::with(Setup {
        person: Some(Person::Follows(&["ok"])),
        pairing: Pairing::Ask,
        status: beid_settings::StatusFor::Listed,
        ..Setup::default()
    })
    .await;
    let reply = clicked(&bench, STRANGER, &wish(STRANGER, "/v1/cards")).await;
    assert_eq!((reply.status, bench.told().as_str()), (403, ""));
    assert_eq!(clicked(&bench, LISTED, &wish(LISTED, "/v1/cards")).await.status, 303);
}
