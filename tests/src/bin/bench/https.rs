//! A patient who is asked for again and again over one connection, beside a bare server made of the same crates.

use crate::SetupFailure;
use crate::clock::TransmitClock;
use crate::place::connect;
use crate::table::{Runs, Table, us};
use beid_api::Scopes;
use beid_card::{Judge, Transport, TransportError, Wanted};
use beid_e2e::{KeptConnection, Scratch, test_trust};
use beid_front_https::{Https, HttpsSettings};
use beid_service::Service;
use beid_service::cards::{Insertion, Lane};
use beid_testkit::daemon::ServiceSetup;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// Requests of one kind before the next kind has its turn, and turns of each.
const IN_A_TURN: usize = 100;
const TURNS: usize = 20;
/// The most that a repeated identity may take, as a multiple of what cannot be saved: a bare server's answer, a thread
/// woken, and PC/SC asked.
const LIMIT: f64 = 1.5;

/// Prints the tables; returns true if the limit was kept.
pub(crate) fn tables(reader: &str) -> Result<bool, SetupFailure> {
    let desk = HttpsDesk::start(reader)?;
    let identity = "/v1/cards/current/identity";
    let body = desk.client()?.get(identity)?;
    let bare_port = desk.serve_bare(body)?;
    let mut clients = [
        (desk.client_at(bare_port)?, identity),
        (desk.client()?, "/v1/status"),
        (desk.client()?, "/v1/readers"),
        (desk.client()?, identity),
    ];
    let mut waited = [const { Vec::new() }; 4];
    let mut parts = IdentityParts::default();
    for turn in 0..=TURNS {
        // The first turn warms up.
        let counts = turn > 0;
        for ((client, path), waited) in clients.iter_mut().zip(&mut waited) {
            for _ in 0..IN_A_TURN {
                let begun = Instant::now();
                client.get(path)?;
                waited.extend(counts.then(|| begun.elapsed()));
            }
        }
        let [(bare, path), ..] = &mut clients;
        for _ in 0..IN_A_TURN {
            // In the rhythm of requests: a thread that has slept for longer takes longer to wake.
            bare.get(path)?;
            desk.measure_hand_over(counts.then_some(&mut parts))?;
            bare.get(path)?;
            desk.measure_reading(counts.then_some(&mut parts))?;
        }
    }
    let [bare, status, readers, identity] = waited.map(Runs::of);
    let kept = print_requests(&bare, [&status, &readers, &identity], &parts);
    println!("{}", parts.table(&bare, &identity));
    Ok(kept)
}

/// Prints the requests beside the bare server; returns true if the limit was kept.
fn print_requests(bare: &Runs, [status, readers, identity]: [&Runs; 3], parts: &IdentityParts) -> bool {
    let mut table = Table::new(
        "Requests over one TLS connection, card through pcscd",
        [
            "request",
            "µs, least",
            "µs, median",
            "times the bare server",
            "limit, µs",
        ],
    );
    let limit = (bare.median() + parts.unavoidable()).mul_f64(LIMIT);
    let kept = identity.median() <= limit;
    let limited = us(limit) + if kept { "" } else { " (over)" };
    for (what, runs, limit) in [
        ("a bare server: the same octets, always", bare, "–"),
        ("status", status, "–"),
        ("readers", readers, "–"),
        ("identity", identity, limited.as_str()),
    ] {
        let times = runs.median().as_secs_f64() / bare.median().as_secs_f64();
        table.row([
            what.to_owned(),
            us(runs.min()),
            us(runs.median()),
            format!("{times:.1}"),
            limit.to_owned(),
        ]);
    }
    println!("{table}");
    kept
}

/// Times of the parts of a repeated identity, each measured alone.
#[derive(Default)]
struct IdentityParts {
    handed: Vec<Duration>,
    presence: Vec<Duration>,
    read: Vec<Duration>,
}

impl IdentityParts {
    fn medians(&self) -> [Duration; 3] {
        [&self.handed, &self.presence, &self.read].map(|part| Runs::of(part.iter().copied()).median())
    }

    /// Time that no answer from memory can do without, beside that of a bare server.
    fn unavoidable(&self) -> Duration {
        let [handed, presence, _] = self.medians();
        handed + presence
    }

    /// Lists the parts of the distance between a bare server's answer and an identity.
    fn table(&self, bare: &Runs, identity: &Runs) -> Table {
        let [handed, presence, read] = self.medians();
        let named = bare.median() + handed + presence + read;
        let rest = identity.median().saturating_sub(named);
        let mut table = Table::new("Parts of a repeated identity", ["part", "µs, median"]);
        for (part, took) in [
            ("a bare server: TLS, HTTP, and both ends woken", bare.median()),
            ("hand-over to the card's thread and back", handed),
            ("presence: SCardStatus, two exchanges with pcscd", presence),
            ("identity from memory, and its checks", read),
            ("the rest: checks of the caller, members, JSON", rest),
            ("identity", identity.median()),
        ] {
            table.row([part.to_owned(), us(took)]);
        }
        table
    }
}

/// A service with its HTTPS side inside our own process, and a card in a reader of `pcscd`.
struct HttpsDesk {
    runtime: Runtime,
    service: Arc<Service>,
    card: Arc<Insertion>,
    clock: TransmitClock,
    scratch: Scratch,
    port: u16,
    token: String,
    stop: CancellationToken,
}

impl HttpsDesk {
    fn start(reader: &str) -> Result<Self, SetupFailure> {
        let (runtime, scratch) = (Runtime::new()?, Scratch::new("bench"));
        let service = ServiceSetup::new(scratch.path(), "").start();
        let scopes = Scopes::parse(["readers", "identity.full"], "scopes").map_err(|error| format!("{error:?}"))?;
        let token = service.tokens.create("bench", &scopes, None, service.now());
        let token = token.map_err(|error| format!("{error:?}"))?;
        let stop = CancellationToken::new();
        let settings = HttpsSettings {
            port: 0,
            port_is_fixed: true,
            allow_users: Vec::new(),
            tls_directory: scratch.path().join("tls"),
            certificate: None,
        };
        let https = runtime.block_on(Https::bind(settings))?;
        let port = https.port();
        runtime.spawn(https.serve(Arc::clone(&service), stop.clone()));
        let clock = TransmitClock::default();
        let card = meet(&service, reader, &clock)?;
        Ok(Self {
            runtime,
            service,
            card,
            clock,
            scratch,
            port,
            token,
            stop,
        })
    }

    /// Serves `body` whatever is asked, with our certificates; returns the port.
    fn serve_bare(&self, body: Vec<u8>) -> Result<u16, SetupFailure> {
        let directory = self.scratch.path().join("tls");
        let chain = CertificateDer::pem_file_iter(directory.join("cert.pem"))?.collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_file(directory.join("key.pem"))?;
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(rustls::DEFAULT_VERSIONS)?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = self.runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
        let port = listener.local_addr()?.port();
        let body = Bytes::from(body);
        self.runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, body) = (acceptor.clone(), body.clone());
                tokio::spawn(async move {
                    stream.set_nodelay(true).ok()?;
                    let stream = acceptor.accept(stream).await.ok()?;
                    let answer = service_fn(|_| {
                        let response = hyper::Response::new(Full::new(body.clone()));
                        async move { Ok::<_, Infallible>(response) }
                    });
                    http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), answer)
                        .await
                        .ok()
                });
            }
        });
        Ok(port)
    }

    fn client(&self) -> Result<KeptConnection, SetupFailure> {
        self.client_at(self.port)
    }

    fn client_at(&self, port: u16) -> Result<KeptConnection, SetupFailure> {
        KeptConnection::open(port, &self.token, &self.scratch.path().join("tls/ca.pem"))
    }

    /// Measures the way to the card's thread and back, without work.
    fn measure_hand_over(&self, parts: Option<&mut IdentityParts>) -> Result<(), SetupFailure> {
        let begun = Instant::now();
        let handed = self.card.run(Lane::Text, |_, _| Ok(()));
        self.runtime.block_on(handed).map_err(|error| format!("{error:?}"))?;
        if let Some(parts) = parts {
            parts.handed.push(begun.elapsed());
        }
        Ok(())
    }

    /// Measures what the card's thread does for a repeated identity.
    fn measure_reading(&self, parts: Option<&mut IdentityParts>) -> Result<(), SetupFailure> {
        let (trust, now) = (test_trust().clone(), self.service.now());
        self.clock.clear();
        let read = self.card.run(Lane::Text, move |card, around| {
            let begun = Instant::now();
            let judge = Judge { trust: &trust, now };
            card.holder(Wanted::default(), judge, around).map(|_| begun.elapsed())
        });
        let read = self.runtime.block_on(read).map_err(|error| format!("{error:?}"))?;
        let (_, read) = read.into_parts();
        if let Some(parts) = parts {
            let presence = self.clock.presence();
            parts.presence.push(presence);
            parts.read.push(read.saturating_sub(presence));
        }
        Ok(())
    }
}

impl Drop for HttpsDesk {
    fn drop(&mut self) {
        self.service.shut_down();
        self.stop.cancel();
        self.service.registry.wait_for_threads(Duration::from_secs(5));
    }
}

/// Lets the service meet the card in `reader`; returns when it is ready.
fn meet(service: &Arc<Service>, reader: &str, clock: &TransmitClock) -> Result<Arc<Insertion>, SetupFailure> {
    let number = service.registry.reader_added(reader);
    let (name, clock) = (reader.to_owned(), clock.clone());
    let card = move || -> Result<Box<dyn Transport>, TransportError> { Ok(Box::new(connect(&name, &clock)?)) };
    service.registry.card_inserted(number, false, Box::new(card));
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(10) {
        let card = service
            .registry
            .resolve("current")
            .map_err(|error| format!("{error:?}"))?;
        if card.status().applet().is_some() {
            return Ok(card);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Err("the card does not become ready".into())
}
