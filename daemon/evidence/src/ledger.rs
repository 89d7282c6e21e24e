//! One database of chains, whichever it is: adding to it, and reading it.
//!
//! A connection is taken out while it works and put back when the work succeeded. After an error, or when the caller has
//! gone, it is dropped: SQLite may have ended the transaction by itself, and a server may answer the wrong question.

use crate::chain::{ChainEnd, Genesis};
use crate::counts::{AddCounts as _, MonthCounts};
use crate::database::{Connection, DatabasePlace, either};
use crate::error::EvidenceError;
use crate::record::{RecordHeader, hash, read_canonical, time_text};
use crate::sealing::StoredContent;
use crate::statements as sql;
use jiff::Timestamp;
use sqlx::Connection as _;

/// One database of chains.
pub struct Ledger {
    place: DatabasePlace,
    connection: Option<Connection>,
}

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

impl FoundRecord {
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

    /// Finds a record by its id.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn by_id(&mut self, id: &str) -> Result<Option<FoundRecord>, EvidenceError> {
        type Row = (String, i64, String, Option<String>, Option<String>);
        let mut connection = self.connect().await?;
        let work = async {
            either!(&mut connection, one => {
                sqlx::query_as::<_, Row>(sql::BY_ID).bind(id).fetch_optional(&mut *one).await
            })
        };
        let done = self.place.within(work).await;
        let found = self.settle(connection, done)?;
        let found = found.map(|(desk, position, header, owner, reference)| {
            Ok(FoundRecord {
                desk,
                position: from_column(position)?,
                header,
                owner,
                reference,
            })
        });
        found.transpose()
    }

    /// Finds records, the latest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn search(&mut self, search: &RecordSearch) -> Result<Vec<FoundRecord>, EvidenceError> {
        type Row = (String, i64, String, Option<String>, Option<String>);
        let (time, id) = search.after.clone().unwrap_or((search.until.clone(), String::new()));
        let mut connection = self.connect().await?;
        let work = async {
            either!(&mut connection, one => {
                sqlx::query_as::<_, Row>(sql::FOUND)
                    .bind(&search.owner).bind(&search.subject).bind(&search.kind).bind(&search.reference)
                    .bind(&search.from).bind(&search.until).bind(time).bind(id).bind(i64::from(search.limit))
                    .fetch_all(&mut *one).await
            })
        };
        let done = self.place.within(work).await;
        let found = self.settle(connection, done)?.into_iter();
        let found = found.map(|(desk, position, header, owner, reference)| {
            Ok(FoundRecord {
                desk,
                position: from_column(position)?,
                header,
                owner,
                reference,
            })
        });
        found.collect()
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

    /// Makes sure that nothing of what was dropped is left in the files of an embedded database.
    pub(crate) async fn scrub(&mut self) -> Result<(), EvidenceError> {
        let mut connection = self.connect().await?;
        let done = match &mut connection {
            // Pages in the log hold what they held before.
            Connection::Sqlite(one) => sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
                .execute(&mut *one)
                .await
                .map(|_| ()),
            Connection::Postgres(_) => Ok(()),
        };
        self.settle(connection, done)
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
