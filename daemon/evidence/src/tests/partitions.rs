//! Contents in partitions by month, made by the statements of the documentation.

use super::world::{SERVER, desk_role, hours, prepared_database, store, write};
use crate::database::DatabasePlace;
use crate::delivery::Delivery;
use crate::ledger::Ledger;
use crate::sealing::Opening;
use crate::verify::verify_chain;
use beid_testkit::{Scratch, workspace};
use std::fs;
use std::sync::Arc;

/// Statements in the block of the page that begins with `-- title`.
fn statements(title: &str) -> String {
    let page = fs::read_to_string(workspace().join("docs/scaling.md")).unwrap();
    let mut blocks = page
        .split("```sql\n")
        .skip(1)
        .filter_map(|block| block.split("```").next());
    let found = blocks.find(|block| block.starts_with(&format!("-- {title}")));
    found.unwrap_or_else(|| panic!("no block {title}")).to_owned()
}

#[tokio::test]
async fn contents_can_be_put_into_partitions_and_dropped_by_month() {
    let scratch = Scratch::new("months");
    let database = prepared_database(&SERVER).await;
    let address = desk_role(&SERVER, &database, "desk_in_months");
    let store = Arc::new(store(&scratch).await);
    let mut delivery = Delivery::new(Arc::clone(&store), address.clone(), false, || hours(500));
    write(&store, 3).await;
    delivery.deliver().await.unwrap();
    SERVER.sql(&database, &statements("partitions"));
    write(&store, 4).await;
    delivery.deliver().await.unwrap();

    let genesis = SERVER.sql(&database, "SELECT genesis FROM chains");
    let judged = async || {
        let mut server = Ledger::at(DatabasePlace::Server(address.clone()));
        let report = verify_chain(&mut server, &genesis, &Opening::default(), &[]).await;
        let report = report.unwrap();
        (report.records, report.contents, report.broken)
    };
    assert_eq!(judged().await, (7, 7, None));
    let desk = store.desk().await;
    let mut other = Ledger::at(DatabasePlace::Server(desk_role(
        &SERVER,
        &database,
        "desk_beside_months",
    )));
    assert!(other.content(&desk, 1).await.unwrap().is_none(), "seen by another desk");
    let key = crate::ledger::ContentKey { desk, position: 1 };
    let mut own = Ledger::at(DatabasePlace::Server(address.clone()));
    assert!(own.drop_contents(&[key]).await.is_err(), "dropped by the desk");

    let this_month = statements("a month").replace("current_date - interval '13 months'", "current_date");
    SERVER.sql(&database, &this_month);
    assert_eq!(judged().await, (7, 0, None));
    assert_eq!(SERVER.sql(&database, "SELECT count(*) FROM subjects"), "0");
    write(&store, 1).await;
    delivery.deliver().await.unwrap();
    assert_eq!(judged().await, (8, 1, None));
}
