//! Databases of which a part was overwritten, as failing disks do: every page in turn.

use super::world::{draft, hours, store, write};
use crate::error::EvidenceError;
use crate::record::RecordKind;
use crate::sealing::Sealing;
use crate::store::EvidenceStore;
use beid_testkit::Scratch;
use std::fs;
use std::path::Path;

/// Number of records in the database.
const RECORDS: usize = 12;
/// Length of its pages, as SQLite makes them.
const PAGE: usize = 4096;

/// Result of using a store: its number of records and contents, if every chain holds and it can be written; `None` if one
/// does not hold.
async fn used(directory: &Path) -> Result<Option<(u64, u64)>, EvidenceError> {
    let store = EvidenceStore::open(directory, Sealing::Open, hours(50)).await?;
    let reports = store.verify(&[]).await?;
    store.must_be_ready(hours(50)).await?;
    store.record(&draft(RecordKind::Signature, 99), hours(50)).await?;
    if reports.iter().any(|report| report.broken.is_some()) {
        return Ok(None);
    }
    Ok(Some(reports.iter().fold((0, 0), |(records, contents), report| {
        (records + report.records, contents + report.contents)
    })))
}

#[tokio::test]
async fn a_page_that_was_overwritten_is_noticed_and_nothing_is_made_of_it() {
    let scratch = Scratch::new("damage");
    let whole = store(&scratch).await;
    write(&whole, RECORDS).await;
    whole.close(hours(40)).await.unwrap();
    let from = scratch.path().join("evidence");
    let octets = fs::read(from.join("evidence.db")).unwrap();
    let pages = octets.len() / PAGE;
    assert!(pages > 15, "{pages}");
    let (mut refused, mut broken) = (0, 0);
    // The head of each page, and its end, where its first cells are. (SQLite file format, 1.6)
    for at in (0..pages).flat_map(|page| [page * PAGE, page * PAGE + PAGE - 64]) {
        let mut damaged = octets.clone();
        for octet in &mut damaged[at..at + 32] {
            *octet ^= 0xa5;
        }
        // Each has its own, since a store that is dropped closes its files later.
        let to = scratch.dir(&format!("damaged-{at}"));
        fs::write(to.join("evidence.db"), damaged).unwrap();
        fs::copy(from.join("desk.keys"), to.join("desk.keys")).unwrap();
        match used(&to).await {
            Err(error) => {
                assert!(matches!(error, EvidenceError::Damaged { .. }), "at {at}: {error}");
                refused += 1;
            }
            Ok(None) => broken += 1,
            // Nothing of the evidence stands there.
            Ok(Some(found)) => assert_eq!(found, (12, 12), "at {at}"),
        }
    }
    assert!(
        refused >= pages / 2 && broken > 0,
        "{refused} refused, {broken} broken, {pages} pages"
    );
}
