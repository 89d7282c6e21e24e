//! Every dialog of every operation in every language, as a real pinentry-curses shows it in a terminal of 80×24.
//!
//! pinentry-curses refuses a dialog that is larger than its window; it shows no title; and it drops blanks at the beginning
//! of lines. The texts are therefore read from the screen, and not from the commands that were sent.

use crate::authentications::{NATIVE, log_in};
use crate::pin::call;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::{AnswerForm, OperationRow, Scope};
use beid_service::Call;
use beid_service::caller::{Asker, Caller};
use beid_simulator::TEST_PIN;
use beid_testkit::daemon::ctl::in_terminal;
use beid_testkit::daemon::{Desk, DeskSetup, Person};
use beid_texts::{ErrorTexts, Language, Message, Render};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// A citizen with names as long as names get.
const LONG_NAMES: &str = "mina";

/// A dialog, and its outcome.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct ScreenDialog {
    #[serde(rename = "question")]
    question: String,
    /// Lines of the terminal; `None` if the program refused the dialog.
    #[serde(rename = "screen")]
    screen: Option<Vec<String>>,
    #[serde(rename = "answer")]
    answer: String,
    #[serde(rename = "setdesc")]
    description: String,
    #[serde(rename = "setok")]
    ok: String,
    #[serde(rename = "setcancel")]
    cancel: String,
    #[serde(rename = "setnotok")]
    third: String,
}

fn shown(desk: &Desk) -> Vec<ScreenDialog> {
    let kept = std::fs::read_to_string(desk.dir.join("screens.jsonl")).unwrap_or_default();
    kept.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// `text` without white space.
fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Lines inside the frame on a screen, without trailing blanks.
fn inside<'s>(screen: &'s [String]) -> Vec<&'s str> {
    // The emulator shows line-drawing characters as the letters that share their code.
    let framed = |line: &'s String| line.trim().strip_prefix(['x', '│'])?.strip_suffix(['x', '│']);
    screen.iter().filter_map(framed).map(str::trim_end).collect()
}

/// Checks every dialog of a call: none is refused, all of its words are on the screen, and indents are kept.
async fn check(language: Language, citizen: &str, what: &str, operation: &str, request: &Value) {
    let desk = Desk::open_at(Person::AtTerminal(language, 24, TEST_PIN), NATIVE, Timestamp::now).await;
    desk.insert(citizen).await;
    let outcome = call(&desk, operation, request.clone()).await;
    let context = format!("{what}, {}", language.tag());
    if let Err(error) = outcome {
        panic!("{context}: {} {:#?}", error.detail(Language::En), shown(&desk));
    }
    check_dialogs(&desk, language, &context, operation);
}

/// Checks every dialog at the desk so far, for one call of `operation`.
fn check_dialogs(desk: &Desk, language: Language, context: &str, operation: &str) {
    let dialogs = shown(desk);
    assert!(!dialogs.is_empty(), "{context}");
    let count = dialogs.len();
    let say = |id: &str| Message::new(id).render(language);
    for (number, dialog) in dialogs.iter().enumerate() {
        assert_eq!(dialog.answer, "OK", "{context}: {dialog:#?}");
        let screen = dialog
            .screen
            .as_ref()
            .unwrap_or_else(|| panic!("{context}: {dialog:#?}"));
        let lines = inside(screen);
        let page = lines.join("\n");
        assert!(dialog.description.lines().count() <= 15, "{context}: {page}");
        assert!(
            letters(&page).contains(&letters(&dialog.description)),
            "{context}: {page}\n{}",
            dialog.description
        );
        for line in dialog.description.lines().filter(|line| line.starts_with('\u{A0}')) {
            let there = format!(" {}", line.replace('\u{A0}', " "));
            assert!(
                lines
                    .iter()
                    .any(|shown| shown.replace('\u{A0}', " ").starts_with(&there)),
                "{there:?}: {page}"
            );
        }
        let mut buttons = [&dialog.ok, &dialog.cancel, &dialog.third].into_iter();
        assert!(
            buttons.all(|text| text.is_empty() || page.contains(&format!("<{text}>"))),
            "{page}"
        );
        // The last dialog asks; those before only lead to the next, or choose. (Changing a PIN asks three times.)
        let asks = number + 1 == count;
        let leads = ["dialog-next", "dialog-sign-all", "dialog-sign-this"].map(say);
        if operation != "pin-operation" {
            assert_eq!(leads.contains(&dialog.ok), !asks, "{context}: {page}");
        }
        for code in [
            "persphysician",
            "ehealth-informed-consent",
            "dialog-",
            "gpconsultation",
            "{ $",
        ] {
            assert!(!dialog.description.contains(code), "{context}: {code}: {page}");
        }
        let tries = say("dialog-tries-left").replace("{ $tries }", "3");
        let tries = tries.split('3').next().unwrap_or_default();
        assert!(
            dialog.question == "GETPIN" || !dialog.description.contains(tries),
            "{context}: {page}"
        );
    }
}

fn file(name: &str, media_type: &str, content: &[u8]) -> Value {
    json!({"name": name, "mediaType": media_type, "content": BASE64.encode(content)})
}

fn files(documents: Vec<Value>) -> Value {
    json!({"format": "cades", "documents": documents})
}

fn link(operation: &str, profile: &str) -> Value {
    json!({
        "operation": operation, "type": "gpconsultation", "proof": "eidsigning", "proofProfile": profile,
        "comment": "a remark that says a little more than usual, for it has several words in it",
        "representative": {"firstName": "Wilhelmina-Philippina Constantia", "familyName": "van den Langenaemtestere",
                           "capacity": "mandatary"},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn pins_and_readers_fit_a_terminal_in_every_language() {
    for language in Language::ALL {
        check(
            language,
            LONG_NAMES,
            "a PIN is checked",
            "pin-operation",
            &json!({"cardId": "current", "type": "verify"}),
        )
        .await;
        check(
            language,
            LONG_NAMES,
            "a PIN is changed",
            "pin-operation",
            &json!({"cardId": "current", "type": "change"}),
        )
        .await;
        let role = json!({"reader": "0", "role": "provider"});
        check(language, "anna", "a reader's role", "set-reader-role", &role).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn log_ins_fit_a_terminal_in_every_language() {
    for language in Language::ALL {
        check(language, LONG_NAMES, "a log-in", "authenticate", &log_in()).await;
        let mut long = log_in();
        long["audience"] = format!("https://{}.example", ["praktijk"; 20].join(".")).into();
        check(language, LONG_NAMES, "a log-in to a long name", "authenticate", &long).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn websites_that_ask_for_access_fit_a_terminal_in_every_language() {
    let all: Vec<_> = Scope::ALL.iter().map(|scope| scope.word()).collect();
    for language in Language::ALL {
        for scopes in [&["readers", "identity.full", "proof.consent"][..], &all] {
            let desk = Desk::open(Person::AtTerminal(language, 24, TEST_PIN)).await;
            let name = "Een elektronisch medisch dossier met een lange naam";
            let request = json!({"name": name, "scopes": scopes, "days": 365});
            let page = Caller {
                asker: Asker::Origin("https://dossier.van.een-groepspraktijk.example:8443".to_owned()),
                ..Caller::anonymous()
            };
            let call = Call {
                members: request.as_object().unwrap().clone(),
                ..Call::default()
            };
            let context = format!("a website, {}", language.tag());
            let pair = OperationRow::named("pair").unwrap();
            let begun = desk.service.call(pair, page, call).await;
            assert!(matches!(begun, Ok(AnswerForm::Begun(_))), "{context}: {begun:?}");
            // Kept once the last dialog was answered.
            while !desk.dir.join("pairings.json").exists() {
                assert!(shown(&desk).iter().all(|dialog| dialog.answer == "OK"), "{context}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            check_dialogs(&desk, language, &context, "pair");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn single_calls_of_websites_fit_a_terminal_in_every_language() {
    const ORIGIN: &str = "https://dossier.van.een-groepspraktijk.example:8443";
    for language in Language::ALL {
        let desk = Desk::open(Person::AtTerminal(language, 24, TEST_PIN)).await;
        desk.insert(LONG_NAMES).await;
        let members = json!({"cardId": "current"}).as_object().unwrap().clone();
        let call = Call {
            members,
            ..Call::default()
        };
        let summary = OperationRow::named("read-summary").unwrap();
        let answered = desk.service.call_once((ORIGIN, 1000), summary, call).await;
        let context = format!("a website's tab, {}", language.tag());
        assert!(answered.is_ok(), "{context}: {answered:?}");
        check_dialogs(&desk, language, &context, "read-summary");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmation_of_a_program_fits_a_terminal_in_every_language() {
    for language in Language::ALL {
        let desk = Desk::furnish(DeskSetup {
            settings: "[policy]\nconfirm_bus = 'once'",
            ..DeskSetup::new(Person::AtTerminal(language, 24, TEST_PIN))
        })
        .await;
        for _ in 0..2 {
            call(&desk, "list-readers", json!({})).await.unwrap();
        }
        let context = format!("a program, {}", language.tag());
        assert_eq!(shown(&desk).len(), 1, "{context}: once for a connection");
        check_dialogs(&desk, language, &context, "list-readers");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_fit_a_terminal_in_every_language() {
    let text = format!("Ik ga akkoord.{}Einde van de tekst.", "\n".repeat(60));
    let long = format!("{}.pdf", "een heel lange naam van een bestand ".repeat(3).trim());
    let several = vec![
        file("brief.txt", "text/plain; charset=utf-8", text.as_bytes()),
        file("tweede.txt", "text/plain", "kort".as_bytes()),
    ];
    let fifty = (0..50)
        .map(|at| file(&format!("verslag {at}.pdf"), "application/pdf", &[at]))
        .collect();
    for (citizen, what, request) in [
        (
            "anna",
            "one file",
            files(vec![file("verslag.pdf", "application/pdf", b"%PDF")]),
        ),
        (
            LONG_NAMES,
            "a long name",
            files(vec![file(&long, "application/pdf", b"%PDF")]),
        ),
        ("claire", "texts", files(several)),
        ("claire", "fifty files", files(fifty)),
    ] {
        for language in Language::ALL {
            check(language, citizen, what, "sign", &request).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_one_by_one_fit_a_terminal_in_every_language() {
    let text = "Ik ga akkoord.\n".repeat(30);
    let long = format!("{}.pdf", "een heel lange naam van een bestand ".repeat(3).trim());
    for language in Language::ALL {
        for may_leave_out in [true, false] {
            let desk = Desk::furnish(DeskSetup {
                settings: "[policy]\nbatch_review = 'each'",
                ..DeskSetup::new(Person::AtTerminal(language, 24, TEST_PIN))
            })
            .await;
            desk.insert(LONG_NAMES).await;
            let mut request = files(vec![
                file("brief.txt", "text/plain", text.as_bytes()),
                file(&long, "application/pdf", b"%PDF"),
            ]);
            request["mayLeaveOut"] = may_leave_out.into();
            call(&desk, "sign", request).await.unwrap();
            let context = format!("files one by one, {}", language.tag());
            check_dialogs(&desk, language, &context, "sign");
            let thirds = shown(&desk).iter().filter(|dialog| !dialog.third.is_empty()).count();
            assert_eq!(thirds, if may_leave_out { 2 } else { 0 }, "{context}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn care_relations_fit_a_terminal_in_every_language() {
    let types = ["gpconsultation", "specialistconsultation", "delivery"];
    let links: Vec<_> = types
        .iter()
        .map(|one| json!({"type": one, "comment": "samen besproken"}))
        .collect();
    let several = json!({"operation": "put-bulk", "proof": "eidsigning", "proofProfile": "strict", "links": links});
    for language in Language::ALL {
        for (what, request) in [
            ("a relation", link("put", "connector")),
            ("a relation that ends", link("revoke", "connector")),
            ("a strict one that ends", link("revoke", "strict")),
            ("three relations", several.clone()),
        ] {
            check(language, LONG_NAMES, what, "therapeutic-link", &request).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn consents_fit_a_terminal_in_every_language() {
    for language in Language::ALL {
        for operation in ["put", "revoke"] {
            let request = json!({"operation": operation, "evidence": "cades",
                "representative": {"ssin": "79010199757", "firstName": "Jan", "familyName": "Proefman",
                                   "capacity": "administrator"}});
            check(language, LONG_NAMES, "a consent", "consent", &request).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_smaller_window_gets_smaller_pages_and_shows_the_same() {
    for lines in [24, 18, 13] {
        let desk = Desk::open(Person::AtTerminal(Language::Nl, lines, TEST_PIN)).await;
        desk.insert("anna").await;
        call(&desk, "consent", json!({"operation": "put", "evidence": "cades"}))
            .await
            .unwrap();
        let dialogs = shown(&desk);
        let refused = dialogs.iter().filter(|dialog| dialog.screen.is_none()).count();
        assert_eq!(refused > 0, lines < 24, "{lines}: {refused}");
        let official = beid_protocol::consent_text::ConsentText::dutch().unwrap();
        let title = "Officiële tekst (Nederlands) — pagina ";
        let pages = dialogs.iter().filter(|dialog| dialog.screen.is_some());
        let pages = pages.filter_map(|dialog| dialog.description.strip_prefix(title));
        let joined: String = pages.map(|page| page.split_once("\n\n").unwrap().1).collect();
        assert_eq!(joined, official.plain_text(), "{lines}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_in_which_nothing_fits_is_said_to_be_too_small() {
    let desk = Desk::open(Person::AtTerminal(Language::Nl, 5, TEST_PIN)).await;
    desk.insert("anna").await;
    let request = json!({"cardId": "current", "type": "verify"});
    let error = call(&desk, "pin-operation", request).await.unwrap_err();
    assert_eq!(error.code.code(), "policy-denied");
    assert!(
        error.detail(Language::En).contains("80 columns and 24 lines"),
        "{}",
        error.detail(Language::En)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn beidctl_lends_its_terminal_to_a_daemon_without_one_and_nobody_else_does() {
    let desk = Desk::open(Person::Nowhere).await;
    desk.insert("claire").await;
    let output = in_terminal(&desk, &["pin", "verify", "--lang", "en"], "PIN:", TEST_PIN).await;
    let screen = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{screen} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(screen.contains("asked on the terminal of that program"), "{screen}");

    // One caller offers no terminal, the other one a terminal that is not its own.
    let verify = ["type", "s", "verify"];
    let other = ["terminal", "a{sv}", "1", "tty", "s", "/dev/ptmx"];
    for (count, offer) in [("1", &[][..]), ("2", &other[..])] {
        let arguments = [&["a{sv}", count], &verify[..], offer].concat();
        let said = desk.refused(
            "/org/beidd1/card/current",
            "org.beidd1.Card",
            "PinOperation",
            &arguments,
        );
        assert!(said.contains("no screen and no terminal"), "{said}");
    }
    let wrong = ["a{sv}", "2", "type", "s", "verify", "terminal", "s", "/dev/tty"];
    let said = desk.refused("/org/beidd1/card/current", "org.beidd1.Card", "PinOperation", &wrong);
    assert!(
        said.contains("terminal: must be the members tty, type, display and waylandDisplay"),
        "{said}"
    );
}
