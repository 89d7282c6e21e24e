//! A service with one virtual reader behind HTTPS, and curl in front of it.

use super::relay::Relay;
use crate::{Https, HttpsSettings};
use beid_api::words::CardStatus;
use beid_api::{Scope, Scopes};
use beid_evidence::{Recorder, Sealing};
use beid_host::random::random_id;
use beid_service::Service;
use beid_service::caller::CallerId;
use beid_settings::{HttpsCertificate, Origin, Pairing, Prefetch, StatusFor};
use beid_simulator::TEST_PIN;
use beid_sources::simulated::SimulatedReader;
use beid_testkit::daemon::{Person, ServiceSetup};
use beid_testkit::{Scratch, virtual_card};
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;

/// Origin of a page that is listed, with `readers` and `identity.basic`.
pub(super) const LISTED: &str = "https://listed.example";
/// Origin of a page that is not.
pub(super) const STRANGER: &str = "https://stranger.example";

/// A service behind HTTPS, and the reader that belongs to it.
pub(super) struct Bench {
    pub(super) service: Arc<Service>,
    pub(super) reader: SimulatedReader,
    pub(super) port: u16,
    pub(super) ca: PathBuf,
    pub(super) stop: CancellationToken,
    pub(super) serving: JoinHandle<()>,
    scratch: Scratch,
}

/// Response, as curl received it.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    head: String,
    pub(super) body: Vec<u8>,
}

/// Differences from the usual bench.
#[derive(Default)]
pub(super) struct Setup {
    /// User as whom the daemon seems to run.
    pub(super) own_user: Option<u32>,
    pub(super) allow_users: Vec<u32>,
    /// Person who answers dialogs.
    pub(super) person: Option<Person>,
    /// Origins listed instead of the usual one, each with one scope.
    pub(super) listed: Vec<(&'static str, &'static str)>,
    /// Policy for reading cards ahead.
    pub(super) prefetch: Prefetch,
    /// Pages that may ask for the status.
    pub(super) status: StatusFor,
    /// Settings besides the usual ones, as in `beidd.toml`.
    pub(super) settings: &'static str,
    /// Rule for pages that ask for access.
    pub(super) pairing: Pairing,
    /// True if what is done is recorded.
    pub(super) records: bool,
    /// True if the service takes its callers for real ones; cards are simulated all the same.
    pub(super) real: bool,
    /// Citizen of the first card; jan if none.
    pub(super) citizen: Option<&'static str>,
    /// Certificate of the administrator's own.
    pub(super) certificate: Option<HttpsCertificate>,
    /// Relay through which clients come.
    pub(super) relay: Option<Relay>,
    /// Clock of the service; that of the system if none.
    pub(super) clock: Option<fn() -> Timestamp>,
}

/// Makes a service as `setup` says, with its files in `directory`.
pub(super) fn service(setup: &Setup, directory: &Path) -> Arc<Service> {
    let mut service = ServiceSetup::new(directory, setup.settings);
    let settings = &mut service.config.settings;
    let usual = [(LISTED, &["readers", "identity.basic"][..])];
    let others = setup
        .listed
        .iter()
        .map(|(origin, scope)| (*origin, std::slice::from_ref(scope)));
    let listed: Vec<_> = if setup.listed.is_empty() {
        usual.into()
    } else {
        others.collect()
    };
    let origin = |(origin, scopes): (&str, &[&str])| Origin {
        origin: origin.to_owned(),
        scopes: Scopes::parse(scopes.iter().copied(), "scopes").unwrap(),
    };
    settings.origin = listed.into_iter().map(origin).collect();
    settings.policy.prefetch = Some(setup.prefetch);
    settings.https.status = Some(setup.status);
    settings.policy.pairing = Some(setup.pairing);
    service.config.simulated = !setup.real;
    if let Some(clock) = setup.clock {
        service.clock = clock;
    }
    if setup.records {
        service.evidence = Recorder::on(directory.join("evidence"), Sealing::Open);
    }
    match setup.person {
        Some(person) => service.person(person),
        None => service,
    }
    .start()
}

impl Bench {
    /// The usual one: jan's card in the reader.
    pub(super) async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    pub(super) async fn with(setup: Setup) -> Self {
        Self::at(Scratch::new("https"), setup).await
    }

    /// Ends the daemon, and starts another with the same files.
    pub(super) async fn again(self, setup: Setup) -> Self {
        self.service.shut_down();
        self.stop.cancel();
        self.serving.await.unwrap();
        Self::at(self.scratch, setup).await
    }

    async fn at(scratch: Scratch, setup: Setup) -> Self {
        let service = service(&setup, scratch.path());
        let reader = SimulatedReader::plug_in(&service.registry, "Virtual reader");
        reader.insert(virtual_card(setup.citizen.unwrap_or("jan")));
        let own_user = setup.own_user.unwrap_or_else(beid_host::process::own_user);
        let settings = HttpsSettings {
            port: 0,
            port_is_fixed: true,
            allow_users: setup.allow_users,
            tls_directory: scratch.path().join("tls"),
            certificate: setup.certificate,
        };
        let mut https = Https::bind_as(own_user, settings, Vec::new()).await.unwrap();
        if let Some(relay) = setup.relay {
            https.listeners.appear_at(relay.carry_to(https.port()));
        }
        let (port, ca, stop) = (
            https.port(),
            https.ca_certificate().to_owned(),
            CancellationToken::new(),
        );
        service.serves_https_with(https.certificates());
        let serving = tokio::spawn(https.serve(Arc::clone(&service), stop.clone()));
        Self {
            service,
            reader,
            port,
            ca,
            stop,
            serving,
            scratch,
        }
    }

    /// Directory of the daemon's files.
    pub(super) fn directory(&self) -> &Path {
        self.scratch.path()
    }

    /// Lets a person go on who waits at the gate.
    pub(super) fn open_gate(&self) {
        std::fs::write(self.scratch.path().join("gate"), "").unwrap();
    }

    /// Everything that was said to the person, one Assuan command a line.
    pub(super) fn told(&self) -> String {
        let told = std::fs::read_to_string(self.scratch.path().join("told")).unwrap_or_default();
        told.replace("%0A", "\n").replace("%20", " ")
    }

    /// A token for a native program.
    pub(super) fn token(&self, scopes: &[Scope]) -> String {
        let scopes = Scopes::parse(scopes.iter().map(|scope| scope.word()), "scopes").unwrap();
        let name = format!("test {}", random_id());
        self.service
            .tokens
            .create(&name, &scopes, None, Timestamp::now())
            .unwrap()
    }

    /// `Authorization: Bearer …`, with every scope.
    pub(super) fn authorization(&self) -> String {
        bearer(&self.token(Scope::ALL))
    }

    /// The caller behind an `Authorization`.
    pub(super) fn owner(&self, authorization: &str) -> CallerId {
        let token = authorization.rsplit(' ').next().unwrap();
        self.service.tokens.caller(token, None, Timestamp::now()).unwrap().id
    }

    /// Number of times that the person was asked for a PIN.
    pub(super) fn dialogs(&self) -> usize {
        self.told().lines().filter(|line| line.starts_with("GETPIN")).count()
    }

    /// Id of the card in the reader.
    pub(super) fn card_id(&self) -> String {
        self.service.registry.resolve("current").unwrap().id.as_str().to_owned()
    }

    /// Something once the card in the reader has been recognised.
    pub(super) fn is_ready(&self) -> Option<()> {
        let card = self
            .service
            .registry
            .readers()
            .into_iter()
            .find_map(|reader| reader.card)?;
        (card.status == CardStatus::Ready).then_some(())
    }

    /// Opens a connection and makes its handshake; `alpn` are the protocols that the client names.
    pub(super) async fn connect(&self, alpn: &[&str]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.ca).unwrap()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
            .unwrap()
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    /// curl that trusts our authority and shows headers.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new("curl");
        command.args(["-sS", "-i", "--noproxy", "*", "--max-time", "20", "--cacert"]);
        command.arg(&self.ca).kill_on_drop(true);
        command
    }

    /// Runs curl with further arguments.
    pub(super) async fn curl(&self, path: &str, arguments: &[&str]) -> Reply {
        self.send(path, arguments, None).await
    }

    /// GET with a token of every scope.
    pub(super) async fn get(&self, path: &str) -> Reply {
        self.curl(path, &["-H", &self.authorization()]).await
    }

    /// POST of JSON, with further arguments for curl.
    pub(super) async fn post(&self, path: &str, body: &Value, arguments: &[&str]) -> Reply {
        let json = ["-H", "Content-Type: application/json", "-X", "POST"];
        self.send(path, &[&json, arguments].concat(), Some(body.to_string().into_bytes()))
            .await
    }

    /// Runs curl, with `body` if there is one.
    pub(super) async fn send(&self, path: &str, arguments: &[&str], body: Option<Vec<u8>>) -> Reply {
        let mut command = self.command();
        command.args(arguments).arg(self.url(path));
        if body.is_some() {
            command.args(["-H", "Expect:", "--data-binary", "@-"]);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        if let Some(body) = body {
            drop(stdin.write_all(&body).await); // refused before it was all sent, perhaps
        }
        drop(stdin);
        let output = child.wait_with_output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?} {path}: {said}");
        Reply::parse(&output.stdout)
    }
}

impl Reply {
    fn parse(mut output: &[u8]) -> Self {
        loop {
            let end = output.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
            let head = String::from_utf8(output[..end].to_vec()).unwrap();
            output = &output[end + 4..];
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            if status != 100 {
                let body = output.to_vec();
                return Self { status, head, body };
            }
        }
    }

    /// A header's value.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields
            .filter(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .next()
    }

    /// Members of the body.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// Code of the error; empty if it is none.
    pub(super) fn code(&self) -> String {
        if self.header("content-type") != Some("application/problem+json") {
            return String::new();
        }
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        problem["code"].as_str().unwrap().to_owned()
    }
}

pub(super) fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

/// A therapeutic link that can be registered.
pub(super) fn link(proof: &str) -> Value {
    serde_json::json!({
        "operation": "put",
        "type": "gpconsultation",
        "proof": proof,
        "author": { "parties": [{
            "nihii": "10012378004", "ssin": "82000000073", "type": "persphysician",
            "firstName": "Ward", "familyName": "VOORBEELD",
        }] },
    })
}

/// A person who lets dialogs wait.
pub(super) const ENDLESS: Person = Person::Follows(&["wait"; 8]);

/// A person who cancels dialogs.
pub(super) const UNWILLING: Person = Person::Follows(&["cancel"; 8]);

/// A person who agrees to everything and types the PIN.
pub(super) const WILLING: Person = Person::Types(TEST_PIN);

/// Waits until `done`, for five seconds.
pub(super) async fn until<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    for _ in 0..250 {
        if let Some(value) = done() {
            return value;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never: {what}")
}
