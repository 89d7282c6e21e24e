//! Additions to a finished signature: its maker does not sign them, so each must prove itself.

use cms::content_info::CmsVersion;
use der::asn1::{AnyRef, ContextSpecific, ObjectIdentifier};
use der::{Decode, Encode, TagMode, TagNumber};

use super::Cms;
use crate::asn1::{RawSet, oids};
use crate::error::ProtocolError;
use crate::long_term::RevocationValues;
use crate::signed_data::{Attribute, ContentInfo, OtherRevocationInfo, SignerInfo, exactly};
use crate::timestamp::Token;

impl Cms {
    /// The octets of the signature, which a time stamp must be about.
    ///
    /// # Errors
    /// [`ProtocolError::Internal`] cannot happen to what was made here.
    ///
    /// Source: ETSI EN 319 122-1, 5.3.
    pub fn stamped(&self) -> Result<Vec<u8>, ProtocolError> {
        let info: ContentInfo<'_> = exactly(&self.der).ok_or(NOT_OURS)?;
        // Signatures made here have one signer.
        let signer: SignerInfo<'_> = exactly(info.content.signer_infos.0).ok_or(NOT_OURS)?;
        Ok(signer.signature.as_bytes().to_vec())
    }

    /// Adds a time stamp over [`stamped`](Self::stamped), as an attribute that is not signed: level B-T.
    ///
    /// # Errors
    /// [`ProtocolError::Internal`] if it cannot be encoded.
    ///
    /// Source: ETSI EN 319 122-1, 5.3 (signature-time-stamp).
    pub fn with_time_stamp(self, token: &Token) -> Result<Self, ProtocolError> {
        let der = with_unsigned(&self.der, oids::SIGNATURE_TIME_STAMP, token.der()).ok_or(NOT_OURS)?;
        Ok(Self { der, ..self })
    }

    /// Adds the answers of authorities on the certificates: level B-LT.
    ///
    /// # Errors
    /// [`ProtocolError::MalformedDocument`] if one of the values is not DER.
    ///
    /// Source: ETSI EN 319 122-1, 5.5 and RFC 5940, 2 (where they go).
    pub fn with_revocation(self, values: &RevocationValues) -> Result<Self, ProtocolError> {
        let malformed = ProtocolError::malformed("a revocation value that is not DER");
        let der = with_choices(&self.der, values).ok_or(malformed)?;
        Ok(Self { der, ..self })
    }
}

const NOT_OURS: ProtocolError = ProtocolError::Internal {
    reason: "a signature cannot be extended",
};

fn with_unsigned(der: &[u8], oid: ObjectIdentifier, value: &[u8]) -> Option<Vec<u8>> {
    let mut info: ContentInfo<'_> = exactly(der)?;
    let mut signer: SignerInfo<'_> = exactly(info.content.signer_infos.0)?;
    let attribute = Attribute {
        oid,
        values: RawSet(value),
    };
    let attributes = with(signer.unsigned_attributes, vec![attribute.to_der().ok()?])?;
    signer.unsigned_attributes = Some(RawSet(&attributes));
    let signer = signer.to_der().ok()?;
    info.content.signer_infos = RawSet(&signer);
    info.to_der().ok()
}

fn with_choices(der: &[u8], values: &RevocationValues) -> Option<Vec<u8>> {
    let mut info: ContentInfo<'_> = exactly(der)?;
    let mut choices = Vec::new();
    for list in &values.crls {
        // Decoded once, so that nothing but one element of DER gets in.
        choices.push(AnyRef::from_der(list).ok()?.to_der().ok()?);
    }
    for answer in &values.ocsp {
        let choice = ContextSpecific {
            tag_number: TagNumber::N1,
            tag_mode: TagMode::Implicit,
            value: OtherRevocationInfo {
                format: oids::OCSP_RESPONSE,
                info: AnyRef::from_der(answer).ok()?,
            },
        };
        choices.push(choice.to_der().ok()?);
    }
    let choices = with(info.content.crls, choices)?;
    if !choices.is_empty() {
        info.content.crls = Some(RawSet(&choices));
    }
    if !values.ocsp.is_empty() {
        // What has other things than lists there says so by its version (RFC 5652, 5.1).
        info.content.version = CmsVersion::V5;
    }
    info.to_der().ok()
}

/// The elements of a set and more, each once and in the order of DER.
fn with(set: Option<RawSet<'_>>, more: Vec<Vec<u8>>) -> Option<Vec<u8>> {
    let there: Vec<AnyRef<'_>> = set.unwrap_or(RawSet(&[])).elements().ok()?;
    let there: der::Result<Vec<_>> = there.iter().map(Encode::to_der).collect();
    let mut elements = [there.ok()?, more].concat();
    elements.sort_unstable();
    elements.dedup();
    Some(elements.concat())
}
