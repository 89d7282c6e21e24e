//! Names of algorithms in XML signatures: those that are believed, those that are too weak, and no others.

use beid_pki::{Certificate, HashAlgorithm, PublicKey, Reason, SignatureAlgorithm};
use rsa::traits::PublicKeyParts;

use crate::signature::Algorithm;
use crate::verify::Objection;

/// Shortest RSA key that is believed, in bytes.
const SHORTEST_RSA: usize = 256;

const TOO_WEAK: Objection = Objection::Failed(Reason::AlgorithmTooWeak);
const NOT_SUPPORTED: Objection = Objection::Unknown(Reason::AlgorithmNotSupported);

/// Signature methods.
///
/// Source: RFC 9231, 2.3.2 (RSA), 2.3.6 (ECDSA), 2.3.10 (PSS, its salt as long as its hash), 2.3.12 (Ed25519).
const METHODS: [(&str, SignatureAlgorithm); 16] = [
    (
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256),
    ),
    (
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
        SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha384),
    ),
    (
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
        SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha512),
    ),
    (
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256),
    ),
    (
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
        SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384),
    ),
    (
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
        SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha512),
    ),
    (
        "http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-256",
        SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha3_256),
    ),
    (
        "http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-384",
        SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha3_384),
    ),
    (
        "http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-512",
        SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha3_512),
    ),
    (
        "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
        pss(HashAlgorithm::Sha256, 32),
    ),
    (
        "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1",
        pss(HashAlgorithm::Sha384, 48),
    ),
    (
        "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1",
        pss(HashAlgorithm::Sha512, 64),
    ),
    (
        "http://www.w3.org/2007/05/xmldsig-more#sha3-256-rsa-MGF1",
        pss(HashAlgorithm::Sha3_256, 32),
    ),
    (
        "http://www.w3.org/2007/05/xmldsig-more#sha3-384-rsa-MGF1",
        pss(HashAlgorithm::Sha3_384, 48),
    ),
    (
        "http://www.w3.org/2007/05/xmldsig-more#sha3-512-rsa-MGF1",
        pss(HashAlgorithm::Sha3_512, 64),
    ),
    (
        "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519",
        SignatureAlgorithm::Ed25519,
    ),
];

const fn pss(hash: HashAlgorithm, salt_len: usize) -> SignatureAlgorithm {
    SignatureAlgorithm::RsaPss { hash, salt_len }
}

/// PSS that says its hashes and the length of its salt.
pub(super) const PSS: &str = "http://www.w3.org/2007/05/xmldsig-more#rsa-pss";
/// The mask that it may be made with.
pub(super) const MGF1: &str = "http://www.w3.org/2007/05/xmldsig-more#MGF1";

/// Methods that stand for SHA-1 or MD5.
const WEAK_METHODS: [&str; 5] = [
    "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
    "http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1",
];

/// Digest methods. Two are of XML Encryption, the others of RFC 9231: that is no slip. SHA-1 is among them because it
/// can say no; it cannot say yes.
const DIGESTS: [(&str, HashAlgorithm); 7] = [
    (SHA_1, HashAlgorithm::Sha1),
    ("http://www.w3.org/2001/04/xmlenc#sha256", HashAlgorithm::Sha256),
    ("http://www.w3.org/2001/04/xmldsig-more#sha384", HashAlgorithm::Sha384),
    ("http://www.w3.org/2001/04/xmlenc#sha512", HashAlgorithm::Sha512),
    (
        "http://www.w3.org/2007/05/xmldsig-more#sha3-256",
        HashAlgorithm::Sha3_256,
    ),
    (
        "http://www.w3.org/2007/05/xmldsig-more#sha3-384",
        HashAlgorithm::Sha3_384,
    ),
    (
        "http://www.w3.org/2007/05/xmldsig-more#sha3-512",
        HashAlgorithm::Sha3_512,
    ),
];

const SHA_1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
const MD5: &str = "http://www.w3.org/2001/04/xmldsig-more#md5";

/// The signature method that is called so.
pub(super) fn method(uri: &str) -> Result<SignatureAlgorithm, Objection> {
    match METHODS.iter().find(|(known, _)| *known == uri) {
        Some((_, algorithm)) => Ok(*algorithm),
        None if WEAK_METHODS.contains(&uri) => Err(TOO_WEAK),
        None => Err(NOT_SUPPORTED),
    }
}

/// Checks that the certificate's key made `signature` over `message`.
pub(super) fn verify(
    algorithm: SignatureAlgorithm,
    signer: &Certificate,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Objection> {
    let key = signer.public_key();
    if let PublicKey::Other(_) = key {
        return Err(Objection::Unknown(Reason::KeyNotSupported));
    }
    if let PublicKey::Rsa(key) = key
        && key.size() < SHORTEST_RSA
    {
        return Err(Reason::KeyTooWeak.into());
    }
    if !algorithm.fits(key) {
        return Err(Reason::AlgorithmOfAnotherKey.into());
    }
    let verified = match algorithm {
        // By way of the certificate, which remembers signatures that it has verified.
        SignatureAlgorithm::RsaPkcs1(hash) => signer.verify_signature(hash, message, signature),
        // XML has r‖s where certificates and CMS have DER. (XML Signature 1.1, 6.4.3)
        SignatureAlgorithm::Ecdsa(hash) => key
            .ecdsa_raw_to_der(signature)
            .and_then(|der| signer.verify_signature(hash, message, &der)),
        SignatureAlgorithm::RsaPss { .. } | SignatureAlgorithm::Ed25519 => {
            key.verify_with(algorithm, message, signature)
        }
    };
    verified.map_err(|_| Reason::SignatureDoesNotVerify.into())
}

/// The hash that is called so; SHA-1 too.
pub(crate) fn digest(uri: &str) -> Result<HashAlgorithm, Objection> {
    match DIGESTS.iter().find(|(known, _)| *known == uri) {
        Some((_, hash)) => Ok(*hash),
        None if uri == MD5 => Err(TOO_WEAK),
        None => Err(NOT_SUPPORTED),
    }
}

/// The hash that is called so, if it may be believed.
pub(super) fn strong_digest(uri: &str) -> Result<HashAlgorithm, Objection> {
    let hash = digest(uri)?;
    if hash == HashAlgorithm::Sha1 {
        return Err(TOO_WEAK);
    }
    Ok(hash)
}

/// A digest, and the hash that made it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Digest {
    hash: Result<HashAlgorithm, Objection>,
    value: Vec<u8>,
}

impl Digest {
    /// The digest `value` by the method called `uri`.
    pub(crate) fn new(uri: &str, value: Vec<u8>) -> Self {
        Self {
            hash: digest(uri),
            value,
        }
    }

    /// Checks that it is the digest of `octets`, made with a hash that is believed.
    pub(crate) fn check(&self, octets: &[u8]) -> Result<(), Objection> {
        let hash = self.hash?;
        // Compared before the hash is judged: a weak one can still say no.
        if hash.digest(octets) != self.value {
            return Err(Reason::DigestDiffers.into());
        }
        if hash == HashAlgorithm::Sha1 {
            return Err(TOO_WEAK);
        }
        Ok(())
    }

    /// Tells whether it is the digest of `octets`, however weak.
    pub(crate) fn is_of(&self, octets: &[u8]) -> bool {
        matches!(self.check(octets), Ok(()) | Err(TOO_WEAK)) && self.hash.is_ok()
    }
}

impl Algorithm {
    /// `SignatureMethod`.
    pub(super) fn signature_method(self) -> &'static str {
        match self {
            Self::RsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            Self::EcdsaSha384 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
        }
    }

    /// `DigestMethod`.
    pub(crate) fn digest_method(self) -> &'static str {
        match self {
            Self::RsaSha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
            Self::EcdsaSha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_write_has_a_row() {
        for algorithm in [Algorithm::RsaSha256, Algorithm::EcdsaSha384] {
            assert_eq!(method(algorithm.signature_method()).unwrap().hash(), algorithm.hash());
            assert_eq!(digest(algorithm.digest_method()), Ok(algorithm.hash()));
        }
    }

    #[test]
    fn too_weak_is_not_unknown() {
        for weak in WEAK_METHODS {
            assert_eq!(method(weak), Err(TOO_WEAK), "{weak}");
        }
        for unknown in ["", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "urn:new"] {
            assert_eq!(method(unknown), Err(NOT_SUPPORTED), "{unknown}");
        }
        assert_eq!(digest(MD5), Err(TOO_WEAK));
        assert_eq!(
            digest("http://www.w3.org/2001/04/xmldsig-more#sha224"),
            Err(NOT_SUPPORTED)
        );
    }

    #[test]
    fn sha_1_can_say_no_and_not_yes() {
        let digest = Digest::new(SHA_1, HashAlgorithm::Sha1.digest(b"a"));
        assert_eq!(digest.check(b"a"), Err(TOO_WEAK));
        assert!(digest.is_of(b"a"));
        assert_eq!(digest.check(b"b"), Err(Objection::Failed(Reason::DigestDiffers)));
        assert!(!digest.is_of(b"b"));
        let unknown = Digest::new("urn:new", Vec::new());
        assert_eq!(unknown.check(b"a"), Err(NOT_SUPPORTED));
        assert!(!unknown.is_of(b"a"));
    }
}
