//! The directory of the daemon's own certificates, with the set in use and those before and after it.
//!
//! ```text
//! tls/ca.pem, cert.pem, key.pem   the set in use
//! tls/next/                       the set that a rotation has prepared, and that stores are made to trust
//! tls/previous/                   the set that a rotation has replaced, until no store trusts it any more
//! tls/earlier-1/ …                sets that were replaced because the clock, or a file, was wrong
//! ```

use super::issue::make;
use super::set::{CA, CERTIFICATE, CertificateSet, FILES, KEY, authority_in};
use crate::HttpsError;
use beid_host::private;
use rustls::crypto::CryptoProvider;
use std::fs::DirBuilder;
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use zeroize::Zeroizing;

/// The first second of 2026, before which this program did not exist: an earlier clock is wrong. Certificates then begin
/// here, since those of 1970 would have ended in 1972.
pub(super) const EARLIEST: Duration = Duration::from_secs(1_767_225_600);
/// Highest number of replaced sets that are kept.
const EARLIER: u8 = 99;

/// Directory of the daemon's own certificates.
pub(super) struct SetDirectory {
    path: PathBuf,
    provider: Arc<CryptoProvider>,
}

/// One change of one file. A set changes in such steps; after each of them a set that works can be found.
#[derive(Debug)]
pub(super) enum FileStep {
    /// Writes a copy, in place of what is there.
    Copy { from: PathBuf, to: PathBuf },
    /// Removes a file, or an empty directory.
    Remove(PathBuf),
}

impl SetDirectory {
    /// Makes the directory if need be, with access for its owner only.
    pub(super) fn open(path: &Path, provider: &Arc<CryptoProvider>) -> Result<Self, HttpsError> {
        private::make_directory(path)?;
        Ok(Self {
            path: path.to_owned(),
            provider: Arc::clone(provider),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Directory of the set that a rotation has prepared.
    pub(super) fn next(&self) -> PathBuf {
        self.path.join("next")
    }

    /// Directory of the set that a rotation has replaced.
    pub(super) fn previous(&self) -> PathBuf {
        self.path.join("previous")
    }

    /// Loads the set in use; makes a new one if a file is missing, unreadable, of another set or expired.
    ///
    /// A set that is not valid yet is kept: browsers have been told to trust it, and the clock is more likely to be wrong
    /// (an empty battery, a start before NTP) than the set. A replaced set is kept in a directory of its own, and taken
    /// again once the clock says that it is valid after all.
    ///
    /// # Errors
    /// [`HttpsError::File`] if the directory cannot be written.
    pub(super) fn load_or_make(&self, now: SystemTime) -> Result<CertificateSet, HttpsError> {
        let current = match self.load(&self.path, now) {
            Ok(set) if !set.early => return Ok(set),
            current => current,
        };
        if current.is_err()
            && let Some(set) = self.resume(now)?
        {
            return Ok(set);
        }
        // An earlier set that is valid now goes first: browsers have been told to trust it.
        match (self.take_back(now)?, current) {
            (Some(earlier), _) => Ok(earlier),
            (None, Ok(set)) => {
                tracing::warn!(
                    directory = %self.path.display(),
                    "HTTPS certificates are not valid yet, so browsers refuse them: is this computer's clock right? \
                     If it is, remove the directory and start beidd again; clients must then trust the new authority"
                );
                Ok(set)
            }
            (None, Err(reason)) => self.replace(now, &reason),
        }
    }

    fn load(&self, directory: &Path, now: SystemTime) -> Result<CertificateSet, rustls::Error> {
        CertificateSet::load(directory, &self.provider, now)
    }

    /// Returns true if a rotation has prepared a set that is valid and not in use.
    pub(super) fn has_next(&self, now: SystemTime) -> bool {
        let next = self.next();
        matches!(self.load(&next, now), Ok(set) if !set.early) && !self.is_current(&next)
    }

    /// Returns true if a rotation has replaced a set whose authority stores may still trust.
    pub(super) fn has_previous(&self) -> bool {
        let previous = self.previous();
        authority_in(&previous).is_some() && !self.is_current(&previous)
    }

    /// Returns true if the authority in `directory` is the one in use.
    fn is_current(&self, directory: &Path) -> bool {
        let der = |directory: &Path| authority_in(directory).map(|authority| authority.der().to_vec());
        der(directory) == der(&self.path)
    }

    /// Makes the next set, unless there is one, or the previous one has yet to go.
    ///
    /// # Errors
    /// [`HttpsError::File`] if it cannot be written.
    pub(super) fn prepare(&self, now: SystemTime) -> Result<(), HttpsError> {
        if self.has_next(now) || self.has_previous() {
            return Ok(());
        }
        let next = self.next();
        remove_set(&next)?;
        make_directory(&next)?;
        make(&next, now.max(SystemTime::UNIX_EPOCH + EARLIEST))
    }

    /// Puts the next set in the place of the one in use, which becomes the previous one.
    ///
    /// # Errors
    /// [`HttpsError::File`] if a file cannot be written, [`HttpsError::Tls`] if the set is not right.
    pub(super) fn switch(&self, now: SystemTime) -> Result<CertificateSet, HttpsError> {
        make_directory(&self.previous())?;
        self.switch_steps().iter().try_for_each(FileStep::take)?;
        Ok(self.load(&self.path, now)?)
    }

    /// Steps of a switch. Copies are complete before the set that they are of changes, so that a crash leaves either the
    /// set in use, or both others, whole. The authority goes last where a set is written and where it is removed:
    /// without it, no set is there.
    pub(super) fn switch_steps(&self) -> Vec<FileStep> {
        let (next, previous) = (self.next(), self.previous());
        let keep = copies(&self.path, &previous);
        let take = copies(&next, &self.path);
        keep.into_iter().chain(take).chain(removals(&next)).collect()
    }

    /// Removes the previous set, with its key, and what a switch that broke off has left of the next one.
    ///
    /// # Errors
    /// [`HttpsError::File`] if they cannot be removed.
    pub(super) fn finish(&self, now: SystemTime) -> Result<(), HttpsError> {
        if !self.has_next(now) {
            remove_set(&self.next())?;
        }
        Ok(remove_set(&self.previous())?)
    }

    /// Ends a switch that broke off among its copies. Stores trust both authorities then.
    fn resume(&self, now: SystemTime) -> Result<Option<CertificateSet>, HttpsError> {
        for directory in [self.next(), self.previous()] {
            if !matches!(self.load(&directory, now), Ok(set) if !set.early) {
                continue;
            }
            copies(&directory, &self.path).iter().try_for_each(FileStep::take)?;
            remove_set(&directory)?;
            tracing::warn!("a change of the HTTPS certificates had broken off, and is ended");
            return Ok(Some(self.load(&self.path, now)?));
        }
        Ok(None)
    }

    /// Puts back a set that was replaced and is valid now, if there is one.
    fn take_back(&self, now: SystemTime) -> Result<Option<CertificateSet>, HttpsError> {
        for earlier in self.earlier().filter(|earlier| earlier.exists()) {
            let Ok(set) = self.load(&earlier, now) else { continue };
            if set.early {
                continue;
            }
            self.set_aside()?;
            move_files(&earlier, &self.path)?;
            // Empty now, so that the next set to be replaced finds a free directory.
            std::fs::remove_dir(&earlier).map_err(private::at(&earlier))?;
            tracing::warn!("HTTPS certificates that were replaced while the clock was wrong are taken again");
            return Ok(Some(set));
        }
        Ok(None)
    }

    /// Makes a new set, and keeps what is left of the old one.
    fn replace(&self, now: SystemTime, reason: &rustls::Error) -> Result<CertificateSet, HttpsError> {
        match self.set_aside()? {
            Some(kept) => {
                let kept = kept.display();
                tracing::warn!(
                    %reason, %kept,
                    "HTTPS certificates are made anew: clients must trust the new authority (beidctl tls install)"
                );
            }
            None => tracing::info!("first start: HTTPS certificates are made"),
        }
        let earliest = SystemTime::UNIX_EPOCH + EARLIEST;
        if now < earliest {
            tracing::warn!("this computer's clock is wrong: HTTPS certificates begin with 2026");
        }
        make(&self.path, now.max(earliest))?;
        Ok(self.load(&self.path, now)?)
    }

    /// Directories of replaced sets, whether they exist or not.
    fn earlier(&self) -> impl Iterator<Item = PathBuf> {
        (1..=EARLIER).map(|number| self.path.join(format!("earlier-{number}")))
    }

    /// Moves the files of the current set to a directory of their own, if there are any.
    fn set_aside(&self) -> Result<Option<PathBuf>, HttpsError> {
        if !FILES.iter().any(|name| self.path.join(name).exists()) {
            return Ok(None);
        }
        let place = self.earlier().find(|place| !place.exists()).ok_or_else(|| {
            let todo = "is full of replaced certificates: remove some of earlier-1, earlier-2 … in it";
            io::Error::other(format!("{} {todo}", self.path.display()))
        })?;
        make_directory(&place)?;
        move_files(&self.path, &place)?;
        Ok(Some(place))
    }
}

impl FileStep {
    /// Takes the step. What was removed before stays removed.
    pub(super) fn take(&self) -> io::Result<()> {
        match self {
            Self::Copy { from, to } => {
                let missing = || io::Error::new(ErrorKind::NotFound, format!("{} is missing", from.display()));
                let bytes = Zeroizing::new(private::read(from)?.ok_or_else(missing)?);
                private::write(to, &bytes)
            }
            Self::Remove(path) => {
                let removed = if path.is_dir() {
                    std::fs::remove_dir(path)
                } else {
                    std::fs::remove_file(path)
                };
                match removed {
                    Err(error) if error.kind() != ErrorKind::NotFound => Err(private::at(path)(error)),
                    Ok(()) | Err(_) => Ok(()),
                }
            }
        }
    }
}

fn copies(from: &Path, to: &Path) -> Vec<FileStep> {
    let step = |name: &str| FileStep::Copy {
        from: from.join(name),
        to: to.join(name),
    };
    [KEY, CERTIFICATE, CA].map(step).into()
}

fn removals(directory: &Path) -> Vec<FileStep> {
    let files = [KEY, CERTIFICATE, CA].map(|name| directory.join(name));
    // A write that broke off leaves a file beside the one that it was to become.
    let unfinished = files.clone().map(|file| file.with_extension("new"));
    let all = unfinished.into_iter().chain(files).chain([directory.to_owned()]);
    all.map(FileStep::Remove).collect()
}

fn remove_set(directory: &Path) -> io::Result<()> {
    removals(directory).iter().try_for_each(FileStep::take)
}

fn make_directory(directory: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(private::at(directory)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn move_files(from: &Path, to: &Path) -> Result<(), HttpsError> {
    for name in FILES {
        // A set may lack a file: that is one of the reasons for which it is replaced.
        match std::fs::rename(from.join(name), to.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(private::at(&from.join(name))(error).into());
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}
