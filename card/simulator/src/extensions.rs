//! Extensions of the test certificates, those that genuine Belgian ones have (RFC 5280, 4.2).

use crate::SimulatorError;
use crate::certificate::{CertificateIssuer, CertificateProfile, CertificateUsage};
use crate::keys::{RsaHash, TestKey, der_of};
use der::asn1::{Ia5String, OctetString};
use der::oid::AssociatedOid;
use der::{Any, Encode};
use sha1::{Digest, Sha1};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoOwned};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::certpolicy::{PolicyInformation, PolicyQualifierInfo};
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies,
    CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};

const CPS_QUALIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.1");
const CA_ISSUERS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.2");
const OCSP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1");
const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
const EMAIL_PROTECTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4");
const QC_STATEMENTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.3");
const QC_COMPLIANCE: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.1862.1.1");
const QC_SSCD: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.1862.1.4");
const NS_CERT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.113730.1.1");
const NS_COMMENT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.113730.1.13");

const PRACTICE_STATEMENT: &str = "http://repository.beidd.test";
const COMMENT: &str = "TEST certificate, made by beidd for a simulated card. Nobody vouches for what it says. ";

/// Addresses of the revocation services in the certificates. Both are the start of an address, which goes on with the
/// issuer: `/ec-citizen-ca` for OCSP, `/ec-citizen-ca.crl` for the list, and `/ec-citizen-ca.crt` beside the list for
/// the issuer's own certificate. (Other issuers: `rsa-root`, `ec-root`, and `citizen-ca` or `foreigner-ca` after
/// `sha1-`, `rsa-` or `ec-`.)
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Urls {
    /// Address of the OCSP responder, without a slash at the end.
    pub ocsp: String,
    /// Address of the server that has lists and certificates, without a slash at the end.
    pub crl: String,
}

impl Default for Urls {
    /// Returns addresses that no resolver finds (RFC 6761, 6.2).
    fn default() -> Self {
        Self {
            ocsp: "http://ocsp.beidd.test".to_owned(),
            crl: "http://crl.beidd.test".to_owned(),
        }
    }
}

/// Makes all extensions but the comment.
pub(crate) fn extensions(
    profile: &CertificateProfile<'_>,
    subject: &SubjectPublicKeyInfoOwned,
    issuer: &CertificateIssuer<'_>,
) -> Result<Vec<Extension>, SimulatorError> {
    let authority = AuthorityKeyIdentifier {
        key_identifier: Some(key_identifier(&issuer.key.spki()?)?),
        ..Default::default()
    };
    let mut all = vec![
        extension(false, &SubjectKeyIdentifier(key_identifier(subject)?))?,
        extension(false, &authority)?,
        extension(true, &key_usage(profile.usage))?,
        extension(false, &policies(profile.policy)?)?,
    ];
    if profile.usage == CertificateUsage::Ca {
        let constraints = BasicConstraints {
            ca: true,
            path_len_constraint: profile.path_len,
        };
        all.push(extension(true, &constraints)?);
    }
    if let Some(urls) = profile.urls {
        all.push(revocation_list(urls, issuer.file)?);
        // Before 2014 only the holders' certificates had this.
        if issuer.hash != RsaHash::Sha1
            || matches!(
                profile.usage,
                CertificateUsage::Authentication | CertificateUsage::Signature
            )
        {
            all.push(authority_access(urls, issuer.file)?);
        }
    }
    all.extend(purposes(profile.usage, issuer)?);
    Ok(all)
}

fn key_usage(usage: CertificateUsage) -> KeyUsage {
    KeyUsage(match usage {
        CertificateUsage::Ca => KeyUsages::KeyCertSign | KeyUsages::CRLSign,
        CertificateUsage::Authentication => KeyUsages::DigitalSignature.into(),
        CertificateUsage::Signature => KeyUsages::NonRepudiation.into(),
        CertificateUsage::Register => KeyUsages::DigitalSignature | KeyUsages::NonRepudiation,
    })
}

fn policies(oid: &str) -> Result<CertificatePolicies, SimulatorError> {
    let statement = PolicyQualifierInfo {
        policy_qualifier_id: CPS_QUALIFIER,
        qualifier: Some(Any::encode_from(&Ia5String::new(PRACTICE_STATEMENT)?)?),
    };
    Ok(CertificatePolicies(vec![PolicyInformation {
        policy_identifier: ObjectIdentifier::new(oid).map_err(der::Error::from)?,
        policy_qualifiers: Some(vec![statement]),
    }]))
}

fn revocation_list(urls: &Urls, issuer: &str) -> Result<Extension, SimulatorError> {
    let list = uri(&format!("{}/{issuer}.crl", urls.crl))?;
    let point = DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(vec![list])),
        reasons: None,
        crl_issuer: None,
    };
    extension(false, &CrlDistributionPoints(vec![point]))
}

/// Authority information access: the issuer's certificate and its OCSP responder.
fn authority_access(urls: &Urls, issuer: &str) -> Result<Extension, SimulatorError> {
    let places = [
        (CA_ISSUERS, format!("{}/{issuer}.crt", urls.crl)),
        (OCSP, format!("{}/{issuer}", urls.ocsp)),
    ];
    let described = places.into_iter().map(|(access_method, at)| {
        uri(&at).map(|access_location| AccessDescription {
            access_method,
            access_location,
        })
    });
    extension(
        false,
        &AuthorityInfoAccessSyntax(described.collect::<Result<_, SimulatorError>>()?),
    )
}

fn uri(at: &str) -> Result<GeneralName, SimulatorError> {
    Ok(GeneralName::UniformResourceIdentifier(Ia5String::new(at)?))
}

/// Purposes of the key, as RSA authorities wrote them (Netscape's certificate type) and as newer ones do; on signature
/// certificates also the statement that they are qualified.
fn purposes(usage: CertificateUsage, issuer: &CertificateIssuer<'_>) -> Result<Vec<Extension>, SimulatorError> {
    let mut all = Vec::new();
    match (issuer.key, usage) {
        (_, CertificateUsage::Register) => {}
        // Bits from the left: SSL client, SSL server, S/MIME, object signing, one reserved, and CAs for three of these.
        (TestKey::Rsa(_), CertificateUsage::Ca) => all.push(raw(NS_CERT_TYPE, vec![0x03, 0x02, 0x00, 0x07])?),
        (TestKey::Rsa(_), CertificateUsage::Authentication) => {
            all.push(raw(NS_CERT_TYPE, vec![0x03, 0x02, 0x05, 0xA0])?)
        }
        (TestKey::Rsa(_), CertificateUsage::Signature) => all.push(raw(NS_CERT_TYPE, vec![0x03, 0x02, 0x05, 0x20])?),
        (TestKey::P384(_), CertificateUsage::Ca) => all.push(extension(
            false,
            &ExtendedKeyUsage(vec![CLIENT_AUTH, EMAIL_PROTECTION]),
        )?),
        (TestKey::P384(_), CertificateUsage::Authentication) => {
            all.push(extension(false, &ExtendedKeyUsage(vec![CLIENT_AUTH]))?)
        }
        (TestKey::P384(_), CertificateUsage::Signature) => {
            all.push(extension(false, &ExtendedKeyUsage(vec![EMAIL_PROTECTION]))?)
        }
    }
    if usage == CertificateUsage::Signature {
        let statements = match issuer.hash {
            RsaHash::Sha1 => vec![vec![QC_COMPLIANCE]],
            RsaHash::Sha256 => vec![vec![QC_COMPLIANCE], vec![QC_SSCD]],
        };
        all.push(raw(QC_STATEMENTS, der_of(&statements)?)?);
    }
    Ok(all)
}

/// Makes a comment that brings a certificate of `len` bytes to about `size` bytes, if that is longer.
pub(crate) fn comment(len: usize, size: usize) -> Result<Option<Extension>, SimulatorError> {
    /// Maximum number of bytes that the extension adds around the text.
    const AROUND: usize = 23;
    let missing = size.saturating_sub(len).saturating_sub(AROUND);
    if missing == 0 {
        return Ok(None);
    }
    let text: String = COMMENT.chars().cycle().take(missing).collect();
    raw(NS_COMMENT, der_of(&Ia5String::new(&text)?)?).map(Some)
}

fn extension<T: AssociatedOid + Encode>(critical: bool, value: &T) -> Result<Extension, SimulatorError> {
    Ok(Extension {
        critical,
        ..raw(T::OID, der_of(value)?)?
    })
}

fn raw(extn_id: ObjectIdentifier, value: Vec<u8>) -> Result<Extension, SimulatorError> {
    Ok(Extension {
        extn_id,
        critical: false,
        extn_value: OctetString::new(value)?,
    })
}

/// SHA-1 of the key bits (RFC 5280, 4.2.1.2, method 1).
fn key_identifier(spki: &SubjectPublicKeyInfoOwned) -> Result<OctetString, SimulatorError> {
    Ok(OctetString::new(
        Sha1::digest(spki.subject_public_key.raw_bytes()).to_vec(),
    )?)
}
