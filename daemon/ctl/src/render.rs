//! Answers as pages for people.
//!
//! Every text of an answer is made [visible](visible_answer) before a page is written: a card or a platform must not be able
//! to move a terminal's cursor, nor turn the writing round.

mod consents;
mod doctor;
mod evidence;
mod exports;
mod links;
mod page;
mod pairings;
mod proof;
mod readings;
mod reports;
mod response;
mod tls;
mod warnings;

pub(super) use consents::consent;
pub(super) use doctor::doctor;
pub(super) use evidence::{
    evidence_content, evidence_head, evidence_list, evidence_purge, evidence_record, evidence_verification,
    patient_evidence,
};
pub(super) use exports::exported_record;
pub(super) use links::{exclusion, link, link_question};
pub(super) use page::{Paint, visible_answer};
pub(super) use pairings::{nothing, pairings};
pub(super) use proof::proof;
pub(super) use readings::{reading, reading_counts, readings, readings_csv};
pub(super) use reports::{report, report_csv};
pub(super) use response::response;
pub(super) use tls::{advice, removal, rotation, store_name, trust};

use beid_api::types as t;
use beid_api::words::{CardKind, CardStatus, CheckOutcome, DatePrecision, PinOutcome, ReaderRole, RootTrust};
use beid_protocol::period::brussels_day;
use jiff::Timestamp;
use page::{CheckRow, Page, visible};
use serde_json::Value;
use std::fmt::Display;
use std::path::PathBuf;

pub(super) fn status(answer: &t::StatusAnswer, paint: &Paint) -> String {
    let mut page = Page::default();
    page.line(paint.bold(&format!("{} {}", answer.service, text(&answer.version))));
    if answer.simulated == Some(true) {
        page.row("Cards", &paint.bad("simulated: invented people"));
    }
    page.row("API", &answer.api_versions.join(", "));
    if let Some(code) = answer.pcsc.as_deref().filter(|code| *code != "available") {
        page.row(
            "Cards",
            &paint.bad(&format!(
                "smart card service not usable [{code}]; beidctl readers says more"
            )),
        );
    }
    page.row("Can do", &answer.features.as_deref().unwrap_or_default().join(", "));
    page.0
}

pub(super) fn readers(answer: &t::ReadersAnswer, paint: &Paint) -> String {
    if answer.readers.is_empty() {
        return "No reader is connected.\n".to_owned();
    }
    let mut page = Page::default();
    for reader in &answer.readers {
        page.line(format!("{:>3}  {}", reader.id, paint.bold(&reader.name)));
        let pin_pad = if reader.pin_pad { ", with PIN pad" } else { "" };
        page.line(format!("     for {}{pin_pad}", role(&reader.role)));
        let card = reader.card.as_ref();
        let card = card.map_or_else(|| "empty".to_owned(), |card| self::card(card, *paint));
        page.line(format!("     {card}"));
    }
    page.0
}

/// A reader after its role was changed.
pub(super) fn reader_role(answer: &t::ReaderRoleAnswer, paint: &Paint) -> String {
    format!("{}\n     for {}\n", paint.bold(&answer.name), role(&answer.role))
}

/// A simulated reader after its card was moved.
pub(super) fn moved(answer: &t::SimulateAnswer, paint: &Paint) -> String {
    let card = answer.card.as_ref();
    let card = card.map_or_else(|| "empty".to_owned(), |card| format!("card {}", card.id));
    format!("{}\n     {card}\n", paint.bold(&answer.name))
}

/// Outcome of a PIN check or change.
pub(super) fn pin(answer: &t::PinOperationAnswer, paint: &Paint) -> String {
    let mut page = Page::default();
    page.simulated(answer.simulated, *paint);
    page.line(match &answer.outcome {
        PinOutcome::Verified => paint.good("The PIN is right."),
        PinOutcome::Changed => paint.good("The PIN is changed."),
        PinOutcome::Other(other) => other.clone(),
    });
    if let Some(tries) = answer.tries_left {
        page.line(format!("Tries left: {tries}"));
    }
    page.0
}

fn role(role: &ReaderRole) -> &'static str {
    match role {
        ReaderRole::Patient => "patients' cards",
        ReaderRole::Provider => "the provider's own card",
        ReaderRole::Any | ReaderRole::Other(_) => "any card",
    }
}

fn card(card: &t::CardAnswer, paint: Paint) -> String {
    let status = card.status.word();
    let status = if card.status == CardStatus::Ready {
        paint.good(status)
    } else {
        paint.doubtful(status)
    };
    let kind = match card.kind {
        CardKind::Beid => format!("Belgian eID {}", text(&card.applet)),
        CardKind::Unknown | CardKind::Other(_) => "unknown card".to_owned(),
    };
    let simulated = if card.simulated == Some(true) {
        ", simulated"
    } else {
        ""
    };
    format!("{status}: {}{simulated}, card {}", kind.trim_end(), card.id)
}

/// An event as one line: its name, and the ids that it is about.
pub(super) fn event(name: &str, ids: &Value) -> String {
    let ids = ids.as_object().into_iter().flatten();
    let ids: Vec<String> = ids.map(|(name, id)| format!("{name} {}", id_text(id))).collect();
    let line = format!("{:<18} {}", visible(name), ids.join("  "));
    format!("{}\n", line.trim_end())
}

fn id_text(id: &Value) -> String {
    match id {
        Value::String(text) => visible(text),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => id.to_string(),
    }
}

pub(super) fn identity(answer: &t::IdentityAnswer, paint: &Paint) -> String {
    let mut page = Page::default();
    page.simulated(answer.simulated, *paint);
    let family_name = text(&answer.family_name).to_uppercase();
    page.line(format!(
        "  {}",
        paint.bold(&format!("{family_name}  {}", given_names(answer)))
    ));
    page.line(String::new());
    page.row("Born", &joined([born(answer).as_str(), text(&answer.birth_place)]));
    page.row("National number", &national_number(text(&answer.national_number)));
    page.row("Gender", &shown(&answer.gender));
    page.row("Nationality", text(&answer.nationality));
    page.row("Title", text(&answer.noble_condition));
    page.row("Special status", &special_status(answer));
    let kind = answer.document_type.as_ref().map_or("", |kind| kind.name.as_str());
    page.row("Card", &joined([text(&answer.card_number), kind]));
    foreigner(answer, &mut page);
    let unknown = answer.other_fields.iter().map(|field| field.tag.to_string());
    page.row("Unknown fields", &unknown.collect::<Vec<_>>().join(", "));
    page.row("Malformed", &malformed(&answer.malformed_fields));
    page.row("Issued by", text(&answer.issuing_municipality));
    page.row("Valid", &validity(answer, *paint));
    page.line(String::new());
    page.card_checks(&answer.authenticity.checks, *paint);
    page.line(String::new());
    page.line(format!("  {}", verdict(&answer.authenticity, *paint)));
    page.0
}

/// Adds the members that only some cards have.
fn foreigner(answer: &t::IdentityAnswer, page: &mut Page) {
    page.row("Duplicate", text(&answer.duplicate));
    page.row("Organisation", text(&answer.special_organisation));
    page.row("Protection", text(&answer.date_and_country_of_protection));
    page.row("Work permit", text(&answer.work_permit));
    page.row("Regional file", text(&answer.regional_file_number));
    page.row("In the EU since", text(&answer.eu_start_date));
    page.row("Employers (VAT)", &answer.employer_vat.join(", "));
    page.row("Brexit", &answer.brexit.join(", "));
    page.row("Mentions", &answer.card_mentions.join(", "));
    if answer.member_of_family == Some(true) {
        page.row("Member of family", "yes");
    }
}

/// Fields that are not what they should be, and what that is.
fn malformed(fields: &[t::MalformedFieldAnswer]) -> String {
    let fields = fields.iter().map(|field| {
        let name = field.member.clone().unwrap_or_else(|| format!("tag {}", field.tag));
        format!("{name} (should be {})", field.reason)
    });
    fields.collect::<Vec<_>>().join(", ")
}

fn given_names(identity: &t::IdentityAnswer) -> String {
    let names = identity.given_names.as_deref().unwrap_or_default();
    let initial = identity
        .third_given_name_initial
        .iter()
        .map(|initial| format!("{initial}."));
    names.iter().cloned().chain(initial).collect::<Vec<_>>().join(" ")
}

/// Birth date as far as the card knows it; the card's own words when they say more than the date.
fn born(identity: &t::IdentityAnswer) -> String {
    match (&identity.birth_date, &identity.birth_date_text) {
        (None, words) => text(words).to_owned(),
        (Some(date), _) if identity.birth_date_precision == Some(DatePrecision::Year) => {
            format!("{date} (day unknown)")
        }
        (Some(date), None) => date.clone(),
        (Some(date), Some(words)) => format!("{date} ({words})"),
    }
}

/// National number as YY.MM.DD-SSS.CC.
fn national_number(number: &str) -> String {
    let part = |from: usize, to: usize| number.get(from..to).unwrap_or_default();
    if number.len() == 11 && number.is_ascii() {
        format!(
            "{}.{}.{}-{}.{}",
            part(0, 2),
            part(2, 4),
            part(4, 6),
            part(6, 9),
            part(9, 11)
        )
    } else {
        number.to_owned()
    }
}

fn special_status(identity: &t::IdentityAnswer) -> String {
    let Some(status) = &identity.special_status else {
        return String::new();
    };
    let marks = [
        (status.white_cane, "white cane"),
        (status.yellow_cane, "yellow cane"),
        (status.extended_minority, "extended minority"),
    ];
    let marks = marks.into_iter().filter(|(is_there, _)| *is_there);
    marks.map(|(_, words)| words).collect::<Vec<_>>().join(", ")
}

fn validity(identity: &t::IdentityAnswer, paint: Paint) -> String {
    let (Some(from), Some(until)) = (&identity.valid_from, &identity.valid_until) else {
        // The card does not say; the row of malformed fields does.
        return String::new();
    };
    let today = brussels_day(Timestamp::now()).to_string();
    // ISO dates compare as text.
    let remark = if today > *until {
        format!("  {}", paint.bad("EXPIRED"))
    } else if today < *from {
        format!("  {}", paint.bad("NOT YET VALID"))
    } else {
        String::new()
    };
    format!("{from} to {until}{remark}")
}

fn verdict(authenticity: &t::AuthenticityAnswer, paint: Paint) -> String {
    let mut checks = authenticity.checks.iter();
    let is_genuine = checks.all(|check| check.trust == RootTrust::Genuine);
    match authenticity.outcome {
        CheckOutcome::Passed if is_genuine => paint.good("Authentic: written by the National Register."),
        CheckOutcome::Passed => paint.doubtful("Consistent, but a test card: its root is trusted for tests only."),
        CheckOutcome::Failed => paint.bad("NOT AUTHENTIC: do not rely on this card."),
        CheckOutcome::Unknown | CheckOutcome::Other(_) => paint.doubtful("Authenticity unknown."),
    }
}

pub(super) fn address(answer: &t::AddressAnswer, paint: &Paint) -> String {
    let mut page = Page::default();
    page.simulated(answer.simulated, *paint);
    page.line(format!("  {}", text(&answer.street_and_number)));
    let place = format!("{} {}", text(&answer.postal_code), text(&answer.municipality));
    page.line(format!("  {}", place.trim()));
    page.row("Malformed", &malformed(&answer.malformed_fields));
    page.0
}

/// A line for each certificate: its name, last day, key and holder.
pub(super) fn certificates(answer: &t::CertificatesAnswer, paint: &Paint) -> String {
    let mut page = Page::default();
    page.simulated(answer.simulated, *paint);
    page.line(paint.bold(&format!(
        "  {:<18} {:<11} {:<9} of",
        "certificate", "valid until", "key"
    )));
    for certificate in &answer.certificates {
        let name = &certificate.name;
        if !certificate.present {
            page.line(format!("  {name:<18} {}", paint.doubtful("none on this card")));
            continue;
        }
        let until: String = text(&certificate.not_after).chars().take(10).collect();
        let key = text(&certificate.public_key);
        let of = match &certificate.subject {
            None => paint.doubtful("cannot be read by this software"),
            Some(subject) => common_name(subject).to_owned(),
        };
        page.line(format!("  {name:<18} {until:<11} {key:<9} {of}"));
    }
    page.0
}

/// `CN` of a name; all of it if there is none.
fn common_name(subject: &str) -> &str {
    let mut parts = subject.split(", ");
    let common_name = parts.find_map(|part| part.strip_prefix("CN="));
    common_name.unwrap_or(subject).trim_end()
}

pub(super) fn verifications(answer: &t::VerificationsAnswer, paint: &Paint) -> String {
    let mut page = Page::default();
    page.simulated(answer.simulated, *paint);
    page.card_checks(&answer.checks, *paint);
    let mut checks = answer.checks.iter();
    if checks.any(|check| check.source == "cache" && !check.name.ends_with("-revocation")) {
        page.line(String::new());
        page.line("  cache: with an authority's certificate that an earlier card brought".to_owned());
    }
    page.0
}

/// The way files were signed; [`written`] names the signatures.
pub(super) fn signatures(answer: &t::SignAnswer, paint: &Paint) -> String {
    let mut page = Page::default();
    page.simulated(answer.simulated, *paint);
    page.row(
        "Signed with",
        &joined([signature_format(answer.format), &answer.algorithm]),
    );
    for one in &answer.left_out {
        page.row("Not signed", &format!("{}, left out by the person", one.name));
    }
    page.warnings(&answer.warnings, *paint);
    page.0
}

/// Word for a format.
pub(super) fn signature_format(format: t::SignatureFormat) -> &'static str {
    match format {
        t::SignatureFormat::Raw => "raw",
        t::SignatureFormat::Cades => "cades",
        t::SignatureFormat::Xades => "xades",
        t::SignatureFormat::Asice => "asice",
    }
}

/// The files that were written.
pub(super) fn written(files: &[PathBuf]) -> String {
    let mut page = Page::default();
    for file in files {
        page.row("Written", &visible(&file.display().to_string()));
    }
    page.0
}

/// The token alone, for `$(…)`.
pub(super) fn token(answer: &t::TokenCreateAnswer, _: &Paint) -> String {
    format!("{}\n", answer.token)
}

pub(super) fn open_page(answer: &t::OpenPageAnswer, _: &Paint) -> String {
    // Alone, so that it can be copied or handed to another program.
    format!("{}\n", answer.url)
}

pub(super) fn tokens(answer: &t::TokensAnswer, paint: &Paint) -> String {
    if answer.tokens.is_empty() {
        return "No token.\n".to_owned();
    }
    let mut page = Page::default();
    for token in &answer.tokens {
        let end = token.expires_at.as_ref();
        let end = end.map_or_else(|| "until revoked".to_owned(), |end| format!("until {end}"));
        page.line(paint.bold(&token.name));
        page.row("may", &token.scopes.join(" "));
        page.row(
            "good",
            &format!("{end}, made {}, {}", token.created_at, last_used(&token.last_used)),
        );
    }
    page.0
}

/// Day of the last use of a token, in words.
fn last_used(day: &Option<String>) -> String {
    day.as_ref()
        .map_or_else(|| "not used yet".to_owned(), |day| format!("last used on {day}"))
}

fn text(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or_default()
}

fn shown(value: &Option<impl Display>) -> String {
    value.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn joined<'p>(parts: impl IntoIterator<Item = &'p str>) -> String {
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
