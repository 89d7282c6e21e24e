//! The members of answers about files that a person is asked to sign right now; for the daemon's own page.

use super::DigestMembers;
use crate::schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists of files about which a dialog is open.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub struct ReviewsAnswer {
    /// The lists; those that this session of the page sent itself are not among them.
    pub reviews: Vec<ReviewAnswer>,
}

/// Files of one call, while a person is asked to sign them.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub struct ReviewAnswer {
    /// Id of the list; it ends with the dialogs.
    pub id: String,
    /// Origin of the website that asks; absent if a program does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Name that the program gives itself; absent if a website asks, or the daemon's own page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// The files, in the order in which the dialogs number them.
    pub documents: Vec<ReviewedDocumentAnswer>,
}

/// One file, as the dialog describes it.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewedDocumentAnswer {
    /// Its number in the list, from 1.
    pub number: String,
    /// Its name.
    pub name: String,
    /// Its media type, as the caller states it.
    pub media_type: String,
    /// Its size in bytes; absent if only a digest of it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::integer")]
    pub size: Option<usize>,
    /// SHA-256 of its content; the digest that the caller sent, if only that is known.
    pub digest: DigestMembers,
}

/// One file of a list, by the number of it.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReviewedDocumentRequest {
    /// Id of the list.
    pub id: String,
    /// Number of the file, from 1.
    pub number: String,
}

/// Content of one file.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub struct ReviewedContentAnswer {
    /// The octets that are signed, in base64.
    pub content: String,
}
