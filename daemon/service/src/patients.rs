//! Reads and verifies the holder of a card.

mod answers;
mod forms;

use crate::cards::{FromCard, Insertion, Lane, card_error};
use crate::evidence::Recording;
use crate::reports::CountFacts;
use crate::{Context, Service};
use answers::{address_answer, identity_answer};
pub(crate) use answers::{check_answer, identity_members, outcome_word, trust_word};
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode, InForms, JPEG, Octets, Scope};
use beid_card::{
    ADDRESS, Address, CardError, ElementaryFile, FieldError, Holder, IDENTITY, Judge, Outcome, PHOTO, Wanted,
};
use beid_evidence::{RecordKind, Unrecorded};
use beid_pki::TrustStore;
use beid_texts::Message;
pub(crate) use forms::photo_must_be_allowed;
use serde_json::Value;
use std::sync::Arc;

/// Reads the holder and makes the checks that need no network.
///
/// # Errors
/// `not-found` if the card has no identity file; else as [`Insertion::run`].
pub(crate) async fn read(
    service: &Service,
    card: &Arc<Insertion>,
    wanted: Wanted,
) -> Result<FromCard<Holder>, ApiError> {
    let (trust, now) = (service.trust.clone(), service.now());
    let lane = if wanted.photo { Lane::Long } else { Lane::Text };
    let read = card
        .run(lane, move |card, around| {
            match card.holder(wanted, Judge { trust: &trust, now }, around) {
                // Not left to `card_error`, which takes it for malformed data: a file that is not there is `not-found`.
                Err(CardError::NoSuchFile { .. }) => Ok(None),
                read => read.map(Some),
            }
        })
        .await?;
    read.transpose().ok_or_else(|| not_on_card(&IDENTITY))
}

pub(crate) async fn identity(
    context: Context,
    request: t::IdentityRequest,
) -> Result<Unrecorded<InForms<t::IdentityAnswer>>, ApiError> {
    let service = &context.service;
    forms::must_be_allowed(&context)?;
    let card = service.registry.resolve(&request.card_id)?;
    let (card_id, holder) = read(service, &card, Wanted::default()).await?.into_parts();
    let answer = identity_answer(card_id.as_str(), &holder, &card, service.now());
    let everything = context.caller.scopes.allow(Scope::IdentityFull);
    let (members, is_subset) = keep(answer, everything, request.fields.as_deref())?;
    let answer = InForms {
        octets: forms::of_identity(&context, &members, is_subset)?,
        members,
    };
    let which = if everything { "identity" } else { "identity-basic" };
    Ok(reading(&context, which, &card, &holder).without_answer(answer))
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
    "malformedFields",
    "simulated",
    "authenticity",
];
/// Members that are given whichever are asked for, because the others mean nothing without them.
const ALWAYS: &[&str] = &["cardId", "malformedFields", "simulated", "authenticity"];

/// Leaves out the members that the caller may not see, without an error, and those that it did not ask for. Returns true
/// besides if any was left out.
///
/// # Errors
/// `invalid-request` if a field asked for is no member of the identity.
fn keep(
    identity: t::IdentityAnswer,
    everything: bool,
    fields: Option<&[String]>,
) -> Result<(t::IdentityAnswer, bool), ApiError> {
    if let Some(unknown) = fields
        .unwrap_or_default()
        .iter()
        .find(|field| !t::IDENTITY_MEMBERS.contains(&field.as_str()))
    {
        let shown: String = unknown.chars().filter(|c| c.is_ascii_alphanumeric()).take(40).collect();
        return Err(ApiError::invalid(
            "fields",
            format!("no member of the identity is called {shown}"),
        ));
    }
    if everything && fields.is_none() {
        return Ok((identity, false));
    }
    let mut identity = serde_json::to_value(identity).map_err(ApiError::internal)?;
    let mut is_subset = false;
    if let Value::Object(members) = &mut identity {
        let all = members.len();
        // By a list of what may be seen, so that a member that is added later is withheld until it is listed.
        members.retain(|name, _| everything || BASIC.contains(&name.as_str()));
        if let Some(fields) = fields {
            members.retain(|name, _| ALWAYS.contains(&name.as_str()) || fields.contains(name));
        }
        is_subset = members.len() < all;
    }
    let identity = serde_json::from_value(identity).map_err(ApiError::internal)?;
    Ok((identity, is_subset))
}

pub(crate) async fn address(
    context: Context,
    request: t::CardRequest,
) -> Result<Unrecorded<t::AddressAnswer>, ApiError> {
    let service = &context.service;
    let card = service.registry.resolve(&request.card_id)?;
    let (card_id, mut holder) = read(service, &card, Wanted::TEXT).await?.into_parts();
    let address = holder.address.take().ok_or_else(|| not_on_card(&ADDRESS))?;
    let facts = living_at(Some(&address));
    let answer = address_answer(card_id.as_str(), Some(address), &card);
    let recording = reading(&context, "address", &card, &holder).counting(facts);
    Ok(recording.without_answer(answer))
}

pub(crate) async fn photo(context: Context, request: t::CardRequest) -> Result<Unrecorded<Octets>, ApiError> {
    let service = &context.service;
    photo_must_be_allowed(&context)?;
    let card = service.registry.resolve(&request.card_id)?;
    let (card_id, mut holder) = read(service, &card, Wanted::PHOTO).await?.into_parts();
    let answer = Octets {
        card_id: card_id.as_str().to_owned(),
        media_type: JPEG,
        data: holder.photo.take().ok_or_else(|| not_on_card(&PHOTO))?,
    };
    Ok(reading(&context, "photo", &card, &holder).without_answer(answer))
}

pub(crate) async fn summary(
    context: Context,
    request: t::CardRequest,
) -> Result<Unrecorded<InForms<t::SummaryAnswer>>, ApiError> {
    let service = &context.service;
    forms::must_be_allowed(&context)?;
    let card = service.registry.resolve(&request.card_id)?;
    let wanted = Wanted {
        photo: forms::has_photo(&context),
        ..Wanted::TEXT
    };
    let (card_id, mut holder) = read(service, &card, wanted).await?.into_parts();
    let parts = forms::ViewerParts::read(&context, &card, &mut holder).await?;
    let now = service.now();
    let facts = living_at(holder.address.as_ref());
    let members = t::SummaryAnswer {
        card_id: card_id.as_str().to_owned(),
        card: card.to_answer(),
        identity: identity_answer(card_id.as_str(), &holder, &card, now),
        checks: holder.checks.iter().map(|check| check_answer(check, now)).collect(),
        address: address_answer(card_id.as_str(), holder.address.take(), &card),
        simulated: card.simulated.then_some(true),
    };
    let answer = InForms {
        octets: forms::of_summary(&context, &members, parts.as_ref())?,
        members,
    };
    let which = if wanted.photo { "summary-with-photo" } else { "summary" };
    let recording = reading(&context, which, &card, &holder).counting(facts);
    Ok(recording.without_answer(answer))
}

/// What is counted of a holder whose address was read.
fn living_at(address: Option<&Address>) -> CountFacts {
    CountFacts {
        postal_code: address.and_then(|address| address.postal_code.clone()),
        ..CountFacts::default()
    }
}

/// Begins the record of data that were read of a card: which, not what they say. It is written once for each caller and
/// insertion, so that programs that ask every second do not fill the store.
fn reading<'c>(context: &'c Context, data: &str, card: &Insertion, holder: &Holder) -> Recording<'c> {
    let number = holder.identity.national_number.as_ref();
    Recording::new(context, RecordKind::CardRead)
        .with("data", data)
        .read("card", card, &holder.identity, &holder.checks)
        .about(number.map(|number| number.as_str().to_owned()))
        .once_for(data, card)
}

/// Error for a card that has no such `file`.
pub(crate) fn not_on_card(file: &ElementaryFile) -> ApiError {
    let everywhere = [&IDENTITY, &ADDRESS, &PHOTO].contains(&file);
    let text = if everywhere {
        "detail-file-absent"
    } else {
        "detail-no-such-file"
    };
    ApiError::new(ErrorCode::NotFound, Message::new(text).arg("name", file.name))
}

/// Refuses a card whose data the National Register did not sign, or that is not valid on `today`.
pub(crate) fn must_hold(holder: &Holder, today: jiff::civil::Date) -> Result<(), ApiError> {
    let identity = holder.identity.complete().map_err(malformed)?;
    // Before the last day is looked at: data that nobody signed may name any day.
    if holder.outcome() != Outcome::Passed {
        return Err(ErrorCode::IdentityNotAuthentic.into());
    }
    if identity.is_valid_on(today) {
        Ok(())
    } else {
        Err(ErrorCode::CardExpired.into())
    }
}

/// Error for a field that is needed and cannot be understood; it names the field.
pub(crate) fn malformed(error: FieldError) -> ApiError {
    card_error(&CardError::Malformed(error))
}

impl Service {
    /// The roots that this service trusts.
    #[must_use]
    pub fn trust(&self) -> &TrustStore {
        &self.trust
    }
}
