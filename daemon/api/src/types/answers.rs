//! The members of the platform's answers, parsed.

use crate::words::{DialectWord, PlatformOutcome, SoapVersion};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An answer of the platform, as it came.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResponseRequest {
    /// The answer, or the SOAP envelope around it.
    #[schemars(length(min = 1))]
    pub xml: String,
}

/// What it says.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResponseAnswer {
    /// `complete`, `nothing-found` (there is no such link), `failed`, or `fault` (the call itself failed).
    pub outcome: PlatformOutcome,
    /// What was asked: `get-therapeutic-link`, `consent-status` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `national` (hubservices 2.3) or `hub` (3.5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<DialectWord>,
    /// What it says of itself; true may stand beside errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complete: Option<bool>,
    /// What was wrong, in the platform's words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<PlatformErrorAnswer>,
    /// Who answered, when, and to which request.
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
    /// Whether there is such a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<bool>,
    /// What came instead of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultAnswer>,
    /// What this software has no name for, as it was written.
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

/// One thing that was wrong.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformErrorAnswer {
    /// The first code, as the platform wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Its table: `CD-ERROR` or `LOCAL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// What happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// In which language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Where to read more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What it is about: in a bulk request, which link.
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
    /// Its ID-KMEHR.
    pub id: String,
    /// Who answered.
    pub author: PlatformAuthorAnswer,
    /// ISO 8601; without offset it is Belgian time.
    pub at: String,
    /// The head of the request it answers.
    pub request: RequestHeadAnswer,
}

/// The head of a request.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestHeadAnswer {
    /// Its ID-KMEHR, `requestId` when it was made.
    pub id: String,
    /// Who asked.
    pub author: PlatformAuthorAnswer,
    /// ISO 8601; without offset it is Belgian time.
    pub at: String,
    /// How many rows were asked for at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_rows: Option<String>,
    /// Why the glass was broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub break_the_glass: Option<String>,
}

/// Who did something.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformAuthorAnswer {
    /// Organisation and person, in order.
    pub parties: Vec<PlatformPartyAnswer>,
    /// A citizen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<PlatformPatientAnswer>,
    /// Somebody who is neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PlatformPersonAnswer>,
}

/// A care provider, organisation or program.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformPartyAnswer {
    /// In order.
    pub ids: Vec<IdAnswer>,
    /// Of CD-HCPARTY.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<CodeAnswer>,
    /// What it is called.
    #[serde(flatten)]
    pub names: NamesAnswer,
}

/// A patient.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformPatientAnswer {
    /// 11 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_number: Option<String>,
    /// That, and numbers of cards.
    pub ids: Vec<IdAnswer>,
    /// What the patient is called.
    #[serde(flatten)]
    pub names: NamesAnswer,
}

/// Somebody who is neither patient nor provider.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformPersonAnswer {
    /// In order.
    pub ids: Vec<IdAnswer>,
    /// Given names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first_names: Vec<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
}

/// What somebody is called.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NamesAnswer {
    /// Of an organisation or program, or of somebody with one name only.
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
    /// Which local scheme, where that is `LOCAL`.
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
    /// Which local table, where the scheme is `LOCAL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<String>,
    /// The code.
    pub value: String,
    /// What it stands for, if the answer says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    /// Language of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// Words, and their language if it is given.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WordsAnswer {
    /// `nl`, `fr` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The words.
    pub text: String,
}

/// A patient's consent, as the platform has it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformConsentAnswer {
    /// Whose.
    pub patient: PlatformPatientAnswer,
    /// Of CD-CONSENTTYPE.
    pub codes: Vec<CodeAnswer>,
    /// `GIVEN`, `REVOKED`, `DECEASED`, or a word of the platform's that is newer than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The day it was given, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_date: Option<String>,
    /// The day it was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoke_date: Option<String>,
    /// Who registered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<PlatformAuthorAnswer>,
}

/// A therapeutic link, as the platform has it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformLinkAnswer {
    /// Of whom.
    pub patient: PlatformPatientAnswer,
    /// With whom.
    pub parties: Vec<PlatformPartyAnswer>,
    /// Code of CD-THERAPEUTICLINKTYPE.
    #[serde(rename = "type")]
    pub link_type: CodeAnswer,
    /// First day, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    /// First day after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// What was done to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<OperationContextAnswer>,
}

/// A provider who may not see a patient's data, as the platform has it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformExclusionAnswer {
    /// Whose.
    pub patient: PlatformPatientAnswer,
    /// Who.
    pub hc_party: PlatformPartyAnswer,
    /// What was done to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<OperationContextAnswer>,
}

/// One thing that was done to a link or an exclusion.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationContextAnswer {
    /// `declaration`, `revocation`, or a word of the platform's that is newer than this.
    pub operation: String,
    /// When the platform recorded it, ISO 8601.
    pub recorded_at: String,
    /// By which request; absent where an authentic source did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestHeadAnswer>,
    /// With which proofs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<PlatformProofAnswer>,
}

/// A proof the platform keeps.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformProofAnswer {
    /// Code of CD-PROOFTYPE.
    #[serde(rename = "type")]
    pub proof_type: CodeAnswer,
    /// What kind of octets came with it: `CMS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<CodeAnswer>,
    /// What the answer calls their encoding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The octets, base64.
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
    /// Why, in words.
    pub reasons: Vec<WordsAnswer>,
    /// Who says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The piece of XML with the details.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Something this software has no name for.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnknownAnswer {
    /// Where it was: `acknowledge/warning`, `consent/@new`, `response/text()` …
    pub path: String,
    /// Its namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The piece of XML.
    pub xml: String,
}
