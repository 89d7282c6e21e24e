//! The members of requests and answers about files whose signatures are verified: of anybody, and without a card.

use super::{NamesInLanguages, PeriodAnswer};
use crate::words::{CheckOutcome, CoveredData, FileVerdict, PlatformDocument, RootTrust};
use beid_pki::{Certificate, Check, CheckName, Outcome, Reason};
use beid_protocol::codes::LinkType;
use beid_protocol::name::Name;
use beid_protocol::summary::{
    Action, IdentifierSummary, LinkSummary, PartySummary, PatientSummary, PersonSummary, RequestSummary, SignedSummary,
};
use beid_protocol::therlink::ContentProfile;
use beid_protocol::verify::{DocumentContent, DocumentKind, Verification};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A file to be verified. All files together may have 6 MiB.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileVerificationRequest {
    /// The file, in base64: a signature (CMS, XML), a container, or a request to the platform with its proofs.
    pub file: String,
    /// The content that was signed, in base64, for a signature that stands beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Certificates that the signer may have, DER in base64, for a signature that does not carry them. They are judged like
    /// any other.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub certificates: Option<Vec<String>>,
}

/// Verification of a signature, or of a request with its proofs.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileVerificationAnswer {
    /// The verdict; of several signatures or links, the worst.
    pub verdict: FileVerdict,
    /// Each check that was made.
    pub checks: Vec<FileCheckAnswer>,
    /// Trust in the root behind the signature: `genuine`, `test` or `none`.
    pub trust: RootTrust,
    /// The signer, as the certificate says; absent unless the check `signature` passed, or if there are several signatures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<SignerAnswer>,
    /// Time of the signature by the signer's own clock, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub signing_time: Option<String>,
    /// Time of the time stamp, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub stamped_at: Option<String>,
    /// Kinds of the platform's documents that are signed or requested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<PlatformDocument>,
    /// Contents of these documents, as they are written in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contents: Vec<DocumentContentAnswer>,
    /// Verification of each of several links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Self>,
    /// Verification of each of several signatures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<Self>,
    /// Parts that are there and were not judged: `pdf`, `evidence-record` …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_judged: Vec<String>,
    /// Data that the signature covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covers: Option<CoveredData>,
}

/// One check of a file.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct FileCheckAnswer {
    /// Name of the check: `signature`, `content-digest` …
    pub name: String,
    /// `passed`, `failed` or `unknown`.
    pub outcome: CheckOutcome,
    /// Reason as a stable word, unless it passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The owner of the key that signed.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct SignerAnswer {
    /// Name on the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Issuer of the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
}

/// Content of a document of the platform, as it is written there. Only the checks tell whether it is true.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentContentAnswer {
    /// Kind of the document.
    pub document: PlatformDocument,
    /// Operation that a request asks for: `put-consent` …; absent in the content of a proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Day of the request, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub made_on: Option<String>,
    /// The patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<NamedPartyAnswer>,
    /// The person who acts for the patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub representative: Option<NamedPartyAnswer>,
    /// The providers concerned: of a consent its author, of an exclusion the one who is excluded.
    pub parties: Vec<NamedPartyAnswer>,
    /// Code of the type of a link.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub link_type: Option<String>,
    /// Name of that type, if it is known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_names: Option<NamesInLanguages>,
    /// Period of a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<PeriodAnswer>,
    /// Remark on a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A person or organisation in a document.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedPartyAnswer {
    /// Name, if the document has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// National number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_number: Option<String>,
    /// Number of the sickness insurance institute, or the enterprise number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nihii: Option<String>,
}

impl From<&Verification> for FileVerificationAnswer {
    fn from(verification: &Verification) -> Self {
        let passed = |name| verification.outcome(name) == Some(Outcome::Passed);
        // Before that it is nobody's signature.
        let signer = verification.signer().filter(|_| passed(CheckName::Signature));
        let covers = verification.profile().map(|profile| match profile {
            ContentProfile::Connector => CoveredData::PatientProviderDay,
            ContentProfile::Strict => CoveredData::WholeLink,
        });
        Self {
            verdict: FileVerdict::from_word(verification.verdict().name()),
            checks: verification.checks().iter().map(FileCheckAnswer::from).collect(),
            trust: RootTrust::from_word(verification.trust().name()),
            signer: signer.map(SignerAnswer::from),
            signing_time: verification.signing_time().map(|time| time.to_string()),
            stamped_at: verification.stamped_at().map(|time| time.to_string()),
            documents: verification.documents().iter().map(PlatformDocument::from).collect(),
            contents: verification.contents().iter().flat_map(contents).collect(),
            links: verification
                .links()
                .iter()
                .map(Self::from)
                .map(Self::without_contents)
                .collect(),
            signatures: verification
                .signatures()
                .iter()
                .map(Self::from)
                .map(Self::without_contents)
                .collect(),
            not_judged: verification
                .not_judged()
                .iter()
                .map(|word| (*word).to_owned())
                .collect(),
            covers: covers.or_else(|| covered(verification)),
        }
    }
}

impl FileVerificationAnswer {
    /// Leaves the contents out of a part: those of the whole say the same.
    fn without_contents(mut self) -> Self {
        self.contents.clear();
        self
    }
}

impl From<&Check> for FileCheckAnswer {
    fn from(check: &Check) -> Self {
        Self {
            name: check.name.name().to_owned(),
            outcome: CheckOutcome::from_word(check.outcome.name()),
            reason: check.outcome.reason().map(|reason| reason.word().to_owned()),
        }
    }
}

impl FileCheckAnswer {
    /// Returns true if the check did not pass for this reason.
    #[must_use]
    pub fn is_for(&self, reason: Reason) -> bool {
        self.reason.as_deref() == Some(reason.word())
    }
}

impl From<&Certificate> for SignerAnswer {
    fn from(certificate: &Certificate) -> Self {
        Self {
            name: certificate.common_name().map(str::to_owned),
            issuer: certificate.issuer().map(str::to_owned),
        }
    }
}

impl From<&DocumentKind> for PlatformDocument {
    fn from(kind: &DocumentKind) -> Self {
        match kind {
            DocumentKind::Link => Self::TherapeuticLink,
            DocumentKind::Consent => Self::Consent,
            DocumentKind::Exclusion => Self::TherapeuticExclusion,
            DocumentKind::Query => Self::Query,
        }
    }
}

/// Data covered in a document that is no therapeutic link, or in a request it was not signed for.
fn covered(verification: &Verification) -> Option<CoveredData> {
    let is_request = verification.outcome(CheckName::Proof).is_some();
    let is_whole = verification.outcome(CheckName::ContentDigest)? == Outcome::Passed;
    Some(if is_whole && !is_request {
        CoveredData::Content
    } else {
        CoveredData::Nothing
    })
}

/// Describes the content of a document; each of several links by itself.
fn contents(content: &DocumentContent) -> Vec<DocumentContentAnswer> {
    match content {
        DocumentContent::Signed(SignedSummary { link, profile }) => vec![proved(link, *profile)],
        DocumentContent::Request(request) => match &request.action {
            Action::Link(one) => vec![requested(request, linked(&one.link))],
            Action::Links(links) => {
                let each = links.iter().map(|one| requested(request, linked(&one.proved.link)));
                each.collect()
            }
            Action::Consent(consent) => {
                let author = consent.author.as_ref().unwrap_or(&request.author);
                let answer = about(PlatformDocument::Consent, Some(&consent.patient), &author.parties);
                vec![requested(request, answer)]
            }
            Action::Exclusion(exclusion) => {
                let excluded = std::slice::from_ref(&exclusion.party);
                let answer = about(
                    PlatformDocument::TherapeuticExclusion,
                    Some(&exclusion.patient),
                    excluded,
                );
                vec![requested(request, answer)]
            }
            Action::Query(query) => {
                let answer = about(PlatformDocument::Query, query.patient.as_ref(), &query.parties);
                vec![requested(request, answer)]
            }
        },
    }
}

fn about(
    document: PlatformDocument,
    patient: Option<&PatientSummary>,
    parties: &[PartySummary],
) -> DocumentContentAnswer {
    DocumentContentAnswer {
        document,
        operation: None,
        made_on: None,
        patient: patient.map(|patient| party(patient.name.as_ref(), &patient.ids)),
        representative: None,
        parties: parties.iter().map(|one| party(one.name.as_ref(), &one.ids)).collect(),
        link_type: None,
        type_names: None,
        period: None,
        comment: None,
    }
}

fn linked(link: &LinkSummary) -> DocumentContentAnswer {
    let known = LinkType::parse(&link.link_type).ok();
    DocumentContentAnswer {
        link_type: Some(link.link_type.clone()),
        type_names: known.map(|row| row.names.into()),
        period: link.start.map(|start| PeriodAnswer {
            start: start.to_string(),
            end: link.end.map(|end| end.to_string()),
        }),
        comment: link.comment.clone(),
        ..about(PlatformDocument::TherapeuticLink, Some(&link.patient), &link.parties)
    }
}

/// Describes the content of a proof. The type and end of a throw-away link mean nothing, and its begin is a day.
fn proved(link: &LinkSummary, profile: ContentProfile) -> DocumentContentAnswer {
    match profile {
        ContentProfile::Strict => linked(link),
        ContentProfile::Connector => DocumentContentAnswer {
            made_on: link.start.map(|start| start.to_string()),
            ..about(PlatformDocument::TherapeuticLink, Some(&link.patient), &link.parties)
        },
    }
}

fn requested(request: &RequestSummary, answer: DocumentContentAnswer) -> DocumentContentAnswer {
    let person = request.author.person.as_ref();
    DocumentContentAnswer {
        operation: Some(request.operation.name().to_owned()),
        made_on: Some(request.date.to_string()),
        representative: person.map(|PersonSummary { ids, name }| party(name.as_ref(), ids)),
        ..answer
    }
}

fn party(name: Option<&Name>, ids: &[IdentifierSummary]) -> NamedPartyAnswer {
    let number = |scheme: &str| {
        let found = ids.iter().find(|id| id.scheme == scheme);
        found.map(|id| id.value.clone())
    };
    NamedPartyAnswer {
        name: name.map(|name| match name {
            Name::Person { first, family } => format!("{first} {family}"),
            Name::Single(name) => name.clone(),
        }),
        national_number: number("INSS"),
        nihii: number("ID-HCPARTY"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_pki::TrustStore;
    use beid_protocol::verify::verify;
    use jiff::Timestamp;
    use serde_json::json;

    fn answer(file: &[u8]) -> serde_json::Value {
        let verification = verify(file, &TrustStore::belgian(), Timestamp::now());
        serde_json::to_value(FileVerificationAnswer::from(&verification)).unwrap()
    }

    #[test]
    fn checks_keep_name_outcome_and_reason() {
        let answer = answer(b"<x/>");
        assert_eq!(
            answer,
            json!({
                "verdict": "not-signed",
                "checks": [{"name": "structure", "outcome": "unknown", "reason": "no-signature"}],
                "trust": "none",
            })
        );
    }

    #[test]
    fn a_request_says_what_is_written_in_it() {
        let golden = |name: &str| {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol/tests/golden");
            std::fs::read(folder.join(name)).unwrap()
        };
        let link = answer(&golden("eidreading.request.xml"));
        assert_eq!(
            (&link["verdict"], &link["documents"]),
            (&json!("not-signed"), &json!(["therapeutic-link"]))
        );
        let content = &link["contents"][0];
        assert_eq!(content["operation"], "put-therapeutic-link");
        assert!(
            content["typeNames"]["nl"].is_string() && content["period"]["start"].is_string(),
            "{content}"
        );
        assert!(content["patient"]["nationalNumber"].is_string(), "{content}");
        let bulk = answer(&golden("bulk.request.xml"));
        let links = bulk["links"].as_array().unwrap();
        assert_eq!(bulk["contents"].as_array().unwrap().len(), links.len());
        assert!(links.iter().all(|link| link.get("contents").is_none()));
        let consent = answer(&golden("consent-guardian-offsets.request.xml"));
        assert!(
            consent["contents"][0]["representative"]["name"].is_string(),
            "{consent}"
        );
    }
}
