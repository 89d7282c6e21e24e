//! CD-CONSENTTYPE: the data that a consent is about.
//!
//! Source: KMEHR table CD-CONSENTTYPE 1, 2012-10-01; hubservices core 2.3, `CD-CONSENT`.

use super::{CodeNames, find};
use crate::error::ProtocolError;

/// One row of CD-CONSENTTYPE.
#[derive(Debug, Eq, PartialEq)]
pub struct ConsentType {
    /// The code as it is written in the document.
    pub code: &'static str,
    /// True if the platform registers it today.
    pub in_use: bool,
    /// Names for prompts.
    pub names: CodeNames,
    /// Description in plain words.
    pub description: &'static str,
}

impl ConsentType {
    /// `retrospective`, "the only possible value" according to the rules of today.
    pub const USUAL: &'static Self = &RETROSPECTIVE;

    /// Finds the row of `code`.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `type`, with the nearest codes.
    pub fn parse(code: &str) -> Result<&'static Self, ProtocolError> {
        find("type", code, CONSENT_TYPES, |row| row.code)
    }
}

const RETROSPECTIVE: ConsentType = ConsentType {
    code: "retrospective",
    in_use: true,
    names: CodeNames::new([
        "gegevens van vóór en na de toestemming",
        "données antérieures et postérieures au consentement",
        "Daten aus der Zeit vor und nach der Einwilligung",
        "data from before and after the consent",
    ]),
    description: "data of before and after the day of signing",
};

/// The kinds of consent.
pub const CONSENT_TYPES: &[ConsentType] = &[
    RETROSPECTIVE,
    ConsentType {
        code: "prospective",
        in_use: false,
        names: CodeNames::new([
            "alleen gegevens van na de toestemming",
            "uniquement les données postérieures au consentement",
            "nur Daten aus der Zeit nach der Einwilligung",
            "only data from after the consent",
        ]),
        description: "only data of the day of signing and later; kept in the table for old consents",
    },
    ConsentType {
        code: "local",
        in_use: false,
        names: CodeNames::new([
            "alleen binnen dit netwerk",
            "uniquement dans ce réseau",
            "nur in diesem Netzwerk",
            "only within this network",
        ]),
        description: "a consent of one hub, unknown elsewhere",
    },
];
