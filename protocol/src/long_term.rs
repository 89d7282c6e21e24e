//! What is kept with a signature so that whoever verifies it years later need ask nobody.

use beid_pki::{Certificate, Doubt, Question, Statement, Status, judge_kept_crl};
use jiff::Timestamp;

/// What authorities said of certificates around the time of signing: level B-LT.
///
/// Source: ETSI EN 319 122-1, 5.5; EN 319 132-1, 5.4.2.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct RevocationValues {
    /// OCSP answers, DER `OCSPResponse` (RFC 6960, 4.2.1).
    pub ocsp: Vec<Vec<u8>>,
    /// Revocation lists, DER `CertificateList` (RFC 5280, 5.1).
    pub crls: Vec<Vec<u8>>,
}

/// They name certificates of people: only their number is printed.
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
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ocsp.is_empty() && self.crls.is_empty()
    }

    /// What the first value says that can be believed about `certificate` as it was at `at`; a revocation goes first.
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
                (Err(_), Ok(_)) | (Err(Doubt::OtherCertificate), Err(_)) => found = statement,
                (Ok(_) | Err(_), _) => {}
            }
        }
        found
    }
}
