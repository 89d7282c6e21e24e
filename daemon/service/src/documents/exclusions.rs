//! Therapeutic exclusions: a citizen shuts a provider out, takes that back, or asks about it.
//!
//! Only citizens do so, each with his own card in the reader. It tells who the citizen is: the patient, or somebody who
//! acts for the patient. Nothing is signed: the card opens the platform's session, which is the caller's work.

use crate::Context;
use crate::documents::{Head, HeadMembers, PatientSource, party, refuse, warnings};
use crate::evidence::Recording;
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode};
use beid_evidence::{RecordKind, Unrecorded};
use beid_protocol::document::Document;
use beid_protocol::exclusion;
use beid_protocol::party::HcParty;
use beid_protocol::patient::Patient;
use beid_protocol::request::Request;
use jiff::civil::Date;

pub(crate) async fn therapeutic_exclusion(
    context: Context,
    request: t::TherapeuticExclusionRequest,
) -> Result<Unrecorded<t::ExclusionAnswer>, ApiError> {
    let service = &context.service;
    let order = ExclusionOrder::parse(&request)?;
    let head = HeadMembers {
        author: request.author.as_ref(),
        representative: request.representative.as_ref(),
        ..HeadMembers::default()
    };
    let head = Head::parse(service, head)?;
    if !head.is_of_citizen() {
        // Before a card is read: no card makes a citizen of a professional.
        return Err(ApiError::invalid(
            "author.patient",
            "is needed: only patients and who acts for them manage exclusions",
        ));
    }
    let subject = PatientSource::choose(&head, request.patient.as_ref(), request.card_id.as_deref())?;
    let card = service
        .registry
        .resolve(request.card_id.as_deref().unwrap_or("current"))?;
    let opened = head.open(service, Some(card), false).await?;
    let patient = opened.patient(&subject)?;
    let document = order.document(&opened.request, &patient)?;
    let presented = opened.presented.ok_or(ErrorCode::NoCard)?;
    tracing::info!(
        reader = presented.card.reader,
        operation = document.operation().root(),
        "exclusion written"
    );
    let recording = Recording::new(&context, order.record_kind())
        .counting(head.facts())
        .with("operation", document.operation().root())
        .presented(Some(&presented))
        .referred_to_as(request.reference.as_ref())
        .about([patient.ssin().as_str().to_owned()]);
    recording.with_answer(t::ExclusionAnswer {
        evidence_id: None,
        request_id: document.request_id().to_owned(),
        card_id: presented.card_id.as_str().to_owned(),
        xml: document.xml().to_owned(),
        warnings: warnings(&document),
        simulated: presented.card.simulated.then_some(true),
    })
}

/// One operation on exclusions with its parameters, apart from who asks.
enum ExclusionOrder {
    Put(HcParty),
    Revoke(HcParty),
    Get(Option<HcParty>),
    History(Option<HcParty>, Option<Date>, Option<Date>),
}

impl ExclusionOrder {
    fn record_kind(&self) -> RecordKind {
        match self {
            Self::Put(_) => RecordKind::Exclusion,
            Self::Revoke(_) => RecordKind::ExclusionRevocation,
            Self::Get(_) | Self::History(..) => RecordKind::Inquiry,
        }
    }

    fn parse(request: &t::TherapeuticExclusionRequest) -> Result<Self, ApiError> {
        let party = party(request.hc_party.as_ref())?;
        let needed = |party: Option<HcParty>| party.ok_or_else(|| ApiError::invalid("hcParty", "is needed"));
        if request.operation != t::ExclusionOperation::History {
            let dates = [("begin", request.begin.is_some()), ("end", request.end.is_some())];
            refuse(&dates, "means nothing with this operation")?;
        }
        Ok(match request.operation {
            t::ExclusionOperation::Put => Self::Put(needed(party)?),
            t::ExclusionOperation::Revoke => Self::Revoke(needed(party)?),
            t::ExclusionOperation::Get => Self::Get(party),
            t::ExclusionOperation::History => {
                Self::History(party, request.begin.map(|day| day.0), request.end.map(|day| day.0))
            }
        })
    }

    fn document(&self, request: &Request, patient: &Patient) -> Result<Document, ApiError> {
        Ok(match self {
            Self::Put(party) => exclusion::put(request, patient, party)?,
            Self::Revoke(party) => exclusion::revoke(request, patient, party)?,
            Self::Get(party) => exclusion::get(request, patient, party.as_ref())?,
            Self::History(party, begin, end) => exclusion::history(request, patient, party.as_ref(), *begin, *end)?,
        })
    }
}
