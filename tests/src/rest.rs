//! The REST side, through `curl`.

use beid_testkit::{FinishedCommand, RunningProgram, guarded, tool};
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Line that curl writes to standard error when it is done.
const REPORT: &str = "%{stderr}{\"status\":%{http_code},\"headers\":%{header_json}}";

/// A caller of the REST interface.
#[derive(Clone, Debug)]
pub struct Rest {
    base: String,
    ca: Option<PathBuf>,
    headers: Vec<String>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct RestReply {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case: each a list of values.
    pub headers: Value,
    /// The body as it came.
    pub body: Vec<u8>,
    request: String,
}

impl Rest {
    /// A caller without a token. `base` is `https://localhost:32032`.
    #[must_use]
    pub fn new(base: &str, ca: Option<PathBuf>) -> Self {
        Self {
            base: base.to_owned(),
            ca,
            headers: Vec::new(),
        }
    }

    /// The same caller, sending one more header each time: `("Origin", "https://emr.example")`.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(format!("{name}: {value}"));
        self
    }

    /// The same caller with a token.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        self.with_header("Authorization", &format!("Bearer {token}"))
    }

    /// The same caller under another name of the host: `https://127.0.0.1:32032`.
    #[must_use]
    pub fn at(mut self, base: &str) -> Self {
        base.clone_into(&mut self.base);
        self
    }

    /// GET
    ///
    /// # Panics
    /// If there is no answer.
    #[must_use]
    pub fn get(&self, path: &str) -> RestReply {
        self.begin("GET", path, &[], None).finish()
    }

    /// POST of JSON
    ///
    /// # Panics
    /// If there is no answer.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> RestReply {
        self.begin("POST", path, &[], Some(body)).finish()
    }

    /// DELETE
    ///
    /// # Panics
    /// If there is no answer.
    #[must_use]
    pub fn delete(&self, path: &str) -> RestReply {
        self.begin("DELETE", path, &[], None).finish()
    }

    /// Any request, without waiting for the answer. `headers` are whole lines: `Prefer: respond-async`.
    ///
    /// # Panics
    /// If curl is missing.
    pub fn begin(&self, method: &str, path: &str, headers: &[&str], body: Option<&Value>) -> PendingReply {
        let body = body.map(|body| ("application/json", body.to_string().into_bytes()));
        self.begin_raw(method, path, headers, body)
    }

    /// Like [`begin`](Self::begin), with a body of any type.
    ///
    /// # Panics
    /// If curl is missing.
    pub fn begin_raw(&self, method: &str, path: &str, headers: &[&str], body: Option<(&str, Vec<u8>)>) -> PendingReply {
        let mut command = Command::new(tool("curl"));
        self.arguments(&mut command, method, path, headers);
        command.args(["--max-time", "90", "--write-out", REPORT]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut content = Vec::new();
        if let Some((media_type, body)) = body {
            content = body;
            command
                .args(["--data-binary", "@-", "--header"])
                .arg(format!("Content-Type: {media_type}"));
        }
        let mut child = command.spawn().expect("curl starts");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        PendingReply {
            request: format!("{method} {}{path}", self.base),
            // Whoever refuses a body early stops reading it.
            writer: Some(thread::spawn(move || drop(stdin.write_all(&content)))),
            child: Some(child),
        }
    }

    /// Follows the stream of events.
    ///
    /// # Panics
    /// If it does not begin.
    #[must_use]
    pub fn events(&self) -> SseEvents {
        let mut command = guarded(tool("curl"));
        self.arguments(&mut command, "GET", "/v1/events", &["Accept: text/event-stream"]);
        command.args(["--no-buffer", "--include"]);
        let curl = RunningProgram::start("curl /v1/events", command);
        let mut head = std::iter::from_fn(|| curl.line(crate::LIMIT)).map(|line| line.trim_end().to_owned());
        let status = head.next().unwrap_or_default();
        assert!(status.split(' ').nth(1) == Some("200"), "no events: {status}");
        assert!(
            head.any(|line| line.is_empty()),
            "no events: the answer has no end of headers"
        );
        SseEvents(curl)
    }

    fn arguments(&self, command: &mut Command, method: &str, path: &str, headers: &[&str]) {
        // First of all, not what the user has in .curlrc.
        command
            .arg("--disable")
            .args(["--silent", "--show-error", "--noproxy", "*"]);
        command.args(["--request", method]).arg(format!("{}{path}", self.base));
        if let Some(ca) = &self.ca {
            command.arg("--cacert").arg(ca);
        }
        for header in self.headers.iter().map(String::as_str).chain(headers.iter().copied()) {
            command.args(["--header", header]);
        }
    }
}

/// A request that is not answered yet. Dropped, the client is gone.
#[must_use]
pub struct PendingReply {
    request: String,
    child: Option<Child>,
    writer: Option<JoinHandle<()>>,
}

impl PendingReply {
    /// Waits for the answer.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn finish(self) -> RestReply {
        self.outcome().unwrap_or_else(|done| panic!("no answer: {done}"))
    }

    /// Waits for the answer, or for the end of the connection.
    ///
    /// # Errors
    /// What curl says, if there is no answer.
    ///
    /// # Panics
    /// If curl cannot be waited for.
    pub fn outcome(mut self) -> Result<RestReply, FinishedCommand> {
        let child = self.child.take().expect("a request is finished once");
        let output = child.wait_with_output().expect("curl can be waited for");
        if let Some(writer) = self.writer.take() {
            drop(writer.join());
        }
        let done = FinishedCommand::from_output(format!("curl {}", self.request), output);
        // Before its report it may complain that its body was not wanted.
        let report = done.stderr.find("{\"status\":").and_then(|at| done.stderr.get(at..));
        let report = report
            .and_then(|report| serde_json::from_str(report).ok())
            .unwrap_or_else(|| json!({}));
        let status = report["status"]
            .as_u64()
            .and_then(|status| u16::try_from(status).ok())
            .unwrap_or(0);
        if status == 0 {
            return Err(done);
        }
        let FinishedCommand { stdout: body, .. } = done;
        let request = self.request.clone();
        Ok(RestReply {
            status,
            headers: report["headers"].clone(),
            body,
            request,
        })
    }

    /// Goes away without waiting.
    pub fn abandon(self) {
        drop(self);
    }
}

impl Drop for PendingReply {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

impl RestReply {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        let parsed = serde_json::from_slice(&self.body);
        parsed.unwrap_or_else(|e| panic!("{}: {}, no JSON ({e}): {}", self.request, self.status, self.text()))
    }

    /// The body as JSON, of a request that must have succeeded (2xx).
    ///
    /// # Panics
    /// If it has not.
    #[must_use]
    pub fn ok(&self) -> Value {
        assert!(
            (200..300).contains(&self.status),
            "{}: {} {}",
            self.request,
            self.status,
            self.text()
        );
        self.json()
    }

    /// The `code` of a problem (RFC 9457), of a request that must have failed.
    ///
    /// # Panics
    /// If it has succeeded, or says so in another format.
    #[must_use]
    pub fn problem(&self) -> String {
        assert!(self.status >= 400, "{}: {} {}", self.request, self.status, self.text());
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}",
            self.request
        );
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// First value of a header, named in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.get(0)?.as_str()
    }
}

/// The stream of events. Dropped, it is closed.
pub struct SseEvents(RunningProgram);

/// One event.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SseEvent {
    /// `card.ready`
    pub name: String,
    /// For `Last-Event-ID`.
    pub id: String,
    /// Ids only.
    pub data: Value,
}

impl SseEvents {
    /// The next event; `None` when the stream has ended. Comments are passed over.
    ///
    /// # Panics
    /// If there is none within `limit`.
    #[must_use]
    pub fn next_event(&self, limit: Duration) -> Option<SseEvent> {
        let (mut event, mut data) = (SseEvent::default(), String::new());
        loop {
            let line = self.0.line(limit)?;
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => value.clone_into(&mut event.name),
                "id" => value.clone_into(&mut event.id),
                "data" => data.push_str(value),
                "" if line.is_empty() && (!event.name.is_empty() || !data.is_empty()) => {
                    event.data = serde_json::from_str(&data).unwrap_or(Value::String(data));
                    return Some(event);
                }
                _ => {}
            }
        }
    }

    /// Passes over events until one is called `name`.
    ///
    /// # Panics
    /// If there is none within `limit`.
    #[must_use]
    pub fn next_named(&self, name: &str, limit: Duration) -> SseEvent {
        let mut events = std::iter::from_fn(|| self.next_event(limit));
        let found = events.find(|event| event.name == name);
        found.unwrap_or_else(|| panic!("the stream ended without {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LIMIT;
    use std::io::{BufRead, BufReader, Read};
    use std::net::TcpListener;

    /// Answers one request with `answer`, and returns what was asked.
    fn serve(answer: &'static str) -> (Rest, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let mut stream = BufReader::new(listener.accept().unwrap().0);
            let mut asked = String::new();
            while !asked.ends_with("\r\n\r\n") {
                stream.read_line(&mut asked).unwrap();
            }
            let length = asked.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
            stream.read_exact(&mut body).unwrap();
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
            asked + str::from_utf8(&body).unwrap()
        });
        (Rest::new(&base, None), server)
    }

    #[test]
    fn request_carries_headers_and_body() {
        let (rest, server) = serve("HTTP/1.1 200 OK\r\nContent-Length: 8\r\nLocation: /there\r\n\r\n{\"a\": 1}");
        let rest = rest.with_token("secret").with_header("Origin", "https://emr.example");
        let reply = rest
            .begin("POST", "/v1/x", &["Prefer: wait=1"], Some(&json!({ "b": 2 })))
            .finish();
        assert_eq!(
            (reply.ok(), reply.header("location")),
            (json!({ "a": 1 }), Some("/there"))
        );
        let asked = server.join().unwrap();
        assert!(
            asked.starts_with("POST /v1/x HTTP/1.1\r\n") && asked.ends_with("\r\n\r\n{\"b\":2}"),
            "{asked}"
        );
        for line in [
            "Authorization: Bearer secret",
            "Origin: https://emr.example",
            "Prefer: wait=1",
        ] {
            assert!(asked.contains(&format!("\r\n{line}\r\n")), "{asked}");
        }
        assert!(asked.contains("Content-Type: application/json"), "{asked}");
    }

    #[test]
    fn problem_is_told_by_its_code() {
        let (rest, _server) = serve(
            "HTTP/1.1 410 Gone\r\nContent-Type: application/problem+json\r\nContent-Length: 24\r\n\r\n\
             {\"code\": \"card-removed\"} ",
        );
        let reply = rest.get("/v1/cards/current");
        assert_eq!((reply.status, reply.problem().as_str()), (410, "card-removed"));
    }

    #[test]
    fn events_come_one_by_one() {
        let (rest, _server) = serve(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\n\
             event: card.inserted\nid: 1\ndata: {\"reader\":\"r\"}\n\nevent: card.ready\ndata: {}\n\n",
        );
        let events = rest.events();
        let first = events.next_event(LIMIT).unwrap();
        assert_eq!((first.name.as_str(), first.id.as_str()), ("card.inserted", "1"));
        assert_eq!(first.data, json!({ "reader": "r" }));
        assert_eq!(events.next_named("card.ready", LIMIT).data, json!({}));
        assert_eq!(events.next_event(LIMIT), None);
    }
}
