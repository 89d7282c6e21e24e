//! Taking a CMS apart, keeping the octets that were signed as they are.
//!
//! DER only, as we write it; what others write goes through [`crate::ber`] first.
//!
//! The structs of the `cms` crate are for writing: read into them, the signed attributes and the certificates would be
//! sorted and encoded anew before they are hashed, and a hostile set costs quadratic time ([`RawSet`]). Those below
//! borrow the octets instead. [`der`] decodes both alike: strictly, but for elements with a lower context-specific tag
//! than the one expected, which it steps over; so what was read has to encode to the same octets again.

use beid_pki::{AlgorithmError, Certificate, HashAlgorithm, PublicKey, Reason, SignatureAlgorithm};
use cms::content_info::CmsVersion;
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode, Reader, Sequence, SliceReader, Tag, TagNumber, Tagged};
use jiff::Timestamp;
use rsa::traits::PublicKeyParts;
use spki::AlgorithmIdentifierRef;
use x509_cert::time::Time;

use crate::asn1::{
    CmsAlgorithmProtection, ContentHints, EssCertId, EssCertIdV2, RawSet, SignerIdentifier, SigningCertificateV1,
    SigningCertificateV2, oids,
};
use crate::ber::NotBer;
use crate::long_term::RevocationValues;
use crate::verify::Objection;

/// Upper limit on signers, each of whom is judged by itself.
const MOST_SIGNERS: usize = 16;
/// Upper limit on signed attributes, so that a hostile signature stays cheap to reject.
const MOST_ATTRIBUTES: usize = 32;
/// Upper limit on certificates: as many may be tried as issuers of each other, and a chain has four.
const MOST_CERTIFICATES: usize = 32;
/// Upper limit on revocation values: each is judged for each certificate of the chain.
const MOST_REVOCATION_VALUES: usize = 16;

/// A CMS as read: its `SignedData`.
pub(crate) struct ParsedCms<'a> {
    /// Type of the content.
    pub(crate) content_type: ObjectIdentifier,
    /// The content; none if it is outside.
    pub(crate) content: Option<&'a [u8]>,
    /// The certificates that came along, as far as we can read them.
    pub(crate) certificates: Vec<Certificate>,
    /// True if there are certificates that we cannot read.
    has_unreadable_certificates: bool,
    /// Revocation values that were kept with the signature.
    pub(crate) revocation: RevocationValues,
    /// The algorithms by which content was digested, of all signers.
    digest_algorithms: Vec<ObjectIdentifier>,
    /// The signers; at least one.
    pub(crate) signers: Vec<SignerInfo<'a>>,
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
    content: Option<AnyRef<'a>>,
}

/// One signer: certificate, algorithms, attributes and signature. (RFC 5652, 5.3)
#[derive(Sequence)]
pub(crate) struct SignerInfo<'a> {
    version: CmsVersion,
    /// The name of the signer's certificate.
    pub(crate) sid: SignerIdentifier<'a>,
    /// Digest algorithm.
    pub(crate) digest_algorithm: AlgorithmIdentifierRef<'a>,
    /// Signed attributes. If there are any, these octets are hashed and signed, behind the tag of a SET OF, and not the
    /// content itself.
    #[asn1(
        context_specific = "0",
        tag_mode = "IMPLICIT",
        constructed = "true",
        optional = "true"
    )]
    pub(crate) signed_attributes: Option<RawSet<'a>>,
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

/// The reason of what is no SignedData.
pub(crate) const NOT_A_CMS: Objection = Objection::Failed(Reason::NotACms);

impl From<NotBer> for Objection {
    fn from(reason: NotBer) -> Self {
        match reason {
            NotBer::Malformed => NOT_A_CMS,
            NotBer::TrailingOctets => Self::Failed(Reason::TrailingOctets),
        }
    }
}

impl<'a> ParsedCms<'a> {
    /// Reads `ContentInfo { signedData, ... }` and nothing behind it.
    ///
    /// Source: RFC 5652, 3, 5.1 and 5.2.
    pub(crate) fn parse(der: &'a [u8]) -> Result<Self, Objection> {
        let ContentInfo {
            content_type: outer,
            content: signed_data,
        } = exactly(der).ok_or(NOT_A_CMS)?;
        if outer != oids::SIGNED_DATA {
            return Err(NOT_A_CMS);
        }
        let content = match signed_data.encap_content_info.content {
            Some(content) if content.tag() == Tag::OctetString => Some(content.value()),
            // PKCS #7 had other types here. (RFC 5652, 5.2.1)
            Some(_) => return Err(Objection::Unknown(Reason::ContentNotOctets)),
            None => None,
        };
        let signers = signed_data.signer_infos.octets().map_err(|_| NOT_A_CMS)?;
        if signers.len() > MOST_SIGNERS {
            return Err(Objection::Unknown(Reason::TooManySigners));
        }
        let signers: Option<Vec<_>> = signers.into_iter().map(exactly).collect();
        let digest_algorithms: Vec<AlgorithmIdentifierRef<'_>> =
            signed_data.digest_algorithms.elements().map_err(|_| NOT_A_CMS)?;
        let mut signed = Self {
            content_type: signed_data.encap_content_info.content_type,
            content,
            certificates: Vec::new(),
            has_unreadable_certificates: false,
            revocation: revocation(signed_data.crls.unwrap_or(RawSet(&[])))?,
            digest_algorithms: digest_algorithms.iter().map(|algorithm| algorithm.oid).collect(),
            signers: signers.ok_or(NOT_A_CMS)?,
        };
        signed.add_certificates(signed_data.certificates.unwrap_or(RawSet(&[])))?;
        Ok(signed)
    }

    /// Adds those that are X.509 certificates; there may be others.
    fn add_certificates(&mut self, set: RawSet<'_>) -> Result<(), Objection> {
        let elements = set.octets().map_err(|_| NOT_A_CMS)?;
        if elements.len() > MOST_CERTIFICATES {
            return Err(Objection::Unknown(Reason::TooManyCertificates));
        }
        for der in elements {
            match Certificate::parse(der) {
                Ok(certificate) => self.certificates.push(certificate),
                Err(_) => self.has_unreadable_certificates = true,
            }
        }
        Ok(())
    }

    /// Checks that a signer's part can be judged: attributes that can be read in one way only, a digest algorithm that is
    /// announced, the version.
    ///
    /// Source: RFC 5652, 5.1 and 5.3.
    pub(crate) fn check_structure(&self, signer: &SignerInfo<'_>) -> Result<(), Objection> {
        // 1 goes with a name and 3 with a key identifier; which is which, the identifier says better.
        if ![CmsVersion::V1, CmsVersion::V3].contains(&signer.version) {
            return Err(NOT_A_CMS);
        }
        // Implementations may reject digest algorithms that are not in this set. (RFC 5652, 5.1)
        if !self.digest_algorithms.contains(&signer.digest_algorithm.oid) {
            return Err(Objection::Failed(Reason::DigestAlgorithmNotListed));
        }
        signer.check_attributes()?;
        // Other types than id-data must have signed attributes. (RFC 5652, 5.3)
        if signer.signed_attributes.is_none() && self.content_type != oids::DATA {
            return Err(Objection::Failed(Reason::SignedAttributesMissing));
        }
        Ok(())
    }

    /// The certificate of `signer`, among those that came along and `others`: of several with the same name, the one that
    /// was signed along; if none was, the one whose key signed; or else the first. Anybody can add some of that name.
    pub(crate) fn certificate_of<'c>(
        &'c self,
        signer: &SignerInfo<'_>,
        others: &'c [Certificate],
        content: Option<&[u8]>,
    ) -> Result<&'c Certificate, Objection> {
        let all = self.certificates.iter().chain(others);
        let candidates: Vec<_> = all.filter(|certificate| signer.sid.names(certificate)).collect();
        let first = *candidates.first().ok_or(if self.has_unreadable_certificates {
            Objection::Unknown(Reason::SignerCertificateNotReadable)
        } else {
            Objection::Unknown(Reason::SignerCertificateMissing)
        })?;
        // There is nothing to choose then, and verifying the signature to choose would cost time.
        if candidates.len() == 1 {
            return Ok(first);
        }
        let is_named = |certificate: &&&Certificate| {
            let named = signer.named(certificate);
            matches!(named, Named::ByStrongHash | Named::ByWeakHash)
        };
        let has_signed = |certificate: &&&Certificate| signer.is_made_by(certificate, content).is_ok();
        let named = candidates.iter().find(is_named);
        Ok(named.or_else(|| candidates.iter().find(has_signed)).unwrap_or(&first))
    }

    /// Checks that `content` is what `signer` signed. Without signed attributes only the signature itself can tell: then
    /// this passes unless something speaks against it.
    ///
    /// Source: RFC 5652, 5.4 and 11.1.
    pub(crate) fn covers(&self, signer: &SignerInfo<'_>, content: &[u8]) -> Result<(), Objection> {
        let hash = signer.hash()?;
        if self.content.is_some_and(|carried| carried != content) {
            return Err(Objection::Failed(Reason::ContentDiffers));
        }
        let Some(attributes) = signer.signed_attributes else {
            return not_attributes(content);
        };
        if attributes.value::<ObjectIdentifier>(oids::CONTENT_TYPE) != Some(Ok(self.content_type)) {
            return Err(Objection::Failed(Reason::ContentTypeDiffers));
        }
        match attributes.value::<OctetStringRef<'_>>(oids::MESSAGE_DIGEST) {
            Some(Ok(digest)) if digest.as_bytes() == hash.digest(content) => Ok(()),
            Some(Ok(_)) => Err(Objection::Failed(Reason::DigestDiffers)),
            Some(Err(_)) | None => Err(Objection::Failed(Reason::DigestMissing)),
        }
    }
}

/// Refuses content that another signature may have had as its signed attributes. What is signed then are these octets, in
/// either case: whoever takes the attributes away and puts their octets in the place of the content has a signature on
/// something that nobody signed as content.
fn not_attributes(content: &[u8]) -> Result<(), Objection> {
    let is_attribute = |attributes: RawSet<'_>| attributes.value::<AnyRef<'_>>(oids::MESSAGE_DIGEST).is_some();
    match RawSet::from_der(content) {
        Ok(attributes) if is_attribute(attributes) => Err(Objection::Failed(Reason::ContentIsSignedAttributes)),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Decodes `der`, all of it: nothing behind it, and nothing inside that was stepped over.
pub(crate) fn exactly<'a, T: Decode<'a> + Encode>(der: &'a [u8]) -> Option<T> {
    T::from_der(der)
        .ok()
        .filter(|value| value.to_der().is_ok_and(|again| again == der))
}

/// `RevocationInfoChoices` (RFC 5652, 10.2.1), with OCSP answers as RFC 5940, 2.1 puts them; other kinds are left.
fn revocation(set: RawSet<'_>) -> Result<RevocationValues, Objection> {
    let elements = set.elements::<AnyRef<'_>>().map_err(|_| NOT_A_CMS)?;
    if elements.len() > MOST_REVOCATION_VALUES {
        return Err(Objection::Unknown(Reason::TooManyRevocationValues));
    }
    revocation_values(elements).map_err(|_| NOT_A_CMS)
}

fn revocation_values(choices: Vec<AnyRef<'_>>) -> der::Result<RevocationValues> {
    let mut values = RevocationValues::default();
    for choice in choices {
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

impl<'a> RawSet<'a> {
    /// The one value of an attribute among these: none if it is absent, an error if it is something else.
    fn value<T: Decode<'a>>(self, oid: ObjectIdentifier) -> Option<der::Result<T>> {
        let attributes: Vec<Attribute<'_>> = self.elements().ok()?;
        let attribute = attributes.into_iter().find(|attribute| attribute.oid == oid)?;
        Some(attribute.values.only())
    }
}

/// The attributes that are read here, and so may stand once and have one value only. (RFC 5652, 11; RFC 5035, 3)
const SINGLE: [ObjectIdentifier; 8] = [
    oids::CONTENT_TYPE,
    oids::MESSAGE_DIGEST,
    oids::SIGNING_TIME,
    oids::ALGORITHM_PROTECTION,
    oids::SIGNING_CERTIFICATE,
    oids::SIGNING_CERTIFICATE_V2,
    oids::CONTENT_HINTS,
    oids::MIME_TYPE,
];

/// Relation of the signed attributes to a certificate.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Named {
    /// No certificate is named.
    NotAtAll,
    /// A certificate is named in a way that cannot be read here.
    NotReadable,
    /// This one is named, by SHA-1, which other certificates can be made to match.
    ByWeakHash,
    /// This one is named.
    ByStrongHash,
    /// Another one is named.
    Another,
}

impl<'a> SignerInfo<'a> {
    /// Checks that the signed attributes are few, and that those read here stand once and have one value.
    fn check_attributes(&self) -> Result<(), Objection> {
        let Some(attributes) = self.signed_attributes else {
            return Ok(());
        };
        let attributes: Vec<Attribute<'_>> = attributes.elements().map_err(|_| NOT_A_CMS)?;
        if attributes.len() > MOST_ATTRIBUTES {
            return Err(Objection::Unknown(Reason::TooManyAttributes));
        }
        for oid in SINGLE {
            let mut found = attributes.iter().filter(|attribute| attribute.oid == oid);
            let (first, second) = (found.next(), found.next());
            let is_single = first.is_none_or(|one| one.values.only::<AnyRef<'_>>().is_ok());
            if second.is_some() || !is_single {
                return Err(Objection::Failed(Reason::AttributeRepeated));
            }
        }
        Ok(())
    }

    /// The one value of a signed attribute: none if it is absent, an error if it is something else.
    pub(crate) fn attribute<T: Decode<'a>>(&self, oid: ObjectIdentifier) -> Option<der::Result<T>> {
        self.signed_attributes?.value(oid)
    }

    /// True if an attribute is there, signed or not.
    pub(crate) fn has_attribute(&self, oid: ObjectIdentifier) -> bool {
        [self.signed_attributes, self.unsigned_attributes]
            .into_iter()
            .flatten()
            .any(|set| set.value::<AnyRef<'_>>(oid).is_some())
    }

    /// All values of an attribute that is not signed.
    pub(crate) fn unsigned(&self, oid: ObjectIdentifier) -> der::Result<Vec<Vec<u8>>> {
        let attributes: Vec<Attribute<'_>> = self.unsigned_attributes.unwrap_or(RawSet(&[])).elements()?;
        let ours = attributes.into_iter().filter(|attribute| attribute.oid == oid);
        let values: der::Result<Vec<Vec<AnyRef<'_>>>> = ours.map(|attribute| attribute.values.elements()).collect();
        values?.iter().flatten().map(Encode::to_der).collect()
    }

    /// The certificates kept with the signature (certificate-values); none if there are too many, or other things.
    ///
    /// Source: RFC 5126, 6.3.3.
    pub(crate) fn certificate_values(&self) -> Option<Vec<Certificate>> {
        let mut certificates = Vec::new();
        for value in self.unsigned(oids::CERTIFICATE_VALUES).ok()? {
            let sequence = AnyRef::from_der(&value).ok()?;
            for der in RawSet(sequence.value()).octets().ok()? {
                certificates.push(Certificate::parse(der).ok()?);
            }
        }
        (certificates.len() <= MOST_CERTIFICATES).then_some(certificates)
    }

    /// The revocation values kept with the signature (revocation-values); none if there is too much, or other things.
    ///
    /// Source: RFC 5126, 6.3.4.
    pub(crate) fn revocation_values(&self) -> Option<RevocationValues> {
        let mut values = RevocationValues::default();
        for value in self.unsigned(oids::REVOCATION_VALUES).ok()? {
            values.extend(RevocationValues::from_attribute(&value).ok()?);
        }
        (values.crls.len() + values.ocsp.len() <= MOST_REVOCATION_VALUES).then_some(values)
    }

    /// Checks that the key of `certificate` made the signature, with an algorithm that may be believed: over the signed
    /// attributes, or over `content` if there are none.
    ///
    /// Source: RFC 5652, 5.4 and 5.6.
    pub(crate) fn is_made_by(&self, certificate: &Certificate, content: Option<&[u8]>) -> Result<(), Objection> {
        let key = certificate.public_key();
        if !self.algorithms_as_signed() {
            return Err(Objection::Failed(Reason::AlgorithmsDifferFromSigned));
        }
        let algorithm = self.algorithm()?;
        match key {
            PublicKey::Other(_) => return Err(Objection::Unknown(Reason::KeyNotSupported)),
            // 2048 bits, as our own signatures need. (ETSI TS 119 312)
            PublicKey::Rsa(key) if key.size() < 256 => return Err(Objection::Failed(Reason::KeyTooWeak)),
            _ if !algorithm.fits(key) => return Err(Objection::Failed(Reason::AlgorithmOfAnotherKey)),
            PublicKey::Rsa(_)
            | PublicKey::P256(_)
            | PublicKey::P384(_)
            | PublicKey::P521(_)
            | PublicKey::Ed25519(_) => {}
        }
        let attributes = self.signed_attributes.map(|attributes| attributes.to_der());
        let signed = match (&attributes, content) {
            // The octets as they came, behind the tag of a SET OF; sorting or re-encoding them would verify something else.
            (Some(Ok(attributes)), _) => attributes.as_slice(),
            (Some(Err(_)), _) => return Err(NOT_A_CMS),
            (None, Some(content)) => content,
            (None, None) => return Err(Objection::Unknown(Reason::ContentNotGiven)),
        };
        key.verify_with(algorithm, signed, self.signature.as_bytes())
            .map_err(|_| DOES_NOT_VERIFY)
    }

    /// The signature algorithm, if it may be believed.
    fn algorithm(&self) -> Result<SignatureAlgorithm, Objection> {
        let hash = self.hash()?;
        let AlgorithmIdentifierRef { oid, parameters } = self.signature_algorithm;
        let parameters = parameters.map(|parameters| parameters.to_der()).transpose();
        let parameters = parameters.map_err(|_| NOT_A_CMS)?;
        let (oid, parameters) = (oid.to_string(), parameters.as_deref());
        SignatureAlgorithm::of_signer(&oid, parameters, hash).map_err(|error| match error {
            AlgorithmError::TooWeak => Objection::Failed(error.reason()),
            AlgorithmError::NotSupported => Objection::Unknown(error.reason()),
        })
    }

    /// The hash, if it is one that may be believed.
    pub(crate) fn hash(&self) -> Result<HashAlgorithm, Objection> {
        hash_of(self.digest_algorithm)
    }

    /// The signing time, as the signer says.
    pub(crate) fn signing_time(&self) -> Option<Timestamp> {
        self.attribute(oids::SIGNING_TIME)?.ok().and_then(timestamp)
    }

    /// True if the algorithms that were signed, if any, are those that are used.
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

    /// The relation of the signed attributes to `certificate`. If both attributes are there, both must be right.
    ///
    /// Source: RFC 5035, 3 and 4; RFC 2634, 5.4 (the older attribute, by SHA-1).
    pub(crate) fn named(&self, certificate: &Certificate) -> Named {
        let newer = self.attribute::<SigningCertificateV2<'_>>(oids::SIGNING_CERTIFICATE_V2);
        let older = self.attribute::<SigningCertificateV1<'_>>(oids::SIGNING_CERTIFICATE);
        let named = [
            newer.map(|value| value.map_or(Named::NotReadable, |value| named_by_hash(&value, certificate))),
            older.map(|value| value.map_or(Named::NotReadable, |value| named_by_sha_1(&value, certificate))),
        ];
        // `Another` is the greatest, so that one attribute that names somebody else decides.
        named.into_iter().flatten().max().unwrap_or(Named::NotAtAll)
    }

    /// The signer's description of the content, in words.
    pub(crate) fn content_hints(&self) -> Option<String> {
        let hints = self.attribute::<ContentHints<'_>>(oids::CONTENT_HINTS)?.ok()?;
        Some(hints.content_description?.as_str().to_owned())
    }
}

/// The reason of a signature that is not this key's, or not over this.
pub(crate) const DOES_NOT_VERIFY: Objection = Objection::Failed(Reason::SignatureDoesNotVerify);

/// Compares `certificate` with the first `ESSCertIDv2`, which is the signer's. Without an `IssuerSerial`, the hash is
/// enough.
fn named_by_hash(value: &SigningCertificateV2<'_>, certificate: &Certificate) -> Named {
    let Some(EssCertIdV2 {
        hash_algorithm,
        cert_hash,
        issuer_serial,
    }) = value.certs.first()
    else {
        return Named::NotReadable;
    };
    let Some(hash) = HashAlgorithm::from_oid(&hash_algorithm.oid.to_string()) else {
        return Named::NotReadable;
    };
    let is_it = cert_hash.as_bytes() == hash.digest(certificate.der())
        && issuer_serial.is_none_or(|names| names.is_of(certificate));
    if !is_it {
        Named::Another
    } else if hash == HashAlgorithm::Sha1 {
        Named::ByWeakHash
    } else {
        Named::ByStrongHash
    }
}

fn named_by_sha_1(value: &SigningCertificateV1<'_>, certificate: &Certificate) -> Named {
    let Some(EssCertId {
        cert_hash,
        issuer_serial,
    }) = value.certs.first()
    else {
        return Named::NotReadable;
    };
    let is_it = cert_hash.as_bytes() == HashAlgorithm::Sha1.digest(certificate.der())
        && issuer_serial.is_none_or(|names| names.is_of(certificate));
    if is_it { Named::ByWeakHash } else { Named::Another }
}

fn timestamp(time: Time) -> Option<Timestamp> {
    Timestamp::try_from(time.to_system_time()).ok()
}

/// MD2, MD4 and MD5 (RFC 3279, 2.1; RFC 8017, B.1).
const BROKEN: [ObjectIdentifier; 3] = [
    ObjectIdentifier::new_unwrap("1.2.840.113549.2.2"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.2.4"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.2.5"),
];

/// The hash, if this is a digest algorithm that may be believed.
pub(crate) fn hash_of(algorithm: AlgorithmIdentifierRef<'_>) -> Result<HashAlgorithm, Objection> {
    const TOO_WEAK: Objection = Objection::Failed(Reason::AlgorithmTooWeak);
    match HashAlgorithm::from_oid(&algorithm.oid.to_string()) {
        Some(HashAlgorithm::Sha1) => Err(TOO_WEAK),
        Some(hash) => Ok(hash),
        None if BROKEN.contains(&algorithm.oid) => Err(TOO_WEAK),
        None => Err(Objection::Unknown(Reason::AlgorithmNotSupported)),
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
        assert_eq!(ParsedCms::parse(&ber).err(), Some(NOT_A_CMS));
    }
}
