//! A certificate of the administrator's own, such as a hospital's, in place of those that the daemon makes (`https.tls`).

use super::set::{CertificateSet, NAMES, ServerChain, unix};
use crate::HttpsError;
use beid_host::private;
use beid_settings::HttpsCertificate;
use rustls::CertificateError;
use rustls::crypto::CryptoProvider;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;
use zeroize::Zeroizing;

/// Name under which pages call; the certificate must have it.
const LOCALHOST: &str = NAMES[0];

/// Reads the administrator's certificate and checks it as a client would: chain, name, dates; and that the key is its own
/// and for nobody else to read.
///
/// # Errors
/// [`HttpsError::Administrator`] names the file and what is wrong with it.
pub(super) fn load(
    files: &HttpsCertificate,
    provider: &Arc<CryptoProvider>,
    now: SystemTime,
) -> Result<CertificateSet, HttpsError> {
    let chain = ServerChain {
        certificates: certificates(&files.certificate)?,
        key: private_key(&files.key)?,
    };
    let authorities = match &files.authority {
        Some(authority) => certificates(authority)?,
        // The last of a chain is the one that the others lead to.
        None => chain.certificates.last().cloned().into_iter().collect(),
    };
    let verify = |name| chain.verify(&authorities, provider, name, unix(now));
    verify(LOCALHOST).map_err(|error| unfit(&files.certificate, reason(&error, files)))?;
    for name in NAMES.iter().filter(|name| verify(name).is_err()) {
        tracing::warn!(
            "https.tls: {} is not for {name}: pages that call https://{name} are not served",
            files.certificate.display()
        );
    }
    let leaf = chain.leaf()?.to_vec();
    let config = chain.into_config(provider).map_err(|error| {
        let reason = if matches!(error, rustls::Error::InconsistentKeys(_)) {
            format!("is not the key of the certificate in {}", files.certificate.display())
        } else {
            format!("cannot be used: {error}")
        };
        unfit(&files.key, reason)
    })?;
    Ok(CertificateSet {
        config,
        early: false,
        leaf,
    })
}

/// Describes why a client would refuse the certificate.
fn reason(error: &rustls::Error, files: &HttpsCertificate) -> String {
    use CertificateError as Fault;
    let otherwise = || format!("would be refused by clients: {error}");
    let rustls::Error::InvalidCertificate(fault) = error else {
        return otherwise();
    };
    if matches!(fault, Fault::Expired | Fault::ExpiredContext { .. }) {
        "has expired: ask for a new one".to_owned()
    } else if matches!(fault, Fault::NotValidYet | Fault::NotValidYetContext { .. }) {
        "is not valid yet: is this computer's clock right?".to_owned()
    } else if matches!(fault, Fault::NotValidForName | Fault::NotValidForNameContext { .. }) {
        format!("is not for {LOCALHOST}: it needs DNS:{LOCALHOST}, IP:127.0.0.1 and IP:::1 as alternative names")
    } else if !matches!(fault, Fault::UnknownIssuer | Fault::BadSignature) {
        otherwise()
    } else if let Some(authority) = &files.authority {
        format!("does not lead to {}", authority.display())
    } else {
        "is no chain: each certificate must be followed by the one that issued it; or name the root in \
         https.tls.authority"
            .to_owned()
    }
}

/// Reads every certificate in a PEM file.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, HttpsError> {
    let text = private::read_settings(path).map_err(|error| unfit(path, error))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(unfit(path, "holds no certificate in PEM")),
        Err(error) => Err(unfit(path, format!("is no PEM file: {error}"))),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, HttpsError> {
    let text = Zeroizing::new(private::read_settings(path).map_err(|error| unfit(path, error))?);
    let about = std::fs::metadata(path).map_err(|error| unfit(path, error))?;
    private::check_secret(&about).map_err(|error| unfit(path, error))?;
    PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| {
        let advice = "a key with a passphrase must be saved without it";
        unfit(path, format!("holds no private key that can be read in PEM; {advice}"))
    })
}

fn unfit(path: &Path, reason: impl std::fmt::Display) -> HttpsError {
    HttpsError::Administrator {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}
