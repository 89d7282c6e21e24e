//! Signed attributes of a signer, beside the content.

use beid_pki::Certificate;
use cms::signed_data::SignedAttributes;
use der::asn1::{Any, GeneralizedTime, ObjectIdentifier, OctetStringRef, SetOfVec, UtcTime, Utf8StringRef};
use der::{DateTime, EncodeValue, Tagged};
use jiff::Timestamp;
use x509_cert::attr::Attribute;
use x509_cert::time::Time;

use crate::asn1::{CmsAlgorithmProtection, ContentHints, EssCertIdV2, IssuerSerial, SigningCertificateV2, oids};
use crate::signature::Algorithm;

/// Presence of the signing certificate's name among the signed attributes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SigningCertificate {
    /// The certificate is named (signing-certificate-v2), as CAdES demands.
    #[default]
    Included,
    /// The certificate is not named, as in signatures of the official client.
    Omitted,
}

/// The encoding of a finished signature.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum CmsEncoding {
    /// DER, certificates in the order of a SET OF.
    #[default]
    Der,
    /// The very octets of the official connector: BER of indefinite lengths, the signer's certificate first. Only
    /// signatures that carry their content have this form.
    Connector,
}

/// Signed attributes and encoding that a caller may choose.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attributes<'a> {
    /// Name of the certificate.
    pub signing_certificate: SigningCertificate,
    /// `contentDescription` of the content-hints: words on the content, which verifiers find again. Evidence
    /// of a consent names its text here. (RFC 2634, 2.9; ETSI EN 319 122-1, 5.2.4.3)
    pub content_hints: Option<&'a str>,
    /// The encoding.
    pub form: CmsEncoding,
    /// Media type of the content. (ETSI EN 319 122-1, 5.2.5)
    pub mime_type: Option<&'a str>,
}

impl From<SigningCertificate> for Attributes<'_> {
    fn from(signing_certificate: SigningCertificate) -> Self {
        Self {
            signing_certificate,
            ..Self::default()
        }
    }
}

/// The attributes, sorted.
pub(super) fn signed(
    message_digest: &[u8],
    signer: &Certificate,
    algorithm: Algorithm,
    signing_time: Timestamp,
    wanted: Attributes<'_>,
) -> der::Result<SignedAttributes> {
    // The identifiers in the `SignerInfo` are not signed, so others could be put in their place. (RFC 6211, 1)
    let algorithm_protection = CmsAlgorithmProtection {
        digest_algorithm: algorithm.digest_identifier(),
        signature_algorithm: algorithm.signature_identifier(),
    };
    let mut attributes = vec![
        attribute(oids::CONTENT_TYPE, &oids::DATA)?,
        attribute(oids::SIGNING_TIME, &time(signing_time)?)?,
        attribute(oids::ALGORITHM_PROTECTION, &algorithm_protection)?,
        attribute(oids::MESSAGE_DIGEST, &OctetStringRef::new(message_digest)?)?,
    ];
    match wanted.signing_certificate {
        SigningCertificate::Omitted => {}
        SigningCertificate::Included => attributes.push(signing_certificate(signer, algorithm)?),
    }
    if let Some(description) = wanted.content_hints {
        let hints = ContentHints {
            content_description: Some(Utf8StringRef::new(description)?),
            content_type: oids::DATA,
        };
        attributes.push(attribute(oids::CONTENT_HINTS, &hints)?);
    }
    if let Some(media_type) = wanted.mime_type {
        attributes.push(attribute(oids::MIME_TYPE, &Utf8StringRef::new(media_type)?)?);
    }
    SetOfVec::try_from(attributes)
}

fn signing_certificate(signer: &Certificate, algorithm: Algorithm) -> der::Result<Attribute> {
    let cert_hash = algorithm.hash().digest(signer.der());
    let cert_id = EssCertIdV2 {
        hash_algorithm: algorithm.digest_identifier(),
        cert_hash: OctetStringRef::new(&cert_hash)?,
        issuer_serial: Some(IssuerSerial::from_certificate(signer)?),
    };
    let value = SigningCertificateV2 {
        // The signer's alone: further ones would limit the certificates that a chain may be built of. (RFC 5035, 3)
        certs: vec![cert_id],
        policies: None,
    };
    attribute(oids::SIGNING_CERTIFICATE_V2, &value)
}

/// An attribute with one value.
fn attribute(oid: ObjectIdentifier, value: &(impl EncodeValue + Tagged)) -> der::Result<Attribute> {
    let values = SetOfVec::try_from([Any::encode_from(value)?])?;
    Ok(Attribute { oid, values })
}

/// `Time`: UTCTime up to 2049, GeneralizedTime after. Whole seconds, `Z`. (RFC 5652, 11.3)
fn time(at: Timestamp) -> der::Result<Time> {
    let at = DateTime::try_from(std::time::SystemTime::from(at))?;
    match at.year() {
        ..=UtcTime::MAX_YEAR => UtcTime::from_date_time(at).map(Time::UtcTime),
        _ => Ok(Time::GeneralTime(GeneralizedTime::from_date_time(at))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use der::Encode;

    #[track_caller]
    fn check_time(at: &str, expected: &str) {
        let der = time(at.parse().unwrap()).unwrap().to_der().unwrap();
        assert_eq!(std::str::from_utf8(&der[2..]).unwrap(), expected);
    }

    #[test]
    fn signing_times_are_utc_time_until_2049() {
        check_time("2026-11-20T10:02:00.999+01:00", "261120090200Z");
        check_time("2049-12-31T23:59:59Z", "491231235959Z");
        check_time("2050-01-01T00:00:00Z", "20500101000000Z");
    }
}
