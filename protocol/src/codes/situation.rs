//! Circumstances of a contact. KMEHR has no table of them; the rules on periods use them.

use super::find;
use crate::error::ProtocolError;

/// Circumstances of the contact, where they decide the period rather than the link type does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Situation {
    /// A lasting relation with a general practitioner or a pharmacist: 15 months.
    LongTerm,
    /// An occasional contact: 3 months.
    Occasional,
    /// An emergency physician or a guard post: 1 month from the contact.
    Emergency,
}

impl Situation {
    pub(super) const TABLE: &'static [(&'static str, Self)] = &[
        ("long-term", Self::LongTerm),
        ("occasional", Self::Occasional),
        ("emergency", Self::Emergency),
    ];

    /// Parses `long-term`, `occasional` or `emergency`.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `situation`, with the nearest codes.
    pub fn parse(code: &str) -> Result<Self, ProtocolError> {
        find("situation", code, Self::TABLE, |row| row.0).map(|row| row.1)
    }

    /// The code, as callers write it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::LongTerm => "long-term",
            Self::Occasional => "occasional",
            Self::Emergency => "emergency",
        }
    }
}
