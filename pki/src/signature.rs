//! Signature algorithms, as certificates, CMS and XML name them.

use crate::{HashAlgorithm, PkiError, PublicKey, Reason};
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Sequence};

/// A signature algorithm with all its parameters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2).
    RsaPkcs1(HashAlgorithm),
    /// RSASSA-PSS (RFC 8017, 8.1), whose mask is made with the same hash.
    RsaPss {
        /// The hash of the message and of the mask.
        hash: HashAlgorithm,
        /// Length of the salt, in bytes.
        salt_len: usize,
    },
    /// ECDSA (FIPS 186-5, 6), the signature as DER `SEQUENCE { r, s }`.
    Ecdsa(HashAlgorithm),
    /// Ed25519 (RFC 8032), which hashes by itself.
    Ed25519,
}

/// Reason why a signature algorithm is not judged.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AlgorithmError {
    /// The algorithm is broken or too weak for signatures. The signature fails for it.
    #[error("the signature algorithm is too weak")]
    TooWeak,
    /// The algorithm, or a parameter of it, is not known here. The signature may be as good as any.
    #[error("the signature algorithm is not supported")]
    NotSupported,
}

impl AlgorithmError {
    /// Returns the reason that checks give for this error.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Self::TooWeak => Reason::AlgorithmTooWeak,
            Self::NotSupported => Reason::AlgorithmNotSupported,
        }
    }
}

/// Signature algorithms by object identifier. Those that need a digest algorithm or parameters besides have none here.
///
/// Sources: RFC 8017, A.2; RFC 5758, 3.2; RFC 8410, 3; NIST's register of 2.16.840.1.101.3.4.3.
const ALGORITHMS: &[(&str, SignatureAlgorithm)] = &[
    (
        "1.2.840.113549.1.1.5",
        SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha1),
    ),
    ("1.3.14.3.2.29", SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha1)),
    (
        "1.2.840.113549.1.1.11",
        SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256),
    ),
    (
        "1.2.840.113549.1.1.12",
        SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha384),
    ),
    (
        "1.2.840.113549.1.1.13",
        SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha512),
    ),
    (
        "2.16.840.1.101.3.4.3.14",
        SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha3_256),
    ),
    (
        "2.16.840.1.101.3.4.3.15",
        SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha3_384),
    ),
    (
        "2.16.840.1.101.3.4.3.16",
        SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha3_512),
    ),
    ("1.2.840.10045.4.1", SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha1)),
    ("1.2.840.10045.4.3.2", SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256)),
    ("1.2.840.10045.4.3.3", SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384)),
    ("1.2.840.10045.4.3.4", SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha512)),
    (
        "2.16.840.1.101.3.4.3.10",
        SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha3_256),
    ),
    (
        "2.16.840.1.101.3.4.3.11",
        SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha3_384),
    ),
    (
        "2.16.840.1.101.3.4.3.12",
        SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha3_512),
    ),
    (ED25519, SignatureAlgorithm::Ed25519),
];

/// RSA with MD2, MD4 and MD5 (RFC 8017, A.2.4).
const BROKEN: &[&str] = &["1.2.840.113549.1.1.2", "1.2.840.113549.1.1.3", "1.2.840.113549.1.1.4"];

const ED25519: &str = "1.3.101.112";
/// `id-RSASSA-PSS`.
const RSA_PSS: &str = "1.2.840.113549.1.1.10";
/// `id-mgf1`.
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");

/// Identifiers that name the kind of key only; the hash is the digest algorithm's. CMS writes `rsaEncryption` so
/// (RFC 3370, 3.2), some authorities of time stamps `id-ecPublicKey`.
const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";

impl SignatureAlgorithm {
    /// Reads an algorithm that names its hash, as certificates, OCSP answers and revocation lists have it.
    ///
    /// `parameters`: the DER of the `AlgorithmIdentifier`'s parameters, if it has any; only PSS looks at them.
    ///
    /// # Errors
    /// [`AlgorithmError`].
    pub fn parse(oid: &str, parameters: Option<&[u8]>) -> Result<Self, AlgorithmError> {
        if oid == RSA_PSS {
            // What parameters leave out means SHA-1, and here they leave out everything. (RFC 8017, A.2.3)
            return pss(parameters.ok_or(AlgorithmError::TooWeak)?);
        }
        if BROKEN.contains(&oid) {
            return Err(AlgorithmError::TooWeak);
        }
        let row = ALGORITHMS.iter().find(|(known, _)| *known == oid);
        row.map(|(_, algorithm)| *algorithm).ok_or(AlgorithmError::NotSupported)
    }

    /// Reads the algorithm of a CMS signer, whose digest algorithm is `hash`: the signature algorithm may leave the hash
    /// open, and may not name another one.
    ///
    /// Source: RFC 5652, 5.3; RFC 8419, 3 (Ed25519 goes with SHA-512, whatever the attributes' digest).
    ///
    /// # Errors
    /// [`AlgorithmError`]; [`AlgorithmError::NotSupported`] too where the two hashes differ.
    pub fn of_signer(oid: &str, parameters: Option<&[u8]>, hash: HashAlgorithm) -> Result<Self, AlgorithmError> {
        let algorithm = match oid {
            RSA => Self::RsaPkcs1(hash),
            EC => Self::Ecdsa(hash),
            _ => Self::parse(oid, parameters)?,
        };
        if algorithm == Self::Ed25519 || algorithm.hash() == hash {
            Ok(algorithm)
        } else {
            Err(AlgorithmError::NotSupported)
        }
    }

    /// Returns the hash that is signed.
    #[must_use]
    pub fn hash(self) -> HashAlgorithm {
        match self {
            Self::RsaPkcs1(hash) | Self::RsaPss { hash, .. } | Self::Ecdsa(hash) => hash,
            Self::Ed25519 => HashAlgorithm::Sha512,
        }
    }

    /// Returns true if `key` is of the kind that makes such signatures.
    #[must_use]
    pub fn fits(self, key: &PublicKey) -> bool {
        match key {
            PublicKey::Rsa(_) => matches!(self, Self::RsaPkcs1(_) | Self::RsaPss { .. }),
            PublicKey::P256(_) | PublicKey::P384(_) | PublicKey::P521(_) => matches!(self, Self::Ecdsa(_)),
            PublicKey::Ed25519(_) => self == Self::Ed25519,
            PublicKey::Other(_) => false,
        }
    }
}

/// `RSASSA-PSS-params` (RFC 8017, A.2.3). What is left out means SHA-1 and 20 bytes of salt.
#[derive(Sequence)]
struct PssParameters<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<Identifier<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask: Option<Identifier<'a>>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    salt_len: Option<u32>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    trailer: Option<u32>,
}

#[derive(Sequence)]
struct Identifier<'a> {
    oid: ObjectIdentifier,
    parameters: Option<AnyRef<'a>>,
}

/// Upper limit on the salt of PSS, in bytes. No hash is that long; a longer salt only costs time.
const LONGEST_SALT: u32 = 512;

fn pss(parameters: &[u8]) -> Result<SignatureAlgorithm, AlgorithmError> {
    let parameters = PssParameters::from_der(parameters).map_err(|_| AlgorithmError::NotSupported)?;
    let hash = parameters.hash.ok_or(AlgorithmError::TooWeak)?;
    let hash = HashAlgorithm::from_oid(&hash.oid.to_string()).ok_or(AlgorithmError::NotSupported)?;
    if hash == HashAlgorithm::Sha1 {
        return Err(AlgorithmError::TooWeak);
    }
    // A mask that is made with SHA-1 weakens nothing, and is not read here.
    let mask = parameters.mask.ok_or(AlgorithmError::NotSupported)?;
    if mask.oid != MGF1 || parameters.trailer.is_some_and(|trailer| trailer != 1) {
        return Err(AlgorithmError::NotSupported);
    }
    let masked_with = mask
        .parameters
        .and_then(|identifier| identifier.decode_as::<Identifier<'_>>().ok())
        .ok_or(AlgorithmError::NotSupported)?;
    if HashAlgorithm::from_oid(&masked_with.oid.to_string()) != Some(hash) {
        return Err(AlgorithmError::NotSupported);
    }
    let salt_len = parameters.salt_len.unwrap_or(20);
    if salt_len > LONGEST_SALT {
        return Err(AlgorithmError::NotSupported);
    }
    Ok(SignatureAlgorithm::RsaPss {
        hash,
        salt_len: usize::try_from(salt_len).map_err(|_| AlgorithmError::NotSupported)?,
    })
}

impl PublicKey {
    /// Checks that this key made `signature` over `message` with `algorithm`.
    ///
    /// SHA-1 is accepted, because certificates of old cards have it. Callers that judge documents look at
    /// [`SignatureAlgorithm::hash`] first.
    ///
    /// # Errors
    /// [`PkiError::BadSignature`] if it is not this key's, also when the key is of another kind than the algorithm;
    /// [`PkiError::UnsupportedKey`] for keys that are not known here.
    pub fn verify_with(&self, algorithm: SignatureAlgorithm, message: &[u8], signature: &[u8]) -> Result<(), PkiError> {
        if let Self::Other(_) = self {
            return Err(PkiError::UnsupportedKey);
        }
        if !algorithm.fits(self) {
            return Err(PkiError::BadSignature);
        }
        match algorithm {
            SignatureAlgorithm::RsaPkcs1(hash) | SignatureAlgorithm::Ecdsa(hash) => {
                self.verify(hash, message, signature)
            }
            SignatureAlgorithm::RsaPss { hash, salt_len } => {
                self.verify_pss_salted(hash, salt_len, &hash.digest(message), signature)
            }
            SignatureAlgorithm::Ed25519 => self.verify_ed25519(message, signature),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA1: &str = "06052b0e03021a";
    const SHA256: &str = "0609608648016503040201";
    const SHA384: &str = "0609608648016503040202";

    fn bytes(hex: &str) -> Vec<u8> {
        let pairs = hex.as_bytes().chunks(2);
        pairs
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
    }

    const MGF1: &str = "06092a864886f70d010108";

    fn identifier(oid: &str) -> Vec<u8> {
        wrap(0x30, &bytes(oid))
    }

    /// The first two of `RSASSA-PSS-params`: a hash for the message, and a function with a hash for the mask.
    fn hash_and_mask(hash: &str, function: &str, mask: &str) -> Vec<u8> {
        let mask = wrap(0x30, &[bytes(function), identifier(mask)].concat());
        [wrap(0xA0, &identifier(hash)), wrap(0xA1, &mask)].concat()
    }

    /// `RSASSA-PSS-params` with one hash for the message, one for the mask, and a salt.
    fn pss_with(hash: &str, mask: &str, salt: u8) -> Vec<u8> {
        let salt = wrap(0xA2, &[2, 1, salt]);
        wrap(0x30, &[hash_and_mask(hash, MGF1, mask), salt].concat())
    }

    #[track_caller]
    fn check_pss(parameters: Option<&[u8]>, expected: Result<SignatureAlgorithm, AlgorithmError>) {
        assert_eq!(SignatureAlgorithm::parse(RSA_PSS, parameters), expected);
    }

    #[test]
    fn pss_says_its_hash_and_its_salt() {
        let sha256 = |salt_len| SignatureAlgorithm::RsaPss {
            hash: HashAlgorithm::Sha256,
            salt_len,
        };
        check_pss(Some(&pss_with(SHA256, SHA256, 32)), Ok(sha256(32)));
        check_pss(Some(&pss_with(SHA256, SHA256, 20)), Ok(sha256(20)));
        check_pss(Some(&pss_with(SHA256, SHA384, 32)), Err(AlgorithmError::NotSupported));
        check_pss(Some(&pss_with(SHA1, SHA1, 20)), Err(AlgorithmError::TooWeak));
        check_pss(Some(&[0x30, 0]), Err(AlgorithmError::TooWeak));
        // The hash alone: the mask is then made with SHA-1.
        let hash_alone = wrap(0x30, &wrap(0xA0, &wrap(0x30, &bytes(SHA256))));
        check_pss(Some(&hash_alone), Err(AlgorithmError::NotSupported));
        check_pss(Some(&[0x30]), Err(AlgorithmError::NotSupported));
        check_pss(None, Err(AlgorithmError::TooWeak));
    }

    #[test]
    fn salt_is_bounded_and_the_rest_of_pss_is_as_everybody_writes_it() {
        let (mgf1, no_mgf1) = (MGF1, "06092a864886f70d010109");
        #[rustfmt::skip] // one row a line
        let rows: [(&str, &[u8], Option<usize>); 7] = [
            (mgf1, &[], Some(20)),
            (mgf1, &[0xA2, 4, 2, 2, 2, 0x00], Some(512)),
            (mgf1, &[0xA2, 4, 2, 2, 2, 0x01], None),
            (mgf1, &[0xA3, 3, 2, 1, 1], Some(20)),
            (mgf1, &[0xA3, 3, 2, 1, 2], None),
            (no_mgf1, &[], None),
            (no_mgf1, &[0xA3, 3, 2, 1, 1], None),
        ];
        for (function, more, salt_len) in rows {
            let parameters = [&hash_and_mask(SHA256, function, SHA256), more].concat();
            let hash = HashAlgorithm::Sha256;
            let expected = salt_len.map(|salt_len| SignatureAlgorithm::RsaPss { hash, salt_len });
            check_pss(
                Some(&wrap(0x30, &parameters)),
                expected.ok_or(AlgorithmError::NotSupported),
            );
        }
    }

    #[test]
    fn too_weak_is_not_unknown() {
        let md5 = SignatureAlgorithm::parse("1.2.840.113549.1.1.4", None);
        assert_eq!(md5, Err(AlgorithmError::TooWeak));
        let gost = SignatureAlgorithm::parse("1.2.643.7.1.1.3.2", None);
        assert_eq!(gost, Err(AlgorithmError::NotSupported));
    }

    #[test]
    fn signer_may_leave_the_hash_open_but_not_name_another() {
        let of = |oid, hash| SignatureAlgorithm::of_signer(oid, None, hash);
        let (sha256, sha512) = (HashAlgorithm::Sha256, HashAlgorithm::Sha512);
        assert_eq!(of(RSA, sha512), Ok(SignatureAlgorithm::RsaPkcs1(sha512)));
        assert_eq!(of(EC, sha256), Ok(SignatureAlgorithm::Ecdsa(sha256)));
        let named = "1.2.840.113549.1.1.11";
        assert_eq!(of(named, sha256), Ok(SignatureAlgorithm::RsaPkcs1(sha256)));
        assert_eq!(of(named, sha512), Err(AlgorithmError::NotSupported));
        assert_eq!(of(ED25519, sha256), Ok(SignatureAlgorithm::Ed25519));
    }
}
