//! Summaries of documents, read back from their very bytes.
//!
//! A person signs after reading a dialog, so the dialog must tell what the bytes say, not what we meant to write.
//! Reading is strict: anything that has no place in a summary (an unknown element, a comment, text between elements) is
//! an error, because it would be signed and not shown. Each dialect is read by its own rules, so a document that says
//! more than its schema allows is refused too.

mod reading;

pub use reading::{read_content, read_request};

use jiff::civil::{Date, Time};

use crate::codes::LinkStatus;
use crate::dialect::Dialect;
use crate::name::Name;
use crate::operation::PlatformOperation;
use crate::therlink::ContentProfile;

/// An `id` element: scheme and number.
#[derive(Clone, Eq, PartialEq)]
pub struct IdentifierSummary {
    /// `S`: `INSS`, `ID-HCPARTY`, `EID-CARDNO`...
    pub scheme: String,
    /// The number.
    pub value: String,
}

/// A patient, as a document has it.
#[derive(Clone, Eq, PartialEq)]
pub struct PatientSummary {
    /// Identifiers, in order.
    pub ids: Vec<IdentifierSummary>,
    /// Name of the patient.
    pub name: Option<Name>,
}

impl PatientSummary {
    /// The national number.
    #[must_use]
    pub fn ssin(&self) -> Option<&str> {
        value_of(&self.ids, "INSS")
    }

    /// The number of the eID.
    #[must_use]
    pub fn card_number(&self) -> Option<&str> {
        value_of(&self.ids, "EID-CARDNO")
    }
}

/// A party, as a document has it.
#[derive(Clone, Eq, PartialEq)]
pub struct PartySummary {
    /// Identifiers, in order.
    pub ids: Vec<IdentifierSummary>,
    /// Codes of CD-HCPARTY.
    pub codes: Vec<String>,
    /// Name of the party.
    pub name: Option<Name>,
}

impl PartySummary {
    /// The national number.
    #[must_use]
    pub fn ssin(&self) -> Option<&str> {
        value_of(&self.ids, "INSS")
    }

    /// The number of the sickness insurance institute, or the enterprise number: both have the scheme `ID-HCPARTY`.
    #[must_use]
    pub fn nihii(&self) -> Option<&str> {
        value_of(&self.ids, "ID-HCPARTY")
    }
}

/// A link, as a document has it.
#[derive(Clone, Eq, PartialEq)]
pub struct LinkSummary {
    /// The patient.
    pub patient: PatientSummary,
    /// The providers concerned.
    pub parties: Vec<PartySummary>,
    /// Code of CD-THERAPEUTICLINKTYPE, or `ignored`.
    pub link_type: String,
    /// First day.
    pub start: Option<Date>,
    /// First day after.
    pub end: Option<Date>,
    /// Free text.
    pub comment: Option<String>,
}

/// Summary of the content that a signature covers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedSummary {
    /// The link it covers.
    pub link: LinkSummary,
    /// Profile of the content: the throw-away link of the official client, whose type and end mean nothing, or a real
    /// one.
    pub profile: ContentProfile,
}

/// A person who acts for a patient, as a document has it.
#[derive(Clone, Eq, PartialEq)]
pub struct PersonSummary {
    /// Identifiers, in order.
    pub ids: Vec<IdentifierSummary>,
    /// Name of the person.
    pub name: Option<Name>,
}

/// Sender of a request, as a document has it.
#[derive(Clone, Eq, PartialEq)]
pub struct AuthorSummary {
    /// The parties, in order.
    pub parties: Vec<PartySummary>,
    /// The citizen who asks, with software of his own.
    pub patient: Option<PatientSummary>,
    /// The person who acts for the patient, beside a provider who asks.
    pub person: Option<PersonSummary>,
}

/// Summary of a request.
#[derive(Clone, Eq, PartialEq)]
pub struct RequestSummary {
    /// Dialect in which it is written.
    pub dialect: Dialect,
    /// Operation that it asks for.
    pub operation: PlatformOperation,
    /// Its identifier.
    pub request_id: String,
    /// The sender.
    pub author: AuthorSummary,
    /// The day it was made.
    pub date: Date,
    /// The time it was made.
    pub time: Time,
    /// Most rows in the answer.
    pub max_rows: Option<u16>,
    /// Reason why access is forced without a link.
    pub break_the_glass: Option<String>,
    /// Subject of the operation.
    pub action: Action,
}

/// Subject of an operation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Action {
    /// One link, to register or to revoke.
    Link(ProvedLink),
    /// Several links to register.
    Links(Vec<BulkLinkSummary>),
    /// A consent, to register or to withdraw.
    Consent(ConsentSummary),
    /// An exclusion, to register or to take back.
    Exclusion(ExclusionSummary),
    /// A question.
    Query(QuerySummary),
}

/// A link and its proofs.
#[derive(Clone, Eq, PartialEq)]
pub struct ProvedLink {
    /// The link.
    pub link: LinkSummary,
    /// The proofs; none while it is being made, and none in the dialect of hubs.
    pub proofs: Vec<ProofSummary>,
}

/// One link of several.
#[derive(Clone, Eq, PartialEq)]
pub struct BulkLinkSummary {
    /// Identifier of its own.
    pub id: String,
    /// The link and its proofs.
    pub proved: ProvedLink,
}

/// A consent, as a document has it.
#[derive(Clone, Eq, PartialEq)]
pub struct ConsentSummary {
    /// The patient.
    pub patient: PatientSummary,
    /// Codes of CD-CONSENTTYPE: one, or two.
    pub types: Vec<String>,
    /// The day it was signed.
    pub sign_date: Option<Date>,
    /// The day it was withdrawn.
    pub revoke_date: Option<Date>,
    /// The sender who registered it.
    pub author: Option<AuthorSummary>,
}

/// An exclusion, as a document has it.
#[derive(Clone, Eq, PartialEq)]
pub struct ExclusionSummary {
    /// The patient.
    pub patient: PatientSummary,
    /// The provider who is excluded.
    pub party: PartySummary,
}

/// A question, as a document has it.
#[derive(Clone, Eq, PartialEq)]
pub struct QuerySummary {
    /// The patient asked about.
    pub patient: Option<PatientSummary>,
    /// The providers asked about.
    pub parties: Vec<PartySummary>,
    /// Codes of link or consent types.
    pub types: Vec<String>,
    /// First day asked about.
    pub begin: Option<Date>,
    /// First day after the time asked about.
    pub end: Option<Date>,
    /// Links that hold, that ended, or all.
    pub status: Option<LinkStatus>,
    /// The proofs that come along.
    pub proofs: Vec<ProofSummary>,
}

/// A proof, as a document has it.
#[derive(Clone, Eq, PartialEq)]
pub struct ProofSummary {
    /// Code of CD-PROOFTYPE.
    pub code: String,
    /// The CMS, if there is one.
    pub cms: Option<Vec<u8>>,
}

impl RequestSummary {
    /// The link to register or to revoke, if that is what it asks.
    #[must_use]
    pub fn link(&self) -> Option<&ProvedLink> {
        match &self.action {
            Action::Link(proved) => Some(proved),
            Action::Links(_) | Action::Consent(_) | Action::Exclusion(_) | Action::Query(_) => None,
        }
    }

    /// The patients it is about: one, or as many as a bulk request has links.
    #[must_use]
    pub fn patients(&self) -> Vec<&PatientSummary> {
        match &self.action {
            Action::Link(proved) => vec![&proved.link.patient],
            Action::Links(links) => links.iter().map(|one| &one.proved.link.patient).collect(),
            Action::Consent(consent) => vec![&consent.patient],
            Action::Exclusion(exclusion) => vec![&exclusion.patient],
            Action::Query(query) => query.patient.iter().collect(),
        }
    }
}

fn value_of<'a>(ids: &'a [IdentifierSummary], scheme: &str) -> Option<&'a str> {
    ids.iter().find(|id| id.scheme == scheme).map(|id| id.value.as_str())
}

redacted_debug!(IdentifierSummary PatientSummary PartySummary PersonSummary AuthorSummary LinkSummary RequestSummary ProvedLink);
redacted_debug!(BulkLinkSummary ConsentSummary ExclusionSummary QuerySummary ProofSummary);
