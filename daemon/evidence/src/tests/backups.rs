//! Copies of stores that are put back: a desk's, and a server's.

use super::world::{SERVER, desk_role, hours, prepared_database, put_back, store, write};
use crate::backup::back_up;
use crate::database::DatabasePlace;
use crate::delivery::Delivery;
use crate::error::EvidenceError;
use crate::ledger::Ledger;
use crate::sealing::{Opening, Sealing};
use crate::store::EvidenceStore;
use crate::verify::verify_chain;
use beid_testkit::{PostgresServer, Scratch};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

#[tokio::test]
async fn a_copy_is_a_whole_store_that_only_its_user_can_read() {
    let scratch = Scratch::new("backup");
    let store = store(&scratch).await;
    write(&store, 4).await;
    let (directory, copy) = (scratch.path().join("evidence"), scratch.path().join("copy"));
    // The store is in use all the while.
    back_up(&directory, &copy).await.unwrap();
    write(&store, 1).await;
    let mode = |name: &str| fs::metadata(copy.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        [mode(""), mode("evidence.db"), mode("desk.keys")],
        [0o700, 0o600, 0o600]
    );
    let refused = back_up(&directory, &copy).await.unwrap_err();
    assert!(matches!(refused, EvidenceError::Copy { .. }), "{refused}");
    let restored = EvidenceStore::open(&copy, Sealing::Open, hours(9)).await.unwrap();
    assert_eq!(restored.desk().await, store.desk().await);
    let report = &restored.verify(&[]).await.unwrap()[0];
    assert_eq!((report.records, &report.broken), (4, &None));
    write(&restored, 2).await;
    assert_eq!(restored.verify(&[]).await.unwrap()[0].records, 6);
}

#[tokio::test]
async fn a_store_that_is_not_in_use_is_copied_and_put_back() {
    let scratch = Scratch::new("backup-closed");
    let first = store(&scratch).await;
    write(&first, 4).await;
    first.close(hours(5)).await.unwrap();
    let (directory, copy) = (scratch.path().join("evidence"), scratch.dir("copy"));
    back_up(&directory, &copy).await.unwrap();
    fs::write(directory.join("evidence.db"), "what a failing disk left").unwrap();
    put_back(&copy, &directory);
    let restored = EvidenceStore::open(&directory, Sealing::Open, hours(9)).await.unwrap();
    let report = &restored.verify(&[]).await.unwrap()[0];
    assert_eq!((report.records, report.behind_last_head, &report.broken), (4, 0, &None));
}

#[tokio::test]
async fn nothing_is_left_of_a_copy_that_could_not_be_made() {
    let scratch = Scratch::new("backup-broken");
    let (directory, copy) = (scratch.dir("evidence"), scratch.path().join("copy"));
    let refused = back_up(&directory, &copy).await.unwrap_err();
    assert!(matches!(refused, EvidenceError::Closed { .. }), "{refused}");
    drop(store(&scratch).await);
    fs::remove_file(directory.join("desk.keys")).unwrap();
    let refused = back_up(&directory, &copy).await.unwrap_err();
    assert!(matches!(refused, EvidenceError::Keys { .. }), "{refused}");
    assert_eq!(fs::read_dir(&copy).unwrap().count(), 0);
}

/// Lengths of the chains on a server, each of which must hold.
async fn lengths(server: &PostgresServer, database: &str, role: &str) -> Vec<u64> {
    let mut ledger = Ledger::at(DatabasePlace::Server(desk_role(server, database, role)));
    let mut lengths = Vec::new();
    for genesis in ledger.chains().await.unwrap() {
        let report = verify_chain(&mut ledger, &genesis, &Opening::default(), &[])
            .await
            .unwrap();
        assert_eq!(report.broken, None);
        lengths.push(report.records);
    }
    lengths
}

#[tokio::test]
async fn a_dump_of_a_server_is_put_back_on_another_which_gets_what_was_written_since() {
    const ROLE: &str = "desk_of_dump";
    let scratch = Scratch::new("dump");
    let database = prepared_database(&SERVER).await;
    let address = desk_role(&SERVER, &database, ROLE);
    let store = Arc::new(store(&scratch).await);
    write(&store, 20).await;
    let deliver = async |address| {
        let mut delivery = Delivery::new(Arc::clone(&store), address, false, || hours(500));
        delivery.deliver().await.unwrap();
    };
    deliver(address).await;
    let dump = SERVER.dump(&database);
    write(&store, 5).await;
    deliver(desk_role(&SERVER, &database, ROLE)).await;

    let other = PostgresServer::start();
    // Roles belong to the server, and are in no database's dump.
    other.sql(
        "postgres",
        &format!("CREATE ROLE beidd_desk NOLOGIN; CREATE ROLE {ROLE} LOGIN IN ROLE beidd_desk"),
    );
    let restored = other.restore(&dump);
    assert_eq!(lengths(&other, &restored, ROLE).await, [20]);
    deliver(desk_role(&other, &restored, ROLE)).await;
    assert_eq!(lengths(&other, &restored, ROLE).await, [25]);
    // Neither the desk nor the owner of the tables can change or remove anything there.
    for role in [ROLE, "admin"] {
        for change in [
            "UPDATE records SET kind = 'x'",
            "DELETE FROM records",
            "DELETE FROM heads",
        ] {
            other.sql(
                &restored,
                &format!(
                    "SET ROLE {role}; DO $$ BEGIN {change}; RAISE 'it was done'; \
                     EXCEPTION WHEN insufficient_privilege THEN NULL; END $$"
                ),
            );
        }
    }
}
