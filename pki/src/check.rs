//! Checks of cards and documents: their names and how they end.
//!
//! The card, the documents and the revocation services all answer in these words, so that one fault has one name
//! wherever it is found. The reasons have a table of their own ([`Reason`]).

use crate::Reason;

/// Declares the checks: variant and word, in the order in which answers list them.
macro_rules! check_names {
    ($($(#[doc = $doc:literal])+ $name:ident $word:literal;)*) => {
        /// Name of a check.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum CheckName {
            $($(#[doc = $doc])+ $name,)*
        }

        impl CheckName {
            /// Stable word for answers: `identity-signature`, `content-digest`…
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

check_names! {
    // Checks of a card.

    /// EF 4032 is the register's signature over EF 4031.
    IdentitySignature "identity-signature";
    /// The register's certificate leads to a trusted root.
    NationalRegisterChain "national-register-chain";
    /// EF 4034 is the register's signature over address and identity signature.
    AddressSignature "address-signature";
    /// Tag 11 of the identity is the digest of EF 4035.
    PhotoHash "photo-hash";
    /// The holder's authentication certificate is one, leads to a trusted root, and is valid today.
    AuthenticationChain "authentication-chain";
    /// The holder's signature certificate is one, leads to a trusted root, and is valid today.
    SignatureChain "signature-chain";
    /// The chip has the key that the identity names: it is no copy.
    CardGenuine "card-genuine";
    /// The register's certificate was not revoked.
    NationalRegisterRevocation "national-register-revocation";
    /// The authentication certificate was not revoked.
    AuthenticationRevocation "authentication-revocation";
    /// The signature certificate was not revoked.
    SignatureRevocation "signature-revocation";
    /// The document was not reported lost, stolen or void. Only the State can tell, and beidd does not ask.
    DocumentNotStopped "document-not-stopped";

    // Checks of a document or a signature.

    /// The input is a document, or a signature, of a known form, whole and nothing more.
    Structure "structure";
    /// The request carries a signature.
    Proof "proof";
    /// The content is the one whose digest was signed.
    ContentDigest "content-digest";
    /// The key of the signer's certificate signed, with an algorithm that may be believed.
    Signature "signature";
    /// The signer's certificate is the one that was signed along.
    SigningCertificate "signing-certificate";
    /// The signature existed when a time-stamping authority says it did.
    TimeStamp "time-stamp";
    /// The signer's certificate leads to a trusted root.
    Chain "chain";
    /// The signer's certificate is for signatures that bind their maker.
    KeyUsage "key-usage";
    /// The signer's certificate was valid when it was used: by the time stamp, or else by the signer's own word.
    ValidityAtSigningTime "validity-at-signing-time";
    /// The revocation values kept with the signature say that the certificate was not revoked by then.
    Revocation "revocation";
    /// The signer is the patient.
    SubjectIsPatient "subject-is-patient";
    /// The signed content is what is requested.
    ProofMatchesRequest "proof-matches-request";
}

impl CheckName {
    /// Checks of a card, in the order in which answers list them.
    pub const OF_CARD: [Self; 10] = [
        Self::IdentitySignature,
        Self::NationalRegisterChain,
        Self::AddressSignature,
        Self::PhotoHash,
        Self::AuthenticationChain,
        Self::SignatureChain,
        Self::CardGenuine,
        Self::NationalRegisterRevocation,
        Self::AuthenticationRevocation,
        Self::SignatureRevocation,
    ];

    /// Returns the check of a card that is called `name`.
    #[must_use]
    pub fn parse_of_card(name: &str) -> Option<Self> {
        Self::OF_CARD.into_iter().find(|check| check.name() == name)
    }

    /// Returns true if the check of a card asks an issuer over the network.
    #[must_use]
    pub fn is_about_revocation(self) -> bool {
        matches!(
            self,
            Self::NationalRegisterRevocation | Self::AuthenticationRevocation | Self::SignatureRevocation
        )
    }
}

/// Result of a check. Only a pass can do without a [`Reason`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The statement holds.
    Passed,
    /// The statement does not hold.
    Failed(Reason),
    /// It could not be found out, which is never a yes. (ETSI EN 319 102-1, INDETERMINATE)
    Unknown(Reason),
}

impl Outcome {
    /// Stable word for answers: `passed`, `failed` or `unknown`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Returns the reason why the check did not pass.
    #[must_use]
    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Passed => None,
            Self::Failed(reason) | Self::Unknown(reason) => Some(reason),
        }
    }

    /// Returns true for [`Outcome::Failed`], whatever the reason.
    #[must_use]
    pub fn is_failed(self) -> bool {
        matches!(self, Self::Failed(_))
    }

    /// Returns [`Outcome::Passed`] if `holds`, else a failure for `otherwise`.
    #[must_use]
    pub fn when(holds: bool, otherwise: Reason) -> Self {
        if holds { Self::Passed } else { Self::Failed(otherwise) }
    }

    /// Returns the worse of two outcomes: failed before unknown before passed, the first of two alike.
    #[must_use]
    pub fn or_worse(self, other: Self) -> Self {
        let weight = |outcome| match outcome {
            Self::Passed => 0,
            Self::Unknown(_) => 1,
            Self::Failed(_) => 2,
        };
        if weight(other) > weight(self) { other } else { self }
    }
}

/// One check and its result.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Check {
    /// Name of the check.
    pub name: CheckName,
    /// Result of the check.
    pub outcome: Outcome,
}

impl Check {
    /// Records the result of a check.
    ///
    /// # Panics
    /// In debug builds, if the table of reasons does not say that this check can give this reason: docs/reasons.md, which
    /// is made of it, would be wrong.
    #[must_use]
    pub fn new(name: CheckName, outcome: Outcome) -> Self {
        if let Some(reason) = outcome.reason() {
            debug_assert!(
                reason.checks().contains(&name),
                "{name:?} gives {reason:?}: add it to its row"
            );
        }
        Self { name, outcome }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_of_cards_are_found_by_their_names_and_those_of_documents_are_not() {
        for name in CheckName::OF_CARD {
            assert_eq!(CheckName::parse_of_card(name.name()), Some(name));
        }
        assert_eq!(CheckName::parse_of_card(CheckName::Structure.name()), None);
    }

    #[test]
    fn the_worse_outcome_wins_and_the_first_of_two_alike() {
        let [failed, other] = [Reason::Expired, Reason::Revoked].map(Outcome::Failed);
        let unknown = Outcome::Unknown(Reason::NoChain);
        for (one, another, worse) in [
            (Outcome::Passed, unknown, unknown),
            (unknown, failed, failed),
            (failed, unknown, failed),
            (failed, other, failed),
            (Outcome::Passed, Outcome::Passed, Outcome::Passed),
        ] {
            assert_eq!(one.or_worse(another), worse);
        }
    }
    #[test]
    fn outcomes_have_a_word_and_all_but_a_pass_a_reason() {
        let (expired, unknown) = (Reason::Expired, Reason::NoChain);
        for (outcome, word, reason, is_failed) in [
            (Outcome::Passed, "passed", None, false),
            (Outcome::Failed(expired), "failed", Some(expired), true),
            (Outcome::Unknown(unknown), "unknown", Some(unknown), false),
        ] {
            let found = (outcome.name(), outcome.reason(), outcome.is_failed());
            assert_eq!(found, (word, reason, is_failed));
        }
        assert_eq!(Outcome::when(true, expired), Outcome::Passed);
        assert_eq!(Outcome::when(false, expired), Outcome::Failed(expired));
    }

    #[test]
    fn checks_of_a_card_that_ask_an_issuer_are_those_of_revocation() {
        let asking = CheckName::OF_CARD.into_iter().filter(|name| name.is_about_revocation());
        let words: Vec<_> = asking.map(CheckName::name).collect();
        let expected = [
            "national-register-revocation",
            "authentication-revocation",
            "signature-revocation",
        ];
        assert_eq!(words, expected);
    }
}
