//! Time stamps: an authority's word that a signature existed at some time.
//!
//! ```text
//! TimeStampRequest::new(signature, hash, nonce)    the request; its der() is sent to the authority by the caller
//!        .accept(response, roots, now)             judges the answer, gives the Token
//! Token::verify(token, signature...)               the same for one that was embedded
//! ```
//!
//! Source: RFC 3161; RFC 5816 (which certificate); ETSI EN 319 422.

mod token;

use beid_pki::{HashAlgorithm, Reason, TrustStore};
use der::asn1::{AnyRef, OctetStringRef, UintRef};
use der::{Decode, Encode, Reader, Sequence, SliceReader, Tag, Tagged};
use jiff::Timestamp;
use spki::AlgorithmIdentifierRef;

use crate::asn1::oids;
use crate::ber;
use crate::error::ProtocolError;
use crate::verify::Objection;

pub use token::Token;

/// Longest answer that is read, in bytes: a token with a chain of certificates has some five thousand.
const LONGEST_ANSWER: usize = 1 << 18;

/// Request for a time stamp to one authority.
pub struct TimeStampRequest {
    stamped: Vec<u8>,
    nonce: Vec<u8>,
    der: Vec<u8>,
}

/// `TimeStampReq` (RFC 3161, 2.4.1).
#[derive(Sequence)]
struct TimeStampReq<'a> {
    version: u8,
    message_imprint: MessageImprint<'a>,
    nonce: UintRef<'a>,
    cert_req: bool,
}

/// Hash of the stamped octets (RFC 3161, 2.4.1).
#[derive(Sequence)]
pub(super) struct MessageImprint<'a> {
    hash_algorithm: AlgorithmIdentifierRef<'a>,
    hashed_message: OctetStringRef<'a>,
}

impl TimeStampRequest {
    /// Asks about `stamped`: the octets of a signature, of which only a hash goes out. `nonce`: 8 to 32 random bytes that
    /// no other request had. Any policy will do, and the authority's certificate must come along.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] for SHA-1, which proves nothing any more, for SHA-3, which few authorities know,
    /// and for a nonce of another length.
    pub fn new(stamped: &[u8], hash: HashAlgorithm, nonce: &[u8]) -> Result<Self, ProtocolError> {
        let oid = match hash {
            HashAlgorithm::Sha256 => oids::SHA256,
            HashAlgorithm::Sha384 => oids::SHA384,
            HashAlgorithm::Sha512 => oids::SHA512,
            HashAlgorithm::Sha1 | HashAlgorithm::Sha3_256 | HashAlgorithm::Sha3_384 | HashAlgorithm::Sha3_512 => {
                return Err(ProtocolError::invalid("hash", "SHA-256, SHA-384 or SHA-512"));
            }
        };
        if !(8..=32).contains(&nonce.len()) {
            return Err(ProtocolError::invalid("nonce", "8 to 32 bytes"));
        }
        let unencodable = |_| ProtocolError::Internal {
            reason: "a time stamp request has no DER encoding",
        };
        let digest = hash.digest(stamped);
        let nonce = UintRef::new(nonce).map_err(unencodable)?;
        let request = TimeStampReq {
            version: 1,
            message_imprint: MessageImprint {
                hash_algorithm: AlgorithmIdentifierRef { oid, parameters: None },
                hashed_message: OctetStringRef::new(&digest).map_err(unencodable)?,
            },
            nonce,
            cert_req: true,
        };
        Ok(Self {
            stamped: stamped.to_vec(),
            // In DER, as tokens have it: leading zeros of random bytes are no part of the number.
            nonce: nonce.to_der().map_err(unencodable)?,
            der: request.to_der().map_err(unencodable)?,
        })
    }

    /// The `TimeStampReq`, DER: the body of a POST of `application/timestamp-query` (RFC 3161, 3.4).
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Believes `response`, a `TimeStampResp`, or not: granted, to this very request, now, by an authority that leads to
    /// one of `tsa_roots` and is valid today.
    ///
    /// # Errors
    /// [`ProtocolError::TimeStampRejected`] with the first thing found wrong.
    ///
    /// Source: RFC 3161, 2.2 (what a requester checks) and 2.4.2.
    pub fn accept(&self, response: &[u8], tsa_roots: &TrustStore, now: Timestamp) -> Result<Token, ProtocolError> {
        let token = self.judge(response, tsa_roots, now);
        token.map_err(|reason| ProtocolError::TimeStampRejected { reason })
    }

    fn judge(&self, response: &[u8], tsa_roots: &TrustStore, now: Timestamp) -> Result<Token, Reason> {
        if response.len() > LONGEST_ANSWER {
            return Err(Reason::TooLong);
        }
        let der = ber::to_der(response).map_err(|_| Reason::Malformed)?;
        let token = granted(der.bytes())?;
        let token = Token::judge(token, &self.stamped, tsa_roots, &[], now).map_err(Objection::reason)?;
        // After the token was verified: before that, its nonce is anybody's word.
        if token.nonce() != Some(self.nonce.as_slice()) {
            return Err(Reason::NonceDiffers);
        }
        // `Token::judge` asks about the time in the stamp, which an expired authority could set back.
        if !token.authority().is_valid_at(now) {
            return Err(Reason::OutsideValidity);
        }
        Ok(token)
    }
}

/// The token in a `TimeStampResp`, if it was granted.
fn granted(response: &[u8]) -> Result<&[u8], Reason> {
    /// granted, grantedWithMods (RFC 3161, 2.4.2).
    const GRANTED: [&[u8]; 2] = [&[0], &[1]];
    let mut reader = inside(response).ok_or(Reason::Malformed)?;
    let status = reader.tlv_bytes().ok().and_then(inside);
    let status: AnyRef<'_> = status
        .and_then(|mut status| status.decode().ok())
        .ok_or(Reason::Malformed)?;
    if status.tag() != Tag::Integer {
        return Err(Reason::Malformed);
    }
    if !GRANTED.contains(&status.value()) {
        return Err(Reason::RefusedByAuthority);
    }
    let token = reader.tlv_bytes().map_err(|_| Reason::Malformed)?;
    if reader.is_finished() {
        Ok(token)
    } else {
        Err(Reason::Malformed)
    }
}

/// The inside of a SEQUENCE.
fn inside(der: &[u8]) -> Option<SliceReader<'_>> {
    let sequence = AnyRef::from_der(der).ok()?;
    sequence.tag().assert_eq(Tag::Sequence).ok()?;
    SliceReader::new(sequence.value()).ok()
}

/// A hash of a signature is nobody's secret, and no use in a log.
impl std::fmt::Debug for TimeStampRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TimeStampRequest({} bytes)", self.der.len())
    }
}
