//! Records about one patient, for the patient who asks for them: all of theirs, and nothing of anybody else.

use crate::chain::Genesis;
use crate::error::EvidenceError;
use crate::file_signer::FileSigner;
use crate::ledger::{RecordEntry, RecordRow};
use crate::record::{RecordHeader, hash, read_canonical, time_text};
use jiff::Timestamp;
use zeroize::Zeroizing;

/// Choice of the records about one patient.
pub struct PatientChoice {
    /// Keyed hash of the patient's number.
    subject: String,
    /// First moment that counts, as in headers.
    from: String,
    /// First moment that counts no more.
    until: String,
}

/// Records about one patient, with all chains around them.
///
/// It has no `Debug`: it holds a patient's data.
pub struct PatientExport {
    /// Export of all chains, with the contents about the patient.
    pub lines: Vec<u8>,
    /// The records, in the order of their chains.
    pub records: Vec<PatientRecord>,
    /// Beginning of the chain that is written now.
    pub genesis: Genesis,
    /// Key for a signature over a file that holds all this.
    pub signer: FileSigner,
}

/// Record about a patient.
pub struct PatientRecord {
    /// Members of the header.
    pub header: RecordHeader,
    /// Content, as far as the patient gets it.
    pub content: PatientContent,
}

/// Content of a record about a patient.
pub enum PatientContent {
    /// The text.
    Text(Zeroizing<String>),
    /// It is not in this database: the server of the institution has it.
    Elsewhere,
    /// It is sealed with a key that is not here, such as the institution's.
    Sealed,
    /// It is about other patients, too, and so goes to none of them.
    Shared,
}

impl PatientChoice {
    /// Chooses the records about the patient with this keyed hash, from one moment on and before another.
    pub(crate) fn new(subject: String, from: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        Self {
            subject,
            from: from.map(time_text).unwrap_or_default(),
            // Behind every time that a header can have.
            until: until.map_or_else(|| "a".to_owned(), time_text),
        }
    }

    /// Returns true if the record is about the patient, whoever else it is about.
    pub(crate) fn finds(&self, row: &RecordRow) -> bool {
        let is_about = |entry: &RecordEntry| entry.subjects.contains(&self.subject);
        row.entry.as_ref().is_some_and(is_about) && row.time >= self.from && row.time < self.until
    }
}

impl PatientRecord {
    /// Describes a row about the patient; `content` is what an export has of it.
    pub(crate) fn new(
        desk: &str,
        row: &RecordRow,
        content: Option<String>,
        is_sealed: bool,
    ) -> Result<Self, EvidenceError> {
        let changed = || EvidenceError::Sealed {
            desk: desk.to_owned(),
            position: row.position,
        };
        let header: RecordHeader = read_canonical(&row.text).ok_or_else(changed)?;
        let content = match content {
            _ if is_shared(row) => PatientContent::Shared,
            // What is not the content of its header is no evidence of anything.
            Some(text) if hash(text.as_bytes()) == header.content => PatientContent::Text(Zeroizing::new(text)),
            Some(_) => return Err(changed()),
            None if is_sealed => PatientContent::Sealed,
            None => PatientContent::Elsewhere,
        };
        Ok(Self { header, content })
    }
}

/// Returns true if the record is about several patients. What one of them gets would tell of the others.
pub(crate) fn is_shared(row: &RecordRow) -> bool {
    row.entry.as_ref().is_some_and(|entry| entry.subjects.len() > 1)
}
