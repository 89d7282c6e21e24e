//! The patient a document is about.

use crate::dialect::Dialect;
use crate::error::{ProtocolError, Warning, WarningKind};
use crate::name::{Name, printed};
use crate::numbers::{EidCardNumber, IsiCardNumber, Ssin};
use crate::xml::{Vocabulary, XmlWriter};

/// A patient as read from a card or written by a caller, not yet checked.
#[derive(Clone, Copy, Default)]
pub struct PatientFields<'a> {
    /// National number.
    pub national_number: &'a str,
    /// Number of the eID.
    pub card_number: Option<&'a str>,
    /// Number of the ISI+ card.
    pub isi_card_number: Option<&'a str>,
    /// Given names, whole: what the identity file has under tag 08.
    pub given_names: Option<&'a str>,
    /// Family name.
    pub family_name: Option<&'a str>,
}

/// A patient with a national number, and names and card numbers as far as known.
#[derive(Clone, Eq, PartialEq)]
pub struct Patient {
    ssin: Ssin,
    card_number: Option<EidCardNumber>,
    isi_card_number: Option<IsiCardNumber>,
    name: Option<Name>,
}

impl Patient {
    /// Parses the fields of a patient.
    ///
    /// A family name may stand alone: some people have one name only, and their cards leave the given names empty.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] or [`ProtocolError::InvalidNationalNumber`] on the member at fault:
    /// `nationalNumber`, `cardNumber`, `isiCardNumber`, `givenNames` or `familyName`.
    ///
    /// Source: hubservices core 2.3, `PatientIdType`.
    pub fn parse(fields: PatientFields<'_>) -> Result<Self, ProtocolError> {
        let format = |field| move |error| ProtocolError::format(field, error);
        Ok(Self {
            ssin: Ssin::parse(fields.national_number)
                .map_err(|rule| ProtocolError::national_number("nationalNumber", rule))?,
            card_number: fields
                .card_number
                .map(EidCardNumber::parse)
                .transpose()
                .map_err(format("cardNumber"))?,
            isi_card_number: fields
                .isi_card_number
                .map(IsiCardNumber::parse)
                .transpose()
                .map_err(format("isiCardNumber"))?,
            name: name(fields.given_names, fields.family_name)?,
        })
    }

    /// National number.
    #[must_use]
    pub fn ssin(&self) -> &Ssin {
        &self.ssin
    }

    /// Number of the eID.
    #[must_use]
    pub fn card_number(&self) -> Option<&EidCardNumber> {
        self.card_number.as_ref()
    }

    /// Number of the ISI+ card.
    #[must_use]
    pub fn isi_card_number(&self) -> Option<&IsiCardNumber> {
        self.isi_card_number.as_ref()
    }

    /// Name of the patient, as far as known.
    #[must_use]
    pub fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    /// Warnings about the patient's numbers; fields as in [`Patient::parse`].
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let card = self
            .card_number
            .as_ref()
            .is_some_and(|number| !number.check_digits_match());
        [
            (
                !self.ssin.has_possible_date(),
                "nationalNumber",
                WarningKind::ImpossibleBirthDate,
            ),
            (card, "cardNumber", WarningKind::CheckDigits),
            (self.isi_card_number.is_some(), "isiCardNumber", WarningKind::Unchecked),
        ]
        .into_iter()
        .filter(|(holds, ..)| *holds)
        .map(|(_, field, kind)| Warning::new(field, kind))
        .collect()
    }

    /// Writes `patient`: national number first, then the cards, then the name if the dialect has names.
    pub(crate) fn write(&self, xml: &mut XmlWriter, dialect: Dialect) -> Result<(), ProtocolError> {
        let ids = [
            ("INSS", Some(self.ssin.as_str())),
            ("EID-CARDNO", self.card_number.as_ref().map(EidCardNumber::as_str)),
            ("ISI-CARDNO", self.isi_card_number.as_ref().map(IsiCardNumber::as_str)),
        ];
        xml.element("patient", &[], |xml| {
            for (scheme, value) in ids {
                let Some(value) = value else { continue };
                xml.text("id", &[("S", scheme), ("SV", "1.0")], value)?;
            }
            xml.name(Vocabulary::Core, self.name.as_ref().filter(|_| dialect.rules().names))
        })
    }
}

redacted_debug!(Patient);

fn name(given: Option<&str>, family: Option<&str>) -> Result<Option<Name>, ProtocolError> {
    match (given.filter(|given| !given.trim().is_empty()), family) {
        (None, None) => Ok(None),
        // The schema has no family name without a first name, so it is written as `name`.
        (None, Some(family)) => Ok(Some(Name::Single(printed("familyName", family, 255)?))),
        (Some(_), None) => Err(ProtocolError::invalid("familyName", "must come with givenNames")),
        // `printed`, not `text`: registers write other blanks, and the name stays as it is on the card.
        (Some(given), Some(family)) => Ok(Some(Name::Person {
            first: printed("givenNames", given, 255)?,
            family: printed("familyName", family, 255)?,
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Standalone;

    const FIELDS: PatientFields<'static> = PatientFields {
        national_number: "79010199757",
        card_number: Some("591000000106"),
        isi_card_number: None,
        given_names: Some("Testa Maria"),
        family_name: Some("PATIENT"),
    };

    #[track_caller]
    fn check_written(fields: PatientFields<'_>, expected: &str) {
        let mut xml = XmlWriter::new(Standalone::Unsaid).unwrap();
        Patient::parse(fields)
            .unwrap()
            .write(&mut xml, Dialect::National)
            .unwrap();
        let written = String::from_utf8(xml.finish()).unwrap();
        assert_eq!(written.split_once("?>").unwrap().1, expected);
    }

    #[track_caller]
    fn check_refused(fields: PatientFields<'_>, expected: &str) {
        assert_eq!(Patient::parse(fields).unwrap_err().to_string(), expected);
    }

    #[test]
    fn given_names_are_written_whole() {
        check_written(
            FIELDS,
            "<patient><id S=\"INSS\" SV=\"1.0\">79010199757</id><id S=\"EID-CARDNO\" SV=\"1.0\">591000000106</id>\
             <firstname>Testa Maria</firstname><familyname>PATIENT</familyname></patient>",
        );
    }

    #[test]
    fn a_single_name_is_written_as_name() {
        check_written(
            PatientFields {
                card_number: None,
                given_names: Some(""),
                ..FIELDS
            },
            "<patient><id S=\"INSS\" SV=\"1.0\">79010199757</id><name>PATIENT</name></patient>",
        );
    }

    #[test]
    fn the_member_at_fault_is_named() {
        check_refused(
            PatientFields {
                national_number: "79010199758",
                ..FIELDS
            },
            "nationalNumber: the last two digits must be 97 minus the remainder of the first nine divided by 97",
        );
        check_refused(
            PatientFields {
                card_number: Some("591-0000001-06"),
                ..FIELDS
            },
            "cardNumber: must be 1 to 12 ASCII letters or digits",
        );
        check_refused(
            PatientFields {
                family_name: None,
                ..FIELDS
            },
            "familyName: must come with givenNames",
        );
    }

    #[test]
    fn an_isi_number_is_never_sure() {
        let patient = Patient::parse(PatientFields {
            isi_card_number: Some("9800000001"),
            ..FIELDS
        })
        .unwrap();
        assert_eq!(
            patient.warnings(),
            [Warning::new("isiCardNumber", WarningKind::Unchecked)]
        );
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Patient::parse(FIELDS).unwrap()), "Patient(..)");
    }
}
