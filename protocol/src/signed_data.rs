//! Taking a CMS apart, keeping the octets that were signed as they are.
//!
//! DER only, as we write it; what others write goes through [`crate::ber`] first.
//!
//! The structs of the `cms` crate are for writing: read into them, the signed attributes and the certificates would be
//! sorted and encoded anew before they are hashed, and a hostile set costs quadratic time ([`RawSet`]). Those below
//! borrow the octets instead. [`der`] decodes both alike: strictly, but for elements with a lower context-specific tag
//! than the one expected, which it steps over; so what was read has to encode to the same octets again.

use beid_pki::{Certificate, HashAlgorithm, PublicKey};
use cms::content_info::CmsVersion;
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode, Reader, Sequence, SliceReader, Tag, TagNumber, Tagged};
use jiff::Timestamp;
use rsa::traits::PublicKeyParts;
use spki::AlgorithmIdentifierRef;
use x509_cert::time::Time;

use crate::asn1::{
    CmsAlgorithmProtection, ContentHints, IssuerAndSerialNumber, IssuerSerial, RawSet, SigningCertificateV1,
    SigningCertificateV2, oids,
};
use crate::long_term::RevocationValues;

/// Whoever signs more than sixteen attributes wants something else than being verified.
const MOST_ATTRIBUTES: usize = 16;
/// As many certificates may be tried as issuers of each other: a chain has four.
const MOST_CERTIFICATES: usize = 32;
/// Every value that was kept is judged for each certificate of the chain.
const MOST_REVOCATION_VALUES: usize = 16;

/// A SignedData with one signer.
pub(crate) struct Signed<'a> {
    content_type: ObjectIdentifier,
    /// What is signed; none if that is outside.
    pub(crate) content: Option<&'a [u8]>,
    /// The certificates that came along, as far as we can read them.
    pub(crate) certificates: Vec<Certificate>,
    /// What was kept on whether certificates were revoked.
    pub(crate) revocation: RevocationValues,
    /// The one signer.
    pub(crate) signer: SignerInfo<'a>,
}

/// RFC 5652, 3.
#[derive(Sequence)]
pub(crate) struct ContentInfo<'a> {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(crate) content: SignedData<'a>,
}

/// RFC 5652, 5.1.
#[derive(Sequence)]
pub(crate) struct SignedData<'a> {
    pub(crate) version: CmsVersion,
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
    pub(crate) crls: Option<RawSet<'a>>,
    pub(crate) signer_infos: RawSet<'a>,
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
    pub(crate) unsigned_attributes: Option<RawSet<'a>>,
}

/// RFC 5652, 5.3.
#[derive(Sequence)]
pub(crate) struct Attribute<'a> {
    pub(crate) oid: ObjectIdentifier,
    pub(crate) values: RawSet<'a>,
}

/// `OtherRevocationInfoFormat` (RFC 5652, 10.2.1).
#[derive(Sequence)]
pub(crate) struct OtherRevocationInfo<'a> {
    pub(crate) format: ObjectIdentifier,
    pub(crate) info: AnyRef<'a>,
}

/// The tag of that among revocation lists.
pub(crate) const OTHER_REVOCATION_INFO: Tag = Tag::ContextSpecific {
    constructed: true,
    number: TagNumber::N1,
};

impl<'a> Signed<'a> {
    /// Reads `ContentInfo { signedData, ... }` over content of type `content_type`, and nothing behind it.
    ///
    /// Source: RFC 5652, 3, 5.1 and 5.2.
    pub(crate) fn parse(der: &'a [u8], content_type: ObjectIdentifier) -> Option<Self> {
        let ContentInfo {
            content_type: outer,
            content: signed_data,
        } = exactly(der)?;
        let digest_algorithm: AlgorithmIdentifierRef<'_> = signed_data.digest_algorithms.only().ok()?;
        let signer: SignerInfo<'_> = exactly(signed_data.signer_infos.0)?;
        // The version of the whole follows from what is in it, and nothing from the version. That of a signer is 1 for one
        // who is named by issuer and serial number.
        let understood = outer == oids::SIGNED_DATA
            && signed_data.encap_content_info.content_type == content_type
            && signer.version == CmsVersion::V1
            && digest_algorithm.oid == signer.digest_algorithm.oid
            && signer.has_plain_attributes().ok()?;
        let content = signed_data.encap_content_info.content;
        understood.then_some(Self {
            content_type,
            content: content.map(|content| content.as_bytes()),
            certificates: certificates(signed_data.certificates.unwrap_or(RawSet(&[]))).ok()?,
            revocation: revocation(signed_data.crls.unwrap_or(RawSet(&[]))).ok()?,
            signer,
        })
    }

    /// The signer's certificate, if it came along: of several with the same issuer and serial number, which no authority
    /// makes, the one that was signed along.
    pub(crate) fn signers_certificate(&self) -> Option<&Certificate> {
        let is_signer = |certificate: &&Certificate| IssuerAndSerialNumber::of(certificate) == Ok(self.signer.sid);
        let mut candidates = self.certificates.iter().filter(is_signer);
        let first = candidates.next()?;
        let named = std::iter::once(first)
            .chain(candidates)
            .find(|certificate| self.signer.names(certificate) == Some(true));
        named.or(Some(first))
    }

    /// Whether `content` is what was signed, or why not.
    ///
    /// Source: RFC 5652, 5.4 and 11.1.
    pub(crate) fn covers(&self, content: &[u8]) -> Result<(), &'static str> {
        let hash = self.signer.hash().ok_or("algorithm-not-accepted")?;
        if self.content.is_some_and(|carried| carried != content) {
            return Err("content-differs");
        }
        let content_type = self.signer.attribute::<ObjectIdentifier>(oids::CONTENT_TYPE);
        if content_type != Some(Ok(self.content_type)) {
            return Err("content-type-differs");
        }
        match self.signer.attribute::<OctetStringRef<'_>>(oids::MESSAGE_DIGEST) {
            Some(Ok(digest)) if digest.as_bytes() == hash.digest(content) => Ok(()),
            Some(Ok(_)) => Err("digest-differs"),
            Some(Err(_)) | None => Err("digest-missing"),
        }
    }
}

/// Decodes `der`, all of it: nothing behind it, and nothing inside that was stepped over.
pub(crate) fn exactly<'a, T: Decode<'a> + Encode>(der: &'a [u8]) -> Option<T> {
    T::from_der(der)
        .ok()
        .filter(|value| value.to_der().is_ok_and(|again| again == der))
}

fn not_more_than(most: usize, elements: &[AnyRef<'_>]) -> der::Result<()> {
    if elements.len() > most {
        return Err(der::ErrorKind::Overlength.into());
    }
    Ok(())
}

/// Those that are X.509 certificates with a key that we know.
fn certificates(set: RawSet<'_>) -> der::Result<Vec<Certificate>> {
    let elements = set.elements::<AnyRef<'_>>()?;
    not_more_than(MOST_CERTIFICATES, &elements)?;
    let ders: der::Result<Vec<_>> = elements.iter().map(Encode::to_der).collect();
    Ok(ders?.iter().filter_map(|der| Certificate::parse(der).ok()).collect())
}

/// `RevocationInfoChoices` (RFC 5652, 10.2.1), with OCSP answers as RFC 5940, 2.1 puts them; other kinds are left.
fn revocation(set: RawSet<'_>) -> der::Result<RevocationValues> {
    let mut values = RevocationValues::default();
    let elements = set.elements::<AnyRef<'_>>()?;
    not_more_than(MOST_REVOCATION_VALUES, &elements)?;
    for choice in elements {
        if choice.tag() == Tag::Sequence {
            values.crls.push(choice.to_der()?);
        } else if choice.tag() == OTHER_REVOCATION_INFO {
            let mut reader = SliceReader::new(choice.value())?;
            let (format, info): (ObjectIdentifier, AnyRef<'_>) = (reader.decode()?, reader.decode()?);
            if format == oids::OCSP_RESPONSE {
                values.ocsp.push(info.to_der()?);
            }
        }
    }
    Ok(values)
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

    /// All values of an attribute that is not signed.
    pub(crate) fn unsigned(&self, oid: ObjectIdentifier) -> der::Result<Vec<Vec<u8>>> {
        let attributes: Vec<Attribute<'_>> = self.unsigned_attributes.unwrap_or(RawSet(&[])).elements()?;
        let ours = attributes.into_iter().filter(|attribute| attribute.oid == oid);
        let values: der::Result<Vec<Vec<AnyRef<'_>>>> = ours.map(|attribute| attribute.values.elements()).collect();
        values?.iter().flatten().map(Encode::to_der).collect()
    }

    /// Whether the key of `certificate` made the signature, over these attributes and with an algorithm that may be
    /// believed; or why not.
    ///
    /// Source: RFC 5652, 5.4 and 5.6.
    pub(crate) fn is_made_by(&self, certificate: &Certificate) -> Result<(), &'static str> {
        let key = certificate.public_key();
        let hash = self
            .hash()
            .filter(|hash| self.is_accepted(key, *hash))
            .ok_or("algorithm-not-accepted")?;
        if !self.algorithms_as_signed() {
            return Err("algorithms-differ-from-signed");
        }
        // The octets as they came, behind the tag of a SET OF; sorting or re-encoding them would verify something else.
        let signed = self.signed_attributes.to_der().map_err(|_| "too-long")?;
        key.verify(hash, &signed, self.signature.as_bytes())
            .map_err(|_| "signature-does-not-verify")
    }

    /// Whether the algorithm named is one for this key, and over this hash. Plain `rsaEncryption` leaves the hash open.
    fn is_accepted(&self, key: &PublicKey, hash: HashAlgorithm) -> bool {
        let (rsa, ecdsa) = match hash {
            HashAlgorithm::Sha1 | HashAlgorithm::Sha3_256 | HashAlgorithm::Sha3_384 | HashAlgorithm::Sha3_512 => {
                return false;
            }
            HashAlgorithm::Sha256 => (oids::RSA_SHA256, oids::ECDSA_SHA256),
            HashAlgorithm::Sha384 => (oids::RSA_SHA384, oids::ECDSA_SHA384),
            HashAlgorithm::Sha512 => (oids::RSA_SHA512, oids::ECDSA_SHA512),
        };
        match key {
            PublicKey::Rsa(key) => key.size() >= 256 && [rsa, oids::RSA].contains(&self.signature_algorithm.oid),
            PublicKey::P256(_) | PublicKey::P384(_) | PublicKey::P521(_) => self.signature_algorithm.oid == ecdsa,
            PublicKey::Ed25519(_) | PublicKey::Other(_) => false,
        }
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

    /// The same by the older attribute.
    ///
    /// Source: RFC 2634, 5.4.
    fn names_certificate_by_sha_1(&self, certificate: &Certificate) -> Option<bool> {
        let attribute = self.attribute::<SigningCertificateV1<'_>>(oids::SIGNING_CERTIFICATE)?;
        let named = |value: SigningCertificateV1<'_>| {
            let first = value.certs.first()?;
            let hash = HashAlgorithm::Sha1.digest(certificate.der());
            let names = first
                .issuer_serial
                .is_none_or(|named| IssuerSerial::of(certificate) == Ok(named));
            Some(first.cert_hash.as_bytes() == hash && names)
        };
        Some(attribute.ok().and_then(named).unwrap_or(false))
    }

    /// Whether `certificate` is the one that was signed along, by whichever attribute says so; none if neither is there.
    /// If both are, both must be right.
    pub(crate) fn names(&self, certificate: &Certificate) -> Option<bool> {
        let named = [
            self.names_certificate(certificate),
            self.names_certificate_by_sha_1(certificate),
        ];
        named.into_iter().flatten().reduce(|one, other| one && other)
    }

    /// What the signer says in words of what is signed.
    pub(crate) fn content_hints(&self) -> Option<String> {
        let hints = self.attribute::<ContentHints<'_>>(oids::CONTENT_HINTS)?.ok()?;
        Some(hints.content_description?.as_str().to_owned())
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
pub(crate) fn hash_of(algorithm: AlgorithmIdentifierRef<'_>) -> Option<HashAlgorithm> {
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
    use der::Any;

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
        assert!(Signed::parse(&ber, oids::DATA).is_none());
    }
}
