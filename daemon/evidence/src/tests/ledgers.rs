//! Rules that both databases keep alike.

use super::world::{Chain, both, hours, patient, record};
use crate::chain::{ChainEnd, ChainFault};
use crate::database::{Connection, either};
use crate::error::EvidenceError;
use crate::ledger::{Ledger, RecordSearch};
use crate::record::{RecordKind, hash, time_text};
use crate::sealing::Opening;
use crate::statements::{Databases, STATEMENTS};
use crate::verify::verify_chain;
use beid_testkit::Scratch;
use sqlx::{Executor, SqlSafeStr};
use std::slice::from_ref;

#[tokio::test]
async fn every_statement_can_be_prepared_on_its_databases() {
    let scratch = Scratch::new("statements");
    for mut ledger in both(&scratch).await {
        let mut connection = ledger.connect().await.unwrap();
        let is_embedded = matches!(connection, Connection::Sqlite(_));
        for (name, databases, sql) in STATEMENTS {
            let there = match databases {
                Databases::Both => true,
                Databases::Embedded => is_embedded,
                Databases::Server => !is_embedded,
            };
            if there {
                let prepared = either!(&mut connection, one => one.prepare((*sql).into_sql_str()).await.map(|_| ()));
                assert!(prepared.is_ok(), "{name}: {}", prepared.unwrap_err());
            }
        }
    }
}

#[tokio::test]
async fn what_was_added_is_read_again_and_verifies() {
    let scratch = Scratch::new("round");
    let chain = Chain::new(300);
    for mut ledger in both(&scratch).await {
        let place = ledger.place().name();
        assert_eq!(ledger.end(chain.desk()).await.unwrap(), None, "{place}");
        ledger.add_chain(chain.desk(), &chain.genesis).await.unwrap();
        let genesis_hash = hash(chain.genesis.as_bytes());
        assert_eq!(ledger.end(chain.desk()).await.unwrap().unwrap().hash, genesis_hash);
        for part in chain.records.chunks(77) {
            ledger.append(part).await.unwrap();
        }
        ledger.add_heads(chain.desk(), from_ref(&chain.head)).await.unwrap();
        let end = ledger.end(chain.desk()).await.unwrap().unwrap();
        assert_eq!((end.position, &end.hash), (300, &chain.records[299].hash), "{place}");

        let report = verify_chain(&mut ledger, &chain.genesis, &Opening::default(), &[end])
            .await
            .unwrap();
        assert_eq!(report.broken, None, "{place}");
        let counts = (
            report.records,
            report.contents,
            report.sealed,
            report.heads,
            report.behind_last_head,
        );
        assert_eq!(counts, (300, 300, 0, 1, 0), "{place}");

        let found = ledger.by_id(&chain.records[6].header.id).await.unwrap().unwrap();
        assert_eq!(
            (found.position, found.header.as_str()),
            (7, chain.records[6].text.as_str())
        );
        assert!(ledger.by_id(&"0".repeat(32)).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn the_same_again_changes_nothing_and_another_in_its_place_is_a_fork() {
    let scratch = Scratch::new("again");
    let chain = Chain::new(9);
    for mut ledger in both(&scratch).await {
        ledger.add_chain(chain.desk(), &chain.genesis).await.unwrap();
        ledger.append(&chain.records[..6]).await.unwrap();
        // As after a confirmation that got lost: some are there already.
        ledger.add_chain(chain.desk(), &chain.genesis).await.unwrap();
        ledger.append(&chain.records[3..]).await.unwrap();
        ledger.append(&chain.records).await.unwrap();
        ledger.add_heads(chain.desk(), from_ref(&chain.head)).await.unwrap();
        ledger.add_heads(chain.desk(), from_ref(&chain.head)).await.unwrap();

        let other = record(&chain.keys, 9, &chain.records[7].hash);
        let refused = ledger.append(&[other]).await.unwrap_err();
        assert!(
            matches!(refused, EvidenceError::Forked { position: 9, .. }),
            "{refused}"
        );
        let others = Chain::new(1);
        let refused = ledger.add_chain(chain.desk(), &others.genesis).await.unwrap_err();
        assert!(matches!(refused, EvidenceError::Forked { .. }), "{refused}");

        let report = verify_chain(&mut ledger, &chain.genesis, &Opening::default(), &[])
            .await
            .unwrap();
        assert_eq!((report.records, report.heads, report.broken), (9, 1, None));
    }
}

#[tokio::test]
async fn of_a_batch_with_one_record_too_many_nothing_is_added() {
    let scratch = Scratch::new("batch");
    let chain = Chain::new(5);
    for mut ledger in both(&scratch).await {
        ledger.add_chain(chain.desk(), &chain.genesis).await.unwrap();
        ledger.append(&chain.records[..2]).await.unwrap();
        let mut batch = chain.records[2..].to_vec();
        // An id that is taken.
        batch[2].header.id.clone_from(&chain.records[0].header.id);
        assert!(ledger.append(&batch).await.is_err());
        assert_eq!(ledger.end(chain.desk()).await.unwrap().unwrap().position, 2);
        ledger.append(&chain.records[2..]).await.unwrap();
        assert_eq!(ledger.end(chain.desk()).await.unwrap().unwrap().position, 5);
    }
}

#[tokio::test]
async fn records_are_found_by_caller_patient_kind_reference_and_time() {
    let scratch = Scratch::new("search");
    let chain = Chain::new(40);
    let subject = chain.keys.keyed_hash("patient", &patient(1));
    for mut ledger in both(&scratch).await {
        ledger.add_chain(chain.desk(), &chain.genesis).await.unwrap();
        ledger.append(&chain.records).await.unwrap();
        let all = RecordSearch::default;
        // The kinds take turns along the chain, however many there are.
        let kind = |position: u64| RecordKind::ALL[usize::try_from(position).unwrap() % RecordKind::ALL.len()];
        let purges: Vec<u64> = (1..=40)
            .rev()
            .filter(|position| kind(*position) == RecordKind::Purge)
            .collect();
        #[rustfmt::skip] // one row a line
        let rows = [
            (RecordSearch { limit: 3, ..all() }, vec![40, 39, 38]),
            (RecordSearch { owner: "token:1".to_owned(), limit: 2, ..all() }, vec![39, 37]),
            (RecordSearch { subject: subject.clone(), limit: 2, ..all() }, vec![40, 37]),
            (RecordSearch { kind: "purge".to_owned(), ..all() }, purges),
            (RecordSearch { reference: "visit-7".to_owned(), ..all() }, vec![7]),
            (RecordSearch { reference: "visit-".to_owned(), ..all() }, vec![]),
            (RecordSearch { from: time_text(hours(39)), ..all() }, vec![40, 39]),
            (RecordSearch { until: time_text(hours(3)), ..all() }, vec![2, 1]),
            (RecordSearch { owner: "nobody".to_owned(), ..all() }, vec![]),
        ];
        for (search, expected) in rows {
            let found: Vec<u64> = ledger
                .search(&search)
                .await
                .unwrap()
                .iter()
                .map(|one| one.position)
                .collect();
            assert_eq!(found, expected, "{search:?}");
        }
        assert_eq!(pages(&mut ledger).await, (1..=40).rev().collect::<Vec<u64>>());
    }
}

/// Positions of all records, read page by page.
async fn pages(ledger: &mut Ledger) -> Vec<u64> {
    let mut positions = Vec::new();
    let mut after = None;
    loop {
        let search = RecordSearch {
            after: after.clone(),
            limit: 7,
            ..RecordSearch::default()
        };
        let page = ledger.search(&search).await.unwrap();
        let Some(last) = page.last() else { return positions };
        let header: crate::record::RecordHeader = serde_json::from_str(&last.header).unwrap();
        after = Some((header.time, header.id));
        positions.extend(page.iter().map(|one| one.position));
    }
}

#[tokio::test]
async fn an_end_that_somebody_noted_must_still_be_there() {
    let scratch = Scratch::new("noted");
    let chain = Chain::new(5);
    let end = |position, hash: &str| ChainEnd {
        desk: chain.desk().to_owned(),
        hash: hash.to_owned(),
        position,
    };
    for mut ledger in both(&scratch).await {
        ledger.add_chain(chain.desk(), &chain.genesis).await.unwrap();
        ledger.append(&chain.records).await.unwrap();
        for (noted, expected) in [
            (end(3, &chain.records[2].hash), None),
            (end(5, &chain.records[4].hash), None),
            (end(3, &chain.records[3].hash), Some((3, ChainFault::Head))),
            (end(6, &chain.records[4].hash), Some((6, ChainFault::Shorter))),
        ] {
            let report = verify_chain(&mut ledger, &chain.genesis, &Opening::default(), &[noted])
                .await
                .unwrap();
            assert_eq!(report.broken.map(|broken| (broken.position, broken.fault)), expected);
        }
    }
}
