//! Answers about a holder, made of what was read from the card.

use crate::cards::Insertion;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::types as t;
use beid_api::words::{CheckOutcome, DatePrecision, GenderWord, NumberKind, RootTrust};
use beid_card::{
    Address, BirthDate, CardCheck, ChipNumber, Gender, Holder, Identity, KnownBirthDate, MalformedField,
    NationalNumberKind,
};
use beid_pki::{HashAlgorithm, Outcome, Trust};
use jiff::Timestamp;

/// Describes the identity, with the checks of its authenticity.
pub(super) fn identity_answer(card_id: &str, holder: &Holder, card: &Insertion, now: Timestamp) -> t::IdentityAnswer {
    let authenticity = t::AuthenticityAnswer {
        outcome: outcome_word(holder.outcome()),
        checks: holder.checks.iter().map(|check| check_answer(check, now)).collect(),
    };
    t::IdentityAnswer {
        card_id: card_id.to_owned(),
        simulated: card.simulated.then_some(true),
        ..identity_members(&holder.identity, authenticity)
    }
}

/// Describes an identity file that is of no insertion.
pub(crate) fn identity_members(identity: &Identity, authenticity: t::AuthenticityAnswer) -> t::IdentityAnswer {
    let (birth_date, precision) = birth(identity.birth_date.as_ref());
    let encode = |bytes: &Vec<u8>| BASE64.encode(bytes);
    let status = identity.special_status;
    t::IdentityAnswer {
        card_id: String::new(),
        card_number: identity.card_number.as_ref().map(|number| number.as_str().to_owned()),
        chip_number: identity.chip_number.as_ref().map(ChipNumber::to_hex),
        valid_from: identity.valid_from.map(|day| day.to_string()),
        valid_until: identity.valid_until.map(|day| day.to_string()),
        issuing_municipality: identity.issuing_municipality.clone(),
        national_number: identity
            .national_number
            .as_ref()
            .map(|number| number.as_str().to_owned()),
        national_number_kind: identity.national_number.as_ref().map(|number| match number.kind() {
            NationalNumberKind::Nrn => NumberKind::Nrn,
            NationalNumberKind::Bis => NumberKind::Bis,
        }),
        family_name: identity.family_name.clone().filter(|name| !name.is_empty()),
        given_names: Some(identity.given_name_list().map(str::to_owned).collect()),
        third_given_name_initial: identity.third_given_name_initial.clone(),
        nationality: identity.nationality.clone(),
        birth_place: identity.birth_place.clone(),
        birth_date,
        birth_date_precision: precision,
        birth_date_text: identity.birth_date.as_ref().map(|birth| birth.text.clone()),
        gender: Some(match identity.gender {
            Gender::Male => GenderWord::Male,
            Gender::Female => GenderWord::Female,
            Gender::Unknown => GenderWord::Unknown,
        }),
        noble_condition: identity.noble_condition.clone(),
        document_type: identity.document_type.map(|kind| t::DocumentTypeAnswer {
            code: kind.0,
            name: kind.name().to_owned(),
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
            algorithm: digest.algorithm.name().to_owned(),
            value: encode(&digest.value),
        }),
        // Always this algorithm (card content 1.8, tag 1A): the card does not name it.
        basic_key_digest: identity.basic_key_digest.as_ref().map(|digest| t::DigestAnswer {
            algorithm: HashAlgorithm::Sha384.name().to_owned(),
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
        malformed_fields: malformed_answers(&identity.malformed, IDENTITY_MEMBERS),
        simulated: None,
        authenticity,
    }
}

fn birth(date: Option<&BirthDate>) -> (Option<String>, Option<DatePrecision>) {
    match date.and_then(|date| date.known) {
        None => (None, None),
        Some(KnownBirthDate::Day(day)) => (Some(day.to_string()), Some(DatePrecision::Day)),
        Some(KnownBirthDate::Year(year)) => (Some(format!("{year:04}")), Some(DatePrecision::Year)),
    }
}

/// Members of the identity by the tags of the fields they come from.
const IDENTITY_MEMBERS: &[(u8, &str)] = &[
    (0x01, "cardNumber"),
    (0x02, "chipNumber"),
    (0x03, "validFrom"),
    (0x04, "validUntil"),
    (0x05, "issuingMunicipality"),
    (0x06, "nationalNumber"),
    (0x07, "familyName"),
    (0x08, "givenNames"),
    (0x09, "thirdGivenNameInitial"),
    (0x0A, "nationality"),
    (0x0B, "birthPlace"),
    (0x0C, "birthDate"),
    (0x0D, "gender"),
    (0x0E, "nobleCondition"),
    (0x0F, "documentType"),
    (0x10, "specialStatus"),
    (0x11, "photoDigest"),
    (0x12, "duplicate"),
    (0x13, "specialOrganisation"),
    (0x14, "memberOfFamily"),
    (0x15, "dateAndCountryOfProtection"),
    (0x16, "workPermit"),
    (0x17, "employerVat"),
    (0x18, "employerVat"),
    (0x19, "regionalFileNumber"),
    (0x1A, "basicKeyDigest"),
    (0x1B, "brexit"),
    (0x1C, "brexit"),
    (0x1D, "cardMentions"),
    (0x1E, "cardMentions"),
    (0x1F, "euStartDate"),
];

/// Members of the address by the tags of the fields they come from.
const ADDRESS_MEMBERS: &[(u8, &str)] = &[(0x01, "streetAndNumber"), (0x02, "postalCode"), (0x03, "municipality")];

/// Lists the malformed fields of a file whose fields have these `members`.
fn malformed_answers(fields: &[MalformedField], members: &[(u8, &str)]) -> Vec<t::MalformedFieldAnswer> {
    let answer = |field: &MalformedField| t::MalformedFieldAnswer {
        member: members
            .iter()
            .find(|(tag, _)| *tag == field.tag)
            .map(|(_, name)| (*name).to_owned()),
        tag: field.tag,
        reason: field.error.expected.to_owned(),
    };
    fields.iter().map(answer).collect()
}

/// Describes the address; without its members if the card does not tell it.
pub(super) fn address_answer(card_id: &str, address: Option<Address>, card: &Insertion) -> t::AddressAnswer {
    let (malformed, [street_and_number, postal_code, municipality]) = match address {
        None => (Vec::new(), [None, None, None]),
        Some(address) => (
            malformed_answers(&address.malformed, ADDRESS_MEMBERS),
            [address.street_and_number, address.postal_code, address.municipality],
        ),
    };
    t::AddressAnswer {
        card_id: card_id.to_owned(),
        street_and_number,
        postal_code,
        municipality,
        malformed_fields: malformed,
        simulated: card.simulated.then_some(true),
    }
}

/// Describes one check.
pub(crate) fn check_answer(check: &CardCheck, now: Timestamp) -> t::CheckAnswer {
    t::CheckAnswer {
        name: check.name.name().to_owned(),
        outcome: outcome_word(check.outcome),
        reason: check.reason().map(|reason| reason.word().to_owned()),
        trust: trust_word(check.trust),
        checked_at: now.to_string(),
        source: check.source.name().to_owned(),
    }
}

pub(crate) fn outcome_word(outcome: Outcome) -> CheckOutcome {
    match outcome {
        Outcome::Passed => CheckOutcome::Passed,
        Outcome::Failed(_) => CheckOutcome::Failed,
        Outcome::Unknown(_) => CheckOutcome::Unknown,
    }
}

pub(crate) fn trust_word(trust: Trust) -> RootTrust {
    match trust {
        Trust::Genuine => RootTrust::Genuine,
        Trust::Test => RootTrust::Test,
        Trust::None => RootTrust::None,
    }
}
