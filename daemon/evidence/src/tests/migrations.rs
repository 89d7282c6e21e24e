//! Databases of earlier versions, of later ones, and of none.

use super::world::{Chain, SERVER, desk_role, prepared_database, store};
use crate::database::{DatabasePlace, prepare_server};
use crate::error::EvidenceError;
use crate::ledger::Ledger;
use crate::postgres::ServerAddress;
use crate::sealing::{Opening, Sealing};
use crate::store::EvidenceStore;
use crate::verify::verify_chain;
use beid_testkit::Scratch;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor, SqliteConnection};
use std::path::Path;

async fn open(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    options.connect().await.unwrap()
}

/// Checksums of the migrations that were released: SHA-384 of each file. A released file is never changed.
#[tokio::test]
async fn released_migrations_are_what_they_were() {
    let scratch = Scratch::new("released");
    let opened = store(&scratch).await;
    drop(opened);
    let mut one = open(&scratch.path().join("evidence/evidence.db")).await;
    let applied: Vec<(i64, String)> =
        sqlx::query_as("SELECT version, description FROM _sqlx_migrations ORDER BY version")
            .fetch_all(&mut one)
            .await
            .unwrap();
    assert_eq!(applied, [(1, "chain".to_owned()), (2, "counts".to_owned())]);
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_left_alone_and_says_what_to_install() {
    let scratch = Scratch::new("newer");
    drop(store(&scratch).await);
    let file = scratch.path().join("evidence/evidence.db");
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (7, 'x', 1, x'00', 0)";
    open(&file).await.execute(newer).await.unwrap();
    let refused = EvidenceStore::open(file.parent().unwrap(), Sealing::Open, super::world::hours(0))
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
        matches!(refused, EvidenceError::Newer { found: 7, known: 2, .. }),
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
