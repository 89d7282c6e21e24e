//! The therapeutic link: a patient and a provider, of one type, for a period, with a proof.
//!
//! ```text
//! TherapeuticLinkChange --with_plain_proof------------------------------> Document   (eidreading, isireading...)
//!   put or revoke       --prepare--> Prepared --cms--> Pending<Cms>
//!                                       |                  | digest, card, finish
//!                                       +----with_proof----+------------> Document   (eidsigning)
//! ```
//!
//! So an `eidsigning` document cannot be had without a signature over its content, nor a plain one with a signature.
//! A link cannot be changed: it is revoked, then put anew. Several links in one request are a [`PreparedBulk`], each
//! with a proof of its own; asking for links is [`get`], asking whether there is one [`has`].

mod bulk;
mod change;
mod content;
mod link;
mod proof;
pub(crate) mod query;

pub use bulk::{BulkLink, PreparedBulk};
pub use change::{Prepared, TherapeuticLinkChange};
pub use content::{ContentProfile, ProofProfile, SignedContent};
pub use link::proof_warnings;
pub use query::{LinkQuery, get, has};

use jiff::civil::Date;

use crate::codes::Situation;
use crate::party::HcParty;

/// Members of a link that a caller gives, besides author and patient.
#[derive(Clone, Default)]
pub struct LinkFields<'a> {
    /// The provider concerned, if not the author's first party.
    pub party: Option<HcParty>,
    /// Code of CD-THERAPEUTICLINKTYPE.
    pub link_type: &'a str,
    /// Circumstances of the contact, where they decide the period.
    pub situation: Option<Situation>,
    /// First day, today if absent. To revoke a link, the day with which it was registered.
    pub start_date: Option<Date>,
    /// First day after the link; the usual one if absent. To revoke a link, the day with which it was registered.
    pub end_date: Option<Date>,
    /// Free text that goes along; for a link to revoke, the reason.
    pub comment: Option<&'a str>,
    /// Reason why no stronger proof could be had, needed when a number is typed. Kept beside the document, never in it.
    pub proof_reason: Option<&'a str>,
}
