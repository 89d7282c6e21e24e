//! Certificates of authorities and people who do not exist, made for one test and of the shape of Belgian ones.

use crate::Certificate;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P384_SHA384, date_time_ymd,
};

/// A certificate and its key.
pub(crate) type Party = CertifiedIssuer<'static, KeyPair>;

/// `serialNumber`, 2.5.4.5.
pub(crate) const SERIAL_NUMBER: [u64; 4] = [2, 5, 4, 5];

/// Parameters of an authority's certificate: it may issue, from 2020 to 2039.
pub(crate) fn authority(common_name: &str) -> CertificateParams {
    but(named(common_name), |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    })
}

/// Parameters of a person's certificate: it is for signatures that bind.
pub(crate) fn holder(common_name: &str, serial_number: &str) -> CertificateParams {
    but(named(common_name), |params| {
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::ContentCommitment];
        let name = DnType::CustomDnType(SERIAL_NUMBER.to_vec());
        params.distinguished_name.push(name, serial_number);
    })
}

/// Changes parameters.
pub(crate) fn but(mut params: CertificateParams, change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    change(&mut params);
    params
}

fn named(common_name: &str) -> CertificateParams {
    but(CertificateParams::default(), |params| {
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CountryName, "BE");
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2039, 12, 31);
    })
}

/// Issues a self-signed certificate.
pub(crate) fn root(params: CertificateParams) -> Party {
    Party::self_signed(params, key()).unwrap()
}

/// Issues a certificate by `issuer`.
pub(crate) fn issued(params: CertificateParams, issuer: &Party) -> Party {
    Party::signed_by(params, key(), issuer).unwrap()
}

/// Parses the certificate alone.
pub(crate) fn certificate(party: &Party) -> Certificate {
    Certificate::parse(party.der()).unwrap()
}

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap()
}
