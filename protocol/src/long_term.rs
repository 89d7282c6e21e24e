//! Values kept with a signature, so that a verifier years later need ask nobody.

use beid_pki::{Certificate, Doubt, Question, Statement, Status, judge_kept_crl};
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode, Reader, Sequence, SliceReader, Tag, TagMode, TagNumber};
use jiff::Timestamp;

/// Answers of authorities on certificates from around the time of signing: level B-LT.
///
/// Source: ETSI EN 319 122-1, 5.5; EN 319 132-1, 5.4.2.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct RevocationValues {
    /// OCSP answers, DER `OCSPResponse` (RFC 6960, 4.2.1).
    pub ocsp: Vec<Vec<u8>>,
    /// Revocation lists, DER `CertificateList` (RFC 5280, 5.1).
    pub crls: Vec<Vec<u8>>,
}

/// The values name certificates of people: only their number is printed.
impl std::fmt::Debug for RevocationValues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "RevocationValues({} answers, {} lists)",
            self.ocsp.len(),
            self.crls.len()
        )
    }
}

impl RevocationValues {
    /// Returns true if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ocsp.is_empty() && self.crls.is_empty()
    }

    /// Adds the values of another place.
    pub(crate) fn extend(&mut self, more: Self) {
        self.ocsp.extend(more.ocsp);
        self.crls.extend(more.crls);
    }

    /// Reads the `RevocationValues` of an attribute, DER. Values of other kinds are an error.
    ///
    /// Source: RFC 5126, 6.3.4: lists as they are, and of OCSP answers the inside only.
    pub(crate) fn from_attribute(der: &[u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(AnyRef::from_der(der)?.value())?;
        let lists: Option<Vec<AnyRef<'_>>> = reader.context_specific(TagNumber::N0, TagMode::Explicit)?;
        let answers: Option<Vec<AnyRef<'_>>> = reader.context_specific(TagNumber::N1, TagMode::Explicit)?;
        let (lists, answers) = reader.finish((lists, answers))?;
        let crls: der::Result<_> = lists.unwrap_or_default().iter().map(Encode::to_der).collect();
        let ocsp: der::Result<_> = answers.unwrap_or_default().iter().map(with_status).collect();
        Ok(Self {
            crls: crls?,
            ocsp: ocsp?,
        })
    }

    /// The statement of the first value that can be believed about `certificate` as it was at `at`; a revocation goes
    /// before all others.
    pub(crate) fn about(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Statement, Doubt> {
        let question = Question::about(certificate, issuer)?;
        let answers = self.ocsp.iter().map(|answer| question.judge_kept(answer, at, now));
        let lists = self
            .crls
            .iter()
            .map(|list| judge_kept_crl(list, certificate, issuer, at, now));
        let mut found = Err(Doubt::OtherCertificate);
        for statement in answers.chain(lists) {
            match (&found, &statement) {
                (_, Ok(revoked)) if revoked.status != Status::Good => return statement,
                // One by another issuer is about its certificates, and no fault.
                (Err(_), Err(Doubt::WrongSigner)) => {}
                // `OtherCertificate` is where the search begins, so any other doubt says more.
                (Err(_), Ok(_)) | (Err(Doubt::OtherCertificate), Err(_)) => found = statement,
                (Ok(_) | Err(_), _) => {}
            }
        }
        found
    }
}

/// `OCSPResponse` (RFC 6960, 4.2.1).
#[derive(Sequence)]
struct OcspResponse<'a> {
    status: AnyRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    bytes: ResponseBytes<'a>,
}

#[derive(Sequence)]
struct ResponseBytes<'a> {
    response_type: ObjectIdentifier,
    response: OctetStringRef<'a>,
}

/// Wraps a `BasicOCSPResponse` into the answer it came in, which was successful: only such are kept.
fn with_status(basic: &AnyRef<'_>) -> der::Result<Vec<u8>> {
    /// `id-pkix-ocsp-basic`.
    const BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");
    let basic = basic.to_der()?;
    let answer = OcspResponse {
        status: AnyRef::new(Tag::Enumerated, &[0])?,
        bytes: ResponseBytes {
            response_type: BASIC,
            response: OctetStringRef::new(&basic)?,
        },
    };
    answer.to_der()
}
