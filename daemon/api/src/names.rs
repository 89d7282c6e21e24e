//! Names that cards and the simulator have in tables of their own. Tests of the service hold these lists against them.

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

/// Invented people with simulated cards.
pub const CITIZENS: &[&str] = &[
    "anna", "bram", "jan", "claire", "maria", "lotte", "zoe", "karel", "odile", "nele", "nova", "mina", "finn", "sam",
    "mila", "pavel", "elena", "emma", "oliver", "amina", "yusuf",
];
