//! Certificates of authorities that cards have brought, kept from one run to the next.
//!
//! They are public, and no person's: a desk's first card of the day need not be asked for them again. Being in the file
//! makes nothing trusted; every chain is judged anew.

use crate::pem;
use crate::roots::read_roots;
use beid_card::Experience;
use std::io;
use std::path::Path;

/// What the last run kept; nothing if there is no such file, or one that cannot be read.
#[must_use]
pub fn load(path: &Path) -> Experience {
    Experience::with_certificates(read_roots(path).map(|roots| roots.certificates).unwrap_or_default())
}

/// Keeps what this run has seen. That it cannot is no reason to fail: the next cards are read, and that is all.
pub fn save(path: &Path, experience: &Experience) {
    let kept = experience.certificates();
    let text: String = kept
        .iter()
        .map(|certificate| pem::certificate(certificate.der()))
        .collect();
    if let Err(error) = replace(path, &text) {
        tracing::warn!(%error, path = %path.display(), "authorities not kept");
    }
}

/// In one step, so that nobody finds half a file.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let next = path.with_extension("new");
    std::fs::write(&next, text)?;
    std::fs::rename(next, path)
}
