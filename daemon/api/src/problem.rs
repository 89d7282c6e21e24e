//! Errors as callers get them: `application/problem+json` (RFC 9457).

use super::types::LeftOutDocument;
use super::{ApiError, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An error (RFC 9457).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// URI of the code: `urn:beidd:error:card-removed`.
    #[serde(rename = "type")]
    pub problem_type: String,
    /// One line for people: what happened.
    pub title: String,
    /// HTTP status.
    #[schemars(schema_with = "schema::integer")]
    pub status: u16,
    /// A sentence or two for people: to what it happened, and what to do next.
    pub detail: String,
    /// Stable code.
    #[schemars(extend("enum" = schema::error_codes()))]
    pub code: String,
    /// True if the same call may succeed a little later, with nothing changed by the caller.
    pub retriable: bool,
    /// PIN tries left, for pin-incorrect.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::integer")]
    pub tries_left: Option<u8>,
    /// Seconds after which the same call is worth repeating, for retriable errors: as in `Retry-After`, also where an
    /// operation has failed that ran on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::integer")]
    pub retry_after: Option<u32>,
    /// Document that the person would not sign, for user-declined, where several were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<Box<LeftOutDocument>>,
    /// Members that are newer than this software.
    #[serde(flatten)]
    #[schemars(skip)]
    pub other: Box<Map<String, Value>>,
}

impl Problem {
    /// The members of `error`, with its texts.
    #[must_use]
    pub fn new(error: &ApiError, title: String, detail: String) -> Self {
        Self {
            problem_type: Self::type_of(error.code.code()),
            title,
            status: error.code.status(),
            detail,
            code: error.code.code().to_owned(),
            retriable: error.code.retriable(),
            tries_left: error.tries_left,
            // A second for those that name no other time: nobody gains by asking at once.
            retry_after: error.code.retriable().then(|| {
                let seconds = error.retry_after.unwrap_or(1);
                u32::try_from(seconds).unwrap_or(u32::MAX)
            }),
            document: error.document.clone(),
            other: Box::default(),
        }
    }

    /// The URI that stands for `code`.
    #[must_use]
    pub fn type_of(code: &str) -> String {
        format!("urn:beidd:error:{code}")
    }
}
