//! Rights of a desk's role on a server: it adds to its own chain, and reads it.

use super::world::{Chain, SERVER, desk_role, prepared_database, record};
use crate::database::{Connection, DatabasePlace};
use crate::error::EvidenceError;
use crate::ledger::{ContentKey, Ledger};
use crate::postgres::ServerAddress;
use sqlx::Executor;
use std::slice::from_ref;

async fn said(ledger: &mut Ledger, statement: &'static str) -> Result<u64, String> {
    let Connection::Postgres(mut one) = ledger.connect().await.unwrap() else {
        panic!("a server")
    };
    let done = one.execute(statement).await;
    done.map(|done| done.rows_affected()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_desk_changes_and_removes_nothing() {
    let database = prepared_database(&SERVER).await;
    let mut desk = Ledger::at(DatabasePlace::Server(desk_role(
        &SERVER,
        &database,
        "desk_that_changes",
    )));
    let chain = Chain::new(3);
    desk.add_chain(chain.desk(), &chain.genesis).await.unwrap();
    desk.append(&chain.records).await.unwrap();
    for statement in [
        "UPDATE records SET kind = 'purge'",
        "DELETE FROM records",
        "DELETE FROM contents",
        "UPDATE contents SET content = ''",
        "DELETE FROM entries",
        "UPDATE chains SET genesis = ''",
        "DELETE FROM heads",
        "UPDATE counts SET number = 9",
        "DELETE FROM counts",
        "SELECT * FROM counts_of_desks",
        "TRUNCATE records CASCADE",
        "DROP TABLE records",
        "ALTER TABLE records DISABLE TRIGGER ALL",
        "CREATE TABLE mine (one int)",
        "INSERT INTO chains (desk, genesis, writer) VALUES ('00000000000000000000000000000000', '', 'admin')",
        "SET ROLE admin",
        "DELETE FROM _sqlx_migrations",
    ] {
        let refused = said(&mut desk, statement).await.unwrap_err();
        assert!(
            refused.contains("permission denied") || refused.contains("must be"),
            "{statement}: {refused}"
        );
    }
    let key = ContentKey {
        desk: chain.desk().to_owned(),
        position: 1,
    };
    let refused = desk.drop_contents(&[key]).await.unwrap_err();
    assert!(matches!(refused, EvidenceError::Refused { .. }), "{refused}");
    assert_eq!(SERVER.sql(&database, "SELECT count(*) FROM contents"), "3");
}

#[tokio::test]
async fn the_owner_drops_contents_and_nothing_else() {
    let database = prepared_database(&SERVER).await;
    let mut desk = Ledger::at(DatabasePlace::Server(desk_role(
        &SERVER,
        &database,
        "desk_that_is_purged",
    )));
    let chain = Chain::new(3);
    desk.add_chain(chain.desk(), &chain.genesis).await.unwrap();
    desk.append(&chain.records).await.unwrap();
    desk.add_heads(chain.desk(), from_ref(&chain.head)).await.unwrap();
    let address = ServerAddress::parse(&SERVER.url("admin", &database), None).unwrap();
    let mut owner = Ledger::at(DatabasePlace::Server(address));
    for statement in [
        "UPDATE records SET kind = 'purge'",
        "DELETE FROM records",
        "DELETE FROM heads",
        "DELETE FROM chains",
        "UPDATE chains SET genesis = ''",
        "UPDATE contents SET content = ''",
        "TRUNCATE heads",
        "TRUNCATE chains CASCADE",
        "TRUNCATE counts",
    ] {
        let refused = said(&mut owner, statement).await.unwrap_err();
        assert!(
            refused.contains("evidence is neither changed nor removed"),
            "{statement}: {refused}"
        );
    }
    let keys: Vec<_> = (1..=2)
        .map(|position| ContentKey {
            desk: chain.desk().to_owned(),
            position,
        })
        .collect();
    owner.drop_contents(&keys).await.unwrap();
    assert_eq!(SERVER.sql(&database, "SELECT count(*) FROM contents"), "1");
    assert_eq!(SERVER.sql(&database, "SELECT count(*) FROM records"), "3");
}

#[tokio::test]
async fn desks_neither_see_nor_continue_each_others_chains() {
    let database = prepared_database(&SERVER).await;
    let mut one = Ledger::at(DatabasePlace::Server(desk_role(&SERVER, &database, "desk_one")));
    let mut other = Ledger::at(DatabasePlace::Server(desk_role(&SERVER, &database, "desk_other")));
    let chain = Chain::new(2);
    one.add_chain(chain.desk(), &chain.genesis).await.unwrap();
    one.append(&chain.records).await.unwrap();

    assert_eq!(other.chains().await.unwrap(), Vec::<String>::new());
    assert!(other.by_id(&chain.records[0].header.id).await.unwrap().is_none());
    assert!(other.content(chain.desk(), 1).await.unwrap().is_none());
    let next = record(&chain.keys, 3, &chain.records[1].hash);
    assert!(other.append(&[next]).await.is_err());
    assert!(other.add_heads(chain.desk(), from_ref(&chain.head)).await.is_err());
    let refused = other.add_chain(chain.desk(), &chain.genesis).await.unwrap_err();
    assert!(matches!(refused, EvidenceError::Forked { .. }), "{refused}");
    assert_eq!(SERVER.sql(&database, "SELECT count(*) FROM records"), "2");
}

#[tokio::test]
async fn a_server_takes_no_record_that_does_not_continue_its_chain() {
    let database = prepared_database(&SERVER).await;
    let mut desk = Ledger::at(DatabasePlace::Server(desk_role(&SERVER, &database, "desk_that_jumps")));
    let chain = Chain::new(4);
    assert!(desk.append(&chain.records[..1]).await.is_err(), "without a chain");
    desk.add_chain(chain.desk(), &chain.genesis).await.unwrap();
    assert!(desk.append(&chain.records[1..2]).await.is_err(), "without the first");
    desk.append(&chain.records[..2]).await.unwrap();
    assert!(desk.append(&chain.records[3..]).await.is_err(), "with a gap");
    let mut changed = chain.records[2].clone();
    changed.hash = chain.records[3].hash.clone();
    assert!(desk.append(&[changed]).await.is_err(), "with another hash");
    assert!(
        desk.append(&[record(&chain.keys, 3, &chain.records[0].hash)])
            .await
            .is_err(),
        "behind another"
    );
    desk.append(&chain.records[2..]).await.unwrap();
    assert_eq!(desk.end(chain.desk()).await.unwrap().unwrap().position, 4);
}
