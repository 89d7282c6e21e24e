//! What people read, in their language. Every text is in `locales/`, one file a language (Fluent).

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use std::sync::OnceLock;
use unic_langid::LanguageIdentifier;

/// The languages of Belgium, and English.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Language {
    /// Nederlands.
    Nl,
    /// Français.
    Fr,
    /// Deutsch.
    De,
    /// English: for whoever asked for none of the others.
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

    /// The language of a tag or locale (`nl`, `nl-BE`, `fr_BE.UTF-8`), if it is one of ours.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_', '.', ';']).next()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|language| language.tag() == primary)
    }

    /// The best of an `Accept-Language` list (RFC 9110, 12.5.4); ties go to the first.
    #[must_use]
    pub fn of_accept_language(header: &str) -> Option<Self> {
        let mut best: Option<(Self, f32)> = None;
        for item in header.split(',') {
            let weight = item
                .split_once(";q=")
                .map_or(Some(1.0), |(_, weight)| weight.trim().parse().ok());
            if let (Some(language), Some(weight)) = (Self::of_tag(item), weight)
                && weight > best.map_or(0.0, |(_, weight)| weight)
            {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }

    /// The person's own, from `LC_ALL`, `LC_MESSAGES` or `LANG`.
    #[must_use]
    pub fn of_environment() -> Self {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .filter_map(|name| std::env::var(name).ok());
        set.filter(|value| !value.is_empty())
            .find_map(|value| Self::of_tag(&value))
            .unwrap_or_default()
    }

    fn source(self) -> &'static str {
        match self {
            Self::Nl => include_str!("../locales/nl.ftl"),
            Self::Fr => include_str!("../locales/fr.ftl"),
            Self::De => include_str!("../locales/de.ftl"),
            Self::En => include_str!("../locales/en.ftl"),
        }
    }

    fn identifier(self) -> LanguageIdentifier {
        // Two letters always are one; the default stands for no language.
        self.tag().parse().unwrap_or_default()
    }

    fn bundle(self) -> &'static FluentBundle<FluentResource> {
        static BUNDLES: [OnceLock<FluentBundle<FluentResource>>; 4] = [const { OnceLock::new() }; 4];
        let [nl, fr, de, en] = &BUNDLES;
        let slot = match self {
            Self::Nl => nl,
            Self::Fr => fr,
            Self::De => de,
            Self::En => en,
        };
        slot.get_or_init(|| {
            // A mistake in a text costs that text, not the service; a test reads all of them strictly.
            let resource = FluentResource::try_new(self.source().to_owned()).unwrap_or_else(|(partial, _)| partial);
            let mut bundle = FluentBundle::new_concurrent(vec![self.identifier()]);
            // Isolation marks would end up in dialogs of toolkits that print them.
            bundle.set_use_isolating(false);
            bundle.add_resource_overriding(resource);
            bundle
        })
    }
}

/// A text to be said in a language not yet known: its id, and what fills its gaps.
#[derive(Clone, Debug)]
pub struct Message {
    id: String,
    args: Vec<(&'static str, Filler)>,
}

/// Content of a gap in a text.
#[derive(Clone, Debug)]
enum Filler {
    Text(String),
    /// Other texts, one behind the other.
    Messages(Vec<Message>),
}

impl Message {
    /// The text called `id`.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            args: Vec::new(),
        }
    }

    /// Fills the gap `$name`.
    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.args.push((name, Filler::Text(value.into())));
        self
    }

    /// Fills the gap `$name` with other texts, in the same language, one behind the other.
    #[must_use]
    pub fn list(mut self, name: &'static str, items: Vec<Message>) -> Self {
        self.args.push((name, Filler::Messages(items)));
        self
    }

    /// Puts `parent.` before what fills the gap `$member`, if there is one.
    #[must_use]
    pub(crate) fn under(mut self, parent: &str) -> Self {
        for (name, value) in &mut self.args {
            if let ("member", Filler::Text(value)) = (*name, value) {
                value.insert_str(0, &format!("{parent}."));
            }
        }
        self
    }

    /// Says it; in English if `language` lacks it, and as its id if that lacks it too.
    #[must_use]
    pub fn render(&self, language: Language) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in &self.args {
            match value {
                // Never as a number, which would be written anew: an enterprise number begins with a nought.
                Filler::Text(text) => args.set(*name, text.as_str()),
                Filler::Messages(items) => {
                    let items: Vec<_> = items.iter().map(|item| item.render(language)).collect();
                    args.set(*name, items.join("; "));
                }
            }
        }
        let say = |language: Language| {
            let bundle = language.bundle();
            let pattern = bundle.get_message(&self.id)?.value()?;
            Some(
                bundle
                    .format_pattern(pattern, Some(&args), &mut Vec::new())
                    .into_owned(),
            )
        };
        say(language)
            .or_else(|| say(Language::En))
            .unwrap_or_else(|| self.id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ErrorCode;
    use fluent_bundle::FluentResource;
    use std::collections::BTreeSet;

    fn ids(language: Language) -> BTreeSet<String> {
        FluentResource::try_new(language.source().to_owned()).expect("well-formed texts");
        let lines = language.source().lines();
        lines
            .filter_map(|line| line.split_once(" ="))
            .map(|(id, _)| id.to_owned())
            .filter(|id| !id.starts_with([' ', '#']))
            .collect()
    }

    #[test]
    fn every_language_has_the_same_texts() {
        for language in Language::ALL {
            assert_eq!(ids(language), ids(Language::En), "{}", language.tag());
        }
    }

    #[test]
    fn what_fills_a_gap_stays_as_it_is() {
        for language in Language::ALL {
            for value in ["0123456749", "007", "1.50", "3"] {
                let said = Message::new("detail-proof").arg("reason", value).render(language);
                assert_eq!(said, value, "{}", language.tag());
            }
        }
    }

    #[test]
    fn every_error_has_a_title_and_a_detail() {
        let ids = ids(Language::En);
        for code in ErrorCode::ALL {
            assert!(ids.contains(code.code()), "{}", code.code());
            assert!(ids.contains(&format!("{}-detail", code.code())), "{}", code.code());
        }
    }

    #[test]
    fn accept_language_takes_the_heaviest_we_have() {
        assert_eq!(
            Language::of_accept_language("es, fr-BE;q=0.8, nl;q=0.9"),
            Some(Language::Nl)
        );
        assert_eq!(Language::of_accept_language("de-DE"), Some(Language::De));
        assert_eq!(Language::of_accept_language("es;q=1"), None);
        assert_eq!(Language::of_accept_language("nl;q=0"), None);
    }
}
