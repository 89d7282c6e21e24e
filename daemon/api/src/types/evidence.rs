//! The members of requests and answers about records of what was done.

use super::{FileVerificationAnswer, WarningAnswer};
use crate::words::{EvidenceCallerType, EvidenceContentState, EvidenceFault, FileVerdict};
use crate::{CalendarDay, EvidenceReference, names, schema};
use beid_protocol::verify::{Context, verify_with};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Search for records. Each member narrows it.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvidenceSearchRequest {
    /// Kind of the records; absent: every kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = names::EVIDENCE_KINDS))]
    pub kind: Option<String>,
    /// First day, in Belgium.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<CalendarDay>,
    /// Last day, in Belgium.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<CalendarDay>,
    /// The caller's own reference, as it was sent with the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<EvidenceReference>,
    /// Member `next` of the answer before; absent: the latest records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Records that were found, the latest first.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceListAnswer {
    /// Up to a hundred records.
    pub evidence: Vec<EvidenceEntryAnswer>,
    /// Value of `after` that finds the records behind these; absent: there are no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A record, without its content.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceEntryAnswer {
    /// Identifier of the record: `evidenceId` in the answer that it is about.
    pub id: String,
    /// Kind of the record.
    #[schemars(extend("enum" = names::EVIDENCE_KINDS))]
    pub kind: String,
    /// Time of writing, ISO 8601.
    pub time: String,
    /// Desk that has the chain.
    pub desk: String,
    /// Position in the chain; the first is 1.
    pub position: u64,
    /// The caller's own reference, if it sent one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<EvidenceReference>,
    /// The caller; absent once the content was dropped, for records of beidd itself, and for callers who see only their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<EvidenceCallerAnswer>,
}

/// A caller, as far as a record is found by it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceCallerAnswer {
    /// Type of the caller.
    #[serde(rename = "type")]
    pub caller_type: EvidenceCallerType,
    /// Origin of a website, or name of a program's token; absent: a program on the bus, the page of beidd, or a token that
    /// was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One record.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvidenceRequest {
    /// Identifier of the record, 32 hex digits.
    #[schemars(regex(pattern = "^[0-9a-f]{32}$"))]
    pub id: String,
}

/// A record with the text that is hashed.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceRecordAnswer {
    /// Members of the record.
    #[serde(flatten)]
    pub entry: EvidenceEntryAnswer,
    /// State of the content.
    pub content: EvidenceContentState,
    /// Text of the header, whose hash the next record names.
    pub header: String,
}

/// Content of a record.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceContentAnswer {
    /// Identifier of the record.
    pub id: String,
    /// SHA-256 of the content in UTF-8, in hex, as the header names it.
    pub sha256: String,
    /// The content: a JSON object, as text, because its hash is over exactly this text.
    pub content: String,
}

/// Request for an export of all chains.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvidenceExportRequest {
    /// National number of the patient whose contents the export holds; absent: all contents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_number: Option<String>,
}

/// An export of all chains.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceExportAnswer {
    /// Lines of JSON: a file that others can verify.
    pub lines: String,
}

/// Request for the records about one patient.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatientEvidenceRequest {
    /// National number of the patient.
    pub national_number: String,
    /// First day, in Belgium.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<CalendarDay>,
    /// Last day, in Belgium.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<CalendarDay>,
}

/// The records about one patient, as a file for the patient.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PatientEvidenceAnswer {
    /// The file, in base64: an ASiC-E container with an index, the documents, the records and their chains.
    pub container: String,
    /// Media type of the file.
    pub media_type: String,
    /// Number of records about the patient.
    #[schemars(schema_with = "schema::integer")]
    pub records: usize,
    /// Number of these whose content only the institution's server has.
    #[schemars(schema_with = "schema::integer")]
    pub elsewhere: usize,
    /// Number of these whose content is sealed with a key that is not here; it is in the file as it is.
    #[schemars(schema_with = "schema::integer")]
    pub sealed: usize,
    /// Number of these that are about other patients, too; their content is not in the file.
    #[schemars(schema_with = "schema::integer")]
    pub shared: usize,
}

/// Request to verify all chains.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvidenceVerificationRequest {
    /// Ends that were noted earlier, which the chains must still have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noted: Option<Vec<EvidenceEndMembers>>,
}

/// End of a chain that was noted earlier.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvidenceEndMembers {
    /// Desk that has the chain.
    #[schemars(regex(pattern = "^[0-9a-f]{32}$"))]
    pub desk: String,
    /// Number of records.
    pub position: u64,
    /// Hash of the last header, 64 hex digits.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub hash: String,
}

/// Judgement of all chains.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceVerificationAnswer {
    /// True if every chain holds.
    pub intact: bool,
    /// The chains. The one that is written now has no `broken` if records stand behind its last signed head; in an export
    /// it has.
    pub chains: Vec<EvidenceChainAnswer>,
}

impl EvidenceVerificationAnswer {
    /// Sums up the judgements of all chains.
    #[must_use]
    pub fn new(chains: Vec<EvidenceChainAnswer>) -> Self {
        Self {
            intact: chains.iter().all(|chain| chain.broken.is_none()),
            chains,
        }
    }
}

/// Head of the chain that a care provider signed.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceHeadAnswer {
    /// The text that was signed: desk, number of records, hash of the last, and time.
    pub head: String,
    /// Number of records that it vouches for.
    pub position: u64,
    /// The signature beside the text: CMS (CAdES), DER in base64.
    pub signature: String,
    /// Missing parts: `time-stamp-missing` if an authority is configured and gave no time stamp.
    pub warnings: Vec<WarningAnswer>,
    /// Identifier of the record that holds the head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_id: Option<String>,
    /// True with a simulated card, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// Judgement of a head that a care provider signed, at the time of its record.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceProviderHeadAnswer {
    /// Position of the record that holds it.
    pub record: u64,
    /// Number of records that it vouches for.
    pub position: u64,
    /// Time of the record, ISO 8601.
    pub time: String,
    /// Verdict on its signature.
    pub verdict: FileVerdict,
    /// Name on the certificate of who signed, if the signature is that key's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
}

impl EvidenceProviderHeadAnswer {
    /// Judges the `signature` (CMS) of a head over its text; `time` is that of the record that holds it.
    #[must_use]
    pub fn judge(record: u64, position: u64, time: &str, text: &str, signature: &[u8], trusts: &Context<'_>) -> Self {
        let context = Context {
            content: Some(text.as_bytes()),
            // The chain vouches for it: a certificate that has ended since was good then.
            now: time.parse().unwrap_or(trusts.now),
            ..*trusts
        };
        let judged = FileVerificationAnswer::from(&verify_with(signature, &context));
        Self {
            record,
            position,
            time: time.to_owned(),
            verdict: judged.verdict,
            signer: judged.signer.and_then(|signer| signer.name),
        }
    }
}

/// Judgement of a chain.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceChainAnswer {
    /// Desk that has the chain; empty if its beginning does not tell.
    pub desk: String,
    /// Number of records that hold.
    pub records: u64,
    /// Number of contents that are there and are their records'.
    pub contents: u64,
    /// Number of contents that are sealed with a key that is not here, and were not compared.
    pub sealed: u64,
    /// Number of signed heads that hold.
    pub heads: u64,
    /// Number of records behind the last signed head.
    pub behind_last_head: u64,
    /// Heads that a care provider signed; none where nobody did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub provider_heads: Vec<EvidenceProviderHeadAnswer>,
    /// Hash of the last header that holds: with desk and number of records, an end to note.
    pub last_hash: String,
    /// First link that breaks; absent: the chain holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<EvidenceBreakAnswer>,
}

impl EvidenceChainAnswer {
    /// Breaks the chain at the first head whose signature is none, unless it breaks before.
    #[must_use]
    pub fn with_provider_heads(mut self, heads: Vec<EvidenceProviderHeadAnswer>) -> Self {
        let is_wrong =
            |head: &&EvidenceProviderHeadAnswer| matches!(head.verdict, FileVerdict::Invalid | FileVerdict::NotSigned);
        if self.broken.is_none() {
            self.broken = heads.iter().find(is_wrong).map(|head| EvidenceBreakAnswer {
                position: head.record,
                fault: EvidenceFault::HeadSignature,
            });
        }
        self.provider_heads = heads;
        self
    }
}

/// First link of a chain that breaks.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceBreakAnswer {
    /// Position of the record; 0: the beginning of the chain.
    pub position: u64,
    /// Reason.
    pub fault: EvidenceFault,
}

/// Request to drop contents: those about one patient, or those of a kind before a day.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvidencePurgeRequest {
    /// National number of the patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_number: Option<String>,
    /// Kind of the records; with `before`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = names::EVIDENCE_KINDS))]
    pub kind: Option<String>,
    /// First day, in Belgium, whose contents stay; with `kind`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<CalendarDay>,
    /// True: also what the settings keep for longer (`evidence.retention`); absent or false: that stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub despite_retention: Option<bool>,
    /// Reason, which is recorded and stays: without names and numbers of patients.
    pub reason: EvidenceReference,
}

/// Contents that were dropped.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidencePurgeAnswer {
    /// Number of contents.
    pub dropped: u64,
    /// Number of contents about the patient that stay: the settings keep them for longer, or they are about other patients
    /// too.
    #[serde(default)]
    pub stayed: u64,
}
