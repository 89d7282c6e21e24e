//! Every call of an operation that writes, synchronises, renames or removes: the disk is full at it, broken at it, or the
//! process is killed before it. Then there is no record and no answer, or a record; never an answer without a record.

use crate::recording_desk::{RecordedWork, RecordingDesk};
use beid_e2e::{DaemonOptions, DiskFault, FaultyCall, WaitingFault};
use std::fs;
use std::path::{Path, PathBuf};

/// Calls by which something reaches the disk, or is taken from it.
const CALLS: [&str; 7] = [
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "/^rename",
    "/^unlink",
];
/// More calls of one name than any of these operations makes.
const ENDLESS: usize = 1000;

/// The files that an operation writes: those of the store, and the numbers of readings.
fn files(state: &Path) -> Vec<PathBuf> {
    let store = state.join("evidence");
    let of_store = [
        "evidence.db",
        "evidence.db-wal",
        "evidence.db-shm",
        "evidence.db-journal",
        "desk.keys",
        "desk.new",
    ];
    let of_store = of_store.iter().map(|name| store.join(name));
    let others = [
        store.clone(),
        state.to_owned(),
        state.join("readings.json"),
        state.join("readings.new"),
    ];
    of_store.chain(others).collect()
}

/// Lets `attempt` meet each fault at each `step`-th call, until there are no more calls; returns how many faults happened.
/// `attempt` returns true if the fault has happened.
fn at_each_call(step: usize, mut attempt: impl FnMut(&FaultyCall) -> bool) -> usize {
    let mut happened = 0;
    for call in CALLS {
        for fault in DiskFault::ALL {
            for number in (1..).step_by(step) {
                assert!(number < ENDLESS, "{call} has no end");
                if !attempt(&FaultyCall { call, number, fault }) {
                    break;
                }
                happened += 1;
            }
        }
    }
    happened
}

/// Does work while a fault waits in its way, then makes sure that the next is done. Returns true if the fault has
/// happened.
fn work_under(desk: &mut RecordingDesk, work: RecordedWork, call: &FaultyCall) -> bool {
    let kept = kept(desk);
    let dialogs = desk.pinentry.shown().len();
    let waiting = WaitingFault::lay(desk.daemon(), &files(&desk.daemon().home().state()), call);
    let reply = desk.attempt(work);
    let has_happened = match reply {
        None => waiting.outlast(),
        Some(_) => waiting.take_away(),
    };
    match &reply {
        Some(reply) if reply.status == 200 => {}
        Some(reply) => {
            assert_eq!(reply.problem(), "evidence-unavailable", "{call:?}: {}", reply.text());
            // Whoever typed the PIN gets the signature all the same, as a file.
            let asked = desk.pinentry.shown().len() > dialogs;
            assert_eq!(self::kept(desk), kept + usize::from(asked), "{call:?}");
        }
        None => assert_eq!(call.fault, DiskFault::Killed, "{call:?}: no answer"),
    }
    assert!(
        has_happened || reply.is_some_and(|reply| reply.status == 200),
        "{call:?}"
    );
    if has_happened && call.fault == DiskFault::Killed {
        let home = desk.take_home();
        desk.start_in(home);
    }
    desk.work(work);
    has_happened
}

/// Number of signatures that were kept for people because their answer could not leave.
fn kept(desk: &RecordingDesk) -> usize {
    fs::read_dir(desk.daemon().home().state().join("kept")).map_or(0, Iterator::count)
}

#[test]
fn an_answer_leaves_once_the_disk_has_confirmed_its_record() {
    let mut desk = RecordingDesk::start_with(DaemonOptions::apart);
    for work in [RecordedWork::Reading, RecordedWork::Link] {
        // A fault that never comes: strace only watches.
        let never = FaultyCall {
            call: "pwrite64,fsync,fdatasync",
            number: ENDLESS,
            fault: DiskFault::Broken,
        };
        let log = desk.daemon().home().state().join("evidence/evidence.db-wal");
        let watching = WaitingFault::lay(desk.daemon(), &[log], &never);
        desk.work(work);
        let calls = watching.seen();
        let mut calls = calls
            .lines()
            .filter(|line| line.contains("sync(") || line.contains("pwrite64("));
        let last = calls.next_back().expect("something was written");
        assert!(last.contains("sync(") && last.ends_with("= 0"), "{work:?}: {last}");
        assert!(
            calls.any(|call| call.contains("pwrite64(")),
            "{work:?}: nothing was written"
        );
    }
}

#[test]
fn a_reading_is_answered_with_its_record_or_not_at_all_whichever_call_fails() {
    let mut desk = RecordingDesk::start_with(DaemonOptions::apart);
    desk.work(RecordedWork::Reading);
    let happened = at_each_call(1, |call| work_under(&mut desk, RecordedWork::Reading, call));
    assert!(happened > 30, "{happened}");
    desk.between_runs(|_| {});
    desk.must_have_recorded();
}

#[test]
fn a_signed_link_is_answered_with_its_record_or_not_at_all_and_no_signature_is_lost() {
    let mut desk = RecordingDesk::start_with(DaemonOptions::apart);
    desk.work(RecordedWork::Link);
    let happened = at_each_call(6, |call| work_under(&mut desk, RecordedWork::Link, call));
    assert!(happened > 10, "{happened}");
    desk.between_runs(|_| {});
    desk.must_have_recorded();
}

#[test]
fn a_purge_that_breaks_off_leaves_a_chain_that_holds_and_the_next_one_ends_it() {
    let mut desk = RecordingDesk::start_with(DaemonOptions::apart);
    let purge = [
        "evidence",
        "purge",
        "--kind",
        "identity-reading",
        "--before",
        "2100-01-01",
        "--reason",
        "a test",
    ];
    let mut happened = 0;
    for fault in DiskFault::ALL {
        for call in ["pwrite64", "fsync", "fdatasync", "ftruncate"] {
            for number in (1..).step_by(19) {
                desk.work(RecordedWork::Reading);
                desk.work(RecordedWork::Reading);
                let call = FaultyCall { call, number, fault };
                let waiting = WaitingFault::lay(desk.daemon(), &files(&desk.daemon().home().state()), &call);
                let purged = desk.beidctl(&purge);
                let has_happened = if fault == DiskFault::Killed && !purged.succeeded() {
                    waiting.outlast()
                } else {
                    waiting.take_away()
                };
                if has_happened && fault == DiskFault::Killed {
                    let home = desk.take_home();
                    desk.start_in(home);
                }
                assert!(has_happened || purged.succeeded(), "{call:?}: {purged}");
                desk.beidctl(&purge).ok();
                if !has_happened {
                    break;
                }
                happened += 1;
            }
        }
    }
    assert!(happened > 10, "{happened}");
    let lines = desk.export();
    let readings = lines.iter().filter(|line| {
        line["record"]
            .as_str()
            .is_some_and(|header| header.contains("\"identity-reading\""))
    });
    let (count, with_content) = readings.fold((0, 0), |(count, with), line| {
        (count + 1, with + usize::from(line["content"].is_string()))
    });
    assert!(count > 2 * happened && with_content == 0, "{with_content} of {count}");
}

#[test]
fn a_daemon_that_cannot_close_its_store_loses_nothing() {
    let mut desk = RecordingDesk::start_with(DaemonOptions::apart);
    let mut happened = 0;
    for fault in DiskFault::ALL {
        for call in ["pwrite64", "fsync", "fdatasync", "/^unlink"] {
            for number in (1..).step_by(19) {
                desk.work(RecordedWork::Reading);
                let call = FaultyCall { call, number, fault };
                let waiting = WaitingFault::lay(desk.daemon(), &files(&desk.daemon().home().state()), &call);
                let home = desk.end();
                let has_happened = waiting.outlast();
                desk.start_in(home);
                if !has_happened {
                    break;
                }
                happened += 1;
            }
        }
    }
    assert!(happened > 8, "{happened}");
    desk.must_have_recorded();
}

#[test]
fn a_store_whose_making_breaks_off_is_made_at_the_next_start() {
    let mut desk = RecordingDesk::start_with(DaemonOptions::apart);
    let log = desk.scratch.path().join("strace.log");
    let mut happened = 0;
    for fault in [DiskFault::Broken, DiskFault::Killed] {
        for call in ["write", "pwrite64", "fsync", "fdatasync", "/^rename"] {
            for number in (1..).step_by(31) {
                let home = desk.stop();
                fs::remove_dir_all(home.state().join("evidence")).expect("the store can be removed");
                desk.forget();
                let call = FaultyCall { call, number, fault };
                let mut around = vec!["strace".to_owned(), "--daemonize=grandchild".to_owned()];
                around.extend(call.arguments(&files(&home.state()), &log));
                let around: Vec<&str> = around.iter().map(String::as_str).collect();
                let has_happened = match desk.options.clone().under(&around).try_start_in(home) {
                    Ok(daemon) => {
                        desk.take_over(daemon);
                        drop(desk.attempt(RecordedWork::Reading));
                        let home = desk.end();
                        desk.start_in(home);
                        call.has_happened(&log)
                    }
                    Err(home) => {
                        assert_eq!(fault, DiskFault::Killed, "{call:?}: beidd does not start");
                        desk.start_in(home);
                        true
                    }
                };
                desk.work(RecordedWork::Reading);
                desk.must_have_recorded();
                if !has_happened {
                    break;
                }
                happened += 1;
            }
        }
    }
    assert!(happened > 8, "{happened}");
}
