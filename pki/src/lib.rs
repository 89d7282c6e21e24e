//! Certificates, chains and pinned Belgian roots.
//!
//! Both the card (is this identity genuine?) and the documents (is this proof?) ask the same three questions: what does
//! this certificate say, did its key sign these bytes, and does it lead to a root we know. They are answered here, once.
//! Nothing here reads a file, asks a clock or opens a connection: the time of judgement is an argument.

mod certificate;
mod chain;
mod crl;
mod error;
mod extensions;
mod key;
mod message;
mod name;
mod ocsp;
mod revocation;
mod roots;
mod signature;
#[cfg(test)]
mod testing;

pub use certificate::{Certificate, KeyUsage};
pub use chain::{Chain, ChainError, Trust, TrustStore};
pub use crl::{judge_crl, judge_kept_crl};
pub use error::PkiError;
pub use key::{HashAlgorithm, PublicKey, ecdsa_raw_to_der};
pub use name::same_name;
pub use ocsp::Question;
pub use revocation::{Doubt, RevocationReason, Statement, Status};
pub use signature::{AlgorithmError, SignatureAlgorithm};
