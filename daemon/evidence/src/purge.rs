//! Dropping contents whose time is over, or about a patient who wants it. The headers stay, so the chain still verifies.

use crate::error::EvidenceError;
use crate::ledger::{ContentAbout, ContentKey};
use crate::record::{RecordDraft, RecordKind, time_text};
use crate::store::EvidenceStore;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Number of contents that one record of a purge names.
const PURGED_AT_ONCE: u32 = 1000;

/// Contents to be dropped.
pub enum PurgeOrder {
    /// Those of a kind that were written before a time.
    Before(RecordKind, Timestamp),
    /// Those about the patient with this national number.
    About {
        /// The national number.
        number: String,
        /// Contents that stay all the same: those of these kinds that were written from these moments on.
        stays: Vec<(RecordKind, Timestamp)>,
    },
}

/// Outcome of a purge, in numbers of contents.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Purged {
    /// Records whose contents were dropped, or, where only the server had those, what they are found by.
    pub dropped: u64,
    /// Contents that the order names and lets stay.
    pub stayed: u64,
}

impl EvidenceStore {
    /// Drops contents and says so in a record. The headers stay, so the chain still verifies.
    ///
    /// # Errors
    /// Those of the database. What was dropped before stays dropped.
    pub async fn purge(&self, order: &PurgeOrder, reason: &str, now: Timestamp) -> Result<Purged, EvidenceError> {
        let mut purged = Purged::default();
        loop {
            let (keys, stayed) = self.to_purge(order).await?;
            purged.stayed = stayed;
            if keys.is_empty() {
                return Ok(purged);
            }
            // First the record: a purge that is broken off has said what it would drop, and the next one drops it.
            self.record(&purge_draft(&keys, reason), now).await?;
            self.writer().lock().await.drop_contents(&keys).await?;
            purged.dropped += count(keys.len());
        }
    }

    /// Finds the next contents to drop, and the number of those that stay.
    async fn to_purge(&self, order: &PurgeOrder) -> Result<(Vec<ContentKey>, u64), EvidenceError> {
        let mut writer = self.writer().lock().await;
        match order {
            PurgeOrder::Before(kind, time) => {
                let overdue = writer.overdue(kind.word(), &time_text(*time), PURGED_AT_ONCE).await?;
                Ok((overdue, 0))
            }
            PurgeOrder::About { number, stays } => {
                let subject = self.hash_of_patient(number).await;
                let about = writer.about(&subject).await?;
                let stays: Vec<_> = stays
                    .iter()
                    .map(|(kind, from)| (kind.word(), time_text(*from)))
                    .collect();
                let is_to_stay = |one: &ContentAbout| {
                    let mut rules = stays.iter();
                    // One patient's wish does not take away the evidence about another.
                    one.subjects > 1 || rules.any(|(kind, from)| one.kind == *kind && one.time >= *from)
                };
                let (stay, go): (Vec<_>, Vec<_>) = about.into_iter().partition(is_to_stay);
                let at_once = usize::try_from(PURGED_AT_ONCE).unwrap_or(usize::MAX);
                let keys = go.into_iter().map(|one| one.key).take(at_once);
                Ok((keys.collect(), count(stay.len())))
            }
        }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn purge_draft(keys: &[ContentKey], reason: &str) -> RecordDraft {
    let dropped: Vec<Value> = keys
        .iter()
        .map(|key| json!({"desk": key.desk, "position": key.position}))
        .collect();
    let mut content = Map::new();
    content.insert("reason".to_owned(), reason.into());
    content.insert("dropped".to_owned(), dropped.into());
    RecordDraft {
        kind: RecordKind::Purge,
        content,
        owner: "beidd".to_owned(),
        subjects: Vec::new(),
        card: None,
        reference: None,
        once: None,
    }
}
