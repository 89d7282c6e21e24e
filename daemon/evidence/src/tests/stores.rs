//! The store of a desk.

use super::world::{draft, hours, patient, store, write};
use crate::chain::{ChainEnd, ChainFault, Genesis, Head};
use crate::export::verify_export;
use crate::keys::DeskKeys;
use crate::ledger::RecordSearch;
use crate::purge::PurgeOrder;
use crate::record::{RecordKind, hash};
use crate::sealing::{InstitutionKey, Opening, Sealing};
use crate::store::{EvidenceStore, RecordContent};
use beid_testkit::{Scratch, openssl};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, SqliteConnection};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

fn directory(scratch: &Scratch) -> PathBuf {
    scratch.path().join("evidence")
}

async fn reopened(scratch: &Scratch) -> EvidenceStore {
    EvidenceStore::open(&directory(scratch), Sealing::Open, hours(100))
        .await
        .unwrap()
}

/// The database, past the store.
async fn database(scratch: &Scratch) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(directory(scratch).join("evidence.db"));
    options.foreign_keys(false).connect().await.unwrap()
}

#[tokio::test]
async fn a_chain_goes_on_where_it_ended() {
    let scratch = Scratch::new("goes-on");
    let first = store(&scratch).await;
    write(&first, 5).await;
    let desk = first.desk().await;
    drop(first);
    let second = reopened(&scratch).await;
    assert_eq!(second.desk().await, desk);
    assert_eq!(
        second
            .record(&draft(RecordKind::Exclusion, 5), hours(5))
            .await
            .unwrap()
            .position(),
        6
    );
    let reports = second.verify(&[]).await.unwrap();
    assert_eq!(reports.len(), 1);
    assert_eq!(
        (reports[0].records, reports[0].contents, &reports[0].broken),
        (6, 6, &None)
    );
}

#[tokio::test]
async fn a_desk_without_its_keys_begins_a_chain_that_names_the_one_before() {
    for damage in ["absent", "damaged", "of another desk"] {
        let scratch = Scratch::new("keys");
        let first = store(&scratch).await;
        write(&first, 3).await;
        let desk = first.desk().await;
        drop(first);
        let keys = directory(&scratch).join("desk.keys");
        match damage {
            "absent" => fs::remove_file(&keys).unwrap(),
            "damaged" => fs::write(&keys, b"{\"desk\":").unwrap(),
            _ => DeskKeys::new().write(&keys).unwrap(),
        }
        let second = reopened(&scratch).await;
        assert_ne!(second.desk().await, desk, "{damage}");
        assert_eq!(
            second
                .record(&draft(RecordKind::Consent, 0), hours(100))
                .await
                .unwrap()
                .position(),
            1
        );
        let reports = second.verify(&[]).await.unwrap();
        assert_eq!(reports.len(), 2);
        assert!(
            reports.iter().all(|report| report.broken.is_none()),
            "{damage}: {reports:?}"
        );
        let old = reports.iter().find(|report| report.desk == desk).unwrap();
        let geneses: Vec<String> = sqlx::query_scalar("SELECT genesis FROM chains")
            .fetch_all(&mut database(&scratch).await)
            .await
            .unwrap();
        let geneses: Vec<Genesis> = geneses.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        let new = geneses.iter().find(|genesis| genesis.desk != desk).unwrap();
        let end = ChainEnd {
            desk: desk.clone(),
            hash: old.last_hash.clone(),
            position: 3,
        };
        assert_eq!(new.earlier, [end], "{damage}");
        // Without the earlier chain: the new one knows that there was one.
        let lines = String::from_utf8(second.export(None, None, hours(101)).await.unwrap()).unwrap();
        let begins = lines.rfind("{\"genesis\"").unwrap();
        let reports = verify_export(&lines[begins..], &Opening::default(), &[]);
        let broken = reports
            .iter()
            .map(|report| report.broken.as_ref().map(|broken| broken.fault));
        assert_eq!(
            broken.collect::<Vec<_>>(),
            [None, Some(ChainFault::Shorter)],
            "{damage}"
        );
    }
}

#[tokio::test]
async fn the_first_record_of_a_day_is_signed_and_so_is_the_end_when_asked() {
    let scratch = Scratch::new("heads");
    let store = store(&scratch).await;
    // Hours of the first day: 20 to 23; the next days begin at 4 and 28.
    for hour in [0, 1, 3, 4, 5, 27, 28] {
        store.record(&draft(RecordKind::Consent, 0), hours(hour)).await.unwrap();
    }
    let positions = async || -> Vec<i64> {
        sqlx::query_scalar("SELECT position FROM heads ORDER BY position")
            .fetch_all(&mut database(&scratch).await)
            .await
            .unwrap()
    };
    assert_eq!(positions().await, [1, 4, 7]);
    store.record(&draft(RecordKind::Consent, 0), hours(29)).await.unwrap();
    assert_eq!(store.verify(&[]).await.unwrap()[0].behind_last_head, 1);
    store.sign_head(hours(30)).await.unwrap();
    store.sign_head(hours(31)).await.unwrap();
    assert_eq!(positions().await, [1, 4, 7, 8]);
    let report = &store.verify(&[]).await.unwrap()[0];
    assert_eq!((report.heads, report.behind_last_head, &report.broken), (4, 0, &None));
}

#[tokio::test]
async fn whatever_is_changed_behind_the_stores_back_is_named_by_its_place() {
    let header = |from: &str, to: &str| {
        format!("UPDATE records SET header = replace(header, '{from}', '{to}') WHERE position = 5")
    };
    #[rustfmt::skip] // one row a line
    let rows = [
        ("DELETE FROM records WHERE position = 5".to_owned(), 5, ChainFault::Position),
        ("DELETE FROM records WHERE position = 1".to_owned(), 1, ChainFault::Position),
        (header("\"consent\"", "\"purge\""), 5, ChainFault::Columns),
        (header("\"consent\"", "\"purge\"") + "; UPDATE records SET kind = 'purge' WHERE position = 5", 5, ChainFault::Columns),
        (header("\"position\"", "\"position\" "), 5, ChainFault::Header),
        (header("\"previous\":\"", "\"previous\":\"0"), 5, ChainFault::Previous),
        ("UPDATE records SET hash = (SELECT hash FROM records WHERE position = 4) WHERE position = 5".to_owned(), 5, ChainFault::Columns),
        ("UPDATE records SET time = '2026-01-01T00:00:00.000Z' WHERE position = 5".to_owned(), 5, ChainFault::Columns),
        ("UPDATE records SET id = '00000000000000000000000000000000' WHERE position = 5".to_owned(), 5, ChainFault::Columns),
        ("UPDATE contents SET content = CAST(replace(CAST(content AS TEXT), 'kmehr', 'other') AS BLOB) WHERE position = 5".to_owned(), 5, ChainFault::Content),
        ("UPDATE contents SET sealing = 'desk' WHERE position = 5".to_owned(), 5, ChainFault::Content),
        ("UPDATE contents SET position = 99 WHERE position = 5; UPDATE contents SET position = 5 WHERE position = 6".to_owned(), 5, ChainFault::Content),
        ("UPDATE records SET position = 99 WHERE position = 5; UPDATE records SET position = 5 WHERE position = 6; UPDATE records SET position = 6 WHERE position = 99".to_owned(), 5, ChainFault::Position),
        ("DELETE FROM records WHERE position > 4".to_owned(), 4, ChainFault::Shorter),
        ("UPDATE heads SET head = replace(head, '\"position\":5', '\"position\":4')".to_owned(), 5, ChainFault::HeadSignature),
        ("UPDATE heads SET signature = replace(signature, '0', '1') WHERE position = 5".to_owned(), 5, ChainFault::HeadSignature),
        ("UPDATE chains SET genesis = replace(genesis, '\"earlier\":[]', '\"earlier\": []')".to_owned(), 0, ChainFault::Genesis),
        ("UPDATE chains SET genesis = replace(genesis, '\"key\":\"', '\"key\":\"00')".to_owned(), 1, ChainFault::Previous),
    ];
    for (change, position, fault) in rows {
        let scratch = Scratch::new("tampered");
        let store = store(&scratch).await;
        for number in 0..8 {
            let kind = if number == 4 {
                RecordKind::Consent
            } else {
                RecordKind::Exclusion
            };
            // A day each, so that each has a head.
            store
                .record(&draft(kind, number), hours(24 * i64::try_from(number).unwrap()))
                .await
                .unwrap();
        }
        let mut past = database(&scratch).await;
        let triggers: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            .fetch_all(&mut past)
            .await
            .unwrap();
        for trigger in triggers {
            past.execute(AssertSqlSafe(format!("DROP TRIGGER {trigger}")))
                .await
                .unwrap();
        }
        past.execute(AssertSqlSafe(change.clone())).await.unwrap();
        let report = &store.verify(&[]).await.unwrap()[0];
        let broken = report.broken.clone().unwrap_or_else(|| panic!("{change}"));
        // Records that were cut off: the heads behind them are still there.
        let expected = if fault == ChainFault::Shorter {
            (5, fault)
        } else {
            (position, fault)
        };
        assert_eq!((broken.position, broken.fault), expected, "{change}");
        assert!(broken.to_string().starts_with("record "), "{broken}");
    }
}

#[tokio::test]
async fn a_store_lets_nobody_change_it_by_mistake() {
    let scratch = Scratch::new("triggers");
    let store = store(&scratch).await;
    write(&store, 2).await;
    let mut past = database(&scratch).await;
    for change in [
        "UPDATE records SET kind = 'purge'",
        "DELETE FROM records",
        "UPDATE contents SET content = x'00'",
        "UPDATE heads SET head = ''",
        "DELETE FROM heads",
        "UPDATE chains SET genesis = ''",
        "DELETE FROM chains",
    ] {
        let refused = past.execute(change).await.unwrap_err().to_string();
        assert!(refused.contains("evidence is not"), "{change}: {refused}");
    }
}

#[tokio::test]
async fn callers_at_the_same_time_make_one_chain() {
    let scratch = Scratch::new("together");
    let store = Arc::new(store(&scratch).await);
    let mut tasks = Vec::new();
    for number in 0..60 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            store
                .record(&draft(RecordKind::Consent, number), hours(0))
                .await
                .unwrap()
        }));
        // Every third caller leaves, at some point of the work.
        if number % 3 == 0 {
            tokio::task::yield_now().await;
            tasks.pop().unwrap().abort();
        }
    }
    let mut positions = Vec::new();
    for task in tasks {
        positions.push(task.await.unwrap().position());
    }
    positions.sort_unstable();
    positions.dedup();
    assert_eq!(positions.len(), 40);
    let report = &store.verify(&[]).await.unwrap()[0];
    assert!((40..=60).contains(&report.records), "{report:?}");
    assert_eq!(report.broken, None);
}

#[tokio::test]
async fn a_record_is_read_again_as_far_as_its_seal_allows() {
    let pem = {
        let scratch = Scratch::new("institution");
        openssl(scratch.path(), &["genpkey", "-algorithm", "X25519", "-out", "key.pem"]).ok();
        openssl(scratch.path(), &["pkey", "-pubout", "-in", "key.pem"]).ok()
    };
    let institution = InstitutionKey::from_pem(pem.as_bytes()).unwrap();
    for (sealing, readable) in [
        (Sealing::Open, true),
        (Sealing::Desk, true),
        (Sealing::Institution(institution), false),
    ] {
        let scratch = Scratch::new("seal");
        let word = sealing.word();
        let store = EvidenceStore::open(&directory(&scratch), sealing, hours(0))
            .await
            .unwrap();
        let receipt = store.record(&draft(RecordKind::Consent, 1), hours(0)).await.unwrap();
        let shown = store.show(receipt.id()).await.unwrap().unwrap();
        assert_eq!((shown.header.kind.as_str(), shown.header.position), ("consent", 1));
        assert_eq!(shown.owner.as_deref(), Some("origin:https://b.example"));
        match shown.content {
            RecordContent::Text(text) if readable => {
                assert_eq!(hash(text.as_bytes()), shown.header.content);
                assert!(text.contains("<kmehr n='1'>"), "{}", *text);
            }
            RecordContent::Sealed => assert!(!readable, "{word}"),
            RecordContent::Text(_) | RecordContent::Dropped => panic!("{word}"),
        }
        let report = &store.verify(&[]).await.unwrap()[0];
        assert_eq!(
            (report.contents, report.sealed, &report.broken),
            (u64::from(readable), u64::from(!readable), &None)
        );
        let files = fs::read_dir(directory(&scratch))
            .unwrap()
            .map(|entry| fs::read(entry.unwrap().path()).unwrap());
        let leaks = files
            .filter(|file| file.windows(5).any(|window| window == b"kmehr"))
            .count();
        assert_eq!(leaks > 0, word == "none", "{word}");
    }
}

#[tokio::test]
async fn purging_drops_what_was_meant_says_so_and_breaks_nothing() {
    let scratch = Scratch::new("purge");
    let store = store(&scratch).await;
    write(&store, 12).await;
    let about = RecordSearch::default;
    assert_eq!(store.search(about(), Some(&patient(0))).await.unwrap().len(), 4);

    let about_patient = |stays: &[(RecordKind, i64)]| PurgeOrder::About {
        number: patient(0),
        stays: stays.iter().map(|(kind, from)| (*kind, hours(*from))).collect(),
    };
    // Records 0, 3, 6 and 9 are about the patient; some must be kept for longer.
    let stays = about_patient(&[(RecordKind::Consent, 4), (RecordKind::Exclusion, 0)]);
    let purged = store.purge(&stays, "the patient asked", hours(20)).await.unwrap();
    assert_eq!((purged.dropped, purged.stayed), (2, 2));
    let purged = store
        .purge(&about_patient(&[]), "a judge ordered it", hours(20))
        .await
        .unwrap();
    assert_eq!((purged.dropped, purged.stayed), (2, 0));
    assert_eq!(store.search(about(), Some(&patient(0))).await.unwrap().len(), 0);
    assert_eq!(
        store
            .purge(&about_patient(&[]), "again", hours(21))
            .await
            .unwrap()
            .dropped,
        0
    );
    let dropped = store
        .purge(
            &PurgeOrder::Before(RecordKind::Consent, hours(6)),
            "retention",
            hours(22),
        )
        .await
        .unwrap()
        .dropped;
    assert_eq!(dropped, 4);
    assert_eq!(
        store
            .purge(
                &PurgeOrder::Before(RecordKind::Exclusion, hours(99)),
                "retention",
                hours(23)
            )
            .await
            .unwrap()
            .dropped,
        0
    );

    let report = &store.verify(&[]).await.unwrap()[0];
    assert_eq!((report.records, report.contents, &report.broken), (15, 7, &None));
    let purges = RecordSearch {
        kind: RecordKind::Purge.word().to_owned(),
        ..RecordSearch::default()
    };
    let purges = store.search(purges, None).await.unwrap();
    let oldest = purges.iter().min_by_key(|found| found.position).unwrap();
    let header: crate::record::RecordHeader = serde_json::from_str(&oldest.header).unwrap();
    let shown = store
        .show(&crate::record::EvidenceId::parse(&header.id).unwrap())
        .await
        .unwrap()
        .unwrap();
    let RecordContent::Text(text) = shown.content else {
        panic!("a purge has a content")
    };
    let said: serde_json::Value = serde_json::from_str(&text).unwrap();
    let positions: Vec<_> = said["dropped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["position"].as_u64().unwrap())
        .collect();
    assert_eq!(
        (said["reason"].as_str().unwrap(), positions),
        ("the patient asked", vec![1, 4])
    );
}

#[tokio::test]
async fn heads_name_what_they_sign() {
    let scratch = Scratch::new("head-text");
    let store = store(&scratch).await;
    write(&store, 1).await;
    let head: String = sqlx::query_scalar("SELECT head FROM heads")
        .fetch_one(&mut database(&scratch).await)
        .await
        .unwrap();
    let head: Head = serde_json::from_str(&head).unwrap();
    assert_eq!((head.position, head.desk), (1, store.desk().await));
}
