//! The command line of `beidctl evidence`.

use super::Writing;
use beid_api::names::EVIDENCE_KINDS;
use beid_api::types::EvidenceEndMembers;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Command on the records of what was read and signed.
#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceCommand {
    /// List records, the latest first, a hundred at a time.
    List(EvidenceQuestion),
    /// Show a record and its content.
    Show {
        /// The record's id: evidenceId in answers.
        #[arg(value_name = "ID")]
        id: String,
        /// Write the content to this file instead, exactly as it is hashed.
        #[arg(long, short, value_name = "FILE.json")]
        out: Option<PathBuf>,
        /// Options for files.
        #[command(flatten)]
        writing: Writing,
    },
    /// Write all chains to a file that anybody can verify; or, for a patient who asks, the records about one patient.
    Export(EvidenceExport),
    /// Verify the chains of the store, or those of an export, for which no service is needed. Names the first broken link.
    Verify(EvidenceVerification),
    /// Have the care provider sign the end of the chain with the eID in the reader for providers. The dialog says what is signed.
    SignHead,
    /// Drop contents for good. Headers and hashes stay, and a record says what was dropped and why.
    Purge(EvidencePurge),
}

/// Choice of records.
#[derive(Args, Debug)]
pub(crate) struct EvidenceQuestion {
    /// Kind of the records; every kind if left out.
    #[arg(long, value_parser = EVIDENCE_KINDS.to_vec())]
    pub(crate) kind: Option<String>,
    /// First day, such as 2026-11-21.
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<String>,
    /// Last day.
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<String>,
    /// Reference that the caller sent with its request.
    #[arg(long)]
    pub(crate) reference: Option<String>,
    /// Place behind which the list goes on, as the list before says.
    #[arg(long, value_name = "PLACE")]
    pub(crate) after: Option<String>,
}

/// Options of `evidence export`.
#[derive(Args, Debug)]
pub(crate) struct EvidenceExport {
    /// Contents about this patient only (national number); the headers of all records are there in any case.
    #[arg(long, value_name = "SSIN")]
    pub(crate) patient: Option<String>,
    /// First day of the records in an .asice file, such as 2026-11-21.
    #[arg(long, value_name = "DAY", requires = "patient")]
    pub(crate) from: Option<String>,
    /// Last day of them.
    #[arg(long, value_name = "DAY", requires = "patient")]
    pub(crate) to: Option<String>,
    /// The file. With --patient, one that ends in .asice is a signed container with documents and an index for people.
    #[arg(long, short, value_name = "FILE.jsonl|FILE.asice")]
    pub(crate) out: PathBuf,
    /// Options for files.
    #[command(flatten)]
    pub(crate) writing: Writing,
}

impl EvidenceExport {
    /// Returns true if the name of the file asks for a container.
    pub(crate) fn is_container(&self) -> bool {
        let ending = self.out.extension().and_then(|ending| ending.to_str());
        ending.is_some_and(|ending| ending.eq_ignore_ascii_case("asice"))
    }
}

/// Options of `evidence verify`.
#[derive(Args, Debug)]
pub(crate) struct EvidenceVerification {
    /// An export; the store of the running service if left out.
    #[arg(value_name = "FILE.jsonl")]
    pub(crate) file: Option<PathBuf>,
    /// End that was noted earlier, and that its chain must still have; may be repeated.
    #[arg(long, value_name = "DESK:POSITION:HASH", value_parser = noted_end)]
    pub(crate) noted: Vec<EvidenceEndMembers>,
    /// Private key of the institution (PEM), to compare contents that are sealed to it.
    #[arg(long, value_name = "FILE.key", requires = "file")]
    pub(crate) key: Option<PathBuf>,
    /// Also trust the roots in this PEM file, as test roots, for heads that a care provider signed; may be repeated.
    #[arg(long, value_name = "FILE", requires = "file")]
    pub(crate) root: Vec<PathBuf>,
}

/// Options of `evidence purge`.
#[derive(Args, Debug)]
pub(crate) struct EvidencePurge {
    /// Contents about this patient (national number).
    #[arg(long, value_name = "SSIN", required_unless_present = "kind", conflicts_with = "kind")]
    pub(crate) patient: Option<String>,
    /// Contents of this kind, before a day.
    #[arg(long, value_parser = EVIDENCE_KINDS.to_vec(), requires = "before")]
    pub(crate) kind: Option<String>,
    /// First day whose contents stay, such as 2024-01-01.
    #[arg(long, value_name = "DAY", requires = "kind")]
    pub(crate) before: Option<String>,
    /// Also drop what the settings keep for longer (evidence.retention).
    #[arg(long)]
    pub(crate) despite_retention: bool,
    /// Reason, which is recorded and stays: without names and numbers of patients.
    #[arg(long)]
    pub(crate) reason: String,
}

/// Parser of an end, as `evidence verify` prints it.
fn noted_end(text: &str) -> Result<EvidenceEndMembers, String> {
    let is_hex = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut parts = text.split(':');
    let read = (parts.next(), parts.next(), parts.next(), parts.next());
    let (Some(desk), Some(position), Some(hash), None) = read else {
        return Err("an end has three parts: DESK:POSITION:HASH".to_owned());
    };
    let position = position
        .parse()
        .map_err(|_| "the position is a whole number".to_owned())?;
    if !is_hex(desk, 32) || !is_hex(hash, 64) {
        return Err("a desk has 32 hex digits, and a hash 64".to_owned());
    }
    Ok(EvidenceEndMembers {
        desk: desk.to_ascii_lowercase(),
        position,
        hash: hash.to_ascii_lowercase(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_as_it_is_printed_and_nothing_else_is() {
        let (desk, hash) = ("0a".repeat(16), "0B".repeat(32));
        let end = noted_end(&format!("{desk}:7:{hash}")).unwrap();
        assert_eq!((end.desk, end.position, end.hash), (desk.clone(), 7, "0b".repeat(32)));
        for wrong in [
            String::new(),
            format!("{desk}:7"),
            format!("{desk}:7:{hash}:"),
            format!("{desk}:-1:{hash}"),
            format!("{}:7:{hash}", &desk[1..]),
            format!("{desk}:7:{}x", &hash[1..]),
        ] {
            assert!(noted_end(&wrong).is_err(), "{wrong}");
        }
    }
}
