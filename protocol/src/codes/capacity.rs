//! Capacities in which a person acts for a patient. KMEHR has no table of them; the law knows these four.

use super::{CodeNames, find};
use crate::error::ProtocolError;

/// Capacity in which a person acts for a patient.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Capacity {
    /// A mother, father or co-parent, of a child under sixteen.
    Parent,
    /// A guardian, appointed for a child without parents.
    Guardian,
    /// An administrator, appointed for an adult who cannot decide alone.
    Administrator,
    /// A mandatary, whom the patient has chosen.
    Mandatary,
}

impl Capacity {
    /// The capacities, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::TABLE.iter().map(|row| row.1)
    }

    pub(super) const TABLE: &'static [(&'static str, Self, CodeNames)] = &[
        (
            "parent",
            Self::Parent,
            CodeNames::new(["ouder", "parent", "Elternteil", "parent"]),
        ),
        (
            "guardian",
            Self::Guardian,
            CodeNames::new(["voogd", "tuteur", "Vormund", "guardian"]),
        ),
        (
            "administrator",
            Self::Administrator,
            CodeNames::new(["bewindvoerder", "administrateur", "Betreuer", "administrator"]),
        ),
        (
            "mandatary",
            Self::Mandatary,
            CodeNames::new(["gevolmachtigde", "mandataire", "Bevollmächtigter", "mandatary"]),
        ),
    ];

    /// Parses `parent`, `guardian`, `administrator` or `mandatary`.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `capacity`, with the nearest codes.
    pub fn parse(code: &str) -> Result<Self, ProtocolError> {
        find("capacity", code, Self::TABLE, |row| row.0).map(|row| row.1)
    }

    /// The code, as callers write it.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.row().map_or("", |row| row.0)
    }

    /// Names for prompts.
    #[must_use]
    pub fn names(self) -> Option<CodeNames> {
        self.row().map(|row| row.2)
    }

    fn row(self) -> Option<&'static (&'static str, Self, CodeNames)> {
        Self::TABLE.iter().find(|row| row.1 == self)
    }
}
