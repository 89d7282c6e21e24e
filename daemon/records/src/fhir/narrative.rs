//! Narrative of a Patient: the same data in words, as XHTML, for people whose software shows nothing else.

use super::{FhirSource, given_names};
use crate::carried;
use beid_api::types::IdentityAnswer;
use beid_api::words::{CheckOutcome, DatePrecision, GenderWord};
use beid_api::{Language, Message};
use beid_protocol::name::is_format;
use beid_texts::Render;
use jiff::civil::Date;
use serde_json::{Value, json};

/// Makes the element `text`.
pub(super) fn text(source: &FhirSource<'_>) -> Option<Value> {
    let tag = source.language.tag();
    let sentences: Vec<String> = sentences(source).iter().map(|sentence| escaped(sentence)).collect();
    let div = format!(
        r#"<div xmlns="http://www.w3.org/1999/xhtml" lang="{tag}" xml:lang="{tag}"><p>{}</p></div>"#,
        sentences.join(" ")
    );
    Some(json!({ "status": "generated", "div": div }))
}

/// The sentences, first that the card is simulated.
fn sentences(source: &FhirSource<'_>) -> Vec<String> {
    let (identity, language) = (source.identity, source.language);
    let say = |id: &str| Message::new(id).render(language);
    let mut said = Vec::new();
    if identity.simulated == Some(true) {
        said.push(say("record-simulated"));
    }
    let person = person(identity, language);
    if !person.is_empty() {
        said.push(format!("{}.", person.join(", ")));
    }
    if let Some(number) = identity.national_number.as_deref().and_then(carried) {
        let number = Message::new("dialog-id-inss").arg("value", dotted(number));
        said.push(format!("{}.", number.render(language)));
    }
    let address = source.address.and_then(|_| super::address(source));
    let address = address
        .as_ref()
        .and_then(|address| address.pointer("/0/text")?.as_str());
    said.extend(address.map(|address| format!("{address}.")));
    said.push(match identity.authenticity.outcome {
        CheckOutcome::Passed => say("record-passed"),
        CheckOutcome::Failed => say("record-failed"),
        CheckOutcome::Unknown | CheckOutcome::Other(_) => say("record-unknown"),
    });
    said
}

/// Name, gender and birth.
fn person(identity: &IdentityAnswer, language: Language) -> Vec<String> {
    let family = identity.family_name.as_deref().and_then(carried);
    let title = identity.noble_condition.as_deref().and_then(carried);
    let name: Vec<&str> = title.into_iter().chain(given_names(identity)).chain(family).collect();
    let mut said = Vec::new();
    if !name.is_empty() {
        said.push(name.join(" "));
    }
    let gender = match &identity.gender {
        Some(GenderWord::Male) => Some("record-male"),
        Some(GenderWord::Female) => Some("record-female"),
        Some(GenderWord::Unknown | GenderWord::Other(_)) | None => None,
    };
    said.extend(gender.map(|id| Message::new(id).render(language)));
    said.extend(birth(identity, language));
    if let Some(place) = identity.birth_place.as_deref().and_then(carried) {
        said.push(Message::new("record-birth-place").arg("place", place).render(language));
    }
    said
}

/// Date of birth in words; where the day is not known, with the text on the card.
fn birth(identity: &IdentityAnswer, language: Language) -> Option<String> {
    let date = identity.birth_date.as_deref()?;
    let born = if identity.birth_date_precision == Some(DatePrecision::Year) {
        match identity.birth_date_text.as_deref().and_then(carried) {
            Some(printed) => Message::new("record-born-in-year")
                .arg("year", date)
                .arg("text", printed),
            None => Message::new("record-born").arg("date", date),
        }
    } else {
        let day: Date = date.parse().ok()?;
        let month = Message::new(format!("dialog-month-{}", day.month())).render(language);
        let after_day = if language == Language::De { "." } else { "" };
        let date = format!("{}{after_day} {month} {}", day.day(), day.year());
        Message::new("record-born").arg("date", date)
    };
    Some(born.render(language))
}

/// `84.02.01-402.85`
fn dotted(number: &str) -> String {
    let parts = [0..2, 2..4, 4..6, 6..9, 9..11].map(|part| number.get(part));
    match parts {
        [Some(year), Some(month), Some(day), Some(serial), Some(check)] if number.len() == 11 => {
            format!("{year}.{month}.{day}-{serial}.{check}")
        }
        _ => number.to_owned(),
    }
}

/// Text for XHTML. Characters that turn the direction of what follows are made visible: a name must not rewrite its
/// sentence.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if is_format(c) || c.is_control() => escaped.push('\u{FFFD}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_is_markup_or_turns_the_text() {
        for (name, shown) in [
            ("D'Hondt & Zoon", "D'Hondt &amp; Zoon"),
            ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
            ("a \"b\" ]]> c", "a &quot;b&quot; ]]&gt; c"),
            ("a\u{202E}b\u{2066}c", "a\u{FFFD}b\u{FFFD}c"),
            ("a\u{0}b\u{85}c", "a\u{FFFD}b\u{FFFD}c"),
            ("Désiré Ćirić", "Désiré Ćirić"),
        ] {
            assert_eq!(escaped(name), shown);
        }
    }

    #[test]
    fn numbers_are_written_as_on_the_card() {
        assert_eq!(dotted("84020140285"), "84.02.01-402.85");
        assert_eq!(dotted("8402014028"), "8402014028");
    }
}
