//! `beidctl sim`: moving the cards of a simulated daemon.

use super::Failure;
use super::commands::{Client, Output, members};
use super::render;
use clap::{Args, Subcommand};
use serde_json::json;

/// Movement of a simulated card.
#[derive(Debug, Subcommand)]
pub enum Sim {
    /// Put a card into an empty simulated reader.
    Insert {
        /// Whose card; `beid-sim --list` names the people.
        #[arg(value_name = "PERSONA")]
        citizen: String,
        /// Which reader.
        #[command(flatten)]
        reader: ReaderArgument,
    },
    /// Take the card out.
    Remove(ReaderArgument),
    /// Put another card in the place of the one that is there.
    Swap {
        /// Whose card; `beid-sim --list` names the people.
        #[arg(value_name = "PERSONA")]
        citizen: String,
        /// Which reader.
        #[command(flatten)]
        reader: ReaderArgument,
    },
}

/// Which reader is meant.
#[derive(Args, Debug)]
pub struct ReaderArgument {
    /// The reader's id, as `beidctl readers` shows it; the first that fits if left out.
    #[arg(long, value_name = "ID")]
    reader: Option<String>,
}

pub(super) async fn run(client: &Client, movement: &Sim, output: &Output) -> Result<(), Failure> {
    let request = match movement {
        Sim::Insert { citizen, reader } => json!({"action": "insert", "citizen": citizen, "reader": reader.reader}),
        Sim::Remove(reader) => json!({"action": "remove", "reader": reader.reader}),
        Sim::Swap { citizen, reader } => json!({"action": "swap", "citizen": citizen, "reader": reader.reader}),
    };
    client.show("simulate", members([request]), output, render::moved).await
}
