//! The head that every request begins with: who asks, when, and under which identifier.

use jiff::{Timestamp, Zoned};

use crate::author::Author;
use crate::error::ProtocolError;
use crate::period::brussels_time;
use crate::xml::XmlWriter;

/// Identifier, author and time of one request.
#[derive(Clone, Eq, PartialEq)]
pub struct Request {
    id: String,
    author: Author,
    at: Zoned,
}

impl Request {
    /// Begins a request of `author` at `now`.
    ///
    /// The identifier is `<first identifier of the first party>.<yyyyMMddHHmmss><unique>`. KMEHR wants it unique in all
    /// of Belgium: `unique` is 3 to 9 digits, never the same twice in one second. (The official client leaves the part
    /// behind the dot out of therapeutic links; we do not follow it there.)
    ///
    /// # Errors
    /// [`ProtocolError::Internal`] if `unique` is anything else.
    ///
    /// Source: hubservices core 2.3, `RequestType`; KMEHR, `ID-KMEHR`.
    pub fn new(author: Author, now: Timestamp, unique: &str) -> Result<Self, ProtocolError> {
        if !(3..=9).contains(&unique.len()) || !unique.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ProtocolError::Internal {
                reason: "the unique part of a request identifier is 3 to 9 digits",
            });
        }
        let at = brussels_time(now)?;
        let id = format!(
            "{}.{}{unique}",
            author.first().first_identifier(),
            at.strftime("%Y%m%d%H%M%S")
        );
        Ok(Self { id, author, at })
    }

    /// The identifier.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Who asks.
    #[must_use]
    pub fn author(&self) -> &Author {
        &self.author
    }

    /// When, on the wall clock in Belgium.
    #[must_use]
    pub fn at(&self) -> &Zoned {
        &self.at
    }

    /// Writes `request`. Date and time are local, without offset and without fraction.
    pub(crate) fn write(&self, xml: &mut XmlWriter) -> Result<(), ProtocolError> {
        xml.element("request", &[], |xml| {
            xml.text("id", &[("S", "ID-KMEHR"), ("SV", "1.0")], &self.id)?;
            self.author.write(xml)?;
            xml.text("date", &[], &self.at.strftime("%Y-%m-%d").to_string())?;
            xml.text("time", &[], &self.at.strftime("%H:%M:%S").to_string())
        })
    }
}

// The identifier may begin with a national number.
redacted_debug!(Request);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::party::HcPartyFields;

    fn author() -> Author {
        let physician = HcPartyFields {
            nihii: Some("19999816004"),
            party_type: "persphysician",
            ..HcPartyFields::default()
        };
        Author::parse(&[physician], None).unwrap()
    }

    #[test]
    fn the_identifier_is_made_of_party_time_and_unique_part() {
        let request = Request::new(author(), "2026-11-20T09:01:00.75Z".parse().unwrap(), "042").unwrap();
        assert_eq!(request.id(), "19999816004.20261120100100042");
    }

    #[test]
    fn the_unique_part_is_three_digits_or_more() {
        for unique in ["", "42", "04a", "1234567890"] {
            assert!(
                Request::new(author(), Timestamp::UNIX_EPOCH, unique).is_err(),
                "{unique}"
            );
        }
    }
}
