//! The address file (EF ID#Address): the holder's main residence.

use crate::identity::{MalformedField, TlvFields};
use std::fmt;

/// The holder's main residence, as printed. (Card content 5.4, 6.3)
#[derive(Clone, Eq, PartialEq)]
pub struct Address {
    /// Tag 01.
    pub street_and_number: Option<String>,
    /// Tag 02: four digits in Belgium.
    pub postal_code: Option<String>,
    /// Tag 03.
    pub municipality: Option<String>,
    /// Unknown tags, and fields that could not be read, as raw bytes.
    pub other: Vec<(u8, Vec<u8>)>,
    /// Fields with impossible values, in the order of their tags.
    pub malformed: Vec<MalformedField>,
}

impl Address {
    /// Parses the file. Zero padding holds no fields, and blanks at the end of a text are removed. A field that cannot
    /// be read is listed in [`malformed`](Self::malformed).
    #[must_use]
    pub fn parse(file: &[u8]) -> Self {
        let mut fields = TlvFields::collect(file);
        Self {
            street_and_number: fields.text(0x01),
            postal_code: fields.text(0x02),
            municipality: fields.text(0x03),
            malformed: fields.malformed(),
            other: fields.rest(),
        }
    }
}

/// Prints no personal data.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}
