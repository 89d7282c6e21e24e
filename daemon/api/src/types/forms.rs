//! The members of requests and answers that forms need before a document is made.

use super::WarningAnswer;
use super::links::PeriodAnswer;
use crate::{CalendarDay, Coded};
use beid_protocol::codes::{CodeNames, LinkType, Proof, Situation};
use beid_protocol::dialect::Dialect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The types of therapeutic links, of the providers that have them, and of the proofs that the settings allow.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkTypesAnswer {
    /// The types, in the order of CD-THERAPEUTICLINKTYPE.
    pub link_types: Vec<LinkTypeAnswer>,
    /// The types of providers that have such links, and that patients may exclude, in the order of CD-HCPARTY.
    pub party_types: Vec<PartyTypeAnswer>,
    /// Codes of CD-PROOFTYPE that a link may be given here, the strongest first: all, unless the settings say otherwise.
    pub proofs: Vec<String>,
}

/// One type of providers.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub struct PartyTypeAnswer {
    /// Code of CD-HCPARTY.
    pub code: String,
    /// Its name, as dialogs show it.
    pub names: NamesInLanguages,
    /// True for organisations: their number is NIHII, that of persons the national number.
    pub organisation: bool,
}

/// One type of therapeutic links.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub struct LinkTypeAnswer {
    /// Code of CD-THERAPEUTICLINKTYPE.
    pub code: String,
    /// Its name, as dialogs show it.
    pub names: NamesInLanguages,
}

/// A name in the four languages of dialogs.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct NamesInLanguages {
    /// Dutch.
    pub nl: String,
    /// French.
    pub fr: String,
    /// German.
    pub de: String,
    /// English.
    pub en: String,
}

impl From<CodeNames> for NamesInLanguages {
    fn from(names: CodeNames) -> Self {
        Self {
            nl: names.nl.to_owned(),
            fr: names.fr.to_owned(),
            de: names.de.to_owned(),
            en: names.en.to_owned(),
        }
    }
}

/// A link that would be registered by the practice of the settings.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkPeriodRequest {
    /// Code of CD-THERAPEUTICLINKTYPE.
    #[serde(rename = "type")]
    pub link_type: Coded<&'static LinkType>,
    /// `long-term`, `occasional` or `emergency`; absent: as usual for the type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub situation: Option<Coded<Situation>>,
    /// First day; absent: today in Belgium.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<CalendarDay>,
    /// First day after the link; absent: by type and situation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date: Option<CalendarDay>,
    /// Proof that the link would have, so that warnings about it are told; absent: none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Coded<Proof>>,
    /// `national` or `hub`; absent: `national`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Coded<Dialect>>,
}

/// The period that would be registered.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub struct LinkPeriodAnswer {
    /// The period.
    pub period: PeriodAnswer,
    /// Unusual things that a person should look at.
    pub warnings: Vec<WarningAnswer>,
}

/// A patient whose consent would be asked for: the holder of a card, or somebody by number.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsentPreviewRequest {
    /// The insertion of the patient's card; absent: `current`, unless a number is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: Option<String>,
    /// National number of a patient without a card; no card is read then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_number: Option<String>,
}

/// Rules that follow from the age of the patient.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentPreviewAnswer {
    /// The patient's age.
    pub age: PatientAge,
    /// True if somebody must act for the patient.
    pub representative_needed: bool,
    /// Capacities in which somebody may act for the patient.
    pub capacities: Vec<String>,
    /// True for a child of up to three months, of whom no card is expected.
    pub newborn: bool,
}

/// Age of a patient, as far as the rules on consents go by it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PatientAge {
    /// Under sixteen: somebody else decides.
    UnderSixteen,
    /// Sixteen or seventeen: decides alone, and has no certificate to sign with.
    UnderEighteen,
    /// Eighteen or older.
    Adult,
    /// The day of birth is not known.
    Unknown,
}

/// Request for an official text of the consent.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsentTextRequest {
    /// Language of the text, such as `nl`; refused as `no-official-text` if none is installed.
    #[schemars(regex(pattern = "^[A-Za-z0-9-]{2,35}$"))]
    pub text_language: String,
}

/// An official text of the consent, as patients are shown it.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OfficialTextAnswer {
    /// Identifier of the text, the same in every language.
    pub id: String,
    /// Its language: `nl`.
    pub language: String,
    /// Version of the text.
    pub version: String,
    /// SHA-256 of the text in UTF-8, lower-case hex.
    pub sha256: String,
    /// The text: a paragraph a line.
    pub text: String,
    /// Languages in which an official text is installed.
    pub installed: Vec<String>,
    /// Explanations in other languages, without legal force.
    pub explanations: Vec<ExplanationAnswer>,
}

/// An explanation of an official text, which is never signed.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub struct ExplanationAnswer {
    /// Its language: `fr`.
    pub language: String,
    /// Notice that it has no legal force.
    pub mark: String,
    /// The text: a paragraph a line.
    pub text: String,
}
