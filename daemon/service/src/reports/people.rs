//! Age, gender and province of patients, as coarse as reports have them. The first two are read from the national number,
//! so that every patient has them, and no card is read for a report.

use super::suppression::UNKNOWN;
use beid_evidence::CountedPerson;
use beid_protocol::numbers::Ssin;
use beid_settings::Report;
use jiff::civil::Date;

/// Bands of ages: the word, and the first year that is beyond it.
const AGES: [(&str, i16); 6] = [
    ("0-17", 18),
    ("18-24", 25),
    ("25-44", 45),
    ("45-64", 65),
    ("65-79", 80),
    ("80+", i16::MAX),
];

/// Words for ages, in order.
pub(super) const AGE_WORDS: [&str; 7] = ["0-17", "18-24", "25-44", "45-64", "65-79", "80+", UNKNOWN];
/// Words for genders.
pub(super) const GENDER_WORDS: [&str; 3] = ["female", "male", UNKNOWN];
/// Words for provinces and the Brussels region, in order.
pub(super) const PROVINCE_WORDS: [&str; 12] = [
    "antwerp",
    "brussels",
    "east-flanders",
    "flemish-brabant",
    "hainaut",
    "liege",
    "limburg",
    "luxembourg",
    "namur",
    "walloon-brabant",
    "west-flanders",
    UNKNOWN,
];

/// Postal codes of provinces: the last code of each range. Source: bpost's list of postal codes.
const POSTAL_CODES: [(u16, &str); 14] = [
    (999, UNKNOWN),
    (1299, "brussels"),
    (1499, "walloon-brabant"),
    (1999, "flemish-brabant"),
    (2999, "antwerp"),
    (3499, "flemish-brabant"),
    (3999, "limburg"),
    (4999, "liege"),
    (5999, "namur"),
    (6599, "hainaut"),
    (6999, "luxembourg"),
    (7999, "hainaut"),
    (8999, "west-flanders"),
    (9999, "east-flanders"),
];

/// Describes a patient as far as the settings want it.
pub(super) fn patient(number: &str, postal_code: Option<&str>, settings: &Report, today: Date) -> CountedPerson {
    let ssin = Ssin::parse(number).ok();
    let age = ssin.as_ref().and_then(|ssin| age(ssin, today));
    let gender = ssin.as_ref().and_then(Ssin::is_of_woman);
    let gender = gender.map(|is_woman| if is_woman { "female" } else { "male" });
    let said = |word: Option<&str>, is_wanted: bool| word.filter(|_| is_wanted).map(str::to_owned);
    CountedPerson {
        is_provider: false,
        number: number.to_owned(),
        age: said(age, settings.age()),
        gender: said(gender, settings.gender()),
        province: said(postal_code.and_then(province), settings.province()),
    }
}

fn age(ssin: &Ssin, today: Date) -> Option<&'static str> {
    let birth = ssin.birth_date().filter(|birth| *birth <= today)?;
    let is_before_birthday = (today.month(), today.day()) < (birth.month(), birth.day());
    let years = today.year() - birth.year() - i16::from(is_before_birthday);
    AGES.iter().find(|(_, beyond)| years < *beyond).map(|(word, _)| *word)
}

fn province(postal_code: &str) -> Option<&'static str> {
    let code: u16 = postal_code
        .trim()
        .parse()
        .ok()
        .filter(|_| postal_code.trim().len() == 4)?;
    let range = POSTAL_CODES.iter().find(|(last, _)| code <= *last)?;
    Some(range.1).filter(|word| *word != UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_tables_are_those_of_reports() {
        let ages: Vec<_> = AGES.iter().map(|(word, _)| *word).chain([UNKNOWN]).collect();
        assert_eq!(ages, AGE_WORDS);
        let mut provinces: Vec<_> = POSTAL_CODES.iter().skip(1).map(|(_, word)| *word).collect();
        provinces.sort_unstable();
        provinces.dedup();
        assert_eq!(provinces, PROVINCE_WORDS[..11]);
    }

    #[test]
    fn an_age_changes_on_the_birthday() {
        // Born on 14 May 1985.
        let ssin = Ssin::parse("85051402418").unwrap();
        for (today, expected) in [
            ("1985-05-13", None),
            ("1985-05-14", Some("0-17")),
            ("2003-05-13", Some("0-17")),
            ("2003-05-14", Some("18-24")),
            ("2010-05-13", Some("18-24")),
            ("2065-05-13", Some("65-79")),
            ("2065-05-14", Some("80+")),
        ] {
            assert_eq!(age(&ssin, today.parse().unwrap()), expected, "{today}");
        }
    }

    #[test]
    fn a_postal_code_tells_the_province() {
        for (code, expected) in [
            ("1000", Some("brussels")),
            ("1300", Some("walloon-brabant")),
            ("1500", Some("flemish-brabant")),
            ("2000", Some("antwerp")),
            ("3000", Some("flemish-brabant")),
            ("3500", Some("limburg")),
            ("4000", Some("liege")),
            ("5000", Some("namur")),
            ("6000", Some("hainaut")),
            ("6700", Some("luxembourg")),
            ("7000", Some("hainaut")),
            ("8000", Some("west-flanders")),
            ("9000", Some("east-flanders")),
            ("0999", None),
            ("75001", None),
            ("B-1000", None),
            ("", None),
        ] {
            assert_eq!(province(code), expected, "{code}");
        }
    }

    #[test]
    fn nothing_is_noted_that_the_settings_do_not_want() {
        let today = "2026-11-28".parse().unwrap();
        let none = patient("85051402418", Some("2000"), &Report::default(), today);
        assert_eq!((none.age, none.gender, none.province), (None, None, None));
        let all = Report {
            age: Some(true),
            gender: Some(true),
            province: Some(true),
            ..Report::default()
        };
        let all = patient("85051402418", Some("2000"), &all, today);
        let said = |word: &str| Some(word.to_owned());
        assert_eq!(
            (all.age, all.gender, all.province),
            (said("25-44"), said("female"), said("antwerp"))
        );
    }
}
