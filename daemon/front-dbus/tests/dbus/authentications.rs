//! Log-ins for programs: refused unless the settings allow them, and what the person is shown and the card is sent.

use crate::pin::{LOG_OFF, VERIFY, call, count, instructions, tries};
use beid_api::ErrorCode;
use beid_simulator::{Day, Oddities, TEST_PIN, VirtualCard};
use beid_testkit::daemon::{Desk, Person};
use beid_testkit::odd_card;
use beid_texts::{ErrorTexts, Language};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Settings that let programs log people in.
pub(crate) const NATIVE: &str = "[policy]\nnative_log_in = true\n";

const SITE: &str = "https://praktijk.example:8443";

/// A request that every adult's card answers.
pub(crate) fn log_in() -> Value {
    json!({"challengeNonce": "QUFBQUJCQkJDQ0NDRERERAECAwQFBgcICQoLDA0ODxA=", "audience": SITE})
}

async fn desk(person: Person) -> Desk {
    Desk::open_at(person, NATIVE, Timestamp::now).await
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_may_not_ask_unless_the_settings_say_so() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("jan").await;
    let refused = call(&desk, "authenticate", log_in()).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::PolicyDenied);
    assert!(refused.detail(Language::En).contains("native_log_in"));
    assert!(desk.dialogs().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_person_reads_where_and_what_and_the_pin_is_sent_once() {
    for (citizen, verifies) in [("anna", 2), ("claire", 1)] {
        let desk = desk(Person::Follows(&[TEST_PIN])).await;
        let id = desk.insert(citizen).await;
        let seen = instructions(&desk);
        let token = call(&desk, "authenticate", log_in()).await.unwrap();
        assert_eq!(
            (&token["cardId"], &token["format"]),
            (&json!(id), &json!("web-eid:1.0"))
        );
        // One of two on 1.7 asks for the tries left.
        assert_eq!(count(&seen, VERIFY), verifies, "{citizen}");
        assert_eq!(count(&seen, LOG_OFF), 1, "{citizen}");
        let [(question, said)] = &desk.dialogs()[..] else {
            panic!("{:?}", desk.dialogs())
        };
        assert_eq!(question, "GETPIN");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let holder = desk.reader.slot().citizen().unwrap().surname;
        for words in [
            "“desk”",
            SITE,
            "as the program states",
            "national register number",
            "Log in",
            holder,
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert!(!said.contains("With your PIN you sign"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_costs_one_try_and_gives_nothing() {
    let desk = desk(Person::Follows(&["9999"])).await;
    desk.insert("jan").await;
    let refused = call(&desk, "authenticate", log_in()).await.unwrap_err();
    assert_eq!((refused.code, refused.tries_left), (ErrorCode::PinIncorrect, Some(2)));
    assert_eq!(tries(&desk), 2);
}

/// A day on which the cards of the first generation were valid.
fn in_2010() -> Timestamp {
    "2010-06-01T12:00:00Z".parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_can_be_refused_is_before_a_person_is_asked() {
    for (citizen, clock, code, word) in [
        (
            "lotte",
            Timestamp::now as fn() -> Timestamp,
            ErrorCode::CertificateMissing,
            "log in",
        ),
        ("mila", Timestamp::now, ErrorCode::CertificateMissing, "young children"),
        ("karel", Timestamp::now, ErrorCode::CardExpired, ""),
        ("odile", in_2010, ErrorCode::UnsupportedAlgorithm, ""),
    ] {
        let desk = Desk::open_at(Person::Types(TEST_PIN), NATIVE, clock).await;
        desk.insert(citizen).await;
        let seen = instructions(&desk);
        let refused = call(&desk, "authenticate", log_in()).await.unwrap_err();
        assert_eq!(refused.code, code, "{citizen}: {}", refused.detail(Language::En));
        assert!(refused.detail(Language::En).contains(word), "{citizen}");
        assert!(desk.dialogs().is_empty() && count(&seen, VERIFY) == 0, "{citizen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn children_with_a_certificate_for_it_may_log_in() {
    for citizen in ["finn", "sam"] {
        let desk = desk(Person::Types(TEST_PIN)).await;
        desk.insert(citizen).await;
        let token = call(&desk, "authenticate", log_in()).await.unwrap();
        assert_eq!(token["format"], "web-eid:1.0", "{citizen}");
    }
}

fn card_with(valid: (Day, Day)) -> VirtualCard {
    let oddities = Oddities {
        authentication_valid: Some(valid),
        ..Oddities::NONE
    };
    odd_card("jan", &oddities)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_valid_today_logs_nobody_in() {
    let day = |year| Day::new(year, 1, 15);
    for (valid, good) in [
        ((day(2020), day(2022)), false),
        ((day(2039), day(2040)), false),
        ((day(2020), day(2040)), true),
    ] {
        let desk = desk(Person::Types(TEST_PIN)).await;
        desk.insert_card(card_with(valid)).await;
        let outcome = call(&desk, "authenticate", log_in()).await;
        if good {
            assert_eq!(outcome.unwrap()["format"], "web-eid:1.0");
            continue;
        }
        let refused = outcome.unwrap_err();
        assert_eq!(
            refused.code,
            ErrorCode::CertificateNotValid,
            "{}",
            refused.detail(Language::En)
        );
        assert!(refused.detail(Language::En).contains("certificate for log-ins"));
        assert!(desk.dialogs().is_empty());
    }
}
