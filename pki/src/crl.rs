//! Lookup of a certificate in its issuer's revocation list (RFC 5280, 5 and 6.3).
//!
//! Belgian lists are many megabytes long: they are walked through once, entry by entry, and nothing of them is copied.

use crate::revocation::{Period, not_from_the_future, timestamp, verify};
use crate::{Certificate, Doubt, Statement, Status, same_name};
use der::asn1::{AnyRef, BitStringRef, ContextSpecific, ObjectIdentifier, OctetStringRef};
use der::{Decode, Reader, Sequence, SliceReader, Tag, TagNumber, Tagged};
use jiff::Timestamp;
use x509_cert::ext::pkix::crl::dp::IssuingDistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::spki::AlgorithmIdentifierRef;
use x509_cert::time::Time;

const REASON_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
const DELTA_CRL_INDICATOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
/// Reason of an entry that takes another one back (RFC 5280, 5.3.1): the certificate is not revoked.
const REMOVE_FROM_CRL: u8 = 8;

/// Judges `certificate` by `list`, a DER `CertificateList`, as seen at `at`. The caller has checked that `issuer` issued
/// the certificate and is trusted.
///
/// Only a complete list of that issuer is believed, signed with its own key. Time is linear in the list's length.
///
/// # Errors
/// [`Doubt`] says why it is not believed: [`Doubt::PartialList`] for delta and indirect lists, those for some reasons only,
/// those for another kind of certificate, and those of another distribution point than the certificate names.
pub fn judge_crl(
    list: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
    at: Timestamp,
) -> Result<Statement, Doubt> {
    let list = List::parse(list)?;
    // Before the signature, for which megabytes are hashed.
    if !same_name(list.issuer, issuer.subject_der()) || !issuer.key_usage().is_none_or(|usage| usage.crl_sign) {
        return Err(Doubt::WrongSigner);
    }
    verify(issuer, &list.algorithm, list.signed, list.signature)?;
    for extension in list.extensions.iter() {
        is_complete(&extension?, certificate)?;
    }
    let status = list.status(certificate.serial())?;
    list.period.state(status, certificate, at)
}

/// Judges `certificate` by a `list` that was kept with a signature: at `at` or, if the list was made later, then. It
/// counts only if it was made before `now`.
///
/// # Errors
/// As [`judge_crl`].
pub fn judge_kept_crl(
    list: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
    at: Timestamp,
    now: Timestamp,
) -> Result<Statement, Doubt> {
    let made = List::parse(list)?.period.this_update;
    not_from_the_future(made, now)?;
    judge_crl(list, certificate, issuer, at.max(made))
}

/// `CertificateList` (RFC 5280, 5.1), in slices of what came.
struct List<'a> {
    signed: &'a [u8],
    algorithm: AlgorithmIdentifierRef<'a>,
    signature: &'a [u8],
    issuer: &'a [u8],
    period: Period,
    entries: Elements<'a>,
    extensions: Elements<'a>,
}

impl<'a> List<'a> {
    fn parse(der: &'a [u8]) -> Result<Self, Doubt> {
        let mut whole = Elements::parse(der)?.reader()?;
        let signed = whole.tlv_bytes()?;
        let outer_algorithm = whole.tlv_bytes()?;
        let signature: BitStringRef<'a> = whole.decode()?;
        whole.finish(())?;

        let mut reader = Elements::parse(signed)?.reader()?;
        // Version 2 is written as 1, version 1 is left out. (RFC 5280, 5.1.2.1)
        if reader.peek_tag()? == Tag::Integer && reader.decode::<u8>()? != 1 {
            return Err(Doubt::Malformed);
        }
        // RFC 5280, 5.1.1.2: the algorithm stands twice, and must be the same; only the inner one is signed.
        if reader.tlv_bytes()? != outer_algorithm {
            return Err(Doubt::Malformed);
        }
        let issuer = reader.tlv_bytes()?;
        let this_update = time(reader.decode()?)?;
        let next_update: Option<Time> = match next_tag(&reader)? {
            Some(Tag::UtcTime | Tag::GeneralizedTime) => Some(reader.decode()?),
            Some(_) | None => None,
        };
        let entries = match next_tag(&reader)? {
            Some(Tag::Sequence) => Elements::parse(reader.tlv_bytes()?)?,
            Some(_) | None => Elements::default(),
        };
        let extensions = ContextSpecific::<AnyRef<'a>>::decode_explicit(&mut reader, TagNumber::N0)?;
        reader.finish(())?;
        Ok(Self {
            signed,
            algorithm: AlgorithmIdentifierRef::from_der(outer_algorithm)?,
            signature: signature.as_bytes().ok_or(Doubt::Malformed)?,
            issuer,
            period: Period {
                this_update,
                next_update: next_update.map(time).transpose()?,
            },
            entries,
            extensions: extensions
                .map(|tagged| Elements::within(tagged.value))
                .transpose()?
                .unwrap_or_default(),
        })
    }

    /// Every entry is looked at, also behind the one we look for: one that must be understood and is not spoils the whole
    /// list (RFC 5280, 5.3).
    fn status(&self, serial: &[u8]) -> Result<Status, Doubt> {
        let mut status = Status::Good;
        let mut reader = self.entries.reader()?;
        while !reader.is_finished() {
            let entry = Entry::parse(reader.tlv_bytes()?)?;
            let reason = entry.reason()?;
            if without_leading_zeros(entry.serial) == without_leading_zeros(serial) && reason != REMOVE_FROM_CRL {
                status = Status::Revoked {
                    at: time(entry.revoked)?,
                    reason: reason.into(),
                };
            }
        }
        Ok(status)
    }
}

/// One line of a list.
struct Entry<'a> {
    serial: &'a [u8],
    revoked: Time,
    extensions: Elements<'a>,
}

impl<'a> Entry<'a> {
    fn parse(der: &'a [u8]) -> Result<Self, Doubt> {
        let mut reader = Elements::parse(der)?.reader()?;
        let serial: AnyRef<'a> = reader.decode()?;
        serial.tag().assert_eq(Tag::Integer)?;
        let revoked = reader.decode()?;
        let extensions = match next_tag(&reader)? {
            Some(_) => Elements::parse(reader.tlv_bytes()?)?,
            None => Elements::default(),
        };
        reader.finish(())?;
        Ok(Self {
            serial: serial.value(),
            revoked,
            extensions,
        })
    }

    /// The number of the reason; 0, unspecified, if there is none.
    fn reason(&self) -> Result<u8, Doubt> {
        let mut reason = 0;
        for extension in self.extensions.iter() {
            let extension = extension?;
            if extension.id == REASON_CODE {
                let code = AnyRef::from_der(extension.value.as_bytes())?;
                code.tag().assert_eq(Tag::Enumerated)?;
                let [number] = code.value() else {
                    return Err(Doubt::Malformed);
                };
                reason = *number;
            } else if extension.critical {
                // Certificate issuer (2.5.29.29) among them: it makes the list an indirect one.
                return Err(Doubt::UnsupportedExtension);
            }
        }
        Ok(reason)
    }
}

/// `Extension` (RFC 5280, 4.1), borrowed.
#[derive(Sequence)]
struct Extension<'a> {
    id: ObjectIdentifier,
    #[asn1(default = "Default::default")]
    critical: bool,
    value: OctetStringRef<'a>,
}

/// The inside of a SEQUENCE OF.
#[derive(Clone, Copy, Default)]
struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    fn parse(der: &'a [u8]) -> Result<Self, Doubt> {
        Self::within(AnyRef::from_der(der)?)
    }

    fn within(sequence: AnyRef<'a>) -> Result<Self, Doubt> {
        sequence.tag().assert_eq(Tag::Sequence)?;
        Ok(Self(sequence.value()))
    }

    fn reader(&self) -> Result<SliceReader<'a>, Doubt> {
        Ok(SliceReader::new(self.0)?)
    }

    /// Its extensions, up to the first that is none.
    fn iter(&self) -> impl Iterator<Item = Result<Extension<'a>, Doubt>> + use<'a> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let next = first_extension(rest);
            rest = next.as_ref().map_or(&[], |(_, behind)| *behind);
            Some(next.map(|(extension, _)| extension))
        })
    }
}

fn first_extension(der: &[u8]) -> Result<(Extension<'_>, &[u8]), Doubt> {
    let mut reader = SliceReader::new(der)?;
    let extension = reader.decode()?;
    let behind = reader.read_slice(reader.remaining_len())?;
    Ok((extension, behind))
}

/// Refuses a list that does not have every revocation of certificates like `certificate`.
fn is_complete(extension: &Extension<'_>, certificate: &Certificate) -> Result<(), Doubt> {
    match extension.id {
        DELTA_CRL_INDICATOR => Err(Doubt::PartialList),
        ISSUING_DISTRIBUTION_POINT => {
            let point = IssuingDistributionPoint::from_der(extension.value.as_bytes())?;
            if covers(&point, certificate) {
                Ok(())
            } else {
                Err(Doubt::PartialList)
            }
        }
        _ if extension.critical => Err(Doubt::UnsupportedExtension),
        _ => Ok(()),
    }
}

/// Returns true if a list for this distribution point has every revocation of `certificate`. (RFC 5280, 6.3.3 (b)(2))
fn covers(point: &IssuingDistributionPoint, certificate: &Certificate) -> bool {
    let of_this_kind = if certificate.is_ca() {
        !point.only_contains_user_certs
    } else {
        !point.only_contains_ca_certs
    };
    let is_named = match &point.distribution_point {
        None => true,
        Some(DistributionPointName::FullName(names)) => names.iter().any(|name| {
            matches!(name, GeneralName::UniformResourceIdentifier(url)
                if certificate.crl_urls().iter().any(|named| named == url.as_str()))
        }),
        Some(DistributionPointName::NameRelativeToCRLIssuer(_)) => false,
    };
    let whole = point.only_some_reasons.is_none() && !point.indirect_crl && !point.only_contains_attribute_certs;
    whole && of_this_kind && is_named
}

fn next_tag(reader: &SliceReader<'_>) -> Result<Option<Tag>, Doubt> {
    if reader.is_finished() {
        return Ok(None);
    }
    Ok(Some(reader.peek_tag()?))
}

fn time(time: Time) -> Result<Timestamp, Doubt> {
    timestamp(time.to_unix_duration())
}

/// Strips leading zeros, of which some authorities write more than DER allows.
fn without_leading_zeros(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|byte| **byte == 0).count();
    serial.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests;
