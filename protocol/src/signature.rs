//! What every form of signature asks of the holder's key, and what the card answers.

use beid_pki::{HashAlgorithm, PublicKey, ecdsa_raw_to_der};
use rsa::traits::PublicKeyParts;

use crate::error::ProtocolError;

/// What the signer's key signs with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, for RSA keys of 2048 bits and more.
    RsaSha256,
    /// ECDSA with SHA-384, for P-384 keys.
    EcdsaSha384,
}

impl Algorithm {
    /// What a holder's key signs with.
    ///
    /// # Errors
    /// [`ProtocolError::UnsupportedAlgorithm`] for other keys than RSA of 2048 bits or more and P-384.
    pub fn of(key: &PublicKey) -> Result<Self, ProtocolError> {
        match key {
            PublicKey::P384(_) => Ok(Self::EcdsaSha384),
            PublicKey::P256(_) | PublicKey::P521(_) | PublicKey::Ed25519(_) | PublicKey::Other(_) => {
                Err(ProtocolError::UnsupportedAlgorithm {
                    reason: "a key of a kind that no card has",
                })
            }
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

    /// Checks the card's answer to the digest of `message` with the key of the certificate; a document is never given out without.
    ///
    /// # Errors
    /// [`ProtocolError::UnsupportedAlgorithm`] if the answer is of another kind than the key;
    /// [`ProtocolError::SignatureRejected`] if the key did not make it.
    pub(crate) fn check(self, key: &PublicKey, message: &[u8], raw: &RawSignature) -> Result<(), ProtocolError> {
        match (self, raw) {
            (Self::RsaSha256, RawSignature::Rsa(_)) | (Self::EcdsaSha384, RawSignature::Ecdsa(_)) => {}
            (Self::RsaSha256, RawSignature::Ecdsa(_)) | (Self::EcdsaSha384, RawSignature::Rsa(_)) => {
                return Err(ProtocolError::UnsupportedAlgorithm {
                    reason: "the signature is of another kind than the key",
                });
            }
        }
        key.verify(self.hash(), message, &raw.to_x509()?)
            .map_err(|_| ProtocolError::SignatureRejected)
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

impl RawSignature {
    /// What a card answered to `algorithm`.
    #[must_use]
    pub fn new(algorithm: Algorithm, answer: Vec<u8>) -> Self {
        match algorithm {
            Algorithm::RsaSha256 => Self::Rsa(answer),
            Algorithm::EcdsaSha384 => Self::Ecdsa(answer),
        }
    }

    /// As in certificates and CMS: ECDSA as DER `SEQUENCE { r, s }`.
    pub(crate) fn to_x509(&self) -> Result<Vec<u8>, ProtocolError> {
        match self {
            Self::Rsa(signature) => Ok(signature.clone()),
            Self::Ecdsa(raw) => ecdsa_raw_to_der(raw).map_err(|_| ProtocolError::SignatureRejected),
        }
    }
}
