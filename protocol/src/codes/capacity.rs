//! Capacities in which a person acts for a patient. KMEHR has no table of them; the law knows these four.

use super::{Names, find};
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
    const TABLE: &'static [(&'static str, Self, Names)] = &[
        (
            "parent",
            Self::Parent,
            Names {
                nl: "ouder",
                fr: "parent",
                de: "Elternteil",
                en: "parent",
            },
        ),
        (
            "guardian",
            Self::Guardian,
            Names {
                nl: "voogd",
                fr: "tuteur",
                de: "Vormund",
                en: "guardian",
            },
        ),
        (
            "administrator",
            Self::Administrator,
            Names {
                nl: "bewindvoerder",
                fr: "administrateur",
                de: "Betreuer",
                en: "administrator",
            },
        ),
        (
            "mandatary",
            Self::Mandatary,
            Names {
                nl: "gevolmachtigde",
                fr: "mandataire",
                de: "Bevollmächtigter",
                en: "mandatary",
            },
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
    pub fn names(self) -> Option<Names> {
        self.row().map(|row| row.2)
    }

    fn row(self) -> Option<&'static (&'static str, Self, Names)> {
        Self::TABLE.iter().find(|row| row.1 == self)
    }
}
