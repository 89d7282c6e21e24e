//! Both ends of the chain that a desk writes: how it begins, and the heads that say how far it goes.

use crate::chain::{ChainEnd, Genesis, Head};
use crate::error::EvidenceError;
use crate::keys::DeskKeys;
use crate::ledger::{Ledger, StoredHead, genesis_of};
use crate::record::{FORMAT, read_canonical, time_text, write_canonical};
use crate::store::keys_file;
use jiff::Timestamp;
use std::path::Path;

/// Returns true if the keys are those of a chain in the database.
pub(crate) fn is_among(keys: &DeskKeys, chains: &[String]) -> Result<bool, EvidenceError> {
    let public = keys.public_key()?;
    let mut read = chains.iter().filter_map(|genesis| read_canonical::<Genesis>(genesis));
    Ok(read.any(|genesis| genesis.desk == keys.desk() && genesis.key == public))
}

/// Writes the keys of a new desk, and begins its chain.
pub(crate) async fn begin_chain(
    ledger: &mut Ledger,
    directory: &Path,
    keys: DeskKeys,
    now: Timestamp,
) -> Result<DeskKeys, EvidenceError> {
    let mut earlier = Vec::new();
    for genesis in ledger.chains().await? {
        earlier.extend(ledger.end(&genesis_of(&genesis)?.desk).await?);
    }
    if !earlier.is_empty() {
        tracing::warn!(
            chains = earlier.len(),
            "the chain of this desk cannot go on: a new chain begins"
        );
    }
    let genesis = Genesis {
        began: time_text(now),
        desk: keys.desk().to_owned(),
        earlier,
        format: FORMAT,
        key: keys.public_key()?,
    };
    // First the keys: a chain without them could not be signed.
    keys.write(&keys_file(directory))?;
    ledger.add_chain(keys.desk(), &write_canonical(&genesis)?).await?;
    Ok(keys)
}

pub(crate) async fn end_of(ledger: &mut Ledger, desk: &str) -> Result<ChainEnd, EvidenceError> {
    let end = ledger.end(desk).await?;
    end.ok_or_else(|| EvidenceError::Damaged {
        place: ledger.place().name(),
        detail: "the chain of this desk is missing".to_owned(),
    })
}

/// Signs the end of the chain if no head was signed on this day.
pub(crate) async fn sign_head_of_day(
    ledger: &mut Ledger,
    keys: &DeskKeys,
    end: &ChainEnd,
    now: Timestamp,
) -> Result<(), EvidenceError> {
    let last = ledger.last_head(&end.desk).await?;
    let last = last.and_then(|(head, _)| read_canonical::<Head>(&head));
    let today = time_text(now);
    let is_of_today = last.is_some_and(|last| last.time.get(..10) == today.get(..10));
    if is_of_today {
        Ok(())
    } else {
        sign_end(ledger, keys, end, now).await
    }
}

/// Signs the end of the chain.
pub(crate) async fn sign_end(
    ledger: &mut Ledger,
    keys: &DeskKeys,
    end: &ChainEnd,
    now: Timestamp,
) -> Result<(), EvidenceError> {
    if end.position == 0 {
        return Ok(());
    }
    let head = head_text(end, now)?;
    let signed = StoredHead {
        position: end.position,
        signature: keys.sign(&head)?,
        head,
    };
    ledger.add_heads(&end.desk, &[signed]).await
}

/// Text of a head of this end.
pub(crate) fn head_text(end: &ChainEnd, now: Timestamp) -> Result<String, EvidenceError> {
    write_canonical(&Head {
        desk: end.desk.clone(),
        format: FORMAT,
        hash: end.hash.clone(),
        position: end.position,
        time: time_text(now),
    })
}
