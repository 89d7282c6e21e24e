//! Numbers of readings by month, provider, profession and caller, kept in `readings.json` of the state directory.
//!
//! They are counted apart from the records, because contents of records may be dropped, sealed to an institution or kept
//! on its server, and because numbers say nothing about any patient.

use beid_api::ErrorCode;
use beid_api::types::{MonthlyReadings, ReadingShare};
use beid_host::private;
use beid_protocol::WarningKind;
use beid_protocol::identity_reading::{IdentityReading, ManualReason, ReadingGroup, ReadingMeans, VignetteReason};
use beid_protocol::period::brussels_day;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Share of readings that are not electronic, in thousandths, that should not be exceeded. (Royal decree of 18 September
/// 2015, article 3, and the institute's pages on the reading of identity documents)
pub(super) const LIMIT_PER_MILLE: u64 = 100;
/// Share from which a warning says that the limit is near.
const NEAR_PER_MILLE: u64 = 80;
/// Number of rows at most; the least worth make room. A caller can name any number of providers.
const LONGEST: usize = 2000;
/// Time within which the same card for the same provider is probably a second click.
const SECOND_CLICK: Duration = Duration::from_secs(60);
/// Number of readings at most that are remembered for that.
const REMEMBERED: usize = 256;

/// Numbers of readings at this desk.
pub struct ReadingCounts {
    file: PathBuf,
    rows: Mutex<Vec<CountRow>>,
    recent: Mutex<VecDeque<(Instant, u64)>>,
    /// Hashes what is remembered of recent readings: numbers of cards are not kept in the clear.
    hasher: RandomState,
}

/// Numbers of one caller, with the key by which the caller is known.
#[derive(Deserialize, Serialize)]
struct CountRow {
    owner: String,
    counts: MonthlyReadings,
}

/// Caller and provider of a reading.
#[derive(Clone)]
pub(super) struct CountedParty {
    pub(super) owner: String,
    pub(super) caller: String,
    pub(super) provider: Option<String>,
    pub(super) profession: Option<String>,
}

/// A reading, as far as it is counted.
pub(super) struct CountedReading {
    key: CountedParty,
    means: ReadingMeans,
    serial_number: Option<String>,
    is_simulated: bool,
}

/// Result of counting a reading.
pub(super) struct CountOutcome {
    /// Share of the provider in this month.
    pub(super) share: ReadingShare,
    /// Warning about that share, if this reading is not electronic.
    pub(super) share_warning: Option<WarningKind>,
    /// True if it is probably a second click.
    pub(super) is_repeated: bool,
}

impl CountedReading {
    pub(super) fn new(key: CountedParty, reading: &IdentityReading, is_simulated: bool) -> Self {
        Self {
            key,
            means: reading.means(),
            serial_number: reading.serial_number().map(str::to_owned),
            is_simulated,
        }
    }
}

impl ReadingCounts {
    /// Reads the numbers kept in the state directory; none if the file is absent or damaged.
    ///
    /// # Errors
    /// Those of reading, if the file exists and cannot be read.
    pub fn open(state: &Path) -> std::io::Result<Self> {
        let file = state.join("readings.json");
        let rows = private::read_state(&file, |bytes| serde_json::from_slice(bytes))?;
        Ok(Self {
            file,
            rows: Mutex::new(rows.unwrap_or_default()),
            recent: Mutex::default(),
            hasher: RandomState::new(),
        })
    }

    /// Counts a reading that is recorded.
    pub(super) fn count(&self, reading: &CountedReading, now: Timestamp) -> CountOutcome {
        let month = month_of(now);
        let mut rows = self.lock();
        let counts = row(&mut rows, &reading.key, &month);
        if reading.is_simulated {
            counts.simulated += 1;
        } else {
            add(counts, reading.means);
        }
        self.keep(&mut rows);
        let share = share_of(&rows, reading.key.provider.as_deref(), month);
        CountOutcome {
            share_warning: share_warning(reading.means.group(), &share),
            share,
            is_repeated: self.is_repeated(reading),
        }
    }

    /// Counts a reading that was refused.
    pub(super) fn refuse(&self, key: &CountedParty, code: ErrorCode, now: Timestamp) {
        let mut rows = self.lock();
        *row(&mut rows, key, &month_of(now))
            .refused
            .entry(code.code().to_owned())
            .or_default() += 1;
        self.keep(&mut rows);
    }

    /// The numbers of the months from that of `from` to that of `to`, the latest first; those of one caller, or all.
    pub(super) fn report(&self, owner: Option<&str>, from: Option<Date>, to: Option<Date>) -> Vec<MonthlyReadings> {
        let (from, to) = (from.map(month_name), to.map(month_name));
        let rows = self.lock();
        let wanted = rows.iter().filter(|row| {
            let month = Some(&row.counts.month);
            owner.is_none_or(|owner| owner == row.owner)
                && (from.is_none() || month >= from.as_ref())
                && (to.is_none() || month <= to.as_ref())
        });
        let mut counts: Vec<MonthlyReadings> = wanted
            .map(|row| MonthlyReadings {
                other_per_mille: per_mille(row.counts.electronic, row.counts.other),
                ..row.counts.clone()
            })
            .collect();
        counts.sort_by(|a, b| {
            let places = |one: &MonthlyReadings| (one.provider.clone(), one.profession.clone(), one.caller.clone());
            b.month.cmp(&a.month).then_with(|| places(a).cmp(&places(b)))
        });
        counts
    }

    /// Returns true if the same card was counted for the same provider less than a minute ago, and remembers this one.
    fn is_repeated(&self, reading: &CountedReading) -> bool {
        let Some(serial) = &reading.serial_number else {
            return false;
        };
        // Not the time of day: a clock that is set must not hide a second click, nor make one up.
        let (now, hash) = (Instant::now(), self.hasher.hash_one((serial, &reading.key.provider)));
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|(at, _)| now.duration_since(*at) < SECOND_CLICK);
        let is_repeated = recent.iter().any(|(_, known)| *known == hash);
        if recent.len() >= REMEMBERED {
            recent.pop_front();
        }
        recent.push_back((now, hash));
        is_repeated
    }

    fn keep(&self, rows: &mut Vec<CountRow>) {
        while rows.len() > LONGEST {
            rows.remove(least_worth(rows));
        }
        let kept = serde_json::to_vec(rows)
            .map_err(std::io::Error::other)
            .and_then(|bytes| private::write(&self.file, &bytes));
        // The record is what counts before an inspector; a number that is lost must not take the reading back.
        if let Err(error) = kept {
            tracing::warn!(%error, "numbers of identity readings cannot be kept");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<CountRow>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The row that makes room: one that has refusals only, else any; the oldest of the caller who has most of those. Nobody can
/// push out the numbers of others by calling often.
fn least_worth(rows: &[CountRow]) -> usize {
    let counts_nothing = |row: &&CountRow| {
        let MonthlyReadings {
            electronic,
            other,
            simulated,
            ..
        } = row.counts;
        electronic == 0 && other == 0 && simulated == 0
    };
    let has_refused = rows.iter().any(|row| counts_nothing(&row));
    let is_candidate = |row: &&CountRow| !has_refused || counts_nothing(row);
    let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows.iter().filter(is_candidate) {
        *owners.entry(&row.owner).or_default() += 1;
    }
    let most = owners
        .into_iter()
        .max_by_key(|(_, number)| *number)
        .map(|(owner, _)| owner);
    // New ones are added at the end, so the first is the oldest.
    let goes = |row: &CountRow| is_candidate(&row) && Some(row.owner.as_str()) == most;
    rows.iter().position(goes).unwrap_or(0)
}

/// The row of this caller, provider and month.
fn row<'r>(rows: &'r mut Vec<CountRow>, key: &CountedParty, month: &str) -> &'r mut MonthlyReadings {
    let is_it = |row: &CountRow| {
        row.owner == key.owner
            && row.counts.month == month
            && row.counts.caller == key.caller
            && row.counts.provider == key.provider
            && row.counts.profession == key.profession
    };
    let at = rows.iter().position(is_it).unwrap_or(rows.len());
    if at == rows.len() {
        rows.push(CountRow {
            owner: key.owner.clone(),
            counts: MonthlyReadings {
                month: month.to_owned(),
                provider: key.provider.clone(),
                profession: key.profession.clone(),
                caller: key.caller.clone(),
                ..MonthlyReadings::default()
            },
        });
    }
    #[expect(clippy::indexing_slicing, reason = "it was found, or has just been added")]
    &mut rows[at].counts
}

fn add(counts: &mut MonthlyReadings, means: ReadingMeans) {
    let one_more = |numbers: &mut BTreeMap<String, u64>, word: &str| *numbers.entry(word.to_owned()).or_default() += 1;
    match means.group() {
        ReadingGroup::Electronic => counts.electronic += 1,
        ReadingGroup::Other => counts.other += 1,
    }
    counts.deferred += u64::from(means.is_deferred());
    one_more(&mut counts.by_way, means.way().word());
    one_more(&mut counts.by_support, means.support().word());
    if let Some(reason) = means.manual_reason().map(ManualReason::word) {
        one_more(&mut counts.by_manual_reason, reason);
    }
    if let Some(reason) = means.vignette_reason().map(VignetteReason::word) {
        one_more(&mut counts.by_vignette_reason, reason);
    }
}

/// The share of a provider at this desk, whichever callers asked.
fn share_of(rows: &[CountRow], provider: Option<&str>, month: String) -> ReadingShare {
    let theirs = || {
        rows.iter()
            .map(|row| &row.counts)
            .filter(|counts| counts.month == month && counts.provider.as_deref() == provider)
    };
    let electronic = theirs().map(|counts| counts.electronic).sum();
    let other = theirs().map(|counts| counts.other).sum();
    ReadingShare {
        electronic,
        other,
        other_per_mille: per_mille(electronic, other),
        limit_per_mille: LIMIT_PER_MILLE,
        month,
    }
}

/// Warning about a share. A reading that is electronic makes it no worse, and nobody can do better.
fn share_warning(group: ReadingGroup, share: &ReadingShare) -> Option<WarningKind> {
    match group {
        ReadingGroup::Electronic => None,
        ReadingGroup::Other if share.other_per_mille > LIMIT_PER_MILLE => Some(WarningKind::OtherShareExceeded),
        ReadingGroup::Other if share.other_per_mille >= NEAR_PER_MILLE => Some(WarningKind::OtherShareNearLimit),
        ReadingGroup::Other => None,
    }
}

/// Rounded up, so that a share beyond the limit is never shown as the limit.
fn per_mille(electronic: u64, other: u64) -> u64 {
    match electronic.saturating_add(other) {
        0 => 0,
        total => other.saturating_mul(1000).div_ceil(total),
    }
}

/// Month in Belgium, such as 2026-11.
fn month_of(now: Timestamp) -> String {
    month_name(brussels_day(now))
}

fn month_name(day: Date) -> String {
    day.strftime("%Y-%m").to_string()
}

#[cfg(test)]
mod tests;
