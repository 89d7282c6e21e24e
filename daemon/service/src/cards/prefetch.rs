//! Reading a card before anybody asks, if the policy says so: the text first, then what takes long.

use super::insertion::{AnyCard, Insertion};
use super::queue::{Around, Job, Lane, Queue};
use crate::config;
use beid_card::{CardError, Judge, Wanted};
use beid_pki::TrustStore;
use jiff::Timestamp;
use std::sync::Arc;

/// How much is read ahead, and what it is judged by.
#[derive(Clone)]
pub(crate) struct Prefetch {
    pub(crate) how_far: config::Prefetch,
    pub(crate) trust: TrustStore,
    pub(crate) clock: fn() -> Timestamp,
}

impl Prefetch {
    /// Reads the text, before anybody is told that the card is there. What fails is not lost: whoever asks is told why.
    ///
    /// # Errors
    /// [`CardError::Removed`] when the card has gone.
    pub(super) fn text(&self, card: &mut AnyCard) -> Result<(), CardError> {
        if self.how_far < config::Prefetch::Text {
            return Ok(());
        }
        unless_removed(card.holder(Wanted::TEXT, self.judge(), &mut ()))
    }

    /// Has the long files read as soon as nobody wants anything else.
    pub(super) fn put_the_rest(&self, insertion: &Arc<Insertion>) {
        if self.how_far < config::Prefetch::All {
            return;
        }
        let (ahead, gone) = (self.clone(), Arc::downgrade(insertion));
        let job: Job = Box::new(move |card, queue| match card {
            Ok(card) => {
                let wanted = || gone.upgrade().is_some_and(|insertion| !insertion.gone.is_marked());
                ahead.rest(card, queue, &wanted)
            }
            Err(_) => Ok(()),
        });
        if insertion.queue.put(Lane::Long, job).is_err() {
            // Full or closed: then there is no use for it.
            tracing::debug!("nothing more is read ahead");
        }
    }

    /// Photo, then certificates; between two commands whoever asked for text goes first.
    fn rest(&self, card: &mut AnyCard, queue: &Queue, wanted: &dyn Fn() -> bool) -> Result<(), CardError> {
        let lane = Lane::Long;
        let mut around = Around { queue, lane, wanted };
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
