//! Counts: numbers of what was done in a month, kept beside the records and apart from their contents.
//!
//! A record and what it counts are written in one transaction, so that the numbers are those of the chain. A person counts
//! once a month, by a hash under a key of that month. When the month is over, the number of people is written down, and
//! hashes and key are dropped: then nobody can tell whether the people of two months are the same.

use crate::database::Connection;
use crate::error::EvidenceError;
use crate::ledger::{Ledger, from_column};
use crate::record::hex;
use crate::statements as sql;
use crate::store::EvidenceStore;
use beid_host::random::random_bytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ring::hmac;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use std::fmt;
use zeroize::Zeroizing;

/// Month in Belgium, such as `2026-11`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CountMonth(String);

impl CountMonth {
    /// Returns the month of a moment.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        // The time zone is built in; without it the month in UTC is right but for two hours.
        let zone = TimeZone::get("Europe/Brussels").unwrap_or(TimeZone::UTC);
        Self(now.to_zoned(zone).strftime("%Y-%m").to_string())
    }

    /// Reads a month; `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let day: Option<jiff::civil::Date> = format!("{text}-01").parse().ok();
        let month = day?.strftime("%Y-%m").to_string();
        (month == text).then_some(Self(month))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CountMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Group whose numbers are kept apart from those of others.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct CountGroup {
    /// Profession of the provider.
    pub profession: String,
    /// Name of the calling software.
    pub caller: String,
    /// True if the cards were simulated.
    pub simulated: bool,
}

/// Cell of a table of numbers: a value of a measure, and the part of the whole that it divides.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct CountCell {
    /// Measure, such as `outcome`.
    pub measure: String,
    /// Part of the whole that it divides, such as `consent`; empty where there is one whole.
    pub part_of: String,
    /// Value, such as `done`; empty for the whole itself.
    pub value: String,
}

/// Person who counts once a month.
///
/// It has no `Debug`: it holds a national number.
pub struct CountedPerson {
    /// True for a provider, false for a patient.
    pub is_provider: bool,
    /// Number by which the person is told from others; only a keyed hash of it is written.
    pub number: String,
    /// Band of the age, where it is counted.
    pub age: Option<String>,
    /// Gender, where it is counted.
    pub gender: Option<String>,
    /// Province, where it is counted.
    pub province: Option<String>,
}

/// Numbers that one record, or one refusal, adds.
pub struct CountDraft {
    /// Group to which it adds.
    pub group: CountGroup,
    /// Cells with what is added to each.
    pub cells: Vec<(CountCell, u64)>,
    /// People who took part.
    pub people: Vec<CountedPerson>,
}

/// One number of a month.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct CountRow {
    /// The month.
    pub month: CountMonth,
    /// The group.
    pub group: CountGroup,
    /// The cell.
    pub cell: CountCell,
    /// The number.
    pub number: u64,
}

/// Row of a number in the embedded database.
type Columns = (String, String, String, bool, String, String, String, i64);

impl CountRow {
    fn from_columns(row: Columns) -> Result<Self, EvidenceError> {
        let (month, profession, caller, simulated, measure, part_of, value, number) = row;
        Ok(Self {
            month: CountMonth(month),
            group: CountGroup {
                profession,
                caller,
                simulated,
            },
            cell: CountCell {
                measure,
                part_of,
                value,
            },
            number: from_column(number)?,
        })
    }
}

/// Numbers to be added to a month.
pub(crate) struct MonthCounts<'d> {
    pub(crate) month: CountMonth,
    pub(crate) draft: &'d CountDraft,
}

/// Adding numbers in a transaction that was begun.
pub(crate) trait AddCounts {
    async fn add_counts(&mut self, counts: &MonthCounts<'_>) -> Result<(), sqlx::Error>;
}

impl AddCounts for PgConnection {
    /// Does nothing: a server gets the numbers of months that are over.
    async fn add_counts(&mut self, _: &MonthCounts<'_>) -> Result<(), sqlx::Error> {
        Ok(())
    }
}

impl AddCounts for SqliteConnection {
    async fn add_counts(&mut self, counts: &MonthCounts<'_>) -> Result<(), sqlx::Error> {
        let MonthCounts { month, draft } = counts;
        let fresh = Zeroizing::new(random_bytes::<32>());
        let month = month.as_str();
        sqlx::query(sql::ADD_MONTH)
            .bind(month)
            .bind(fresh.as_slice())
            .execute(&mut *self)
            .await?;
        let key: Option<Vec<u8>> = sqlx::query_scalar(sql::MONTH_KEY)
            .bind(month)
            .fetch_one(&mut *self)
            .await?;
        let Some(key) = key.map(Zeroizing::new) else {
            // The clock was set back. Whoever was counted in this month can no longer be told from others.
            tracing::warn!(month, "this month is closed, and nothing is counted in it any more");
            return Ok(());
        };
        for (cell, number) in &draft.cells {
            add_cell(self, month, &draft.group, cell, *number).await?;
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        for person in &draft.people {
            add_person(self, month, &draft.group, &key, person).await?;
        }
        Ok(())
    }
}

async fn add_cell(
    one: &mut SqliteConnection,
    month: &str,
    group: &CountGroup,
    cell: &CountCell,
    number: u64,
) -> Result<(), sqlx::Error> {
    let added = sqlx::query(sql::ADD_COUNT)
        .bind(month)
        .bind(&group.profession)
        .bind(&group.caller)
        .bind(group.simulated)
        .bind(&cell.measure)
        .bind(&cell.part_of)
        .bind(&cell.value)
        .bind(i64::try_from(number).unwrap_or(i64::MAX))
        .execute(one);
    added.await.map(|_| ())
}

async fn add_person(
    one: &mut SqliteConnection,
    month: &str,
    group: &CountGroup,
    key: &hmac::Key,
    person: &CountedPerson,
) -> Result<(), sqlx::Error> {
    let measure = if person.is_provider { "providers" } else { "patients" };
    let hash = hmac::sign(key, format!("{measure}:{}", person.number).as_bytes());
    let added = sqlx::query(sql::ADD_PERSON)
        .bind(month)
        .bind(&group.profession)
        .bind(&group.caller)
        .bind(group.simulated)
        .bind(measure)
        .bind(hex(hash.as_ref()))
        .bind(&person.age)
        .bind(&person.gender)
        .bind(&person.province)
        .execute(one);
    added.await.map(|_| ())
}

/// Numbers in an embedded database, and those of months that are over on a server.
impl Ledger {
    /// Adds numbers without a record.
    pub(crate) async fn count(&mut self, counts: &MonthCounts<'_>) -> Result<(), EvidenceError> {
        let mut connection = self.connect().await?;
        let begin = connection.begin();
        let work = async {
            let Connection::Sqlite(one) = &mut connection else {
                return Ok(());
            };
            let mut transaction = one.begin_with(begin).await?;
            transaction.add_counts(counts).await?;
            transaction.commit().await
        };
        let done = work.await;
        self.settle(connection, done)
    }

    /// Returns the numbers of the months from the first to the last, in order.
    pub(crate) async fn counts(
        &mut self,
        first: &CountMonth,
        last: &CountMonth,
    ) -> Result<Vec<CountRow>, EvidenceError> {
        let mut connection = self.connect().await?;
        let done = match &mut connection {
            Connection::Sqlite(one) => {
                sqlx::query_as::<_, Columns>(sql::COUNTS)
                    .bind(first.as_str())
                    .bind(last.as_str())
                    .fetch_all(&mut *one)
                    .await
            }
            Connection::Postgres(_) => Ok(Vec::new()),
        };
        let rows = self.settle(connection, done)?;
        rows.into_iter().map(CountRow::from_columns).collect()
    }

    /// Writes down how many people the months before `month` had, and drops their hashes and keys. `desk` is that of the
    /// numbers.
    pub(crate) async fn close_months(&mut self, month: &CountMonth, desk: &str) -> Result<(), EvidenceError> {
        let mut connection = self.connect().await?;
        let begin = connection.begin();
        let work = async {
            let Connection::Sqlite(one) = &mut connection else {
                return Ok(false);
            };
            let open: Vec<String> = sqlx::query_scalar(sql::OPEN_MONTHS)
                .bind(month.as_str())
                .fetch_all(&mut *one)
                .await?;
            for month in &open {
                let mut transaction = one.begin_with(begin).await?;
                for statement in [sql::COUNT_PEOPLE, sql::DROP_PEOPLE] {
                    sqlx::query(statement).bind(month).execute(&mut *transaction).await?;
                }
                sqlx::query(sql::CLOSE_MONTH)
                    .bind(month)
                    .bind(desk)
                    .execute(&mut *transaction)
                    .await?;
                transaction.commit().await?;
            }
            Ok(!open.is_empty())
        };
        let done = work.await;
        if self.settle(connection, done)? {
            self.scrub().await?;
        }
        Ok(())
    }

    /// Returns the months that are closed and that the server has not confirmed, with the desks of their numbers.
    pub(crate) async fn months_to_deliver(&mut self) -> Result<Vec<(CountMonth, String)>, EvidenceError> {
        let mut connection = self.connect().await?;
        let done = match &mut connection {
            Connection::Sqlite(one) => {
                sqlx::query_as::<_, (String, String)>(sql::MONTHS_TO_DELIVER)
                    .fetch_all(&mut *one)
                    .await
            }
            Connection::Postgres(_) => Ok(Vec::new()),
        };
        let months = self.settle(connection, done)?.into_iter();
        Ok(months.map(|(month, desk)| (CountMonth(month), desk)).collect())
    }

    /// Notes that the server has the numbers of a month.
    pub(crate) async fn set_month_delivered(&mut self, month: &CountMonth) -> Result<(), EvidenceError> {
        let mut connection = self.connect().await?;
        let done = match &mut connection {
            Connection::Sqlite(one) => {
                let noted = sqlx::query(sql::SET_MONTH_DELIVERED)
                    .bind(month.as_str())
                    .execute(&mut *one);
                noted.await.map(|_| ())
            }
            Connection::Postgres(_) => Ok(()),
        };
        self.settle(connection, done)
    }

    /// Adds the numbers of a month to a server, all of them or none. Those that are there stay, so that the same can be
    /// added again after an answer that did not arrive.
    pub(crate) async fn deliver_counts(&mut self, desk: &str, rows: &[CountRow]) -> Result<(), EvidenceError> {
        let mut connection = self.connect().await?;
        let work = async {
            let Connection::Postgres(one) = &mut connection else {
                return Ok(());
            };
            let mut transaction = one.begin().await?;
            for CountRow {
                month,
                group,
                cell,
                number,
            } in rows
            {
                sqlx::query(sql::DELIVER_COUNT)
                    .bind(desk)
                    .bind(month.as_str())
                    .bind(&group.profession)
                    .bind(&group.caller)
                    .bind(group.simulated)
                    .bind(&cell.measure)
                    .bind(&cell.part_of)
                    .bind(&cell.value)
                    .bind(i64::try_from(*number).unwrap_or(i64::MAX))
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await
        };
        let done = self.place().clone().within(work).await;
        self.settle(connection, done)
    }
}

/// Numbers of a desk.
impl EvidenceStore {
    /// Adds numbers of something that has no record, such as a refusal.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn count(&self, draft: &CountDraft, now: Timestamp) -> Result<(), EvidenceError> {
        let month = CountMonth::at(now);
        self.writer().lock().await.count(&MonthCounts { month, draft }).await
    }

    /// Returns the numbers of the months from the first to the last, in order. Months that are over are closed before.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn counts(
        &self,
        first: &CountMonth,
        last: &CountMonth,
        now: Timestamp,
    ) -> Result<Vec<CountRow>, EvidenceError> {
        self.close_months(now).await?;
        self.writer().lock().await.counts(first, last).await
    }

    /// Closes the months that are over: afterwards nothing is left of their people but numbers.
    ///
    /// # Errors
    /// Those of the database. The next call tries again.
    pub async fn close_months(&self, now: Timestamp) -> Result<(), EvidenceError> {
        let desk = self.desk().await;
        let month = CountMonth::at(now);
        self.writer().lock().await.close_months(&month, &desk).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_that_of_belgium() {
        for (moment, month) in [
            ("2026-11-30T22:59:59Z", "2026-11"),
            ("2026-11-30T23:00:00Z", "2026-12"),
            ("2026-06-30T21:59:59Z", "2026-06"),
            ("2026-06-30T22:00:00Z", "2026-07"),
        ] {
            assert_eq!(CountMonth::at(moment.parse().unwrap()).as_str(), month, "{moment}");
        }
        assert_eq!(CountMonth::parse("2026-11").unwrap().to_string(), "2026-11");
        for wrong in ["2026-13", "2026-1", "2026", "2026-11-01", "26-11", "", "2026-11 "] {
            assert_eq!(CountMonth::parse(wrong), None, "{wrong}");
        }
    }
}
