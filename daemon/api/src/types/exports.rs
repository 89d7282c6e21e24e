//! The members of requests and answers about files that viewers of eID cards have saved.
//!
//! These types are apart from those of a card's holder on purpose: a file says what somebody wrote into it, so nothing that
//! takes a holder, least of all a proof, takes one of these.

use super::{AuthenticityAnswer, CertificateAnswer, DocumentTypeAnswer, SpecialStatusAnswer};
use crate::words::{DatePrecision, GenderWord};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A file that a viewer saved.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportRequest {
    /// The file, in base64.
    #[schemars(length(min = 1))]
    pub content: String,
}

/// Format of a file that a viewer saved.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExportFormat {
    /// XML of the viewer from version 4 on (`.eid`).
    EidXml,
    /// XML of viewer 3.5 (root element `beid_card`).
    BeidCardXml,
    /// The card's own files, as the viewer saved them until version 3.5 (`.eid`).
    CardFiles,
    /// Line of text of the viewer until version 4.0 (`.csv`).
    Csv,
}

/// Content of a file that a viewer saved. Whoever had the file may have changed it, so it is for showing and serves no proof.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportedRecordAnswer {
    /// Format of the file.
    pub format: ExportFormat,
    /// Checks that the National Register signed these data: `unknown` without checks, unless the file holds the card's own
    /// files. Even `passed` does not tell that the card, or its holder, was there.
    pub authenticity: AuthenticityAnswer,
    /// The holder's identity, as the file says.
    pub identity: ExportedIdentity,
    /// The holder's address, as the file says.
    pub address: ExportedAddress,
    /// The photo (JPEG), in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo: Option<String>,
    /// Certificates in the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<CertificateAnswer>,
}

/// Identity as a file says. Members are those of a card's identity; what the file does not say is absent.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportedIdentity {
    /// Number printed on the card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_number: Option<String>,
    /// Number of the chip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chip_number: Option<String>,
    /// First day of validity, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Last day of validity, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    /// Municipality that issued the card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuing_municipality: Option<String>,
    /// National number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_number: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Given names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_names: Option<Vec<String>>,
    /// First letter of the third given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub third_given_name_initial: Option<String>,
    /// Nationality in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nationality: Option<String>,
    /// Place of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_place: Option<String>,
    /// Date of birth: `1984-02-01`, or `1984` if only the year is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    /// Precision of the date of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date_precision: Option<DatePrecision>,
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
    /// True if the holder is in Belgium as a member of a family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_of_family: Option<bool>,
    /// Date and country of protection, as written.
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
}

/// Address as a file says.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportedAddress {
    /// Street and number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_and_number: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Municipality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub municipality: Option<String>,
}
