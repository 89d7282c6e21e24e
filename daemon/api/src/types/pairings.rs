//! The members of requests and answers about websites that have access, and about callers that open no dialogs.

use crate::schema;
use crate::words::{PairingGround, PairingState};
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
    /// Validity in days; 90 if left out, 365 at most. Websites that are let in without asking get 12 hours at most.
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

/// State of a web page's request about which a person is asked; its token, once that person has agreed.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PairingStateAnswer {
    /// Id of the pairing.
    pub id: String,
    /// `waitingForUser`, `granted`, `refused` or `expired`.
    pub state: PairingState,
    /// Three digits that the dialog shows, for the page to show as well; while a person is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^[0-9]{3}$"))]
    pub match_code: Option<String>,
    /// Token for the `Authorization` header; given until its first use, for at most 60 seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Scopes of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// End of validity, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: Option<String>,
}

/// Request about one pairing.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PairingIdRequest {
    /// Id of the pairing.
    pub id: String,
}

/// The pairings that the caller may see.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PairingsAnswer {
    /// The pairings, the oldest first; those of its own origin for a web page.
    pub pairings: Vec<PairedPageAnswer>,
    /// Websites that are let in without asking; absent for web pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<AllowedOriginAnswer>>,
    /// Callers that open no dialogs; absent for web pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silenced: Option<Vec<SilencedCallerAnswer>>,
}

/// A pairing, without its token.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PairedPageAnswer {
    /// Id of the pairing.
    pub id: String,
    /// Origin of the website: `https://emr.example`.
    pub origin: String,
    /// Name of the page, as it calls itself.
    pub name: String,
    /// Scopes of its token.
    pub scopes: Vec<String>,
    /// `confirmed`, `listed` or `allowed`.
    pub ground: PairingGround,
    /// Time of creation, ISO 8601.
    #[schemars(extend("format" = "date-time"))]
    pub created_at: String,
    /// End of validity, ISO 8601.
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
    /// Day of the last use, ISO 8601; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub last_used: Option<String>,
}

/// A website that is let in without asking.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AllowedOriginAnswer {
    /// Origin of the website.
    pub origin: String,
    /// Scopes that it can have.
    pub scopes: Vec<String>,
    /// `listed` in the settings, or `allowed` with `beidctl pair allow`.
    pub ground: PairingGround,
}

/// A caller that opens no dialogs.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SilencedCallerAnswer {
    /// The caller: the origin of a website, the path of a program on the bus, `token:NAME` for a program over HTTPS,
    /// `own-page`, or `unknown` for programs whose file the system does not tell.
    pub caller: String,
    /// Time of the person's wish, ISO 8601.
    #[schemars(extend("format" = "date-time"))]
    pub since: String,
    /// End of the silence, ISO 8601; absent: until it is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub until: Option<String>,
}

/// Request to let a website in without asking.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AllowOriginRequest {
    /// Origin of the website, exactly as a browser sends it: `https://emr.example`.
    pub origin: String,
    /// Scopes that it can have.
    #[schemars(length(min = 1), extend("items" = schema::one_of(&schema::scopes())))]
    pub scopes: Vec<String>,
}

/// Request about one website.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OriginRequest {
    /// Origin of the website.
    pub origin: String,
}

/// Request about the dialogs of one caller.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SilenceRequest {
    /// The caller, as in the list of silenced callers: an origin, the path of a program, or `token:NAME`.
    pub caller: String,
}
