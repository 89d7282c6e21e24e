//! The members of requests and answers about certificates and files of the card.

use crate::names;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One certificate of a card.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificateRequest {
    /// The insertion, or `current`.
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: String,
    /// `authentication`, `signature`, `intermediate`, `root` or `national-register`.
    #[schemars(extend("enum" = names::CARD_CERTIFICATES))]
    pub name: String,
}

/// One file of a card.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileRequest {
    /// The insertion, or `current`.
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: String,
    /// `identity`, `identity-signature`, `address`, `address-signature`, `photo`, `token-info`, `basic-public-key`, or a
    /// directory: `dir`, `odf`, `aodf`, `prkdf`, `cdf`; on cards until 1.7 also `role-key-digest` and `preferences`.
    #[schemars(extend("enum" = names::CARD_FILES))]
    pub name: String,
}

/// The certificates that a card has room for, and that the caller may see.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificatesAnswer {
    /// The insertion they were read from.
    pub card_id: String,
    /// In the order of the card.
    pub certificates: Vec<CertificateAnswer>,
    /// True with a simulated card, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// One certificate, by itself.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OneCertificateAnswer {
    /// The insertion it was read from.
    pub card_id: String,
    /// The certificate.
    #[serde(flatten)]
    pub certificate: CertificateAnswer,
    /// True with a simulated card, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// A certificate of the card, if present. Only the octets are given if this software cannot read it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateAnswer {
    /// `authentication`, `signature`, `intermediate`, `root` or `national-register`.
    #[schemars(extend("enum" = names::CARD_CERTIFICATES))]
    pub name: String,
    /// True if the card has this certificate; children's cards lack the holder's.
    pub present: bool,
    /// The certificate as on the card, DER in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub der: Option<String>,
    /// SHA-256 of the certificate, lower-case hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Subject: `C=BE, CN=…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Issuer: `C=BE, CN=…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Serial number, lower-case hex, as encoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial_number: Option<String>,
    /// First second of validity, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// Last second of validity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<String>,
    /// Key usages it states, among `digitalSignature`, `nonRepudiation`, `keyCertSign` and `cRLSign`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_usage: Vec<String>,
    /// Kind and size of its key: `RSA-2048`, `P-384`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
}
