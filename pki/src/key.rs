//! Public keys and the signatures they check.

use crate::PkiError;
use p384::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::Pkcs1v15Sign;
use rsa::pkcs8::DecodePublicKey;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The hash functions that occur in Belgian certificates and documents.
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
        }
    }

    /// Length of a digest, in bytes.
    #[must_use]
    pub fn digest_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The name people write: `SHA-256`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// The one that the signature algorithm `oid` (dotted) signs with: RSA PKCS#1 (RFC 8017, A.2.4) or ECDSA (RFC 5758, 3.2).
    #[must_use]
    pub fn of_signature(oid: &str) -> Option<Self> {
        match oid {
            "1.2.840.113549.1.1.5" => Some(Self::Sha1),
            "1.2.840.113549.1.1.11" | "1.2.840.10045.4.3.2" => Some(Self::Sha256),
            "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => Some(Self::Sha384),
            "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// The one with digests of `len` bytes: how the photo's digest on the card says which hash it is.
    #[must_use]
    pub fn from_digest_len(len: usize) -> Option<Self> {
        [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .find(|hash| hash.digest_len() == len)
    }
}

/// A public key of one of the two kinds on Belgian cards.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PublicKey {
    /// RSA, 1024 to 4096 bits; signatures are PKCS#1 v1.5.
    Rsa(rsa::RsaPublicKey),
    /// ECDSA on P-384; signatures are DER `SEQUENCE { r, s }` (X9.62).
    P384(p384::ecdsa::VerifyingKey),
}

impl PublicKey {
    /// Reads a DER `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`PkiError::UnsupportedKey`] for anything but RSA and P-384.
    pub fn from_spki(der: &[u8]) -> Result<Self, PkiError> {
        if let Ok(key) = p384::ecdsa::VerifyingKey::from_public_key_der(der) {
            return Ok(Self::P384(key));
        }
        rsa::RsaPublicKey::from_public_key_der(der)
            .map(Self::Rsa)
            .map_err(|_| PkiError::UnsupportedKey)
    }

    /// Checks `signature` over `digest`, which was made with `hash`.
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
            Self::P384(key) => {
                let signature = p384::ecdsa::DerSignature::from_bytes(signature).map_err(|_| PkiError::BadSignature)?;
                key.verify_prehash(digest, &signature)
                    .map_err(|_| PkiError::BadSignature)
            }
        }
    }

    /// The name people write, with the size: `RSA-2048`, `P-384`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Rsa(key) => format!("RSA-{}", rsa::traits::PublicKeyParts::size(key) * 8),
            Self::P384(_) => "P-384".to_owned(),
        }
    }
}

fn pkcs1v15(hash: HashAlgorithm) -> Pkcs1v15Sign {
    match hash {
        HashAlgorithm::Sha1 => Pkcs1v15Sign::new::<Sha1>(),
        HashAlgorithm::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
        HashAlgorithm::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
        HashAlgorithm::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
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
mod tests {
    use super::*;

    #[test]
    fn digest_length_names_its_hash() {
        assert_eq!(HashAlgorithm::from_digest_len(20), Some(HashAlgorithm::Sha1));
        assert_eq!(HashAlgorithm::from_digest_len(48), Some(HashAlgorithm::Sha384));
        assert_eq!(HashAlgorithm::from_digest_len(0), None);
    }

    #[test]
    fn raw_signature_with_leading_zeros_becomes_minimal_der() {
        let mut raw = [0_u8; 96];
        raw[47] = 0x80; // r = 0x80: needs a leading zero, and only one
        raw[95] = 0x01;
        assert_eq!(ecdsa_raw_to_der(&raw).unwrap(), [0x30, 7, 2, 2, 0, 0x80, 2, 1, 1]);
    }

    #[test]
    fn raw_signature_of_another_length_is_refused() {
        assert_eq!(ecdsa_raw_to_der(&[1; 64]), Err(PkiError::BadSignature));
        assert_eq!(ecdsa_raw_to_der(&[0; 96]), Err(PkiError::BadSignature));
    }

    #[test]
    fn key_that_is_no_key_is_refused() {
        assert_eq!(PublicKey::from_spki(&[0x30, 0]), Err(PkiError::UnsupportedKey));
    }
}
