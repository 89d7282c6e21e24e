//! Members about the readers of a simulated daemon.

use super::CardAnswer;
use crate::names;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A card that is put into a simulated reader, or taken out of it.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimulateRequest {
    /// Action on the reader.
    pub action: SimulatedAction,
    /// The invented person whose card is put in (`beid-sim --list`); `insert` and `swap` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = names::CITIZENS))]
    pub citizen: Option<String>,
    /// The reader's id; absent: the first that the action can be done in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
}

/// Action on a simulated reader.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SimulatedAction {
    /// Put a card into an empty reader.
    Insert,
    /// Take the card out.
    Remove,
    /// Put another card in the place of the one that is there, in the same instant.
    Swap,
}

/// A simulated reader after the action.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SimulateAnswer {
    /// The reader's id.
    pub reader: String,
    /// Its name.
    pub name: String,
    /// The card in it; absent when it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<CardAnswer>,
    /// Always true.
    pub simulated: bool,
}
