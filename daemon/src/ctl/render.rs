//! Answers as people like to read them. Takes the objects of the REST interface, gives text.

mod consents;
mod links;
mod proof;
mod response;
mod warnings;

pub(super) use consents::consent;
pub(super) use links::{link, question};
pub(super) use proof::proof;
pub(super) use response::{response, was_not_done};

use crate::texts::Language;
use beid_pki::Reason;
use beid_protocol::period::brussels_day;
use jiff::Timestamp;
use serde_json::Value;
use std::path::PathBuf;

/// How answers look: with colours or none, and in which language what is said in several.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    colour: bool,
    language: Language,
}

impl Paint {
    pub(super) fn new(colour: bool, language: Language) -> Self {
        Self { colour, language }
    }

    pub(super) fn has_colour(self) -> bool {
        self.colour
    }

    pub(super) fn language(self) -> Language {
        self.language
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    fn bad(self, text: &str) -> String {
        self.with("1;31", text)
    }

    fn doubtful(self, text: &str) -> String {
        self.with("33", text)
    }
}

/// Whether a check in `checks` failed.
pub(super) fn any_failed(answer: &Value) -> bool {
    items(answer, "checks")
        .iter()
        .any(|check| text(check, "outcome") == "failed")
}

/// Whether every check in `checks` passed.
pub(super) fn all_passed(answer: &Value) -> bool {
    items(answer, "checks")
        .iter()
        .all(|check| text(check, "outcome") == "passed")
}

pub(super) fn status(answer: &Value, paint: &Paint) -> String {
    let mut page = Page::default();
    let version = text(answer, "version");
    page.line(paint.bold(&format!("{} {version}", text(answer, "service"))));
    if flag(answer, "simulated") {
        page.row("Cards", &paint.bad("simulated: invented people"));
    }
    page.row("API", &list(answer, "apiVersions", ", "));
    match text(answer, "pcsc").as_str() {
        "" | "available" => {}
        code => page.row(
            "Cards",
            &paint.bad(&format!(
                "smart card service not usable [{code}]; beidctl readers says more"
            )),
        ),
    }
    page.row("Can do", &list(answer, "features", ", "));
    page.0
}

pub(super) fn readers(answer: &Value, paint: &Paint) -> String {
    let readers = items(answer, "readers");
    if readers.is_empty() {
        return "No reader is connected.\n".to_owned();
    }
    let mut page = Page::default();
    for reader in readers {
        page.line(format!(
            "{:>3}  {}",
            text(reader, "id"),
            paint.bold(&text(reader, "name"))
        ));
        let pin_pad = if flag(reader, "pinPad") { ", with PIN pad" } else { "" };
        page.line(format!("     for {}{pin_pad}", role(&text(reader, "role"))));
        page.line(format!(
            "     {}",
            card(reader.get("card").unwrap_or(&Value::Null), *paint)
        ));
    }
    page.0
}

/// What came of changing a reader's role.
pub(super) fn reader_role(answer: &Value, paint: &Paint) -> String {
    let name = paint.bold(&text(answer, "name"));
    format!("{name}\n     for {}\n", role(&text(answer, "role")))
}

/// A simulated reader after its card was moved.
pub(super) fn moved(answer: &Value, paint: &Paint) -> String {
    let name = paint.bold(&text(answer, "name"));
    let card = answer.get("card").filter(|card| card.is_object());
    let card = card.map_or_else(|| "empty".to_owned(), |card| format!("card {}", text(card, "id")));
    format!("{name}\n     {card}\n")
}

/// What came of a PIN check or change.
pub(super) fn pin(answer: &Value, paint: &Paint) -> String {
    let mut page = Page::default();
    page.simulated(answer, *paint);
    page.line(match text(answer, "outcome").as_str() {
        "verified" => paint.good("The PIN is right."),
        "changed" => paint.good("The PIN is changed."),
        other => other.to_owned(),
    });
    if let Some(tries) = answer.get("triesLeft") {
        page.line(format!("Tries left: {}", clean(tries)));
    }
    page.0
}

fn role(role: &str) -> &str {
    match role {
        "patient" => "patients' cards",
        "provider" => "the provider's own card",
        _ => "any card",
    }
}

fn card(card: &Value, paint: Paint) -> String {
    if card.is_null() {
        return "empty".to_owned();
    }
    let status = text(card, "status");
    let shown = if status == "ready" {
        paint.good(&status)
    } else {
        paint.doubtful(&status)
    };
    let kind = match text(card, "kind").as_str() {
        "beid" => format!("Belgian eID {}", text(card, "applet")),
        _ => "unknown card".to_owned(),
    };
    let simulated = if flag(card, "simulated") { ", simulated" } else { "" };
    format!("{shown}: {}{simulated}, card {}", kind.trim_end(), text(card, "id"))
}

pub(super) fn event(name: &str, ids: &Value) -> String {
    let ids = ids.as_object().into_iter().flatten();
    let ids: Vec<String> = ids.map(|(name, id)| format!("{name} {}", clean(id))).collect();
    let line = format!("{:<18} {}", visible(name), ids.join("  "));
    format!("{}\n", line.trim_end())
}

pub(super) fn identity(answer: &Value, paint: &Paint) -> String {
    let mut page = Page::default();
    page.simulated(answer, *paint);
    let names = [list(answer, "givenNames", " "), initial(answer)].join(" ");
    page.line(format!(
        "  {}",
        paint.bold(&format!(
            "{}  {}",
            text(answer, "familyName").to_uppercase(),
            names.trim()
        ))
    ));
    page.line(String::new());
    page.row("Born", &joined(&[born(answer), text(answer, "birthPlace")]));
    page.row("National number", &national_number(&text(answer, "nationalNumber")));
    page.row("Gender", &text(answer, "gender"));
    page.row("Nationality", &text(answer, "nationality"));
    page.row("Title", &text(answer, "nobleCondition"));
    page.row("Special status", &special_status(answer));
    let kind = answer
        .get("documentType")
        .map(|kind| text(kind, "name"))
        .unwrap_or_default();
    page.row("Card", &joined(&[text(answer, "cardNumber"), kind]));
    for (label, member) in FOREIGNERS {
        page.row(label, &text(answer, member));
    }
    for (label, member) in FOREIGNERS_LISTS {
        page.row(label, &list(answer, member, ", "));
    }
    if flag(answer, "memberOfFamily") {
        page.row("Member of family", "yes");
    }
    let unknown = items(answer, "otherFields").iter().map(|field| text(field, "tag"));
    page.row("Unknown fields", &unknown.collect::<Vec<_>>().join(", "));
    page.row("Malformed", &malformed(answer));
    page.row("Issued by", &text(answer, "issuingMunicipality"));
    page.row("Valid", &validity(answer, *paint));
    page.line(String::new());
    let authenticity = answer.get("authenticity").unwrap_or(&Value::Null);
    page.checks(authenticity, *paint);
    page.line(String::new());
    page.line(format!("  {}", verdict(authenticity, *paint)));
    page.0
}

/// What only some cards have: what people call it, and the member.
const FOREIGNERS: [(&str, &str); 6] = [
    ("Duplicate", "duplicate"),
    ("Organisation", "specialOrganisation"),
    ("Protection", "dateAndCountryOfProtection"),
    ("Work permit", "workPermit"),
    ("Regional file", "regionalFileNumber"),
    ("In the EU since", "euStartDate"),
];
const FOREIGNERS_LISTS: [(&str, &str); 3] = [
    ("Employers (VAT)", "employerVat"),
    ("Brexit", "brexit"),
    ("Mentions", "cardMentions"),
];

/// Fields that are not what they should be, and what that is.
fn malformed(answer: &Value) -> String {
    let fields = items(answer, "malformedFields").iter().map(|field| {
        let name = [text(field, "member"), format!("tag {}", text(field, "tag"))];
        let name = name.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        format!("{name} (should be {})", text(field, "reason"))
    });
    fields.collect::<Vec<_>>().join(", ")
}

fn initial(identity: &Value) -> String {
    let initial = text(identity, "thirdGivenNameInitial");
    if initial.is_empty() {
        initial
    } else {
        format!("{initial}.")
    }
}

/// As far as the card knows it; the card's own words when they say more than the date.
fn born(identity: &Value) -> String {
    let (date, words) = (text(identity, "birthDate"), text(identity, "birthDateText"));
    match (date.as_str(), words.as_str()) {
        ("", words) => words.to_owned(),
        (date, _) if text(identity, "birthDatePrecision") == "year" => format!("{date} (day unknown)"),
        (date, "") => date.to_owned(),
        (date, words) => format!("{date} ({words})"),
    }
}

/// YY.MM.DD-SSS.CC.
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

fn special_status(identity: &Value) -> String {
    let status = identity.get("specialStatus").unwrap_or(&Value::Null);
    let marks = [
        ("whiteCane", "white cane"),
        ("yellowCane", "yellow cane"),
        ("extendedMinority", "extended minority"),
    ];
    let marks: Vec<&str> = marks
        .into_iter()
        .filter(|(member, _)| flag(status, member))
        .map(|(_, words)| words)
        .collect();
    marks.join(", ")
}

fn validity(identity: &Value, paint: Paint) -> String {
    let (from, until) = (text(identity, "validFrom"), text(identity, "validUntil"));
    if from.is_empty() || until.is_empty() {
        // The card does not say; the row of malformed fields does.
        return String::new();
    }
    let today = brussels_day(Timestamp::now())
        .map(|day| day.to_string())
        .unwrap_or_default();
    // ISO dates compare as text.
    let remark = if today.is_empty() {
        String::new()
    } else if today > until {
        format!("  {}", paint.bad("EXPIRED"))
    } else if today < from {
        format!("  {}", paint.bad("NOT YET VALID"))
    } else {
        String::new()
    };
    format!("{from} to {until}{remark}")
}

fn verdict(authenticity: &Value, paint: Paint) -> String {
    let genuine = items(authenticity, "checks")
        .iter()
        .all(|check| text(check, "trust") == "genuine");
    match text(authenticity, "outcome").as_str() {
        "passed" if genuine => paint.good("Authentic: written by the National Register."),
        "passed" => paint.doubtful("Consistent, but a test card: its root is trusted for tests only."),
        "failed" => paint.bad("NOT AUTHENTIC: do not rely on this card."),
        _ => paint.doubtful("Authenticity unknown."),
    }
}

pub(super) fn address(answer: &Value, paint: &Paint) -> String {
    let mut page = Page::default();
    page.simulated(answer, *paint);
    page.line(format!("  {}", text(answer, "streetAndNumber")));
    let place = format!("{} {}", text(answer, "postalCode"), text(answer, "municipality"));
    page.line(format!("  {}", place.trim()));
    page.row("Malformed", &malformed(answer));
    page.0
}

/// A line for each certificate: its name, whose it is, until when, and with which key.
pub(super) fn certificates(answer: &Value, paint: &Paint) -> String {
    let mut page = Page::default();
    page.simulated(answer, *paint);
    page.line(paint.bold(&format!(
        "  {:<18} {:<11} {:<9} of",
        "certificate", "valid until", "key"
    )));
    for certificate in items(answer, "certificates") {
        let name = text(certificate, "name");
        if !flag(certificate, "present") {
            page.line(format!("  {name:<18} {}", paint.doubtful("none on this card")));
            continue;
        }
        let until: String = text(certificate, "notAfter").chars().take(10).collect();
        let key = text(certificate, "publicKey");
        let of = match text(certificate, "subject") {
            subject if subject.is_empty() => paint.doubtful("cannot be read by this software"),
            subject => common_name(&subject).to_owned(),
        };
        page.line(format!("  {name:<18} {until:<11} {key:<9} {of}"));
    }
    page.0
}

/// The `CN` of a name; all of it if there is none.
fn common_name(subject: &str) -> &str {
    let mut parts = subject.split(", ");
    let common_name = parts.find_map(|part| part.strip_prefix("CN="));
    common_name.unwrap_or(subject).trim_end()
}

pub(super) fn verifications(answer: &Value, paint: &Paint) -> String {
    let mut page = Page::default();
    page.simulated(answer, *paint);
    page.checks(answer, *paint);
    if items(answer, "checks")
        .iter()
        .any(|check| text(check, "source") == "cache" && !text(check, "name").ends_with("-revocation"))
    {
        page.line(String::new());
        page.line("  cache: with an authority's certificate that an earlier card brought".to_owned());
    }
    page.0
}

/// How files were signed; where the signatures are, [`written`] says.
pub(super) fn signatures(answer: &Value, paint: &Paint) -> String {
    let mut page = Page::default();
    page.simulated(answer, *paint);
    let how = [text(answer, "format"), text(answer, "algorithm")];
    page.row("Signed with", &joined(&how));
    warnings::all(answer, &mut page, *paint);
    page.0
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
pub(super) fn token(answer: &Value, _: &Paint) -> String {
    format!("{}\n", text(answer, "token"))
}

pub(super) fn tokens(answer: &Value, paint: &Paint) -> String {
    let tokens = items(answer, "tokens");
    if tokens.is_empty() {
        return "No token.\n".to_owned();
    }
    let mut page = Page::default();
    for token in tokens {
        let end = text(token, "expiresAt");
        let end = if end.is_empty() {
            "until revoked".to_owned()
        } else {
            format!("until {end}")
        };
        page.line(paint.bold(&text(token, "name")));
        page.row("may", &list(token, "scopes", " "));
        page.row("good", &format!("{end}, made {}", text(token, "createdAt")));
    }
    page.0
}

/// Lines, one below the other.
#[derive(Default)]
struct Page(String);

impl Page {
    fn line(&mut self, line: String) {
        self.0 += &line;
        self.0.push('\n');
    }

    /// A label and what stands beside it; nothing if there is nothing to say.
    fn row(&mut self, label: &str, value: &str) {
        if !value.is_empty() {
            self.line(format!("  {label:<17} {value}"));
        }
    }

    fn simulated(&mut self, answer: &Value, paint: Paint) {
        if flag(answer, "simulated") {
            self.line(paint.bad("  *** SIMULATED CARD: an invented person, good for nothing but trying ***"));
            self.line(String::new());
        }
    }

    fn checks(&mut self, answer: &Value, paint: Paint) {
        for check in items(answer, "checks") {
            let (outcome, reason, trust) = (text(check, "outcome"), text(check, "reason"), text(check, "trust"));
            if reason == NOTHING_THERE {
                self.line(format!("  - {:<25} none", text(check, "name")));
                continue;
            }
            let mark = mark(&outcome, paint);
            let reason = if reason.is_empty() {
                reason
            } else {
                format!(": {reason}")
            };
            // Where it came from is worth a word only if it was not this card.
            let source = match text(check, "source").as_str() {
                "" | "card" | "none" => String::new(),
                source => format!(", {source}"),
            };
            // What did not pass is worth nothing; that goes without saying.
            let trust = match trust.as_str() {
                "" | "none" => String::new(),
                trust => format!(" ({trust}{source})"),
            };
            self.line(format!("  {mark} {:<25} {outcome}{reason}{trust}", text(check, "name")));
        }
    }
}

/// Why a check could not be made of something that need not be there: that is no reason to doubt the rest.
const NOTHING_THERE: &str = Reason::NotEmbedded.word();

fn mark(outcome: &str, paint: Paint) -> String {
    match outcome {
        "passed" => paint.good("✔"),
        "failed" => paint.bad("✘"),
        _ => paint.doubtful("?"),
    }
}

fn text(value: &Value, member: &str) -> String {
    value.get(member).map(clean).unwrap_or_default()
}

fn flag(value: &Value, member: &str) -> bool {
    value.get(member).and_then(Value::as_bool).unwrap_or_default()
}

fn items<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value
        .get(member)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn list(value: &Value, member: &str, between: &str) -> String {
    items(value, member).iter().map(clean).collect::<Vec<_>>().join(between)
}

fn joined(parts: &[String]) -> String {
    let parts = parts.iter().filter(|part| !part.is_empty());
    parts.map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn clean(value: &Value) -> String {
    match value {
        Value::String(text) => visible(text),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// A card must not be able to move a terminal's cursor, nor turn the writing round.
fn visible(text: &str) -> String {
    let bidi = |c: char| matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| !c.is_control() && !bidi(*c)).collect()
}

#[cfg(test)]
mod tests;
