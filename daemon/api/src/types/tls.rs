//! Members about the certificates with which HTTPS is served, and about who trusts them.

use crate::words::{EndpointState, TrustStoreReason, TrustStoreState, TrustStoreType};
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

/// Number of days before its end from which the certificate should be replaced.
const ENDS_SOON: i64 = 30;

/// Trust of browsers and system in the daemon's certificate.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TlsStatusAnswer {
    /// Program that answers on the daemon's port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<EndpointAnswer>,
    /// The daemon's own authority; absent where the administrator's certificate is in use, or none is there yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<StoredAuthorityAnswer>,
    /// File of the administrator's certificate, where that is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub administrator: Option<String>,
    /// True if a rotation has begun and not ended.
    pub rotation_unfinished: bool,
    /// Each store.
    pub stores: Vec<TrustStoreAnswer>,
}

/// Result of a handshake on the daemon's port.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointAnswer {
    /// State of the endpoint.
    pub state: EndpointState,
    /// Port of the daemon, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Reason in English words, where the state is not `trusted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// End of the certificate, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub not_after: Option<String>,
    /// Days until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_left: Option<i64>,
}

impl EndpointAnswer {
    /// Returns true if the daemon answers.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.state == EndpointState::Trusted
    }

    /// Returns the days until the end of the certificate, if they are few.
    #[must_use]
    pub fn ends_soon(&self) -> Option<i64> {
        self.days_left.filter(|days| *days < ENDS_SOON)
    }
}

/// An authority of ours, as stores hold it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredAuthorityAnswer {
    /// Name under which stores list it.
    pub name: String,
    /// SHA-256 of its certificate, in hex.
    pub sha256: String,
    /// End of its validity, ISO 8601.
    #[schemars(extend("format" = "date-time"))]
    pub not_after: String,
    /// File with its certificate; absent for those that only a store holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// A store, and what it trusts of ours.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustStoreAnswer {
    /// Type of the store.
    pub store: TrustStoreType,
    /// Browser and profile; empty for stores of everybody.
    pub name: String,
    /// File or directory of the store.
    pub place: String,
    /// State of the store.
    pub state: TrustStoreState,
    /// Reason of the state, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<TrustStoreReason>,
    /// Reason in English words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Number of the user that the store belongs to, with the reason `other-user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<u32>,
    /// Program that is needed, with the reason `tool-missing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<MissingToolAnswer>,
    /// File from which Firefox reads its policies, with the reason `policies-elsewhere`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<String>,
    /// Every authority of ours that it trusts.
    pub authorities: Vec<StoredAuthorityAnswer>,
}

impl TrustStoreAnswer {
    /// Returns true if there is nothing to do about it. A profile that was never used cannot be changed yet.
    #[must_use]
    pub fn is_good(&self) -> bool {
        match self.state {
            TrustStoreState::Trusted => matches!(self.reason, None | Some(TrustStoreReason::ByPolicy)),
            TrustStoreState::NeverStarted | TrustStoreState::Removed => true,
            TrustStoreState::NotTrusted
            | TrustStoreState::OldAuthority
            | TrustStoreState::Unknown
            | TrustStoreState::Other(_) => false,
        }
    }
}

/// A program that is not installed.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct MissingToolAnswer {
    /// Name of the program.
    pub program: String,
    /// Debian package that has it.
    pub package: String,
}
