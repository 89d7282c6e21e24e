//! What a patient is shown before signing: rendered from the very bytes that will be signed.

use crate::api::ApiError;
use crate::prompt::Wording;
use crate::prompt::layout::{plain, quoted, wrapped};
use crate::service::caller::Asker;
use crate::service::pin::{Asking, holder_line};
use crate::texts::{Language, Message};
use beid_card::Identity;
use beid_protocol::codes::LinkType;
use beid_protocol::name::Name;
use beid_protocol::summary::{Identifier, LinkSummary, RequestSummary, SignedSummary};
use beid_protocol::therlink::{Prepared, Profile};
use jiff::civil::Date;

/// What the dialogs of a signature say around their text.
pub(super) const SIGN: Wording = Wording {
    title: "dialog-title",
    in_short: "dialog-pin-after-pages",
    prompt: "dialog-pin",
    ok: "dialog-sign",
    keypad: "dialog-keypad",
};

/// Who asks, whose card it is, and the signature's meaning.
///
/// # Errors
/// `internal` if the bytes do not say one thing that can be shown.
pub(super) fn text(
    asker: &Asker,
    asking: &Asking<'_>,
    prepared: &Prepared,
    holder: &Identity,
) -> Result<String, ApiError> {
    let language = asking.language();
    let (signed, request) = (prepared.signed_summary()?, prepared.request_summary()?);
    let proved = request
        .link()
        .ok_or_else(|| ApiError::internal("a request about no link"))?;
    must_agree(&signed, &request, &proved.link)?;
    let mut parts = vec![
        wrapped(&asker.asks("dialog-asked").render(language), 0),
        holder_line(holder, language),
    ];
    parts.extend(meaning(&signed, &proved.link, language)?);
    parts.extend(asking.tries_left());
    Ok(parts.join("\n\n"))
}

/// The two parts of a dialog speak of one link: what is said of its patient and parties is said of both.
fn must_agree(signed: &SignedSummary, request: &RequestSummary, theirs: &LinkSummary) -> Result<(), ApiError> {
    let ours = &signed.link;
    let same = match signed.profile {
        Profile::Connector => ours.start == Some(request.date),
        Profile::Strict => ours == theirs,
    };
    if same && ours.patient == theirs.patient && ours.parties == theirs.parties {
        Ok(())
    } else {
        Err(ApiError::internal(
            "what is to be signed differs from what is requested",
        ))
    }
}

/// What is signed, and what is registered with it.
fn meaning(signed: &SignedSummary, requested: &LinkSummary, language: Language) -> Result<Vec<String>, ApiError> {
    let mut covered = covered(&signed.link, language)?;
    Ok(match signed.profile {
        Profile::Connector => {
            let registered = registered(requested, language);
            vec![
                section("dialog-covered", covered, language),
                section("dialog-registered", registered, language),
            ]
        }
        Profile::Strict => {
            covered.extend(registered(&signed.link, language));
            vec![section("dialog-covered", covered, language)]
        }
    })
}

fn section(heading: &str, lines: Vec<Message>, language: Language) -> String {
    let mut text = wrapped(&Message::new(heading).render(language), 0);
    for line in lines {
        text.push('\n');
        text.push_str(&wrapped(&line.render(language), 2));
    }
    text
}

/// What the signature covers: patient, provider, and the day it is made.
fn covered(link: &LinkSummary, language: Language) -> Result<Vec<Message>, ApiError> {
    let patient = described(link.patient.name.as_ref().map(name), &[], &link.patient.ids, language)?;
    let mut lines = vec![Message::new("dialog-patient").arg("name", patient)];
    for party in &link.parties {
        // The card vouches for the patient's name; for this one there is only the caller's word.
        let stated = party.name.as_ref().map(|one| quoted(&name(one)));
        let party = described(stated, &party.codes, &party.ids, language)?;
        lines.push(Message::new("dialog-provider").arg("name", party));
    }
    lines.extend(link.start.map(|day| Message::new("dialog-day").arg("day", show(day))));
    Ok(lines)
}

/// What the platform will be told: kind of link and period.
fn registered(link: &LinkSummary, language: Language) -> Vec<Message> {
    let mut lines = vec![Message::new("dialog-type").arg("type", type_name(&link.link_type, language))];
    match (link.start, link.end) {
        (Some(start), Some(end)) => {
            lines.push(
                Message::new("dialog-period")
                    .arg("start", show(start))
                    .arg("end", show(end)),
            );
        }
        (Some(start), None) => lines.push(Message::new("dialog-period-open").arg("start", show(start))),
        (None, _) => {}
    }
    lines.extend(
        link.comment
            .as_ref()
            .map(|text| Message::new("dialog-comment").arg("text", quoted(text))),
    );
    lines
}

fn type_name(code: &str, language: Language) -> String {
    let Ok(kind) = LinkType::parse(code) else {
        return plain(code);
    };
    match language {
        Language::Nl => kind.names.nl,
        Language::Fr => kind.names.fr,
        Language::De => kind.names.de,
        Language::En => kind.names.en,
    }
    .to_owned()
}

/// Everything a document says of a person or party: `«Testo ARTS», persphysician, NIHII 19999816004`.
///
/// # Errors
/// `internal` if that is nothing: nobody can agree to what is not shown.
fn described(
    name: Option<String>,
    codes: &[String],
    ids: &[Identifier],
    language: Language,
) -> Result<String, ApiError> {
    let codes = codes.iter().map(|code| plain(code));
    let ids = ids.iter().map(|id| identifier(id, language));
    let parts: Vec<String> = name.into_iter().chain(codes).chain(ids).collect();
    if parts.iter().all(|part| part.is_empty() || part == "«»") {
        return Err(ApiError::internal("a party of whom nothing can be shown"));
    }
    Ok(parts.join(", "))
}

/// A number and what kind of number it is: `NIHII 19999816004`. A program's id is free text of the caller's.
fn identifier(id: &Identifier, language: Language) -> String {
    let (text, value) = match (id.scheme.as_str(), id.value.len()) {
        ("INSS", _) => ("dialog-id-inss", plain(&id.value)),
        // Enterprise numbers share a scheme with those of providers, which never have 10 digits.
        ("ID-HCPARTY", 10) => ("dialog-id-cbe", plain(&id.value)),
        ("ID-HCPARTY", _) => ("dialog-id-nihii", plain(&id.value)),
        ("EID-CARDNO", _) => ("dialog-id-eid-card", plain(&id.value)),
        ("ISI-CARDNO", _) => ("dialog-id-isi-card", plain(&id.value)),
        ("LOCAL", _) => ("dialog-id-application", quoted(&id.value)),
        (scheme, _) => return format!("{} {}", plain(scheme), quoted(&id.value)),
    };
    Message::new(text).arg("value", value).render(language)
}

fn name(name: &Name) -> String {
    match name {
        Name::Person { first, family } => plain(&format!("{first} {family}")),
        Name::Single(name) => plain(name),
    }
}

/// `10.02.2028`: as dates are written here.
fn show(day: Date) -> String {
    day.strftime("%d.%m.%Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::assuan::pages;
    use crate::prompt::layout::{COLUMNS, columns};
    use beid_protocol::dialect::Dialect;
    use beid_protocol::operation::Operation;
    use beid_protocol::summary::{Action, AuthorSummary, PartySummary, PatientSummary, ProvedLink};
    use jiff::civil::{Time, date};

    fn id(scheme: &str, value: &str) -> Identifier {
        Identifier {
            scheme: scheme.to_owned(),
            value: value.to_owned(),
        }
    }

    fn physician(family: &str) -> PartySummary {
        PartySummary {
            ids: vec![id("ID-HCPARTY", "19999816004"), id("INSS", "85061599888")],
            codes: vec!["persphysician".to_owned()],
            name: Some(Name::Person {
                first: "Testo".to_owned(),
                family: family.to_owned(),
            }),
        }
    }

    fn link(party: PartySummary, link_type: &str, comment: Option<&str>) -> LinkSummary {
        LinkSummary {
            patient: PatientSummary {
                ids: vec![id("INSS", "79010199757"), id("EID-CARDNO", "591000000106")],
                name: Some(Name::Single("PATIENT".to_owned())),
            },
            parties: vec![party],
            link_type: link_type.to_owned(),
            start: Some(date(2026, 11, 20)),
            end: Some(date(2028, 2, 20)),
            comment: comment.map(str::to_owned),
        }
    }

    fn summaries(party: &PartySummary, comment: Option<&str>) -> (SignedSummary, RequestSummary) {
        let signed = SignedSummary {
            link: link(party.clone(), "ignored", None),
            profile: Profile::Connector,
        };
        let request = RequestSummary {
            dialect: Dialect::National,
            operation: Operation::PutLink,
            request_id: "1".to_owned(),
            author: AuthorSummary {
                parties: Vec::new(),
                patient: None,
                person: None,
            },
            date: date(2026, 11, 20),
            time: Time::midnight(),
            max_rows: None,
            break_the_glass: None,
            action: Action::Link(ProvedLink {
                link: link(party.clone(), "gpconsultation", comment),
                proofs: Vec::new(),
            }),
        };
        (signed, request)
    }

    fn requested(request: &RequestSummary) -> &LinkSummary {
        &request.link().unwrap().link
    }

    /// The two sections, in English.
    fn shown(party: &PartySummary, comment: Option<&str>) -> String {
        let (signed, request) = summaries(party, comment);
        let covered = section(
            "dialog-covered",
            covered(&signed.link, Language::En).unwrap(),
            Language::En,
        );
        let registered = section(
            "dialog-registered",
            registered(requested(&request), Language::En),
            Language::En,
        );
        format!("{covered}\n\n{registered}")
    }

    #[test]
    fn everything_signed_is_shown() {
        let expected = "With your PIN you sign:
  patient: PATIENT, INSS 79010199757, card number 591000000106
  care provider, as stated: «Testo ARTS», persphysician, NIHII
      19999816004, INSS 85061599888
  date: 20.11.2026";
        assert!(
            shown(&physician("ARTS"), None).starts_with(expected),
            "{}",
            shown(&physician("ARTS"), None)
        );
        for language in Language::ALL {
            let link = link(physician("ARTS"), "ignored", None);
            let lines = section("dialog-covered", covered(&link, language).unwrap(), language);
            for said in [
                "79010199757",
                "591000000106",
                "«Testo ARTS»",
                "persphysician",
                "19999816004",
            ] {
                assert!(lines.contains(said), "{said}: {lines}");
            }
        }
    }

    #[test]
    fn an_ordinary_link_takes_one_page_in_every_language() {
        for language in Language::ALL {
            let (signed, request) = summaries(&physician("VAN DEN BERGHE"), None);
            let asker = Asker::Origin("https://practice.example.org".to_owned());
            let parts = [
                wrapped(&asker.asks("dialog-asked").render(language), 0),
                wrapped(
                    &Message::new("dialog-holder")
                        .arg("name", "Anna Petronella Testaert")
                        .render(language),
                    0,
                ),
                section("dialog-covered", covered(&signed.link, language).unwrap(), language),
                section("dialog-registered", registered(requested(&request), language), language),
                Message::new("dialog-tries-left").arg("tries", "3").render(language),
            ];
            let text = parts.join("\n\n");
            assert_eq!(pages(&text).len(), 1, "{text}");
        }
    }

    #[test]
    fn each_number_says_what_it_is() {
        for (scheme, value, expected) in [
            ("INSS", "85061599888", "INSS 85061599888"),
            ("ID-HCPARTY", "0123456749", "CBE 0123456749"),
            ("ID-HCPARTY", "29999031", "NIHII 29999031"),
            ("ISI-CARDNO", "0098", "ISI+ card number 0098"),
            ("LOCAL", "4711»,INSS", "application id «4711›,INSS»"),
            ("ID-NEW", "7", "ID-NEW «7»"),
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
            assert!(covered(&link(nobody, "ignored", None), Language::En).is_err());
        }
    }

    #[test]
    fn parts_that_speak_of_others_are_not_asked_about() {
        let (signed, request) = summaries(&physician("ARTS"), None);
        let link = requested(&request);
        assert!(must_agree(&signed, &request, link).is_ok());
        let mut other = link.clone();
        other.parties = vec![physician("ANDERS")];
        assert!(must_agree(&signed, &request, &other).is_err());
        let mut other = link.clone();
        other.patient.ids.pop();
        assert!(must_agree(&signed, &request, &other).is_err());
        let strict = SignedSummary {
            profile: Profile::Strict,
            ..signed
        };
        assert!(must_agree(&strict, &request, link).is_err(), "another type");
    }

    #[test]
    fn callers_text_cannot_begin_where_our_labels_do() {
        let forged = "x".repeat(40) + " patient: Somebody ELSE date: 01.01.1999 " + &"y".repeat(300);
        for text in [
            shown(&physician(&forged), Some(&forged)),
            shown(&physician(&"x".repeat(120)), Some(&"patient: ".repeat(50))),
            shown(&physician(&"王".repeat(120)), None),
        ] {
            let lines: Vec<&str> = text.lines().collect();
            assert!(lines.iter().all(|line| columns(line) <= COLUMNS), "{text}");
            let labelled = lines
                .iter()
                .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
            let ours = [
                "patient:",
                "care provider,",
                "date:",
                "care relation:",
                "from ",
                "remark,",
            ];
            let labels: Vec<_> = labelled
                .map(|line| ours.iter().position(|ours| line.trim_start().starts_with(ours)))
                .collect();
            assert!(labels.is_sorted() && labels.len() <= ours.len(), "{text}");
            assert!(labels.iter().all(Option::is_some), "{text}");
            assert_eq!(pages(&text).concat(), text);
        }
    }

    #[test]
    fn a_day_is_written_as_people_write_it_here() {
        assert_eq!(show(jiff::civil::date(2028, 2, 10)), "10.02.2028");
    }
}
