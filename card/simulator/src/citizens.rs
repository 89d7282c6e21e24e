//! The holders of the virtual cards. None of them exists.

use crate::{CardGeneration, SimulatorError};
use std::fmt;

/// The PIN of every virtual card.
pub const TEST_PIN: &str = "1234";

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
    /// Makes a day, unchecked: 31 February is possible.
    #[must_use]
    pub const fn new(year: u16, month: u8, day: u8) -> Self {
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
    /// Id of this person for `--simulate` and `beid-sim`.
    pub id: &'static str,
    /// Reason why this card is worth testing, one line.
    pub about: &'static str,
    /// Generation of the card.
    pub applet: CardGeneration,
    /// Card number, tag 01.
    pub card_number: &'static str,
    /// First and last day of validity, tags 03 and 04; also the validity of the holder's certificates.
    pub valid: (Day, Day),
    /// Issuing municipality, tag 05.
    pub municipality: &'static str,
    /// National number, tag 06.
    pub national_number: &'static str,
    /// Surname, tag 07.
    pub surname: &'static str,
    /// First two given names, tag 08.
    pub given_names: &'static str,
    /// First letter of the third given name, or nothing; tag 09.
    pub third_name_initial: &'static str,
    /// Nationality in the language of the card, tag 0A.
    pub nationality: &'static str,
    /// Place of birth, tag 0B.
    pub birth_place: &'static str,
    /// Date of birth in the language of the card, tag 0C.
    pub birth_date: &'static str,
    /// Sex, tag 0D: `M`, or for a woman `V` (Dutch), `F` (French) or `W` (German).
    pub sex: &'static str,
    /// Noble condition, tag 0E.
    pub noble_condition: &'static str,
    /// Document type, tag 0F.
    pub document_type: &'static str,
    /// Special status, tag 10.
    pub special_status: &'static str,
    /// Address file, tags 01 to 03: street and number, postal code, municipality.
    pub address: [&'static str; 3],
    /// Certificates of the holder that are on the card.
    pub certificates: HolderCertificates,
    /// Fields that only cards for foreigners have.
    pub foreigner: Option<Foreigner>,
}

/// The holder's own certificates. (Card content 5.4, 5.3.6)
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HolderCertificates {
    /// Authentication and signature: CDF variant 1.
    Both,
    /// Only authentication: CDF variant 2, children from six to seventeen.
    Authentication,
    /// Neither: CDF variant 3, younger children.
    None,
}

/// Tags 12 to 1F of the identity file, cards for foreigners only. `None` leaves the tag out.
#[derive(Debug)]
pub struct Foreigner {
    /// Tag and value in ascending order. On 1.8 tag 1A (hash of the basic key) is left to the card.
    pub tags: &'static [(u8, &'static str)],
}

impl Citizen {
    /// Finds a citizen by id.
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
    #[must_use]
    pub fn first_name(&self) -> &'static str {
        self.given_names.split(' ').next().unwrap_or_default()
    }
}

const TEN_YEARS: (Day, Day) = (Day::new(2024, 1, 15), Day::new(2034, 1, 15));
const SIX_YEARS: (Day, Day) = (Day::new(2024, 3, 1), Day::new(2030, 3, 1));
const LONG_EXPIRED: (Day, Day) = (Day::new(2012, 6, 4), Day::new(2017, 6, 4));

/// Values that most cards have in common; each row of [`CITIZENS`] gives the others.
pub(crate) const PLAIN: Citizen = Citizen {
    id: "",
    about: "",
    applet: CardGeneration::V17,
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
    certificates: HolderCertificates::Both,
    foreigner: None,
};

/// All the invented persons, two plain Belgian cards of applet 1.7 and of 1.8 among them. One row is one person.
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
        // With a zero in front: type 1 and type 01 are the same.
        document_type: "01",
        address: ["Proefkaai 8 bus 3", "9000", "Gent"],
        ..PLAIN
    },
    Citizen {
        id: "jan",
        about: "Belgian adult, plain card, Dutch",
        applet: CardGeneration::V18,
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
        applet: CardGeneration::V18,
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
        applet: CardGeneration::V18,
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
        applet: CardGeneration::V18,
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
        certificates: HolderCertificates::None,
        ..PLAIN
    },
    Citizen {
        id: "zoe",
        about: "Belgian adult, only the year of birth known, German, non-ASCII names",
        card_number: "591000000712",
        municipality: "Eupen",
        // Month and day are zeros where only the year of birth is known.
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
    Citizen {
        id: "odile",
        about: "Belgian adult, first generation (RSA-1024), expired in 2013, German month",
        applet: CardGeneration::V11,
        card_number: "588000000977",
        valid: (Day::new(2008, 9, 15), Day::new(2013, 9, 15)),
        municipality: "Bruxelles",
        national_number: "48031724481",
        surname: "Épreuve",
        given_names: "Odile Factice",
        third_name_initial: "B",
        nationality: "Belge",
        birth_place: "Malmedy",
        birth_date: "17.MÄR.1948",
        sex: "F",
        address: ["Rue de l'Antan 11", "1000", "Bruxelles"],
        ..PLAIN
    },
    Citizen {
        id: "nele",
        about: "Belgian adult, RSA keys under the EC authorities (re-keyed 1.7)",
        applet: CardGeneration::V17Rekeyed,
        card_number: "591000001015",
        valid: (Day::new(2020, 11, 2), Day::new(2030, 11, 2)),
        municipality: "Kortrijk",
        national_number: "96102958252",
        surname: "Overgangs",
        given_names: "Nele Proef",
        birth_place: "Ieper",
        birth_date: "29 OKT 1996",
        address: ["Wisselstraat 17", "8500", "Kortrijk"],
        ..PLAIN
    },
    Citizen {
        id: "nova",
        about: "Belgian adult, card newer than this software",
        applet: CardGeneration::Newer,
        card_number: "599000001142",
        valid: (Day::new(2026, 1, 5), Day::new(2036, 1, 5)),
        municipality: "Liège",
        national_number: "01070436601",
        surname: "Demain-Essai",
        given_names: "Nova",
        nationality: "Belge",
        birth_place: "Huy",
        birth_date: "04 JUIL 2001",
        sex: "F",
        address: ["Quai de l'Avenir 19", "4000", "Liège"],
        ..PLAIN
    },
    Citizen {
        id: "mina",
        about: "Belgian adult, names so long that the identity file has more than 256 bytes",
        applet: CardGeneration::V18,
        card_number: "593000002282",
        municipality: "Heist-op-den-Berg (Proefgemeente)",
        national_number: "58120661423",
        surname: "van den Langenaemtestere de Proefberghe",
        given_names: "Wilhelmina-Philippina Constantia-Theodora",
        third_name_initial: "Z",
        birth_place: "Sint-Katelijne-Voorbeeld",
        birth_date: "06 DEC 1958",
        noble_condition: "Barones",
        address: ["Langeachternamenlaan 1258 bus 0004", "2220", "Heist-op-den-Berg"],
        ..PLAIN
    },
    Citizen {
        id: "finn",
        about: "minor of 2010, eID with the authentication certificate only",
        applet: CardGeneration::V18,
        card_number: "593000001474",
        valid: SIX_YEARS,
        municipality: "Hasselt",
        national_number: "10021530976",
        surname: "Tienertest",
        given_names: "Finn Nep",
        birth_place: "Genk",
        birth_date: "15 FEB 2010",
        sex: "M",
        address: ["Schoolproef 12", "3500", "Hasselt"],
        certificates: HolderCertificates::Authentication,
        ..PLAIN
    },
    Citizen {
        id: "sam",
        about: "child of 2016, Kids-ID with the authentication certificate only",
        applet: CardGeneration::V18,
        card_number: "610000001206",
        valid: SIX_YEARS,
        municipality: "Charleroi",
        national_number: "16052025530",
        surname: "Gamin-Modèle",
        given_names: "Sam",
        nationality: "Belge",
        birth_place: "Charleroi",
        birth_date: "20 MAI 2016",
        sex: "M",
        document_type: "06",
        address: ["Place de l'École 6", "6000", "Charleroi"],
        certificates: HolderCertificates::Authentication,
        ..PLAIN
    },
    Citizen {
        id: "mila",
        about: "foreign child of 2017, Kids EU without any certificate of her own",
        applet: CardGeneration::V18,
        card_number: "B610000107",
        valid: SIX_YEARS,
        municipality: "Gent",
        national_number: "17100110827",
        surname: "Primerová",
        given_names: "Mila",
        nationality: "Tsjechië",
        birth_place: "Gent",
        birth_date: "01 OKT 2017",
        document_type: "61",
        address: ["Kinderkaai 61", "9000", "Gent"],
        certificates: HolderCertificates::None,
        foreigner: Some(Foreigner {
            tags: &[(0x12, "00"), (0x13, ""), (0x1F, "14.02.2024")],
        }),
        ..PLAIN
    },
    Citizen {
        id: "pavel",
        about: "EU citizen, EU card (document type 31) with the date of registration",
        applet: CardGeneration::V18,
        card_number: "B310000208",
        municipality: "Antwerpen",
        national_number: "83091241165",
        surname: "Vzorek",
        given_names: "Pavel Zkušební",
        nationality: "Tsjechië",
        birth_place: "Brno-Příklad",
        birth_date: "12 SEP 1983",
        sex: "M",
        document_type: "31",
        address: ["Uniestraat 31", "2060", "Antwerpen"],
        foreigner: Some(Foreigner {
            tags: &[(0x12, "00"), (0x13, "2"), (0x1F, "09.01.2024")],
        }),
        ..PLAIN
    },
    Citizen {
        id: "elena",
        about: "EU citizen, EU+ card (document type 32), permanent residence",
        applet: CardGeneration::V18,
        card_number: "B320000309",
        municipality: "Eupen",
        national_number: "75013028014",
        surname: "Prova d'Esempio",
        given_names: "Elena",
        nationality: "Italien",
        birth_place: "Bolzano",
        // Points and a blank around the month, which readers of German cards have to expect.
        birth_date: "30.JAN. 1975",
        sex: "W",
        document_type: "32",
        address: ["Unionsplatz 32", "4700", "Eupen"],
        foreigner: Some(Foreigner {
            tags: &[(0x12, "01"), (0x13, ""), (0x1F, "30.06.2019")],
        }),
        ..PLAIN
    },
    Citizen {
        id: "emma",
        about: "British citizen, M card (withdrawal agreement), mentions B and C",
        applet: CardGeneration::V18,
        card_number: "B220000410",
        municipality: "Bruxelles",
        national_number: "91041812612",
        surname: "Sample-Fiction",
        given_names: "Emma Louise",
        third_name_initial: "J",
        nationality: "Royaume-Uni",
        birth_place: "Testbury",
        birth_date: "18 AVR 1991",
        sex: "F",
        document_type: "22",
        address: ["Rue du Retrait 50", "1050", "Ixelles"],
        foreigner: Some(Foreigner {
            tags: &[
                (0x12, "00"),
                (0x13, ""),
                (0x16, "7"),
                (0x1B, "B"),
                (0x1C, "C"),
                (0x1D, ""),
                (0x1E, ""),
                (0x1F, ""),
            ],
        }),
        ..PLAIN
    },
    Citizen {
        id: "oliver",
        about: "British frontier worker, N card (withdrawal agreement), without mentions",
        applet: CardGeneration::V18,
        card_number: "B230000511",
        municipality: "Brugge",
        national_number: "87112333308",
        surname: "Mockingham",
        given_names: "Oliver",
        nationality: "Verenigd Koninkrijk",
        birth_place: "Dover-under-Test",
        birth_date: "23 NOV 1987",
        sex: "M",
        document_type: "23",
        address: ["Veerbootkaai 23", "8380", "Brugge"],
        foreigner: Some(Foreigner {
            tags: &[(0x12, "00"), (0x13, ""), (0x1B, ""), (0x1C, "")],
        }),
        ..PLAIN
    },
    Citizen {
        id: "amina",
        about: "foreigner, A card of a student with mobility programme",
        applet: CardGeneration::V18,
        card_number: "B330000612",
        valid: (Day::new(2025, 9, 15), Day::new(2026, 10, 31)),
        municipality: "Louvain-la-Neuve",
        national_number: "02060649025",
        surname: "Mithal",
        given_names: "Amina",
        nationality: "Maroc",
        birth_place: "Rabat",
        birth_date: "06 JUIN 2002",
        sex: "F",
        document_type: "33",
        address: ["Place de l'Essai 3 boîte 12", "1348", "Ottignies-Louvain-la-Neuve"],
        foreigner: Some(Foreigner {
            tags: &[(0x12, "00"), (0x13, ""), (0x16, "8"), (0x1D, "D"), (0x1E, "K")],
        }),
        ..PLAIN
    },
    Citizen {
        id: "yusuf",
        about: "foreigner, F card of 2018 on applet 1.7: member of family, ends in zeros that are data",
        card_number: "B170000713",
        valid: (Day::new(2018, 5, 7), Day::new(2028, 5, 7)),
        municipality: "Genk",
        national_number: "79082551760",
        surname: "Örnek",
        given_names: "Yusuf Deneme",
        nationality: "Turkije",
        birth_place: "Uydurma",
        birth_date: "25 AUG 1979",
        sex: "M",
        document_type: "17",
        address: ["Proefmijnlaan 17", "3600", "Genk"],
        foreigner: Some(Foreigner {
            tags: &[
                (0x12, "01"),
                (0x13, ""),
                (0x14, ""),
                (0x15, ""),
                (0x16, "7"),
                (0x17, "0777.777.766"),
                (0x18, ""),
                (0x19, ""),
                // The hash of a key that only 1.8 has: there, and empty, on late cards of this generation.
                (0x1A, ""),
                (0x1B, ""),
                (0x1C, ""),
            ],
        }),
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

    /// Checks that no two citizens share a chip serial number: only its last digits differ.
    #[test]
    fn card_numbers_differ_in_their_last_five_digits() {
        let ends: std::collections::BTreeSet<_> = CITIZENS
            .iter()
            .map(|c| &c.card_number[c.card_number.len() - 5..])
            .collect();
        assert_eq!(ends.len(), CITIZENS.len());
    }

    #[test]
    fn tags_of_foreigners_ascend() {
        for citizen in CITIZENS {
            let tags: Vec<u8> = citizen
                .foreigner
                .iter()
                .flat_map(|f| f.tags)
                .map(|(tag, _)| *tag)
                .collect();
            assert!(tags.is_sorted_by(|a, b| a < b), "{}", citizen.id);
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
