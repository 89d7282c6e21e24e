//! The command line of `beidctl doctor`.

use super::Writing;
use clap::Args;
use std::path::PathBuf;

/// Options of `doctor`.
#[derive(Args, Debug)]
pub(crate) struct DoctorArguments {
    /// Also ask the servers about revocation and for time stamps, as far as the settings name any.
    #[arg(long)]
    pub(crate) network: bool,
    /// Write what may be sent to others to this file (JSON), after it was shown: no names, numbers or paths.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub(crate) bundle: Option<PathBuf>,
    /// Write it without asking.
    #[arg(long, requires = "bundle")]
    pub(crate) yes: bool,
    /// Options for files.
    #[command(flatten)]
    pub(crate) writing: Writing,
}
