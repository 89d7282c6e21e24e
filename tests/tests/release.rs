//! A release is made of the tree that its tag names, and says so before it builds anything.

#![expect(clippy::expect_used, reason = "what cannot be set up fails the test")]

use beid_e2e::{tool, workspace};
use beid_testkit::{FinishedCommand, Scratch, run};
use std::fs;
use std::path::Path;
use std::process::Command;

fn git(at: &Path, arguments: &[&str]) {
    let named = ["-c", "user.name=Tester", "-c", "user.email=tester@example.invalid"];
    let done = run(Command::new(tool("git")).arg("-C").arg(at).args(named).args(arguments));
    assert!(done.succeeded(), "git {arguments:?}: {}", done.said());
}

/// Look at a tree, whose tag may be one that nobody has signed.
fn check(at: &Path) -> FinishedCommand {
    run(check_strictly(at).env("UNSIGNED", "1"))
}

fn check_strictly(at: &Path) -> Command {
    let mut command = Command::new(at.join("packaging/release"));
    command.arg("--check").current_dir(at);
    command
}

fn change(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).expect("a file");
    assert!(text.contains(from), "{} has {from}", file.display());
    fs::write(file, text.replacen(from, to, 1)).expect("a file that can be written");
}

#[test]
fn only_a_tagged_tree_with_its_changelog_and_interfaces_is_released() {
    let scratch = Scratch::new("release");
    let tree = scratch.path().join("tree");
    let from = format!("file://{}", workspace().display());
    git(scratch.path(), &["clone", "--quiet", "--depth", "1", &from, "tree"]);
    // As it is now, committed or not.
    fs::copy(workspace().join("packaging/release"), tree.join("packaging/release")).expect("the script");
    let manifest = tree.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).expect("a manifest");
    let version = text
        .split("\nversion = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a version");
    change(&manifest, &format!("version = \"{version}\""), "version = \"7.0.0\"");
    let refused = check(&tree);
    for fault in [
        "not committed",
        "no tag v7.0.0",
        "no part '## 7.0.0",
        "another version than 7.0.0",
    ] {
        assert!(
            !refused.succeeded() && refused.said().contains(fault),
            "{fault}: {}",
            refused.said()
        );
    }
    change(
        &tree.join("CHANGELOG.md"),
        "## Unreleased",
        "## Unreleased\n\n## 7.0.0 – 2027-01-01",
    );
    let client = tree.join("packaging/js-client/package.json");
    change(
        &client,
        &format!("\"version\": \"{version}\""),
        "\"version\": \"7.0.0\"",
    );
    for (now, released) in [
        ("docs/openapi.json", "docs/openapi-released.json"),
        ("packaging/dbus/org.beidd1.xml", "docs/org.beidd1-released.xml"),
    ] {
        fs::write(tree.join(released), "of before").expect("a file that can be written");
        assert!(check(&tree).said().contains(released), "{released}");
        fs::copy(tree.join(now), tree.join(released)).expect("a copy");
    }
    git(&tree, &["commit", "--quiet", "--all", "--message", "Release 7.0.0"]);
    git(&tree, &["tag", "v7.0.0"]);
    let good = check(&tree);
    assert!(
        good.succeeded() && good.said().contains("7.0.0 can be released"),
        "{}",
        good.said()
    );
    let unsigned = run(&mut check_strictly(&tree));
    assert!(
        !unsigned.succeeded() && unsigned.said().contains("v7.0.0 has no signature"),
        "{}",
        unsigned.said()
    );
    fs::write(tree.join("more"), "").expect("a file that can be written");
    assert!(check(&tree).said().contains("not committed"));
}
