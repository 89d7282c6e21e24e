//! Places for results. A place is opened before anybody is asked, so that no PIN is spent on what cannot be kept; and what
//! was signed and cannot be written there after all is kept in the state directory.
//!
//! ```text
//! OutputPlace::open(path)      makes a file beside it, for its owner's eyes only; refuses what is there already
//!      .write(bytes)     writes that file, and gives it the name
//! Delivery::put(place)   the same for what was signed: what cannot be written is kept
//! ```
//!
//! A file that is replaced is replaced whole: readers see the old one or the new one, and neither its permissions nor a
//! symbolic link in its place live on.

use super::CommandFailure;
use super::failure::{KeptPlace, StrayResult};
use super::input::{STANDARD, words};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_host::paths::Paths;
use serde_json::Value;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Begins the names of files that have no name of their own yet.
const UNFINISHED: &str = ".beidctl-";

/// Place for one file, opened.
pub(super) struct OutputPlace {
    path: PathBuf,
    to: OutputTarget,
}

enum OutputTarget {
    /// Standard output.
    Stdout,
    /// A file beside the place, which gets its name in the end. Gone if it never does.
    Beside { file: NamedTempFile, replace: bool },
}

impl OutputPlace {
    /// Opens `path`, or standard output if that is `-`. What is there already is refused unless it may be replaced.
    ///
    /// # Errors
    /// [`CommandFailure`] with the name of the place if nothing can be written there.
    pub(super) fn open(path: &Path, replace: bool) -> Result<Self, CommandFailure> {
        let of = |to| Self {
            path: path.to_owned(),
            to,
        };
        if path == Path::new(STANDARD) {
            return Ok(of(OutputTarget::Stdout));
        }
        let unusable = |why: &str| Err(CommandFailure::file(path, why));
        if path.as_os_str().as_bytes().ends_with(b"/") {
            return unusable("a directory, where a file is wanted; name a file in it");
        }
        match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => return unusable("is a directory; name a file in it"),
            Ok(found) if !found.is_file() => {
                return unusable("is no file, and is not written to; standard output is -");
            }
            Ok(_) if !replace => return unusable(TAKEN),
            // A link that leads nowhere is there as well.
            Err(_) if !replace && path.is_symlink() => return unusable(TAKEN),
            Ok(_) | Err(_) => {}
        }
        let directory = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            Some(_) | None => Path::new("."),
        };
        let made = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(directory);
        let file = made.map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                let directory = directory.display();
                let next = "make it first, or choose another place";
                CommandFailure::file(path, format_args!("there is no directory {directory}; {next}"))
            } else {
                CommandFailure::file(path, words(&error))
            }
        })?;
        Ok(of(OutputTarget::Beside { file, replace }))
    }

    /// Opens the place, if there is one.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(super) fn maybe(path: Option<&Path>, replace: bool) -> Result<Option<Self>, CommandFailure> {
        path.map(|path| Self::open(path, replace)).transpose()
    }

    /// Returns true if it is standard output.
    pub(super) fn is_stdout(&self) -> bool {
        matches!(self.to, OutputTarget::Stdout)
    }

    /// The place as it was named.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Path that is the same however the place is written: its directory, links resolved, and its name.
    pub(super) fn spot(&self) -> PathBuf {
        if self.is_stdout() {
            return self.path.clone();
        }
        let directory = self.path.parent().filter(|parent| *parent != Path::new(""));
        let directory = directory.unwrap_or(Path::new("."));
        let resolved = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
        resolved.join(self.path.file_name().unwrap_or_default())
    }

    /// Writes the result; returns the name that was written, none for standard output.
    ///
    /// # Errors
    /// As writing does; then nothing there has changed.
    pub(super) fn write(self, bytes: &[u8]) -> io::Result<Option<PathBuf>> {
        match self.to {
            OutputTarget::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(bytes)?;
                stdout.flush()?;
                Ok(None)
            }
            OutputTarget::Beside { mut file, replace } => {
                file.write_all(bytes)?;
                // Full disks and failing ones are often noticed only now.
                file.as_file().sync_all()?;
                let named = if replace {
                    file.persist(&self.path)
                } else {
                    file.persist_noclobber(&self.path)
                };
                named.map_err(|error| error.error)?;
                Ok(Some(self.path))
            }
        }
    }

    /// Writes a result that can be had again, as [`write`](Self::write).
    ///
    /// # Errors
    /// [`CommandFailure`] with the name of the place.
    pub(super) fn fill(self, bytes: &[u8]) -> Result<Option<PathBuf>, CommandFailure> {
        let (path, is_stdout) = (self.path.clone(), self.is_stdout());
        self.write(bytes).map_err(|error| {
            if is_stdout {
                CommandFailure::from(error)
            } else {
                CommandFailure::file(&path, reason(&error))
            }
        })
    }
}

/// Message about a place that is not free.
const TAKEN: &str = "is there already; --force replaces it";

fn reason(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::AlreadyExists {
        TAKEN.to_owned()
    } else {
        words(error)
    }
}

/// Writes an answer to its places. If something in it is signed, what cannot be written there is kept, so that nothing
/// is lost; anything else can be asked for again.
pub(super) struct Delivery {
    is_signed: bool,
    written: Vec<PathBuf>,
    strays: Vec<StrayResult>,
    failed: Option<CommandFailure>,
}

impl Delivery {
    /// Begins a delivery; `is_signed` says if something in the answer is signed.
    pub(super) fn new(is_signed: bool) -> Self {
        Self {
            is_signed,
            written: Vec::new(),
            strays: Vec::new(),
            failed: None,
        }
    }

    /// Writes `bytes` to `place`; should that fail, they are kept under `name`.
    pub(super) fn put(&mut self, place: OutputPlace, name: &str, bytes: &[u8]) {
        let path = place.path.clone();
        match place.write(bytes) {
            Ok(written) => self.written.extend(written),
            Err(error) => self.keep(&path, name, bytes, reason(&error)),
        }
    }

    /// Writes a member of an answer, as [`put`](Self::put). Should it not be there, or be nothing that can be written, all of the answer is
    /// kept.
    pub(super) fn put_member(
        &mut self,
        place: OutputPlace,
        name: &str,
        member: Option<Result<Vec<u8>, CommandFailure>>,
        answer: &Value,
    ) {
        // A place that has a name is what people will look for.
        let named = place.path.file_name().filter(|_| !place.is_stdout());
        let name = named.map_or(name.to_owned(), |named| named.to_string_lossy().into_owned());
        match member {
            Some(Ok(bytes)) => self.put(place, &name, &bytes),
            Some(Err(_)) | None => {
                let why = "the service's answer has nothing that can be written there".to_owned();
                self.keep(&place.path, "answer.json", answer.to_string().as_bytes(), why);
            }
        }
    }

    /// Keeps `bytes`, which could not be written to `place`.
    pub(super) fn keep(&mut self, place: &Path, name: &str, bytes: &[u8], error: String) {
        if !self.is_signed {
            self.failed.get_or_insert_with(|| CommandFailure::file(place, error));
            return;
        }
        self.strays.push(StrayResult {
            place: place.to_owned(),
            error,
            kept: match kept(name, bytes) {
                Ok(file) => KeptPlace::File(file),
                Err(_) => KeptPlace::Here(BASE64.encode(bytes)),
            },
        });
    }

    /// The files that were written.
    ///
    /// # Errors
    /// [`CommandFailure::Stray`] if one is elsewhere; else the first thing that went wrong.
    pub(super) fn close(self) -> Result<Vec<PathBuf>, CommandFailure> {
        match self.failed {
            Some(failure) => Err(failure),
            None if self.strays.is_empty() => Ok(self.written),
            None => Err(CommandFailure::Stray(self.strays)),
        }
    }

    /// Returns true if something in the answer is signed.
    pub(super) fn is_signed(&self) -> bool {
        self.is_signed
    }
}

/// Keeps an answer that may be signed and cannot be read; returns the failure that says where it is.
pub(super) fn keep_unreadable(members: &Value, reason: &str) -> CommandFailure {
    let mut delivery = Delivery::new(true);
    let why = format!("the service's answer cannot be read: {reason}");
    delivery.keep(Path::new(STANDARD), "answer.json", members.to_string().as_bytes(), why);
    CommandFailure::Stray(delivery.strays)
}

/// Keeps `bytes` in the state directory.
fn kept(name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    beid_host::kept::keep(&Paths::from_environment()?.state, name, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_texts::Language;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn refused(path: &Path, replace: bool, words: &str) {
        let said = OutputPlace::open(path, replace).err().unwrap().said(Language::En);
        assert!(
            said.contains(words) && said.contains(&*path.display().to_string()),
            "{said}"
        );
    }

    fn mode(path: &Path) -> u32 {
        std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn nothing_is_at_a_place_before_it_is_written_and_nothing_is_left_if_it_never_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.p7s");
        let place = OutputPlace::open(&path, false).unwrap();
        assert!(!path.exists());
        drop(place);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        let written = OutputPlace::open(&path, false).unwrap().write(b"signed").unwrap();
        assert_eq!(written, Some(path.clone()));
        assert_eq!(
            (std::fs::read(&path).unwrap().as_slice(), mode(&path)),
            (&b"signed"[..], 0o600)
        );
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_place_is_the_same_however_it_is_written() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("sub")).unwrap();
        symlink(dir.path(), dir.path().join("link")).unwrap();
        let spot = |path: &str| OutputPlace::open(&dir.path().join(path), true).unwrap().spot();
        for same in ["./a.xml", "sub/../a.xml", "link/a.xml"] {
            assert_eq!(spot(same), spot("a.xml"), "{same}");
        }
        assert_ne!(spot("sub/a.xml"), spot("a.xml"));
    }

    #[test]
    fn places_that_cannot_be_written_are_refused_when_they_are_opened() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), "x").unwrap();
        for (path, words) in [
            ("none/a.p7s", "there is no directory"),
            ("newdir/", "a directory, where a file is wanted"),
            ("file/x", "no directory"),
            (".", "is a directory"),
        ] {
            refused(&dir.path().join(path), true, words);
        }
        refused(Path::new("/dev/null"), true, "is no file");
    }

    #[test]
    fn what_is_there_stays_unless_it_may_be_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let [path, link, stale] = ["a.p7s", "link", "stale"].map(|name| dir.path().join(name));
        std::fs::write(&path, "precious").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        symlink(&path, &link).unwrap();
        symlink(dir.path().join("nowhere"), &stale).unwrap();
        for taken in [&path, &link, &stale] {
            refused(taken, false, "--force");
        }
        for taken in [&link, &stale] {
            OutputPlace::open(taken, true).unwrap().write(b"signed").unwrap();
            assert!(!taken.is_symlink(), "the link is replaced, and not what it leads to");
            assert_eq!(std::fs::read(taken).unwrap(), b"signed");
        }
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
        assert!(!dir.path().join("nowhere").exists());
        OutputPlace::open(&path, true).unwrap().write(b"signed").unwrap();
        assert_eq!(
            (std::fs::read(&path).unwrap().as_slice(), mode(&path)),
            (&b"signed"[..], 0o600)
        );
    }

    #[test]
    fn what_comes_while_the_person_is_asked_is_not_replaced_either() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.p7s");
        let place = OutputPlace::open(&path, false).unwrap();
        std::fs::write(&path, "precious").unwrap();
        let error = place.write(b"signed").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    }
}
