//! The answers there are, in both generations of the schema.

use super::parts::{Consent, Exclusion, Link};

/// Generation of hubservices, by the namespaces of an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Generation {
    /// Hubservices 2.3: the national services.
    V2,
    /// Hubservices 3.5: regional hubs.
    V3,
}

impl Generation {
    /// Both.
    pub const ALL: [Self; 2] = [Self::V2, Self::V3];

    /// Namespace of the root.
    pub(super) fn protocol(self) -> &'static str {
        match self {
            Self::V2 => "http://www.ehealth.fgov.be/hubservices/protocol/v2",
            Self::V3 => "http://www.ehealth.fgov.be/hubservices/protocol/v3",
        }
    }

    /// Namespace of most elements below it.
    pub(super) fn core(self) -> &'static str {
        match self {
            Self::V2 => "http://www.ehealth.fgov.be/hubservices/core/v2",
            Self::V3 => "http://www.ehealth.fgov.be/hubservices/core/v3",
        }
    }
}

/// What an answer can carry besides its header.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Carries {
    Nothing,
    Consent,
    ConsentStatus,
    Links,
    Value,
    Exclusions,
}

/// One answer of the schema.
#[derive(Debug, Eq, PartialEq)]
pub struct Kind {
    /// Name of its root: `GetTherapeuticLinkResponse`.
    pub root: &'static str,
    /// What was asked, in our words: `get-therapeutic-link`.
    pub name: &'static str,
    /// Whether hubs have it too.
    pub in_v3: bool,
    /// Whether *no therapeutic link found* is how the platform says that there is nothing: on whatever looks links up.
    pub(super) can_find_nothing: bool,
    pub(super) carries: Carries,
}

const fn kind(root: &'static str, name: &'static str, in_v3: bool, carries: Carries) -> Kind {
    Kind {
        root,
        name,
        in_v3,
        can_find_nothing: false,
        carries,
    }
}

const fn looking_up(kind: Kind) -> Kind {
    Kind {
        can_find_nothing: true,
        ..kind
    }
}

/// Every answer about consents, links and exclusions.
///
/// Source: hubservices protocol 2.3 and 3.5.
pub static KINDS: &[Kind] = &[
    kind("PutPatientConsentResponse", "put-consent", true, Carries::Nothing),
    kind("RevokePatientConsentResponse", "revoke-consent", true, Carries::Nothing),
    kind("GetPatientConsentResponse", "get-consent", true, Carries::Consent),
    kind(
        "GetPatientConsentStatusResponse",
        "consent-status",
        false,
        Carries::ConsentStatus,
    ),
    kind(
        "PutTherapeuticLinkResponse",
        "put-therapeutic-link",
        true,
        Carries::Nothing,
    ),
    kind(
        "PutTherapeuticLinkBulkResponse",
        "put-therapeutic-link-bulk",
        false,
        Carries::Nothing,
    ),
    looking_up(kind(
        "RevokeTherapeuticLinkResponse",
        "revoke-therapeutic-link",
        true,
        Carries::Nothing,
    )),
    looking_up(kind(
        "GetTherapeuticLinkResponse",
        "get-therapeutic-link",
        true,
        Carries::Links,
    )),
    kind(
        "HasTherapeuticLinkResponse",
        "has-therapeutic-link",
        false,
        Carries::Value,
    ),
    kind(
        "PutTherapeuticExclusionResponse",
        "put-therapeutic-exclusion",
        false,
        Carries::Nothing,
    ),
    kind(
        "RevokeTherapeuticExclusionResponse",
        "revoke-therapeutic-exclusion",
        false,
        Carries::Nothing,
    ),
    kind(
        "GetTherapeuticExclusionResponse",
        "get-therapeutic-exclusion",
        false,
        Carries::Exclusions,
    ),
    kind(
        "GetTherapeuticExclusionHistoryResponse",
        "therapeutic-exclusion-history",
        false,
        Carries::Exclusions,
    ),
];

/// What an answer carries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Payload {
    /// Nothing but its header: what was asked for was done, or was not, or there is nothing.
    Nothing,
    /// A consent, with its status if that was asked.
    Consent(Box<Consent>),
    /// Therapeutic links; none, if none was found.
    Links(Vec<Link>),
    /// Whether there is such a link.
    Value(bool),
    /// Therapeutic exclusions.
    Exclusions(Vec<Exclusion>),
}
