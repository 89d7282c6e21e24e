//! Options of `beidctl report`.

use super::Writing;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Months of a report, and the form in which it is written.
#[derive(Args, Debug)]
pub(crate) struct ReportArguments {
    /// First month, such as 2026-01; eleven months before the last if left out.
    #[arg(long, value_name = "MONTH")]
    pub(crate) from: Option<String>,
    /// Last month; the last one that is over if left out.
    #[arg(long, value_name = "MONTH")]
    pub(crate) to: Option<String>,
    /// Form for programs; by the name of the file if left out.
    #[arg(long)]
    pub(crate) format: Option<ReportForm>,
    /// Write to this file instead.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Options for files.
    #[command(flatten)]
    pub(crate) writing: Writing,
}

/// Form of a report for programs.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ReportForm {
    /// One number a line, for spreadsheets.
    Csv,
    /// The answer of the service.
    Json,
}
