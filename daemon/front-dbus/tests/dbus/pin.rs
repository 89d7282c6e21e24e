//! PIN checks, changes and signatures: typed in a dialog or on the reader's keypad.

use beid_api::{AnswerForm, ApiError, ErrorCode, OperationRow};
use beid_service::Call;
use beid_service::caller::Caller;
use beid_simulator::{Gesture, KeypadKind, TEST_PIN, VirtualKeypad};
use beid_testkit::daemon::{Desk, DeskSetup, Person, wait_for};
use beid_texts::{ErrorTexts, Language};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const NEW_PIN: &str = "567890";

/// One card of each applet.
const CITIZENS: [&str; 3] = ["odile", "anna", "claire"];

pub(crate) const VERIFY: u8 = 0x20;
const CHANGE: u8 = 0x24;
pub(crate) const LOG_OFF: u8 = 0xE6;

/// Tag of the reader command that ends an entry (PC/SC part 10, `FEATURE_ABORT`).
const ABORT: u8 = 0x0B;

/// Calls as a program of its own each time: after a refusal, the same program would have to wait.
pub(crate) async fn call(desk: &Desk, operation: &str, members: Value) -> Result<Value, ApiError> {
    static PROGRAMS: AtomicU32 = AtomicU32::new(0);
    let program = PROGRAMS.fetch_add(1, Ordering::Relaxed).to_string();
    call_by(desk, &program, operation, members).await
}

/// Calls as the program whose executable is `program`.
pub(crate) async fn call_by(desk: &Desk, program: &str, operation: &str, members: Value) -> Result<Value, ApiError> {
    let members = members.as_object().cloned().unwrap();
    let call = Call {
        members,
        language: Language::En,
        ..Call::default()
    };
    let operation = OperationRow::named(operation).unwrap();
    let caller = Caller {
        executable: Some(PathBuf::from(program)),
        ..Caller::on_bus(":1.1", "desk")
    };
    match desk.service.call(operation, caller, call).await? {
        AnswerForm::Members(members) | AnswerForm::Several { members, .. } => Ok(members),
        AnswerForm::Begun(_) | AnswerForm::Octets(_) => panic!("no members"),
    }
}

async fn pin(desk: &Desk, what: &str) -> Result<Value, ApiError> {
    call(desk, "pin-operation", json!({"cardId": "current", "type": what})).await
}

async fn sign(desk: &Desk, comment: &str) -> Result<Value, ApiError> {
    let link = json!({
        "operation": "put", "type": "gpconsultation", "proof": "eidsigning", "comment": comment,
    });
    call(desk, "therapeutic-link", link).await
}

/// Code and tries left of a refusal.
pub(crate) fn refusal(outcome: Result<Value, ApiError>) -> (ErrorCode, Option<u8>) {
    let error = outcome.unwrap_err();
    (error.code, error.tries_left)
}

/// Instruction bytes (INS) of every command from now on.
pub(crate) fn instructions(desk: &Desk) -> Arc<Mutex<Vec<u8>>> {
    let seen = Arc::<Mutex<Vec<u8>>>::default();
    let noting = Arc::clone(&seen);
    desk.reader
        .slot()
        .observe(move |[_, instruction, ..]| noting.lock().unwrap().push(instruction));
    seen
}

pub(crate) fn count(instructions: &Mutex<Vec<u8>>, wanted: u8) -> usize {
    instructions
        .lock()
        .unwrap()
        .iter()
        .filter(|seen| **seen == wanted)
        .count()
}

pub(crate) fn tries(desk: &Desk) -> u8 {
    desk.reader.slot().tries_left().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn right_pin_is_sent_once_and_closed_behind_on_every_applet() {
    // Applet 1.7 is asked for its tries with an empty VERIFY; on 1.1 that would cost a try.
    for (citizen, verifies) in CITIZENS.into_iter().zip([1, 2, 1]) {
        let desk = Desk::open(Person::Follows(&[TEST_PIN])).await;
        let id = desk.insert(citizen).await;
        let seen = instructions(&desk);
        let answer = pin(&desk, "verify").await.unwrap();
        let expected = json!({"cardId": id, "outcome": "verified", "triesLeft": 3, "simulated": true});
        assert_eq!(answer, expected, "{citizen}");
        assert_eq!(count(&seen, VERIFY), verifies, "{citizen}");
        assert_eq!(count(&seen, LOG_OFF), 1, "{citizen}");
        let said = &desk.dialogs()[0].1;
        for words in ["“desk”", "Nothing is signed", "Check your PIN"] {
            assert!(said.contains(words), "{words}: {said}");
        }
        let holder = desk.reader.slot().citizen().unwrap().surname;
        assert!(said.contains(holder), "{holder}: {said}");
        assert_eq!(said.contains("You can try 3 more times."), citizen != "odile", "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_pins_are_counted_and_the_last_try_is_asked_for_first() {
    for citizen in CITIZENS {
        let desk = Desk::open(Person::Follows(&["9999", "9999", "no", "ok", "9999"])).await;
        desk.insert(citizen).await;
        for tries in [2, 1] {
            let error = pin(&desk, "verify").await.unwrap_err();
            assert_eq!(
                (error.code, error.tries_left),
                (ErrorCode::PinIncorrect, Some(tries)),
                "{citizen}"
            );
            let again = ["", "You can try once more.", "You can try 2 more times."][usize::from(tries)];
            assert!(error.detail(Language::En).contains(again));
        }
        assert_eq!(refusal(pin(&desk, "verify").await), (ErrorCode::UserDeclined, None));
        assert_eq!(tries(&desk), 1, "a no costs nothing");
        assert_eq!(refusal(pin(&desk, "verify").await), (ErrorCode::PinBlocked, None));
        assert_eq!(refusal(pin(&desk, "change").await), (ErrorCode::PinBlocked, None));
        assert_eq!(
            desk.asked_for(),
            ["GETPIN", "GETPIN", "CONFIRM", "CONFIRM", "GETPIN"],
            "{citizen}"
        );
        assert!(desk.dialogs()[2].1.contains("last try"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_no_the_same_program_waits_and_another_does_not() {
    let verify = json!({"cardId": "current", "type": "verify"});
    let desk = Desk::open(Person::Follows(&["cancel", "timeout"])).await;
    desk.insert("anna").await;
    let ask = async |program: &str| refusal(call_by(&desk, program, "pin-operation", verify.clone()).await).0;
    assert_eq!(ask("a").await, ErrorCode::UserDeclined);
    assert_eq!(ask("a").await, ErrorCode::TooManyRequests);
    assert_eq!(ask("b").await, ErrorCode::UserTimeout);
    assert_eq!(ask("b").await, ErrorCode::TooManyRequests);
    assert_eq!(desk.dialogs().len(), 2);
    // Refusing on the keypad counts as a refusal too.
    for gesture in [Gesture::Cancels, Gesture::Leaves] {
        let keypad = VirtualKeypad::new(KeypadKind::Direct);
        keypad.expect(gesture);
        let desk = Desk::open_with_keypad(Person::Follows(&["ok"]), keypad).await;
        desk.insert("claire").await;
        for expected in [None, Some(ErrorCode::TooManyRequests)] {
            let code = refusal(call_by(&desk, "a", "pin-operation", verify.clone()).await).0;
            assert_eq!(code == ErrorCode::TooManyRequests, expected.is_some(), "{code:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialog_after_a_refused_one_offers_twelve_hours_of_quiet() {
    let verify = json!({"cardId": "current", "type": "verify"});
    let desk = Desk::open(Person::Follows(&["cancel", "no"])).await;
    desk.insert("anna").await;
    let ask = async || call_by(&desk, "a", "pin-operation", verify.clone()).await.unwrap_err();
    assert_eq!(ask().await.code, ErrorCode::UserDeclined);
    let told = || std::fs::read_to_string(desk.dir.join("told")).unwrap();
    assert!(
        !told().contains("SETNOTOK"),
        "the first dialog asks for the PIN and offers nothing else"
    );
    let pause = ask().await;
    assert_eq!((pause.code, pause.retry_after), (ErrorCode::TooManyRequests, Some(2)));
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert_eq!(ask().await.code, ErrorCode::UserDeclined);
    assert!(told().contains("SETNOTOK Do not ask again for 12 hours"), "{}", told());
    // The text is on a page of its own, since a dialog that asks for a PIN has no third button.
    assert_eq!(desk.asked_for(), ["GETPIN", "CONFIRM"]);
    let quiet = ask().await;
    assert_eq!(quiet.code, ErrorCode::TooManyRequests);
    assert!(
        quiet
            .retry_after
            .is_some_and(|seconds| (43_100..=43_201).contains(&seconds)),
        "{quiet:?}"
    );
    assert_eq!(desk.asked_for().len(), 2);
    let kept = std::fs::read_to_string(desk.dir.join("silenced.json")).unwrap();
    assert!(kept.contains("\"caller\": \"a\""), "{kept}");
    // Another program may ask, and what asks nobody stays allowed.
    let other = call_by(&desk, "b", "pin-operation", verify.clone()).await.unwrap_err();
    assert_eq!(other.code, ErrorCode::PolicyDenied, "the script has no more answers");
    assert!(
        call_by(&desk, "a", "read-identity", json!({"cardId": "current"}))
            .await
            .is_ok()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_third_button_a_second_no_is_followed_by_the_question_whether_to_be_asked_again() {
    let verify = json!({"cardId": "current", "type": "verify"});
    for (answer, code) in [("ok", ErrorCode::TooManyRequests), ("cancel", ErrorCode::PolicyDenied)] {
        let desk = Desk::open(Person::FollowsInGnome(match answer {
            "ok" => &["cancel", "cancel", "ok"],
            _ => &["cancel", "cancel", "cancel"],
        }))
        .await;
        desk.insert("anna").await;
        let ask = async || call_by(&desk, "a", "pin-operation", verify.clone()).await.unwrap_err();
        assert_eq!(ask().await.code, ErrorCode::UserDeclined);
        tokio::time::sleep(Duration::from_millis(2100)).await;
        assert_eq!(ask().await.code, ErrorCode::UserDeclined);
        let dialogs = desk.dialogs();
        assert_eq!(desk.asked_for(), ["GETPIN", "CONFIRM", "CONFIRM"]);
        let last = &dialogs[2].1;
        assert!(
            last.contains("refused twice") && last.contains("Do not ask again for 12 hours"),
            "{last}"
        );
        // The pause after the second no; then the silence, or nobody who answers.
        tokio::time::sleep(Duration::from_millis(5100)).await;
        assert_eq!(ask().await.code, code, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_asks_again_and_again_does_not_keep_the_turn() {
    let verify = json!({"cardId": "current", "type": "verify"});
    let desk = Arc::new(Desk::open(Person::Follows(&["gate1234", "1234"])).await);
    desk.insert("claire").await;
    let greedy = tokio::spawn({
        let (desk, verify) = (Arc::clone(&desk), verify.clone());
        async move { call_by(&desk, "greedy", "pin-operation", verify).await }
    });
    desk.asked().await;
    let ask = async |program: &str| call_by(&desk, program, "pin-operation", verify.clone()).await;
    assert_eq!(refusal(ask("greedy").await).0, ErrorCode::OperationInProgress);
    assert_eq!(refusal(ask("honest").await).0, ErrorCode::OperationInProgress);
    desk.open_gate();
    assert!(greedy.await.unwrap().is_ok());
    assert_eq!(refusal(ask("greedy").await).0, ErrorCode::OperationInProgress);
    assert!(ask("honest").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_type_a_pin_spends_nothing() {
    for (answers, code) in [
        (&["cancel"][..], ErrorCode::UserDeclined),
        (&["timeout"], ErrorCode::UserTimeout),
        (&["12", "123", "1"], ErrorCode::UserDeclined),
        (&["ok"], ErrorCode::PolicyDenied),
    ] {
        for what in ["verify", "change"] {
            let desk = Desk::open(Person::Follows(answers)).await;
            desk.insert("claire").await;
            let seen = instructions(&desk);
            assert_eq!(refusal(pin(&desk, what).await), (code, None), "{what} {answers:?}");
            assert_eq!(count(&seen, VERIFY) + count(&seen, CHANGE), 0, "{what} {answers:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_pin_is_the_only_right_one_afterwards() {
    for citizen in CITIZENS {
        let desk = Desk::open(Person::Follows(&[
            TEST_PIN, NEW_PIN, NEW_PIN,  // changed
            TEST_PIN, // refused
            NEW_PIN,  // right
            TEST_PIN, "1111", "1111", // changed by somebody who does not know it
        ]))
        .await;
        let id = desk.insert(citizen).await;
        let seen = instructions(&desk);
        let answer = pin(&desk, "change").await.unwrap();
        let expected = json!({"cardId": id, "outcome": "changed", "triesLeft": 3, "simulated": true});
        assert_eq!(answer, expected, "{citizen}");
        assert_eq!((count(&seen, CHANGE), count(&seen, LOG_OFF)), (1, 1), "{citizen}");
        assert_eq!(
            refusal(pin(&desk, "verify").await),
            (ErrorCode::PinIncorrect, Some(2)),
            "{citizen}"
        );
        assert_eq!(pin(&desk, "verify").await.unwrap()["triesLeft"], 3, "{citizen}");
        assert_eq!(
            refusal(pin(&desk, "change").await),
            (ErrorCode::PinIncorrect, Some(2)),
            "{citizen}"
        );
        let said: Vec<String> = desk.dialogs().into_iter().map(|(_, said)| said).collect();
        for (said, prompt) in said.iter().zip(["Current PIN:", "New PIN:", "Once more:"]) {
            assert!(said.contains(prompt), "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_pins_that_differ_are_asked_again_and_then_given_up_with_nothing_sent() {
    let desk = Desk::open(Person::Follows(&[
        TEST_PIN, "1111", "2222", NEW_PIN, NEW_PIN, // right at the second time
        NEW_PIN, "1111", "2222", "3333", "33333", "4444", "5555",
    ]))
    .await;
    desk.insert("claire").await;
    pin(&desk, "change").await.unwrap();
    let dialogs = desk.dialogs();
    assert_eq!(dialogs.len(), 5);
    assert!(dialogs[3].1.contains("were not the same") && !dialogs[1].1.contains("were not the same"));
    let seen = instructions(&desk);
    let error = pin(&desk, "change").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::UserDeclined);
    assert!(error.detail(Language::En).contains("were not the same"));
    assert_eq!(count(&seen, CHANGE), 0);
    assert_eq!(desk.asked_for(), ["GETPIN"; 12]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keypad_of_the_reader_is_used_and_no_dialog_asks_for_a_pin() {
    let differing = Gesture::Changes {
        old: TEST_PIN,
        new: NEW_PIN,
        again: "111111",
    };
    let changes = Gesture::Changes {
        old: TEST_PIN,
        new: NEW_PIN,
        again: NEW_PIN,
    };
    #[rustfmt::skip] // one row a line
    let rows = [
        ("verify", Gesture::Types(TEST_PIN), Ok("verified"), 3),
        ("verify", Gesture::Types("9999"), Err((ErrorCode::PinIncorrect, Some(2))), 2),
        ("verify", Gesture::Types("12"), Err((ErrorCode::UserDeclined, None)), 3),
        ("verify", Gesture::Cancels, Err((ErrorCode::UserDeclined, None)), 3),
        ("verify", Gesture::Leaves, Err((ErrorCode::UserTimeout, None)), 3),
        ("change", changes, Ok("changed"), 3),
        ("change", differing, Err((ErrorCode::UserDeclined, None)), 3),
        ("change", Gesture::Cancels, Err((ErrorCode::UserDeclined, None)), 3),
        ("sign", Gesture::Types(TEST_PIN), Ok("signed"), 3),
        ("sign", Gesture::Types("9999"), Err((ErrorCode::PinIncorrect, Some(2))), 2),
        ("sign", Gesture::Cancels, Err((ErrorCode::UserDeclined, None)), 3),
        ("sign", Gesture::Leaves, Err((ErrorCode::UserTimeout, None)), 3),
    ];
    for (what, gesture, expected, tries_left) in rows {
        let keypad = VirtualKeypad::new(KeypadKind::Direct);
        keypad.expect(gesture);
        let desk = Desk::open_with_keypad(Person::Follows(&["ok", "ok"]), keypad).await;
        desk.insert("claire").await;
        assert!(desk.service.registry.readers()[0].pin_pad);
        let outcome = if what == "sign" {
            sign(&desk, "short").await.map(|answer| {
                assert!(answer["proof"]["cms"].is_string());
                json!("signed")
            })
        } else {
            pin(&desk, what).await.map(|mut answer| answer["outcome"].take())
        };
        let outcome = outcome.map_err(|error| (error.code, error.tries_left));
        assert_eq!(outcome, expected.map(Value::from), "{what} {gesture:?}");
        assert_eq!(tries(&desk), tries_left, "{what} {gesture:?}");
        // A link with a remark has a page of its own before the last one.
        let count = if what == "sign" { 2 } else { 1 };
        assert_eq!(desk.asked_for(), vec!["CONFIRM"; count], "{what} {gesture:?}");
        let said: String = desk.dialogs().into_iter().map(|(_, said)| said).collect();
        assert!(said.contains("card reader") && said.contains("“desk”"), "{said}");
        assert!(said.contains("Identity card (eID) of: Claire"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keypad_is_not_told_anything_until_the_person_has_agreed() {
    for answers in [&["no"][..], &["cancel"], &["timeout"], &[]] {
        let keypad = VirtualKeypad::new(KeypadKind::Direct);
        keypad.expect(Gesture::Types(TEST_PIN));
        let desk = Desk::open_with_keypad(Person::Follows(answers), keypad.clone()).await;
        desk.insert("anna").await;
        sign(&desk, "short").await.unwrap_err();
        pin(&desk, "verify").await.unwrap_err();
        pin(&desk, "change").await.unwrap_err();
        assert!(keypad.told().iter().all(|(tag, _)| *tag == 0), "only asked what it can");
        assert_eq!(tries(&desk), 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_text_is_shown_whole_before_the_keypad_asks() {
    let comment = "word ".repeat(95);
    let keypad = VirtualKeypad::new(KeypadKind::Direct);
    keypad.expect(Gesture::Types(TEST_PIN));
    let desk = Desk::open_with_keypad(Person::Follows(&["ok", "ok", "ok"]), keypad).await;
    desk.insert("claire").await;
    sign(&desk, comment.trim()).await.unwrap();
    let dialogs = desk.dialogs();
    assert_eq!(desk.asked_for(), ["CONFIRM"; 3]);
    let pages: String = dialogs.iter().map(|(_, said)| said.as_str()).collect();
    assert_eq!(pages.matches("word").count(), 95, "{pages}");
    assert!(dialogs[0].1.contains("1/2") && dialogs[1].1.contains("2/2"), "{pages}");
    assert!(
        dialogs[2].1.contains("what you have just read") && dialogs[2].1.contains("card reader"),
        "{pages}"
    );
}

/// A desk where the keypad waits for a person who does nothing.
async fn hesitating() -> (Desk, VirtualKeypad) {
    let keypad = VirtualKeypad::new(KeypadKind::StartFinish);
    keypad.expect(Gesture::Hesitates);
    let desk = Desk::open_with_keypad(Person::Follows(&["ok", "ok"]), keypad.clone()).await;
    desk.insert("claire").await;
    (desk, keypad)
}

async fn begun(keypad: &VirtualKeypad) {
    wait_for("the keypad to be told", || {
        keypad.told().iter().any(|(tag, _)| *tag == 0x05)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn caller_who_leaves_stops_a_keypad_that_can_be_and_nobody_else_asks_before() {
    let (desk, keypad) = hesitating().await;
    {
        let waiting = pin(&desk, "verify");
        tokio::select! {
            outcome = waiting => panic!("{outcome:?}"),
            () = begun(&keypad) => {}
        }
    }
    // The caller has left; the reader has not been stopped yet.
    let mut refused = 0;
    keypad.expect(Gesture::Types(TEST_PIN));
    let verify = json!({"cardId": "current", "type": "verify"});
    let answer = loop {
        match call_by(&desk, "next", "pin-operation", verify.clone()).await {
            Err(error) if error.code == ErrorCode::OperationInProgress => refused += 1,
            other => break other,
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(answer.unwrap()["outcome"], "verified");
    assert!(refused > 0, "asked while the keypad still waited");
    assert!(keypad.told().iter().any(|(tag, _)| *tag == ABORT));
    assert_eq!(tries(&desk), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_ends_what_waits_for_dialog_or_keypad_at_once() {
    let (desk, keypad) = hesitating().await;
    let removed = async {
        begun(&keypad).await;
        desk.reader.remove();
        Instant::now()
    };
    let (outcome, since) = tokio::join!(pin(&desk, "verify"), removed);
    assert_eq!(refusal(outcome), (ErrorCode::CardRemoved, None));
    assert!(since.elapsed() < Duration::from_secs(1));

    let desk = Desk::open(Person::Follows(&["wait"])).await;
    desk.insert("anna").await;
    let removed = async {
        desk.asked().await;
        desk.reader.remove();
    };
    let (outcome, ()) = tokio::join!(pin(&desk, "change"), removed);
    assert_eq!(refusal(outcome), (ErrorCode::CardRemoved, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_is_asked_one_thing_at_a_time() {
    let desk = Desk::open(Person::Follows(&["wait"])).await;
    desk.insert("anna").await;
    let second = async {
        desk.asked().await;
        let outcome = pin(&desk, "change").await;
        desk.reader.remove();
        outcome
    };
    let (_, second) = tokio::join!(pin(&desk, "verify"), second);
    assert_eq!(refusal(second), (ErrorCode::OperationInProgress, None));
    assert_eq!(desk.asked_for(), ["GETPIN"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_with_anything_else_are_refused_before_the_card_is_touched() {
    let desk = Desk::open(Person::Follows(&[])).await;
    desk.insert("anna").await;
    let seen = instructions(&desk);
    for members in [
        json!({"cardId": "current"}),
        json!({"cardId": "current", "type": "unblock"}),
        json!({"cardId": "current", "type": "verify", "pin": "1234"}),
        json!({"cardId": "current", "type": "verify", "tries": 1}),
    ] {
        let outcome = call(&desk, "pin-operation", members.clone()).await;
        assert_eq!(refusal(outcome), (ErrorCode::InvalidRequest, None), "{members}");
    }
    assert!(seen.lock().unwrap().is_empty() && desk.dialogs().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_settings_want_a_keypad_no_pin_is_asked_for_in_a_dialog() {
    let settings = "[policy]\npin_entry = 'keypad'";
    let without = Desk::open_at(Person::Types(TEST_PIN), settings, jiff::Timestamp::now).await;
    without.insert("claire").await;
    for outcome in [
        pin(&without, "verify").await,
        pin(&without, "change").await,
        sign(&without, "short").await,
    ] {
        let error = outcome.unwrap_err();
        let said = error.detail(Language::En);
        assert!(
            error.code == ErrorCode::PolicyDenied && said.contains("pin_entry"),
            "{said}"
        );
    }
    assert_eq!(without.asked_for(), Vec::<String>::new(), "nobody was shown anything");
    let keypad = VirtualKeypad::new(KeypadKind::Direct);
    keypad.expect(Gesture::Types(TEST_PIN));
    let with = Desk::furnish(DeskSetup {
        settings,
        keypad: Some(keypad),
        ..DeskSetup::new(Person::Follows(&["ok"]))
    })
    .await;
    with.insert("claire").await;
    assert_eq!(pin(&with, "verify").await.unwrap()["outcome"], "verified");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keypad_that_the_settings_do_not_believe_in_is_not_used() {
    for (settings, keypad_is_used) in [
        ("[[pcsc.reader]]\nname = 'Simulated'\nkeypad = false", false),
        ("[[pcsc.reader]]\nname = 'Other'\nkeypad = false", true),
    ] {
        let keypad = VirtualKeypad::new(KeypadKind::Direct);
        keypad.expect(Gesture::Types(TEST_PIN));
        let desk = Desk::furnish(DeskSetup {
            settings,
            keypad: Some(keypad),
            ..DeskSetup::new(if keypad_is_used {
                Person::Follows(&["ok"])
            } else {
                Person::Types(TEST_PIN)
            })
        })
        .await;
        desk.insert("claire").await;
        assert_eq!(pin(&desk, "verify").await.unwrap()["outcome"], "verified");
        assert_eq!(desk.service.registry.readers()[0].pin_pad, keypad_is_used);
        let asked = if keypad_is_used { "CONFIRM" } else { "GETPIN" };
        assert_eq!(desk.asked_for(), [asked], "{settings}");
    }
}
