//! Files of the computer, below a root that tests choose.

use beid_host::foreign;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Upper limit on the files that are read, in bytes.
const LONGEST: u64 = 4 << 20;

/// The computer: its files below the root directory.
#[derive(Clone, Debug)]
pub struct Machine {
    root: PathBuf,
}

impl Machine {
    /// This computer.
    #[must_use]
    pub fn this() -> Self {
        Self::below("/")
    }

    /// A computer whose root is this directory.
    #[must_use]
    pub fn below(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Path of a file whose path from the root is `path`.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Reads a text; `None` if there is no such file.
    pub(crate) fn text(&self, path: &Path) -> io::Result<Option<String>> {
        match foreign::read_text(path, LONGEST) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lists a directory by name; empty if it cannot be read.
    pub(crate) fn list(&self, path: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path(path)).into_iter().flatten().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        paths
    }

    /// First line of a file of the kernel; empty if there is none. Such files have no length of their own.
    pub(crate) fn line(&self, path: &Path) -> String {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().next().unwrap_or_default().trim().to_owned()
    }

    /// Whole text of a file of the kernel; empty if there is none.
    pub(crate) fn kernel_text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_default()
    }
}
