//! Certificates for `localhost`, and TLS with them.
//!
//! At the first start, a certification authority of our own signs one certificate for `localhost`, 127.0.0.1 and ::1. It
//! is constrained to those names, and its key is dropped once that is done: whoever trusts it trusts nothing else.

use super::HttpsError;
use beid_host::private;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::{CertificateError, RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use std::fs::DirBuilder;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

/// Validity of certificates, from the first second to the last; browsers and systems accept no more (Apple, HT210176).
const VALIDITY: Duration = Duration::from_secs(825 * 24 * 3600);
/// Time by which validity begins in the past, for clocks that are behind ours.
const BACKDATED: Duration = Duration::from_secs(24 * 3600);
/// The first second of 2026, before which this program did not exist: an earlier clock is wrong. Certificates then begin
/// here, since those of 1970 would have ended in 1972.
const EARLIEST: Duration = Duration::from_secs(1_767_225_600);
/// Highest number of replaced sets that are kept.
const EARLIER: u8 = 99;
/// The files of a set.
const FILES: [&str; 3] = ["ca.pem", "cert.pem", "key.pem"];
/// Names in the server's certificate.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Certificates and key, loaded.
pub(super) struct Tls {
    config: Arc<ServerConfig>,
    ca_certificate: PathBuf,
}

impl Tls {
    /// Loads the set in `directory`; makes a new one if a file is missing, unreadable, of another set or expired.
    ///
    /// A set that is not valid yet is kept: browsers have been told to trust it, and the clock is more likely to be wrong
    /// (an empty battery, a start before NTP) than the set. A replaced set is kept in a directory of its own, and taken
    /// again once the clock says that it is valid after all.
    ///
    /// # Errors
    /// [`HttpsError::File`] if the directory cannot be written.
    pub(super) fn open(directory: &Path) -> Result<Self, HttpsError> {
        private::make_directory(directory)?;
        Self::open_at(directory, SystemTime::now())
    }

    fn open_at(directory: &Path, now: SystemTime) -> Result<Self, HttpsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = match load(directory, &provider, unix(now)) {
            Ok(CertificateSet { config, early: false }) => config,
            // An earlier set that is valid now goes first: browsers have been told to trust it.
            current => match (take_back(directory, &provider, now)?, current) {
                (Some(earlier), _) => earlier,
                (None, Ok(CertificateSet { config, .. })) => {
                    tracing::warn!(
                        directory = %directory.display(),
                        "HTTPS certificates are not valid yet, so browsers refuse them: is this computer's clock right? \
                         If it is, remove the directory and start beidd again; clients must then trust the new authority"
                    );
                    config
                }
                (None, Err(reason)) => replace(directory, &provider, now, &reason)?,
            },
        };
        Ok(Self {
            config: Arc::new(config),
            ca_certificate: directory.join("ca.pem"),
        })
    }

    /// Acceptor of TLS connections.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// File with the authority's certificate, which clients must trust.
    pub(super) fn ca_certificate(&self) -> &Path {
        &self.ca_certificate
    }
}

/// Certificates and key that belong together.
struct CertificateSet {
    config: ServerConfig,
    /// True if they are not valid yet.
    early: bool,
}

fn unix(now: SystemTime) -> UnixTime {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixTime::since_unix_epoch(since)
}

/// Puts back a set that was replaced and is valid now, if there is one.
fn take_back(
    directory: &Path,
    provider: &Arc<CryptoProvider>,
    now: SystemTime,
) -> Result<Option<ServerConfig>, HttpsError> {
    for earlier in earlier(directory).filter(|earlier| earlier.exists()) {
        let Ok(CertificateSet { config, early: false }) = load(&earlier, provider, unix(now)) else {
            continue;
        };
        set_aside(directory)?;
        move_files(&earlier, directory)?;
        // Empty now, so that the next set to be replaced finds a free directory.
        std::fs::remove_dir(&earlier).map_err(private::at(&earlier))?;
        tracing::warn!("HTTPS certificates that were replaced while the clock was wrong are taken again");
        return Ok(Some(config));
    }
    Ok(None)
}

/// Makes a new set, and keeps what is left of the old one.
fn replace(
    directory: &Path,
    provider: &Arc<CryptoProvider>,
    now: SystemTime,
    reason: &rustls::Error,
) -> Result<ServerConfig, HttpsError> {
    match set_aside(directory)? {
        Some(kept) => {
            let kept = kept.display();
            tracing::warn!(%reason, %kept, "HTTPS certificates are made anew: clients must trust the new authority");
        }
        None => tracing::info!("first start: HTTPS certificates are made"),
    }
    let earliest = SystemTime::UNIX_EPOCH + EARLIEST;
    if now < earliest {
        tracing::warn!("this computer's clock is wrong: HTTPS certificates begin with 2026");
    }
    make(directory, now.max(earliest))?;
    Ok(load(directory, provider, unix(now))?.config)
}

/// Directories of replaced sets, whether they exist or not.
fn earlier(directory: &Path) -> impl Iterator<Item = PathBuf> {
    (1..=EARLIER).map(move |number| directory.join(format!("earlier-{number}")))
}

/// Moves the files of the current set to a directory of their own, if there are any.
fn set_aside(directory: &Path) -> Result<Option<PathBuf>, HttpsError> {
    if !FILES.iter().any(|name| directory.join(name).exists()) {
        return Ok(None);
    }
    let place = earlier(directory).find(|place| !place.exists()).ok_or_else(|| {
        let todo = "is full of replaced certificates: remove some of earlier-1, earlier-2 … in it";
        std::io::Error::other(format!("{} {todo}", directory.display()))
    })?;
    DirBuilder::new()
        .mode(0o700)
        .create(&place)
        .map_err(private::at(&place))?;
    move_files(directory, &place)?;
    Ok(Some(place))
}

fn move_files(from: &Path, to: &Path) -> Result<(), HttpsError> {
    for name in FILES {
        // A set may lack a file: that is one of the reasons for which it is replaced.
        match std::fs::rename(from.join(name), to.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(private::at(&from.join(name))(error).into());
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// Reads the three files and checks them as a client would (chain, names, dates), and that the key is the leaf's.
fn load(directory: &Path, provider: &Arc<CryptoProvider>, now: UnixTime) -> Result<CertificateSet, rustls::Error> {
    let general = |error: rustls_pki_types::pem::Error| rustls::Error::General(error.to_string());
    let ca = CertificateDer::from_pem_slice(&read(&directory.join("ca.pem"))?).map_err(general)?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&read(&directory.join("cert.pem"))?)
        .collect::<Result<_, _>>()
        .map_err(general)?;
    let (leaf, issuers) = chain
        .split_first()
        .ok_or_else(|| rustls::Error::General("no certificate".to_owned()))?;
    let mut roots = RootCertStore::empty();
    roots.add(ca)?;
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))?;
    let verify = |now| {
        NAMES.iter().try_for_each(|name| {
            let name = ServerName::try_from(*name).map_err(|error| rustls::Error::General(error.to_string()))?;
            verifier.verify_server_cert(leaf, issuers, &name, &[], now).map(|_| ())
        })
    };
    let early = match verify(now) {
        Err(rustls::Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. })) => {
            // The date hides other faults: names and chain must be right all the same.
            verify(not_before)?;
            true
        }
        other => other.map(|()| false)?,
    };
    let key = private_key(&directory.join("key.pem"))?;
    let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(CertificateSet { config, early })
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, rustls::Error> {
    match private::read(path) {
        Ok(Some(bytes)) => Ok(Zeroizing::new(bytes)),
        Ok(None) => Err(rustls::Error::General(format!("{} is missing", path.display()))),
        Err(error) => Err(rustls::Error::General(error.to_string())),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, rustls::Error> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|error| rustls::Error::General(error.to_string()))
}

/// Makes authority, certificate and key; the authority's key is never written.
fn make(directory: &Path, now: SystemTime) -> Result<(), HttpsError> {
    let ca_key = Zeroizing::new(KeyPair::generate()?);
    let key = Zeroizing::new(KeyPair::generate()?);
    let ca_params = authority(now);
    let ca = ca_params.self_signed(&*ca_key)?;
    let leaf = leaf(now).signed_by(&*key, &Issuer::from_params(&ca_params, &*ca_key))?;
    drop(ca_key);
    // A crash between two of these leaves parts of two sets, which do not fit: the next start notices.
    private::write(&directory.join("ca.pem"), ca.pem().as_bytes())?;
    let chain = format!("{}{}", leaf.pem(), ca.pem());
    private::write(&directory.join("cert.pem"), chain.as_bytes())?;
    let pem = Zeroizing::new(key.serialize_pem());
    private::write(&directory.join("key.pem"), pem.as_bytes())?;
    Ok(())
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

/// Parameters of the authority, which is good for our three names, and for certificates directly below it.
fn authority(now: SystemTime) -> CertificateParams {
    // Trust stores list authorities by name: a part of the name is random, so that two installations can be told apart.
    let id: String = beid_host::random::random_id().chars().take(8).collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    fn directory() -> PathBuf {
        std::env::temp_dir().join(format!("beidd-tls-{}", beid_host::random::random_id()))
    }

    fn read(directory: &Path) -> Vec<Vec<u8>> {
        FILES.map(|name| std::fs::read(directory.join(name)).unwrap()).to_vec()
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

    /// Opens at this moment, and returns true if the set in use is valid then.
    fn open_at(directory: &Path, now: SystemTime) -> bool {
        Tls::open_at(directory, now).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        !load(directory, &provider, unix(now)).unwrap().early
    }

    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

    #[test]
    fn the_authority_outlives_starts_at_which_the_clock_is_wrong() {
        let (directory, now) = (directory(), SystemTime::now());
        Tls::open(&directory).unwrap();
        let before = read(&directory);
        for (wrong, valid) in [
            (now - Duration::from_secs(3600), true),
            (now - 6 * YEAR, false),
            (SystemTime::UNIX_EPOCH + Duration::from_secs(600), false),
        ] {
            assert_eq!(open_at(&directory, wrong), valid, "{wrong:?}");
            assert_eq!(read(&directory), before, "{wrong:?}");
        }
        // In the future it has expired, and another one is made; back in the present it is there again.
        for wrong in [now + 9 * YEAR, now + 18 * YEAR] {
            assert!(open_at(&directory, wrong), "{wrong:?}");
            assert_ne!(read(&directory), before, "{wrong:?}");
        }
        assert!(open_at(&directory, now));
        assert_eq!(read(&directory), before);
    }

    #[test]
    fn a_first_start_in_1970_makes_an_authority_that_is_good_later() {
        let directory = directory();
        private::make_directory(&directory).unwrap();
        assert!(!open_at(&directory, SystemTime::UNIX_EPOCH + Duration::from_secs(600)));
        let before = read(&directory);
        assert!(open_at(&directory, SystemTime::UNIX_EPOCH + EARLIEST + YEAR));
        assert_eq!(read(&directory), before);
    }
}
