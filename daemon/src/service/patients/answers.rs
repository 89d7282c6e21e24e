//! What was read of a holder, as callers see it.

use crate::api::ApiError;
use crate::api::types as t;
use crate::service::cards::Insertion;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_card::{BirthDate, Check, Gender, Holder, KnownBirthDate, NationalNumberKind};
use jiff::Timestamp;

/// The identity, and the checks that say whether to believe it.
pub(super) fn identity_answer(card_id: &str, holder: &Holder, card: &Insertion, now: Timestamp) -> t::IdentityAnswer {
    let identity = &holder.identity;
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
        // Always this one (card content 1.8, tag 1A): the card does not name it.
        basic_key_digest: identity.basic_key_digest.as_ref().map(|digest| t::DigestAnswer {
            algorithm: "SHA-384",
            value: encode(digest),
        }),
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
            outcome: holder.outcome().name(),
            checks: holder.checks.iter().map(|check| check_answer(check, now)).collect(),
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

/// Where the holder lives.
pub(super) fn address_answer(card_id: &str, holder: Holder, card: &Insertion) -> Result<t::AddressAnswer, ApiError> {
    let address = holder.address.ok_or_else(super::not_read)?;
    Ok(t::AddressAnswer {
        card_id: card_id.to_owned(),
        street_and_number: address.street_and_number,
        postal_code: address.postal_code,
        municipality: address.municipality,
        simulated: card.simulated.then_some(true),
    })
}

/// One check, as callers see it.
pub(crate) fn check_answer(check: &Check, now: Timestamp) -> t::CheckAnswer {
    t::CheckAnswer {
        name: check.name.name(),
        outcome: check.outcome.name(),
        reason: check.reason,
        trust: check.trust.name(),
        checked_at: now.to_string(),
        source: check.source.name(),
    }
}
