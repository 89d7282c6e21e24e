//! Number of PINs that a card is sent, and that a person is asked for.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn one_pin_signs_a_closed_list_with_a_verify_for_each() {
    for (citizen, asked_for_tries) in [("anna", 1), ("claire", 0)] {
        for number in [3, 50] {
            let desk = Desk::open(Person::Types(TEST_PIN)).await;
            desk.insert(citizen).await;
            let seen = instructions(&desk);
            let answer = sign(&desk, attached(files(number))).await.unwrap();
            assert_eq!(count(&seen, VERIFY), number + asked_for_tries, "{citizen}");
            assert_eq!(
                (count(&seen, PSO), count(&seen, LOG_OFF)),
                (number, number),
                "{citizen}"
            );
            let asked = desk.asked_for();
            assert_eq!(asked.iter().filter(|question| *question == "GETPIN").count(), 1);
            assert_eq!(asked.last().unwrap(), "GETPIN", "the whole list comes before");
            let said = words(&read(&desk));
            assert!(said.contains(&format!("these {number} files")), "{said}");
            assert!(
                said.contains(&format!("PIN once; the card then makes {number} signatures")),
                "{said}"
            );
            let signatures = answer["signatures"].as_array().unwrap();
            assert_eq!(signatures.len(), number);
            let mut behind = said.as_str();
            for (at, signature) in signatures.iter().enumerate() {
                assert_eq!(signature["name"], format!("file {at}.bin.p7m"));
                let content = desk.content_of(&data(signature));
                assert_eq!(content, format!("content {at}").into_bytes());
                // The dialog shows the files in their order, each with the digest of the content that OpenSSL found.
                let line = format!(
                    "{}. “file {at}.bin”, application/octet-stream, {} bytes",
                    at + 1,
                    content.len()
                );
                assert!(said.contains(&line), "{line}: {said}");
                let line = format!("{}. {}", at + 1, shown(&content));
                behind = behind
                    .split_once(line.as_str())
                    .unwrap_or_else(|| panic!("{line}: {said}"))
                    .1;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_pin_ends_a_batch_at_its_first_verify() {
    for (citizen, asked_for_tries) in [("anna", 1), ("claire", 0)] {
        let desk = Desk::open(Person::Follows(&["ok", "ok", "9999"])).await;
        desk.insert(citizen).await;
        let seen = instructions(&desk);
        let outcome = sign(&desk, attached(files(3))).await;
        assert_eq!(refusal(outcome), (ErrorCode::PinIncorrect, Some(2)), "{citizen}");
        assert_eq!(
            (count(&seen, VERIFY), count(&seen, PSO)),
            (1 + asked_for_tries, 0),
            "{citizen}"
        );
        assert_eq!(tries(&desk), 2, "{citizen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_agree_to_the_whole_list_spends_nothing() {
    for (answers, code) in [
        (&["cancel"][..], ErrorCode::UserDeclined),
        (&["timeout"], ErrorCode::UserTimeout),
    ] {
        let desk = Desk::open(Person::Follows(answers)).await;
        desk.insert("claire").await;
        let seen = instructions(&desk);
        assert_eq!(refusal(sign(&desk, attached(files(2))).await), (code, None));
        assert_eq!(count(&seen, VERIFY) + count(&seen, PSO), 0);
    }
    // The list is refused in the middle of its pages.
    let desk = Desk::open(Person::Follows(&["ok", "ok", "no"])).await;
    desk.insert("claire").await;
    let seen = instructions(&desk);
    assert_eq!(
        refusal(sign(&desk, attached(files(50))).await),
        (ErrorCode::UserDeclined, None)
    );
    assert_eq!(count(&seen, VERIFY), 0);
    assert_eq!(desk.asked_for(), ["CONFIRM"; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keypad_takes_one_entry_for_each_signature_and_that_is_said_before() {
    let keypad = VirtualKeypad::new(KeypadKind::Direct);
    for _ in 0..3 {
        keypad.expect(Gesture::Types(TEST_PIN));
    }
    let desk = Desk::open_with_keypad(Person::Follows(&["ok"; 3]), keypad.clone()).await;
    desk.insert("claire").await;
    let seen = instructions(&desk);
    let answer = sign(&desk, attached(files(3))).await.unwrap();
    assert_eq!(answer["signatures"].as_array().unwrap().len(), 3);
    assert_eq!(entries(&keypad), 3);
    assert_eq!((count(&seen, VERIFY), count(&seen, PSO)), (3, 3));
    assert_eq!(desk.asked_for(), ["CONFIRM"; 3]);
    let said = words(&read(&desk));
    assert!(said.contains("The card reader asks for your PIN 3 times."), "{said}");
    assert!(said.contains("each time it asks"), "{said}");
}

/// Number of times that a person was asked for the PIN on the keypad.
fn entries(keypad: &VirtualKeypad) -> usize {
    keypad.told().iter().filter(|(tag, _)| *tag == DIRECT).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn first_entry_that_goes_wrong_on_a_keypad_is_the_last() {
    for (gesture, code, tries_left) in [
        (Gesture::Types("9999"), ErrorCode::PinIncorrect, 2),
        (Gesture::Cancels, ErrorCode::UserDeclined, 3),
        (Gesture::Leaves, ErrorCode::UserTimeout, 3),
    ] {
        let keypad = VirtualKeypad::new(KeypadKind::Direct);
        for gesture in [Gesture::Types(TEST_PIN), gesture, Gesture::Types(TEST_PIN)] {
            keypad.expect(gesture);
        }
        let desk = Desk::open_with_keypad(Person::Follows(&["ok"; 3]), keypad.clone()).await;
        desk.insert("claire").await;
        let error = sign(&desk, attached(files(3))).await.unwrap_err();
        assert_eq!((error.code, entries(&keypad)), (code, 2));
        assert_eq!(tries(&desk), tries_left);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_card_put_in_behind_the_dialog_gets_no_pin() {
    for noticed in [true, false] {
        let desk = Desk::open(Person::Follows(&["ok", "ok", "gate1234"])).await;
        desk.insert("claire").await;
        let swapped = async {
            wait_for("the PIN dialog", || {
                desk.asked_for().last().is_some_and(|asked| asked == "GETPIN")
            })
            .await;
            let other = VirtualCard::new(Citizen::find("jan").unwrap(), &desk.pki).unwrap();
            let seen = instructions(&desk);
            if noticed {
                desk.reader.remove();
                desk.reader.insert(other);
            } else {
                desk.reader.slot().insert(other);
            }
            desk.open_gate();
            seen
        };
        let (outcome, seen) = tokio::join!(sign(&desk, attached(files(2))), swapped);
        assert_eq!(refusal(outcome), (ErrorCode::CardRemoved, None), "{noticed}");
        assert_eq!(count(&seen, VERIFY), 0, "{noticed}");
        assert_eq!(tries(&desk), 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn card_that_goes_in_the_middle_of_a_batch_gives_nothing() {
    let desk = Desk::open(Person::Follows(&["ok", "ok", TEST_PIN])).await;
    desk.insert("claire").await;
    let slot = desk.reader.slot().clone();
    let made = std::sync::atomic::AtomicUsize::new(0);
    desk.reader.slot().observe(move |[_, instruction, ..]| {
        if instruction == PSO && made.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 1 {
            drop(slot.remove());
        }
    });
    let outcome = sign(&desk, attached(files(3))).await;
    assert_eq!(refusal(outcome), (ErrorCode::CardRemoved, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_list_at_a_time_is_put_to_a_person() {
    let desk = Desk::open(Person::Follows(&["wait"])).await;
    desk.insert("claire").await;
    let second = async {
        desk.asked().await;
        let outcome = sign(&desk, attached(files(2))).await;
        desk.reader.remove();
        outcome
    };
    let (first, second) = tokio::join!(sign(&desk, attached(files(1))), second);
    assert_eq!(refusal(second), (ErrorCode::OperationInProgress, None));
    assert_eq!(refusal(first), (ErrorCode::CardRemoved, None));
    assert_eq!(desk.asked_for(), ["GETPIN"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn caller_who_leaves_in_the_middle_of_a_list_ends_it_there() {
    let keypad = VirtualKeypad::new(KeypadKind::StartFinish);
    keypad.expect(Gesture::Types(TEST_PIN));
    keypad.expect(Gesture::Hesitates);
    let desk = Desk::open_with_keypad(Person::Follows(&["ok"; 3]), keypad.clone()).await;
    desk.insert("claire").await;
    let seen = instructions(&desk);
    let second_entry = wait_for("the keypad to be told twice", || {
        keypad.told().iter().filter(|(tag, _)| *tag == START).count() == 2
    });
    tokio::select! {
        outcome = sign(&desk, attached(files(3))) => panic!("{outcome:?}"),
        () = second_entry => {}
    }
    wait_for("the keypad to be stopped", || {
        keypad.told().iter().any(|(tag, _)| *tag == ABORT)
    })
    .await;
    assert_eq!(count(&seen, PSO), 1, "nothing is signed that nobody waits for");
    assert_eq!(tries(&desk), 3);
}

/// Tag of the reader command that starts an entry (PC/SC part 10, `FEATURE_VERIFY_PIN_START`).
const START: u8 = 0x01;
/// Tag of the reader command that ends an entry (PC/SC part 10, `FEATURE_ABORT`).
const ABORT: u8 = 0x0B;
