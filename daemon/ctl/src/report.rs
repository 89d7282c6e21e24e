//! Report on an offline verification, as `--json` prints it.

use beid_pki::{CheckName, Outcome, Reason, Trust};
use beid_protocol::therlink::ContentProfile;
use beid_protocol::verify::{DocumentKind, Verdict, Verification};
use serde::{Serialize, Serializer};

/// Report on a signature, or on a request with its proofs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProofReport {
    /// Verdict, by which the exit code is chosen.
    #[serde(serialize_with = "verdict_word")]
    pub(super) verdict: Verdict,
    /// Each check that was made.
    pub(super) checks: Vec<ProofCheck>,
    /// Worth of the root behind the signature.
    #[serde(serialize_with = "trust_word")]
    pub(super) trust: Trust,
    /// Time of the signature by the signer's own clock, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) signing_time: Option<String>,
    /// Time of the time stamp, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stamped_at: Option<String>,
    /// Kinds of the documents that are signed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) documents: Vec<&'static str>,
    /// Each link of several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) links: Vec<Self>,
    /// Each signature of several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) signatures: Vec<Self>,
    /// Parts that are there and were not judged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) not_judged: Vec<&'static str>,
    /// Data that the signature covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) covers: Option<&'static str>,
}

/// One check of a verification.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct ProofCheck {
    /// The check.
    #[serde(serialize_with = "check_word")]
    pub(super) name: CheckName,
    /// Its outcome, with the reason.
    #[serde(flatten, serialize_with = "outcome_members")]
    pub(super) outcome: Outcome,
}

impl From<&Verification> for ProofReport {
    fn from(verification: &Verification) -> Self {
        let checks = verification.checks().iter();
        let covers = verification.profile().map(|profile| match profile {
            ContentProfile::Connector => "patient, provider, day",
            ContentProfile::Strict => "patient, provider, type, period, remark",
        });
        Self {
            verdict: verification.verdict(),
            checks: checks
                .map(|check| ProofCheck {
                    name: check.name,
                    outcome: check.outcome,
                })
                .collect(),
            trust: verification.trust(),
            signing_time: verification.signing_time().map(|time| time.to_string()),
            stamped_at: verification.stamped_at().map(|time| time.to_string()),
            documents: verification
                .documents()
                .iter()
                .map(|kind| document_word(*kind))
                .collect(),
            links: verification.links().iter().map(Self::from).collect(),
            signatures: verification.signatures().iter().map(Self::from).collect(),
            not_judged: verification.not_judged().to_vec(),
            covers: covers.or_else(|| covered(verification)),
        }
    }
}

impl ProofCheck {
    /// Reason why the check did not pass.
    pub(super) fn reason(&self) -> Option<Reason> {
        self.outcome.reason()
    }
}

/// Word for a kind of document.
fn document_word(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Link => "therapeutic-link",
        DocumentKind::Consent => "consent",
        DocumentKind::Exclusion => "therapeutic-exclusion",
        DocumentKind::Query => "query",
    }
}

/// Data covered in a document that is no therapeutic link, or in a request it was not signed for.
fn covered(verification: &Verification) -> Option<&'static str> {
    let is_request = verification.outcome(CheckName::Proof).is_some();
    let is_whole = verification.outcome(CheckName::ContentDigest)? == Outcome::Passed;
    Some(if is_whole && !is_request {
        "the content"
    } else {
        "nothing"
    })
}

fn verdict_word<S: Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verdict.name())
}

fn trust_word<S: Serializer>(trust: &Trust, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(trust.name())
}

fn check_word<S: Serializer>(name: &CheckName, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name.name())
}

/// Members of an outcome.
#[derive(Serialize)]
struct OutcomeMembers {
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

fn outcome_members<S: Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
    let members = OutcomeMembers {
        outcome: outcome.name(),
        reason: outcome.reason().map(Reason::word),
    };
    members.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_pki::TrustStore;
    use beid_protocol::verify::{Context, verify_with};
    use jiff::Timestamp;
    use serde_json::json;

    #[test]
    fn checks_keep_name_outcome_and_reason() {
        let verification = verify_with(b"<x/>", &Context::new(&TrustStore::belgian(), Timestamp::now()));
        let answer = serde_json::to_value(ProofReport::from(&verification)).unwrap();
        assert_eq!(
            (&answer["trust"], &answer["verdict"]),
            (&json!("none"), &json!("not-signed"))
        );
        assert_eq!(answer["checks"][0]["name"], "structure");
        assert_eq!(answer["checks"][0]["outcome"], "unknown");
        assert_eq!(answer["checks"][0]["reason"], "no-signature");
        assert!(answer.get("covers").is_none(), "there is no signature");
    }
}
