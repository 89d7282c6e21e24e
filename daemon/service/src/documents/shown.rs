//! Lines of dialogs about the people and days in a document, as it was read back from its bytes.
//!
//! The card vouches for its holder's name. Every other name is the caller's word, and stands in quotes.
//! Names and titles come first and numbers last. The national number of a care provider is not shown: it is signed, and
//! says nothing to the patient. Every number of the patient is.

use beid_api::ApiError;
use beid_prompt::layout::{plain, quoted, wrapped};
use beid_protocol::codes::{CodeNames, HcPartyType, PartyKind};
use beid_protocol::name::Name;
use beid_protocol::summary::{AuthorSummary, IdentifierSummary, PartySummary, PatientSummary, PersonSummary};
use beid_texts::{Language, Message, Render};
use jiff::civil::Date;

/// A heading, and lines of ours below it.
pub(crate) fn section(heading: &str, lines: Vec<Message>, language: Language) -> String {
    let mut text = wrapped(&Message::new(heading).render(language), 0);
    for line in lines {
        text.push('\n');
        text.push_str(&wrapped(&line.render(language), 2));
    }
    text
}

/// The patient, as the card says.
///
/// # Errors
/// `internal` if nothing of the patient can be shown: nobody can agree to that. The other lines have the same error.
pub(crate) fn patient(patient: &PatientSummary, language: Language) -> Result<Message, ApiError> {
    let said = described(patient.name.as_ref().map(name), &[], &patient.ids, language)?;
    Ok(Message::new("dialog-patient").arg("name", said))
}

/// The patient, as the caller says.
///
/// # Errors
/// `internal`, as [`patient`].
pub(crate) fn stated_patient(patient: &PatientSummary, language: Language) -> Result<Message, ApiError> {
    let stated = patient.name.as_ref().map(|one| quoted(&name(one), language));
    let said = described(stated, &[], &patient.ids, language)?;
    Ok(Message::new("dialog-patient-stated").arg("name", said))
}

/// The provider concerned.
///
/// # Errors
/// `internal`, as [`patient`].
pub(crate) fn provider(party: &PartySummary, language: Language) -> Result<Message, ApiError> {
    Ok(Message::new("dialog-provider").arg("name", stated_party(party, language)?))
}

/// Lines on the authors who are none of `providers`, and on the person who acts for the patient.
///
/// # Errors
/// `internal`, as [`patient`].
pub(crate) fn author(
    author: &AuthorSummary,
    providers: &[PartySummary],
    language: Language,
) -> Result<Vec<Message>, ApiError> {
    let mut lines = Vec::new();
    for party in author.parties.iter().filter(|party| !is_among(party, providers)) {
        lines.push(Message::new("dialog-author").arg("name", stated_party(party, language)?));
    }
    if let Some(citizen) = &author.patient {
        let said = described(citizen.name.as_ref().map(name), &[], &citizen.ids, language)?;
        lines.push(Message::new("dialog-citizen").arg("name", said));
    }
    if let Some(person) = &author.person {
        lines.push(representative(person, language)?);
    }
    Ok(lines)
}

/// The line on a person who acts for the patient, beside a provider.
fn representative(person: &PersonSummary, language: Language) -> Result<Message, ApiError> {
    let stated = person.name.as_ref().map(|one| quoted(&name(one), language));
    let said = described(stated, &[], &person.ids, language)?;
    Ok(Message::new("dialog-representative").arg("name", said))
}

/// True if the party is one of these. They are elements of two vocabularies, so only their contents can be compared.
fn is_among(party: &PartySummary, parties: &[PartySummary]) -> bool {
    parties.iter().any(|one| one == party)
}

fn stated_party(party: &PartySummary, language: Language) -> Result<String, ApiError> {
    let is_physician = party.codes.iter().any(|code| code == "persphysician");
    let stated = party.name.as_ref().map(|one| {
        let title = is_physician.then(|| Message::new("dialog-physician-title").render(language));
        let titled: Vec<String> = title.into_iter().chain([name(one)]).collect();
        quoted(&titled.join(" "), language)
    });
    let words: Vec<String> = party
        .codes
        .iter()
        .map(|code| profession(code, party, language))
        .collect();
    let (personal, shown): (Vec<_>, Vec<_>) = party.ids.iter().cloned().partition(|id| id.scheme == "INSS");
    // In words, because the one number that is known is not shown, and a party without anything to show is refused.
    if stated.is_none() && shown.is_empty() && !personal.is_empty() {
        let unnamed = Message::new("dialog-unnamed").render(language);
        return described(Some(unnamed), &words, &[], language);
    }
    described(stated, &words, &shown, language)
}

/// Profession of a party, in a word: `general practitioner`.
fn profession(code: &str, party: &PartySummary, language: Language) -> String {
    // Competence codes 003 and 004 are those of recognised general practitioners. (RIZIV-INAMI, list of codes)
    let recognised = party.nihii().filter(|number| number.len() == 11);
    if code == "persphysician" && recognised.is_some_and(|number| number.ends_with("003") || number.ends_with("004")) {
        return Message::new("dialog-general-practitioner").render(language);
    }
    match HcPartyType::parse(code) {
        // A program's own name says what it is.
        Ok(kind) if kind.kind == PartyKind::Application && party.name.is_some() => String::new(),
        Ok(kind) => in_language(kind.names, language).to_owned(),
        Err(_) => quoted(code, language),
    }
}

/// `names` in `language`.
pub(crate) fn in_language(names: CodeNames, language: Language) -> &'static str {
    match language {
        Language::Nl => names.nl,
        Language::Fr => names.fr,
        Language::De => names.de,
        Language::En => names.en,
    }
}

/// `10 February 2028`, with the month in letters.
pub(crate) fn show(day: Date, language: Language) -> String {
    let month = Message::new(format!("dialog-month-{}", day.month())).render(language);
    let number = match (language, day.day()) {
        (Language::Fr, 1) => "1er".to_owned(),
        (Language::De, number) => format!("{number}."),
        (Language::Nl | Language::Fr | Language::En, number) => number.to_string(),
    };
    format!("{number} {month} {}", day.year())
}

/// All that is shown of a person or party: `“Dr. Testo ARTS”, general practitioner, NIHII 19999816004`.
fn described(
    name: Option<String>,
    words: &[String],
    ids: &[IdentifierSummary],
    language: Language,
) -> Result<String, ApiError> {
    let ids = ids.iter().map(|id| identifier(id, language));
    let parts = name.into_iter().chain(words.iter().cloned()).chain(ids);
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    // An empty name has quotes around it, and would pass for something.
    let nothing = quoted("", language);
    if parts.iter().all(|part| *part == nothing) {
        return Err(ApiError::internal("a party of whom nothing can be shown"));
    }
    Ok(parts.join(", "))
}

/// A number and what kind of number it is: `NIHII 19999816004`. A program's id is free text of the caller's.
fn identifier(id: &IdentifierSummary, language: Language) -> String {
    let (text, value) = match (id.scheme.as_str(), id.value.len()) {
        ("INSS", _) => ("dialog-id-inss", plain(&id.value)),
        // Enterprise numbers share a scheme with those of providers, which never have 10 digits.
        ("ID-HCPARTY", 10) | ("ID-CBE", _) => ("dialog-id-cbe", plain(&id.value)),
        ("ID-HCPARTY", _) => ("dialog-id-nihii", plain(&id.value)),
        ("EID-CARDNO", _) => ("dialog-id-eid-card", plain(&id.value)),
        ("ISI-CARDNO", _) => ("dialog-id-isi-card", plain(&id.value)),
        ("LOCAL", _) => ("dialog-id-application", quoted(&id.value, language)),
        (scheme, _) => return format!("{} {}", plain(scheme), quoted(&id.value, language)),
    };
    Message::new(text).arg("value", value).render(language)
}

fn name(name: &Name) -> String {
    match name {
        Name::Person { first, family } => plain(&format!("{first} {family}")),
        Name::Single(name) => plain(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn id(scheme: &str, value: &str) -> IdentifierSummary {
        IdentifierSummary {
            scheme: scheme.to_owned(),
            value: value.to_owned(),
        }
    }

    #[test]
    fn each_number_says_what_it_is() {
        for (scheme, value, expected) in [
            ("INSS", "85061599888", "INSS 85061599888"),
            ("ID-HCPARTY", "0123456749", "CBE 0123456749"),
            ("ID-CBE", "0123456749", "CBE 0123456749"),
            ("ID-HCPARTY", "29999031", "NIHII 29999031"),
            ("ISI-CARDNO", "0098", "ISI+ card number 0098"),
            ("LOCAL", "4711”,INSS", "application id “4711’,INSS”"),
            ("ID-NEW", "7", "ID-NEW “7”"),
        ] {
            assert_eq!(identifier(&id(scheme, value), Language::En), expected);
        }
    }

    #[test]
    fn a_party_of_whom_nothing_can_be_shown_is_not_asked_about() {
        for name in [None, Some(Name::Single("\u{2800}\u{200B}".to_owned()))] {
            let nobody = PartySummary {
                ids: Vec::new(),
                codes: Vec::new(),
                name,
            };
            assert!(provider(&nobody, Language::En).is_err());
        }
    }

    #[test]
    fn whoever_asks_for_another_or_acts_for_the_patient_is_named() {
        let physician = PartySummary {
            ids: vec![id("ID-HCPARTY", "19999816004")],
            codes: vec!["persphysician".to_owned()],
            name: None,
        };
        let by = AuthorSummary {
            parties: vec![physician.clone()],
            patient: None,
            person: Some(PersonSummary {
                ids: vec![id("INSS", "79010199757")],
                name: Some(Name::Person {
                    first: "Testa".to_owned(),
                    family: "MOEDER".to_owned(),
                }),
            }),
        };
        let shown = |providers: &[PartySummary]| {
            let lines = author(&by, providers, Language::En).unwrap();
            lines.iter().map(|line| line.render(Language::En)).collect::<Vec<_>>()
        };
        let acts = "acts for the patient (as stated): “Testa MOEDER”, INSS 79010199757";
        assert_eq!(shown(std::slice::from_ref(&physician)), [acts]);
        let asks = "requested by (as stated): general practitioner, NIHII 19999816004";
        assert_eq!(shown(&[]), [asks, acts]);
    }

    #[test]
    fn a_doctor_is_shown_by_title_and_name_and_never_by_national_number() {
        let doctor = |name: Option<&str>, nihii: Option<&str>| PartySummary {
            ids: nihii
                .map(|nihii| id("ID-HCPARTY", nihii))
                .into_iter()
                .chain([id("INSS", "85061599888")])
                .collect(),
            codes: vec!["persphysician".to_owned()],
            name: name.map(|family| Name::Person {
                first: "Testo".to_owned(),
                family: family.to_owned(),
            }),
        };
        for (party, expected) in [
            (
                doctor(Some("ARTS"), Some("19999816004")),
                "“Dr. Testo ARTS”, huisarts, RIZIV 19999816004",
            ),
            (
                doctor(Some("ARTS"), Some("19999816580")),
                "“Dr. Testo ARTS”, arts, RIZIV 19999816580",
            ),
            (doctor(Some("ARTS"), None), "“Dr. Testo ARTS”, arts"),
            (doctor(None, Some("19999816")), "arts, RIZIV 19999816"),
            (doctor(None, None), "(zonder naam), arts"),
        ] {
            assert_eq!(stated_party(&party, Language::Nl).unwrap(), expected);
            for language in Language::ALL {
                let shown = stated_party(&party, language).unwrap();
                assert!(!shown.contains("85061599888") && !shown.contains("pers"), "{shown}");
            }
        }
    }

    #[test]
    fn a_day_is_written_as_people_write_it_here() {
        for (language, tenth, first) in [
            (Language::Nl, "10 februari 2028", "1 maart 2028"),
            (Language::Fr, "10 février 2028", "1er mars 2028"),
            (Language::De, "10. Februar 2028", "1. März 2028"),
            (Language::En, "10 February 2028", "1 March 2028"),
        ] {
            assert_eq!(show(date(2028, 2, 10), language), tenth);
            assert_eq!(show(date(2028, 3, 1), language), first);
            for month in 1..=12 {
                assert!(!show(date(2028, month, 2), language).contains("dialog-"), "{month}");
            }
        }
    }
}
