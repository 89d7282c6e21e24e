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
use beid_protocol::name::Name;
use beid_protocol::summary::{LinkSummary, PartySummary, PatientSummary, RequestSummary, SignedSummary};
use beid_protocol::therlink::{Prepared, Profile};
use jiff::civil::Date;

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
    let title = Message::new("dialog-title");
    let tries = card.tries_left();
    if tries.calls_for_care() {
        context.progress.is(OperationState::WaitingForConfirmation);
        turn.confirm(&title, &last_try(tries, language)).await?;
    }
    context.progress.is(OperationState::WaitingForPin);
    turn.ask_pin(
        &title,
        &text(&context.caller.asker, holder, &signed, &request, tries, language),
    )
    .await
}

fn text(
    asker: &Asker,
    holder: &Identity,
    signed: &SignedSummary,
    request: &RequestSummary,
    tries: TriesLeft,
    language: Language,
) -> String {
    let say = |message: Message| message.render(language);
    let mut parts = vec![
        say(asked_by(asker)),
        say(Message::new("dialog-holder").arg("name", holder_name(holder))),
    ];
    match signed.profile {
        Profile::Connector => {
            parts.push(section("dialog-covered", covered(&signed.link), language));
            parts.push(section(
                "dialog-registered",
                registered(&request.link, language),
                language,
            ));
        }
        Profile::Strict => {
            let all = [covered(&signed.link), registered(&signed.link, language)].concat();
            parts.push(section("dialog-covered", all, language));
        }
    }
    if let TriesLeft::Told(tries) = tries {
        parts.push(say(Message::new("dialog-tries-left").arg("tries", tries.to_string())));
    }
    parts.join("\n\n")
}

fn section(heading: &str, lines: Vec<Message>, language: Language) -> String {
    let mut text = Message::new(heading).render(language);
    for line in lines {
        text.push_str("\n  ");
        text.push_str(&line.render(language));
    }
    text
}

/// What the signature covers: patient, provider, and the day it is made.
fn covered(link: &LinkSummary) -> Vec<Message> {
    let mut lines = vec![Message::new("dialog-patient").arg("name", patient(&link.patient))];
    lines.extend(
        link.parties
            .iter()
            .map(|one| Message::new("dialog-provider").arg("name", party(one))),
    );
    lines.extend(link.start.map(|day| Message::new("dialog-day").arg("day", show(day))));
    lines
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

fn patient(patient: &PatientSummary) -> String {
    with_number(patient.name.as_ref(), patient.ssin())
}

fn party(party: &PartySummary) -> String {
    with_number(party.name.as_ref(), party.nihii().or(party.ssin()))
}

fn with_number(name: Option<&Name>, number: Option<&str>) -> String {
    let name = name.map(|name| match name {
        Name::Person { first, family } => plain(&format!("{first} {family}")),
        Name::Single(name) => plain(name),
    });
    match (name, number) {
        (Some(name), Some(number)) => format!("{name} ({number})"),
        (Some(text), None) => text,
        (None, Some(number)) => number.to_owned(),
        (None, None) => String::new(),
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

fn quoted(text: &str) -> String {
    format!("«{}»", plain(text))
}

/// Without characters that move, hide or turn round what stands beside them.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !is_formatting(*c)).collect()
}

/// Bidi controls, zero-width and other invisible format characters.
fn is_formatting(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_text_cannot_turn_a_dialog_round() {
        assert_eq!(quoted("Dr\u{202E} evil\n\nOK\u{200B}"), "«Dr evilOK»");
        assert_eq!(cut(&"x".repeat(100)).chars().count(), 81);
    }

    #[test]
    fn a_day_is_written_as_people_write_it_here() {
        assert_eq!(show(jiff::civil::date(2028, 2, 10)), "10.02.2028");
    }
}
