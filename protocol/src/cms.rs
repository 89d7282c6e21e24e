//! CMS signatures that carry what they sign, in the form that CAdES calls B-B.
//!
//! ```text
//! Pending::attached(content, signer...)   builds the signed attributes
//!        .digest()                        is what the card signs
//!        .finish(raw signature)           checks it with the signer's certificate, gives the Cms
//! ```
//!
//! Source: RFC 5652 (CMS), RFC 5035 (signing certificate), RFC 6211 (algorithm protection), ETSI EN 319 122-1 (CAdES).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beid_pki::{Certificate, HashAlgorithm, PublicKey, ecdsa_raw_to_der};
use der::asn1::ObjectIdentifier;
use der::{Tag, TagNumber};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rsa::traits::PublicKeyParts;

use crate::asn1::{context, element, oid, sequence, sorted};
use crate::error::ProtocolError;

/// The object identifiers that occur in these signatures.
pub(crate) mod oids {
    use der::asn1::ObjectIdentifier;

    pub(crate) const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
    pub(crate) const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
    pub(crate) const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
    pub(crate) const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
    pub(crate) const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
    pub(crate) const ALGORITHM_PROTECTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.52");
    pub(crate) const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
    pub(crate) const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
    pub(crate) const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
    pub(crate) const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
    pub(crate) const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
    pub(crate) const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
    pub(crate) const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
    pub(crate) const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
    pub(crate) const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
    pub(crate) const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
    pub(crate) const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
}

/// Whether the signature names its certificate in a signed attribute.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SigningCertificate {
    /// It does (signing-certificate-v2): without it, no CAdES.
    #[default]
    Included,
    /// It does not: exactly what the official client sends.
    Omitted,
}

/// What the signer's key signs with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, for RSA keys of 2048 bits and more.
    RsaSha256,
    /// ECDSA with SHA-384, for P-384 keys.
    EcdsaSha384,
}

impl Algorithm {
    fn of(key: &PublicKey) -> Result<Self, ProtocolError> {
        match key {
            PublicKey::P384(_) => Ok(Self::EcdsaSha384),
            PublicKey::Rsa(key) if key.size() >= 256 => Ok(Self::RsaSha256),
            PublicKey::Rsa(_) => Err(ProtocolError::UnsupportedAlgorithm {
                reason: "an RSA key of less than 2048 bits",
            }),
        }
    }

    /// The hash it signs.
    #[must_use]
    pub fn hash(self) -> HashAlgorithm {
        match self {
            Self::RsaSha256 => HashAlgorithm::Sha256,
            Self::EcdsaSha384 => HashAlgorithm::Sha384,
        }
    }

    /// `DigestAlgorithmIdentifier`, parameters absent (RFC 5754, 2).
    fn digest_identifier(self) -> Result<Vec<u8>, ProtocolError> {
        let hash = match self {
            Self::RsaSha256 => oids::SHA256,
            Self::EcdsaSha384 => oids::SHA384,
        };
        sequence(&[&oid(hash)?])
    }

    /// Contents of `SignatureAlgorithmIdentifier`: NULL parameters for RSA, absent for ECDSA (RFC 5754, 3.2 and 3.3).
    fn signature_identifier(self) -> Result<Vec<u8>, ProtocolError> {
        match self {
            Self::RsaSha256 => Ok([oid(oids::RSA_SHA256)?, element(Tag::Null, &[])?].concat()),
            Self::EcdsaSha384 => oid(oids::ECDSA_SHA384),
        }
    }
}

/// A signature as a card gives it.
#[derive(Clone, Eq, PartialEq)]
pub enum RawSignature {
    /// The RSA signature, as long as the modulus.
    Rsa(Vec<u8>),
    /// `r‖s`, 48 bytes each.
    Ecdsa(Vec<u8>),
}

/// A signature that lacks nothing but the card's answer.
#[derive(Clone)]
pub struct Pending {
    content: Vec<u8>,
    signer: Certificate,
    chain: Vec<Certificate>,
    algorithm: Algorithm,
    /// Contents of the SET OF signed attributes, in DER order.
    attributes: Vec<u8>,
    digest: Vec<u8>,
}

impl Pending {
    /// Begins a signature that will carry `content`.
    ///
    /// # Errors
    /// [`ProtocolError::UnsupportedAlgorithm`] if the key of `signer` is neither RSA of 2048 bits or more nor P-384.
    ///
    /// Source: RFC 5652, 5.3 and 5.4 (signed attributes, what is hashed); ETSI EN 319 122-1, 6.3 (level B-B).
    pub fn attached(
        content: Vec<u8>,
        signer: &Certificate,
        chain: &[Certificate],
        signing_time: Timestamp,
        attribute: SigningCertificate,
    ) -> Result<Self, ProtocolError> {
        let algorithm = Algorithm::of(signer.public_key())?;
        let mut attributes = vec![
            self::attribute(oids::CONTENT_TYPE, &oid(oids::DATA)?)?,
            self::attribute(oids::SIGNING_TIME, &time(signing_time)?)?,
            self::attribute(oids::ALGORITHM_PROTECTION, &algorithm_protection(algorithm)?)?,
            self::attribute(
                oids::MESSAGE_DIGEST,
                &element(Tag::OctetString, &[&algorithm.hash().digest(&content)])?,
            )?,
        ];
        match attribute {
            SigningCertificate::Omitted => {}
            SigningCertificate::Included => {
                let value = signing_certificate_v2(signer, algorithm)?;
                attributes.push(self::attribute(oids::SIGNING_CERTIFICATE_V2, &value)?);
            }
        }
        let attributes = sorted(attributes);
        // What is hashed is the SET OF with its own tag, 31; in the SignerInfo the same octets stand behind A0.
        let digest = algorithm.hash().digest(&element(Tag::Set, &[&attributes])?);
        Ok(Self {
            content,
            signer: signer.clone(),
            chain: chain.to_vec(),
            algorithm,
            attributes,
            digest,
        })
    }

    /// What the card has to sign.
    #[must_use]
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }

    /// How the card has to sign it.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Checks the card's answer and gives the signature out.
    ///
    /// # Errors
    /// [`ProtocolError::UnsupportedAlgorithm`] if the answer is of another kind than the key;
    /// [`ProtocolError::SignatureRejected`] if the certificate's key did not make it.
    pub fn finish(self, raw: RawSignature) -> Result<Cms, ProtocolError> {
        let signature = match (self.algorithm, raw) {
            (Algorithm::RsaSha256, RawSignature::Rsa(signature)) => signature,
            (Algorithm::EcdsaSha384, RawSignature::Ecdsa(raw)) => {
                ecdsa_raw_to_der(&raw).map_err(|_| ProtocolError::SignatureRejected)?
            }
            (Algorithm::RsaSha256, RawSignature::Ecdsa(_)) | (Algorithm::EcdsaSha384, RawSignature::Rsa(_)) => {
                return Err(ProtocolError::UnsupportedAlgorithm {
                    reason: "the signature is of another kind than the key",
                });
            }
        };
        self.signer
            .public_key()
            .verify_digest(self.algorithm.hash(), &self.digest, &signature)
            .map_err(|_| ProtocolError::SignatureRejected)?;
        Ok(Cms {
            der: self.content_info(&signature)?,
            content: self.content,
        })
    }

    /// `ContentInfo`: RFC 5652, 3 and 5.1.
    fn content_info(&self, signature: &[u8]) -> Result<Vec<u8>, ProtocolError> {
        let content = element(Tag::OctetString, &[&self.content])?;
        let signed_data = sequence(&[
            VERSION_1,
            &element(Tag::Set, &[&self.algorithm.digest_identifier()?])?,
            &sequence(&[&oid(oids::DATA)?, &context(TagNumber::N0, &[&content])?])?,
            &context(TagNumber::N0, &[&self.certificates()])?,
            &element(Tag::Set, &[&self.signer_info(signature)?])?,
        ])?;
        sequence(&[&oid(oids::SIGNED_DATA)?, &context(TagNumber::N0, &[&signed_data])?])
    }

    /// `CertificateSet` contents: signer and chain, each once, in the order DER wants rather than that of the chain.
    fn certificates(&self) -> Vec<u8> {
        let certificates = std::iter::once(&self.signer)
            .chain(&self.chain)
            .map(|certificate| certificate.der().to_vec());
        let mut certificates: Vec<_> = certificates.collect();
        certificates.sort();
        certificates.dedup();
        certificates.concat()
    }

    /// `SignerInfo`: RFC 5652, 5.3.
    fn signer_info(&self, signature: &[u8]) -> Result<Vec<u8>, ProtocolError> {
        sequence(&[
            VERSION_1,
            &sequence(&[
                self.signer.issuer_der(),
                &element(Tag::Integer, &[self.signer.serial()])?,
            ])?,
            &self.algorithm.digest_identifier()?,
            &context(TagNumber::N0, &[&self.attributes])?,
            &sequence(&[&self.algorithm.signature_identifier()?])?,
            &element(Tag::OctetString, &[signature])?,
        ])
    }
}

/// A finished signature, with its content inside.
#[derive(Clone, Eq, PartialEq)]
pub struct Cms {
    der: Vec<u8>,
    content: Vec<u8>,
}

impl Cms {
    /// The `ContentInfo`, DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What it signs.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// The DER in base64: standard alphabet, padded, on one line.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(&self.der)
    }
}

/// Content and certificates are personal: only lengths are printed.
impl std::fmt::Debug for Cms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cms({} bytes)", self.der.len())
    }
}

/// As [`Cms`].
impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pending({:?}, {} bytes)", self.algorithm, self.content.len())
    }
}

/// `INTEGER 1`: the version of SignedData with plain content, and of SignerInfo with issuer and serial number.
const VERSION_1: &[u8] = &[0x02, 0x01, 0x01];

/// `Attribute` with one value.
fn attribute(attribute: ObjectIdentifier, value: &[u8]) -> Result<Vec<u8>, ProtocolError> {
    sequence(&[&oid(attribute)?, &element(Tag::Set, &[value])?])
}

/// `Time`: UTCTime up to 2049, GeneralizedTime after. Whole seconds, `Z`. (RFC 5652, 11.3)
fn time(at: Timestamp) -> Result<Vec<u8>, ProtocolError> {
    let at = at.to_zoned(TimeZone::UTC);
    let rest = at.strftime("%m%d%H%M%SZ");
    match at.year() {
        year @ 1950..=2049 => element(Tag::UtcTime, &[format!("{:02}{rest}", year % 100).as_bytes()]),
        year => element(Tag::GeneralizedTime, &[format!("{year:04}{rest}").as_bytes()]),
    }
}

/// `CMSAlgorithmProtection`: the algorithms once more, where they are signed. (RFC 6211, 2)
fn algorithm_protection(algorithm: Algorithm) -> Result<Vec<u8>, ProtocolError> {
    let signature = context(TagNumber::N1, &[&algorithm.signature_identifier()?])?;
    sequence(&[&algorithm.digest_identifier()?, &signature])
}

/// `SigningCertificateV2` with one `ESSCertIDv2`. (RFC 5035, 3 and 4)
fn signing_certificate_v2(signer: &Certificate, algorithm: Algorithm) -> Result<Vec<u8>, ProtocolError> {
    // SHA-256 is the DEFAULT, which DER leaves out.
    let hash = match algorithm {
        Algorithm::RsaSha256 => Vec::new(),
        Algorithm::EcdsaSha384 => algorithm.digest_identifier()?,
    };
    let certificate_hash = element(Tag::OctetString, &[&algorithm.hash().digest(signer.der())])?;
    let directory_name = context(TagNumber::N4, &[signer.issuer_der()])?;
    let serial = element(Tag::Integer, &[signer.serial()])?;
    let issuer_serial = sequence(&[&sequence(&[&directory_name])?, &serial])?;
    let cert_id = sequence(&[&hash, &certificate_hash, &issuer_serial])?;
    sequence(&[&sequence(&[&cert_id])?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_time(at: &str, expected: &str) {
        let der = time(at.parse().unwrap()).unwrap();
        assert_eq!(std::str::from_utf8(&der[2..]).unwrap(), expected);
    }

    #[test]
    fn signing_times_are_utc_time_until_2049() {
        check_time("2026-11-20T10:02:00.999+01:00", "261120090200Z");
        check_time("2049-12-31T23:59:59Z", "491231235959Z");
        check_time("2050-01-01T00:00:00Z", "20500101000000Z");
    }

    #[test]
    fn algorithm_identifiers_have_the_right_parameters() {
        let rsa = algorithm_protection(Algorithm::RsaSha256).unwrap();
        assert!(rsa.ends_with(&[
            0xA1, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00
        ]));
        let ec = algorithm_protection(Algorithm::EcdsaSha384).unwrap();
        assert!(ec.ends_with(&[0xA1, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03]));
    }
}
