//! The members of requests and answers about informed consents.

use super::{AuthorMembers, PatientMembers, RepresentativeMembers, WarningAnswer};
use crate::schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A consent to share health data, or a question about one.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsentRequest {
    /// What to do with it.
    pub operation: ConsentOperation,
    /// The insertion; absent: `current`, if a card is there or the patient has no number yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: Option<String>,
    /// Who asks; absent: the practice of the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<AuthorMembers>,
    /// The patient: whose card this must be, or of whom there is no card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<PatientMembers>,
    /// The day it was signed; absent: today in Belgium, of `revoke` none. Of `put` and `revoke`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub sign_date: Option<String>,
    /// The day it was withdrawn; absent: today in Belgium. Of `revoke`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub revoke_date: Option<String>,
    /// Code of CD-CONSENTTYPE; absent: `retrospective`, the only one in use.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = schema::consent_types()))]
    pub consent_type: Option<String>,
    /// What evidence to make with an eID. Of `put` and `revoke`.
    #[serde(default)]
    pub evidence: ConsentEvidence,
    /// Who signs the evidence; absent: the patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<ConsentSigner>,
    /// Who acts for the patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub representative: Option<RepresentativeMembers>,
    /// `national` (default) or `hub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["national", "hub"]))]
    pub dialect: Option<String>,
    /// Language of the official text, such as `nl`; absent: Dutch. Refused as `no-official-text` if none is installed in
    /// it. Of `put` with evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[A-Za-z0-9-]{2,35}$"))]
    pub text_language: Option<String>,
}

/// What to do with a consent.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentOperation {
    /// Register it.
    Put,
    /// Withdraw it.
    Revoke,
    /// Ask for it.
    Get,
    /// Ask whether it is given.
    Status,
}

/// What evidence is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentEvidence {
    /// There is none.
    #[default]
    None,
    /// CMS in the form of CAdES B-B, beside the request; its content-hints name the text.
    Cades,
    /// XML Signature in the form of XAdES B-B, around request and text.
    Xades,
    /// A container (ASiC-E) with request and text, signed in XML.
    Asice,
}

/// Whose eID signs the evidence.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentSigner {
    /// The patient's.
    #[default]
    Patient,
    /// That of one of the author's parties, in a reader for the provider's own card.
    Provider,
}

/// A request about a consent, ready to be sent, and what was made with it.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentAnswer {
    /// Identifier of the request.
    pub request_id: String,
    /// The insertion the patient was read from, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_id: Option<String>,
    /// The request.
    pub xml: String,
    /// The evidence that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceAnswer>,
    /// The text that was shown whole, and that the evidence names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent_text: Option<ConsentTextAnswer>,
    /// What is unusual.
    pub warnings: Vec<WarningAnswer>,
    /// There, and true, with a simulated card, and from a service that has no others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// Evidence that somebody agreed, to be kept.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceAnswer {
    /// As asked.
    pub format: ConsentEvidence,
    /// What the file is.
    pub media_type: String,
    /// The file, base64.
    pub data: String,
}

/// Which text somebody agreed to.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentTextAnswer {
    /// What the text is called, in whatever language.
    pub id: String,
    /// Its language: `nl`.
    pub language: String,
    /// Which wording.
    pub version: String,
    /// SHA-256 of the text in UTF-8, lower-case hex.
    pub sha256: String,
}

/// A text as it lies in evidence.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignedText {
    /// What the text is called, in whatever language.
    pub id: String,
    /// Its language: `nl`.
    pub language: String,
    /// Which wording.
    pub version: String,
    /// SHA-256 of `plain_text` in UTF-8, lower-case hex.
    pub sha256: String,
    /// The text: a paragraph a line, with a line feed behind each.
    pub plain_text: String,
}

/// Who acted for the patient, as it lies in evidence.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedRepresentative {
    /// Given names.
    pub first_name: String,
    /// Family name.
    pub family_name: String,
    /// `parent`, `guardian`, `administrator` or `mandatary`.
    pub capacity: String,
    /// National number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssin: Option<String>,
}
