//! The roots of the Belgian eID, pinned.

use crate::{Certificate, HashAlgorithm};
use std::sync::LazyLock;
use x509_parser::pem::parse_x509_pem;

/// Pinned root. It is trusted by its name and its key, not by its bytes, because Root CA2 and Root CA4 each exist as two
/// certificates with one key (and CA4's two even share a serial number).
pub(crate) struct PinnedRoot {
    /// `commonName` of the subject.
    pub common_name: &'static str,
    /// SHA-256 of the DER `SubjectPublicKeyInfo`, in lower-case hex.
    pub spki_sha256: &'static str,
    /// One certificate of this name and key, PEM, so that chains need not bring theirs. It is no more trusted than any
    /// other: the name and the key decide about it too.
    pub pem: &'static str,
}

impl PinnedRoot {
    /// Returns true if `root` bears this name and this key.
    pub(crate) fn is(&self, root: &Certificate) -> bool {
        root.common_name() == Some(self.common_name)
            && hex(&HashAlgorithm::Sha256.digest(root.spki_der())) == self.spki_sha256
    }

    /// Parses its certificate; `None` if the file is damaged, which a test rules out.
    fn certificate(&self) -> Option<Certificate> {
        let (_, pem) = parse_x509_pem(self.pem.as_bytes()).ok()?;
        Certificate::parse(&pem.contents).ok()
    }
}

/// Every root in the eID viewer's own trust store, and Root CA of 2003. There never was a Root CA5.
///
/// Source: eid-mw, `plugins_tools/eid-viewer/certs`; each was checked to be self-signed.
pub(crate) const BELGIAN_ROOTS: &[PinnedRoot] = &[
    PinnedRoot {
        common_name: "Belgium Root CA",
        spki_sha256: "98ca29f313386721afbf5d14f1abcaa1dc63cc8d1fd7dc361f6b01368938f24b",
        pem: include_str!("roots/belgium-root-ca.pem"),
    },
    // The one until 2021; another, until 2028, has serial number 2B9CD73F9DDDB884.
    PinnedRoot {
        common_name: "Belgium Root CA2",
        spki_sha256: "f8e5f905bc939911267b83d50814a90323b51e183629db52d4fc2d5468a5a578",
        pem: include_str!("roots/belgium-root-ca2.pem"),
    },
    PinnedRoot {
        common_name: "Belgium Root CA3",
        spki_sha256: "c7bc5e493726bbf531f62fc5f5513ac03ead813af4dcd445b3305ba3d3d53374",
        pem: include_str!("roots/belgium-root-ca3.pem"),
    },
    // The one until 2032, which replaces that until 2028.
    PinnedRoot {
        common_name: "Belgium Root CA4",
        spki_sha256: "b1538a9071705a92d938e506b738da0cafd1ae66aec2eeddc75479d433bd8776",
        pem: include_str!("roots/belgium-root-ca4.pem"),
    },
    PinnedRoot {
        common_name: "Belgium Root CA6",
        spki_sha256: "894ad2232fe69bb09e8370ef387ec1c66ab6a4ce53c811fd3c8ced5b5158d8c1",
        pem: include_str!("roots/belgium-root-ca6.pem"),
    },
];

/// The certificates of [`BELGIAN_ROOTS`], read once.
static CERTIFICATES: LazyLock<Vec<Certificate>> =
    LazyLock::new(|| BELGIAN_ROOTS.iter().filter_map(PinnedRoot::certificate).collect());

/// Returns a certificate of each pinned root, for chains that do not bring their root along.
pub(crate) fn certificates() -> &'static [Certificate] {
    &CERTIFICATES
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pin_has_a_certificate_of_its_name_and_key() {
        assert_eq!(certificates().len(), BELGIAN_ROOTS.len());
        for (pin, certificate) in BELGIAN_ROOTS.iter().zip(certificates()) {
            assert!(pin.is(certificate), "{}", pin.common_name);
            let others = BELGIAN_ROOTS.iter().filter(|other| other.is(certificate));
            assert_eq!(others.count(), 1, "{}", pin.common_name);
        }
    }

    #[test]
    fn every_certificate_is_an_authority_that_signed_itself() {
        for root in certificates() {
            let name = root.common_name();
            assert!(root.is_self_issued() && root.is_ca(), "{name:?}");
            assert!(root.key_usage().unwrap().key_cert_sign, "{name:?}");
            assert_eq!(root.verify_issued_by(root), Ok(()), "{name:?}");
        }
    }

    /// SHA-256 of each whole certificate, as published.
    #[test]
    fn every_certificate_is_the_published_one() {
        let published = [
            "7c7ed4240bb253bb35c376e12e00b027f1659df9d8267422a93eed75edc7adfb",
            "9f9744463be13714754e1a3becf98c08cc205e4ab32028f4e2830c4a1b2775b8",
            "a8d14e945e3e5156bcae5e39737cf6a1b1f51028bbbf982f50ce5f4c05568b4d",
            "702dd5c1a093cf0a9d71fadd9bf9a7c5857d89fb73b716e867228b3c2beb968f",
            "9c872bc979a7c09a58d4a274c199e5cb16cfa9b9618d98bc9a9988e984b8495c",
        ];
        let fingerprint = |root: &Certificate| hex(&HashAlgorithm::Sha256.digest(root.der()));
        assert_eq!(certificates().iter().map(fingerprint).collect::<Vec<_>>(), published);
    }
}
