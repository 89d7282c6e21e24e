//! Keys of a desk: one that signs heads, one for keyed hashes, one that seals contents at rest.

use crate::error::EvidenceError;
use crate::record::{hex, is_hex};
use beid_host::private;
use beid_host::random::{random_bytes, random_id};
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Keys of the desk that writes a chain. Whoever has them can write such a chain anew, so they stay in a file that only
/// the user of the daemon can read.
#[derive(ZeroizeOnDrop)]
pub struct DeskKeys {
    #[zeroize(skip)]
    desk: String,
    signing: [u8; 32],
    index: [u8; 32],
    content: [u8; 32],
}

/// Form of the file.
#[derive(Deserialize, Serialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    desk: String,
    signing: String,
    index: String,
    content: String,
}

impl DeskKeys {
    /// Makes the keys of a new desk.
    #[must_use]
    pub fn new() -> Self {
        Self {
            desk: random_id(),
            signing: random_bytes(),
            index: random_bytes(),
            content: random_bytes(),
        }
    }

    /// Makes the keys of a desk that begins another chain: a new id and a new key to sign with. By the others, patients of
    /// the chain before are still found, and its contents opened.
    pub(crate) fn successor(&self) -> Self {
        let mut next = Self::new();
        (next.index, next.content) = (self.index, self.content);
        next
    }

    /// Reads the keys; `None` if there are none, or the file is damaged, which is then set aside.
    ///
    /// # Errors
    /// If the file cannot be read, or a damaged one cannot be set aside.
    pub fn read(path: &Path) -> Result<Option<Self>, EvidenceError> {
        private::read_state(path, Self::parse).map_err(at(path))
    }

    fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let file: KeyFile = serde_json::from_slice(bytes).map_err(|_| "no keys of a desk")?;
        let key = |text: &str| key_from_hex(text).ok_or("a key of another length");
        if !is_hex(&file.desk, 32) {
            return Err("no id of a desk");
        }
        Ok(Self {
            signing: key(&file.signing)?,
            index: key(&file.index)?,
            content: key(&file.content)?,
            desk: file.desk.clone(),
        })
    }

    /// Writes the keys, readable by this user alone. Keys that were there are renamed: what they sealed may be needed.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), EvidenceError> {
        if path.exists() {
            private::set_aside(path).map_err(at(path))?;
        }
        let file = KeyFile {
            desk: self.desk.clone(),
            signing: hex(&self.signing),
            index: hex(&self.index),
            content: hex(&self.content),
        };
        let text = serde_json::to_string(&file).map(Zeroizing::new);
        let text = text.map_err(|error| EvidenceError::Internal(error.to_string()))?;
        private::write(path, text.as_bytes()).map_err(at(path))
    }

    /// Id of the desk.
    #[must_use]
    pub fn desk(&self) -> &str {
        &self.desk
    }

    /// Public key of the desk as hex digits. (RFC 8032, 5.1.5)
    pub(crate) fn public_key(&self) -> Result<String, EvidenceError> {
        Ok(hex(&self.public_octets()?))
    }

    /// Signs a text with Ed25519; the signature as hex digits.
    pub(crate) fn sign(&self, text: &str) -> Result<String, EvidenceError> {
        Ok(hex(&self.sign_octets(text.as_bytes())?))
    }

    fn pair(&self) -> Result<Ed25519KeyPair, EvidenceError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&self.signing);
        pair.map_err(|_| EvidenceError::Internal("a key that cannot sign".to_owned()))
    }

    /// Signs octets with Ed25519.
    pub(crate) fn sign_octets(&self, octets: &[u8]) -> Result<Vec<u8>, EvidenceError> {
        Ok(self.pair()?.sign(octets).as_ref().to_vec())
    }

    /// Public key of the desk.
    pub(crate) fn public_octets(&self) -> Result<Vec<u8>, EvidenceError> {
        Ok(self.pair()?.public_key().as_ref().to_vec())
    }

    /// Keyed hash of a number, by which the same patient or card is found again: HMAC-SHA256, 64 hex digits.
    ///
    /// `what` keeps a card's number from having the hash of a patient's.
    pub(crate) fn keyed_hash(&self, what: &str, number: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.index);
        hex(hmac::sign(&key, format!("{what}:{number}").as_bytes()).as_ref())
    }

    /// Key that seals contents at rest.
    pub(crate) fn content_key(&self) -> &[u8; 32] {
        &self.content
    }
}

impl Default for DeskKeys {
    fn default() -> Self {
        Self::new()
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> EvidenceError {
    let path = path.to_owned();
    move |error| EvidenceError::Keys {
        path: path.clone(),
        error,
    }
}

/// Reads octets from hex digits.
pub(crate) fn octets_from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let pairs = text.as_bytes().chunks_exact(2);
    let octet = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok().filter(|pair| is_hex(pair, 2))?, 16).ok();
    pairs.map(octet).collect()
}

fn key_from_hex(text: &str) -> Option<[u8; 32]> {
    Zeroizing::new(octets_from_hex(text)?).as_slice().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_digits_are_read_in_one_form() {
        assert_eq!(octets_from_hex("00ff7f"), Some(vec![0, 255, 127]));
        for wrong in ["0", "0g", "FF", "+1", " 1", "é"] {
            assert_eq!(octets_from_hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_card_and_a_patient_of_one_number_have_different_hashes() {
        let (keys, others) = (DeskKeys::new(), DeskKeys::new());
        let one = keys.keyed_hash("patient", "85051402418");
        assert_eq!(one, keys.keyed_hash("patient", "85051402418"));
        assert_ne!(one, keys.keyed_hash("card", "85051402418"));
        assert_ne!(one, others.keyed_hash("patient", "85051402418"));
    }
}
