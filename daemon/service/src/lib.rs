//! The service: everything both fronts can ask for, and nothing of how they are asked.
//!
//! A front turns bytes into a [`Call`] by a [`Caller`], hands it to [`Service::call`] and turns the [`AnswerForm`] back
//! into bytes. Nothing in here knows HTTP or D-Bus.

pub mod caller;
pub mod cards;
pub mod events;
pub mod keeper;
pub mod page;
pub mod running;
pub mod silences;
pub mod simulation;
pub mod tls;
pub mod tokens;

pub(crate) mod admin;
mod arrival;
pub(crate) mod authentications;
mod bindings;
pub(crate) mod bus_confirmation;
pub(crate) mod ceremony;
pub(crate) mod certificates;
pub(crate) mod checks;
mod counting;
pub(crate) mod diagnostics;
pub(crate) mod documents;
pub(crate) mod evidence;
pub(crate) mod exports;
mod filework;
pub(crate) mod forms;
pub(crate) mod pairings;
pub(crate) mod patients;
pub(crate) mod pin;
pub(crate) mod readers;
pub mod readings;
mod redirects;
pub(crate) mod reports;
pub(crate) mod responses;
pub(crate) mod roles;
pub(crate) mod signatures;
pub(crate) mod verifications;

pub use readers::FEATURES;

use beid_api::{AnswerForm, ApiError, ErrorCode, OperationRow};
use beid_evidence::{DeliveryState, Recorder};
use beid_issuers::revocation::Checker;
use beid_issuers::timestamps::Stamper;
use beid_pki::TrustStore;
use beid_prompt::layout::{paragraph, wrapped};
use beid_prompt::{Prompter, Turn};
use beid_settings::Config;
use beid_settings::roots::VerificationRoots;
use beid_texts::{Language, Message, Render};
use bus_confirmation::ConfirmedConnections;
use caller::{Caller, CallerId};
use cards::{Prefetch, Registry};
use counting::{CountedOperation, dialog_end};
use events::{Event, Events};
use filework::FileWork;
use futures_util::future::{BoxFuture, FutureExt};
use jiff::Timestamp;
use page::PageSessions;
use pairings::requests::PairingRequests;
use readings::ReadingCounts;
use redirects::dialogs::OneCallDialogs;
use reports::RefusalToCount;
use running::{
    CardsMeant, IdempotencyKey, Keeper, MeantCard, OpenedOperation, OperationId, OperationWait, Progress,
    RunningOperations, Ticket,
};
use serde_json::{Map, Value};
use signatures::OpenReviews;
use silences::Silences;
use simulation::Simulation;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tls::{HttpsCertificates, TrustSurvey};
use tokens::Tokens;
use tokio::sync::watch;
use tokio::time::timeout;

/// State of the daemon, shared by both fronts, and the way to call its operations.
pub struct Service {
    /// Readers and cards.
    pub registry: Arc<Registry>,
    /// Events for callers that listen.
    pub events: Events,
    /// Calls that wait for a person.
    pub running: RunningOperations,
    /// Tokens of native programs and of pages.
    pub tokens: Tokens,
    /// Sessions of the daemon's own page.
    pub pages: PageSessions,
    /// Requests of pages for access.
    pub(crate) requests: PairingRequests,
    pub(crate) one_call_dialogs: OneCallDialogs,
    /// Files about which a dialog is open.
    pub(crate) reviews: OpenReviews,
    /// Callers that a person does not want to be asked by.
    pub(crate) silences: Arc<Silences>,
    /// Connections on the bus that a person has confirmed.
    pub(crate) confirmed: ConfirmedConnections,
    /// Asks issuers about revocation.
    pub revocation: Checker,
    pub(crate) prompter: Prompter,
    pub(crate) trust: TrustStore,
    pub(crate) verification: VerificationRoots,
    config: RwLock<Arc<Config>>,
    /// Asks for time stamps, if there is an authority to ask.
    pub(crate) stamper: Option<Stamper>,
    clock: fn() -> Timestamp,
    /// Changes when a token ends before its time.
    token_ends: watch::Sender<()>,
    /// Simulated readers, if the daemon has no others.
    pub(crate) simulation: OnceLock<Arc<dyn Simulation>>,
    /// Records what is done, before it is answered.
    pub evidence: Recorder,
    /// Numbers of identity readings.
    pub(crate) readings: ReadingCounts,
    /// Certificates of the HTTPS front, once there is one.
    pub(crate) https_certificates: OnceLock<Arc<dyn HttpsCertificates>>,
    /// Survey of who trusts them.
    pub(crate) trust_survey: OnceLock<Arc<dyn TrustSurvey>>,
    /// State of the delivery of evidence, if there is a server.
    pub(crate) delivery: OnceLock<Arc<Mutex<DeliveryState>>>,
    /// Turns for work on files that callers send.
    pub(crate) files: FileWork,
    /// Turn to make a survey.
    pub(crate) survey_turn: Arc<tokio::sync::Mutex<()>>,
}

/// One request, independent of the front that it came in by.
#[derive(Debug, Default)]
pub struct Call {
    /// Members of the request, those of the path included.
    pub members: Map<String, Value>,
    /// Language of error texts.
    pub language: Language,
    /// Media type that the caller wants the answer in, among those of the operation; `None`: as members.
    pub form: Option<&'static str>,
    /// Key by which the caller recognises the request if it is sent again; for operations that are `keyed`.
    pub key: Option<IdempotencyKey>,
}

/// Answer to a call whose caller waits for a limited time.
#[derive(Debug)]
pub enum Called {
    /// The call has ended in time.
    Done(AnswerForm),
    /// The operation runs on; its owner looks at it by this id.
    RunsOn(OperationId),
}

/// Everything that an operation is given besides its request.
pub struct Context {
    /// The service.
    pub service: Arc<Service>,
    /// The caller.
    pub caller: Caller,
    /// Reports the state of the operation, and carries its cancellation.
    pub progress: Progress,
    /// Language of texts that are part of an answer.
    pub language: Language,
    /// Media type that the caller wants the answer in; `None`: as members.
    pub form: Option<&'static str>,
    /// Time at which the call came.
    pub began: Timestamp,
}

impl Context {
    /// Takes the turn to ask a person something for this caller.
    ///
    /// # Errors
    /// `operation-in-progress` while a person is being asked something else; `too-many-requests` for a while after a
    /// person refused this caller; `policy-denied` if that person never wants to be asked by it.
    pub(crate) fn turn(&self) -> Result<Turn<'_>, ApiError> {
        let (party, terminal) = (self.caller.party(), self.caller.terminal.as_ref());
        self.service.silences.refuse(&party, self.service.now())?;
        self.service.prompter.turn(&party, self.caller.when_busy(), terminal)
    }

    /// Renders the first paragraph of a dialog: the caller and its request, by the text id `what`; and a note if the
    /// dialog stands on the caller's own terminal.
    pub(crate) fn asks(&self, what: &str) -> String {
        let prompter = &self.service.prompter;
        let asks = wrapped(&self.caller.asker.asks(what, prompter.language()), 0);
        if self.caller.terminal.is_some() && prompter.takes_a_terminal() {
            let there = Message::new("dialog-on-callers-terminal").render(prompter.language());
            return format!("{asks}\n{}", paragraph(&there));
        }
        asks
    }

    /// Member `simulated` of answers: true where cards are simulated, else absent.
    fn simulated(&self) -> Option<bool> {
        self.service.config().simulated.then_some(true)
    }
}

/// Parts that a [`Service`] is made of.
pub struct Parts {
    /// Readers and cards.
    pub registry: Arc<Registry>,
    /// Sender of events.
    pub events: Events,
    /// Tokens of callers over HTTPS.
    pub tokens: Tokens,
    /// Callers that a person does not want to be asked by.
    pub silences: Silences,
    /// Dialogs with persons.
    pub prompter: Prompter,
    /// Trusted roots of cards.
    pub trust: TrustStore,
    /// Trusted roots of signatures in files.
    pub verification: VerificationRoots,
    /// Asks issuers about revocation.
    pub revocation: Checker,
    /// Settings.
    pub config: Config,
    /// Source of the current time.
    pub clock: fn() -> Timestamp,
    /// Keeps signatures for callers who have left.
    pub keeper: Keeper,
    /// Records what is done, before it is answered.
    pub evidence: Recorder,
    /// Numbers of identity readings.
    pub readings: ReadingCounts,
}

impl Service {
    /// Puts a service together.
    #[must_use]
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts {
            registry,
            events,
            tokens,
            silences,
            prompter,
            trust,
            verification,
            revocation,
            config,
            clock,
            keeper,
            evidence,
            readings,
        } = parts;
        let silences = Arc::new(silences);
        let told = Arc::clone(&silences);
        prompter.on_silence(Box::new(move |party, term| {
            if let Err(error) = told.silence(party, term, clock()) {
                tracing::warn!(error = ?error.detail, "a wish not to be asked is not kept");
            }
        }));
        let metrics = Arc::clone(registry.metrics());
        prompter.on_end(Box::new(move |end| metrics.dialog_ended(dialog_end(end))));
        let running = RunningOperations::new(events.clone(), keeper);
        // Before sources report cards: only those that come afterwards are read ahead.
        registry.read_ahead(Prefetch {
            how_far: config.settings.policy.prefetch(),
            trust: trust.clone(),
            clock,
        });
        Arc::new(Self {
            registry,
            events,
            running,
            tokens,
            pages: PageSessions::default(),
            requests: PairingRequests::default(),
            one_call_dialogs: OneCallDialogs::default(),
            reviews: OpenReviews::default(),
            silences,
            confirmed: ConfirmedConnections::default(),
            prompter,
            trust,
            verification,
            revocation,
            stamper: config.timestamps.clone().map(|settings| Stamper::new(settings, clock)),
            config: RwLock::new(Arc::new(config)),
            clock,
            token_ends: watch::Sender::new(()),
            simulation: OnceLock::new(),
            evidence,
            readings,
            https_certificates: OnceLock::new(),
            trust_survey: OnceLock::new(),
            delivery: OnceLock::new(),
            files: FileWork::default(),
            survey_turn: Arc::default(),
        })
    }

    /// Lets callers move the cards of these simulated readers. Only the first call has an effect.
    pub fn simulates(&self, simulation: Arc<dyn Simulation>) {
        drop(self.simulation.set(simulation));
    }

    /// Lets callers replace the certificates of the HTTPS front. Only the first call has an effect.
    pub fn serves_https_with(&self, certificates: Arc<dyn HttpsCertificates>) {
        drop(self.https_certificates.set(certificates));
    }

    /// Lets callers learn how far the delivery of evidence is. Only the first call has an effect.
    pub fn delivers_evidence_as(&self, state: Arc<Mutex<DeliveryState>>) {
        drop(self.delivery.set(state));
    }

    /// Lets callers learn who trusts the certificates of the HTTPS front. Only the first call has an effect.
    pub fn surveys_trust_with(&self, survey: Arc<dyn TrustSurvey>) {
        drop(self.trust_survey.set(survey));
    }

    /// Returns true if dialogs can stand on a terminal that a caller lends.
    #[must_use]
    pub fn takes_a_terminal(&self) -> bool {
        self.prompter.takes_a_terminal()
    }

    /// The settings in force.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes other settings, of which those count that are asked for at each use. Access that they no longer give ends.
    pub fn take_settings(&self, config: Config) {
        let rules = config.settings.pcsc.rules();
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
        self.registry.set_rules(rules);
        self.end_access_by_settings();
    }

    /// Returns the current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Answers one call. Dropping the future cancels what it waits for: a dialog closes, and nothing more is sent to a
    /// card. The exception is a list that the card has begun to sign with a PIN typed here: it is finished, and kept.
    ///
    /// # Errors
    /// `scope-missing` before anything else; then those of the operation.
    pub async fn call(
        self: &Arc<Self>,
        operation: &'static OperationRow,
        caller: Caller,
        call: Call,
    ) -> Result<AnswerForm, ApiError> {
        admit(operation, &caller, &call)?;
        if !operation.long_running {
            let progress = Progress::detached();
            return self.begin(operation, caller, call, progress).await;
        }
        // A call that waits for a person can be seen and cancelled by its owner while it does.
        self.attend(operation, caller, call)?.outcome().await
    }

    /// Answers one call as [`call`](Self::call) does if it ends within `patience`, and otherwise lets it run on. A call that
    /// does not take long is answered in any case. Dropping the future before cancels what it waits for.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_within(
        self: &Arc<Self>,
        patience: Duration,
        operation: &'static OperationRow,
        caller: Caller,
        call: Call,
    ) -> Result<Called, ApiError> {
        if !operation.long_running {
            return self.call(operation, caller, call).await.map(Called::Done);
        }
        admit(operation, &caller, &call)?;
        let wait = self.attend(operation, caller, call)?;
        match timeout(patience, wait.outcome()).await {
            Ok(outcome) => outcome.map(Called::Done),
            Err(_) => Ok(Called::RunsOn(wait.let_run_on())),
        }
    }

    /// Starts a call that waits for a person, and returns its id at once. The owner looks at it, cancels it and
    /// collects its outcome through [`running`](Self::running).
    ///
    /// # Errors
    /// As [`call`](Self::call), but only those that are found before the operation begins.
    pub fn start(
        self: &Arc<Self>,
        operation: &'static OperationRow,
        caller: Caller,
        call: Call,
    ) -> Result<OperationId, ApiError> {
        admit(operation, &caller, &call)?;
        Ok(self.attend(operation, caller, call)?.let_run_on())
    }

    /// Begins a call that has passed its scope check.
    fn begin(
        self: &Arc<Self>,
        operation: &'static OperationRow,
        caller: Caller,
        call: Call,
        progress: Progress,
    ) -> BoxFuture<'static, Result<AnswerForm, ApiError>> {
        let context = Context {
            service: self.clone(),
            caller,
            progress,
            language: call.language,
            form: call.form,
            began: self.now(),
        };
        let mut members = call.members;
        let counted = CountedOperation::begin(self.metrics(), operation);
        let refusal = RefusalToCount::new(&context, operation, &members);
        let end = async move |outcome: Result<AnswerForm, ApiError>| {
            if let Some(refusal) = refusal {
                refusal.end(&outcome).await;
            }
            counted.end(outcome)
        };
        if !bus_confirmation::is_needed(&context, operation.key) {
            let work = bindings::begin(operation.key, context, Value::Object(members));
            return work.then(end).boxed();
        }
        let confirmed_first = async move {
            let arrived = context.service.arrival(operation, &mut members)?;
            bus_confirmation::ask(&context).await?;
            arrived.must_be_unchanged(&context.service)?;
            bindings::begin(operation.key, context, Value::Object(members)).await
        };
        confirmed_first.then(end).boxed()
    }

    /// Opens an operation and runs it on a task of its own, so that it can outlive the wait of its caller; or waits for the
    /// one that the caller began with the same key.
    fn attend(
        self: &Arc<Self>,
        operation: &'static OperationRow,
        caller: Caller,
        mut call: Call,
    ) -> Result<OperationWait, ApiError> {
        let key = call.key.take();
        let OpenedOperation { wait, ticket } = {
            let key = key.as_ref().map(|key| (key, self.cards_meant(&call.members)));
            self.running.open(operation.name, &caller.id, key)?
        };
        // In this order: a token that is revoked after the look finds the operation open, and ends it.
        if !self.vouches_for(&caller.id) {
            return Err(ErrorCode::TokenInvalid.into());
        }
        if let Some(ticket) = ticket {
            self.run(operation, caller, call, ticket);
        }
        Ok(wait)
    }

    /// Cards that a request means at this moment.
    fn cards_meant(&self, members: &Map<String, Value>) -> CardsMeant {
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let card = text("cardId").unwrap_or("current");
        let is_the_providers = text("signer") == Some("provider");
        CardsMeant {
            card: MeantCard::from_lookup(self.registry.resolve(card)),
            provider: if is_the_providers {
                MeantCard::from_lookup(self.registry.provider())
            } else {
                MeantCard::Nothing
            },
        }
    }

    fn run(self: &Arc<Self>, operation: &'static OperationRow, caller: Caller, call: Call, ticket: Ticket) {
        let progress = ticket.progress();
        let work = self.begin(operation, caller, call, progress.clone());
        tokio::spawn(async move {
            let outcome = progress.unless_cancelled(work).await;
            ticket.close(outcome);
        });
    }

    /// Returns true if `caller` needs no token, or has one that is still good.
    fn vouches_for(&self, caller: &CallerId) -> bool {
        if matches!(caller, CallerId::OwnPage(_)) {
            self.pages.vouch_for(caller, self.now())
        } else {
            self.tokens.vouch_for(caller)
        }
    }

    /// Cancels everything that a caller waits for, dialogs included, because it has left or its token has ended.
    pub fn caller_left(&self, caller: &CallerId) {
        self.running.abandon_all_of(caller);
        self.confirmed.forget(caller);
        // A program on the bus has no token.
        if !matches!(caller, CallerId::Bus(_)) {
            self.token_ends.send_replace(());
        }
    }

    /// Changes each time that a token has ended before its time: whoever relies on one looks again.
    #[must_use]
    pub fn token_ends(&self) -> watch::Receiver<()> {
        self.token_ends.subscribe()
    }

    /// Finds the caller of a token, which has no more scopes than the settings list for its website.
    ///
    /// # Errors
    /// `token-invalid`, `token-expired`; `origin-not-paired` if the settings no longer let the website in.
    pub fn caller(&self, token: &str, origin: Option<&str>) -> Result<Caller, ApiError> {
        let mut caller = self.tokens.caller(token, origin, self.now())?;
        // The settings may have changed since it was let in.
        if origin.is_some_and(|origin| !self.may_let_in(origin)) {
            return Err(ErrorCode::OriginNotPaired.into());
        }
        // A website that a person let in may have been listed with less since.
        if let Some(most) = origin.and_then(|origin| self.listed(origin)) {
            caller.scopes = caller.scopes.limited_to(&most);
        }
        Ok(caller)
    }

    /// Ends what is going on at once: dialogs close, waiting calls are answered `cancelled`, cards are let go.
    pub fn shut_down(&self) {
        self.events.send(Event::draining());
        self.running.abandon_all();
        self.registry.shut_down();
    }

    /// Shuts down as [`shut_down`](Self::shut_down) does, but gives a card that is signing until `deadline`: its
    /// signature is handed over, or kept.
    pub async fn wind_up(&self, deadline: Instant) {
        self.events.send(Event::draining());
        self.running.abandon_all();
        // Only signatures are waited for; all else was cancelled above. Cards are let go behind that, because a
        // signature needs its card.
        while self.running.any_committed() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.registry.shut_down();
    }
}

/// Refuses websites and programs with a token where only the own page may call, callers without the scope of the
/// operation, and requests that carry a PIN.
fn admit(operation: &'static OperationRow, caller: &Caller, call: &Call) -> Result<(), ApiError> {
    // Here too, behind every front and every way into it: what these operations answer is not bounded by who asks.
    if operation.is_own_pages() && matches!(caller.id, CallerId::Page { .. } | CallerId::Token(_)) {
        return Err(ErrorCode::OriginNotPaired.into());
    }
    caller.may(operation.scope)?;
    refuse_pins(&call.members)
}

/// Refuses members named like a PIN, in nested objects too: no PIN travels over REST or D-Bus. Parsing would refuse
/// them as unknown anyway; this error says why.
fn refuse_pins(members: &Map<String, Value>) -> Result<(), ApiError> {
    for (name, value) in members {
        let lower = name.to_ascii_lowercase();
        if ["pin", "puk", "password", "passcode"]
            .iter()
            // Parts of names count, so that `oldPin` is refused as `pin` is.
            .any(|word| lower.contains(word))
        {
            let text = Message::new("detail-pin-member").arg("member", name.as_str());
            return Err(ApiError::new(ErrorCode::InvalidRequest, text));
        }
        match value {
            Value::Object(inner) => refuse_pins(inner)?,
            Value::Array(items) => {
                items.iter().filter_map(Value::as_object).try_for_each(refuse_pins)?;
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    Ok(())
}
