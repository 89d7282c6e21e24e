//! What a patient is shown before signing: rendered from the very bytes that will be signed.

use crate::api::ApiError;
use crate::prompt::Turn;
use crate::service::Context;
use crate::service::caller::Asker;
use crate::service::cards::{Insertion, TriesLeft};
use crate::service::running::OperationState;
use crate::texts::{Language, Message};
use beid_card::{Identity, Pin};
use beid_protocol::codes::LinkType;
use beid_protocol::name::{Name, is_accent, is_filler, is_format};
use beid_protocol::summary::{Identifier, LinkSummary, RequestSummary, SignedSummary};
use beid_protocol::therlink::{Prepared, Profile};
use jiff::civil::Date;

/// Columns of a dialog's text. Pinentry programs wrap what is longer wherever their window ends, at its first column.
const COLUMNS: usize = 72;

/// Where lines that go on begin: further in than any of our labels, so that nothing a caller wrote can pass for one.
const HANGING: usize = 4;

/// Shows the signature's meaning and asks for the PIN; at one try left, or after a failure that left the number
/// unknown, asks first whether to go on.
pub(super) async fn ask(
    turn: &Turn<'_>,
    context: &Context,
    card: &Insertion,
    prepared: &Prepared,
    holder: &Identity,
) -> Result<Pin, ApiError> {
    let language = context.service.prompter.language();
    let (signed, request) = (prepared.signed_summary()?, prepared.request_summary()?);
    must_agree(&signed, &request)?;
    let text = text(
        &context.caller.asker,
        holder,
        &signed,
        &request,
        card.tries_left(),
        language,
    )?;
    let title = Message::new("dialog-title");
    let tries = card.tries_left();
    if tries.calls_for_care() {
        context.progress.is(OperationState::WaitingForConfirmation);
        turn.confirm(&title, &last_try(tries, language)).await?;
    }
    context.progress.is(OperationState::WaitingForPin);
    turn.ask_pin(&title, &text).await
}

/// The two parts of a dialog speak of one link: what is said of its patient and parties is said of both.
fn must_agree(signed: &SignedSummary, request: &RequestSummary) -> Result<(), ApiError> {
    let (ours, theirs) = (&signed.link, &request.link);
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

fn text(
    asker: &Asker,
    holder: &Identity,
    signed: &SignedSummary,
    request: &RequestSummary,
    tries: TriesLeft,
    language: Language,
) -> Result<String, ApiError> {
    let say = |message: Message| wrapped(&message.render(language), 0);
    let mut parts = vec![
        say(asked_by(asker)),
        say(Message::new("dialog-holder").arg("name", holder_name(holder))),
    ];
    let mut covered = covered(&signed.link, language)?;
    match signed.profile {
        Profile::Connector => {
            parts.push(section("dialog-covered", covered, language));
            parts.push(section(
                "dialog-registered",
                registered(&request.link, language),
                language,
            ));
        }
        Profile::Strict => {
            covered.extend(registered(&signed.link, language));
            parts.push(section("dialog-covered", covered, language));
        }
    }
    if let TriesLeft::Told(tries) = tries {
        parts.push(say(Message::new("dialog-tries-left").arg("tries", tries.to_string())));
    }
    Ok(parts.join("\n\n"))
}

fn section(heading: &str, lines: Vec<Message>, language: Language) -> String {
    let mut text = wrapped(&Message::new(heading).render(language), 0);
    for line in lines {
        text.push('\n');
        text.push_str(&wrapped(&line.render(language), 2));
    }
    text
}

/// `text` in lines of at most [`COLUMNS`], the first `indent` columns in, the others [`HANGING`] more. Cut at blanks, and
/// inside a word only if it does not fit a line.
fn wrapped(text: &str, indent: usize) -> String {
    let mut lines = " ".repeat(indent);
    let mut column = indent;
    let mut line_is_empty = true;
    for word in text.split(' ') {
        let gap = usize::from(!line_is_empty);
        if !line_is_empty && column + gap + columns(word) > COLUMNS {
            column = go_on(&mut lines, indent);
        } else if !line_is_empty {
            lines.push(' ');
            column += 1;
        }
        for c in word.chars() {
            if column + width(c) > COLUMNS {
                column = go_on(&mut lines, indent);
            }
            lines.push(c);
            column += width(c);
        }
        line_is_empty = false;
    }
    lines
}

/// Begins the next line; where it begins.
fn go_on(lines: &mut String, indent: usize) -> usize {
    lines.push('\n');
    lines.push_str(&" ".repeat(indent + HANGING));
    indent + HANGING
}

fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// Columns of `c` on a terminal. East Asian scripts and pictures take two.
fn width(c: char) -> usize {
    match c {
        accent if is_accent(accent) => 0,
        '\u{1100}'..='\u{115F}'
        | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE6F}'
        | '\u{FF00}'..='\u{FF60}'
        | '\u{FFE0}'..='\u{FFE6}'
        | '\u{1F300}'..='\u{1FAFF}'
        | '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    }
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

fn holder_name(holder: &Identity) -> String {
    match &holder.given_names {
        Some(given) => plain(&format!("{given} {}", holder.family_name)),
        None => plain(&holder.family_name),
    }
}

/// A browser vouches for an origin; what a program calls itself is only its word.
fn asked_by(asker: &Asker) -> Message {
    match asker {
        Asker::Origin(origin) => Message::new("dialog-asked-by-page").arg("origin", cut(origin)),
        Asker::Program(name) => Message::new("dialog-asked-by-program").arg("program", quoted(&cut(name))),
    }
}

/// `10.02.2028`: as dates are written here.
fn show(day: Date) -> String {
    day.strftime("%d.%m.%Y").to_string()
}

fn last_try(tries: TriesLeft, language: Language) -> String {
    let text = if tries == TriesLeft::Told(1) {
        "dialog-last-try"
    } else {
        "dialog-tries-unknown"
    };
    Message::new(text).render(language)
}

/// At most 80 characters of a caller's text.
fn cut(text: &str) -> String {
    let text = plain(text);
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// A caller's text between marks that it cannot close itself.
fn quoted(text: &str) -> String {
    format!("«{}»", plain(text).replace('«', "‹").replace('»', "›"))
}

/// Without characters that move, hide or turn round what stands beside them, and with single blanks: one line of words.
fn plain(text: &str) -> String {
    let is_blank = |c: char| c.is_whitespace() || is_filler(c);
    let shown: String = text
        .chars()
        .filter(|c| is_blank(*c) || !(c.is_control() || is_format(*c)))
        .collect();
    let words: Vec<&str> = shown.split(is_blank).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::assuan::pages;
    use beid_protocol::summary::{PartySummary, PatientSummary};
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
            request_id: "1".to_owned(),
            author: Vec::new(),
            author_patient: None,
            date: date(2026, 11, 20),
            time: Time::midnight(),
            link: link(party.clone(), "gpconsultation", comment),
            proofs: Vec::new(),
        };
        (signed, request)
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
            registered(&request.link, Language::En),
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
                wrapped(&asked_by(&asker).render(language), 0),
                wrapped(
                    &Message::new("dialog-holder")
                        .arg("name", "Anna Petronella Testaert")
                        .render(language),
                    0,
                ),
                section("dialog-covered", covered(&signed.link, language).unwrap(), language),
                section("dialog-registered", registered(&request.link, language), language),
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
        assert!(must_agree(&signed, &request).is_ok());
        let mut other = request.clone();
        other.link.parties = vec![physician("ANDERS")];
        assert!(must_agree(&signed, &other).is_err());
        let mut other = request.clone();
        other.link.patient.ids.pop();
        assert!(must_agree(&signed, &other).is_err());
        let strict = SignedSummary {
            profile: Profile::Strict,
            ..signed
        };
        assert!(must_agree(&strict, &request).is_err(), "another type");
    }

    #[test]
    fn callers_text_cannot_turn_a_dialog_round() {
        assert_eq!(quoted("Dr\u{202E} evil\n\nOK\u{200B}"), "«Dr evil OK»");
        assert_eq!(
            quoted(" a»\u{A0}\u{2003}\u{3000}\u{2800}\u{3164}«b\u{E0041}\u{FE0F}\u{7} "),
            "«a› ‹b»"
        );
        assert_eq!(cut(&"x".repeat(100)).chars().count(), 81);
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
    fn wrapping_loses_no_word() {
        let text = "one two ".repeat(60) + &"x".repeat(200);
        let lines = wrapped(&text, 2);
        let joined: String = lines.split_whitespace().collect();
        assert_eq!(joined, text.replace(' ', ""));
        assert_eq!(wrapped("short", 2), "  short");
        assert_eq!(wrapped(&"x".repeat(72), 0), "x".repeat(72));
        assert_eq!(wrapped(&"x".repeat(73), 0), format!("{}\n    x", "x".repeat(72)));
    }

    #[test]
    fn a_day_is_written_as_people_write_it_here() {
        assert_eq!(show(jiff::civil::date(2028, 2, 10)), "10.02.2028");
    }
}
