//! Certificates for `localhost`, and TLS with them.
//!
//! At first start a certification authority of our own signs one certificate for `localhost`, 127.0.0.1 and ::1. It is
//! constrained to those names, and its key is gone once that is done: whoever trusts it trusts nothing else.

use super::HttpsError;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

/// From the first second to the last; browsers and systems accept no more (Apple, HT210176).
const VALIDITY: Duration = Duration::from_secs(825 * 24 * 3600);
/// How far it begins in the past, for clocks that are behind ours.
const BACKDATED: Duration = Duration::from_secs(24 * 3600);
/// What the certificate is for.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Certificates and key, loaded.
pub(super) struct Tls {
    config: Arc<ServerConfig>,
    ca_certificate: PathBuf,
}

impl Tls {
    /// Loads what is in `directory`; makes everything anew if a part is missing, unreadable, of another set or expired.
    ///
    /// # Errors
    /// [`HttpsError::File`] if the directory cannot be written.
    pub(super) fn open(directory: &Path) -> Result<Self, HttpsError> {
        make_private(directory)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = match load(directory, &provider, UnixTime::now()) {
            Ok(config) => config,
            Err(reason) => {
                if directory.join("ca.pem").exists() {
                    tracing::warn!(%reason, "HTTPS certificates are made anew: clients must trust the new authority");
                } else {
                    tracing::info!("first start: HTTPS certificates are made");
                }
                make(directory, SystemTime::now())?;
                load(directory, &provider, UnixTime::now())?
            }
        };
        Ok(Self {
            config: Arc::new(config),
            ca_certificate: directory.join("ca.pem"),
        })
    }

    /// For connections.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// What clients must trust.
    pub(super) fn ca_certificate(&self) -> &Path {
        &self.ca_certificate
    }
}

/// Reads the three files and checks them as a client would: chain, names, dates; and that the key is the leaf's.
fn load(directory: &Path, provider: &Arc<CryptoProvider>, now: UnixTime) -> Result<ServerConfig, rustls::Error> {
    let general = |error: rustls_pki_types::pem::Error| rustls::Error::General(error.to_string());
    let ca = CertificateDer::from_pem_file(directory.join("ca.pem")).map_err(general)?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(directory.join("cert.pem"))
        .and_then(Iterator::collect)
        .map_err(general)?;
    let (leaf, issuers) = chain
        .split_first()
        .ok_or_else(|| rustls::Error::General("no certificate".to_owned()))?;
    let mut roots = RootCertStore::empty();
    roots.add(ca)?;
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))?;
    for name in NAMES {
        let name = ServerName::try_from(name).map_err(|error| rustls::Error::General(error.to_string()))?;
        verifier.verify_server_cert(leaf, issuers, &name, &[], now)?;
    }
    let key = private_key(&directory.join("key.pem"))?;
    let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, rustls::Error> {
    let pem = Zeroizing::new(std::fs::read(path).map_err(|error| rustls::Error::General(error.to_string()))?);
    PrivateKeyDer::from_pem_slice(&pem).map_err(|error| rustls::Error::General(error.to_string()))
}

/// Makes authority, certificate and key, and forgets the authority's key.
fn make(directory: &Path, now: SystemTime) -> Result<(), HttpsError> {
    let ca_key = Zeroizing::new(KeyPair::generate()?);
    let key = Zeroizing::new(KeyPair::generate()?);
    let ca_params = authority(now);
    let ca = ca_params.self_signed(&*ca_key)?;
    let leaf = leaf(now).signed_by(&*key, &Issuer::from_params(&ca_params, &*ca_key))?;
    drop(ca_key);
    write(&directory.join("ca.pem"), ca.pem().as_bytes())?;
    write(
        &directory.join("cert.pem"),
        format!("{}{}", leaf.pem(), ca.pem()).as_bytes(),
    )?;
    let pem = Zeroizing::new(key.serialize_pem());
    write(&directory.join("key.pem"), pem.as_bytes())
}

fn dated(now: SystemTime, common_name: String) -> CertificateParams {
    let begin = now - BACKDATED;
    let mut params = CertificateParams::default();
    params.not_before = begin.into();
    // The last second counts (RFC 5280, 4.1.2.5).
    params.not_after = (begin + VALIDITY - Duration::from_secs(1)).into();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

/// The authority: good for our three names, and for one certificate below it.
fn authority(now: SystemTime) -> CertificateParams {
    // Trust stores list authorities by name: a part of the name is random, so that two installations can be told apart.
    let id: String = crate::random::random_id().chars().take(8).collect();
    let mut params = dated(now, format!("beidd local authority {id}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let address = |address: IpAddr, prefix| GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, prefix));
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("localhost".to_owned()),
            address(Ipv4Addr::LOCALHOST.into(), 32),
            address(Ipv6Addr::LOCALHOST.into(), 128),
        ],
        excluded_subtrees: Vec::new(),
    });
    params
}

fn leaf(now: SystemTime) -> CertificateParams {
    let mut params = dated(now, "localhost".to_owned());
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.subject_alt_names = vec![
        SanType::IpAddress(Ipv4Addr::LOCALHOST.into()),
        SanType::IpAddress(Ipv6Addr::LOCALHOST.into()),
    ];
    if let Ok(name) = "localhost".try_into() {
        params.subject_alt_names.insert(0, SanType::DnsName(name));
    }
    params
}

/// Makes `directory`, and nobody else's business.
fn make_private(directory: &Path) -> Result<(), HttpsError> {
    let failed = |source| HttpsError::File {
        path: directory.to_owned(),
        source,
    };
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700).create(directory).map_err(failed)?;
    std::fs::set_permissions(directory, Permissions::from_mode(0o700)).map_err(failed)
}

/// Writes beside, then renames: a crash leaves the old file or the new one. Parts of two sets are noticed at the next
/// start, since they do not fit.
fn write(path: &Path, contents: &[u8]) -> Result<(), HttpsError> {
    let beside = path.with_extension("new");
    let write = || {
        match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut options = OpenOptions::new();
        let mut file: File = options.write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(contents)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().map_err(|source| HttpsError::File {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn directory() -> PathBuf {
        std::env::temp_dir().join(format!("beidd-tls-{}", crate::random::random_id()))
    }

    fn read(directory: &Path) -> Vec<Vec<u8>> {
        let files = ["ca.pem", "cert.pem", "key.pem"];
        files.map(|name| std::fs::read(directory.join(name)).unwrap()).to_vec()
    }

    fn openssl(arguments: &[&str]) -> String {
        let output = Command::new("openssl").args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn files_are_for_us_alone_and_kept() {
        let directory = directory();
        Tls::open(&directory).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        let mut names: Vec<_> = std::fs::read_dir(&directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        names.sort();
        assert_eq!(
            names,
            ["ca.pem", "cert.pem", "key.pem"].map(|name| directory.join(name))
        );
        assert!(names.iter().all(|path| mode(path) == 0o600));
        let before = read(&directory);
        Tls::open(&directory).unwrap();
        assert_eq!(read(&directory), before);
    }

    #[test]
    fn the_only_key_is_the_leafs() {
        let directory = directory();
        Tls::open(&directory).unwrap();
        let at = |name: &str| directory.join(name).display().to_string();
        let all = String::from_utf8(read(&directory).concat()).unwrap();
        assert_eq!(all.matches("PRIVATE KEY-----").count(), 2, "one begin, one end");
        let public = openssl(&["pkey", "-in", &at("key.pem"), "-pubout"]);
        assert_eq!(public, openssl(&["x509", "-in", &at("cert.pem"), "-noout", "-pubkey"]));
        assert_ne!(public, openssl(&["x509", "-in", &at("ca.pem"), "-noout", "-pubkey"]));
    }

    #[test]
    fn authority_is_constrained_to_this_machine_for_825_days() {
        let directory = directory();
        Tls::open(&directory).unwrap();
        let at = |name: &str| directory.join(name).display().to_string();
        let ca = openssl(&["x509", "-in", &at("ca.pem"), "-noout", "-text"]);
        for part in [
            "Name Constraints: critical",
            "DNS:localhost",
            "IP:127.0.0.1/255.255.255.255",
            "IP:0:0:0:0:0:0:0:1/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF",
            "CA:TRUE, pathlen:0",
            "prime256v1",
        ] {
            assert!(ca.contains(part), "{part} not in {ca}");
        }
        let leaf = openssl(&["x509", "-in", &at("cert.pem"), "-noout", "-text"]);
        let names = "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1";
        assert!(leaf.contains(names) && leaf.contains("CA:FALSE"), "{leaf}");
        for (name, ip) in [("localhost", false), ("127.0.0.1", true), ("::1", true)] {
            let option = if ip { "-verify_ip" } else { "-verify_hostname" };
            let (ca, leaf) = (at("ca.pem"), at("cert.pem"));
            openssl(&["verify", "-x509_strict", "-CAfile", &ca, option, name, &leaf]);
        }
        let days = |from: &str, text: &str| {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(from)).unwrap();
            let rest = line.trim_start_matches([' ', ':']).trim_end_matches(" GMT");
            jiff::civil::DateTime::strptime("%b %e %H:%M:%S %Y", rest).unwrap()
        };
        for text in [&ca, &leaf] {
            let span = days("Not After", text).duration_since(days("Not Before", text));
            assert_eq!(span.as_secs() + 1, 825 * 24 * 3600);
        }
    }

    #[test]
    fn damaged_missing_mixed_and_expired_files_are_made_anew() {
        let (directory, other) = (directory(), directory());
        Tls::open(&directory).unwrap();
        Tls::open(&other).unwrap();
        let copy = |name: &str| assert!(std::fs::copy(other.join(name), directory.join(name)).unwrap() > 0);
        let spoil: [&dyn Fn(); 5] = [
            &|| std::fs::remove_file(directory.join("ca.pem")).unwrap(),
            &|| std::fs::write(directory.join("cert.pem"), "nothing").unwrap(),
            &|| copy("key.pem"),
            &|| copy("ca.pem"),
            &|| make(&directory, SystemTime::now() - VALIDITY).unwrap(),
        ];
        for spoil in spoil {
            spoil();
            let spoilt = std::fs::read(directory.join("cert.pem")).unwrap();
            Tls::open(&directory).unwrap();
            assert_ne!(std::fs::read(directory.join("cert.pem")).unwrap(), spoilt);
        }
    }

    #[test]
    fn a_clock_that_is_an_hour_behind_is_fine() {
        let directory = directory();
        Tls::open(&directory).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let seconds = UnixTime::now().as_secs() - 3600;
        let earlier = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        load(&directory, &provider, earlier).unwrap();
    }
}
