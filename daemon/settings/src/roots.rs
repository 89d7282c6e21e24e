//! Root certificates of test and pilot cards and of time-stamping authorities, from files in the settings or on the command
//! line.

use super::Trust;
use beid_pki::{Certificate, PkiError, PublicKey, TrustStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::{Error as PemError, PemObject};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Reason why a file has no usable roots. The caller adds the name of the file.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// The file cannot be read, or is not PEM.
    #[error("{0}")]
    File(PemError),
    /// The file has no certificate; accepted, a mistake in a path would go unnoticed.
    #[error("no certificate in it")]
    Empty,
    /// Every certificate has a key of an unknown type.
    #[error("every certificate in it has a key of a kind that is not known here ({0})")]
    UnknownKeys(String),
    /// A certificate cannot be parsed.
    #[error(transparent)]
    Certificate(#[from] PkiError),
}

/// Certificates of one file of roots.
#[derive(Debug)]
pub struct Roots {
    /// Certificates with a key that can verify others; at least one.
    pub certificates: Vec<Certificate>,
    /// Key types of the certificates that were left out, because nothing can be verified with them; the others are
    /// still used.
    pub left_out: Vec<String>,
}

impl Roots {
    /// Returns the certificates, and logs a warning for each in the file at `path` that was left out.
    #[must_use]
    pub fn warned(self, path: &Path) -> Vec<Certificate> {
        for key in &self.left_out {
            tracing::warn!(path = %path.display(), key, "a root has a key of an unknown kind and is left out");
        }
        self.certificates
    }
}

/// Files of roots that signatures in files may lead to, besides the roots of the Belgian State.
#[derive(Clone, Debug, Default)]
pub struct RootFiles {
    /// Roots of signers.
    pub signers: Vec<PathBuf>,
    /// Roots of time-stamping authorities.
    pub time_stamps: Vec<PathBuf>,
}

/// Roots that signatures in files may lead to. Those of signers say nothing of clocks, and a stamp moves the time of
/// judgement: authorities therefore have roots of their own.
#[derive(Clone, Debug)]
pub struct VerificationRoots {
    /// Roots of signers.
    pub signers: TrustStore,
    /// Roots of time-stamping authorities.
    pub time_stamps: TrustStore,
}

impl RootFiles {
    /// Names the files of the settings, and those of the simulated cards in `simulator` as far as there are any. What a
    /// demonstration has left there unfinished is left out: real cards do not depend on it.
    #[must_use]
    pub fn from_settings(trust: &Trust, simulator: Option<&Path>) -> Self {
        let simulated = simulator.map(|directory| ["rsa-root.pem", "ec-root.pem"].map(|name| directory.join(name)));
        let simulated = simulated.into_iter().flatten().filter(|path| is_usable(path));
        Self {
            signers: simulated.chain(trust.extra_roots()).collect(),
            time_stamps: trust.timestamp_roots(),
        }
    }

    /// Adds the roots in these files, as `read` reads them, to those of the Belgian State; always as test roots.
    ///
    /// # Errors
    /// The first of `read`.
    pub fn load<E>(&self, read: impl Fn(&Path) -> Result<Vec<Certificate>, E>) -> Result<VerificationRoots, E> {
        let store = |files: &[PathBuf]| {
            files.iter().try_fold(TrustStore::belgian(), |store, path| {
                Ok(read(path)?.into_iter().fold(store, TrustStore::with_test_root))
            })
        };
        Ok(VerificationRoots {
            signers: store(&self.signers)?,
            time_stamps: store(&self.time_stamps)?,
        })
    }
}

/// Returns true if there is a file with roots; one without any is told in the log.
fn is_usable(path: &Path) -> bool {
    match read_roots(path) {
        Ok(_) => true,
        Err(RootsError::File(PemError::Io(error))) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "roots of simulated cards are left out");
            false
        }
    }
}

/// Reads the certificates of a PEM file.
///
/// # Errors
/// [`RootsError`] if the file has no usable certificate, or one that cannot be parsed.
pub fn read_roots(path: &Path) -> Result<Roots, RootsError> {
    collect(CertificateDer::pem_file_iter(path).map_err(RootsError::File)?)
}

/// Reads the certificates of a PEM text.
///
/// # Errors
/// As [`read_roots`].
pub fn parse_roots(pem: &[u8]) -> Result<Roots, RootsError> {
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
    fn what_a_demonstration_left_unfinished_is_left_out() {
        let simulator = std::env::temp_dir().join(format!("beidd-simulator-{}", beid_host::random::random_id()));
        std::fs::create_dir(&simulator).unwrap();
        std::fs::write(simulator.join("rsa-root.pem"), "").unwrap();
        let known = include_str!("../../../pki/src/roots/belgium-root-ca4.pem");
        std::fs::write(simulator.join("ec-root.pem"), known).unwrap();
        let files = RootFiles::from_settings(&Trust::default(), Some(&simulator));
        assert_eq!(files.signers, [simulator.join("ec-root.pem")]);
        std::fs::remove_dir_all(&simulator).unwrap();
    }

    #[test]
    fn file_without_certificate_is_refused() {
        let file = std::env::temp_dir().join(format!("beidd-roots-{}", beid_host::random::random_id()));
        std::fs::write(&file, "nothing").unwrap();
        assert!(matches!(read_roots(&file), Err(RootsError::Empty)));
        std::fs::remove_file(&file).unwrap();
        assert!(matches!(read_roots(&file), Err(RootsError::File(_))));
    }

    #[test]
    fn a_root_with_an_unknown_key_does_not_keep_the_others_out() {
        let known = include_str!("../../../pki/src/roots/belgium-root-ca4.pem");
        // rsaEncryption, 1.2.840.113549.1.1.1, with another last arc as the algorithm of the key.
        let mut der = CertificateDer::from_pem_slice(known.as_bytes()).unwrap().to_vec();
        let rsa = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1];
        let place = der.windows(rsa.len()).position(|window| window == rsa).unwrap();
        der[place + 8] = 99;
        let unknown = beid_host::pem::certificate(&der);
        let file = std::env::temp_dir().join(format!("beidd-roots-{}", beid_host::random::random_id()));
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
