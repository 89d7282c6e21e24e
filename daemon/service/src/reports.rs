//! Reports: numbers of what was done, by month, profession and calling software.
//!
//! ```text
//! facts         what an answer, or a refusal, adds to the numbers; written with its record
//! people        bands of ages, gender and province of patients, where the settings want them
//! measures      the table of measures and their values; the numbers of a group as trees
//! suppression   which of them are shown, so that no small one can be computed
//! ```
//!
//! The numbers are kept beside the records of evidence and apart from their contents, so that no content is kept longer for
//! a report.

mod facts;
mod measures;
mod people;
mod suppression;

pub(crate) use facts::{CountFacts, RefusalToCount, ReportedParty, counts_of};

use crate::Context;
use crate::evidence::unavailable;
use beid_api::types as t;
use beid_api::{ApiError, CalendarMonth, ErrorCode};
use beid_evidence::{CountGroup, CountMonth, MonthlyNumber};
use beid_protocol::period::brussels_day;
use beid_settings::ReportUse;
use beid_texts::Message;
use jiff::ToSpan;
use measures::{Traits, cells};
use std::collections::BTreeMap;
use suppression::THRESHOLD;

/// Number of months at most in one report.
const LONGEST: i32 = 120;

pub(crate) async fn read_report(context: Context, request: t::ReportRequest) -> Result<t::ReportAnswer, ApiError> {
    let (service, config) = (&context.service, context.service.config());
    let settings = &config.settings.report;
    let off = || ApiError::new(ErrorCode::PolicyDenied, Message::new("detail-report-off"));
    if settings.store() == ReportUse::Off {
        return Err(off());
    }
    let now = service.now();
    let today = CalendarMonth::from_day(brussels_day(now));
    let (from, to) = months(&request, today)?;
    let store = service.evidence.store(now).await.map_err(|error| unavailable(&error))?;
    let store = store.ok_or_else(off)?;
    let rows = store.counts(&month(from)?, &month(to)?, now).await;
    let rows = rows.map_err(|error| unavailable(&error))?;
    let traits = Traits {
        age: settings.age(),
        gender: settings.gender(),
        province: settings.province(),
    };
    let groups = grouped(&rows).into_iter();
    let groups = groups.map(|((month, group), rows)| group_answer(&month, group, &rows, traits, today));
    Ok(t::ReportAnswer {
        from,
        to,
        threshold: THRESHOLD,
        groups: groups.collect::<Result<_, _>>()?,
    })
}

/// First and last month of a report.
fn months(request: &t::ReportRequest, today: CalendarMonth) -> Result<(CalendarMonth, CalendarMonth), ApiError> {
    // A month that is not over is told only if it is asked for: of two reports of it, the difference would be what was done
    // between them.
    let to = match request.to {
        Some(to) => to,
        None => {
            let over = months_before(today, 1)?;
            request.from.map_or(over, |from| from.max(over))
        }
    };
    let from = match request.from {
        Some(from) => from,
        None => months_before(to, 11)?,
    };
    if from > to {
        return Err(ApiError::invalid("from", "must not be later than to"));
    }
    let latest = from.first_day().checked_add(LONGEST.months());
    if latest.is_ok_and(|latest| to.first_day() >= latest) {
        return Err(ApiError::invalid(
            "from",
            format!("must be less than {LONGEST} months before to"),
        ));
    }
    Ok((from, to))
}

fn months_before(month: CalendarMonth, number: i32) -> Result<CalendarMonth, ApiError> {
    let day = month.first_day().checked_sub(number.months());
    Ok(CalendarMonth::from_day(day.map_err(ApiError::internal)?))
}

fn month(month: CalendarMonth) -> Result<CountMonth, ApiError> {
    CountMonth::parse(&month.to_string()).ok_or_else(|| ApiError::internal("a month that cannot be counted"))
}

/// Rows by month and group, in their order.
fn grouped(rows: &[MonthlyNumber]) -> BTreeMap<(CountMonth, CountGroup), Vec<&MonthlyNumber>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows {
        let key = (row.month.clone(), row.group.clone());
        groups.entry(key).or_default().push(row);
    }
    groups
}

fn group_answer(
    month: &CountMonth,
    group: CountGroup,
    rows: &[&MonthlyNumber],
    traits: Traits,
    today: CalendarMonth,
) -> Result<t::ReportGroup, ApiError> {
    let month = CalendarMonth::parse(month.as_str()).ok_or_else(|| ApiError::internal("no month"))?;
    Ok(t::ReportGroup {
        month,
        profession: group.profession,
        caller: group.caller,
        simulated: group.simulated.then_some(true),
        open: (month >= today).then_some(true),
        cells: cells(rows, traits),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_texts::ErrorTexts;

    fn asked(from: Option<&str>, to: Option<&str>) -> Result<String, String> {
        let month = |text| CalendarMonth::parse(text).unwrap();
        let request = t::ReportRequest {
            from: from.map(month),
            to: to.map(month),
        };
        let found = months(&request, month("2026-11"));
        found
            .map(|(from, to)| format!("{from} {to}"))
            .map_err(|error| error.detail(beid_texts::Language::En))
    }

    #[test]
    fn a_report_is_about_the_last_twelve_months_that_are_over_unless_it_is_asked_for_others() {
        for (from, to, expected) in [
            (None, None, "2025-11 2026-10"),
            (None, Some("2026-01"), "2025-02 2026-01"),
            (None, Some("2026-11"), "2025-12 2026-11"),
            (Some("2026-09"), None, "2026-09 2026-10"),
            (Some("2026-11"), None, "2026-11 2026-11"),
            (Some("2017-01"), Some("2026-12"), "2017-01 2026-12"),
        ] {
            assert_eq!(asked(from, to).as_deref(), Ok(expected));
        }
        for (from, to, said) in [
            (Some("2026-12"), Some("2026-11"), "later than to"),
            (Some("2016-12"), Some("2026-12"), "less than 120 months"),
        ] {
            assert!(asked(from, to).unwrap_err().contains(said), "{said}");
        }
    }
}
