//! The members of requests and answers about the holder of a card.

use super::{AuthenticityAnswer, CardAnswer, CheckAnswer, TextOrList};
use crate::schema;
use crate::words::{DatePrecision, GenderWord, NumberKind};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// Request for the holder's identity.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityRequest {
    /// The insertion, or `current`.
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: String,
    /// Members of the identity to answer, besides `cardId`, `malformedFields`, `simulated` and `authenticity`: one text
    /// with commas, or (on D-Bus) a list. Absent: all.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::identity_fields")]
    pub fields: Option<Vec<String>>,
}

/// Names of the members of [`IdentityAnswer`], in their order.
pub const IDENTITY_MEMBERS: &[&str] = &[
    "cardId",
    "cardNumber",
    "chipNumber",
    "validFrom",
    "validUntil",
    "issuingMunicipality",
    "nationalNumber",
    "nationalNumberKind",
    "familyName",
    "givenNames",
    "thirdGivenNameInitial",
    "nationality",
    "birthPlace",
    "birthDate",
    "birthDatePrecision",
    "birthDateText",
    "gender",
    "nobleCondition",
    "documentType",
    "specialStatus",
    "duplicate",
    "specialOrganisation",
    "memberOfFamily",
    "dateAndCountryOfProtection",
    "workPermit",
    "employerVat",
    "regionalFileNumber",
    "brexit",
    "cardMentions",
    "euStartDate",
    "photoDigest",
    "basicKeyDigest",
    "otherFields",
    "malformedFields",
    "simulated",
    "authenticity",
];

/// The holder's identity as on the card, and its authenticity. Absent members are left out, never empty.
///
/// Only `cardId` and `authenticity` are always there: the card may lack a field, the caller may ask for a few of them
/// (`fields`), and with `identity.basic` alone the others are left out.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("required" = ["cardId", "authenticity"]))]
pub struct IdentityAnswer {
    /// The insertion it was read from.
    pub card_id: String,
    /// Number printed on the card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_number: Option<String>,
    /// Number of the chip, 32 upper-case hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chip_number: Option<String>,
    /// First day of validity, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub valid_from: Option<String>,
    /// Last day of validity, ISO 8601; the card is still valid on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub valid_until: Option<String>,
    /// Municipality that issued the card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuing_municipality: Option<String>,
    /// National number, 11 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_number: Option<String>,
    /// `nrn` or `bis`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_number_kind: Option<NumberKind>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Up to two given names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_names: Option<Vec<String>>,
    /// First letter of the third given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub third_given_name_initial: Option<String>,
    /// Nationality in words, in the card's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nationality: Option<String>,
    /// Place of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_place: Option<String>,
    /// Date of birth: `1984-02-01`, or `1984` if only the year is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    /// Precision of the date of birth: `day` or `year`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date_precision: Option<DatePrecision>,
    /// Date of birth as printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date_text: Option<String>,
    /// `male`, `female` or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<GenderWord>,
    /// Title of nobility.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noble_condition: Option<String>,
    /// Kind of card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_type: Option<DocumentTypeAnswer>,
    /// Marks of disability and minority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub special_status: Option<SpecialStatusAnswer>,
    /// Number of times the card was replaced, as printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<String>,
    /// Special organisation: SHAPE, NATO and the like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub special_organisation: Option<String>,
    /// True if the holder is in Belgium as a member of a family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_of_family: Option<bool>,
    /// Date and country of protection, `dd.MM.yyyy-A2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_and_country_of_protection: Option<String>,
    /// Right to work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_permit: Option<String>,
    /// VAT numbers of up to two employers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub employer_vat: Vec<String>,
    /// Number of the regional file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regional_file_number: Option<String>,
    /// Mentions under the withdrawal agreement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub brexit: Vec<String>,
    /// Mentions on a card A.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub card_mentions: Vec<String>,
    /// EU start date, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eu_start_date: Option<String>,
    /// Digest of the photo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo_digest: Option<DigestAnswer>,
    /// Digest of the chip's basic public key (applet 1.8).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basic_key_digest: Option<DigestAnswer>,
    /// Fields that this software does not know, as on the card.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_fields: Vec<OtherField>,
    /// Malformed fields. Their members are absent, or the first of two is taken; their octets are among `otherFields`. No
    /// proof is made if a field that it needs is among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub malformed_fields: Vec<MalformedFieldAnswer>,
    /// True with a simulated card, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
    /// Authenticity: the checks that the National Register wrote this.
    pub authenticity: AuthenticityAnswer,
}

/// Kind of card.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct DocumentTypeAnswer {
    /// Code on the card.
    pub code: u8,
    /// Name of the kind of card.
    pub name: String,
}

/// Marks of disability and minority.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SpecialStatusAnswer {
    /// True for a white cane: blind.
    pub white_cane: bool,
    /// True for an adult with the rights of a minor.
    pub extended_minority: bool,
    /// True for a yellow cane: poor sight.
    pub yellow_cane: bool,
}

/// A digest, and its algorithm.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct DigestAnswer {
    /// Algorithm: `SHA-256` …
    pub algorithm: String,
    /// The digest, in base64.
    pub value: String,
}

/// A field that this software does not know.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OtherField {
    /// Tag of the field.
    pub tag: u8,
    /// The octets, in base64.
    pub value: String,
}

/// A malformed field in a file of the card.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct MalformedFieldAnswer {
    /// Member that is absent because of it; left out for a tag that this software does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// Tag of the field.
    pub tag: u8,
    /// Expectation that the field does not meet, in English: `11 digits`, `present`, `there once`. Never its value.
    pub reason: String,
}

/// The holder's address, as printed.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressAnswer {
    /// The insertion it was read from.
    pub card_id: String,
    /// Street and number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_and_number: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Municipality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub municipality: Option<String>,
    /// Malformed fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub malformed_fields: Vec<MalformedFieldAnswer>,
    /// True with a simulated card, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// The verified patient, in one answer.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SummaryAnswer {
    /// The insertion it was read from.
    pub card_id: String,
    /// The card.
    pub card: CardAnswer,
    /// The holder's identity.
    pub identity: IdentityAnswer,
    /// The holder's address.
    pub address: AddressAnswer,
    /// Every check that was made, that of the address included.
    pub checks: Vec<CheckAnswer>,
    /// True with a simulated card, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    Ok(match Option::<TextOrList>::deserialize(deserializer)? {
        None => None,
        Some(TextOrList::List(list)) => Some(list),
        Some(TextOrList::Text(text)) => Some(text.split(',').map(|item| item.trim().to_owned()).collect()),
    })
}
