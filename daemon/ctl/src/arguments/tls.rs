//! The command line of `beidctl tls`.

use beid_stores::StoreType;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Command on the trust in beidd's certificate.
#[derive(Debug, Subcommand)]
pub(crate) enum TlsCommand {
    /// Make the browsers of this user trust beidd; as root, also the system and every profile of Firefox.
    Install(StoreSelection),
    /// Show who answers on the port, and which browsers and profiles trust it.
    Status(StoreSelection),
    /// Replace authority and certificate before they end. Stores trust the new authority first.
    Rotate {
        /// Replace them also if a store cannot be made to trust the new authority.
        #[arg(long)]
        force: bool,
    },
    /// Take beidd's authorities out of the browsers of this user; as root, also out of the system.
    Remove(StoreSelection),
}

/// Choice of an authority and of stores.
#[derive(Args, Debug)]
pub(crate) struct StoreSelection {
    /// Certificate of the authority (PEM); that of this user's daemon if left out. Needed by root for another user.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Types of stores; several are comma-separated or repeated. All if left out.
    #[arg(long = "store", value_name = "TYPE", value_delimiter = ',', value_parser = store_type())]
    pub(crate) types: Vec<StoreType>,
}

fn store_type() -> impl TypedValueParser<Value = StoreType> {
    let words = PossibleValuesParser::new(StoreType::ALL.map(StoreType::word));
    words.map(|word| {
        let mut all = StoreType::ALL.into_iter();
        all.find(|one| one.word() == word).unwrap_or(StoreType::System)
    })
}
