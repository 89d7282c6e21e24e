//! Contents that are dropped: finding them, and leaving nothing of them.

use super::{Ledger, from_column};
use crate::database::{Connection, either};
use crate::error::EvidenceError;
use crate::statements as sql;
use sqlx::Connection as _;

impl Ledger {
    /// Finds up to `limit` contents of a kind that were written before `time`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn overdue(&mut self, kind: &str, time: &str, limit: u32) -> Result<Vec<ContentKey>, EvidenceError> {
        let mut connection = self.connect().await?;
        let work = async {
            either!(&mut connection, one => {
                sqlx::query_as::<_, (String, i64)>(sql::OVERDUE)
                    .bind(kind).bind(time).bind(i64::from(limit)).fetch_all(&mut *one).await
            })
        };
        let done = self.place.within(work).await;
        self.settle(connection, done)?
            .into_iter()
            .map(ContentKey::from_row)
            .collect()
    }

    /// Finds the contents about the patient with this keyed hash, with kinds and times of their records.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn about(&mut self, subject: &str) -> Result<Vec<ContentAbout>, EvidenceError> {
        type Row = (String, i64, String, String, i64);
        let mut connection = self.connect().await?;
        let work = async {
            either!(&mut connection, one => {
                sqlx::query_as::<_, Row>(sql::ABOUT).bind(subject).fetch_all(&mut *one).await
            })
        };
        let done = self.place.within(work).await;
        let found = self.settle(connection, done)?.into_iter();
        let found = found.map(|(desk, position, kind, time, subjects)| {
            let key = ContentKey::from_row((desk, position))?;
            Ok(ContentAbout {
                key,
                kind,
                time,
                subjects,
            })
        });
        found.collect()
    }

    /// Drops contents, and what their records are found by, in one transaction. The records stay.
    ///
    /// # Errors
    /// Those of the database; a desk's role on a server may not.
    pub async fn drop_contents(&mut self, keys: &[ContentKey]) -> Result<(), EvidenceError> {
        let mut connection = self.connect().await?;
        let begin = connection.begin();
        let work = async {
            either!(&mut connection, one => {
                let mut transaction = one.begin_with(begin).await?;
                for key in keys {
                    let position = i64::try_from(key.position).unwrap_or(i64::MAX);
                    for statement in [sql::DROP_CONTENT, sql::DROP_ENTRY, sql::DROP_SUBJECTS] {
                        sqlx::query(statement).bind(&key.desk).bind(position).execute(&mut *transaction).await?;
                    }
                }
                transaction.commit().await
            })
        };
        let done = self.place.within(work).await;
        self.settle(connection, done)?;
        self.scrub().await
    }

    /// Makes sure that nothing of what was dropped is left in the files of an embedded database.
    pub(crate) async fn scrub(&mut self) -> Result<(), EvidenceError> {
        let mut connection = self.connect().await?;
        let done = match &mut connection {
            // Pages in the log hold what they held before.
            Connection::Sqlite(one) => sqlx::query_as::<_, (i64, i64, i64)>("PRAGMA wal_checkpoint(TRUNCATE)")
                .fetch_one(&mut *one)
                .await
                .map(|(busy, ..)| busy == 0),
            Connection::Postgres(_) => Ok(true),
        };
        // A reader that stays longer than SQLite waits keeps its pages. The next drop, or the last close, empties the log.
        if !self.settle(connection, done)? {
            tracing::warn!(place = %self.place.name(), "the log of the database still holds dropped contents: it is being read");
        }
        Ok(())
    }
}

/// Content about a patient.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContentAbout {
    /// Its place.
    pub key: ContentKey,
    /// Word for the kind of its record.
    pub kind: String,
    /// Time of writing.
    pub time: String,
    /// Number of patients that it is about.
    pub subjects: i64,
}

/// Place of a content.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContentKey {
    /// Desk that has the chain.
    pub desk: String,
    /// Position in it.
    pub position: u64,
}

impl ContentKey {
    fn from_row((desk, position): (String, i64)) -> Result<Self, EvidenceError> {
        Ok(Self {
            desk,
            position: from_column(position)?,
        })
    }
}
