//! Databases of earlier versions, of later ones, and of none.

use super::world::{Chain, SERVER, desk_role, hours, prepared_database, store, write};
use crate::database::{DatabasePlace, EMBEDDED, ON_SERVER, migrator, prepare_server};
use crate::error::EvidenceError;
use crate::ledger::{Ledger, RecordSearch};
use crate::postgres::ServerAddress;
use crate::sealing::{Opening, Sealing};
use crate::store::{EvidenceStore, RecordContent};
use crate::verify::verify_chain;
use beid_testkit::Scratch;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, SqliteConnection};
use std::fs;
use std::path::Path;

async fn open(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    // Tables come in any order.
    let options = options.foreign_keys(false);
    options.connect().await.unwrap()
}

/// Databases as each version of the tables has left them on computers, as SQL. They hold the checksum of each migration,
/// so that a migration that was released cannot be changed.
const DATABASES: &[&str] = &[include_str!("databases/0001.sql"), include_str!("databases/0002.sql")];
/// Keys of the desk that wrote them.
const KEYS: &str = include_str!("databases/desk.keys");

#[tokio::test]
async fn a_database_of_every_version_is_brought_up_to_date_and_goes_on() {
    assert_eq!(DATABASES.len(), EMBEDDED.len(), "each version has its database here");
    for (version, database) in (1..).zip(DATABASES) {
        let scratch = Scratch::new("version");
        let directory = scratch.dir("evidence");
        fs::write(directory.join("desk.keys"), KEYS).unwrap();
        let mut past = open(&directory.join("evidence.db")).await;
        past.execute(*database).await.unwrap();
        past.close().await.unwrap();
        let store = EvidenceStore::open(&directory, Sealing::Desk, hours(100))
            .await
            .unwrap();
        let before = store.verify(&[]).await.unwrap();
        let [chain] = &before[..] else {
            panic!("version {version}: one chain")
        };
        assert_eq!(
            (chain.records, chain.contents, &chain.broken),
            (5, 4, &None),
            "version {version}"
        );
        let found = store
            .search(RecordSearch::default(), Some("85051402418"))
            .await
            .unwrap();
        assert_eq!(found.len(), 3, "version {version}");
        for record in &found {
            let content = store.content(record).await.unwrap();
            assert!(
                matches!(content, RecordContent::Text(_)),
                "version {version}: {}",
                record.position
            );
        }
        write(&store, 2).await;
        let after = store.verify(&[]).await.unwrap();
        assert_eq!(
            (after.len(), after[0].records, &after[0].broken),
            (1, 7, &None),
            "version {version}"
        );
    }
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_left_alone_and_says_what_to_install() {
    let scratch = Scratch::new("newer");
    drop(store(&scratch).await);
    let file = scratch.path().join("evidence/evidence.db");
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (7, 'x', 1, x'00', 0)";
    open(&file).await.execute(newer).await.unwrap();
    let refused = EvidenceStore::open(file.parent().unwrap(), Sealing::Open, hours(0))
        .await
        .err()
        .unwrap();
    assert!(
        matches!(refused, EvidenceError::Newer { found: 7, known: 2, .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("install that version"));

    let database = prepared_database(&SERVER).await;
    SERVER.sql(&database, "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (7, 'x', true, '\\x00', 0)");
    let mut ledger = Ledger::at(DatabasePlace::Server(desk_role(&SERVER, &database, "desk_of_old")));
    let refused = ledger.chains().await.unwrap_err();
    assert!(
        matches!(refused, EvidenceError::Newer { found: 7, known: 3, .. }),
        "{refused}"
    );
    let owner = ServerAddress::parse(&SERVER.url("admin", &database), None).unwrap();
    assert!(matches!(
        prepare_server(&owner).await.unwrap_err(),
        EvidenceError::Newer { .. }
    ));
}

#[tokio::test]
async fn a_server_without_tables_tells_who_makes_them() {
    let database = SERVER.new_database();
    // The role is there: another database of the server was prepared.
    drop(prepared_database(&SERVER).await);
    let mut ledger = Ledger::at(DatabasePlace::Server(desk_role(
        &SERVER,
        &database,
        "desk_without_tables",
    )));
    let refused = ledger.chains().await.unwrap_err();
    assert!(matches!(refused, EvidenceError::Unprepared { .. }), "{refused}");
    assert!(refused.to_string().contains("--prepare-evidence"));
}

#[tokio::test]
async fn preparing_again_changes_nothing() {
    let database = prepared_database(&SERVER).await;
    let owner = ServerAddress::parse(&SERVER.url("admin", &database), None).unwrap();
    prepare_server(&owner).await.unwrap();
    let mut ledger = Ledger::at(DatabasePlace::Server(desk_role(
        &SERVER,
        &database,
        "desk_prepared_twice",
    )));
    let chain = Chain::new(2);
    ledger.add_chain(chain.desk(), &chain.genesis).await.unwrap();
    ledger.append(&chain.records).await.unwrap();
    prepare_server(&owner).await.unwrap();
    let report = verify_chain(&mut ledger, &chain.genesis, &Opening::default(), &[])
        .await
        .unwrap();
    assert_eq!((report.records, report.broken), (2, None));
}

#[tokio::test]
async fn a_server_of_every_version_is_brought_up_to_date_and_goes_on() {
    for version in 1..ON_SERVER.len() {
        let database = SERVER.new_database();
        let owner = SERVER.url("admin", &database);
        let mut past = PgConnection::connect(&owner).await.unwrap();
        let before = migrator(&ON_SERVER[..version]).run_direct(None, &mut past, false).await;
        before.unwrap();
        let chain = Chain::new(2);
        let first = &chain.records[0];
        sqlx::query("INSERT INTO chains (desk, genesis) VALUES ($1, $2)")
            .bind(chain.desk())
            .bind(&chain.genesis)
            .execute(&mut past)
            .await
            .unwrap();
        let header = &first.header;
        sqlx::query(
            "INSERT INTO records (desk, position, id, kind, time, header, hash) VALUES ($1, 1, $2, $3, $4, $5, $6)",
        )
        .bind(chain.desk())
        .bind(&header.id)
        .bind(&header.kind)
        .bind(&header.time)
        .bind(&first.text)
        .bind(&first.hash)
        .execute(&mut past)
        .await
        .unwrap();
        let owner = ServerAddress::parse(&owner, None).unwrap();
        let mut ledger = Ledger::at(DatabasePlace::Server(owner.clone()));
        let early = ledger.chains().await.unwrap_err();
        assert!(
            matches!(early, EvidenceError::Unprepared { .. }),
            "version {version}: {early}"
        );
        prepare_server(&owner).await.unwrap();
        ledger.append(&chain.records).await.unwrap();
        let report = verify_chain(&mut ledger, &chain.genesis, &Opening::default(), &[])
            .await
            .unwrap();
        assert_eq!((report.records, report.broken), (2, None), "version {version}");
    }
}
