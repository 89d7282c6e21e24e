//! The members of requests and answers about checks of a card.

use crate::schema;
use crate::words::{CheckOutcome, RootTrust};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Request to check a card.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerificationsRequest {
    /// The insertion, or `current`.
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: String,
    /// Names of the checks; absent: all that need no network.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("items" = schema::one_of(&schema::card_checks())))]
    pub checks: Option<Vec<String>>,
}

/// Outcome of the checks together.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct AuthenticityAnswer {
    /// `passed`, `failed` or `unknown`.
    pub outcome: CheckOutcome,
    /// The checks that were made.
    pub checks: Vec<CheckAnswer>,
}

/// Result of one check.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckAnswer {
    /// Name of the check.
    #[schemars(extend("enum" = schema::told_checks()))]
    pub name: String,
    /// `passed`, `failed` or `unknown`.
    pub outcome: CheckOutcome,
    /// Reason as a stable word, unless it passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Trust in the root behind it: `genuine`, `test` or `none`.
    pub trust: RootTrust,
    /// Time of the check, ISO 8601.
    #[schemars(extend("format" = "date-time"))]
    pub checked_at: String,
    /// `card`: made with the card's data alone; `cache`: with an authority's certificate from an earlier card.
    pub source: String,
}

/// Results of checks.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerificationsAnswer {
    /// The insertion that was checked.
    pub card_id: String,
    /// The results, in the order asked.
    pub checks: Vec<CheckAnswer>,
    /// True with a simulated card, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}
