//! What needs no card's holder: status, readers, cards, running operations.

use crate::api::parse::parse;
use crate::api::types::{
    CardRequest, CardsAnswer, NoMembers, OneCardAnswer, OperationRequest, ReadersAnswer, StatusAnswer,
};
use crate::api::{Answer, ApiError, ErrorCode};
use crate::service::{Context, members};
use crate::texts::Message;
use serde_json::Value;

/// What this build can do, for callers that ask before they call.
pub(crate) const FEATURES: &[&str] = &[
    "identity",
    "address",
    "photo",
    "summary",
    "verifications",
    "certificates",
    "files",
    "therapeutic-links",
    "consents",
    "therapeutic-exclusions",
    "responses",
    "signatures",
    "pin-operations",
    "operations",
    "events",
];

pub(crate) async fn status(context: Context, request: Value) -> Result<Answer, ApiError> {
    let NoMembers {} = parse(request)?;
    let known = context.caller.is_known();
    members(&StatusAnswer {
        service: "beidd",
        api_versions: vec!["1"],
        version: known.then_some(env!("CARGO_PKG_VERSION")),
        features: known.then(|| FEATURES.to_vec()),
        pcsc: pcsc(&context).filter(|_| known),
        simulated: context.simulated().filter(|_| known),
    })
}

/// State of the card service; nothing where cards are simulated.
fn pcsc(context: &Context) -> Option<&'static str> {
    if context.simulated().is_some() {
        return None;
    }
    Some(context.service.registry.trouble().map_or("available", ErrorCode::code))
}

/// Without a card service there is no list: an empty one would say that no reader is connected.
fn card_service(context: &Context) -> Result<(), ApiError> {
    context
        .service
        .registry
        .trouble()
        .map_or(Ok(()), |code| Err(code.into()))
}

pub(crate) async fn list_readers(context: Context, request: Value) -> Result<Answer, ApiError> {
    let NoMembers {} = parse(request)?;
    card_service(&context)?;
    members(&ReadersAnswer {
        readers: context.service.registry.readers(),
        simulated: context.simulated(),
    })
}

pub(crate) async fn list_cards(context: Context, request: Value) -> Result<Answer, ApiError> {
    let NoMembers {} = parse(request)?;
    card_service(&context)?;
    let readers = context.service.registry.readers();
    members(&CardsAnswer {
        cards: readers.into_iter().filter_map(|reader| reader.card).collect(),
        simulated: context.simulated(),
    })
}

pub(crate) async fn one_card(context: Context, request: Value) -> Result<Answer, ApiError> {
    let request: CardRequest = parse(request)?;
    let card = context.service.registry.resolve(&request.card_id)?;
    members(&OneCardAnswer {
        card_id: card.id.as_str().to_owned(),
        card: card.to_answer(),
    })
}

pub(crate) async fn operation(context: Context, request: Value) -> Result<Answer, ApiError> {
    let request: OperationRequest = parse(request)?;
    let view = context
        .service
        .running
        .collect(&request.id, &context.caller.id)
        .ok_or_else(no_such_operation)?;
    members(&view.to_answer(context.language))
}

pub(crate) async fn cancel_operation(context: Context, request: Value) -> Result<Answer, ApiError> {
    let request: OperationRequest = parse(request)?;
    let view = context
        .service
        .running
        .cancel(&request.id, &context.caller.id)
        .ok_or_else(no_such_operation)?;
    members(&view.to_answer(context.language))
}

fn no_such_operation() -> ApiError {
    ApiError::new(ErrorCode::NotFound, Message::new("detail-no-such-operation"))
}
