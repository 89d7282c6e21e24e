//! What the platform answered, for people.

use super::{Page, Paint, items, joined, national_number, text};
use serde_json::Value;

/// An answer of the platform: what became of the request first, then what it carries.
pub(in super::super) fn response(answer: &Value, paint: &Paint) -> String {
    let mut page = Page::default();
    let headline = match text(answer, "outcome").as_str() {
        "complete" => paint.good("Complete."),
        "nothing-found" => paint.doubtful("There is no such link."),
        "fault" => paint.bad("The call itself failed: this is a fault, and no answer."),
        _ => paint.bad("NOT DONE: the platform says why below."),
    };
    page.line(format!("  {headline}"));
    page.line(String::new());
    page.row("Asked", &joined(&[text(answer, "kind"), text(answer, "dialect")]));
    header(&mut page, member(answer, "response"));
    errors(&mut page, answer, *paint);
    fault(&mut page, member(answer, "fault"), *paint);
    consent(&mut page, member(answer, "consent"));
    if let Some(value) = answer.get("value").and_then(Value::as_bool) {
        page.row("Link", if value { "there is one" } else { "there is none" });
    }
    for link in items(answer, "therapeuticLinks") {
        self::link(&mut page, link);
    }
    for exclusion in items(answer, "therapeuticExclusions") {
        page.row("Excluded", &party(member(exclusion, "hcParty")));
        page.row("of", &patient(member(exclusion, "patient")));
        operations(&mut page, exclusion);
    }
    for unknown in items(answer, "other") {
        page.row(
            "Also said",
            &format!("{}: {}", text(unknown, "path"), text(unknown, "xml")),
        );
    }
    page.0
}

/// Whether what was asked for was not done.
pub(in super::super) fn was_not_done(answer: &Value) -> bool {
    matches!(text(answer, "outcome").as_str(), "failed" | "fault")
}

fn header(page: &mut Page, header: &Value) {
    let request = member(header, "request");
    page.row("Request", &joined(&[text(request, "id"), text(request, "at")]));
    let author: Vec<String> = items(member(header, "author"), "parties").iter().map(party).collect();
    page.row("Answered by", &joined(&[joined(&author), text(header, "at")]));
}

fn errors(page: &mut Page, answer: &Value, paint: Paint) {
    for error in items(answer, "errors") {
        let said = [text(error, "code"), text(error, "description")];
        let said = said.iter().filter(|part| !part.is_empty());
        let words = said.map(String::as_str).collect::<Vec<_>>().join(": ");
        page.row("Error", &paint.bad(&words));
        let ids: Vec<String> = items(error, "ids").iter().map(|id| text(id, "value")).collect();
        page.row("about", &joined(&ids));
        page.row("see", &text(error, "url"));
    }
}

fn fault(page: &mut Page, fault: &Value, paint: Paint) {
    let codes: Vec<String> = items(fault, "codes").iter().map(super::clean).collect();
    page.row("Fault", &joined(&codes));
    for reason in items(fault, "reasons") {
        page.row("because", &paint.bad(&text(reason, "text")));
    }
    page.row("says", &text(fault, "actor"));
    page.row("detail", &text(fault, "detail"));
}

fn consent(page: &mut Page, consent: &Value) {
    page.row("Consent of", &patient(member(consent, "patient")));
    page.row("status", &text(consent, "status"));
    page.row("given on", &text(consent, "signDate"));
    page.row("withdrawn on", &text(consent, "revokeDate"));
}

fn link(page: &mut Page, link: &Value) {
    page.row("Link", &text(member(link, "type"), "value"));
    page.row("of", &patient(member(link, "patient")));
    for one in items(link, "parties") {
        page.row("with", &party(one));
    }
    let (start, end) = (text(link, "startDate"), text(link, "endDate"));
    let from = if start.is_empty() {
        start
    } else {
        format!("from {start}")
    };
    let until = if end.is_empty() { end } else { format!("until {end}") };
    page.row("period", &joined(&[from, until]));
    page.row("remark", &text(link, "comment"));
    operations(page, link);
}

fn operations(page: &mut Page, of: &Value) {
    for operation in items(of, "operations") {
        let proofs = items(operation, "proofs").iter();
        let proofs: Vec<String> = proofs.map(|proof| text(member(proof, "type"), "value")).collect();
        let what = [
            text(operation, "operation"),
            text(operation, "recordedAt"),
            joined(&proofs),
        ];
        page.row("recorded", &joined(&what));
    }
}

fn patient(patient: &Value) -> String {
    joined(&[national_number(&text(patient, "nationalNumber")), named(patient)])
}

fn party(party: &Value) -> String {
    let number = items(party, "ids")
        .first()
        .map(|id| text(id, "value"))
        .unwrap_or_default();
    let code = items(party, "codes")
        .first()
        .map(|code| text(code, "value"))
        .unwrap_or_default();
    joined(&[named(party), code, number])
}

fn named(somebody: &Value) -> String {
    let names = [
        text(somebody, "name"),
        text(somebody, "firstName"),
        text(somebody, "familyName"),
    ];
    let names = names.iter().filter(|name| !name.is_empty());
    names.map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn member<'v>(value: &'v Value, name: &str) -> &'v Value {
    value.get(name).unwrap_or(&Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PLAIN: Paint = Paint {
        colour: false,
        language: crate::texts::Language::En,
    };

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
                "request": {"id": "19999816004.1", "at": "2026-11-20T10:08:00"}},
            "therapeuticLinks": [{"patient": person(), "parties": [physician], "type": {"value": "gpconsultation"},
                "startDate": "2026-01-05", "endDate": "2027-04-05", "comment": "een",
                "operations": [{"operation": "declaration", "recordedAt": "2026-01-05T09:30:00+01:00",
                    "proofs": [{"type": {"value": "eidsigning"}}]}]}],
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
        assert_eq!(response(&answer, &PLAIN), expected);
        assert!(!was_not_done(&answer));
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
        assert_eq!(response(&answer, &PLAIN), expected);
        assert!(was_not_done(&answer));
        let fault = json!({"outcome": "fault", "fault": {"soap": "1.1", "codes": ["s:Server", "x"],
            "reasons": [{"text": "try again"}], "detail": "<detail/>"}});
        let shown = response(&fault, &PLAIN);
        for line in [
            "fault, and no answer.",
            "Fault             s:Server, x",
            "because           try again",
        ] {
            assert!(shown.contains(line), "{shown}");
        }
        assert!(was_not_done(&fault));
    }

    #[test]
    fn consents_exclusions_and_values_are_shown() {
        let consent = json!({"outcome": "complete", "consent": {"patient": person(), "status": "REVOKED",
            "signDate": "2025-03-01", "revokeDate": "2026-11-19"}});
        let shown = response(&consent, &PLAIN);
        let lines = "  Consent of        79.01.01-997.57, Testa PATIENT\n  status            REVOKED\n  \
                     given on          2025-03-01\n  withdrawn on      2026-11-19\n";
        assert!(shown.ends_with(lines), "{shown}");
        let exclusion = json!({"outcome": "complete", "therapeuticExclusions": [{"patient": person(),
            "hcParty": {"ids": [], "name": "Een arts"}}]});
        assert!(response(&exclusion, &PLAIN).contains("  Excluded          Een arts\n  of                79.01"));
        for (value, words) in [(true, "there is one"), (false, "there is none")] {
            let shown = response(&json!({"outcome": "complete", "value": value}), &PLAIN);
            assert!(shown.contains(&format!("  Link              {words}\n")), "{shown}");
        }
        let nothing = json!({"outcome": "nothing-found", "therapeuticLinks": []});
        assert!(response(&nothing, &PLAIN).contains("There is no such link.") && !was_not_done(&nothing));
    }
}
