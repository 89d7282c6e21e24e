//! The holders of the virtual cards. Nobody of them exists.

use super::SimulatorError;
use std::fmt;

/// The PIN of every virtual card.
pub const TEST_PIN: &str = "1234";

/// The generation of a card, which decides on keys, algorithms and files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Applet {
    /// Applet 1.7 (cards of 2014 to 2021): RSA-2048, SHA-256.
    V17,
    /// Applet 1.8 (cards since 2020): ECDSA on P-384, SHA-384, and a key that proves the chip genuine.
    V18,
}

impl fmt::Display for Applet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V17 => "1.7",
            Self::V18 => "1.8",
        })
    }
}

/// A calendar day, shown as the card writes it: `DD.MM.YYYY`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Day {
    /// Year, four digits.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, 1 to 31.
    pub day: u8,
}

impl Day {
    const fn new(year: u16, month: u8, day: u8) -> Self {
        Self { year, month, day }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}.{:02}.{:04}", self.day, self.month, self.year)
    }
}

/// An invented person and the card he or she holds. Field contents are as the card has them (card content 5.4, 6.2).
#[derive(Debug)]
pub struct Citizen {
    /// What `--simulate` and `beid-sim` call this person.
    pub id: &'static str,
    /// What makes this card worth testing, one line.
    pub about: &'static str,
    /// Generation of the card.
    pub applet: Applet,
    /// Tag 01.
    pub card_number: &'static str,
    /// Tags 03 and 04; also the validity of the holder's certificates.
    pub valid: (Day, Day),
    /// Tag 05.
    pub municipality: &'static str,
    /// Tag 06.
    pub national_number: &'static str,
    /// Tag 07.
    pub surname: &'static str,
    /// Tag 08: first two given names.
    pub given_names: &'static str,
    /// Tag 09: first letter of the third given name, or nothing.
    pub third_name_initial: &'static str,
    /// Tag 0A, in the language of the card.
    pub nationality: &'static str,
    /// Tag 0B.
    pub birth_place: &'static str,
    /// Tag 0C, in the language of the card.
    pub birth_date: &'static str,
    /// Tag 0D: `M`, or for a woman `V` (Dutch), `F` (French) or `W` (German).
    pub sex: &'static str,
    /// Tag 0E.
    pub noble_condition: &'static str,
    /// Tag 0F.
    pub document_type: &'static str,
    /// Tag 10.
    pub special_status: &'static str,
    /// Address file, tags 01 to 03: street and number, postal code, municipality.
    pub address: [&'static str; 3],
    /// Whether the card has the two certificates of its holder (CDF variant 1), or neither (variant 3, young children).
    pub has_certificates: bool,
    /// What only cards for foreigners have.
    pub foreigner: Option<Foreigner>,
}

/// Tags 12 to 1F of the identity file, cards for foreigners only. `None` leaves the tag out.
#[derive(Debug)]
pub struct Foreigner {
    /// Tag and value in ascending order, tag 1A (hash of the basic key) left to the card.
    pub tags: &'static [(u8, &'static str)],
}

impl Citizen {
    /// Finds a person by id.
    ///
    /// # Errors
    /// [`SimulatorError::UnknownCitizen`] if nobody is called that.
    pub fn find(id: &str) -> Result<&'static Self, SimulatorError> {
        CITIZENS
            .iter()
            .find(|c| c.id == id)
            .ok_or_else(|| SimulatorError::UnknownCitizen(id.to_owned()))
    }

    /// The first given name, as the common name of the certificates has it.
    pub(super) fn first_name(&self) -> &'static str {
        self.given_names.split(' ').next().unwrap_or_default()
    }
}

const TEN_YEARS: (Day, Day) = (Day::new(2024, 1, 15), Day::new(2034, 1, 15));
const SIX_YEARS: (Day, Day) = (Day::new(2024, 3, 1), Day::new(2030, 3, 1));
const LONG_EXPIRED: (Day, Day) = (Day::new(2012, 6, 4), Day::new(2017, 6, 4));

/// What most cards have in common; each row of [`CITIZENS`] says how it differs.
const PLAIN: Citizen = Citizen {
    id: "",
    about: "",
    applet: Applet::V17,
    card_number: "",
    valid: TEN_YEARS,
    municipality: "",
    national_number: "",
    surname: "",
    given_names: "",
    third_name_initial: "",
    nationality: "Belg",
    birth_place: "",
    birth_date: "",
    sex: "V",
    noble_condition: "",
    document_type: "1",
    special_status: "0",
    address: ["", "", ""],
    has_certificates: true,
    foreigner: None,
};

/// All the invented persons, two plain Belgian cards of either generation among them. One row is one person.
pub static CITIZENS: &[Citizen] = &[
    Citizen {
        id: "anna",
        about: "Belgian adult, plain card, Dutch",
        card_number: "591000000106",
        municipality: "Antwerpen",
        national_number: "85051402418",
        surname: "Testaert",
        given_names: "Anna Petronella",
        third_name_initial: "V",
        birth_place: "Hasselt",
        birth_date: "14 MEI 1985",
        address: ["Simulatiestraat 17", "2000", "Antwerpen"],
        ..PLAIN
    },
    Citizen {
        id: "bram",
        about: "Belgian adult, plain card, Dutch, noble title",
        card_number: "591000000207",
        municipality: "Gent",
        national_number: "78110203172",
        surname: "van Voorbeeld tot Testele",
        given_names: "Bram",
        birth_place: "Gent",
        birth_date: "02 NOV 1978",
        sex: "M",
        noble_condition: "Ridder",
        document_type: "01",
        address: ["Proefkaai 8 bus 3", "9000", "Gent"],
        ..PLAIN
    },
    Citizen {
        id: "jan",
        about: "Belgian adult, plain card, Dutch",
        applet: Applet::V18,
        card_number: "593000000363",
        municipality: "Leuven",
        national_number: "90022805737",
        surname: "Proefman",
        given_names: "Jan Nep",
        birth_place: "Leuven",
        birth_date: "28 FEB 1990",
        sex: "M",
        address: ["Krommebocht 384", "3000", "Leuven"],
        ..PLAIN
    },
    Citizen {
        id: "claire",
        about: "Belgian adult, plain card, French, special status 1",
        applet: Applet::V18,
        card_number: "593000000464",
        municipality: "Namur",
        national_number: "69082101287",
        surname: "Essai-Modèle",
        given_names: "Claire Désirée",
        third_name_initial: "É",
        nationality: "Belge",
        birth_place: "Dinant",
        birth_date: "21 AOUT 1969",
        sex: "F",
        special_status: "1",
        address: ["Rue de la Démonstration 12", "5000", "Namur"],
        ..PLAIN
    },
    Citizen {
        id: "maria",
        about: "foreigner, A card with every tag up to 1F (no real card has them all)",
        applet: Applet::V18,
        card_number: "B610000006",
        municipality: "Brussel",
        national_number: "88060709038",
        surname: "Exemplo dos Testes",
        given_names: "Maria Fictícia",
        nationality: "Brazilië",
        birth_place: "São Fulano",
        birth_date: "07 JUN 1988",
        document_type: "33",
        address: ["Testlaan 61", "1000", "Brussel"],
        foreigner: Some(Foreigner {
            tags: &[
                (0x12, "01"),
                (0x13, "5"),
                (0x14, ""),
                (0x15, "13.08.2014-IT"),
                (0x16, "7"),
                (0x17, "0999.999.922"),
                (0x18, "0888.888.844"),
                (0x19, "TEST-2024-00000061"),
                (0x1B, "B"),
                (0x1C, "C"),
                (0x1D, "I"),
                (0x1E, "K"),
                (0x1F, "22.01.2023"),
            ],
        }),
        ..PLAIN
    },
    Citizen {
        id: "lotte",
        about: "child of 2019, Kids-ID without any certificate of her own",
        applet: Applet::V18,
        card_number: "610000000600",
        valid: SIX_YEARS,
        municipality: "Mechelen",
        national_number: "19030904636",
        surname: "Proefkind",
        given_names: "Lotte",
        birth_place: "Mechelen",
        birth_date: "09 MAAR 2019",
        document_type: "6",
        address: ["Speelpleinproef 6", "2800", "Mechelen"],
        has_certificates: false,
        ..PLAIN
    },
    Citizen {
        id: "zoe",
        about: "Belgian adult, only the year of birth known, German, non-ASCII names",
        card_number: "591000000712",
        municipality: "Eupen",
        national_number: "62000001823",
        surname: "Müller-Prüfstück",
        given_names: "Zoë Françoise",
        third_name_initial: "Ö",
        nationality: "Belgierin",
        birth_place: "Sankt Täuschung",
        birth_date: "1962",
        sex: "W",
        address: ["Übungsstraße 5", "4700", "Eupen"],
        ..PLAIN
    },
    Citizen {
        id: "karel",
        about: "Belgian adult, card expired in 2017",
        card_number: "590000000834",
        valid: LONG_EXPIRED,
        municipality: "Brugge",
        national_number: "50122407746",
        surname: "Verlopen",
        given_names: "Karel Testgeval",
        birth_place: "Oostende",
        birth_date: "24 DEC 1950",
        sex: "M",
        address: ["Voorbijstraat 99", "8000", "Brugge"],
        ..PLAIN
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(s: &str) -> u64 {
        s.parse().unwrap()
    }

    #[test]
    fn national_numbers_have_right_check_digits_and_match_year_and_sex() {
        for citizen in CITIZENS {
            let (number, check) = citizen.national_number.split_at(9);
            let year = digits(&citizen.birth_date[citizen.birth_date.len() - 4..]);
            let counted = digits(number) + if year >= 2000 { 2_000_000_000 } else { 0 };
            assert_eq!(97 - counted % 97, digits(check), "{}", citizen.id);
            assert_eq!(year % 100, digits(&number[..2]), "{}", citizen.id);
            assert_eq!(digits(&number[6..]) % 2 == 1, citizen.sex == "M", "{}", citizen.id);
        }
    }

    #[test]
    fn card_numbers_of_belgians_end_in_the_remainder_by_97() {
        for citizen in CITIZENS.iter().filter(|c| c.foreigner.is_none()) {
            let (number, check) = citizen.card_number.split_at(10);
            assert_eq!(digits(number) % 97, digits(check), "{}", citizen.id);
        }
    }

    #[test]
    fn ids_card_numbers_and_national_numbers_are_unique() {
        for field in [
            |c: &Citizen| c.id,
            |c: &Citizen| c.card_number,
            |c: &Citizen| c.national_number,
        ] {
            let all: std::collections::BTreeSet<_> = CITIZENS.iter().map(field).collect();
            assert_eq!(all.len(), CITIZENS.len());
        }
    }
}
