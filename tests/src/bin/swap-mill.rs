//! Swaps virtual cards in one reader as fast as it can under eight callers, half of them over D-Bus and half over HTTPS,
//! and counts answers that are not of the card they say, or not of its holder. Prints one line of JSON.
//!
//! `DBUS_SESSION_BUS_ADDRESS` says which bus; it must be a private one.

#![expect(clippy::print_stdout, reason = "the report is what it is for")]
#![expect(clippy::indexing_slicing, reason = "members that JSON does not have read as null")]

use beid_api::Scopes;
use beid_e2e::{plain, test_pki};
use beid_front_https::{Https, HttpsSettings};
use beid_settings::Bus;
use beid_simulator::{Citizen, TestPki, VirtualCard};
use beid_sources::simulated::SimulatedReader;
use beid_testkit::daemon::ServiceSetup;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;
use zbus::zvariant::{OwnedVariant, Variant};

type Anyhow = Box<dyn Error + Send + Sync>;

const CALLERS: usize = 8;
/// Two of each generation, none alike.
const CITIZENS: [&str; 4] = ["anna", "jan", "bram", "claire"];

/// Answer that one caller got.
struct Told {
    /// The card it asked for; `None` if it asked for whichever is there.
    asked: Option<String>,
    /// The card the answer names.
    card: String,
    /// The holder the answer names.
    holder: String,
    /// The holder's address, if the answer has it.
    street: Option<String>,
}

#[derive(Default)]
struct Ledger {
    told: Mutex<Vec<Told>>,
    refused: AtomicUsize,
    unexpected: Mutex<Vec<String>>,
    done: AtomicBool,
}

impl Ledger {
    /// Waits for one more answer; not for ever, should there be none.
    fn wait_for_another(&self) {
        let answers = || self.told.lock().unwrap_or_else(PoisonError::into_inner).len();
        let (before, begun) = (answers(), Instant::now());
        while answers() == before && begun.elapsed() < Duration::from_secs(1) {
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    fn note(&self, outcome: Result<Told, String>) {
        match outcome {
            Ok(told) => self.told.lock().unwrap_or_else(PoisonError::into_inner).push(told),
            Err(code) if ["card-removed", "no-card"].contains(&code.as_str()) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
            }
            Err(other) => self
                .unexpected
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(other),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Anyhow> {
    let swaps: usize = std::env::args().nth(1).map_or(Ok(20_000), |count| count.parse())?;
    let scratch = beid_e2e::Scratch::new("swap-mill");
    let pki = test_pki();
    let service = ServiceSetup::new(scratch.path(), "").start();
    let token = service
        .tokens
        .create("mill", &Scopes::all(), None, Timestamp::now())
        .map_err(|_| "no token")?;
    let https = Https::bind(HttpsSettings {
        port: 0,
        port_is_fixed: true,
        allow_users: Vec::new(),
        tls_directory: scratch.path().join("tls"),
        certificate: None,
    })
    .await?;
    let (port, ca) = (https.port(), https.ca_certificate().to_owned());
    let stop = CancellationToken::new();
    let bus = beid_front_dbus::Bus::connect(Arc::clone(&service), Bus::Session, port).await?;
    let fronts = [
        tokio::spawn(https.serve(Arc::clone(&service), stop.clone())),
        tokio::spawn(bus.serve(stop.clone())),
    ];
    let ledger = Arc::new(Ledger::default());
    let reader = SimulatedReader::plug_in(&service.registry, "Simulated reader");
    let mut callers = Vec::new();
    for number in 0..CALLERS {
        let ledger = Arc::clone(&ledger);
        let tls = tls(&ca)?;
        let token = token.clone();
        callers.push(if number.is_multiple_of(2) {
            tokio::spawn(async move { over_https(&ledger, &tls, port, &token, number).await })
        } else {
            tokio::spawn(async move { over_bus(&ledger, number).await })
        });
    }
    let watched = Arc::clone(&ledger);
    let truth = tokio::task::spawn_blocking(move || swap(&reader, &watched, pki, swaps)).await??;
    ledger.done.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await??;
    }
    stop.cancel();
    for front in fronts {
        front.await?;
    }
    println!("{}", report(&ledger, &truth, swaps));
    Ok(())
}

/// Which citizen each insertion really was.
type Truth = HashMap<String, &'static Citizen>;

/// Puts one card in after the other, mostly for far too short a time to be read, now and then until it has been.
fn swap(reader: &SimulatedReader, ledger: &Ledger, pki: &TestPki, swaps: usize) -> Result<Truth, Anyhow> {
    let citizens = CITIZENS
        .iter()
        .map(|id| Citizen::find(id))
        .collect::<Result<Vec<_>, _>>()?;
    let mut truth = Truth::new();
    // xorshift: any spread will do, and the same one each time.
    let mut random = 0x9E37_79B9_u32;
    for number in 0..swaps {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        let citizen = citizens.get(number % citizens.len()).ok_or("no citizens")?;
        reader.insert(VirtualCard::new(citizen, pki)?);
        let card = reader.card().ok_or("no card after inserting one")?;
        truth.insert(card, citizen);
        if random.is_multiple_of(16) {
            ledger.wait_for_another();
        } else {
            std::thread::sleep(Duration::from_micros((random % 1_500).into()));
        }
        if random.is_multiple_of(5) {
            reader.remove();
        }
    }
    Ok(truth)
}

fn report(ledger: &Ledger, truth: &Truth, swaps: usize) -> Value {
    let told = ledger.told.lock().unwrap_or_else(PoisonError::into_inner);
    let wrong = |told: &&Told| {
        let is_of_its_holder = truth.get(&told.card).is_some_and(|citizen| {
            told.holder == citizen.surname && told.street.as_ref().is_none_or(|street| street == citizen.address[0])
        });
        !is_of_its_holder || told.asked.as_ref().is_some_and(|asked| *asked != told.card)
    };
    json!({
        "swaps": swaps,
        "callers": CALLERS,
        "answers": told.len(),
        "mixedUp": told.iter().filter(wrong).count(),
        "refused": ledger.refused.load(Ordering::Relaxed),
        "unexpected": *ledger.unexpected.lock().unwrap_or_else(PoisonError::into_inner),
    })
}

/// Reads what an identity or a summary says.
fn told(asked: Option<String>, answer: &Value) -> Told {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let identity = if answer["identity"].is_object() {
        &answer["identity"]
    } else {
        answer
    };
    let street = answer["address"]["streetAndNumber"].as_str().map(str::to_owned);
    // All parts of one answer name the same card, or the first that does not gives it away.
    let parts = [&answer["cardId"], &identity["cardId"], &answer["address"]["cardId"]];
    let odd = parts.iter().find(|id| id.is_string() && **id != &answer["cardId"]);
    Told {
        asked,
        card: text(odd.unwrap_or(&&answer["cardId"])),
        holder: text(&identity["familyName"]),
        street,
    }
}

fn tls(ca: &Path) -> Result<TlsConnector, Anyhow> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca)?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

async fn over_https(ledger: &Ledger, tls: &TlsConnector, port: u16, token: &str, number: usize) -> Result<(), Anyhow> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let stream = tls.connect(ServerName::try_from("localhost")?, stream).await?;
    let (mut sender, connection) = http1::handshake::<_, Empty<Bytes>>(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let host = format!("localhost:{port}");
    let mut get = async |path: &str| -> Result<(u16, Value), Anyhow> {
        let request = Request::get(path)
            .header("host", &host)
            .header("authorization", format!("Bearer {token}"))
            .body(Empty::new())?;
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, serde_json::from_slice(&body)?))
    };
    let what = if number.is_multiple_of(4) {
        "identity"
    } else {
        "summary"
    };
    while !ledger.done.load(Ordering::Relaxed) {
        let (_, cards) = get("/v1/cards").await?;
        // Every other time whichever card is there, else one that is known by its id.
        let known = cards["cards"][0]["id"].as_str().map(str::to_owned);
        for asked in [None, known] {
            let id = asked.as_deref().unwrap_or("current");
            let (status, answer) = get(&format!("/v1/cards/{id}/{what}")).await?;
            ledger.note(if status == 200 {
                Ok(told(asked, &answer))
            } else {
                Err(answer["code"].as_str().unwrap_or("no code").to_owned())
            });
        }
    }
    driver.abort();
    Ok(())
}

async fn over_bus(ledger: &Ledger, number: usize) -> Result<(), Anyhow> {
    let connection = zbus::Connection::session().await?;
    let no_members: HashMap<String, Variant<'_>> = HashMap::new();
    let method = if number % 4 == 1 { "ReadIdentity" } else { "ReadSummary" };
    while !ledger.done.load(Ordering::Relaxed) {
        let listed = connection
            .call_method(
                Some("org.beidd1"),
                "/org/beidd1",
                Some("org.beidd1.Manager"),
                "ListCards",
                &no_members,
            )
            .await?;
        let listed: HashMap<String, OwnedVariant> = listed.body().deserialize()?;
        let listed = plain(listed)?;
        let Some(card) = listed["cards"][0]["id"].as_str().map(str::to_owned) else {
            tokio::task::yield_now().await;
            continue;
        };
        let path = format!("/org/beidd1/card/{card}");
        let answer = connection
            .call_method(
                Some("org.beidd1"),
                path.as_str(),
                Some("org.beidd1.Card"),
                method,
                &no_members,
            )
            .await;
        ledger.note(match answer {
            Ok(answer) => {
                let members: HashMap<String, OwnedVariant> = answer.body().deserialize()?;
                Ok(told(Some(card), &plain(members)?))
            }
            Err(zbus::Error::MethodError(name, ..)) if name.ends_with(".CardRemoved") => Err("card-removed".to_owned()),
            Err(other) => Err(other.to_string()),
        });
    }
    Ok(())
}
