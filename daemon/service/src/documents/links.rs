//! Therapeutic links: registering, ending, asking for them, and the proofs from the patient's card.
//!
//! ```text
//! order      one link as a caller wants it, judged before a card is read
//! change     put, revoke, put-bulk: one order for each link, a card if one of them claims it, one document
//! query      get, has: a question; a card only if its holder is whom it is about
//! sign       links as material of the ceremony: shown from their bytes, one PIN, each signature over one link
//! ```
//!
//! Everything about a patient whose proof claims a card comes from the card, read for this request and checked. Data
//! that the caller gives of the patient must agree with it.

mod change;
mod dialog;
mod order;
mod query;
mod sign;

pub(crate) use order::must_fit;

use crate::Context;
use crate::cards::Insertion;
use crate::ceremony::PresentedCard;
use crate::documents::{Head, HeadMembers, refuse, warnings};
use crate::evidence::Recording;
use crate::reports::CountFacts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::ApiError;
use beid_api::types as t;
use beid_evidence::{RecordKind, Unrecorded};
use beid_protocol::document::{Document, LinkRecord};
use std::sync::Arc;

pub(crate) async fn therapeutic_link(
    context: Context,
    request: t::TherapeuticLinkRequest,
) -> Result<Unrecorded<t::TherapeuticLinkAnswer>, ApiError> {
    if let Some(member) = request.meaningless() {
        return Err(ApiError::invalid(member, "means nothing with this operation"));
    }
    let members = HeadMembers {
        author: request.author.as_ref(),
        representative: request.representative.as_ref(),
        dialect: request.dialect.map(|dialect| dialect.0),
        break_the_glass: request.break_the_glass.as_deref(),
    };
    let head = Head::parse(&context.service, members)?;
    let (kind, made) = match request.operation {
        t::LinkOperation::Put => (
            RecordKind::TherapeuticLink,
            change::one(&context, &head, &request).await?,
        ),
        t::LinkOperation::Revoke => (
            RecordKind::TherapeuticLinkRevocation,
            change::one(&context, &head, &request).await?,
        ),
        t::LinkOperation::PutBulk => (
            RecordKind::TherapeuticLink,
            change::several(&context, &head, &request).await?,
        ),
        t::LinkOperation::Get => (RecordKind::Inquiry, query::get(&context, &head, &request).await?),
        t::LinkOperation::Has => (RecordKind::Inquiry, query::has(&context, &head, &request).await?),
    };
    let facts = CountFacts {
        proofs: Some(proofs(&made.answer)),
        ..head.facts()
    };
    let recording = Recording::new(&context, kind)
        .counting(facts)
        .with("operation", made.root)
        .presented(made.presented.as_ref())
        .referred_to_as(request.reference.as_ref())
        .about(made.patients);
    recording.with_answer(made.answer)
}

/// Codes of the proofs, one for each link.
fn proofs(answer: &t::TherapeuticLinkAnswer) -> Vec<Option<String>> {
    let code = |proof: &Option<t::ProofAnswer>| proof.as_ref().map(|proof| proof.proof_type.clone());
    match &answer.links {
        Some(links) => links.iter().map(|link| code(&link.proof)).collect(),
        None => vec![code(&answer.proof)],
    }
}

/// Answer about links, with the facts for its record.
struct LinksMade {
    answer: t::TherapeuticLinkAnswer,
    /// Name of the request's root element.
    root: &'static str,
    /// The card that was read, if one was.
    presented: Option<PresentedCard>,
    /// National numbers of the patients.
    patients: Vec<String>,
}

/// The card to read, if one is `needed`; else a card that is named would mean nothing.
fn card(
    context: &Context,
    request: &t::TherapeuticLinkRequest,
    needed: bool,
) -> Result<Option<Arc<Insertion>>, ApiError> {
    if needed {
        let card_id = request.card_id.as_deref().unwrap_or("current");
        return context.service.registry.resolve(card_id).map(Some);
    }
    let named = [("cardId", request.card_id.is_some())];
    refuse(&named, "is of no use: no card is read for this")?;
    Ok(None)
}

/// The members that every answer has: the document, and the card if one was read.
fn answer(context: &Context, document: &Document, presented: Option<&PresentedCard>) -> t::TherapeuticLinkAnswer {
    t::TherapeuticLinkAnswer {
        request_id: document.request_id().to_owned(),
        card_id: presented.map(|presented| presented.card_id.as_str().to_owned()),
        xml: document.xml().to_owned(),
        warnings: warnings(document),
        simulated: context.simulated(),
        ..t::TherapeuticLinkAnswer::default()
    }
}

fn period(link: &LinkRecord) -> t::PeriodAnswer {
    t::PeriodAnswer {
        start: link.period.start().to_string(),
        end: link.period.end().map(|end| end.to_string()),
    }
}

fn proof(link: &LinkRecord) -> Option<t::ProofAnswer> {
    Some(t::ProofAnswer {
        proof_type: link.proof.code()?.to_owned(),
        cms: link.proof.cms().map(|cms| BASE64.encode(cms.der())),
        reason: link.proof_reason.clone(),
    })
}
