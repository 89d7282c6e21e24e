//! CMS signatures, with their content inside or beside them, in the form that CAdES calls B-B.
//!
//! ```text
//! Cms::attached(content, signer...)   builds the signed attributes
//!    ::detached(content, signer...)   the same; the content stays outside
//!    Pending<Cms>                     digest for the card, check of its answer
//! Cms::with_time_stamp(token)         time of an authority: B-T
//!    ::with_revocation(values)        answers on the certificates, so that nobody need be asked later: B-LT
//! ```
//!
//! Source: RFC 5652 (CMS), RFC 5035 (signing certificate), RFC 6211 (algorithm protection), ETSI EN 319 122-1 (CAdES).

mod attributes;
mod connector;
mod extend;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beid_pki::Certificate;
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedAttributes, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use der::asn1::{Any, AnyRef, OctetString, OctetStringRef, SetOfVec};
use der::referenced::RefToOwned;
use der::{Decode, Encode};
use jiff::Timestamp;
use spki::AlgorithmIdentifierRef;

use crate::asn1::oids;
use crate::error::ProtocolError;
use crate::signature::{Algorithm, Pending};

pub use attributes::{Attributes, CmsEncoding, SigningCertificate};

impl Algorithm {
    /// `DigestAlgorithmIdentifier`, parameters absent (RFC 5754, 2).
    fn digest_identifier<'a>(self) -> AlgorithmIdentifierRef<'a> {
        let oid = match self {
            Self::RsaSha256 => oids::SHA256,
            Self::EcdsaSha384 => oids::SHA384,
        };
        AlgorithmIdentifierRef { oid, parameters: None }
    }

    /// `SignatureAlgorithmIdentifier`: NULL parameters for RSA, absent for ECDSA (RFC 5754, 3.2 and 3.3).
    fn signature_identifier<'a>(self) -> AlgorithmIdentifierRef<'a> {
        let (oid, parameters) = match self {
            Self::RsaSha256 => (oids::RSA_SHA256, Some(AnyRef::NULL)),
            Self::EcdsaSha384 => (oids::ECDSA_SHA384, None),
        };
        AlgorithmIdentifierRef { oid, parameters }
    }
}

/// Parts of a CMS that are known before the card has signed.
struct Unsigned {
    /// The content that goes inside; none if it stays outside.
    content: Option<Vec<u8>>,
    algorithm: Algorithm,
    signer: IssuerAndSerialNumber,
    certificates: CertificateSet,
    /// The same in the order of the chain.
    chain: Vec<Certificate>,
    form: CmsEncoding,
    attributes: SignedAttributes,
}

impl Cms {
    /// Begins a signature that will carry `content`, and the certificates exactly as they came from the card.
    ///
    /// # Errors
    /// [`ProtocolError::UnsupportedAlgorithm`] if the key of `signer` is neither RSA of 2048 bits or more nor P-384, or
    /// if a certificate is not in the one form that DER gives it.
    ///
    /// Source: RFC 5652, 5.3 and 5.4 (signed attributes, what is hashed); ETSI EN 319 122-1, 6.3 (level B-B).
    pub fn attached<'a>(
        content: Vec<u8>,
        signer: &Certificate,
        chain: &[Certificate],
        signing_time: Timestamp,
        attributes: impl Into<Attributes<'a>>,
    ) -> Result<Pending<Self>, ProtocolError> {
        let message_digest = Algorithm::for_key(signer.public_key())?.hash().digest(&content);
        let attributes = attributes.into();
        begin(Some(content), &message_digest, signer, chain, signing_time, attributes)
    }

    /// Begins a signature over `content` that does not carry it: eContent is absent.
    ///
    /// # Errors
    /// As [`attached`](Self::attached).
    ///
    /// Source: RFC 5652, 5.2 (external signatures).
    pub fn detached<'a>(
        content: &[u8],
        signer: &Certificate,
        chain: &[Certificate],
        signing_time: Timestamp,
        attributes: impl Into<Attributes<'a>>,
    ) -> Result<Pending<Self>, ProtocolError> {
        let message_digest = Algorithm::for_key(signer.public_key())?.hash().digest(content);
        Self::over_digest(&message_digest, signer, chain, signing_time, attributes)
    }

    /// Begins a signature over content that only its owner has: `message_digest` is its digest, with the hash of the
    /// signer's [`Algorithm`].
    ///
    /// # Errors
    /// As [`attached`](Self::attached), and [`ProtocolError::InvalidRequest`] if the digest has another length.
    pub fn over_digest<'a>(
        message_digest: &[u8],
        signer: &Certificate,
        chain: &[Certificate],
        signing_time: Timestamp,
        attributes: impl Into<Attributes<'a>>,
    ) -> Result<Pending<Self>, ProtocolError> {
        begin(None, message_digest, signer, chain, signing_time, attributes.into())
    }
}

fn begin(
    content: Option<Vec<u8>>,
    message_digest: &[u8],
    signer: &Certificate,
    chain: &[Certificate],
    signing_time: Timestamp,
    wanted: Attributes<'_>,
) -> Result<Pending<Cms>, ProtocolError> {
    let algorithm = Algorithm::for_key(signer.public_key())?;
    // Only a caller's own digest can be of another length: the other two are made with this hash.
    if message_digest.len() != algorithm.hash().digest_len() {
        let reason = format!("not a digest of {}", algorithm.hash().name());
        return Err(ProtocolError::invalid("digest", reason));
    }
    let names = as_it_came(signer)?.tbs_certificate;
    let certificates = certificate_set(signer, chain)?;
    let attributes =
        attributes::signed(message_digest, signer, algorithm, signing_time, wanted).map_err(unencodable)?;
    // The SET OF is hashed with its own tag, 31; in the SignerInfo the same octets stand behind A0. (RFC 5652, 5.4)
    let to_be_signed = attributes.to_der().map_err(unencodable)?;
    let unsigned = Unsigned {
        content,
        algorithm,
        signer: IssuerAndSerialNumber {
            issuer: names.issuer,
            serial_number: names.serial_number,
        },
        certificates,
        chain: in_order(signer, chain),
        form: wanted.form,
        attributes,
    };
    Pending::new(signer, to_be_signed, move |raw| {
        unsigned.with_signature(raw.to_x509()?).map_err(unencodable)
    })
}

impl Unsigned {
    /// `ContentInfo`, `SignedData` and `SignerInfo`: RFC 5652, 3, 5.1 and 5.3.
    fn with_signature(self, signature: Vec<u8>) -> der::Result<Cms> {
        let digest_identifier = self.algorithm.digest_identifier().ref_to_owned();
        let signer_info = SignerInfo {
            // RFC 5652, 5.3: 1 goes with an issuer and a serial number.
            version: CmsVersion::V1,
            sid: SignerIdentifier::IssuerAndSerialNumber(self.signer),
            digest_alg: digest_identifier.clone(),
            signed_attrs: Some(self.attributes),
            signature_algorithm: self.algorithm.signature_identifier().ref_to_owned(),
            signature: OctetString::new(signature)?,
            unsigned_attrs: None,
        };
        if let (CmsEncoding::Connector, Some(content)) = (self.form, &self.content) {
            let certificates: Vec<_> = self.chain.iter().map(Certificate::der).collect();
            let der = connector::content_info(content, &digest_identifier, &certificates, &signer_info.to_der()?)?;
            return Ok(Cms {
                der,
                content: self.content,
            });
        }
        let econtent = self.content.as_deref().map(octet_string).transpose()?;
        let signed_data = SignedData {
            // RFC 5652, 5.1: 1 goes with plain data, X.509 certificates and signers of version 1.
            version: CmsVersion::V1,
            digest_algorithms: SetOfVec::try_from([digest_identifier])?,
            encap_content_info: EncapsulatedContentInfo {
                econtent_type: oids::DATA,
                econtent,
            },
            certificates: Some(self.certificates),
            crls: None,
            signer_infos: SignerInfos(SetOfVec::try_from([signer_info])?),
        };
        let content_info = ContentInfo {
            content_type: oids::SIGNED_DATA,
            content: Any::encode_from(&signed_data)?,
        };
        Ok(Cms {
            der: content_info.to_der()?,
            content: self.content,
        })
    }
}

/// A finished signature.
#[derive(Clone, Eq, PartialEq)]
pub struct Cms {
    der: Vec<u8>,
    content: Option<Vec<u8>>,
}

impl Cms {
    /// The `ContentInfo`: DER, or BER if it was made in the form of the connector.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The content that it signs and carries; none if that is outside.
    #[must_use]
    pub fn content(&self) -> Option<&[u8]> {
        self.content.as_deref()
    }

    /// The DER in base64: standard alphabet, padded, on one line.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(&self.der)
    }
}

/// Content and certificates are personal: only lengths are printed.
impl std::fmt::Debug for Cms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cms({} bytes)", self.der.len())
    }
}

/// Converts `certificate` for the `cms` crate, which encodes it again when it writes it: nothing may change by that.
fn as_it_came(certificate: &Certificate) -> Result<x509_cert::Certificate, ProtocolError> {
    x509_cert::Certificate::from_der(certificate.der())
        .ok()
        .filter(|decoded| decoded.to_der().is_ok_and(|der| der == certificate.der()))
        .ok_or(ProtocolError::UnsupportedAlgorithm {
            reason: "a certificate that is not in the one form of DER",
        })
}

/// Signer and chain, each once, in the order of the chain.
fn in_order(signer: &Certificate, chain: &[Certificate]) -> Vec<Certificate> {
    let mut certificates: Vec<Certificate> = Vec::new();
    for certificate in std::iter::once(signer).chain(chain) {
        if !certificates.contains(certificate) {
            certificates.push(certificate.clone());
        }
    }
    certificates
}

/// `CertificateSet`: signer and chain, each once, in the order DER wants rather than that of the chain.
fn certificate_set(signer: &Certificate, chain: &[Certificate]) -> Result<CertificateSet, ProtocolError> {
    let mut certificates: Vec<_> = std::iter::once(signer).chain(chain).collect();
    certificates.sort_by_key(|certificate| certificate.der());
    certificates.dedup();
    let certificates: Result<Vec<_>, _> = certificates.into_iter().map(as_it_came).collect();
    let choices = certificates?.into_iter().map(CertificateChoices::Certificate);
    SetOfVec::from_iter(choices).map(CertificateSet).map_err(unencodable)
}

fn octet_string(content: &[u8]) -> der::Result<Any> {
    Any::encode_from(&OctetStringRef::new(content)?)
}

fn unencodable(_: der::Error) -> ProtocolError {
    ProtocolError::Internal {
        reason: "what was to be signed has no DER encoding",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithm_identifiers_have_the_right_parameters() {
        let rsa = Algorithm::RsaSha256.signature_identifier().to_der().unwrap();
        assert!(rsa.ends_with(&[
            0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00
        ]));
        let ec = Algorithm::EcdsaSha384.signature_identifier().to_der().unwrap();
        assert!(ec.ends_with(&[0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03]));
    }
}
