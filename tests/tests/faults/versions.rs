//! State of other versions: of a newer one it is refused and left alone, of earlier ones it is read.

use crate::recording_desk::RecordingDesk;
use beid_e2e::{Home, built, run, tool};
use beid_host::state::STATE_FORM;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files of the state directory with their text.
type StateFiles = &'static [(&'static str, &'static str)];

/// Files as each form has them, the first form first. One is added with each form, and none is ever changed: daemons
/// have left such files on people's computers.
const FORMS: &[StateFiles] = &[&[
    ("tokens.json", include_str!("state-1/tokens.json")),
    ("pairings.json", include_str!("state-1/pairings.json")),
    ("silenced.json", include_str!("state-1/silenced.json")),
    ("roles.json", include_str!("state-1/roles.json")),
    ("readings.json", include_str!("state-1/readings.json")),
]];

/// Every file below a directory with its octets, but for the lock, which is opened by whoever tries.
fn everything_in(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(everything_in(&path));
        } else if !path.ends_with("lock") {
            found.insert(path.clone(), fs::read(&path).expect("a file"));
        }
    }
    found
}

#[test]
fn a_state_directory_of_a_newer_version_is_refused_and_left_alone() {
    let mut desk = RecordingDesk::start();
    let environment = desk.daemon().environment().clone();
    let home = desk.stop();
    let form = home.state().join("form");
    assert_eq!(fs::read_to_string(&form).expect("the form"), format!("{STATE_FORM}\n"));
    fs::write(&form, format!("{}\n", STATE_FORM + 1)).expect("the form can be changed");
    // As a newer version might write it: this one would take it for damaged.
    let newer = r#"{"form": 2, "tokens": []}"#;
    fs::write(home.state().join("tokens.json"), newer).expect("tokens");
    let before = everything_in(&home.state());
    let mut command = Command::new(tool("timeout"));
    command.arg("20").arg(built("beidd"));
    command.args(["--no-dbus", "--https-port", "0", "--simulate", "anna"]);
    let done = run(command.env_clear().envs(&environment));
    assert_eq!(done.code, Some(1), "{done}");
    for words in [
        &*form.display().to_string(),
        "newer beidd",
        "install that version again",
    ] {
        assert!(done.stderr.contains(words), "{words}: {done}");
    }
    assert!(everything_in(&home.state()) == before, "something was written");
}

/// Puts the files of a form in the place of those of the last daemon.
fn put(home: &Home, form: usize) {
    for (name, text) in FORMS[form] {
        fs::write(home.state().join(name), text).expect("a file of the state");
    }
    // Directories of the first form have no number.
    let number = home.state().join("form");
    if form == 0 {
        fs::remove_file(number).expect("the form");
    } else {
        fs::write(number, format!("{}\n", form + 1)).expect("the form");
    }
}

#[test]
fn a_state_directory_of_every_earlier_form_is_read() {
    assert_eq!(
        u64::try_from(FORMS.len()).expect("a number"),
        STATE_FORM,
        "each form has its files here"
    );
    for form in 0..FORMS.len() {
        let mut desk = RecordingDesk::start();
        desk.between_runs(|home| put(home, form));
        let state = desk.daemon().home().state();
        assert_eq!(
            fs::read_to_string(state.join("form")).expect("the form"),
            format!("{STATE_FORM}\n")
        );
        let damaged = everything_in(&state);
        let mut damaged = damaged
            .keys()
            .filter(|path| path.to_string_lossy().contains(".damaged"));
        assert_eq!(damaged.next(), None, "form {}", form + 1);
        for (arguments, words) in [
            (&["token", "list"][..], "surgery"),
            (&["pair", "list"], "https://paired.example"),
            (&["pair", "list"], "https://allowed.example"),
            (&["pair", "list"], "https://silenced.example"),
            (&["reading", "counts", "--from", "2026-11-01"], "19999816004"),
        ] {
            let said = desk.beidctl(arguments).ok();
            assert!(said.contains(words), "form {}: {arguments:?}: {said}", form + 1);
        }
    }
}

/// Fails unless everything in `earlier` is in `later`, and its entries have neither more nor fewer members.
fn must_still_have(file: &str, earlier: &Value, later: &Value) {
    let advice = format!(
        "{file} has another form than before: raise STATE_FORM, go on reading the earlier form, and give the new one its \
         files in this suite"
    );
    match (earlier, later) {
        (Value::Array(earlier), Value::Array(later)) => {
            for entry in earlier {
                assert!(later.contains(entry), "{advice}\n{entry:#}\n{later:#?}");
            }
        }
        (Value::Object(earlier), Value::Object(later)) => {
            for (key, value) in earlier {
                match later.get(key) {
                    Some(later) if later == value => {}
                    Some(later) => must_still_have(file, value, later),
                    None => panic!("{advice}\n{key}"),
                }
            }
        }
        _ => panic!("{advice}\n{earlier:#}\n{later:#}"),
    }
}

#[test]
fn files_that_are_written_again_have_the_form_that_their_number_says() {
    let mut desk = RecordingDesk::start();
    desk.between_runs(|home| put(home, FORMS.len() - 1));
    // Each changes one of the files, which is then written whole.
    for arguments in [
        &["token", "create", "another", "--scope", "readers"][..],
        &["pair", "allow", "https://another.example", "--scope", "readers"],
        &["pair", "silence", "https://another.example"],
        &["reading", "put", "--way", "chip"],
    ] {
        desk.beidctl(arguments).ok();
    }
    let state = desk.daemon().home().state();
    for (name, text) in FORMS[FORMS.len() - 1] {
        let later = fs::read_to_string(state.join(name)).expect("a file of the state");
        let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        assert!(later != *text || *name == "roles.json", "{name} was not written");
        must_still_have(name, &read(text), &read(&later));
    }
}
