//! The address file (EF ID#Address): where the holder lives.

use crate::identity::{Fields, MalformedField};
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
    /// Tags we do not know yet, and fields we could not read, as they were.
    pub other: Vec<(u8, Vec<u8>)>,
    /// Fields that cannot be what they should, in the order of their tags.
    pub malformed: Vec<MalformedField>,
}

impl Address {
    /// Reads the file; the zero bytes that pad it are no fields, and the blanks that pad a text are no part of it. A field
    /// that cannot be read is named in [`malformed`](Self::malformed).
    #[must_use]
    pub fn parse(file: &[u8]) -> Self {
        let mut fields = Fields::collect(file);
        Self {
            street_and_number: fields.text(0x01),
            postal_code: fields.text(0x02),
            municipality: fields.text(0x03),
            malformed: fields.malformed(),
            other: fields.rest(),
        }
    }
}

/// Nothing of a person is printed.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}
