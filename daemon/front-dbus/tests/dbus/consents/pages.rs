//! Dialogs of a consent: their texts, their language, and the effect of a refusal.

use super::*;
use beid_testkit::Scratch;

/// Invented text in French, with the shape of an official one.
fn french() -> Value {
    let ids = [
        "committee-approval",
        "care-relation-only",
        "relevance",
        "withhold-data",
        "exclude-provider",
        "access-verification",
        "withdraw-any-time",
    ];
    let listed: String = ids.iter().map(|id| format!("- TEST {id} : 100 % à vous ;\n")).collect();
    let plain_text = format!(
        "TEST  accord.\nTEST garanties :\n{listed}{}\n",
        "TEST fin. ".repeat(150).trim()
    );
    json!({
        "language": "fr", "version": "test", "agreement": ["TEST  accord."], "guarantees_intro": "TEST garanties :",
        "guarantees": ids.map(|id| json!({"id": id, "text": format!("TEST {id} : 100 % à vous ;")})),
        "closing": "TEST fin. ".repeat(150).trim(),
        "plain_text": plain_text, "plain_text_sha256": sha256(&plain_text),
    })
}

/// A desk where the French text is installed.
async fn with_french(person: Person) -> Desk {
    let scratch = Scratch::new("consent-text");
    let file = scratch.path().join("fr.json");
    std::fs::write(&file, french().to_string()).unwrap();
    let settings = format!("\n[consent]\ntexts = [\"{}\"]\n", file.display());
    Desk::open_at(person, &settings, autumn).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installed_text_is_shown_and_signed_to_the_letter() {
    for format in FORMATS {
        let desk = with_french(Person::Types(TEST_PIN)).await;
        desk.insert("claire").await;
        let request = json!({"operation": "put", "evidence": format, "textLanguage": "fr-BE"});
        let answer = consent(&desk, request).await.unwrap();
        let pages = pages(&desk);
        let shown = official(&pages, "fr");
        assert_eq!(shown, french()["plain_text"].as_str().unwrap());
        let text = json!({"id": "ehealth-informed-consent", "language": "fr", "version": "test",
                          "sha256": sha256(&shown)});
        assert_eq!(answer["consentText"], text);
        assert_eq!(warnings(&answer), [""; 0]);
        // The person reads English.
        assert!(
            pages
                .iter()
                .any(|page| page.title.starts_with("Explanation, not the official text"))
        );
        let verification = judged(&desk, &data(&answer), answer["xml"].as_str().unwrap());
        assert_eq!(verification.trust().name(), "test");
        if format == "asice" {
            assert!(
                unzipped(&desk, &data(&answer))
                    .0
                    .contains(&"consent-text.fr.json".to_owned())
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_not_installed_is_refused_before_anything_is_shown() {
    let desk = desk(Person::Follows(&[])).await;
    desk.insert("claire").await;
    let seen = instructions(&desk);
    for language in ["fr", "de-BE", "pt"] {
        for signer in ["patient", "provider"] {
            let request = json!({"operation": "put", "evidence": "cades", "textLanguage": language, "signer": signer});
            let (code, words) = refused(consent(&desk, request).await);
            assert_eq!(code, ErrorCode::NoOfficialText, "{language} {signer}");
            assert!(
                words.contains(&format!("in the language {language} (there are: nl)")),
                "{words}"
            );
        }
    }
    assert_eq!(desk.asked_for(), [""; 0]);
    assert_eq!(seen.lock().unwrap().len(), 0, "no card was read for it");
    assert_eq!(
        (
            ErrorCode::NoOfficialText.status(),
            ErrorCode::NoOfficialText.dbus_name()
        ),
        (422, "NoOfficialText")
    );
    let request = json!({"operation": "put", "evidence": "cades", "textLanguage": "not a language"});
    assert_eq!(refused(consent(&desk, request).await).0, ErrorCode::InvalidRequest);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_language_it_is_the_dutch_text_even_where_another_is_installed() {
    let desk = with_french(Person::Types(TEST_PIN)).await;
    desk.insert("claire").await;
    let answer = consent(&desk, json!({"operation": "put", "evidence": "cades"}))
        .await
        .unwrap();
    let pages = pages(&desk);
    assert_eq!(sha256(&official(&pages, "nl")), DIGEST);
    assert_eq!(answer["consentText"]["language"], "nl");
    assert_eq!(warnings(&answer), [""; 0]);
    // The person reads English, so the explanation beside the text is English; no part of it is signed.
    let beside = pages
        .iter()
        .filter(|page| page.title.starts_with("Explanation, not the official text"));
    let said = words(&beside.map(|page| page.description.as_str()).collect::<String>());
    assert!(
        said.contains("What is signed is the request and the official text"),
        "{said}"
    );
    let hints = judged(&desk, &data(&answer), answer["xml"].as_str().unwrap());
    assert!(hints.content_hints().unwrap().ends_with(DIGEST));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_refused_ends_it_before_a_pin() {
    let all = ["ok"; 12];
    for (answer, code) in [
        ("no", ErrorCode::UserDeclined),
        ("cancel", ErrorCode::UserDeclined),
        ("timeout", ErrorCode::UserTimeout),
    ] {
        for agreed in 0..=5 {
            let answers: Vec<&'static str> = all[..agreed].iter().copied().chain([answer]).collect();
            let desk = desk(Person::Follows(answers.leak())).await;
            desk.insert("claire").await;
            let seen = instructions(&desk);
            let outcome = consent(
                &desk,
                json!({"operation": "put", "evidence": "cades", "textLanguage": "nl"}),
            )
            .await;
            assert_eq!(refused(outcome).0, code, "{agreed}");
            assert_eq!(pages(&desk).len(), agreed + 1);
            // Summary, explanation, the pages of the text, and only then the PIN.
            let expected = ["CONFIRM", "CONFIRM", "CONFIRM", "CONFIRM", "CONFIRM", "GETPIN"];
            assert_eq!(desk.asked_for(), expected[..=agreed]);
            assert_eq!((count(&seen, VERIFY), tries(&desk)), (0, 3));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_goes_between_two_pages_ends_it() {
    let desk = desk(Person::Follows(&["ok", "wait"])).await;
    desk.insert("claire").await;
    let call = consent(
        &desk,
        json!({"operation": "put", "evidence": "cades", "textLanguage": "nl"}),
    );
    let swapped = async {
        wait_for("the second page", || pages(&desk).len() == 2).await;
        desk.reader.remove();
        desk.reader
            .insert(VirtualCard::new(Citizen::find("claire").unwrap(), &desk.pki).unwrap());
    };
    let (outcome, ()) = tokio::join!(call, swapped);
    assert_eq!(refused(outcome).0, ErrorCode::CardRemoved);
    assert_eq!(desk.asked_for(), ["CONFIRM"; 2]);
    assert_eq!(tries(&desk), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keypad_is_told_to_ask_after_the_last_page() {
    let keypad = VirtualKeypad::new(KeypadKind::Direct);
    keypad.expect(Gesture::Types(TEST_PIN));
    let desk = Desk::open_with_keypad(Person::Follows(&["ok"; 12]), keypad).await;
    desk.insert("claire").await;
    let outcome = consent(
        &desk,
        json!({"operation": "put", "evidence": "cades", "textLanguage": "nl"}),
    )
    .await;
    let answer = outcome.unwrap();
    let pages = pages(&desk);
    assert_eq!(sha256(&official(&pages, "nl")), answer["consentText"]["sha256"]);
    assert!(pages.iter().all(|page| page.question == "CONFIRM"));
    let last = pages.last().unwrap();
    assert!(words(&last.description).contains("the official text that you have just read"));
    assert!(words(&last.description).contains("type your PIN on the card reader"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_gives_nothing_and_is_asked_once() {
    let desk = desk(Person::Types("9999")).await;
    desk.insert("claire").await;
    let outcome = consent(&desk, json!({"operation": "put", "evidence": "asice"})).await;
    assert_eq!(refused(outcome).0, ErrorCode::PinIncorrect);
    assert_eq!(tries(&desk), 2);
    let asked = desk.asked_for();
    assert_eq!(asked.iter().filter(|question| *question == "GETPIN").count(), 1);
}
