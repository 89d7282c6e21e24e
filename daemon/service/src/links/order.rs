//! One link as a caller wants it, judged as far as it can be before a card is read.

use crate::api::types as t;
use crate::api::{ApiError, ErrorCode};
use crate::documents::{Head, OpenedDocument, PatientSource, day, party};
use crate::texts::Message;
use beid_protocol::codes::{CardRequired, LinkType, PlainProof, Proof, Situation};
use beid_protocol::dialect::Dialect;
use beid_protocol::party::HcParty;
use beid_protocol::therlink::{BulkLink, LinkFields, ProofProfile};
use jiff::civil::Date;

/// One link, and the proof that it is to have.
pub(super) struct LinkOrder {
    pub(super) subject: PatientSource,
    /// None: for hubs, and for citizens.
    pub(super) proof: Option<Proof>,
    pub(super) profile: ProofProfile,
    party: Option<HcParty>,
    link_type: String,
    situation: Option<String>,
    start: Option<Date>,
    end: Option<Date>,
    comment: Option<String>,
    proof_reason: Option<String>,
}

impl LinkOrder {
    /// Parses the members of one link.
    ///
    /// # Errors
    /// `invalid-request`, `invalid-national-number` or `proof-not-allowed` on the member at fault.
    pub(super) fn parse(head: &Head, link: t::LinkMembers, card_id: Option<&str>) -> Result<Self, ApiError> {
        let link_type = link.link_type.ok_or_else(|| ApiError::invalid("type", "is needed"))?;
        LinkType::parse(&link_type)?;
        link.situation.as_deref().map(Situation::parse).transpose()?;
        let proof = link.proof.as_deref().map(Proof::parse).transpose()?;
        must_fit(head, proof)?;
        Ok(Self {
            subject: subject(head, proof, link.patient.as_ref(), card_id)?,
            proof,
            profile: link
                .proof_profile
                .as_deref()
                .map_or(Ok(head.proof_profile()), ProofProfile::parse)?,
            party: party(link.hc_party.as_ref())?,
            link_type,
            situation: link.situation,
            start: day("startDate", link.start_date.as_deref())?,
            end: day("endDate", link.end_date.as_deref())?,
            comment: link.comment,
            proof_reason: link.proof_reason,
        })
    }

    pub(super) fn is_signed(&self) -> bool {
        self.proof == Some(Proof::EidSigning)
    }

    pub(super) fn fields(&self) -> LinkFields<'_> {
        LinkFields {
            party: self.party.clone(),
            link_type: &self.link_type,
            situation: self.situation.as_deref(),
            start_date: self.start,
            end_date: self.end,
            comment: self.comment.as_deref(),
            proof_reason: self.proof_reason.as_deref(),
        }
    }

    /// The link as one of several.
    pub(super) fn in_bulk(&self, opened: &OpenedDocument) -> Result<BulkLink<'_>, ApiError> {
        Ok(BulkLink {
            patient: opened.patient(&self.subject)?,
            link: self.fields(),
            proof: self.proof.ok_or_else(no_proof)?,
            profile: self.profile,
        })
    }
}

/// Chooses the source of the patient's data by what the proof says of the card.
pub(super) fn subject(
    head: &Head,
    proof: Option<Proof>,
    patient: Option<&t::PatientMembers>,
    card_id: Option<&str>,
) -> Result<PatientSource, ApiError> {
    match proof {
        None => PatientSource::choose(head, patient, card_id),
        Some(Proof::EidSigning) => from_own_card(head, patient),
        Some(Proof::Plain(plain)) if reads_eid(plain) => from_own_card(head, patient),
        Some(Proof::Plain(_)) => PatientSource::stated(patient),
    }
}

/// True if a proof claims that an eID was read.
fn reads_eid(plain: PlainProof) -> bool {
    plain.card() == CardRequired::Eid && !plain.is_typed()
}

/// Takes the card, unless a citizen acts for somebody else: then it is his own, and proves nothing of the other.
fn from_own_card(head: &Head, patient: Option<&t::PatientMembers>) -> Result<PatientSource, ApiError> {
    if head.is_of_citizen() && head.is_represented() {
        return Err(not_allowed(
            "the card is that of who acts for the patient, not the patient's",
        ));
    }
    PatientSource::on_card(patient)
}

/// Refuses proofs that the dialect or the author excludes, before a card is read.
fn must_fit(head: &Head, proof: Option<Proof>) -> Result<(), ApiError> {
    match (head.dialect(), proof) {
        (Dialect::National, None) if !head.is_of_citizen() => Err(no_proof()),
        (Dialect::Hub, Some(Proof::EidSigning)) => Err(ApiError::invalid(
            "dialect",
            "has no place for a signature, only national has",
        )),
        (Dialect::National | Dialect::Hub, Some(_) | None) => Ok(()),
    }
}

pub(super) fn no_proof() -> ApiError {
    ApiError::invalid("proof", "is needed")
}

pub(super) fn not_allowed(reason: &str) -> ApiError {
    ApiError::new(
        ErrorCode::ProofNotAllowed,
        Message::new("detail-proof").arg("reason", Message::from(reason)),
    )
}
