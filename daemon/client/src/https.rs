//! Calls over HTTPS, with a token.

use crate::attendant::{Attendant, has_ended};
use crate::error::{ClientError, FileFault};
use beid_api::types::OperationAnswer;
use beid_api::words::CallState;
use beid_api::{ErrorCode, Language, Openness, OperationRow, Route};
use beid_host::foreign;
use beid_host::paths::Paths;
use beid_host::random::random_id;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Upper limit on the files that are read here, in bytes.
const LONGEST: u64 = 1 << 20;

/// Place of the daemon on HTTPS, as it says itself in a file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Discovery {
    /// Port on the loopback interface.
    pub port: u16,
    /// Certificate of the daemon's own authority, in PEM.
    pub ca_certificate: PathBuf,
}

impl Discovery {
    /// Reads the file of this user's daemon.
    ///
    /// # Errors
    /// [`ClientError::NotRunning`] if there is no such file; [`ClientError::File`] if it cannot be used, or somebody else
    /// could have written it.
    pub fn of_this_user() -> Result<Self, ClientError> {
        let paths = Paths::from_environment().map_err(|error| ClientError::Failed(error.to_string()))?;
        let file = paths.discovery();
        if !file.exists() {
            return Err(ClientError::NotRunning);
        }
        // The token goes to whoever this file names.
        beid_host::private::check_ours(&file).map_err(ClientError::NotOurs)?;
        serde_json::from_slice(&read(&file)?).map_err(|error| malformed(&file, error))
    }

    /// Makes a handshake with the daemon, as a client that trusts its authority and no other, and returns the certificate
    /// that it shows, DER.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] if nobody answers, [`ClientError::AnotherProgram`] if another program does,
    /// [`ClientError::CertificateDates`] if the certificate has ended.
    pub async fn handshake(&self) -> Result<Vec<u8>, ClientError> {
        let connection = connect(self.port, &connector(&self.ca_certificate)?).await?;
        let shown = connection.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let shown = shown.map(|certificate| certificate.to_vec());
        shown.ok_or_else(|| broken("no certificate was shown"))
    }
}

/// Connections to one daemon, one a call.
pub(crate) struct HttpsClient {
    port: u16,
    tls: TlsConnector,
    token: String,
    language: Language,
}

impl HttpsClient {
    pub(crate) fn new(discovery: &Discovery, token: String, language: Language) -> Result<Self, ClientError> {
        Ok(Self {
            port: discovery.port,
            tls: connector(&discovery.ca_certificate)?,
            token,
            language,
        })
    }

    /// Calls the route of `operation`; waits for the result of one that may take long.
    pub(crate) async fn call(
        &self,
        operation: &OperationRow,
        members: Map<String, Value>,
        attendant: &mut impl Attendant,
    ) -> Result<Value, ClientError> {
        if operation.long_running {
            return self.wait_for(operation, members, attendant).await;
        }
        json(&self.octets(operation, members, None, attendant).await?)
    }

    /// Calls the route of `operation`; returns the body of the answer, in `form` if it has several.
    pub(crate) async fn octets(
        &self,
        operation: &OperationRow,
        members: Map<String, Value>,
        form: Option<&'static str>,
        attendant: &mut impl Attendant,
    ) -> Result<Vec<u8>, ClientError> {
        let (route, path, body) = target(route(operation)?, members);
        attendant.begin().map_err(ClientError::Attendant)?;
        let headers: Vec<_> = form.map(|form| ("accept", form)).into_iter().collect();
        let answer = async { whole(self.send(route.method, &path, body, &headers).await?).await };
        tokio::select! {
            answer = answer => answer,
            // Closing the connection is what cancels it.
            () = attendant.stopped() => Err(ClientError::GivenUp),
        }
    }

    /// Starts a call that may take long, and waits for its result.
    async fn wait_for(
        &self,
        operation: &OperationRow,
        members: Map<String, Value>,
        attendant: &mut impl Attendant,
    ) -> Result<Value, ClientError> {
        attendant.begin().map_err(ClientError::Attendant)?;
        let mut view = self.start(operation, members).await?;
        let path = format!("/v1/operations/{}", view.id);
        let (mut unheard, mut stop, mut given_up) = (0_u32, false, false);
        while !has_ended(&view.state) {
            attendant.sees(&view.state);
            tokio::select! {
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                () = attendant.stopped() => stop = true,
            }
            view = match self.look_at(&path).await {
                Ok(view) => {
                    unheard = 0;
                    view
                }
                // It goes on without us, and a result that is not fetched is lost: one lost connection is no reason.
                Err(error) if unheard < MOST_UNHEARD && !is_final(&error) => {
                    unheard += 1;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let asked_to = std::mem::take(&mut stop) && !has_ended(&view.state);
            if asked_to && attendant.gives_up(&view.state) {
                // A signature that the card is making is finished all the same, and its result is waited for.
                view = json(&whole(self.send("DELETE", &path, None, &[]).await?).await?)?;
                given_up = true;
            }
        }
        if given_up && view.state == CallState::Cancelled {
            return Err(ClientError::GivenUp);
        }
        if let Some(result) = view.result {
            return Ok(result);
        }
        let refused = view.error.map(ClientError::Refused);
        Err(refused.unwrap_or_else(|| ClientError::Failed("the service's answer has no result".to_owned())))
    }

    /// Starts a call that runs on by itself. One that can ask for a PIN has a key: if the connection is lost before the
    /// answer, it is sent again, and the daemon returns the operation that it has started already. Nobody is asked twice.
    async fn start(
        &self,
        operation: &OperationRow,
        members: Map<String, Value>,
    ) -> Result<OperationAnswer, ClientError> {
        let (route, path, body) = target(route(operation)?, members);
        let key = operation.keyed.then(random_id);
        let mut headers = vec![("prefer", "respond-async")];
        headers.extend(key.as_deref().map(|key| ("idempotency-key", key)));
        // Without a key, a call that came through before would be made once more.
        let mut repeats = if key.is_some() { REPEATS } else { 0 };
        loop {
            let started = async { whole(self.send(route.method, &path, body.clone(), &headers).await?).await };
            match started.await {
                Err(ClientError::Lost(_)) if repeats > 0 => repeats -= 1,
                started => return json(&started?),
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn look_at(&self, path: &str) -> Result<OperationAnswer, ClientError> {
        json(&whole(self.send("GET", path, None, &[]).await?).await?)
    }

    /// Hands every event to `each` until `attendant` stops.
    pub(crate) async fn watch<E: From<ClientError>>(
        &self,
        attendant: &mut impl Attendant,
        mut each: impl FnMut(&str, Value) -> Result<(), E>,
    ) -> Result<(), E> {
        attendant.begin().map_err(ClientError::Attendant)?;
        let mut body = self.send("GET", "/v1/events", None, &[]).await?.into_body();
        let mut events = EventStream::default();
        loop {
            let frame = tokio::select! {
                frame = body.frame() => frame,
                () = attendant.stopped() => return Ok(()),
            };
            let frame = frame.ok_or(ClientError::Ended)?;
            if let Ok(data) = frame.map_err(lost)?.into_data() {
                for (name, data) in events.take(&data) {
                    each(&name, data)?;
                }
            }
        }
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Result<Response<Incoming>, ClientError> {
        let tls = connect(self.port, &self.tls).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tls))
            .await
            .map_err(lost)?;
        // Ends with the exchange; what goes wrong in it the sender hears.
        tokio::spawn(async move { connection.await.is_ok() });
        let request = headers
            .iter()
            .fold(Request::builder(), |request, (name, value)| {
                request.header(*name, *value)
            })
            .method(method)
            .uri(path)
            .header(header::HOST, format!("localhost:{}", self.port))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::ACCEPT_LANGUAGE, self.language.tag())
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body.unwrap_or_default())))
            .map_err(broken)?;
        let response = sender.send_request(request).await.map_err(lost)?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = response.into_body().collect().await.map_err(lost)?.to_bytes();
        let problem = serde_json::from_slice(&body).ok().map(ClientError::Refused);
        Err(problem.unwrap_or_else(|| ClientError::Failed(format!("the service answered {status}"))))
    }
}

/// Time for the handshake; a daemon hangs up on a client that takes longer.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Opens a connection to the daemon, and makes sure that it is the daemon who answers.
async fn connect(port: u16, tls: &TlsConnector) -> Result<TlsStream<TcpStream>, ClientError> {
    let tcp = TcpStream::connect(("127.0.0.1", port)).await;
    let tcp = tcp.map_err(ClientError::Unreachable)?;
    let name = ServerName::try_from("localhost").map_err(broken)?;
    match tokio::time::timeout(HANDSHAKE, tls.connect(name, tcp)).await {
        Ok(connected) => connected.map_err(|error| not_the_daemon(port, error)),
        Err(_) => Err(ClientError::AnotherProgram {
            port,
            reason: "it says nothing".to_owned(),
        }),
    }
}

/// Tells another program on the port from other faults of a handshake.
fn not_the_daemon(port: u16, error: io::Error) -> ClientError {
    use rustls::{CertificateError as Fault, Error};
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<Error>());
    let another = |reason: String| ClientError::AnotherProgram { port, reason };
    match cause {
        Some(Error::InvalidCertificate(
            Fault::Expired | Fault::ExpiredContext { .. } | Fault::NotValidYet | Fault::NotValidYetContext { .. },
        )) => ClientError::CertificateDates(error.to_string()),
        Some(Error::InvalidCertificate(_)) => another(format!("it has another certificate ({error})")),
        Some(Error::InvalidMessage(_) | Error::InappropriateMessage { .. } | Error::PeerMisbehaved(_)) => {
            another(format!("it does not speak TLS ({error})"))
        }
        Some(_) => broken(error),
        None => lost(error),
    }
}

/// Interval at which the state of a call is read.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// Number of times in a row that this may fail.
const MOST_UNHEARD: u32 = 50;

/// Number of times that a call with a key is sent again after its connection was lost.
const REPEATS: u32 = 3;

fn route(operation: &OperationRow) -> Result<Route, ClientError> {
    // Some operations are there for the daemon's own page alone.
    let for_programs = |route: &Route| match route.open {
        Openness::Token | Openness::KnownOrigin | Openness::AnyOrigin => true,
        Openness::OwnPage | Openness::OwnPageSession => false,
    };
    let route = operation.http.filter(for_programs);
    route.ok_or(ClientError::NotOnHttps(operation.name))
}

/// Returns true if asking again is no use: the call is not there any more, or not ours.
fn is_final(error: &ClientError) -> bool {
    matches!(error.code(), Some(ErrorCode::NotFound | ErrorCode::TokenInvalid))
}

async fn whole(answer: Response<Incoming>) -> Result<Vec<u8>, ClientError> {
    let body = answer.into_body().collect().await.map_err(lost)?;
    Ok(body.to_bytes().to_vec())
}

fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(body).map_err(|error| ClientError::Failed(format!("the service's answer: {error}")))
}

/// Splits members into path and body: those named in the path go there, the others into the body.
fn target(route: Route, mut members: Map<String, Value>) -> (Route, String, Option<String>) {
    let mut path = route.path.to_owned();
    members.retain(|name, value| {
        let place = format!("{{{name}}}");
        let found = path.contains(&place);
        if found {
            path = path.replace(&place, value.as_str().unwrap_or_default());
        }
        !found
    });
    let body = (route.method == "POST").then(|| Value::Object(members).to_string());
    (route, path, body)
}

fn connector(ca: &Path) -> Result<TlsConnector, ClientError> {
    let mut roots = RootCertStore::empty();
    // The administrator's file may be a chain, whose last certificate is the one to trust.
    for certificate in CertificateDer::pem_slice_iter(&read(ca)?) {
        let certificate = certificate.map_err(|error| malformed(ca, error))?;
        roots.add(certificate).map_err(|error| malformed(ca, error))?;
    }
    if roots.is_empty() {
        return Err(malformed(ca, "holds no certificate in PEM"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(broken)?;
    let config = config.with_root_certificates(roots).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Reads a file whole. A longer one is none of the daemon's.
fn read(path: &Path) -> Result<Vec<u8>, ClientError> {
    foreign::read(path, LONGEST).map_err(|error| ClientError::File {
        path: path.to_owned(),
        fault: FileFault::Unreadable(error),
    })
}

fn malformed(path: &Path, error: impl ToString) -> ClientError {
    ClientError::File {
        path: path.to_owned(),
        fault: FileFault::Malformed(error.to_string()),
    }
}

fn lost(error: impl std::fmt::Display) -> ClientError {
    ClientError::Lost(error.to_string())
}

fn broken(error: impl std::fmt::Display) -> ClientError {
    ClientError::Failed(format!("https: {error}"))
}

/// Cuts a `text/event-stream` into events, wherever its pieces were cut.
#[derive(Default)]
struct EventStream {
    rest: Vec<u8>,
    name: String,
    data: String,
}

impl EventStream {
    fn take(&mut self, piece: &[u8]) -> Vec<(String, Value)> {
        self.rest.extend_from_slice(piece);
        let mut events = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            events.extend(self.line(line.trim_end_matches(['\n', '\r'])));
        }
        events
    }

    fn line(&mut self, line: &str) -> Option<(String, Value)> {
        if line.is_empty() {
            let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
            return (!name.is_empty()).then(|| (name, serde_json::from_str(&data).unwrap_or_default()));
        }
        let (field, value) = line.split_once(':')?;
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => self.data.push_str(value),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_of_the_path_go_into_the_path() {
        let route = |name: &str| OperationRow::named(name).unwrap().http.unwrap();
        let members = json!({"cardId": "current"}).as_object().cloned().unwrap();
        let (_, path, body) = target(route("read-identity"), members.clone());
        assert_eq!((path.as_str(), body), ("/v1/cards/current/identity", None));
        let (_, path, body) = target(route("verify-card"), members);
        assert_eq!(
            (path.as_str(), body.as_deref()),
            ("/v1/cards/current/verifications", Some("{}"))
        );
    }

    #[test]
    fn events_are_read_across_pieces() {
        let mut stream = EventStream::default();
        let text = b": hello\n\nid: 1\nevent: card.ready\ndata: {\"cardId\":\"a\"}\n\nevent: resync\ndata: {}\n\n";
        let events: Vec<_> = text.chunks(7).flat_map(|piece| stream.take(piece)).collect();
        assert_eq!(
            events,
            [
                ("card.ready".to_owned(), json!({"cardId": "a"})),
                ("resync".to_owned(), json!({}))
            ]
        );
    }
}
