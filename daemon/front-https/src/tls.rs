//! Certificates for `localhost`, and TLS with them.
//!
//! At the first start, a certification authority of our own signs one certificate for `localhost`, 127.0.0.1 and ::1. It
//! is constrained to those names, and its key is dropped once that is done: whoever trusts it trusts nothing else. A
//! rotation replaces both while the daemon runs. An administrator may provide a certificate instead.
//!
//! | module | purpose |
//! |---|---|
//! | `issue` | making of authority and certificate |
//! | `set` | a set of files that belong together, checked as a client would |
//! | `directory` | the set in use, the next and the previous one, and those that were replaced |
//! | `administrator` | a certificate of the administrator's own |

mod administrator;
mod directory;
mod issue;
mod set;
#[cfg(test)]
mod tests;

use super::HttpsError;
use beid_api::types::{TlsAuthorityAnswer, TlsRotationAnswer, TlsRotationStage};
use beid_pki::Certificate;
use beid_service::tls::{HttpsCertificates, RotationRefusal};
use beid_settings::HttpsCertificate;
use directory::SetDirectory;
use jiff::Timestamp;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use set::{CA, CertificateSet, authority_in, fingerprint};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use tokio_rustls::TlsAcceptor;

/// Number of days before the end of a certificate from which the daemon warns.
const WARNING_DAYS: i64 = 30;
/// Interval at which the running daemon looks at the end of its certificate.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(24 * 3600);

/// Certificates and key in use. They can be replaced while connections are open: those keep what they began with.
pub(super) struct Tls {
    source: CertificateSource,
    ca_certificate: PathBuf,
    current: RwLock<CurrentCertificate>,
}

enum CertificateSource {
    /// Made by us. The lock keeps rotations apart.
    Own(Mutex<SetDirectory>),
    /// The administrator's.
    Administrator,
}

struct CurrentCertificate {
    config: Arc<ServerConfig>,
    /// DER.
    leaf: Vec<u8>,
}

impl From<CertificateSet> for CurrentCertificate {
    fn from(set: CertificateSet) -> Self {
        Self {
            config: Arc::new(set.config),
            leaf: set.leaf,
        }
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

impl Tls {
    /// Loads the set in `directory`, or makes one.
    ///
    /// # Errors
    /// [`HttpsError::File`] if the directory cannot be written.
    pub(super) fn open(directory: &Path) -> Result<Self, HttpsError> {
        Self::open_at(directory, SystemTime::now())
    }

    fn open_at(directory: &Path, now: SystemTime) -> Result<Self, HttpsError> {
        let sets = SetDirectory::open(directory, &provider())?;
        let current = RwLock::new(sets.load_or_make(now)?.into());
        Ok(Self {
            source: CertificateSource::Own(Mutex::new(sets)),
            ca_certificate: directory.join(CA),
            current,
        })
    }

    /// Loads the administrator's certificate.
    ///
    /// # Errors
    /// [`HttpsError::Administrator`] if it is not one that clients would accept for `localhost`.
    pub(super) fn from_files(files: &HttpsCertificate) -> Result<Self, HttpsError> {
        let set = administrator::load(files, &provider(), SystemTime::now())?;
        Ok(Self {
            source: CertificateSource::Administrator,
            ca_certificate: files.authority.as_ref().unwrap_or(&files.certificate).clone(),
            current: RwLock::new(set.into()),
        })
    }

    /// Acceptor of the next TLS connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&current.config))
    }

    /// File with the authority's certificate, which clients must trust.
    pub(super) fn ca_certificate(&self) -> &Path {
        &self.ca_certificate
    }

    /// Warns in the log if the certificate ends soon.
    pub(super) fn warn_before_the_end(&self) {
        let Some(days) = self.ends_soon(Timestamp::now()) else {
            return;
        };
        match self.source {
            CertificateSource::Own(_) => {
                tracing::warn!(days, "the HTTPS certificate ends soon; replace it: beidctl tls rotate");
            }
            CertificateSource::Administrator => {
                tracing::warn!(days, "the administrator's HTTPS certificate (https.tls) ends soon");
            }
        }
    }

    /// Returns the number of days until the end of the certificate if they are few.
    fn ends_soon(&self, now: Timestamp) -> Option<i64> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let leaf = Certificate::parse(&current.leaf).ok()?;
        let days = leaf.not_after().duration_since(now).as_hours() / 24;
        (days < WARNING_DAYS).then_some(days)
    }

    fn switch(&self, sets: &SetDirectory, now: SystemTime) -> Result<(), RotationRefusal> {
        if !sets.has_next(now) {
            return Err(RotationRefusal::NotPrepared);
        }
        let set = sets.switch(now).map_err(failed)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = set.into();
        tracing::info!("HTTPS certificates were replaced");
        Ok(())
    }
}

impl HttpsCertificates for Tls {
    fn rotate(&self, stage: TlsRotationStage) -> Result<TlsRotationAnswer, RotationRefusal> {
        let CertificateSource::Own(sets) = &self.source else {
            return Err(RotationRefusal::Administrator);
        };
        let sets: MutexGuard<'_, SetDirectory> = sets.lock().unwrap_or_else(PoisonError::into_inner);
        let now = SystemTime::now();
        match stage {
            TlsRotationStage::Prepare => sets.prepare(now).map_err(failed)?,
            TlsRotationStage::Switch => self.switch(&sets, now)?,
            TlsRotationStage::Finish => sets.finish(now).map_err(failed)?,
        }
        let authority = authority_of(sets.path()).ok_or_else(|| {
            let missing = format!("{} holds no certificate", self.ca_certificate.display());
            RotationRefusal::Failed(missing)
        })?;
        Ok(TlsRotationAnswer {
            authority,
            next: sets.has_next(now).then(|| authority_of(&sets.next())).flatten(),
            previous: sets.has_previous().then(|| authority_of(&sets.previous())).flatten(),
        })
    }
}

fn failed(error: HttpsError) -> RotationRefusal {
    RotationRefusal::Failed(error.to_string())
}

/// Describes the authority in `directory`.
fn authority_of(directory: &Path) -> Option<TlsAuthorityAnswer> {
    let certificate = authority_in(directory)?;
    Some(TlsAuthorityAnswer {
        name: certificate.common_name().unwrap_or_default().to_owned(),
        sha256: fingerprint(certificate.der()),
        not_before: certificate.not_before().to_string(),
        not_after: certificate.not_after().to_string(),
        file: directory.join(CA).display().to_string(),
    })
}
