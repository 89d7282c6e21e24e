//! The address file (EF ID#Address): where the holder lives.

use crate::error::FieldError;
use crate::identity::Fields;
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
    /// Tags we do not know yet, as they were.
    pub other: Vec<(u8, Vec<u8>)>,
}

impl Address {
    /// Reads the file; the zero bytes that pad it are no fields.
    ///
    /// # Errors
    /// [`FieldError`] if a field is cut off.
    pub fn parse(file: &[u8]) -> Result<Self, FieldError> {
        let mut fields = Fields::collect(file)?;
        Ok(Self {
            street_and_number: fields.text(0x01),
            postal_code: fields.text(0x02),
            municipality: fields.text(0x03),
            other: fields.rest(),
        })
    }
}

/// Nothing of a person is printed.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}
