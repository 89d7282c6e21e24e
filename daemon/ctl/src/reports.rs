//! `beidctl report`: numbers of what was done, by month.

use super::CommandFailure;
use super::arguments::{ReportArguments, ReportForm};
use super::input::{STANDARD, member};
use super::output::Printer;
use super::place::OutputPlace;
use super::render;
use super::session::Session;
use beid_api::operations::ReadReport;
use beid_api::types::ReportRequest;
use std::path::Path;

/// Reads the report and prints it, or writes it in a form for programs.
pub(super) async fn run(session: &Session, report: &ReportArguments, printer: &Printer) -> Result<(), CommandFailure> {
    let request = ReportRequest {
        from: member("from", report.from.as_deref())?,
        to: member("to", report.to.as_deref())?,
    };
    let Some(form) = report.form()? else {
        return session.show::<ReadReport>(&request, printer, render::report).await;
    };
    let out = report.out.as_deref().unwrap_or(Path::new(STANDARD));
    let place = OutputPlace::open(out, report.writing.force)?;
    let printer = printer.beside(&[&place])?;
    let reply = session.call::<ReadReport>(&request).await?;
    let text = match form {
        ReportForm::Csv => render::report_csv(&reply.answer),
        // As the service wrote it, members that are newer than this program included.
        ReportForm::Json => format!("{:#}\n", reply.members),
    };
    let written: Vec<_> = place.fill(text.as_bytes())?.into_iter().collect();
    printer.say_written(&written)
}

impl ReportArguments {
    /// The form for programs; `None` if the report is for people.
    fn form(&self) -> Result<Option<ReportForm>, CommandFailure> {
        let Some(out) = self.out.as_deref().filter(|_| self.format.is_none()) else {
            return Ok(self.format);
        };
        let ending = out.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "csv" => Ok(Some(ReportForm::Csv)),
            "json" => Ok(Some(ReportForm::Json)),
            _ => Err(CommandFailure::usage(
                "the name of the file should end in .csv or .json, or --format should say its form",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Writing;
    use super::*;

    #[test]
    fn a_file_has_the_form_of_its_name_unless_another_is_asked_for() {
        let form = |format, out: Option<&str>| {
            let report = ReportArguments {
                from: None,
                to: None,
                format,
                out: out.map(Into::into),
                writing: Writing { force: false },
            };
            report.form().ok()
        };
        let (csv, json) = (Some(ReportForm::Csv), Some(ReportForm::Json));
        for (format, out, expected) in [
            (None, None, Some(None)),
            (csv, None, Some(csv)),
            (None, Some("a.csv"), Some(csv)),
            (None, Some("a.JSON"), Some(json)),
            (json, Some("a.csv"), Some(json)),
            (json, Some("-"), Some(json)),
            (None, Some("-"), None),
            (None, Some("a.txt"), None),
        ] {
            assert_eq!(form(format, out), expected, "{out:?}");
        }
    }
}
