//! Registering links and ending them.

use super::plan::Plan;
use super::sign::{self, Shown};
use super::{answer, period, proof};
use crate::api::ApiError;
use crate::api::types as t;
use crate::service::Context;
use crate::service::documents::{Head, HeadMembers, Presented, refuse};
use beid_card::Batch;
use beid_protocol::cms::Cms;
use beid_protocol::codes::Proof;
use beid_protocol::document::{Document, LinkRecord};
use beid_protocol::therlink::{PreparedBulk, TherapeuticLinkChange};
use jiff::Timestamp;

/// What is common to both: who asks, and the card if one of the links needs it.
pub(super) fn head(context: &Context, request: &t::TherapeuticLinkRequest) -> Result<Head, ApiError> {
    let members = HeadMembers {
        author: request.author.as_ref(),
        representative: request.representative.as_ref(),
        dialect: request.dialect.as_deref(),
        break_the_glass: request.break_the_glass.as_deref(),
    };
    Head::of(&context.service, members)
}

/// Reads the card if `needed`; else a card that is named would mean nothing.
pub(super) async fn presented(
    context: &Context,
    request: &t::TherapeuticLinkRequest,
    needed: bool,
    signing: bool,
    now: Timestamp,
) -> Result<Option<Presented>, ApiError> {
    if !needed {
        refuse(
            &[("cardId", request.card_id.is_some())],
            "is of no use: no card is read for this",
        )?;
        return Ok(None);
    }
    let card_id = request.card_id.as_deref();
    Presented::of(&context.service, card_id, signing, now).await.map(Some)
}

pub(super) async fn one(
    context: &Context,
    request: &t::TherapeuticLinkRequest,
) -> Result<t::TherapeuticLinkAnswer, ApiError> {
    let (now, head) = (context.service.now(), head(context, request)?);
    let plan = Plan::of(&head, t::LinkMembers::beside(request), request.card_id.as_deref())?;
    let needed = plan.subject.is_on_card() || head.is_of_citizen();
    let presented = presented(context, request, needed, plan.is_signed(), now).await?;
    let holder = presented.as_ref().map(Presented::holder);
    let (begun, patient) = (head.request(holder, now)?, plan.subject.patient(holder)?);
    let change = if request.operation == t::LinkOperation::Revoke {
        TherapeuticLinkChange::revoke(begun, patient, plan.fields())?
    } else {
        TherapeuticLinkChange::put(begun, patient, plan.fields())?
    };
    let document = match plan.proof {
        None => change.without_proof()?,
        Some(Proof::Plain(plain)) => change.with_plain_proof(plain)?,
        Some(Proof::EidSigning) => {
            let prepared = change.prepare(plan.profile)?;
            let shown = Shown {
                request: prepared.request_summary()?,
                signed: vec![Some(prepared.signed_summary()?)],
            };
            let signed = sign::all(context, presented.as_ref(), &[prepared.to_sign()], &shown, now).await?;
            let cms = signed
                .into_iter()
                .next()
                .ok_or_else(|| ApiError::internal("signed nothing"))?;
            prepared.with_proof(cms)?
        }
    };
    log(presented.as_ref(), &document);
    let link = document.links().first();
    Ok(t::TherapeuticLinkAnswer {
        period: link.map(period),
        proof: link.and_then(proof),
        ..answer(context, &document, presented.as_ref())
    })
}

pub(super) async fn several(
    context: &Context,
    request: &t::TherapeuticLinkRequest,
) -> Result<t::TherapeuticLinkAnswer, ApiError> {
    let (now, head) = (context.service.now(), head(context, request)?);
    let links = request.links.as_deref().unwrap_or_default();
    if !(1..=Batch::MAX).contains(&links.len()) {
        return Err(ApiError::invalid("links", format!("must be 1 to {}", Batch::MAX)));
    }
    let beside = t::LinkMembers::beside(request);
    let plan = |(index, link): (usize, &t::LinkMembers)| {
        Plan::of(&head, link.clone().or(&beside), request.card_id.as_deref())
            .map_err(|error| error.under(&format!("links[{index}]")))
    };
    let plans: Vec<_> = links.iter().enumerate().map(plan).collect::<Result<_, _>>()?;
    let signing = plans.iter().any(Plan::is_signed);
    let needed = head.is_of_citizen() || plans.iter().any(|plan| plan.subject.is_on_card());
    let presented = presented(context, request, needed, signing, now).await?;
    let holder = presented.as_ref().map(Presented::holder);
    let begun = head.request(holder, now)?;
    let links: Vec<_> = plans
        .iter()
        .map(|plan| plan.in_bulk(holder))
        .collect::<Result<_, _>>()?;
    let prepared = PreparedBulk::new(begun, links)?;
    let signed = if signing {
        sign_several(context, presented.as_ref(), &plans, &prepared, now).await?
    } else {
        Vec::new()
    };
    let document = prepared.with_proofs(signed)?;
    log(presented.as_ref(), &document);
    let each = |link: &LinkRecord| t::LinkAnswer {
        id: link.id.clone(),
        period: period(link),
        proof: proof(link),
    };
    Ok(t::TherapeuticLinkAnswer {
        links: Some(document.links().iter().map(each).collect()),
        ..answer(context, &document, presented.as_ref())
    })
}

/// Has the patient sign those links that want it: all of them with one PIN, after the whole list was shown.
async fn sign_several(
    context: &Context,
    presented: Option<&Presented>,
    plans: &[Plan],
    prepared: &PreparedBulk,
    now: Timestamp,
) -> Result<Vec<Cms>, ApiError> {
    let contents: Vec<_> = prepared.to_sign().collect();
    let mut summaries = contents.iter().map(|content| content.summary());
    let mut signed = Vec::with_capacity(plans.len());
    for plan in plans {
        signed.push(if plan.is_signed() {
            summaries.next().transpose()?
        } else {
            None
        });
    }
    let shown = Shown {
        request: prepared.request_summary()?,
        signed,
    };
    sign::all(context, presented, &contents, &shown, now).await
}

fn log(presented: Option<&Presented>, document: &Document) {
    tracing::info!(
        reader = presented.map(|presented| presented.card.reader),
        operation = document.operation().root(),
        proof = document.proof().code().unwrap_or_default(),
        links = document.links().len(),
        "therapeutic link proved"
    );
}
