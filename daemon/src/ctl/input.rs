//! Reading what the command line names: files, and standard input as `-`. Nothing is read before its size is known to be
//! one that is taken; what has no size is read as far as that.

use super::Failure;
use super::failure::Kind;
use serde_json::Value;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Stands for standard input, or output.
pub(super) const STANDARD: &str = "-";

/// Number of bytes of a file that holds a token, a certificate, settings of one request, or the like.
pub(super) const SMALL: usize = 1 << 20;

/// What can be read: a file, or standard input.
pub(super) struct Input {
    reader: Box<dyn Read>,
    /// Number of bytes, if that is known beforehand.
    pub(super) size: Option<u64>,
}

impl Input {
    /// Opens the file at `path`, or standard input if that is `-`; once, for there is only one.
    ///
    /// # Errors
    /// [`Failure`] with the name of the file if it is not there, is none, or may not be read.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        static TAKEN: AtomicBool = AtomicBool::new(false);
        if path != Path::new(STANDARD) {
            return Self::file(path);
        }
        if TAKEN.swap(true, Ordering::Relaxed) {
            return Err(Failure::usage(
                "standard input can be read once: only one file can be -",
            ));
        }
        Ok(Self {
            reader: Box::new(io::stdin()),
            size: None,
        })
    }

    /// As [`open`](Self::open), where `-` is a file like any other.
    fn file(path: &Path) -> Result<Self, Failure> {
        let unusable = |error: io::Error| Failure::file(path, words(&error));
        let file = File::open(path).map_err(unusable)?;
        let found = file.metadata().map_err(unusable)?;
        let kind = found.file_type();
        if kind.is_dir() {
            return Err(Failure::file(path, "is a directory; name a file"));
        }
        // A pipe, as shells make for <(…), has no size. A device may have no end.
        if !kind.is_file() && !kind.is_fifo() {
            return Err(Failure::file(path, "is no file; standard input is -"));
        }
        Ok(Self {
            reader: Box::new(file),
            size: kind.is_file().then_some(found.len()),
        })
    }

    /// At most `most` bytes and, if there are more, one of those.
    ///
    /// # Errors
    /// As reading does.
    pub(super) fn head(&mut self, most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let most = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        self.reader.by_ref().take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Hands the rest to `each`, piece by piece.
    ///
    /// # Errors
    /// As reading does.
    pub(super) fn rest(&mut self, mut each: impl FnMut(&[u8])) -> io::Result<()> {
        let mut piece = vec![0; 1 << 16];
        loop {
            match self.reader.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(read) => each(piece.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Refuses what is known to be larger than `most` bytes.
    fn fitting(self, path: &Path, most: usize) -> Result<Self, Failure> {
        let fits = |size: u64| usize::try_from(size).is_ok_and(|size| size <= most);
        if self.size.is_none_or(fits) {
            Ok(self)
        } else {
            Err(too_large(path, most))
        }
    }

    fn whole(self, path: &Path, most: usize) -> Result<Vec<u8>, Failure> {
        let mut fitting = self.fitting(path, most)?;
        let bytes = fitting.head(most).map_err(|error| Failure::file(path, words(&error)))?;
        if bytes.len() > most {
            return Err(too_large(path, most));
        }
        Ok(bytes)
    }
}

/// The whole file, or standard input, if it has at most `most` bytes.
///
/// # Errors
/// `too-large`, else as [`Input::open`].
pub(super) fn read(path: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    Input::open(path)?.whole(path, most)
}

/// A file that no argument names, so that `-` means nothing special; else as [`read`].
///
/// # Errors
/// As [`read`].
pub(super) fn read_file(path: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    Input::file(path)?.whole(path, most)
}

/// Refuses a file that somebody else will read if it has more than `most` bytes.
///
/// # Errors
/// As [`read`].
pub(super) fn must_fit(path: &Path, most: usize) -> Result<(), Failure> {
    Input::file(path)?.fitting(path, most).map(drop)
}

/// What stands in a file, or on standard input, as JSON.
///
/// # Errors
/// As [`read`], and if it is no JSON.
pub(super) fn json(path: &Path) -> Result<Value, Failure> {
    let text = read(path, SMALL)?;
    serde_json::from_slice(&text).map_err(|error| Failure::file(path, error))
}

/// What is said of a file that is larger than it may be.
fn too_large(path: &Path, most: usize) -> Failure {
    let shown = shown(path);
    Failure::of(
        Kind::TooLarge,
        format!("{shown} is larger than {}, the most that is read of it", size(most)),
    )
}

/// The name of a file as people are told it.
pub(super) fn shown(path: &Path) -> String {
    if path == Path::new(STANDARD) {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

/// A number of bytes in words.
pub(super) fn size(bytes: usize) -> String {
    match bytes {
        mib if mib >= 1 << 20 && mib.is_multiple_of(1 << 20) => format!("{} MiB", mib >> 20),
        kib if kib >= 1 << 10 && kib.is_multiple_of(1 << 10) => format!("{} KiB", kib >> 10),
        bytes => format!("{bytes} bytes"),
    }
}

/// What the system's errors mean to people, and what to look at.
const WORDS: [(io::ErrorKind, &str); 6] = [
    (io::ErrorKind::NotFound, "there is no such file"),
    (
        io::ErrorKind::PermissionDenied,
        "you may not read or write it; look at its permissions",
    ),
    (io::ErrorKind::NotADirectory, "a part of its path is no directory"),
    (
        io::ErrorKind::ReadOnlyFilesystem,
        "the file system is read-only; choose another place",
    ),
    (io::ErrorKind::StorageFull, "the disk is full"),
    (io::ErrorKind::QuotaExceeded, "your disk quota is used up"),
];

/// The system's error in words.
pub(super) fn words(error: &io::Error) -> String {
    let known = WORDS.iter().find(|(kind, _)| *kind == error.kind());
    known.map_or_else(|| error.to_string(), |(_, words)| (*words).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit_and_no_further() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a");
        std::fs::write(&file, [7; 10]).unwrap();
        assert_eq!(read(&file, 10).unwrap(), [7; 10]);
        let said = read(&file, 9).unwrap_err().said(crate::texts::Language::En);
        assert!(
            said.contains("larger than 9 bytes") && said.ends_with("[too-large]"),
            "{said}"
        );
        // Its size says so; not a byte of it is read.
        File::create(&file).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(read(&file, SMALL).unwrap_err().code(), "too-large");
    }

    #[test]
    fn what_is_no_file_says_so() {
        let dir = tempfile::tempdir().unwrap();
        for (path, words) in [
            (dir.path().to_owned(), "is a directory"),
            (dir.path().join("none"), "there is no such file"),
            ("/dev/zero".into(), "is no file"),
        ] {
            let said = read(&path, SMALL).unwrap_err().said(crate::texts::Language::En);
            assert!(
                said.contains(words) && said.contains(&*path.display().to_string()),
                "{said}"
            );
        }
    }

    #[test]
    fn sizes_are_said_in_words() {
        for (bytes, expected) in [(6 << 20, "6 MiB"), (64 << 10, "64 KiB"), (1000, "1000 bytes")] {
            assert_eq!(size(bytes), expected);
        }
    }
}
