//! Status by which a query selects links.
//!
//! Source: hubservices core 2.3, `GetTherapeuticLinkSelectType`.

use super::find;
use crate::error::ProtocolError;

/// Status of the links that a query asks for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum LinkStatus {
    /// Links that hold: the platform's default.
    #[default]
    Active,
    /// Links that were revoked or have ended.
    Inactive,
    /// Links of either status.
    All,
}

impl LinkStatus {
    pub(super) const TABLE: &'static [(&'static str, Self)] = &[
        ("active", Self::Active),
        ("inactive", Self::Inactive),
        ("all", Self::All),
    ];

    /// Parses `active`, `inactive` or `all`.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `status`, with the nearest codes.
    pub fn parse(code: &str) -> Result<Self, ProtocolError> {
        find("status", code, Self::TABLE, |row| row.0).map(|row| row.1)
    }

    /// The code as it is written in the document.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::All => "all",
        }
    }
}
