//! One token: reading and judging it.

use beid_pki::{Certificate, Reason, TrustStore};
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Encode, Reader, Tag, TagNumber, Tagged};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{MessageImprint, inside};
use crate::asn1::oids;
use crate::ber;
use crate::error::ProtocolError;
use crate::signed_data::{Named, ParsedCms, hash_of};
use crate::verify::Objection;

/// Longest time that an authority's clock may be ahead of ours.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// A time stamp that is believed.
#[derive(Clone)]
pub struct Token {
    der: Vec<u8>,
    time: Timestamp,
    nonce: Option<Vec<u8>>,
    authority: Certificate,
}

impl Token {
    /// Judges a token that was embedded somewhere, over `stamped`: the octets it is about. The authority's certificate
    /// must have been valid when it stamped; that it may have expired since is what signatures are stamped for.
    ///
    /// # Errors
    /// [`ProtocolError::TimeStampRejected`] with the first thing found wrong.
    pub fn verify(token: &[u8], stamped: &[u8], tsa_roots: &TrustStore, now: Timestamp) -> Result<Self, ProtocolError> {
        Self::judge(token, stamped, tsa_roots, &[], now).map_err(|refusal| ProtocolError::TimeStampRejected {
            reason: refusal.reason(),
        })
    }

    /// The `TimeStampToken`, a CMS; DER as far as its authority wrote DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The time at which the stamped octets existed.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// The certificate of the authority.
    #[must_use]
    pub fn authority(&self) -> &Certificate {
        &self.authority
    }

    /// The nonce of its request, a DER INTEGER.
    pub(super) fn nonce(&self) -> Option<&[u8]> {
        self.nonce.as_deref()
    }

    /// Judges as [`verify`](Self::verify) does, and tells faults from what cannot be judged. `others`: certificates that came
    /// along elsewhere, as authorities' may in signatures that are to last.
    ///
    /// Source: RFC 3161, 2.2 and 2.4.2; RFC 5816, 2.2.1.
    pub(crate) fn judge(
        token: &[u8],
        stamped: &[u8],
        tsa_roots: &TrustStore,
        others: &[Certificate],
        now: Timestamp,
    ) -> Result<Self, Objection> {
        let der = ber::to_der(token).map_err(|_| MALFORMED)?;
        let cms = ParsedCms::parse(der.bytes()).map_err(|_| MALFORMED)?;
        // A token has the authority's signature and no other. (RFC 3161, 2.4.2)
        let [signer] = cms.signers.as_slice() else {
            return Err(MALFORMED);
        };
        let content = cms.content.filter(|_| cms.content_type == oids::TST_INFO);
        let content = content.ok_or(MALFORMED)?;
        cms.check_structure(signer).map_err(|_| MALFORMED)?;
        let info = TstInfo::parse(content).ok_or(MALFORMED)?;
        info.is_about(stamped)?;

        cms.covers(signer, content)?;
        let missing = |_| Objection::Unknown(Reason::SignerCertificateMissing);
        let authority = cms.certificate_of(signer, others, None).map_err(missing)?;
        signer.is_made_by(authority, None)?;
        // The certificate must be named (RFC 3161, 2.4.2); by SHA-1 too, because that RFC has no other hash for it.
        if !matches!(signer.named(authority), Named::ByStrongHash | Named::ByWeakHash) {
            return Err(Objection::Failed(Reason::CertificateDiffers));
        }
        if !authority.is_for_time_stamping() {
            return Err(Objection::Failed(Reason::WrongKeyUsage));
        }
        if info.time.duration_since(now) > SKEW {
            return Err(Objection::Failed(Reason::FromTheFuture));
        }
        let others = [cms.certificates.as_slice(), others].concat();
        tsa_roots
            .chain(authority, &others, info.time)
            .map_err(Objection::from)?;
        Ok(Self {
            time: info.time,
            nonce: info.nonce,
            authority: authority.clone(),
            der: der.bytes().to_vec(),
        })
    }
}

const MALFORMED: Objection = Objection::Failed(Reason::Malformed);

/// A token proves when somebody's signature was there: only its length is printed.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({} bytes)", self.der.len())
    }
}

/// `TSTInfo` (RFC 3161, 2.4.2), as far as we ask.
struct TstInfo<'a> {
    imprint: MessageImprint<'a>,
    time: Timestamp,
    nonce: Option<Vec<u8>>,
}

impl<'a> TstInfo<'a> {
    fn parse(der: &'a [u8]) -> Option<Self> {
        const EXTENSIONS: Tag = Tag::ContextSpecific {
            constructed: true,
            number: TagNumber::N1,
        };
        let mut reader = inside(der)?;
        let version: u8 = reader.decode().ok()?;
        let _policy: ObjectIdentifier = reader.decode().ok()?;
        let imprint = reader.decode().ok()?;
        let serial: AnyRef<'_> = reader.decode().ok()?;
        let time: AnyRef<'_> = reader.decode().ok()?;
        let is_first = version == 1 && serial.tag() == Tag::Integer && time.tag() == Tag::GeneralizedTime;
        // Accuracy, ordering, nonce, the authority's name, extensions: all may be left out, none may come twice.
        let mut rest: Vec<AnyRef<'_>> = Vec::new();
        while !reader.is_finished() {
            let element: AnyRef<'_> = reader.decode().ok()?;
            if rest.iter().any(|other| other.tag() == element.tag()) {
                return None;
            }
            rest.push(element);
        }
        let with_tag = |tag| rest.iter().find(|element| element.tag() == tag);
        if let Some(extensions) = with_tag(EXTENSIONS)
            && has_critical(*extensions)?
        {
            return None;
        }
        let nonce = with_tag(Tag::Integer).map(Encode::to_der).transpose().ok()?;
        is_first.then_some(Self {
            imprint,
            time: generalized_time(std::str::from_utf8(time.value()).ok()?)?,
            nonce,
        })
    }

    fn is_about(&self, stamped: &[u8]) -> Result<(), Objection> {
        let hash = hash_of(self.imprint.hash_algorithm)?;
        if self.imprint.hashed_message.as_bytes() == hash.digest(stamped) {
            Ok(())
        } else {
            Err(Objection::Failed(Reason::ImprintDiffers))
        }
    }
}

/// True if one of some `Extensions` must be understood: we know none.
fn has_critical(extensions: AnyRef<'_>) -> Option<bool> {
    // The tag [1] is IMPLICIT, so that of the SEQUENCE is put back for decoding.
    let extensions: der::Result<Vec<x509_cert::ext::Extension>> = AnyRef::new(Tag::Sequence, extensions.value())
        .and_then(|sequence| sequence.to_der())
        .and_then(|der| Decode::from_der(&der));
    Some(extensions.ok()?.iter().any(|extension| extension.critical))
}

/// `YYYYMMDDhhmmss[.s...]Z`: the fraction is what other uses of this type do not have.
fn generalized_time(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = text.strip_suffix('Z')?.split_at_checked(14)?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_fraction = fraction.is_empty() || fraction.strip_prefix('.').is_some_and(digits);
    if !digits(seconds) || !is_fraction {
        return None;
    }
    // Without its fraction a stamp counts as earlier than it says, by less than a second.
    let time = DateTime::strptime("%Y%m%d%H%M%S", seconds).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(
            generalized_time(text),
            expected.map(|time| time.parse().unwrap()),
            "{text}"
        );
    }

    #[test]
    fn times_may_have_a_fraction() {
        check("20261120090200Z", Some("2026-11-20T09:02:00Z"));
        check("20261120090200.5Z", Some("2026-11-20T09:02:00Z"));
        check("20261120090200.123456Z", Some("2026-11-20T09:02:00Z"));
    }

    #[test]
    fn other_forms_of_time_are_refused() {
        for text in [
            "",
            "Z",
            "20261120090200",
            "20261120090200.Z",
            "20261120090200,5Z",
            "20261120090200+0100",
            "20261320090200Z",
            "2026112009020\u{e9}Z",
            "+0261120090200Z",
            "202611200902Z",
        ] {
            check(text, None);
        }
    }
}
