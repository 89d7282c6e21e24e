//! Operations of the platform. One row of one table is one operation.

/// An operation on consents, therapeutic links or exclusions.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PlatformOperation {
    /// Registers a patient's informed consent.
    PutConsent,
    /// Withdraws a consent.
    RevokeConsent,
    /// Asks for a consent.
    GetConsent,
    /// Asks whether a consent is given, revoked, or its patient deceased.
    ConsentStatus,
    /// Registers a therapeutic link.
    PutLink,
    /// Revokes a therapeutic link.
    RevokeLink,
    /// Asks for links.
    GetLinks,
    /// Asks whether there is a link.
    HasLink,
    /// Registers several links in one request.
    PutLinks,
    /// Excludes a provider.
    PutExclusion,
    /// Admits an excluded provider again.
    RevokeExclusion,
    /// Asks for exclusions.
    GetExclusions,
    /// Asks for past and present exclusions.
    ExclusionHistory,
}

struct PlatformOperationRow {
    operation: PlatformOperation,
    /// Its name in answers of this software: `get-therapeutic-link`.
    name: &'static str,
    /// Root element of its requests; that of its answers ends in `Response` instead.
    root: &'static str,
    /// True if regional hubs have it too.
    hub: bool,
}

/// The operations.
///
/// Source: hubservices protocol 2.3 and 3.5.
#[rustfmt::skip] // one row, one line: it is read as a table
const OPERATIONS: &[PlatformOperationRow] = &[
    row(PlatformOperation::PutConsent, "put-consent", "PutPatientConsentRequest", true),
    row(PlatformOperation::RevokeConsent, "revoke-consent", "RevokePatientConsentRequest", true),
    row(PlatformOperation::GetConsent, "get-consent", "GetPatientConsentRequest", true),
    row(PlatformOperation::ConsentStatus, "consent-status", "GetPatientConsentStatusRequest", false),
    row(PlatformOperation::PutLink, "put-therapeutic-link", "PutTherapeuticLinkRequest", true),
    row(PlatformOperation::RevokeLink, "revoke-therapeutic-link", "RevokeTherapeuticLinkRequest", true),
    row(PlatformOperation::GetLinks, "get-therapeutic-link", "GetTherapeuticLinkRequest", true),
    row(PlatformOperation::HasLink, "has-therapeutic-link", "HasTherapeuticLinkRequest", false),
    row(PlatformOperation::PutLinks, "put-therapeutic-link-bulk", "PutTherapeuticLinkBulkRequest", false),
    row(PlatformOperation::PutExclusion, "put-therapeutic-exclusion", "PutTherapeuticExclusionRequest", false),
    row(PlatformOperation::RevokeExclusion, "revoke-therapeutic-exclusion", "RevokeTherapeuticExclusionRequest", false),
    row(PlatformOperation::GetExclusions, "get-therapeutic-exclusion", "GetTherapeuticExclusionRequest", false),
    row(PlatformOperation::ExclusionHistory, "therapeutic-exclusion-history", "GetTherapeuticExclusionHistoryRequest", false),
];

const fn row(operation: PlatformOperation, name: &'static str, root: &'static str, hub: bool) -> PlatformOperationRow {
    PlatformOperationRow {
        operation,
        name,
        root,
        hub,
    }
}

impl PlatformOperation {
    /// All of them, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        OPERATIONS.iter().map(|row| row.operation)
    }

    /// Name in answers of this software: `get-therapeutic-link`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().map_or("", |row| row.name)
    }

    /// Name of the root element of its requests, without prefix.
    #[must_use]
    pub fn root(self) -> &'static str {
        // Each has a row: a test counts them.
        self.row().map_or("", |row| row.root)
    }

    /// Finds the operation whose requests have this root element.
    #[must_use]
    pub fn from_root(name: &str) -> Option<Self> {
        OPERATIONS.iter().find(|row| row.root == name).map(|row| row.operation)
    }

    /// Finds the operation whose answers have this root element: `GetTherapeuticLinkResponse`.
    pub(crate) fn from_answer_root(name: &str) -> Option<Self> {
        let stem = name.strip_suffix("Response")?;
        let fits = |row: &&PlatformOperationRow| row.root.strip_suffix("Request") == Some(stem);
        OPERATIONS.iter().find(fits).map(|row| row.operation)
    }

    /// Returns true if regional hubs have it too.
    pub(crate) fn is_of_hubs(self) -> bool {
        self.row().is_some_and(|row| row.hub)
    }

    /// Returns true if it changes what is registered. The others only ask.
    #[must_use]
    pub fn changes(self) -> bool {
        match self {
            Self::PutConsent
            | Self::RevokeConsent
            | Self::PutLink
            | Self::RevokeLink
            | Self::PutLinks
            | Self::PutExclusion
            | Self::RevokeExclusion => true,
            Self::GetConsent
            | Self::ConsentStatus
            | Self::GetLinks
            | Self::HasLink
            | Self::GetExclusions
            | Self::ExclusionHistory => false,
        }
    }

    fn row(self) -> Option<&'static PlatformOperationRow> {
        OPERATIONS.iter().find(|row| row.operation == self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_element_tells_its_operation() {
        assert_eq!(OPERATIONS.len(), 13);
        for operation in PlatformOperation::all() {
            assert_eq!(PlatformOperation::from_root(operation.root()), Some(operation));
            let answer = operation.root().replace("Request", "Response");
            assert_eq!(PlatformOperation::from_answer_root(&answer), Some(operation));
            assert_eq!(PlatformOperation::from_answer_root(operation.root()), None);
        }
        assert_eq!(PlatformOperation::from_root("PutTransactionRequest"), None);
    }

    #[test]
    fn what_is_asked_for_only_begins_with_get_or_has() {
        let asking: Vec<_> = PlatformOperation::all()
            .filter(|one| !one.changes())
            .map(PlatformOperation::root)
            .collect();
        assert_eq!(asking.len(), 6);
        assert!(
            asking
                .iter()
                .all(|root| root.starts_with("Get") || root.starts_with("Has"))
        );
    }
}
