//! `beidctl sim`: moving the cards of a simulated daemon.

use super::CommandFailure;
use super::output::Printer;
use super::render;
use super::session::Session;
use beid_api::operations::Simulate;
use beid_api::types::{SimulateRequest, SimulatedAction};
use clap::{Args, Subcommand};

/// Movement of a simulated card.
#[derive(Debug, Subcommand)]
pub(super) enum CardMovement {
    /// Put a card into an empty simulated reader.
    Insert {
        /// Holder of the card; `beid-sim --list` names the people.
        #[arg(value_name = "PERSONA")]
        citizen: String,
        /// The reader.
        #[command(flatten)]
        reader: ReaderArgument,
    },
    /// Take the card out.
    Remove(ReaderArgument),
    /// Put another card in the place of the one that is there.
    Swap {
        /// Holder of the card; `beid-sim --list` names the people.
        #[arg(value_name = "PERSONA")]
        citizen: String,
        /// The reader.
        #[command(flatten)]
        reader: ReaderArgument,
    },
}

/// Choice of a simulated reader.
#[derive(Args, Debug)]
pub(super) struct ReaderArgument {
    /// The reader's id, as `beidctl readers` shows it; the first that fits if left out.
    #[arg(long, value_name = "ID")]
    reader: Option<String>,
}

pub(super) async fn run(session: &Session, movement: &CardMovement, printer: &Printer) -> Result<(), CommandFailure> {
    let (action, citizen, ReaderArgument { reader }) = match movement {
        CardMovement::Insert { citizen, reader } => (SimulatedAction::Insert, Some(citizen), reader),
        CardMovement::Remove(reader) => (SimulatedAction::Remove, None, reader),
        CardMovement::Swap { citizen, reader } => (SimulatedAction::Swap, Some(citizen), reader),
    };
    let request = SimulateRequest {
        action,
        citizen: citizen.cloned(),
        reader: reader.clone(),
    };
    session.show::<Simulate>(&request, printer, render::moved).await
}
