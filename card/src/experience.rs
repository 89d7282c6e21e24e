//! Knowledge from earlier cards that saves commands with the next one.

use crate::files::ElementaryFile;
use crate::values::ChipNumber;
use beid_pki::Certificate;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Certificates of authorities seen before, and lengths of the files of earlier cards; shared by all cards of a
/// process.
///
/// A certificate seen before serves to build a chain, which is judged anew each time; it is never returned as a card's
/// own. Lengths are kept in memory only, under a hash with a key of this process, so that they do not tell which cards
/// were here.
#[derive(Default)]
pub struct Experience {
    certificates: Mutex<Vec<Certificate>>,
    lengths: Mutex<HashMap<u64, usize>>,
    key: RandomState,
}

/// Maximum number of certificates: more authorities than Belgium has had.
const MAX_CERTIFICATES: usize = 256;
/// Maximum number of lengths: those of some thousand cards.
const MAX_LENGTHS: usize = 8192;

impl Experience {
    /// Starts with certificates kept from an earlier run. Being kept makes none of them trusted.
    #[must_use]
    pub fn with_certificates(certificates: impl IntoIterator<Item = Certificate>) -> Self {
        let experience = Self::default();
        for certificate in certificates {
            experience.learn(&certificate);
        }
        experience
    }

    /// Certificates of authorities and of the register seen so far, which may be kept for the next run. None of them is
    /// a person's.
    #[must_use]
    pub fn certificates(&self) -> Vec<Certificate> {
        lock(&self.certificates).clone()
    }

    /// Remembers a certificate that has been found to lead to a trusted root.
    pub(crate) fn learn(&self, certificate: &Certificate) {
        let mut known = lock(&self.certificates);
        if known.len() < MAX_CERTIFICATES && !known.contains(certificate) {
            known.push(certificate.clone());
        }
    }

    /// Length of `file` on the card with that chip when it was last read.
    pub(crate) fn length(&self, chip: ChipNumber, file: &ElementaryFile) -> Option<usize> {
        lock(&self.lengths).get(&self.hashed(chip, file)).copied()
    }

    /// Remembers a length that has been proved.
    pub(crate) fn learn_length(&self, chip: ChipNumber, file: &ElementaryFile, len: usize) {
        let mut lengths = lock(&self.lengths);
        if lengths.len() == MAX_LENGTHS {
            // Forgetting costs each card a few commands on its next visit; keeping an order of age would cost more code.
            lengths.clear();
        }
        if len > 0 {
            lengths.insert(self.hashed(chip, file), len);
        }
    }

    fn hashed(&self, chip: ChipNumber, file: &ElementaryFile) -> u64 {
        self.key.hash_one((chip, file.name))
    }
}

/// Locks, even after a panic of another thread: no change behind these locks can stop half-way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
