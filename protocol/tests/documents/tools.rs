//! Schemas and samples of the platform, and random numbers.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Once;

/// Folder of the platform's schemas, which may not be copied into a project. Without it, one line says that the tests
/// that need it did not run; it goes straight to the terminal, since the test runner keeps the output of passing tests.
pub(crate) fn ehealth_xsd() -> Option<PathBuf> {
    static SAID: Once = Once::new();
    let folder = std::env::var_os("BEIDD_EHEALTH_XSD").map(PathBuf::from);
    if folder.is_none() {
        SAID.call_once(|| {
            let _unsaid = writeln!(
                std::io::stderr(),
                "schema checks: not run, BEIDD_EHEALTH_XSD is not set"
            );
        });
    }
    folder
}

/// A sample that lies beside the schema folder.
pub(crate) fn sample(xsd: &Path, name: &str) -> Vec<u8> {
    let path = xsd.join("../samples").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Random numbers by xorshift: the same on every run.
pub(crate) struct Xorshift(pub(crate) u64);

impl Xorshift {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % end
    }

    pub(crate) fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}
