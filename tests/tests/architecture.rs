//! The promises of ARCHITECTURE.md about the sources, checked against them.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a promise that is broken fails the test"
)]

use beid_e2e::workspace;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Names of the workspace's own crates that `package` depends on; those that only its tests use, or one of its features
/// brings, do not count.
fn own_dependencies(metadata: &Value, package: &str) -> Vec<String> {
    let packages = metadata["packages"].as_array().expect("packages");
    let found = packages.iter().find(|one| one["name"] == package);
    let found = found.unwrap_or_else(|| panic!("no package {package}"));
    let dependencies = found["dependencies"].as_array().expect("dependencies").iter();
    let names = dependencies
        .filter(|one| one["kind"] != "dev" && one["optional"] != true)
        .map(|one| one["name"].as_str().expect("a name").to_owned());
    names.filter(|name| name.starts_with("beid")).collect()
}

/// Crates, and those of ours that each may depend on.
const MAY_KNOW: &str = "\
beid-pki:
beid-card: beid-pki
beid-simulator: beid-card
beid-testkit: beid-card beid-pki beid-simulator
beid-protocol: beid-pki
beid-host:
beid-evidence: beid-host
beid-issuers: beid-host beid-pki beid-protocol
beid-api: beid-pki beid-protocol
beid-metrics: beid-api
beid-texts: beid-api beid-pki
beid-prompt: beid-api beid-card beid-host beid-protocol beid-texts
beid-settings: beid-api beid-host beid-issuers beid-pki beid-protocol beid-texts
beid-doctor: beid-api beid-host beid-prompt
beid-records: beid-api beid-protocol beid-texts
beid-service: beid-api beid-card beid-doctor beid-evidence beid-host beid-issuers beid-metrics beid-pki beid-prompt beid-protocol beid-records beid-settings beid-simulator beid-texts
beid-sources: beid-api beid-card beid-service beid-settings beid-simulator
beid-front-https: beid-api beid-host beid-pki beid-protocol beid-service beid-settings beid-texts
beid-front-dbus: beid-api beid-bus beid-host beid-service beid-settings beid-texts
beid-stores: beid-api beid-host beid-pki
beid-bus: beid-api
beid-client: beid-api beid-bus beid-host beid-pki
beid-example: beid-api beid-client
beidctl: beid-api beid-client beid-doctor beid-evidence beid-host beid-pki beid-prompt beid-protocol beid-settings beid-stores beid-texts
beid-man: beid-settings beid-simulator beidctl";

#[test]
fn dependencies_go_one_way() {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(workspace())
        .output()
        .expect("cargo metadata");
    let metadata: Value = serde_json::from_slice(&cargo.stdout).expect("JSON");
    // `beidd` puts everything together, and the suites of `beid-e2e` use everything.
    let packages = metadata["packages"].as_array().expect("packages").iter();
    for name in packages.map(|one| one["name"].as_str().expect("a name")) {
        let has_row = MAY_KNOW.lines().any(|row| row.split(':').next() == Some(name));
        assert!(has_row || ["beidd", "beid-e2e"].contains(&name), "no row for {name}");
    }
    for row in MAY_KNOW.lines() {
        let (package, may) = row.split_once(':').expect("a package and what it may know");
        for dependency in own_dependencies(&metadata, package) {
            let known = may.split_whitespace().any(|one| one == dependency);
            assert!(known, "{package} must not know {dependency}");
        }
    }
}

/// Every `.rs` file below `folder`, with its text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![workspace().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source");
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "nothing in {folder}");
    found
}

/// Fails if a source below `folder`, other than `except`, says one of `words`.
fn nowhere(folder: &str, words: &[&str], except: &[&str]) {
    for (path, text) in sources(folder) {
        if except.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        for word in words {
            assert!(!text.contains(word), "{} says {word}", path.display());
        }
    }
}

#[test]
fn only_one_file_names_the_pcsc_crate() {
    let words = ["use pcsc::", "pcsc::Context", "pcsc::Card"];
    nowhere("card/src", &words, &["src/pcsc.rs"]);
    nowhere("card/simulator/src", &words, &[]);
    nowhere("daemon", &["use pcsc::", " pcsc::Context"], &[]);
}

#[test]
fn the_card_and_the_documents_know_no_clock_and_no_async() {
    for folder in ["card/src", "card/simulator/src", "protocol/src", "pki/src"] {
        nowhere(
            folder,
            &["Timestamp::now", "Zoned::now", "SystemTime::now", "async fn", "tokio::"],
            // A program, at the edge: it tells the library what time it is.
            &["bin/beid-scripted-pinentry.rs"],
        );
    }
    nowhere("protocol/src", &["std::fs", "std::net", "std::env"], &[]);
    nowhere("pki/src", &["std::fs", "std::net", "std::env"], &[]);
}

#[test]
fn the_service_knows_no_front_and_the_fronts_know_no_card() {
    // Crates of ours cannot: `MAY_KNOW`. Libraries of others could.
    nowhere("daemon/service/src", &["hyper", "zbus", "http::"], &[]);
    let words = ["CardSession<", "card::Card", "Pin::", ".read_file("];
    nowhere("daemon/front-https/src", &words, &[]);
    nowhere("daemon/front-dbus/src", &words, &[]);
}

#[test]
fn a_pin_is_made_in_one_place() {
    nowhere("daemon", &["Pin::from_digits"], &["prompt/src/assuan.rs"]);
    // The exception is the place: should it move, this test must move along.
    let place = fs::read_to_string(workspace().join("daemon/prompt/src/assuan.rs")).expect("the place");
    assert_eq!(
        place
            .split("#[cfg(test)]")
            .next()
            .map(|code| code.matches("Pin::from_digits").count()),
        Some(1)
    );
    nowhere("protocol/src", &["Pin"], &[]);
}

/// Packages and programs that `make` builds for shipping, called with these arguments.
fn built_for_shipping(arguments: &[&str]) -> (Vec<String>, Vec<String>) {
    let make = Command::new("make")
        .args(["--dry-run", "--no-print-directory"])
        .args(arguments)
        .current_dir(workspace())
        .output()
        .expect("make");
    let text = String::from_utf8(make.stdout).expect("text").replace("\\\n", " ");
    let lines = text.lines().filter(|line| line.contains("--profile dist"));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    let after = |option: &str| {
        let pairs = words.iter().zip(words.iter().skip(1));
        let values = pairs
            .filter(|(word, _)| **word == option)
            .map(|(_, value)| (*value).to_owned());
        values.collect::<Vec<_>>()
    };
    (after("-p"), after("--bin"))
}

/// Libraries and their features, as a build of these packages takes them.
fn libraries(packages: &[String]) -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "tree",
        "--locked",
        "--offline",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
    ]);
    cargo.args(["--format", "{p} {f}"]);
    for package in packages {
        cargo.args(["-p", package]);
    }
    let tree = cargo.current_dir(workspace()).output().expect("cargo tree");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let text = String::from_utf8(tree.stdout).expect("text");
    let lines = text
        .lines()
        .map(|line| line.trim_end_matches(" (*)").trim_end().to_owned());
    lines
        .filter(|line| !line.is_empty() && !["beid-e2e ", "beid-testkit "].iter().any(|own| line.starts_with(own)))
        .collect()
}

#[test]
fn what_ships_is_built_alone_and_measured_without_building_it_again() {
    let ((shipped, _), (measured, programs)) = (built_for_shipping(&["build"]), built_for_shipping(&["bench"]));
    assert_eq!(shipped, ["beidd", "beidctl", "beid-simulator"]);
    let (alone, beside) = (libraries(&shipped), libraries(&measured));
    assert!(!alone.is_empty());
    assert_eq!(beside, alone);
    // Manual pages take what was built, too, and libraries of their own.
    let (pages, _) = built_for_shipping(&["man", "PROFILE=dist"]);
    assert!(
        pages.contains(&"beid-man".to_owned()) && alone.is_subset(&libraries(&pages)),
        "{pages:?}"
    );
    assert!(programs.contains(&"bench".to_owned()), "{programs:?}");
}

/// Lists the sources and folders below others that a page names in backticks.
fn named_in(page: &str) -> Vec<String> {
    let spans = page.split('`').skip(1).step_by(2);
    let ours = |span: &&str| {
        let plain = span.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
        let deep = span.matches('/').count() > 1 || span.ends_with(".rs");
        plain && deep && span.contains('/') && !span.starts_with('/') && (span.ends_with('/') || span.ends_with(".rs"))
    };
    spans.filter(ours).map(str::to_owned).collect()
}

#[test]
fn every_file_that_the_pages_for_developers_name_is_there() {
    for page in ["ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "card/FAULTS.md"] {
        let text = fs::read_to_string(workspace().join(page)).expect("a page");
        // `api/error.rs` is short for `daemon/api/src/error.rs`, and `src/…` is beside the page.
        let folder = workspace().join(page).parent().expect("a folder").to_owned();
        let is_there = |name: &str| {
            let (room, rest) = name.split_once('/').unwrap_or((name, ""));
            let places = [
                workspace().join(name),
                folder.join(name),
                workspace().join(format!("daemon/{room}/src/{rest}")),
                workspace().join(format!("{room}/src/{rest}")),
                // In the tables of these crates.
                workspace().join(format!("protocol/src/{name}")),
                workspace().join(format!("daemon/service/src/{name}")),
            ];
            places.iter().any(|place| place.exists())
        };
        let mut missing = named_in(&text);
        missing.retain(|name| !is_there(name));
        assert!(missing.is_empty(), "{page} names {missing:?}");
    }
}
