//! Requests about links and exclusions, for people.

use super::{Page, Paint, text};
use beid_api::types::{ExclusionAnswer, PeriodAnswer, ProofAnswer, TherapeuticLinkAnswer, WarningAnswer};

/// A request with links, each with its period and proof.
pub(crate) fn link(answer: &TherapeuticLinkAnswer, paint: &Paint) -> String {
    let links = answer.links.as_deref().unwrap_or_default();
    let heading = match links.len() {
        0 => "Therapeutic link, ready to send".to_owned(),
        several => format!("{several} therapeutic links, ready to send"),
    };
    let mut page = begin(answer.simulated, &answer.request_id, &heading, *paint);
    if links.is_empty() {
        one(answer.period.as_ref(), answer.proof.as_ref(), &mut page);
    }
    for (index, link) in links.iter().enumerate() {
        page.line(String::new());
        page.line(format!("  {}. {}", index + 1, text(&link.id)));
        one(Some(&link.period), link.proof.as_ref(), &mut page);
    }
    page.warnings(&answer.warnings, *paint);
    page.0
}

/// A question about links, in which nothing is proved.
pub(crate) fn link_question(answer: &TherapeuticLinkAnswer, paint: &Paint) -> String {
    request(answer.simulated, &answer.request_id, &answer.warnings, *paint)
}

/// A request about exclusions.
pub(crate) fn exclusion(answer: &ExclusionAnswer, paint: &Paint) -> String {
    request(answer.simulated, &answer.request_id, &answer.warnings, *paint)
}

fn request(simulated: Option<bool>, id: &str, warnings: &[WarningAnswer], paint: Paint) -> String {
    let mut page = begin(simulated, id, "Request, ready to send", paint);
    page.warnings(warnings, paint);
    page.0
}

fn begin(simulated: Option<bool>, id: &str, heading: &str, paint: Paint) -> Page {
    let mut page = Page::default();
    page.simulated(simulated, paint);
    page.line(format!("  {}", paint.bold(heading)));
    page.line(String::new());
    page.row("Request", id);
    page
}

fn one(period: Option<&PeriodAnswer>, proof: Option<&ProofAnswer>, page: &mut Page) {
    if let Some(period) = period {
        let end = period.end.as_ref();
        let end = end.map_or_else(|| "no end".to_owned(), |end| format!("until {end}"));
        page.row("Period", &format!("from {}, {end}", period.start));
    }
    if let Some(proof) = proof {
        let signed = if proof.cms.is_some() {
            ", signed by the patient"
        } else {
            ""
        };
        page.row("Proof", &format!("{}{signed}", proof.proof_type));
        page.row("Because", text(&proof.reason));
    }
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

    fn link(answer: &Value) -> String {
        super::link(&visible_answer(answer).unwrap(), &PLAIN)
    }

    #[test]
    fn a_link_shows_period_proof_and_reason() {
        let answer = json!({
            "requestId": "10012378004.1", "xml": "<a/>", "period": {"start": "2026-11-20", "end": "2027-02-20"},
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
        assert_eq!(link(&answer), expected);
    }

    #[test]
    fn each_link_of_a_list_is_shown() {
        let one = |id: &str| json!({"id": id, "period": {"start": "2026-11-20"}, "proof": {"type": "eidsigning", "cms": "MII="}});
        let answer = json!({"requestId": "1", "xml": "<a/>", "links": [one("1-1"), one("1-2")], "warnings": []});
        let expected = "  2 therapeutic links, ready to send

  Request           1

  1. 1-1
  Period            from 2026-11-20, no end
  Proof             eidsigning, signed by the patient

  2. 1-2
  Period            from 2026-11-20, no end
  Proof             eidsigning, signed by the patient
";
        assert_eq!(link(&answer), expected);
    }

    #[test]
    fn a_question_has_neither_period_nor_proof() {
        let answer = json!({"requestId": "1", "xml": "<a/>", "warnings": []});
        assert_eq!(
            link_question(&visible_answer(&answer).unwrap(), &PLAIN),
            "  Request, ready to send\n\n  Request           1\n"
        );
    }
}
