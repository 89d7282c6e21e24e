//! Databases, records and clocks of the tests.

use crate::chain::Genesis;
use crate::database::{DatabasePlace, prepare_server};
use crate::keys::DeskKeys;
use crate::ledger::{Ledger, RecordEntry, StoredHead, StoredRecord};
use crate::postgres::ServerAddress;
use crate::record::{FORMAT, RecordDraft, RecordHeader, RecordKind, hash, time_text, write_canonical};
use crate::sealing::{ContentPlace, Sealing};
use crate::store::EvidenceStore;
use beid_testkit::{PostgresServer, Scratch};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, json};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// Server of all tests that do not stop it; each has a database of its own.
pub(super) static SERVER: LazyLock<PostgresServer> = LazyLock::new(PostgresServer::start);

/// A moment in the life of a desk: so many hours after the first.
pub(super) fn hours(hours: i64) -> Timestamp {
    let first: Timestamp = "2026-11-28T20:00:00Z".parse().unwrap();
    first + SignedDuration::from_hours(hours)
}

/// A record as a desk would write it; `number` tells it from others.
pub(super) fn draft(kind: RecordKind, number: usize) -> RecordDraft {
    let content = json!({"document": format!("<kmehr n='{number}'>\u{e9}\n\u{1}\u{7f}\u{2028}</kmehr>"), "checks": [], "more": {"a": 1.5}});
    let content: Map<_, _> = content.as_object().unwrap().clone();
    RecordDraft {
        kind,
        content,
        owner: if number.is_multiple_of(2) {
            "token:a"
        } else {
            "origin:https://b.example"
        }
        .to_owned(),
        subjects: vec![patient(number % 3)],
        card: Some("591234567890".to_owned()),
        reference: number.is_multiple_of(4).then(|| format!("visit-{number}")),
        once: None,
    }
}

/// Number of an invented patient.
pub(super) fn patient(number: usize) -> String {
    format!("8505140241{number}")
}

/// Opens a store in a directory of the test.
pub(super) async fn store(scratch: &Scratch) -> EvidenceStore {
    EvidenceStore::open(&scratch.path().join("evidence"), Sealing::Open, hours(0))
        .await
        .unwrap()
}

/// Writes `count` records, one an hour.
pub(super) async fn write(store: &EvidenceStore, count: usize) {
    for number in 0..count {
        let at = hours(i64::try_from(number).unwrap());
        store.record(&draft(RecordKind::Consent, number), at).await.unwrap();
    }
}

/// Puts a backup in the place of a closed store.
pub(super) fn put_back(backup: &Path, directory: &Path) {
    for beside in ["evidence.db-wal", "evidence.db-shm"] {
        drop(fs::remove_file(directory.join(beside)));
    }
    for name in ["evidence.db", "desk.keys"] {
        fs::copy(backup.join(name), directory.join(name)).unwrap();
    }
}

/// Makes an empty database on the tests' server, with the tables in it; the name of it.
pub(super) async fn prepared_database(server: &PostgresServer) -> String {
    let database = server.new_database();
    let owner = ServerAddress::parse(&server.url("admin", &database), None).unwrap();
    prepare_server(&owner).await.unwrap();
    database
}

/// Makes a role for a desk, unless there is one, and returns its address of a database.
pub(super) fn desk_role(server: &PostgresServer, database: &str, role: &str) -> ServerAddress {
    server.sql(
        database,
        &format!("DO $$ BEGIN CREATE ROLE {role} LOGIN IN ROLE beidd_desk; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"),
    );
    ServerAddress::parse(&server.url(role, database), None).unwrap()
}

/// Both databases, empty: what holds for one must hold for the other.
pub(super) async fn both(scratch: &Scratch) -> [Ledger; 2] {
    let database = prepared_database(&SERVER).await;
    let address = desk_role(&SERVER, &database, "desk_of_ledgers");
    let file = scratch.path().join("evidence").join("evidence.db");
    [
        Ledger::at(DatabasePlace::File(file)),
        Ledger::at(DatabasePlace::Server(address)),
    ]
}

/// A chain as a desk writes it, in memory.
pub(super) struct Chain {
    pub(super) keys: DeskKeys,
    pub(super) genesis: String,
    pub(super) records: Vec<StoredRecord>,
    pub(super) head: StoredHead,
}

impl Chain {
    /// Makes one of `count` records; of the kinds in turn, one an hour.
    pub(super) fn new(count: u64) -> Self {
        let keys = DeskKeys::new();
        let genesis = write_canonical(&Genesis {
            began: time_text(hours(0)),
            desk: keys.desk().to_owned(),
            earlier: Vec::new(),
            format: FORMAT,
            key: keys.public_key().unwrap(),
        });
        let genesis = genesis.unwrap();
        let mut previous = hash(genesis.as_bytes());
        let mut records = Vec::new();
        for position in 1..=count {
            let record = record(&keys, position, &previous);
            previous.clone_from(&record.hash);
            records.push(record);
        }
        let head = crate::chain::Head {
            desk: keys.desk().to_owned(),
            format: FORMAT,
            hash: previous,
            position: count,
            time: time_text(hours(0)),
        };
        let head = write_canonical(&head).unwrap();
        let head = StoredHead {
            position: count,
            signature: keys.sign(&head).unwrap(),
            head,
        };
        Self {
            keys,
            genesis,
            records,
            head,
        }
    }

    pub(super) fn desk(&self) -> &str {
        self.keys.desk()
    }
}

/// A record of a chain.
pub(super) fn record(keys: &DeskKeys, position: u64, previous: &str) -> StoredRecord {
    let content = format!("{{\"number\":{position}}}");
    let kinds = RecordKind::ALL;
    let header = RecordHeader {
        content: hash(content.as_bytes()),
        desk: keys.desk().to_owned(),
        format: FORMAT,
        id: beid_host::random::random_id(),
        kind: kinds[usize::try_from(position).unwrap() % kinds.len()]
            .word()
            .to_owned(),
        position,
        previous: previous.to_owned(),
        time: time_text(hours(i64::try_from(position).unwrap())),
    };
    let place = ContentPlace {
        desk: keys.desk(),
        position,
    };
    let text = write_canonical(&header).unwrap();
    StoredRecord {
        content: Some(Sealing::Open.seal(keys, place, content.as_bytes()).unwrap()),
        entry: Some(RecordEntry {
            owner: format!("token:{}", position % 2),
            subjects: vec![keys.keyed_hash("patient", &patient(usize::try_from(position % 3).unwrap()))],
            card: None,
            reference: Some(format!("visit-{position}")),
        }),
        hash: hash(text.as_bytes()),
        header,
        text,
    }
}
