//! The way in which a daemon records: into a store that is opened when it is first needed, or not at all where the practice
//! wants none.

use crate::counts::CountDraft;
use crate::error::EvidenceError;
use crate::record::RecordDraft;
use crate::sealing::Sealing;
use crate::store::{EvidenceStore, Receipt};
use jiff::Timestamp;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Records what was done, before its answer leaves.
pub enum Recorder {
    /// Nothing is recorded: the settings say so.
    Off,
    /// Everything is recorded, or not answered.
    On(LazyStore),
}

/// A store that is opened when it is first needed, and again after that failed.
pub struct LazyStore {
    directory: PathBuf,
    sealing: Sealing,
    opened: OnceCell<Arc<EvidenceStore>>,
}

/// An answer whose record has not been written. The answer comes out only through [`Recorder::release`].
pub struct Unrecorded<A> {
    answer: A,
    draft: RecordDraft,
    counts: Option<CountDraft>,
}

impl<A> Unrecorded<A> {
    /// Holds an answer back until its record is written.
    #[must_use]
    pub fn new(answer: A, draft: RecordDraft) -> Self {
        Self {
            answer,
            draft,
            counts: None,
        }
    }

    /// Adds to the numbers of the month with the record.
    #[must_use]
    pub fn counting(mut self, counts: Option<CountDraft>) -> Self {
        self.counts = counts;
        self
    }
}

impl Recorder {
    /// Names the directory of a store, and how its contents are sealed.
    #[must_use]
    pub fn on(directory: PathBuf, sealing: Sealing) -> Self {
        Self::On(LazyStore {
            directory,
            sealing,
            opened: OnceCell::new(),
        })
    }

    /// Returns the store; `None` if nothing is recorded.
    ///
    /// # Errors
    /// If it cannot be opened. The next call tries again.
    pub async fn store(&self, now: Timestamp) -> Result<Option<&Arc<EvidenceStore>>, EvidenceError> {
        let Self::On(lazy) = self else { return Ok(None) };
        let open = async || {
            EvidenceStore::open(&lazy.directory, lazy.sealing.clone(), now)
                .await
                .map(Arc::new)
        };
        lazy.opened.get_or_try_init(open).await.map(Some)
    }

    /// Returns the store if it has been opened.
    #[must_use]
    pub fn opened(&self) -> Option<&Arc<EvidenceStore>> {
        match self {
            Self::Off => None,
            Self::On(lazy) => lazy.opened.get(),
        }
    }

    /// Makes sure that a record could be written now, so that nobody is asked for a PIN in vain.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn must_be_ready(&self, now: Timestamp) -> Result<(), EvidenceError> {
        match self.store(now).await? {
            Some(store) => store.must_be_ready(now).await,
            None => Ok(()),
        }
    }

    /// Adds numbers of something that has no record, such as a refusal; none where nothing is recorded.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn count(&self, counts: &CountDraft, now: Timestamp) -> Result<(), EvidenceError> {
        match self.store(now).await? {
            Some(store) => store.count(counts, now).await,
            None => Ok(()),
        }
    }

    /// Writes the record, and gives the answer out with its receipt; without one where nothing is recorded.
    ///
    /// # Errors
    /// If the record could not be written; the answer is given back beside the error, for whoever must keep it.
    pub async fn release<A>(
        &self,
        unrecorded: Unrecorded<A>,
        now: Timestamp,
    ) -> Result<(A, Option<Receipt>), (EvidenceError, A)> {
        let Unrecorded { answer, draft, counts } = unrecorded;
        let recorded = async {
            match self.store(now).await? {
                Some(store) => store.record_counted(&draft, counts.as_ref(), now).await.map(Some),
                None => Ok(None),
            }
        };
        match recorded.await {
            Ok(receipt) => Ok((answer, receipt)),
            Err(error) => Err((error, answer)),
        }
    }
}
