//! What earlier cards have taught, so that the next one is asked less.

use crate::files::ElementaryFile;
use crate::values::ChipNumber;
use beid_pki::Certificate;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Shared by all cards of a process: authorities' certificates seen before, and how long the files of a card were.
///
/// A certificate seen before serves to build a chain, which is judged anew each time; it is never given out as what is on
/// a card. Lengths are kept in memory only, under a hash with a key of this process: they do not tell which cards were
/// here.
#[derive(Default)]
pub struct Experience {
    certificates: Mutex<Vec<Certificate>>,
    lengths: Mutex<HashMap<u64, usize>>,
    key: RandomState,
}

/// More authorities than Belgium has had.
const MAX_CERTIFICATES: usize = 256;
/// Lengths of the files of some thousand cards.
const MAX_LENGTHS: usize = 8192;

impl Experience {
    /// Begins with certificates kept from an earlier run. Nothing is trusted for having been kept.
    #[must_use]
    pub fn with_certificates(certificates: impl IntoIterator<Item = Certificate>) -> Self {
        let experience = Self::default();
        for certificate in certificates {
            experience.learn(&certificate);
        }
        experience
    }

    /// Every certificate of an authority, or of the register, seen so far: what may be kept for the next run. None of
    /// them is a person's.
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

    /// How long `file` was on that very card, the last time.
    pub(crate) fn length(&self, chip: ChipNumber, file: &ElementaryFile) -> Option<usize> {
        lock(&self.lengths).get(&self.hashed(chip, file)).copied()
    }

    /// Remembers a length that has been proved.
    pub(crate) fn learn_length(&self, chip: ChipNumber, file: &ElementaryFile, len: usize) {
        let mut lengths = lock(&self.lengths);
        if lengths.len() == MAX_LENGTHS {
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

/// The lock, even if somebody panicked while holding it: what is behind it is never left half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
