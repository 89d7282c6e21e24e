//! Operations on the access that websites have: seen and ended by their own pages and by the user, who also allows
//! websites and silences callers.

use super::{no_such_pairing, origin_of};
use crate::caller::CallerId;
use crate::{Context, Service, silences};
use beid_api::types as t;
use beid_api::words::PairingGround;
use beid_api::{ApiError, ErrorCode, Scopes};
use beid_prompt::SilenceTerm;
use beid_prompt::turns::AskingParty;
use beid_settings::fault_of_origin;
use beid_texts::Message;
use std::collections::BTreeMap;

/// Pairings that a caller may see and end.
enum PairingsInReach<'c> {
    /// All of them: the user's own programs on the bus can, and the page that one of them has opened.
    All,
    /// Those of one website.
    OfOrigin(&'c str),
    /// None: a program over HTTPS.
    None,
}

fn in_reach(context: &Context) -> PairingsInReach<'_> {
    match &context.caller.id {
        CallerId::Bus(_) | CallerId::OwnPage(_) => PairingsInReach::All,
        CallerId::Page { origin, .. } => PairingsInReach::OfOrigin(origin),
        CallerId::Token(_) | CallerId::Anonymous => PairingsInReach::None,
    }
}

pub(crate) async fn list_pairings(
    context: Context,
    t::NoMembers {}: t::NoMembers,
) -> Result<t::PairingsAnswer, ApiError> {
    let (service, now) = (&context.service, context.service.now());
    let own = |pairings| t::PairingsAnswer {
        pairings,
        allowed: None,
        silenced: None,
    };
    Ok(match in_reach(&context) {
        PairingsInReach::None => own(Vec::new()),
        PairingsInReach::OfOrigin(origin) => own(service.tokens.pairings(Some(origin), now)),
        PairingsInReach::All => t::PairingsAnswer {
            pairings: service.tokens.pairings(None, now),
            allowed: Some(allowed(service)),
            silenced: Some(service.silences.list(&service.tokens, now)),
        },
    })
}

/// Websites that are let in without asking, by origin.
fn allowed(service: &Service) -> Vec<t::AllowedOriginAnswer> {
    let by_person = service
        .tokens
        .allowed()
        .into_iter()
        .filter(|_| service.asks_about_pages());
    let mut all: BTreeMap<_, _> = by_person
        .map(|(origin, scopes)| (origin, (scopes, PairingGround::Allowed)))
        .collect();
    let config = service.config();
    let listed = config.settings.origin.iter();
    all.extend(listed.map(|page| (page.origin.clone(), (page.scopes.clone(), PairingGround::Listed))));
    let answer = |(origin, (scopes, ground)): (String, (Scopes, PairingGround))| t::AllowedOriginAnswer {
        origin,
        scopes: scopes.words(),
        ground,
    };
    all.into_iter().map(answer).collect()
}

pub(crate) async fn revoke_pairing(context: Context, request: t::PairingIdRequest) -> Result<t::Done, ApiError> {
    let (service, id) = (&context.service, request.id.as_str());
    // Without a token too: only the page that asked knows the id, and it has no token yet.
    if origin_of(&context).is_some_and(|origin| service.requests.withdraw(id, origin)) {
        return Ok(t::Done {});
    }
    let origin = match in_reach(&context) {
        PairingsInReach::All => None,
        PairingsInReach::OfOrigin(origin) => Some(origin),
        PairingsInReach::None if context.caller.is_known() => return Err(no_such_pairing()),
        PairingsInReach::None => return Err(ErrorCode::TokenMissing.into()),
    };
    // In this order: an operation that opens in between looks for its token and does not find it.
    let ended = service.tokens.end_pairing(id, origin)?.ok_or_else(no_such_pairing)?;
    service.access_ended(&[ended]);
    tracing::info!("a pairing is revoked");
    Ok(t::Done {})
}

pub(crate) async fn allow_origin(context: Context, request: t::AllowOriginRequest) -> Result<t::Done, ApiError> {
    let service = &context.service;
    let scopes = Scopes::parse(request.scopes.iter().map(String::as_str), "scopes")?;
    checked(&request.origin)?;
    if !service.asks_about_pages() {
        let text = Message::new("detail-listed-only");
        return Err(ApiError::new(ErrorCode::PolicyDenied, text));
    }
    let ended = service.tokens.allow(&request.origin, scopes)?;
    service.access_ended(&ended);
    tracing::info!(origin = request.origin, "a website is allowed");
    Ok(t::Done {})
}

pub(crate) async fn revoke_origin(context: Context, request: t::OriginRequest) -> Result<t::Done, ApiError> {
    let service = &context.service;
    checked(&request.origin)?;
    // Dialogs before admissions: a call that is admitted in between finds its dialog closed, or is itself found.
    let withdrawn = close_dialogs(service, &request.origin);
    match service.tokens.end_origin(&request.origin)? {
        Some(ended) => service.access_ended(&ended),
        None if withdrawn => {}
        None => {
            let text = Message::new("detail-no-such-website").arg("origin", request.origin);
            return Err(ApiError::new(ErrorCode::NotFound, text));
        }
    }
    tracing::info!(origin = request.origin, "a website's access is revoked");
    Ok(t::Done {})
}

/// Closes the dialogs that ask whether a website may do something; returns true if there are any.
fn close_dialogs(service: &Service, origin: &str) -> bool {
    let closed = service.one_call_dialogs.revoke(origin);
    service.requests.withdraw_all_of(origin) || closed
}

/// Refuses a text that is no origin.
fn checked(origin: &str) -> Result<(), ApiError> {
    match fault_of_origin(origin) {
        None => Ok(()),
        Some(_) => Err(silences::not_an_origin("origin")),
    }
}

pub(crate) async fn silence(context: Context, request: t::SilenceRequest) -> Result<t::Done, ApiError> {
    let service = &context.service;
    let party = silences::party(&request.caller, &service.tokens)?;
    // In this order: a dialog that opens in between is refused.
    let kept = service.silences.silence(&party, SilenceTerm::ForGood, service.now());
    if let AskingParty::Origin(origin) = &party {
        close_dialogs(service, origin);
        // A single call is there to ask: with nobody to be asked, nothing is left of it.
        service.access_ended(&service.tokens.end_single_calls(origin)?);
    }
    kept.map(|()| t::Done {})
}

pub(crate) async fn unsilence(context: Context, request: t::SilenceRequest) -> Result<t::Done, ApiError> {
    let service = &context.service;
    let party = silences::party(&request.caller, &service.tokens)?;
    if service.silences.unsilence(&party, service.now())? {
        Ok(t::Done {})
    } else {
        let text = Message::new("detail-not-silenced").arg("caller", request.caller);
        Err(ApiError::new(ErrorCode::NotFound, text))
    }
}
