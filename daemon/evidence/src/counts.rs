//! Counts: numbers of what was done in a month, kept beside the records and apart from their contents.
//!
//! A record and what it counts are written in one transaction, so that the numbers are those of the chain. A person counts
//! once a month, by a hash under a key of that month. When the month is over, the number of people is written down, and
//! hashes and key are dropped: then nobody can tell whether the people of two months are the same.

mod ledger;

pub(crate) use ledger::{AddCounts, MonthCounts};

use crate::error::EvidenceError;
use crate::store::EvidenceStore;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fmt;

/// Time zone of Belgium, built in: computers without time zone data give the same months.
static BRUSSELS: TimeZone = jiff::tz::get!("Europe/Brussels");

/// Month in Belgium, such as `2026-11`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CountMonth(String);

impl CountMonth {
    /// Returns the month of a moment.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(now.to_zoned(BRUSSELS.clone()).strftime("%Y-%m").to_string())
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
pub struct MonthlyNumber {
    /// The month.
    pub month: CountMonth,
    /// The group.
    pub group: CountGroup,
    /// The cell.
    pub cell: CountCell,
    /// The number.
    pub number: u64,
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
    ) -> Result<Vec<MonthlyNumber>, EvidenceError> {
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
