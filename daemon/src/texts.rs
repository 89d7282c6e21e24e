//! What people read, in their language. Every text is in `locales/`, one file a language (Fluent).

use beid_pki::Reason;
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
    args: Vec<(&'static str, Gap)>,
}

/// What fills a gap of a text: the same in every language, or a text itself.
#[derive(Clone, Debug)]
pub enum Gap {
    /// As it is.
    Plain(String),
    /// In the language of the text around it.
    Text(Box<Message>),
    /// Other texts in that language, one behind the other.
    Texts(Vec<Message>),
}

impl From<String> for Gap {
    fn from(plain: String) -> Self {
        Self::Plain(plain)
    }
}

impl From<&str> for Gap {
    fn from(plain: &str) -> Self {
        Self::Plain(plain.to_owned())
    }
}

impl From<Message> for Gap {
    fn from(text: Message) -> Self {
        Self::Text(Box::new(text))
    }
}

impl From<&str> for Message {
    /// Takes a reason in English; see [`Message::of_english`].
    fn from(english: &str) -> Self {
        Self::of_english(english)
    }
}

impl From<String> for Message {
    /// Takes a reason in English; see [`Message::of_english`].
    fn from(english: String) -> Self {
        Self::of_english(english)
    }
}

impl From<Reason> for Message {
    /// Takes the sentence about a reason why a check did not pass.
    fn from(reason: Reason) -> Self {
        Self::new(format!("check-{}", reason.word()))
    }
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
    pub fn arg(mut self, name: &'static str, value: impl Into<Gap>) -> Self {
        self.args.push((name, value.into()));
        self
    }

    /// Fills the gap `$name` with other texts, in the same language, one behind the other.
    #[must_use]
    pub fn list(mut self, name: &'static str, items: Vec<Message>) -> Self {
        self.args.push((name, Gap::Texts(items)));
        self
    }

    /// The text whose English is `said`: reasons stand in the code in English, as in the crates below, and callers hear
    /// them in their own language. A reason that is in no text is said as it is; a test finds those.
    #[must_use]
    pub fn of_english(said: impl Into<String>) -> Self {
        let said = said.into();
        let source = Language::En.source();
        let reasons = source.lines().filter(|line| line.starts_with("reason-"));
        let fitting = reasons.filter_map(|line| {
            let (id, pattern) = line.split_once(" = ")?;
            Some((id, gaps_of(pattern, &said)?))
        });
        // The one that says most of it itself.
        let in_gaps =
            |(_, gaps): &(&str, Vec<(&str, String)>)| gaps.iter().map(|(_, value)| value.len()).sum::<usize>();
        match fitting.min_by_key(in_gaps) {
            None => Self::new(said),
            Some((id, gaps)) => Self {
                id: id.to_owned(),
                args: gaps.into_iter().map(|(name, value)| (name, value.into())).collect(),
            },
        }
    }

    /// Puts `parent.` before what fills the gap `$member`, if there is one.
    #[must_use]
    pub(crate) fn under(mut self, parent: &str) -> Self {
        for (name, gap) in &mut self.args {
            if let ("member", Gap::Plain(value)) = (*name, gap) {
                value.insert_str(0, &format!("{parent}."));
            }
        }
        self
    }

    /// Says it; in English if `language` lacks it, and as its id if that lacks it too.
    #[must_use]
    pub fn render(&self, language: Language) -> String {
        let mut args = FluentArgs::new();
        for (name, gap) in &self.args {
            // Never as a number, which would be written anew: an enterprise number begins with a nought.
            match gap {
                Gap::Plain(value) => args.set(*name, value.as_str()),
                Gap::Text(text) => args.set(*name, text.render(language)),
                Gap::Texts(items) => {
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

/// What stands in `said` where `pattern` has gaps (`{ $name }`), if it is that pattern otherwise.
fn gaps_of(pattern: &'static str, said: &str) -> Option<Vec<(&'static str, String)>> {
    let mut parts = pattern.split("{ $");
    let mut rest = said.strip_prefix(parts.next()?)?;
    let mut gaps = Vec::new();
    for part in parts {
        let (name, literal) = part.split_once(" }")?;
        let end = if literal.is_empty() {
            rest.len()
        } else {
            rest.find(literal)?
        };
        let (value, behind) = rest.split_at_checked(end)?;
        gaps.push((name, value.to_owned()));
        rest = behind.strip_prefix(literal)?;
    }
    rest.is_empty().then_some(gaps)
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
    fn reasons_of_the_crates_below_are_said_in_every_language() {
        let check = |said: &str, german: &str| assert_eq!(Message::of_english(said).render(Language::De), german);
        check("is needed", "wird benötigt");
        check("must be 8 or 11 digits", "muss aus 8 oder 11 Ziffern bestehen");
        check(
            "unknown code, did you mean gpconsultation or consultation?",
            "unbekannter Code; gemeint: gpconsultation or consultation?",
        );
        check(
            "a reason that nobody has translated",
            "a reason that nobody has translated",
        );
        for line in Language::En.source().lines().filter(|line| line.starts_with("reason-")) {
            let (id, english) = line.split_once(" = ").unwrap();
            // Itself, with each gap filled by its own name.
            assert_eq!(Message::of_english(english).id, id, "two texts for one reason");
        }
    }

    /// The last text of each call of `invalid` and its like in `source`, before its tests.
    fn reasons_in(source: &str) -> Vec<&str> {
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        let calls = ["invalid(", "not_allowed(", "refuse(", "wrong("].into_iter();
        let arguments = calls.flat_map(|call| code.split(call).skip(1)).map(|rest| {
            let mut depth = 1_u32;
            let mut quoted = false;
            let end = rest.find(|c: char| {
                quoted ^= c == '"';
                match c {
                    '(' if !quoted => depth += 1,
                    ')' if !quoted => depth -= 1,
                    _ => {}
                }
                depth == 0
            });
            &rest[..end.unwrap_or_default()]
        });
        // Of two texts the first is the member.
        let last = arguments.map(|arguments| arguments.split('"').skip(1).step_by(2).last().unwrap_or_default());
        last.filter(|text| text.contains(' ') && text.contains(char::is_alphabetic))
            .collect()
    }

    #[test]
    fn every_reason_is_said_in_every_language() {
        let mut folders = ["src", "../protocol/src"]
            .map(|folder| format!("{}/{folder}", env!("CARGO_MANIFEST_DIR")))
            .map(std::path::PathBuf::from)
            .to_vec();
        // Settings and installed texts are refused on a console, in English; time stamps are asked for by us.
        let not_of_callers = ["config.rs", "tests.rs", "consent_text/mod.rs", "timestamp/mod.rs"];
        let mut found = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs")
                    && !not_of_callers.iter().any(|file| path.ends_with(file))
                {
                    let source = std::fs::read_to_string(&path).unwrap();
                    for reason in reasons_in(&source) {
                        let id = Message::of_english(reason).id;
                        assert!(
                            id.starts_with("reason-"),
                            "{}: no reason- in locales/ is {reason:?}",
                            path.display()
                        );
                        found += 1;
                    }
                }
            }
        }
        assert!(found > 60, "{found}");
    }

    #[test]
    fn every_reason_of_a_check_has_a_sentence_and_no_sentence_is_left_over() {
        for reason in Reason::ALL {
            assert_eq!(Message::from(*reason).render(Language::En), reason.meaning());
        }
        let known: BTreeSet<_> = Reason::ALL.iter().map(|reason| Message::from(*reason).id).collect();
        let sentences = ids(Language::En).into_iter().filter(|id| id.starts_with("check-"));
        // The other languages have the same texts, as the test above says.
        assert_eq!(sentences.collect::<BTreeSet<_>>(), known);
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
