//! Certificates in the profiles of the Belgian PKI (certificate profiles of the eID, RFC 5280).

use super::keys::{Key, der_of};
use super::{Day, SimulatorError};
use der::asn1::{BitString, OctetString, PrintableStringRef, SetOfVec, UtcTime, Utf8StringRef};
use der::oid::AssociatedOid;
use der::{Any, DateTime, Encode, FixedTag};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoOwned};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::{Certificate, TbsCertificate, Version};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::certpolicy::PolicyInformation;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const ORGANISATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const SURNAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.4");
const GIVEN_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.42");
const SERIAL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");

/// What a certificate says, besides the key. `None` leaves an extension out.
pub(super) struct Profile<'a> {
    pub(super) subject: Name,
    pub(super) valid: (Day, Day),
    pub(super) usage: Usage,
    /// CA certificates: how many further CAs may follow.
    pub(super) path_len: Option<u8>,
    pub(super) policy: Option<&'a str>,
}

/// The four key usages of this PKI. (Combined here, because the bit set of the library cannot be a constant.)
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Usage {
    /// keyCertSign and cRLSign.
    Ca,
    /// digitalSignature.
    Authentication,
    /// nonRepudiation.
    Signature,
    /// digitalSignature and nonRepudiation.
    Register,
}

/// Who signs a certificate: a name and a key.
pub(super) struct Issuer<'a> {
    pub(super) name: &'a Name,
    pub(super) key: &'a Key,
}

/// Makes a certificate (DER) for `subject_key`. Everything in it follows from the arguments, serial number included.
pub(super) fn issue(profile: Profile<'_>, subject_key: &Key, issuer: &Issuer<'_>) -> Result<Vec<u8>, SimulatorError> {
    let spki = subject_key.spki()?;
    let algorithm = issuer.key.algorithm();
    let tbs = TbsCertificate {
        version: Version::V3,
        serial_number: serial_number(&spki, &profile.subject)?,
        signature: algorithm.clone(),
        issuer: issuer.name.clone(),
        validity: Validity {
            not_before: time(profile.valid.0, 0, 0, 0)?,
            not_after: time(profile.valid.1, 23, 59, 59)?,
        },
        extensions: Some(extensions(&profile, &spki, &issuer.key.spki()?)?),
        subject: profile.subject,
        subject_public_key_info: spki,
        issuer_unique_id: None,
        subject_unique_id: None,
    };
    let signature = BitString::from_bytes(&issuer.key.sign(&der_of(&tbs)?)?)?;
    der_of(&Certificate {
        tbs_certificate: tbs,
        signature_algorithm: algorithm,
        signature,
    })
}

/// 16 bytes, positive and without a leading zero, different for each key and subject.
fn serial_number(spki: &SubjectPublicKeyInfoOwned, subject: &Name) -> Result<SerialNumber, SimulatorError> {
    let digest = Sha256::new()
        .chain_update(der_of(spki)?)
        .chain_update(der_of(subject)?)
        .finalize();
    let mut serial: Vec<u8> = digest.into_iter().take(16).collect();
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x7F | 0x40;
    }
    Ok(SerialNumber::new(&serial)?)
}

fn time(day: Day, hour: u8, minute: u8, second: u8) -> Result<Time, SimulatorError> {
    let at = DateTime::new(day.year, day.month, day.day, hour, minute, second)?;
    Ok(Time::UtcTime(UtcTime::from_date_time(at)?))
}

fn extensions(
    profile: &Profile<'_>,
    subject: &SubjectPublicKeyInfoOwned,
    issuer: &SubjectPublicKeyInfoOwned,
) -> Result<Vec<Extension>, SimulatorError> {
    let authority = AuthorityKeyIdentifier {
        key_identifier: Some(key_identifier(issuer)?),
        ..Default::default()
    };
    let is_ca = profile.usage == Usage::Ca;
    let mut all = vec![extension(false, &SubjectKeyIdentifier(key_identifier(subject)?))?];
    all.push(extension(false, &authority)?);
    if is_ca {
        all.push(extension(
            true,
            &BasicConstraints {
                ca: true,
                path_len_constraint: profile.path_len,
            },
        )?);
    }
    all.push(extension(true, &key_usage(profile.usage))?);
    if let Some(oid) = profile.policy {
        let policy_identifier = ObjectIdentifier::new(oid).map_err(der::Error::from)?;
        all.push(extension(
            false,
            &CertificatePolicies(vec![PolicyInformation {
                policy_identifier,
                policy_qualifiers: None,
            }]),
        )?);
    }
    Ok(all)
}

fn key_usage(usage: Usage) -> KeyUsage {
    KeyUsage(match usage {
        Usage::Ca => KeyUsages::KeyCertSign | KeyUsages::CRLSign,
        Usage::Authentication => KeyUsages::DigitalSignature.into(),
        Usage::Signature => KeyUsages::NonRepudiation.into(),
        Usage::Register => KeyUsages::DigitalSignature | KeyUsages::NonRepudiation,
    })
}

fn extension<T: AssociatedOid + Encode>(critical: bool, value: &T) -> Result<Extension, SimulatorError> {
    Ok(Extension {
        extn_id: T::OID,
        critical,
        extn_value: OctetString::new(der_of(value)?)?,
    })
}

/// SHA-1 of the key bits (RFC 5280, 4.2.1.2, method 1).
fn key_identifier(spki: &SubjectPublicKeyInfoOwned) -> Result<OctetString, SimulatorError> {
    Ok(OctetString::new(
        Sha1::digest(spki.subject_public_key.raw_bytes()).to_vec(),
    )?)
}

/// `C=BE, CN=..` of a root.
pub(super) fn root_name(common_name: &str) -> Result<Name, SimulatorError> {
    name(&[(COUNTRY, "BE"), (COMMON_NAME, common_name)])
}

/// `C=BE, CN=.., serialNumber=..` of a CA below a root.
pub(super) fn ca_name(common_name: &str, serial_number: &str) -> Result<Name, SimulatorError> {
    name(&[
        (COUNTRY, "BE"),
        (COMMON_NAME, common_name),
        (SERIAL_NUMBER, serial_number),
    ])
}

/// The signer of the National Register. (The real one is `C=BE, O=RRN, CN=RRN`.)
pub(super) fn register_name() -> Result<Name, SimulatorError> {
    name(&[(COUNTRY, "BE"), (ORGANISATION, "RRN TEST"), (COMMON_NAME, "RRN TEST")])
}

/// The holder of a card; `role` is `Authentication` or `Signature`.
pub(super) fn holder_name(citizen: &super::Citizen, role: &str) -> Result<Name, SimulatorError> {
    name(&[
        (COUNTRY, "BE"),
        (
            COMMON_NAME,
            &format!("{} {} ({role})", citizen.first_name(), citizen.surname),
        ),
        (SURNAME, citizen.surname),
        (GIVEN_NAME, citizen.given_names),
        (SERIAL_NUMBER, citizen.national_number),
    ])
}

fn name(attributes: &[(ObjectIdentifier, &str)]) -> Result<Name, SimulatorError> {
    let rdns = attributes.iter().map(|&(oid, value)| -> Result<_, SimulatorError> {
        let value = match oid {
            COUNTRY | SERIAL_NUMBER => any(&PrintableStringRef::new(value)?)?,
            _ => any(&Utf8StringRef::new(value)?)?,
        };
        let mut set = SetOfVec::new();
        set.insert(AttributeTypeAndValue { oid, value })?;
        Ok(RelativeDistinguishedName(set))
    });
    Ok(RdnSequence(rdns.collect::<Result<_, _>>()?))
}

fn any<T: der::EncodeValue + FixedTag>(value: &T) -> Result<Any, SimulatorError> {
    Ok(Any::encode_from(value)?)
}
