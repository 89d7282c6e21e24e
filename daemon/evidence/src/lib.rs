//! Evidence of what was read and signed at a desk: written before its answer leaves, chained by hash, and kept.
//!
//! ```text
//! record      a header that is hashed, and a content apart from it
//! chain       genesis, headers, signed heads; judging them
//! keys        keys of the desk             sealing     contents at rest, or to the institution
//! database    SQLite, PostgreSQL           ledger      what is done on either alike; statements: every one, once
//! store       the desk's own: record, read, verify
//! ends        the chain's beginning, signed heads   purge    contents that are dropped
//! recorder    what a daemon records by: an answer comes out only with its record
//! counts      numbers by month, for reports
//! delivery    to the institution's server, exactly once and in order
//! export      lines that others verify     verify      a database's chains
//! backup      a copy of the whole store
//! patient     records about one patient    file_signer signatures of the desk over files
//! ```
//!
//! It knows no front, no card and no operation: whoever uses it says what was done, in members. The promise that an answer
//! has a record is carried by [`Unrecorded`], which gives the answer out only through a [`Recorder`].

mod backup;
mod chain;
mod counts;
mod database;
mod delivery;
mod ends;
mod error;
mod export;
mod file_signer;
mod keys;
mod ledger;
mod patient;
mod postgres;
mod purge;
mod record;
mod recorder;
mod sealing;
mod statements;
mod store;
mod verify;

#[cfg(test)]
mod tests;

pub use backup::back_up;
pub use chain::{
    BrokenLink, ChainEnd, ChainFault, ChainReport, ChainVerifier, ContentSeen, Genesis, Head, ProviderHead,
};
pub use counts::{CountCell, CountDraft, CountGroup, CountMonth, CountedPerson, MonthlyNumber};
pub use database::{DatabasePlace, prepare_server};
pub use delivery::{Delivery, DeliveryState};
pub use error::EvidenceError;
pub use export::{ContentChoice, verify_export, write_export};
pub use file_signer::FileSigner;
pub use keys::DeskKeys;
pub use ledger::{ContentAbout, ContentKey, FoundRecord, Ledger, RecordEntry, RecordSearch, StoredHead, StoredRecord};
pub use patient::{PatientChoice, PatientContent, PatientExport, PatientRecord};
pub use postgres::ServerAddress;
pub use purge::{PurgeOrder, Purged};
pub use record::{EvidenceId, FORMAT, RecordDraft, RecordHeader, RecordKind};
pub use recorder::{LazyStore, Recorder, Unrecorded};
pub use sealing::{InstitutionKey, InstitutionSecret, Opening, Sealing, StoredContent};
pub use statements::{Databases, STATEMENTS};
pub use store::{EvidenceRecord, EvidenceStore, Receipt, RecordContent};
pub use verify::verify_chain;
