//! Certificates of authorities that cards have brought, kept from one run to the next so that later cards need not be
//! asked for them again.
//!
//! They are public and tell nothing of a person. The file makes nothing trusted: every chain is verified anew.

use beid_card::Experience;
use beid_host::{pem, private};
use beid_settings::roots::{RootsError, parse_roots};
use std::path::Path;

/// Reads the certificates that the last run kept; none if the file is absent or cannot be read.
#[must_use]
pub fn load(path: &Path) -> Experience {
    let kept = private::read_state(path, |text| match parse_roots(text) {
        Ok(roots) => Ok(roots.certificates),
        // Not damaged: no card has been read yet, or only cards whose keys we cannot verify.
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

/// Keeps the certificates that this run has read. A failure is only logged: the next run reads them from cards again.
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
