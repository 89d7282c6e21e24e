//! Registering links and ending them.

use super::order::LinkOrder;
use super::sign::PreparedLinks;
use super::{LinksMade, answer, card, period, proof};
use crate::Context;
use crate::ceremony::PresentedCard;
use crate::documents::Head;
use beid_api::ApiError;
use beid_api::types as t;
use beid_card::Batch;
use beid_protocol::codes::Proof;
use beid_protocol::document::{Document, LinkRecord};
use beid_protocol::therlink::{PreparedBulk, TherapeuticLinkChange};

pub(super) async fn one(
    context: &Context,
    head: &Head,
    request: &t::TherapeuticLinkRequest,
) -> Result<LinksMade, ApiError> {
    let order = LinkOrder::parse(head, request.link(), request.card_id.as_deref())?;
    let card = card(context, request, order.subject.is_on_card() || head.is_of_citizen())?;
    let opened = head.open(&context.service, card, order.is_signed()).await?;
    let patient = opened.patient(&order.subject)?;
    let patients = vec![patient.ssin().as_str().to_owned()];
    let change = if request.operation == t::LinkOperation::Revoke {
        TherapeuticLinkChange::revoke(opened.request, patient, order.fields())?
    } else {
        TherapeuticLinkChange::put(opened.request, patient, order.fields())?
    };
    let presented = opened.presented.as_ref();
    let document = match order.proof {
        None => change.without_proof()?,
        Some(Proof::Plain(plain)) => change.with_plain_proof(plain)?,
        Some(Proof::EidSigning) => {
            let prepared = Box::new(change.prepare(order.profile)?);
            PreparedLinks::One(prepared).prove(context, presented).await?
        }
    };
    log(presented, &document);
    let link = document.links().first();
    let answer = t::TherapeuticLinkAnswer {
        period: link.map(period),
        proof: link.and_then(proof),
        ..answer(context, &document, presented)
    };
    Ok(LinksMade {
        answer,
        root: document.operation().root(),
        presented: opened.presented,
        patients,
    })
}

pub(super) async fn several(
    context: &Context,
    head: &Head,
    request: &t::TherapeuticLinkRequest,
) -> Result<LinksMade, ApiError> {
    let links = request.links.as_deref().unwrap_or_default();
    if !(1..=Batch::MAX).contains(&links.len()) {
        return Err(ApiError::invalid("links", format!("must be 1 to {}", Batch::MAX)));
    }
    let shared = request.link();
    let order = |(index, link): (usize, &t::LinkMembers)| {
        LinkOrder::parse(head, link.clone().or(&shared), request.card_id.as_deref())
            .map_err(|error| error.under(&format!("links[{index}]")))
    };
    let orders: Vec<_> = links.iter().enumerate().map(order).collect::<Result<_, _>>()?;
    let needed = head.is_of_citizen() || orders.iter().any(|order| order.subject.is_on_card());
    let card = card(context, request, needed)?;
    let signing = orders.iter().any(LinkOrder::is_signed);
    let opened = head.open(&context.service, card, signing).await?;
    let number = |order: &LinkOrder| Ok(opened.patient(&order.subject)?.ssin().as_str().to_owned());
    let patients = orders.iter().map(number).collect::<Result<_, ApiError>>()?;
    let links = orders.iter().map(|order| order.in_bulk(&opened));
    let links = links.collect::<Result<_, _>>()?;
    let presented = opened.presented.as_ref();
    let prepared = Box::new(PreparedBulk::new(opened.request, links)?);
    let document = PreparedLinks::Several(prepared).prove(context, presented).await?;
    log(presented, &document);
    let each = |link: &LinkRecord| t::LinkAnswer {
        id: link.id.clone(),
        period: period(link),
        proof: proof(link),
    };
    let answer = t::TherapeuticLinkAnswer {
        links: Some(document.links().iter().map(each).collect()),
        ..answer(context, &document, presented)
    };
    Ok(LinksMade {
        answer,
        root: document.operation().root(),
        presented: opened.presented,
        patients,
    })
}

fn log(presented: Option<&PresentedCard>, document: &Document) {
    tracing::info!(
        reader = presented.map(|presented| presented.card.reader),
        operation = document.operation().root(),
        proof = document.proof().code().unwrap_or_default(),
        links = document.links().len(),
        "therapeutic link proved"
    );
}
