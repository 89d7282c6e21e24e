//! A service with its files, and a person who answers when a step says so.

use super::super::bench::{Setup, service};
use super::expected::{AccessStep, ExpectedAccess, Ground, LISTED, Outcome, PersonsAnswer, SITES};
use beid_api::{AnswerForm, ApiError, OPERATIONS, OperationKey};
use beid_service::caller::{Asker, Caller, CallerId};
use beid_service::{Call, Service};
use beid_testkit::Scratch;
use beid_testkit::daemon::Person;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Hours that have passed for the service. Cases run one after the other.
static HOUR: AtomicI64 = AtomicI64::new(0);

fn clock() -> Timestamp {
    let first: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    first + SignedDuration::from_hours(HOUR.load(Ordering::SeqCst))
}

/// A service under test.
pub(super) struct RealAccess {
    service: Arc<Service>,
    // Ends what the service has begun, so after it.
    runtime: Runtime,
    scratch: Scratch,
    /// Ids of the requests, and tokens with the ids of their pairings, in the order of the list.
    requests: Vec<String>,
    tokens: Vec<RealToken>,
}

#[derive(Default)]
struct RealToken {
    id: String,
    token: String,
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A page without a token.
fn page(site: usize) -> Caller {
    Caller {
        asker: Asker::Origin(SITES[site].to_owned()),
        ..Caller::anonymous()
    }
}

fn user() -> Caller {
    Caller::on_bus(":1.1", "beidctl")
}

fn refused(error: &ApiError) -> Outcome {
    Outcome::Refused(error.code.code())
}

impl RealAccess {
    pub(super) fn new() -> Self {
        HOUR.store(0, Ordering::SeqCst);
        let (runtime, scratch) = (runtime(), Scratch::new("access"));
        let service = started(&runtime, &scratch);
        Self {
            service,
            runtime,
            scratch,
            requests: Vec::new(),
            tokens: Vec::new(),
        }
    }

    /// Does a step; `expected` is what must be there afterwards.
    pub(super) fn take(&mut self, step: &AccessStep, expected: &ExpectedAccess) -> Outcome {
        match step {
            AccessStep::Ask { site, days, answer } => self.ask(*site, *days, *answer, &expected.outcome),
            AccessStep::Answer => self.answer(expected),
            AccessStep::Withdraw { request, site } => self.done(
                OperationKey::RevokePairing,
                page(*site),
                json!({ "id": self.requests[*request] }),
            ),
            AccessStep::Look { request, site } => self.look(*request, *site, expected),
            AccessStep::Use { token, site } => {
                let origin = site.map(|site| SITES[site]);
                match self.service.caller(&self.tokens[*token].token, origin) {
                    Ok(caller) => {
                        assert_eq!(caller.id, self.caller_id(*token, expected));
                        Outcome::Done
                    }
                    Err(error) => refused(&error),
                }
            }
            AccessStep::Wait { .. } => {
                HOUR.store(expected.hour, Ordering::SeqCst);
                Outcome::Done
            }
            AccessStep::WaitForCollection => {
                self.runtime.block_on(async {
                    tokio::time::pause();
                    tokio::time::advance(Duration::from_secs(61)).await;
                    for _ in 0..20 {
                        tokio::task::yield_now().await;
                    }
                    tokio::time::resume();
                });
                Outcome::Done
            }
            AccessStep::RevokePairing { token, by } => {
                let by = by.map(|by| {
                    let origin = SITES[expected.tokens[by].site];
                    self.service.caller(&self.tokens[by].token, Some(origin)).unwrap()
                });
                let id = json!({ "id": self.tokens[*token].id });
                self.done(OperationKey::RevokePairing, by.unwrap_or_else(user), id)
            }
            AccessStep::RevokeOrigin { site } => {
                self.done(OperationKey::RevokeOrigin, user(), json!({ "origin": SITES[*site] }))
            }
            AccessStep::Allow { site } => {
                let members = json!({ "origin": SITES[*site], "scopes": ["readers"] });
                self.done(OperationKey::AllowOrigin, user(), members)
            }
            AccessStep::Silence { site } => self.done(OperationKey::Silence, user(), json!({ "caller": SITES[*site] })),
            AccessStep::Unsilence { site } => {
                self.done(OperationKey::Unsilence, user(), json!({ "caller": SITES[*site] }))
            }
            AccessStep::Restart => {
                self.service.shut_down();
                self.runtime = runtime();
                self.service = started(&self.runtime, &self.scratch);
                Outcome::Done
            }
        }
    }

    fn call(&self, key: OperationKey, caller: Caller, members: Value) -> Result<AnswerForm, ApiError> {
        let row = OPERATIONS.iter().find(|row| row.key == key).unwrap();
        let call = Call {
            members: members.as_object().unwrap().clone(),
            ..Call::default()
        };
        self.runtime.block_on(self.service.call(row, caller, call))
    }

    fn done(&self, key: OperationKey, caller: Caller, members: Value) -> Outcome {
        match self.call(key, caller, members) {
            Ok(_) => Outcome::Done,
            Err(error) => refused(&error),
        }
    }

    fn ask(&mut self, site: usize, days: i64, answer: PersonsAnswer, expected: &Outcome) -> Outcome {
        let word = match answer {
            PersonsAnswer::Yes => "gateok\n",
            PersonsAnswer::No => "gatecancel\n",
            PersonsAnswer::Never => "gateno\n",
            PersonsAnswer::Nothing => "gatetimeout\n",
        };
        let (answers, asked) = (self.scratch.path().join("answers"), self.scratch.path().join("asked"));
        if matches!(expected, Outcome::Seen(..)) {
            fs::write(answers, word).unwrap();
        }
        let members = json!({ "name": "Desk", "scopes": ["readers"], "days": days });
        let busy = Outcome::Refused("operation-in-progress");
        let mut outcome = None;
        self.until("the turn", || {
            let answer = self.call(OperationKey::Pair, page(site), members.clone());
            // A dialog that the page or the user has closed takes a moment to go.
            let is_busy = answer.as_ref().err().is_some_and(|error| refused(error) == busy);
            outcome = Some(answer);
            !is_busy || *expected == busy
        });
        match outcome.unwrap() {
            Ok(AnswerForm::Members(granted)) => {
                self.tokens.push(RealToken {
                    id: text(&granted, "id"),
                    token: text(&granted, "token"),
                });
                Outcome::Granted
            }
            Ok(AnswerForm::Begun(begun)) => {
                self.requests.push(text(&begun, "id"));
                self.until("the dialog", || asked.exists());
                fs::remove_file(asked).unwrap();
                Outcome::Seen("waitingForUser", false)
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => refused(&error),
        }
    }

    /// Lets the person answer. Whether the page is let in shows without asking for its token.
    fn answer(&mut self, expected: &ExpectedAccess) -> Outcome {
        let gate = self.scratch.path().join("gate");
        fs::write(&gate, "").unwrap();
        // The latest that was begun is the one about which the dialog is open.
        let (request, number) = (self.requests.last().unwrap().clone(), self.requests.len() - 1);
        let (site, answer) = (expected.requests[number].site, expected.requests[number].answer);
        self.until("the end of the dialog", || {
            if answer == PersonsAnswer::Yes {
                let list = self.list();
                return rows(&list["pairings"]).any(|row| row["id"] == *request);
            }
            let seen = self.call(OperationKey::GetPairing, page(site), json!({ "id": request }));
            matches!(seen, Ok(AnswerForm::Members(seen)) if seen["state"] != "waitingForUser")
        });
        fs::remove_file(gate).unwrap();
        if answer == PersonsAnswer::Yes {
            self.tokens.push(RealToken {
                id: request,
                token: String::new(),
            });
        }
        Outcome::Done
    }

    fn look(&mut self, request: usize, site: usize, expected: &ExpectedAccess) -> Outcome {
        let id = json!({ "id": self.requests[request] });
        let seen = match self.call(OperationKey::GetPairing, page(site), id) {
            Ok(AnswerForm::Members(seen)) => seen,
            Ok(other) => panic!("{other:?}"),
            Err(error) => return refused(&error),
        };
        let state = ["waitingForUser", "granted", "refused", "expired"];
        let state = state.into_iter().find(|state| seen["state"] == **state).unwrap();
        assert_eq!(seen["matchCode"].is_string(), state == "waitingForUser");
        if let Some(token) = seen["token"].as_str() {
            let mut tokens = (0..).zip(&expected.tokens);
            let (number, _) = tokens.find(|(_, token)| token.request == Some(request)).unwrap();
            token.clone_into(&mut self.tokens[number].token);
        }
        Outcome::Seen(state, seen["token"].is_string())
    }

    fn list(&self) -> Value {
        match self.call(OperationKey::ListPairings, user(), json!({})) {
            Ok(AnswerForm::Members(list)) => list,
            other => panic!("{other:?}"),
        }
    }

    /// Lets the service work until `done`.
    fn until(&self, what: &str, mut done: impl FnMut() -> bool) {
        for _ in 0..1000 {
            if done() {
                return;
            }
            self.runtime
                .block_on(async { tokio::time::sleep(Duration::from_millis(5)).await });
        }
        panic!("never: {what}")
    }

    fn caller_id(&self, token: usize, expected: &ExpectedAccess) -> CallerId {
        CallerId::Page {
            origin: SITES[expected.tokens[token].site].to_owned(),
            pairing: self.tokens[token].id.clone(),
        }
    }

    /// Compares what the service knows with the list.
    pub(super) fn must_have(&self, expected: &ExpectedAccess) {
        for (number, token) in expected.tokens.iter().enumerate() {
            assert_eq!(
                self.service.tokens.vouch_for(&self.caller_id(number, expected)),
                token.kept,
                "{token:?}"
            );
        }
        for (site, origin) in SITES.iter().enumerate() {
            assert_eq!(self.service.knows_origin(origin), expected.knows(site), "{origin}");
        }
        let list = self.list();
        let pairings: Vec<_> = rows(&list["pairings"])
            .map(|row| (text(row, "id"), text(row, "origin"), text(row, "ground")))
            .collect();
        let live = (0..).zip(&expected.tokens);
        let live = live.filter(|(_, token)| token.kept && token.ends > expected.hour);
        let live = live.map(|(number, token): (usize, _)| {
            let ground = match token.ground {
                Ground::Listed => "listed",
                Ground::Allowed => "allowed",
                Ground::Confirmed => "confirmed",
            };
            (
                self.tokens[number].id.clone(),
                SITES[token.site].to_owned(),
                ground.to_owned(),
            )
        });
        assert_eq!(pairings, live.collect::<Vec<_>>());
        let allowed: Vec<_> = rows(&list["allowed"]).map(|row| text(row, "origin")).collect();
        let expected_allowed = (0..SITES.len()).filter(|site| *site == LISTED || expected.allowed.contains(site));
        assert_eq!(allowed, expected_allowed.map(|site| SITES[site]).collect::<Vec<_>>());
        let silenced: Vec<_> = rows(&list["silenced"]).map(|row| text(row, "caller")).collect();
        let expected_silenced = expected.silenced.iter().map(|site| SITES[*site]);
        assert_eq!(silenced, expected_silenced.collect::<Vec<_>>());
    }

    /// Looks for tokens in the files that the service keeps.
    pub(super) fn no_token_is_in_a_file(&self) {
        for file in ["pairings.json", "tokens.json", "silenced.json"] {
            let kept = fs::read_to_string(self.scratch.path().join(file)).unwrap_or_default();
            let mut told = self.tokens.iter().filter(|token| !token.token.is_empty());
            assert!(!told.any(|token| kept.contains(&token.token)), "{file}");
        }
    }
}

fn rows(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().unwrap().iter()
}

fn text(members: &Value, name: &str) -> String {
    members[name].as_str().unwrap().to_owned()
}

/// Starts a service with the files in `scratch`.
fn started(runtime: &Runtime, scratch: &Scratch) -> Arc<Service> {
    let setup = Setup {
        person: Some(Person::Follows(&[])),
        clock: Some(clock),
        ..Setup::default()
    };
    // Some of its parts are tasks.
    let _inside = runtime.enter();
    service(&setup, scratch.path())
}
