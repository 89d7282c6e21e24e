//! Roots of test and pilot cards, from files that somebody named.

use beid_pki::{Certificate, PkiError, PublicKey};
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
    /// Every certificate in it has a key that is not known here.
    #[error("every certificate in it has a key of a kind that is not known here ({0})")]
    UnknownKeys(String),
    /// What is in it is no certificate we can use.
    #[error(transparent)]
    Certificate(#[from] PkiError),
}

/// The certificates of a file of roots.
#[derive(Debug)]
pub struct Roots {
    /// Certificates that can vouch for others; at least one.
    pub certificates: Vec<Certificate>,
    /// Kinds of the keys of those that were left out, because nothing can be verified with them: they must not keep the
    /// others from being used.
    pub left_out: Vec<String>,
}

impl Roots {
    /// The certificates; a warning in the log says if any of the file at `path` were left out.
    #[must_use]
    pub fn warned(self, path: &Path) -> Vec<Certificate> {
        for key in &self.left_out {
            tracing::warn!(path = %path.display(), key, "a root has a key of an unknown kind and is left out");
        }
        self.certificates
    }
}

/// Reads the certificates of a PEM file.
///
/// # Errors
/// [`RootsError`] if there is none that can be used, or one that is no certificate.
pub fn read_roots(path: &Path) -> Result<Roots, RootsError> {
    collect(CertificateDer::pem_file_iter(path).map_err(RootsError::File)?)
}

/// Reads the certificates of a PEM text.
///
/// # Errors
/// As [`read_roots`].
pub(crate) fn parse_roots(pem: &[u8]) -> Result<Roots, RootsError> {
    collect(CertificateDer::pem_slice_iter(pem))
}

fn collect(parts: impl Iterator<Item = Result<CertificateDer<'static>, PemError>>) -> Result<Roots, RootsError> {
    let (mut certificates, mut left_out) = (Vec::new(), Vec::new());
    for part in parts {
        let certificate = Certificate::parse(&part.map_err(RootsError::File)?)?;
        match certificate.public_key() {
            PublicKey::Other(kind) => left_out.push(kind.clone()),
            PublicKey::Rsa(_)
            | PublicKey::P256(_)
            | PublicKey::P384(_)
            | PublicKey::P521(_)
            | PublicKey::Ed25519(_) => certificates.push(certificate),
        }
    }
    match (certificates.is_empty(), left_out.is_empty()) {
        (false, _) => Ok(Roots { certificates, left_out }),
        (true, true) => Err(RootsError::Empty),
        (true, false) => Err(RootsError::UnknownKeys(left_out.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_without_certificate_is_refused() {
        let file = std::env::temp_dir().join(format!("beidd-roots-{}", crate::host::random::random_id()));
        std::fs::write(&file, "nothing").unwrap();
        assert!(matches!(read_roots(&file), Err(RootsError::Empty)));
        std::fs::remove_file(&file).unwrap();
        assert!(matches!(read_roots(&file), Err(RootsError::File(_))));
    }

    #[test]
    fn a_root_with_an_unknown_key_does_not_keep_the_others_out() {
        let known = include_str!("../../pki/src/roots/belgium-root-ca4.pem");
        // rsaEncryption, 1.2.840.113549.1.1.1, with another last arc where the key says what it is.
        let mut der = CertificateDer::from_pem_slice(known.as_bytes()).unwrap().to_vec();
        let rsa = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1];
        let place = der.windows(rsa.len()).position(|window| window == rsa).unwrap();
        der[place + 8] = 99;
        let unknown = crate::host::pem::certificate(&der);
        let file = std::env::temp_dir().join(format!("beidd-roots-{}", crate::host::random::random_id()));
        std::fs::write(&file, format!("{unknown}{known}")).unwrap();
        let roots = read_roots(&file).unwrap();
        assert_eq!(
            (roots.certificates.len(), roots.left_out),
            (1, vec!["1.2.840.113549.1.1.99".to_owned()])
        );
        std::fs::write(&file, unknown).unwrap();
        assert!(matches!(read_roots(&file), Err(RootsError::UnknownKeys(_))));
        std::fs::remove_file(&file).unwrap();
    }
}
