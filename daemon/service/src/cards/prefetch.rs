//! Reading of a card before anybody asks, if the policy says so: first the text, then the long files.

use super::insertion::{AnyCard, Insertion};
use super::queue::{Job, Lane, Queue, Surroundings};
use beid_card::{CardError, Judge, Wanted};
use beid_pki::TrustStore;

use jiff::Timestamp;
use std::sync::Arc;

/// Extent of reading ahead, with the roots and the clock for its checks.
#[derive(Clone)]
pub(crate) struct Prefetch {
    pub(crate) how_far: beid_settings::Prefetch,
    pub(crate) trust: TrustStore,
    pub(crate) clock: fn() -> Timestamp,
}

impl Prefetch {
    /// Reads the text, before anybody is told that the card is there. Failures are only logged, because a caller who
    /// asks for the text reads it again.
    ///
    /// # Errors
    /// [`CardError::Removed`] when the card has gone.
    pub(super) fn text(&self, card: &mut AnyCard) -> Result<(), CardError> {
        if self.how_far < beid_settings::Prefetch::Text {
            return Ok(());
        }
        unless_removed(card.holder(Wanted::TEXT, self.judge(), &mut ()))
    }

    /// Queues the reading of the long files, behind all other work.
    pub(super) fn put_the_rest(&self, insertion: &Arc<Insertion>) {
        if self.how_far < beid_settings::Prefetch::All {
            return;
        }
        // Weak, because the queue that holds the job is part of the insertion.
        let (ahead, weak) = (self.clone(), Arc::downgrade(insertion));
        let job: Job = Box::new(move |card, queue| match card {
            Ok(card) => {
                let wanted = || weak.upgrade().is_some_and(|insertion| !insertion.gone.is_marked());
                ahead.rest(card, queue, &wanted)
            }
            Err(_) => Ok(()),
        });
        if insertion.queue.put(Lane::Long, job).is_err() {
            // Full or closed: then reading ahead is of no use.
            tracing::debug!("nothing more is read ahead");
        }
    }

    /// Reads the photo, then the certificates; callers who want text go first, between two commands.
    fn rest(&self, card: &mut AnyCard, queue: &Queue, wanted: &dyn Fn() -> bool) -> Result<(), CardError> {
        let lane = Lane::Long;
        let mut around = Surroundings { queue, lane, wanted };
        unless_removed(card.holder(Wanted::PHOTO, self.judge(), &mut around))?;
        if !around.still_wanted() {
            return Ok(());
        }
        unless_removed(card.certificates(&mut around))
    }

    fn judge(&self) -> Judge<'_> {
        Judge {
            trust: &self.trust,
            now: (self.clock)(),
        }
    }
}

fn unless_removed<R>(read: Result<R, CardError>) -> Result<(), CardError> {
    match read {
        Err(CardError::Removed) => Err(CardError::Removed),
        Err(error) => {
            tracing::debug!(%error, "not read ahead");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}
