//! Warnings in words. Each code has a text in every language, `warning-` and the code.

use beid_texts::{Language, Message, Render};

/// Text of a warning; the code itself if it is one of a newer service.
pub(super) fn words(code: &str, language: Language) -> String {
    let id = format!("warning-{code}");
    let said = Message::new(id.as_str()).render(language);
    if said == id { code.to_owned() } else { said }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Page, Paint};
    use beid_api::types::WarningAnswer;
    use beid_protocol::WarningKind;

    #[test]
    fn every_warning_is_said_in_every_language() {
        let codes = WarningKind::ALL
            .iter()
            .map(|kind| kind.code())
            .chain(["time-stamp-missing"]);
        for code in codes {
            for language in Language::ALL {
                let said = words(code, language);
                assert!(
                    said.contains(' ') && said.ends_with('.'),
                    "{code} in {language:?}: {said}"
                );
            }
        }
    }

    #[test]
    fn a_code_nobody_knows_here_is_shown_as_it_is() {
        let warning = WarningAnswer {
            code: "of-tomorrow".to_owned(),
            field: "proof".to_owned(),
        };
        let mut page = Page::default();
        page.warnings(&[warning], Paint::new(false, Language::Nl));
        assert_eq!(page.0, "  Warning           of-tomorrow (proof)\n");
    }
}
