//! The members of requests and answers about identity readings: how a patient was identified, for the sickness insurance.

use super::checks::CheckAnswer;
use super::documents::WarningAnswer;
use crate::words::ReadingGroupWord;
use crate::{CalendarDay, Coded, PointInTime};
use beid_protocol::codes::HcPartyType;
use beid_protocol::identity_reading::{ManualReason, ReadingSupport, ReadingWay, VignetteReason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A reading to record. Of a chip everything about the patient is read from the card; of every other way the caller says
/// what it read.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityReadingRequest {
    /// Way of reading.
    pub way: Coded<ReadingWay>,
    /// The insertion of the patient's card, for a chip; absent: `current`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: Option<String>,
    /// Document that was read. Of a chip the card tells it; `foreigner` confirms a type of card that is newer than this software.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support: Option<Coded<ReadingSupport>>,
    /// Number of the document, without dashes; never with a chip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial_number: Option<String>,
    /// The patient's national number, 11 digits; never with a chip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_number: Option<String>,
    /// Reason for manual entry; needed with `manual`. `system-down`, `no-valid-document` and `forgotten` are entries that are
    /// made later: they need `serviceDate` and have no time of reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manual_reason: Option<Coded<ManualReason>>,
    /// Reason for using a vignette; needed with `vignette`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vignette_reason: Option<Coded<VignetteReason>>,
    /// Time of reading, at most five minutes from now; absent: now. Never with a chip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_at: Option<PointInTime>,
    /// Day of the care; absent: that of the reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_date: Option<CalendarDay>,
    /// Care provider who bills; absent: the first party of the practice in the settings that has a NIHII number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<ReadingProvider>,
    /// Profession of the provider, a code of CD-HCPARTY; absent: that of the party in the settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profession: Option<Coded<&'static HcPartyType>>,
    /// Patient whom the caller expects; another one is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<ReadingPatient>,
    /// The caller's own word for it, such as the number of a visit; no national number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub reference: Option<String>,
    /// Forms in which the answer gives the values for billing; absent: `efact` and `eattest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encodings: Option<Vec<ReadingEncoding>>,
}

/// Care provider who bills.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadingProvider {
    /// Number of the sickness insurance institute: 8 or 11 digits.
    pub nihii: String,
}

/// Patient whom the caller expects.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadingPatient {
    /// National number, 11 digits.
    pub national_number: String,
}

/// Form of the values for billing.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReadingEncoding {
    /// Zones of record type 52 of the electronic invoice.
    Efact,
    /// Members of a card reading in an electronic attestation.
    Eattest,
    /// Extension of FHIR; the profiles are drafts.
    Fhir,
}

/// A recorded reading.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityReadingAnswer {
    /// The insertion of the card, if a chip was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_id: Option<String>,
    /// Time at which it was recorded.
    pub recorded_at: String,
    /// Way of reading.
    #[schemars(with = "Coded<ReadingWay>")]
    pub way: String,
    /// Document that was read.
    #[schemars(with = "Coded<ReadingSupport>")]
    pub support: String,
    /// Number of the document: of an eID or a foreigner's card the card number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial_number: Option<String>,
    /// The patient's national number.
    pub national_number: String,
    /// Reason for manual entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manual_reason: Option<String>,
    /// Reason for using a vignette.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vignette_reason: Option<String>,
    /// Time of reading in Belgium; absent if the entry was made later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_at: Option<String>,
    /// Day of the care, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_date: Option<String>,
    /// Care provider who bills, if one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<ReadingProvider>,
    /// Profession of the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profession: Option<String>,
    /// The caller's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Members above that come from a chip that passed its checks, or from the clock of this computer.
    pub attested: Vec<String>,
    /// Members above that a person or a program said.
    pub stated: Vec<String>,
    /// Checks of the card's data; none if no chip was read.
    pub checks: Vec<CheckAnswer>,
    /// Group in which it counts. At least 90 % of a provider's readings must be electronic.
    pub counts: ReadingGroupWord,
    /// Share of this provider's readings on this computer in this month; absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<ReadingShare>,
    /// Unusual things that a person should look at.
    pub warnings: Vec<WarningAnswer>,
    /// Values for billing.
    pub encodings: ReadingEncodings,
    /// Identifier of the record of this, with which it is found again; absent where nothing is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_id: Option<String>,
    /// True with a simulated card, and from a simulated service; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// Share of readings that were not electronic.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadingShare {
    /// Month in Belgium, such as 2026-11.
    pub month: String,
    /// Number of electronic readings.
    pub electronic: u64,
    /// Number of other readings.
    pub other: u64,
    /// Share of the others, in thousandths, rounded up.
    pub other_per_mille: u64,
    /// Share that the others should not exceed, in thousandths.
    pub limit_per_mille: u64,
}

/// Values for billing, in the forms that were asked for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadingEncodings {
    /// Zones of record type 52 of the electronic invoice. The other zones are the biller's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub efact: Option<EfactZones>,
    /// Members of a card reading in an electronic attestation; absent if the entry was made later, because an attestation
    /// takes readings of the day of the care only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eattest: Option<EattestCardReading>,
    /// The extension `be-ext-patientidentitydocument` of an item of a claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fhir: Option<Map<String, Value>>,
}

/// Zones of record type 52 of the electronic invoice, as text of the length of each zone.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct EfactZones {
    /// Zone 3, position 9: reason for manual entry.
    pub z3: String,
    /// Zone 6a-6b, position 25: date of reading, or zeros.
    pub z6: String,
    /// Zone 8a-8b, position 36: national number, right-aligned.
    pub z8: String,
    /// Zone 9, position 49: way of reading.
    pub z9: String,
    /// Zone 10, position 50: support.
    pub z10: String,
    /// Zone 11, position 51: reason for the vignette.
    pub z11: String,
    /// Zone 12-13, position 52: hour of reading, or zeros.
    pub z12: String,
    /// Zone 16, position 80: serial number of the support, left-aligned.
    pub z16: String,
}

/// Members of a card reading in an electronic attestation.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EattestCardReading {
    /// Date of reading, `YYYYMMDD` as a number.
    pub date: u32,
    /// Time of reading in Belgium, `HHMMSS` as a number.
    pub time: u32,
    /// Way of reading.
    pub input_type: EattestCode,
    /// Support.
    pub media_type: EattestCode,
    /// Reason for manual entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manual_input_reason: Option<EattestCode>,
    /// Reason for the vignette.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vignette_reason: Option<EattestCode>,
    /// Serial number of the support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
}

/// Code of an electronic attestation: a number, or the letter `A` for itsme.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub enum EattestCode {
    /// A number.
    Number(u32),
    /// A letter.
    Letter(String),
}

impl From<&str> for EattestCode {
    fn from(code: &str) -> Self {
        code.parse()
            .map_or_else(|_| Self::Letter(code.to_owned()), Self::Number)
    }
}

/// A question about the readings of some days.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityReadingsRequest {
    /// First day on which they were recorded; absent: from the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<CalendarDay>,
    /// Last day on which they were recorded; absent: until now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<CalendarDay>,
    /// The `next` of the answer before, for the readings that follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Readings, the latest first, at most a hundred.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityReadingsAnswer {
    /// The readings.
    pub readings: Vec<IdentityReadingAnswer>,
    /// Number of records whose content cannot be read here any more: its time was over, or it is sealed to the institution.
    pub withheld: u64,
    /// Place to go on from, if there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A question about one reading.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityReadingIdRequest {
    /// The `evidenceId` of the reading.
    #[schemars(regex(pattern = "^[0-9a-f]{32}$"))]
    pub id: String,
}

/// A question about the numbers of readings.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadingCountsRequest {
    /// A day of the first month; absent: the first month that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<CalendarDay>,
    /// A day of the last month; absent: this month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<CalendarDay>,
}

/// Numbers of readings on this computer, by month, provider, profession and caller. They say nothing about any patient.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadingCountsAnswer {
    /// The numbers, the latest month first.
    pub counts: Vec<MonthlyReadings>,
    /// Share that readings that are not electronic should not exceed, in thousandths. For which period and for whom the
    /// institute measures it is not published: these are months, and one computer.
    pub limit_per_mille: u64,
}

/// Numbers of readings of one month, provider, profession and caller. Simulated readings count nowhere else than in
/// `simulated`, refused ones nowhere else than in `refused`.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MonthlyReadings {
    /// Month in Belgium, such as 2026-11.
    pub month: String,
    /// NIHII number of the provider, if one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Profession of the provider, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profession: Option<String>,
    /// Caller: the origin of a website, the name of a program, or `own-page`.
    pub caller: String,
    /// Number of electronic readings.
    pub electronic: u64,
    /// Number of other readings.
    pub other: u64,
    /// Share of the others, in thousandths, rounded up.
    pub other_per_mille: u64,
    /// Number of entries that were made later.
    pub deferred: u64,
    /// Numbers by way of reading.
    pub by_way: BTreeMap<String, u64>,
    /// Numbers by support.
    pub by_support: BTreeMap<String, u64>,
    /// Numbers by reason for manual entry.
    pub by_manual_reason: BTreeMap<String, u64>,
    /// Numbers by reason for using a vignette.
    pub by_vignette_reason: BTreeMap<String, u64>,
    /// Numbers of readings that were refused, by code of the error.
    pub refused: BTreeMap<String, u64>,
    /// Number of simulated readings.
    pub simulated: u64,
}

/// Codes of identity readings, and which of them go together.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadingCodesAnswer {
    /// Ways of reading.
    pub ways: Vec<ReadingWayAnswer>,
    /// Supports.
    pub supports: Vec<ReadingSupportAnswer>,
    /// Reasons for manual entry.
    pub manual_reasons: Vec<ManualReasonAnswer>,
    /// Reasons for using a vignette.
    pub vignette_reasons: Vec<VignetteReasonAnswer>,
}

/// A way of reading.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadingWayAnswer {
    /// Word in requests.
    pub word: String,
    /// Code in invoices and attestations.
    pub code: String,
    /// Supports that can be read in this way.
    pub supports: Vec<String>,
    /// True if a reason for manual entry is needed.
    pub needs_manual_reason: bool,
}

/// A support.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadingSupportAnswer {
    /// Word in requests.
    pub word: String,
    /// Code in invoices and attestations.
    pub code: String,
    /// Rule for its number: `required`, `optional` or `none`.
    pub serial_number: String,
    /// Reasons for manual entry that go with it.
    pub manual_reasons: Vec<String>,
    /// True if a reason for using a vignette is needed.
    pub needs_vignette_reason: bool,
}

/// A reason for manual entry.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ManualReasonAnswer {
    /// Word in requests.
    pub word: String,
    /// Code in invoices and attestations.
    pub code: String,
    /// True if the entry is made later: it needs the day of the care, and has no time of reading.
    pub deferred: bool,
}

/// A reason for using a vignette.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VignetteReasonAnswer {
    /// Word in requests.
    pub word: String,
    /// Code in invoices and attestations.
    pub code: String,
}
