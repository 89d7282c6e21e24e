//! Directories for the files of one test.

use std::env;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

/// A fresh directory, readable by nobody else. It goes when this is dropped, unless the test has failed: then it stays
/// for whoever looks into it.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes a directory; `purpose` is part of its name. The name is short: sockets with long paths cannot be bound.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn new(purpose: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("beid-test-{}-{number}-{purpose}", process::id()));
        // A leftover of an earlier process with our number.
        drop(fs::remove_dir_all(&path));
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.unwrap_or_else(|e| panic!("cannot make {}: {e}", path.display()));
        Self(path)
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file in it, and returns its path.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, name: &str, octets: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        let written = fs::write(&path, octets);
        written.unwrap_or_else(|e| panic!("cannot write {}: {e}", path.display()));
        path
    }

    /// Makes a directory in it, and returns its path.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn dir(&self, name: &str) -> PathBuf {
        let path = self.0.join(name);
        let made = DirBuilder::new().mode(0o700).recursive(true).create(&path);
        made.unwrap_or_else(|e| panic!("cannot make {}: {e}", path.display()));
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !thread::panicking() {
            drop(fs::remove_dir_all(&self.0));
        }
    }
}
