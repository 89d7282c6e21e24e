//! The members of requests and answers, once for both fronts.

mod answers;
mod certificates;
mod consents;
mod documents;
mod exclusions;
mod links;
mod pin;
mod signatures;
mod simulation;

pub use answers::{
    CodeAnswer, FaultAnswer, IdAnswer, NamesAnswer, OperationContextAnswer, PlatformAuthorAnswer,
    PlatformConsentAnswer, PlatformErrorAnswer, PlatformExclusionAnswer, PlatformLinkAnswer, PlatformPartyAnswer,
    PlatformPatientAnswer, PlatformPersonAnswer, PlatformProofAnswer, RequestHeadAnswer, ResponseAnswer,
    ResponseHeaderAnswer, ResponseRequest, UnknownAnswer, WordsAnswer,
};
pub use certificates::{CertificateAnswer, CertificateRequest, CertificatesAnswer, FileRequest, OneCertificateAnswer};
pub use consents::{
    ConsentAnswer, ConsentEvidence, ConsentOperation, ConsentRequest, ConsentSigner, ConsentTextAnswer, EvidenceAnswer,
    SignedRepresentative, SignedText,
};
pub use documents::{
    AuthorMembers, CitizenMembers, PartyMembers, PatientMembers, RepresentativeMembers, TextOrList, WarningAnswer,
};
pub use exclusions::{ExclusionAnswer, ExclusionOperation, TherapeuticExclusionRequest};
pub use links::{
    LinkAnswer, LinkMembers, LinkOperation, PeriodAnswer, ProofAnswer, TherapeuticLinkAnswer, TherapeuticLinkRequest,
};
pub use pin::{
    PinOperationAnswer, PinOperationRequest, PinOperationType, ReaderRoleAnswer, ReaderRoleRequest, RoleChoice,
};
pub use signatures::{
    ContainerSignature, DigestMembers, DocumentMembers, SignAnswer, SignRequest, SignatureAnswer, SignatureFormat,
};
pub use simulation::{SimulateAnswer, SimulateRequest, SimulatedAction};

use crate::words::{
    CallState, CardKind, CardStatus, CheckOutcome, DatePrecision, GenderWord, NumberKind, ReaderRole, RootTrust,
};
use crate::{Problem, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// A request without members.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoMembers {}

/// A request about one card.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CardRequest {
    /// The insertion, 32 lower-case hex digits; or `current`, the only usable card in a reader that is not a provider's.
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: String,
}

/// Who the holder is.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityRequest {
    /// The insertion, or `current`.
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: String,
    /// Only these members of the identity, besides `cardId`, `malformedFields`, `simulated` and `authenticity`: one text with
    /// commas, or (on D-Bus) a list.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::identity_fields")]
    pub fields: Option<Vec<String>>,
}

/// Which checks to make.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerificationsRequest {
    /// The insertion, or `current`.
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: String,
    /// Names of checks; absent: all that can be made without a network.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("items" = schema::one_of(&schema::card_checks())))]
    pub checks: Option<Vec<String>>,
}

/// A running or finished operation.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OperationRequest {
    /// Its id.
    pub id: String,
}

/// A web page asks to be let in.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PairingRequest {
    /// What it calls itself.
    #[schemars(length(min = 1))]
    pub name: String,
    /// What it wants to do.
    #[schemars(length(min = 1), extend("items" = schema::one_of(&schema::scopes())))]
    pub scopes: Vec<String>,
    /// For how many days; listed origins get at most 12 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub days: Option<u16>,
}

/// A new token for a native program.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenCreateRequest {
    /// What to call it; must be new.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// For how many days; absent: until it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u16>,
}

/// A token by its name.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenRevokeRequest {
    /// Its name.
    pub name: String,
}

/// What the service is; more of it for callers it knows.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusAnswer {
    /// Always `beidd`.
    #[schemars(extend("enum" = ["beidd"]))]
    pub service: String,
    /// Versions of this interface it speaks.
    pub api_versions: Vec<String>,
    /// Version of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What it can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<Vec<String>>,
    /// State of the smart card service: `available`, `pcsc-unavailable` or `pcsc-not-authorised`; absent when cards are
    /// simulated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pcsc: Option<String>,
    /// There, and true, when cards are simulated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// Every reader.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadersAnswer {
    /// In the order they were found.
    pub readers: Vec<ReaderAnswer>,
    /// There, and true, when cards are simulated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// One reader.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReaderAnswer {
    /// Good as long as it stays plugged in.
    pub id: String,
    /// Its PC/SC name.
    pub name: String,
    /// Whether it has a keypad for PINs.
    pub pin_pad: bool,
    /// `patient`, `provider` or `any`.
    pub role: ReaderRole,
    /// What is in it; null when it is empty.
    pub card: Option<CardAnswer>,
}

/// Every card.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CardsAnswer {
    /// In the order of their readers.
    pub cards: Vec<CardAnswer>,
    /// There, and true, when cards are simulated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// One card, without its holder.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CardAnswer {
    /// This insertion.
    pub id: String,
    /// The reader it is in.
    pub reader: String,
    /// `beid` or `unknown`.
    pub kind: CardKind,
    /// The applet's version, once known: `1.8`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applet: Option<String>,
    /// `reading`, `ready`, `unsupported`, `newer`, `mute` or `busy`.
    pub status: CardStatus,
    /// There, and true, on a simulated card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// One card, by itself.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OneCardAnswer {
    /// This insertion.
    pub card_id: String,
    /// The card.
    #[serde(flatten)]
    pub card: CardAnswer,
}

/// The holder by the card, and whether to believe it. Absent is absent, never an empty text or list.
///
/// Only `cardId` and `authenticity` are always there: the card may lack a field, the caller may ask for a few of them
/// (`fields`), and with `identity.basic` alone the others are left out.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("required" = ["cardId", "authenticity"]))]
pub struct IdentityAnswer {
    /// The insertion it was read from.
    pub card_id: String,
    /// Printed on the card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_number: Option<String>,
    /// 32 upper-case hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chip_number: Option<String>,
    /// First day, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub valid_from: Option<String>,
    /// Last day, ISO 8601; the card is still good on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub valid_until: Option<String>,
    /// Where it was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuing_municipality: Option<String>,
    /// 11 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_number: Option<String>,
    /// `nrn` or `bis`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_number_kind: Option<NumberKind>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Up to two given names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_names: Option<Vec<String>>,
    /// First letter of the third.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub third_given_name_initial: Option<String>,
    /// In words, in the card's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nationality: Option<String>,
    /// Where the holder was born.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_place: Option<String>,
    /// `1984-02-01`, or `1984`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    /// `day` or `year`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date_precision: Option<DatePrecision>,
    /// As printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date_text: Option<String>,
    /// `male`, `female` or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<GenderWord>,
    /// Title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noble_condition: Option<String>,
    /// Kind of card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_type: Option<DocumentTypeAnswer>,
    /// Marks of disability and minority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub special_status: Option<SpecialStatusAnswer>,
    /// How often the card was replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<String>,
    /// SHAPE, NATO and the like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub special_organisation: Option<String>,
    /// Whether the holder is here as a member of a family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_of_family: Option<bool>,
    /// `dd.MM.yyyy-A2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_and_country_of_protection: Option<String>,
    /// Right to work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_permit: Option<String>,
    /// VAT numbers of up to two employers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub employer_vat: Vec<String>,
    /// Number of the regional file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regional_file_number: Option<String>,
    /// Mentions under the withdrawal agreement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub brexit: Vec<String>,
    /// Mentions on a card A.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub card_mentions: Vec<String>,
    /// ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eu_start_date: Option<String>,
    /// Digest of the photo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo_digest: Option<DigestAnswer>,
    /// Digest of the chip's basic public key (applet 1.8).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basic_key_digest: Option<DigestAnswer>,
    /// Fields this software does not know, as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_fields: Vec<OtherField>,
    /// Fields that are not what they should be. Their members are absent, or have the first of two; their octets are among
    /// `otherFields`. No proof is made while one of the fields that proofs are made of is among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub malformed_fields: Vec<MalformedFieldAnswer>,
    /// There, and true, on a simulated card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
    /// Whether the National Register wrote this.
    pub authenticity: AuthenticityAnswer,
}

/// Kind of card.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct DocumentTypeAnswer {
    /// Number on the card.
    pub code: u8,
    /// What it stands for.
    pub name: String,
}

/// Marks of disability and minority.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SpecialStatusAnswer {
    /// Blind.
    pub white_cane: bool,
    /// An adult with the rights of a minor.
    pub extended_minority: bool,
    /// Poor sight.
    pub yellow_cane: bool,
}

/// A digest, and what made it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct DigestAnswer {
    /// `SHA-256` …
    pub algorithm: String,
    /// Base64.
    pub value: String,
}

/// A field this software does not know.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OtherField {
    /// Tag.
    pub tag: u8,
    /// Base64.
    pub value: String,
}

/// A field of a card's file that is not what it should be.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct MalformedFieldAnswer {
    /// Member that is absent because of it; none for a tag that this software does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// Tag.
    pub tag: u8,
    /// Expectation that the field does not meet, in English: `11 digits`, `present`, `there once`. Never its value.
    pub reason: String,
}

/// What the checks come to.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct AuthenticityAnswer {
    /// `passed`, `failed` or `unknown`.
    pub outcome: CheckOutcome,
    /// Each check that was made.
    pub checks: Vec<CheckAnswer>,
}

/// One check.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckAnswer {
    /// What was asked.
    #[schemars(extend("enum" = schema::card_checks()))]
    pub name: String,
    /// `passed`, `failed` or `unknown`.
    pub outcome: CheckOutcome,
    /// Why, as a stable word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `genuine`, `test` or `none`: what the root behind it is worth.
    pub trust: RootTrust,
    /// When, ISO 8601.
    #[schemars(extend("format" = "date-time"))]
    pub checked_at: String,
    /// `card`: from the card's own bytes; `cache`: with an authority's certificate that an earlier card brought.
    pub source: String,
}

/// Where the holder lives, as printed.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressAnswer {
    /// The insertion it was read from.
    pub card_id: String,
    /// Street and number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_and_number: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Municipality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub municipality: Option<String>,
    /// Fields that are not what they should be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub malformed_fields: Vec<MalformedFieldAnswer>,
    /// There, and true, on a simulated card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// The verified patient, in one answer.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SummaryAnswer {
    /// The insertion it was read from.
    pub card_id: String,
    /// The card.
    pub card: CardAnswer,
    /// Its holder.
    pub identity: IdentityAnswer,
    /// Where the holder lives.
    pub address: AddressAnswer,
    /// Every check made, the address's too.
    pub checks: Vec<CheckAnswer>,
    /// There, and true, on a simulated card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// What checks found.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerificationsAnswer {
    /// The insertion they are about.
    pub card_id: String,
    /// In the order asked.
    pub checks: Vec<CheckAnswer>,
    /// There, and true, on a simulated card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// A call that waits for a person, or has ended.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OperationAnswer {
    /// Its id.
    pub id: String,
    /// Which operation.
    pub kind: String,
    /// `waitingForCard`, `waitingForConfirmation`, `waitingForPin`, `working`, `succeeded`, `failed` or `cancelled`.
    pub state: CallState,
    /// What the call would have answered, once it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("type" = "object"))]
    pub result: Option<serde_json::Value>,
    /// What it would have answered, once it failed: a problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
}

/// A web page that was let in.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PairingAnswer {
    /// Its id.
    pub id: String,
    /// Always `granted`.
    #[schemars(extend("enum" = ["granted"]))]
    pub state: String,
    /// For the `Authorization` header; shown only here.
    pub token: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// ISO 8601.
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
}

/// A new token.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub struct TokenCreateAnswer {
    /// The token; shown only here.
    pub token: String,
}

/// Every token for native programs.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub struct TokensAnswer {
    /// By name.
    pub tokens: Vec<TokenAnswer>,
}

/// One token, without itself.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenAnswer {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// ISO 8601.
    pub created_at: String,
    /// ISO 8601; absent: until revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// An answer that says only that it was done.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub struct Done {}

fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    Ok(match Option::<TextOrList>::deserialize(deserializer)? {
        None => None,
        Some(TextOrList::List(list)) => Some(list),
        Some(TextOrList::Text(text)) => Some(text.split(',').map(|item| item.trim().to_owned()).collect()),
    })
}
