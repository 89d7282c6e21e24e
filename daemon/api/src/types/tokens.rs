//! The members of requests and answers about callers: paired web pages, and tokens of native programs.

use crate::schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Request of a web page to be paired.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PairingRequest {
    /// Name of the page, as it calls itself.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Scopes that it asks for.
    #[schemars(length(min = 1), extend("items" = schema::one_of(&schema::scopes())))]
    pub scopes: Vec<String>,
    /// Validity in days; listed origins get at most 12 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub days: Option<u16>,
}

/// A paired web page.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PairingAnswer {
    /// Id of the pairing.
    pub id: String,
    /// Always `granted`.
    #[schemars(extend("enum" = ["granted"]))]
    pub state: String,
    /// Token for the `Authorization` header; given only here.
    pub token: String,
    /// Scopes of the token.
    pub scopes: Vec<String>,
    /// End of validity, ISO 8601.
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
}

/// Request for a token for a native program.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenCreateRequest {
    /// Name of the token; must be new.
    pub name: String,
    /// Scopes of the token.
    pub scopes: Vec<String>,
    /// Validity in days; absent: until it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u16>,
}

/// A new token.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub struct TokenCreateAnswer {
    /// The token; given only here.
    pub token: String,
}

/// Request to revoke a token.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenRevokeRequest {
    /// Name of the token.
    pub name: String,
}

/// The tokens for native programs.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub struct TokensAnswer {
    /// The tokens, by name.
    pub tokens: Vec<TokenAnswer>,
}

/// A token, without its secret text.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenAnswer {
    /// Name of the token.
    pub name: String,
    /// Scopes of the token.
    pub scopes: Vec<String>,
    /// Time of creation, ISO 8601.
    pub created_at: String,
    /// End of validity, ISO 8601; absent: until revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}
