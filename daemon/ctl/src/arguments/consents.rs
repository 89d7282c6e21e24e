//! Options of the commands about consents.

use super::{CardArgument, Writing, word};
use beid_api::types::{ConsentEvidence, ConsentSigner};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Consents to share health data.
#[derive(Debug, Subcommand)]
pub(crate) enum ConsentCommand {
    /// Build the request that registers a consent.
    Put(Box<ConsentPut>),
    /// Build the request that withdraws one.
    Revoke(Box<ConsentRevoke>),
    /// Build the request that asks for one.
    Get(Box<ConsentQuestion>),
    /// Build the request that asks whether one is given.
    Status(Box<ConsentQuestion>),
}

/// A consent to register.
#[derive(Args, Debug)]
pub(crate) struct ConsentPut {
    /// Options that every request has.
    #[command(flatten)]
    pub(crate) about: ConsentQuestion,
    /// Options of the evidence.
    #[command(flatten)]
    pub(crate) evidence: EvidenceArguments,
    /// The day it was signed, such as 2026-11-21; today if left out.
    #[arg(long, value_name = "DAY")]
    pub(crate) signed: Option<String>,
    /// The language of the official text; that of the dialogs if left out, Dutch where there is none.
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) text: Option<String>,
}

/// A consent to withdraw.
#[derive(Args, Debug)]
pub(crate) struct ConsentRevoke {
    /// Options that every request has.
    #[command(flatten)]
    pub(crate) about: ConsentQuestion,
    /// Options of the evidence.
    #[command(flatten)]
    pub(crate) evidence: EvidenceArguments,
    /// The day it was signed, if known.
    #[arg(long, value_name = "DAY")]
    pub(crate) signed: Option<String>,
    /// The day it was withdrawn; today if left out.
    #[arg(long, value_name = "DAY")]
    pub(crate) revoked: Option<String>,
}

/// Options that every request about consents has.
#[derive(Args, Debug)]
pub(crate) struct ConsentQuestion {
    /// The patient's national number: whose card it must be, or who it is where there is no card.
    #[arg(long, value_name = "SSIN")]
    pub(crate) patient: Option<String>,
    /// The patient's ISI+ card number, where there is no eID.
    #[arg(long, value_name = "NUMBER", requires = "patient")]
    pub(crate) isi: Option<String>,
    /// Author of the request, as JSON; the practice of the settings if left out.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) author: Option<PathBuf>,
    /// Person who acts for the patient, as JSON.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) representative: Option<PathBuf>,
    /// Word of your own for it, by which its record is found: without names and national numbers.
    #[arg(long)]
    pub(crate) reference: Option<String>,
    /// Dialect of the request.
    #[arg(long, value_parser = ["national", "hub"])]
    pub(crate) dialect: Option<String>,
    /// Write the request to this file.
    #[arg(long, short, value_name = "FILE.xml")]
    pub(crate) out: Option<PathBuf>,
    /// Options for files.
    #[command(flatten)]
    pub(crate) writing: Writing,
    /// The card.
    #[command(flatten)]
    pub(crate) card: CardArgument,
}

/// Evidence by an eID.
#[derive(Args, Debug)]
pub(crate) struct EvidenceArguments {
    /// Format of the evidence.
    #[arg(long, default_value = "none", value_parser = word::<ConsentEvidence>(&["none", "cades", "xades", "asice"]))]
    pub(crate) evidence: ConsentEvidence,
    /// Signer of the evidence; the patient if left out.
    #[arg(long, value_parser = word::<ConsentSigner>(&["patient", "provider"]))]
    pub(crate) signer: Option<ConsentSigner>,
    /// Write the evidence to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) evidence_out: Option<PathBuf>,
}
