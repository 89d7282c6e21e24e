//! The members of requests and answers about informed consents.

use super::{AuthorMembers, PatientMembers, RepresentativeMembers, WarningAnswer};
use crate::{CalendarDay, Coded};
use beid_protocol::codes::{Capacity, ConsentType};
use beid_protocol::dialect::Dialect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A consent to share health data, or a question about one.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsentRequest {
    /// Operation on the consent.
    pub operation: ConsentOperation,
    /// The insertion; absent: `current`, if a card is there or the patient has no number yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: Option<String>,
    /// The author of the request; absent: the practice of the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<AuthorMembers>,
    /// The patient: the holder that the card must have, or a person without a card here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<PatientMembers>,
    /// Day of signing; `put` and `revoke` only. Absent: today in Belgium (`put`) or unknown (`revoke`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_date: Option<CalendarDay>,
    /// Day of withdrawal; `revoke` only. Absent: today in Belgium.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoke_date: Option<CalendarDay>,
    /// Code of CD-CONSENTTYPE; absent: `retrospective`, the only one in use.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub consent_type: Option<Coded<&'static ConsentType>>,
    /// Form of the evidence to be signed with an eID; `put` and `revoke` only.
    #[serde(default)]
    pub evidence: ConsentEvidence,
    /// The signer of the evidence; absent: the patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<ConsentSigner>,
    /// The person who acts for the patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub representative: Option<RepresentativeMembers>,
    /// `national` (default) or `hub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Coded<Dialect>>,
    /// Language of the official text, such as `nl`; `put` with evidence only. Absent: Dutch. Refused as `no-official-text`
    /// if no text in that language is installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[A-Za-z0-9-]{2,35}$"))]
    pub text_language: Option<String>,
}

/// Operation on a consent.
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

/// Form of evidence.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentEvidence {
    /// No evidence.
    #[default]
    None,
    /// CMS in the form of CAdES B-B, beside the request; its content-hints name the text.
    Cades,
    /// XML Signature in the form of XAdES B-B, around request and text.
    Xades,
    /// A container (ASiC-E) with request and text, signed in XML.
    Asice,
}

/// Signer of the evidence.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentSigner {
    /// The patient, with the patient's eID.
    #[default]
    Patient,
    /// One of the author's parties, with an eID in a reader for the provider's own card.
    Provider,
}

/// A request about a consent, ready for the platform, and its evidence.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentAnswer {
    /// Identifier of the request.
    pub request_id: String,
    /// The insertion of the patient's card, if it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_id: Option<String>,
    /// The message, for the caller's SOAP body.
    pub xml: String,
    /// The evidence that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceAnswer>,
    /// The text that the signer was shown whole, and that the evidence names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent_text: Option<ConsentTextAnswer>,
    /// Unusual things that a person should look at.
    pub warnings: Vec<WarningAnswer>,
    /// Identifier of the record of this, with which it is found again; absent where nothing is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_id: Option<String>,
    /// True with a simulated card, and from a simulated service; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// Evidence of a consent. Keep it: the platform does not.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceAnswer {
    /// Form of the evidence, as asked.
    pub format: ConsentEvidence,
    /// Media type of the file.
    pub media_type: String,
    /// The file, in base64.
    pub data: String,
}

/// The official text that the signer agreed to.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentTextAnswer {
    /// Identifier of the text, the same in every language.
    pub id: String,
    /// Its language: `nl`.
    pub language: String,
    /// Version of the text.
    pub version: String,
    /// SHA-256 of the text in UTF-8, lower-case hex.
    pub sha256: String,
}

/// The official text, as written in evidence.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignedText {
    /// Identifier of the text, the same in every language.
    pub id: String,
    /// Its language: `nl`.
    pub language: String,
    /// Version of the text.
    pub version: String,
    /// SHA-256 of `plain_text` in UTF-8, lower-case hex.
    pub sha256: String,
    /// The text: a paragraph a line, with a line feed behind each.
    pub plain_text: String,
}

/// The person who acted for the patient, as written in evidence.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedRepresentative {
    /// Given names.
    pub first_name: String,
    /// Family name.
    pub family_name: String,
    /// `parent`, `guardian`, `administrator` or `mandatary`.
    pub capacity: Coded<Capacity>,
    /// National number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssin: Option<String>,
}
