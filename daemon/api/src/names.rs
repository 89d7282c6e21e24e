//! Names that cards and the simulator have in tables of their own. Tests of the service hold these lists against them.

use beid_pki::HashAlgorithm;

/// Names of the certificates on a card, in the card's order.
pub const CARD_CERTIFICATES: &[&str] = &[
    "authentication",
    "signature",
    "intermediate",
    "root",
    "national-register",
];

/// Names of the files of a card that are given out as they are; certificates have a place of their own.
pub const CARD_FILES: &[&str] = &[
    "identity",
    "identity-signature",
    "address",
    "address-signature",
    "photo",
    "basic-public-key",
    "role-key-digest",
    "preferences",
    "dir",
    "odf",
    "token-info",
    "aodf",
    "prkdf",
    "cdf",
];

/// Names of the signature algorithms of cards, and the hash of each.
pub const SIGNATURE_ALGORITHMS: &[(&str, HashAlgorithm)] = &[
    ("RS256", HashAlgorithm::Sha256),
    ("RS384", HashAlgorithm::Sha384),
    ("RS512", HashAlgorithm::Sha512),
    ("PS256", HashAlgorithm::Sha256),
    ("ES256", HashAlgorithm::Sha256),
    ("ES384", HashAlgorithm::Sha384),
    ("ES512", HashAlgorithm::Sha512),
    ("ES3-256", HashAlgorithm::Sha3_256),
    ("ES3-384", HashAlgorithm::Sha3_384),
    ("ES3-512", HashAlgorithm::Sha3_512),
];

/// Kinds of records of evidence.
pub const EVIDENCE_KINDS: &[&str] = &[
    "therapeutic-link",
    "therapeutic-link-revocation",
    "consent",
    "consent-revocation",
    "exclusion",
    "exclusion-revocation",
    "inquiry",
    "signature",
    "identity-reading",
    "card-read",
    "purge",
    "chain-head",
];

/// Measures of reports, in their order.
pub const REPORT_MEASURES: &[&str] = &[
    "requests",
    "operation",
    "outcome",
    "proof",
    "representative",
    "way",
    "patients",
    "age",
    "gender",
    "province",
    "providers",
];

/// Invented people with simulated cards.
pub const CITIZENS: &[&str] = &[
    "anna", "bram", "jan", "claire", "maria", "lotte", "zoe", "karel", "odile", "nele", "nova", "mina", "finn", "sam",
    "mila", "pavel", "elena", "emma", "oliver", "amina", "yusuf",
];
