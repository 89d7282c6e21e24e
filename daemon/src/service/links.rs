//! Therapeutic links: registering, ending, asking for them, and the proofs from the patient's card.
//!
//! ```text
//! change     put, revoke, put-bulk: one plan for each link, a card if one of them claims it, one document
//! query      get, has: a question; a card only if its holder is whom it is about
//! sign       what patients sign: shown from its bytes, one PIN, each signature over one link
//! ```
//!
//! Everything about a patient whose proof claims a card comes from the card, read for this request and checked; what the
//! caller says of the patient must agree with it.

mod change;
mod dialog;
mod members;
mod plan;
mod query;
mod sign;

use crate::api::ApiError;
use crate::api::types as t;
use crate::service::Context;
use crate::service::documents::{Presented, warnings};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_protocol::document::{Document, LinkRecord};

pub(crate) async fn therapeutic_link(
    context: Context,
    request: t::TherapeuticLinkRequest,
) -> Result<t::TherapeuticLinkAnswer, ApiError> {
    members::must_mean_something(&request)?;
    Ok(match request.operation {
        t::LinkOperation::Put | t::LinkOperation::Revoke => change::one(&context, &request).await?,
        t::LinkOperation::PutBulk => change::several(&context, &request).await?,
        t::LinkOperation::Get => query::get(&context, &request).await?,
        t::LinkOperation::Has => query::has(&context, &request).await?,
    })
}

/// What every answer says: the document, and the card if one was read.
fn answer(context: &Context, document: &Document, presented: Option<&Presented>) -> t::TherapeuticLinkAnswer {
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
