//! Disks that are full, closed or damaged: the refusal names the file and the next step, nobody is asked for a PIN, and
//! what is on the disk stays as it is. Where the settings want no records, work goes on without them.

use crate::recording_desk::{RecordedWork, RecordingDesk, python};
use beid_e2e::{DaemonOptions, LIMIT, eventually};
use serde_json::json;
use std::fs;
use std::path::Path;

/// Mounts a disk of `$2` on `$1`, which gets the size that is read from standard input later.
const SMALL_DISK: &str = r#"
set -eu
exec 3<&0
mount -t tmpfs -o "size=$2,mode=0700" tmpfs "$1"
(read -r size <&3 && mount -o "remount,size=$size" "$1") &
shift 2
exec "$@" < /dev/null
"#;
/// Takes the right to write from everybody below `$1`, root included.
const CLOSED_DISK: &str = r#"
set -eu
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
shift
exec "$@"
"#;

/// Starts the desk's next daemon after a script that prepares its disk.
fn restart_on(desk: &mut RecordingDesk, script: &str, arguments: &[&str]) {
    let home = desk.stop();
    let store = home.state().join("evidence").display().to_string();
    let mut around = vec!["unshare", "--mount", "sh", "-c", script, "disk", &store];
    around.extend(arguments);
    let usual = desk.options.clone();
    desk.options = usual.clone().under(&around);
    desk.start_in(home);
    desk.options = usual;
}

/// Fails unless both kinds of work are refused with these words, and the doctor says so too.
fn must_refuse(desk: &mut RecordingDesk, words: &[&str]) {
    for work in [RecordedWork::Reading, RecordedWork::Link] {
        desk.is_refused(work, words);
    }
    let found = desk.beidctl(&["doctor", "--json"]).json();
    let findings = found["findings"].as_array().expect("findings");
    assert!(
        findings.iter().any(|finding| finding["code"] == "evidence-fails"),
        "{found:#}"
    );
}

#[test]
fn a_full_disk_is_named_and_work_goes_on_once_there_is_space() {
    let mut desk = RecordingDesk::start_with(DaemonOptions::apart);
    restart_on(&mut desk, SMALL_DISK, &["700k"]);
    // A store of its own, on that disk.
    desk.forget();
    let mut written = 0;
    let refused = loop {
        let reply = desk.attempt(RecordedWork::Reading).expect("an answer");
        if reply.status != 200 {
            break reply;
        }
        written += 1;
        assert!(written < 500, "the disk does not fill up");
    };
    assert!(written > 0, "{}", refused.text());
    assert_eq!(refused.problem(), "evidence-unavailable");
    must_refuse(&mut desk, &["The disk is full", "evidence.db", "Free some space"]);
    desk.daemon().tell("64m");
    eventually("there is space", LIMIT, || {
        let reply = desk.attempt(RecordedWork::Reading).expect("an answer");
        (reply.status == 200).then_some(())
    });
    desk.work(RecordedWork::Link);
    desk.must_have_recorded();
}

#[test]
fn a_disk_that_cannot_be_written_is_named_and_work_goes_on_once_it_can() {
    let mut desk = RecordingDesk::start_with(DaemonOptions::apart);
    desk.work(RecordedWork::Reading);
    restart_on(&mut desk, CLOSED_DISK, &[]);
    must_refuse(&mut desk, &["cannot open or write", "evidence.db", "to this user"]);
    desk.between_runs(|_| {});
    desk.work(RecordedWork::Link);
    desk.must_have_recorded();
}

/// Fails unless a store whose database was changed by `change` is refused with these words and left as it is, and is used
/// again once the database is back.
#[track_caller]
fn check_damage(change: impl FnOnce(&Path), words: &[&str]) {
    let mut desk = RecordingDesk::start();
    desk.work(RecordedWork::Reading);
    let home = desk.stop();
    let database = home.state().join("evidence/evidence.db");
    let whole = fs::read(&database).expect("the database");
    change(&database);
    let changed = fs::read(&database).expect("the database");
    assert_ne!(whole, changed);
    desk.start_in(home);
    must_refuse(&mut desk, words);
    let home = desk.stop();
    assert!(
        fs::read(&database).expect("the database") == changed,
        "it was written to"
    );
    // Without records there are answers, because the settings say so.
    let recording = desk.options.clone();
    desk.options = recording.clone().set("evidence", "store", "\"off\"");
    desk.start_in(home);
    let reply = desk.begin(RecordedWork::Reading).finish().ok();
    assert_eq!(
        (reply.get("evidenceId"), &reply["warnings"][0]["code"]),
        (None, &json!("not-stored"))
    );
    assert!(
        fs::read(&database).expect("the database") == changed,
        "it was written to"
    );
    let home = desk.stop();
    fs::write(&database, whole).expect("the database is put back");
    for beside in ["evidence.db-wal", "evidence.db-shm"] {
        drop(fs::remove_file(database.with_file_name(beside)));
    }
    desk.options = recording;
    desk.start_in(home);
    desk.work(RecordedWork::Link);
    desk.must_have_recorded();
}

#[test]
fn a_database_that_is_none_any_more_is_named_and_left_alone() {
    let change = |database: &Path| {
        let mut octets = fs::read(database).expect("the database");
        octets[..16].fill(0);
        fs::write(database, octets).expect("the database can be changed");
    };
    check_damage(change, &["is damaged", "evidence.db", "the last backup"]);
}

#[test]
fn a_database_with_overwritten_pages_is_named_and_left_alone() {
    let change = |database: &Path| {
        let mut octets = fs::read(database).expect("the database");
        octets[4096..].fill(0xa5);
        fs::write(database, octets).expect("the database can be changed");
    };
    check_damage(change, &["is damaged", "evidence.db", "the last backup"]);
}

#[test]
fn a_database_of_a_newer_version_is_named_and_left_alone() {
    let change = |database: &Path| {
        python(
            "import sqlite3, sys\n\
             d = sqlite3.connect(sys.argv[1])\n\
             d.execute(\"INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (1000, 'x', 1, x'00', 0)\")\n\
             d.commit()",
            &[database],
        );
    };
    check_damage(change, &["newer beidd", "evidence.db", "Install that version"]);
}
