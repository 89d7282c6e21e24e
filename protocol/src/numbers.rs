//! Numbers of people, providers, organisations, cards and programs, each parsed once.
//!
//! A national number with wrong check digits is refused. For the other numbers no binding source gives the rule, so a
//! mismatch is a warning. All of this is personal data: `Debug` prints the type only.

use jiff::civil::Date;

/// The shape a number was expected to have.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be {0}")]
pub struct FormatError(pub(crate) &'static str);

/// The rule that a refused national number breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SsinRule {
    /// Anything but 11 digits, dots, dashes and blanks included.
    #[error("must be 11 digits, without dots, dashes or blanks")]
    ElevenDigits,
    /// The last two digits fit neither century.
    #[error("the last two digits must be 97 minus the remainder of the first nine divided by 97")]
    CheckDigits,
}

/// Register that gave out a national number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SsinKind {
    /// The National Register (NRN).
    Nrn,
    /// The Crossroads Bank: the month is raised by 20 (sex unknown) or 40 (sex known).
    Bis,
}

/// Century of birth, as the check digits tell it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Century {
    /// Born before 2000: check digits over the nine digits as they are.
    Nineteen,
    /// Born in 2000 or later: check digits over the nine digits with a 2 in front.
    Twenty,
}

/// Social security identification number (SSIN, INSS, NISS): 11 digits `YYMMDDSSSCC`.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Ssin {
    digits: String,
    century: Century,
}

impl Ssin {
    /// Parses 11 digits whose last two are right for one of the two centuries.
    ///
    /// Month 00 or day 00 (unknown) and dates that do not exist are accepted; see [`Ssin::has_possible_date`].
    ///
    /// # Errors
    /// The [`SsinRule`] that is broken.
    ///
    /// Source: Royal Decree of 3 April 1984 on the national register number; BIS numbers of the Crossroads Bank.
    pub fn parse(text: &str) -> Result<Self, SsinRule> {
        let digits = digits(text, &[11]).ok_or(SsinRule::ElevenDigits)?;
        let (first_nine, check) = (number(&digits, 0..9), number(&digits, 9..11));
        let century = [
            (Century::Nineteen, first_nine),
            (Century::Twenty, 2_000_000_000 + first_nine),
        ]
        .into_iter()
        // A remainder of 0 gives the check digits 97, never 00.
        .find(|(_, dividend)| 97 - dividend % 97 == check)
        .map(|(century, _)| century)
        .ok_or(SsinRule::CheckDigits)?;
        Ok(Self { digits, century })
    }

    /// The 11 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.digits
    }

    /// The century that the check digits fit. They never fit both: 2 000 000 000 is no multiple of 97.
    #[must_use]
    pub fn century(&self) -> Century {
        self.century
    }

    /// NRN or BIS, by the month.
    #[must_use]
    pub fn kind(&self) -> SsinKind {
        match number(&self.digits, 2..4) {
            // Months 0 to 12, raised: an unknown month is written 00.
            20..=32 | 40..=52 => SsinKind::Bis,
            _ => SsinKind::Nrn,
        }
    }

    /// Returns false if the date in the number exists in no calendar, as with the numbers of test persons (month 71).
    #[must_use]
    pub fn has_possible_date(&self) -> bool {
        // An unknown month or day is written 00; 2000 is a leap year, so 29 February stands when the rest is unknown.
        let (year, month, day) = self.written_date();
        date(year, month.max(1), day.max(1)).is_some()
    }

    /// Day of birth in the number; none if month or day are unknown, or if the date exists in no calendar.
    ///
    /// The date on a card, if there is one, is better: registers ran out of numbers for some days and gave out those of
    /// other days.
    #[must_use]
    pub fn birth_date(&self) -> Option<Date> {
        let (year, month, day) = self.written_date();
        date(year, month, day)
    }

    /// True for women and false for men, as the number says; `None` if it was given out without knowing that.
    ///
    /// Source: Royal Decree of 3 April 1984: serial numbers of men are odd, those of women even.
    #[must_use]
    pub fn is_of_woman(&self) -> Option<bool> {
        let is_known = !(20..=32).contains(&number(&self.digits, 2..4));
        is_known.then(|| number(&self.digits, 6..9).is_multiple_of(2))
    }

    fn written_date(&self) -> (u64, u64, u64) {
        let century = match self.century {
            Century::Nineteen => 1900,
            Century::Twenty => 2000,
        };
        let month = match number(&self.digits, 2..4) {
            raised @ 40..=52 => raised - 40,
            raised @ 20..=32 => raised - 20,
            month => month,
        };
        (century + number(&self.digits, 0..2), month, number(&self.digits, 4..6))
    }
}

fn date(year: u64, month: u64, day: u64) -> Option<Date> {
    let part = |value: u64| i8::try_from(value).ok();
    Date::new(i16::try_from(year).ok()?, part(month)?, part(day)?).ok()
}

/// Number that the sickness insurance institute gave a provider: 8 digits, or 11 with the qualification code.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Nihii(String);

impl Nihii {
    /// Parses 8 digits (organisations) or 11 digits (professionals).
    ///
    /// # Errors
    /// [`FormatError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        digits(text, &[8, 11]).map(Self).ok_or(FormatError("8 or 11 digits"))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true if digits 7 and 8 are 97 minus the remainder of the first six divided by 97.
    ///
    /// This is the common rule; numbers under other moduli may exist, so nothing is refused on it.
    #[must_use]
    pub fn check_digits_match(&self) -> bool {
        97 - number(&self.0, 0..6) % 97 == number(&self.0, 6..8)
    }
}

/// Enterprise number of the Crossroads Bank for Enterprises: 10 digits, the first 0 or 1.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Cbe(String);

impl Cbe {
    /// Parses 10 digits of which the first is 0 or 1.
    ///
    /// # Errors
    /// [`FormatError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        digits(text, &[10])
            .filter(|digits| digits.starts_with(['0', '1']))
            .map(Self)
            .ok_or(FormatError("10 digits, the first 0 or 1"))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true if the last two digits are 97 minus the remainder of the first eight divided by 97.
    #[must_use]
    pub fn check_digits_match(&self) -> bool {
        97 - number(&self.0, 0..8) % 97 == number(&self.0, 8..10)
    }
}

/// Number printed on an eID: 12 digits on citizens' cards, letters and digits on foreigners' (`B` and 9 digits).
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct EidCardNumber(String);

impl EidCardNumber {
    /// Parses 1 to 12 ASCII letters or digits.
    ///
    /// # Errors
    /// [`FormatError`] for anything else, dashes included.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let fits = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(FormatError("1 to 12 ASCII letters or digits"))
        }
    }

    /// The number as on the card.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true if the last two of 12 digits are the remainder of the first ten divided by 97. Other numbers have
    /// no check digits, so they pass.
    ///
    /// Cards with remainder 0 were seen ending in 97 and in 00, so both are accepted.
    #[must_use]
    pub fn check_digits_match(&self) -> bool {
        let Some(digits) = digits(&self.0, &[12]) else {
            return true;
        };
        let (remainder, check) = (number(&digits, 0..10) % 97, number(&digits, 10..12));
        check == remainder || (remainder == 0 && check == 97)
    }
}

/// Number of an ISI+ card: 1 to 20 digits. No source gives its length or check digits.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct IsiCardNumber(String);

impl IsiCardNumber {
    /// Parses 1 to 20 digits.
    ///
    /// # Errors
    /// [`FormatError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let fits = (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(FormatError("1 to 20 digits"))
        }
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Identifier under which the platform knows a program: 1 to 64 visible ASCII characters.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct ApplicationId(String);

impl ApplicationId {
    /// Parses 1 to 64 visible ASCII characters.
    ///
    /// # Errors
    /// [`FormatError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(FormatError("1 to 64 visible ASCII characters"))
        }
    }

    /// The identifier.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

redacted_debug!(Ssin Nihii Cbe EidCardNumber IsiCardNumber ApplicationId);

/// Returns `text` if it is ASCII digits only, of one of these lengths.
fn digits(text: &str, lengths: &[usize]) -> Option<String> {
    let fits = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.to_owned())
}

/// Value of the digits in `range`. Callers checked the length; a range beyond it counts as no digits, so 0.
fn number(digits: &str, range: std::ops::Range<usize>) -> u64 {
    digits
        .get(range)
        .unwrap_or_default()
        .bytes()
        .fold(0, |value, byte| value * 10 + u64::from(byte.wrapping_sub(b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(Century, SsinKind, bool), SsinRule>) {
        let found = Ssin::parse(text).map(|ssin| (ssin.century(), ssin.kind(), ssin.has_possible_date()));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_number_of_the_1900s() {
        check("98082100029", Ok((Century::Nineteen, SsinKind::Nrn, true)));
    }

    #[test]
    fn a_number_of_the_2000s_counts_with_a_two_in_front() {
        check("01050399963", Ok((Century::Twenty, SsinKind::Nrn, true)));
    }

    #[test]
    fn check_digits_are_97_when_nothing_remains() {
        // 000000055 is a multiple of 97 only as 97 * n; 85 * 97 = 8245.
        check("00000824597", Ok((Century::Nineteen, SsinKind::Nrn, true)));
    }

    #[test]
    fn bis_numbers_have_the_month_raised() {
        for month in ["20", "21", "32", "40", "41", "52"] {
            let first_nine = format!("85{month}15001");
            let check_digits = 97 - first_nine.parse::<u64>().unwrap() % 97;
            check(
                &format!("{first_nine}{check_digits:02}"),
                Ok((Century::Nineteen, SsinKind::Bis, true)),
            );
        }
    }

    #[test]
    fn a_test_person_with_month_71_is_accepted() {
        check("71715100070", Ok((Century::Nineteen, SsinKind::Nrn, false)));
    }

    #[test]
    fn the_day_of_birth_is_told_where_it_is_known() {
        let born = |text: &str| Ssin::parse(text).unwrap().birth_date();
        assert_eq!(born("98082100029"), Some(jiff::civil::date(1998, 8, 21)));
        assert_eq!(born("01050399963"), Some(jiff::civil::date(2001, 5, 3)));
        for unknown in ["80000000031", "71715100070"] {
            assert_eq!(born(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn one_wrong_digit_is_refused() {
        check("98082100028", Err(SsinRule::CheckDigits));
        check("98082100129", Err(SsinRule::CheckDigits));
    }

    #[test]
    fn anything_but_eleven_digits_is_refused() {
        for text in [
            "",
            "9808210002",
            "980821000290",
            "98.08.21-000.29",
            " 98082100029",
            "٩8082100029",
        ] {
            check(text, Err(SsinRule::ElevenDigits));
        }
    }

    #[test]
    fn nihii_has_8_or_11_digits_and_only_warns() {
        assert!(Nihii::parse("19999816004").unwrap().check_digits_match());
        assert!(Nihii::parse("29999031").unwrap().check_digits_match());
        assert!(!Nihii::parse("29999032").unwrap().check_digits_match());
        assert_eq!(Nihii::parse("1999981600"), Err(FormatError("8 or 11 digits")));
    }

    #[test]
    fn card_numbers_of_citizens_have_check_digits() {
        for right in [
            "591000000106",
            "592363302467",
            "000001241600",
            "000000122157",
            "B123456789",
        ] {
            assert!(EidCardNumber::parse(right).unwrap().check_digits_match(), "{right}");
        }
        assert!(!EidCardNumber::parse("591000000107").unwrap().check_digits_match());
        assert!(EidCardNumber::parse("591-0000001-06").is_err());
        assert!(EidCardNumber::parse("").is_err());
    }

    #[test]
    fn enterprise_numbers_begin_with_0_or_1() {
        assert!(Cbe::parse("0123456749").unwrap().check_digits_match());
        assert!(!Cbe::parse("0123456748").unwrap().check_digits_match());
        assert!(Cbe::parse("2123456789").is_err());
    }

    #[test]
    fn debug_shows_no_number() {
        assert_eq!(format!("{:?}", Ssin::parse("98082100029").unwrap()), "Ssin(..)");
        assert_eq!(
            format!("{:?}", EidCardNumber::parse("591000000106").unwrap()),
            "EidCardNumber(..)"
        );
    }
}
