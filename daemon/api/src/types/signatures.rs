//! The members of requests and answers about signatures over files.

use super::WarningAnswer;
use crate::schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Files to be signed by the holder of a card, all with one PIN.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignRequest {
    /// The insertion; absent: `current`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: Option<String>,
    /// Format of the signatures.
    pub format: SignatureFormat,
    /// The documents, 1 to 50; each name once.
    #[schemars(length(min = 1, max = 50))]
    pub documents: Vec<DocumentMembers>,
    /// True (default): signatures stand beside their documents; false: they contain them. `cades` and `xades` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detached: Option<bool>,
    /// Format of the signature in a container: `xades` (default) or `cades`; `asice` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_signature: Option<ContainerSignature>,
    /// `PS256`, `RS384`, `ES3-256` …; absent: the usual one of the card. `raw` only: the other formats have RS256 and ES384.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<String>,
    /// True: the person may leave documents out, and the answer names them in `leftOut`; false (default): all are signed, or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_leave_out: Option<bool>,
}

/// Format of a signature.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureFormat {
    /// The bare signature of the card. Needs `sign.digest`.
    Raw,
    /// CMS (RFC 5652) in the form of CAdES B-B.
    Cades,
    /// XML Signature in the form of XAdES B-B.
    Xades,
    /// One container (ASiC-E) with every document, and a signature over all of them.
    Asice,
}

/// Format of the signature in a container.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContainerSignature {
    /// XAdES over every document.
    Xades,
    /// CAdES over a list of them.
    Cades,
}

/// One document to be signed: its content, or a digest of it.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DocumentMembers {
    /// Name of the file, without its folder, as shown to the person.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Media type: `application/pdf`, `text/plain` …
    #[schemars(regex(pattern = "^[^/]+/[^/]+$"))]
    pub media_type: String,
    /// The content, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Digest instead of the content. Needs `sign.digest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestMembers>,
}

/// A digest and its algorithm.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DigestMembers {
    /// `SHA-256`, `SHA-384`, `SHA-512`, `SHA3-256`, `SHA3-384` or `SHA3-512`, as far as the card signs with it.
    #[schemars(extend("enum" = ["SHA-256", "SHA-384", "SHA-512", "SHA3-256", "SHA3-384", "SHA3-512"]))]
    pub algorithm: String,
    /// The digest, in base64.
    pub value: String,
}

/// The signatures that were asked for.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignAnswer {
    /// The insertion whose holder signed.
    pub card_id: String,
    /// Format, as asked.
    pub format: SignatureFormat,
    /// Algorithm of the signatures: `RS256`, `ES384` …
    pub algorithm: String,
    /// One for each document that was not left out, in their order; one for all of these with `asice`.
    pub signatures: Vec<SignatureAnswer>,
    /// The signer's certificate first, then those above it; DER in base64.
    pub certificates: Vec<String>,
    /// Missing parts: `time-stamp-missing` if an authority is configured and gave no time stamp.
    pub warnings: Vec<WarningAnswer>,
    /// Documents that the person left out; nothing was signed over them. Absent if there are none, and always without `mayLeaveOut`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOutDocument>,
    /// Identifier of the record of this, with which it is found again; absent where nothing is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_id: Option<String>,
    /// True with a simulated card, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// A signature, as a file.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignatureAnswer {
    /// Name for the file: the document's name with one extension more.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// The file, in base64.
    pub data: String,
}

/// A document that the person did not sign.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOutDocument {
    /// Its place in the list of the request; the first is 0.
    #[schemars(schema_with = "schema::integer")]
    pub index: usize,
    /// Its name.
    pub name: String,
}
