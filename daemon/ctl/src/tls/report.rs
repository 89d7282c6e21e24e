//! Reports of the commands that change stores, as `--json` prints them.

use beid_api::types::{StoredAuthorityAnswer, TrustStoreAnswer};
use serde::Serialize;

/// Stores from which authorities were removed.
#[derive(Debug, Serialize)]
pub(crate) struct RemovalReport {
    /// Each of them.
    pub(crate) stores: Vec<TrustStoreAnswer>,
}

/// Result of a rotation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RotationReport {
    /// Authority in use now.
    pub(crate) authority: StoredAuthorityAnswer,
    /// Authority that was replaced, as long as a store trusts it that this user cannot change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<StoredAuthorityAnswer>,
    /// Stores that trust the one in use.
    pub(crate) stores: Vec<TrustStoreAnswer>,
}
