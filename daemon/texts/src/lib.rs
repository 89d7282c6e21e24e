//! Texts for people, rendered in their language. Every text is in `locales/`, one file a language (Fluent).

use beid_api::{ApiError, Gap, MessageSource, Problem};
pub use beid_api::{Language, Message};
use flate2::read::GzDecoder;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use std::io::Read;
use std::sync::OnceLock;
use unic_langid::LanguageIdentifier;

/// Texts that can be rendered.
pub trait Render {
    /// Renders the text; in English if `language` lacks it, and as its id if that lacks it too.
    #[must_use]
    fn render(&self, language: Language) -> String;
}

/// Texts of an error.
pub trait ErrorTexts {
    /// One line for people: what happened.
    #[must_use]
    fn title(&self, language: Language) -> String;

    /// A sentence or two for people: to what it happened, and what to do next.
    #[must_use]
    fn detail(&self, language: Language) -> String;

    /// The members of `application/problem+json` (RFC 9457).
    #[must_use]
    fn to_problem(&self, language: Language) -> Problem;
}

impl Render for Message {
    fn render(&self, language: Language) -> String {
        let mut args = FluentArgs::new();
        for (name, gap) in self.gaps() {
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
        match self.source() {
            MessageSource::Id(id) => format(id, &args, language),
            MessageSource::English(english) => match reason(english) {
                Some((id, gaps)) => {
                    gaps.into_iter().for_each(|(name, value)| args.set(name, value));
                    format(id, &args, language)
                }
                // A test finds the reasons that are in no text.
                None => english.clone(),
            },
        }
    }
}

impl ErrorTexts for ApiError {
    fn title(&self, language: Language) -> String {
        Message::new(self.code.code()).render(language)
    }

    fn detail(&self, language: Language) -> String {
        let general = || Message::new(format!("{}-detail", self.code.code())).render(language);
        self.detail
            .as_ref()
            .map_or_else(general, |detail| detail.render(language))
    }

    fn to_problem(&self, language: Language) -> Problem {
        Problem::new(self, self.title(language), self.detail(language))
    }
}

fn format(id: &str, args: &FluentArgs<'_>, language: Language) -> String {
    let in_language = |language: Language| {
        let bundle = bundle(language);
        let pattern = bundle.get_message(id)?.value()?;
        Some(bundle.format_pattern(pattern, Some(args), &mut Vec::new()).into_owned())
    };
    in_language(language)
        .or_else(|| in_language(Language::En))
        .unwrap_or_else(|| id.to_owned())
}

macro_rules! packed {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".gz"))
    };
}

/// Fluent source of every text in `language`, compressed by `build.rs`: the daemon's own page renders the same texts.
#[must_use]
pub const fn packed(language: Language) -> &'static [u8] {
    match language {
        Language::Nl => packed!("nl.ftl"),
        Language::Fr => packed!("fr.ftl"),
        Language::De => packed!("de.ftl"),
        Language::En => packed!("en.ftl"),
    }
}

/// Fluent source of every text in `language`.
#[must_use]
pub fn source(language: Language) -> String {
    let mut text = String::new();
    // Of octets that the build has made, which a test reads.
    drop(GzDecoder::new(packed(language)).read_to_string(&mut text));
    text
}

/// Lines of the English texts about reasons of the crates below.
fn reasons() -> &'static [String] {
    static REASONS: OnceLock<Vec<String>> = OnceLock::new();
    REASONS.get_or_init(|| {
        let english = source(Language::En);
        let reasons = english.lines().filter(|line| line.starts_with("reason-"));
        reasons.map(str::to_owned).collect()
    })
}

fn bundle(language: Language) -> &'static FluentBundle<FluentResource> {
    static BUNDLES: [OnceLock<FluentBundle<FluentResource>>; 4] = [const { OnceLock::new() }; 4];
    let [nl, fr, de, en] = &BUNDLES;
    let slot = match language {
        Language::Nl => nl,
        Language::Fr => fr,
        Language::De => de,
        Language::En => en,
    };
    slot.get_or_init(|| {
        // A mistake in a text costs that text, not the service; a test reads all of them strictly.
        let resource = FluentResource::try_new(source(language)).unwrap_or_else(|(partial, _)| partial);
        // Two letters always are a tag; the default stands for no language.
        let identifier: LanguageIdentifier = language.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
        // Isolation marks would end up in dialogs of toolkits that print them.
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        bundle
    })
}

/// Finds the text of a reason by its English; returns its id and the values of its gaps.
fn reason(english: &str) -> Option<(&'static str, Vec<(&'static str, String)>)> {
    let fitting = reasons().iter().filter_map(|line| {
        let (id, pattern) = line.split_once(" = ")?;
        Some((id, gaps_of(pattern, english)?))
    });
    // Of several that fit, the one with the least in its gaps says most of it itself.
    fitting.min_by_key(|(_, gaps)| gaps.iter().map(|(_, value)| value.len()).sum::<usize>())
}

/// Values that `said` has in the gaps of `pattern` (`{ $name }`); `None` if it is not that pattern.
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
    use beid_api::ErrorCode;
    use beid_pki::Reason;
    use std::collections::BTreeSet;

    fn ids(language: Language) -> BTreeSet<String> {
        FluentResource::try_new(source(language)).expect("well-formed texts");
        let source = source(language);
        source
            .lines()
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
    fn no_text_stands_twice() {
        for language in Language::ALL {
            let source = source(language);
            let mut seen = BTreeSet::new();
            for (id, _) in source.lines().filter_map(|line| line.split_once(" =")) {
                let is_id = !id.starts_with([' ', '#']);
                assert!(!is_id || seen.insert(id), "{}: {id} stands twice", language.tag());
            }
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
        let check = |said: &str, german: &str| assert_eq!(Message::from(said).render(Language::De), german);
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
        for line in reasons() {
            let (id, english) = line.split_once(" = ").unwrap();
            // Itself, with each gap filled by its own name.
            assert_eq!(reason(english).map(|(id, _)| id), Some(id), "two texts for one reason");
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
        let mut folders = [
            "../src",
            "../api/src",
            "../service/src",
            "../front-https/src",
            "../front-dbus/src",
            "../prompt/src",
            "../../protocol/src",
        ]
        .map(|folder| format!("{}/{folder}", env!("CARGO_MANIFEST_DIR")))
        .map(std::path::PathBuf::from)
        .to_vec();
        // Settings and installed texts are refused on a console, in English; time stamps are asked for by us.
        let not_of_callers = [
            "config.rs",
            "config/environment.rs",
            "tests.rs",
            "consent_text/mod.rs",
            "timestamp/mod.rs",
        ];
        let mut found = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs")
                    && !not_of_callers.iter().any(|file| path.ends_with(file))
                {
                    let text = std::fs::read_to_string(&path).unwrap();
                    for english in reasons_in(&text) {
                        assert!(
                            reason(english).is_some(),
                            "{}: no reason- in locales/ is {english:?}",
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
        let known = Reason::ALL.iter().map(|reason| format!("check-{}", reason.word()));
        let sentences = ids(Language::En).into_iter().filter(|id| id.starts_with("check-"));
        // The other languages have the same texts, as the test above says.
        assert_eq!(sentences.collect::<BTreeSet<_>>(), known.collect());
    }

    #[test]
    fn every_error_has_a_title_and_a_detail() {
        let ids = ids(Language::En);
        for code in ErrorCode::ALL {
            assert!(ids.contains(code.code()), "{}", code.code());
            assert!(ids.contains(&format!("{}-detail", code.code())), "{}", code.code());
        }
    }
}
