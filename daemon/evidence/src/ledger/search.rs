//! Finding records, and reading the content of one.

use super::{Ledger, from_column, to_column};
use crate::database::either;
use crate::error::EvidenceError;
use crate::record::{RecordHeader, read_canonical, time_text};
use crate::sealing::StoredContent;
use crate::statements as sql;
use jiff::Timestamp;

/// Record found by a search.
pub struct FoundRecord {
    /// Desk that has the chain.
    pub desk: String,
    /// Position in it.
    pub position: u64,
    /// Text of the header.
    pub header: String,
    /// Key of its caller; `None` if the content was dropped.
    pub owner: Option<String>,
    /// Caller's own word.
    pub reference: Option<String>,
}

/// Columns of a record that was found.
type FoundRow = (String, i64, String, Option<String>, Option<String>);

impl FoundRecord {
    fn from_row((desk, position, header, owner, reference): FoundRow) -> Result<Self, EvidenceError> {
        Ok(Self {
            desk,
            position: from_column(position)?,
            header,
            owner,
            reference,
        })
    }

    /// Reads the members of the header.
    ///
    /// # Errors
    /// [`EvidenceError::Damaged`] if it is no header.
    pub fn read_header(&self) -> Result<RecordHeader, EvidenceError> {
        read_canonical(&self.header).ok_or_else(|| EvidenceError::Damaged {
            place: format!("record {} of desk {}", self.position, self.desk),
            detail: "no header of this version".to_owned(),
        })
    }
}

/// Search for records. An empty text, or none, finds everything.
#[derive(Clone, Debug)]
pub struct RecordSearch {
    /// Key of the caller who may see the records; empty: all of them.
    pub owner: String,
    /// Keyed hash of the patient's number.
    pub subject: String,
    /// Word for the kind.
    pub kind: String,
    /// Caller's own word.
    pub reference: String,
    /// First moment that counts, as in headers.
    pub from: String,
    /// First moment that counts no more.
    pub until: String,
    /// Time and id of the last record of the page before.
    pub after: Option<(String, String)>,
    /// Number of records at most.
    pub limit: u32,
}

impl Default for RecordSearch {
    fn default() -> Self {
        Self {
            owner: String::new(),
            subject: String::new(),
            kind: String::new(),
            reference: String::new(),
            from: String::new(),
            // Behind every time that a header can have.
            until: "a".to_owned(),
            after: None,
            limit: 100,
        }
    }
}

impl RecordSearch {
    /// Looks for records that were written from one moment on, and before another.
    #[must_use]
    pub fn within(mut self, from: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        self.from = from.map(time_text).unwrap_or(self.from);
        self.until = until.map(time_text).unwrap_or(self.until);
        self
    }
}

impl Ledger {
    /// Finds a record by its id.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn by_id(&mut self, id: &str) -> Result<Option<FoundRecord>, EvidenceError> {
        let mut connection = self.connect().await?;
        let work = async {
            either!(&mut connection, one => {
                sqlx::query_as::<_, FoundRow>(sql::BY_ID).bind(id).fetch_optional(&mut *one).await
            })
        };
        let done = self.place.within(work).await;
        self.settle(connection, done)?.map(FoundRecord::from_row).transpose()
    }

    /// Finds records, the latest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn search(&mut self, search: &RecordSearch) -> Result<Vec<FoundRecord>, EvidenceError> {
        let (time, id) = search.after.clone().unwrap_or((search.until.clone(), String::new()));
        let mut connection = self.connect().await?;
        let work = async {
            either!(&mut connection, one => {
                sqlx::query_as::<_, FoundRow>(sql::FOUND)
                    .bind(&search.owner).bind(&search.subject).bind(&search.kind).bind(&search.reference)
                    .bind(&search.from).bind(&search.until).bind(time).bind(id).bind(i64::from(search.limit))
                    .fetch_all(&mut *one).await
            })
        };
        let done = self.place.within(work).await;
        self.settle(connection, done)?
            .into_iter()
            .map(FoundRecord::from_row)
            .collect()
    }

    /// Returns the content of a record; `None` if it was dropped.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn content(&mut self, desk: &str, position: u64) -> Result<Option<StoredContent>, EvidenceError> {
        let position = to_column(position)?;
        let mut connection = self.connect().await?;
        let work = async {
            either!(&mut connection, one => {
                sqlx::query_as::<_, (String, Vec<u8>)>(sql::CONTENT_AT)
                    .bind(desk).bind(position).fetch_optional(&mut *one).await
            })
        };
        let done = self.place.within(work).await;
        let found = self.settle(connection, done)?;
        Ok(found.map(|(sealing, octets)| StoredContent { sealing, octets }))
    }
}
