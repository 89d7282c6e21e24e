//! Belgian e-health documents and the signatures on them.
//!
//! A document is made in steps that cannot be taken out of order: *prepare* gives the exact bytes to be signed, their
//! *digest* goes to the card, *finish* takes the card's answer and returns the document. The text that a person sees
//! before signing is read back from those bytes ([`summary`]), not from the values they were made of.
//!
//! ```
//! use beid_protocol::author::Author;
//! use beid_protocol::codes::Proof;
//! use beid_protocol::party::HcPartyFields;
//! use beid_protocol::patient::{Patient, PatientFields};
//! use beid_protocol::request::Request;
//! use beid_protocol::therlink::{LinkFields, TherapeuticLinkChange};
//!
//! let physician =
//!     HcPartyFields { nihii: Some("10012378004"), party_type: "persphysician", ..HcPartyFields::default() };
//! let patient =
//!     PatientFields { national_number: "80000000031", card_number: Some("599000000132"), ..PatientFields::default() };
//! let now = "2026-11-20T10:02:00+01:00".parse().expect("a time");
//!
//! let request = Request::new(Author::parse(&[physician], None)?, now, "001")?;
//! let link = LinkFields { link_type: "gpconsultation", ..LinkFields::default() };
//! let put = TherapeuticLinkChange::put(request, Patient::parse(patient)?, link)?;
//! if let Proof::Plain(proof) = Proof::parse("eidreading")? {
//!     let document = put.with_plain_proof(proof)?;
//!     assert_eq!(document.request_id(), "10012378004.20261120100200001");
//! }
//! # Ok::<(), beid_protocol::ProtocolError>(())
//! ```
//!
//! Nothing here reads a card, a file or a clock. Certificates and trust are [`beid_pki`]'s.

#[macro_use]
mod redacted;

pub mod error;
pub mod numbers;

pub mod codes;
pub mod period;

pub mod name;
pub mod party;
pub mod patient;

pub mod representative;

pub mod dialect;
pub mod operation;

pub mod author;
pub mod request;

pub mod consent;
pub mod exclusion;
pub mod therlink;

pub mod document;

pub mod identity_reading;

pub mod recognise;
pub mod summary;

pub mod answer;

pub mod consent_text;

pub mod asic;
pub mod c14n;
pub mod cms;
pub mod long_term;
pub mod markup;
pub mod signature;
pub mod timestamp;
pub mod verify;
pub mod xades;

mod asn1;
mod ber;
mod read;
mod signed_data;
mod xml;

pub use error::{ProtocolError, Warning, WarningKind};
