//! Memory for secrets: never written to a disk, and wiped when it goes.

use region::LockGuard;
use std::ops::{Deref, DerefMut};
use zeroize::Zeroize;

/// Octets of a secret, such as a PIN, in a page of memory of their own. The page is locked, so that the system does not
/// write it to a disk while it is short of memory (`mlock(2)`), never grows, and is wiped on drop. It has no `Debug`,
/// `Clone` or `Serialize`, on purpose.
pub struct SecretOctets {
    // Dropped in this order: what is unlocked is still allocated then.
    lock: Option<LockGuard>,
    memory: Box<[u8]>,
    start: usize,
    length: usize,
}

impl SecretOctets {
    /// Makes room for `length` zeros; at most a page of memory, which has 4096 bytes or more.
    ///
    /// Where the system grants no locked memory (`ulimit -l`), the room is the same, and [`is_locked`](Self::is_locked) is
    /// false.
    #[must_use]
    pub fn zeros(length: usize) -> Self {
        let page = region::page::size();
        // Twice a page has a whole one in it, which this shares with nothing: locks do not count how often a page is locked.
        let memory = vec![0; 2 * page].into_boxed_slice();
        let start = memory.as_ptr().align_offset(page).min(page);
        let own = memory.get(start..start + page).unwrap_or_default();
        Self {
            lock: region::lock(own.as_ptr(), own.len()).ok(),
            memory,
            start,
            length: length.min(page),
        }
    }

    /// Copies a secret.
    #[must_use]
    pub fn from_parts(parts: &[&[u8]]) -> Self {
        let mut octets = Self::zeros(parts.iter().map(|part| part.len()).sum());
        let mut places = octets.iter_mut();
        for (from, to) in parts.iter().copied().flatten().zip(&mut places) {
            *to = *from;
        }
        octets
    }

    /// Returns true if the system keeps it off its disks.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.lock.is_some()
    }
}

impl Deref for SecretOctets {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.memory
            .get(self.start..self.start + self.length)
            .unwrap_or_default()
    }
}

impl DerefMut for SecretOctets {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.memory
            .get_mut(self.start..self.start + self.length)
            .unwrap_or_default()
    }
}

impl Drop for SecretOctets {
    fn drop(&mut self) {
        self.memory.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Locked memory of this process in KiB, as the kernel counts it (proc(5), `VmLck`).
    fn locked() -> u64 {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmLck:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    #[test]
    fn each_secret_has_a_locked_page_of_its_own_and_gives_it_back() {
        let page = u64::try_from(region::page::size()).unwrap() / 1024;
        let secrets: Vec<SecretOctets> = (0..64).map(|_| SecretOctets::from_parts(&[b"1234", b"56"])).collect();
        assert!(
            secrets
                .iter()
                .all(|secret| secret.is_locked() && **secret == *b"123456")
        );
        let with_them = locked();
        assert!(with_them >= 64 * page, "{with_them}");
        drop(secrets);
        // Other tests have a few of their own.
        assert!(locked() <= with_them - 32 * page, "{with_them}");
    }

    #[test]
    fn more_than_a_page_is_a_page() {
        assert_eq!(SecretOctets::zeros(usize::MAX).len(), region::page::size());
        assert_eq!(SecretOctets::zeros(0).len(), 0);
    }
}
