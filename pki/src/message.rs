//! Signatures over whole messages, checked with *ring*: RSA in a tenth of the time that plain arithmetic takes, P-384 in
//! two thirds.
//!
//! *ring* hashes by itself, so it cannot check a signature over a digest (as cards make them), and it leaves out weak and
//! rare algorithms. [`PublicKey::verify_digest`] does these, with the same result and more slowly.

use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use rsa::traits::PublicKeyParts;

use crate::{HashAlgorithm, PublicKey};

/// Shortest RSA key that *ring* takes, in bytes.
const SHORTEST: usize = 256;

/// Returns true if `key` made `signature` over `message`; `None` if *ring* does not support this key with this hash.
pub(crate) fn verify(key: &PublicKey, hash: HashAlgorithm, message: &[u8], signature: &[u8]) -> Option<bool> {
    let outcome = match key {
        PublicKey::Rsa(key) if key.size() < SHORTEST => return None,
        PublicKey::Rsa(key) => {
            let (n, e) = (key.n().to_bytes_be(), key.e().to_bytes_be());
            RsaPublicKeyComponents { n: &n, e: &e }.verify(rsa(hash)?, message, signature)
        }
        PublicKey::P256(key) => {
            let point = key.to_encoded_point(false);
            UnparsedPublicKey::new(p256(hash)?, point).verify(message, signature)
        }
        PublicKey::P384(key) => {
            let point = key.to_encoded_point(false);
            UnparsedPublicKey::new(p384(hash)?, point).verify(message, signature)
        }
        PublicKey::P521(_) | PublicKey::Ed25519(_) | PublicKey::Other(_) => return None,
    };
    Some(outcome.is_ok())
}

fn rsa(hash: HashAlgorithm) -> Option<&'static RsaParameters> {
    match hash {
        HashAlgorithm::Sha256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        HashAlgorithm::Sha384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        HashAlgorithm::Sha512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        HashAlgorithm::Sha1 | HashAlgorithm::Sha3_256 | HashAlgorithm::Sha3_384 | HashAlgorithm::Sha3_512 => None,
    }
}

fn p256(hash: HashAlgorithm) -> Option<&'static dyn VerificationAlgorithm> {
    match hash {
        HashAlgorithm::Sha256 => Some(&signature::ECDSA_P256_SHA256_ASN1),
        HashAlgorithm::Sha384 => Some(&signature::ECDSA_P256_SHA384_ASN1),
        HashAlgorithm::Sha1
        | HashAlgorithm::Sha512
        | HashAlgorithm::Sha3_256
        | HashAlgorithm::Sha3_384
        | HashAlgorithm::Sha3_512 => None,
    }
}

fn p384(hash: HashAlgorithm) -> Option<&'static dyn VerificationAlgorithm> {
    match hash {
        HashAlgorithm::Sha256 => Some(&signature::ECDSA_P384_SHA256_ASN1),
        HashAlgorithm::Sha384 => Some(&signature::ECDSA_P384_SHA384_ASN1),
        HashAlgorithm::Sha1
        | HashAlgorithm::Sha512
        | HashAlgorithm::Sha3_256
        | HashAlgorithm::Sha3_384
        | HashAlgorithm::Sha3_512 => None,
    }
}
