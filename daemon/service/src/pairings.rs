//! Access of web pages: given at once to listed and allowed websites, and to others after a person has said yes in a
//! dialog.
//!
//! A page asks and is told at once that a person is asked, with three digits that the dialog shows too: whoever compares
//! them knows that the dialog belongs to the page. It then asks how far that is, with the id that only it knows.

pub(crate) mod administration;
pub(crate) mod dialog;
mod rate;
pub(crate) mod requests;

use crate::caller::{Asker, CallerId};
use crate::events::Event;
use crate::tokens::{AdmissionGround, PageAdmission};
use crate::{Context, Service};
use beid_api::types as t;
use beid_api::words::{PairingGround, PairingState};
use beid_api::{ApiError, DoneOrBegun, ErrorCode, Scope, Scopes};
use beid_host::random::random_id;
use beid_prompt::layout::beginning;
use beid_settings::{Pairing, fault_of_origin};
use beid_texts::Message;
use dialog::PersonAgreed;
use jiff::SignedDuration;
use requests::PairingEnd;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Lifetime of the token of a page that is let in without asking.
const LIFE_UNASKED: SignedDuration = SignedDuration::from_hours(12);
/// Lifetime in days that a person is asked for if the page names none.
const USUAL_DAYS: u16 = 90;
/// Longest lifetime in days that a person is asked for.
const LONGEST_DAYS: u16 = 365;

impl Service {
    /// Returns true if pages of `origin` may call: the settings list it, or a person let it in.
    #[must_use]
    pub fn knows_origin(&self, origin: &str) -> bool {
        self.listed(origin).is_some() || (self.asks_about_pages() && self.tokens.knows(origin, self.now()))
    }

    /// Scopes with which the settings list `origin`.
    pub(crate) fn listed(&self, origin: &str) -> Option<Scopes> {
        let config = self.config();
        let mut pages = config.settings.origin.iter();
        pages.find(|page| page.origin == origin).map(|page| page.scopes.clone())
    }

    pub(crate) fn asks_about_pages(&self) -> bool {
        self.config().settings.policy.pairing() == Pairing::Ask
    }

    /// Scopes with which pages of `origin` are let in without asking, and the reason.
    fn let_in(&self, origin: &str) -> Option<(Scopes, UnaskedGround)> {
        if let Some(scopes) = self.listed(origin) {
            return Some((scopes, UnaskedGround::Listed));
        }
        let allowed = self.tokens.allowed().remove(origin).filter(|_| self.asks_about_pages());
        allowed.map(|scopes| (scopes, UnaskedGround::Allowed))
    }

    /// Returns true if the settings list `origin`, or leave it to a person.
    pub(crate) fn may_let_in(&self, origin: &str) -> bool {
        self.listed(origin).is_some() || self.asks_about_pages()
    }

    /// Ends the access of pages that other settings no longer let in.
    pub(crate) fn end_access_by_settings(&self) {
        let ended = self.tokens.end_listed(|origin| self.listed(origin));
        self.access_ended(&ended);
        // Pages that a person let in keep their tokens, as over a restart, but can do nothing with them meanwhile.
        let is_out = |caller: &CallerId| matches!(caller, CallerId::Page { origin, .. } if !self.may_let_in(origin));
        self.tokens
            .pages()
            .iter()
            .filter(|caller| is_out(caller))
            .for_each(|caller| self.caller_left(caller));
    }

    /// Ends what goes on for callers whose access has ended, and tells other pages of their website.
    pub(crate) fn access_ended(&self, ended: &[CallerId]) {
        for caller in ended {
            self.caller_left(caller);
            if let CallerId::Page { origin, pairing } = caller {
                self.events.send(Event::pairing(pairing, origin));
            }
        }
    }
}

/// Origin of the calling page.
fn origin_of(context: &Context) -> Option<&str> {
    match &context.caller.asker {
        Asker::Origin(origin) => Some(origin),
        Asker::Program(_) | Asker::OwnPage => None,
    }
}

/// Refuses callers that cannot be paired: programs, and pages about which nobody is asked.
pub(crate) fn may_pair(context: &Context) -> Result<(), ApiError> {
    let service = &context.service;
    match origin_of(context) {
        Some(origin) if service.let_in(origin).is_some() || service.asks_about_pages() => Ok(()),
        Some(_) | None => Err(ErrorCode::OriginNotPaired.into()),
    }
}

pub(crate) async fn pair(
    context: Context,
    request: t::PairingRequest,
) -> Result<DoneOrBegun<t::PairingAnswer, t::PairingStateAnswer>, ApiError> {
    let origin = origin_of(&context).ok_or(ErrorCode::OriginNotPaired)?.to_owned();
    let name = beginning(&request.name);
    // After characters that nobody sees were taken out.
    if name.is_empty() {
        return Err(ApiError::invalid("name", "must not be empty"));
    }
    if request.days == Some(0) {
        return Err(ApiError::invalid("days", "must be at least one day"));
    }
    let scopes = Scopes::parse(request.scopes.iter().map(String::as_str), "scopes")?;
    let wanted = WantedAccess {
        name,
        days: request.days.unwrap_or(USUAL_DAYS).min(LONGEST_DAYS),
        origin,
        scopes,
    };
    match context.service.let_in(&wanted.origin) {
        Some((most, ground)) => let_in(&context.service, wanted, &request.scopes, &most, ground).map(DoneOrBegun::Done),
        None => begin(context, wanted).await.map(DoneOrBegun::Begun),
    }
}

/// Access that a page wants.
pub(crate) struct WantedAccess {
    /// Origin of the page.
    pub(crate) origin: String,
    /// Name of the page, as it calls itself: its beginning, on one line.
    pub(crate) name: String,
    pub(crate) scopes: Scopes,
    pub(crate) days: u16,
}

impl WantedAccess {
    /// Lifetime of the token that a person is asked for.
    fn life(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * i64::from(self.days))
    }

    /// Terms for a page that a person has agreed to.
    fn confirmed(&self, id: String, PersonAgreed { .. }: PersonAgreed) -> PageAdmission {
        self.admission(id, PairingGround::Confirmed, self.life())
    }

    fn admission(&self, id: String, ground: PairingGround, life: SignedDuration) -> PageAdmission {
        PageAdmission {
            id,
            origin: self.origin.clone(),
            name: self.name.clone(),
            scopes: self.scopes.clone(),
            ground: AdmissionGround::Pairing(ground),
            life,
        }
    }
}

/// Reason why nobody is asked about a website.
enum UnaskedGround {
    Listed,
    Allowed,
}

/// Lets a page in at once, with at most the scopes of its website.
fn let_in(
    service: &Service,
    wanted: WantedAccess,
    words: &[String],
    most: &Scopes,
    ground: UnaskedGround,
) -> Result<t::PairingAnswer, ApiError> {
    for word in words {
        // One by one, not as a set: an origin listed with the whole identity may ask for its basic part.
        let scope = Scope::parse(word, "scopes")?;
        if !most.allow(scope) {
            return Err(ApiError::scope_missing(scope));
        }
    }
    let id = random_id();
    let ground = match ground {
        UnaskedGround::Listed => PairingGround::Listed,
        UnaskedGround::Allowed => PairingGround::Allowed,
    };
    let admission = wanted.admission(id.clone(), ground, LIFE_UNASKED);
    let granted = service.tokens.admit_page(admission, service.now())?;
    service.access_ended(granted.ended.as_slice());
    tracing::info!(origin = wanted.origin, "website let in");
    Ok(t::PairingAnswer {
        id,
        state: PairingState::Granted.word().to_owned(),
        token: granted.token,
        scopes: wanted.scopes.words(),
        expires_at: granted.expires_at.to_string(),
    })
}

/// Begins to ask a person, and answers at once.
async fn begin(context: Context, wanted: WantedAccess) -> Result<t::PairingStateAnswer, ApiError> {
    // No browser sends an origin of another form, and a person could take it for another website's.
    if fault_of_origin(&wanted.origin).is_some() {
        return Err(ErrorCode::OriginNotPaired.into());
    }
    let (tell, told) = oneshot::channel();
    tokio::spawn(asked_and_decided(context, wanted, tell));
    told.await
        .unwrap_or_else(|_| Err(ApiError::internal("a pairing that did not begin")))
}

/// Asks a person, and lets the page in if that person agrees. `tell` is told once the dialog opens, or cannot.
async fn asked_and_decided(
    context: Context,
    wanted: WantedAccess,
    tell: oneshot::Sender<Result<t::PairingStateAnswer, ApiError>>,
) {
    let service = Arc::clone(&context.service);
    let pending = match service.requests.begin(&wanted.origin, service.prompter.timeout()) {
        Ok(pending) => pending,
        Err(error) => return drop(tell.send(Err(error))),
    };
    let turn = match context.turn() {
        Ok(turn) => turn,
        Err(error) => {
            // It was never asked, so it does not count.
            service.requests.forget(&pending.id);
            return drop(tell.send(Err(error)));
        }
    };
    drop(tell.send(Ok(pending.to_answer())));
    tracing::info!(origin = wanted.origin, "a person is asked about a website");
    let asked = dialog::ask(&context, turn, &wanted, &pending);
    let outcome = tokio::select! {
        biased;
        // First: what was taken back must not be granted.
        () = pending.withdrawn.cancelled() => Err(ErrorCode::UserTimeout.into()),
        () = service.running.ending() => Err(ErrorCode::UserTimeout.into()),
        asked = asked => asked,
    };
    let end = outcome.and_then(|agreed| {
        let admission = wanted.confirmed(pending.id.clone(), agreed);
        service.tokens.admit_page(admission, service.now())
    });
    let end = match end {
        Ok(granted) => {
            service.access_ended(granted.ended.as_slice());
            PairingEnd::Granted {
                token: granted.token.into(),
                scopes: wanted.scopes.words(),
                expires_at: granted.expires_at.to_string(),
                collected: false,
            }
        }
        Err(error) if error.code == ErrorCode::UserDeclined => PairingEnd::Refused,
        Err(error) => {
            tracing::info!(
                origin = wanted.origin,
                code = error.code.code(),
                "a website is not let in"
            );
            PairingEnd::Expired
        }
    };
    let granted = matches!(end, PairingEnd::Granted { .. });
    let counts = service.requests.end(&pending.id, end);
    service.events.send(Event::pairing(&pending.id, &wanted.origin));
    if granted {
        if counts {
            tracing::info!(origin = wanted.origin, "a person lets a website in");
            tokio::time::sleep(requests::COLLECT_WITHIN).await;
        }
        service.forget_token(&pending.id);
    }
}

impl Service {
    /// Wipes the token of a granted request. If its page was not told it, nobody has it, and the pairing ends.
    fn forget_token(&self, id: &str) {
        if !self.requests.wipe(id) {
            match self.tokens.end_pairing(id, None) {
                Ok(ended) => self.access_ended(ended.as_slice()),
                Err(error) => tracing::warn!(error = ?error.detail, "a pairing that nobody collected is still kept"),
            }
        }
    }
}

pub(crate) async fn pairing(context: Context, request: t::PairingIdRequest) -> Result<t::PairingStateAnswer, ApiError> {
    let (service, origin) = (&context.service, origin_of(&context));
    let is_used = service.tokens.is_used(&request.id);
    let found = origin.and_then(|origin| service.requests.view(&request.id, origin, is_used));
    found.ok_or_else(no_such_pairing)
}

fn no_such_pairing() -> ApiError {
    ApiError::new(ErrorCode::NotFound, Message::new("detail-no-such-pairing"))
}
