//! Taking a CMS apart, keeping the octets that were signed as they are.
//!
//! DER only, as we write it. The official client writes BER with indefinite lengths, which is refused here.

use std::str;

use beid_pki::HashAlgorithm;
use der::asn1::ObjectIdentifier;
use der::{Tag, TagNumber};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::asn1::{Element, Elements, context_tag};
use crate::cms::oids;

/// A SignedData with its content inside and one signer.
pub(crate) struct SignedData<'a> {
    /// What is signed.
    pub(crate) content: &'a [u8],
    /// The certificates that came along, DER.
    pub(crate) certificates: Vec<&'a [u8]>,
    /// The one signer.
    pub(crate) signer: SignerInfo<'a>,
}

/// Who signed, how, and what besides the content.
pub(crate) struct SignerInfo<'a> {
    /// Issuer `Name` of the signer's certificate, DER.
    pub(crate) issuer: &'a [u8],
    /// Contents of its serial number.
    pub(crate) serial: &'a [u8],
    /// Digest algorithm.
    pub(crate) digest: AlgorithmIdentifier<'a>,
    /// Contents of the signed attributes, in the order in which they came.
    pub(crate) signed_attributes: &'a [u8],
    /// The same, one by one.
    attributes: Vec<(ObjectIdentifier, Element<'a>)>,
    /// Signature algorithm.
    pub(crate) algorithm: AlgorithmIdentifier<'a>,
    /// The signature.
    pub(crate) signature: &'a [u8],
}

/// `AlgorithmIdentifier`, with its parameters left as they are.
#[derive(Clone, Copy)]
pub(crate) struct AlgorithmIdentifier<'a> {
    /// Which algorithm.
    pub(crate) oid: ObjectIdentifier,
    /// Everything inside the SEQUENCE.
    pub(crate) contents: &'a [u8],
}

impl AlgorithmIdentifier<'_> {
    /// The hash, if this is a digest algorithm that may be believed.
    pub(crate) fn hash(self) -> Option<HashAlgorithm> {
        match self.oid {
            oids::SHA256 => Some(HashAlgorithm::Sha256),
            oids::SHA384 => Some(HashAlgorithm::Sha384),
            oids::SHA512 => Some(HashAlgorithm::Sha512),
            _ => None,
        }
    }
}

impl<'a> SignedData<'a> {
    /// Reads `ContentInfo { signedData, ... }` and nothing behind it.
    ///
    /// Source: RFC 5652, 3, 5.1 and 5.2.
    pub(crate) fn parse(der: &'a [u8]) -> Option<Self> {
        let mut content_info = Element::parse(der)
            .filter(|element| element.tag == Tag::Sequence)?
            .inside()?;
        if content_info.next(Tag::ObjectIdentifier)?.as_oid()? != oids::SIGNED_DATA {
            return None;
        }
        let explicit = content_info.next(context_tag(TagNumber::N0))?;
        content_info.end()?;

        let mut signed_data = Element::parse(explicit.contents)
            .filter(|element| element.tag == Tag::Sequence)?
            .inside()?;
        is_version_1(&mut signed_data)?;
        let digests = signed_data.next(Tag::Set)?.inside()?.rest()?;
        let content = encapsulated_content(signed_data.next(Tag::Sequence)?)?;
        let certificates = signed_data
            .next(context_tag(TagNumber::N0))
            .map_or(Some(Vec::new()), |set| set.inside()?.rest())?;
        let _revocation_lists = signed_data.next(context_tag(TagNumber::N1));
        let signers = signed_data.next(Tag::Set)?.inside()?.rest()?;
        signed_data.end()?;

        let ([digest], [signer]) = (digests.as_slice(), signers.as_slice()) else {
            return None;
        };
        let signer = SignerInfo::parse(*signer)?;
        if algorithm_identifier(*digest)?.oid != signer.digest.oid {
            return None;
        }
        Some(Self {
            content,
            certificates: certificates.iter().map(|element| element.octets).collect(),
            signer,
        })
    }
}

/// The OCTET STRING inside `EncapsulatedContentInfo`, which must be plain data.
fn encapsulated_content(element: Element<'_>) -> Option<&[u8]> {
    let mut encapsulated = element.inside()?;
    let content_type = encapsulated.next(Tag::ObjectIdentifier)?.as_oid()?;
    let explicit = encapsulated.next(context_tag(TagNumber::N0))?;
    encapsulated.end()?;
    let content = Element::parse(explicit.contents).filter(|element| element.tag == Tag::OctetString)?;
    (content_type == oids::DATA).then_some(content.contents)
}

impl<'a> SignerInfo<'a> {
    /// Source: RFC 5652, 5.3.
    fn parse(element: Element<'a>) -> Option<Self> {
        let mut signer = (element.tag == Tag::Sequence).then(|| element.inside())??;
        // Version 1 goes with issuer and serial number; a signer named by key identifier has version 3.
        is_version_1(&mut signer)?;
        let mut issuer_and_serial = signer.next(Tag::Sequence)?.inside()?;
        let issuer = issuer_and_serial.next(Tag::Sequence)?.octets;
        let serial = issuer_and_serial.next(Tag::Integer)?.contents;
        issuer_and_serial.end()?;
        let digest = algorithm_identifier(signer.next(Tag::Sequence)?)?;
        let signed_attributes = signer.next(context_tag(TagNumber::N0))?;
        let algorithm = algorithm_identifier(signer.next(Tag::Sequence)?)?;
        let signature = signer.next(Tag::OctetString)?.contents;
        let _unsigned_attributes = signer.next(context_tag(TagNumber::N1));
        signer.end()?;
        let attributes = attributes(signed_attributes)?;
        let signed_attributes = signed_attributes.contents;
        Some(Self {
            issuer,
            serial,
            digest,
            signed_attributes,
            attributes,
            algorithm,
            signature,
        })
    }

    /// The one value of an attribute.
    pub(crate) fn attribute(&self, attribute: ObjectIdentifier) -> Option<Element<'a>> {
        self.attributes
            .iter()
            .find(|(oid, _)| *oid == attribute)
            .map(|(_, value)| *value)
    }

    /// The time the signer says it was.
    pub(crate) fn signing_time(&self) -> Option<Timestamp> {
        let value = self.attribute(oids::SIGNING_TIME)?;
        let text = str::from_utf8(value.contents).ok()?;
        let digits = text
            .strip_suffix('Z')
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        let digits = match (value.tag == Tag::UtcTime, digits.len()) {
            // RFC 5280, 4.1.2.5.1: 50 to 99 are of the last century.
            (true, 12) if digits < "50" => format!("20{digits}"),
            (true, 12) => format!("19{digits}"),
            (false, 14) if value.tag == Tag::GeneralizedTime => digits.to_owned(),
            _ => return None,
        };
        let at = DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
        Some(at.to_zoned(TimeZone::UTC).ok()?.timestamp())
    }

    /// Whether the algorithms that were signed, if any, are those that are used.
    ///
    /// Source: RFC 6211, 2.
    pub(crate) fn algorithms_as_signed(&self) -> bool {
        let Some(protection) = self.attribute(oids::ALGORITHM_PROTECTION) else {
            return true;
        };
        let same = || {
            let mut protection = protection.inside()?;
            let digest = protection.next(Tag::Sequence)?.contents;
            let algorithm = protection.next(context_tag(TagNumber::N1))?.contents;
            protection.end()?;
            Some(digest == self.digest.contents && algorithm == self.algorithm.contents)
        };
        same().unwrap_or(false)
    }

    /// Whether `certificate` is the one that was signed along; none if none was.
    ///
    /// Source: RFC 5035, 3 and 4.
    pub(crate) fn names_certificate(&self, certificate: &beid_pki::Certificate) -> Option<bool> {
        let attribute = self.attribute(oids::SIGNING_CERTIFICATE_V2)?;
        Some(ess_cert_id_matches(attribute, certificate).unwrap_or(false))
    }
}

/// `SigningCertificateV2`: only the first `ESSCertIDv2` is the signer's.
fn ess_cert_id_matches(attribute: Element<'_>, certificate: &beid_pki::Certificate) -> Option<bool> {
    let mut cert_ids = attribute.inside()?.next(Tag::Sequence)?.inside()?;
    let mut cert_id = cert_ids.next(Tag::Sequence)?.inside()?;
    let mut first = cert_id.next_any()?;
    let mut hash = HashAlgorithm::Sha256;
    if first.tag == Tag::Sequence {
        hash = algorithm_identifier(first)?.hash()?;
        first = cert_id.next_any()?;
    }
    if first.tag != Tag::OctetString || first.contents != hash.digest(certificate.der()) {
        return Some(false);
    }
    let Some(issuer_serial) = cert_id.next(Tag::Sequence) else {
        return Some(cert_id.end().is_some());
    };
    let mut issuer_serial = issuer_serial.inside()?;
    let issuer = issuer_serial
        .next(Tag::Sequence)?
        .inside()?
        .next(context_tag(TagNumber::N4))?
        .contents;
    let serial = issuer_serial.next(Tag::Integer)?.contents;
    Some(issuer == certificate.issuer_der() && serial == certificate.serial())
}

/// The attributes, each with one value and none twice.
fn attributes(set: Element<'_>) -> Option<Vec<(ObjectIdentifier, Element<'_>)>> {
    let mut attributes: Vec<(ObjectIdentifier, Element<'_>)> = Vec::new();
    for element in set.inside()?.rest()? {
        let mut attribute = (element.tag == Tag::Sequence).then(|| element.inside())??;
        let oid = attribute.next(Tag::ObjectIdentifier)?.as_oid()?;
        let values = attribute.next(Tag::Set)?;
        attribute.end()?;
        if attributes.iter().any(|(other, _)| *other == oid) {
            return None;
        }
        attributes.push((oid, Element::parse(values.contents)?));
        // Whoever signs more than sixteen attributes wants something else than being verified.
        if attributes.len() > 16 {
            return None;
        }
    }
    Some(attributes)
}

fn algorithm_identifier(element: Element<'_>) -> Option<AlgorithmIdentifier<'_>> {
    let mut inside = (element.tag == Tag::Sequence).then(|| element.inside())??;
    let oid = inside.next(Tag::ObjectIdentifier)?.as_oid()?;
    Some(AlgorithmIdentifier {
        oid,
        contents: element.contents,
    })
}

fn is_version_1(elements: &mut Elements<'_>) -> Option<()> {
    (elements.next(Tag::Integer)?.contents == [1]).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::element;

    /// The signing time of a signer whose only attribute it is.
    #[track_caller]
    fn check_time(tag: Tag, text: &str, expected: Option<&str>) {
        let value = element(tag, &[text.as_bytes()]).unwrap();
        let algorithm = AlgorithmIdentifier {
            oid: oids::SHA256,
            contents: &[],
        };
        let attributes = vec![(oids::SIGNING_TIME, Element::parse(&value).unwrap())];
        let signer = SignerInfo {
            issuer: &[],
            serial: &[],
            digest: algorithm,
            signed_attributes: &[],
            attributes,
            algorithm,
            signature: &[],
        };
        assert_eq!(signer.signing_time(), expected.map(|at| at.parse().unwrap()), "{text}");
    }

    #[test]
    fn both_kinds_of_time_are_read() {
        check_time(Tag::UtcTime, "261120090200Z", Some("2026-11-20T09:02:00Z"));
        check_time(Tag::UtcTime, "500101000000Z", Some("1950-01-01T00:00:00Z"));
        check_time(Tag::GeneralizedTime, "20500101000000Z", Some("2050-01-01T00:00:00Z"));
    }

    #[test]
    fn other_forms_of_time_are_not() {
        check_time(Tag::UtcTime, "2611200902Z", None);
        check_time(Tag::UtcTime, "261120090200+0100", None);
        check_time(Tag::UtcTime, "261320090200Z", None);
        check_time(Tag::GeneralizedTime, "261120090200Z", None);
        check_time(Tag::OctetString, "20261120090200Z", None);
    }

    #[test]
    fn indefinite_lengths_are_refused() {
        let ber = [
            0x30, 0x80, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02, 0x00, 0x00,
        ];
        assert!(SignedData::parse(&ber).is_none());
    }
}
