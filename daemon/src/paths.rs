//! Where things are kept (XDG base directories), each made for its owner's eyes only.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

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
    /// From `XDG_STATE_HOME`, `XDG_RUNTIME_DIR`, `XDG_CONFIG_HOME` and `HOME`.
    ///
    /// # Errors
    /// If there is neither a state directory nor a home.
    pub fn of_environment() -> io::Result<Self> {
        let set = |name: &str| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let home = set("HOME");
        let under_home = |rest: &str| home.as_ref().map(|home| home.join(rest));
        let state = set("XDG_STATE_HOME").or_else(|| under_home(".local/state"));
        let state = state
            .ok_or_else(|| io::Error::other("neither XDG_STATE_HOME nor HOME is set"))?
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
    /// If one cannot be made or closed.
    pub fn make(&self) -> io::Result<()> {
        for directory in [&self.state, &self.runtime] {
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory)?;
            std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
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
            .open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::Error(error)) => Err(error),
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

/// Writes `bytes` to `path` for its owner's eyes only; a reader sees the old content or the new, nothing between.
///
/// # Errors
/// If it cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    io::Write::write_all(&mut file, bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}
