//! Pages about records of evidence.

use super::page::{Page, Paint, visible};
use beid_api::types as t;
use beid_api::words::{EvidenceCallerType, EvidenceContentState, EvidenceFault};
use serde_json::Value;

pub(crate) fn evidence_list(answer: &t::EvidenceListAnswer, paint: &Paint) -> String {
    if answer.evidence.is_empty() {
        return "No records.\n".to_owned();
    }
    let mut page = Page::default();
    for entry in &answer.evidence {
        page.line(format!(
            "{}  {}  {}",
            entry.time,
            entry.id,
            paint.bold(&visible(&entry.kind))
        ));
        let reference = entry.reference.as_ref().map(|reference| reference.as_str());
        let words = [
            entry.caller.as_ref().map(caller),
            reference.map(|word| format!("reference {word}")),
        ];
        let words: Vec<String> = words.into_iter().flatten().collect();
        if !words.is_empty() {
            page.line(format!("    {}", visible(&words.join(", "))));
        }
    }
    if let Some(next) = &answer.next {
        page.line(format!("There are more: --after {next}"));
    }
    page.0
}

pub(crate) fn evidence_record(answer: &t::EvidenceRecordAnswer, paint: &Paint) -> String {
    let entry = &answer.entry;
    let mut page = Page::default();
    page.line(paint.bold(&visible(&entry.kind)));
    page.row("id", &entry.id);
    page.row("time", &entry.time);
    page.row("desk", &entry.desk);
    page.row("position", &entry.position.to_string());
    if let Some(caller) = &entry.caller {
        page.row("caller", &visible(&self::caller(caller)));
    }
    if let Some(reference) = &entry.reference {
        page.row("reference", &visible(reference.as_str()));
    }
    page.row(
        "content",
        match &answer.content {
            EvidenceContentState::Kept => "kept",
            EvidenceContentState::Dropped => "not here: it was dropped, or only the institution's server has it",
            EvidenceContentState::Sealed => "sealed to the institution: this computer cannot read it",
            EvidenceContentState::Other(other) => other,
        },
    );
    page.0
}

/// Content of a record, laid out for reading.
pub(crate) fn evidence_content(answer: &t::EvidenceContentAnswer, _: &Paint) -> String {
    match serde_json::from_str::<Value>(&answer.content) {
        Ok(content) => format!("{content:#}\n"),
        Err(_) => format!("{}\n", answer.content),
    }
}

pub(crate) fn evidence_verification(answer: &t::EvidenceVerificationAnswer, paint: Paint) -> String {
    let mut page = Page::default();
    for chain in &answer.chains {
        let desk = if chain.desk.is_empty() { "unknown" } else { &chain.desk };
        page.line(paint.bold(&format!("Desk {}", visible(desk))));
        match &chain.broken {
            None => page.line(paint.good(&format!("INTACT, {} records", chain.records))),
            Some(broken) => {
                page.line(paint.bad(&format!(
                    "BROKEN at record {}: {}",
                    broken.position,
                    fault(&broken.fault)
                )));
                page.row("before it", &format!("{} records hold", chain.records));
            }
        }
        page.row("contents", &format!("{} compared with their records", chain.contents));
        if chain.sealed > 0 {
            page.row(
                "sealed",
                &format!("{} not compared: their key is not here", chain.sealed),
            );
        }
        page.row("signed heads", &chain.heads.to_string());
        for head in &chain.provider_heads {
            let signer = head.signer.as_deref().unwrap_or("unknown");
            let said = format!(
                "{}, over {} records, by {}: {}",
                head.time,
                head.position,
                visible(signer),
                visible(head.verdict.word())
            );
            page.row("provider's head", &said);
        }
        if chain.behind_last_head > 0 {
            page.row(
                "behind them",
                &format!("{} records, which no head vouches for yet", chain.behind_last_head),
            );
        }
        if !chain.desk.is_empty() {
            page.row(
                "end to note",
                &format!("{}:{}:{}", chain.desk, chain.records, chain.last_hash),
            );
        }
    }
    if page.0.is_empty() {
        return "No chain.\n".to_owned();
    }
    page.0
}

pub(crate) fn evidence_head(answer: &t::EvidenceHeadAnswer, paint: &Paint) -> String {
    let mut page = Page::default();
    page.line(paint.good(&format!("Signed: {} records.", answer.position)));
    if let Some(id) = &answer.evidence_id {
        page.row("record", &visible(id));
    }
    for warning in &answer.warnings {
        page.row("missing", &visible(&warning.code));
    }
    page.0
}

pub(crate) fn evidence_purge(answer: &t::EvidencePurgeAnswer, _: &Paint) -> String {
    let dropped = match answer.dropped {
        0 => "There was nothing to drop.\n".to_owned(),
        1 => "The content of one record is dropped; the record stays.\n".to_owned(),
        many => format!("The contents of {many} records are dropped; the records stay.\n"),
    };
    match answer.stayed {
        0 => dropped,
        stayed => format!(
            "{dropped}To be kept for longer by the settings, and not dropped: {stayed}. (--despite-retention)\n"
        ),
    }
}

/// Counts the records about a patient, and those of which the patient does not get the content.
pub(crate) fn patient_evidence(answer: &t::PatientEvidenceAnswer) -> String {
    let counted = [
        (
            answer.elsewhere,
            "without their content, which is on the institution's server",
        ),
        (answer.sealed, "with their content sealed: its key is not here"),
        (
            answer.shared,
            "without their content, because they are about other patients, too",
        ),
    ];
    let words = counted.iter().filter(|(count, _)| *count > 0);
    let words = words.map(|(count, words)| format!("; {count} {words}"));
    format!(
        "{} records about this patient{}\n",
        answer.records,
        words.collect::<String>()
    )
}

fn caller(caller: &t::EvidenceCallerAnswer) -> String {
    let name = caller.name.as_deref();
    match (&caller.caller_type, name) {
        (EvidenceCallerType::OwnPage, _) => "the page of beidd".to_owned(),
        (_, Some(name)) => name.to_owned(),
        (EvidenceCallerType::Program, None) => "a program of this user".to_owned(),
        (EvidenceCallerType::Website, None) => "a website".to_owned(),
        (EvidenceCallerType::Other(other), None) => other.clone(),
    }
}

fn fault(fault: &EvidenceFault) -> &str {
    match fault {
        EvidenceFault::Genesis => "the beginning of the chain is malformed",
        EvidenceFault::Header => "it is malformed, or of another desk",
        EvidenceFault::Missing => "another record stands in its place: it was removed or moved",
        EvidenceFault::Changed => "it does not follow the record before it: one of the two was changed",
        EvidenceFault::Content => "its content was changed",
        EvidenceFault::Columns => "what the store says beside it was changed",
        EvidenceFault::HeadSignature => "the signature of the head at it is not the desk's, or not the care provider's",
        EvidenceFault::Head => "a signed or noted end knows another record in its place",
        EvidenceFault::CutOff => "a signed or noted end knows it, and it is missing",
        EvidenceFault::NoHead => "no signed head stands behind it: records may have been cut off",
        EvidenceFault::Other(other) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_texts::Language;
    use serde_json::json;

    #[test]
    fn the_first_broken_link_is_named_in_words() {
        let chain = |desk: &str, broken: Value| {
            json!({"desk": desk, "records": 3, "contents": 2, "sealed": 1, "heads": 1, "behindLastHead": 0,
                "lastHash": "ab", "broken": broken})
        };
        let intact = json!({"intact": true, "chains": [chain("d1", Value::Null)]});
        let shown = |answer: Value| {
            let answer = serde_json::from_value(answer).unwrap();
            evidence_verification(&answer, Paint::new(false, Language::En))
        };
        let expected = "Desk d1
INTACT, 3 records
  contents          2 compared with their records
  sealed            1 not compared: their key is not here
  signed heads      1
  end to note       d1:3:ab
";
        assert_eq!(shown(intact), expected);
        for word in EvidenceFault::WORDS {
            let broken = chain("d1", json!({"position": 4, "fault": word}));
            let said = shown(json!({"intact": false, "chains": [broken]}));
            let line = said.lines().nth(1).unwrap();
            assert!(
                line.starts_with("BROKEN at record 4: ") && !line.contains(word),
                "{line}"
            );
        }
    }

    #[test]
    fn the_list_says_who_asked_and_how_it_goes_on() {
        let answer = json!({"evidence": [
            {"id": "1f", "kind": "consent", "time": "2026-11-28T20:15:00.250Z", "desk": "d", "position": 2,
                "reference": "dossier 7", "caller": {"type": "website", "name": "https://emr.example"}},
            {"id": "1e", "kind": "purge", "time": "2026-11-27T20:15:00.250Z", "desk": "d", "position": 1},
        ], "next": "2026-11-27T20:15:00.250Z_1e"});
        let answer = serde_json::from_value(answer).unwrap();
        let expected = "2026-11-28T20:15:00.250Z  1f  consent
    https://emr.example, reference dossier 7
2026-11-27T20:15:00.250Z  1e  purge
There are more: --after 2026-11-27T20:15:00.250Z_1e
";
        assert_eq!(evidence_list(&answer, &Paint::new(false, Language::En)), expected);
    }
}
