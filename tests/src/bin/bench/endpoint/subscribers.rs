//! A thousand who listen for events, over HTTP/2 as browsers do, and one event for all of them.

use crate::SetupFailure;
use crate::process::resident_kib;
use crate::table::LimitTable;
use beid_e2e::{Daemon, DaemonOptions, SessionBus, tls_client};
use hyper::Request;
use hyper::header::AUTHORIZATION;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

const SUBSCRIBERS: usize = 1000;
/// Streams of one connection: as many as the daemon allows.
const STREAMS: usize = 64;
/// Events that are sent to all of them.
const EVENTS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures the memory for each of them, and the time from the wish for an event until the last of them has it.
pub(super) fn measure(table: &mut LimitTable) -> Result<(), SetupFailure> {
    let bus = SessionBus::start();
    let options = DaemonOptions::new().bus(&bus).simulate("jan");
    let daemon = options.set("log", "level", "\"warn\"").start();
    let runtime = Runtime::new()?;
    let (memory, event) = runtime.block_on(listen(&daemon, &bus))?;
    let who = format!("{SUBSCRIBERS} idle listeners: memory of each");
    table.at_most(&who, memory, 20.0, "KiB");
    let what = "an event: until the last of them has it, median";
    table.at_most(what, event.as_secs_f64() * 1000.0, 100.0, "ms");
    Ok(())
}

async fn listen(daemon: &Daemon, bus: &SessionBus) -> Result<(f64, Duration), SetupFailure> {
    let token = daemon.token(&["readers"]);
    let caller = zbus::connection::Builder::address(bus.address()).build().await?;
    let before = resident_kib(daemon.pid())?;
    let (told, mut hears) = unbounded_channel();
    for first in (0..SUBSCRIBERS).step_by(STREAMS) {
        subscribe(daemon, &token, STREAMS.min(SUBSCRIBERS - first), &told).await?;
    }
    all_have(&mut hears, ": beidd").await?;
    sleep(Duration::from_secs(1)).await;
    let after = resident_kib(daemon.pid())?;
    let mut took = Vec::new();
    for _ in 0..EVENTS {
        let begun = Instant::now();
        simulate(&caller, &json!({"action": "remove"})).await?;
        took.push(all_have(&mut hears, "card.removed").await?.duration_since(begun));
        simulate(&caller, &json!({"action": "insert", "citizen": "jan"})).await?;
        all_have(&mut hears, "card.ready").await?;
    }
    took.sort_unstable();
    let median = took.get(took.len() / 2).copied().ok_or("no event")?;
    Ok(((after - before) / 1000.0, median))
}

/// Moves the simulated card.
async fn simulate(caller: &zbus::Connection, members: &Value) -> Result<(), SetupFailure> {
    let members = beid_bus::convert::to_dict(members.as_object().ok_or("members are an object")?);
    let (path, interface) = ("/org/beidd1", "org.beidd1.Manager");
    let call = caller.call_method(Some("org.beidd1"), path, Some(interface), "Simulate", &members);
    call.await?;
    Ok(())
}

/// Opens one connection with so many streams, each of which tells what it hears, and when.
async fn subscribe(
    daemon: &Daemon,
    token: &str,
    streams: usize,
    told: &UnboundedSender<(String, Instant)>,
) -> Result<(), SetupFailure> {
    let connector = TlsConnector::from(Arc::new(tls_client(&daemon.ca(), &[b"h2"])?));
    let tcp = TcpStream::connect(("127.0.0.1", daemon.port())).await?;
    let tls = connector.connect(ServerName::try_from("localhost")?, tcp).await?;
    let (requests, connection) = h2::client::handshake(tls).await?;
    tokio::spawn(connection);
    for _ in 0..streams {
        let request = Request::get(format!("https://localhost:{}/v1/events", daemon.port()));
        let request = request.header(AUTHORIZATION, format!("Bearer {token}")).body(())?;
        let (answer, _) = requests.clone().ready().await?.send_request(request, true)?;
        let answer = answer.await?;
        if answer.status() != 200 {
            return Err(format!("no events: {}", answer.status()).into());
        }
        let (told, mut body) = (told.clone(), answer.into_body());
        tokio::spawn(async move {
            while let Some(Ok(data)) = body.data().await {
                drop(body.flow_control().release_capacity(data.len()));
                let text = String::from_utf8_lossy(&data).into_owned();
                if told.send((text, Instant::now())).is_err() {
                    break;
                }
            }
        });
    }
    Ok(())
}

/// Waits until every stream has heard `what`; returns when the last one did.
async fn all_have(hears: &mut UnboundedReceiver<(String, Instant)>, what: &str) -> Result<Instant, SetupFailure> {
    let all = async {
        let (mut have, mut last) = (0, Instant::now());
        while have < SUBSCRIBERS {
            let (text, at) = hears.recv().await.ok_or("nobody listens any more")?;
            if text.contains(what) {
                (have, last) = (have + 1, at);
            }
        }
        Ok::<_, SetupFailure>(last)
    };
    timeout(PATIENCE, all)
        .await
        .map_err(|_| format!("not all have heard {what}"))?
}
