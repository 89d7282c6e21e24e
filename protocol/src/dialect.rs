//! Two dialects of one vocabulary: the national platform speaks hubservices 2.3, the regional hubs 3.5.
//!
//! The younger schema says less: patients and providers of a link are bare numbers, there is one provider, no proof,
//! and no author but health-care parties. Each [`Dialect`] has one row of rules, which all readers and writers consult,
//! so no document is written twice.

use crate::error::ProtocolError;
use crate::operation::PlatformOperation;

/// Schema that a document follows.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Dialect {
    /// The national services for consents, therapeutic links and exclusions: hubservices 2.3.
    #[default]
    National,
    /// The regional hubs (intrahub): hubservices 3.5.
    Hub,
}

/// Rules of a dialect: namespaces, schemes, and the parts that documents may have.
pub(crate) struct DialectRules {
    /// Namespace of the root elements.
    pub(crate) protocol: &'static str,
    /// Namespace of most other elements.
    pub(crate) core: &'static str,
    /// True if a patient, and the party of a link, has more than identifiers.
    pub(crate) names: bool,
    /// True if an author may be a citizen or name a person.
    pub(crate) citizens: bool,
    /// True if a proof has a place.
    pub(crate) proofs: bool,
    /// True if a query of links may name several parties, or a status.
    pub(crate) wide_queries: bool,
    /// True if a request may give a reason for breaking the glass.
    pub(crate) break_the_glass: bool,
    /// `SV` of CD-THERAPEUTICLINKTYPE.
    pub(crate) link_table: &'static str,
    /// Scheme of enterprise numbers: KMEHR 1.17 has none of their own, 1.26 has.
    pub(crate) cbe_scheme: &'static str,
}

const NATIONAL: DialectRules = DialectRules {
    protocol: "http://www.ehealth.fgov.be/hubservices/protocol/v2",
    core: "http://www.ehealth.fgov.be/hubservices/core/v2",
    names: true,
    citizens: true,
    proofs: true,
    wide_queries: true,
    break_the_glass: false,
    link_table: "1.1",
    cbe_scheme: "ID-HCPARTY",
};

const HUB: DialectRules = DialectRules {
    protocol: "http://www.ehealth.fgov.be/hubservices/protocol/v3",
    core: "http://www.ehealth.fgov.be/hubservices/core/v3",
    names: false,
    citizens: false,
    proofs: false,
    wide_queries: false,
    break_the_glass: true,
    link_table: "1.0",
    cbe_scheme: "ID-CBE",
};

impl Dialect {
    /// Both dialects.
    pub const ALL: [Self; 2] = [Self::National, Self::Hub];

    /// Parses `national` or `hub`.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `dialect`.
    pub fn parse(name: &str) -> Result<Self, ProtocolError> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.name() == name)
            .ok_or_else(|| ProtocolError::invalid("dialect", "must be national or hub"))
    }

    /// `national` or `hub`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::National => "national",
            Self::Hub => "hub",
        }
    }

    /// Returns true if the dialect has this operation.
    #[must_use]
    pub fn has(self, operation: PlatformOperation) -> bool {
        match self {
            Self::National => true,
            Self::Hub => operation.is_of_hubs(),
        }
    }

    /// Refuses an operation that the dialect lacks.
    pub(crate) fn must_have(self, operation: PlatformOperation) -> Result<(), ProtocolError> {
        if self.has(operation) {
            Ok(())
        } else {
            Err(ProtocolError::invalid(
                "dialect",
                "has no such operation, only national has",
            ))
        }
    }

    /// Finds the dialect whose root elements have this namespace.
    pub(crate) fn from_namespace(namespace: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.rules().protocol == namespace)
    }

    pub(crate) fn rules(self) -> &'static DialectRules {
        match self {
            Self::National => &NATIONAL,
            Self::Hub => &HUB,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialect_has_one_name() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::parse(dialect.name()), Ok(dialect));
        }
        let error = Dialect::parse("vitalink").unwrap_err();
        assert_eq!(error.to_string(), "dialect: must be national or hub");
    }

    #[test]
    fn hubs_know_consents_and_links_to_put_get_and_revoke() {
        let of_hubs: Vec<_> = PlatformOperation::all().filter(|one| Dialect::Hub.has(*one)).collect();
        let expected = [
            PlatformOperation::PutConsent,
            PlatformOperation::RevokeConsent,
            PlatformOperation::GetConsent,
            PlatformOperation::PutLink,
            PlatformOperation::RevokeLink,
            PlatformOperation::GetLinks,
        ];
        assert_eq!(of_hubs, expected);
        assert!(PlatformOperation::all().all(|one| Dialect::National.has(one)));
    }

    #[test]
    fn what_a_dialect_lacks_is_refused_on_the_dialect() {
        let error = Dialect::Hub.must_have(PlatformOperation::HasLink).unwrap_err();
        assert_eq!(error.to_string(), "dialect: has no such operation, only national has");
    }
}
