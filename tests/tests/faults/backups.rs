//! Backups of a desk's store, made while the daemon runs, and what happens when one is put back.

use crate::recording_desk::{RecordedWork, RecordingDesk, ids};
use beid_e2e::{FinishedCommand, Home, LIMIT, built, eventually, run};
use beid_testkit::PostgresServer;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Runs `beidd` beside the desk's daemon, with its environment.
fn beidd(desk: &RecordingDesk, arguments: &[&str]) -> FinishedCommand {
    let mut command = Command::new(built("beidd"));
    run(command.args(arguments).env_clear().envs(desk.daemon().environment()))
}

/// Copies the store while the daemon runs.
fn back_up(desk: &RecordingDesk) -> PathBuf {
    let copy = desk.scratch.path().join("copy");
    beidd(desk, &["--back-up-evidence", &copy.display().to_string()]).ok();
    copy
}

/// Puts a copy in the place of a store that nobody uses, as docs/evidence.md says.
fn put_back(home: &Home, copy: &std::path::Path) {
    let store = home.state().join("evidence");
    for name in ["evidence.db", "desk.keys"] {
        fs::copy(copy.join(name), store.join(name)).expect("the copy can be put back");
    }
    for beside in ["evidence.db-wal", "evidence.db-shm"] {
        drop(fs::remove_file(store.join(beside)));
    }
}

/// The chains that `beidctl evidence verify` finds; all of them must hold.
fn chains(desk: &RecordingDesk) -> Vec<Value> {
    let verified = desk.beidctl(&["evidence", "verify", "--json"]).json();
    assert_eq!(verified["intact"], true, "{verified:#}");
    verified["chains"].as_array().expect("chains").clone()
}

/// Sum of the records of these chains.
fn records(chains: &[Value]) -> u64 {
    chains
        .iter()
        .map(|chain| chain["records"].as_u64().expect("a number"))
        .sum()
}

fn read(desk: &mut RecordingDesk, count: usize) {
    for _ in 0..count {
        desk.work(RecordedWork::Reading);
    }
}

#[test]
fn a_copy_that_is_put_back_holds_goes_on_and_shows_what_is_missing_to_whoever_noted_an_end() {
    let mut desk = RecordingDesk::start_with(|options| options.set("evidence", "seal", "\"desk\""));
    read(&mut desk, 3);
    let copy = back_up(&desk);
    let again = beidd(&desk, &["--back-up-evidence", &copy.display().to_string()]);
    assert_eq!(again.code, Some(1), "{again}");
    assert!(again.stderr.contains("new or empty"), "{again}");
    read(&mut desk, 2);
    let last = chains(&desk)[0].clone();
    let noted = format!(
        "{}:{}:{}",
        last["desk"].as_str().expect("a desk"),
        last["records"],
        last["lastHash"].as_str().expect("a hash")
    );
    assert_eq!(last["records"], 5);
    desk.between_runs(|home| put_back(home, &copy));
    let restored = chains(&desk);
    assert_eq!((restored.len(), records(&restored)), (1, 3));
    // Contents that were sealed with the desk's key open again.
    let known = ids(&desk.export());
    for id in &known {
        let shown = desk.beidctl(&["evidence", "show", id]).ok();
        assert!(shown.contains("identity-reading"), "{shown}");
    }
    read(&mut desk, 1);
    assert_eq!(records(&chains(&desk)), 4);
    let judged = desk.beidctl(&["evidence", "verify", "--noted", &noted]);
    assert_eq!(judged.code, Some(1), "{judged}");
    assert!(judged.text().contains("BROKEN"), "{judged}");
}

#[test]
fn a_copy_without_its_keys_begins_a_chain_that_names_the_end_of_the_one_before() {
    let mut desk = RecordingDesk::start();
    read(&mut desk, 2);
    desk.between_runs(|home| {
        fs::remove_file(home.state().join("evidence/desk.keys")).expect("the keys");
    });
    read(&mut desk, 1);
    let both = chains(&desk);
    assert_eq!((both.len(), records(&both)), (2, 3));
    assert!(desk.daemon().log().contains("a new chain begins"));
}

#[test]
fn a_copy_that_is_older_than_the_institutions_server_is_told_and_nothing_is_lost() {
    let server = PostgresServer::start();
    let database = server.new_database();
    let mut desk = RecordingDesk::start_with(|options| {
        let url = server.url("desk17", &database);
        options.set("evidence", "url", &json!(url).to_string())
    });
    let owner = server.url("admin", &database);
    beidd(&desk, &["--prepare-evidence", &owner]).ok();
    server.sql(&database, "CREATE ROLE desk17 LOGIN IN ROLE beidd_desk");
    desk.between_runs(|_| {});
    let must_have = |count: &str| {
        eventually("the records are on the server", LIMIT, || {
            (server.sql(&database, "SELECT count(*) FROM records") == count).then_some(())
        });
    };
    read(&mut desk, 3);
    must_have("3");
    let copy = back_up(&desk);
    read(&mut desk, 2);
    must_have("5");
    desk.between_runs(|home| put_back(home, &copy));
    let told = eventually("the daemon says so", LIMIT, || {
        let found = desk.beidctl(&["doctor", "--json"]).json();
        let mut findings = found["findings"].as_array().expect("findings").iter();
        findings.find(|finding| finding["code"] == "evidence-set-back").cloned()
    });
    assert_eq!(
        (&told["outcome"], told["next"].is_string()),
        (&json!("notice"), true),
        "{told:#}"
    );
    assert!(desk.daemon().log().contains("this computer's store is an older copy"));
    read(&mut desk, 1);
    must_have("6");
    let here = chains(&desk);
    assert_eq!((here.len(), records(&here)), (2, 4));
    let there = server.sql(
        &database,
        "SELECT count(*), count(DISTINCT id), count(DISTINCT desk) FROM records",
    );
    assert_eq!(there, "6|6|2");
}
