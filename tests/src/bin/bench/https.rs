//! A patient who is asked for again and again over one connection, beside a bare server made of the same crates.

use crate::SetupFailure;
use crate::clock::TransmitClock;
use crate::place::connect;
use crate::table::{Runs, Table, us};
use beid_api::Scopes;
use beid_card::{Judge, Transport, TransportError, Wanted};
use beid_e2e::{Scratch, test_trust};
use beid_front_https::{Https, HttpsSettings};
use beid_service::Service;
use beid_service::cards::{Insertion, Lane};
use beid_testkit::daemon::ServiceSetup;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned};
use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// Requests of one kind before the next kind has its turn, and turns of each.
const IN_A_TURN: usize = 100;
const TURNS: usize = 20;
/// The most that a repeated identity may take, as a multiple of what the bare server takes.
const LIMIT: f64 = 1.5;

/// Prints the tables; returns true if the limit was kept.
pub(crate) fn tables(reader: &str) -> Result<bool, SetupFailure> {
    let desk = HttpsDesk::start(reader)?;
    let identity = "/v1/cards/current/identity";
    let body = desk.client()?.get(identity)?;
    let bare_port = desk.serve_bare(body)?;
    let mut clients = [
        (
            "a bare server: the same octets, always",
            desk.client_at(bare_port)?,
            identity,
        ),
        ("status", desk.client()?, "/v1/status"),
        ("readers", desk.client()?, "/v1/readers"),
        ("identity", desk.client()?, identity),
    ];
    let mut waited = [const { Vec::new() }; 4];
    for turn in 0..=TURNS {
        for ((_, client, path), waited) in clients.iter_mut().zip(&mut waited) {
            for _ in 0..IN_A_TURN {
                let begun = Instant::now();
                client.get(path)?;
                // The first turn warms up.
                if turn > 0 {
                    waited.push(begun.elapsed());
                }
            }
        }
    }
    let runs = waited.map(Runs::of);
    let bare = runs.first().map(Runs::median).unwrap_or_default().as_secs_f64();
    let mut table = Table::new(
        "Requests over one TLS connection, card through pcscd",
        ["request", "µs, least", "µs, median", "times the bare server", "limit"],
    );
    let mut kept = true;
    for ((what, _, _), runs) in clients.iter().zip(&runs) {
        let times = runs.median().as_secs_f64() / bare;
        let limited = *what == "identity";
        let over = limited && times > LIMIT;
        kept &= !over;
        table.row([
            (*what).to_owned(),
            us(runs.min()),
            us(runs.median()),
            format!("{times:.1}"),
            match (limited, over) {
                (false, _) => "–".to_owned(),
                (true, false) => format!("{LIMIT}"),
                (true, true) => format!("{LIMIT} (over)"),
            },
        ]);
    }
    println!("{table}");
    println!("{}", desk.parts()?);
    Ok(kept)
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

    /// Parts of a repeated identity, each measured alone.
    fn parts(&self) -> Result<Table, SetupFailure> {
        let mut parts = [const { Vec::new() }; 4];
        for _ in 0..IN_A_TURN * TURNS {
            let (trust, now) = (test_trust().clone(), self.service.now());
            self.clock.clear();
            let begun = Instant::now();
            let handed = self.card.run(Lane::Text, |_, _| Ok(()));
            self.runtime.block_on(handed).map_err(|error| format!("{error:?}"))?;
            let handed = begun.elapsed();
            let read = self.card.run(Lane::Text, move |card, around| {
                let begun = Instant::now();
                let judge = Judge { trust: &trust, now };
                card.holder(Wanted::default(), judge, around).map(|_| begun.elapsed())
            });
            let read = self.runtime.block_on(read).map_err(|error| format!("{error:?}"))?;
            let (_, read) = read.into_parts();
            let presence = self.clock.presence();
            let [a, b, c, d] = &mut parts;
            a.push(handed);
            b.push(presence);
            c.push(read.saturating_sub(presence));
            d.push(handed + read);
        }
        let names = [
            "hand-over to the card's thread and back",
            "presence: SCardStatus, an exchange with pcscd",
            "identity from memory, and its checks",
            "all three",
        ];
        let mut table = Table::new(
            "Parts of a repeated identity, inside the service",
            ["part", "µs, least", "µs, median"],
        );
        for (name, part) in names.iter().zip(parts) {
            let runs = Runs::of(part);
            table.row([(*name).to_owned(), us(runs.min()), us(runs.median())]);
        }
        Ok(table)
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

/// A client that keeps its connection, as plain as one can be.
struct KeptConnection {
    stream: StreamOwned<ClientConnection, TcpStream>,
    port: u16,
    token: String,
}

impl KeptConnection {
    fn open(port: u16, token: &str, ca: &Path) -> Result<Self, SetupFailure> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(ca)?)?;
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(rustls::DEFAULT_VERSIONS)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tcp = TcpStream::connect(("127.0.0.1", port))?;
        tcp.set_nodelay(true)?;
        let tls = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost")?)?;
        Ok(Self {
            stream: StreamOwned::new(tls, tcp),
            port,
            token: token.to_owned(),
        })
    }

    /// The body of the answer, which must be 200.
    fn get(&mut self, path: &str) -> Result<Vec<u8>, SetupFailure> {
        let (port, token) = (self.port, &self.token);
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\nauthorization: Bearer {token}\r\n\r\n");
        self.stream.write_all(request.as_bytes())?;
        let (mut answer, mut piece) = (Vec::new(), [0; 16 * 1024]);
        loop {
            let read = self.stream.read(&mut piece)?;
            answer.extend_from_slice(piece.get(..read).unwrap_or_default());
            if let Some(body) = whole(&answer)? {
                return Ok(body);
            }
            if read == 0 {
                return Err("the connection ended".into());
            }
        }
    }
}

/// The body, once it is there with all its octets.
fn whole(answer: &[u8]) -> Result<Option<Vec<u8>>, SetupFailure> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let (head, body) = answer.split_at(end + 4);
    let head = std::str::from_utf8(head)?.to_ascii_lowercase();
    if !head.starts_with("http/1.1 200") {
        return Err(format!("not 200: {head}").into());
    }
    let length = head
        .split("content-length:")
        .nth(1)
        .and_then(|rest| rest.lines().next());
    let length: usize = length.ok_or("no length")?.trim().parse()?;
    Ok(body.get(..length).map(<[u8]>::to_vec))
}
