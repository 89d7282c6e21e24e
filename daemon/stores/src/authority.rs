//! An authority that a daemon has made for itself, as trust stores hold it.

use beid_host::{foreign, pem};
use beid_pki::HashAlgorithm;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::path::Path;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{ExtendedKeyUsage, GeneralName, GeneralSubtree};
use x509_parser::prelude::FromDer;

/// Begin of the name; eight hex digits follow, by which two installations differ.
pub(crate) const NAME: &str = "beidd local authority ";
/// Number of those digits.
const ID: usize = 8;
/// Upper limit on a file in a store, in bytes. Ours have less than a thousand, others there several certificates.
const LONGEST: u64 = 1 << 20;
/// 127.0.0.1 with its mask (RFC 5280, 4.2.1.10).
const LOOPBACK_V4: [u8; 8] = [127, 0, 0, 1, 255, 255, 255, 255];

/// Certificate of an authority that is good for this computer alone: `localhost`, 127.0.0.1 and ::1.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LocalAuthority {
    name: String,
    der: Vec<u8>,
    not_after: Timestamp,
    is_for_servers_alone: bool,
}

/// Reason why a certificate is not that of an authority of ours. Such a certificate is never given to a store.
#[derive(Debug, thiserror::Error)]
#[error("is not the certificate of an authority as beidd makes them: {0}")]
pub struct NotLocalAuthority(&'static str);

impl LocalAuthority {
    /// Reads the file that a store keeps; `None` if it is not that of an authority of ours.
    pub(crate) fn read(file: &Path) -> Option<Self> {
        let pem = foreign::read(file, LONGEST).ok()?;
        Self::parse(&pem).ok()
    }

    /// Reads the first certificate of a PEM file. Refuses any that could vouch for more than this computer, whatever its
    /// name: root may be asked to trust it for everybody.
    ///
    /// # Errors
    /// [`NotLocalAuthority`] with the reason.
    pub fn parse(pem: &[u8]) -> Result<Self, NotLocalAuthority> {
        let der =
            CertificateDer::from_pem_slice(pem).map_err(|_| NotLocalAuthority("there is no certificate in it"))?;
        let malformed = |_| NotLocalAuthority("it cannot be read");
        let (rest, certificate) =
            X509Certificate::from_der(&der).map_err(|_| NotLocalAuthority("it cannot be read"))?;
        if !rest.is_empty() {
            return Err(NotLocalAuthority("something follows it"));
        }
        let mut names = certificate.subject().iter_common_name();
        let name = names.next().and_then(|name| name.as_str().ok()).unwrap_or_default();
        let id = name.strip_prefix(NAME).unwrap_or_default();
        if id.len() != ID || !id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) || names.next().is_some()
        {
            return Err(NotLocalAuthority("its name is another"));
        }
        let basic = certificate.basic_constraints().map_err(malformed)?;
        if !basic.is_some_and(|basic| basic.critical && basic.value.ca && basic.value.path_len_constraint == Some(0)) {
            return Err(NotLocalAuthority("it is no authority, or one for others"));
        }
        let names = certificate.name_constraints().map_err(malformed)?;
        let permitted = names.filter(|names| names.critical);
        let permitted = permitted.and_then(|names| names.value.permitted_subtrees.as_deref());
        if !permitted.is_some_and(is_loopback_only) {
            return Err(NotLocalAuthority("it could vouch for other computers"));
        }
        let purposes = certificate.extended_key_usage().map_err(malformed)?;
        let is_for_servers_alone = purposes.is_some_and(|purposes| *purposes.value == servers_alone());
        let end = certificate.validity().not_after.timestamp();
        let not_after = Timestamp::from_second(end).map_err(|_| NotLocalAuthority("it has no end"))?;
        Ok(Self {
            name: name.to_owned(),
            der: der.to_vec(),
            not_after,
            is_for_servers_alone,
        })
    }

    /// Checks that it can vouch for web servers and for nothing else, such as signers of mail or programs, which have no
    /// name that constraints limit. Those of older versions are recognised without it, so that they can be removed.
    ///
    /// # Errors
    /// [`NotLocalAuthority`] if it can be trusted for more.
    pub fn check_purpose(&self) -> Result<(), NotLocalAuthority> {
        if self.is_for_servers_alone {
            return Ok(());
        }
        Err(NotLocalAuthority(
            "it could vouch for more than web servers; `beidctl tls rotate` makes one that cannot",
        ))
    }

    /// Its name, under which stores list it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The eight hex digits of its name, for names of files.
    #[must_use]
    pub fn id(&self) -> &str {
        self.name.strip_prefix(NAME).unwrap_or_default()
    }

    /// SHA-256 of the certificate, in hex.
    #[must_use]
    pub fn sha256(&self) -> String {
        let digest = HashAlgorithm::Sha256.digest(&self.der);
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// End of its validity.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The certificate alone, in PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        pem::certificate(&self.der)
    }
}

/// Purpose of web servers, and no other (RFC 5280, 4.2.1.12, `id-kp-serverAuth`).
fn servers_alone() -> ExtendedKeyUsage<'static> {
    ExtendedKeyUsage {
        any: false,
        server_auth: true,
        client_auth: false,
        code_signing: false,
        email_protection: false,
        time_stamping: false,
        ocsp_signing: false,
        other: Vec::new(),
    }
}

/// Returns true if names and addresses of this computer are permitted and no others. Both kinds must be there: a kind that
/// is not mentioned is not limited (RFC 5280, 4.2.1.10).
fn is_loopback_only(permitted: &[GeneralSubtree<'_>]) -> bool {
    let loopback_v6: Vec<u8> = [[0; 15].as_slice(), &[1], &[0xFF; 16]].concat();
    let is_ours = |subtree: &GeneralSubtree<'_>| {
        let address = if let GeneralName::IPAddress(address) = &subtree.base {
            *address
        } else {
            &[]
        };
        subtree.base == GeneralName::DNSName("localhost") || address == LOOPBACK_V4 || address == loopback_v6
    };
    let has = |wanted: fn(&GeneralName<'_>) -> bool| permitted.iter().any(|subtree| wanted(&subtree.base));
    permitted.iter().all(is_ours)
        && has(|name| matches!(name, GeneralName::DNSName(_)))
        && has(|name| matches!(name, GeneralName::IPAddress(_)))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use rcgen::{
        BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
        KeyPair, NameConstraints,
    };

    fn name(name: &str) -> GeneralSubtree {
        GeneralSubtree::DnsName(name.to_owned())
    }

    fn address(address: &str, prefix: u8) -> GeneralSubtree {
        GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address.parse().unwrap(), prefix))
    }

    fn ours() -> Vec<GeneralSubtree> {
        vec![name("localhost"), address("127.0.0.1", 32), address("::1", 128)]
    }

    fn pem(common_name: &str, is_ca: IsCa, permitted: Vec<GeneralSubtree>) -> String {
        pem_for(common_name, is_ca, permitted, &[ExtendedKeyUsagePurpose::ServerAuth])
    }

    fn pem_for(
        common_name: &str,
        is_ca: IsCa,
        permitted: Vec<GeneralSubtree>,
        purposes: &[ExtendedKeyUsagePurpose],
    ) -> String {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.is_ca = is_ca;
        params.extended_key_usages = purposes.to_vec();
        params.name_constraints = (!permitted.is_empty()).then_some(NameConstraints {
            permitted_subtrees: permitted,
            excluded_subtrees: Vec::new(),
        });
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
    }

    /// An authority as a daemon makes it.
    pub(crate) fn authority(id: &str) -> LocalAuthority {
        let ca = IsCa::Ca(BasicConstraints::Constrained(0));
        LocalAuthority::parse(pem(&format!("{NAME}{id}"), ca, ours()).as_bytes()).unwrap()
    }

    #[test]
    fn an_authority_of_ours_keeps_name_and_certificate() {
        let authority = authority("1a2b3c4d");
        assert_eq!(
            (authority.name(), authority.id()),
            ("beidd local authority 1a2b3c4d", "1a2b3c4d")
        );
        assert_eq!(LocalAuthority::parse(authority.pem().as_bytes()).unwrap(), authority);
        assert_eq!(authority.sha256().len(), 64);
    }

    #[test]
    fn authorities_for_more_than_web_servers_are_recognised_and_not_installed() {
        use ExtendedKeyUsagePurpose::{Any, ClientAuth, CodeSigning, EmailProtection, ServerAuth};
        for (purposes, is_fine) in [
            (vec![ServerAuth], true),
            (vec![], false),
            (vec![Any], false),
            (vec![EmailProtection], false),
            (vec![ServerAuth, ClientAuth], false),
            (vec![ServerAuth, CodeSigning], false),
        ] {
            let ca = IsCa::Ca(BasicConstraints::Constrained(0));
            let pem = pem_for(&format!("{NAME}1a2b3c4d"), ca, ours(), &purposes);
            let authority = LocalAuthority::parse(pem.as_bytes()).unwrap();
            assert_eq!(authority.check_purpose().is_ok(), is_fine, "{purposes:?}");
        }
    }

    #[test]
    fn what_could_vouch_for_more_than_this_computer_is_refused_whatever_its_name() {
        let fine = format!("{NAME}1a2b3c4d");
        let zero = || IsCa::Ca(BasicConstraints::Constrained(0));
        let with = |more: GeneralSubtree| ours().into_iter().chain([more]).collect::<Vec<_>>();
        for (text, why) in [
            (String::new(), "no certificate"),
            (pem("beidd local authority 1A2B3C4D", zero(), ours()), "name is another"),
            (pem("beidd local authority ../../..", zero(), ours()), "name is another"),
            (pem("Somebody", zero(), ours()), "name is another"),
            (pem(&fine, IsCa::NoCa, ours()), "no authority"),
            (
                pem(&fine, IsCa::Ca(BasicConstraints::Unconstrained), ours()),
                "one for others",
            ),
            (
                pem(&fine, IsCa::Ca(BasicConstraints::Constrained(1)), ours()),
                "one for others",
            ),
            (pem(&fine, zero(), Vec::new()), "other computers"),
            (pem(&fine, zero(), with(name("example.org"))), "other computers"),
            (pem(&fine, zero(), with(address("10.0.0.0", 8))), "other computers"),
            (pem(&fine, zero(), with(address("127.0.0.0", 8))), "other computers"),
            (pem(&fine, zero(), vec![name("localhost")]), "other computers"),
            (pem(&fine, zero(), vec![address("127.0.0.1", 32)]), "other computers"),
        ] {
            let error = LocalAuthority::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{why}: {error}");
        }
    }
}
