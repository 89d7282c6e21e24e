//! The scripted pinentry itself, spoken to directly.

use beid_e2e::{
    DialogKind, LIMIT, OnScreen, RunningProgram, Scratch, ScriptDirectory, ScriptedAnswer, ScriptedPinentry, built,
};
use std::fs::{self, File};
use std::process::Command;

/// Starts it as the daemon does, and reads its greeting.
fn start(command: Command) -> RunningProgram {
    let running = RunningProgram::start("pinentry", command);
    assert!(running.line(LIMIT).is_some_and(|greeting| greeting.starts_with("OK")));
    running
}

/// Makes it show `settings`, and puts the question.
fn ask(pinentry: &ScriptedPinentry, settings: &[&str], question: &str) -> RunningProgram {
    let mut running = start(Command::new(pinentry.program()));
    for setting in settings {
        running.say(setting);
        assert_eq!(running.line(LIMIT).as_deref(), Some("OK"), "{setting}");
    }
    running.say(question);
    running
}

fn check(answer: ScriptedAnswer, question: &str, expected: &[&str]) {
    let pinentry = ScriptedPinentry::new();
    pinentry.will(answer);
    let running = ask(&pinentry, &[], question);
    for line in expected {
        assert_eq!(running.line(LIMIT).as_deref(), Some(*line));
    }
    assert_eq!(pinentry.answers_left(), 0);
}

#[test]
fn dialog_gets_the_answer_that_was_scripted() {
    check(ScriptedAnswer::pin("1234"), "GETPIN", &["D 1234", "OK"]);
    check(ScriptedAnswer::Ok, "CONFIRM", &["OK"]);
    check(
        ScriptedAnswer::No,
        "CONFIRM",
        &["ERR 83886194 Not confirmed <Pinentry>"],
    );
    check(
        ScriptedAnswer::Cancel,
        "GETPIN",
        &["ERR 83886179 Operation cancelled <Pinentry>"],
    );
    check(ScriptedAnswer::Timeout, "GETPIN", &["ERR 83886142 Timeout <Pinentry>"]);
}

#[test]
fn program_ends_without_an_answer_when_it_dies_or_the_question_is_another() {
    for (answer, question) in [
        (ScriptedAnswer::Die, "GETPIN"),
        (ScriptedAnswer::Ok, "GETPIN"),
        (ScriptedAnswer::pin("1234"), "CONFIRM"),
    ] {
        let pinentry = ScriptedPinentry::new();
        pinentry.will(answer);
        assert_eq!(ask(&pinentry, &[], question).line(LIMIT), None);
    }
}

#[test]
fn third_button_is_told_from_the_no_and_is_pressed_only_where_there_is_one() {
    let offered = ["SETNOTOK One by one"];
    for (answer, settings, expected) in [
        (
            ScriptedAnswer::Third,
            &offered[..],
            Some("ERR 83886194 Not confirmed <Pinentry>"),
        ),
        (
            ScriptedAnswer::No,
            &offered,
            Some("ERR 83886179 Operation cancelled <Pinentry>"),
        ),
        (ScriptedAnswer::Ok, &offered, Some("OK")),
        (ScriptedAnswer::Third, &[], None),
    ] {
        let pinentry = ScriptedPinentry::new();
        pinentry.will(answer);
        let running = ask(&pinentry, settings, "CONFIRM");
        assert_eq!(running.line(LIMIT).as_deref(), expected);
        let third = pinentry.next_shown().third;
        assert_eq!(third.as_deref(), (!settings.is_empty()).then_some("One by one"));
    }
}

#[test]
fn without_a_script_it_cancels() {
    let pinentry = ScriptedPinentry::new();
    let running = ask(&pinentry, &[], "GETPIN");
    assert!(running.line(LIMIT).is_some_and(|line| line.starts_with("ERR 83886179")));
}

#[test]
fn what_was_shown_is_recorded_unescaped() {
    let pinentry = ScriptedPinentry::new();
    let settings = [
        "OPTION lc-ctype=C.UTF-8",
        "SETTIMEOUT 30",
        "SETTITLE beidd",
        "SETDESC 100%25 é%0Anext",
        "SETPROMPT PIN:",
        "SETOK Sign",
        "SETCANCEL Do not",
        "SETERROR wrong PIN",
    ];
    let _running = ask(&pinentry, &settings, "GETPIN");
    let shown = pinentry.next_shown();
    assert_eq!((shown.kind, shown.title.as_str()), (DialogKind::Pin, "beidd"));
    assert_eq!(
        (shown.description.as_str(), shown.prompt.as_str()),
        ("100% é\nnext", "PIN:")
    );
    assert_eq!((shown.ok.as_str(), shown.cancel.as_str()), ("Sign", "Do not"));
    assert_eq!((shown.error.as_deref(), shown.timeout), (Some("wrong PIN"), Some(30)));
    assert_eq!(shown.options, ["lc-ctype=C.UTF-8"]);
}

#[test]
fn answer_waits_for_its_gate() {
    let pinentry = ScriptedPinentry::new();
    let gate = pinentry.will_pause_then(ScriptedAnswer::pin("1234"));
    let running = ask(&pinentry, &[], "GETPIN");
    let shown = pinentry.next_shown();
    assert_eq!(shown.kind, DialogKind::Pin);
    gate.open();
    assert_eq!(running.line(LIMIT).as_deref(), Some("D 1234"));
    drop(running);
    shown.wait_closed();
}

#[test]
fn line_longer_than_assuan_allows_is_refused() {
    let pinentry = ScriptedPinentry::new();
    let mut running = ask(&pinentry, &[], "NOP");
    assert_eq!(running.line(LIMIT).as_deref(), Some("OK"));
    running.say(&format!("SETDESC {}", "x".repeat(993)));
    assert!(running.line(LIMIT).is_some_and(|line| line.starts_with("ERR")));
}

#[test]
fn demonstration_shows_the_dialog_but_not_the_pin() {
    let scratch = Scratch::new("demo");
    let screen = scratch.path().join("screen");
    let mut command = Command::new(built("beid-scripted-pinentry"));
    command
        .args(["--any-daemon", "--demo-pin", "1234"])
        .stderr(File::create(&screen).unwrap());
    let mut running = start(command);
    for request in [
        "SETDESC Sign this?%0AReally",
        "SETPROMPT PIN:",
        "SETOK Sign",
        "SETCANCEL No",
    ] {
        running.say(request);
        assert_eq!(running.line(LIMIT).as_deref(), Some("OK"));
    }
    running.say("GETPIN");
    assert_eq!(running.line(LIMIT).as_deref(), Some("D 1234"));
    let shown = fs::read_to_string(screen).unwrap();
    assert!(shown.contains("│ Sign this?") && shown.contains("PIN: ****") && shown.contains("[Sign] [No] │"));
    assert!(!shown.contains("1234"), "{shown}");
    let widths: Vec<usize> = shown.lines().map(|line| line.chars().count()).collect();
    assert!(widths.windows(2).all(|pair| pair.first() == pair.last()), "{shown}");
}

#[test]
fn answers_read_as_they_are_written() {
    let paused = ScriptedAnswer::PauseUntil("gate-1".to_owned(), Box::new(ScriptedAnswer::pin("0000")));
    let all = [
        ScriptedAnswer::pin("1234"),
        ScriptedAnswer::Ok,
        ScriptedAnswer::No,
        ScriptedAnswer::Third,
        ScriptedAnswer::Cancel,
    ];
    let more = [
        ScriptedAnswer::Sign("1234".to_owned()),
        ScriptedAnswer::Timeout,
        ScriptedAnswer::Hang,
        ScriptedAnswer::Die,
        paused,
    ];
    for answer in all.into_iter().chain(more) {
        assert_eq!(answer.to_string().parse(), Ok(answer));
    }
    assert!("okay".parse::<ScriptedAnswer>().is_err());
}

#[test]
fn answers_are_taken_in_order_and_once() {
    let scratch = Scratch::new("script");
    let script = ScriptDirectory::at(scratch.path());
    assert_eq!(script.take().unwrap(), None);
    script.push(&ScriptedAnswer::Ok).unwrap();
    script.push(&ScriptedAnswer::Cancel).unwrap();
    assert_eq!(script.take().unwrap(), Some(ScriptedAnswer::Ok));
    assert_eq!(script.left().unwrap(), 1);
    assert_eq!(script.take().unwrap(), Some(ScriptedAnswer::Cancel));
    assert_eq!(script.take().unwrap(), None);
}

#[test]
fn who_signs_says_yes_to_every_page_and_types_the_pin_once() {
    let scratch = Scratch::new("script");
    let script = ScriptDirectory::at(scratch.path());
    script.push(&ScriptedAnswer::Sign("1234".to_owned())).unwrap();
    script.push(&ScriptedAnswer::No).unwrap();
    for _ in 0..2 {
        assert_eq!(script.take_for(DialogKind::Confirm).unwrap(), Some(ScriptedAnswer::Ok));
    }
    assert_eq!(
        script.take_for(DialogKind::Pin).unwrap(),
        Some(ScriptedAnswer::pin("1234"))
    );
    assert_eq!(script.take_for(DialogKind::Confirm).unwrap(), Some(ScriptedAnswer::No));
}

#[test]
fn beside_a_daemon_with_real_readers_nothing_is_answered() {
    let scratch = Scratch::new("real");
    let script = ScriptDirectory::at(scratch.path());
    script.push(&ScriptedAnswer::pin("1234")).unwrap();
    let mut command = Command::new(built("beid-scripted-pinentry"));
    // Its parent is this test, which does not say --simulate.
    command.arg("--script").arg(scratch.path());
    let output = command.output().unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("beidd --simulate") && said.contains("--any-daemon"),
        "{said}"
    );
    assert_eq!(script.left().unwrap(), 1);
}
