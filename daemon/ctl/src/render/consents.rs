//! Requests about consents, for people.

use super::{Page, Paint};
use beid_api::types::{ConsentAnswer, ConsentEvidence};

/// A request, the text that was agreed to, and the evidence.
pub(crate) fn consent(answer: &ConsentAnswer, paint: &Paint) -> String {
    let mut page = Page::default();
    page.simulated(answer.simulated, *paint);
    page.line(format!("  {}", paint.bold("Consent request, ready to send")));
    page.line(String::new());
    page.row("Request", &answer.request_id);
    if let Some(text) = &answer.consent_text {
        page.row(
            "Agreed to",
            &format!("{}, {}, version {}", text.id, text.language, text.version),
        );
        page.row("SHA-256", &text.sha256);
    }
    match &answer.evidence {
        None => page.row("Evidence", "none: nobody has signed"),
        Some(evidence) => {
            let format = format_word(evidence.format);
            page.row("Evidence", &format!("{format}, {}", evidence.media_type));
        }
    }
    page.warnings(&answer.warnings, *paint);
    page.0
}

fn format_word(format: ConsentEvidence) -> &'static str {
    match format {
        ConsentEvidence::None => "none",
        ConsentEvidence::Cades => "cades",
        ConsentEvidence::Xades => "xades",
        ConsentEvidence::Asice => "asice",
    }
}
