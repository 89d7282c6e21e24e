//! Operations that read no holder: status, readers, cards, running operations.

use crate::Context;
use beid_api::types::{
    CardRequest, CardsAnswer, NoMembers, OneCardAnswer, OperationAnswer, OperationRequest, ReadersAnswer, StatusAnswer,
};
use beid_api::{ApiError, ErrorCode};
use beid_texts::Message;

/// Features of this build, for callers that ask before they call.
pub const FEATURES: &[&str] = &[
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
    "authentications",
    "pin-operations",
    "fhir",
    "exported-records",
    "diagnostics",
    "operations",
    "pairings",
    "events",
];

pub(crate) async fn status(context: Context, NoMembers {}: NoMembers) -> Result<StatusAnswer, ApiError> {
    // By default any web page may ask, without a token: it learns that beidd is here, and nothing else.
    let known = context.caller.is_known();
    Ok(StatusAnswer {
        service: "beidd".to_owned(),
        api_versions: vec!["1".to_owned()],
        version: known.then(|| env!("CARGO_PKG_VERSION").to_owned()),
        features: known.then(|| FEATURES.iter().map(|feature| (*feature).to_owned()).collect()),
        pcsc: pcsc(&context).filter(|_| known),
        simulated: context.simulated().filter(|_| known),
    })
}

/// State of the smart card service; none where cards are simulated.
fn pcsc(context: &Context) -> Option<String> {
    if context.simulated().is_some() {
        return None;
    }
    let trouble = context.service.registry.trouble();
    Some(trouble.map_or("available", ErrorCode::code).to_owned())
}

/// Refuses while the smart card service is missing: an empty list would say that no reader is connected.
fn card_service(context: &Context) -> Result<(), ApiError> {
    context
        .service
        .registry
        .trouble()
        .map_or(Ok(()), |code| Err(code.into()))
}

pub(crate) async fn list_readers(context: Context, NoMembers {}: NoMembers) -> Result<ReadersAnswer, ApiError> {
    card_service(&context)?;
    Ok(ReadersAnswer {
        readers: context.service.registry.readers(),
        simulated: context.simulated(),
    })
}

pub(crate) async fn list_cards(context: Context, NoMembers {}: NoMembers) -> Result<CardsAnswer, ApiError> {
    card_service(&context)?;
    let readers = context.service.registry.readers();
    Ok(CardsAnswer {
        cards: readers.into_iter().filter_map(|reader| reader.card).collect(),
        simulated: context.simulated(),
    })
}

pub(crate) async fn one_card(context: Context, request: CardRequest) -> Result<OneCardAnswer, ApiError> {
    let card = context.service.registry.resolve(&request.card_id)?;
    Ok(OneCardAnswer {
        card_id: card.id.as_str().to_owned(),
        card: card.to_answer(),
    })
}

pub(crate) async fn operation(context: Context, request: OperationRequest) -> Result<OperationAnswer, ApiError> {
    let view = context
        .service
        .running
        .collect(&request.id, &context.caller.id)
        .ok_or_else(no_such_operation)?;
    Ok(view.to_answer(context.language))
}

pub(crate) async fn cancel_operation(context: Context, request: OperationRequest) -> Result<OperationAnswer, ApiError> {
    let view = context
        .service
        .running
        .cancel(&request.id, &context.caller.id)
        .ok_or_else(no_such_operation)?;
    Ok(view.to_answer(context.language))
}

fn no_such_operation() -> ApiError {
    ApiError::new(ErrorCode::NotFound, Message::new("detail-no-such-operation"))
}
