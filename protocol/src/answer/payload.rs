//! Payloads of answers: the part besides the header.

use super::parts::{RegisteredConsent, RegisteredExclusion, RegisteredLink};
use crate::operation::PlatformOperation;

/// Payload of an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Payload {
    /// Nothing but the header: the request was carried out or was not, or there is nothing to return.
    Nothing,
    /// A consent, with its status if that was asked.
    Consent(Box<RegisteredConsent>),
    /// Therapeutic links; none, if none was found.
    Links(Vec<RegisteredLink>),
    /// True if there is such a link.
    Value(bool),
    /// Therapeutic exclusions.
    Exclusions(Vec<RegisteredExclusion>),
}

/// Type of the payload that answers to an operation have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PayloadType {
    Nothing,
    Consent,
    ConsentStatus,
    Links,
    Value,
    Exclusions,
}

impl PayloadType {
    /// Type of the payload in answers to `operation`.
    ///
    /// Source: hubservices protocol 2.3 and 3.5.
    pub(super) fn for_operation(operation: PlatformOperation) -> Self {
        match operation {
            PlatformOperation::PutConsent
            | PlatformOperation::RevokeConsent
            | PlatformOperation::PutLink
            | PlatformOperation::RevokeLink
            | PlatformOperation::PutLinks
            | PlatformOperation::PutExclusion
            | PlatformOperation::RevokeExclusion => Self::Nothing,
            PlatformOperation::GetConsent => Self::Consent,
            PlatformOperation::ConsentStatus => Self::ConsentStatus,
            PlatformOperation::GetLinks => Self::Links,
            PlatformOperation::HasLink => Self::Value,
            PlatformOperation::GetExclusions | PlatformOperation::ExclusionHistory => Self::Exclusions,
        }
    }
}
