//! Identity readings, for people and for spreadsheets.

use super::{Page, Paint};
use beid_api::types::{IdentityReadingAnswer, IdentityReadingsAnswer, ReadingCountsAnswer, ReadingShare};
use beid_api::words::ReadingGroupWord;

/// A reading that was recorded.
pub(crate) fn reading(answer: &IdentityReadingAnswer, paint: &Paint) -> String {
    let mut page = Page::default();
    page.simulated(answer.simulated, *paint);
    page.line(format!("  {}", paint.bold("Identity reading, recorded")));
    page.line(String::new());
    page.row("Patient", &answer.national_number);
    page.row("Way", &answer.way);
    page.row("Support", &support(answer));
    let reasons = [&answer.manual_reason, &answer.vignette_reason];
    for reason in reasons.into_iter().flatten() {
        page.row("Reason", reason);
    }
    page.row("Read at", answer.read_at.as_deref().unwrap_or("entered later"));
    if let Some(day) = &answer.service_date {
        page.row("Day of care", day);
    }
    if let Some(provider) = &answer.provider {
        page.row("Provider", &provider.nihii);
    }
    page.row("Attested", &answer.attested.join(", "));
    page.row("Stated", &answer.stated.join(", "));
    if let Some(share) = &answer.share {
        page.row("This month", &share_line(share));
    }
    if let Some(zones) = &answer.encodings.efact {
        let zones = [
            ("z3", &zones.z3),
            ("z6", &zones.z6),
            ("z8", &zones.z8),
            ("z9", &zones.z9),
            ("z10", &zones.z10),
            ("z11", &zones.z11),
            ("z12", &zones.z12),
            ("z16", &zones.z16),
        ];
        let line: Vec<_> = zones
            .iter()
            .map(|(name, value)| format!("{name}={}", value.trim_end()))
            .collect();
        page.row("Record 52", &line.join(" "));
    }
    if let Some(id) = &answer.evidence_id {
        page.row("Record", id);
    }
    page.warnings(&answer.warnings, *paint);
    page.0
}

/// The latest readings, one a line.
pub(crate) fn readings(answer: &IdentityReadingsAnswer, _: &Paint) -> String {
    let mut page = Page::default();
    if answer.readings.is_empty() {
        page.line("No readings are recorded.".to_owned());
    }
    for reading in &answer.readings {
        let reason = reading.manual_reason.as_ref().or(reading.vignette_reason.as_ref());
        let simulated = if reading.simulated == Some(true) {
            "  simulated"
        } else {
            ""
        };
        page.line(format!(
            "{}  {}  {:<10}  {:<12}  {}{simulated}",
            reading.read_at.as_ref().unwrap_or(&reading.recorded_at),
            reading.national_number,
            reading.way,
            support(reading),
            reason.map_or("", String::as_str),
        ));
    }
    if answer.withheld > 0 {
        page.line(format!("{} more can no longer be read here.", answer.withheld));
    }
    if answer.next.is_some() {
        page.line(
            "There are more: choose days with --from and --to, or write all with beidctl reading export.".to_owned(),
        );
    }
    page.0
}

/// Numbers of readings, one month and provider a line.
pub(crate) fn reading_counts(answer: &ReadingCountsAnswer, _: &Paint) -> String {
    let mut page = Page::default();
    if answer.counts.is_empty() {
        page.line("No readings are counted.".to_owned());
    }
    for counts in &answer.counts {
        let refused: u64 = counts.refused.values().sum();
        page.line(format!(
            "{}  {:<11}  {}  {} electronic, {} other ({}), {} later, {refused} refused, {} simulated",
            counts.month,
            counts.provider.as_deref().unwrap_or("-"),
            counts.caller,
            counts.electronic,
            counts.other,
            percent(counts.other_per_mille),
            counts.deferred,
            counts.simulated,
        ));
    }
    page.line(format!(
        "At most {} should not be electronic. For which period that is measured is not published; these are months.",
        percent(answer.limit_per_mille)
    ));
    page.0
}

fn support(answer: &IdentityReadingAnswer) -> String {
    match &answer.serial_number {
        Some(number) => format!("{} {number}", answer.support),
        None => answer.support.clone(),
    }
}

fn share_line(share: &ReadingShare) -> String {
    format!(
        "{} electronic, {} other ({} of at most {})",
        share.electronic,
        share.other,
        percent(share.other_per_mille),
        percent(share.limit_per_mille)
    )
}

fn percent(per_mille: u64) -> String {
    format!("{}.{} %", per_mille / 10, per_mille % 10)
}

/// Columns of a spreadsheet: the name, and the value of a reading.
type ReadingColumn = (&'static str, fn(&IdentityReadingAnswer) -> Option<&str>);

const COLUMNS: &[ReadingColumn] = &[
    ("evidenceId", |one| one.evidence_id.as_deref()),
    ("recordedAt", |one| Some(&one.recorded_at)),
    ("readAt", |one| one.read_at.as_deref()),
    ("serviceDate", |one| one.service_date.as_deref()),
    ("provider", |one| {
        one.provider.as_ref().map(|provider| provider.nihii.as_str())
    }),
    ("profession", |one| one.profession.as_deref()),
    ("nationalNumber", |one| Some(&one.national_number)),
    ("way", |one| Some(&one.way)),
    ("support", |one| Some(&one.support)),
    ("serialNumber", |one| one.serial_number.as_deref()),
    ("manualReason", |one| one.manual_reason.as_deref()),
    ("vignetteReason", |one| one.vignette_reason.as_deref()),
    ("counts", |one| Some(ReadingGroupWord::word(&one.counts))),
    ("attested", |one| {
        Some(if one.attested.iter().any(|name| name == "nationalNumber") {
            "chip"
        } else {
            "stated"
        })
    }),
    ("simulated", |one| {
        one.simulated.map(|simulated| if simulated { "true" } else { "false" })
    }),
    ("reference", |one| one.reference.as_deref()),
];

/// Readings as a spreadsheet reads them: RFC 4180, in UTF-8, every value in quotes.
pub(crate) fn readings_csv(readings: &[IdentityReadingAnswer]) -> String {
    let names: Vec<_> = COLUMNS.iter().map(|(name, _)| quoted(name)).collect();
    let mut text = names.join(",") + "\r\n";
    for reading in readings {
        let values: Vec<_> = COLUMNS
            .iter()
            .map(|(_, value)| quoted(value(reading).unwrap_or_default()))
            .collect();
        text += &(values.join(",") + "\r\n");
    }
    text
}

/// A value in quotes. One that a spreadsheet would take for a formula gets an apostrophe in front: callers choose words.
pub(super) fn quoted(value: &str) -> String {
    let guard = if value.starts_with(['=', '+', '-', '@', '\t']) {
        "'"
    } else {
        ""
    };
    format!("\"{guard}{}\"", value.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_api::Operation;
    use beid_api::operations::{CountIdentityReadings, ListIdentityReadings, RecordIdentityReading};
    use beid_texts::Language;
    use serde::de::DeserializeOwned;

    fn example<O: Operation<Answer: DeserializeOwned>>() -> O::Answer {
        serde_json::from_value(O::ROW.example().unwrap().answer.unwrap()).unwrap()
    }

    #[test]
    fn a_reading_says_what_the_chip_attests_and_the_share_of_the_month() {
        let page = reading(&example::<RecordIdentityReading>(), &Paint::new(false, Language::En));
        for said in [
            "Support           eid 593000000363",
            "Attested          way, support, serialNumber, nationalNumber, readAt",
            "This month        412 electronic, 31 other (7.0 % of at most 10.0 %)",
            "Record 52         z3=0 z6=20261128 z8=0090022805737 z9=1 z10=1 z11=0 z12=0941 z16=593000000363",
        ] {
            assert!(page.contains(said), "{said}\n{page}");
        }
        let counts = reading_counts(&example::<CountIdentityReadings>(), &Paint::new(false, Language::En));
        assert!(
            counts.contains("412 electronic, 31 other (7.0 %), 4 later, 2 refused"),
            "{counts}"
        );
    }

    #[test]
    fn a_spreadsheet_has_a_row_a_reading_and_no_formula() {
        let mut list = example::<ListIdentityReadings>().readings;
        list[0].reference = Some("=HYPERLINK(\"x\")".to_owned());
        let csv = readings_csv(&list);
        let rows: Vec<_> = csv.split("\r\n").collect();
        assert_eq!(rows.len(), 2 + list.len());
        assert!(rows[0].starts_with("\"evidenceId\",\"recordedAt\","), "{}", rows[0]);
        assert!(rows[1].ends_with(",\"'=HYPERLINK(\"\"x\"\")\""), "{}", rows[1]);
        assert!(rows[1].contains("\"manual\",\"eid\",\"593000000363\",\"chip-defective\",\"\",\"other\",\"stated\""));
        assert!(rows[2].contains("\"electronic\",\"chip\""), "{}", rows[2]);
    }
}
