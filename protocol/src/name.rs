//! Names of people and organisations, and other text that goes into a document as it is.

use crate::error::ProtocolError;

/// What a patient or party is called. The schema wants first and family name together, or one name, never a mix.
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
    /// Sorts out which names were given; none at all is fine.
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
            (Some(name), None, None) => Ok(Some(Self::Single(text("name", name, 255)?))),
            (None, Some(first), Some(family)) => Ok(Some(Self::Person {
                first: text("firstName", first, 255)?,
                family: text("familyName", family, 255)?,
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

/// `value`, if an XML document can carry it and a person can read it: no control characters, not only blanks.
pub(crate) fn text(field: &str, value: &str, longest: usize) -> Result<String, ProtocolError> {
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
    Ok(value.to_owned())
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
            Some(&"a".repeat(256)),
            None,
            None,
            "name: must have at most 255 characters",
        );
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
