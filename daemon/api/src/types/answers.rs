//! The members of the platform's answers, parsed.

use crate::words::{DialectWord, PlatformOutcome, SoapVersion};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An answer of the platform, as received.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResponseRequest {
    /// The answer, or the SOAP envelope around it.
    #[schemars(length(min = 1))]
    pub xml: String,
}

/// An answer of the platform, parsed.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResponseAnswer {
    /// `complete`, `nothing-found` (there is no such link), `failed`, or `fault` (the call itself failed).
    pub outcome: PlatformOutcome,
    /// Operation that was answered: `get-therapeutic-link`, `consent-status` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `national` (hubservices 2.3) or `hub` (3.5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<DialectWord>,
    /// `iscomplete` of the answer; may be true beside errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complete: Option<bool>,
    /// Errors, in the platform's words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<PlatformErrorAnswer>,
    /// Head of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<ResponseHeaderAnswer>,
    /// The consent that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<PlatformConsentAnswer>,
    /// The links that were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub therapeutic_links: Option<Vec<PlatformLinkAnswer>>,
    /// The exclusions that were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub therapeutic_exclusions: Option<Vec<PlatformExclusionAnswer>>,
    /// True if there is such a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<bool>,
    /// The SOAP fault that came instead of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultAnswer>,
    /// Parts that this software does not know, as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other: Vec<UnknownAnswer>,
}

impl ResponseAnswer {
    /// An answer of which only the outcome is known.
    #[must_use]
    pub fn new(outcome: PlatformOutcome) -> Self {
        Self {
            outcome,
            kind: None,
            dialect: None,
            complete: None,
            errors: Vec::new(),
            response: None,
            consent: None,
            therapeutic_links: None,
            therapeutic_exclusions: None,
            value: None,
            fault: None,
            other: Vec::new(),
        }
    }
}

/// An error of the platform.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformErrorAnswer {
    /// The first code, as the platform wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Its table: `CD-ERROR` or `LOCAL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// The first description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Language of the description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Address with more information.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Identifiers that the error is about: in a bulk request, those of links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<IdAnswer>,
    /// Codes after the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_codes: Vec<CodeAnswer>,
    /// Descriptions after the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_descriptions: Vec<WordsAnswer>,
}

/// The head of an answer.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResponseHeaderAnswer {
    /// ID-KMEHR of the answer.
    pub id: String,
    /// The service that answered.
    pub author: PlatformAuthorAnswer,
    /// Time, ISO 8601; without offset it is Belgian time.
    pub at: String,
    /// The head of the request it answers.
    pub request: RequestHeadAnswer,
}

/// The head of a request.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestHeadAnswer {
    /// ID-KMEHR of the request: `requestId` in the answer with the document.
    pub id: String,
    /// The author of the request.
    pub author: PlatformAuthorAnswer,
    /// Time, ISO 8601; without offset it is Belgian time.
    pub at: String,
    /// Most rows asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_rows: Option<String>,
    /// Reason for access without a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub break_the_glass: Option<String>,
}

/// The author of a request or an answer.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformAuthorAnswer {
    /// Organisation and person, in the order written.
    pub parties: Vec<PlatformPartyAnswer>,
    /// The citizen, if one asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<PlatformPatientAnswer>,
    /// A person who is neither provider nor patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PlatformPersonAnswer>,
}

/// A care provider, organisation or program.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformPartyAnswer {
    /// Identifiers, in the order written.
    pub ids: Vec<IdAnswer>,
    /// Codes of CD-HCPARTY.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<CodeAnswer>,
    /// Names.
    #[serde(flatten)]
    pub names: NamesAnswer,
}

/// A patient.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformPatientAnswer {
    /// National number, 11 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_number: Option<String>,
    /// National number and card numbers, in the order written.
    pub ids: Vec<IdAnswer>,
    /// Names.
    #[serde(flatten)]
    pub names: NamesAnswer,
}

/// A person who is neither patient nor provider.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformPersonAnswer {
    /// Identifiers, in the order written.
    pub ids: Vec<IdAnswer>,
    /// Given names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first_names: Vec<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
}

/// Names of a person, organisation or program.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NamesAnswer {
    /// Name of an organisation or program, or the only name of a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Given names of a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name of a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
}

/// An identifier.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdAnswer {
    /// `INSS`, `ID-HCPARTY`, `EID-CARDNO` …
    pub scheme: String,
    /// Name of the local scheme, if the scheme is `LOCAL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<String>,
    /// The number.
    pub value: String,
}

/// A code.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeAnswer {
    /// `CD-HCPARTY`, `CD-THERAPEUTICLINKTYPE` …
    pub scheme: String,
    /// Version of the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Name of the local table, if the scheme is `LOCAL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<String>,
    /// The code.
    pub value: String,
    /// Meaning of the code, if the answer gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    /// Language of the meaning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// A text, and its language if given.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WordsAnswer {
    /// `nl`, `fr` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The text.
    pub text: String,
}

/// A patient's consent, as the platform has it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformConsentAnswer {
    /// The patient.
    pub patient: PlatformPatientAnswer,
    /// Codes of CD-CONSENTTYPE.
    pub codes: Vec<CodeAnswer>,
    /// `GIVEN`, `REVOKED`, `DECEASED`, or a word of the platform that this software does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The day it was given, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_date: Option<String>,
    /// The day it was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoke_date: Option<String>,
    /// The author who registered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<PlatformAuthorAnswer>,
}

/// A therapeutic link, as the platform has it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformLinkAnswer {
    /// The patient.
    pub patient: PlatformPatientAnswer,
    /// The providers.
    pub parties: Vec<PlatformPartyAnswer>,
    /// Code of CD-THERAPEUTICLINKTYPE.
    #[serde(rename = "type")]
    pub link_type: CodeAnswer,
    /// First day, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    /// First day after the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Operations on it that the platform recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<OperationContextAnswer>,
}

/// A provider who may not see a patient's data, as the platform has it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformExclusionAnswer {
    /// The patient.
    pub patient: PlatformPatientAnswer,
    /// The excluded provider.
    pub hc_party: PlatformPartyAnswer,
    /// Operations on it that the platform recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<OperationContextAnswer>,
}

/// An operation on a link or an exclusion, as recorded by the platform.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationContextAnswer {
    /// `declaration`, `revocation`, or a word of the platform that this software does not know.
    pub operation: String,
    /// Time of recording, ISO 8601.
    pub recorded_at: String,
    /// The request; absent if an authentic source was the cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestHeadAnswer>,
    /// Proofs that came with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<PlatformProofAnswer>,
}

/// A proof that the platform keeps.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformProofAnswer {
    /// Code of CD-PROOFTYPE.
    #[serde(rename = "type")]
    pub proof_type: CodeAnswer,
    /// Format of the octets: `CMS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<CodeAnswer>,
    /// Encoding of the octets, as the answer names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The octets, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

/// A SOAP fault.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FaultAnswer {
    /// `1.1` or `1.2`.
    pub soap: SoapVersion,
    /// The code, then its subcodes, as written.
    pub codes: Vec<String>,
    /// Reasons, in words.
    pub reasons: Vec<WordsAnswer>,
    /// The actor that reports the fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The piece of XML with the details.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A part of an answer that this software does not know.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnknownAnswer {
    /// Path of the part: `acknowledge/warning`, `consent/@new`, `response/text()` …
    pub path: String,
    /// Namespace of the part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The piece of XML.
    pub xml: String,
}
