//! The members of requests and answers about logging in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Log-in of a card's holder to a web page, or to the site that a program states.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthenticationRequest {
    /// Nonce of the site, 44 to 128 characters of base64. The text is signed as it is, not the octets that it stands for.
    #[schemars(regex(pattern = "^[A-Za-z0-9+/=_-]{44,128}$"))]
    pub challenge_nonce: String,
    /// The insertion; absent: `current`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: Option<String>,
    /// Origin of the site that the token is for. Programs must give it (if the settings let them log anybody in at all); web
    /// pages must not, because theirs is told by the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub audience: Option<String>,
}

/// Web eID authentication token, format 1.0, and the card that it is of.
///
/// A site takes the first five members as the token. `signature` is over H(origin) followed by H(nonce), where H is the hash
/// of `algorithm`. The certificate has the holder's name and national number in it.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticationAnswer {
    /// The holder's authentication certificate, DER in base64.
    pub unverified_certificate: String,
    /// `ES384` or `RS256`.
    #[schemars(extend("enum" = ["ES384", "RS256"]))]
    pub algorithm: String,
    /// The signature in base64: r‖s, 48 octets each, with `ES384`.
    pub signature: String,
    /// Always `web-eid:1.0`.
    #[schemars(extend("const" = "web-eid:1.0"))]
    pub format: String,
    /// Name and version of this software, as a URL; ends in `+simulated` with a simulated card.
    pub app_version: String,
    /// The insertion whose holder logs in.
    pub card_id: String,
    /// True with a simulated card, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}
