//! Members about PINs, never PINs themselves; and about readers' roles.

use crate::words::{PinOutcome, ReaderRole};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The holder's PIN, checked or changed.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PinOperationRequest {
    /// The insertion, or `current`.
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: String,
    /// What to do.
    #[serde(rename = "type")]
    pub operation: PinOperationType,
}

/// What to do with the PIN.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PinOperationType {
    /// Have the card compare it.
    Verify,
    /// Have the card take another one.
    Change,
}

/// What came of it.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PinOperationAnswer {
    /// The insertion.
    pub card_id: String,
    /// `verified` or `changed`.
    pub outcome: PinOutcome,
    /// How many wrong PINs would block the card now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<u8>,
    /// There, and true, on a simulated card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// What a reader is to be for.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReaderRoleRequest {
    /// The reader's id.
    pub reader: String,
    /// What for.
    pub role: RoleChoice,
}

/// What a reader can be for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleChoice {
    /// Patients' cards.
    Patient,
    /// The provider's own card: never `current`.
    Provider,
    /// Either.
    Any,
    /// What the settings say.
    Default,
}

/// What a reader is for.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReaderRoleAnswer {
    /// The reader's id.
    pub reader: String,
    /// Its PC/SC name, by which the role is kept.
    pub name: String,
    /// `patient`, `provider` or `any`.
    pub role: ReaderRole,
}
