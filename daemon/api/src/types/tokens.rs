//! The members of requests and answers about tokens of native programs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// Day of the last use, ISO 8601; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub last_used: Option<String>,
}
