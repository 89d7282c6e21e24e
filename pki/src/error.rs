//! Errors of certificates, keys and signatures.

/// Error of a certificate that cannot be used, or of a signature that is not accepted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PkiError {
    /// The input is no DER X.509 certificate, or has bytes behind it.
    #[error("not a DER certificate")]
    MalformedCertificate,
    /// A key of a kind that is not verified with here.
    #[error("public key is neither RSA nor P-256, P-384, P-521 or Ed25519")]
    UnsupportedKey,
    /// A signature algorithm that is unknown, or too weak to be believed.
    #[error("signature algorithm {0} is not supported")]
    UnsupportedAlgorithm(String),
    /// The digest's length does not fit its algorithm.
    #[error("digest has the wrong length for its algorithm")]
    WrongDigestLength,
    /// The signature is not that key's over those bytes.
    #[error("signature does not match")]
    BadSignature,
    /// The issuer named in the certificate is not the subject of the one that should have issued it.
    #[error("issuer name does not match")]
    WrongIssuer,
}
