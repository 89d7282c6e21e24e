//! Requests about links and exclusions, for people.

use super::{Page, Paint, items, text, warnings};
use serde_json::Value;

/// A request with links, each with its period and proof.
pub(in super::super) fn link(answer: &Value, paint: &Paint) -> String {
    let links = items(answer, "links");
    let heading = match links.len() {
        0 => "Therapeutic link, ready to send".to_owned(),
        several => format!("{several} therapeutic links, ready to send"),
    };
    let mut page = begin(answer, &heading, *paint);
    if links.is_empty() {
        one(answer, &mut page);
    }
    for (index, link) in links.iter().enumerate() {
        page.line(String::new());
        page.line(format!("  {}. {}", index + 1, text(link, "id")));
        one(link, &mut page);
    }
    warnings::all(answer, &mut page, *paint);
    page.0
}

/// A request in which nothing is proved.
pub(in super::super) fn question(answer: &Value, paint: &Paint) -> String {
    let mut page = begin(answer, "Request, ready to send", *paint);
    warnings::all(answer, &mut page, *paint);
    page.0
}

fn begin(answer: &Value, heading: &str, paint: Paint) -> Page {
    let mut page = Page::default();
    page.simulated(answer, paint);
    page.line(format!("  {}", paint.bold(heading)));
    page.line(String::new());
    page.row("Request", &text(answer, "requestId"));
    page
}

fn one(link: &Value, page: &mut Page) {
    let period = link.get("period").unwrap_or(&Value::Null);
    let end = text(period, "end");
    let end = if end.is_empty() {
        "no end".to_owned()
    } else {
        format!("until {end}")
    };
    page.row("Period", &format!("from {}, {end}", text(period, "start")));
    let proof = link.get("proof").unwrap_or(&Value::Null);
    let signed = if proof.get("cms").is_some() {
        ", signed by the patient"
    } else {
        ""
    };
    page.row("Proof", &format!("{}{signed}", text(proof, "type")));
    page.row("Because", &text(proof, "reason"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PLAIN: Paint = Paint {
        colour: false,
        language: crate::texts::Language::En,
    };

    #[test]
    fn a_link_shows_period_proof_and_reason() {
        let answer = json!({
            "requestId": "10012378004.1", "period": {"start": "2026-11-20", "end": "2027-02-20"},
            "proof": {"type": "eidencoding_nocard", "reason": "card at home"},
            "warnings": [{"code": "card-not-read", "field": "proof"}],
        });
        let expected = "  Therapeutic link, ready to send

  Request           10012378004.1
  Period            from 2026-11-20, until 2027-02-20
  Proof             eidencoding_nocard
  Because           card at home
  Warning           No card was read: its number was typed. (proof)
";
        assert_eq!(link(&answer, &PLAIN), expected);
    }

    #[test]
    fn each_link_of_a_list_is_shown() {
        let one = |id: &str| json!({"id": id, "period": {"start": "2026-11-20"}, "proof": {"type": "eidsigning", "cms": "MII="}});
        let answer = json!({"requestId": "1", "links": [one("1-1"), one("1-2")], "warnings": []});
        let expected = "  2 therapeutic links, ready to send

  Request           1

  1. 1-1
  Period            from 2026-11-20, no end
  Proof             eidsigning, signed by the patient

  2. 1-2
  Period            from 2026-11-20, no end
  Proof             eidsigning, signed by the patient
";
        assert_eq!(link(&answer, &PLAIN), expected);
    }

    #[test]
    fn a_question_has_neither_period_nor_proof() {
        let answer = json!({"requestId": "1", "warnings": []});
        assert_eq!(
            question(&answer, &PLAIN),
            "  Request, ready to send\n\n  Request           1\n"
        );
    }
}
