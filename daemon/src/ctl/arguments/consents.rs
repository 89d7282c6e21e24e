//! What can be typed about consents.

use super::{CardArgument, Writing};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Consents to share health data.
#[derive(Debug, Subcommand)]
pub enum Consent {
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
pub struct ConsentPut {
    /// What every request has.
    #[command(flatten)]
    pub about: ConsentQuestion,
    /// What is signed.
    #[command(flatten)]
    pub evidence: Evidence,
    /// The day it was signed, such as 2026-11-21; today if left out.
    #[arg(long, value_name = "DAY")]
    pub signed: Option<String>,
    /// The language of the official text; that of the dialogs if left out, Dutch where there is none.
    #[arg(long, value_name = "LANGUAGE")]
    pub text: Option<String>,
}

/// A consent to withdraw.
#[derive(Args, Debug)]
pub struct ConsentRevoke {
    /// What every request has.
    #[command(flatten)]
    pub about: ConsentQuestion,
    /// What is signed.
    #[command(flatten)]
    pub evidence: Evidence,
    /// The day it was signed, if known.
    #[arg(long, value_name = "DAY")]
    pub signed: Option<String>,
    /// The day it was withdrawn; today if left out.
    #[arg(long, value_name = "DAY")]
    pub revoked: Option<String>,
}

/// What every request has.
#[derive(Args, Debug)]
pub struct ConsentQuestion {
    /// The patient's national number: whose card it must be, or who it is where there is no card.
    #[arg(long, value_name = "SSIN")]
    pub patient: Option<String>,
    /// The patient's ISI+ card number, where there is no eID.
    #[arg(long, value_name = "NUMBER", requires = "patient")]
    pub isi: Option<String>,
    /// Who asks, as JSON; the practice of the configuration if left out.
    #[arg(long, value_name = "FILE.json")]
    pub author: Option<PathBuf>,
    /// Who acts for the patient, as JSON.
    #[arg(long, value_name = "FILE.json")]
    pub representative: Option<PathBuf>,
    /// What it is written in.
    #[arg(long, value_parser = ["national", "hub"])]
    pub dialect: Option<String>,
    /// Write the request to this file.
    #[arg(long, short, value_name = "FILE.xml")]
    pub out: Option<PathBuf>,
    /// How files are written.
    #[command(flatten)]
    pub writing: Writing,
    /// Which card.
    #[command(flatten)]
    pub card: CardArgument,
}

/// Evidence by an eID.
#[derive(Args, Debug)]
pub struct Evidence {
    /// What evidence to make.
    #[arg(long, default_value = "none", value_parser = ["none", "cades", "xades", "asice"])]
    pub evidence: String,
    /// Who signs it; the patient if left out.
    #[arg(long, value_parser = ["patient", "provider"])]
    pub signer: Option<String>,
    /// Write the evidence to this file.
    #[arg(long, value_name = "FILE")]
    pub evidence_out: Option<PathBuf>,
}
