//! The generations of cards: one row says how each differs from the others.

use crate::keys::KeyKind;
use crate::pkcs15::Pkcs15;
use beid_card::atr;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384};
use std::fmt;

/// The generation of a card, which decides on keys, algorithms and files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Applet {
    /// Applet 1.1 (cards of 2004 to 2014, all expired): RSA-1024, SHA-1.
    V11,
    /// Applet 1.7 (cards of 2014 to 2021): RSA-2048, SHA-256.
    V17,
    /// Applet 1.7 whose holder's RSA keys were certified, and whose files were signed, by the authorities of 1.8.
    V17Rekeyed,
    /// Applet 1.8 (cards since 2020): ECDSA on P-384, SHA-384, and a key that proves the chip genuine.
    V18,
    /// An applet that does not exist (yet): says 1.9, and does what 1.8 does.
    Newer,
}

impl fmt::Display for Applet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.model().name)
    }
}

/// Whose manual the commands follow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Manual {
    V11,
    V17,
    V18,
}

/// Under which authorities the certificates are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Authorities {
    /// RSA, signing with SHA-1; long expired.
    Sha1,
    /// RSA, signing with SHA-256.
    Rsa,
    /// P-384.
    Ec,
}

/// What zeros follow a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Padding {
    /// As many.
    By(usize),
    /// Up to this size of the file.
    To(usize),
}

/// How one generation differs from the others.
pub(crate) struct Model {
    name: &'static str,
    pub(crate) atr: &'static [u8],
    /// GET CARD DATA after the chip serial number.
    pub(crate) about: [u8; 12],
    pub(crate) manual: Manual,
    pub(crate) authorities: Authorities,
    /// Of the holder's two keys.
    pub(crate) holder_key: KeyKind,
    pub(crate) photo_hash: fn(&[u8]) -> Vec<u8>,
    pub(crate) photo_len: usize,
    pub(crate) pkcs15: &'static Pkcs15,
    /// Least size of the two signature files.
    pub(crate) signature_len: usize,
    pub(crate) holder_padding: Padding,
    pub(crate) ca_padding: Padding,
    /// Of the root's and the register's.
    pub(crate) other_padding: Padding,
    /// Size of a certificate file without a certificate.
    pub(crate) absent_len: usize,
}

/// Nothing was padded then.
const V11: Model = Model {
    name: "1.1",
    atr: atr::ATR_1_7,
    about: [0xA5, 0x03, 0x01, 0x01, 0x01, 0x11, 0x00, 0x02, 0x00, 0x01, 0x01, 0x0F],
    manual: Manual::V11,
    authorities: Authorities::Sha1,
    holder_key: KeyKind::Rsa1024,
    photo_hash: |photo| Sha1::digest(photo).to_vec(),
    photo_len: 2629,
    pkcs15: &Pkcs15::V11,
    signature_len: 128,
    holder_padding: Padding::By(0),
    ca_padding: Padding::By(0),
    other_padding: Padding::By(0),
    absent_len: 1300,
};

/// Sizes as on official specimens; the padding of the CA's certificate as documented (card content 4.01, 8).
const V17: Model = Model {
    name: "1.7",
    atr: atr::ATR_1_7,
    about: [0xF3, 0x36, 0x01, 0x22, 0x01, 0x17, 0x00, 0x03, 0x00, 0x21, 0x01, 0x0F],
    manual: Manual::V17,
    authorities: Authorities::Rsa,
    holder_key: KeyKind::Rsa2048,
    photo_hash: |photo| Sha256::digest(photo).to_vec(),
    photo_len: 3028,
    pkcs15: &Pkcs15::V17,
    signature_len: 256,
    holder_padding: Padding::To(1900),
    ca_padding: Padding::By(50),
    other_padding: Padding::By(0),
    absent_len: 1300,
};

/// The signature files keep the size they had for RSA. (Applet 1.7 content addendum; specimen)
const V17_REKEYED: Model = Model {
    name: "1.7b",
    authorities: Authorities::Ec,
    ..V17
};

/// What the chip says of itself is not known: zeros. Nor are the sizes of photo and signatures; the longest DER signature
/// of P-384 has 104 bytes. (Card content 5.4, 8)
const V18: Model = Model {
    name: "1.8",
    atr: atr::ATR_1_8,
    about: [0x00, 0x00, 0x00, 0x00, 0x00, 0x18, 0x00, 0x01, 0x00, 0x00, 0x02, 0x0F],
    manual: Manual::V18,
    authorities: Authorities::Ec,
    holder_key: KeyKind::P384,
    photo_hash: |photo| Sha384::digest(photo).to_vec(),
    photo_len: 3200,
    pkcs15: &Pkcs15::V18,
    signature_len: 104,
    holder_padding: Padding::By(1100),
    ca_padding: Padding::By(1100),
    other_padding: Padding::By(1100),
    absent_len: 2500,
};

/// An answer to reset that no list has: T=0 at the speed of 1.8, and `beidd TEST 9` as historical bytes.
const NEWER: Model = Model {
    name: "1.9",
    atr: b"\x3B\x7C\x96\x00\x00beidd TEST 9",
    about: [0x00, 0x00, 0x00, 0x00, 0x00, 0x19, 0x00, 0x01, 0x00, 0x00, 0x02, 0x0F],
    ..V18
};

impl Applet {
    pub(crate) fn model(self) -> &'static Model {
        match self {
            Self::V11 => &V11,
            Self::V17 => &V17,
            Self::V17Rekeyed => &V17_REKEYED,
            Self::V18 => &V18,
            Self::Newer => &NEWER,
        }
    }
}

impl Manual {
    /// How many commands may come between VERIFY and the signature it is for. (Manual 1.7, 5.1; 1.8, 5.1.2)
    pub(crate) fn pin_window(self) -> u8 {
        match self {
            Self::V11 | Self::V17 => 0,
            Self::V18 => 1,
        }
    }

    /// Whether VERIFY without data only asks. On 1.1 it is a wrong PIN. (Manual 1.7, 6.5)
    pub(crate) fn empty_verify_asks(self) -> bool {
        match self {
            Self::V11 => false,
            Self::V17 | Self::V18 => true,
        }
    }

    /// Algorithm references of RSA keys. (Manual 1.7, 6.2)
    pub(crate) fn rsa_algorithms(self) -> &'static [u8] {
        match self {
            Self::V11 => &[0x01, 0x02, 0x04],
            Self::V17 | Self::V18 => &[0x01, 0x02, 0x04, 0x08, 0x10, 0x20],
        }
    }
}

impl Padding {
    pub(crate) fn apply(self, content: &[u8]) -> Vec<u8> {
        let mut file = content.to_vec();
        file.resize(
            match self {
                Self::By(zeros) => content.len().saturating_add(zeros),
                Self::To(size) => content.len().max(size),
            },
            0,
        );
        file
    }
}
