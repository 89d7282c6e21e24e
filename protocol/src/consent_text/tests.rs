//! Tests that the text is the official one, and that no other takes its place.

use super::*;

fn dutch() -> ConsentText {
    ConsentText::dutch().unwrap()
}

/// A text in the shape of an official one, in French, that nobody has ever agreed to.
fn french() -> ConsentTextFields {
    let mut fields = ConsentTextFields {
        language: "fr".to_owned(),
        agreement: vec!["TEST premier paragraphe.".to_owned(), "TEST second.".to_owned()],
        guarantees_intro: "TEST garanties :".to_owned(),
        guarantees: GUARANTEES
            .map(|id| Guarantee {
                id: id.to_owned(),
                text: format!("TEST {id} ;"),
            })
            .to_vec(),
        closing: "TEST fin.".to_owned(),
        ..ConsentTextFields::default()
    };
    settle(&mut fields);
    fields
}

fn settle(fields: &mut ConsentTextFields) {
    fields.plain_text = composed(fields);
    fields.plain_text_sha256 = sha256(&fields.plain_text);
}

#[track_caller]
fn check_refused(change: impl FnOnce(&mut ConsentTextFields), member: &str) {
    let mut fields = french();
    change(&mut fields);
    match ConsentText::parse(fields) {
        Err(ProtocolError::InvalidRequest { field, .. }) => assert_eq!(field, member),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_dutch_statement_is_the_official_one() {
    let text = dutch();
    assert_eq!(
        text.sha256(),
        "e47bcd9ec2f264c335b95b8882e53d64eee22fbb85bf9f14a0b4d4b2cefd6680"
    );
    assert_eq!(sha256(text.plain_text()), text.sha256());
    assert_eq!((text.id(), text.language(), text.version()), (ID, "nl", "2018"));
    assert_eq!((text.agreement().len(), text.guarantees().len()), (2, 7));
    assert!(text.agreement().iter().all(|line| line.ends_with('.')));
    assert!(text.guarantees_intro().ends_with("worden geboden:"));
    // The source's own slip.
    assert!(
        text.guarantees()
            .iter()
            .any(|one| one.id == "relevance" && one.text.contains("de machtiging de kamer"))
    );
    assert!(text.closing().starts_with("Ik heb tot slot"));
    assert!(text.glossary().iter().all(|one| text.plain_text().contains(&one.term)));
}

#[test]
fn a_text_is_what_its_pieces_and_its_digest_say() {
    assert_eq!(ConsentText::parse(french()).unwrap().language(), "fr");
    check_refused(
        |fields| fields.plain_text_sha256.replace_range(..1, "x"),
        "plain_text_sha256",
    );
    check_refused(
        |fields| fields.plain_text_sha256 = fields.plain_text_sha256.to_uppercase(),
        "plain_text_sha256",
    );
    check_refused(|fields| fields.plain_text.push('x'), "plain_text");
    check_refused(|fields| fields.closing.clear(), "plain_text");
    check_refused(
        |fields| {
            fields.closing.push('\u{202E}');
            settle(fields);
        },
        "plain_text",
    );
    check_refused(
        |fields| {
            fields.closing = "x".repeat(LONGEST);
            settle(fields);
        },
        "plain_text",
    );
    for guarantees in [6, 0] {
        check_refused(
            |fields| {
                fields.guarantees.truncate(guarantees);
                settle(fields);
            },
            "guarantees",
        );
    }
    check_refused(
        |fields| {
            fields.guarantees.swap(0, 1);
            settle(fields);
        },
        "guarantees",
    );
    check_refused(|fields| fields.agreement.clear(), "agreement");
    for language in ["", "FR", "fra", "f1"] {
        check_refused(|fields| fields.language = language.to_owned(), "language");
    }
}

#[test]
fn a_text_without_a_version_is_named_by_its_digest() {
    let text = ConsentText::parse(french()).unwrap();
    assert_eq!((text.id(), text.version()), (ID, &text.sha256()[..16]));
    let named = ConsentTextFields {
        version: Some("2027".to_owned()),
        ..french()
    };
    assert_eq!(ConsentText::parse(named).unwrap().version(), "2027");
}

#[test]
fn there_is_one_text_for_a_language_and_no_other_in_its_place() {
    let installed = InstalledTexts::new(vec![ConsentText::parse(french()).unwrap()]).unwrap();
    for (asked, given) in [
        ("nl", Some("nl")),
        ("nl-BE", Some("nl")),
        ("FR", Some("fr")),
        ("fr_BE", Some("fr")),
        ("de", None),
        ("", None),
    ] {
        let found = installed.in_language(asked);
        assert_eq!(found.map(ConsentText::language), given, "{asked}");
    }
    assert_eq!(installed.dutch().language(), "nl");
    assert_eq!(installed.texts().count(), 2);
    let twice = vec![ConsentText::parse(french()).unwrap(); 2];
    assert!(InstalledTexts::new(twice).is_err());
    assert!(InstalledTexts::new(vec![dutch()]).is_err());
}

#[test]
fn explanations_say_what_they_are_and_can_never_be_signed() {
    let installed = InstalledTexts::new(Vec::new()).unwrap();
    for language in ["fr", "de-BE", "en"] {
        let explained = explanation(language).unwrap();
        assert!(!explained.mark.is_empty());
        // Five short paragraphs, and no control character but the line feeds.
        assert_eq!(explained.text.lines().count(), 5);
        assert!(explained.text.chars().all(|c| c == '\n' || !c.is_control()));
        assert!(!explained.text.contains("  "));
        assert!(installed.texts().all(|text| text.plain_text() != explained.text));
    }
    assert_eq!((explanation("nl"), explanation("ar")), (None, None));
}
