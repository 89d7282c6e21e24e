//! Page that tells a patient what there is: HTML without script, without anything from elsewhere.

use super::{CHAINS, DESK, PatientContentState, RECORDS, UnpackedRecord};
use beid_pki::HashAlgorithm;
use beid_protocol::asic::File;
use beid_protocol::period::brussels_time;
use beid_texts::{Language, Message, Render};
use jiff::Timestamp;
use serde_json::Value;
use std::fmt::Write;

const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}\
    section{border-top:1px solid #999;margin-top:1.5rem}dt{font-weight:bold}dd{margin:0 0 .5rem}\
    code{overflow-wrap:anywhere}";

/// Material of the page.
pub(super) struct PatientIndex<'s> {
    pub(super) number: &'s str,
    pub(super) desk: &'s str,
    pub(super) made: Timestamp,
    pub(super) records: &'s [UnpackedRecord],
}

/// SHA-256 in hex digits.
pub(super) fn sha256(octets: &[u8]) -> String {
    let digest = HashAlgorithm::Sha256.digest(octets);
    digest.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Writes the page.
pub(super) fn page(summary: &PatientIndex<'_>, language: Language) -> String {
    let say = |id: &str| escaped(&Message::new(id).render(language));
    let number = Message::new("patient-evidence-about").arg("number", summary.number);
    let made = Message::new("patient-evidence-made")
        .arg("time", local(summary.made))
        .arg("desk", summary.desk);
    let mut body = vec![
        format!("<h1>{}</h1>", say("patient-evidence-title")),
        paragraph(&escaped(&number.render(language))),
        paragraph(&escaped(&made.render(language))),
        paragraph(&say("patient-evidence-intro")),
    ];
    if summary.records.is_empty() {
        body.push(paragraph(&say("patient-evidence-none")));
    }
    body.extend(summary.records.iter().map(|record| section(record, language)));
    body.push(format!("<section><h2>{}</h2>", say("patient-evidence-verify")));
    body.push(paragraph(&say("patient-evidence-verify-documents")));
    let chain = Message::new("patient-evidence-verify-chain")
        .arg("chain", CHAINS)
        .arg("records", RECORDS);
    body.push(paragraph(&escaped(&chain.render(language))));
    let desk = Message::new("patient-evidence-verify-file").arg("certificate", DESK);
    body.push(paragraph(&escaped(&desk.render(language))));
    body.push("</section>".to_owned());
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\"><title>{}</title><style>{STYLE}</style></head>\n\
         <body>\n{}\n</body>\n</html>\n",
        language.tag(),
        say("patient-evidence-title"),
        body.join("\n"),
    )
}

fn paragraph(text: &str) -> String {
    format!("<p>{text}</p>")
}

/// One record: kind, time, who asked, and its documents.
fn section(record: &UnpackedRecord, language: Language) -> String {
    let header = &record.header;
    let say = |id: &str| Message::new(id).render(language);
    let time = header.time.parse().map_or_else(|_| header.time.clone(), local);
    let mut html = format!(
        "<section id=\"record-{}\"><h2>{}</h2>\n<dl>",
        header.position,
        escaped(&say(&format!("page-evidence-kind-{}", header.kind)))
    );
    let mut row = |id: &str, value: &str| {
        // Writing to a text does not fail.
        let _ = write!(html, "<dt>{}</dt><dd>{value}</dd>", escaped(&say(id)));
    };
    row("patient-evidence-time", &escaped(&time));
    if let Some(caller) = record.content.as_ref().and_then(|content| caller(content, language)) {
        row("page-evidence-caller", &escaped(&caller));
    }
    row("page-evidence-id", &format!("<code>{}</code>", escaped(&header.id)));
    match record.state {
        PatientContentState::Kept if record.documents.is_empty() => {}
        PatientContentState::Kept => {
            let documents: Vec<_> = record.documents.iter().map(link).collect();
            row("patient-evidence-documents", &documents.join("<br>"));
        }
        PatientContentState::Elsewhere => row("patient-evidence-content", &escaped(&say("patient-evidence-elsewhere"))),
        PatientContentState::Sealed => row("patient-evidence-content", &escaped(&say("patient-evidence-sealed"))),
        PatientContentState::Shared => row("patient-evidence-content", &escaped(&say("patient-evidence-shared"))),
    }
    html.push_str("</dl></section>");
    html
}

/// Link to a document.
fn link(file: &File) -> String {
    let name = file.name.rsplit('/').next().unwrap_or_default();
    format!("<a href=\"{}\">{}</a>", escaped(&address(&file.name)), escaped(name))
}

/// Address of a file of the container, relative to the page. (RFC 3986, 2.3)
fn address(path: &str) -> String {
    let mut address = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
}

/// The caller, as the record describes it.
fn caller(content: &Value, language: Language) -> Option<String> {
    let caller = content.get("caller")?;
    let name = caller.get("name").and_then(Value::as_str).map(str::to_owned);
    let kind = caller.get("kind").and_then(Value::as_str)?;
    let kind = match kind {
        "website" => "page-evidence-caller-website",
        "own-page" => "patient-evidence-own-page",
        _ => "page-evidence-caller-program",
    };
    Some(name.unwrap_or_else(|| Message::new(kind).render(language)))
}

/// Time in Belgium, to the minute.
fn local(time: Timestamp) -> String {
    brussels_time(time).strftime("%Y-%m-%d %H:%M").to_string()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_evidence::RecordHeader;
    use serde_json::json;

    fn record(kind: &str, state: PatientContentState, name: &str) -> UnpackedRecord {
        let is_kept = state == PatientContentState::Kept;
        UnpackedRecord {
            header: RecordHeader {
                content: "0".repeat(64),
                desk: "1".repeat(32),
                format: 1,
                id: "2".repeat(32),
                kind: kind.to_owned(),
                position: 7,
                previous: "3".repeat(64),
                time: "2026-11-28T23:30:00.250Z".to_owned(),
            },
            state,
            content: is_kept.then(|| json!({"caller": {"kind": "program", "name": "<script>alert(1)</script>"}})),
            documents: is_kept
                .then(|| File {
                    name: name.to_owned(),
                    media_type: "application/xml".to_owned(),
                    content: Vec::new(),
                })
                .into_iter()
                .collect(),
        }
    }

    #[test]
    fn every_record_is_told_of_in_every_language_and_nothing_runs() {
        let records: Vec<_> = beid_api::names::EVIDENCE_KINDS
            .iter()
            .flat_map(|kind| {
                [
                    PatientContentState::Kept,
                    PatientContentState::Elsewhere,
                    PatientContentState::Sealed,
                    PatientContentState::Shared,
                ]
                .map(|state| record(kind, state, "documents/7/é \"<b>&.xml"))
            })
            .collect();
        for language in Language::ALL {
            let summary = PatientIndex {
                number: "85051402418",
                desk: "1",
                made: "2026-11-29T02:03:04Z".parse().unwrap(),
                records: &records,
            };
            let page = page(&summary, language);
            assert!(
                page.contains("85051402418") && page.contains("2026-11-29 03:03"),
                "{page}"
            );
            assert!(page.contains("2026-11-29 00:30"), "time in Belgium");
            assert!(
                page.contains("<a href=\"documents/7/%C3%A9%20%22%3Cb%3E%26.xml\">"),
                "{page}"
            );
            assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
            // A text that is missing would show as its id.
            assert!(
                !page.contains("patient-evidence-") && !page.contains("page-evidence-"),
                "{page}"
            );
        }
    }

    #[test]
    fn a_patient_without_records_is_told_so() {
        let summary = PatientIndex {
            number: "85051402418",
            desk: "1",
            made: Timestamp::UNIX_EPOCH,
            records: &[],
        };
        let none = Message::new("patient-evidence-none").render(Language::Nl);
        assert!(page(&summary, Language::Nl).contains(&none));
    }
}
