//! OCSP requests about one certificate, and judgement of the answers (RFC 6960).

use crate::revocation::{MAX_AGE, Period, later, not_from_the_future, timestamp, verify};
use crate::{Certificate, Doubt, HashAlgorithm, PublicKey, RevocationReason, Statement, Status, same_name};
use der::asn1::{AnyRef, BitStringRef, Null, ObjectIdentifier, OctetString};
use der::{Decode, Encode, Reader, SliceReader, Tag, TagMode, TagNumber, Tagged};
use jiff::Timestamp;
use x509_cert::ext::Extension;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, AlgorithmIdentifierRef};
use x509_ocsp::{
    CertId, CertStatus, OcspGeneralizedTime, OcspRequest, OcspResponse, OcspResponseStatus, Request, ResponderId,
    ResponseData, SingleResponse, TbsRequest, Version,
};

const SHA_1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const BASIC_RESPONSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");
const NONCE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.2");
/// `id-kp-OCSPSigning` (RFC 6960, 4.2.2.2).
const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

/// Question to one issuer: is this certificate revoked?
pub struct Question {
    certificate: Certificate,
    issuer: Certificate,
    id: CertId,
    id_der: Vec<u8>,
}

impl Question {
    /// Creates the question about `certificate`. The caller has checked that `issuer` issued it and is trusted.
    ///
    /// The certificate is named by SHA-1 hashes of its issuer (RFC 6960, 4.1.1): they only find it, and are what every
    /// responder knows.
    ///
    /// # Errors
    /// [`Doubt::Malformed`] if the serial number is none that OCSP can name.
    pub fn about(certificate: &Certificate, issuer: &Certificate) -> Result<Self, Doubt> {
        let id = CertId {
            hash_algorithm: AlgorithmIdentifierOwned {
                oid: SHA_1,
                parameters: Some(Null.into()),
            },
            // The issuer's name as the certificate in question writes it (RFC 6960, 4.1.1).
            issuer_name_hash: OctetString::new(HashAlgorithm::Sha1.digest(certificate.issuer_der()))?,
            issuer_key_hash: OctetString::new(HashAlgorithm::Sha1.digest(issuer.public_key_bits()))?,
            serial_number: AnyRef::new(Tag::Integer, certificate.serial())?.decode_as::<SerialNumber>()?,
        };
        Ok(Self {
            certificate: certificate.clone(),
            issuer: issuer.clone(),
            id_der: id.to_der()?,
            id,
        })
    }

    /// The DER `CertID` that names the certificate in requests and answers. It identifies a person's certificate.
    #[must_use]
    pub fn id(&self) -> &[u8] {
        &self.id_der
    }

    /// Encodes the request, DER, not signed. `nonce`: 1 to 32 random bytes that no other request had (RFC 9654, 2.1).
    ///
    /// # Errors
    /// [`Doubt::Malformed`] if it cannot be written.
    pub fn request(&self, nonce: &[u8]) -> Result<Vec<u8>, Doubt> {
        let nonce = Extension {
            extn_id: NONCE,
            critical: false,
            // Twice: the nonce is an OCTET STRING inside that of the extension. (RFC 9654, 2.1)
            extn_value: OctetString::new(OctetString::new(nonce)?.to_der()?)?,
        };
        let request = Request {
            req_cert: self.id.clone(),
            single_request_extensions: None,
        };
        let request = OcspRequest {
            tbs_request: TbsRequest {
                version: Version::V1,
                requestor_name: None,
                request_list: vec![request],
                request_extensions: Some(vec![nonce]),
            },
            optional_signature: None,
        };
        Ok(request.to_der()?)
    }

    /// Judges `response`, DER, as seen at `at`.
    ///
    /// It is believed if it is signed with the issuer's own key, or that of a responder whose certificate this same issuer
    /// issued for OCSP and is valid now, and if it is fresh. `nonce` is that of our request, `None` for an answer that was
    /// kept. Many responders prepare their answers and leave the nonce out: such an answer may be a day old, as may a kept
    /// one. An answer with *another* nonce is refused.
    ///
    /// Whether the responder's certificate is itself revoked is not asked: that of a Belgian responder says that it need
    /// not be (`id-pkix-ocsp-nocheck`), and it lives for months only.
    ///
    /// # Errors
    /// [`Doubt`] says why it is not believed.
    pub fn judge(&self, response: &[u8], nonce: Option<&[u8]>, at: Timestamp) -> Result<Statement, Doubt> {
        let response = OcspResponse::from_der(response)?;
        if response.response_status != OcspResponseStatus::Successful {
            return Err(Doubt::ResponderRefused);
        }
        let bytes = response.response_bytes.ok_or(Doubt::Malformed)?;
        if bytes.response_type != BASIC_RESPONSE {
            return Err(Doubt::Malformed);
        }
        let answer = Answer::parse(bytes.response.as_bytes())?;
        let signer = self.signer(&answer, at)?;
        verify(&signer, &answer.algorithm, answer.signed, answer.signature)?;
        // After the signature: before it was verified, dates and nonce are anybody's words.
        self.read(&answer.data, nonce, at)
    }

    /// Judges `response`, DER, that was kept with a signature: about the certificate at `at` or, if it was made later,
    /// then. It counts only if it was made before `now`.
    ///
    /// # Errors
    /// As [`judge`](Self::judge).
    pub fn judge_kept(&self, response: &[u8], at: Timestamp, now: Timestamp) -> Result<Statement, Doubt> {
        let bytes = OcspResponse::from_der(response)?
            .response_bytes
            .ok_or(Doubt::ResponderRefused)?;
        let data = Answer::parse(bytes.response.as_bytes())?.data;
        let produced = time(&data.produced_at)?.max(time(&self.single(&data.responses)?.this_update)?);
        not_from_the_future(produced, now)?;
        self.judge(response, None, at.max(produced))
    }

    /// Returns the certificate of the responder that claims to have signed, if it may answer.
    fn signer(&self, answer: &Answer<'_>, at: Timestamp) -> Result<Certificate, Doubt> {
        let claimed = &answer.data.responder_id;
        if names(claimed, &self.issuer)? {
            return Ok(self.issuer.clone());
        }
        let mut doubt = Doubt::WrongSigner;
        for certificate in &answer.certificates {
            match Certificate::parse(&certificate.to_der()?) {
                Ok(found) if !names(claimed, &found)? => {}
                Ok(found) if matches!(found.public_key(), PublicKey::Other(_)) => doubt = Doubt::UnsupportedAlgorithm,
                Ok(found) if self.may_answer(&found, at) => return Ok(found),
                Ok(_) | Err(_) => {}
            }
        }
        Err(doubt)
    }

    /// Returns true if the issuer of our certificate lets `responder` answer for it (RFC 6960, 4.2.2.2).
    fn may_answer(&self, responder: &Certificate, at: Timestamp) -> bool {
        let signs = responder
            .key_usage()
            .is_none_or(|usage| usage.digital_signature || usage.non_repudiation);
        let for_ocsp = responder
            .extended_key_usages()
            .iter()
            .any(|usage| usage == OCSP_SIGNING);
        let understood = !responder.has_unknown_critical_extension();
        let may = signs && for_ocsp && understood && responder.is_valid_at(at);
        // The signature last, because it costs most.
        may && responder.verify_issued_by(&self.issuer).is_ok()
    }

    fn read(&self, data: &ResponseData, nonce: Option<&[u8]>, at: Timestamp) -> Result<Statement, Doubt> {
        let about_all = data.response_extensions.as_deref().unwrap_or_default();
        understood(about_all)?;
        let is_ours = nonce_is_ours(about_all, nonce)?;
        not_from_the_future(time(&data.produced_at)?, at)?;
        let single = self.single(&data.responses)?;
        understood(single.single_extensions.as_deref().unwrap_or_default())?;
        let period = Period {
            this_update: time(&single.this_update)?,
            next_update: single.next_update.as_ref().map(time).transpose()?,
        };
        if !is_ours && at > later(period.this_update, MAX_AGE)? {
            return Err(Doubt::Stale);
        }
        period.state(status(&single.cert_status)?, &self.certificate, at)
    }

    /// Returns the one answer that is about our certificate.
    fn single<'a>(&self, answers: &'a [SingleResponse]) -> Result<&'a SingleResponse, Doubt> {
        let mut ours = answers.iter().filter(|answer| self.is_about_ours(&answer.cert_id));
        match (ours.next(), ours.next()) {
            (Some(answer), None) => Ok(answer),
            (None, _) => Err(Doubt::OtherCertificate),
            // Two answers could contradict each other.
            (Some(_), Some(_)) => Err(Doubt::Malformed),
        }
    }

    /// Returns true if an answer names our certificate, by whichever hash the responder chose (RFC 6960, 4.1.1). Hashes are
    /// written with and without parameters: only their name counts.
    fn is_about_ours(&self, id: &CertId) -> bool {
        let Some(hash) = HashAlgorithm::from_oid(&id.hash_algorithm.oid.to_string()) else {
            return false;
        };
        let is_named = |name: &[u8]| id.issuer_name_hash.as_bytes() == hash.digest(name);
        id.serial_number == self.id.serial_number
            && id.issuer_key_hash.as_bytes() == hash.digest(self.issuer.public_key_bits())
            // The name may be encoded in two ways, in the certificate and in its issuer's.
            && (is_named(self.certificate.issuer_der()) || is_named(self.issuer.subject_der()))
    }
}

/// `BasicOCSPResponse` (RFC 6960, 4.2.1), with the signed bytes as they came: what is read is never encoded again to be
/// verified.
struct Answer<'a> {
    signed: &'a [u8],
    data: ResponseData,
    algorithm: AlgorithmIdentifierRef<'a>,
    signature: &'a [u8],
    certificates: Vec<AnyRef<'a>>,
}

impl<'a> Answer<'a> {
    fn parse(basic: &'a [u8]) -> Result<Self, Doubt> {
        let whole = AnyRef::from_der(basic)?;
        whole.tag().assert_eq(Tag::Sequence)?;
        let mut reader = SliceReader::new(whole.value())?;
        let signed = reader.tlv_bytes()?;
        let algorithm: AlgorithmIdentifierRef<'a> = reader.decode()?;
        let signature: BitStringRef<'a> = reader.decode()?;
        let certificates = reader.context_specific(TagNumber::N0, TagMode::Explicit)?;
        reader.finish(())?;
        Ok(Self {
            signed,
            data: ResponseData::from_der(signed)?,
            algorithm,
            signature: signature.as_bytes().ok_or(Doubt::Malformed)?,
            certificates: certificates.unwrap_or_default(),
        })
    }
}

fn names(id: &ResponderId, certificate: &Certificate) -> Result<bool, Doubt> {
    Ok(match id {
        ResponderId::ByName(name) => same_name(&name.to_der()?, certificate.subject_der()),
        // SHA-1, always (RFC 6960, 4.2.1).
        ResponderId::ByKey(hash) => hash.as_bytes() == HashAlgorithm::Sha1.digest(certificate.public_key_bits()),
    })
}

/// Refuses critical extensions other than the nonce, because they may change what an answer says.
fn understood(extensions: &[Extension]) -> Result<(), Doubt> {
    if extensions.iter().any(|one| one.critical && one.extn_id != NONCE) {
        Err(Doubt::UnsupportedExtension)
    } else {
        Ok(())
    }
}

/// Returns true if the nonce `ours` is in the answer, which then was made for us just now. Without `ours` none is looked at.
fn nonce_is_ours(extensions: &[Extension], ours: Option<&[u8]>) -> Result<bool, Doubt> {
    let echoed = extensions.iter().find(|one| one.extn_id == NONCE);
    let (Some(ours), Some(echoed)) = (ours, echoed) else {
        return Ok(false);
    };
    let echoed = OctetString::from_der(echoed.extn_value.as_bytes())?;
    if echoed.as_bytes() == ours {
        Ok(true)
    } else {
        Err(Doubt::WrongNonce)
    }
}

fn status(status: &CertStatus) -> Result<Status, Doubt> {
    match status {
        CertStatus::Good(_) => Ok(Status::Good),
        CertStatus::Revoked(info) => Ok(Status::Revoked {
            at: time(&info.revocation_time)?,
            reason: info
                .revocation_reason
                .map_or(RevocationReason::Unspecified, |reason| (reason as u8).into()),
        }),
        CertStatus::Unknown(_) => Err(Doubt::ResponderUnknown),
    }
}

fn time(time: &OcspGeneralizedTime) -> Result<Timestamp, Doubt> {
    timestamp(time.0.to_unix_duration())
}

#[cfg(test)]
mod tests;
