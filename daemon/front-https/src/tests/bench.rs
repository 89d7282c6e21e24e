//! A service with one virtual reader behind HTTPS, and curl in front of it.

use crate::api::{Scope, Scopes};
use crate::config::{Config, Origin, Prefetch, Sources, StatusFor};
use crate::host::random::random_id;
use crate::host::terminal::Terminal;
use crate::service::cards::Registry;
use crate::service::events::Events;
use crate::service::tokens::Tokens;
use crate::service::{Parts, Service};
use crate::texts::Language;
use crate::{Https, HttpsSettings};
use beid_issuers::revocation::Checker;
use beid_prompt::Prompter;
use beid_prompt::assuan::Pinentry;
use beid_sources::simulated::SimulatedReader;
use beid_testkit::{test_trust, virtual_card, write_program};
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use std::path::PathBuf;
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
    /// A shell script that stands for pinentry.
    pub(super) pinentry: Option<PathBuf>,
    /// Origins listed instead of the usual one, each with one scope.
    pub(super) listed: Vec<(&'static str, &'static str)>,
    /// Policy for reading cards ahead.
    pub(super) prefetch: Prefetch,
    /// Pages that may ask for the status.
    pub(super) status: StatusFor,
    /// Citizen of the first card; jan if none.
    pub(super) citizen: Option<&'static str>,
}

pub(super) fn directory() -> PathBuf {
    let directory = std::env::temp_dir().join(format!("beidd-https-{}", random_id()));
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

fn config(listed: &[(&str, &str)]) -> Config {
    let nothing = Sources {
        etc: directory(),
        user: None,
        named: None,
        environment: Vec::new(),
        flags: Vec::new(),
    };
    let mut config = Config::load(&nothing).unwrap();
    config.settings.origin = vec![Origin {
        origin: LISTED.to_owned(),
        scopes: Scopes::parse(["readers", "identity.basic"], "scopes").unwrap(),
    }];
    if !listed.is_empty() {
        let origin = |(origin, scope): &(&str, &str)| Origin {
            origin: (*origin).to_owned(),
            scopes: Scopes::parse([*scope], "scopes").unwrap(),
        };
        config.settings.origin = listed.iter().map(origin).collect();
    }
    config.simulated = true;
    config
}

pub(super) fn service(setup: &Setup) -> Arc<Service> {
    let events = Events::new();
    let pinentry = setup.pinentry.clone().map(|program| Pinentry {
        program,
        terminal: Terminal::default(),
    });
    Service::new(Parts {
        registry: Registry::new(events.clone(), std::collections::BTreeMap::new(), Arc::default()),
        events,
        tokens: Tokens::open(directory().join("tokens.json")).unwrap(),
        prompter: Prompter::new(pinentry, Language::En, Duration::from_secs(60)),
        trust: test_trust().clone(),
        revocation: Checker::new(
            beid_issuers::revocation::RevocationSettings::default(),
            &directory(),
            Timestamp::now,
        ),
        config: {
            let mut config = config(&setup.listed);
            config.settings.policy.prefetch = Some(setup.prefetch);
            config.settings.https.status = Some(setup.status);
            config
        },
        clock: Timestamp::now,
        keeper: crate::service::keeper::keeper(directory()),
    })
}

impl Bench {
    /// The usual one: jan's card in the reader.
    pub(super) async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    pub(super) async fn with(setup: Setup) -> Self {
        let service = service(&setup);
        let reader = SimulatedReader::plug_in(&service.registry, "Virtual reader");
        reader.insert(virtual_card(setup.citizen.unwrap_or("jan")));
        let own_user = setup.own_user.unwrap_or_else(crate::host::process::own_user);
        let settings = HttpsSettings {
            port: 0,
            port_is_fixed: true,
            allow_users: setup.allow_users,
            tls_directory: directory().join("tls"),
        };
        let https = Https::bind_as(own_user, settings).await.unwrap();
        let (port, ca, stop) = (
            https.port(),
            https.ca_certificate().to_owned(),
            CancellationToken::new(),
        );
        let serving = tokio::spawn(https.serve(Arc::clone(&service), stop.clone()));
        Self {
            service,
            reader,
            port,
            ca,
            stop,
            serving,
        }
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

/// A pinentry that never answers.
pub(super) fn endless_pinentry() -> PathBuf {
    pinentry("GETPIN*|CONFIRM*) exec sleep 600 ;;")
}

/// A pinentry that declines.
pub(super) fn unwilling_pinentry() -> PathBuf {
    pinentry("GETPIN*|CONFIRM*) echo 'ERR 83886179 cancelled' ;;")
}

/// A pinentry that agrees and types the PIN.
pub(super) fn willing_pinentry() -> PathBuf {
    pinentry("GETPIN) echo 'D 1234'; echo OK ;;")
}

/// A pinentry that answers OK, except where the `case` branches in `answers` say otherwise.
fn pinentry(answers: &str) -> PathBuf {
    let script = format!("echo OK\nwhile read -r line; do case $line in {answers} *) echo OK ;; esac; done");
    write_program(&directory(), "pinentry", &script)
}

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
