//! The members of requests and answers about therapeutic links.

use super::documents::{AuthorMembers, PartyMembers, PatientMembers, RepresentativeMembers, WarningAnswer};
use crate::schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A therapeutic link, and how it is proved; or a question about links. What means nothing for the operation is refused.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TherapeuticLinkRequest {
    /// What to do.
    pub operation: LinkOperation,
    /// The insertion; absent: `current`, where a card is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: Option<String>,
    /// Who asks; absent: the practice of the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<AuthorMembers>,
    /// The provider concerned; absent: the author's first party.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hc_party: Option<PartyMembers>,
    /// The patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<PatientMembers>,
    /// Code of CD-THERAPEUTICLINKTYPE: `gpconsultation`, `pharmacydelivery` …
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = schema::link_types()))]
    pub link_type: Option<String>,
    /// The types asked about, with `get` and `has`; absent: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("items" = schema::one_of(&schema::link_types())))]
    pub types: Option<Vec<String>>,
    /// `long-term`, `occasional` or `emergency`: 15, 3 or 1 months; absent: the type's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["long-term", "occasional", "emergency"]))]
    pub situation: Option<String>,
    /// First day; absent: today in Belgium.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub start_date: Option<String>,
    /// First day after; absent: by type and situation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub end_date: Option<String>,
    /// Free text for the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// `eidsigning`, `eidreading`, `isireading`, `eidencoding_housecall`, `eidencoding_nocard` or
    /// `eidencoding_techproblem`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = schema::proofs()))]
    pub proof: Option<String>,
    /// Why no stronger proof could be had; needed where numbers were typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof_reason: Option<String>,
    /// How an `eidsigning` proof is made: `connector`, `connector-exact` or `strict`; absent: as the settings say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["connector", "connector-exact", "strict"]))]
    pub proof_profile: Option<String>,
    /// `national` (default) or `hub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["national", "hub"]))]
    pub dialect: Option<String>,
    /// Why access is forced without a link, 10 to 200 characters; with `hub` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 10, max = 200))]
    pub break_the_glass: Option<String>,
    /// Who acts for the patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub representative: Option<RepresentativeMembers>,
    /// With `get`: links that hold on this day or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub begin: Option<String>,
    /// With `get`: links that hold before this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub end: Option<String>,
    /// With `get`: `active` (what the platform takes for meant), `inactive` or `all`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["active", "inactive", "all"]))]
    pub status: Option<String>,
    /// With `get`: at most so many, 1 to 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub max_rows: Option<u16>,
    /// With `put-bulk`: the links, 1 to 50. What stands beside the list holds for each that does not say otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 50))]
    pub links: Option<Vec<LinkMembers>>,
}

impl TherapeuticLinkRequest {
    /// Request with only its operation.
    #[must_use]
    pub fn new(operation: LinkOperation) -> Self {
        Self {
            operation,
            card_id: None,
            author: None,
            hc_party: None,
            patient: None,
            link_type: None,
            types: None,
            situation: None,
            start_date: None,
            end_date: None,
            comment: None,
            proof: None,
            proof_reason: None,
            proof_profile: None,
            dialect: None,
            break_the_glass: None,
            representative: None,
            begin: None,
            end: None,
            status: None,
            max_rows: None,
            links: None,
        }
    }
}

/// One link of several.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkMembers {
    /// The provider concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hc_party: Option<PartyMembers>,
    /// The patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<PatientMembers>,
    /// Code of CD-THERAPEUTICLINKTYPE.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = schema::link_types()))]
    pub link_type: Option<String>,
    /// `long-term`, `occasional` or `emergency`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["long-term", "occasional", "emergency"]))]
    pub situation: Option<String>,
    /// First day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub start_date: Option<String>,
    /// First day after.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub end_date: Option<String>,
    /// Free text for the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// How this link is proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = schema::proofs()))]
    pub proof: Option<String>,
    /// Why no stronger proof could be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof_reason: Option<String>,
    /// `connector`, `connector-exact` or `strict`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["connector", "connector-exact", "strict"]))]
    pub proof_profile: Option<String>,
}

impl LinkMembers {
    /// What stands beside a list, or all there is to say of one link.
    pub fn beside(request: &TherapeuticLinkRequest) -> Self {
        Self {
            hc_party: request.hc_party.clone(),
            patient: request.patient.clone(),
            link_type: request.link_type.clone(),
            situation: request.situation.clone(),
            start_date: request.start_date.clone(),
            end_date: request.end_date.clone(),
            comment: request.comment.clone(),
            proof: request.proof.clone(),
            proof_reason: request.proof_reason.clone(),
            proof_profile: request.proof_profile.clone(),
        }
    }

    /// The same, with what it does not say taken from `other`.
    pub fn or(self, other: &Self) -> Self {
        Self {
            hc_party: self.hc_party.or_else(|| other.hc_party.clone()),
            patient: self.patient.or_else(|| other.patient.clone()),
            link_type: self.link_type.or_else(|| other.link_type.clone()),
            situation: self.situation.or_else(|| other.situation.clone()),
            start_date: self.start_date.or_else(|| other.start_date.clone()),
            end_date: self.end_date.or_else(|| other.end_date.clone()),
            comment: self.comment.or_else(|| other.comment.clone()),
            proof: self.proof.or_else(|| other.proof.clone()),
            proof_reason: self.proof_reason.or_else(|| other.proof_reason.clone()),
            proof_profile: self.proof_profile.or_else(|| other.proof_profile.clone()),
        }
    }
}

/// What to do with links.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkOperation {
    /// Register one.
    Put,
    /// End one.
    Revoke,
    /// Ask for links.
    Get,
    /// Ask whether there is one.
    Has,
    /// Register several.
    PutBulk,
}

/// A document ready for the platform.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TherapeuticLinkAnswer {
    /// The request's ID-KMEHR.
    pub request_id: String,
    /// The insertion it was read from, if a card was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_id: Option<String>,
    /// The message, for the caller's SOAP body.
    pub xml: String,
    /// What will be registered, or was. Of one link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<PeriodAnswer>,
    /// How it is proved. Of one link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofAnswer>,
    /// Each link of several, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<Vec<LinkAnswer>>,
    /// What a person should look at.
    pub warnings: Vec<WarningAnswer>,
    /// There, and true, on a simulated card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// One link of several.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct LinkAnswer {
    /// Its own ID-KMEHR.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What will be registered.
    pub period: PeriodAnswer,
    /// How it is proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofAnswer>,
}

/// From a day to before another.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct PeriodAnswer {
    /// First day, ISO 8601.
    #[schemars(extend("format" = "date"))]
    pub start: String,
    /// First day after.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub end: Option<String>,
}

/// How a link is proved.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ProofAnswer {
    /// Code of CD-PROOFTYPE.
    #[serde(rename = "type")]
    #[schemars(extend("enum" = schema::proofs()))]
    pub proof_type: String,
    /// The CMS, DER in base64, when it was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cms: Option<String>,
    /// Why no stronger proof could be had, as the caller said. No document has a place for it: keep it beside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
