//! Verification of the chains in a database.

use crate::chain::{BrokenLink, ChainEnd, ChainFault, ChainReport, ChainVerifier, ContentSeen};
use crate::error::EvidenceError;
use crate::ledger::{Ledger, RecordRow, StoredHead, to_column};
use crate::sealing::{ContentPlace, Opening};

/// Number of records that are read at a time.
pub(crate) const PART: u32 = 256;

/// Verifies one chain of a database, from its genesis to its end. `noted` are ends that somebody noted earlier: the chain
/// must still have them.
///
/// # Errors
/// Those of the database. A chain that does not hold is no error: the report names its first broken link.
pub async fn verify_chain(
    ledger: &mut Ledger,
    genesis: &str,
    opening: &Opening<'_>,
    noted: &[ChainEnd],
) -> Result<ChainReport, EvidenceError> {
    let mut verifier = match ChainVerifier::begin(genesis) {
        Ok(verifier) => verifier,
        Err(report) => return Ok(*report),
    };
    let desk = verifier.desk().to_owned();
    let mut noted: Vec<_> = noted.iter().filter(|end| end.desk == desk).collect();
    noted.sort_by_key(|end| end.position);
    // An end that was noted before the first record names the genesis.
    if let Err(broken) = verifier.must_know_ends(noted.iter().copied()) {
        return Ok(verifier.end_at(broken));
    }
    loop {
        let after = verifier.position();
        let rows = ledger.part(&desk, after, PART).await?;
        let last = rows.last().map_or(after, |row| row.position);
        let heads = ledger.heads(&desk, to_column(after)?, last).await?;
        let is_end = rows.is_empty();
        if let Err(broken) = judge(&mut verifier, &rows, &heads, &noted, opening) {
            return Ok(verifier.end_at(broken));
        }
        if is_end {
            break;
        }
    }
    // Only the end can tell that records are missing behind it.
    let end = verifier.position();
    let heads = ledger
        .heads(&desk, to_column(end)?, u64::try_from(i64::MAX).unwrap_or(u64::MAX))
        .await?;
    let beyond = noted
        .iter()
        .map(|end| end.position)
        .chain(heads.iter().map(|head| head.position));
    match beyond
        .filter(|position| *position > end)
        .map(|position| verifier.must_know(position, ""))
        .find(Result::is_err)
    {
        Some(Err(broken)) => Ok(verifier.end_at(broken)),
        _ => Ok(verifier.end()),
    }
}

fn judge(
    verifier: &mut ChainVerifier,
    rows: &[RecordRow],
    heads: &[StoredHead],
    noted: &[&ChainEnd],
    opening: &Opening<'_>,
) -> Result<(), BrokenLink> {
    for row in rows {
        let broken = |fault| BrokenLink {
            position: row.position,
            fault,
        };
        let place = ContentPlace {
            desk: verifier.desk(),
            position: row.position,
        };
        let opened = row.content.as_ref().map(|content| opening.open(place, content));
        let opened = opened.transpose().map_err(|_| broken(ChainFault::Content))?;
        let seen = match &opened {
            None => ContentSeen::Absent,
            Some(None) => ContentSeen::Sealed,
            Some(Some(content)) => ContentSeen::Plain(content),
        };
        verifier.record(&row.text, seen)?;
        row.header().ok_or(broken(ChainFault::Columns))?;
        for head in heads.iter().filter(|head| head.position == row.position) {
            verifier.head(&head.head, &head.signature)?;
        }
        verifier.must_know_ends(noted.iter().copied())?;
    }
    Ok(())
}
