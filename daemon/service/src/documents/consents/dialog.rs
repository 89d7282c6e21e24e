//! Dialog of evidence of a consent: first what the request says, then the official text, whole and word for word. All
//! of it is read back from the bytes that are signed.
//!
//! The text stands alone on its pages. A page of its own beside it may hold a short explanation for readers of another
//! language, or the meaning of some of its words; its title and first words say that it is not signed.

use super::evidence::EvidenceSummary;
use crate::ceremony::Dialog;
use crate::documents::shown::{author, in_language, patient, section, show, stated_patient};
use crate::pin::Asking;
use beid_api::ApiError;
use beid_api::types::{SignedRepresentative, SignedText};
use beid_card::Identity;
use beid_prompt::layout::{paragraph, plain, quoted};
use beid_protocol::codes::{Capacity, ConsentType};
use beid_protocol::consent_text::{ConsentText, Explanation};
use beid_protocol::name::Name;
use beid_protocol::operation::PlatformOperation;
use beid_protocol::summary::{Action, AuthorSummary, ConsentSummary, PersonSummary, RequestSummary};
use beid_texts::{Language, Message, Render};

/// Content of the dialog, apart from caller and holder.
pub(super) struct EvidenceDialog<'s> {
    /// Meaning of the bytes.
    pub(super) summary: &'s EvidenceSummary,
    /// A page that helps to read the text, if there is one.
    pub(super) help: Option<&'s str>,
    /// True if the patient's name and numbers are a card's; else they are the caller's word.
    pub(super) patient_was_read: bool,
    /// True if it is the patient who signs.
    pub(super) by_patient: bool,
}

impl EvidenceDialog<'_> {
    /// Renders it page by page; the PIN is asked behind the last.
    ///
    /// # Errors
    /// `internal` if the bytes do not say one thing that can be shown.
    pub(super) fn render(&self, asking: &Asking<'_>, holder: &Identity) -> Result<Dialog, ApiError> {
        let language = asking.language();
        let mut parts = vec![asking.asks("dialog-asked", Some(holder))];
        parts.extend(self.meaning(language)?);
        let meaning = parts.join("\n\n");
        let Some(text) = &self.summary.text else {
            return Ok(Dialog::new(1, meaning));
        };
        let in_short = Message::new("dialog-consent-in-short").render(language);
        let mut dialog = Dialog::new(1, paragraph(&in_short)).opening(meaning);
        if let Some(help) = self.help {
            dialog = dialog.passage(Message::new("dialog-explanation-title"), help.to_owned());
        }
        let title = Message::new("dialog-consent-text-title").arg("language", language_name(&text.language, language));
        Ok(dialog.verbatim(title, text.plain_text.clone()))
    }

    fn meaning(&self, language: Language) -> Result<Vec<String>, ApiError> {
        let request = &self.summary.request;
        let (consent, what) = consent_of(request)?;
        let mut lines = vec![Message::new(what)];
        lines.push(if self.patient_was_read {
            patient(&consent.patient, language)?
        } else {
            stated_patient(&consent.patient, language)?
        });
        // The person who acts for the patient stands on a line of its own below, with the capacity.
        let parties = AuthorSummary {
            person: None,
            ..request.author.clone()
        };
        lines.extend(author(&parties, &[], language)?);
        lines.extend(self.representative(&request.author, language)?);
        let types = consent.types.iter().map(|code| type_name(code, language));
        lines.extend(types.map(|name| Message::new("dialog-consent-type").arg("type", name)));
        for (day, text) in [
            (consent.sign_date, "dialog-consent-signed"),
            (consent.revoke_date, "dialog-consent-revoked"),
        ] {
            lines.extend(day.map(|day| Message::new(text).arg("day", show(day, language))));
        }
        lines.extend(self.summary.text.as_ref().map(|text| text_line(text, language)));
        let mut parts = vec![section("dialog-covered", lines, language)];
        let say = |id: &str| paragraph(&Message::new(id).render(language));
        if consent.revoke_date.is_some() {
            parts.push(say("dialog-consent-effect"));
        }
        if !self.by_patient {
            parts.push(say("dialog-consent-provider-signs"));
        }
        Ok(parts)
    }

    /// Line on the person who acts for the patient, and in what capacity. The request tells only a part of that; all of
    /// it is signed beside the request.
    fn representative(&self, author: &AuthorSummary, language: Language) -> Result<Option<Message>, ApiError> {
        let Some(one) = &self.summary.representative else {
            return match author.person {
                None => Ok(None),
                Some(_) => Err(ApiError::internal("a representative of whom nothing is signed in full")),
            };
        };
        if author.person.as_ref().is_some_and(|person| !is_same(person, one)) {
            return Err(ApiError::internal("two representatives"));
        }
        let number = one.ssin.as_ref().map(|ssin| {
            let text = Message::new("dialog-id-inss").arg("value", plain(ssin));
            text.render(language)
        });
        let named = quoted(&format!("{} {}", one.first_name, one.family_name), language);
        let described: Vec<_> = [named].into_iter().chain(number).collect();
        let text = Message::new("dialog-consent-acts").arg("name", described.join(", "));
        Ok(Some(text.arg("capacity", capacity(one.capacity.0, language)?)))
    }
}

/// Finds the consent in a request, and the text id of the operation on it.
fn consent_of(request: &RequestSummary) -> Result<(&ConsentSummary, &'static str), ApiError> {
    let what = if request.operation == PlatformOperation::RevokeConsent {
        "dialog-consent-revoke"
    } else {
        "dialog-consent-put"
    };
    match &request.action {
        // Head and consent each name an author; the dialog shows that of the head.
        Action::Consent(consent) if consent.author.as_ref().is_none_or(|author| *author == request.author) => {
            Ok((consent, what))
        }
        Action::Consent(_) => Err(ApiError::internal("a consent of another author")),
        Action::Link(_) | Action::Links(_) | Action::Exclusion(_) | Action::Query(_) => {
            Err(ApiError::internal("a request about no consent"))
        }
    }
}

/// The line on the text. The person reads it whole on the pages that follow, so its name is enough here.
fn text_line(text: &SignedText, language: Language) -> Message {
    Message::new("dialog-consent-text")
        .arg("language", language_name(&text.language, language))
        .arg("version", plain(&text.version))
}

/// Language of a text in a word, or its tag if it is none of ours.
fn language_name(tag: &str, language: Language) -> String {
    match Language::from_tag(tag) {
        Some(known) => Message::new(format!("dialog-language-{}", known.tag())).render(language),
        None => plain(tag),
    }
}

/// Help with reading an official text.
#[derive(Clone, Copy)]
pub(super) enum TextHelp {
    /// An explanation for readers of another language.
    Explanation(&'static Explanation),
    /// The meaning of its own words.
    Glossary,
}

impl TextHelp {
    /// The page, behind the mark that says it is not signed; none if there is nothing to say.
    pub(super) fn page(self, official: &ConsentText, language: Language) -> Option<String> {
        let paragraphs: Vec<String> = match self {
            Self::Explanation(one) => {
                let lines = std::iter::once(one.mark).chain(one.text.lines());
                lines.map(paragraph).collect()
            }
            Self::Glossary if official.glossary().is_empty() => return None,
            Self::Glossary => {
                let mark = Message::new("dialog-glossary-mark").render(language);
                let terms = official.glossary().iter();
                let terms = terms.map(|one| format!("{}: {}", one.term, one.meaning));
                std::iter::once(mark)
                    .chain(terms)
                    .map(|line| paragraph(&line))
                    .collect()
            }
        };
        Some(paragraphs.join("\n\n"))
    }
}

fn is_same(person: &PersonSummary, one: &SignedRepresentative) -> bool {
    let number = person.ids.iter().find(|id| id.scheme == "INSS").map(|id| &id.value);
    let named = match &person.name {
        Some(Name::Person { first, family }) => *first == one.first_name && *family == one.family_name,
        Some(Name::Single(name)) => one.first_name.is_empty() && *name == one.family_name,
        None => false,
    };
    named && number == one.ssin.as_ref()
}

fn type_name(code: &str, language: Language) -> String {
    match ConsentType::parse(code) {
        Ok(kind) => in_language(kind.names, language).to_owned(),
        Err(_) => plain(code),
    }
}

fn capacity(capacity: Capacity, language: Language) -> Result<&'static str, ApiError> {
    let names = capacity.names();
    let names = names.ok_or_else(|| ApiError::internal("a capacity without a name"))?;
    Ok(in_language(names, language))
}
