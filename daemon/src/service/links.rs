//! Therapeutic links: the request that registers one, and its proof from the patient's card.
//!
//! Everything about the patient comes from the card, read for this request and checked; what the caller says of the
//! patient must agree with it. For a signature, what a person is shown is read back from the bytes that are signed.

mod dialog;

use crate::api::operations::parse;
use crate::api::types as t;
use crate::api::{Answer, ApiError, ErrorCode};
use crate::service::cards::Insertion;
use crate::service::pin::Asking;
use crate::service::signing::{self, Reading};
use crate::service::{Context, Service, members};
use crate::texts::Message;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_card::{CardError, Identity};
use beid_protocol::ProtocolError;
use beid_protocol::answer::Refusal;
use beid_protocol::author::Author;
use beid_protocol::cms::SigningCertificate;
use beid_protocol::codes::{LinkType, Proof, Situation};
use beid_protocol::document::Document;
use beid_protocol::party::{HcParty, HcPartyFields};
use beid_protocol::patient::{Patient, PatientFields};
use beid_protocol::request::Request;
use beid_protocol::signature::RawSignature;
use beid_protocol::therlink::{LinkFields, Prepared, Profile, TherapeuticLinkChange};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use std::sync::Arc;

pub(crate) async fn therapeutic_link(context: Context, request: Value) -> Result<Answer, ApiError> {
    let request: t::TherapeuticLinkRequest = parse(request)?;
    let service = &context.service;
    let card = service
        .registry
        .resolve(request.card_id.as_deref().unwrap_or("current"))?;
    let now = service.now();
    let plan = Plan::of(&request, service)?;
    let signing = plan.proof == Proof::EidSigning;
    let (card_id, read) = Reading::of(service, &card, signing, now).await?;
    let patient = patient_of(&read.holder.identity, plan.patient_number.as_deref())?;
    let put = plan.put(patient, now)?;
    let document = match plan.proof {
        Proof::Plain(plain) => put.with_plain_proof(plain)?,
        Proof::EidSigning => signed(&context, &card, put.prepare(plan.profile)?, read, now).await?,
    };
    tracing::info!(
        reader = card.reader,
        proof = document.proof().code().unwrap_or_default(),
        "therapeutic link proved"
    );
    members(&answer(&document, card_id.as_str(), card.simulated)?)
}

/// What is asked, as far as it can be judged before the card is read.
struct Plan {
    author: Author,
    party: Option<HcParty>,
    patient_number: Option<String>,
    proof: Proof,
    profile: Profile,
    link_type: String,
    situation: Option<String>,
    start: Option<Date>,
    end: Option<Date>,
    comment: Option<String>,
}

impl Plan {
    fn of(request: &t::TherapeuticLinkRequest, service: &Service) -> Result<Self, ApiError> {
        let t::LinkOperation::Put = request.operation;
        if request.dialect.as_deref().is_some_and(|dialect| dialect != "national") {
            return Err(ApiError::invalid("dialect", "national"));
        }
        let proof = Proof::parse(&request.proof)?;
        if !matches!(proof.code(), "eidreading" | "eidsigning") {
            return Err(ApiError::new(
                ErrorCode::ProofNotAllowed,
                Message::new("detail-proof-not-offered"),
            ));
        }
        LinkType::parse(&request.link_type)?;
        request.situation.as_deref().map(Situation::parse).transpose()?;
        let author = request.author.as_ref().or(service.config.provider.as_ref());
        let author =
            author.ok_or_else(|| ApiError::new(ErrorCode::InvalidRequest, Message::new("detail-no-author")))?;
        let plan = Self {
            author: to_author(author)?,
            party: request
                .hc_party
                .as_ref()
                .map(to_party)
                .transpose()
                .map_err(|error| error.under("hcParty"))?,
            patient_number: request
                .patient
                .as_ref()
                .and_then(|patient| patient.national_number.clone()),
            proof,
            profile: request
                .proof_profile
                .as_deref()
                .map_or(Ok(Profile::Connector), Profile::parse)?,
            link_type: request.link_type.clone(),
            situation: request.situation.clone(),
            start: day("startDate", request.start_date.as_deref())?,
            end: day("endDate", request.end_date.as_deref())?,
            comment: request.comment.clone(),
        };
        Ok(plan)
    }

    fn put(&self, patient: Patient, now: Timestamp) -> Result<TherapeuticLinkChange, ProtocolError> {
        let fields = LinkFields {
            party: self.party.clone(),
            link_type: &self.link_type,
            situation: self.situation.as_deref(),
            start_date: self.start,
            end_date: self.end,
            comment: self.comment.as_deref(),
            proof_reason: None,
        };
        TherapeuticLinkChange::put(Request::new(self.author.clone(), now, &unique())?, patient, fields)
    }
}

/// Six random digits behind the second: the author's system never uses a request id twice.
fn unique() -> String {
    let number = u32::from_be_bytes(crate::random::random_bytes()) % 1_000_000;
    format!("{number:06}")
}

fn day(member: &str, text: Option<&str>) -> Result<Option<Date>, ApiError> {
    text.map(|text| {
        beid_protocol::period::parse_day(text).ok_or_else(|| ApiError::invalid(member, "a date such as 2026-11-21"))
    })
    .transpose()
}

fn to_author(author: &t::AuthorMembers) -> Result<Author, ProtocolError> {
    let parties: Vec<_> = author.parties.iter().map(HcPartyFields::from).collect();
    Author::parse(&parties, None).map_err(|error| error.under("author"))
}

fn to_party(party: &t::PartyMembers) -> Result<HcParty, ProtocolError> {
    HcParty::parse(party.into())
}

/// The patient as the card says; `claimed` is what the caller believes.
fn patient_of(identity: &Identity, claimed: Option<&str>) -> Result<Patient, ApiError> {
    let number = identity.national_number.as_str();
    if let Some(claimed) = claimed {
        // A number nobody can have is the caller's slip, not another patient's.
        beid_protocol::numbers::Ssin::parse(claimed).map_err(|_| ApiError::from(ErrorCode::InvalidNationalNumber))?;
        if claimed != number {
            return Err(ErrorCode::PatientMismatch.into());
        }
    }
    let fields = PatientFields {
        national_number: number,
        card_number: Some(identity.card_number.as_str()),
        isi_card_number: None,
        given_names: identity.given_names.as_deref(),
        family_name: Some(&identity.family_name),
    };
    // What the card says is no fault of the caller's.
    Patient::parse(fields).map_err(|error| {
        let wrong_number = matches!(error, ProtocolError::InvalidNationalNumber { .. });
        if wrong_number {
            ErrorCode::InvalidNationalNumber
        } else {
            ErrorCode::MalformedCardData
        }
        .into()
    })
}

/// Shows what is to be signed, asks the PIN, signs on the card that was read, and puts the proof into the request.
async fn signed(
    context: &Context,
    card: &Arc<Insertion>,
    prepared: Prepared,
    read: Reading,
    now: Timestamp,
) -> Result<Document, ApiError> {
    let service = &context.service;
    let signatory = read.signatory(service, now).await?;
    let prepare = |now| {
        let (certificate, authorities) = (&signatory.certificate, &signatory.authorities);
        prepared.cms(certificate, authorities, now, SigningCertificate::Included)
    };
    let signer = signatory.signer(card, signing::of_document(prepare(now)?.algorithm()))?;
    let asking = Asking::begin(context, card)?;
    asking.look_at_tries().await?;
    let text = dialog::text(&context.caller.asker, &asking, &prepared, &signatory.holder)?;
    let entry = asking.entry(&dialog::SIGN, &text).await?;
    // The time of signing is now, however long the person has read.
    let pending = prepare(service.now())?;
    let made = signing::make(asking, signer, vec![pending.digest().to_vec()], entry).await?;
    let raw = made
        .into_iter()
        .next()
        .ok_or_else(|| ApiError::internal("signed nothing"))?;
    let raw = RawSignature::new(pending.algorithm(), raw);
    Ok(prepared.with_proof(pending.finish(raw)?)?)
}

fn answer(document: &Document, card_id: &str, simulated: bool) -> Result<t::TherapeuticLinkAnswer, ApiError> {
    let no_link = || ApiError::internal("a document about no link");
    let period = document.period().ok_or_else(no_link)?;
    let warnings = document.warnings().iter();
    Ok(t::TherapeuticLinkAnswer {
        request_id: document.request_id().to_owned(),
        card_id: card_id.to_owned(),
        xml: document.xml().to_owned(),
        period: t::PeriodAnswer {
            start: period.start().to_string(),
            end: period.end().map(|end| end.to_string()),
        },
        proof: t::ProofAnswer {
            proof_type: document.proof().code().ok_or_else(no_link)?.to_owned(),
            cms: document.proof().cms().map(|cms| BASE64.encode(cms.der())),
        },
        warnings: warnings
            .map(|warning| t::WarningAnswer {
                code: warning.kind.code(),
                field: warning.field.clone(),
            })
            .collect(),
        simulated: simulated.then_some(true),
    })
}

impl From<ProtocolError> for ApiError {
    fn from(error: ProtocolError) -> Self {
        let because = |code, text: &str, reason: String| Self::new(code, Message::new(text).arg("reason", reason));
        match error {
            ProtocolError::InvalidRequest { field, reason } => Self::invalid(field, reason),
            ProtocolError::InvalidNationalNumber { field, rule } => Self::new(
                ErrorCode::InvalidNationalNumber,
                Message::new("detail-invalid-member")
                    .arg("member", field)
                    .arg("reason", rule.to_string()),
            ),
            ProtocolError::PatientMismatch { .. } => ErrorCode::PatientMismatch.into(),
            ProtocolError::PeriodNotAllowed { field, reason } => Self::new(
                ErrorCode::PeriodNotAllowed,
                Message::new("detail-invalid-member")
                    .arg("member", field)
                    .arg("reason", reason),
            ),
            ProtocolError::ProofNotAllowed { reason } => {
                because(ErrorCode::ProofNotAllowed, "detail-proof", reason.to_owned())
            }
            ProtocolError::UnsupportedAlgorithm { reason } => {
                because(ErrorCode::UnsupportedAlgorithm, "detail-proof", reason.to_owned())
            }
            ProtocolError::CertificateMissing { .. } => ErrorCode::CertificateMissing.into(),
            ProtocolError::SignatureRejected => CardError::WrongSignature.into(),
            ProtocolError::RefusedAnswer(Refusal::TooLong) => ErrorCode::TooLarge.into(),
            ProtocolError::RefusedAnswer(refusal) => Self::invalid("xml", refusal.to_string()),
            ProtocolError::MalformedDocument { reason }
            | ProtocolError::TimeStampRejected { reason }
            | ProtocolError::Internal { reason } => Self::internal(reason),
        }
    }
}
