//! Requests out of the members that a caller sent: every member by its name, and nothing of a value in an error.

use super::strict::Strict;
use super::values::ValueRefusal;
use super::{ApiError, ErrorCode};
use crate::Message;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

/// Reads members into a request, or says which one is wrong.
///
/// # Errors
/// `invalid-request`.
pub fn parse<R: DeserializeOwned>(members: Value) -> Result<R, ApiError> {
    serde_path_to_error::deserialize(Strict(members))
        .map_err(|error| refusal_of(error.path(), &error.inner().to_string()))
}

/// Puts into words what serde found wrong at `path`. Of a value its kind is said at most: a national number sent as an
/// integer is as personal as one in quotes.
fn refusal_of(path: &Path, found: &str) -> ApiError {
    if let Some(refusal) = ValueRefusal::from_text(found) {
        return refusal.about(member_of(path));
    }
    let quoted = |text: &str| text.split('`').nth(1).map(shown).unwrap_or_default();
    let member = member_of(path);
    let under = |name: &str| match member.as_str() {
        "" => name.to_owned(),
        member => format!("{member}.{name}"),
    };
    if let Some(name) = found.strip_prefix("missing field ") {
        return ApiError::invalid(under(&quoted(name)), "is needed");
    }
    if let Some(rest) = found.strip_prefix("unknown field ") {
        let known: Vec<&str> = rest.split('`').skip(3).step_by(2).collect();
        let reason = if known.is_empty() {
            Message::from("is no member here")
        } else {
            format!("is no member here; there are {}", known.join(", ")).into()
        };
        // The path ends with the name already.
        return ApiError::invalid(if member.is_empty() { quoted(rest) } else { member }, reason);
    }
    let reason = reason_of(found);
    if member.is_empty() {
        let text = Message::new("detail-invalid-request").arg("reason", reason);
        return ApiError::new(ErrorCode::InvalidRequest, text);
    }
    ApiError::invalid(member, reason)
}

/// The reason in the words of serde, put into ours.
fn reason_of(found: &str) -> Message {
    let (_, expected) = found.rsplit_once(", expected ").unwrap_or_default();
    let nests = ["invalid type: sequence", "invalid type: map"];
    if nests.iter().any(|kind| found.starts_with(kind)) {
        "must not be a list or an object".into()
    } else if found.starts_with("unknown variant ") {
        let words: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
        format!("must be one of {}", words.join(", ")).into()
    } else {
        match expected {
            "a string" => "must be text",
            "a boolean" => "must be true or false",
            "a sequence" => "must be a list",
            expected if expected.starts_with("struct ") => "must be an object",
            expected if expected.starts_with('u') || expected.starts_with('i') => "must be a whole number",
            _ => "has the wrong form",
        }
        .into()
    }
}

/// A path as callers know it: `author.parties[0].nihii`. Names in it are theirs, so they are cut to what is plain.
fn member_of(path: &Path) -> String {
    let mut said = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => said += &format!("[{index}]"),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                if !said.is_empty() {
                    said.push('.');
                }
                said += &shown(key);
            }
            Segment::Unknown => {}
        }
    }
    said
}

/// A caller's own word, short and plain enough to say back.
pub fn shown(name: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || *c == '-';
    name.chars().filter(plain).take(40).collect()
}
