//! Generations of cards, one row each, with everything in which they differ.

use crate::keys::KeyKind;
use crate::pkcs15::Pkcs15;
use beid_card::atr;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384};
use std::fmt;

/// The generation of a card, which decides on keys, algorithms and files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CardGeneration {
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

impl fmt::Display for CardGeneration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.model().name)
    }
}

/// The reference manual that a card's commands follow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum AppletManual {
    V11,
    V17,
    V18,
}

/// Authorities that issued the certificates on a card.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum AuthorityFamily {
    /// RSA, signing with SHA-1; long expired.
    Sha1,
    /// RSA, signing with SHA-256.
    Rsa,
    /// P-384.
    Ec,
}

/// Zeros behind the content of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FilePadding {
    /// This many zeros.
    By(usize),
    /// Zeros up to this file size, in bytes.
    To(usize),
}

/// Properties of one generation of cards.
pub(crate) struct CardModel {
    name: &'static str,
    pub(crate) atr: &'static [u8],
    /// Bytes of GET CARD DATA after the chip serial number.
    pub(crate) about: [u8; 12],
    pub(crate) manual: AppletManual,
    pub(crate) authorities: AuthorityFamily,
    /// Kind of the holder's two keys.
    pub(crate) holder_key: KeyKind,
    pub(crate) photo_hash: fn(&[u8]) -> Vec<u8>,
    pub(crate) photo_len: usize,
    pub(crate) pkcs15: &'static Pkcs15,
    /// Minimum size of the two signature files, in bytes.
    pub(crate) signature_len: usize,
    pub(crate) holder_padding: FilePadding,
    pub(crate) ca_padding: FilePadding,
    /// Zeros behind the certificates of root and register.
    pub(crate) other_padding: FilePadding,
    /// Size of a certificate file without a certificate.
    pub(crate) absent_len: usize,
}

/// Applet 1.1, which pads no certificate.
const V11: CardModel = CardModel {
    name: "1.1",
    // Applets 1.1 and 1.7 share one answer to reset.
    atr: atr::ATR_1_7,
    about: [0xA5, 0x03, 0x01, 0x01, 0x01, 0x11, 0x00, 0x02, 0x00, 0x01, 0x01, 0x0F],
    manual: AppletManual::V11,
    authorities: AuthorityFamily::Sha1,
    holder_key: KeyKind::Rsa1024,
    photo_hash: |photo| Sha1::digest(photo).to_vec(),
    photo_len: 2629,
    pkcs15: &Pkcs15::V11,
    signature_len: 128,
    holder_padding: FilePadding::By(0),
    ca_padding: FilePadding::By(0),
    other_padding: FilePadding::By(0),
    absent_len: 1300,
};

/// Applet 1.7: sizes as on official specimens, padding of the CA certificate as documented (card content 4.01, 8).
const V17: CardModel = CardModel {
    name: "1.7",
    atr: atr::ATR_1_7,
    about: [0xF3, 0x36, 0x01, 0x22, 0x01, 0x17, 0x00, 0x03, 0x00, 0x21, 0x01, 0x0F],
    manual: AppletManual::V17,
    authorities: AuthorityFamily::Rsa,
    holder_key: KeyKind::Rsa2048,
    photo_hash: |photo| Sha256::digest(photo).to_vec(),
    photo_len: 3028,
    pkcs15: &Pkcs15::V17,
    signature_len: 256,
    holder_padding: FilePadding::To(1900),
    ca_padding: FilePadding::By(50),
    other_padding: FilePadding::By(0),
    absent_len: 1300,
};

/// Re-keyed applet 1.7. Its signature files keep the size they had for RSA. (Applet 1.7 content addendum; specimen)
const V17_REKEYED: CardModel = CardModel {
    name: "1.7b",
    authorities: AuthorityFamily::Ec,
    ..V17
};

/// Applet 1.8. No source gives the chip's own bytes of GET CARD DATA (zeros here), nor the sizes of photo and
/// signatures; the longest DER signature of P-384 has 104 bytes. (Card content 5.4, 8)
const V18: CardModel = CardModel {
    name: "1.8",
    atr: atr::ATR_1_8,
    about: [0x00, 0x00, 0x00, 0x00, 0x00, 0x18, 0x00, 0x01, 0x00, 0x00, 0x02, 0x0F],
    manual: AppletManual::V18,
    authorities: AuthorityFamily::Ec,
    holder_key: KeyKind::P384,
    photo_hash: |photo| Sha384::digest(photo).to_vec(),
    photo_len: 3200,
    pkcs15: &Pkcs15::V18,
    signature_len: 104,
    holder_padding: FilePadding::By(1100),
    ca_padding: FilePadding::By(1100),
    other_padding: FilePadding::By(1100),
    absent_len: 2500,
};

/// A future applet. Its answer to reset is in no list: T=0 at the speed of 1.8, and `beidd TEST 9` as historical bytes.
const NEWER: CardModel = CardModel {
    name: "1.9",
    atr: b"\x3B\x7C\x96\x00\x00beidd TEST 9",
    about: [0x00, 0x00, 0x00, 0x00, 0x00, 0x19, 0x00, 0x01, 0x00, 0x00, 0x02, 0x0F],
    ..V18
};

impl CardGeneration {
    pub(crate) fn model(self) -> &'static CardModel {
        match self {
            Self::V11 => &V11,
            Self::V17 => &V17,
            Self::V17Rekeyed => &V17_REKEYED,
            Self::V18 => &V18,
            Self::Newer => &NEWER,
        }
    }
}

impl AppletManual {
    /// Number of commands allowed between VERIFY and the signature it is for. (Manual 1.7, 5.1; 1.8, 5.1.2)
    pub(crate) fn pin_window(self) -> u8 {
        match self {
            Self::V11 | Self::V17 => 0,
            Self::V18 => 1,
        }
    }

    /// Returns true if VERIFY without data only asks for the tries left. On 1.1 it is a wrong PIN. (Manual 1.7, 6.5)
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

impl FilePadding {
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
