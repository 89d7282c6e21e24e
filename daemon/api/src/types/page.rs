//! The members of requests and answers about the daemon's own page.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Address at which the daemon's own page opens, once.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenPageAnswer {
    /// Address for the browser, with a code that is good for one page.
    pub url: String,
    /// End of the code's validity, ISO 8601.
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
}

/// Code with which the daemon's own page begins its session.
#[derive(Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PageSessionRequest {
    /// Code from the address at which the page was opened.
    #[schemars(length(min = 1, max = 64))]
    pub code: String,
}

/// Session of the daemon's own page.
#[derive(Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PageSessionAnswer {
    /// Token for the `Authorization` header; given only here.
    pub token: String,
    /// Scopes of the token.
    pub scopes: Vec<String>,
    /// Ways in which the settings let a holder's data be taken along.
    pub exports: Vec<String>,
    /// Time at which the session ends in any case, ISO 8601.
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
}
