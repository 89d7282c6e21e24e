//! Round trips: files written by the virtual card are read back for every holder, and parsers hold for every date and
//! number.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what fails here, helpers included, fails a test"
)]

use beid_card::{
    Address, BirthDate, CardNumber, ChipNumber, DocumentType, Gender, Identity, KnownBirthDate, NationalNumber,
    NationalNumberKind, PhotoDigest, SpecialStatus,
};
use beid_pki::HashAlgorithm;
use beid_simulator::{encode_address, encode_identity};
use beid_testkit::from_hex;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

type FieldList = Vec<(u8, Vec<u8>)>;

/// Month words by language, and the separators between day, month and year. (Card content 5.4; the last two were seen)
const SPELLINGS: [([&str; 12], [&str; 2]); 5] = [
    (FRENCH, [" ", " "]),
    (DUTCH, [" ", " "]),
    (GERMAN, [".", "."]),
    (GERMAN, [".", ". "]),
    (FRENCH, [" ", "  "]),
];
const FRENCH: [&str; 12] = [
    "JAN", "FEV", "MARS", "AVR", "MAI", "JUIN", "JUIL", "AOUT", "SEPT", "OCT", "NOV", "DEC",
];
const DUTCH: [&str; 12] = [
    "JAN", "FEB", "MAAR", "APR", "MEI", "JUN", "JUL", "AUG", "SEP", "OKT", "NOV", "DEC",
];
const GERMAN: [&str; 12] = [
    "JAN", "FEB", "MÄR", "APR", "MAI", "JUN", "JUL", "AUG", "SEP", "OKT", "NOV", "DEZ",
];

/// Tag 10: white cane, extended minority, yellow cane.
const STATUSES: [(bool, bool, bool); 6] = [
    (false, false, false),
    (true, false, false),
    (false, true, false),
    (true, true, false),
    (false, false, true),
    (false, true, true),
];

fn days() -> impl Iterator<Item = Date> {
    date(1900, 1, 1).series(1.day()).take_while(|day| day.year() < 2101)
}

fn day() -> impl Strategy<Value = Date> {
    (1900..2101_i16, 1..13_i8, 1..32_i8).prop_filter_map("no such day", |(y, m, d)| Date::new(y, m, d).ok())
}

fn dotted(day: Date) -> String {
    format!("{:02}.{:02}.{:04}", day.day(), day.month(), day.year())
}

fn spelled(day: Date, spelling: usize) -> String {
    let (months, [first, second]) = SPELLINGS[spelling];
    let month = months[usize::try_from(day.month() - 1).unwrap()];
    format!("{:02}{first}{month}{second}{:04}", day.day(), day.year())
}

/// Letters of one to four bytes; some of these texts are longer than one length byte can express. None ends in a blank,
/// because blanks are added to some files and must not come back.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[A-Za-zÀ-ž' .-]{1,40}",
        2 => "\\PC{1,40}",
        1 => "[a-zéß€😀]{100,300}",
        1 => select(vec![254, 255, 256, 509, 510, 511, 765]).prop_map(|len: usize| "x".repeat(len)),
    ]
    .prop_filter("a text that is more than blanks", |text| !text.trim_end().is_empty())
    .prop_map(|text| text.trim_end().to_owned())
}

fn birth_date() -> impl Strategy<Value = BirthDate> {
    let day = (day(), 0..SPELLINGS.len()).prop_map(|(day, spelling)| BirthDate {
        text: spelled(day, spelling),
        known: Some(KnownBirthDate::Day(day)),
    });
    let year = (1900..2101_i16, select(vec!["", "        "])).prop_map(|(year, blanks)| BirthDate {
        text: format!("{blanks}{year}"),
        known: Some(KnownBirthDate::Year(year)),
    });
    prop_oneof![3 => day, 1 => year]
}

/// Hash of the digest, and the value of all its bytes.
fn photo_digest() -> impl Strategy<Value = (HashAlgorithm, u8)> {
    let hashes = vec![HashAlgorithm::Sha1, HashAlgorithm::Sha256, HashAlgorithm::Sha384];
    (select(hashes), any::<u8>())
}

/// Tags that have no meaning in any version of the file.
fn unknown_fields() -> impl Strategy<Value = FieldList> {
    btree_map(0x20..=0xFF_u8, vec(any::<u8>(), 0..400), 0..4).prop_map(|fields| fields.into_iter().collect())
}

prop_compose! {
    /// FieldList that every card has.
    fn citizen()(
        card_number in "[0-9]{12}|B[0-9]{9}",
        chip in any::<[u8; 16]>(),
        valid in (day(), day()),
        issuing_municipality in option::of(text()),
        national_number in "[0-9]{11}",
        names in (option::of(text()), option::of(text()), option::of(text())),
        nationality in option::of(text()),
        birth in (option::of(text()), option::of(birth_date())),
        gender in select(vec![Gender::Male, Gender::Female, Gender::Unknown]),
        noble_condition in option::of(text()),
        kind in (option::of(0..100_u8), 0..STATUSES.len()),
        photo_digest in option::of(photo_digest()),
    ) -> Identity {
        let (white_cane, extended_minority, yellow_cane) = STATUSES[kind.1];
        Identity {
            card_number: CardNumber::parse(card_number.as_bytes()).ok(),
            chip_number: ChipNumber::parse(&chip).ok(),
            valid_from: Some(valid.0),
            valid_until: Some(valid.1),
            issuing_municipality,
            national_number: NationalNumber::parse(national_number.as_bytes()).ok(),
            family_name: Some(names.0.unwrap_or_default()),
            given_names: names.1,
            third_given_name_initial: names.2,
            nationality,
            birth_place: birth.0,
            birth_date: birth.1,
            gender,
            noble_condition,
            document_type: kind.0.map(DocumentType),
            special_status: SpecialStatus { white_cane, extended_minority, yellow_cane },
            photo_digest: photo_digest.map(|(algorithm, byte)| PhotoDigest {
                algorithm,
                value: vec![byte; algorithm.digest_len()],
            }),
            duplicate: None,
            special_organisation: None,
            member_of_family: false,
            date_and_country_of_protection: None,
            work_permit: None,
            employer_vat: Vec::new(),
            regional_file_number: None,
            basic_key_digest: None,
            brexit: Vec::new(),
            card_mentions: Vec::new(),
            eu_start_date: None,
            other: Vec::new(),
            malformed: Vec::new(),
        }
    }
}

prop_compose! {
    /// FieldList of every card, and those that only foreigners' and newer cards have.
    fn anybody()(
        citizen in citizen(),
        duplicate in option::of(text()),
        special_organisation in option::of(text()),
        member_of_family in any::<bool>(),
        protection in option::of((day(), "[A-Z]{1,2}[0-9]?")),
        work_permit in option::of(text()),
        employer_vat in vec(text(), 0..3),
        regional_file_number in option::of(text()),
        basic_key_digest in option::of(vec(any::<u8>(), 48)),
        brexit in vec(text(), 0..3),
        card_mentions in vec(text(), 0..3),
        eu_start_date in option::of(day()),
        other in unknown_fields(),
    ) -> Identity {
        Identity {
            duplicate,
            special_organisation,
            member_of_family,
            date_and_country_of_protection: protection.map(|(day, country)| format!("{}-{country}", dotted(day))),
            work_permit,
            employer_vat,
            regional_file_number,
            basic_key_digest,
            brexit,
            card_mentions,
            eu_start_date,
            other,
            ..citizen
        }
    }
}

/// FieldList of a file with this identity. `spelling` chooses among equivalent forms: an empty field or none, one digit or
/// two, F, V or W.
fn fields(identity: &Identity, spelling: usize) -> FieldList {
    let even = spelling.is_multiple_of(2);
    let status = &identity.special_status;
    let status = (status.white_cane, status.extended_minority, status.yellow_cane);
    let status = STATUSES.iter().position(|known| *known == status).unwrap();
    let gender = match identity.gender {
        Gender::Male => Some("M"),
        Gender::Female => Some(["F", "V", "W"][spelling % 3]),
        Gender::Unknown => None,
    };
    let kind = identity.document_type.map(
        |DocumentType(code)| {
            if even { format!("{code}") } else { format!("{code:02}") }
        },
    );
    let card_number = identity.card_number.as_ref().map(CardNumber::as_str);
    let national_number = identity.national_number.as_ref().map(NationalNumber::as_str);
    let nth = |texts: &[String], n: usize| texts.get(n).cloned();
    let texts = [
        (0x01, card_number.map(str::to_owned)),
        (0x03, identity.valid_from.map(dotted)),
        (0x04, identity.valid_until.map(dotted)),
        (0x05, identity.issuing_municipality.clone()),
        (0x06, national_number.map(str::to_owned)),
        (0x07, identity.family_name.clone()),
        (0x08, identity.given_names.clone()),
        (0x09, identity.third_given_name_initial.clone()),
        (0x0A, identity.nationality.clone()),
        (0x0B, identity.birth_place.clone()),
        (0x0C, identity.birth_date.as_ref().map(|date| date.text.clone())),
        (0x0D, gender.map(str::to_owned)),
        (0x0E, identity.noble_condition.clone()),
        (0x0F, kind),
        (0x10, (status > 0 || even).then(|| status.to_string())),
        (0x12, identity.duplicate.clone()),
        (0x13, identity.special_organisation.clone()),
        (0x15, identity.date_and_country_of_protection.clone()),
        (0x16, identity.work_permit.clone()),
        (0x17, nth(&identity.employer_vat, 0)),
        (0x18, nth(&identity.employer_vat, 1)),
        (0x19, identity.regional_file_number.clone()),
        (0x1B, nth(&identity.brexit, 0)),
        (0x1C, nth(&identity.brexit, 1)),
        (0x1D, nth(&identity.card_mentions, 0)),
        (0x1E, nth(&identity.card_mentions, 1)),
        (0x1F, identity.eu_start_date.map(dotted)),
    ];
    let bytes = [
        (0x02, identity.chip_number.map(|chip| from_hex(&chip.to_hex()))),
        (0x11, identity.photo_digest.as_ref().map(|digest| digest.value.clone())),
        (0x14, identity.member_of_family.then(|| vec![b'1'; spelling % 2])),
        (0x1A, identity.basic_key_digest.clone()),
    ];
    let texts = texts.map(|(tag, text)| (tag, text.map(String::into_bytes)));
    let mut fields: FieldList = texts
        .into_iter()
        .chain(bytes)
        .filter_map(|(tag, value)| match value {
            None if even && tag != 0x14 => Some((tag, Vec::new())),
            value => value.map(|value| (tag, value)),
        })
        .chain(identity.other.clone())
        .collect();
    fields.sort();
    fields
}

fn encoded(fields: &FieldList) -> Vec<u8> {
    encode_identity(&borrowed(fields))
}

fn borrowed(fields: &FieldList) -> Vec<(u8, &[u8])> {
    fields.iter().map(|(tag, value)| (*tag, value.as_slice())).collect()
}

proptest! {
    #[test]
    fn whoever_is_written_is_read(identity in anybody(), spelling in 0..6_usize) {
        let fields = fields(&identity, spelling);
        prop_assert!(Identity::parse(&encoded(&fields)) == Ok(identity), "{:?}", fields);
    }

    #[test]
    fn neither_order_nor_version_nor_padding_says_anything_about_the_holder(
        (identity, shuffled) in anybody().prop_flat_map(|identity| {
            let fields = fields(&identity, 1);
            (Just(identity), Just(fields).prop_shuffle())
        }),
        version in option::of(vec(any::<u8>(), 0..3)),
        zeros in 0..300_usize,
    ) {
        let version = version.map(|version| (0x00, version));
        let fields: FieldList = version.into_iter().chain(shuffled).collect();
        let file = [encoded(&fields), vec![0; zeros]].concat();
        prop_assert!(Identity::parse(&file) == Ok(identity), "{:?}", fields);
    }

    #[test]
    fn a_file_that_lost_its_end_is_never_read_as_the_whole(identity in anybody(), cut in any::<prop::sample::Index>()) {
        // Without empty fields, every byte matters.
        let file = encoded(&fields(&identity, 1));
        prop_assert!(Identity::parse(&file[..cut.index(file.len())]) != Ok(identity));
    }

    #[test]
    fn blanks_at_the_end_of_a_text_are_no_part_of_it(identity in anybody(), blanks in vec(0..30_usize, 32)) {
        // Binary fields are not padded: chip number, digests and unknown fields.
        let octets = [0x02, 0x11, 0x14, 0x1A];
        let mut fields = fields(&identity, 1);
        for (tag, value) in &mut fields {
            if *tag < 0x20 && !octets.contains(tag) {
                let more = blanks.get(usize::from(*tag)).copied().unwrap_or_default();
                value.extend(vec![b' '; more]);
            }
        }
        prop_assert!(Identity::parse(&encoded(&fields)) == Ok(identity), "{:?}", fields);
    }

    #[test]
    fn one_bad_field_hides_no_other(identity in anybody(), tag in select(vec![0x01_u8, 0x02, 0x03, 0x04, 0x06, 0x07, 0x08])) {
        // The byte FF is in no UTF-8 text, and 300 of them are no number.
        let mut fields = fields(&identity, 1);
        fields.retain(|(one, _)| *one != tag);
        fields.push((tag, vec![0xFF; 300]));
        let read = Identity::parse(&encoded(&fields)).unwrap();
        prop_assert_eq!(read.malformed.iter().map(|field| field.tag).collect::<Vec<_>>(), [tag]);
        prop_assert!(read.other.contains(&(tag, vec![0xFF; 300])));
        prop_assert!(read.complete().is_err());
        let mut expected = identity;
        match tag {
            0x01 => expected.card_number = None,
            0x02 => expected.chip_number = None,
            0x03 => expected.valid_from = None,
            0x04 => expected.valid_until = None,
            0x06 => expected.national_number = None,
            0x07 => expected.family_name = None,
            _ => expected.given_names = None,
        }
        expected.malformed = read.malformed.clone();
        expected.other = read.other.clone();
        prop_assert!(read == expected);
    }

    #[test]
    fn any_address_written_is_read(
        texts in (option::of(text()), option::of(text()), option::of(text())),
        other in unknown_fields(),
    ) {
        let address = Address {
            street_and_number: texts.0,
            postal_code: texts.1,
            municipality: texts.2,
            other,
            malformed: Vec::new(),
        };
        let texts = [&address.street_and_number, &address.postal_code, &address.municipality];
        let fields = (1..).zip(texts).map(|(tag, text)| (tag, text.clone().unwrap_or_default().into_bytes()));
        let fields: FieldList = fields.chain(address.other.clone()).collect();
        let file = encode_address(&borrowed(&fields));
        prop_assert!(file.len() >= 121);
        prop_assert!(Address::parse(&file) == address);
    }

    #[test]
    fn numbers_are_read_back_as_they_were_and_nothing_else_is_one(text in "[0-9]{11}|[0-9A-Za-z]{1,12}|\\PC{0,12}") {
        let digits = text.len() == 11 && text.bytes().all(|byte| byte.is_ascii_digit());
        let national = NationalNumber::parse(text.as_bytes());
        prop_assert_eq!(national.as_ref().map(NationalNumber::as_str).ok(), digits.then_some(text.as_str()));
        let letters = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let card = CardNumber::parse(text.as_bytes());
        prop_assert_eq!(card.as_ref().map(CardNumber::as_str).ok(), letters.then_some(text.as_str()));
    }
}

#[test]
fn every_day_of_two_centuries_is_read_from_its_dotted_form() {
    let identity = |from: &str, until: &str| {
        Identity::parse(&encode_identity(&[
            (0x01, b"000000000000"),
            (0x02, &[0x17; 16]),
            (0x03, from.as_bytes()),
            (0x04, until.as_bytes()),
            (0x06, b"98082100029"),
            (0x07, b"X"),
        ]))
    };
    for day in days() {
        let (from, until) = (dotted(day), dotted(day.tomorrow().unwrap()));
        let read = identity(&from, &until).unwrap();
        assert_eq!(
            (read.valid_from, read.valid_until),
            (Some(day), Some(day.tomorrow().unwrap()))
        );
        let after = day.saturating_add(2.days());
        assert_eq!(
            [day, after].map(|day| read.complete().unwrap().is_valid_on(day)),
            [true, false]
        );
    }
    for no_day in [
        "29.02.1900",
        "31.04.2020",
        "00.01.2020",
        "01.00.2020",
        "01.13.2020",
        "1.01.2020",
        "01-01-2020",
    ] {
        let read = identity(no_day, "01.01.2030").unwrap();
        assert_eq!(read.valid_from, None, "{no_day}");
        assert!(read.complete().is_err(), "{no_day}");
    }
}

#[test]
fn every_birth_date_of_two_centuries_is_read_in_each_language() {
    for day in days() {
        for spelling in 0..SPELLINGS.len() {
            let text = spelled(day, spelling);
            for text in [text.to_lowercase(), format!(" {text} "), text] {
                let read = BirthDate::parse(text.as_bytes()).unwrap();
                assert_eq!(read.known, Some(KnownBirthDate::Day(day)), "{text}");
                assert_eq!(read.text, text.trim_end());
            }
        }
    }
    for year in 1900..2101 {
        let read = BirthDate::parse(format!("{year}").as_bytes()).unwrap();
        assert_eq!(read.known, Some(KnownBirthDate::Year(year)));
    }
}

#[test]
fn all_hundred_document_types_are_read_with_one_digit_or_two_and_no_others() {
    for code in 0..100_u8 {
        assert_eq!(
            DocumentType::parse(format!("{code}").as_bytes()),
            Ok(DocumentType(code))
        );
        assert_eq!(
            DocumentType::parse(format!("{code:02}").as_bytes()),
            Ok(DocumentType(code))
        );
        assert!(!DocumentType(code).name().is_empty());
    }
    for code in 100..1000 {
        assert!(DocumentType::parse(format!("{code}").as_bytes()).is_err());
    }
    assert!((0..=0xFF_u8).all(|byte| DocumentType::parse(&[byte]).is_ok() == byte.is_ascii_digit()));
}

#[test]
fn a_month_raised_by_20_or_40_is_a_number_of_the_bis_register() {
    for month in 0..100 {
        let number = NationalNumber::parse(format!("85{month:02}1500100").as_bytes()).unwrap();
        let bis = matches!(month, 20..=32 | 40..=52);
        assert_eq!(number.kind() == NationalNumberKind::Bis, bis, "{month}");
    }
}
