//! The page of the doctor's findings.

use super::page::{Page, Paint, visible};
use beid_api::types::{DiagnosticsAnswer, FindingAnswer};
use beid_api::words::FindingOutcome;
use beid_texts::{Message, Render};

/// Findings by areas, and the worst outcome last.
pub(crate) fn doctor(answer: &DiagnosticsAnswer, paint: Paint) -> String {
    let mut page = Page::default();
    let say = |id: String| Message::new(id).render(paint.language());
    let mut area = "";
    for finding in &answer.findings {
        if finding.area.word() != area {
            area = finding.area.word();
            page.line(paint.bold(&visible(&say(format!("doctor-area-{area}")))));
        }
        self::finding(&mut page, finding, paint);
    }
    page.line(String::new());
    let worst = say(format!("doctor-{}", answer.outcome));
    page.line(match answer.outcome {
        FindingOutcome::Problem => paint.bad(&worst),
        FindingOutcome::Notice => paint.doubtful(&worst),
        FindingOutcome::Ok | FindingOutcome::Unknown | FindingOutcome::Other(_) => paint.good(&worst),
    });
    page.0
}

fn finding(page: &mut Page, finding: &FindingAnswer, paint: Paint) {
    let mark = match finding.outcome {
        FindingOutcome::Ok => paint.good("✔"),
        FindingOutcome::Notice => paint.doubtful("!"),
        FindingOutcome::Problem => paint.bad("✘"),
        FindingOutcome::Unknown | FindingOutcome::Other(_) => paint.doubtful("?"),
    };
    page.line(format!(
        "  {mark} {} [{}]",
        visible(&finding.text),
        visible(&finding.code)
    ));
    if let Some(next) = &finding.next {
        page.line(format!("      → {}", visible(next)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_api::{DoctorFinding, FindingCode};
    use beid_texts::Language;

    #[test]
    fn every_finding_has_words_and_a_next_step_in_every_language() {
        for language in Language::ALL {
            let paint = Paint::new(false, language);
            let findings = FindingCode::ALL.iter().map(|code| {
                let mut finding = DoctorFinding::new(*code);
                for fact in code.facts() {
                    finding = finding.name(fact, format!("<{fact}>"));
                }
                finding.to_answer(|message| message.render(language))
            });
            let answer = DiagnosticsAnswer::new(findings.collect());
            for finding in &answer.findings {
                let code = FindingCode::from_code(&finding.code).unwrap();
                let all = [Some(&finding.text), finding.next.as_ref()];
                for text in all.into_iter().flatten() {
                    assert!(!text.starts_with("finding-"), "{}: no words: {text}", language.tag());
                    assert!(!text.contains('{'), "{}: a gap is open: {text}", language.tag());
                }
                for fact in code.facts() {
                    let gap = format!("<{fact}>");
                    assert!(
                        finding.text.contains(&gap),
                        "{}: {}: {fact}",
                        language.tag(),
                        finding.code
                    );
                }
                assert_eq!(finding.next.is_some(), finding.outcome != FindingOutcome::Ok);
            }
            let page = doctor(&answer, paint);
            assert!(!page.contains("doctor-"), "{}: {page}", language.tag());
        }
    }

    #[test]
    fn a_page_is_this() {
        let finding = |code, name: &'static str, value: &str| DoctorFinding::new(code).name(name, value);
        let findings = [
            finding(FindingCode::StoreDistrusts, "store", "Firefox: a\u{1b}[2Jb"),
            DoctorFinding::new(FindingCode::PcscAnswers),
            DoctorFinding::new(FindingCode::CardNone),
        ];
        let answers = findings
            .iter()
            .map(|finding| finding.to_answer(|message| message.render(Language::En)));
        let page = doctor(
            &DiagnosticsAnswer::new(answers.collect()),
            Paint::new(false, Language::En),
        );
        let expected = "\
Readers
  ✔ The smart card service (pcscd) answers. [pcsc-answers]
Card
  ? No card is in a reader, so none was looked at. [card-none]
      → Put an eID card into the reader to have it looked at too.
Browsers
  ✘ Firefox: a[2Jb does not trust beidd. [store-distrusts]
      → On this computer: beidctl tls install. Afterwards close the browser, and start it again.

Something does not work. What to do stands beside it.
";
        assert_eq!(page, expected);
    }
}
