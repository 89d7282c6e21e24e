//! OCSP answers and revocation lists on disk, each kept until there is something newer.
//!
//! Nothing in here is trusted: an answer is judged again, with its signature, each time it is loaded. But an answer
//! holds the serial number of somebody's certificate and so tells whose card was here. Hence only the owner can read
//! the directory, an answer is kept for a day at most, and names of files are keyed hashes, since a listing of the
//! directory or the index of a back-up may show them.

use beid_host::private;
use beid_host::random::random_bytes;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Maximum time for which an OCSP answer is kept.
const ANSWER_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// Maximum size of all files together, in bytes; the oldest are removed first.
const TOTAL: u64 = 128 << 20;

/// Length in bytes of the head of each file: the time until which it is kept, in seconds since 1970, big-endian.
const HEAD: usize = 8;

/// Identifier under which an answer or list is kept.
#[derive(Clone, Copy)]
pub(super) enum CacheId<'i> {
    /// `CertID` of the request that an OCSP answer is for.
    Answer(&'i [u8]),
    /// URL of a revocation list.
    List(&'i [u8]),
}

/// Directory of kept answers and lists, with the key that hashes their identifiers to file names.
pub(super) struct Cache {
    directory: PathBuf,
    key: [u8; 32],
    turn: Mutex<()>,
}

impl Cache {
    /// Opens `directory`, or makes it, and removes what has expired.
    pub(super) fn open(directory: &Path, now: Timestamp) -> io::Result<Self> {
        private::make_directory(directory)?;
        let cache = Self {
            key: key(&directory.join("key"))?,
            directory: directory.to_owned(),
            turn: Mutex::new(()),
        };
        cache.tidy(now, TOTAL)?;
        Ok(cache)
    }

    /// Returns the bytes kept under `id`, unless they have expired or are longer than `limit`.
    pub(super) fn find(&self, id: CacheId<'_>, limit: usize, now: Timestamp) -> Option<Vec<u8>> {
        let path = self.path(id);
        let longest = u64::try_from(limit.checked_add(HEAD)?).ok()?;
        let mut bytes = Vec::new();
        private::open(&path)
            .ok()?
            // One byte more tells a file that is too long from one that just fits.
            .take(longest + 1)
            .read_to_end(&mut bytes)
            .ok()?;
        let is_over = until(&bytes).is_none_or(|until| until <= now);
        if is_over || bytes.len() > limit + HEAD {
            return None;
        }
        bytes.drain(..HEAD);
        Some(bytes)
    }

    /// Keeps `bytes` under `id` until `next_update`, and an OCSP answer for a day at most. A failure is only logged.
    pub(super) fn keep(&self, id: CacheId<'_>, bytes: &[u8], next_update: Timestamp, now: Timestamp) {
        let until = match id {
            CacheId::Answer(_) => now.checked_add(ANSWER_LIFE).map_or(now, |day| day.min(next_update)),
            CacheId::List(_) => next_update,
        };
        if until <= now {
            return;
        }
        // One thread at a time: tidying fails on a file that another one removes after it was listed.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let head = until.as_second().to_be_bytes();
        let kept = private::write(&self.path(id), &[&head, bytes].concat());
        if let Err(error) = kept.and_then(|()| self.tidy(now, TOTAL)) {
            tracing::warn!(%error, "an answer about revocation could not be kept");
        }
    }

    fn path(&self, id: CacheId<'_>) -> PathBuf {
        let (sort, id) = match id {
            CacheId::Answer(id) => ("answer", id),
            CacheId::List(id) => ("list", id),
        };
        let hash = Sha256::new()
            .chain_update(self.key)
            // Keeps answers and lists apart, whatever their identifiers are.
            .chain_update(sort)
            .chain_update(id)
            .finalize();
        let name: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        self.directory.join(name)
    }

    /// Removes expired files, then the oldest until at most `total` bytes are left.
    fn tidy(&self, now: Timestamp, total: u64) -> io::Result<()> {
        let mut kept = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            if entry.file_name() == "key" {
                continue;
            }
            let about = entry.metadata()?;
            if until_of(&entry.path()).is_none_or(|until| until <= now) {
                fs::remove_file(entry.path())?;
            } else {
                kept.push((about.modified()?, about.len(), entry.path()));
            }
        }
        kept.sort();
        let mut sum: u64 = kept.iter().map(|(_, length, _)| length).sum();
        for (_, length, path) in kept {
            if sum <= total {
                break;
            }
            fs::remove_file(path)?;
            sum -= length;
        }
        Ok(())
    }
}

/// Reads the key from `path`, or makes a new one. With a new key, files of an earlier one are never found again and
/// expire.
fn key(path: &Path) -> io::Result<[u8; 32]> {
    if let Ok(Some(bytes)) = private::read(path)
        && let Ok(key) = bytes.try_into()
    {
        return Ok(key);
    }
    let key = random_bytes();
    private::write(path, &key)?;
    Ok(key)
}

fn until(bytes: &[u8]) -> Option<Timestamp> {
    let seconds = i64::from_be_bytes(*bytes.first_chunk::<HEAD>()?);
    Timestamp::from_second(seconds).ok()
}

fn until_of(path: &Path) -> Option<Timestamp> {
    let mut head = [0; HEAD];
    private::open(path).ok()?.read_exact(&mut head).ok()?;
    until(&head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::unix::fs::PermissionsExt;

    fn directory() -> PathBuf {
        std::env::temp_dir().join(format!("beidd-revocation-{}", beid_host::random::random_id()))
    }

    fn now() -> Timestamp {
        "2026-11-20T10:02:00Z".parse().unwrap()
    }

    fn hours(number: i64) -> Timestamp {
        now() + SignedDuration::from_hours(number)
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn answers_go_after_a_day_and_lists_with_the_next() {
        let directory = directory();
        let cache = Cache::open(&directory, now()).unwrap();
        let (answer, list) = (CacheId::Answer(b"id"), CacheId::List(b"id"));
        cache.keep(answer, b"answer", hours(100), now());
        cache.keep(list, b"list", hours(100), now());
        let find = |name, at| cache.find(name, 64, at);
        assert_eq!(find(answer, hours(23)).as_deref(), Some(b"answer".as_slice()));
        assert_eq!(find(answer, hours(24)), None);
        assert_eq!(find(list, hours(99)).as_deref(), Some(b"list".as_slice()));
        assert_eq!(find(list, hours(100)), None);
        // The next one kept sweeps out what is over.
        cache.keep(CacheId::List(b"other"), b"list", hours(200), hours(24));
        assert_eq!(names(&directory).len(), 3);
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn names_say_nothing_and_are_the_same_after_a_restart() {
        let (one, other) = (directory(), directory());
        let id = CacheId::Answer(b"0123456789");
        Cache::open(&one, now()).unwrap().keep(id, b"answer", hours(1), now());
        assert!(Cache::open(&one, now()).unwrap().find(id, 64, now()).is_some());
        Cache::open(&other, now()).unwrap().keep(id, b"answer", hours(1), now());
        let mut both = [names(&one), names(&other)].concat();
        both.sort();
        both.dedup();
        assert_eq!(both.len(), 3, "the key's name, and two that differ: {both:?}");
        for path in [one, other] {
            fs::remove_dir_all(path).unwrap();
        }
    }

    #[test]
    fn only_the_owner_can_look() {
        let directory = directory();
        let cache = Cache::open(&directory, now()).unwrap();
        cache.keep(CacheId::Answer(b"id"), b"answer", hours(1), now());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        for name in names(&directory) {
            assert_eq!(mode(&directory.join(&name)), 0o600, "{name}");
        }
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn oldest_goes_first_when_there_is_too_much() {
        let directory = directory();
        let cache = Cache::open(&directory, now()).unwrap();
        let ids = [b"first", b"secnd", b"third"];
        for (age, id) in [3_u64, 2, 1].into_iter().zip(ids) {
            let name = CacheId::List(id);
            cache.keep(name, &[0; 92], hours(1), now());
            let file = File::options().write(true).open(cache.path(name)).unwrap();
            let modified = std::time::SystemTime::now() - std::time::Duration::from_secs(60 * age);
            file.set_modified(modified).unwrap();
        }
        cache.tidy(now(), 200).unwrap();
        let left = ids.map(|id| cache.find(CacheId::List(id), 92, now()).is_some());
        assert_eq!(left, [false, true, true]);
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn nothing_is_made_of_files_that_are_cut_or_too_long() {
        let directory = directory();
        let cache = Cache::open(&directory, now()).unwrap();
        let name = CacheId::Answer(b"id");
        cache.keep(name, b"answer", hours(1), now());
        assert!(cache.find(name, 6, now()).is_some());
        assert_eq!(cache.find(name, 5, now()), None);
        fs::write(cache.path(name), [0; 7]).unwrap();
        assert_eq!(cache.find(name, 64, now()), None);
        fs::remove_dir_all(directory).unwrap();
    }
}
