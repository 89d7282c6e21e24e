//! Files and directories that others can write, and damaged ones.

use super::*;
use std::os::unix::fs::{chown, symlink};

fn directory() -> PathBuf {
    let directory = std::env::temp_dir().join(format!("beidd-private-{}", crate::random::random_id()));
    DirBuilder::new().mode(0o700).create(&directory).unwrap();
    directory
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_secret_is_not_read_where_everybody_can() {
    let file = directory().join("password");
    fs::write(&file, "secret").unwrap();
    for (mode, kept) in [
        (0o600, true),
        (0o640, true),
        (0o644, false),
        (0o602, false),
        (0o601, false),
    ] {
        set_mode(&file, mode);
        let checked = check_secret(&fs::metadata(&file).unwrap());
        assert_eq!(checked.is_ok(), kept, "{mode:o}");
    }
}

/// Makes `base/ours` in a directory of this mode.
#[track_caller]
fn check(base: u32, expected: Option<&str>) {
    let directory = directory();
    let base_directory = directory.join("base");
    fs::create_dir(&base_directory).unwrap();
    set_mode(&base_directory, base);
    let ours = base_directory.join("ours");
    match (make_directory(&ours), expected) {
        (Ok(()), None) => assert_eq!(mode(&ours), 0o700),
        (Err(error), Some(words)) => {
            let error = error.to_string();
            assert!(error.contains(words) && error.contains("/base "), "{error}");
            assert!(!ours.exists(), "nothing is made where others can write");
        }
        (outcome, _) => panic!("{base:o}: {outcome:?}"),
    }
}

#[test]
fn directory_is_made_in_one_that_only_we_can_write() {
    check(0o700, None);
    check(0o755, None);
}

#[test]
fn directory_is_made_where_others_can_write_but_not_rename() {
    check(0o1777, None);
}

#[test]
fn directory_is_not_made_where_everybody_can_write() {
    check(0o777, Some("can be written by everybody"));
    check(0o757, Some("can be written by everybody"));
}

#[test]
fn a_file_that_somebody_else_can_have_put_there_is_not_ours() {
    let directory = directory();
    let file = directory.join("https.json");
    fs::write(&file, "{}").unwrap();
    set_mode(&file, 0o600);
    check_ours(&file).unwrap();
    set_mode(&directory, 0o777);
    let error = check_ours(&file).unwrap_err().to_string();
    assert!(error.contains("can be written by everybody"), "{error}");
    set_mode(&directory, 0o700);
    set_mode(&file, 0o666);
    assert!(check_ours(&file).is_err());
}

#[test]
fn directory_that_was_open_to_others_is_closed() {
    let directory = directory();
    set_mode(&directory, 0o755);
    make_directory(&directory).unwrap();
    assert_eq!(mode(&directory), 0o700);
}

/// Only root can give files away; the end-to-end tests act as another user where they can.
#[test]
fn what_belongs_to_another_user_is_refused() {
    let directory = directory();
    let (theirs, link, file) = (directory.join("theirs"), directory.join("link"), directory.join("file"));
    fs::create_dir(&theirs).unwrap();
    fs::write(&file, "x").unwrap();
    symlink(&directory, &link).unwrap();
    let other = own_user() + 1;
    if own_user() != 0 {
        // Without that power, something of root's must do, which is fine to read and not to keep files in.
        assert!(make_directory(Path::new("/usr")).is_err());
        assert!(read_settings(Path::new("/etc/passwd")).is_ok());
        return;
    }
    for path in [&theirs, &file] {
        chown(path, Some(other), None).unwrap();
    }
    std::os::unix::fs::lchown(&link, Some(other), None).unwrap();
    let belongs = format!("belongs to user {other}");
    for refused in [
        make_directory(&theirs),
        make_directory(&theirs.join("below")),
        make_directory(&link),
        read_settings(&file).map(drop),
    ] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains(&belongs), "{error}");
    }
    assert!(!theirs.join("below").exists());
}

#[test]
fn settings_behind_a_link_or_in_a_pipe_are_read() {
    let directory = directory();
    let (file, link) = (directory.join("file"), directory.join("link"));
    fs::write(&file, "[log]").unwrap();
    symlink(&file, &link).unwrap();
    assert_eq!(read_settings(&link).unwrap(), "[log]");
    fs::write(&file, [0xFF]).unwrap();
    assert!(read_settings(&file).unwrap_err().to_string().contains("UTF-8"));
    set_mode(&directory, 0o777);
    let error = read_settings(&file).unwrap_err().to_string();
    assert!(error.contains("can be written by everybody"), "{error}");
    assert_eq!(read_settings(Path::new("/dev/null")).unwrap(), "");
    let error = read_settings(Path::new("/dev/zero")).unwrap_err().to_string();
    assert!(error.contains("longer than"), "{error}");
}

#[test]
fn our_own_files_are_not_read_through_links() {
    let directory = directory();
    let (file, link) = (directory.join("file"), directory.join("link"));
    write(&file, b"ours").unwrap();
    symlink(&file, &link).unwrap();
    assert_eq!(read(&file).unwrap().as_deref(), Some(b"ours".as_slice()));
    let error = read(&link).unwrap_err().to_string();
    assert!(error.contains("/link"), "{error}");
    assert_eq!(read(&directory.join("none")).unwrap(), None);
}

#[test]
fn writing_replaces_a_link_and_its_draft_and_follows_neither() {
    let directory = directory();
    let (theirs, ours) = (directory.join("theirs"), directory.join("ours.json"));
    fs::write(&theirs, "theirs").unwrap();
    for name in ["ours.json", "ours.new"] {
        symlink(&theirs, directory.join(name)).unwrap();
    }
    write(&ours, b"ours").unwrap();
    assert_eq!(fs::read_to_string(&theirs).unwrap(), "theirs");
    assert_eq!(fs::read_to_string(&ours).unwrap(), "ours");
    assert!(!fs::symlink_metadata(&ours).unwrap().is_symlink());
    assert_eq!(mode(&ours), 0o600);
    let nowhere = directory.join("none/file");
    let error = write(&nowhere, b"").unwrap_err().to_string();
    assert!(error.contains("none/file"), "{error}");
}

#[test]
fn damaged_state_is_set_aside_each_time_and_said_once_more() {
    let directory = directory();
    let file = directory.join("state.json");
    let numbers = || read_state(&file, |bytes| serde_json::from_slice::<Vec<u8>>(bytes)).unwrap();
    assert_eq!(numbers(), None);
    for (damage, kept) in [("", "state.json.damaged"), ("[1, 2", "state.json.damaged-2")] {
        fs::write(&file, damage).unwrap();
        assert_eq!(numbers(), None);
        assert!(!file.exists());
        assert_eq!(fs::read_to_string(directory.join(kept)).unwrap(), damage);
    }
    write(&file, b"[1, 2]").unwrap();
    assert_eq!(numbers(), Some(vec![1, 2]));
}

#[test]
fn messages_about_files_say_what_to_do() {
    let directory = directory();
    let (link, folder) = (directory.join("link.json"), directory.join("folder.json"));
    symlink("elsewhere", &link).unwrap();
    fs::create_dir(&folder).unwrap();
    for (path, advice) in [
        (&link, "put the file itself here"),
        (&folder, "move the directory away"),
    ] {
        let error = read(path).unwrap_err().to_string();
        assert!(
            error.starts_with(&path.display().to_string()) && error.contains(advice),
            "{error}"
        );
    }
    fs::remove_dir_all(&directory).unwrap();
}
