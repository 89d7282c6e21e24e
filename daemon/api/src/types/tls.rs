//! Members about the certificates with which HTTPS is served.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Request to replace the certificates of HTTPS, one stage at a time.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TlsRotationRequest {
    /// Stage of the replacement.
    pub stage: TlsRotationStage,
}

/// Stage of the replacement of the certificates. Each can be asked for again without harm.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsRotationStage {
    /// Make the next authority, unless there is one, or a previous one that has yet to be removed. Clients notice nothing.
    Prepare,
    /// Serve with the next authority's certificate from now on; open connections go on.
    Switch,
    /// Forget the previous authority, which nobody needs to trust any more.
    Finish,
}

/// The authorities of HTTPS after a stage.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TlsRotationAnswer {
    /// Authority that issued the certificate in use.
    pub authority: TlsAuthorityAnswer,
    /// Authority that is prepared; clients should trust it before the switch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<TlsAuthorityAnswer>,
    /// Authority that was replaced; clients need not trust it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<TlsAuthorityAnswer>,
}

/// An authority of HTTPS.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TlsAuthorityAnswer {
    /// Name of the authority, as trust stores list it.
    pub name: String,
    /// SHA-256 of its certificate, in hex.
    pub sha256: String,
    /// Begin of its validity, ISO 8601.
    pub not_before: String,
    /// End of its validity, ISO 8601.
    pub not_after: String,
    /// File with its certificate, PEM.
    pub file: String,
}
