//! Public keys and the signatures they check.

use crate::{PkiError, message};
use der::asn1::ObjectIdentifier;
use p384::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::pkcs8::DecodePublicKey;
use rsa::{Pkcs1v15Sign, Pss};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use sha3::{Sha3_256, Sha3_384, Sha3_512};
use x509_cert::spki::SubjectPublicKeyInfoRef;

/// `id-Ed25519` (RFC 8410, 3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Hash functions that occur in Belgian certificates and documents, and those a Belgian card can sign digests of.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum HashAlgorithm {
    /// SHA-1: read on early cards, never produced.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// SHA3-256 (FIPS 202); like the other two, only signed by cards of applet 1.8.
    Sha3_256,
    /// SHA3-384.
    Sha3_384,
    /// SHA3-512.
    Sha3_512,
}

impl HashAlgorithm {
    /// Hashes `data`.
    #[must_use]
    pub fn digest(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(data).to_vec(),
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha384 => Sha384::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
            Self::Sha3_256 => Sha3_256::digest(data).to_vec(),
            Self::Sha3_384 => Sha3_384::digest(data).to_vec(),
            Self::Sha3_512 => Sha3_512::digest(data).to_vec(),
        }
    }

    /// Length of a digest, in bytes.
    #[must_use]
    pub fn digest_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 | Self::Sha3_256 => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 => 64,
        }
    }

    /// Name for people: `SHA-256`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sha3_256 => "SHA3-256",
            Self::Sha3_384 => "SHA3-384",
            Self::Sha3_512 => "SHA3-512",
        }
    }

    /// Returns the hash with the object identifier `oid` (dotted), as a digest algorithm.
    ///
    /// Source: RFC 8017, B.1; NIST's register of 2.16.840.1.101.3.4.2.
    #[must_use]
    pub fn from_oid(oid: &str) -> Option<Self> {
        match oid {
            "1.3.14.3.2.26" => Some(Self::Sha1),
            "2.16.840.1.101.3.4.2.1" => Some(Self::Sha256),
            "2.16.840.1.101.3.4.2.2" => Some(Self::Sha384),
            "2.16.840.1.101.3.4.2.3" => Some(Self::Sha512),
            "2.16.840.1.101.3.4.2.8" => Some(Self::Sha3_256),
            "2.16.840.1.101.3.4.2.9" => Some(Self::Sha3_384),
            "2.16.840.1.101.3.4.2.10" => Some(Self::Sha3_512),
            _ => None,
        }
    }

    /// Returns the SHA-1 or SHA-2 hash with digests of `len` bytes: the photo's digest on the card names its hash only so.
    /// Never SHA-3, which no Belgian file uses.
    #[must_use]
    pub fn from_digest_len(len: usize) -> Option<Self> {
        [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .find(|hash| hash.digest_len() == len)
    }
}

/// A public key. Belgian cards have RSA and P-384; the others are those of the world's signers and servers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PublicKey {
    /// RSA, 1024 to 4096 bits; signatures are PKCS#1 v1.5, and PSS where the caller says so.
    Rsa(rsa::RsaPublicKey),
    /// ECDSA on P-256; signatures as on P-384.
    P256(p256::ecdsa::VerifyingKey),
    /// ECDSA on P-384; signatures are DER `SEQUENCE { r, s }` (X9.62).
    P384(p384::ecdsa::VerifyingKey),
    /// ECDSA on P-521; signatures as on P-384.
    P521(p521::PublicKey),
    /// Ed25519 (RFC 8032): the 32 octets of the key.
    Ed25519([u8; 32]),
    /// A key of another kind, by the object identifier of its algorithm (dotted). It verifies nothing; a certificate
    /// that has one can still be read, so that a judgement can name the reason.
    Other(String),
}

impl PublicKey {
    /// Reads a DER `SubjectPublicKeyInfo`; a key of a kind that is not known here becomes [`PublicKey::Other`].
    ///
    /// # Errors
    /// [`PkiError::UnsupportedKey`] for what is no `SubjectPublicKeyInfo`.
    pub fn from_spki(der: &[u8]) -> Result<Self, PkiError> {
        if let Ok(key) = p384::ecdsa::VerifyingKey::from_public_key_der(der) {
            return Ok(Self::P384(key));
        }
        if let Ok(key) = p256::ecdsa::VerifyingKey::from_public_key_der(der) {
            return Ok(Self::P256(key));
        }
        if let Ok(key) = rsa::RsaPublicKey::from_public_key_der(der) {
            return Ok(Self::Rsa(key));
        }
        if let Ok(key) = p521::PublicKey::from_public_key_der(der) {
            return Ok(Self::P521(key));
        }
        // A known algorithm whose key cannot be read comes here, too, and verifies nothing.
        let info = SubjectPublicKeyInfoRef::try_from(der).map_err(|_| PkiError::UnsupportedKey)?;
        let bits = info.subject_public_key.as_bytes().unwrap_or_default();
        Ok(match (info.algorithm.oid, <[u8; 32]>::try_from(bits)) {
            (ED25519, Ok(key)) => Self::Ed25519(key),
            (other, _) => Self::Other(other.to_string()),
        })
    }

    /// Checks `signature` over `digest`, which was made with `hash`: PKCS#1 v1.5 for RSA, ECDSA for the others.
    ///
    /// For ECDSA the digest may be of another length than the curve: a shorter one counts as a number, of a longer one
    /// as many bytes as the curve has (FIPS 186-5, 6.4.1). SHA-1 is too weak for a curve and always refused.
    ///
    /// # Errors
    /// [`PkiError::BadSignature`] if it is not this key's; [`PkiError::WrongDigestLength`] if the caller mixed up hashes.
    pub fn verify_digest(&self, hash: HashAlgorithm, digest: &[u8], signature: &[u8]) -> Result<(), PkiError> {
        if digest.len() != hash.digest_len() {
            return Err(PkiError::WrongDigestLength);
        }
        match self {
            Self::Rsa(key) => key
                .verify(pkcs1v15(hash), digest, signature)
                .map_err(|_| PkiError::BadSignature),
            Self::P256(_) | Self::P384(_) | Self::P521(_) if hash == HashAlgorithm::Sha1 => Err(PkiError::BadSignature),
            Self::P256(key) => {
                let signature = p256::ecdsa::DerSignature::from_bytes(signature).map_err(|_| PkiError::BadSignature)?;
                key.verify_prehash(digest, &signature)
                    .map_err(|_| PkiError::BadSignature)
            }
            Self::P384(key) => {
                let signature = p384::ecdsa::DerSignature::from_bytes(signature).map_err(|_| PkiError::BadSignature)?;
                key.verify_prehash(digest, &signature)
                    .map_err(|_| PkiError::BadSignature)
            }
            Self::P521(key) => {
                let signature = p521::ecdsa::Signature::from_der(signature).map_err(|_| PkiError::BadSignature)?;
                // The crate refuses digests of less than half the curve's length (SHA-256 here), which the standard
                // allows: they count as numbers, so zeros in front change nothing (FIPS 186-5, 6.4.1).
                let mut number = [0; 66];
                let start = number
                    .len()
                    .checked_sub(digest.len())
                    .ok_or(PkiError::WrongDigestLength)?;
                number
                    .iter_mut()
                    .skip(start)
                    .zip(digest)
                    .for_each(|(to, from)| *to = *from);
                p521::ecdsa::VerifyingKey::from_affine(*key.as_affine())
                    .and_then(|key| key.verify_prehash(&number, &signature))
                    .map_err(|_| PkiError::BadSignature)
            }
            // Ed25519 signs messages, not digests of them.
            Self::Ed25519(_) => Err(PkiError::BadSignature),
            Self::Other(_) => Err(PkiError::UnsupportedKey),
        }
    }

    /// Checks `signature` over `message`: like [`verify_digest`](Self::verify_digest) of its digest, and faster.
    ///
    /// # Errors
    /// [`PkiError::BadSignature`] if it is not this key's.
    pub fn verify(&self, hash: HashAlgorithm, message: &[u8], signature: &[u8]) -> Result<(), PkiError> {
        match message::verify(self, hash, message, signature) {
            Some(true) => Ok(()),
            Some(false) => Err(PkiError::BadSignature),
            None => self.verify_digest(hash, &hash.digest(message), signature),
        }
    }

    /// Checks an RSASSA-PSS `signature` over `digest`, which was made with `hash`; the mask is made with the same hash,
    /// and the salt is as long as the digest. (RFC 8017, 8.1.2)
    ///
    /// # Errors
    /// [`PkiError::BadSignature`] if it is not this key's, also when the key is no RSA key;
    /// [`PkiError::WrongDigestLength`] if the caller mixed up hashes; [`PkiError::UnsupportedAlgorithm`] for SHA-1.
    pub fn verify_pss_digest(&self, hash: HashAlgorithm, digest: &[u8], signature: &[u8]) -> Result<(), PkiError> {
        if digest.len() != hash.digest_len() {
            return Err(PkiError::WrongDigestLength);
        }
        self.verify_pss_salted(hash, hash.digest_len(), digest, signature)
    }

    /// Checks an RSASSA-PSS signature with a salt of `salt_len` bytes.
    pub(crate) fn verify_pss_salted(
        &self,
        hash: HashAlgorithm,
        salt_len: usize,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<(), PkiError> {
        let scheme =
            pss(hash, salt_len).ok_or_else(|| PkiError::UnsupportedAlgorithm(format!("PSS with {}", hash.name())))?;
        match self {
            Self::Rsa(key) => key
                .verify(scheme, digest, signature)
                .map_err(|_| PkiError::BadSignature),
            Self::P256(_) | Self::P384(_) | Self::P521(_) | Self::Ed25519(_) => Err(PkiError::BadSignature),
            Self::Other(_) => Err(PkiError::UnsupportedKey),
        }
    }

    /// Checks an Ed25519 `signature` over `message` (RFC 8032, 5.1.7).
    pub(crate) fn verify_ed25519(&self, message: &[u8], signature: &[u8]) -> Result<(), PkiError> {
        let Self::Ed25519(key) = self else {
            return Err(PkiError::BadSignature);
        };
        ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, key)
            .verify(message, signature)
            .map_err(|_| PkiError::BadSignature)
    }

    /// Turns an ECDSA signature as XML and smart cards write it, `r‖s` of as many bytes each as the curve has, into DER
    /// `SEQUENCE { INTEGER r, INTEGER s }` with minimal integers.
    ///
    /// Source: XMLDSig 1.1, 6.4.3.
    ///
    /// # Errors
    /// [`PkiError::BadSignature`] if the length is not that of this key's curve, if `r` or `s` is zero or not below the
    /// curve's order, or if this is no ECDSA key.
    pub fn ecdsa_raw_to_der(&self, raw: &[u8]) -> Result<Vec<u8>, PkiError> {
        let bad = |_| PkiError::BadSignature;
        Ok(match self {
            Self::P256(_) => p256::ecdsa::Signature::from_slice(raw)
                .map_err(bad)?
                .to_der()
                .as_bytes()
                .to_vec(),
            Self::P384(_) => p384::ecdsa::Signature::from_slice(raw)
                .map_err(bad)?
                .to_der()
                .as_bytes()
                .to_vec(),
            Self::P521(_) => p521::ecdsa::Signature::from_slice(raw)
                .map_err(bad)?
                .to_der()
                .as_bytes()
                .to_vec(),
            Self::Rsa(_) | Self::Ed25519(_) | Self::Other(_) => return Err(PkiError::BadSignature),
        })
    }

    /// Name for people, with the size: `RSA-2048`, `P-384`, `Ed25519`; the object identifier of a key of another kind.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Rsa(key) => format!("RSA-{}", rsa::traits::PublicKeyParts::size(key) * 8),
            Self::P256(_) => "P-256".to_owned(),
            Self::P384(_) => "P-384".to_owned(),
            Self::P521(_) => "P-521".to_owned(),
            Self::Ed25519(_) => "Ed25519".to_owned(),
            Self::Other(oid) => oid.clone(),
        }
    }
}

fn pkcs1v15(hash: HashAlgorithm) -> Pkcs1v15Sign {
    match hash {
        HashAlgorithm::Sha1 => Pkcs1v15Sign::new::<Sha1>(),
        HashAlgorithm::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
        HashAlgorithm::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
        HashAlgorithm::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
        HashAlgorithm::Sha3_256 => Pkcs1v15Sign::new::<Sha3_256>(),
        HashAlgorithm::Sha3_384 => Pkcs1v15Sign::new::<Sha3_384>(),
        HashAlgorithm::Sha3_512 => Pkcs1v15Sign::new::<Sha3_512>(),
    }
}

/// `None` for SHA-1, which is read in old certificates only, and those have PKCS#1 v1.5.
fn pss(hash: HashAlgorithm, salt: usize) -> Option<Pss> {
    match hash {
        HashAlgorithm::Sha1 => None,
        HashAlgorithm::Sha256 => Some(Pss::new_with_salt::<Sha256>(salt)),
        HashAlgorithm::Sha384 => Some(Pss::new_with_salt::<Sha384>(salt)),
        HashAlgorithm::Sha512 => Some(Pss::new_with_salt::<Sha512>(salt)),
        HashAlgorithm::Sha3_256 => Some(Pss::new_with_salt::<Sha3_256>(salt)),
        HashAlgorithm::Sha3_384 => Some(Pss::new_with_salt::<Sha3_384>(salt)),
        HashAlgorithm::Sha3_512 => Some(Pss::new_with_salt::<Sha3_512>(salt)),
    }
}

/// Turns the card's raw `r‖s` (48 + 48 bytes) into DER `SEQUENCE { INTEGER r, INTEGER s }` with minimal integers.
///
/// # Errors
/// [`PkiError::BadSignature`] if there are not 96 bytes, or `r` or `s` is zero or not below the order of the curve.
pub fn ecdsa_raw_to_der(raw: &[u8]) -> Result<Vec<u8>, PkiError> {
    let signature = p384::ecdsa::Signature::from_slice(raw).map_err(|_| PkiError::BadSignature)?;
    Ok(signature.to_der().as_bytes().to_vec())
}

#[cfg(test)]
mod tests;
