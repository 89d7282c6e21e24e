//! Roots of test and pilot cards, from files that somebody named.

use beid_pki::{Certificate, PkiError};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::{Error as PemError, PemObject};
use std::path::Path;

/// Why a file gave no roots. Whoever reports it names the file.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// It cannot be read, or is no PEM file.
    #[error("{0}")]
    File(PemError),
    /// There is nothing in it: a mistake in a path would otherwise go unnoticed.
    #[error("no certificate in it")]
    Empty,
    /// What is in it is no certificate we can use.
    #[error(transparent)]
    Certificate(#[from] PkiError),
}

/// Every certificate of a PEM file; at least one.
///
/// # Errors
/// [`RootsError`] if there is none, or one that cannot be used.
pub fn read_roots(path: &Path) -> Result<Vec<Certificate>, RootsError> {
    collect(CertificateDer::pem_file_iter(path).map_err(RootsError::File)?)
}

/// Every certificate of a PEM text; at least one.
///
/// # Errors
/// As [`read_roots`].
pub(crate) fn parse_roots(pem: &[u8]) -> Result<Vec<Certificate>, RootsError> {
    collect(CertificateDer::pem_slice_iter(pem))
}

fn collect(
    parts: impl Iterator<Item = Result<CertificateDer<'static>, PemError>>,
) -> Result<Vec<Certificate>, RootsError> {
    let roots: Vec<_> = parts
        .map(|part| Ok(Certificate::parse(&part.map_err(RootsError::File)?)?))
        .collect::<Result<_, RootsError>>()?;
    if roots.is_empty() {
        Err(RootsError::Empty)
    } else {
        Ok(roots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_without_certificate_is_refused() {
        let file = std::env::temp_dir().join(format!("beidd-roots-{}", crate::random::random_id()));
        std::fs::write(&file, "nothing").unwrap();
        assert!(matches!(read_roots(&file), Err(RootsError::Empty)));
        std::fs::remove_file(&file).unwrap();
        assert!(matches!(read_roots(&file), Err(RootsError::File(_))));
    }
}
