//! Names of people and organisations, and other text that goes into a document as it is.

use crate::error::ProtocolError;

/// Longest name that a caller can give, in characters: a dialog must be readable at a glance.
const LONGEST_NAME: usize = 120;

/// Name of a patient or party. The schema wants first and family name together, or one name, never a mix.
#[derive(Clone, Eq, Hash, PartialEq)]
pub enum Name {
    /// A person with both.
    Person {
        /// Given names, whole, as on the card.
        first: String,
        /// Family name.
        family: String,
    },
    /// An organisation, a program, or a person who has a single name.
    Single(String),
}

impl Name {
    /// Parses the names that were given; none at all is allowed.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `name`, `firstName` or `familyName`.
    pub(crate) fn parse(
        name: Option<&str>,
        first: Option<&str>,
        family: Option<&str>,
    ) -> Result<Option<Self>, ProtocolError> {
        match (name, first, family) {
            (None, None, None) => Ok(None),
            (Some(name), None, None) => Ok(Some(Self::Single(text("name", name, LONGEST_NAME)?))),
            (None, Some(first), Some(family)) => Ok(Some(Self::Person {
                first: text("firstName", first, LONGEST_NAME)?,
                family: text("familyName", family, LONGEST_NAME)?,
            })),
            (None, Some(_), None) => Err(ProtocolError::invalid("familyName", "must come with firstName")),
            (None, None, Some(_)) => Err(ProtocolError::invalid("firstName", "must come with familyName")),
            (Some(_), ..) => Err(ProtocolError::invalid(
                "name",
                "cannot go together with firstName and familyName",
            )),
        }
    }
}

redacted_debug!(Name);

/// Accepts a caller's `value` if it has no more in it than a person sees: as [`printed`], with single ASCII blanks
/// only, none at the edges. A dialog can then show exactly what is signed.
pub(crate) fn text(field: &str, value: &str, longest: usize) -> Result<String, ProtocolError> {
    let value = printed(field, value, longest)?;
    if value.chars().any(|c| c != ' ' && c.is_whitespace()) {
        return Err(ProtocolError::invalid(
            field,
            "must not contain other blanks than the space",
        ));
    }
    if value.contains("  ") || value.starts_with(' ') || value.ends_with(' ') {
        return Err(ProtocolError::invalid(
            field,
            "must have single blanks, and between words only",
        ));
    }
    Ok(value)
}

/// Accepts a `value` from a card if an XML document can carry it and a person can read it: no control, format or
/// invisible characters, at most two accents on a letter, not only blanks. Any kind and number of blanks is accepted
/// between names: registers differ.
pub(crate) fn printed(field: &str, value: &str, longest: usize) -> Result<String, ProtocolError> {
    if value.trim().is_empty() {
        return Err(ProtocolError::invalid(field, "must not be empty"));
    }
    if value.chars().count() > longest {
        return Err(ProtocolError::invalid(
            field,
            format!("must have at most {longest} characters"),
        ));
    }
    // U+FFFE and U+FFFF are the two that XML 1.0 excludes besides controls and surrogates.
    if value
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}'))
    {
        return Err(ProtocolError::invalid(field, "must not contain control characters"));
    }
    if value.chars().any(|c| is_format(c) || is_filler(c)) {
        return Err(ProtocolError::invalid(
            field,
            "must not contain invisible or formatting characters",
        ));
    }
    if !accents_are_borne(value) {
        return Err(ProtocolError::invalid(
            field,
            "must have at most two accents on a letter, and none on a blank",
        ));
    }
    Ok(value.to_owned())
}

/// Returns true if `c` shows nothing itself, but hides, joins, turns or varies its neighbours: bidi controls,
/// zero-width characters, variation selectors, tags, and the line separators, which few programs show as such.
///
/// Source: Unicode 16, general category Cf and `Default_Ignorable_Code_Point`, less the [fillers](is_filler).
#[must_use]
pub fn is_format(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}' | '\u{890}'..='\u{891}'
        | '\u{8E2}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{110BD}' | '\u{110CD}' | '\u{13430}'..='\u{1343F}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D159}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Returns true if `c` looks like a blank and is none for Unicode: the Hangul fillers and the empty Braille pattern.
#[must_use]
pub fn is_filler(c: char) -> bool {
    matches!(c, '\u{115F}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}')
}

/// Returns true if `c` is placed over, under or around the character before it.
#[must_use]
pub fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// Returns true if no character has more than two accents, and no blank has any. Two are enough for any name,
/// Vietnamese ones included; more reach into the lines around.
#[must_use]
pub fn accents_are_borne(value: &str) -> bool {
    let mut room = 0_u8;
    value.chars().all(|c| {
        if !is_accent(c) {
            room = if c.is_whitespace() { 0 } else { 2 };
            return true;
        }
        let borne = room > 0;
        room = room.saturating_sub(1);
        borne
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(name: Option<&str>, first: Option<&str>, family: Option<&str>, expected: &str) {
        assert_eq!(Name::parse(name, first, family).unwrap_err().to_string(), expected);
    }

    #[test]
    fn names_are_never_mixed_or_halved() {
        check_refused(
            Some("a"),
            Some("b"),
            None,
            "name: cannot go together with firstName and familyName",
        );
        check_refused(None, Some("b"), None, "familyName: must come with firstName");
        check_refused(None, None, Some("c"), "firstName: must come with familyName");
    }

    #[test]
    fn text_that_cannot_be_shown_is_refused() {
        check_refused(Some(" "), None, None, "name: must not be empty");
        check_refused(Some("a\nb"), None, None, "name: must not contain control characters");
        check_refused(
            Some("a\u{FFFE}"),
            None,
            None,
            "name: must not contain control characters",
        );
        check_refused(
            Some(&"a".repeat(121)),
            None,
            None,
            "name: must have at most 120 characters",
        );
    }

    #[test]
    fn text_that_shows_less_or_more_than_it_says_is_refused() {
        let invisible = "\u{AD}\u{34F}\u{61C}\u{115F}\u{1160}\u{180E}\u{200B}\u{200D}\u{200E}\u{202E}\u{2060}\u{2066}\u{2800}\
                         \u{3164}\u{FE0F}\u{FEFF}\u{FFA0}\u{FFFA}\u{E0041}\u{E0101}";
        for c in invisible.chars() {
            let expected = "name: must not contain invisible or formatting characters";
            check_refused(Some(&format!("a{c}b")), None, None, expected);
        }
        for c in "\u{A0}\u{1680}\u{2003}\u{202F}\u{205F}\u{3000}".chars() {
            let error = Name::parse(Some(&format!("a{c}b")), None, None)
                .unwrap_err()
                .to_string();
            assert!(error.starts_with("name: must not contain "), "{c:?}: {error}");
        }
        for blanks in ["a  b", " a", "a "] {
            let expected = "name: must have single blanks, and between words only";
            check_refused(Some(blanks), None, None, expected);
        }
        for heap in ["e\u{301}\u{302}\u{303}", "\u{301}e", "a \u{301}"] {
            let expected = "name: must have at most two accents on a letter, and none on a blank";
            check_refused(Some(heap), None, None, expected);
        }
    }

    #[test]
    fn ordinary_names_are_names() {
        for name in [
            "Ó'Brien-Müller",
            "d'Hondt",
            "O’Neill",
            "e\u{302}\u{301} Nguyễn",
            "Jean-François",
            "ŁUKASIEWICZ ŞAHİN",
            "Αθηνά",
            "Иван",
            "د سعيد",
            "王小明",
            "Apotheek \"Het Proefbuisje\" & Cº n° 3",
        ] {
            assert_eq!(text("name", name, LONGEST_NAME).unwrap(), name);
        }
    }

    #[test]
    fn blanks_on_a_card_are_taken_as_they_are() {
        for name in ["VAN  DEN BERG", "A\u{A0}B", "Anna "] {
            assert_eq!(printed("familyName", name, 255).unwrap(), name);
        }
        assert!(printed("familyName", "A\u{202E}B", 255).is_err());
    }

    #[test]
    fn given_names_stay_whole() {
        let name = Name::parse(None, Some("Nora Angèle"), Some("Duchâteau"))
            .unwrap()
            .unwrap();
        assert_eq!(
            name,
            Name::Person {
                first: "Nora Angèle".into(),
                family: "Duchâteau".into()
            }
        );
    }
}
