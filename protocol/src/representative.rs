//! A person who acts for a patient: a parent for a child, a guardian or administrator for a person who cannot act
//! alone, a mandatary.
//!
//! The national schema has a place for such a person beside the author's parties, and requires a number there; it has
//! no place for the capacity. So a representative without a number, and any representative in the dialect of the hubs,
//! is kept beside the document ([`crate::document::Document::representative`]) and a warning says so.

use jiff::Span;
use jiff::civil::Date;

use crate::codes::Capacity;
use crate::error::{ProtocolError, Warning, WarningKind};
use crate::name::Name;
use crate::numbers::Ssin;
use crate::xml::{Vocabulary, XmlWriter};

/// A representative as a caller writes it, not yet checked.
#[derive(Clone, Copy, Default)]
pub struct RepresentativeFields<'a> {
    /// National number.
    pub ssin: Option<&'a str>,
    /// Given names.
    pub first_name: &'a str,
    /// Family name.
    pub family_name: &'a str,
    /// `parent`, `guardian`, `administrator` or `mandatary`.
    pub capacity: &'a str,
}

/// A person who acts for the patient.
#[derive(Clone, Eq, PartialEq)]
pub struct Representative {
    ssin: Option<Ssin>,
    name: Name,
    capacity: Capacity,
}

impl Representative {
    /// Parses the fields of a representative.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] or [`ProtocolError::InvalidNationalNumber`] on the member at fault: `ssin`,
    /// `firstName`, `familyName` or `capacity`.
    pub fn parse(fields: RepresentativeFields<'_>) -> Result<Self, ProtocolError> {
        let name = Name::parse(None, Some(fields.first_name), Some(fields.family_name))?;
        Ok(Self {
            ssin: fields
                .ssin
                .map(Ssin::parse)
                .transpose()
                .map_err(|rule| ProtocolError::national_number("ssin", rule))?,
            name: name.ok_or_else(|| ProtocolError::invalid("familyName", "must be given"))?,
            capacity: Capacity::parse(fields.capacity)?,
        })
    }

    /// National number.
    #[must_use]
    pub fn ssin(&self) -> Option<&Ssin> {
        self.ssin.as_ref()
    }

    /// Name of the person.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Capacity in which the person acts.
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        self.capacity
    }

    pub(crate) fn warnings(&self) -> Vec<Warning> {
        let impossible = self.ssin.as_ref().is_some_and(|ssin| !ssin.has_possible_date());
        impossible
            .then(|| Warning::new("ssin", WarningKind::ImpossibleBirthDate))
            .into_iter()
            .collect()
    }

    /// Writes `person`, if the number that it requires is known.
    ///
    /// Source: hubservices core 2.3, `AuthorWithPatientAndPersonType`; KMEHR, `personTypeLight`.
    pub(crate) fn write(&self, xml: &mut XmlWriter) -> Result<(), ProtocolError> {
        let Some(ssin) = &self.ssin else { return Ok(()) };
        xml.element("person", &[], |xml| {
            xml.text(
                &Vocabulary::Kmehr.qualify("id"),
                &[("S", "INSS"), ("SV", "1.0")],
                ssin.as_str(),
            )?;
            xml.name(Vocabulary::Kmehr, Some(&self.name))
        })
    }
}

redacted_debug!(Representative);

/// Refuses a consent whose patient or representative may not decide: a patient under sixteen needs a representative,
/// and from sixteen on that cannot be a parent.
///
/// Returns a warning if the date of birth is unknown, or if another acts for a patient of sixteen or seventeen.
///
/// # Errors
/// [`ProtocolError::InvalidRequest`] on `representative` or `representative.capacity`.
///
/// Source: the platform's public rules on consents of minors (16 years; guardians and administrators of adults).
pub(crate) fn check_age(
    born: Option<Date>,
    today: Date,
    representative: Option<&Representative>,
) -> Result<Option<Warning>, ProtocolError> {
    let group = AgeGroup::new(born, today);
    match (group, representative.map(Representative::capacity)) {
        (AgeGroup::Unknown, _) => Ok(Some(Warning::new("patient", WarningKind::BirthDateUnknown))),
        (AgeGroup::UnderSixteen, None) => Err(ProtocolError::invalid(
            "representative",
            "is needed for a patient under sixteen",
        )),
        (group, Some(capacity)) if !group.admits(capacity) => Err(ProtocolError::invalid(
            "representative.capacity",
            "cannot be parent: from sixteen on patients decide for themselves",
        )),
        (AgeGroup::UnderEighteen, Some(_)) => Ok(Some(Warning::new("representative", WarningKind::MinorDecides))),
        (AgeGroup::UnderSixteen, Some(_)) | (AgeGroup::UnderEighteen, None) | (AgeGroup::Adult, _) => Ok(None),
    }
}

/// Age of a patient, as far as rules on consents go by it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AgeGroup {
    /// Somebody else decides for the child.
    UnderSixteen,
    /// The minor of sixteen or seventeen decides alone, and has no certificate to sign with.
    UnderEighteen,
    /// Eighteen or older.
    Adult,
    /// The day of birth is not known.
    Unknown,
}

impl AgeGroup {
    /// Finds the group of a person born on this day.
    #[must_use]
    pub fn new(born: Option<Date>, today: Date) -> Self {
        match born.map(|born| age(born, today)) {
            None => Self::Unknown,
            Some(..16) => Self::UnderSixteen,
            Some(16..18) => Self::UnderEighteen,
            Some(18..) => Self::Adult,
        }
    }

    /// Returns true if consents of this person need a representative.
    #[must_use]
    pub fn needs_representative(self) -> bool {
        self == Self::UnderSixteen
    }

    /// Returns true if somebody in this capacity may act for this person: from sixteen on, a parent may not.
    #[must_use]
    pub fn admits(self, capacity: Capacity) -> bool {
        let decides = match self {
            Self::UnderEighteen | Self::Adult => true,
            Self::UnderSixteen | Self::Unknown => false,
        };
        !(decides && capacity == Capacity::Parent)
    }
}

/// Returns true for a child of up to three months, of whom no card is expected yet.
#[must_use]
pub fn is_newborn(born: Date, today: Date) -> bool {
    let first_months = born.checked_add(Span::new().months(3));
    first_months.is_ok_and(|end| today <= end)
}

/// Age in full years. A person born on 29 February is a year older on 1 March, not the day before.
pub(crate) fn age(born: Date, today: Date) -> i16 {
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    today.year() - born.year() - i16::from(!had_birthday)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::xml::Standalone;

    const MOTHER: RepresentativeFields<'static> = RepresentativeFields {
        ssin: Some("79010199757"),
        first_name: "Testa",
        family_name: "D'Hondt & co",
        capacity: "parent",
    };

    fn represented(capacity: &str) -> Representative {
        Representative::parse(RepresentativeFields { capacity, ..MOTHER }).unwrap()
    }

    fn written(fields: RepresentativeFields<'_>) -> String {
        let mut xml = XmlWriter::new(Standalone::Unsaid).unwrap();
        Representative::parse(fields).unwrap().write(&mut xml).unwrap();
        let written = String::from_utf8(xml.finish()).unwrap();
        written.split_once("?>").unwrap().1.to_owned()
    }

    #[track_caller]
    fn check(born: Date, capacity: Option<&str>, expected: Result<Option<WarningKind>, &str>) {
        let representative = capacity.map(represented);
        let found = check_age(Some(born), date(2026, 11, 20), representative.as_ref());
        let found = found.map(|warning| warning.map(|warning| warning.kind));
        assert_eq!(
            found.map_err(|error| error.to_string()),
            expected.map_err(str::to_owned)
        );
    }

    #[test]
    fn the_day_of_sixteen_years_counts() {
        let needed = "representative: is needed for a patient under sixteen";
        check(date(2010, 11, 21), None, Err(needed));
        check(date(2010, 11, 20), None, Ok(None));
        check(date(2010, 11, 21), Some("parent"), Ok(None));
        check(date(2010, 11, 21), Some("guardian"), Ok(None));
    }

    #[test]
    fn no_parent_acts_from_sixteen_on() {
        let refused = "representative.capacity: cannot be parent: from sixteen on patients decide for themselves";
        for born in [date(2010, 11, 20), date(2008, 11, 20), date(1950, 1, 1)] {
            check(born, Some("parent"), Err(refused));
        }
        check(date(1950, 1, 1), Some("mandatary"), Ok(None));
        check(date(2008, 11, 20), Some("administrator"), Ok(None));
        check(
            date(2008, 11, 21),
            Some("guardian"),
            Ok(Some(WarningKind::MinorDecides)),
        );
    }

    #[test]
    fn an_unknown_birth_date_warns() {
        let found = check_age(None, date(2026, 11, 20), None).unwrap();
        assert_eq!(found, Some(Warning::new("patient", WarningKind::BirthDateUnknown)));
    }

    #[test]
    fn a_leapling_is_older_on_the_first_of_march() {
        assert_eq!(age(date(2012, 2, 29), date(2028, 2, 28)), 15);
        assert_eq!(age(date(2012, 2, 29), date(2028, 2, 29)), 16);
        assert_eq!(age(date(2012, 2, 29), date(2027, 2, 28)), 14);
        assert_eq!(age(date(2012, 2, 29), date(2027, 3, 1)), 15);
    }

    #[test]
    fn a_representative_is_written_with_a_number_only() {
        let expected = "<person><kmehr:id S=\"INSS\" SV=\"1.0\">79010199757</kmehr:id>\
             <kmehr:firstname>Testa</kmehr:firstname><kmehr:familyname>D'Hondt &amp; co</kmehr:familyname></person>";
        assert_eq!(written(MOTHER), expected);
        assert_eq!(written(RepresentativeFields { ssin: None, ..MOTHER }), "");
    }

    #[test]
    fn the_member_at_fault_is_named() {
        let capacity = RepresentativeFields {
            capacity: "parrent",
            ..MOTHER
        };
        let error = Representative::parse(capacity).unwrap_err();
        assert_eq!(error.to_string(), "capacity: unknown code, did you mean parent?");
        let nameless = RepresentativeFields {
            family_name: "",
            ..MOTHER
        };
        assert_eq!(
            Representative::parse(nameless).unwrap_err().to_string(),
            "familyName: must not be empty"
        );
        assert_eq!(format!("{:?}", represented("parent")), "Representative(..)");
    }
}
