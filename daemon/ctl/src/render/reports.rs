//! Reports, for people and for spreadsheets.

use super::readings::quoted;
use super::{Page, Paint};
use beid_api::types::{ReportAnswer, ReportCell, ReportGroup};

/// Stands for a number that is not shown.
const HIDDEN: &str = "-";

/// The numbers of each group, one a line, without those that are zero.
pub(crate) fn report(answer: &ReportAnswer, paint: &Paint) -> String {
    let mut page = Page::default();
    if answer.groups.is_empty() {
        page.line(format!("Nothing was counted from {} to {}.", answer.from, answer.to));
        return page.0;
    }
    for group in &answer.groups {
        page.line(paint.bold(&heading(group)));
        for cell in group.cells.iter().filter(|cell| cell.number != Some(0)) {
            let number = cell.number.map_or(HIDDEN.to_owned(), |number| number.to_string());
            let label = format!("{}{}", " ".repeat(2 * depth(cell)), label(cell));
            page.line(format!("  {label:<44} {number:>8}"));
        }
    }
    page.line(format!(
        "{HIDDEN} is not shown: it is less than {}, or such a number could be computed from it.",
        answer.threshold
    ));
    page.0
}

fn heading(group: &ReportGroup) -> String {
    let words = [
        (group.simulated == Some(true)).then_some("simulated"),
        (group.open == Some(true)).then_some("the month is not over"),
    ];
    let words: Vec<_> = words.into_iter().flatten().collect();
    let remark = if words.is_empty() {
        String::new()
    } else {
        format!("  ({})", words.join(", "))
    };
    format!("{}  {}  {}{remark}", group.month, group.profession, group.caller)
}

/// Number of wholes that a number is a part of.
fn depth(cell: &ReportCell) -> usize {
    match (cell.of.as_deref(), cell.measure.as_str()) {
        (None, _) => 0,
        (Some("requests" | "patients"), _) => 1,
        (Some(_), "outcome") => 2,
        (Some(_), _) => 3,
    }
}

fn label(cell: &ReportCell) -> String {
    match (&cell.value, cell.measure.as_str()) {
        (None, measure) => measure.to_owned(),
        (Some(value), "operation" | "outcome") => value.clone(),
        (Some(value), measure) => format!("{measure} {value}"),
    }
}

/// Columns of a spreadsheet. They stay as they are: others are added behind them.
const COLUMNS: &[&str] = &[
    "month",
    "profession",
    "caller",
    "simulated",
    "open",
    "measure",
    "of",
    "value",
    "number",
    "suppressed",
];

/// One number a line, the zeros too.
pub(crate) fn report_csv(answer: &ReportAnswer) -> String {
    let line = |values: &[&str]| {
        let values: Vec<_> = values.iter().map(|value| quoted(value)).collect();
        values.join(",") + "\r\n"
    };
    let mut text = line(COLUMNS);
    let flag = |flag: bool| if flag { "yes" } else { "no" };
    for group in &answer.groups {
        let month = group.month.to_string();
        for cell in &group.cells {
            let number = cell.number.map(|number| number.to_string()).unwrap_or_default();
            text += &line(&[
                &month,
                &group.profession,
                &group.caller,
                flag(group.simulated == Some(true)),
                flag(group.open == Some(true)),
                &cell.measure,
                cell.of.as_deref().unwrap_or_default(),
                cell.value.as_deref().unwrap_or_default(),
                &number,
                flag(cell.number.is_none()),
            ]);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_api::Operation;
    use beid_api::operations::ReadReport;
    use beid_texts::Language;

    fn example() -> ReportAnswer {
        serde_json::from_value(ReadReport::ROW.example().unwrap().answer.unwrap()).unwrap()
    }

    #[test]
    fn a_report_lists_what_was_counted_and_says_what_is_not_shown() {
        let page = report(&example(), &Paint::new(false, Language::En));
        let words: Vec<String> = page
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        for expected in [
            "2026-10 persphysician https://emr.example",
            "requests 97",
            "therapeutic-link 90",
            "done 90",
            "proof eidreading 81",
            "proof isireading -",
            "patients 93",
            "providers -",
        ] {
            assert!(words.contains(&expected.to_owned()), "{expected}: {page}");
        }
        assert!(!page.contains("signature"), "{page}");
        assert!(words.last().unwrap().contains("less than 5"), "{page}");
    }

    #[test]
    fn a_spreadsheet_has_every_number_in_columns_that_stay() {
        let mut answer = example();
        answer.groups[0].caller = "=cmd".to_owned();
        let csv = report_csv(&answer);
        let mut lines = csv.split("\r\n");
        let head = "\"month\",\"profession\",\"caller\",\"simulated\",\"open\",\"measure\",\"of\",\"value\",\"number\",\"suppressed\"";
        assert_eq!(lines.next(), Some(head));
        let first = "\"2026-10\",\"persphysician\",\"'=cmd\",\"no\",\"no\",\"requests\",\"\",\"\",\"97\",\"no\"";
        assert_eq!(lines.next(), Some(first));
        assert_eq!(csv.lines().count(), answer.groups[0].cells.len() + 1);
        assert!(csv.contains("\"proof\",\"therapeutic-link\",\"isireading\",\"\",\"yes\"\r\n"));
    }
}
