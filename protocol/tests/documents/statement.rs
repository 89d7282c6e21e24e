//! The built-in statement, compared with the platform's own.

use beid_protocol::consent_text::ConsentText;

use crate::tools::{ehealth_xsd, sample};

/// The text of the member `name`, without its escapes: these texts have none but line feeds.
fn member(json: &str, name: &str) -> String {
    let (_, behind) = json.split_once(&format!("\"{name}\": \"")).unwrap();
    behind.split('"').next().unwrap().replace("\\n", "\n")
}

#[test]
fn the_dutch_statement_is_the_platforms_word_for_word() {
    let Some(xsd) = ehealth_xsd() else {
        return;
    };
    let json = String::from_utf8(sample(&xsd, "consent-text.nl.json")).unwrap();
    let text = ConsentText::dutch().unwrap();
    assert_eq!(text.plain_text(), member(&json, "plain_text"));
    assert_eq!(text.sha256(), member(&json, "plain_text_sha256"));
    assert_eq!(text.closing(), member(&json, "closing"));
    assert_eq!(text.guarantees_intro(), member(&json, "guarantees_intro"));
    for line in text.agreement() {
        assert!(json.contains(&format!("\"{line}\"")), "{line}");
    }
    for guarantee in text.guarantees() {
        let (_, behind) = json.split_once(&format!("\"id\": \"{}\"", guarantee.id)).unwrap();
        assert_eq!(member(behind, "text"), guarantee.text);
    }
}
