//! A set: authority, certificate and key that belong together, checked as a client would.

use beid_host::private;
use beid_pki::{Certificate, HashAlgorithm};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::{CertificateError, RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;
use zeroize::Zeroizing;

/// File of the authority's certificate, which clients trust.
pub(super) const CA: &str = "ca.pem";
/// File of the certificate, and of those between it and the authority.
pub(super) const CERTIFICATE: &str = "cert.pem";
/// File of the certificate's private key.
pub(super) const KEY: &str = "key.pem";
/// The files of a set.
pub(super) const FILES: [&str; 3] = [CA, CERTIFICATE, KEY];
/// Names in the server's certificate.
pub(super) const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Certificates and key that belong together.
pub(super) struct CertificateSet {
    pub(super) config: ServerConfig,
    /// True if they are not valid yet.
    pub(super) early: bool,
    /// Certificate that the front shows, DER.
    pub(super) leaf: Vec<u8>,
}

/// Chain of certificates, the server's own first, with its private key.
pub(super) struct ServerChain {
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl CertificateSet {
    /// Reads the three files in `directory` and checks them as a client would (chain, names, dates), and that the key is
    /// the certificate's.
    pub(super) fn load(
        directory: &Path,
        provider: &Arc<CryptoProvider>,
        now: SystemTime,
    ) -> Result<Self, rustls::Error> {
        let general = |error: rustls_pki_types::pem::Error| rustls::Error::General(error.to_string());
        let ca = CertificateDer::from_pem_slice(&read(&directory.join(CA))?).map_err(general)?;
        let certificates: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(&read(&directory.join(CERTIFICATE))?)
                .collect::<Result<_, _>>()
                .map_err(general)?;
        let key = PrivateKeyDer::from_pem_slice(&read(&directory.join(KEY))?).map_err(general)?;
        let chain = ServerChain { certificates, key };
        let verify = |now| {
            NAMES
                .iter()
                .try_for_each(|name| chain.verify(std::slice::from_ref(&ca), provider, name, now))
        };
        let early = match verify(unix(now)) {
            Err(rustls::Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. })) => {
                // The date hides other faults: names and chain must be right all the same.
                verify(not_before)?;
                true
            }
            other => other.map(|()| false)?,
        };
        let leaf = chain.leaf()?.to_vec();
        Ok(Self {
            config: chain.into_config(provider)?,
            early,
            leaf,
        })
    }
}

impl ServerChain {
    /// The server's own certificate.
    pub(super) fn leaf(&self) -> Result<&CertificateDer<'static>, rustls::Error> {
        let first = self.certificates.first();
        first.ok_or_else(|| rustls::Error::General("no certificate".to_owned()))
    }

    /// Verifies the chain for `name` under `authorities`, as a client would.
    pub(super) fn verify(
        &self,
        authorities: &[CertificateDer<'static>],
        provider: &Arc<CryptoProvider>,
        name: &'static str,
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let general = |error: &dyn std::fmt::Display| rustls::Error::General(error.to_string());
        let mut roots = RootCertStore::empty();
        for authority in authorities {
            roots.add(authority.clone())?;
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
        let verifier = verifier.build().map_err(|error| general(&error))?;
        let name = ServerName::try_from(name).map_err(|error| general(&error))?;
        let issuers = self.certificates.get(1..).unwrap_or_default();
        verifier
            .verify_server_cert(self.leaf()?, issuers, &name, &[], now)
            .map(drop)
    }

    /// Makes the configuration of a server with this chain; refuses a key that is not the certificate's.
    pub(super) fn into_config(self, provider: &Arc<CryptoProvider>) -> Result<ServerConfig, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
            .with_protocol_versions(rustls::DEFAULT_VERSIONS)?
            .with_no_client_auth()
            .with_single_cert(self.certificates, self.key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// Converts a time to that of the verifier.
pub(super) fn unix(now: SystemTime) -> UnixTime {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixTime::since_unix_epoch(since)
}

/// Reads the certificate of an authority; `None` if the file is absent or holds none.
pub(super) fn authority_in(directory: &Path) -> Option<Certificate> {
    let pem = private::read(&directory.join(CA)).ok().flatten()?;
    let der = CertificateDer::from_pem_slice(&pem).ok()?;
    Certificate::parse(&der).ok()
}

/// Returns the SHA-256 of a certificate, in lower-case hex.
pub(super) fn fingerprint(der: &[u8]) -> String {
    let digest = HashAlgorithm::Sha256.digest(der);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, rustls::Error> {
    match private::read(path) {
        Ok(Some(bytes)) => Ok(Zeroizing::new(bytes)),
        Ok(None) => Err(rustls::Error::General(format!("{} is missing", path.display()))),
        Err(error) => Err(rustls::Error::General(error.to_string())),
    }
}
