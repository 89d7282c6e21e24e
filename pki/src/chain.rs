//! From a certificate to a root we know.

use crate::roots::BELGIAN_ROOTS;
use crate::{Certificate, HashAlgorithm};
use jiff::Timestamp;

/// How far a chain may reach: leaf, two authorities, root. Belgian chains have at most three.
const MAX_CHAIN: usize = 4;

/// What a root is worth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trust {
    /// A pinned root of the Belgian State.
    Genuine,
    /// A root that was configured for test or pilot cards, or that the virtual card made: never genuine.
    Test,
    /// No root we know.
    None,
}

impl Trust {
    /// The word in answers: `genuine`, `test` or `none`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Genuine => "genuine",
            Self::Test => "test",
            Self::None => "none",
        }
    }
}

/// The roots we trust: the pinned Belgian ones, and test roots that somebody configured.
#[derive(Clone, Debug, Default)]
pub struct TrustStore {
    test_roots: Vec<Certificate>,
}

/// A chain that ends in a trusted root: leaf first, root last.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Leaf first, root last.
    pub certificates: Vec<Certificate>,
    /// What its root is worth; never [`Trust::None`].
    pub trust: Trust,
}

/// Why no chain could be built.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ChainError {
    /// No issuer among the certificates at hand leads to a root we trust.
    #[error("no chain to a trusted root")]
    Untrusted,
    /// A signature in the chain does not match its issuer's key.
    #[error("a signature in the chain does not match")]
    BadSignature,
    /// A certificate in the chain is not, or no longer, valid at the time asked about.
    #[error("a certificate in the chain is outside its validity")]
    Expired,
    /// An issuer in the chain is no authority, or has more below it than it may.
    #[error("an issuer in the chain may not issue certificates")]
    NotAnAuthority,
}

impl TrustStore {
    /// Only the pinned roots of the Belgian State.
    #[must_use]
    pub fn belgian() -> Self {
        Self::default()
    }

    /// Adds a root for test or pilot cards. Whatever it vouches for is [`Trust::Test`], whatever it calls itself.
    #[must_use]
    pub fn with_test_root(mut self, root: Certificate) -> Self {
        if !self.test_roots.contains(&root) {
            self.test_roots.push(root);
        }
        self
    }

    /// What `root` itself is worth. A pinned root is known by its subject's common name and the SHA-256 of its key.
    #[must_use]
    pub fn trust_in(&self, root: &Certificate) -> Trust {
        // Test roots first: a configured root never counts as genuine, not even one that copies a pinned key.
        if self.test_roots.iter().any(|known| same_root(known, root)) {
            return Trust::Test;
        }
        let spki = hex(&HashAlgorithm::Sha256.digest(root.spki_der()));
        let pinned = BELGIAN_ROOTS
            .iter()
            .any(|pin| root.common_name() == Some(pin.common_name) && pin.spki_sha256 == spki);
        if pinned { Trust::Genuine } else { Trust::None }
    }

    /// Builds the chain from `leaf` over `others` (in any order) to a trusted root, as it stood at `at`.
    ///
    /// Checks each signature, the validity of every certificate but the root (a trust anchor is a name and a key, RFC
    /// 5280 6.1.1 d; Root CA2 exists with two validities), and that every issuer is an authority with room below it.
    ///
    /// # Errors
    /// [`ChainError`] says what broke; a chain without a trusted root is an error, not a weak success.
    pub fn chain(&self, leaf: &Certificate, others: &[Certificate], at: Timestamp) -> Result<Chain, ChainError> {
        let mut certificates = vec![leaf.clone()];
        let mut current = leaf;
        let mut seen_bad_signature = false;
        while certificates.len() < MAX_CHAIN {
            if !current.is_valid_at(at) {
                return Err(ChainError::Expired);
            }
            let (issuer, bad) = self.issuer_of(current, others);
            seen_bad_signature |= bad;
            let Some(issuer) = issuer else { break };
            may_issue(issuer, certificates.len() - 1)?;
            certificates.push(issuer.clone());
            match self.trust_in(issuer) {
                Trust::None if issuer.is_self_issued() => break,
                Trust::None => current = issuer,
                trust @ (Trust::Genuine | Trust::Test) => return Ok(Chain { certificates, trust }),
            }
        }
        Err(if seen_bad_signature {
            ChainError::BadSignature
        } else {
            ChainError::Untrusted
        })
    }

    /// The certificate that really signed `subject`, among those at hand and our own test roots; and whether one with
    /// the right name was found that did not.
    fn issuer_of<'a>(&'a self, subject: &Certificate, others: &'a [Certificate]) -> (Option<&'a Certificate>, bool) {
        let mut bad = false;
        for candidate in others.iter().chain(&self.test_roots) {
            if candidate == subject || candidate.subject_der() != subject.issuer_der() {
                continue;
            }
            if subject.verify_issued_by(candidate).is_ok() {
                return (Some(candidate), bad);
            }
            bad = true;
        }
        (None, bad)
    }
}

/// `below`: how many authorities stand between `issuer` and the leaf.
fn may_issue(issuer: &Certificate, below: usize) -> Result<(), ChainError> {
    let may_sign = issuer.key_usage().is_none_or(|usage| usage.key_cert_sign);
    let has_room = issuer
        .path_len()
        .is_none_or(|len| usize::try_from(len).is_ok_and(|len| below <= len));
    if issuer.is_ca() && may_sign && has_room {
        Ok(())
    } else {
        Err(ChainError::NotAnAuthority)
    }
}

fn same_root(a: &Certificate, b: &Certificate) -> bool {
    a.subject_der() == b.subject_der() && a.spki_der() == b.spki_der()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
