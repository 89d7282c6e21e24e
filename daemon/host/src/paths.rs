//! The places of our files (XDG base directories), each made for its owner's eyes only.

use crate::private;
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// The directories of one user's daemon.
#[derive(Clone, Debug)]
pub struct Paths {
    /// What outlives the daemon: keys, tokens, simulated cards.
    pub state: PathBuf,
    /// What does not: how to find it.
    pub runtime: PathBuf,
    /// The user's own settings, if there is a home to look in.
    pub config: Option<PathBuf>,
}

impl Paths {
    /// From `XDG_STATE_HOME`, `XDG_RUNTIME_DIR`, `XDG_CONFIG_HOME` and `HOME`; paths that are not absolute are ignored.
    ///
    /// # Errors
    /// If there is neither a state directory nor a home.
    ///
    /// Source: XDG Base Directory Specification 0.8, "Basics".
    pub fn of_environment() -> io::Result<Self> {
        Self::of(|name| std::env::var_os(name).map(PathBuf::from))
    }

    fn of(variable: impl Fn(&str) -> Option<PathBuf>) -> io::Result<Self> {
        let set = |name: &str| variable(name).filter(|value| value.is_absolute());
        let home = set("HOME");
        let under_home = |rest: &str| home.as_ref().map(|home| home.join(rest));
        let state = set("XDG_STATE_HOME").or_else(|| under_home(".local/state"));
        let state = state
            .ok_or_else(|| io::Error::other("neither XDG_STATE_HOME nor HOME is set to an absolute path"))?
            .join("beidd");
        let runtime = set("XDG_RUNTIME_DIR").map_or_else(|| state.join("run"), |runtime| runtime.join("beidd"));
        let config = set("XDG_CONFIG_HOME").or_else(|| under_home(".config"));
        Ok(Self {
            state,
            runtime,
            config: config.map(|config| config.join("beidd/beidd.toml")),
        })
    }

    /// Makes both directories, closed to others.
    ///
    /// # Errors
    /// If one cannot be made or closed, or somebody else could write in it. The error names the directory, the variable that
    /// says where it is, and what to do.
    pub fn make(&self) -> io::Result<()> {
        if self.state.to_str().is_none() {
            let why = "is not UTF-8, and https.json, which is JSON, could not say where the certificate is";
            let error = format!("{} {why}", self.state.display());
            return Err(elsewhere("XDG_STATE_HOME", "")(io::Error::other(error)));
        }
        private::make_directory(&self.state).map_err(elsewhere("XDG_STATE_HOME", ""))?;
        let kept = " (su and sudo leave it at the other user's: unset it, or log in as this user)";
        private::make_directory(&self.runtime).map_err(elsewhere("XDG_RUNTIME_DIR", kept))
    }

    /// Takes the state directory for one daemon, until the file is dropped: two would write over each other's tokens.
    ///
    /// # Errors
    /// If another daemon has it.
    pub fn lock(&self) -> io::Result<File> {
        let path = self.state.join("lock");
        let mut options = std::fs::OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(private::no_follow())
            .open(&path)
            .map_err(private::at(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::Error(error)) => Err(private::at(&path)(error)),
            Err(TryLockError::WouldBlock) => Err(io::Error::other(format!(
                "another beidd uses {}; end that one, or give this one a state directory of its own (XDG_STATE_HOME)",
                self.state.display()
            ))),
        }
    }

    /// The simulated cards' keys.
    #[must_use]
    pub fn simulator(&self) -> PathBuf {
        self.state.join("simulator")
    }

    /// Certificates of authorities that cards have brought.
    #[must_use]
    pub fn authorities(&self) -> PathBuf {
        self.state.join("authorities.pem")
    }

    /// How clients find the HTTPS port and its certificate.
    #[must_use]
    pub fn discovery(&self) -> PathBuf {
        self.runtime.join("https.json")
    }
}

/// Adds the way out: another place, by this variable.
fn elsewhere(variable: &'static str, remark: &'static str) -> impl Fn(io::Error) -> io::Error {
    move |error| {
        let todo = format!("let {variable} name a directory that this user owns and can write{remark}");
        io::Error::new(error.kind(), format!("{error}; {todo}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn paths_that_are_not_absolute_are_ignored() {
        let variable = |name: &str| {
            Some(PathBuf::from(match name {
                "HOME" => "/home/jan",
                "XDG_RUNTIME_DIR" => "",
                _ => "relative/path",
            }))
        };
        let paths = Paths::of(variable).unwrap();
        assert_eq!(paths.state, Path::new("/home/jan/.local/state/beidd"));
        assert_eq!(paths.runtime, Path::new("/home/jan/.local/state/beidd/run"));
        assert_eq!(
            paths.config.as_deref(),
            Some(Path::new("/home/jan/.config/beidd/beidd.toml"))
        );
        assert!(Paths::of(|_| Some(PathBuf::from("relative"))).is_err());
    }
}
