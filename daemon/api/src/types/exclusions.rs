//! The members of requests and answers about therapeutic exclusions.

use super::documents::{AuthorMembers, PartyMembers, PatientMembers, RepresentativeMembers, WarningAnswer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A provider whom a citizen excludes, or a question about exclusions. Only citizens ask: `author.patient` is there.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TherapeuticExclusionRequest {
    /// What to do.
    pub operation: ExclusionOperation,
    /// The insertion of the citizen's card; absent: `current`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: Option<String>,
    /// Who asks: a program, and the citizen who uses it. Absent: the program of the configuration, which is never enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<AuthorMembers>,
    /// The patient; absent: the citizen himself. Another with a representative only, who is the citizen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<PatientMembers>,
    /// The provider: a person by national number, an organisation by NIHII. Absent in questions: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hc_party: Option<PartyMembers>,
    /// In what capacity the citizen acts for the patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub representative: Option<RepresentativeMembers>,
    /// With `history`: from this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub begin: Option<String>,
    /// With `history`: to this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub end: Option<String>,
}

/// What to do with exclusions.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExclusionOperation {
    /// Exclude a provider.
    Put,
    /// Take that back.
    Revoke,
    /// Ask for exclusions that hold.
    Get,
    /// Ask for exclusions that were and are.
    History,
}

/// A document about exclusions, ready for the platform.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExclusionAnswer {
    /// The request's ID-KMEHR.
    pub request_id: String,
    /// The insertion of the citizen's card.
    pub card_id: String,
    /// The message, for the caller's SOAP body.
    pub xml: String,
    /// What a person should look at.
    pub warnings: Vec<WarningAnswer>,
    /// There, and true, on a simulated card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}
