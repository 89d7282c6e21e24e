//! One database of chains, whichever it is: adding to it, and reading it.
//!
//! A connection is taken out while it works and put back when the work succeeded. After an error, or when the caller has
//! gone, it is dropped: SQLite may have ended the transaction by itself, and a server may answer the wrong question.
//!
//! ```text
//! rows       records, entries and heads as they are stored
//! search     finding records, and what one holds
//! contents   contents that are dropped
//! ```

mod contents;
mod rows;
mod search;

use crate::chain::{ChainEnd, Genesis};
use crate::counts::{AddCounts as _, MonthCounts};
use crate::database::{Connection, DatabasePlace, either};
use crate::error::EvidenceError;
use crate::record::{hash, read_canonical};
use crate::sealing::StoredContent;
use crate::statements as sql;
use sqlx::Connection as _;

pub use contents::{ContentAbout, ContentKey};
pub(crate) use rows::RecordRow;
pub use rows::{RecordEntry, StoredHead, StoredRecord};
pub use search::{FoundRecord, RecordSearch};

/// One database of chains.
pub struct Ledger {
    place: DatabasePlace,
    connection: Option<Connection>,
}

/// Result of adding records: the position at which the database has another record, if there is one.
type Forked = Option<u64>;

impl Ledger {
    /// Names a database; it is opened when it is first used.
    #[must_use]
    pub fn at(place: DatabasePlace) -> Self {
        Self {
            place,
            connection: None,
        }
    }

    /// Its place.
    #[must_use]
    pub fn place(&self) -> &DatabasePlace {
        &self.place
    }

    /// Takes the connection out, or opens one.
    pub(crate) async fn connect(&mut self) -> Result<Connection, EvidenceError> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => self.place.connect().await,
        }
    }

    /// Puts the connection back if the work succeeded; else drops it and translates the error.
    pub(crate) fn settle<T>(
        &mut self,
        connection: Connection,
        done: Result<T, sqlx::Error>,
    ) -> Result<T, EvidenceError> {
        match done {
            Ok(done) => {
                self.connection = Some(connection);
                Ok(done)
            }
            Err(error) => Err(self.place.error(&error)),
        }
    }

    /// Closes the connection, if there is one, and returns once it is closed.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn close(&mut self) -> Result<(), EvidenceError> {
        let connection = self.connection.take();
        let work = async {
            match connection {
                Some(Connection::Sqlite(one)) => one.close().await,
                Some(Connection::Postgres(one)) => one.close().await,
                None => Ok(()),
            }
        };
        let closed = self.place.within(work).await;
        closed.map_err(|error| self.place.error(&error))
    }

    /// Adds a chain; one that is there already must have the same beginning.
    ///
    /// # Errors
    /// [`EvidenceError::Forked`] if it has another; else those of the database.
    pub async fn add_chain(&mut self, desk: &str, genesis: &str) -> Result<(), EvidenceError> {
        let mut connection = self.connect().await?;
        let work = async {
            either!(&mut connection, one => {
                sqlx::query(sql::ADD_CHAIN).bind(desk).bind(genesis).execute(&mut *one).await?;
                sqlx::query_scalar::<_, String>(sql::GENESIS).bind(desk).fetch_optional(&mut *one).await
            })
        };
        let done = self.place.within(work).await;
        let there = self.settle(connection, done)?;
        if there.as_deref() == Some(genesis) {
            Ok(())
        } else {
            Err(self.forked(desk, 0))
        }
    }

    fn forked(&self, desk: &str, position: u64) -> EvidenceError {
        EvidenceError::Forked {
            place: self.place.name(),
            desk: desk.to_owned(),
            position,
        }
    }

    /// Returns the beginnings of all chains.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn chains(&mut self) -> Result<Vec<String>, EvidenceError> {
        let mut connection = self.connect().await?;
        let work =
            async { either!(&mut connection, one => sqlx::query_scalar(sql::CHAINS).fetch_all(&mut *one).await) };
        let done = self.place.within(work).await;
        self.settle(connection, done)
    }

    /// Returns the end of a chain; `None` if there is no such chain.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn end(&mut self, desk: &str) -> Result<Option<ChainEnd>, EvidenceError> {
        let mut connection = self.connect().await?;
        let work = async {
            either!(&mut connection, one => {
                let last = sqlx::query_as::<_, (i64, String)>(sql::END).bind(desk).fetch_optional(&mut *one).await?;
                if last.is_some() {
                    return Ok(last);
                }
                let genesis = sqlx::query_scalar::<_, String>(sql::GENESIS).bind(desk).fetch_optional(&mut *one).await?;
                Ok(genesis.map(|genesis| (0, hash(genesis.as_bytes()))))
            })
        };
        let done = self.place.within(work).await;
        let end = self.settle(connection, done)?;
        let end = end.map(|(position, hash)| {
            Ok(ChainEnd {
                desk: desk.to_owned(),
                hash,
                position: from_column(position)?,
            })
        });
        end.transpose()
    }

    /// Returns the hash of one record; `None` if there is no such record.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn hash_at(&mut self, desk: &str, position: u64) -> Result<Option<String>, EvidenceError> {
        let position = to_column(position)?;
        let mut connection = self.connect().await?;
        let work = async {
            either!(&mut connection, one => {
                sqlx::query_scalar(sql::HASH_AT).bind(desk).bind(position).fetch_optional(&mut *one).await
            })
        };
        let done = self.place.within(work).await;
        self.settle(connection, done)
    }

    /// Adds records in one transaction: all of them, or none. Those that are there already stay as they are, so that the
    /// same can be added again after an answer that did not arrive.
    ///
    /// # Errors
    /// [`EvidenceError::Forked`] if another record has the place of one; else those of the database.
    pub async fn append(&mut self, records: &[StoredRecord]) -> Result<(), EvidenceError> {
        self.append_counted(records, None).await
    }

    /// Adds records as [`append`](Self::append) does, and numbers with them, in the same transaction.
    pub(crate) async fn append_counted(
        &mut self,
        records: &[StoredRecord],
        counts: Option<&MonthCounts<'_>>,
    ) -> Result<(), EvidenceError> {
        let positions = records.iter().map(|record| to_column(record.header.position));
        let positions: Vec<i64> = positions.collect::<Result<_, _>>()?;
        let mut connection = self.connect().await?;
        let begin = connection.begin();
        let work = async {
            either!(&mut connection, one => {
                let mut transaction = one.begin_with(begin).await?;
                for (record, position) in records.iter().zip(&positions) {
                    let StoredRecord { header, text, hash, content, entry } = record;
                    let added = sqlx::query(sql::ADD_RECORD)
                        .bind(&header.desk).bind(position).bind(&header.id).bind(&header.kind).bind(&header.time)
                        .bind(text).bind(hash)
                        .execute(&mut *transaction).await?;
                    if added.rows_affected() == 0 {
                        let there = sqlx::query_scalar::<_, String>(sql::HASH_AT)
                            .bind(&header.desk).bind(position)
                            .fetch_optional(&mut *transaction).await?;
                        if there.as_ref() == Some(hash) {
                            continue;
                        }
                        transaction.rollback().await?;
                        return Ok(Some(header.position));
                    }
                    if let Some(content) = content {
                        sqlx::query(sql::ADD_CONTENT)
                            .bind(&header.desk).bind(position).bind(&content.sealing).bind(&content.octets)
                            .execute(&mut *transaction).await?;
                    }
                    if let Some(entry) = entry {
                        sqlx::query(sql::ADD_ENTRY)
                            .bind(&header.desk).bind(position)
                            .bind(&entry.owner).bind(&entry.card).bind(&entry.reference)
                            .execute(&mut *transaction).await?;
                        for subject in &entry.subjects {
                            sqlx::query(sql::ADD_SUBJECT)
                                .bind(&header.desk).bind(position).bind(subject)
                                .execute(&mut *transaction).await?;
                        }
                    }
                }
                if let Some(counts) = counts {
                    transaction.add_counts(counts).await?;
                }
                transaction.commit().await?;
                Ok::<Forked, sqlx::Error>(None)
            })
        };
        let content = |record: &StoredRecord| record.content.as_ref().map_or(0, |content| content.octets.len());
        let octets = records.iter().map(|record| record.text.len() + content(record)).sum();
        let done = self.place.within_time_for(octets, work).await;
        match (self.settle(connection, done)?, records.first()) {
            (Some(position), Some(record)) => Err(self.forked(&record.header.desk, position)),
            _ => Ok(()),
        }
    }

    /// Adds signed heads; those that are there stay.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn add_heads(&mut self, desk: &str, heads: &[StoredHead]) -> Result<(), EvidenceError> {
        let mut connection = self.connect().await?;
        let work = async {
            for one in heads {
                let position = i64::try_from(one.position).unwrap_or(i64::MAX);
                either!(&mut connection, connection => {
                    sqlx::query(sql::ADD_HEAD)
                        .bind(desk).bind(position).bind(&one.head).bind(&one.signature)
                        .execute(&mut *connection).await?;
                });
            }
            Ok(())
        };
        let done = self.place.within(work).await;
        self.settle(connection, done)
    }

    /// Returns the last signed head of a chain.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn last_head(&mut self, desk: &str) -> Result<Option<(String, String)>, EvidenceError> {
        let mut connection = self.connect().await?;
        let work = async {
            either!(&mut connection, one => sqlx::query_as(sql::LAST_HEAD).bind(desk).fetch_optional(&mut *one).await)
        };
        let done = self.place.within(work).await;
        self.settle(connection, done)
    }

    /// Returns the signed heads behind position `after`, up to `last`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn heads(&mut self, desk: &str, after: i64, last: u64) -> Result<Vec<StoredHead>, EvidenceError> {
        let last = to_column(last)?;
        let mut connection = self.connect().await?;
        let work = async {
            either!(&mut connection, one => {
                sqlx::query_as::<_, (i64, String, String)>(sql::HEADS)
                    .bind(desk).bind(after).bind(last)
                    .fetch_all(&mut *one).await
            })
        };
        let done = self.place.within(work).await;
        let heads = self.settle(connection, done)?.into_iter();
        let heads = heads.map(|(position, head, signature)| {
            Ok(StoredHead {
                position: from_column(position)?,
                head,
                signature,
            })
        });
        heads.collect()
    }

    /// Returns up to `limit` records behind position `after`, with their contents and what they are found by.
    pub(crate) async fn part(&mut self, desk: &str, after: u64, limit: u32) -> Result<Vec<RecordRow>, EvidenceError> {
        type Row = (i64, String, String, String, String, String);
        type ContentRow = (i64, String, Vec<u8>);
        type EntryRow = (i64, String, Option<String>, Option<String>);
        type SubjectRow = (i64, String);
        let (first, limit) = (to_column(after)?, i64::from(limit));
        let mut connection = self.connect().await?;
        let work = async {
            either!(&mut connection, one => {
                let rows: Vec<Row> = sqlx::query_as(sql::RECORDS)
                    .bind(desk).bind(first).bind(limit).fetch_all(&mut *one).await?;
                let last = rows.last().map_or(first, |row| row.0);
                let contents: Vec<ContentRow> = sqlx::query_as(sql::CONTENTS)
                    .bind(desk).bind(first).bind(last).fetch_all(&mut *one).await?;
                let entries: Vec<EntryRow> = sqlx::query_as(sql::ENTRIES)
                    .bind(desk).bind(first).bind(last).fetch_all(&mut *one).await?;
                let subjects: Vec<SubjectRow> = sqlx::query_as(sql::SUBJECTS)
                    .bind(desk).bind(first).bind(last).fetch_all(&mut *one).await?;
                Ok((rows, contents, entries, subjects))
            })
        };
        let done = self.place.within(work).await;
        let (rows, contents, entries, subjects) = self.settle(connection, done)?;
        let mut subjects = subjects.into_iter().peekable();
        let (mut contents, mut entries) = (contents.into_iter().peekable(), entries.into_iter().peekable());
        let row = |(at, id, kind, time, text, hash): Row| {
            let content = contents.next_if(|content| content.0 == at);
            let entry = entries.next_if(|entry| entry.0 == at);
            let about = std::iter::from_fn(|| subjects.next_if(|subject| subject.0 == at));
            let about = about.map(|(_, subject)| subject).collect();
            Ok(RecordRow {
                position: from_column(at)?,
                id,
                kind,
                time,
                text,
                hash,
                content: content.map(|(_, sealing, octets)| StoredContent { sealing, octets }),
                entry: entry.map(|(_, owner, card, reference)| RecordEntry {
                    owner,
                    subjects: about,
                    card,
                    reference,
                }),
            })
        };
        rows.into_iter().map(row).collect()
    }

    /// Writes something to an embedded database, to see that it can be; a server is not asked.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn try_writing(&mut self, time: &str) -> Result<(), EvidenceError> {
        let mut connection = self.connect().await?;
        let done = match &mut connection {
            Connection::Sqlite(one) => sqlx::query(sql::PROBE).bind(time).execute(&mut *one).await.map(|_| ()),
            Connection::Postgres(_) => Ok(()),
        };
        self.settle(connection, done)
    }
}

/// Desk that a genesis names.
pub(crate) fn genesis_of(text: &str) -> Result<Genesis, EvidenceError> {
    read_canonical(text).ok_or_else(|| EvidenceError::Internal("a chain without a beginning".to_owned()))
}

pub(crate) fn to_column(number: u64) -> Result<i64, EvidenceError> {
    i64::try_from(number).map_err(|error| EvidenceError::Internal(error.to_string()))
}

pub(crate) fn from_column(number: i64) -> Result<u64, EvidenceError> {
    u64::try_from(number).map_err(|error| EvidenceError::Internal(error.to_string()))
}
