//! Certificates, chains and pinned Belgian roots.
//!
//! Card and documents ask the same three questions: what a certificate says, whether its key signed these bytes, and
//! whether it leads to a trusted root. This crate answers them once, and names the checks, their outcomes and their reasons
//! for both. It reads no file, asks no clock and opens no connection: the time of judgement is an argument.

mod certificate;
mod chain;
mod check;
mod crl;
mod error;
mod extensions;
mod key;
mod message;
mod name;
mod ocsp;
mod reason;
mod revocation;
mod roots;
mod signature;
#[cfg(test)]
mod testing;

pub use certificate::{Certificate, KeyUsage};
pub use chain::{Chain, ChainError, Trust, TrustStore};
pub use check::{Check, CheckName, Outcome};
pub use crl::{judge_crl, judge_kept_crl};
pub use error::PkiError;
pub use key::{HashAlgorithm, PublicKey, ecdsa_raw_to_der};
pub use name::same_name;
pub use ocsp::Question;
pub use reason::Reason;
pub use revocation::{Doubt, RevocationReason, Statement, Status};
pub use signature::{AlgorithmError, SignatureAlgorithm};
