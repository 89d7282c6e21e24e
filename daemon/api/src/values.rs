//! Values that requests write as text, parsed where requests are read: nobody below parses them again.

use crate::{ApiError, ErrorCode, Message};
use beid_protocol::ProtocolError;
use beid_protocol::codes::CallerCode;
use beid_protocol::numbers::Ssin;
use beid_protocol::period::parse_day;
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// A code of one of the protocol's tables.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Coded<C>(pub C);

impl<C: CallerCode> Coded<C> {
    /// Parses a code.
    ///
    /// # Errors
    /// As [`CallerCode::from_code`].
    pub fn parse(code: &str) -> Result<Self, ProtocolError> {
        C::from_code(code).map(Self)
    }

    /// The code as it is written.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.to_code()
    }
}

impl<C: CallerCode> fmt::Display for Coded<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl<C: CallerCode> Serialize for Coded<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de, C: CallerCode> Deserialize<'de> for Coded<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).map_err(|error| D::Error::custom(ValueRefusal::from(error)))
    }
}

impl<C: CallerCode> JsonSchema for Coded<C> {
    fn schema_name() -> Cow<'static, str> {
        "Code".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": C::codes() })
    }
}

/// A day, ISO 8601: `2026-11-21`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CalendarDay(pub Date);

impl CalendarDay {
    /// Parses a day from 1900 on.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_day(text).map(Self)
    }
}

impl Serialize for CalendarDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for CalendarDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(ValueRefusal::invalid("must be a date such as 2026-11-21")))
    }
}

impl JsonSchema for CalendarDay {
    fn schema_name() -> Cow<'static, str> {
        "CalendarDay".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

/// A month, ISO 8601: `2026-11`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct CalendarMonth(Date);

impl CalendarMonth {
    /// Returns the month of a day.
    #[must_use]
    pub fn from_day(day: Date) -> Self {
        Self(day.first_of_month())
    }

    /// Parses a month from 1900 on.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_day(&format!("{text}-01")).map(Self)
    }

    /// Its first day.
    #[must_use]
    pub fn first_day(self) -> Date {
        self.0
    }
}

impl fmt::Display for CalendarMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m"))
    }
}

impl Serialize for CalendarMonth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CalendarMonth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(ValueRefusal::invalid("must be a month such as 2026-11")))
    }
}

impl JsonSchema for CalendarMonth {
    fn schema_name() -> Cow<'static, str> {
        "CalendarMonth".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$" })
    }
}

/// Word of a caller's own by which it finds a record again, such as the number of a file. It may stand in addresses, so it
/// holds no national number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidenceReference(String);

impl EvidenceReference {
    /// Upper limit on its length, in characters.
    const LONGEST: usize = 64;

    /// Reads a reference; `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::checked(text.to_owned()).ok()
    }

    fn checked(text: String) -> Result<Self, ValueRefusal> {
        if !(1..=Self::LONGEST).contains(&text.chars().count()) || text.chars().any(char::is_control) {
            return Err(ValueRefusal::invalid(
                "must have 1 to 64 characters, and none that is invisible",
            ));
        }
        // As people write numbers: 85.05.14-024.18.
        let bare: Vec<char> = text.chars().filter(|c| !matches!(c, '.' | '-' | ' ' | '/')).collect();
        let is_number = |window: &[char]| Ssin::parse(&window.iter().collect::<String>()).is_ok();
        if bare.windows(11).any(is_number) {
            return Err(ValueRefusal::invalid("must not contain a national number"));
        }
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives the text out.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }
}

impl Serialize for EvidenceReference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for EvidenceReference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::checked(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl JsonSchema for EvidenceReference {
    fn schema_name() -> Cow<'static, str> {
        "EvidenceReference".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": Self::LONGEST })
    }
}

/// A point in time, RFC 3339: `2026-11-28T09:41:06+01:00`. It is written in UTC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PointInTime(pub Timestamp);

impl Serialize for PointInTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PointInTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // jiff alone would accept other forms of ISO 8601 too.
        let is_full = text.as_bytes().get(10) == Some(&b'T');
        let read = is_full.then(|| text.parse().ok()).flatten();
        let refusal = || ValueRefusal::invalid("must be a time such as 2026-11-28T09:41:06+01:00");
        read.map(Self).ok_or_else(|| D::Error::custom(refusal()))
    }
}

impl JsonSchema for PointInTime {
    fn schema_name() -> Cow<'static, str> {
        "PointInTime".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// Refusal of a value, on its way through serde, which carries errors as text only.
pub(crate) struct ValueRefusal {
    code: ErrorCode,
    reason: String,
}

/// Codes of refused values, with the text before their reasons.
const REFUSALS: [(ErrorCode, &str); 2] = [
    (ErrorCode::InvalidRequest, "refused: "),
    (ErrorCode::ProofNotAllowed, "not allowed: "),
];

impl ValueRefusal {
    fn invalid(reason: impl Into<String>) -> Self {
        Self {
            code: ErrorCode::InvalidRequest,
            reason: reason.into(),
        }
    }

    /// Reads a refusal back from the text of an error.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        REFUSALS.into_iter().find_map(|(code, prefix)| {
            let reason = text.strip_prefix(prefix)?.to_owned();
            Some(Self { code, reason })
        })
    }

    /// The error about the value of `member`.
    pub(crate) fn about(self, member: String) -> ApiError {
        let reason = Message::from(self.reason);
        if self.code == ErrorCode::InvalidRequest {
            return ApiError::invalid(member, reason);
        }
        // As the service says it of proofs that it judges later.
        ApiError::new(self.code, Message::new("detail-proof").arg("reason", reason))
    }
}

impl From<ProtocolError> for ValueRefusal {
    fn from(error: ProtocolError) -> Self {
        if let ProtocolError::ProofNotAllowed { reason } = error {
            return Self {
                code: ErrorCode::ProofNotAllowed,
                reason: reason.to_owned(),
            };
        }
        // The parser names the member as it is usually called; callers are told its place in their request.
        Self::invalid(if let ProtocolError::InvalidRequest { reason, .. } = error {
            reason
        } else {
            error.to_string()
        })
    }
}

impl fmt::Display for ValueRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = REFUSALS.iter().find(|(code, _)| *code == self.code);
        write!(f, "{}{}", prefix.map_or("", |(_, prefix)| prefix), self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_says_nothing_about_anybody() {
        for (reference, is_taken) in [
            ("visit 20261128-17", true),
            ("é", true),
            (&"x".repeat(64), true),
            (&"x".repeat(65), false),
            ("", false),
            ("a\nb", false),
            ("85051402418", false),
            ("85.05.14-024.18", false),
            ("patient 85051402418, room 3", false),
            ("8505140241", true),
        ] {
            assert_eq!(EvidenceReference::parse(reference).is_some(), is_taken, "{reference}");
        }
    }
}
