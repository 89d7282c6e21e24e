//! What the algorithms are called in XML signatures. SHA-1, HMAC and all others have no row, and are refused.

use beid_pki::{HashAlgorithm, PublicKey};
use rsa::traits::PublicKeyParts;

use crate::signature::Algorithm;

/// Kinds of keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Rsa,
    Ecdsa,
}

/// A signature method: RFC 6931, 2.3.2 and 2.3.6.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Method {
    uri: &'static str,
    kind: Kind,
    /// What it hashes `SignedInfo` with.
    pub(crate) hash: HashAlgorithm,
}

const METHODS: [Method; 6] = [
    Method {
        uri: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        kind: Kind::Rsa,
        hash: HashAlgorithm::Sha256,
    },
    Method {
        uri: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
        kind: Kind::Rsa,
        hash: HashAlgorithm::Sha384,
    },
    Method {
        uri: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
        kind: Kind::Rsa,
        hash: HashAlgorithm::Sha512,
    },
    Method {
        uri: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        kind: Kind::Ecdsa,
        hash: HashAlgorithm::Sha256,
    },
    Method {
        uri: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
        kind: Kind::Ecdsa,
        hash: HashAlgorithm::Sha384,
    },
    Method {
        uri: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
        kind: Kind::Ecdsa,
        hash: HashAlgorithm::Sha512,
    },
];

/// Digest methods. One is of XML Encryption, one of RFC 6931: that is no slip.
const DIGESTS: [(&str, HashAlgorithm); 3] = [
    ("http://www.w3.org/2001/04/xmlenc#sha256", HashAlgorithm::Sha256),
    ("http://www.w3.org/2001/04/xmldsig-more#sha384", HashAlgorithm::Sha384),
    ("http://www.w3.org/2001/04/xmlenc#sha512", HashAlgorithm::Sha512),
];

impl Method {
    /// The one that is called so.
    pub(crate) fn of(uri: &str) -> Option<Self> {
        METHODS.into_iter().find(|method| method.uri == uri)
    }

    /// Whether `key` may have signed with it.
    pub(crate) fn is_for(self, key: &PublicKey) -> bool {
        match key {
            PublicKey::Rsa(key) => self.kind == Kind::Rsa && key.size() >= 256,
            PublicKey::P384(_) => self.kind == Kind::Ecdsa,
            // No citizen has one; time stamps are made with them.
            PublicKey::P256(_) | PublicKey::P521(_) | PublicKey::Ed25519(_) | PublicKey::Other(_) => false,
        }
    }
}

/// The hash that is called so.
pub(crate) fn digest(uri: &str) -> Option<HashAlgorithm> {
    DIGESTS.iter().find(|(known, _)| *known == uri).map(|(_, hash)| *hash)
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
            assert_eq!(Method::of(algorithm.signature_method()).unwrap().hash, algorithm.hash());
            assert_eq!(digest(algorithm.digest_method()), Some(algorithm.hash()));
        }
    }

    #[test]
    fn what_may_not_be_believed_has_none() {
        assert!(Method::of("http://www.w3.org/2000/09/xmldsig#rsa-sha1").is_none());
        assert!(Method::of("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256").is_none());
        assert!(digest("http://www.w3.org/2000/09/xmldsig#sha1").is_none());
    }
}
