//! The members of requests and answers about reports: numbers of what was done, by month.

use crate::{CalendarMonth, names};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Question about the numbers of some months.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportRequest {
    /// First month; absent: eleven months before the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<CalendarMonth>,
    /// Last month; absent: the last one that is over, or `from` if that is later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<CalendarMonth>,
}

/// Numbers of what was done on this computer. They name nobody, and none that is small can be computed from them.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportAnswer {
    /// First month.
    pub from: CalendarMonth,
    /// Last month.
    pub to: CalendarMonth,
    /// Smallest number that is shown, zero aside.
    pub threshold: u64,
    /// Groups with their numbers, by month, profession and caller. They are not added up: from a sum the numbers of a group
    /// could be computed that are not shown.
    pub groups: Vec<ReportGroup>,
}

/// Numbers of one month, profession and caller.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportGroup {
    /// Month in Belgium.
    pub month: CalendarMonth,
    /// Profession of the provider, a code of CD-HCPARTY; `patient` where patients use software of their own, `unknown` if no
    /// provider is known.
    pub profession: String,
    /// Calling software: the origin of a website, the name of a program, or `own-page`.
    pub caller: String,
    /// True if the cards were simulated; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
    /// True while the month is not over; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<bool>,
    /// Its numbers: each measure whole, in the order of its values.
    pub cells: Vec<ReportCell>,
}

/// One number.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportCell {
    /// Measure.
    #[schemars(extend("enum" = names::REPORT_MEASURES))]
    pub measure: String,
    /// Whole that the measure divides: a kind of record, `requests` or `patients`; absent for what is a whole itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Value of the measure; absent for what is a whole itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The number; absent: it is suppressed, because it is small, or because a small one could be computed from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
}
