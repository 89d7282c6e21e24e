//! One link as a caller wants it, judged as far as it can be before a card is read.

use crate::documents::{Head, OpenedDocument, PatientSource, party};
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode};
use beid_protocol::codes::{CardRequired, LinkType, PlainProof, Proof};
use beid_protocol::dialect::Dialect;
use beid_protocol::party::HcParty;
use beid_protocol::therlink::{BulkLink, LinkFields, ProofProfile};
use beid_texts::Message;

/// One link, and the proof that it is to have.
pub(super) struct LinkOrder {
    pub(super) subject: PatientSource,
    /// None: for hubs, and for citizens.
    pub(super) proof: Option<Proof>,
    pub(super) profile: ProofProfile,
    link_type: &'static LinkType,
    party: Option<HcParty>,
    members: t::LinkMembers,
}

impl LinkOrder {
    /// Judges the members of one link.
    ///
    /// # Errors
    /// `invalid-request`, `invalid-national-number` or `proof-not-allowed` on the member at fault; `policy-denied` for a
    /// proof that the settings do not allow.
    pub(super) fn parse(head: &Head, link: t::LinkMembers, card_id: Option<&str>) -> Result<Self, ApiError> {
        let Some(link_type) = link.link_type else {
            return Err(ApiError::invalid("type", "is needed"));
        };
        let proof = link.proof.map(|proof| proof.0);
        must_fit(head, proof)?;
        head.must_allow(proof)?;
        Ok(Self {
            subject: subject(head, proof, link.patient.as_ref(), card_id)?,
            proof,
            profile: link.proof_profile.map_or(head.proof_profile(), |profile| profile.0),
            link_type: link_type.0,
            party: party(link.hc_party.as_ref())?,
            members: link,
        })
    }

    pub(super) fn is_signed(&self) -> bool {
        self.proof == Some(Proof::EidSigning)
    }

    pub(super) fn fields(&self) -> LinkFields<'_> {
        self.members.fields(self.link_type, self.party.clone())
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
pub(crate) fn must_fit(head: &Head, proof: Option<Proof>) -> Result<(), ApiError> {
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
