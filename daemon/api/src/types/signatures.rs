//! The members of requests and answers about signatures over files.

use super::WarningAnswer;
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
    /// What the signatures are to be.
    pub format: SignatureFormat,
    /// What is signed, 1 to 50 of them; each name once.
    #[schemars(length(min = 1, max = 50))]
    pub documents: Vec<DocumentMembers>,
    /// Whether signatures stand beside their documents (`true`, the default) or carry them inside. Of `cades` and `xades`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detached: Option<bool>,
    /// What signs in a container: `xades` (default) or `cades`. Of `asice`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_signature: Option<ContainerSignature>,
    /// `PS256`, `RS384`, `ES3-256` …; absent: the usual one of the card. Of `raw`; the other formats have RS256 and ES384.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<String>,
}

/// What a signature is to be.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureFormat {
    /// What the card answers, and nothing around it. Needs `sign.digest`.
    Raw,
    /// CMS (RFC 5652) in the form of CAdES B-B.
    Cades,
    /// XML Signature in the form of XAdES B-B.
    Xades,
    /// One container (ASiC-E) with every document, and a signature over all of them.
    Asice,
}

/// What signs in a container.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContainerSignature {
    /// XAdES over every document.
    Xades,
    /// CAdES over a list of them.
    Cades,
}

/// One thing to be signed: its content, or a digest of what only the caller knows.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DocumentMembers {
    /// Name of a file, without its folder: what a person is shown.
    #[schemars(length(min = 1))]
    pub name: String,
    /// What it is: `application/pdf`, `text/plain` …
    #[schemars(regex(pattern = "^[^/]+/[^/]+$"))]
    pub media_type: String,
    /// Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Instead of the content. Needs `sign.digest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestMembers>,
}

/// A digest, and what made it.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DigestMembers {
    /// `SHA-256`, `SHA-384`, `SHA-512`, `SHA3-256`, `SHA3-384` or `SHA3-512`, as far as the card signs with it.
    #[schemars(extend("enum" = ["SHA-256", "SHA-384", "SHA-512", "SHA3-256", "SHA3-384", "SHA3-512"]))]
    pub algorithm: String,
    /// Base64.
    pub value: String,
}

/// All signatures that were asked for.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignAnswer {
    /// The insertion whose holder signed.
    pub card_id: String,
    /// As asked.
    pub format: SignatureFormat,
    /// What the card signed with: `RS256`, `ES384` …
    pub algorithm: String,
    /// One for each document, in their order; of `asice` one for all.
    pub signatures: Vec<SignatureAnswer>,
    /// The signer's certificate first, then those above it; DER in base64.
    pub certificates: Vec<String>,
    /// What is missing: `time-stamp-missing` where an authority is configured and gave none.
    pub warnings: Vec<WarningAnswer>,
    /// There, and true, on a simulated card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// A file that was made.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignatureAnswer {
    /// What to call it: the document's name and one ending more.
    pub name: String,
    /// What it is.
    pub media_type: String,
    /// Base64.
    pub data: String,
}
