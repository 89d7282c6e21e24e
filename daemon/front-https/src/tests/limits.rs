//! Limits on calls and connections: neither a page nor a user keeps the others out, and whoever is refused is told so.

use super::bench::{Bench, LISTED, bearer};
use beid_api::{OperationRow, Scope, Scopes};
use beid_service::Call;
use beid_service::caller::{Asker, Caller, CallerId};
use h2::RecvStream;
use h2::client::SendRequest;
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

/// Calls at once of one website.
const OF_A_WEBSITE: usize = crate::request::CALLS.of_a_website;
/// Connections at once of one user.
const OF_A_USER: usize = crate::places::PLACES_OF_A_USER;

/// Streams of events that a client keeps open.
#[derive(Default)]
struct OpenStreams {
    http1: Vec<TlsStream<TcpStream>>,
    http2: Vec<(SendRequest<Bytes>, Vec<RecvStream>)>,
}

impl OpenStreams {
    async fn open(bench: &Bench, version: &str, fields: &[(&str, &str)], count: usize) -> Self {
        let mut open = Self::default();
        if version == "--http1.1" {
            for _ in 0..count {
                let mut stream = bench.connect(&["http/1.1"]).await;
                let mut head = format!("GET /v1/events HTTP/1.1\r\nHost: localhost:{}\r\n", bench.port);
                fields
                    .iter()
                    .for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
                stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
                assert_eq!(said(&mut stream).await, 200);
                open.http1.push(stream);
            }
            return open;
        }
        // As many on each connection as it takes.
        for on_one in [64].repeat(count / 64) {
            let (mut client, connection) = h2::client::handshake(bench.connect(&["h2"]).await).await.unwrap();
            tokio::spawn(connection);
            let mut bodies = Vec::new();
            for _ in 0..on_one {
                let mut request = Request::get(bench.url("/v1/events"));
                for (name, value) in fields {
                    request = request.header(*name, *value);
                }
                client = client.ready().await.unwrap();
                let (response, _) = client.send_request(request.body(()).unwrap(), true).unwrap();
                let response = timeout(Duration::from_secs(20), response).await.unwrap().unwrap();
                assert_eq!(response.status(), StatusCode::OK);
                bodies.push(response.into_body());
            }
            open.http2.push((client, bodies));
        }
        open
    }

    /// Gives up one stream.
    fn close_one(&mut self) {
        if self.http1.pop().is_none() {
            // Not the last one, which the client itself still holds.
            drop(self.http2[0].1.remove(0));
        }
    }
}

/// Status of the next answer over HTTP/1.1.
async fn said(stream: &mut (impl AsyncReadExt + Unpin)) -> u16 {
    let mut said = vec![0; 64 * 1024];
    let length = timeout(Duration::from_secs(20), stream.read(&mut said))
        .await
        .unwrap()
        .unwrap();
    let said = String::from_utf8_lossy(&said[..length]).into_owned();
    said.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Token for a page of the listed website.
async fn paired(bench: &Bench) -> String {
    let wish = json!({ "name": "Desk", "scopes": ["readers"] });
    let reply = bench
        .post("/v1/pairings", &wish, &["-H", &format!("Origin: {LISTED}")])
        .await;
    bearer(reply.json()["token"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_page_that_asks_without_end_keeps_neither_programs_nor_itself_out_for_good() {
    for version in ["--http1.1", "--http2"] {
        let bench = Bench::new().await;
        let (authorization, origin) = (paired(&bench).await, format!("Origin: {LISTED}"));
        let token = authorization.split_once(": ").unwrap().1;
        let fields = [("origin", LISTED), ("authorization", token)];
        let mut open = OpenStreams::open(&bench, version, &fields, OF_A_WEBSITE).await;
        let ask = async || {
            bench
                .curl("/v1/readers", &[version, "-H", &origin, "-H", &authorization])
                .await
        };
        let refused = ask().await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (429, "too-many-requests"),
            "{version}"
        );
        assert_eq!(refused.header("retry-after"), Some("1"));
        assert_eq!(
            refused.header("access-control-allow-origin"),
            Some(LISTED),
            "the page may read why"
        );
        let program = bearer(&bench.token(&[Scope::Readers]));
        assert_eq!(bench.curl("/v1/readers", &[version, "-H", &program]).await.status, 200);
        open.close_one();
        // The daemon notices a moment later.
        for _ in 0..250 {
            if ask().await.status == 200 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(ask().await.status, 200, "{version}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_a_place_is_told_so_and_gets_one_that_becomes_free() {
    let bench = Bench::new().await;
    let authorization = bench.authorization();
    let request = format!(
        "GET /v1/readers HTTP/1.1\r\nHost: localhost:{}\r\n{authorization}\r\n\r\n",
        bench.port
    );
    let mut known = Vec::new();
    for _ in 0..OF_A_USER {
        let mut stream = bench.connect(&["http/1.1"]).await;
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(said(&mut stream).await, 200);
        known.push(stream);
        // Between two requests a connection over HTTP/1.1 lasts ten seconds: those that wait ask again.
        if known.len() % 48 == 0 {
            for stream in &mut known {
                stream.write_all(request.as_bytes()).await.unwrap();
                assert_eq!(said(stream).await, 200);
            }
        }
    }
    for version in ["--http1.1", "--http2"] {
        let refused = bench.curl("/v1/readers", &[version, "-H", &authorization]).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (429, "too-many-requests"),
            "{version}"
        );
        assert_eq!(refused.header("retry-after"), Some("1"));
    }
    let mut standing = bench.connect(&["http/1.1"]).await;
    standing.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(said(&mut standing).await, 429);
    known.pop();
    for _ in 0..250 {
        standing.write_all(request.as_bytes()).await.unwrap();
        if said(&mut standing).await == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no place has become free");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_website_has_one_limit_on_operations_however_often_it_pairs() {
    let bench = Bench::new().await;
    let verify = OperationRow::named("verify-card").unwrap();
    let pairings = async || {
        let wish = json!({ "name": "Desk", "scopes": ["readers"] });
        let reply = bench
            .post("/v1/pairings", &wish, &["-H", &format!("Origin: {LISTED}")])
            .await;
        reply.json()["id"].as_str().unwrap().to_owned()
    };
    let (one, other) = (pairings().await, pairings().await);
    let mut refusals = 0;
    for number in 0..70 {
        let pairing = if number % 2 == 0 { &one } else { &other };
        let caller = Caller {
            id: CallerId::Page {
                origin: LISTED.to_owned(),
                pairing: pairing.clone(),
            },
            asker: Asker::Origin(LISTED.to_owned()),
            scopes: Scopes::all(),
            ..Caller::anonymous()
        };
        let members = json!({ "cardId": "current" }).as_object().cloned().unwrap();
        let call = Call {
            members,
            ..Call::default()
        };
        refusals += usize::from(bench.service.start(verify, caller, call).is_err());
    }
    assert_eq!(refusals, 6);
}
