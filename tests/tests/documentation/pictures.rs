//! Pictures of the documentation are those that its script makes today.

use beid_e2e::{Scratch, run, test_tools, tool, workspace};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files below a directory, by their paths in it.
fn files(directory: &Path) -> BTreeSet<PathBuf> {
    let (mut found, mut folders) = (BTreeSet::new(), vec![directory.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(directory).expect("below it").to_owned());
            }
        }
    }
    found
}

/// The texts in a picture that are the same on every day: those without digits.
fn texts(picture: &Path) -> Vec<String> {
    let picture = fs::read_to_string(picture).expect("a picture");
    let texts = picture
        .split('>')
        .filter_map(|part| part.split_once("</").map(|(text, _)| text.trim().to_owned()));
    texts
        .filter(|text| !text.is_empty() && !text.contains(|c: char| c.is_ascii_digit()))
        .collect()
}

#[test]
fn pictures_show_what_the_programs_show() {
    let (scratch, kept) = (Scratch::new("pictures"), workspace().join("docs/pictures"));
    let mut script = Command::new(tool("timeout"));
    script
        .arg("120")
        .arg(workspace().join("docs/make-pictures"))
        .arg(scratch.path().join("made"));
    // The test's own programs, and its packages for the browser.
    let target = beid_e2e::built("beidd")
        .parent()
        .and_then(Path::parent)
        .expect("a folder")
        .to_owned();
    run(script
        .env("CARGO_TARGET_DIR", target)
        .env("BEIDD_TEST_TOOLS", test_tools()))
    .ok();
    let made = scratch.path().join("made");
    let names = files(&made);
    assert_eq!(names, files(&kept), "run docs/make-pictures");
    let mut compared = 0;
    for name in names
        .iter()
        .filter(|name| name.extension().is_some_and(|extension| extension == "svg"))
    {
        let (now, then) = (texts(&made.join(name)), texts(&kept.join(name)));
        assert_eq!(now, then, "{} is old: run docs/make-pictures", name.display());
        compared += now.len();
    }
    assert!(compared > 150, "{compared}");
    for page in names.iter().filter(|name| name.ends_with("page.png")) {
        let octets = fs::read(made.join(page)).expect("a picture");
        assert!(
            octets.starts_with(b"\x89PNG") && octets.len() > 40_000,
            "{}",
            page.display()
        );
    }
}
