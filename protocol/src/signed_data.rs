//! Taking a CMS apart, keeping the octets that were signed as they are.
//!
//! DER only, as we write it; what others write goes through [`crate::ber`] first.
//!
//! The structs of the `cms` crate are for writing: read into them, the signed attributes and the certificates would be
//! sorted and encoded anew before they are hashed, and a hostile set costs quadratic time ([`RawSet`]). Those below
//! borrow the octets instead. [`der`] decodes both alike: strictly, but for elements with a lower context-specific tag
//! than the one expected, which it steps over; so what was read has to encode to the same octets again.

use beid_pki::{Certificate, HashAlgorithm};
use cms::content_info::CmsVersion;
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode, Sequence};
use jiff::Timestamp;
use spki::AlgorithmIdentifierRef;
use x509_cert::time::Time;

use crate::asn1::{CmsAlgorithmProtection, IssuerAndSerialNumber, IssuerSerial, RawSet, SigningCertificateV2, oids};

/// Whoever signs more than sixteen attributes wants something else than being verified.
const MOST_ATTRIBUTES: usize = 16;

/// A SignedData with one signer.
pub(crate) struct Signed<'a> {
    /// What is signed; none if that is outside.
    pub(crate) content: Option<&'a [u8]>,
    /// The certificates that came along, as far as we can read them.
    pub(crate) certificates: Vec<Certificate>,
    /// The one signer.
    pub(crate) signer: SignerInfo<'a>,
}

#[derive(Sequence)]
struct ContentInfo<'a> {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: SignedData<'a>,
}

#[derive(Sequence)]
struct SignedData<'a> {
    version: CmsVersion,
    digest_algorithms: RawSet<'a>,
    encap_content_info: EncapsulatedContentInfo<'a>,
    #[asn1(
        context_specific = "0",
        tag_mode = "IMPLICIT",
        constructed = "true",
        optional = "true"
    )]
    certificates: Option<RawSet<'a>>,
    #[asn1(
        context_specific = "1",
        tag_mode = "IMPLICIT",
        constructed = "true",
        optional = "true"
    )]
    crls: Option<RawSet<'a>>,
    signer_infos: RawSet<'a>,
}

#[derive(Sequence)]
struct EncapsulatedContentInfo<'a> {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    content: Option<OctetStringRef<'a>>,
}

/// Who signed, how, and what besides the content. (RFC 5652, 5.3)
#[derive(Sequence)]
pub(crate) struct SignerInfo<'a> {
    version: CmsVersion,
    /// Whose certificate it is.
    pub(crate) sid: IssuerAndSerialNumber<'a>,
    /// Digest algorithm.
    pub(crate) digest_algorithm: AlgorithmIdentifierRef<'a>,
    /// What is hashed and signed: these octets, behind the tag of a SET OF.
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true")]
    pub(crate) signed_attributes: RawSet<'a>,
    /// Signature algorithm.
    pub(crate) signature_algorithm: AlgorithmIdentifierRef<'a>,
    /// The signature.
    pub(crate) signature: OctetStringRef<'a>,
    #[asn1(
        context_specific = "1",
        tag_mode = "IMPLICIT",
        constructed = "true",
        optional = "true"
    )]
    unsigned_attributes: Option<RawSet<'a>>,
}

#[derive(Sequence)]
struct Attribute<'a> {
    oid: ObjectIdentifier,
    values: RawSet<'a>,
}

impl<'a> Signed<'a> {
    /// Reads `ContentInfo { signedData, ... }` and nothing behind it.
    ///
    /// Source: RFC 5652, 3, 5.1 and 5.2.
    pub(crate) fn parse(der: &'a [u8]) -> Option<Self> {
        let info: ContentInfo<'_> = exactly(der)?;
        let signed_data = info.content;
        let digest_algorithm: AlgorithmIdentifierRef<'_> = signed_data.digest_algorithms.only().ok()?;
        let signer: SignerInfo<'_> = exactly(signed_data.signer_infos.0)?;
        // Version 1 goes with plain content and with issuer and serial number; all else has a higher one.
        let understood = info.content_type == oids::SIGNED_DATA
            && signed_data.encap_content_info.content_type == oids::DATA
            && [signed_data.version, signer.version] == [CmsVersion::V1; 2]
            && digest_algorithm.oid == signer.digest_algorithm.oid
            && signer.has_plain_attributes().ok()?;
        understood.then_some(Self {
            content: signed_data.encap_content_info.content.map(|content| content.as_bytes()),
            certificates: certificates(signed_data.certificates.unwrap_or(RawSet(&[]))).ok()?,
            signer,
        })
    }
}

/// Decodes `der`, all of it: nothing behind it, and nothing inside that was stepped over.
fn exactly<'a, T: Decode<'a> + Encode>(der: &'a [u8]) -> Option<T> {
    T::from_der(der)
        .ok()
        .filter(|value| value.to_der().is_ok_and(|again| again == der))
}

/// Those that are X.509 certificates with a key that we know.
fn certificates(set: RawSet<'_>) -> der::Result<Vec<Certificate>> {
    let ders: der::Result<Vec<_>> = set.elements::<AnyRef<'_>>()?.iter().map(Encode::to_der).collect();
    Ok(ders?.iter().filter_map(|der| Certificate::parse(der).ok()).collect())
}

impl<'a> SignerInfo<'a> {
    /// Whether the attributes are few, each with one value and none twice.
    fn has_plain_attributes(&self) -> der::Result<bool> {
        let attributes: Vec<Attribute<'_>> = self.signed_attributes.elements()?;
        let mut oids: Vec<_> = attributes.iter().map(|attribute| attribute.oid).collect();
        oids.sort_unstable();
        oids.dedup();
        let single = |attribute: &Attribute<'_>| attribute.values.only::<AnyRef<'_>>().is_ok();
        Ok(attributes.len() <= MOST_ATTRIBUTES && oids.len() == attributes.len() && attributes.iter().all(single))
    }

    /// The one value of an attribute: none if it is absent, an error if it is something else.
    pub(crate) fn attribute<T: Decode<'a>>(&self, oid: ObjectIdentifier) -> Option<der::Result<T>> {
        let attributes: Vec<Attribute<'_>> = self.signed_attributes.elements().ok()?;
        let attribute = attributes.into_iter().find(|attribute| attribute.oid == oid)?;
        Some(attribute.values.only())
    }

    /// The hash, if it is one that may be believed.
    pub(crate) fn hash(&self) -> Option<HashAlgorithm> {
        hash_of(self.digest_algorithm)
    }

    /// The time the signer says it was.
    pub(crate) fn signing_time(&self) -> Option<Timestamp> {
        self.attribute(oids::SIGNING_TIME)?.ok().and_then(timestamp)
    }

    /// Whether the algorithms that were signed, if any, are those that are used.
    ///
    /// Source: RFC 6211, 2.
    pub(crate) fn algorithms_as_signed(&self) -> bool {
        let used = CmsAlgorithmProtection {
            digest_algorithm: self.digest_algorithm,
            signature_algorithm: self.signature_algorithm,
        };
        self.attribute(oids::ALGORITHM_PROTECTION)
            .is_none_or(|signed| signed == Ok(used))
    }

    /// Whether `certificate` is the one that was signed along; none if none was.
    ///
    /// Source: RFC 5035, 3 and 4.
    pub(crate) fn names_certificate(&self, certificate: &Certificate) -> Option<bool> {
        let attribute = self.attribute(oids::SIGNING_CERTIFICATE_V2)?;
        Some(attribute.is_ok_and(|value| names(&value, certificate)))
    }
}

/// Only the first `ESSCertIDv2` is the signer's. Without an `IssuerSerial`, its hash says enough.
fn names(value: &SigningCertificateV2<'_>, certificate: &Certificate) -> bool {
    value.certs.first().is_some_and(|cert_id| {
        hash_of(cert_id.hash_algorithm)
            .is_some_and(|hash| cert_id.cert_hash.as_bytes() == hash.digest(certificate.der()))
            && cert_id
                .issuer_serial
                .is_none_or(|named| IssuerSerial::of(certificate) == Ok(named))
    })
}

fn timestamp(time: Time) -> Option<Timestamp> {
    Timestamp::try_from(time.to_system_time()).ok()
}

/// The hash, if this is a digest algorithm that may be believed.
fn hash_of(algorithm: AlgorithmIdentifierRef<'_>) -> Option<HashAlgorithm> {
    match algorithm.oid {
        oids::SHA256 => Some(HashAlgorithm::Sha256),
        oids::SHA384 => Some(HashAlgorithm::Sha384),
        oids::SHA512 => Some(HashAlgorithm::Sha512),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use der::{Any, Tag};

    #[track_caller]
    fn check_time(tag: Tag, text: &str, expected: Option<&str>) {
        let value = Any::new(tag, text.as_bytes()).unwrap().to_der().unwrap();
        let found = Time::from_der(&value).ok().and_then(timestamp);
        assert_eq!(found, expected.map(|at| at.parse().unwrap()), "{text}");
    }

    #[test]
    fn both_kinds_of_time_are_read() {
        check_time(Tag::UtcTime, "261120090200Z", Some("2026-11-20T09:02:00Z"));
        check_time(Tag::UtcTime, "700101000000Z", Some("1970-01-01T00:00:00Z"));
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
        assert!(Signed::parse(&ber).is_none());
    }
}
