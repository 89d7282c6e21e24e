//! Reading and verifying the holder of a card.

mod answers;

use crate::api::parse::parse;
use crate::api::types as t;
use crate::api::{Answer, ApiError, ErrorCode, Scope};
use crate::service::cards::{FromCard, Insertion, Lane};
use crate::service::{Context, Service, members};
pub(crate) use answers::check_answer;
use answers::{address_answer, identity_answer};
use beid_card::{Holder, Judge, Outcome, Wanted};
use beid_pki::TrustStore;
use serde_json::Value;
use std::sync::Arc;

/// Reads the holder and makes the checks that need no network.
pub(crate) async fn read(
    service: &Service,
    card: &Arc<Insertion>,
    wanted: Wanted,
) -> Result<FromCard<Holder>, ApiError> {
    let (trust, now) = (service.trust.clone(), service.now());
    let lane = if wanted.photo { Lane::Long } else { Lane::Text };
    card.run(lane, move |card, around| {
        card.holder(wanted, Judge { trust: &trust, now }, around)
    })
    .await
}

pub(crate) async fn identity(context: Context, request: Value) -> Result<Answer, ApiError> {
    let request: t::IdentityRequest = parse(request)?;
    let service = &context.service;
    let card = service.registry.resolve(&request.card_id)?;
    let (card_id, holder) = read(service, &card, Wanted::default()).await?.into_parts();
    let answer = identity_answer(card_id.as_str(), &holder, &card, service.now());
    let mut value = serde_json::to_value(answer).map_err(ApiError::internal)?;
    let everything = context.caller.scopes.allow(Scope::IdentityFull);
    keep(&mut value, everything, request.fields.as_deref())?;
    Ok(Answer::Members(value))
}

/// Members of the identity that need no more than `identity.basic`.
const BASIC: &[&str] = &[
    "cardId",
    "validFrom",
    "validUntil",
    "familyName",
    "givenNames",
    "thirdGivenNameInitial",
    "birthDate",
    "birthDatePrecision",
    "birthDateText",
    "gender",
    "simulated",
    "authenticity",
];
/// Members that come whichever are asked for: without them the others mean nothing.
const ALWAYS: &[&str] = &["cardId", "simulated", "authenticity"];

/// Silently leaves out what the caller may not see, then what it did not ask for.
fn keep(identity: &mut Value, everything: bool, fields: Option<&[String]>) -> Result<(), ApiError> {
    let Value::Object(members) = identity else {
        return Ok(());
    };
    let known = crate::api::parse::member_names::<t::IdentityAnswer>();
    if let Some(unknown) = fields.unwrap_or_default().iter().find(|field| !known.contains(field)) {
        let shown: String = unknown.chars().filter(|c| c.is_ascii_alphanumeric()).take(40).collect();
        return Err(ApiError::invalid(
            "fields",
            format!("no member of the identity is called {shown}"),
        ));
    }
    members.retain(|name, _| everything || BASIC.contains(&name.as_str()));
    if let Some(fields) = fields {
        members.retain(|name, _| ALWAYS.contains(&name.as_str()) || fields.contains(name));
    }
    Ok(())
}

pub(crate) async fn address(context: Context, request: Value) -> Result<Answer, ApiError> {
    let request: t::CardRequest = parse(request)?;
    let service = &context.service;
    let card = service.registry.resolve(&request.card_id)?;
    let (card_id, holder) = read(service, &card, Wanted::TEXT).await?.into_parts();
    members(&address_answer(card_id.as_str(), holder, &card)?)
}

pub(crate) async fn photo(context: Context, request: Value) -> Result<Answer, ApiError> {
    let request: t::CardRequest = parse(request)?;
    let service = &context.service;
    let card = service.registry.resolve(&request.card_id)?;
    let (card_id, holder) = read(service, &card, Wanted::PHOTO).await?.into_parts();
    Ok(Answer::Octets {
        card_id: card_id.as_str().to_owned(),
        media_type: "image/jpeg",
        data: holder.photo.ok_or_else(not_read)?,
    })
}

pub(crate) async fn summary(context: Context, request: Value) -> Result<Answer, ApiError> {
    let request: t::CardRequest = parse(request)?;
    let service = &context.service;
    let card = service.registry.resolve(&request.card_id)?;
    let (card_id, holder) = read(service, &card, Wanted::TEXT).await?.into_parts();
    let now = service.now();
    members(&t::SummaryAnswer {
        card_id: card_id.as_str().to_owned(),
        card: card.to_answer(),
        identity: identity_answer(card_id.as_str(), &holder, &card, now),
        checks: holder.checks.iter().map(|check| check_answer(check, now)).collect(),
        address: address_answer(card_id.as_str(), holder, &card)?,
        simulated: card.simulated.then_some(true),
    })
}

/// What was wanted of a holder is always there.
fn not_read() -> ApiError {
    ApiError::internal("wanted and not read")
}

/// Refuses a card whose data the register did not write, or that is not good today.
pub(crate) fn must_hold(holder: &Holder, today: jiff::civil::Date) -> Result<(), ApiError> {
    if holder.outcome() != Outcome::Passed {
        return Err(ErrorCode::IdentityNotAuthentic.into());
    }
    if holder.identity.is_valid_on(today) {
        Ok(())
    } else {
        Err(ErrorCode::CardExpired.into())
    }
}

impl Service {
    /// The roots that this service trusts.
    #[must_use]
    pub fn trust(&self) -> &TrustStore {
        &self.trust
    }
}
