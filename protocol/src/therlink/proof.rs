//! Writing of proofs.

use crate::cms::Cms;
use crate::codes::PlainProof;
use crate::error::ProtocolError;
use crate::xml::{XmlAttributes, XmlWriter};

const PROOF_TYPE: XmlAttributes<'static> = &[("S", "CD-PROOFTYPE"), ("SV", "1.1")];

/// Writes `proof` with a bare code.
pub(super) fn write_plain(xml: &mut XmlWriter, proof: PlainProof) -> Result<(), ProtocolError> {
    xml.element("proof", &[], |xml| xml.text("cd", PROOF_TYPE, proof.code()))
}

/// Writes `proof` with a signature.
pub(super) fn write_signed(xml: &mut XmlWriter, cms: &Cms) -> Result<(), ProtocolError> {
    xml.element("proof", &[], |xml| {
        xml.text("cd", PROOF_TYPE, "eidsigning")?;
        // The element is hubservices', its children are KMEHR's.
        xml.element("binaryproof", &[], |xml| {
            xml.text("kmehr:cd", &[("S", "CD-ENCRYPTION-METHOD"), ("SV", "1.0")], "CMS")?;
            xml.text("kmehr:Base64EncryptedValue", &[("encoding", "CMS")], &cms.to_base64())
        })
    })
}
