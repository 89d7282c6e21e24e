//! Orders of the browsers' program to the desk: one line of JSON each, one line back.

use beid_e2e::{AnswerGate, Desk, ForeignCard, LIMIT, ScriptedAnswer, eventually};
use serde_json::{Value, json};

/// The desk, and how far its diaries have been read.
pub(crate) struct DeskOrders {
    desk: Desk,
    /// Answers that the person holds back.
    held: Vec<AnswerGate>,
    /// The card in the first reader that is no eID.
    foreign: Option<ForeignCard>,
    dialogs: usize,
    requests: usize,
    /// Number of own requests that mark a place in the log.
    marks: usize,
}

impl DeskOrders {
    pub(crate) fn new(desk: Desk) -> Self {
        Self {
            desk,
            held: Vec::new(),
            foreign: None,
            dialogs: 0,
            requests: 0,
            marks: 0,
        }
    }

    /// Does what one line asks for.
    ///
    /// # Panics
    /// If the desk does not do it: a card that does not become ready fails the test.
    pub(crate) fn carry_out(&mut self, order: &Value) -> Value {
        let text = |name: &str| order[name].as_str().unwrap_or_default();
        let done = match text("order") {
            "insert" => json!(self.desk.insert(text("citizen"))),
            "remove" => {
                self.desk.readers.first().remove();
                Value::Null
            }
            "insertForeign" => {
                self.foreign = Some(self.desk.readers.first().insert_foreign());
                Value::Null
            }
            "removeForeign" => {
                drop(self.foreign.take());
                self.desk.readers.first().wait_removed();
                Value::Null
            }
            "triesLeft" => json!(self.desk.readers.first().tries_left()),
            "answers" | "holds" => match text("line").parse() {
                Ok(answer) => {
                    self.script(answer, text("order") == "holds");
                    Value::Null
                }
                Err(reason) => return json!({ "error": reason }),
            },
            "release" => {
                self.held.drain(..).for_each(AnswerGate::open);
                Value::Null
            }
            "shown" => {
                let shown = self.desk.pinentry.shown().split_off(self.dialogs);
                self.dialogs += shown.len();
                json!(shown)
            }
            "beidctl" => {
                let arguments = order["arguments"].as_array().into_iter().flatten();
                let arguments: Vec<&str> = arguments.filter_map(Value::as_str).collect();
                let done = self.desk.daemon.beidctl(&arguments);
                json!({ "code": done.code, "stdout": done.text(), "stderr": done.stderr })
            }
            "requests" => json!(self.requests()),
            unknown => return json!({ "error": format!("the desk knows no {unknown:?}") }),
        };
        json!({ "ok": done })
    }

    /// Queues what the person does with a dialog, at once or when told.
    fn script(&mut self, answer: ScriptedAnswer, hold: bool) {
        if hold {
            self.held.push(self.desk.pinentry.will_pause_then(answer));
        } else {
            self.desk.pinentry.will(answer);
        }
    }

    /// Requests that the daemon has answered since the last call: `GET /v1/status 200`.
    fn requests(&mut self) -> Vec<String> {
        // Written in the order of the answers; once our own is there, so is every earlier one.
        self.marks += 1;
        let mark = self.desk.daemon.rest_without_token();
        let _ = mark.begin("PUT", "/v1/status", &[], None).finish();
        let all = eventually("the log has the mark", LIMIT, || {
            let all = requests(&self.desk.daemon.log());
            (all.iter().filter(|line| is_mark(line)).count() >= self.marks).then_some(all)
        });
        let new = all.get(self.requests..).unwrap_or_default();
        let new = new.iter().filter(|line| !is_mark(line)).cloned().collect();
        self.requests = all.len();
        new
    }
}

/// Tells our own request, which no browser makes, from others.
fn is_mark(line: &str) -> bool {
    line.starts_with("PUT /v1/status ")
}

/// Every request in a log of the daemon.
fn requests(log: &str) -> Vec<String> {
    let lines = log.lines().filter(|line| line.contains(" request method="));
    let member = |line: &str, name: &str| {
        let found = line
            .split(' ')
            .find_map(|word| word.strip_prefix(name).map(str::to_owned));
        found.unwrap_or_default().trim_matches('"').to_owned()
    };
    lines
        .map(|line| {
            let parts = ["method=", "route=", "status="].map(|name| member(line, name));
            parts.join(" ")
        })
        .collect()
}
