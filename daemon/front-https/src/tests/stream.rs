//! Stream of events, as curl receives it.

use super::bench::{Bench, Setup, bearer, link, service};
use crate::access::Credentials;
use crate::events;
use beid_api::{Scope, Scopes};
use beid_testkit::Scratch;
use beid_testkit::virtual_card;
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// curl, while it reads the stream.
struct CurlStream {
    lines: Lines<BufReader<ChildStdout>>,
    child: Child,
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
        let mut stream = Self { lines, child };
        let status = stream.line().await.unwrap();
        assert!(status.contains(" 200"), "{status}");
        while stream.line().await.unwrap() != ": beidd" {}
        assert_eq!(stream.line().await.unwrap(), "");
        stream
    }

    async fn line(&mut self) -> Option<String> {
        let line = timeout(Duration::from_secs(5), self.lines.next_line()).await;
        line.expect("a line in time").unwrap()
    }

    /// Id, name and data of the next event.
    async fn event(&mut self) -> (u64, String, Value) {
        let mut field = async |name: &str| {
            let line = self.line().await.unwrap();
            let value = line.strip_prefix(name).unwrap_or_else(|| panic!("{name} in {line}"));
            value.to_owned()
        };
        let (id, name) = (field("id: ").await, field("event: ").await);
        let data = serde_json::from_str(&field("data: ").await).unwrap();
        assert_eq!(field("").await, "");
        (id.parse().unwrap(), name, data)
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
        for number in 1..=3 {
            let (id, name, data) = stream.event().await;
            assert_eq!(id, number);
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
async fn who_comes_back_is_told_to_look_again_and_the_end_is_told() {
    let bench = Bench::new().await;
    bench.get("/v1/cards/current/identity").await;
    let token = bearer(&bench.token(&[Scope::Readers]));
    let mut stream = CurlStream::open(&bench, &["-H", &token, "-H", "Last-Event-ID: 41"]).await;
    assert_eq!(stream.event().await.1, "resync");
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

#[tokio::test]
async fn a_quiet_stream_says_so_until_its_token_is_revoked() {
    let scratch = Scratch::new("stream");
    let service = service(&Setup::default(), scratch.path());
    let scopes = Scopes::parse(["readers"], "scopes").unwrap();
    let token = service.tokens.create("desk", &scopes, None, service.now()).unwrap();
    let headers = [(
        "authorization".parse().unwrap(),
        format!("Bearer {token}").parse().unwrap(),
    )];
    let credentials = Credentials::from_headers(&headers.into_iter().collect(), None).unwrap();
    let caller = credentials.caller(&service, false).unwrap().id;
    let (stop, often) = (CancellationToken::new(), Duration::from_millis(10));
    let mut stream = events::SseStream::new(service.clone(), credentials, caller, stop, often);
    for _ in 0..3 {
        assert_eq!(stream.next().await.as_deref(), Some(": beidd\n\n"));
    }
    service.tokens.revoke("desk").unwrap();
    assert_eq!(stream.next().await, None);
}
