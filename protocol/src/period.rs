//! Period of a link, in calendar days of Belgium.
//!
//! The start day is included, the end day is not: a link of today for one month ends on the same day of the next. Usual
//! and longest periods are policy, in one table, [`PERIOD_RULES`].

mod policy;

pub use policy::{Actors, Contacts, PERIOD_RULES, PeriodRule};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

use crate::error::{ProtocolError, Warning, WarningKind};

/// Time zone of Belgium, built in: computers without time zone data give the same days.
static BRUSSELS: TimeZone = jiff::tz::get!("Europe/Brussels");

/// The wall clock in Belgium at `instant`.
#[must_use]
pub fn brussels_time(instant: Timestamp) -> Zoned {
    instant.to_zoned(BRUSSELS.clone())
}

/// The calendar day in Belgium at `instant`.
#[must_use]
pub fn brussels_day(instant: Timestamp) -> Date {
    brussels_time(instant).date()
}

/// The first instant of a calendar day in Belgium.
///
/// # Errors
/// [`ProtocolError::Internal`] for a day beyond the range of instants.
pub fn brussels_midnight(day: Date) -> Result<Timestamp, ProtocolError> {
    let midnight = day.to_zoned(BRUSSELS.clone()).map_err(|_| ProtocolError::Internal {
        reason: "a day beyond the range of instants",
    })?;
    Ok(midnight.timestamp())
}

/// Parses `YYYY-MM-DD`, in 1900 or later. Any other form gives nothing, also with a time behind it.
#[must_use]
pub fn parse_day(text: &str) -> Option<Date> {
    let fits = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    // jiff alone would accept a sign, six digits of year, a time and a zone too.
    let day: Date = fits.then(|| text.parse().ok()).flatten()?;
    (day.year() >= 1900).then_some(day)
}

/// The days during which a link holds: `start` included, `end` excluded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LinkPeriod {
    start: Date,
    end: Option<Date>,
}

impl LinkPeriod {
    /// Checks the dates asked for, and fills in today and the usual end.
    ///
    /// The usual end is `rule`'s months after the start, or the last day of that month if it is shorter.
    /// Without an end and without a usual one the period stays open: the platform then applies its own.
    ///
    /// # Errors
    /// [`ProtocolError::PeriodNotAllowed`] on `startDate` if it lies after `today` or more than a year before, on
    /// `endDate` unless it lies after the start and at most ten years.
    ///
    /// Source: eHealth rules on therapeutic links (start inclusive, end exclusive).
    pub fn new(
        today: Date,
        start: Option<Date>,
        end: Option<Date>,
        rule: &PeriodRule,
    ) -> Result<(Self, Vec<Warning>), ProtocolError> {
        let start = start.unwrap_or(today);
        if start > today {
            return Err(not_allowed("startDate", "a link cannot start in the future"));
        }
        // These limits are ours: a date further off is a typing or programming error.
        if years_after(start, 1).is_none_or(|latest| latest < today) {
            return Err(not_allowed("startDate", "a link cannot start more than a year ago"));
        }
        let after = |months: Option<u8>| months.map(|months| months_after(start, months)).transpose();
        let longest_end = after(rule.longest_months)?;
        let end = match end {
            Some(end) => Some(end),
            None => after(rule.usual_months)?,
        };
        // The end is excluded, so a link that ends on its first day would never hold.
        if end.is_some_and(|end| end <= start) {
            return Err(not_allowed("endDate", "the end must lie after the start"));
        }
        let last_end = years_after(start, 10);
        if end.is_some_and(|end| last_end.is_none_or(|last| end > last)) {
            return Err(not_allowed(
                "endDate",
                "the end must lie at most ten years after the start",
            ));
        }
        let longer = matches!((end, longest_end), (Some(end), Some(longest)) if end > longest);
        let warnings = [
            (start < today, "startDate", WarningKind::StartInPast),
            (longer, "endDate", WarningKind::LongerThanUsual),
            (end.is_none(), "endDate", WarningKind::NoUsualPeriod),
        ];
        let warnings = warnings.into_iter().filter(|(holds, ..)| *holds);
        Ok((
            Self { start, end },
            warnings.map(|(_, field, kind)| Warning::new(field, kind)).collect(),
        ))
    }

    /// Takes the dates of a link that was registered before, unchanged: a revocation must repeat them.
    ///
    /// # Errors
    /// [`ProtocolError::PeriodNotAllowed`] on `startDate` if it lies after `today`, on `endDate` unless it lies after the
    /// start.
    pub fn registered(today: Date, start: Option<Date>, end: Option<Date>) -> Result<Self, ProtocolError> {
        // Without the year and the ten years of `new`: a registered link can be revoked, however old or long it is.
        let start = start.unwrap_or(today);
        if start > today {
            return Err(not_allowed("startDate", "a link that is registered has started"));
        }
        if end.is_some_and(|end| end <= start) {
            return Err(not_allowed("endDate", "the end must lie after the start"));
        }
        Ok(Self { start, end })
    }

    /// Returns true if it lasts longer than `months`. A period without an end is not longer: the platform sets its end.
    #[must_use]
    pub fn is_longer_than(&self, months: u8) -> bool {
        let latest = months_after(self.start, months);
        matches!((self.end, latest), (Some(end), Ok(latest)) if end > latest)
    }

    /// First day of the link.
    #[must_use]
    pub fn start(&self) -> Date {
        self.start
    }

    /// First day after the link, if one is set.
    #[must_use]
    pub fn end(&self) -> Option<Date> {
        self.end
    }
}

/// The same day, `years` later, or the last of February; nothing beyond the calendar.
fn years_after(start: Date, years: i64) -> Option<Date> {
    start.checked_add(Span::new().years(years)).ok()
}

/// The same day of the month, `months` later, or the last day of that month.
fn months_after(start: Date, months: u8) -> Result<Date, ProtocolError> {
    start
        .checked_add(Span::new().months(i64::from(months)))
        .map_err(|_| not_allowed("startDate", "the end would lie beyond the calendar"))
}

fn not_allowed(field: &str, reason: &'static str) -> ProtocolError {
    ProtocolError::PeriodNotAllowed {
        field: field.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const fn rule(months: Option<u8>) -> PeriodRule {
        PeriodRule {
            usual_months: months,
            longest_months: months,
            ..PeriodRule::UNKNOWN
        }
    }

    fn day(instant: &str) -> Date {
        brussels_day(instant.parse().unwrap())
    }

    #[track_caller]
    fn check_end(start: Date, months: u8, expected: Date) {
        let (period, warnings) = LinkPeriod::new(start, None, None, &rule(Some(months))).unwrap();
        assert_eq!((period.start(), period.end()), (start, Some(expected)));
        assert_eq!(warnings, []);
    }

    #[track_caller]
    fn check_warning(start: Option<Date>, end: Option<Date>, usual: Option<u8>, field: &str, kind: WarningKind) {
        let (_, warnings) = LinkPeriod::new(date(2026, 11, 20), start, end, &rule(usual)).unwrap();
        assert_eq!(warnings, [Warning::new(field, kind)]);
    }

    #[test]
    fn midnight_is_that_of_brussels() {
        assert_eq!(day("2026-11-20T22:59:59Z"), date(2026, 11, 20));
        assert_eq!(day("2026-11-20T23:00:00Z"), date(2026, 11, 21));
        assert_eq!(day("2026-07-20T21:59:59Z"), date(2026, 7, 20));
        assert_eq!(day("2026-07-20T22:00:00Z"), date(2026, 7, 21));
    }

    #[test]
    fn the_day_of_a_clock_change_has_23_or_25_hours() {
        assert_eq!(day("2026-03-28T23:00:00Z"), date(2026, 3, 29));
        assert_eq!(day("2026-03-29T21:59:59Z"), date(2026, 3, 29));
        assert_eq!(day("2026-03-29T22:00:00Z"), date(2026, 3, 30));
        assert_eq!(day("2026-10-24T22:00:00Z"), date(2026, 10, 25));
        assert_eq!(day("2026-10-25T22:59:59Z"), date(2026, 10, 25));
        assert_eq!(day("2026-10-25T23:00:00Z"), date(2026, 10, 26));
    }

    #[test]
    fn months_end_on_the_same_day() {
        check_end(date(2026, 11, 20), 15, date(2028, 2, 20));
        check_end(date(2026, 12, 31), 1, date(2027, 1, 31));
    }

    #[test]
    fn months_end_on_the_last_day_of_a_shorter_month() {
        check_end(date(2026, 11, 30), 3, date(2027, 2, 28));
        check_end(date(2026, 11, 30), 15, date(2028, 2, 29));
        check_end(date(2026, 10, 31), 1, date(2026, 11, 30));
    }

    #[test]
    fn the_end_must_lie_after_the_start() {
        let today = date(2026, 11, 20);
        for end in [today, date(2026, 11, 19)] {
            let error = LinkPeriod::new(today, None, Some(end), &rule(Some(15))).unwrap_err();
            assert_eq!(error, not_allowed("endDate", "the end must lie after the start"));
        }
        assert!(LinkPeriod::new(today, None, Some(date(2026, 11, 21)), &rule(Some(15))).is_ok());
    }

    #[test]
    fn the_start_cannot_be_tomorrow() {
        let error = LinkPeriod::new(date(2026, 11, 20), Some(date(2026, 11, 21)), None, &rule(Some(15))).unwrap_err();
        assert_eq!(error, not_allowed("startDate", "a link cannot start in the future"));
    }

    #[test]
    fn dates_far_off_are_slips() {
        let today = date(2026, 11, 20);
        assert!(LinkPeriod::new(today, Some(date(2025, 11, 20)), None, &rule(Some(3))).is_ok());
        for start in [date(2025, 11, 19), date(1900, 1, 1), Date::MIN] {
            let error = LinkPeriod::new(today, Some(start), None, &rule(Some(3))).unwrap_err();
            assert_eq!(
                error,
                not_allowed("startDate", "a link cannot start more than a year ago")
            );
        }
        assert!(LinkPeriod::new(today, None, Some(date(2036, 11, 20)), &rule(None)).is_ok());
        for end in [date(2036, 11, 21), Date::MAX] {
            let error = LinkPeriod::new(today, None, Some(end), &rule(None)).unwrap_err();
            assert_eq!(
                error,
                not_allowed("endDate", "the end must lie at most ten years after the start")
            );
        }
    }

    #[test]
    fn a_day_has_one_form() {
        assert_eq!(parse_day("2026-11-20"), Some(date(2026, 11, 20)));
        for text in [
            "",
            "0000-01-01",
            "1899-12-31",
            "-000044-01-01",
            "+002026-11-20",
            "2026-11-20T23:30:00",
            "2026-11-20Z",
            "2026-11-20[Europe/Brussels]",
            "20261120",
            "2026-1-20",
            "2026-11-31",
            " 2026-11-2",
            "2026-11-2é",
        ] {
            assert_eq!(parse_day(text), None, "{text}");
        }
    }

    #[test]
    fn unusual_periods_warn() {
        check_warning(
            Some(date(2026, 11, 19)),
            None,
            Some(3),
            "startDate",
            WarningKind::StartInPast,
        );
        check_warning(
            None,
            Some(date(2027, 2, 21)),
            Some(3),
            "endDate",
            WarningKind::LongerThanUsual,
        );
        check_warning(None, None, None, "endDate", WarningKind::NoUsualPeriod);
    }

    #[test]
    fn the_end_of_the_calendar_is_no_panic() {
        assert!(LinkPeriod::new(Date::MAX, None, None, &rule(Some(15))).is_err());
    }

    #[test]
    fn a_registered_link_keeps_its_dates() {
        let today = date(2026, 11, 20);
        let old = LinkPeriod::registered(today, Some(date(2012, 2, 29)), Some(date(2030, 1, 1))).unwrap();
        assert_eq!((old.start(), old.end()), (date(2012, 2, 29), Some(date(2030, 1, 1))));
        let unknown = LinkPeriod::registered(today, None, None).unwrap();
        assert_eq!((unknown.start(), unknown.end()), (today, None));
        assert!(LinkPeriod::registered(today, Some(date(2026, 11, 21)), None).is_err());
        assert!(LinkPeriod::registered(today, Some(today), Some(today)).is_err());
    }

    #[test]
    fn as_long_as_allowed_is_not_longer() {
        let lasting = |end| LinkPeriod::registered(date(2026, 11, 30), Some(date(2026, 11, 30)), end).unwrap();
        assert!(!lasting(Some(date(2027, 2, 28))).is_longer_than(3));
        assert!(lasting(Some(date(2027, 3, 1))).is_longer_than(3));
        assert!(!lasting(None).is_longer_than(3));
    }

    #[test]
    fn a_rule_may_be_usual_and_bear_more() {
        let generous = PeriodRule {
            usual_months: Some(3),
            longest_months: Some(15),
            ..PeriodRule::UNKNOWN
        };
        let today = date(2026, 11, 20);
        let (period, warnings) = LinkPeriod::new(today, None, None, &generous).unwrap();
        assert_eq!((period.end(), warnings.len()), (Some(date(2027, 2, 20)), 0));
        let (_, warnings) = LinkPeriod::new(today, None, Some(date(2028, 2, 20)), &generous).unwrap();
        assert_eq!(warnings, []);
        let (_, warnings) = LinkPeriod::new(today, None, Some(date(2028, 2, 21)), &generous).unwrap();
        assert_eq!(warnings, [Warning::new("endDate", WarningKind::LongerThanUsual)]);
    }
}
