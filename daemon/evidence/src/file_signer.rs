//! Signatures of the desk over files, such as the container of an export.
//!
//! ```text
//! genesis      names the Ed25519 key of the desk
//!   authority  certificate of that key, by itself
//!     signer   certificate of a P-384 key, which is made for one file and then gone
//! ```
//!
//! Forms of signature for documents have no Ed25519, so the key of the desk signs the certificate of another key, and that
//! one the file. Whoever has the genesis knows the key in the authority's certificate; nobody else vouches for it.

use crate::chain::Genesis;
use crate::error::EvidenceError;
use crate::keys::DeskKeys;
use beid_host::random::random_bytes;
use der::Encode;
use der::asn1::{Any, BitString, ObjectIdentifier, OctetString};
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use std::fmt::Display;
use std::str::FromStr;
use std::time::SystemTime;
use x509_cert::certificate::{Certificate, TbsCertificate, Version};
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages, SubjectKeyIdentifier};
use x509_cert::ext::{AsExtension, Extensions};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};
use zeroize::Zeroizing;

/// Validity of both certificates in days: a hundred years. What was signed must be verified for longer than records are kept,
/// and the key of a signer is gone after one signature.
const VALIDITY: i64 = 36_525;

/// `id-Ed25519` (RFC 8410, 3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// `id-ecPublicKey` and `secp384r1` (RFC 5480, 2.1.1).
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// Key that signs one file for the desk, with the certificates above it.
pub struct FileSigner {
    key: EcdsaKeyPair,
    certificate: Vec<u8>,
    authority: Vec<u8>,
}

impl FileSigner {
    /// Makes a key, and has the desk vouch for it.
    pub(crate) fn new(keys: &DeskKeys, genesis: &Genesis, now: Timestamp) -> Result<Self, EvidenceError> {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &random).map_err(failed)?;
        let pkcs8 = Zeroizing::new(pkcs8.as_ref().to_vec());
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &pkcs8, &random).map_err(failed)?;
        let authority_name = name(&format!("beidd desk {}", genesis.desk))?;
        let authority_key = SubjectPublicKeyInfoOwned {
            algorithm: ed25519(),
            subject_public_key: BitString::from_bytes(&keys.public_octets()?).map_err(failed)?,
        };
        // Nothing in it is random, so every file of the desk has the same certificate of its key.
        let authority = DeskCertificateProfile {
            serial: SerialNumber::new(&[1]).map_err(failed)?,
            subject: authority_name.clone(),
            begins: genesis.began.parse().map_err(failed)?,
            is_authority: true,
            usage: KeyUsage(KeyUsages::KeyCertSign.into()),
        };
        let certificate = DeskCertificateProfile {
            serial: SerialNumber::new(&positive(random_bytes())).map_err(failed)?,
            subject: name(&format!("beidd desk {} one file", genesis.desk))?,
            begins: now,
            is_authority: false,
            usage: KeyUsage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation),
        };
        let file_key = SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned {
                oid: EC_PUBLIC_KEY,
                parameters: Some(Any::encode_from(&P384).map_err(failed)?),
            },
            subject_public_key: BitString::from_bytes(key.public_key().as_ref()).map_err(failed)?,
        };
        Ok(Self {
            authority: authority.issue(&authority_key, &authority_name, &authority_key, keys)?,
            certificate: certificate.issue(&file_key, &authority_name, &authority_key, keys)?,
            key,
        })
    }

    /// Certificate of the key, DER.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Certificate of the desk, DER.
    #[must_use]
    pub fn authority(&self) -> &[u8] {
        &self.authority
    }

    /// Signs with ECDSA over P-384 and SHA-384, and ends the key; returns `r‖s`, 48 octets each.
    ///
    /// # Errors
    /// If the system gives no randomness.
    pub fn sign(self, to_be_signed: &[u8]) -> Result<Vec<u8>, EvidenceError> {
        let signature = self.key.sign(&SystemRandom::new(), to_be_signed).map_err(failed)?;
        Ok(signature.as_ref().to_vec())
    }
}

/// Contents of a certificate besides the keys.
struct DeskCertificateProfile {
    serial: SerialNumber,
    subject: Name,
    begins: Timestamp,
    is_authority: bool,
    usage: KeyUsage,
}

impl DeskCertificateProfile {
    /// Writes the certificate of `key`, signed with the key of the desk.
    fn issue(
        self,
        key: &SubjectPublicKeyInfoOwned,
        issuer: &Name,
        issuer_key: &SubjectPublicKeyInfoOwned,
        keys: &DeskKeys,
    ) -> Result<Vec<u8>, EvidenceError> {
        // Whole seconds: certificates have no others.
        let begins = Timestamp::from_second(self.begins.as_second()).map_err(failed)?;
        let ends = begins
            .checked_add(SignedDuration::from_hours(24 * VALIDITY))
            .map_err(failed)?;
        let tbs_certificate = TbsCertificate {
            version: Version::V3,
            serial_number: self.serial.clone(),
            signature: ed25519(),
            issuer: issuer.clone(),
            validity: Validity {
                not_before: Time::try_from(SystemTime::from(begins)).map_err(failed)?,
                not_after: Time::try_from(SystemTime::from(ends)).map_err(failed)?,
            },
            extensions: Some(self.extensions(key, issuer_key)?),
            subject: self.subject,
            subject_public_key_info: key.clone(),
            issuer_unique_id: None,
            subject_unique_id: None,
        };
        let signature = keys.sign_octets(&tbs_certificate.to_der().map_err(failed)?)?;
        let certificate = Certificate {
            signature_algorithm: ed25519(),
            signature: BitString::from_bytes(&signature).map_err(failed)?,
            tbs_certificate,
        };
        certificate.to_der().map_err(failed)
    }

    fn extensions(
        &self,
        key: &SubjectPublicKeyInfoOwned,
        issuer_key: &SubjectPublicKeyInfoOwned,
    ) -> Result<Extensions, EvidenceError> {
        let constraints = BasicConstraints {
            ca: self.is_authority,
            path_len_constraint: self.is_authority.then_some(0),
        };
        let issuer_id = AuthorityKeyIdentifier {
            key_identifier: Some(key_id(issuer_key)?),
            authority_cert_issuer: None,
            authority_cert_serial_number: None,
        };
        let own_id = SubjectKeyIdentifier(key_id(key)?);
        let all = [
            constraints.to_extension(&self.subject, &[]),
            self.usage.to_extension(&self.subject, &[]),
            own_id.to_extension(&self.subject, &[]),
            issuer_id.to_extension(&self.subject, &[]),
        ];
        all.into_iter().map(|one| one.map_err(failed)).collect()
    }
}

fn failed(error: impl Display) -> EvidenceError {
    EvidenceError::Internal(format!("a certificate of the desk cannot be made: {error}"))
}

fn ed25519() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: ED25519,
        parameters: None,
    }
}

fn name(common_name: &str) -> Result<Name, EvidenceError> {
    Name::from_str(&format!("CN={common_name}")).map_err(failed)
}

/// Makes a serial number of a positive integer without leading zeros.
fn positive(mut octets: [u8; 16]) -> [u8; 16] {
    octets[0] = octets[0] & 0x7f | 0x40;
    octets
}

/// Key identifier: the leftmost 160 bits of the SHA-256 of the key. (RFC 7093, 2)
fn key_id(key: &SubjectPublicKeyInfoOwned) -> Result<OctetString, EvidenceError> {
    let hash = digest(&SHA256, key.subject_public_key.raw_bytes());
    let leftmost: Vec<u8> = hash.as_ref().iter().copied().take(20).collect();
    OctetString::new(leftmost).map_err(failed)
}
