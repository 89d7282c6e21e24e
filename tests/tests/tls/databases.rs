//! Homes with databases of NSS, as browsers make them, read with `certutil` alone.

use beid_e2e::{Daemon, FinishedCommand, run, tool};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The stores of one user, which no test of a user may leave: the others belong to the computer that runs the test.
pub(crate) const OWN: &str = "chromium,firefox";

/// Runs `certutil` on the database in `place`.
pub(crate) fn certutil(place: &Path, arguments: &[&str]) -> FinishedCommand {
    let mut command = Command::new(tool("certutil"));
    command
        .args(arguments)
        .arg("-d")
        .arg(format!("sql:{}", place.display()));
    run(&mut command)
}

/// Makes an empty database without a password, as browsers do.
pub(crate) fn make_database(place: &Path) {
    fs::create_dir_all(place).expect("a directory");
    certutil(place, &["-N", "--empty-password"]).ok();
}

/// Names and trust flags of everything in a database.
pub(crate) fn content(place: &Path) -> Vec<(String, String)> {
    let listed = certutil(place, &["-L"]).ok();
    let rows = listed.lines().skip(4).filter(|line| !line.trim().is_empty());
    let row = |line: &str| {
        let (name, flags) = line.trim_end().rsplit_once(' ').expect("a name and flags");
        (name.trim().to_owned(), flags.to_owned())
    };
    rows.map(row).collect()
}

/// Home directory of the daemon's user.
pub(crate) fn home(daemon: &Daemon) -> PathBuf {
    PathBuf::from(&daemon.environment()["HOME"])
}

/// Runs `beidctl tls` on the stores of this user alone; returns its exit status and its answer.
pub(crate) fn tls(daemon: &Daemon, command: &str) -> (Option<i32>, Value) {
    let done = daemon.beidctl(&["tls", command, "--store", OWN, "--json"]);
    (done.code, done.json())
}

/// State and reason of the store in `place`, by an answer.
pub(crate) fn state(report: &Value, place: &Path) -> (String, String) {
    let stores = report["stores"].as_array().expect("stores");
    let found = stores
        .iter()
        .find(|store| store["place"] == place.display().to_string());
    let store = found.unwrap_or_else(|| panic!("{} is not in {report:#}", place.display()));
    let word = |member: &str| store[member].as_str().unwrap_or_default().to_owned();
    (word("state"), word("reason"))
}

/// Name of the daemon's authority, by an answer.
pub(crate) fn authority(report: &Value) -> String {
    report["authority"]["name"].as_str().expect("an authority").to_owned()
}

/// Every path below `directory`.
pub(crate) fn tree(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.is_symlink() {
                directories.push(path.clone());
            }
            found.push(path);
        }
    }
    found.sort();
    found
}
