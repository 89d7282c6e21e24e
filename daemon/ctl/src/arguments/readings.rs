//! Options of the commands about identity readings.

use super::{CardArgument, Writing};
use beid_protocol::codes::CallerCode;
use beid_protocol::identity_reading::{ManualReason, ReadingSupport, ReadingWay, VignetteReason};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Records of how patients were identified, for the sickness insurance.
#[derive(Debug, Subcommand)]
pub(crate) enum ReadingCommand {
    /// Record how a patient was identified: by the chip of the card in the reader, or in another way that you state.
    Put(Box<ReadingPut>),
    /// List the latest hundred readings.
    List(ReadingPeriod),
    /// Count the readings of each month, with the share that was not electronic.
    Counts(ReadingPeriod),
    /// Write all readings and their numbers to a file, for an inspection. It names patients by their numbers.
    Export {
        /// Days of the readings.
        #[command(flatten)]
        period: ReadingPeriod,
        /// File: its name ends in .csv (the readings) or .json (readings and numbers).
        #[arg(long, short, value_name = "FILE", value_parser = export_file)]
        out: PathBuf,
        /// Options for files.
        #[command(flatten)]
        writing: Writing,
    },
}

/// A reading to record.
#[derive(Args, Debug)]
pub(crate) struct ReadingPut {
    /// Way of reading.
    #[arg(long, default_value = "chip", value_parser = words::<ReadingWay>())]
    pub(crate) way: String,
    /// Document that was read; of a chip the card tells it.
    #[arg(long, value_parser = words::<ReadingSupport>())]
    pub(crate) support: Option<String>,
    /// Number of the document, where no chip was read.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) number: Option<String>,
    /// The patient's national number: whose card it must be, or who it is where no chip was read.
    #[arg(long, value_name = "SSIN")]
    pub(crate) patient: Option<String>,
    /// Reason for manual entry.
    #[arg(long, value_parser = words::<ManualReason>())]
    pub(crate) reason: Option<String>,
    /// Reason for using a vignette.
    #[arg(long, value_parser = words::<VignetteReason>())]
    pub(crate) vignette_reason: Option<String>,
    /// Time of reading, such as 2026-11-28T09:41:06+01:00, at most five minutes from now; now if left out.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Day of the care; that of the reading if left out.
    #[arg(long, value_name = "DAY")]
    pub(crate) service_date: Option<String>,
    /// NIHII number of the provider who bills; that of the settings if left out.
    #[arg(long, value_name = "NIHII")]
    pub(crate) provider: Option<String>,
    /// Profession of the provider, such as persnurse; that of the settings if left out.
    #[arg(long, value_name = "CODE")]
    pub(crate) profession: Option<String>,
    /// Your own word for it, such as the number of a visit; no national number.
    #[arg(long, value_name = "WORD")]
    pub(crate) reference: Option<String>,
    /// The card.
    #[command(flatten)]
    pub(crate) card: CardArgument,
}

/// Days of readings.
#[derive(Args, Debug)]
pub(crate) struct ReadingPeriod {
    /// First day, such as 2026-11-01.
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<String>,
    /// Last day.
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<String>,
}

fn words<C: CallerCode>() -> PossibleValuesParser {
    C::codes().into()
}

/// Parser of the file of an export: its ending says in which form.
fn export_file(path: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(path);
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if ["csv", "json"].iter().any(|known| ending.eq_ignore_ascii_case(known)) {
        Ok(path)
    } else {
        Err("the name should end in .csv or .json".to_owned())
    }
}
