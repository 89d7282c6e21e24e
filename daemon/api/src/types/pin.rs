//! Members about PINs, never PINs themselves; and about readers' roles.

use crate::words::{PinOutcome, ReaderRole};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Request to check or change the holder's PIN.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PinOperationRequest {
    /// The insertion, or `current`.
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: String,
    /// Operation on the PIN.
    #[serde(rename = "type")]
    pub operation: PinOperationType,
}

/// Operation on the PIN.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PinOperationType {
    /// Check the PIN: the card compares it.
    Verify,
    /// Change the PIN.
    Change,
}

/// Result of a PIN operation.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PinOperationAnswer {
    /// The insertion.
    pub card_id: String,
    /// `verified` or `changed`.
    pub outcome: PinOutcome,
    /// Tries left before the card blocks its PIN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<u8>,
    /// True with a simulated card, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// Request to change the role of a reader.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReaderRoleRequest {
    /// The reader's id.
    pub reader: String,
    /// The new role.
    pub role: RoleChoice,
}

/// Role that a reader can be given.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleChoice {
    /// Patients' cards.
    Patient,
    /// The provider's own card, which is never `current`.
    Provider,
    /// Cards of either.
    Any,
    /// The role in the settings.
    Default,
}

/// Role of a reader.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReaderRoleAnswer {
    /// The reader's id.
    pub reader: String,
    /// PC/SC name of the reader, by which the role is kept.
    pub name: String,
    /// `patient`, `provider` or `any`.
    pub role: ReaderRole,
}
