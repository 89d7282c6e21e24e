//! Reading and verifying the holder of a card.

use crate::api::operations::parse;
use crate::api::types as t;
use crate::api::{Answer, ApiError, ErrorCode, Scope};
use crate::service::cards::{FromCard, Insertion};
use crate::service::{Context, Service, members};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_card::{
    ADDRESS, ADDRESS_SIGNATURE, Address, BirthDate, CardError, Check, CheckName, ChipNumber, Gender, IDENTITY,
    IDENTITY_SIGNATURE, Identity, KnownBirthDate, NationalNumberKind, Outcome, PHOTO, REGISTER_CERTIFICATE,
    ROOT_CERTIFICATE, Register, Session, photo_hash,
};
use beid_pki::{Certificate, TrustStore};
use jiff::Timestamp;
use serde_json::Value;

/// The identity, and what the checks say of it. Read in one transaction, so all of it is of one card.
pub(crate) struct Verified {
    pub(crate) identity: Identity,
    pub(crate) checks: Vec<Check>,
    signature_check: Check,
    register: Register,
    identity_signature: Vec<u8>,
}

/// The bytes behind an identity, before anybody has judged them.
pub(crate) struct IdentityFiles {
    identity: Vec<u8>,
    signature: Vec<u8>,
    register: Option<Certificate>,
    root: Option<Certificate>,
}

impl IdentityFiles {
    pub(crate) fn read(session: &mut Session<'_>) -> Result<Self, CardError> {
        Ok(Self {
            identity: session.read_file(&IDENTITY)?,
            signature: session.read_file(&IDENTITY_SIGNATURE)?,
            register: readable(session.read_certificate(&REGISTER_CERTIFICATE))?,
            root: readable(session.read_certificate(&ROOT_CERTIFICATE))?,
        })
    }

    pub(crate) fn root(&self) -> Option<&Certificate> {
        self.root.as_ref()
    }

    /// Makes sense of them and checks them: signature by the register, and the register's chain.
    ///
    /// `chip` is the one that gave them: an identity of another chip is nobody's here.
    pub(crate) fn judge(self, chip: ChipNumber, trust: &TrustStore, now: Timestamp) -> Result<Verified, CardError> {
        let identity = Identity::parse(&self.identity)?;
        let register = Register::judge(self.register, self.root.as_ref(), trust, identity.valid_from, now);
        let signature_check = register.identity_of_chip(&identity, chip, &self.identity, &self.signature);
        Ok(Verified {
            identity,
            checks: vec![signature_check.clone(), register.chain_check()],
            signature_check,
            register,
            identity_signature: self.signature,
        })
    }
}

/// A certificate that cannot be read fails its checks; it does not hide the identity.
fn readable(certificate: Result<Option<Certificate>, CardError>) -> Result<Option<Certificate>, CardError> {
    match certificate {
        Err(CardError::Malformed(_)) => Ok(None),
        certificate => certificate,
    }
}

impl Verified {
    /// Failed if a check failed; passed if signature and chain passed; else unknown.
    pub(crate) fn outcome(&self) -> Outcome {
        overall(&self.checks)
    }
}

fn overall(checks: &[Check]) -> Outcome {
    let passed = |name| {
        checks
            .iter()
            .any(|check| check.name == name && check.outcome == Outcome::Passed)
    };
    if checks.iter().any(|check| check.outcome == Outcome::Failed) {
        Outcome::Failed
    } else if passed(CheckName::IdentitySignature) && passed(CheckName::NationalRegisterChain) {
        Outcome::Passed
    } else {
        Outcome::Unknown
    }
}

pub(crate) async fn identity(context: Context, request: Value) -> Result<Answer, ApiError> {
    let request: t::IdentityRequest = parse(request)?;
    let service = &context.service;
    let card = service.registry.resolve(&request.card_id)?;
    let (trust, now) = (service.trust.clone(), service.now());
    let read = card
        .run(move |card| {
            let chip = card.chip();
            card.read(IdentityFiles::read)?.judge(chip, &trust, now)
        })
        .await?;
    let answer = identity_answer(read, &card, now);
    let mut value = serde_json::to_value(answer).map_err(ApiError::internal)?;
    let everything = context.caller.scopes.allow(Scope::IdentityFull);
    keep(&mut value, everything, request.fields.as_deref())?;
    Ok(Answer::Members(value))
}

/// Members of the identity that need no more than `identity.basic`.
const BASIC: &[&str] = &[
    "cardId",
    "validFrom",
    "validUntil",
    "familyName",
    "givenNames",
    "thirdGivenNameInitial",
    "birthDate",
    "birthDatePrecision",
    "birthDateText",
    "gender",
    "simulated",
    "authenticity",
];
/// Members that come whichever are asked for: without them the others mean nothing.
const ALWAYS: &[&str] = &["cardId", "simulated", "authenticity"];

/// Silently leaves out what the caller may not see, then what it did not ask for.
fn keep(identity: &mut Value, everything: bool, fields: Option<&[String]>) -> Result<(), ApiError> {
    let Value::Object(members) = identity else {
        return Ok(());
    };
    let known = crate::api::operations::member_names::<t::IdentityAnswer>();
    if let Some(unknown) = fields.unwrap_or_default().iter().find(|field| !known.contains(field)) {
        let shown: String = unknown.chars().filter(|c| c.is_ascii_alphanumeric()).take(40).collect();
        return Err(ApiError::invalid("fields", format!("no member is called {shown:?}")));
    }
    members.retain(|name, _| everything || BASIC.contains(&name.as_str()));
    if let Some(fields) = fields {
        members.retain(|name, _| ALWAYS.contains(&name.as_str()) || fields.contains(name));
    }
    Ok(())
}

pub(crate) async fn address(context: Context, request: Value) -> Result<Answer, ApiError> {
    let request: t::CardRequest = parse(request)?;
    let card = context.service.registry.resolve(&request.card_id)?;
    let read = card
        .run(|card| {
            let file = card.read(|session| session.read_file(&ADDRESS))?;
            Ok(Address::parse(&file)?)
        })
        .await?;
    let (card_id, address) = read.into_parts();
    members(&address_answer(card_id.as_str(), address, &card))
}

pub(crate) async fn photo(context: Context, request: Value) -> Result<Answer, ApiError> {
    let request: t::CardRequest = parse(request)?;
    let card = context.service.registry.resolve(&request.card_id)?;
    let read = card.run(|card| card.read(|session| session.read_file(&PHOTO))).await?;
    let (card_id, data) = read.into_parts();
    Ok(Answer::Octets {
        card_id: card_id.as_str().to_owned(),
        media_type: "image/jpeg",
        data,
    })
}

/// Everything [`read_patient`] reads in its one transaction.
struct Patient {
    verified: Verified,
    address: Address,
    address_check: Check,
    photo_check: Check,
}

/// Identity, address and photo in one transaction, with every check that needs no network.
fn read_patient(
    card: &mut crate::service::cards::AnyCard,
    trust: &TrustStore,
    now: Timestamp,
) -> Result<Patient, CardError> {
    let (files, address, address_signature, photo) = card.read(|session| {
        Ok((
            IdentityFiles::read(session)?,
            session.read_file(&ADDRESS)?,
            session.read_file(&ADDRESS_SIGNATURE)?,
            session.read_file(&PHOTO)?,
        ))
    })?;
    let verified = files.judge(card.chip(), trust, now)?;
    let address_check = verified
        .register
        .address_signature(&address, &address_signature, &verified.identity_signature);
    let photo_check = photo_hash(&verified.identity, &photo, &verified.signature_check);
    Ok(Patient {
        address: Address::parse(&address)?,
        verified,
        address_check,
        photo_check,
    })
}

pub(crate) async fn summary(context: Context, request: Value) -> Result<Answer, ApiError> {
    let request: t::CardRequest = parse(request)?;
    let service = &context.service;
    let card = service.registry.resolve(&request.card_id)?;
    let (trust, now) = (service.trust.clone(), service.now());
    let read = card.run(move |card| read_patient(card, &trust, now)).await?;
    let (card_id, mut patient) = read.into_parts();
    patient
        .verified
        .checks
        .extend([patient.address_check, patient.photo_check]);
    let checks = patient
        .verified
        .checks
        .iter()
        .map(|check| check_answer(check, now))
        .collect();
    members(&t::SummaryAnswer {
        card_id: card_id.as_str().to_owned(),
        card: card.to_answer(),
        address: address_answer(card_id.as_str(), patient.address, &card),
        identity: to_identity_answer(card_id.as_str(), &patient.verified, &card, now),
        checks,
        simulated: card.simulated.then_some(true),
    })
}

/// Names a caller may ask for that need a network or keys we do not use yet: honestly unknown.
const NOT_MADE: &[&str] = &[
    "national-register-revocation",
    "authentication-chain",
    "authentication-revocation",
    "signature-chain",
    "signature-revocation",
    "card-genuine",
];

pub(crate) async fn verify(context: Context, request: Value) -> Result<Answer, ApiError> {
    let request: t::VerificationsRequest = parse(request)?;
    let service = &context.service;
    let card = service.registry.resolve(&request.card_id)?;
    let (trust, now) = (service.trust.clone(), service.now());
    let read = card.run(move |card| read_patient(card, &trust, now)).await?;
    let (card_id, patient) = read.into_parts();
    let made = [
        patient.verified.checks,
        vec![patient.address_check, patient.photo_check],
    ]
    .concat();
    let checks = match request.checks {
        None => made.iter().map(|check| check_answer(check, now)).collect(),
        Some(names) => names
            .iter()
            .map(|name| pick(name, &made, now))
            .collect::<Result<_, _>>()?,
    };
    members(&t::VerificationsAnswer {
        card_id: card_id.as_str().to_owned(),
        checks,
        simulated: card.simulated.then_some(true),
    })
}

fn pick(name: &str, made: &[Check], now: Timestamp) -> Result<t::CheckAnswer, ApiError> {
    if let Some(check) = made.iter().find(|check| check.name.name() == name) {
        return Ok(check_answer(check, now));
    }
    let name = NOT_MADE.iter().find(|known| **known == name);
    let name = name.ok_or_else(|| ApiError::invalid("checks", "every entry must be the name of a check"))?;
    Ok(t::CheckAnswer {
        name,
        outcome: Outcome::Unknown.name(),
        reason: Some("not-supported"),
        trust: "none",
        checked_at: now.to_string(),
        source: "card",
    })
}

fn check_answer(check: &Check, now: Timestamp) -> t::CheckAnswer {
    t::CheckAnswer {
        name: check.name.name(),
        outcome: check.outcome.name(),
        reason: check.reason,
        trust: check.trust.name(),
        checked_at: now.to_string(),
        source: "card",
    }
}

fn identity_answer(read: FromCard<Verified>, card: &Insertion, now: Timestamp) -> t::IdentityAnswer {
    let (card_id, verified) = read.into_parts();
    to_identity_answer(card_id.as_str(), &verified, card, now)
}

fn to_identity_answer(card_id: &str, verified: &Verified, card: &Insertion, now: Timestamp) -> t::IdentityAnswer {
    let identity = &verified.identity;
    let (birth_date, precision) = birth(identity.birth_date.as_ref());
    let encode = |bytes: &Vec<u8>| BASE64.encode(bytes);
    let status = identity.special_status;
    t::IdentityAnswer {
        card_id: card_id.to_owned(),
        card_number: Some(identity.card_number.as_str().to_owned()),
        chip_number: Some(identity.chip_number.to_hex()),
        valid_from: identity.valid_from.to_string(),
        valid_until: identity.valid_until.to_string(),
        issuing_municipality: identity.issuing_municipality.clone(),
        national_number: Some(identity.national_number.as_str().to_owned()),
        national_number_kind: Some(match identity.national_number.kind() {
            NationalNumberKind::Nrn => "nrn",
            NationalNumberKind::Bis => "bis",
        }),
        family_name: identity.family_name.clone(),
        given_names: identity.given_name_list().map(str::to_owned).collect(),
        third_given_name_initial: identity.third_given_name_initial.clone(),
        nationality: identity.nationality.clone(),
        birth_place: identity.birth_place.clone(),
        birth_date,
        birth_date_precision: precision,
        birth_date_text: identity.birth_date.as_ref().map(|birth| birth.text.clone()),
        gender: match identity.gender {
            Gender::Male => "male",
            Gender::Female => "female",
            Gender::Unknown => "unknown",
        },
        noble_condition: identity.noble_condition.clone(),
        document_type: identity.document_type.map(|kind| t::DocumentTypeAnswer {
            code: kind.0,
            name: kind.name(),
        }),
        special_status: Some(t::SpecialStatusAnswer {
            white_cane: status.white_cane,
            extended_minority: status.extended_minority,
            yellow_cane: status.yellow_cane,
        }),
        duplicate: identity.duplicate.clone(),
        special_organisation: identity.special_organisation.clone(),
        member_of_family: Some(identity.member_of_family),
        date_and_country_of_protection: identity.date_and_country_of_protection.clone(),
        work_permit: identity.work_permit.clone(),
        employer_vat: identity.employer_vat.clone(),
        regional_file_number: identity.regional_file_number.clone(),
        brexit: identity.brexit.clone(),
        card_mentions: identity.card_mentions.clone(),
        eu_start_date: identity.eu_start_date.map(|date| date.to_string()),
        photo_digest: identity.photo_digest.as_ref().map(|digest| t::DigestAnswer {
            algorithm: digest.algorithm.name(),
            value: encode(&digest.value),
        }),
        basic_key_digest: identity.basic_key_digest.as_ref().map(encode),
        other_fields: identity
            .other
            .iter()
            .map(|(tag, value)| t::OtherField {
                tag: *tag,
                value: encode(value),
            })
            .collect(),
        simulated: card.simulated.then_some(true),
        authenticity: t::AuthenticityAnswer {
            outcome: verified.outcome().name(),
            checks: verified.checks.iter().map(|check| check_answer(check, now)).collect(),
        },
    }
}

fn birth(date: Option<&BirthDate>) -> (Option<String>, Option<&'static str>) {
    match date.and_then(|date| date.known) {
        None => (None, None),
        Some(KnownBirthDate::Day(day)) => (Some(day.to_string()), Some("day")),
        Some(KnownBirthDate::Year(year)) => (Some(format!("{year:04}")), Some("year")),
    }
}

fn address_answer(card_id: &str, address: Address, card: &Insertion) -> t::AddressAnswer {
    t::AddressAnswer {
        card_id: card_id.to_owned(),
        street_and_number: address.street_and_number,
        postal_code: address.postal_code,
        municipality: address.municipality,
        simulated: card.simulated.then_some(true),
    }
}

/// Refuses a card whose data the register did not write, or that is not good today.
pub(crate) fn must_hold(verified: &Verified, today: jiff::civil::Date) -> Result<(), ApiError> {
    if verified.outcome() != Outcome::Passed {
        return Err(ErrorCode::IdentityNotAuthentic.into());
    }
    if verified.identity.is_valid_on(today) {
        Ok(())
    } else {
        Err(ErrorCode::CardExpired.into())
    }
}

impl Service {
    /// The roots that this service trusts.
    #[must_use]
    pub fn trust(&self) -> &TrustStore {
        &self.trust
    }
}
