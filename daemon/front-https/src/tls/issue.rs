//! Making of an authority and of the one certificate that it signs.

use super::set::{CA, CERTIFICATE, KEY};
use crate::HttpsError;
use beid_host::private;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::time::{Duration, SystemTime};
use zeroize::Zeroizing;

/// Validity of certificates, from the first second to the last; browsers and systems accept no more (Apple, HT210176).
pub(super) const VALIDITY: Duration = Duration::from_secs(825 * 24 * 3600);
/// Time by which validity begins in the past, for clocks that are behind ours.
const BACKDATED: Duration = Duration::from_secs(24 * 3600);

/// Makes authority, certificate and key in `directory`; the authority's key is never written.
pub(super) fn make(directory: &Path, now: SystemTime) -> Result<(), HttpsError> {
    let ca_key = Zeroizing::new(KeyPair::generate()?);
    let key = Zeroizing::new(KeyPair::generate()?);
    let ca_params = authority(now);
    let ca = ca_params.self_signed(&*ca_key)?;
    let leaf = leaf(now).signed_by(&*key, &Issuer::from_params(&ca_params, &*ca_key))?;
    drop(ca_key);
    // A crash between two of these leaves parts of two sets, which do not fit: the next start notices.
    private::write(&directory.join(CA), ca.pem().as_bytes())?;
    let chain = format!("{}{}", leaf.pem(), ca.pem());
    private::write(&directory.join(CERTIFICATE), chain.as_bytes())?;
    let pem = Zeroizing::new(key.serialize_pem());
    private::write(&directory.join(KEY), pem.as_bytes())?;
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

/// Parameters of the authority, which is good for our three names, for web servers, and for certificates directly below it.
pub(super) fn authority(now: SystemTime) -> CertificateParams {
    // Trust stores list authorities by name: a part of the name is random, so that two installations can be told apart.
    let id: String = beid_host::random::random_id().chars().take(8).collect();
    let mut params = dated(now, format!("beidd local authority {id}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    // Names of other types than these, such as a signer's of mail, are not limited by the constraints.
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
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

/// Parameters of the certificate that the front shows.
pub(super) fn leaf(now: SystemTime) -> CertificateParams {
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
