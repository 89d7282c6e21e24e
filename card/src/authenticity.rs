//! Is this what the National Register wrote? The checks that need no network.
//!
//! All of them judge bytes that were read; none of them proves that the chip is not a copy.

use crate::identity::Identity;
use crate::values::ChipNumber;
use beid_pki::{
    Certificate, Chain, ChainError, Check, CheckName, HashAlgorithm, Outcome, PublicKey, Reason, Trust, TrustStore,
};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use subtle::ConstantTimeEq;

/// One check of a card and its result.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CardCheck {
    /// Name of the check.
    pub name: CheckName,
    /// Result of the check.
    pub outcome: Outcome,
    /// Remark on a check that passed: [`Reason::SignerExpired`] or none.
    pub remark: Option<Reason>,
    /// What the root behind it is worth; [`Trust::None`] unless it passed.
    pub trust: Trust,
    /// Origin of the certificates that it was made with.
    pub source: Source,
}

/// Where a certificate came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// This card.
    Card,
    /// A card that was here before.
    Cache,
}

impl Source {
    /// The word in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Cache => "cache",
        }
    }
}

impl CardCheck {
    pub(crate) fn passed(name: CheckName, trust: Trust) -> Self {
        Self::new(name, Outcome::Passed, trust)
    }

    pub(crate) fn failed(name: CheckName, reason: Reason) -> Self {
        Self::new(name, Outcome::Failed(reason), Trust::None)
    }

    /// Records that a check could not be made, and why.
    #[must_use]
    pub fn unknown(name: CheckName, reason: Reason) -> Self {
        Self::new(name, Outcome::Unknown(reason), Trust::None)
    }

    fn new(name: CheckName, outcome: Outcome, trust: Trust) -> Self {
        let Check { name, outcome } = Check::new(name, outcome);
        Self {
            name,
            outcome,
            remark: None,
            trust,
            source: Source::Card,
        }
    }

    /// Returns the reason why the check did not pass, or else the remark.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.outcome.reason().or(self.remark)
    }
}

/// Policies of the register's signing certificate under each root. (jTrust, and seen in certificates)
const REGISTER_POLICIES: &[&str] = &[
    "2.16.56.1.1.1.4",
    "2.16.56.9.1.1.4",
    "2.16.56.10.1.1.4",
    "2.16.56.12.1.1.4",
    "2.16.56.13.6.0.1",
];

/// Policy of the register's signing certificate on the official test cards of 2009 to 2014. It counts under a root that
/// somebody configured for tests, and under no other. (Seen in certificates of such cards)
const TEST_REGISTER_POLICY: &str = "2.16.56.1.40.40.40.1";

/// The National Register's signer, as found on a card, and what it is worth.
pub struct Register {
    certificate: Option<Certificate>,
    check: CardCheck,
    /// From the certificate to the root, if it leads to one.
    chain: Vec<Certificate>,
}

impl Register {
    /// Judges the register's certificate against `store`, at the day the card was issued: a signer whose certificate
    /// ended later was good when it signed, and `now` only decides whether to say so. Cards that were signed anew under a
    /// newer root have a signer younger than themselves: that one is judged at its own first day.
    ///
    /// `others` are certificates that may help to reach the root.
    #[must_use]
    pub fn judge(
        certificate: Option<Certificate>,
        others: &[Certificate],
        store: &TrustStore,
        card_valid_from: Option<Date>,
        now: Timestamp,
    ) -> Self {
        let name = CheckName::NationalRegisterChain;
        let mut path = Vec::new();
        let check = match &certificate {
            None => CardCheck::failed(name, Reason::CertificateMissing),
            // The card does not say when it was issued, so nobody can say whether the signer was good then.
            Some(_) if card_valid_from.is_none() => CardCheck::unknown(name, Reason::ValidityUnreadable),
            Some(signer) => match register_chain(signer, others, store, card_valid_from, now) {
                Ok(chain) => {
                    path = chain.certificates;
                    CardCheck {
                        remark: (!signer.is_valid_at(now)).then_some(Reason::SignerExpired),
                        ..CardCheck::passed(name, chain.trust)
                    }
                }
                Err(reason) => CardCheck::failed(name, reason),
            },
        };
        Self {
            certificate,
            check,
            chain: path,
        }
    }

    /// No signer: the card has no file for one, and no earlier card's fits.
    #[must_use]
    pub(crate) fn not_on_card() -> Self {
        Self {
            certificate: None,
            check: CardCheck::unknown(CheckName::NationalRegisterChain, Reason::NotOnThisCard),
            chain: Vec::new(),
        }
    }

    /// The same, judged on a certificate that another card brought.
    #[must_use]
    pub fn from_cache(mut self) -> Self {
        self.check.source = Source::Cache;
        self
    }

    /// The chain check itself.
    #[must_use]
    pub fn chain_check(&self) -> CardCheck {
        self.check.clone()
    }

    /// From its certificate to the root; empty if it leads to none.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// Whether its certificate leads to a root we know.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.check.outcome == Outcome::Passed
    }

    /// Checks the register's signature over the identity file as read, untrimmed.
    #[must_use]
    pub fn identity_signature(&self, identity_file: &[u8], signature_file: &[u8]) -> CardCheck {
        self.signature(CheckName::IdentitySignature, identity_file, signature_file)
    }

    /// The same, and that the identity is of the chip that gave it: files of one card on another are no identity.
    #[must_use]
    pub fn identity_of_chip(
        &self,
        identity: &Identity,
        chip: ChipNumber,
        identity_file: &[u8],
        signature_file: &[u8],
    ) -> CardCheck {
        if identity.is_of_chip(chip) {
            self.identity_signature(identity_file, signature_file)
        } else {
            CardCheck::failed(CheckName::IdentitySignature, Reason::ChipMismatch)
        }
    }

    /// Checks the register's signature over the address file without the zero bytes at its end, followed by the whole
    /// identity signature file, padding included. (Recomputed over four specimen cards: any other reading fails.)
    #[must_use]
    pub fn address_signature(
        &self,
        address_file: &[u8],
        signature_file: &[u8],
        identity_signature_file: &[u8],
    ) -> CardCheck {
        // The identity's signature is signed with it: without that one nobody can say.
        if identity_signature_file.is_empty() {
            return CardCheck::unknown(CheckName::AddressSignature, Reason::NotOnThisCard);
        }
        let signed = [trim_zeros(address_file), identity_signature_file].concat();
        self.signature(CheckName::AddressSignature, &signed, signature_file)
    }

    fn signature(&self, name: CheckName, signed: &[u8], signature_file: &[u8]) -> CardCheck {
        let Some(signer) = &self.certificate else {
            return match self.check.outcome {
                Outcome::Unknown(Reason::NotOnThisCard) => CardCheck::unknown(name, Reason::CertificateMissing),
                Outcome::Passed | Outcome::Failed(_) | Outcome::Unknown(_) => {
                    CardCheck::failed(name, Reason::CertificateMissing)
                }
            };
        };
        // Of a file that is not on the card nothing comes, and no file is empty.
        if signature_file.is_empty() {
            return CardCheck::unknown(name, Reason::NotOnThisCard);
        }
        if signed_by(signer, signed, signature_file) {
            // A signature by somebody's key is worth what the key's owner is.
            CardCheck::passed(name, self.check.trust)
        } else {
            CardCheck::failed(name, Reason::SignatureDoesNotVerify)
        }
    }
}

/// Checks that the photo is the one the identity speaks of. That says something only of an identity that the register
/// signed: `identity_signature` is the check of it.
#[must_use]
pub fn photo_hash(identity: &Identity, photo_file: &[u8], identity_signature: &CardCheck) -> CardCheck {
    let name = CheckName::PhotoHash;
    if identity_signature.outcome != Outcome::Passed {
        return CardCheck::unknown(name, Reason::IdentityNotAuthentic);
    }
    let trust = identity_signature.trust;
    let Some(expected) = &identity.photo_digest else {
        return CardCheck::failed(name, Reason::DigestMissing);
    };
    let found = expected.algorithm.digest(photo_file);
    if bool::from(found.ct_eq(&expected.value)) {
        CardCheck::passed(name, trust)
    } else {
        CardCheck::failed(name, Reason::DigestDiffers)
    }
}

/// Is `signature_file` the signature over `signed` by the key of `signer`, in the way the register signs?
pub(crate) fn signed_by(signer: &Certificate, signed: &[u8], signature_file: &[u8]) -> bool {
    let hint = signer.signature_hash().unwrap_or(HashAlgorithm::Sha256);
    ways_to_sign(signer.public_key(), hint, signature_file).is_some_and(|(signature, hashes)| {
        let fits = |hash: &HashAlgorithm| signer.verify_signature(*hash, signed, signature).is_ok();
        hashes.iter().any(fits)
    })
}

/// Is `signature_file` the register's signature over `signed`? Returns the hash that fitted.
///
/// EC keys sign SHA-384, DER, zero-padded in the file. RSA keys sign with the hash of their own certificate (`hint`)
/// or, on cards re-signed under a newer root, with the other of SHA-256 and SHA-1.
#[must_use]
pub fn signed_by_register(
    key: &PublicKey,
    hint: HashAlgorithm,
    signed: &[u8],
    signature_file: &[u8],
) -> Option<HashAlgorithm> {
    let (signature, hashes) = ways_to_sign(key, hint, signature_file)?;
    hashes
        .into_iter()
        .find(|hash| key.verify_digest(*hash, &hash.digest(signed), signature).is_ok())
}

/// The signature in a file, and the hashes it may have been made with, likeliest first.
fn ways_to_sign<'a>(
    key: &PublicKey,
    hint: HashAlgorithm,
    signature_file: &'a [u8],
) -> Option<(&'a [u8], Vec<HashAlgorithm>)> {
    match key {
        // The register never signed with one.
        PublicKey::P256(_) | PublicKey::P521(_) | PublicKey::Ed25519(_) | PublicKey::Other(_) => None,
        PublicKey::P384(_) => Some((der_prefix(signature_file)?, vec![HashAlgorithm::Sha384])),
        PublicKey::Rsa(_) => {
            let other = if hint == HashAlgorithm::Sha256 {
                HashAlgorithm::Sha1
            } else {
                HashAlgorithm::Sha256
            };
            Some((signature_file, vec![hint, other]))
        }
    }
}

/// The register's certificate must be what it claims: issued by the root itself, for this purpose, able to sign. A
/// citizen's own certificate leads to the same root and must not pass for it.
fn register_chain(
    signer: &Certificate,
    others: &[Certificate],
    store: &TrustStore,
    card_valid_from: Option<Date>,
    now: Timestamp,
) -> Result<Chain, Reason> {
    let issued = card_valid_from.and_then(noon).ok_or(Reason::ValidityUnreadable)?;
    let at = if signer.not_before() <= now {
        issued.max(signer.not_before())
    } else {
        issued
    };
    let chain = store.chain(signer, others, at).map_err(ChainError::reason)?;
    let signs = signer
        .key_usage()
        .is_some_and(|usage| usage.digital_signature && usage.non_repudiation);
    let purpose = signer
        .policies()
        .iter()
        .any(|policy| is_of_register(policy, chain.trust));
    if chain.certificates.len() == 2 && signs && purpose && !signer.is_ca() {
        Ok(chain)
    } else {
        Err(Reason::NotARegisterCertificate)
    }
}

/// Tells whether certificates of the register have this policy, under a root that is worth `trust`.
fn is_of_register(policy: &str, trust: Trust) -> bool {
    REGISTER_POLICIES.contains(&policy) || (policy == TEST_REGISTER_POLICY && trust == Trust::Test)
}

fn noon(day: Date) -> Option<Timestamp> {
    day.at(12, 0, 0, 0)
        .to_zoned(TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}

fn trim_zeros(file: &[u8]) -> &[u8] {
    let end = file.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    file.get(..end).unwrap_or_default()
}

/// The DER SEQUENCE at the start of a zero-padded file. (Long form as well: nobody has measured every card.)
fn der_prefix(file: &[u8]) -> Option<&[u8]> {
    let (&0x30, rest) = file.split_first()? else {
        return None;
    };
    let total = match rest {
        [len @ 0..=0x7F, ..] => 2 + usize::from(*len),
        [0x81, len, ..] => 3 + usize::from(*len),
        [0x82, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
        _ => return None,
    };
    file.get(..total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_of_test_cards_counts_under_test_roots_only() {
        for trust in [Trust::Genuine, Trust::Test, Trust::None] {
            assert_eq!(
                is_of_register(TEST_REGISTER_POLICY, trust),
                trust == Trust::Test,
                "{trust:?}"
            );
            assert!(is_of_register("2.16.56.12.1.1.4", trust));
        }
    }
}
