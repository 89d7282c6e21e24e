//! Asking for links, and whether there is one. Nothing is proved; a card is read only if its holder is the patient.

use super::answer;
use super::change::{head, presented};
use super::plan::{not_allowed, subject};
use crate::api::ApiError;
use crate::api::types as t;
use crate::service::Context;
use crate::service::documents::{Presented, Subject, day, party};
use beid_protocol::codes::{PlainProof, Proof};
use beid_protocol::therlink::{self, LinkQuery};

pub(super) async fn get(
    context: &Context,
    request: &t::TherapeuticLinkRequest,
) -> Result<t::TherapeuticLinkAnswer, ApiError> {
    let (now, head) = (context.service.now(), head(context, request)?);
    let card_id = request.card_id.as_deref();
    let proof = plain(request.proof.as_deref())?;
    // Whoever names no patient asks for all of a provider's.
    let named = request.patient.is_some() || card_id.is_some() || proof.is_some() || head.is_of_citizen();
    let about = named.then(|| subject(&head, proof.map(Proof::Plain), request.patient.as_ref(), card_id));
    let about = about.transpose()?;
    let needed = about.as_ref().is_some_and(Subject::is_on_card) || head.is_of_citizen();
    let party = party(request.hc_party.as_ref())?;
    let (begin, end) = (
        day("begin", request.begin.as_deref())?,
        day("end", request.end.as_deref())?,
    );
    let presented = presented(context, request, needed, false, now).await?;
    let holder = presented.as_ref().map(Presented::holder);
    let begun = head.request(holder, now)?;
    // A citizen's first party is a program, with which nobody has a link.
    let usual = || (!head.is_of_citizen()).then(|| begun.author().provider().clone());
    let types = types(request);
    let query = LinkQuery {
        patient: about.map(|about| about.patient(holder)).transpose()?,
        parties: party.or_else(usual).into_iter().collect(),
        types: &types,
        begin,
        end,
        status: request.status.as_deref(),
        max_rows: request.max_rows,
        proof,
    };
    let document = therlink::get(&begun, query)?;
    Ok(answer(context, &document, presented.as_ref()))
}

pub(super) async fn has(
    context: &Context,
    request: &t::TherapeuticLinkRequest,
) -> Result<t::TherapeuticLinkAnswer, ApiError> {
    let (now, head) = (context.service.now(), head(context, request)?);
    let about = Subject::of(&head, request.patient.as_ref(), request.card_id.as_deref())?;
    let needed = about.is_on_card() || head.is_of_citizen();
    let party = party(request.hc_party.as_ref())?;
    let presented = presented(context, request, needed, false, now).await?;
    let holder = presented.as_ref().map(Presented::holder);
    let begun = head.request(holder, now)?;
    let document = therlink::has(&begun, &about.patient(holder)?, party, &types(request))?;
    Ok(answer(context, &document, presented.as_ref()))
}

/// A single type is a list of one.
fn types(request: &t::TherapeuticLinkRequest) -> Vec<&str> {
    let listed = request.types.iter().flatten();
    request.link_type.iter().chain(listed).map(String::as_str).collect()
}

fn plain(proof: Option<&str>) -> Result<Option<PlainProof>, ApiError> {
    match proof.map(Proof::parse).transpose()? {
        None => Ok(None),
        Some(Proof::Plain(plain)) => Ok(Some(plain)),
        Some(Proof::EidSigning) => Err(not_allowed("a question has nothing that could be signed")),
    }
}
