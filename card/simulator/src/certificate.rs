//! Certificates in the profiles of the Belgian PKI (certificate profiles of the eID, RFC 5280).

use crate::extensions::{self, Urls};
use crate::keys::{RsaHash, TestKey, der_of};
use crate::{Day, SimulatorError};
use der::asn1::{BitString, PrintableStringRef, SetOfVec, UtcTime, Utf8StringRef};
use der::{Any, DateTime, FixedTag};
use sha2::{Digest, Sha256};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoOwned};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::{Certificate, TbsCertificate, Version};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

pub(crate) const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
pub(crate) const LOCALITY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.7");
pub(crate) const ORGANISATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
pub(crate) const ORGANISATIONAL_UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");
pub(crate) const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
pub(crate) const SERIAL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");
const SURNAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.4");
const GIVEN_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.42");

/// Contents of a certificate besides the key.
pub(crate) struct CertificateProfile<'a> {
    pub(crate) subject: Name,
    pub(crate) valid: (Day, Day),
    pub(crate) usage: CertificateUsage,
    /// Number of further CAs that may follow, for CA certificates.
    pub(crate) path_len: Option<u8>,
    pub(crate) policy: &'a str,
    /// Addresses of its revocation services; none for roots.
    pub(crate) urls: Option<&'a Urls>,
    /// Minimum size, in bytes.
    pub(crate) size: Option<usize>,
}

/// Purpose of a certificate, from which its key usage follows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CertificateUsage {
    /// Key usage keyCertSign and cRLSign.
    Ca,
    /// Key usage digitalSignature.
    Authentication,
    /// Key usage nonRepudiation.
    Signature,
    /// Key usage digitalSignature and nonRepudiation.
    Register,
}

/// The signer of a certificate.
#[derive(Clone, Copy)]
pub(crate) struct CertificateIssuer<'a> {
    /// Start of the names of its files.
    pub(crate) file: &'a str,
    pub(crate) name: &'a Name,
    pub(crate) key: &'a TestKey,
    pub(crate) hash: RsaHash,
}

/// Makes a certificate (DER) for `subject_key`. Everything in it follows from the arguments, serial number included.
pub(crate) fn issue(
    profile: CertificateProfile<'_>,
    subject_key: &TestKey,
    issuer: &CertificateIssuer<'_>,
) -> Result<Vec<u8>, SimulatorError> {
    let spki = subject_key.spki()?;
    let mut extensions = extensions::extensions(&profile, &spki, issuer)?;
    let mut tbs = TbsCertificate {
        version: Version::V3,
        serial_number: serial_number(&spki, &profile.subject)?,
        signature: issuer.key.algorithm(issuer.hash),
        issuer: issuer.name.clone(),
        validity: Validity {
            not_before: time(profile.valid.0, 0, 0, 0)?,
            not_after: time(profile.valid.1, 23, 59, 59)?,
        },
        extensions: Some(extensions.clone()),
        subject: profile.subject,
        subject_public_key_info: spki,
        issuer_unique_id: None,
        subject_unique_id: None,
    };
    // The length is known only of a signed certificate, so one that needs a comment is signed twice.
    let certificate = sign(tbs.clone(), issuer)?;
    let Some(comment) = extensions::comment(certificate.len(), profile.size.unwrap_or_default())? else {
        return Ok(certificate);
    };
    extensions.push(comment);
    tbs.extensions = Some(extensions);
    sign(tbs, issuer)
}

fn sign(tbs_certificate: TbsCertificate, issuer: &CertificateIssuer<'_>) -> Result<Vec<u8>, SimulatorError> {
    let signature = issuer.key.sign(issuer.hash, &der_of(&tbs_certificate)?)?;
    der_of(&Certificate {
        signature_algorithm: tbs_certificate.signature.clone(),
        signature: BitString::from_bytes(&signature)?,
        tbs_certificate,
    })
}

/// Serial number of 16 bytes, positive and without a leading zero, different for each key and subject.
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
    // UTCTime until 2049 (RFC 5280, 4.1.2.5); no day in our tables is later.
    Ok(Time::UtcTime(UtcTime::from_date_time(at)?))
}

/// Name of the signer of the National Register. (The real one is `C=BE, O=RRN, CN=RRN`.)
pub(crate) fn register_name() -> Result<Name, SimulatorError> {
    name(&[(COUNTRY, "BE"), (ORGANISATION, "RRN TEST"), (COMMON_NAME, "RRN TEST")])
}

/// Name of the holder of a card; `role` is `Authentication` or `Signature`.
pub(crate) fn holder_name(citizen: &crate::Citizen, role: &str) -> Result<Name, SimulatorError> {
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

/// Makes a name of these attributes in this order, each an RDN of its own.
pub(crate) fn name(attributes: &[(ObjectIdentifier, &str)]) -> Result<Name, SimulatorError> {
    let rdns = attributes.iter().map(|&(oid, value)| -> Result<_, SimulatorError> {
        let value = match oid {
            // These two have no other type (RFC 5280, A.1); the others may hold letters that PrintableString lacks.
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
