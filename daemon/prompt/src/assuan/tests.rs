//! Dialogs with stub programs: some behave like pinentry, others break the protocol.

use super::program::{PROGRAMS, VARIABLES, first_on, passed_on};
use super::*;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

/// A pinentry made of a few lines of shell, in a directory of its own.
struct Stub {
    dir: PathBuf,
}

impl Stub {
    /// Runs `getpin` when asked for a PIN or a yes, refuses OPTION, and answers OK to everything else.
    fn new(getpin: &str) -> Self {
        Self::with_script(&format!(
            "echo 'OK stub'
                while read -r line; do
                    printf '%s\\n' \"$line\" >> requests
                    case $line in
                        GETPIN|CONFIRM*) {getpin} ;;
                        OPTION*) echo 'ERR 83886254 Unknown option' ;;
                        *) echo OK ;;
                    esac
                done"
        ))
    }

    fn with_script(script: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "beidd-assuan-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let stub = Self {
            dir: env::temp_dir().join(name),
        };
        fs::create_dir(&stub.dir).unwrap();
        // Another process writes the program. If this one had it open for writing while another test starts a child,
        // the child would inherit the open file, and the program could not be run ("text file busy").
        let mut writer = std::process::Command::new("sh")
            .args(["-c", "cat > \"$0\" && chmod +x \"$0\""])
            .arg(stub.dir.join("pinentry"))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let program = format!("#!/bin/sh\ncd '{}'\necho $$ > pid\n{script}\n", stub.dir.display());
        writer.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
        assert!(writer.wait().unwrap().success());
        stub
    }

    fn pinentry(&self) -> Pinentry {
        Pinentry {
            program: self.dir.join("pinentry"),
            terminal: Terminal::default(),
        }
    }

    fn requests(&self) -> Vec<String> {
        let text = fs::read_to_string(self.dir.join("requests")).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Waits until the program has gone.
    async fn ended(&self) {
        let pid = fs::read_to_string(self.dir.join("pid")).unwrap();
        let process = Path::new("/proc").join(pid.trim());
        let limit = Instant::now() + Duration::from_secs(5);
        while process.exists() {
            assert!(Instant::now() < limit, "pinentry is still there");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.dir));
    }
}

fn dialog() -> PinentryDialog {
    PinentryDialog {
        title: "beidd".to_owned(),
        description: "Sign 100%?\nInvented Person".to_owned(),
        prompt: "PIN:".to_owned(),
        ok: "Sign".to_owned(),
        cancel: "Do not".to_owned(),
        third_button: None,
        ok_is_default: false,
        error: None,
        timeout: Duration::from_secs(30),
    }
}

async fn check_pin(getpin: &str, expected: Result<(), AssuanError>) {
    let stub = Stub::new(getpin);
    let outcome = stub.pinentry().ask_pin(&dialog()).await;
    assert_eq!(outcome.map(|_| ()), expected, "{getpin}");
    stub.ended().await;
}

async fn check_confirm(confirm: &str, expected: Result<(), AssuanError>) {
    let stub = Stub::new(confirm);
    assert_eq!(stub.pinentry().confirm(&dialog()).await, expected, "{confirm}");
    stub.ended().await;
}

fn failed(why: &str) -> Result<(), AssuanError> {
    Err(AssuanError::Failed(why.to_owned()))
}

#[tokio::test]
async fn pin_typed_is_returned() {
    check_pin("echo 'S BUTTON_INFO'; echo '# note'; echo 'D 1234'; echo OK", Ok(())).await;
    check_pin("printf 'D 1%%323%%34\\r\\nOK\\r\\n'", Ok(())).await;
    check_pin("echo 'D 12'; echo 'D 34'; echo OK", Ok(())).await;
}

#[tokio::test]
async fn what_is_no_pin_is_said_to_be_none() {
    for typed in ["D 123", "D 12a4", "D 1234567890123", "D 12%3", "D 123%zz", "#"] {
        check_pin(&format!("echo '{typed}'; echo OK"), Err(NotAPin.into())).await;
    }
}

#[tokio::test]
async fn only_ok_is_yes() {
    check_confirm("echo OK", Ok(())).await;
    check_confirm("echo 'ERR 83886179 cancelled'", Err(AssuanError::Declined)).await;
    check_confirm("echo 'ERR 83886194 not confirmed'", Err(AssuanError::Declined)).await;
    check_confirm("echo 'ERR 114'", Err(AssuanError::Declined)).await;
    check_confirm("echo 'ERR 83886142 timeout'", Err(AssuanError::TimedOut)).await;
    check_confirm("echo 'ERR 83886355'", failed("error 275 to CONFIRM")).await;
    check_confirm("echo 'ERR yes'", failed("reports an error without a code")).await;
    check_confirm("echo 'OKAY'", failed("does not speak Assuan")).await;
}

#[tokio::test]
async fn the_third_button_is_told_from_a_no_and_only_if_there_is_one() {
    let offered = PinentryDialog {
        third_button: Some("Not again".to_owned()),
        ..dialog()
    };
    for (answer, expected) in [
        ("ERR 83886194 not confirmed", AssuanError::ThirdButton),
        ("ERR 83886179 cancelled", AssuanError::Declined),
    ] {
        let stub = Stub::new(&format!("echo '{answer}'"));
        assert_eq!(stub.pinentry().confirm(&offered).await, Err(expected), "{answer}");
        assert!(stub.requests().contains(&"SETNOTOK Not again".to_owned()));
    }
    // A program that knows no third button means an ordinary no, and so does one that takes its text and shows none.
    for knows_none in [
        "SETNOTOK*) echo 'ERR 83886355 Unknown'",
        "*flavor) echo 'D gnome3'; echo OK",
    ] {
        let stub = Stub::with_script(&format!(
            "echo OK; while read -r line; do case $line in
                {knows_none};; CONFIRM*) echo 'ERR 83886194';; *) echo OK;; esac; done",
        ));
        let declined = stub.pinentry().confirm(&offered).await;
        assert_eq!(declined, Err(AssuanError::DeclinedOfTwo), "{knows_none}");
        assert_eq!(stub.pinentry().confirm(&dialog()).await, Err(AssuanError::Declined));
    }
}

#[tokio::test]
async fn errors_of_the_system_mean_that_there_is_no_screen() {
    let expected = AssuanError::NoScreen("pinentry reports error 32870".to_owned());
    check_pin("echo 'ERR 83918950 Inappropriate ioctl for device'", Err(expected)).await;
    let expected = AssuanError::NoScreen("pinentry reports error 303".to_owned());
    check_pin("echo 'ERR 83886383 Missing environment variable'", Err(expected)).await;
}

#[tokio::test]
async fn a_window_that_is_too_small_is_told_from_no_window() {
    check_pin(
        "echo 'ERR 83886381 Window too small <Pinentry>'",
        Err(AssuanError::TooSmall),
    )
    .await;
    check_confirm(
        "echo 'ERR 83886381 Window too small <Pinentry>'",
        Err(AssuanError::TooSmall),
    )
    .await;
}

#[tokio::test]
async fn a_page_that_asks_nothing_has_its_button_preselected() {
    for (ok_is_default, expected) in [(true, "CONFIRM --focus=ok"), (false, "CONFIRM")] {
        let stub = Stub::new("echo OK");
        let dialog = PinentryDialog {
            ok_is_default,
            ..dialog()
        };
        stub.pinentry().confirm(&dialog).await.unwrap();
        assert_eq!(stub.requests().last().unwrap(), expected);
    }
}

#[tokio::test]
async fn cancelling_is_no_pin() {
    check_pin(
        "echo 'D 1234'; echo 'ERR 83886179 cancelled'",
        Err(AssuanError::Declined),
    )
    .await;
}

#[tokio::test]
async fn cached_pin_is_refused() {
    let refused = failed("answers from a cache");
    check_pin("echo 'S PASSWORD_FROM_CACHE'; echo 'D 1234'; echo OK", refused).await;
}

#[tokio::test]
async fn program_that_dies_has_failed() {
    check_pin("exit 3", failed("ended without an answer")).await;
    check_pin("printf 'D 12'; exit 0", failed("ended without an answer")).await;
    let stub = Stub::with_script("exit 0");
    assert_eq!(
        stub.pinentry().confirm(&dialog()).await,
        failed("ended without an answer")
    );
}

#[tokio::test]
async fn line_that_is_too_long_is_refused() {
    check_pin("printf 'D %01001d\\n' 0; echo OK", failed("line too long")).await;
    check_pin("tr '\\0' 1 < /dev/zero", failed("line too long")).await;
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_said_to_be_missing() {
    let pinentry = Pinentry {
        program: "/nonexistent/pinentry".into(),
        terminal: Terminal::default(),
    };
    assert!(matches!(
        pinentry.confirm(&dialog()).await,
        Err(AssuanError::NoProgram(_))
    ));
}

#[tokio::test]
async fn tty_program_without_terminal_has_no_screen() {
    let stub = Stub::with_script("echo OK; read -r line; echo 'D tty'; echo OK; exec sleep 60");
    assert!(matches!(
        stub.pinentry().confirm(&dialog()).await,
        Err(AssuanError::NoScreen(_))
    ));
    stub.ended().await;
}

#[tokio::test]
async fn program_that_hangs_is_killed_soon_after_the_timeout() {
    let stub = Stub::new("exec sleep 60");
    let began = Instant::now();
    let dialog = PinentryDialog {
        timeout: Duration::ZERO,
        ..dialog()
    };
    assert_eq!(stub.pinentry().confirm(&dialog).await, Err(AssuanError::TimedOut));
    assert!(began.elapsed() < GRACE + Duration::from_secs(3));
    stub.ended().await;
}

#[tokio::test]
async fn dropping_the_question_kills_the_program_at_once() {
    // The grandchild keeps the pipes open.
    let stub = Stub::new("sleep 60 & wait");
    let (pinentry, dialog) = (stub.pinentry(), dialog());
    let question = tokio::spawn(async move { pinentry.ask_pin(&dialog).await.map(|_| ()) });
    while !fs::read_to_string(stub.dir.join("requests")).is_ok_and(|seen| seen.contains("GETPIN")) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let began = Instant::now();
    question.abort();
    stub.ended().await;
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn dialog_is_told_escaped_and_in_full() {
    let stub = Stub::new("echo OK");
    let mut pinentry = stub.pinentry();
    pinentry.terminal.lc_ctype = Some("C.UTF-8".to_owned());
    let dialog = PinentryDialog {
        error: Some(" wrong ".to_owned()),
        ..dialog()
    };
    pinentry.confirm(&dialog).await.unwrap();
    let expected = [
        "GETINFO flavor",
        "OPTION lc-ctype=C.UTF-8",
        "SETTIMEOUT 30",
        "SETTITLE beidd",
        "SETDESC Sign 100%25?%0AInvented Person",
        "SETPROMPT PIN:",
        "SETOK Sign",
        "SETCANCEL Do not",
        "SETERROR %20wrong%20",
        "CONFIRM",
    ];
    assert_eq!(stub.requests(), expected);
}

#[tokio::test]
async fn text_too_long_is_refused_before_anything_is_shown() {
    let stub = Stub::new("echo OK");
    let dialog = PinentryDialog {
        description: "x".repeat(993),
        ..dialog()
    };
    assert_eq!(
        stub.pinentry().confirm(&dialog).await,
        Err(AssuanError::TooLong("SETDESC"))
    );
    assert!(!stub.dir.join("pid").exists());
}

#[test]
fn longest_text_that_fits_fills_the_line() {
    let fits = |text: &str| Budget::for_description().holds(text);
    assert!(fits(&"x".repeat(992)) && !fits(&"x".repeat(993)));
    assert!(fits(&"\n".repeat(330)) && !fits(&"\n".repeat(331)));
    assert!(fits(&"é".repeat(496)) && !fits(&"é".repeat(497)));
}

#[test]
fn programs_with_windows_come_first() {
    let stub = Stub::with_script("");
    fs::rename(stub.dir.join("pinentry"), stub.dir.join("other")).unwrap();
    assert_eq!(first_on(stub.dir.as_os_str()), None);
    let path = env::join_paths([Path::new("/nonexistent"), &stub.dir]).unwrap();
    // From the last choice to the first, each is preferred to those before.
    for name in PROGRAMS.iter().rev() {
        drop(std::os::unix::fs::symlink("/bin/sh", stub.dir.join(name)));
        assert_eq!(first_on(&path), Some(stub.dir.join(name)));
    }
}

#[tokio::test]
async fn the_program_gets_a_short_list_of_variables() {
    let stub = Stub::new("env > environment; echo 'OK'");
    stub.pinentry().confirm(&dialog()).await.unwrap();
    let text = fs::read_to_string(stub.dir.join("environment")).unwrap();
    let names = text.lines().filter_map(|line| Some(line.split_once('=')?.0));
    for name in names {
        // The last three are the shell's own.
        let known =
            VARIABLES.contains(&name) || name.starts_with("LC_") || ["PATH", "PWD", "OLDPWD", "_"].contains(&name);
        assert!(known, "{name}");
    }
    assert!(text.contains("PATH="), "{text}");
    let set = [
        "GTK_MODULES",
        "PINENTRY_USER_DATA",
        "LD_PRELOAD",
        "BEIDD_LOG_LEVEL",
        "DISPLAY",
        "LC_CTYPE",
    ];
    let set = set.map(|name| (OsString::from(name), OsString::from("x")));
    let names = passed_on(set.into_iter()).map(|(name, _)| name);
    assert_eq!(names.collect::<Vec<_>>(), ["DISPLAY", "LC_CTYPE"]);
}

#[test]
fn a_program_that_cannot_be_run_is_named() {
    let stub = Stub::new("echo OK");
    for (program, found) in [
        (stub.dir.join("pinentry"), true),
        (stub.dir.join("none"), false),
        (stub.dir.clone(), false),
        (PathBuf::from("sh"), true),
        (PathBuf::from("no-such-program"), false),
    ] {
        let looked = program_at(&program);
        assert_eq!(looked.is_ok(), found, "{program:?}");
        if let Err(error) = looked {
            assert!(error.to_string().contains(&program.display().to_string()), "{error}");
        }
    }
}

#[test]
fn questions_can_be_asked_from_any_thread() {
    fn is_send(_: &impl Send) {}
    let pinentry = Pinentry {
        program: PathBuf::new(),
        terminal: Terminal::default(),
    };
    is_send(&pinentry.ask_pin(&dialog()));
}

#[tokio::test]
async fn a_program_is_examined_without_a_dialog() {
    let stub = Stub::new("echo OK");
    assert_eq!(stub.pinentry().examine().await, Ok(String::new()));
    let requests = fs::read_to_string(stub.dir.join("requests")).unwrap();
    assert_eq!(requests, "GETINFO flavor\n");
    let curses = Stub::with_script("echo 'OK stub'; read -r line; echo 'D curses'; echo OK; read -r line");
    assert_eq!(curses.pinentry().examine().await, Ok("curses".to_owned()));
    for (script, expected) in [
        ("exit 1", "ended without an answer"),
        ("echo 'OK stub'; read -r line", "ended without an answer"),
        ("echo hello", "does not speak Assuan"),
    ] {
        let error = Stub::with_script(script).pinentry().examine().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{script}: {error}");
    }
}
