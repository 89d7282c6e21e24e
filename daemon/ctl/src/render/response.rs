//! Answers of the platform, for people.

use super::{Page, Paint, joined, national_number, shown, text};
use beid_api::types as t;
use beid_api::words::PlatformOutcome;

/// An answer of the platform: the outcome of the request first, then what it carries.
pub(crate) fn response(answer: &t::ResponseAnswer, paint: &Paint) -> String {
    let mut page = Page::default();
    let headline = match answer.outcome {
        PlatformOutcome::Complete => paint.good("Complete."),
        PlatformOutcome::NothingFound => paint.doubtful("There is no such link."),
        PlatformOutcome::Fault => paint.bad("The call itself failed: this is a fault, and no answer."),
        PlatformOutcome::Failed | PlatformOutcome::Other(_) => paint.bad("NOT DONE: the platform says why below."),
    };
    page.line(format!("  {headline}"));
    page.line(String::new());
    page.row("Asked", &joined([text(&answer.kind), &shown(&answer.dialect)]));
    answer.response.iter().for_each(|head| header(&mut page, head));
    errors(&mut page, &answer.errors, *paint);
    answer
        .fault
        .iter()
        .for_each(|fault| self::fault(&mut page, fault, *paint));
    answer
        .consent
        .iter()
        .for_each(|consent| self::consent(&mut page, consent));
    if let Some(value) = answer.value {
        page.row("Link", if value { "there is one" } else { "there is none" });
    }
    for link in answer.therapeutic_links.iter().flatten() {
        self::link(&mut page, link);
    }
    for exclusion in answer.therapeutic_exclusions.iter().flatten() {
        page.row("Excluded", &party(&exclusion.hc_party));
        page.row("of", &patient(&exclusion.patient));
        operations(&mut page, &exclusion.operations);
    }
    for unknown in &answer.other {
        page.row("Also said", &format!("{}: {}", unknown.path, unknown.xml));
    }
    page.0
}

fn header(page: &mut Page, header: &t::ResponseHeaderAnswer) {
    let request = &header.request;
    page.row("Request", &joined([request.id.as_str(), &request.at]));
    let author: Vec<String> = header.author.parties.iter().map(party).collect();
    let author = joined(author.iter().map(String::as_str));
    page.row("Answered by", &joined([author.as_str(), &header.at]));
}

fn errors(page: &mut Page, errors: &[t::PlatformErrorAnswer], paint: Paint) {
    for error in errors {
        let said: Vec<&str> = [&error.code, &error.description]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        page.row("Error", &paint.bad(&said.join(": ")));
        page.row("about", &joined(error.ids.iter().map(|id| id.value.as_str())));
        page.row("see", text(&error.url));
    }
}

fn fault(page: &mut Page, fault: &t::FaultAnswer, paint: Paint) {
    page.row("Fault", &joined(fault.codes.iter().map(String::as_str)));
    for reason in &fault.reasons {
        page.row("because", &paint.bad(&reason.text));
    }
    page.row("says", text(&fault.actor));
    page.row("detail", text(&fault.detail));
}

fn consent(page: &mut Page, consent: &t::PlatformConsentAnswer) {
    page.row("Consent of", &patient(&consent.patient));
    page.row("status", text(&consent.status));
    page.row("given on", text(&consent.sign_date));
    page.row("withdrawn on", text(&consent.revoke_date));
}

fn link(page: &mut Page, link: &t::PlatformLinkAnswer) {
    page.row("Link", &link.link_type.value);
    page.row("of", &patient(&link.patient));
    for one in &link.parties {
        page.row("with", &party(one));
    }
    let from = link.start_date.iter().map(|start| format!("from {start}"));
    let until = link.end_date.iter().map(|end| format!("until {end}"));
    let period: Vec<String> = from.chain(until).collect();
    page.row("period", &period.join(", "));
    page.row("remark", text(&link.comment));
    operations(page, &link.operations);
}

fn operations(page: &mut Page, operations: &[t::OperationContextAnswer]) {
    for context in operations {
        let proofs = joined(context.proofs.iter().map(|proof| proof.proof_type.value.as_str()));
        page.row(
            "recorded",
            &joined([context.operation.as_str(), &context.recorded_at, &proofs]),
        );
    }
}

fn patient(patient: &t::PlatformPatientAnswer) -> String {
    let number = national_number(text(&patient.national_number));
    joined([number.as_str(), &named(&patient.names)])
}

fn party(party: &t::PlatformPartyAnswer) -> String {
    let number = party.ids.first().map_or("", |id| id.value.as_str());
    let code = party.codes.first().map_or("", |code| code.value.as_str());
    joined([named(&party.names).as_str(), code, number])
}

fn named(names: &t::NamesAnswer) -> String {
    let names = [&names.name, &names.first_name, &names.family_name];
    names
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::visible_answer;
    use serde_json::{Value, json};

    const PLAIN: Paint = Paint {
        colour: false,
        language: beid_texts::Language::En,
    };

    fn response(answer: &Value) -> String {
        super::response(&visible_answer(answer).unwrap(), &PLAIN)
    }

    fn person() -> Value {
        json!({"nationalNumber": "79010199757", "ids": [], "firstName": "Testa", "familyName": "PATIENT"})
    }

    #[test]
    fn links_are_shown_with_what_was_done_to_them() {
        let physician = json!({"ids": [{"scheme": "ID-HCPARTY", "value": "19999816004"}], "firstName": "Testo",
            "familyName": "ARTS", "codes": [{"scheme": "CD-HCPARTY", "value": "persphysician"}]});
        let answer = json!({
            "outcome": "complete", "kind": "get-therapeutic-link", "dialect": "national", "complete": true,
            "response": {"id": "1.1", "at": "2026-11-20T10:08:02", "author": {"parties": [{"ids": [], "name": "TEST"}]},
                "request": {"author": {"parties": []}, "id": "19999816004.1", "at": "2026-11-20T10:08:00"}},
            "therapeuticLinks": [{"patient": person(), "parties": [physician], "type": {"scheme": "CD", "value": "gpconsultation"},
                "startDate": "2026-01-05", "endDate": "2027-04-05", "comment": "een",
                "operations": [{"operation": "declaration", "recordedAt": "2026-01-05T09:30:00+01:00",
                    "proofs": [{"type": {"scheme": "CD", "value": "eidsigning"}}]}]}],
            "other": [{"path": "acknowledge/new", "xml": "<new>\u{1b}[2J</new>"}]});
        let expected = "  Complete.

  Asked             get-therapeutic-link, national
  Request           19999816004.1, 2026-11-20T10:08:00
  Answered by       TEST, 2026-11-20T10:08:02
  Link              gpconsultation
  of                79.01.01-997.57, Testa PATIENT
  with              Testo ARTS, persphysician, 19999816004
  period            from 2026-01-05, until 2027-04-05
  remark            een
  recorded          declaration, 2026-01-05T09:30:00+01:00, eidsigning
  Also said         acknowledge/new: <new>[2J</new>
";
        assert_eq!(response(&answer), expected);
    }

    #[test]
    fn errors_and_faults_are_loud() {
        let answer = json!({"outcome": "failed", "kind": "put-therapeutic-link", "dialect": "hub", "complete": false,
            "errors": [{"code": "TEST.1", "description": "te lang", "language": "nl", "url": "https://test.example",
                "ids": [{"scheme": "ID-KMEHR", "value": "1.2"}]}]});
        let expected = "  NOT DONE: the platform says why below.

  Asked             put-therapeutic-link, hub
  Error             TEST.1: te lang
  about             1.2
  see               https://test.example
";
        assert_eq!(response(&answer), expected);
        let fault = json!({"outcome": "fault", "fault": {"soap": "1.1", "codes": ["s:Server", "x"],
            "reasons": [{"text": "try again"}], "detail": "<detail/>"}});
        let shown = response(&fault);
        for line in [
            "fault, and no answer.",
            "Fault             s:Server, x",
            "because           try again",
        ] {
            assert!(shown.contains(line), "{shown}");
        }
    }

    #[test]
    fn consents_exclusions_and_values_are_shown() {
        let consent = json!({"outcome": "complete", "consent": {"codes": [], "patient": person(), "status": "REVOKED",
            "signDate": "2025-03-01", "revokeDate": "2026-11-19"}});
        let shown = response(&consent);
        let lines = "  Consent of        79.01.01-997.57, Testa PATIENT\n  status            REVOKED\n  \
                     given on          2025-03-01\n  withdrawn on      2026-11-19\n";
        assert!(shown.ends_with(lines), "{shown}");
        let exclusion = json!({"outcome": "complete", "therapeuticExclusions": [{"patient": person(),
            "hcParty": {"ids": [], "name": "Een arts"}}]});
        assert!(response(&exclusion).contains("  Excluded          Een arts\n  of                79.01"));
        for (value, words) in [(true, "there is one"), (false, "there is none")] {
            let shown = response(&json!({"outcome": "complete", "value": value}));
            assert!(shown.contains(&format!("  Link              {words}\n")), "{shown}");
        }
        let nothing = json!({"outcome": "nothing-found", "therapeuticLinks": []});
        assert!(response(&nothing).contains("There is no such link."));
    }
}
