//! The members of requests and answers that forms need before a document is made.

use super::WarningAnswer;
use super::links::PeriodAnswer;
use crate::{CalendarDay, Coded};
use beid_protocol::codes::{LinkType, Situation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The types of therapeutic links.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkTypesAnswer {
    /// The types, in the order of CD-THERAPEUTICLINKTYPE.
    pub link_types: Vec<LinkTypeAnswer>,
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
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
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
}

/// The period that would be registered.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub struct LinkPeriodAnswer {
    /// The period.
    pub period: PeriodAnswer,
    /// Unusual things that a person should look at.
    pub warnings: Vec<WarningAnswer>,
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
