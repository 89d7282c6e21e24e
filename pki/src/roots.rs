//! The roots of the Belgian eID, pinned.

/// A root that is trusted: by its name and its key, not by its bytes, because Root CA2 and Root CA4 each exist as two
/// certificates with one key (and CA4's two even share a serial number).
pub(crate) struct PinnedRoot {
    /// `commonName` of the subject.
    pub common_name: &'static str,
    /// SHA-256 of the DER `SubjectPublicKeyInfo`, in lower-case hex.
    pub spki_sha256: &'static str,
}

/// Every root in the eID viewer's own trust store, and Root CA of 2003. There never was a Root CA5.
///
/// Source: eid-mw, `plugins_tools/eid-viewer/certs`; each was checked to be self-signed.
pub(crate) const BELGIAN_ROOTS: &[PinnedRoot] = &[
    PinnedRoot {
        common_name: "Belgium Root CA",
        spki_sha256: "98ca29f313386721afbf5d14f1abcaa1dc63cc8d1fd7dc361f6b01368938f24b",
    },
    PinnedRoot {
        common_name: "Belgium Root CA2",
        spki_sha256: "f8e5f905bc939911267b83d50814a90323b51e183629db52d4fc2d5468a5a578",
    },
    PinnedRoot {
        common_name: "Belgium Root CA3",
        spki_sha256: "c7bc5e493726bbf531f62fc5f5513ac03ead813af4dcd445b3305ba3d3d53374",
    },
    PinnedRoot {
        common_name: "Belgium Root CA4",
        spki_sha256: "b1538a9071705a92d938e506b738da0cafd1ae66aec2eeddc75479d433bd8776",
    },
    PinnedRoot {
        common_name: "Belgium Root CA6",
        spki_sha256: "894ad2232fe69bb09e8370ef387ec1c66ab6a4ce53c811fd3c8ced5b5158d8c1",
    },
];
