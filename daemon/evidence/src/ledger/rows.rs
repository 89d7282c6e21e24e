//! Records, what they are found by, and signed heads, as databases hold them.

use crate::record::{RecordHeader, hash, read_canonical};
use crate::sealing::StoredContent;

/// Record as it is stored.
#[derive(Clone)]
pub struct StoredRecord {
    /// Members of the header.
    pub(crate) header: RecordHeader,
    /// Text of the header.
    pub(crate) text: String,
    /// Hash of that text.
    pub(crate) hash: String,
    /// Content; `None` if it was dropped.
    pub(crate) content: Option<StoredContent>,
    /// Keys by which it is found; `None` if they were dropped.
    pub(crate) entry: Option<RecordEntry>,
}

/// Keys by which a record is found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecordEntry {
    /// Key of its caller.
    pub owner: String,
    /// Keyed hashes of the patients' numbers, in order.
    pub subjects: Vec<String>,
    /// Keyed hash of the card's number.
    pub card: Option<String>,
    /// Caller's own word.
    pub reference: Option<String>,
}

/// Signed head as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredHead {
    /// Position of the last record that it knows.
    pub position: u64,
    /// Its text.
    pub head: String,
    /// Signature of the desk, as hex digits.
    pub signature: String,
}

/// Row of a record, with the columns that are there for searching.
pub(crate) struct RecordRow {
    pub(crate) position: u64,
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) time: String,
    pub(crate) text: String,
    pub(crate) hash: String,
    pub(crate) content: Option<StoredContent>,
    pub(crate) entry: Option<RecordEntry>,
}

impl RecordRow {
    /// Members of the header, if the columns are equal to them.
    pub(crate) fn header(&self) -> Option<RecordHeader> {
        let header = read_canonical::<RecordHeader>(&self.text)?;
        let same = header.position == self.position
            && header.id == self.id
            && header.kind == self.kind
            && header.time == self.time
            && hash(self.text.as_bytes()) == self.hash;
        same.then_some(header)
    }

    /// The record, if its columns are equal to its header.
    pub(crate) fn into_record(self) -> Option<StoredRecord> {
        let header = self.header()?;
        Some(StoredRecord {
            header,
            text: self.text,
            hash: self.hash,
            content: self.content,
            entry: self.entry,
        })
    }
}
