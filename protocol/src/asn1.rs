//! Types of CMS that the `cms` crate lacks: some values of signed attributes, and sets left as they came.
//!
//! Plain structs over [`der`], the same for writing and reading. They borrow: names and serial numbers are the octets
//! of a certificate, never an encoding of our own.

use beid_pki::{Certificate, same_name};
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef, Utf8StringRef};
use der::{
    Choice, Decode, DecodeValue, Encode, EncodeValue, FixedTag, Header, Length, Reader, Sequence, SliceReader, Tag,
    Tagged, Writer,
};
use spki::AlgorithmIdentifierRef;

/// The object identifiers that occur in these signatures.
pub(crate) mod oids {
    use der::asn1::ObjectIdentifier;

    pub(crate) const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
    pub(crate) const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
    pub(crate) const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
    pub(crate) const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
    pub(crate) const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
    pub(crate) const ALGORITHM_PROTECTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.52");
    pub(crate) const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
    pub(crate) const CONTENT_HINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.4");
    pub(crate) const MIME_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.1733.2.1");
    pub(crate) const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
    pub(crate) const SIGNATURE_TIME_STAMP: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");
    pub(crate) const CERTIFICATE_VALUES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.23");
    pub(crate) const REVOCATION_VALUES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.24");
    pub(crate) const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
    pub(crate) const OCSP_RESPONSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.16.2");
    pub(crate) const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
    pub(crate) const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
    pub(crate) const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
    pub(crate) const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
    pub(crate) const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
}

/// Most elements of one set. No signature has a tenth of them, and to list millions would take memory many times theirs.
const MOST_ELEMENTS: usize = 256;

/// A `SET OF` whose elements stay octets, in the order in which they came.
///
/// `SetOfVec` of [`der`] sorts while it decodes: what is encoded again is then not what was signed, and a set in reverse
/// order takes time that grows with its square.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct RawSet<'a>(pub(crate) &'a [u8]);

impl<'a> RawSet<'a> {
    /// The elements, one after the other.
    pub(crate) fn elements<T: Decode<'a>>(self) -> der::Result<Vec<T>> {
        let mut reader = SliceReader::new(self.0)?;
        let mut elements = Vec::new();
        while !reader.is_finished() {
            if elements.len() == MOST_ELEMENTS {
                return Err(der::ErrorKind::Overlength.into());
            }
            elements.push(reader.decode()?);
        }
        Ok(elements)
    }

    /// The octets of each element, tag and length included.
    pub(crate) fn octets(self) -> der::Result<Vec<&'a [u8]>> {
        let mut reader = SliceReader::new(self.0)?;
        let mut elements = Vec::new();
        while !reader.is_finished() {
            if elements.len() == MOST_ELEMENTS {
                return Err(der::ErrorKind::Overlength.into());
            }
            elements.push(reader.tlv_bytes()?);
        }
        Ok(elements)
    }

    /// The element, if there is only one.
    pub(crate) fn only<T: Decode<'a>>(self) -> der::Result<T> {
        // `from_der` refuses anything behind the first element.
        T::from_der(self.0)
    }
}

impl FixedTag for RawSet<'_> {
    const TAG: Tag = Tag::Set;
}

impl<'a> DecodeValue<'a> for RawSet<'a> {
    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        reader.read_slice(header.length).map(Self)
    }
}

impl EncodeValue for RawSet<'_> {
    fn value_len(&self) -> der::Result<Length> {
        self.0.len().try_into()
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        // As it came: sorting would change what was signed, and what `exactly` compares.
        writer.write(self.0)
    }
}

/// `SignerIdentifier` (RFC 5652, 5.3): the name of a signer's certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Choice)]
pub(crate) enum SignerIdentifier<'a> {
    IssuerAndSerialNumber(IssuerAndSerialNumber<'a>),
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    SubjectKeyIdentifier(OctetStringRef<'a>),
}

impl SignerIdentifier<'_> {
    /// True if this names `certificate`.
    pub(crate) fn names(&self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerAndSerialNumber(IssuerAndSerialNumber { issuer, serial_number }) => {
                is_issued(certificate, issuer, serial_number)
            }
            Self::SubjectKeyIdentifier(key) => certificate.subject_key_identifier() == Some(key.as_bytes()),
        }
    }
}

/// Returns true if `certificate` has this serial number of this issuer. The issuer's name may be encoded in two ways, there and
/// in the certificate.
fn is_issued(certificate: &Certificate, issuer: &AnyRef<'_>, serial_number: &AnyRef<'_>) -> bool {
    // `AnyRef` takes any type, and the same octets under another tag are another value.
    serial_number.tag() == Tag::Integer
        && serial_number.value() == certificate.serial()
        && issuer
            .to_der()
            .is_ok_and(|issuer| same_name(&issuer, certificate.issuer_der()))
}

/// `IssuerAndSerialNumber` (RFC 5652, 10.2.4).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Sequence)]
pub(crate) struct IssuerAndSerialNumber<'a> {
    issuer: AnyRef<'a>,
    serial_number: AnyRef<'a>,
}

/// `IssuerSerial` (RFC 5035, 4): the same, with the issuer as the only one of some `GeneralNames`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Sequence)]
pub(crate) struct IssuerSerial<'a> {
    issuer: DirectoryName<'a>,
    serial_number: AnyRef<'a>,
}

/// `GeneralNames` (RFC 5280, 4.2.1.6) that are one `directoryName`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Sequence)]
struct DirectoryName<'a> {
    #[asn1(context_specific = "4", tag_mode = "EXPLICIT")]
    name: AnyRef<'a>,
}

impl<'a> IssuerSerial<'a> {
    /// The names of `certificate`.
    pub(crate) fn from_certificate(certificate: &'a Certificate) -> der::Result<Self> {
        Ok(Self {
            issuer: DirectoryName {
                name: AnyRef::from_der(certificate.issuer_der())?,
            },
            serial_number: AnyRef::new(Tag::Integer, certificate.serial())?,
        })
    }

    /// True if these are the names of `certificate`.
    pub(crate) fn is_of(&self, certificate: &Certificate) -> bool {
        is_issued(certificate, &self.issuer.name, &self.serial_number)
    }
}

/// `SigningCertificateV2` (RFC 5035, 3): the first of `certs` is the signer's.
#[derive(Debug, Sequence)]
pub(crate) struct SigningCertificateV2<'a> {
    pub(crate) certs: Vec<EssCertIdV2<'a>>,
    pub(crate) policies: Option<AnyRef<'a>>,
}

/// `SigningCertificate` (RFC 2634, 5.4), which names certificates by SHA-1: read in time stamps, never written.
#[derive(Debug, Sequence)]
pub(crate) struct SigningCertificateV1<'a> {
    pub(crate) certs: Vec<EssCertId<'a>>,
    pub(crate) policies: Option<AnyRef<'a>>,
}

/// `ESSCertID` (RFC 2634, 5.4.1).
#[derive(Debug, Sequence)]
pub(crate) struct EssCertId<'a> {
    pub(crate) cert_hash: OctetStringRef<'a>,
    pub(crate) issuer_serial: Option<IssuerSerial<'a>>,
}

/// `ESSCertIDv2` (RFC 5035, 4).
#[derive(Debug, Sequence)]
pub(crate) struct EssCertIdV2<'a> {
    #[asn1(default = "sha256")]
    pub(crate) hash_algorithm: AlgorithmIdentifierRef<'a>,
    pub(crate) cert_hash: OctetStringRef<'a>,
    pub(crate) issuer_serial: Option<IssuerSerial<'a>>,
}

fn sha256<'a>() -> AlgorithmIdentifierRef<'a> {
    AlgorithmIdentifierRef {
        oid: oids::SHA256,
        parameters: None,
    }
}

/// `CMSAlgorithmProtection` (RFC 6211, 2) of a signature: the algorithms once more, where they are signed.
#[derive(Debug, Eq, PartialEq, Sequence)]
pub(crate) struct CmsAlgorithmProtection<'a> {
    pub(crate) digest_algorithm: AlgorithmIdentifierRef<'a>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", constructed = "true")]
    pub(crate) signature_algorithm: AlgorithmIdentifierRef<'a>,
}

/// `ContentHints` (RFC 2634, 2.9): words on what is signed.
#[derive(Debug, Sequence)]
pub(crate) struct ContentHints<'a> {
    pub(crate) content_description: Option<Utf8StringRef<'a>>,
    pub(crate) content_type: ObjectIdentifier,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_have_no_more_elements_than_a_signature_needs() {
        let full = |count: usize| [5, 0].repeat(count);
        let elements = |octets: &[u8]| RawSet(octets).elements::<AnyRef<'_>>().map(|found| found.len());
        assert_eq!(elements(&full(MOST_ELEMENTS)), Ok(MOST_ELEMENTS));
        assert!(elements(&full(MOST_ELEMENTS + 1)).is_err());
    }
}
