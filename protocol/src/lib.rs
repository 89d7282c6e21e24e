//! Belgian e-health documents and the signatures on them.
//!
//! A document is made in steps that cannot be taken out of order: *prepare* gives the exact bytes to be signed, their
//! *digest* goes to the card, *finish* takes the card's answer and gives the document out. What a person is shown
//! before signing is read back from those bytes ([`summary`]), not from what they were made of.
//!
//! Nothing here reads a card, a file or a clock. Certificates and trust are [`beid_pki`]'s.

pub mod error;
pub mod numbers;

pub mod codes;
pub mod period;

pub mod name;
pub mod party;
pub mod patient;

pub mod author;
pub mod request;
pub mod therlink;

pub mod summary;

pub mod cms;
pub mod verify;

mod asn1;
mod signed_data;
mod xml;

pub use error::{ProtocolError, Warning, WarningKind};
