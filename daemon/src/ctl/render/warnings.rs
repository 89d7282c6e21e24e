//! Warnings in words. Each code has a text in every language, `warning-` and the code.

use super::{Page, Paint, items, text};
use crate::texts::{Message, Render};
use serde_json::Value;

/// Adds every warning of an answer to `page`.
pub(super) fn all(answer: &Value, page: &mut Page, paint: Paint) {
    for warning in items(answer, "warnings") {
        let (code, field) = (text(warning, "code"), text(warning, "field"));
        let words = format!("{} ({field})", words(&code, paint));
        page.row("Warning", &paint.doubtful(&words));
    }
}

/// What a code means; the code itself if it is one of a newer service.
fn words(code: &str, paint: Paint) -> String {
    let id = format!("warning-{code}");
    let said = Message::new(id.as_str()).render(paint.language);
    if said == id { code.to_owned() } else { said }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;
    use beid_protocol::WarningKind;
    use serde_json::json;

    #[test]
    fn every_warning_is_said_in_every_language() {
        let codes = WarningKind::ALL
            .iter()
            .map(|kind| kind.code())
            .chain(["time-stamp-missing"]);
        for code in codes {
            for language in Language::ALL {
                let said = words(code, Paint::new(false, language));
                assert!(
                    said.contains(' ') && said.ends_with('.'),
                    "{code} in {language:?}: {said}"
                );
            }
        }
    }

    #[test]
    fn a_code_nobody_knows_here_is_shown_as_it_is() {
        let answer = json!({"warnings": [{"code": "of-tomorrow", "field": "proof"}]});
        let mut page = Page::default();
        all(&answer, &mut page, Paint::new(false, Language::Nl));
        assert_eq!(page.0, "  Warning           of-tomorrow (proof)\n");
    }
}
