//! Words of the viewer's files, and the codes of cards that they stand for.

use beid_api::types::{DocumentTypeAnswer, SpecialStatusAnswer};

/// Kinds of card.
pub(super) const DOCUMENT_TYPES: &[(u8, &str)] = &[
    (1, "belgian_citizen"),
    (6, "kids_card"),
    (7, "bootstrap_card"),
    (8, "habilitation_card"),
    (11, "foreigner_a"),
    (12, "foreigner_b"),
    (13, "foreigner_c"),
    (14, "foreigner_d"),
    (15, "foreigner_e"),
    (16, "foreigner_e_plus"),
    (17, "foreigner_f"),
    (18, "foreigner_f_plus"),
    (19, "european_blue_card_h"),
    (20, "ict_i"),
    (21, "mobile_ict_j"),
    (22, "foreigner_m"),
    (23, "foreigner_n"),
    (27, "foreigner_k"),
    (28, "foreigner_l"),
    (31, "foreigner_eu"),
    (32, "foreigner_eu_plus"),
    // Upper case: the new numbers of the same letters.
    (33, "foreigner_A"),
    (34, "foreigner_B"),
    (35, "foreigner_F"),
    (36, "foreigner_F_plus"),
    (61, "kids_foreigner_eu"),
    (62, "kids_foreigner_eu_plus"),
    (63, "kids_foreigner_A"),
    (64, "kids_foreigner_B"),
    (65, "kids_foreigner_K"),
    (66, "kids_foreigner_L"),
    (67, "kids_foreigner_F"),
    (68, "kids_foreigner_F_plus"),
    (69, "kids_foreigner_M"),
];

/// Special status, by the digit on the card.
pub(super) const SPECIAL_STATUS: [&str; 6] = [
    "NO_STATUS",
    "WHITE_CANE",
    "EXTENDED_MINORITY",
    "WHITE_CANE_EXTENDED_MINORITY",
    "YELLOW_CANE",
    "YELLOW_CANE_EXTENDED_MINORITY",
];

/// Rights to work, by the character on the card.
pub(super) const WORK_PERMITS: &[(&str, &str)] = &[
    ("7", "unlimited"),
    ("8", "limited"),
    ("9", "no"),
    ("A", "seasonal worker"),
];

/// Mentions on cards A, by the letter on the card.
pub(super) const CARD_MENTIONS: &[(&str, &str)] = &[
    ("A", "Seasonal worker"),
    ("D", "Student"),
    ("E", "Pupil"),
    ("F", "Intern"),
    ("G", "Volunteer"),
    ("H", "Au pair"),
    ("I", "Researcher mobility"),
    ("J", "Job search"),
    ("K", "Mobility program"),
];

/// Months as on Dutch cards.
pub(super) const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAAR", "APR", "MEI", "JUN", "JUL", "AUG", "SEP", "OKT", "NOV", "DEC",
];

/// Word of a `code`; none if the viewer has none.
pub(super) fn word(table: &[(&str, &'static str)], code: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == code).map(|(_, word)| *word)
}

/// Code of a `word`; what is in no table stays as it is, because files have the code itself too.
pub(super) fn code(table: &[(&'static str, &str)], word: &str) -> String {
    let found = table.iter().find(|(_, known)| *known == word);
    found.map_or(word, |(code, _)| *code).to_owned()
}

/// The kind of card that a `word` means.
pub(super) fn document_type(word: &str) -> Option<DocumentTypeAnswer> {
    let found = DOCUMENT_TYPES.iter().find(|(_, known)| *known == word);
    found.map(|(code, name)| DocumentTypeAnswer {
        code: *code,
        name: (*name).to_owned(),
    })
}

/// The kind of card of a code as text: `1` or `01`.
pub(super) fn document_type_of_code(code: &str) -> Option<DocumentTypeAnswer> {
    let code = code.trim().parse::<u8>().ok()?;
    let (_, name) = DOCUMENT_TYPES.iter().find(|(known, _)| *known == code)?;
    document_type(name)
}

/// Digit of a special status.
pub(super) fn status_digit(status: &SpecialStatusAnswer) -> usize {
    match (status.white_cane, status.extended_minority, status.yellow_cane) {
        (true, false, _) => 1,
        (true, true, _) => 3,
        (false, false, true) => 4,
        (false, true, true) => 5,
        (false, true, false) => 2,
        (false, false, false) => 0,
    }
}

/// Special status of a digit.
pub(super) fn status_of_digit(digit: usize) -> Option<SpecialStatusAnswer> {
    (digit < SPECIAL_STATUS.len()).then_some(SpecialStatusAnswer {
        white_cane: matches!(digit, 1 | 3),
        extended_minority: matches!(digit, 2 | 3 | 5),
        yellow_cane: matches!(digit, 4 | 5),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_comes_back() {
        for digit in 0..SPECIAL_STATUS.len() {
            let status = status_of_digit(digit).unwrap();
            assert_eq!(status_digit(&status), digit);
        }
        assert!(status_of_digit(6).is_none());
    }
}
