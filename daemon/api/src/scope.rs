//! Permissions of callers.

use crate::ApiError;
use std::collections::BTreeSet;

macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)*) => {
        /// One permission a token can carry.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum Scope { $($(#[$doc])* $name,)* }

        impl Scope {
            /// Every scope.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word in tokens, configuration and requests.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

scopes! {
    /// See readers, cards (without their holders) and events.
    Readers = "readers";
    /// Names, birth date, gender and the card's validity.
    IdentityBasic = "identity.basic";
    /// The whole identity, the address, and raw files.
    IdentityFull = "identity.full";
    /// The photo.
    IdentityPhoto = "identity.photo";
    /// Records of how patients were identified, with their numbers.
    IdentityReading = "identity.reading";
    /// Certificates that are not the holder's.
    Certificates = "certificates";
    /// Web eID authentication.
    Authenticate = "authenticate";
    /// Signatures over documents.
    Sign = "sign";
    /// Signatures over digests nobody can read.
    SignDigest = "sign.digest";
    /// Consents and exclusions.
    ProofConsent = "proof.consent";
    /// Therapeutic links.
    ProofTherlink = "proof.therlink";
    /// PIN checks and changes.
    PinManage = "pin.manage";
    /// Documents and evidence made before.
    Evidence = "evidence";
    /// The doctor's findings.
    Diagnostics = "diagnostics";
    /// Figures for monitoring.
    Metrics = "metrics";
}

impl Scope {
    /// Reads a scope's word.
    ///
    /// # Errors
    /// `invalid-request` naming `member` if there is no such scope.
    pub fn parse(word: &str, member: &str) -> Result<Self, ApiError> {
        let known = || Self::ALL.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(" ");
        let found = Self::ALL.iter().find(|scope| scope.word() == word);
        found
            .copied()
            .ok_or_else(|| ApiError::invalid(member, format!("must be one of {}", known())))
    }
}

/// A set of permissions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// All of them: what a program of the same user has on the bus.
    #[must_use]
    pub fn all() -> Self {
        Self(Scope::ALL.iter().copied().collect())
    }

    /// Reads a list of words.
    ///
    /// # Errors
    /// `invalid-request` naming `member` for an empty list or an unknown word.
    pub fn parse<'w>(words: impl IntoIterator<Item = &'w str>, member: &str) -> Result<Self, ApiError> {
        let scopes: BTreeSet<Scope> = words
            .into_iter()
            .map(|word| Scope::parse(word, member))
            .collect::<Result<_, _>>()?;
        if scopes.is_empty() {
            Err(ApiError::invalid(member, "must name at least one"))
        } else {
            Ok(Self(scopes))
        }
    }

    /// Returns true if `scope` is among them. `identity.full` includes `identity.basic`.
    #[must_use]
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.contains(&scope) || (scope == Scope::IdentityBasic && self.0.contains(&Scope::IdentityFull))
    }

    /// Returns true if `other` allows every one of `self`.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|scope| other.allow(*scope))
    }

    /// Returns those that `other` allows too.
    #[must_use]
    pub fn limited_to(&self, other: &Self) -> Self {
        let both = |scope: &Scope| self.allow(*scope) && other.allow(*scope);
        Self(Scope::ALL.iter().copied().filter(both).collect())
    }

    /// Each of them, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }

    /// Their words, in a fixed order.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        self.0.iter().map(|scope| scope.word().to_owned()).collect()
    }
}
