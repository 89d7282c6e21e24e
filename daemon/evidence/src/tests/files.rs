//! The files of a store: who can read them, what is left in them, and disks that fail.

use super::world::{draft, hours, store, write};
use crate::database::Connection;
use crate::error::EvidenceError;
use crate::purge::PurgeOrder;
use crate::record::RecordKind;
use crate::recorder::{Recorder, Unrecorded};
use crate::sealing::Sealing;
use crate::store::EvidenceStore;
use beid_testkit::Scratch;
use sqlx::Executor;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

async fn refusal(directory: &Path) -> EvidenceError {
    EvidenceStore::open(directory, Sealing::Open, hours(0))
        .await
        .err()
        .expect("a refusal")
}

#[tokio::test]
async fn nobody_else_can_read_any_of_the_files() {
    let scratch = Scratch::new("modes");
    let store = store(&scratch).await;
    write(&store, 2).await;
    let directory = scratch.path().join("evidence");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    let mut names: Vec<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["desk.keys", "evidence.db", "evidence.db-shm", "evidence.db-wal"]
    );
    for name in names {
        assert_eq!(mode(&directory.join(&name)), 0o600, "{name:?}");
    }
}

#[tokio::test]
async fn what_stands_in_the_place_of_the_database_is_refused_and_stays() {
    let scratch = Scratch::new("place");
    let directory = scratch.dir("evidence");
    let file = directory.join("evidence.db");
    fs::create_dir(&file).unwrap();
    let refused = refusal(&directory).await;
    assert!(matches!(refused, EvidenceError::Closed { .. }), "{refused}");
    fs::remove_dir(&file).unwrap();

    let elsewhere = scratch.write("elsewhere", b"");
    symlink(&elsewhere, &file).unwrap();
    let refused = refusal(&directory).await;
    assert!(matches!(refused, EvidenceError::Closed { .. }), "{refused}");
    assert_eq!(fs::read(&elsewhere).unwrap(), b"");
    fs::remove_file(&file).unwrap();

    fs::write(&file, b"no database, but something that somebody may want to keep").unwrap();
    let refused = refusal(&directory).await;
    assert!(matches!(refused, EvidenceError::Damaged { .. }), "{refused}");
    assert!(refused.to_string().contains("put the last backup in its place"));
    assert!(fs::read(&file).unwrap().starts_with(b"no database"));
}

#[tokio::test]
async fn a_full_disk_gives_the_answer_back_and_the_chain_goes_on_when_there_is_space() {
    let scratch = Scratch::new("full");
    let recorder = Recorder::on(scratch.path().join("evidence"), Sealing::Open);
    let store = recorder.store(hours(0)).await.unwrap().unwrap();
    write(store, 3).await;
    pragma(store, "PRAGMA max_page_count = 1").await;
    let mut big = draft(RecordKind::Signature, 0);
    big.content.insert("document".to_owned(), "x".repeat(200_000).into());
    let released = recorder.release(Unrecorded::new("the answer", big), hours(3)).await;
    let (refused, answer) = released.unwrap_err();
    assert!(matches!(refused, EvidenceError::Full { .. }), "{refused}");
    assert!(refused.to_string().contains("free some space"));
    assert_eq!(answer, "the answer");
    // The connection was dropped with its limit.
    let next = Unrecorded::new("the next", draft(RecordKind::Signature, 1));
    let (answer, receipt) = recorder.release(next, hours(4)).await.unwrap();
    assert_eq!((answer, receipt.unwrap().position()), ("the next", 4));
    let reports = store.verify(&[]).await.unwrap();
    assert_eq!((reports[0].records, &reports[0].broken), (4, &None));
}

#[tokio::test]
async fn a_store_that_could_not_be_opened_is_tried_again() {
    let scratch = Scratch::new("lazy");
    let directory = scratch.dir("evidence");
    fs::create_dir(directory.join("evidence.db")).unwrap();
    let recorder = Recorder::on(directory.clone(), Sealing::Open);
    let answer = || Unrecorded::new("the answer", draft(RecordKind::Consent, 0));
    assert!(recorder.must_be_ready(hours(0)).await.is_err());
    assert!(recorder.release(answer(), hours(0)).await.is_err());
    fs::remove_dir(directory.join("evidence.db")).unwrap();
    recorder.must_be_ready(hours(1)).await.unwrap();
    assert_eq!(
        recorder
            .release(answer(), hours(1))
            .await
            .unwrap()
            .1
            .unwrap()
            .position(),
        1
    );
    assert_eq!(
        Recorder::Off.release(answer(), hours(1)).await.unwrap(),
        ("the answer", None)
    );
}

#[tokio::test]
async fn what_is_recorded_once_has_one_record_for_as_long_as_the_store_is_open() {
    let scratch = Scratch::new("once");
    let store = store(&scratch).await;
    let read = |key: &str| {
        let mut read = draft(RecordKind::CardRead, 0);
        read.once = Some(key.to_owned());
        read
    };
    let first = store.record(&read("a"), hours(0)).await.unwrap();
    assert_eq!(store.record(&read("a"), hours(1)).await.unwrap(), first);
    assert_eq!(store.record(&read("b"), hours(1)).await.unwrap().position(), 2);
    assert_eq!(
        store
            .record(&draft(RecordKind::CardRead, 0), hours(1))
            .await
            .unwrap()
            .position(),
        3
    );
}

/// Runs a pragma on the connection of the writer, which is kept.
async fn pragma(store: &EvidenceStore, statement: &'static str) {
    let mut writer = store.writer().lock().await;
    let mut connection = writer.connect().await.unwrap();
    let Connection::Sqlite(one) = &mut connection else {
        panic!("a file")
    };
    let done = one.execute(statement).await.map(|_| ());
    writer.settle(connection, done).unwrap();
}

#[tokio::test]
async fn a_store_that_cannot_be_written_is_found_before_anybody_is_asked() {
    let scratch = Scratch::new("probe");
    let store = store(&scratch).await;
    store.must_be_ready(hours(0)).await.unwrap();
    store.must_be_ready(hours(1)).await.unwrap();
    pragma(&store, "PRAGMA query_only = ON").await;
    let refused = store.must_be_ready(hours(2)).await.unwrap_err();
    assert!(matches!(refused, EvidenceError::Closed { .. }), "{refused}");
}

#[tokio::test]
async fn nothing_of_a_purged_content_is_left_in_any_file() {
    let scratch = Scratch::new("purged");
    let store = store(&scratch).await;
    for number in 0..20 {
        let mut one = draft(RecordKind::Consent, number);
        one.content.insert(
            "document".to_owned(),
            format!("PLANTED-{number}-{}", "x".repeat(number * 500)).into(),
        );
        one.reference = Some("PLANTED-reference".to_owned());
        store.record(&one, hours(0)).await.unwrap();
    }
    let planted = || {
        let files = fs::read_dir(scratch.path().join("evidence"))
            .unwrap()
            .map(|entry| entry.unwrap().path());
        files
            .filter(|path| fs::read(path).unwrap().windows(8).any(|window| window == b"PLANTED-"))
            .count()
    };
    assert!(planted() > 0);
    let purged = store
        .purge(
            &PurgeOrder::Before(RecordKind::Consent, hours(1)),
            "retention",
            hours(2),
        )
        .await
        .unwrap();
    assert_eq!(purged.dropped, 20);
    assert_eq!(planted(), 0);
}
