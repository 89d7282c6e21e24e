//! Asking over HTTPS, with a token; trusts the daemon's own authority and no other.

use super::Failure;
use super::failure::Kind;
use super::input::{SMALL, read_file};
use super::wait::{Interrupts, Waiting, has_ended};
use crate::api::{OperationRow, Route};
use crate::host::paths::Paths;
use crate::texts::{Language, Message};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Where the daemon is, as it says itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Discovery {
    port: u16,
    ca_certificate: PathBuf,
}

/// What a connection needs.
pub(super) struct Client {
    port: u16,
    tls: TlsConnector,
    token: String,
    language: Language,
}

impl Client {
    pub(super) fn discover(language: Language) -> Result<Self, Failure> {
        let paths = Paths::from_environment().map_err(|error| Failure::local(error.to_string()))?;
        let file = paths.discovery();
        if !file.exists() {
            let text = Message::new("ctl-not-running-detail").render(language);
            return Err(Failure::of(Kind::NotRunning, text));
        }
        // The token goes to whoever this file names.
        crate::host::private::check_ours(&file).map_err(|error| Failure::of(Kind::File, error.to_string()))?;
        let text = read_file(&file, SMALL)?;
        let found: Discovery = serde_json::from_slice(&text).map_err(|error| Failure::file(&file, error))?;
        let token = std::env::var_os("BEIDCTL_TOKEN_FILE").map(PathBuf::from);
        let token_file =
            token.ok_or_else(|| Failure::usage(no_token("BEIDCTL_TOKEN_FILE names no file with a token")))?;
        let token = read_file(&token_file, SMALL)?;
        let token = String::from_utf8(token).ok().map(|token| token.trim().to_owned());
        let token = token.filter(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
        let token = token.ok_or_else(|| Failure::file(&token_file, no_token("there is no token in it")))?;
        Ok(Self {
            port: found.port,
            tls: connector(&found.ca_certificate)?,
            token,
            language,
        })
    }

    /// One row of the table.
    pub(super) async fn call(&self, operation: &OperationRow, members: Map<String, Value>) -> Result<Value, Failure> {
        if operation.long_running {
            return self.wait_for(operation, members).await;
        }
        json(&self.octets(operation, members).await?)
    }

    /// One row of the table, its answer as it came.
    pub(super) async fn octets(
        &self,
        operation: &OperationRow,
        members: Map<String, Value>,
    ) -> Result<Vec<u8>, Failure> {
        let (route, path, body) = target(route(operation)?, members);
        let mut interrupts = Interrupts::listen()?;
        let answer = async { whole(self.send(route.method, &path, body, None).await?).await };
        tokio::select! {
            answer = answer => answer,
            // Closing the connection is what cancels it.
            () = interrupts.next() => Err(self.given_up()),
        }
    }

    /// Starts what waits for a person, and waits; Ctrl-C gives up.
    async fn wait_for(&self, operation: &OperationRow, members: Map<String, Value>) -> Result<Value, Failure> {
        let (route, path, body) = target(route(operation)?, members);
        let mut interrupts = Interrupts::listen()?;
        let started = self.send(route.method, &path, body, Some("respond-async")).await?;
        let mut view = json(&whole(started).await?)?;
        let id = text(&view, "id").to_owned();
        let path = format!("/v1/operations/{id}");
        let mut waiting = Waiting::default();
        let (mut unheard, mut stop) = (0_u32, false);
        while !has_ended(text(&view, "state")) {
            waiting.sees(text(&view, "state"));
            tokio::select! {
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                () = interrupts.next() => stop = true,
            }
            view = match self.look_at(&path).await {
                Ok(view) => {
                    unheard = 0;
                    view
                }
                // It goes on without us, and a result that is not fetched is lost: one lost connection is no reason.
                Err(failure) if unheard < MOST_UNHEARD && !matches!(failure.code(), "not-found" | "token-invalid") => {
                    unheard += 1;
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            let asked_to = std::mem::take(&mut stop) && !has_ended(text(&view, "state"));
            if asked_to && waiting.gives_up(text(&view, "state")) {
                self.send("DELETE", &path, None, None).await?;
                return Err(self.given_up());
            }
        }
        if let Some(result) = view.get_mut("result") {
            return Ok(result.take());
        }
        let problem = view.get_mut("error").map(Value::take).and_then(Failure::of_problem);
        Err(problem.unwrap_or_else(|| Failure::local("the service's answer has no result")))
    }

    async fn look_at(&self, path: &str) -> Result<Value, Failure> {
        json(&whole(self.send("GET", path, None, None).await?).await?)
    }

    fn given_up(&self) -> Failure {
        let text = Message::new("ctl-given-up").render(self.language);
        Failure::refused("user-declined", text, self.language)
    }

    /// Hands every event to `each` until Ctrl-C; the service ending is a failure.
    pub(super) async fn watch(&self, mut each: impl FnMut(&str, Value) -> Result<(), Failure>) -> Result<(), Failure> {
        let mut interrupts = Interrupts::listen()?;
        let mut body = self.send("GET", "/v1/events", None, None).await?.into_body();
        let mut events = EventStream::default();
        loop {
            let frame = tokio::select! {
                frame = body.frame() => frame,
                () = interrupts.next() => return Ok(()),
            };
            let Some(frame) = frame else {
                return Err(Failure::of(Kind::NotRunning, "beidd has ended"));
            };
            if let Ok(data) = frame.map_err(broken)?.into_data() {
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
        prefer: Option<&str>,
    ) -> Result<Response<Incoming>, Failure> {
        let tcp = TcpStream::connect(("127.0.0.1", self.port)).await.map_err(|error| {
            let text = Message::new("ctl-not-running-detail").render(self.language);
            Failure::of(Kind::NotRunning, format!("{text} ({error})"))
        })?;
        let name = ServerName::try_from("localhost").map_err(broken)?;
        let tls = self.tls.connect(name, tcp).await.map_err(broken)?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tls))
            .await
            .map_err(broken)?;
        // Ends with the exchange; what goes wrong in it the sender hears.
        tokio::spawn(async move { connection.await.is_ok() });
        let request = prefer.map_or_else(Request::builder, |prefer| Request::builder().header("prefer", prefer));
        let request = request
            .method(method)
            .uri(path)
            .header(header::HOST, format!("localhost:{}", self.port))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::ACCEPT_LANGUAGE, self.language.tag())
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body.unwrap_or_default())))
            .map_err(broken)?;
        let response = sender.send_request(request).await.map_err(broken)?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = response.into_body().collect().await.map_err(broken)?.to_bytes();
        let problem = serde_json::from_slice(&body).ok().and_then(Failure::of_problem);
        Err(problem.unwrap_or_else(|| Failure::local(format!("the service answered {status}"))))
    }
}

/// How often an operation that waits for a person is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// How often in a row that may fail.
const MOST_UNHEARD: u32 = 50;

fn route(operation: &OperationRow) -> Result<Route, Failure> {
    let missing = || Failure::usage(format!("{} is not on HTTPS; leave --https out", operation.name));
    operation.http.ok_or_else(missing)
}

async fn whole(answer: Response<Incoming>) -> Result<Vec<u8>, Failure> {
    let body = answer.into_body().collect().await.map_err(broken)?;
    Ok(body.to_bytes().to_vec())
}

fn json(body: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure::local(format!("the service's answer: {error}")))
}

fn text<'v>(view: &'v Value, member: &str) -> &'v str {
    view.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn no_token(what: &str) -> String {
    format!("{what}. Make one: (umask 077; beidctl token create NAME --scope SCOPE,… > FILE)")
}

/// Path and body: members named in the path go there, the others into the body.
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

fn connector(ca: &Path) -> Result<TlsConnector, Failure> {
    let mut roots = RootCertStore::empty();
    let pem = read_file(ca, SMALL)?;
    let certificate = CertificateDer::from_pem_slice(&pem).map_err(|error| Failure::file(ca, error))?;
    roots.add(certificate).map_err(|error| Failure::file(ca, error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(broken)?;
    let config = config.with_root_certificates(roots).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::local(format!("https: {error}"))
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
