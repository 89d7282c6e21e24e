//! Types of the fields of the identity file, each parsed once.

use crate::error::FieldError;
use jiff::civil::Date;
use std::fmt;

/// The chip's serial number: 16 bytes, the same in GET CARD DATA and in tag 02 of the identity file.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct ChipNumber([u8; 16]);

impl ChipNumber {
    /// Reads 16 bytes.
    ///
    /// # Errors
    /// [`FieldError`] for any other length.
    pub fn parse(bytes: &[u8]) -> Result<Self, FieldError> {
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| FieldError::new("chip number", "16 bytes"))
    }

    /// Formats the number as 32 upper-case hex digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02X}")).collect()
    }
}

/// Number printed on the card: 12 digits, or letters and digits on foreigners' cards. (Identity file, tag 01)
#[derive(Clone, Eq, PartialEq)]
pub struct CardNumber(String);

impl CardNumber {
    /// Reads 1 to 12 ASCII letters or digits. The check digits are not verified: genuine cards break their rule.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(value: &[u8]) -> Result<Self, FieldError> {
        match str::from_utf8(value).map(str::trim_end) {
            Ok(text) if (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(FieldError::new("card number", "1 to 12 letters or digits")),
        }
    }

    /// Number as on the card, without dashes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// National Register number or Bis number: 11 digits. (Tag 06)
///
/// Check digits are not verified here: test persons and old files break them, and must remain readable. Code that
/// writes the number into a document verifies them there.
#[derive(Clone, Eq, PartialEq)]
pub struct NationalNumber(String);

/// Register that assigned the number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NationalNumberKind {
    /// The National Register.
    Nrn,
    /// The Bis register: month + 20 (sex unknown) or + 40 (sex known).
    Bis,
}

impl NationalNumber {
    /// Reads 11 ASCII digits.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(value: &[u8]) -> Result<Self, FieldError> {
        match str::from_utf8(value).map(str::trim_end) {
            Ok(text) if text.len() == 11 && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Self(text.to_owned())),
            _ => Err(FieldError::new("national number", "11 digits")),
        }
    }

    /// Number as 11 digits, without dots.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Determines the register by the month: 20–32 and 40–52 are Bis numbers.
    #[must_use]
    pub fn kind(&self) -> NationalNumberKind {
        match self.0.get(2..4).and_then(|month| month.parse::<u8>().ok()) {
            Some(20..=32 | 40..=52) => NationalNumberKind::Bis,
            _ => NationalNumberKind::Nrn,
        }
    }
}

macro_rules! redacted {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}
redacted!(ChipNumber, CardNumber, NationalNumber, BirthDate);

/// Reads UTF-8 text without the blanks at its end: real cards have street names of 17 characters padded by 25 blanks.
pub(crate) fn text(field: &'static str) -> impl Fn(&[u8]) -> Result<String, FieldError> {
    move |value| {
        str::from_utf8(value)
            .map(|text| text.trim_end().to_owned())
            .map_err(|_| FieldError::new(field, "UTF-8 text"))
    }
}

/// Reads a `DD.MM.YYYY` date.
pub(crate) fn date(field: &'static str) -> impl Fn(&[u8]) -> Result<Date, FieldError> {
    move |value| dotted_date(value).ok_or(FieldError::new(field, "a date DD.MM.YYYY"))
}

fn dotted_date(value: &[u8]) -> Option<Date> {
    let text = str::from_utf8(value).ok()?.trim_end();
    let mut parts = text.split('.');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || (day.len(), month.len(), year.len()) != (2, 2, 4) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// Birth date, as printed and as interpreted: some people's day and month are not known. (Tag 0C)
#[derive(Clone, Eq, PartialEq)]
pub struct BirthDate {
    /// Text as on the card: `01 FEB 1984`, `23.SEP. 1982`, `1962`.
    pub text: String,
    /// Meaning of the text; `None` if it could not be interpreted.
    pub known: Option<KnownBirthDate>,
}

/// Known part of a birth date.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KnownBirthDate {
    /// Day, month and year.
    Day(Date),
    /// The year only.
    Year(i16),
}

/// Month words on French, Dutch and German cards, and the English ones that the official viewer accepts. (Card content
/// 5.4)
const MONTHS: [&[&str]; 12] = [
    &["JAN"],
    &["FEV", "FEB"],
    &["MARS", "MAAR", "MÄR", "MAR"],
    &["AVR", "APR"],
    &["MAI", "MEI", "MAY"],
    &["JUIN", "JUN"],
    &["JUIL", "JUL"],
    &["AOUT", "AUG"],
    &["SEPT", "SEP"],
    &["OCT", "OKT"],
    &["NOV"],
    &["DEC", "DEZ"],
];

impl BirthDate {
    /// Reads `DD MMMM YYYY`, `DD.MMM.YYYY`, or a year alone, with the stray blanks and dots found on cards.
    ///
    /// # Errors
    /// [`FieldError`] only if it is not UTF-8: a date that cannot be interpreted is kept as text.
    pub fn parse(value: &[u8]) -> Result<Self, FieldError> {
        let text = text("birth date")(value)?;
        let known = understand(text.trim());
        Ok(Self { text, known })
    }
}

fn understand(text: &str) -> Option<KnownBirthDate> {
    let split = text.len().checked_sub(4)?;
    let (before, year) = (text.get(..split)?, text.get(split..)?);
    let year = year.parse::<u16>().ok().and_then(|year| i16::try_from(year).ok())?;
    if before.is_empty() {
        return Some(KnownBirthDate::Year(year));
    }
    let (day, month) = before.split_once(['.', ' '])?;
    let word = month.trim_matches(['.', ' ']).to_uppercase();
    let month = MONTHS.iter().position(|words| words.contains(&word.as_str()))?;
    let month = i8::try_from(month + 1).ok()?;
    Date::new(year, month, day.parse().ok()?).ok().map(KnownBirthDate::Day)
}

/// Sex as on the card: M, or F, V and W in French, Dutch and German. (Tag 0D)
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Gender {
    /// M.
    Male,
    /// F, V or W.
    Female,
    /// Absent, or an unknown letter.
    Unknown,
}

impl Gender {
    pub(crate) fn parse(value: &[u8]) -> Self {
        match value.trim_ascii_end() {
            b"M" => Self::Male,
            b"F" | b"V" | b"W" => Self::Female,
            _ => Self::Unknown,
        }
    }
}

/// Kind of card: one or two decimal digits, "1" and "01" alike. (Tag 0F)
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DocumentType(pub u8);

/// Kinds of card by code. Codes 2 and 3 were drafts that no card carries. (Identity file version 5, November 2023)
const DOCUMENT_TYPES: &[(u8, &str)] = &[
    (1, "Belgian citizen"),
    (6, "Kids-ID"),
    (7, "bootstrap card"),
    (8, "habilitation card"),
    (11, "A: limited stay"),
    (12, "B: unlimited stay"),
    (13, "C: establishment"),
    (14, "D: EU long-term resident"),
    (15, "E: EU registration"),
    (16, "E+: EU permanent residence"),
    (17, "F: family member of an EU citizen"),
    (18, "F+: family member of an EU citizen, permanent"),
    (19, "H: EU blue card"),
    (20, "I: intra-corporate transferee"),
    (21, "J: mobile intra-corporate transferee"),
    (22, "M: withdrawal agreement"),
    (23, "N: withdrawal agreement, frontier worker"),
    (27, "K: establishment"),
    (28, "L: EU long-term resident"),
    (31, "EU: registration"),
    (32, "EU+: permanent residence"),
    (33, "A: limited stay (new)"),
    (34, "B: unlimited stay (new)"),
    (35, "F: family member of an EU citizen (new)"),
    (36, "F+: family member of an EU citizen, permanent (new)"),
    (61, "Kids EU"),
    (62, "Kids EU+"),
    (63, "Kids A"),
    (64, "Kids B"),
    (65, "Kids K"),
    (66, "Kids L"),
    (67, "Kids F"),
    (68, "Kids F+"),
    (69, "Kids M"),
];

impl DocumentType {
    /// Reads one or two ASCII digits.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(value: &[u8]) -> Result<Self, FieldError> {
        let value = value.trim_ascii_end();
        let digits = (1..=2).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
        let code = str::from_utf8(value)
            .ok()
            .filter(|_| digits)
            .and_then(|text| text.parse().ok());
        code.map(Self)
            .ok_or(FieldError::new("document type", "one or two digits"))
    }

    /// Name of the kind of card; `unknown` for codes newer than this table.
    #[must_use]
    pub fn name(self) -> &'static str {
        DOCUMENT_TYPES
            .iter()
            .find(|(code, _)| *code == self.0)
            .map_or("unknown", |(_, name)| name)
    }
}

/// Special status: a digit that stands for a combination of three marks. (Tag 10)
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SpecialStatus {
    /// The holder is blind (1, 3).
    pub white_cane: bool,
    /// Extended minority: an adult with the rights of a minor (2, 3, 5).
    pub extended_minority: bool,
    /// The holder's sight is poor (4, 5).
    pub yellow_cane: bool,
}

impl SpecialStatus {
    pub(crate) fn parse(value: &[u8]) -> Self {
        let code = value.first().copied().unwrap_or(b'0');
        Self {
            white_cane: matches!(code, b'1' | b'3'),
            extended_minority: matches!(code, b'2' | b'3' | b'5'),
            yellow_cane: matches!(code, b'4' | b'5'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_birth(text: &str, expected: Option<KnownBirthDate>) {
        assert_eq!(BirthDate::parse(text.as_bytes()).unwrap().known, expected, "{text}");
    }

    fn day(year: i16, month: i8, day: i8) -> Option<KnownBirthDate> {
        Some(KnownBirthDate::Day(Date::new(year, month, day).unwrap()))
    }

    #[test]
    fn birth_dates_in_every_form_seen_are_understood() {
        check_birth("01 JAN 1971", day(1971, 1, 1));
        check_birth("03 MEI 2001", day(2001, 5, 3));
        check_birth("26 AVR  1975", day(1975, 4, 26));
        check_birth("23.SEP.1982", day(1982, 9, 23));
        check_birth("23.SEP. 1982", day(1982, 9, 23));
        check_birth("13.AUG. 1996", day(1996, 8, 13));
        check_birth("07.MÄR.1990", day(1990, 3, 7));
        check_birth("12 SEPT 2004", day(2004, 9, 12));
        check_birth("1984", Some(KnownBirthDate::Year(1984)));
        check_birth("        1962", Some(KnownBirthDate::Year(1962)));
    }

    #[test]
    fn birth_date_that_makes_no_sense_is_kept_as_text() {
        check_birth("31 FEB 1980", None);
        check_birth("", None);
        check_birth("é84", None);
        assert_eq!(BirthDate::parse(b"31 FEB 1980").unwrap().text, "31 FEB 1980");
    }

    #[test]
    fn month_above_20_or_40_is_a_bis_number() {
        let kind = |number: &[u8]| NationalNumber::parse(number).unwrap().kind();
        assert_eq!(kind(b"98082100029"), NationalNumberKind::Nrn);
        assert_eq!(kind(b"98282100029"), NationalNumberKind::Bis);
        assert_eq!(kind(b"98482100029"), NationalNumberKind::Bis);
        assert_eq!(kind(b"71715100070"), NationalNumberKind::Nrn);
    }

    #[test]
    fn document_type_1_and_01_are_the_same() {
        assert_eq!(DocumentType::parse(b"1"), DocumentType::parse(b"01"));
        assert_eq!(DocumentType::parse(b"99").unwrap().name(), "unknown");
        assert!(DocumentType::parse(b"").is_err());
        assert!(DocumentType::parse(b"+1").is_err());
    }

    #[test]
    fn special_status_5_is_extended_minority_and_yellow_cane() {
        let status = SpecialStatus::parse(b"5");
        assert!(status.extended_minority && status.yellow_cane && !status.white_cane);
    }

    #[test]
    fn impossible_dates_are_refused() {
        assert!(date("validity")(b"30.02.2020").is_err());
        assert!(date("validity")(b"1.2.2020").is_err());
        assert_eq!(date("validity")(b"23.07.2014"), Ok(Date::new(2014, 7, 23).unwrap()));
    }

    #[test]
    fn numbers_are_not_printed() {
        assert_eq!(
            format!("{:?}", NationalNumber::parse(b"98082100029").unwrap()),
            "NationalNumber(..)"
        );
        assert_eq!(
            format!("{:?}", CardNumber::parse(b"000001014759").unwrap()),
            "CardNumber(..)"
        );
    }
}
