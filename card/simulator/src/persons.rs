//! Persons of a file: cards that an integrator invents for tests of its own, beside those of [`CITIZENS`].

use crate::citizens::PLAIN;
use crate::{CITIZENS, CardGeneration, Citizen, Day, HolderCertificates};
use serde::Deserialize;

/// Maximum length of a text, in bytes. The longest on a real card is shorter.
const LONGEST: usize = 110;

/// Reason why persons of a file cannot have cards.
#[derive(Debug, thiserror::Error)]
pub enum PersonsError {
    /// The file is no TOML, or has a key that is not known. The message names the line.
    #[error("{0}")]
    Form(#[from] toml::de::Error),
    /// A value is impossible.
    #[error("person {person}: {key} {reason}")]
    Value {
        /// Id of the person, or its place in the file.
        person: String,
        /// Key concerned.
        key: &'static str,
        /// Fault, and what is expected.
        reason: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonsFile {
    person: Vec<PersonRow>,
}

/// Row `[[person]]`. Keys are those of [`Citizen`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonRow {
    id: String,
    #[serde(default)]
    about: String,
    #[serde(default)]
    applet: Applet,
    card_number: String,
    valid_from: Option<toml::value::Date>,
    valid_until: Option<toml::value::Date>,
    municipality: String,
    national_number: String,
    surname: String,
    given_names: String,
    #[serde(default)]
    third_name_initial: String,
    nationality: Option<String>,
    birth_place: String,
    birth_date: String,
    sex: String,
    #[serde(default)]
    noble_condition: String,
    document_type: Option<String>,
    special_status: Option<String>,
    street: String,
    postal_code: String,
    town: String,
    #[serde(default)]
    certificates: Certificates,
}

#[derive(Clone, Copy, Default, Deserialize)]
enum Applet {
    #[serde(rename = "1.7")]
    V17,
    #[default]
    #[serde(rename = "1.8")]
    V18,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Certificates {
    #[default]
    Both,
    Authentication,
    None,
}

/// Reads persons from TOML, for the life of the program: cards refer to them until they are thrown away.
///
/// # Errors
/// [`PersonsError`] names the line, or the person and the key.
pub fn read_persons(text: &str) -> Result<Vec<&'static Citizen>, PersonsError> {
    let file: PersonsFile = toml::from_str(text)?;
    let mut persons: Vec<&'static Citizen> = Vec::new();
    for row in file.person {
        let id = row.id.clone();
        row.check(&persons).map_err(|(key, reason)| PersonsError::Value {
            person: id,
            key,
            reason,
        })?;
        persons.push(Box::leak(Box::new(row.into_citizen())));
    }
    Ok(persons)
}

impl PersonRow {
    /// Finds the first value that no card has.
    fn check(&self, others: &[&Citizen]) -> Result<(), (&'static str, &'static str)> {
        let known = || CITIZENS.iter().chain(others.iter().copied());
        let is_word = |text: &str| {
            let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            (1..=32).contains(&text.len()) && text.bytes().all(word)
        };
        let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
        let rules = [
            ("id", "has 1 to 32 small letters, digits and hyphens", is_word(&self.id)),
            ("id", "is another person's", known().all(|other| other.id != self.id)),
            ("card_number", "has 12 digits", digits(&self.card_number, 12)),
            (
                "card_number",
                "has wrong check digits (the remainder of the others by 97)",
                ends_in_remainder(&self.card_number),
            ),
            (
                "card_number",
                "ends in the five digits of another person's, by which chips are told apart",
                known().all(|other| last_five(other.card_number) != last_five(&self.card_number)),
            ),
            ("national_number", "has 11 digits", digits(&self.national_number, 11)),
            (
                "national_number",
                "has wrong check digits (97 less the remainder of the others by 97)",
                has_check_digits(&self.national_number),
            ),
            (
                "national_number",
                "is another person's",
                known().all(|other| other.national_number != self.national_number),
            ),
            (
                "sex",
                "is M, or for a woman V, F or W",
                ["M", "V", "F", "W"].contains(&self.sex.as_str()),
            ),
            ("surname", "is empty", !self.surname.is_empty()),
            ("given_names", "is empty", !self.given_names.trim().is_empty()),
        ];
        for (key, reason, holds) in rules {
            if !holds {
                return Err((key, reason));
            }
        }
        match self.texts().into_iter().find(|(_, text)| text.len() > LONGEST) {
            Some((key, _)) => Err((key, "is longer than on any card (110 bytes)")),
            None => Ok(()),
        }
    }

    fn texts(&self) -> [(&'static str, &str); 8] {
        [
            ("surname", &self.surname),
            ("given_names", &self.given_names),
            ("third_name_initial", &self.third_name_initial),
            ("municipality", &self.municipality),
            ("birth_place", &self.birth_place),
            ("birth_date", &self.birth_date),
            ("street", &self.street),
            ("town", &self.town),
        ]
    }

    fn into_citizen(self) -> Citizen {
        let optional = |text: Option<String>, plain: &'static str| text.map_or(plain, |text| text.leak());
        let day = |date: Option<toml::value::Date>, plain: Day| {
            date.map_or(plain, |date| Day::new(date.year, date.month, date.day))
        };
        Citizen {
            id: self.id.leak(),
            about: self.about.leak(),
            applet: match self.applet {
                Applet::V17 => CardGeneration::V17,
                Applet::V18 => CardGeneration::V18,
            },
            card_number: self.card_number.leak(),
            valid: (
                day(self.valid_from, PLAIN.valid.0),
                day(self.valid_until, PLAIN.valid.1),
            ),
            municipality: self.municipality.leak(),
            national_number: self.national_number.leak(),
            surname: self.surname.leak(),
            given_names: self.given_names.leak(),
            third_name_initial: self.third_name_initial.leak(),
            nationality: optional(self.nationality, PLAIN.nationality),
            birth_place: self.birth_place.leak(),
            birth_date: self.birth_date.leak(),
            sex: self.sex.leak(),
            noble_condition: self.noble_condition.leak(),
            document_type: optional(self.document_type, PLAIN.document_type),
            special_status: optional(self.special_status, PLAIN.special_status),
            address: [self.street.leak(), self.postal_code.leak(), self.town.leak()],
            certificates: match self.certificates {
                Certificates::Both => HolderCertificates::Both,
                Certificates::Authentication => HolderCertificates::Authentication,
                Certificates::None => HolderCertificates::None,
            },
            foreigner: None,
        }
    }
}

/// Checks the last two digits of a card number of a Belgian.
fn ends_in_remainder(number: &str) -> bool {
    let Some((counted, check)) = number.split_at_checked(10) else {
        return false;
    };
    let (Ok(counted), Ok(check)) = (counted.parse::<u64>(), check.parse::<u64>()) else {
        return false;
    };
    counted % 97 == check % 97
}

fn last_five(number: &str) -> Option<&str> {
    number.len().checked_sub(5).and_then(|start| number.get(start..))
}

/// Checks the last two digits of a national number, for the numbers of people born before 2000 and since. (Royal decree of 3 April 1984, article 2)
fn has_check_digits(number: &str) -> bool {
    let Some((counted, check)) = number.split_at_checked(9) else {
        return false;
    };
    let (Ok(counted), Ok(check)) = (counted.parse::<u64>(), check.parse::<u64>()) else {
        return false;
    };
    [counted, counted + 2_000_000_000]
        .iter()
        .any(|counted| 97 - counted % 97 == check)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIET: &str = r#"
[[person]]
id = "piet"
card_number = "599000000132"
valid_from = 2025-02-03
valid_until = 2035-02-03
municipality = "Aalst"
national_number = "85061599888"
surname = "Verzonnen"
given_names = "Piet Jozef"
birth_place = "Ninove"
birth_date = "15 JUN 1985"
sex = "M"
street = "Kerkstraat 1"
postal_code = "9300"
town = "Aalst"
"#;

    #[test]
    fn persons_have_what_the_file_says_and_the_rest_of_a_plain_card() {
        let persons = read_persons(PIET).unwrap();
        let [piet] = persons.as_slice() else {
            panic!("one person")
        };
        assert_eq!(
            (piet.id, piet.surname, piet.first_name()),
            ("piet", "Verzonnen", "Piet")
        );
        assert_eq!(piet.valid.1.to_string(), "03.02.2035");
        assert_eq!((piet.nationality, piet.document_type), ("Belg", "1"));
        assert_eq!(piet.address, ["Kerkstraat 1", "9300", "Aalst"]);
        assert_eq!(piet.applet, CardGeneration::V18);
    }

    #[test]
    fn impossible_values_name_the_person_and_the_key() {
        let long = format!("surname = \"{}\"", "x".repeat(111));
        for (line, other, said) in [
            ("id = \"piet\"", "id = \"Piet!\"", "person Piet!: id has 1 to 32"),
            ("id = \"piet\"", "id = \"jan\"", "person jan: id is another person's"),
            (
                "\"599000000132\"",
                "\"59900000013\"",
                "person piet: card_number has 12 digits",
            ),
            (
                "\"599000000132\"",
                "\"599000000133\"",
                "person piet: card_number has wrong check digits",
            ),
            (
                "\"599000000132\"",
                "\"593000000363\"",
                "person piet: card_number ends in the five digits",
            ),
            (
                "\"85061599888\"",
                "\"85061599887\"",
                "person piet: national_number has wrong check digits",
            ),
            (
                "\"85061599888\"",
                "\"90022805737\"",
                "person piet: national_number is another person's",
            ),
            ("sex = \"M\"", "sex = \"X\"", "person piet: sex is M"),
            (
                "surname = \"Verzonnen\"",
                "surname = \"\"",
                "person piet: surname is empty",
            ),
            ("surname = \"Verzonnen\"", &long, "person piet: surname is longer"),
            (
                "sex = \"M\"",
                "sex = \"M\"\nshoe_size = 44",
                "unknown field `shoe_size`",
            ),
            ("sex = \"M\"", "", "missing field `sex`"),
        ] {
            let refused = read_persons(&PIET.replace(line, other)).unwrap_err().to_string();
            assert!(refused.contains(said), "{other}: {refused}");
        }
        let twice = format!("{PIET}{PIET}");
        assert!(
            read_persons(&twice)
                .unwrap_err()
                .to_string()
                .contains("is another person's")
        );
    }
}
