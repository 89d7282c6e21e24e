//! Signature algorithms of the holder's keys on each generation of the card: one table.

use crate::card::Applet;
use HolderKey::{Authentication, NonRepudiation};
use SignatureAlgorithm::{Es3_256, Es3_384, Es3_512, Es256, Es384, Es512, Ps256, Rs256, Rs384, Rs512};
use beid_pki::{HashAlgorithm, PkiError, PublicKey, ecdsa_raw_to_der};

/// One of the holder's two keys. One PIN guards both.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum HolderKey {
    /// Key 82: log-in. One PIN entry opens it until LOG OFF.
    Authentication,
    /// Key 83: legally binding signatures. Each requires a PIN entry just before it.
    NonRepudiation,
}

impl HolderKey {
    /// Reference of the key (MSE: SET, tag 84).
    pub(crate) fn reference(self) -> u8 {
        match self {
            Authentication => 0x82,
            NonRepudiation => 0x83,
        }
    }
}

/// Signature algorithm, by its name in JOSE (RFC 7518, 3.1) or one formed after that pattern. MD5 and SHA-1, which old
/// cards would accept, are left out.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256 and a salt of 32 bytes.
    Ps256,
    /// ECDSA with SHA-256. On Belgian cards always on P-384, where JOSE would have P-256.
    Es256,
    /// ECDSA with SHA-384.
    Es384,
    /// ECDSA with SHA-512. On Belgian cards always on P-384, where JOSE would have P-521.
    Es512,
    /// ECDSA with SHA3-256.
    Es3_256,
    /// ECDSA with SHA3-384.
    Es3_384,
    /// ECDSA with SHA3-512.
    Es3_512,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum SigningScheme {
    Pkcs1v15,
    Pss,
    Ecdsa,
}

impl SignatureAlgorithm {
    /// All algorithms.
    pub const ALL: [Self; 10] = [
        Rs256, Rs384, Rs512, Ps256, Es256, Es384, Es512, Es3_256, Es3_384, Es3_512,
    ];

    /// Name in answers: `RS256`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// Hash with which the digest must be made.
    #[must_use]
    pub fn hash(self) -> HashAlgorithm {
        self.row().1
    }

    /// Returns true if `key` is of the kind that makes such signatures. The card's generation does not tell: re-keyed
    /// cards of applet 1.7 have RSA keys under an authority with a P-384 key.
    #[must_use]
    pub fn fits(self, key: &PublicKey) -> bool {
        match key {
            PublicKey::Rsa(_) => self.row().2 != SigningScheme::Ecdsa,
            PublicKey::P384(_) => self.row().2 == SigningScheme::Ecdsa,
            // No card has one.
            PublicKey::P256(_) | PublicKey::P521(_) | PublicKey::Ed25519(_) | PublicKey::Other(_) => false,
        }
    }

    /// Checks `signature`, as a card gives it, over `digest`: as many bytes as the modulus, big-endian, for RSA; `r‖s` of
    /// 48 bytes each for ECDSA.
    ///
    /// # Errors
    /// [`PkiError::BadSignature`] if it is not by `key`; [`PkiError::WrongDigestLength`] if `digest` is of another hash.
    pub fn verify(self, key: &PublicKey, digest: &[u8], signature: &[u8]) -> Result<(), PkiError> {
        let (_, hash, scheme) = self.row();
        if !self.fits(key) {
            return Err(PkiError::BadSignature);
        }
        match scheme {
            SigningScheme::Pkcs1v15 => key.verify_digest(hash, digest, signature),
            SigningScheme::Pss => key.verify_pss_digest(hash, digest, signature),
            SigningScheme::Ecdsa => key.verify_digest(hash, digest, &ecdsa_raw_to_der(signature)?),
        }
    }

    fn row(self) -> (&'static str, HashAlgorithm, SigningScheme) {
        match self {
            Rs256 => ("RS256", HashAlgorithm::Sha256, SigningScheme::Pkcs1v15),
            Rs384 => ("RS384", HashAlgorithm::Sha384, SigningScheme::Pkcs1v15),
            Rs512 => ("RS512", HashAlgorithm::Sha512, SigningScheme::Pkcs1v15),
            Ps256 => ("PS256", HashAlgorithm::Sha256, SigningScheme::Pss),
            Es256 => ("ES256", HashAlgorithm::Sha256, SigningScheme::Ecdsa),
            Es384 => ("ES384", HashAlgorithm::Sha384, SigningScheme::Ecdsa),
            Es512 => ("ES512", HashAlgorithm::Sha512, SigningScheme::Ecdsa),
            Es3_256 => ("ES3-256", HashAlgorithm::Sha3_256, SigningScheme::Ecdsa),
            Es3_384 => ("ES3-384", HashAlgorithm::Sha3_384, SigningScheme::Ecdsa),
            Es3_512 => ("ES3-512", HashAlgorithm::Sha3_512, SigningScheme::Ecdsa),
        }
    }
}

/// Command parameters for one kind of signature on one generation.
pub(crate) struct SigningMethod {
    applet: Applet,
    keys: &'static [HolderKey],
    algorithm: SignatureAlgorithm,
    /// MSE: SET, tag 80.
    pub(crate) reference: u8,
    input: CdsInput,
}

/// Input of PSO: CDS.
enum CdsInput {
    /// The digest; the card adds the `DigestInfo` prefix itself if the algorithm has one.
    Digest,
    /// The digest behind this prefix of its `DigestInfo` (RFC 8017, 9.2): the card only pads.
    DigestInfo(&'static [u8; 19]),
}

const SHA_256_INFO: [u8; 19] = digest_info(0x01, 32);
const SHA_384_INFO: [u8; 19] = digest_info(0x02, 48);
const SHA_512_INFO: [u8; 19] = digest_info(0x03, 64);

/// `DigestInfo` without its octets: `SEQUENCE { SEQUENCE { OID 2.16.840.1.101.3.4.2.x, NULL }, OCTET STRING of len }`.
#[rustfmt::skip] // as the bytes follow each other
const fn digest_info(x: u8, len: u8) -> [u8; 19] {
    [0x30, 17 + len, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, x, 0x05, 0x00, 0x04, len]
}

const BOTH: &[HolderKey] = &[Authentication, NonRepudiation];
const LOG_IN_ONLY: &[HolderKey] = &[Authentication];

/// All signatures that cards make; any other is refused before a person is asked. The first row of a key is the
/// default.
///
/// The same reference means different algorithms: 08 is PKCS#1 with SHA-256 on 1.7, ECDSA with SHA3-256 on 1.8. A key
/// of 1024 bits (1.1) still serves log-in to old portals, but is too weak for signatures that must last. Newer
/// generations are left out because their algorithms are not known. (Manual 1.7, 6.2; manual 1.8, 6.3)
const METHODS: &[SigningMethod] = &[
    row(
        Applet::V1_1,
        LOG_IN_ONLY,
        Rs256,
        0x01,
        CdsInput::DigestInfo(&SHA_256_INFO),
    ),
    row(Applet::V1_7, BOTH, Rs256, 0x08, CdsInput::Digest),
    row(Applet::V1_7, BOTH, Rs384, 0x01, CdsInput::DigestInfo(&SHA_384_INFO)),
    row(Applet::V1_7, BOTH, Rs512, 0x01, CdsInput::DigestInfo(&SHA_512_INFO)),
    row(Applet::V1_7, BOTH, Ps256, 0x20, CdsInput::Digest),
    row(Applet::V1_8, BOTH, Es384, 0x02, CdsInput::Digest),
    row(Applet::V1_8, BOTH, Es256, 0x01, CdsInput::Digest),
    row(Applet::V1_8, BOTH, Es512, 0x04, CdsInput::Digest),
    row(Applet::V1_8, BOTH, Es3_256, 0x08, CdsInput::Digest),
    row(Applet::V1_8, BOTH, Es3_384, 0x10, CdsInput::Digest),
    row(Applet::V1_8, BOTH, Es3_512, 0x20, CdsInput::Digest),
];

const fn row(
    applet: Applet,
    keys: &'static [HolderKey],
    algorithm: SignatureAlgorithm,
    reference: u8,
    input: CdsInput,
) -> SigningMethod {
    SigningMethod {
        applet,
        keys,
        algorithm,
        reference,
        input,
    }
}

impl SigningMethod {
    /// Builds the input of PSO: CDS for `digest`.
    pub(crate) fn input(&self, digest: &[u8]) -> Vec<u8> {
        match self.input {
            CdsInput::Digest => digest.to_vec(),
            CdsInput::DigestInfo(start) => [start.as_slice(), digest].concat(),
        }
    }
}

impl Applet {
    /// Algorithms of `key` on cards of this generation, the default first; none on generations newer than this
    /// software, and none for binding signatures on those with keys of 1024 bits.
    pub fn algorithms(self, key: HolderKey) -> impl Iterator<Item = SignatureAlgorithm> {
        METHODS
            .iter()
            .filter(move |row| row.applet == self && row.keys.contains(&key))
            .map(|row| row.algorithm)
    }

    /// Returns true if `key` signs with `algorithm`. To be asked before a person is.
    #[must_use]
    pub fn signs(self, key: HolderKey, algorithm: SignatureAlgorithm) -> bool {
        self.method(key, algorithm).is_some()
    }

    pub(crate) fn method(self, key: HolderKey, algorithm: SignatureAlgorithm) -> Option<&'static SigningMethod> {
        METHODS
            .iter()
            .find(|row| row.applet == self && row.algorithm == algorithm && row.keys.contains(&key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_info_is_that_of_rfc_8017() {
        assert_eq!(
            SHA_256_INFO,
            [
                0x30, 0x31, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20
            ]
        );
        assert_eq!((SHA_384_INFO[1], SHA_384_INFO[14], SHA_384_INFO[18]), (0x41, 2, 0x30));
        assert_eq!((SHA_512_INFO[1], SHA_512_INFO[14], SHA_512_INFO[18]), (0x51, 3, 0x40));
    }

    #[test]
    fn weak_and_unknown_generations_offer_no_signature_that_binds() {
        for applet in [Applet::V1_1, Applet::Other(0x19), Applet::Other(0x20)] {
            assert_eq!(applet.algorithms(NonRepudiation).count(), 0, "{applet:?}");
        }
        assert!(Applet::V1_1.algorithms(Authentication).eq([Rs256]));
        assert_eq!(Applet::Other(0x19).algorithms(Authentication).count(), 0);
    }

    #[test]
    fn both_keys_of_today_sign_alike_and_no_name_stands_twice() {
        for applet in [Applet::V1_7, Applet::V1_8] {
            assert!(applet.algorithms(Authentication).eq(applet.algorithms(NonRepudiation)));
            let mut names: Vec<_> = applet
                .algorithms(NonRepudiation)
                .map(SignatureAlgorithm::name)
                .collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all);
        }
    }
}
