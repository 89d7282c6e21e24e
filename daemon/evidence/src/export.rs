//! Exports: lines of JSON that a program of thirty-odd lines verifies, without us and without the database.
//!
//! ```text
//! {"genesis": "…"}                       the text of the genesis; begins the next chain
//! {"record": "…", "content": "…"}        the text of a header, and that of its content if it is there and chosen
//! {"record": "…", "sealing": "institution", "sealed": "…"}   a content that is sealed, as hex digits
//! {"head": "…", "signature": "…"}        the text of a signed head, behind the record that it names
//! ```
//!
//! The headers of all records are in every export, since a chain with gaps proves nothing. They name no person.

use crate::chain::{
    BrokenLink, ChainEnd, ChainFault, ChainReport, ChainVerifier, ContentSeen, Genesis, missing_chains,
};
use crate::error::EvidenceError;
use crate::keys::octets_from_hex;
use crate::ledger::{Ledger, RecordRow, genesis_of, to_column};
use crate::patient::{PatientChoice, PatientRecord, is_shared};
use crate::record::{hex, read_canonical};
use crate::sealing::{ContentPlace, Opening, StoredContent};
use crate::verify::PART;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::{self, ErrorKind, Write};

/// Upper limit on an export in one answer, in bytes: a message on the bus holds 128 MiB.
const LONGEST_EXPORT: usize = 96 << 20;

/// Contents that an export holds.
pub enum ContentChoice {
    /// All of them.
    All,
    /// Those about one patient and nobody else.
    About(PatientChoice),
    /// Those that this caller produced.
    Of(String),
}

impl ContentChoice {
    fn takes(&self, row: &RecordRow) -> bool {
        let entry = row.entry.as_ref();
        match self {
            Self::All => true,
            Self::About(patient) => patient.finds(row) && !is_shared(row),
            Self::Of(owner) => entry.is_some_and(|entry| entry.owner == *owner),
        }
    }
}

/// One line of an export.
#[derive(Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct ExportLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    genesis: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sealing: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
}

/// Writes all chains of a database, in the order of their beginnings. Returns the records about the patient, where the choice
/// is one.
///
/// The chain of `end` is written up to there: records that are written meanwhile would stand behind its last signed head, as
/// if others had been cut off.
///
/// # Errors
/// Those of the database; a content that its key does not open; what `out` cannot take.
pub async fn write_export(
    ledger: &mut Ledger,
    opening: &Opening<'_>,
    choice: &ContentChoice,
    end: Option<&ChainEnd>,
    out: &mut (impl Write + Send),
) -> Result<Vec<PatientRecord>, EvidenceError> {
    let mut found = Vec::new();
    let geneses = ledger.chains().await?;
    let read = geneses.iter().map(|genesis| Ok((genesis_of(genesis)?, genesis)));
    let mut chains: Vec<(Genesis, &String)> = read.collect::<Result<_, EvidenceError>>()?;
    chains.sort_by(|one, other| (&one.0.began, &one.0.desk).cmp(&(&other.0.began, &other.0.desk)));
    for (read, genesis) in chains {
        let line = ExportLine {
            genesis: Some(genesis.clone()),
            ..ExportLine::default()
        };
        write_line(&line, out)?;
        let end = end.filter(|end| end.desk == read.desk).map(|end| end.position);
        let part = ChainPart {
            desk: &read.desk,
            end: end.unwrap_or(u64::MAX),
        };
        found.extend(write_chain(ledger, &part, opening, choice, out).await?);
    }
    Ok(found)
}

/// Part of a chain that is written: from its beginning to a position, which is in it.
struct ChainPart<'c> {
    desk: &'c str,
    end: u64,
}

async fn write_chain(
    ledger: &mut Ledger,
    &ChainPart { desk, end }: &ChainPart<'_>,
    opening: &Opening<'_>,
    choice: &ContentChoice,
    out: &mut (impl Write + Send),
) -> Result<Vec<PatientRecord>, EvidenceError> {
    let (mut after, mut found) = (0, Vec::new());
    loop {
        let mut rows = ledger.part(desk, after, PART).await?;
        rows.retain(|row| row.position <= end);
        let Some(last) = rows.last().map(|row| row.position) else {
            return Ok(found);
        };
        let heads = ledger.heads(desk, to_column(after)?, last).await?;
        for row in &rows {
            let line = record_line(desk, row, opening, choice)?;
            write_line(&line, out)?;
            if let ContentChoice::About(patient) = choice
                && patient.finds(row)
            {
                found.push(PatientRecord::new(desk, row, line.content, line.sealed.is_some())?);
            }
            for head in heads.iter().filter(|head| head.position == row.position) {
                let line = ExportLine {
                    head: Some(head.head.clone()),
                    signature: Some(head.signature.clone()),
                    ..ExportLine::default()
                };
                write_line(&line, out)?;
            }
        }
        after = last;
    }
}

fn record_line(
    desk: &str,
    row: &RecordRow,
    opening: &Opening<'_>,
    choice: &ContentChoice,
) -> Result<ExportLine, EvidenceError> {
    let mut line = ExportLine {
        record: Some(row.text.clone()),
        ..ExportLine::default()
    };
    let Some(stored) = row.content.as_ref().filter(|_| choice.takes(row)) else {
        return Ok(line);
    };
    let place = ContentPlace {
        desk,
        position: row.position,
    };
    match opening.open(place, stored)? {
        Some(content) => line.content = Some(String::from_utf8_lossy(&content).into_owned()),
        None => {
            line.sealing = Some(stored.sealing.clone());
            line.sealed = Some(hex(&stored.octets));
        }
    }
    Ok(line)
}

fn write_line(line: &ExportLine, out: &mut impl Write) -> Result<(), EvidenceError> {
    let written = serde_json::to_writer(&mut *out, line).map_err(io::Error::from);
    let written = written.and_then(|()| out.write_all(b"\n"));
    written.map_err(|error| {
        if error.kind() == ErrorKind::FileTooLarge {
            EvidenceError::TooLong { limit: LONGEST_EXPORT }
        } else {
            EvidenceError::Internal(error.to_string())
        }
    })
}

/// Lines of an export in memory, up to what one answer can hold: beyond it, not even a byte is kept.
#[derive(Default)]
pub(crate) struct ExportLines(Vec<u8>);

impl ExportLines {
    pub(crate) fn into_octets(self) -> Vec<u8> {
        self.0
    }
}

impl Write for ExportLines {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if self.0.len() + octets.len() > LONGEST_EXPORT {
            return Err(ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Verifies an export. `noted` are ends that somebody noted earlier: its chains must still have them.
///
/// Returns a report for each chain. A line that is none of an export breaks the chain before it.
#[must_use]
pub fn verify_export(text: &str, opening: &Opening<'_>, noted: &[ChainEnd]) -> Vec<ChainReport> {
    let mut reader = ExportReader {
        opening,
        noted,
        open: None,
        done: Vec::new(),
        vouched: HashMap::new(),
    };
    for line in text.lines() {
        if let Err(broken) = reader.line(line) {
            reader.close(Some(broken));
        }
    }
    reader.finish()
}

/// Verification of an export as far as it has been read.
struct ExportReader<'e> {
    opening: &'e Opening<'e>,
    noted: &'e [ChainEnd],
    /// Chain that is being read; `None` before the first, and behind a broken link.
    open: Option<ChainVerifier>,
    done: Vec<ChainReport>,
    /// Ends that later geneses know, by desk.
    vouched: HashMap<String, ChainEnd>,
}

impl ExportReader<'_> {
    fn line(&mut self, line: &str) -> Result<(), BrokenLink> {
        let here = self.open.as_ref().map_or(0, |chain| chain.position() + 1);
        let malformed = BrokenLink {
            position: here,
            fault: ChainFault::Header,
        };
        let read: ExportLine = serde_json::from_str(line).map_err(|_| malformed.clone())?;
        match read {
            ExportLine {
                genesis: Some(genesis), ..
            } => {
                self.close(None);
                self.begin(&genesis)
            }
            ExportLine {
                record: Some(record),
                content,
                sealing,
                sealed,
                ..
            } if self.has_begun() => self.record(&record, content.as_deref(), sealing.zip(sealed)),
            ExportLine {
                head: Some(head),
                signature: Some(signature),
                ..
            } if self.has_begun() => self.open.as_mut().map_or(Ok(()), |chain| chain.head(&head, &signature)),
            _ => Err(malformed),
        }
    }

    /// Returns true behind the first genesis. What stands before it belongs to no chain.
    fn has_begun(&self) -> bool {
        self.open.is_some() || !self.done.is_empty()
    }

    fn begin(&mut self, genesis: &str) -> Result<(), BrokenLink> {
        let earlier = read_canonical::<Genesis>(genesis).map(|read| read.earlier);
        for end in earlier.unwrap_or_default() {
            self.vouched.insert(end.desk.clone(), end);
        }
        match ChainVerifier::begin(genesis) {
            Ok(chain) => self.open.insert(chain).must_know_ends(self.noted),
            Err(report) => {
                self.done.push(*report);
                Ok(())
            }
        }
    }

    fn record(
        &mut self,
        header: &str,
        content: Option<&str>,
        sealed: Option<(String, String)>,
    ) -> Result<(), BrokenLink> {
        // Behind a broken link nothing can be said.
        let Some(chain) = self.open.as_mut() else { return Ok(()) };
        let position = chain.position() + 1;
        let broken = BrokenLink {
            position,
            fault: ChainFault::Content,
        };
        let place = ContentPlace {
            desk: chain.desk(),
            position,
        };
        let sealed = sealed.map(|(sealing, octets)| {
            let octets = octets_from_hex(&octets).ok_or(broken.clone())?;
            let stored = StoredContent { sealing, octets };
            self.opening.open(place, &stored).map_err(|_| broken.clone())
        });
        let sealed = sealed.transpose()?;
        let seen = match (content, &sealed) {
            (Some(content), _) => ContentSeen::Plain(content.as_bytes()),
            (None, Some(Some(content))) => ContentSeen::Plain(content),
            (None, Some(None)) => ContentSeen::Sealed,
            (None, None) => ContentSeen::Absent,
        };
        chain.record(header, seen)?;
        chain.must_know_ends(self.noted)
    }

    /// Ends the chain that is being read.
    fn close(&mut self, broken: Option<BrokenLink>) {
        let Some(chain) = self.open.take() else {
            if let (Some(_), false) = (broken, self.has_begun()) {
                self.done.push(ChainReport {
                    broken: Some(BrokenLink {
                        position: 0,
                        fault: ChainFault::Genesis,
                    }),
                    ..ChainReport::default()
                });
            }
            return;
        };
        let end = chain.position();
        let beyond = self
            .noted
            .iter()
            .find(|noted| noted.desk == chain.desk() && noted.position > end);
        let missing = beyond.and_then(|noted| chain.must_know(noted.position, &noted.hash).err());
        self.done.push(match broken.or(missing) {
            Some(broken) => chain.end_at(broken),
            None => chain.end(),
        });
    }

    fn finish(mut self) -> Vec<ChainReport> {
        self.close(None);
        for report in &mut self.done {
            if report.broken.is_some() {
                continue;
            }
            let fault = match self.vouched.get(&report.desk) {
                Some(end) if end.position > report.records => Some(ChainFault::Shorter),
                Some(end) if end.position == report.records && end.hash != report.last_hash => Some(ChainFault::Head),
                Some(end) if end.position == report.records => None,
                // Grown since, or not known to any later chain: then its own head must stand at the end.
                _ => (report.behind_last_head > 0).then_some(ChainFault::NoHead),
            };
            report.broken = fault.map(|fault| BrokenLink {
                position: report.records + u64::from(fault == ChainFault::Shorter),
                fault,
            });
        }
        let known: Vec<ChainEnd> = self.noted.iter().chain(self.vouched.values()).cloned().collect();
        self.done.extend(missing_chains(&self.done, &known));
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_limit_are_refused_and_take_no_memory() {
        let mut lines = ExportLines(vec![b' '; LONGEST_EXPORT - 40]);
        let line = ExportLine {
            head: Some("a".repeat(20)),
            ..ExportLine::default()
        };
        write_line(&line, &mut lines).unwrap();
        let refused = write_line(&line, &mut lines).unwrap_err();
        assert!(
            matches!(refused, EvidenceError::TooLong { limit: LONGEST_EXPORT }),
            "{refused}"
        );
        assert!(lines.into_octets().len() <= LONGEST_EXPORT);
    }
}
