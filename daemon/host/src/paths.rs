//! Paths of our files (XDG base directories). Only their owner can read the directories.

use crate::private;
use std::io;
use std::path::PathBuf;

/// Directories of one user's daemon.
#[derive(Clone, Debug)]
pub struct Paths {
    /// Directory of files that outlive the daemon: keys, tokens, simulated cards.
    pub state: PathBuf,
    /// Directory of files that live as long as the daemon: its port, for clients.
    pub runtime: PathBuf,
    /// File with the user's own settings; absent without a home directory.
    pub config: Option<PathBuf>,
}

impl Paths {
    /// Reads `XDG_STATE_HOME`, `XDG_RUNTIME_DIR`, `XDG_CONFIG_HOME` and `HOME`; paths that are not absolute are
    /// ignored.
    ///
    /// # Errors
    /// If there is neither a state directory nor a home.
    ///
    /// Source: XDG Base Directory Specification 0.8, "Basics".
    pub fn from_environment() -> io::Result<Self> {
        Self::from_variables(|name| std::env::var_os(name).map(PathBuf::from))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<PathBuf>) -> io::Result<Self> {
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

    /// Makes both directories, with access for their owner only.
    ///
    /// # Errors
    /// If one cannot be made or closed, or somebody else could write in it. The error names the directory, the variable
    /// that sets it, and what to do.
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

    /// Returns the directory of the simulated cards' keys.
    #[must_use]
    pub fn simulator(&self) -> PathBuf {
        self.state.join("simulator")
    }

    /// Returns the directory of the certificates of HTTPS.
    #[must_use]
    pub fn tls(&self) -> PathBuf {
        self.state.join("tls")
    }

    /// Returns the file of the authorities' certificates that cards have brought.
    #[must_use]
    pub fn authorities(&self) -> PathBuf {
        self.state.join("authorities.pem")
    }

    /// Returns the file that tells clients the HTTPS port and its certificate.
    #[must_use]
    pub fn discovery(&self) -> PathBuf {
        self.runtime.join("https.json")
    }
}

/// Adds advice to an error: choose another directory with `variable`.
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
        let paths = Paths::from_variables(variable).unwrap();
        assert_eq!(paths.state, Path::new("/home/jan/.local/state/beidd"));
        assert_eq!(paths.runtime, Path::new("/home/jan/.local/state/beidd/run"));
        assert_eq!(
            paths.config.as_deref(),
            Some(Path::new("/home/jan/.config/beidd/beidd.toml"))
        );
        assert!(Paths::from_variables(|_| Some(PathBuf::from("relative"))).is_err());
    }
}
