//! Languages of texts for people.

/// The languages of Belgium, and English.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Language {
    /// Nederlands.
    Nl,
    /// Français.
    Fr,
    /// Deutsch.
    De,
    /// English, for everybody who asks for none of the others.
    #[default]
    En,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 4] = [Self::Nl, Self::Fr, Self::De, Self::En];

    /// Its two-letter tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Nl => "nl",
            Self::Fr => "fr",
            Self::De => "de",
            Self::En => "en",
        }
    }

    /// Reads a tag or locale (`nl`, `nl-BE`, `fr_BE.UTF-8`); `None` if it is no language of ours.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_', '.', ';']).next()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|language| language.tag() == primary)
    }

    /// Chooses the best of an `Accept-Language` list (RFC 9110, 12.5.4); ties go to the first.
    #[must_use]
    pub fn from_accept_language(header: &str) -> Option<Self> {
        let mut best: Option<(Self, f32)> = None;
        for item in header.split(',') {
            let weight = item
                .split_once(";q=")
                .map_or(Some(1.0), |(_, weight)| weight.trim().parse().ok());
            if let (Some(language), Some(weight)) = (Self::from_tag(item), weight)
                && weight > best.map_or(0.0, |(_, weight)| weight)
            {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }

    /// Reads the person's own language from `LC_ALL`, `LC_MESSAGES` or `LANG`.
    #[must_use]
    pub fn from_environment() -> Self {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .filter_map(|name| std::env::var(name).ok());
        set.filter(|value| !value.is_empty())
            .find_map(|value| Self::from_tag(&value))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_language_takes_the_heaviest_we_have() {
        #[rustfmt::skip] // one header a line
        let cases = [
            ("es, fr-BE;q=0.8, nl;q=0.9", Some(Language::Nl)),
            ("de-DE", Some(Language::De)),
            ("es;q=1", None),
            ("nl;q=0", None),
        ];
        for (header, expected) in cases {
            assert_eq!(Language::from_accept_language(header), expected, "{header}");
        }
    }
}
