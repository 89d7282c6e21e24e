//! Certificates of authorities that cards have brought, kept from one run to the next.
//!
//! They are public, and no person's: a desk's first card of the day need not be asked for them again. Being in the file
//! makes nothing trusted; every chain is judged anew.

use crate::host::{pem, private};
use crate::roots::{RootsError, parse_roots};
use beid_card::Experience;
use std::path::Path;

/// Reads what the last run kept; nothing if there is no such file, or one that cannot be read.
#[must_use]
pub fn load(path: &Path) -> Experience {
    let kept = private::read_state(path, |text| match parse_roots(text) {
        Ok(roots) => Ok(roots.certificates),
        // Nothing is wrong with the file: no card has been read yet, or only such as we cannot check.
        Err(RootsError::UnknownKeys(_)) => Ok(Vec::new()),
        Err(RootsError::Empty) if text.is_empty() => Ok(Vec::new()),
        Err(error) => Err(error),
    });
    let kept = kept.unwrap_or_else(|error| {
        tracing::warn!(%error, "authorities of earlier cards cannot be read");
        None
    });
    Experience::with_certificates(kept.unwrap_or_default())
}

/// Keeps what this run has seen. That it cannot is no reason to fail: the next cards are read, and that is all.
pub fn save(path: &Path, experience: &Experience) {
    let kept = experience.certificates();
    let text: String = kept
        .iter()
        .map(|certificate| pem::certificate(certificate.der()))
        .collect();
    if let Err(error) = private::write(path, text.as_bytes()) {
        tracing::warn!(%error, "authorities not kept");
    }
}
