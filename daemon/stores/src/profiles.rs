//! Profiles of Firefox: those that `profiles.ini` lists, and directories beside it that have a database.

use beid_host::foreign;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Upper limit on `profiles.ini`, in bytes. Each profile takes some eighty.
const LONGEST: u64 = 1 << 20;

/// Returns the profiles in `directory`, with their names, in the order of their places.
pub(crate) fn profiles(directory: &Path) -> Vec<(String, PathBuf)> {
    let listed = foreign::read_text(&directory.join("profiles.ini"), LONGEST).unwrap_or_default();
    let mut found: BTreeMap<PathBuf, String> = BTreeMap::new();
    // A profile that was copied here works without being listed: `firefox --profile`.
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let place = entry.path();
        if place.join("cert9.db").exists() {
            found.insert(place, entry.file_name().to_string_lossy().into_owned());
        }
    }
    for (name, place) in sections(&listed, directory) {
        if place.is_dir() {
            found.insert(place, name);
        }
    }
    found.into_iter().map(|(place, name)| (name, place)).collect()
}

/// Reads the sections `[Profile…]` of `profiles.ini`.
fn sections(text: &str, directory: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for section in text.split("\n[").map(|section| section.trim_start_matches('[')) {
        if !section.starts_with("Profile") {
            continue;
        }
        let value = |key: &str| {
            let mut lines = section.lines().filter_map(|line| line.split_once('='));
            lines
                .find(|(found, _)| found.trim() == key)
                .map(|(_, value)| value.trim())
        };
        let Some(path) = value("Path").filter(|path| !path.is_empty()) else {
            continue;
        };
        let place = if value("IsRelative") == Some("0") {
            PathBuf::from(path)
        } else {
            directory.join(path)
        };
        found.push((value("Name").unwrap_or(path).to_owned(), place));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_testkit::Scratch;
    use std::process::Command;

    #[test]
    fn profiles_are_found_by_list_and_by_database_and_once_each() {
        let (scratch, elsewhere) = (Scratch::new("profiles"), Scratch::new("profiles"));
        let root = scratch.path();
        for name in ["ab.default", "cd.my old profile", "ef.never listed", "no profile"] {
            let directory = scratch.dir(name);
            if name != "no profile" {
                std::fs::write(directory.join("cert9.db"), "").unwrap();
            }
        }
        let ini = format!(
            "[Install1]\nDefault=ab.default\n\n[Profile1]\nName=old one\nIsRelative=1\nPath=cd.my old profile\n\
             [Profile0]\r\nName=default\r\nIsRelative=1\r\nPath=ab.default\r\nDefault=1\r\n\
             [Profile2]\nName=away\nIsRelative=0\nPath={}\n[Profile3]\nName=gone\nIsRelative=1\nPath=gone\n\
             [Profile4]\nName=nowhere\n[General]\nVersion=2\n",
            elsewhere.path().display()
        );
        std::fs::write(root.join("profiles.ini"), ini).unwrap();
        let mut names = profiles(root);
        names.sort();
        assert_eq!(
            names,
            [
                ("away".to_owned(), elsewhere.path().to_owned()),
                ("default".to_owned(), root.join("ab.default")),
                ("ef.never listed".to_owned(), root.join("ef.never listed")),
                ("old one".to_owned(), root.join("cd.my old profile")),
            ]
        );
        assert!(profiles(&root.join("nothing")).is_empty());
    }

    #[test]
    fn a_list_that_is_no_file_or_has_no_end_keeps_nobody_waiting() {
        let scratch = Scratch::new("profiles");
        let list = scratch.path().join("profiles.ini");
        std::fs::write(scratch.dir("ab.default").join("cert9.db"), "").unwrap();
        let by_database = [("ab.default".to_owned(), scratch.path().join("ab.default"))];
        assert!(Command::new("mkfifo").arg(&list).status().unwrap().success());
        assert_eq!(profiles(scratch.path()), by_database);
        std::fs::remove_file(&list).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &list).unwrap();
        assert_eq!(profiles(scratch.path()), by_database);
        std::fs::remove_file(&list).unwrap();
        // Sparse: the disk is not needed for it.
        let long = std::fs::File::create(&list).unwrap();
        long.set_len(1 << 40).unwrap();
        assert_eq!(profiles(scratch.path()), by_database);
    }
}
