//! What issuers said, on disk until there is something newer.
//!
//! Nothing in here is trusted: whoever loads an answer judges it again, signature and all. But an answer holds the serial
//! number of somebody's certificate, and so tells whose card was here. Hence the directory is its owner's alone, an answer
//! goes after a day at the latest, and names of files are keyed hashes, which a listing or a back-up's index may show.

use beid_host::private;
use beid_host::random::random_bytes;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// How long an OCSP answer is kept at most.
const ANSWER_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// How much is kept in all; the oldest goes first.
const TOTAL: u64 = 128 << 20;

/// What each file begins with: until when it is kept, seconds since 1970, big-endian.
const HEAD: usize = 8;

/// What is kept.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// An OCSP answer, found by the `CertID`.
    Answer,
    /// A revocation list, found by its URL.
    List,
}

/// The directory, and the key to its names.
pub(super) struct Cache {
    directory: PathBuf,
    key: [u8; 32],
    turn: Mutex<()>,
}

impl Cache {
    /// Opens `directory`, which is made if it is not there.
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

    /// What is kept under that name, if it is no longer than `limit` and its time is not over.
    pub(super) fn find(&self, name: (Kind, &[u8]), limit: usize, now: Timestamp) -> Option<Vec<u8>> {
        let path = self.path(name);
        let longest = u64::try_from(limit.checked_add(HEAD)?).ok()?;
        let mut bytes = Vec::new();
        private::open(&path)
            .ok()?
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

    /// Keeps `bytes` under that name until there is something newer. That it cannot is no reason to stop.
    pub(super) fn keep(&self, name: (Kind, &[u8]), bytes: &[u8], next_update: Timestamp, now: Timestamp) {
        let until = match name.0 {
            Kind::Answer => now.checked_add(ANSWER_LIFE).map_or(now, |day| day.min(next_update)),
            Kind::List => next_update,
        };
        if until <= now {
            return;
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let head = until.as_second().to_be_bytes();
        let kept = private::write(&self.path(name), &[&head, bytes].concat());
        if let Err(error) = kept.and_then(|()| self.tidy(now, TOTAL)) {
            tracing::warn!(%error, "an answer about revocation could not be kept");
        }
    }

    fn path(&self, (kind, id): (Kind, &[u8])) -> PathBuf {
        let kind = match kind {
            Kind::Answer => "answer",
            Kind::List => "list",
        };
        let hash = Sha256::new()
            .chain_update(self.key)
            .chain_update(kind)
            .chain_update(id)
            .finalize();
        let name: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        self.directory.join(name)
    }

    /// Removes what is over, then the oldest until there is at most `total` left.
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

/// The key that is there, or a new one.
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
        let (answer, list) = ((Kind::Answer, b"id".as_slice()), (Kind::List, b"id".as_slice()));
        cache.keep(answer, b"answer", hours(100), now());
        cache.keep(list, b"list", hours(100), now());
        let find = |name, at| cache.find(name, 64, at);
        assert_eq!(find(answer, hours(23)).as_deref(), Some(b"answer".as_slice()));
        assert_eq!(find(answer, hours(24)), None);
        assert_eq!(find(list, hours(99)).as_deref(), Some(b"list".as_slice()));
        assert_eq!(find(list, hours(100)), None);
        // The next one kept sweeps out what is over.
        cache.keep((Kind::List, b"other"), b"list", hours(200), hours(24));
        assert_eq!(names(&directory).len(), 3);
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn names_say_nothing_and_are_the_same_after_a_restart() {
        let (one, other) = (directory(), directory());
        let id = (Kind::Answer, b"0123456789".as_slice());
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
        cache.keep((Kind::Answer, b"id"), b"answer", hours(1), now());
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
            let name = (Kind::List, id.as_slice());
            cache.keep(name, &[0; 92], hours(1), now());
            let file = File::options().write(true).open(cache.path(name)).unwrap();
            let modified = std::time::SystemTime::now() - std::time::Duration::from_secs(60 * age);
            file.set_modified(modified).unwrap();
        }
        cache.tidy(now(), 200).unwrap();
        let left = ids.map(|id| cache.find((Kind::List, id), 92, now()).is_some());
        assert_eq!(left, [false, true, true]);
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn nothing_is_made_of_files_that_are_cut_or_too_long() {
        let directory = directory();
        let cache = Cache::open(&directory, now()).unwrap();
        let name = (Kind::Answer, b"id".as_slice());
        cache.keep(name, b"answer", hours(1), now());
        assert!(cache.find(name, 6, now()).is_some());
        assert_eq!(cache.find(name, 5, now()), None);
        fs::write(cache.path(name), [0; 7]).unwrap();
        assert_eq!(cache.find(name, 64, now()), None);
        fs::remove_dir_all(directory).unwrap();
    }
}
