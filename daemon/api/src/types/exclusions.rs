//! The members of requests and answers about therapeutic exclusions.

use super::documents::{AuthorMembers, PartyMembers, PatientMembers, RepresentativeMembers, WarningAnswer};
use crate::CalendarDay;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A provider whom a citizen excludes, or a question about exclusions. Only citizens may ask: `author.patient` is needed.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TherapeuticExclusionRequest {
    /// Operation on exclusions.
    pub operation: ExclusionOperation,
    /// The insertion of the citizen's card; absent: `current`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: Option<String>,
    /// The author of the request: a program, and the citizen who uses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<AuthorMembers>,
    /// The patient; absent: the citizen. Another person only if the citizen is the representative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<PatientMembers>,
    /// The provider: a person by national number, an organisation by NIHII. Absent in questions: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hc_party: Option<PartyMembers>,
    /// The citizen, if he acts for another patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub representative: Option<RepresentativeMembers>,
    /// First day asked about; `history` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begin: Option<CalendarDay>,
    /// Last day asked about; `history` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<CalendarDay>,
}

/// Operation on exclusions.
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
    /// Unusual things that a person should look at.
    pub warnings: Vec<WarningAnswer>,
    /// Identifier of the record of this, with which it is found again; absent where nothing is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_id: Option<String>,
    /// True with a simulated card, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}
