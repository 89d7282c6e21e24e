//! The members of requests and answers about the service, readers and cards.

use crate::words::{CardKind, CardStatus, ReaderRole};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The service. Its version and features are told to known callers only.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusAnswer {
    /// Always `beidd`.
    #[schemars(extend("enum" = ["beidd"]))]
    pub service: String,
    /// Versions of this interface that it supports.
    pub api_versions: Vec<String>,
    /// Version of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Features of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<Vec<String>>,
    /// State of the smart card service: `available`, `pcsc-unavailable` or `pcsc-not-authorised`; absent when cards are
    /// simulated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pcsc: Option<String>,
    /// True if cards are simulated, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// The readers.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadersAnswer {
    /// The readers, in the order found.
    pub readers: Vec<ReaderAnswer>,
    /// True if cards are simulated, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// One reader.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReaderAnswer {
    /// Id of the reader, valid as long as it stays plugged in.
    pub id: String,
    /// PC/SC name of the reader.
    pub name: String,
    /// True if it has a keypad for PINs.
    pub pin_pad: bool,
    /// `patient`, `provider` or `any`.
    pub role: ReaderRole,
    /// The card in it; null if it is empty.
    pub card: Option<CardAnswer>,
}

/// The cards in all readers.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CardsAnswer {
    /// The cards, in the order of their readers.
    pub cards: Vec<CardAnswer>,
    /// True if cards are simulated, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// One card, without its holder.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CardAnswer {
    /// Id of the insertion.
    pub id: String,
    /// Id of the reader.
    pub reader: String,
    /// `beid` or `unknown`.
    pub kind: CardKind,
    /// Version of the applet, once known: `1.8`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applet: Option<String>,
    /// `reading`, `ready`, `unsupported`, `newer`, `mute` or `busy`.
    pub status: CardStatus,
    /// True with a simulated card, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// One card, with the id that was asked about.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OneCardAnswer {
    /// Id of the insertion.
    pub card_id: String,
    /// The card.
    #[serde(flatten)]
    pub card: CardAnswer,
}
