//! Requests about consents, for people.

use super::{Page, Paint, text, warnings};
use serde_json::Value;

/// A request, which text was agreed to, and what was signed.
pub(in super::super) fn consent(answer: &Value, paint: &Paint) -> String {
    let mut page = Page::default();
    page.simulated(answer, *paint);
    page.line(format!("  {}", paint.bold("Consent request, ready to send")));
    page.line(String::new());
    page.row("Request", &text(answer, "requestId"));
    let text_of = answer.get("consentText").unwrap_or(&Value::Null);
    if !text_of.is_null() {
        let [id, language, version] = ["id", "language", "version"].map(|member| text(text_of, member));
        page.row("Agreed to", &format!("{id}, {language}, version {version}"));
        page.row("SHA-256", &text(text_of, "sha256"));
    }
    let evidence = answer.get("evidence").unwrap_or(&Value::Null);
    if evidence.is_null() {
        page.row("Evidence", "none: nobody has signed");
    } else {
        let [format, media_type] = ["format", "mediaType"].map(|member| text(evidence, member));
        page.row("Evidence", &format!("{format}, {media_type}"));
    }
    warnings::all(answer, &mut page, *paint);
    page.0
}
