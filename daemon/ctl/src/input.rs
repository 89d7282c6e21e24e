//! Reading what the command line names: files, and standard input as `-`. Nothing is read before its size is known to be
//! one that is taken; what has no size is read as far as that.

use super::CommandFailure;
use super::failure::FailureKind;
use beid_api::parse::parse;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Stands for standard input, or output.
pub(super) const STANDARD: &str = "-";

/// Number of bytes of a file that holds a token, a certificate, settings of one request, or the like.
pub(super) const SMALL: usize = 1 << 20;

/// Source of bytes: a file, or standard input.
pub(super) struct InputFile {
    reader: Box<dyn Read>,
    /// Number of bytes, if that is known beforehand.
    pub(super) size: Option<u64>,
}

impl InputFile {
    /// Opens the file at `path`, or standard input if that is `-`. Standard input can be opened once.
    ///
    /// # Errors
    /// [`CommandFailure`] with the name of the file if it is not there, is none, or may not be read.
    pub(super) fn open(path: &Path) -> Result<Self, CommandFailure> {
        static TAKEN: AtomicBool = AtomicBool::new(false);
        if path != Path::new(STANDARD) {
            return Self::file(path);
        }
        if TAKEN.swap(true, Ordering::Relaxed) {
            return Err(CommandFailure::usage(
                "standard input can be read once: only one file can be -",
            ));
        }
        Ok(Self {
            reader: Box::new(io::stdin()),
            size: None,
        })
    }

    /// Opens the file at `path`; `-` is a file like any other.
    fn file(path: &Path) -> Result<Self, CommandFailure> {
        let unusable = |error: io::Error| CommandFailure::file(path, words(&error));
        let file = File::open(path).map_err(unusable)?;
        let found = file.metadata().map_err(unusable)?;
        let kind = found.file_type();
        if kind.is_dir() {
            return Err(CommandFailure::file(path, "is a directory; name a file"));
        }
        // A pipe, as shells make for <(…), has no size. A device may have no end.
        if !kind.is_file() && !kind.is_fifo() {
            return Err(CommandFailure::file(path, "is no file; standard input is -"));
        }
        Ok(Self {
            reader: Box::new(file),
            size: kind.is_file().then_some(found.len()),
        })
    }

    /// Reads at most `most` bytes and, if there are more, one of those.
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

    /// Refuses a source that is known to be larger than `most` bytes.
    fn fitting(self, path: &Path, most: usize) -> Result<Self, CommandFailure> {
        let fits = |size: u64| usize::try_from(size).is_ok_and(|size| size <= most);
        if self.size.is_none_or(fits) {
            Ok(self)
        } else {
            Err(too_large(path, most))
        }
    }

    fn whole(self, path: &Path, most: usize) -> Result<Vec<u8>, CommandFailure> {
        let mut fitting = self.fitting(path, most)?;
        let bytes = fitting
            .head(most)
            .map_err(|error| CommandFailure::file(path, words(&error)))?;
        if bytes.len() > most {
            return Err(too_large(path, most));
        }
        Ok(bytes)
    }
}

/// Reads a file, or standard input, whole if it has at most `most` bytes.
///
/// # Errors
/// `too-large`, else as [`InputFile::open`].
pub(super) fn read(path: &Path, most: usize) -> Result<Vec<u8>, CommandFailure> {
    InputFile::open(path)?.whole(path, most)
}

/// Reads a file that no argument names, so that `-` means nothing special; else as [`read`].
///
/// # Errors
/// As [`read`].
pub(super) fn read_file(path: &Path, most: usize) -> Result<Vec<u8>, CommandFailure> {
    InputFile::file(path)?.whole(path, most)
}

/// Refuses a file that other code will read if it has more than `most` bytes.
///
/// # Errors
/// As [`read`].
pub(super) fn must_fit(path: &Path, most: usize) -> Result<(), CommandFailure> {
    InputFile::file(path)?.fitting(path, most).map(drop)
}

/// Reads the value of `member` of a request from a file, or from standard input, as JSON. `null` is no value.
///
/// # Errors
/// As [`read`]; [`CommandFailure::Invalid`] if the service would refuse the value.
pub(super) fn json_members<T: DeserializeOwned>(
    path: Option<&Path>,
    member: &str,
) -> Result<Option<T>, CommandFailure> {
    let Some(path) = path else { return Ok(None) };
    let text = read(path, SMALL)?;
    let value: Value = serde_json::from_slice(&text).map_err(|error| CommandFailure::file(path, error))?;
    value_of(member, value)
}

/// Reads the value of `member` of a request from an option.
///
/// # Errors
/// [`CommandFailure::Invalid`] if the service would refuse the value.
pub(super) fn member<T: DeserializeOwned>(member: &str, option: Option<&str>) -> Result<Option<T>, CommandFailure> {
    option.map_or(Ok(None), |text| value_of(member, text.into()))
}

fn value_of<T: DeserializeOwned>(member: &str, value: Value) -> Result<Option<T>, CommandFailure> {
    // Below its name, so that an error names the member as the service would.
    let members = Value::Object(Map::from_iter([(member.to_owned(), value)]));
    let parsed: BTreeMap<String, Option<T>> = parse(members).map_err(CommandFailure::Invalid)?;
    Ok(parsed.into_values().next().flatten())
}

/// Failure because of a file that is larger than it may be.
fn too_large(path: &Path, most: usize) -> CommandFailure {
    let shown = shown(path);
    CommandFailure::new(
        FailureKind::TooLarge,
        format!("{shown} is larger than {}, the most that is read of it", size(most)),
    )
}

/// Name of a file in messages.
pub(super) fn shown(path: &Path) -> String {
    if path == Path::new(STANDARD) {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

/// Number of bytes in words.
pub(super) fn size(bytes: usize) -> String {
    match bytes {
        mib if mib >= 1 << 20 && mib.is_multiple_of(1 << 20) => format!("{} MiB", mib >> 20),
        kib if kib >= 1 << 10 && kib.is_multiple_of(1 << 10) => format!("{} KiB", kib >> 10),
        bytes => format!("{bytes} bytes"),
    }
}

/// Errors of the system in words, with what to look at.
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

/// Error of the system in words.
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
        let said = read(&file, 9).unwrap_err().said(beid_texts::Language::En);
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
            let said = read(&path, SMALL).unwrap_err().said(beid_texts::Language::En);
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
