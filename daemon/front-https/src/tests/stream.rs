//! Stream of events, as curl receives it.

use super::bench::{Bench, Setup, bearer, link, service, until};
use crate::access::Credentials;
use crate::events::SseStream;
use beid_api::{AnswerForm, ErrorCode, Operation, Scope, Scopes, operations};
use beid_service::caller::Caller;
use beid_service::{Call, Service};
use beid_testkit::Scratch;
use beid_testkit::daemon::ServiceSetup;
use beid_testkit::virtual_card;
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// curl, while it reads the stream.
struct CurlStream {
    lines: Lines<BufReader<ChildStdout>>,
    child: Child,
    /// Id that the stream began with.
    begins_at: String,
}

impl CurlStream {
    /// Connects and reads the headers.
    async fn open(bench: &Bench, arguments: &[&str]) -> Self {
        let mut command = bench.command();
        let mut child = command
            .args(["-N"])
            .args(arguments)
            .arg(bench.url("/v1/events"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut stream = Self {
            lines,
            child,
            begins_at: String::new(),
        };
        let status = stream.line().await.unwrap();
        assert!(status.contains(" 200"), "{status}");
        while stream.line().await.unwrap() != ": beidd" {}
        assert_eq!(stream.line().await.unwrap(), "");
        let id = stream.line().await.unwrap();
        stream.begins_at = id.strip_prefix("id: ").unwrap().to_owned();
        assert_eq!(stream.line().await.unwrap(), "");
        stream
    }

    async fn line(&mut self) -> Option<String> {
        let line = timeout(Duration::from_secs(5), self.lines.next_line()).await;
        line.expect("a line in time").unwrap()
    }

    /// Id, name and data of the next event.
    async fn event(&mut self) -> (String, String, Value) {
        let mut field = async |name: &str| {
            let line = self.line().await.unwrap();
            let value = line.strip_prefix(name).unwrap_or_else(|| panic!("{name} in {line}"));
            value.to_owned()
        };
        let (id, name) = (field("id: ").await, field("event: ").await);
        let data = serde_json::from_str(&field("data: ").await).unwrap();
        assert_eq!(field("").await, "");
        (id, name, data)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_come_and_go_by_their_ids_only() {
    let bench = Bench::new().await;
    let id = bench.get("/v1/cards").await.json()["cards"][0]["id"].clone();
    bench.get("/v1/cards/current/identity").await; // the card has been recognised
    let token = bearer(&bench.token(&[Scope::Readers]));
    for version in ["--http1.1", "--http2"] {
        let mut stream = CurlStream::open(&bench, &[version, "-H", &token]).await;
        bench.reader.remove();
        bench.reader.insert(virtual_card("claire"));
        let mut names = Vec::new();
        let number = |id: &str| id.rsplit_once('-').unwrap().1.parse::<u64>().unwrap();
        let mut last = number(&stream.begins_at);
        for _ in 1..=3 {
            let (id, name, data) = stream.event().await;
            assert!(number(&id) > last, "{id}");
            last = number(&id);
            let members: Vec<&String> = data.as_object().unwrap().keys().collect();
            assert_eq!(members, ["readerId", "cardId"]);
            names.push((name, data["cardId"].clone()));
        }
        assert_eq!(names[0].0, "card.removed");
        assert_eq!(
            (names[1].0.as_str(), names[2].0.as_str()),
            ("card.inserted", "card.ready")
        );
        assert_ne!(names[0].1, names[1].1);
        if version == "--http1.1" {
            assert_eq!(names[0].1, id);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_are_told_to_their_owner_only() {
    let bench = Bench::new().await;
    bench.get("/v1/cards/current/identity").await;
    let (mine, others) = (bench.authorization(), bench.authorization());
    let mut owner = CurlStream::open(&bench, &["-H", &mine]).await;
    let mut stranger = CurlStream::open(&bench, &["-H", &others]).await;
    bench
        .post("/v1/therapeutic-links", &link("eidreading"), &["-H", &mine])
        .await;
    bench.reader.remove();
    let (_, name, data) = owner.event().await;
    assert_eq!(name, "operation.updated");
    assert_eq!(data.as_object().unwrap().keys().collect::<Vec<_>>(), ["operationId"]);
    assert_eq!(stranger.event().await.1, "card.removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn end_of_a_pairing_ends_its_stream_and_is_told_to_pages_of_the_same_website_only() {
    let (own, other) = ("https://own.example", "https://other.example");
    let bench = Bench::with(Setup {
        listed: vec![(own, "readers"), (other, "readers")],
        ..Setup::default()
    })
    .await;
    bench.get("/v1/cards/current/identity").await;
    let wish = serde_json::json!({ "name": "Desk", "scopes": ["readers"] });
    let open = async |origin: &str| {
        let origin = format!("Origin: {origin}");
        let granted = bench.post("/v1/pairings", &wish, &["-H", &origin]).await.json();
        let token = bearer(granted["token"].as_str().unwrap());
        let stream = CurlStream::open(&bench, &["-H", &origin, "-H", &token]).await;
        (stream, granted["id"].as_str().unwrap().to_owned(), token)
    };
    let (mut ends, id, token) = open(own).await;
    let (mut sees, ..) = open(own).await;
    let (mut others, ..) = open(other).await;
    let (path, origin) = (format!("/v1/pairings/{id}"), format!("Origin: {own}"));
    let ended = bench.curl(&path, &["-X", "DELETE", "-H", &origin, "-H", &token]).await;
    assert_eq!(ended.status, 200);
    while ends.line().await.is_some() {}
    let (_, name, data) = sees.event().await;
    assert_eq!(
        (name.as_str(), data),
        ("pairing.changed", serde_json::json!({ "pairingId": id }))
    );
    bench.reader.remove();
    assert_eq!(others.event().await.1, "card.removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_gets_what_it_missed_and_nothing_of_others() {
    let bench = Bench::new().await;
    bench.get("/v1/cards/current/identity").await;
    let (mine, others) = (bench.authorization(), bench.authorization());
    for version in ["--http1.1", "--http2"] {
        let stream = CurlStream::open(&bench, &[version, "-H", &mine]).await;
        let last = format!("Last-Event-ID: {}", stream.begins_at);
        drop(stream);
        bench.reader.remove();
        for caller in [&others, &mine] {
            let refused = bench
                .post("/v1/therapeutic-links", &link("eidreading"), &["-H", caller])
                .await;
            assert_eq!(refused.code(), "no-card");
        }
        let mut again = CurlStream::open(&bench, &[version, "-H", &mine, "-H", &last]).await;
        assert_eq!(again.event().await.1, "card.removed");
        let (id, name, _) = again.event().await;
        assert_eq!(name, "operation.updated", "begun");
        let ended = again.event().await;
        assert_eq!(ended.1, "operation.updated");
        bench.reader.insert(virtual_card("claire"));
        assert_eq!(
            again.event().await.1,
            "card.inserted",
            "nothing of the other's operation"
        );
        let from_there = format!("Last-Event-ID: {id}");
        let mut third = CurlStream::open(&bench, &[version, "-H", &mine, "-H", &from_there]).await;
        assert_eq!(third.event().await, ended);
        until("the card is read", || bench.is_ready()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_too_late_is_told_to_look_again_and_the_end_is_told() {
    let bench = Bench::new().await;
    bench.get("/v1/cards/current/identity").await;
    let token = bearer(&bench.token(&[Scope::Readers]));
    for last in ["41", "", "0123456789abcdef-1"] {
        let last = if last.is_empty() {
            "Last-Event-ID;".to_owned()
        } else {
            format!("Last-Event-ID: {last}")
        };
        let mut stream = CurlStream::open(&bench, &["-H", &token, "-H", &last]).await;
        assert_eq!(stream.event().await.1, "resync", "{last}");
    }
    let mut stream = CurlStream::open(&bench, &["-H", &token]).await;
    bench.service.shut_down();
    bench.stop.cancel();
    assert_eq!(stream.event().await.1, "service.draining");
    timeout(Duration::from_secs(1), bench.serving).await.unwrap().unwrap();
    while stream.line().await.is_some() {}
    assert!(
        stream.child.wait().await.unwrap().success(),
        "it ended as streams should"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn events_need_the_scope_readers_and_a_token_in_its_header() {
    let bench = Bench::new().await;
    let lacking = bearer(&bench.token(&[Scope::IdentityFull]));
    assert_eq!(
        bench.curl("/v1/events", &["-H", &lacking]).await.code(),
        "scope-missing"
    );
    assert_eq!(bench.curl("/v1/events?token=x", &[]).await.code(), "token-missing");
    let json = ["-H", "Accept: application/json", "-H", &bench.authorization()];
    assert_eq!(bench.curl("/v1/events", &json).await.code(), "not-acceptable");
}

/// A stream with a token that was valid for `days` from `since` on, once it has begun.
async fn begun(service: &Arc<Service>, days: Option<u16>, since: Timestamp) -> SseStream {
    let scopes = Scopes::parse(["readers"], "scopes").unwrap();
    let token = service.tokens.create("desk", &scopes, days, since).unwrap();
    let name = "authorization".parse().unwrap();
    let headers = [(name, format!("Bearer {token}").parse().unwrap())]
        .into_iter()
        .collect();
    let credentials = Credentials::from_headers(&headers, None).unwrap();
    let mut stream = SseStream::new(Arc::clone(service), credentials, &headers, CancellationToken::new()).unwrap();
    assert!(stream.next().await.unwrap().starts_with(": beidd\n\nid: "));
    assert_eq!(stream.next().now_or_never(), None, "nothing is sent between events");
    stream
}

#[tokio::test]
async fn a_quiet_stream_ends_as_soon_as_its_token_is_revoked() {
    let scratch = Scratch::new("stream");
    let service = service(&Setup::default(), scratch.path());
    let mut stream = begun(&service, None, service.now()).await;
    let other = service.tokens.create("other", &Scopes::all(), None, service.now());
    drop(other.unwrap());
    service.caller_left(&service.tokens.revoke("other").unwrap());
    assert_eq!(stream.next().now_or_never(), None, "another's token is nothing to it");
    service.caller_left(&service.tokens.revoke("desk").unwrap());
    assert_eq!(stream.next().now_or_never(), Some(None));
}

#[tokio::test]
async fn a_quiet_stream_ends_with_the_validity_of_its_token() {
    let scratch = Scratch::new("stream");
    let service = service(&Setup::default(), scratch.path());
    let yesterday = service.now() - SignedDuration::from_hours(24) + SignedDuration::from_secs(2);
    let mut stream = begun(&service, Some(1), yesterday).await;
    assert_eq!(timeout(Duration::from_secs(20), stream.next()).await, Ok(None));
}

/// Seconds by which the clock of the next test is ahead.
static AHEAD: AtomicI64 = AtomicI64::new(0);

fn clock_ahead() -> Timestamp {
    let start: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    start + SignedDuration::from_secs(AHEAD.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_quiet_stream_of_the_own_page_keeps_its_session_until_it_closes() {
    let scratch = Scratch::new("stream");
    let mut setup = ServiceSetup::new(scratch.path(), "");
    setup.clock = clock_ahead;
    let service = setup.start();
    service.pages.serve_at(32032);
    let call = async |row, members: Value| {
        let call = Call {
            members: members.as_object().unwrap().clone(),
            ..Call::default()
        };
        let answer = service.call(row, Caller::on_bus(":1.1", "beidctl"), call).await;
        let Ok(AnswerForm::Members(members)) = answer else {
            panic!("{answer:?}")
        };
        members
    };
    let opened = call(operations::OpenPage::ROW, json!({})).await;
    let (_, code) = opened["url"].as_str().unwrap().split_once("#code=").unwrap();
    let session = call(operations::StartPageSession::ROW, json!({ "code": code })).await;
    let shown = format!("Bearer {}", session["token"].as_str().unwrap());
    let headers = [("authorization".parse().unwrap(), shown.parse().unwrap())]
        .into_iter()
        .collect();
    let credentials = || Credentials::from_headers(&headers, None).unwrap().on_own_page(true);
    let stop = CancellationToken::new();
    let stream = SseStream::new(Arc::clone(&service), credentials(), &headers, stop).unwrap();
    AHEAD.fetch_add(8 * 3600, Ordering::SeqCst);
    assert!(credentials().caller(&service, false).is_ok());
    AHEAD.fetch_add(3600, Ordering::SeqCst);
    drop(stream);
    AHEAD.fetch_add(599, Ordering::SeqCst);
    assert!(credentials().caller(&service, false).is_ok(), "it may connect again");
    AHEAD.fetch_add(600, Ordering::SeqCst);
    let late = credentials().caller(&service, false).unwrap_err();
    assert_eq!(late.code, ErrorCode::TokenExpired);
}
