//! Numbers of months: with their records or not at all, people once, and nothing left of people once a month is over.

use super::world::{Chain, SERVER, desk_role, draft, hours, prepared_database, store};
use crate::counts::{CountCell, CountDraft, CountGroup, CountMonth, CountRow, CountedPerson};
use crate::database::{DatabasePlace, EMBEDDED, migrator};
use crate::delivery::Delivery;
use crate::error::EvidenceError;
use crate::ledger::Ledger;
use crate::record::RecordKind;
use crate::recorder::{Recorder, Unrecorded};
use crate::sealing::Sealing;
use crate::store::EvidenceStore;
use beid_testkit::Scratch;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor};
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn cell(measure: &str, part_of: &str, value: &str) -> CountCell {
    CountCell {
        measure: measure.to_owned(),
        part_of: part_of.to_owned(),
        value: value.to_owned(),
    }
}

/// One consent of a patient, asked for by `caller`.
fn consent(caller: &str, patient: &str, province: Option<&str>) -> CountDraft {
    let person = |is_provider, number: &str| CountedPerson {
        is_provider,
        number: number.to_owned(),
        age: None,
        gender: (!is_provider).then(|| "female".to_owned()),
        province: province.map(str::to_owned),
    };
    CountDraft {
        group: CountGroup {
            profession: "persphysician".to_owned(),
            caller: caller.to_owned(),
            simulated: false,
        },
        cells: vec![(cell("outcome", "consent", "done"), 1)],
        people: vec![person(false, patient), person(true, "19999816004")],
    }
}

/// Numbers of all months, as `month caller measure value number`.
async fn lines(store: &EvidenceStore, at: i64) -> Vec<String> {
    let (first, last) = ("2000-01", "2099-12");
    let (first, last) = (CountMonth::parse(first).unwrap(), CountMonth::parse(last).unwrap());
    let rows = store.counts(&first, &last, hours(at)).await.unwrap();
    let line = |row: &CountRow| {
        let (CountGroup { caller, .. }, CountCell { measure, value, .. }) = (&row.group, &row.cell);
        format!("{} {caller} {measure} {value} {}", row.month, row.number)
    };
    rows.iter().map(line).collect()
}

fn month() -> CountMonth {
    CountMonth::at(hours(0))
}

/// Hours from the first moment, in November, to a day in December.
const NEXT_MONTH: i64 = 24 * 7;

#[tokio::test]
async fn a_person_counts_once_a_month_and_an_act_each_time() {
    let scratch = Scratch::new("counts");
    let store = store(&scratch).await;
    for (caller, patient, province) in [
        ("a", "85051402418", None),
        ("a", "85051402418", Some("antwerp")),
        ("a", "85051402519", None),
        ("b", "85051402418", None),
    ] {
        let counts = consent(caller, patient, province);
        let record = draft(RecordKind::Consent, 1);
        store.record_counted(&record, Some(&counts), hours(0)).await.unwrap();
    }
    let expected = [
        "2026-11 a age unknown 2",
        "2026-11 a gender female 2",
        "2026-11 a outcome done 3",
        "2026-11 a patients  2",
        "2026-11 a providers  1",
        "2026-11 a province antwerp 1",
        "2026-11 a province unknown 1",
        "2026-11 b age unknown 1",
        "2026-11 b gender female 1",
        "2026-11 b outcome done 1",
        "2026-11 b patients  1",
        "2026-11 b providers  1",
        "2026-11 b province unknown 1",
    ];
    assert_eq!(lines(&store, 0).await, expected);
    // The same once the month is over, and in the next month the same patient counts anew.
    assert_eq!(lines(&store, NEXT_MONTH).await, expected);
    let counts = consent("a", "85051402418", None);
    store.count(&counts, hours(NEXT_MONTH)).await.unwrap();
    let later = lines(&store, NEXT_MONTH).await;
    assert_eq!(later[..13], expected);
    assert!(later.contains(&"2026-12 a patients  1".to_owned()), "{later:?}");
}

#[tokio::test]
async fn what_is_recorded_once_counts_once_and_what_is_not_recorded_does_not() {
    let scratch = Scratch::new("once");
    let recorder = Recorder::on(scratch.path().join("evidence"), Sealing::Open);
    for _ in 0..3 {
        let mut once = draft(RecordKind::CardRead, 0);
        once.once = Some("one card".to_owned());
        let unrecorded = Unrecorded::new((), once).counting(Some(consent("a", "85051402418", None)));
        recorder.release(unrecorded, hours(0)).await.unwrap();
    }
    let store = recorder.store(hours(0)).await.unwrap().unwrap();
    let found = lines(store, 0).await;
    assert!(found.contains(&"2026-11 a outcome done 1".to_owned()), "{found:?}");

    open(&scratch)
        .await
        .execute("CREATE TRIGGER full BEFORE INSERT ON contents BEGIN SELECT RAISE(ABORT, 'x'); END")
        .await
        .unwrap();
    let unrecorded =
        Unrecorded::new((), draft(RecordKind::Consent, 0)).counting(Some(consent("a", "85051402519", None)));
    assert!(recorder.release(unrecorded, hours(0)).await.is_err());
    assert_eq!(lines(store, 0).await, found);
}

async fn open(scratch: &Scratch) -> sqlx::SqliteConnection {
    let file = scratch.path().join("evidence/evidence.db");
    SqliteConnectOptions::new().filename(file).connect().await.unwrap()
}

/// Octets of all files of a store.
fn octets(directory: &Path) -> Vec<u8> {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files.flat_map(|file| fs::read(file).unwrap()).collect()
}

#[tokio::test]
async fn nothing_is_left_of_the_people_of_a_month_that_is_over() {
    let scratch = Scratch::new("closed");
    let directory = scratch.path().join("evidence");
    let store = store(&scratch).await;
    for number in 0..40 {
        let counts = consent("a", &format!("850514024{number:02}"), None);
        store.count(&counts, hours(0)).await.unwrap();
    }
    let mut one = open(&scratch).await;
    let key: Vec<u8> = sqlx::query_scalar("SELECT key FROM count_months")
        .fetch_one(&mut one)
        .await
        .unwrap();
    let hashes: Vec<String> = sqlx::query_scalar("SELECT hash FROM count_people")
        .fetch_all(&mut one)
        .await
        .unwrap();
    drop(one);
    assert_eq!((key.len(), hashes.len()), (32, 41));
    let is_in_files = |wanted: &[u8]| octets(&directory).windows(wanted.len()).any(|window| window == wanted);
    assert!(is_in_files(&key) && hashes.iter().all(|hash| is_in_files(hash.as_bytes())));

    store.close_months(hours(NEXT_MONTH)).await.unwrap();
    assert!(!is_in_files(&key), "the key");
    for hash in &hashes {
        assert!(!is_in_files(hash.as_bytes()), "{hash}");
    }
    let found = lines(&store, NEXT_MONTH).await;
    assert!(found.contains(&"2026-11 a patients  40".to_owned()), "{found:?}");
    // A clock that is set back finds no key with which people could be told apart.
    store.count(&consent("a", "85051402418", None), hours(1)).await.unwrap();
    assert_eq!(lines(&store, NEXT_MONTH).await, found);
}

#[tokio::test]
async fn a_month_that_is_over_is_brought_to_the_server_once() {
    let scratch = Scratch::new("months");
    let database = prepared_database(&SERVER).await;
    let address = desk_role(&SERVER, &database, "desk_that_counts");
    let store = Arc::new(store(&scratch).await);
    for patient in ["85051402418", "85051402519"] {
        store.count(&consent("a", patient, None), hours(0)).await.unwrap();
    }
    let delivery = |at: fn() -> jiff::Timestamp| Delivery::new(Arc::clone(&store), address.clone(), false, at);
    let number = "SELECT coalesce(sum(number), 0) FROM counts WHERE measure = 'patients'";
    delivery(|| hours(1)).deliver().await.unwrap();
    assert_eq!(SERVER.sql(&database, number), "0", "the month is not over");
    delivery(|| hours(NEXT_MONTH)).deliver().await.unwrap();
    assert_eq!(SERVER.sql(&database, number), "2");
    // As if the process had ended between the server's commit and ours.
    open(&scratch)
        .await
        .execute("UPDATE count_months SET delivered = 0")
        .await
        .unwrap();
    delivery(|| hours(NEXT_MONTH)).deliver().await.unwrap();
    assert_eq!(SERVER.sql(&database, number), "2");
    let sums = "SELECT number, desks FROM counts_of_desks WHERE measure = 'outcome'";
    assert_eq!(SERVER.sql(&database, sums), "2|1");
    // Whoever has no such chain can add nothing to its numbers.
    let mut other = Ledger::at(DatabasePlace::Server(desk_role(&SERVER, &database, "desk_that_adds")));
    let rows = store.counts(&month(), &month(), hours(NEXT_MONTH)).await.unwrap();
    let refused = other.deliver_counts(&store.desk().await, &rows).await.unwrap_err();
    assert!(matches!(refused, EvidenceError::Refused { .. }), "{refused}");
    assert_eq!(SERVER.sql(&database, number), "2");
}

#[tokio::test]
async fn a_store_of_the_first_version_keeps_its_records_and_counts_from_now_on() {
    let scratch = Scratch::new("first-version");
    let file = scratch.dir("evidence").join("evidence.db");
    let mut first = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true)
        .connect()
        .await
        .unwrap();
    migrator(&EMBEDDED[..1])
        .run_direct(None, &mut first, false)
        .await
        .unwrap();
    let chain = Chain::new(1);
    let genesis = sqlx::query("INSERT INTO chains (desk, genesis) VALUES ($1, $2)")
        .bind(chain.desk())
        .bind(&chain.genesis);
    genesis.execute(&mut first).await.unwrap();
    drop(first);

    let store = store(&scratch).await;
    store.count(&consent("a", "85051402418", None), hours(0)).await.unwrap();
    assert!(lines(&store, 0).await.contains(&"2026-11 a outcome done 1".to_owned()));
    let desks: Vec<_> = store
        .verify(&[])
        .await
        .unwrap()
        .into_iter()
        .map(|report| report.desk)
        .collect();
    assert!(desks.contains(&chain.desk().to_owned()), "{desks:?}");
}
