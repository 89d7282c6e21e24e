//! The card's own files in a file of a viewer: that of version 3.5 and before, and those of two other programs.

use super::{certificate, no_export, octets};
use beid_api::ApiError;
use roxmltree::{Document, Node};

/// Files of a card as somebody saved them. With the register's signatures it can be told whether the data were changed; not
/// that the card was there.
#[derive(Default)]
pub struct CardFiles {
    /// The identity.
    pub identity: Vec<u8>,
    /// The register's signature over it.
    pub identity_signature: Option<Vec<u8>>,
    /// The address.
    pub address: Option<Vec<u8>>,
    /// The register's signature over it.
    pub address_signature: Option<Vec<u8>>,
    /// The photo.
    pub photo: Option<Vec<u8>>,
    /// Certificates, DER, by their names on a card.
    pub certificates: Vec<(&'static str, Vec<u8>)>,
}

/// Certificates by their tags in the list of version 3.5.
const LISTED: [(u8, &str); 4] = [
    (1, "authentication"),
    (2, "signature"),
    (3, "intermediate"),
    (4, "root"),
];

impl CardFiles {
    /// Reads the form of version 3.5: tag, length in groups of seven bits, value.
    ///
    /// # Errors
    /// `invalid-request` if it has no identity, or an entry is cut off.
    pub(super) fn from_tlv(file: &[u8]) -> Result<Self, ApiError> {
        let mut files = Self::default();
        for entry in TlvEntries(file) {
            let (tag, value) = entry.ok_or_else(no_export)?;
            let file = || Some(value.to_vec());
            match tag {
                0x01 => files.identity = value.to_vec(),
                0x02 => files.identity_signature = file(),
                0x03 => files.address = file(),
                0x04 => files.address_signature = file(),
                0x05 => files.photo = file(),
                0x08 => files.add("national-register", value.to_vec()),
                0x0C => files.list(value),
                _ => {}
            }
        }
        files.must_have_an_identity()
    }

    /// Reads the list of certificates: each an entry, in which 0 is the DER.
    fn list(&mut self, list: &[u8]) {
        for (tag, entry) in TlvEntries(list).flatten() {
            let name = LISTED.iter().find(|(known, _)| *known == tag);
            let der = TlvEntries(entry).flatten().find(|(tag, _)| *tag == 0);
            if let (Some((_, name)), Some((_, der))) = (name, der) {
                self.add(name, der.to_vec());
            }
        }
    }

    /// Reads the directory of the quick-key toolset, whose files have no signatures.
    ///
    /// # Errors
    /// `invalid-request` if it has no identity.
    pub(super) fn from_quick_key(document: &Document<'_>) -> Result<Self, ApiError> {
        let file = |name: &str| {
            let node = document.descendants().find(|node| node.has_tag_name(name))?;
            let data = node.descendants().find(|node| node.has_tag_name("fileData"))?;
            octets(data.text()?)
        };
        let mut files = Self {
            identity: file("identityFile").unwrap_or_default(),
            address: file("addressFile"),
            photo: file("photofile"),
            ..Self::default()
        };
        for (name, element) in [
            ("authentication", "authenticationCertificate"),
            ("signature", "nonRepudiationCertificate"),
            ("intermediate", "caCertificate"),
            ("root", "rootCaCertificate"),
            ("national-register", "rrnCertificate"),
        ] {
            if let Some(der) = file(element) {
                files.add(name, der);
            }
        }
        files.must_have_an_identity()
    }

    /// Reads a virtual card of the test cards: files by their paths, in hex.
    ///
    /// # Errors
    /// `invalid-request` if it has no identity.
    pub(super) fn from_test_card(document: &Document<'_>) -> Result<Self, ApiError> {
        let mut files = Self::default();
        for node in document.descendants().filter(|node| node.has_tag_name("file")) {
            let part = |name: &str| node.children().find(|child| child.has_tag_name(name));
            let path = part("id").and_then(|id| id.text()).unwrap_or_default();
            let Some(content) = part("content").or_else(|| part("contents")).and_then(hex) else {
                continue;
            };
            match path.trim().to_ascii_uppercase().as_str() {
                "3F00DF014031" => files.identity = content,
                "3F00DF014032" => files.identity_signature = Some(content),
                "3F00DF014033" => files.address = Some(content),
                "3F00DF014034" => files.address_signature = Some(content),
                "3F00DF014035" => files.photo = Some(content),
                "3F00DF005038" => files.add("authentication", content),
                "3F00DF005039" => files.add("signature", content),
                "3F00DF00503A" => files.add("intermediate", content),
                "3F00DF00503B" => files.add("root", content),
                "3F00DF00503C" => files.add("national-register", content),
                _ => {}
            }
        }
        files.must_have_an_identity()
    }

    /// Certificate called `name`.
    #[must_use]
    pub fn certificate(&self, name: &str) -> Option<&[u8]> {
        let found = self.certificates.iter().find(|(known, _)| *known == name);
        found.map(|(_, der)| der.as_slice())
    }

    /// Adds the certificate called `name`, unless the file had one already.
    fn add(&mut self, name: &'static str, file: Vec<u8>) {
        if self.certificate(name).is_none() {
            self.certificates.extend(certificate(file).map(|der| (name, der)));
        }
    }

    fn must_have_an_identity(self) -> Result<Self, ApiError> {
        if self.identity.is_empty() {
            Err(no_export())
        } else {
            Ok(self)
        }
    }
}

fn hex(node: Node<'_, '_>) -> Option<Vec<u8>> {
    let digits: Vec<u32> = node
        .text()?
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    let octet = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    };
    digits.chunks(2).map(octet).collect()
}

/// TlvEntries of a file: `None` for one that is cut off, which is the last.
struct TlvEntries<'e>(&'e [u8]);

impl<'e> Iterator for TlvEntries<'e> {
    type Item = Option<(u8, &'e [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let entry = entry(self.0);
        self.0 = entry.map_or(&[], |(_, _, rest)| rest);
        Some(entry.map(|(tag, value, _)| (tag, value)))
    }
}

/// Splits the first entry off: tag, value, rest. A length has at most four octets, because no file is longer.
fn entry(file: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, mut rest) = file.split_first()?;
    let mut length = 0_usize;
    for _ in 0..4 {
        let (&octet, tail) = rest.split_first()?;
        rest = tail;
        length = (length << 7) | usize::from(octet & 0x7F);
        if octet & 0x80 == 0 {
            let (value, rest) = rest.split_at_checked(length)?;
            return Some((tag, value, rest));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_groups_of_seven_bits_and_nothing_is_cut_off() {
        let long = [vec![0x01, 0x81, 0x00], vec![7; 128]].concat();
        assert_eq!(
            entry(&long).map(|(tag, value, rest)| (tag, value.len(), rest.len())),
            Some((1, 128, 0))
        );
        for cut in 0..long.len() {
            assert!(entry(&long[..cut]).is_none(), "{cut}");
        }
        assert!(entry(&[1, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]).is_none());
        assert!(CardFiles::from_tlv(&[0x05, 0x01, 0xFF]).is_err());
        assert!(CardFiles::from_tlv(&[]).is_err());
        assert!(CardFiles::from_tlv(&[0x01, 0x01, 0xAA, 0x02]).is_err());
    }
}
