//! Asking for links, and whether there is one. Nothing is proved; a card is read only if its holder is the patient.

use super::order::{not_allowed, subject};
use super::{LinksMade, answer, card};
use crate::Context;
use crate::documents::{Head, PatientSource, party};
use beid_api::ApiError;
use beid_api::types as t;
use beid_protocol::codes::{LinkType, PlainProof, Proof};
use beid_protocol::therlink::{self, LinkQuery};

pub(super) async fn get(
    context: &Context,
    head: &Head,
    request: &t::TherapeuticLinkRequest,
) -> Result<LinksMade, ApiError> {
    let card_id = request.card_id.as_deref();
    let proof = plain(request.proof.map(|proof| proof.0))?;
    // A request without a patient asks for all links of a provider.
    let named = request.patient.is_some() || card_id.is_some() || proof.is_some() || head.is_of_citizen();
    let about = named.then(|| subject(head, proof.map(Proof::Plain), request.patient.as_ref(), card_id));
    let about = about.transpose()?;
    let needed = about.as_ref().is_some_and(PatientSource::is_on_card) || head.is_of_citizen();
    let party = party(request.hc_party.as_ref())?;
    let opened = head
        .open(&context.service, card(context, request, needed)?, false)
        .await?;
    let begun = &opened.request;
    // A citizen's first party is a program, with which nobody has a link.
    let usual = || (!head.is_of_citizen()).then(|| begun.author().provider().clone());
    let types = types(request);
    let patient = about.map(|about| opened.patient(&about)).transpose()?;
    let patients = patient
        .iter()
        .map(|patient| patient.ssin().as_str().to_owned())
        .collect();
    let query = LinkQuery {
        patient,
        parties: party.or_else(usual).into_iter().collect(),
        types: &types,
        begin: request.begin.map(|day| day.0),
        end: request.end.map(|day| day.0),
        status: request.status.map(|status| status.0),
        max_rows: request.max_rows,
        proof,
    };
    let document = therlink::get(begun, query)?;
    Ok(LinksMade {
        answer: answer(context, &document, opened.presented.as_ref()),
        root: document.operation().root(),
        presented: opened.presented,
        patients,
    })
}

pub(super) async fn has(
    context: &Context,
    head: &Head,
    request: &t::TherapeuticLinkRequest,
) -> Result<LinksMade, ApiError> {
    let about = PatientSource::choose(head, request.patient.as_ref(), request.card_id.as_deref())?;
    let needed = about.is_on_card() || head.is_of_citizen();
    let party = party(request.hc_party.as_ref())?;
    let opened = head
        .open(&context.service, card(context, request, needed)?, false)
        .await?;
    let patient = opened.patient(&about)?;
    let document = therlink::has(&opened.request, &patient, party, &types(request))?;
    Ok(LinksMade {
        answer: answer(context, &document, opened.presented.as_ref()),
        root: document.operation().root(),
        presented: opened.presented,
        patients: vec![patient.ssin().as_str().to_owned()],
    })
}

/// The types asked for; a single type is a list of one.
fn types(request: &t::TherapeuticLinkRequest) -> Vec<&'static LinkType> {
    let listed = request.types.iter().flatten();
    request.link_type.iter().chain(listed).map(|one| one.0).collect()
}

fn plain(proof: Option<Proof>) -> Result<Option<PlainProof>, ApiError> {
    match proof {
        None => Ok(None),
        Some(Proof::Plain(plain)) => Ok(Some(plain)),
        Some(Proof::EidSigning) => Err(not_allowed("a question has nothing that could be signed")),
    }
}
