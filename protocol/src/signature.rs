//! Signatures of every form on their way through a card: pending until it has signed, signed afterwards.
//!
//! ```text
//! Cms::detached(content, signer...)     Pending<Cms>        protocol::cms
//! Xades::enveloping(objects, signer...) Pending<Xades>      protocol::xades
//! Container::xades(files, signer...)    Pending<Container>  protocol::asic
//!   .digest()                           the digest that the card signs, made from the octets to be signed
//!   .finish(raw signature)              checked with the signer's key, then assembled
//! Signed::with_time_stamp(token)        level B-T
//!       ::with_revocation(values)       level B-LT
//! ```

use beid_pki::{Certificate, HashAlgorithm, PublicKey, ecdsa_raw_to_der};
use rsa::traits::PublicKeyParts;

use crate::asic::Container;
use crate::cms::Cms;
use crate::error::ProtocolError;
use crate::long_term::RevocationValues;
use crate::timestamp::Token;
use crate::xades::Xades;

/// Algorithm that a holder's key signs documents with; one for each kind of key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, for RSA keys of 2048 bits and more.
    RsaSha256,
    /// ECDSA with SHA-384, for P-384 keys.
    EcdsaSha384,
}

impl Algorithm {
    /// Chooses the algorithm of `key`.
    ///
    /// # Errors
    /// [`ProtocolError::UnsupportedAlgorithm`] for other keys than RSA of 2048 bits or more and P-384.
    pub fn for_key(key: &PublicKey) -> Result<Self, ProtocolError> {
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

    /// The hash whose digests it signs.
    #[must_use]
    pub fn hash(self) -> HashAlgorithm {
        match self {
            Self::RsaSha256 => HashAlgorithm::Sha256,
            Self::EcdsaSha384 => HashAlgorithm::Sha384,
        }
    }

    /// Checks that `key` made `raw` over `message`.
    ///
    /// # Errors
    /// [`ProtocolError::UnsupportedAlgorithm`] if the signature is of another kind than the key;
    /// [`ProtocolError::SignatureRejected`] if the key did not make it.
    fn check(self, key: &PublicKey, message: &[u8], raw: &RawSignature) -> Result<(), ProtocolError> {
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

/// Signature value as a card gives it.
#[derive(Clone, Eq, PartialEq)]
pub enum RawSignature {
    /// The RSA signature, as long as the modulus.
    Rsa(Vec<u8>),
    /// `r‖s`, 48 bytes each.
    Ecdsa(Vec<u8>),
}

impl RawSignature {
    /// Takes `answer` for a signature by `algorithm`.
    #[must_use]
    pub fn new(algorithm: Algorithm, answer: Vec<u8>) -> Self {
        match algorithm {
            Algorithm::RsaSha256 => Self::Rsa(answer),
            Algorithm::EcdsaSha384 => Self::Ecdsa(answer),
        }
    }

    /// The value as in certificates and CMS: ECDSA as DER `SEQUENCE { r, s }`.
    pub(crate) fn to_x509(&self) -> Result<Vec<u8>, ProtocolError> {
        match self {
            Self::Rsa(signature) => Ok(signature.clone()),
            Self::Ecdsa(raw) => ecdsa_raw_to_der(raw).map_err(|_| ProtocolError::SignatureRejected),
        }
    }
}

/// Assembly of a finished signature around its checked value.
type Assembly<S> = Box<dyn FnOnce(&RawSignature) -> Result<S, ProtocolError> + Send>;

/// A signature that lacks only the card's answer; it becomes an `S`, once.
///
/// The digest is made here, from the octets to be signed and from nothing else, and the card's answer is checked against
/// the same octets. Only the forms of signature in this crate can make one.
pub struct Pending<S> {
    key: PublicKey,
    algorithm: Algorithm,
    to_be_signed: Vec<u8>,
    digest: Vec<u8>,
    assemble: Assembly<S>,
}

impl<S: 'static> Pending<S> {
    /// Begins the signature of `signer` over `to_be_signed`; `assemble` gets the value once it was checked.
    ///
    /// # Errors
    /// As [`Algorithm::for_key`].
    pub(crate) fn new(
        signer: &Certificate,
        to_be_signed: Vec<u8>,
        assemble: impl FnOnce(&RawSignature) -> Result<S, ProtocolError> + Send + 'static,
    ) -> Result<Self, ProtocolError> {
        let algorithm = Algorithm::for_key(signer.public_key())?;
        Ok(Self {
            key: signer.public_key().clone(),
            algorithm,
            digest: algorithm.hash().digest(&to_be_signed),
            to_be_signed,
            assemble: Box::new(assemble),
        })
    }

    /// Continues with what `next` makes of the finished signature; what is signed stays the same.
    #[must_use]
    pub fn map<T: 'static>(self, next: impl FnOnce(S) -> T + Send + 'static) -> Pending<T> {
        let assemble = self.assemble;
        Pending {
            key: self.key,
            algorithm: self.algorithm,
            to_be_signed: self.to_be_signed,
            digest: self.digest,
            assemble: Box::new(move |raw| assemble(raw).map(next)),
        }
    }

    /// The digest that the card has to sign.
    #[must_use]
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }

    /// The octets that are digested, for a key that hashes by itself.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// The algorithm that the card has to use.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Checks the card's answer with the signer's key and gives the signature out.
    ///
    /// # Errors
    /// [`ProtocolError::UnsupportedAlgorithm`] if the answer is of another kind than the key;
    /// [`ProtocolError::SignatureRejected`] if the certificate's key did not make it.
    pub fn finish(self, raw: RawSignature) -> Result<S, ProtocolError> {
        // First: nothing is assembled around a value that the signer's key did not make.
        self.algorithm.check(&self.key, &self.to_be_signed, &raw)?;
        (self.assemble)(&raw)
    }
}

/// Signed content is personal: only the algorithm is printed.
impl<S> std::fmt::Debug for Pending<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pending({:?})", self.algorithm)
    }
}

/// A finished signature of any form, at level B-B until something is added.
#[derive(Clone, Debug)]
pub enum Signed {
    /// A CMS.
    Cms(Cms),
    /// A signature in XML.
    Xades(Xades),
    /// Files and the signature over them.
    Container(Container),
}

impl From<Cms> for Signed {
    fn from(cms: Cms) -> Self {
        Self::Cms(cms)
    }
}

impl From<Xades> for Signed {
    fn from(xades: Xades) -> Self {
        Self::Xades(xades)
    }
}

impl From<Container> for Signed {
    fn from(container: Container) -> Self {
        Self::Container(container)
    }
}

impl Signed {
    /// The octets that a time stamp must be about.
    ///
    /// # Errors
    /// [`ProtocolError::Internal`] as [`Cms::stamped`].
    pub fn stamped(&self) -> Result<Vec<u8>, ProtocolError> {
        match self {
            Self::Cms(cms) => cms.stamped(),
            Self::Xades(xades) => Ok(xades.stamped()),
            Self::Container(container) => container.stamped(),
        }
    }

    /// Adds a time stamp over [`stamped`](Self::stamped): level B-T.
    ///
    /// # Errors
    /// [`ProtocolError::Internal`] if it cannot be encoded.
    pub fn with_time_stamp(self, token: &Token) -> Result<Self, ProtocolError> {
        Ok(match self {
            Self::Cms(cms) => Self::Cms(cms.with_time_stamp(token)?),
            Self::Xades(xades) => Self::Xades(xades.with_timestamp(token.der())),
            Self::Container(container) => Self::Container(container.with_time_stamp(token)?),
        })
    }

    /// Adds the answers of authorities on the certificates: level B-LT.
    ///
    /// # Errors
    /// [`ProtocolError::MalformedDocument`] if one of the values is not DER.
    pub fn with_revocation(self, values: &RevocationValues) -> Result<Self, ProtocolError> {
        Ok(match self {
            Self::Cms(cms) => Self::Cms(cms.with_revocation(values)?),
            Self::Xades(xades) => Self::Xades(xades.with_revocation(values)),
            Self::Container(container) => Self::Container(container.with_revocation(values)?),
        })
    }

    /// The file to keep: DER, XML or ZIP.
    ///
    /// # Errors
    /// [`ProtocolError::Internal`] as [`Container::to_zip`].
    pub fn to_file(&self) -> Result<Vec<u8>, ProtocolError> {
        match self {
            Self::Cms(cms) => Ok(cms.der().to_vec()),
            Self::Xades(xades) => Ok(xades.xml().as_bytes().to_vec()),
            Self::Container(container) => container.to_zip(),
        }
    }
}
