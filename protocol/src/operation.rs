//! Operations of the platform. One row of one table is one operation.

/// An operation on consents, therapeutic links or exclusions.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Operation {
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

struct Row {
    operation: Operation,
    /// The root element.
    root: &'static str,
    /// True if regional hubs have it too.
    hub: bool,
}

/// The operations.
///
/// Source: hubservices protocol 2.3 and 3.5.
const TABLE: &[Row] = &[
    row(Operation::PutConsent, "PutPatientConsentRequest", true),
    row(Operation::RevokeConsent, "RevokePatientConsentRequest", true),
    row(Operation::GetConsent, "GetPatientConsentRequest", true),
    row(Operation::ConsentStatus, "GetPatientConsentStatusRequest", false),
    row(Operation::PutLink, "PutTherapeuticLinkRequest", true),
    row(Operation::RevokeLink, "RevokeTherapeuticLinkRequest", true),
    row(Operation::GetLinks, "GetTherapeuticLinkRequest", true),
    row(Operation::HasLink, "HasTherapeuticLinkRequest", false),
    row(Operation::PutLinks, "PutTherapeuticLinkBulkRequest", false),
    row(Operation::PutExclusion, "PutTherapeuticExclusionRequest", false),
    row(Operation::RevokeExclusion, "RevokeTherapeuticExclusionRequest", false),
    row(Operation::GetExclusions, "GetTherapeuticExclusionRequest", false),
    row(
        Operation::ExclusionHistory,
        "GetTherapeuticExclusionHistoryRequest",
        false,
    ),
];

const fn row(operation: Operation, root: &'static str, hub: bool) -> Row {
    Row { operation, root, hub }
}

impl Operation {
    /// All of them, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.operation)
    }

    /// Name of the root element, without prefix.
    #[must_use]
    pub fn root(self) -> &'static str {
        // Each has a row: a test counts them.
        self.row().map_or("", |row| row.root)
    }

    /// Finds the operation whose root element has this name.
    #[must_use]
    pub fn of_root(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.root == name).map(|row| row.operation)
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

    fn row(self) -> Option<&'static Row> {
        TABLE.iter().find(|row| row.operation == self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_element_tells_its_operation() {
        assert_eq!(TABLE.len(), 13);
        for operation in Operation::all() {
            assert_eq!(Operation::of_root(operation.root()), Some(operation));
        }
        assert_eq!(Operation::of_root("PutTransactionRequest"), None);
    }

    #[test]
    fn what_is_asked_for_only_begins_with_get_or_has() {
        let asking: Vec<_> = Operation::all()
            .filter(|one| !one.changes())
            .map(Operation::root)
            .collect();
        assert_eq!(asking.len(), 6);
        assert!(
            asking
                .iter()
                .all(|root| root.starts_with("Get") || root.starts_with("Has"))
        );
    }
}
