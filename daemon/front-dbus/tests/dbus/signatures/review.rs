//! Several files before one PIN: all in one list or one by one, and what becomes of those that a person leaves out.

use super::*;
use crate::pin::call_by;
use beid_testkit::daemon::DeskSetup;
use beid_texts::ErrorTexts;

const EACH: &str = "[policy]\nbatch_review = 'each'";

async fn desk(settings: &'static str, person: Person) -> Desk {
    let desk = Desk::furnish(DeskSetup {
        settings,
        ..DeskSetup::new(person)
    })
    .await;
    desk.insert("claire").await;
    desk
}

/// Request for attached signatures that takes a part of the list too.
fn in_part(documents: Vec<Value>) -> Value {
    let mut request = attached(documents);
    request["mayLeaveOut"] = true.into();
    request
}

/// Names of the files in `answer`, and their contents as OpenSSL finds them.
fn signed(desk: &Desk, answer: &Value) -> Vec<(String, String)> {
    let signatures = answer["signatures"].as_array().unwrap().iter();
    let one = |signature: &Value| {
        let content = String::from_utf8(desk.content_of(&data(signature))).unwrap();
        (signature["name"].as_str().unwrap().to_owned(), content)
    };
    signatures.map(one).collect()
}

/// Lines with which the dialogs were told their third button.
fn thirds(desk: &Desk) -> Vec<String> {
    let told = std::fs::read_to_string(desk.dir.join("told")).unwrap();
    let third = |line: &str| Some(line.strip_prefix("SETNOTOK ")?.to_owned());
    told.lines().filter_map(third).collect()
}

/// Answers of a person who chooses "one by one" below the list of three files, which takes two pages.
macro_rules! one_by_one {
    ($($answer:literal),*) => { Person::Follows(&["ok", "no", $($answer),*]) };
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_out_is_not_signed_and_is_told_by_name() {
    for (settings, person) in [
        ("", one_by_one!["ok", "no", "ok", "1234"]),
        (EACH, Person::Follows(&["ok", "no", "ok", "1234"])),
        (
            "",
            Person::FollowsInGnome(&["ok", "cancel", "ok", "ok", "cancel", "ok", "ok", "1234"]),
        ),
    ] {
        let desk = desk(settings, person).await;
        let seen = instructions(&desk);
        let answer = sign(&desk, in_part(files(3))).await.unwrap();
        let expected = [("file 0.bin.p7m", "content 0"), ("file 2.bin.p7m", "content 2")];
        let expected = expected.map(|(name, content)| (name.to_owned(), content.to_owned()));
        assert_eq!(signed(&desk, &answer), expected, "{person:?}");
        assert_eq!(
            answer["leftOut"],
            json!([{"index": 1, "name": "file 1.bin"}]),
            "{person:?}"
        );
        assert_eq!((count(&seen, VERIFY), count(&seen, PSO)), (2, 2), "{person:?}");
        let (question, last) = desk.dialogs().pop().unwrap();
        assert_eq!(question, "GETPIN", "{person:?}");
        let last = words(&last);
        for said in [
            "With your PIN you sign these 2 files: 1. “file 0.bin” 3. “file 2.bin”",
            "Not signed: 2. “file 1.bin”",
            "the card then makes 2 signatures",
        ] {
            assert!(last.contains(said), "{said}: {last}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_file_is_shown_by_itself_with_the_digest_of_what_is_signed() {
    let desk = desk(EACH, Person::Follows(&["ok", "ok", "1234"])).await;
    let list = vec![
        document("a.txt", "text/plain", TEXT.as_bytes()),
        document("b.pdf", "application/pdf", b"%PDF"),
    ];
    let answer = sign(&desk, in_part(list)).await.unwrap();
    assert_eq!(answer.get("leftOut"), None, "nothing was left out");
    assert_eq!(thirds(&desk), ["Leave out", "Leave out"]);
    let dialogs = desk.dialogs();
    for (at, (signature, content)) in ["a.txt", "b.pdf"]
        .into_iter()
        .zip([TEXT.as_bytes(), b"%PDF"])
        .enumerate()
    {
        let shown_there = words(&dialogs[at].1);
        assert!(
            shown_there.contains(&format!("File {} of 2: “{signature}”", at + 1)),
            "{shown_there}"
        );
        assert!(shown_there.contains(&shown(content)), "{shown_there}");
        assert_eq!(desk.content_of(&data(&answer["signatures"][at])), content);
    }
    assert!(words(&dialogs[0].1).contains("| Ik ga akkoord."), "{dialogs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_yes_to_all_sees_the_list_once() {
    let desk = desk("", Person::Follows(&["ok", "ok", "1234"])).await;
    let answer = sign(&desk, in_part(files(3))).await.unwrap();
    assert_eq!(answer["signatures"].as_array().unwrap().len(), 3);
    assert_eq!(answer.get("leftOut"), None);
    assert_eq!(thirds(&desk), ["One by one"], "on the last page of the list");
    assert_eq!(desk.asked_for(), ["CONFIRM", "CONFIRM", "GETPIN"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn container_holds_what_stays_and_nothing_else() {
    let desk = desk(EACH, Person::Follows(&["no", "ok", "ok", "1234"])).await;
    let mut request = in_part(files(3));
    request.as_object_mut().unwrap().remove("detached");
    request["format"] = "asice".into();
    let answer = sign(&desk, request).await.unwrap();
    assert_eq!(answer["leftOut"], json!([{"index": 0, "name": "file 0.bin"}]));
    let container = data(&answer["signatures"][0]);
    let holds = |name: &str| container.windows(name.len()).any(|bytes| bytes == name.as_bytes());
    assert!(!holds("file 0.bin") && !holds("content 0"));
    assert!(holds("file 1.bin") && holds("content 1") && holds("file 2.bin") && holds("content 2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn caller_who_wants_all_or_none_gets_none_and_hears_which_file_it_was() {
    let desk = desk(EACH, Person::Follows(&["ok", "cancel"])).await;
    let seen = instructions(&desk);
    let error = sign(&desk, attached(files(3))).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::UserDeclined);
    assert!(
        error.detail(Language::En).contains("file 1.bin"),
        "{}",
        error.detail(Language::En)
    );
    let document = error.document.unwrap();
    assert_eq!((document.index, document.name.as_str()), (1, "file 1.bin"));
    assert_eq!(thirds(&desk), [""; 0], "nothing can be left out");
    let said = words(&read(&desk));
    assert!(said.contains("If you cancel, none of the 3 files is signed."), "{said}");
    assert_eq!(count(&seen, VERIFY), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_ends_everything_and_so_does_leaving_everything_out() {
    for (answers, detail) in [
        (&["ok", "cancel"][..], "file 1.bin"),
        (&["no", "no", "no"], "every file"),
    ] {
        let desk = desk(EACH, Person::Follows(answers)).await;
        let seen = instructions(&desk);
        let ask = async || call_by(&desk, "a", "sign", in_part(files(3))).await;
        let error = ask().await.unwrap_err();
        assert_eq!(error.code, ErrorCode::UserDeclined, "{answers:?}");
        assert!(
            error.detail(Language::En).contains(detail),
            "{}",
            error.detail(Language::En)
        );
        assert_eq!(count(&seen, VERIFY), 0, "{answers:?}");
        // Both are a no, after which the same party has to wait.
        assert_eq!(refusal(ask().await).0, ErrorCode::TooManyRequests, "{answers:?}");
    }
    let desk = desk(EACH, Person::Follows(&["ok", "timeout"])).await;
    assert_eq!(
        refusal(sign(&desk, in_part(files(3))).await),
        (ErrorCode::UserTimeout, None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_pin_that_leaves_the_last_try_ends_a_reviewed_batch() {
    let desk = desk("", Person::Follows(&["9999", "ok", "no", "ok", "no", "ok", "9999"])).await;
    let verify = json!({"cardId": "current", "type": "verify"});
    let first = call(&desk, "pin-operation", verify).await;
    assert_eq!(refusal(first), (ErrorCode::PinIncorrect, Some(2)));
    let seen = instructions(&desk);
    let outcome = sign(&desk, in_part(files(3))).await;
    assert_eq!(refusal(outcome), (ErrorCode::PinIncorrect, Some(1)));
    assert_eq!((count(&seen, VERIFY), count(&seen, PSO)), (1, 0));
    assert_eq!(tries(&desk), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn card_that_changes_during_the_review_ends_it() {
    for (answers, dialogs) in [(&["wait"][..], 1), (&["ok", "wait"], 2)] {
        let desk = desk(EACH, Person::Follows(answers)).await;
        let removed = async {
            wait_for("the dialog of the last file", || desk.asked_for().len() == dialogs).await;
            desk.reader.remove();
            let other = VirtualCard::new(Citizen::find("jan").unwrap(), &desk.pki).unwrap();
            let seen = instructions(&desk);
            desk.reader.insert(other);
            seen
        };
        let (outcome, seen) = tokio::join!(sign(&desk, in_part(files(2))), removed);
        assert_eq!(refusal(outcome), (ErrorCode::CardRemoved, None), "{answers:?}");
        assert_eq!(count(&seen, VERIFY), 0, "{answers:?}");
        assert_eq!(desk.asked_for().len(), dialogs, "no further file is shown");
    }
}

/// Number of answers that the person has not given yet.
fn answers_left(desk: &Desk) -> usize {
    std::fs::read_to_string(desk.dir.join("answers"))
        .unwrap()
        .lines()
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn caller_who_leaves_during_the_review_ends_it() {
    let desk = desk(EACH, Person::Follows(&["ok", "wait", TEST_PIN])).await;
    let seen = instructions(&desk);
    tokio::select! {
        outcome = sign(&desk, in_part(files(3))) => panic!("{outcome:?}"),
        () = wait_for("the second file", || answers_left(&desk) == 1) => {}
    }
    // The turn is free soon, and the dialogs of the batch do not go on.
    let verify = json!({"cardId": "current", "type": "verify"});
    let next = async {
        loop {
            // The same program each time: another one would stand in line behind those that asked before it.
            match call_by(&desk, "next", "pin-operation", verify.clone()).await {
                Err(error) if error.code == ErrorCode::OperationInProgress => {
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
                next => return next,
            }
        }
    };
    let next = tokio::time::timeout(beid_testkit::LIMIT, next)
        .await
        .expect("the turn stayed taken");
    assert!(next.is_ok(), "{next:?}");
    assert_eq!(count(&seen, PSO), 0);
    assert_eq!(desk.asked_for().iter().filter(|asked| *asked == "CONFIRM").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn keypad_asks_once_for_each_file_that_stays() {
    let keypad = VirtualKeypad::new(KeypadKind::Direct);
    for _ in 0..2 {
        keypad.expect(Gesture::Types(TEST_PIN));
    }
    let desk = Desk::furnish(DeskSetup {
        settings: EACH,
        keypad: Some(keypad.clone()),
        ..DeskSetup::new(Person::Follows(&["ok", "no", "ok", "ok"]))
    })
    .await;
    desk.insert("claire").await;
    let answer = sign(&desk, in_part(files(3))).await.unwrap();
    assert_eq!(answer["signatures"].as_array().unwrap().len(), 2);
    let said = words(&desk.dialogs().pop().unwrap().1);
    assert!(said.contains("The card reader asks for your PIN 2 times."), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn party_that_was_refused_before_gets_silence_offered_first_and_the_choice_after() {
    let desk = desk(EACH, Person::Follows(&["cancel", "ok", "no", "ok", "1234"])).await;
    let ask = async || call_by(&desk, "a", "sign", in_part(files(2))).await;
    assert_eq!(refusal(ask().await).0, ErrorCode::UserDeclined);
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    let answer = ask().await.unwrap();
    assert_eq!(answer["leftOut"], json!([{"index": 0, "name": "file 0.bin"}]));
    let quiet = "Do not ask again for 12 hours";
    assert_eq!(thirds(&desk), ["Leave out", quiet, "Leave out", "Leave out"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn beidctl_says_what_was_left_out_and_its_exit_code_too() {
    let desk = desk(
        EACH,
        Person::Follows(&["ok", "no", "1234", "ok", "no", "1234", "ok", "cancel"]),
    )
    .await;
    desk.write("a.txt", TEXT.as_bytes());
    desk.write("b.pdf", b"%PDF-1.7");
    let output = run(&desk, &["sign", "a.txt", "b.pdf", "-o", "out"]).await;
    let page = stdout(&output);
    assert_eq!(output.status.code(), Some(8), "{page}");
    assert!(
        page.contains("  Not signed        b.pdf, left out by the person\n"),
        "{page}"
    );
    assert!(desk.dir.join("out/a.txt.p7s").exists() && !desk.dir.join("out/b.pdf.p7s").exists());
    // What stands there from before is kept, and named.
    std::fs::write(desk.dir.join("out/b.pdf.p7s"), "older").unwrap();
    let output = run(&desk, &["sign", "a.txt", "b.pdf", "--force", "-o", "out"]).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("out/b.pdf.p7s is a signature from before"), "{said}");
    assert_eq!(std::fs::read(desk.dir.join("out/b.pdf.p7s")).unwrap(), b"older");
    let (code, text) = fails(&desk, &["sign", "a.txt", "b.pdf", "--all-or-none", "-o", "none"]).await;
    assert!(code == 3 && text.contains("b.pdf"), "{code} {text}");
    assert!(!desk.dir.join("none/a.txt.p7s").exists());
}
