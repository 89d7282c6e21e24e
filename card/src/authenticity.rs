//! Checks that the data is what the National Register wrote, as far as they need no network.
//!
//! They judge bytes that were read; none of them proves that the chip is no copy.

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
    /// Worth of the root behind it; [`Trust::None`] unless it passed.
    pub trust: Trust,
    /// Origin of the certificates that it was made with.
    pub source: Source,
}

/// Origin of a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// This card.
    Card,
    /// An earlier card.
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

/// Policy of the register's signing certificate on the official test cards of 2009 to 2014. It counts only under a root
/// that was configured for tests. (Seen in certificates of such cards)
const TEST_REGISTER_POLICY: &str = "2.16.56.1.40.40.40.1";

/// The National Register's certificate, as found on a card, and the result of judging it.
pub struct Register {
    certificate: Option<Certificate>,
    check: CardCheck,
    /// Chain from the certificate to the root; empty if it leads to none.
    chain: Vec<Certificate>,
}

impl Register {
    /// Judges the register's certificate against `store`, as of the day on which the card was issued: a certificate
    /// that ended later was valid when it signed, and `now` only decides if the check mentions that. Cards that were
    /// signed again under a newer root have a register certificate younger than themselves, which is judged as of its
    /// own first day.
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
            // Without the day of issue nobody can tell if the certificate was valid then.
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

    /// Result for a card that has no certificate file, when no earlier card's certificate fits either.
    #[must_use]
    pub(crate) fn not_on_card() -> Self {
        Self {
            certificate: None,
            check: CardCheck::unknown(CheckName::NationalRegisterChain, Reason::NotOnThisCard),
            chain: Vec::new(),
        }
    }

    /// Marks the certificate as one that an earlier card brought.
    #[must_use]
    pub fn from_cache(mut self) -> Self {
        self.check.source = Source::Cache;
        self
    }

    /// The check of the chain.
    #[must_use]
    pub fn chain_check(&self) -> CardCheck {
        self.check.clone()
    }

    /// Chain from its certificate to the root; empty if it leads to none.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// Returns true if its certificate leads to a known root.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.check.outcome == Outcome::Passed
    }

    /// Checks the register's signature over the identity file as read, untrimmed.
    #[must_use]
    pub fn identity_signature(&self, identity_file: &[u8], signature_file: &[u8]) -> CardCheck {
        self.signature(CheckName::IdentitySignature, identity_file, signature_file)
    }

    /// Checks the register's signature, and that the identity belongs to the chip that returned it: files copied from
    /// another card are no identity.
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
        // The identity signature is part of the signed bytes: without it the address cannot be judged.
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
        // A missing file arrives here as an empty one; no real signature file is empty.
        if signature_file.is_empty() {
            return CardCheck::unknown(name, Reason::NotOnThisCard);
        }
        if signed_by(signer, signed, signature_file) {
            // The signature is worth as much as the certificate of its key.
            CardCheck::passed(name, self.check.trust)
        } else {
            CardCheck::failed(name, Reason::SignatureDoesNotVerify)
        }
    }
}

/// Checks the photo against the digest in the identity. The result means something only for an identity that the
/// register signed, which `identity_signature` tells.
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

/// Returns true if `signature_file` is the signature over `signed` by the key of `signer`, made as the register signs.
pub(crate) fn signed_by(signer: &Certificate, signed: &[u8], signature_file: &[u8]) -> bool {
    let hint = signer.signature_hash().unwrap_or(HashAlgorithm::Sha256);
    ways_to_sign(signer.public_key(), hint, signature_file).is_some_and(|(signature, hashes)| {
        let fits = |hash: &HashAlgorithm| signer.verify_signature(*hash, signed, signature).is_ok();
        hashes.iter().any(fits)
    })
}

/// Checks the register's signature over `signed`; returns the hash that fitted, or `None`.
///
/// EC keys sign SHA-384; the file holds the DER signature, zero-padded. RSA keys sign with the hash of their own
/// certificate (`hint`) or, on cards signed again under a newer root, with the other of SHA-256 and SHA-1.
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

/// Signature in a file, and the hashes it may have been made with, likeliest first.
fn ways_to_sign<'a>(
    key: &PublicKey,
    hint: HashAlgorithm,
    signature_file: &'a [u8],
) -> Option<(&'a [u8], Vec<HashAlgorithm>)> {
    match key {
        // The register has never signed with such keys.
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

/// Checks that the certificate is a register's: issued by the root itself, for this purpose, able to sign. A citizen's
/// own certificate leads to the same root and must not pass for it.
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

/// Returns true if certificates of the register have this policy, under a root with trust level `trust`.
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

/// Returns the DER SEQUENCE at the start of a zero-padded file. (The long form is accepted too: not every card has been
/// measured.)
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
    #[test]
    fn a_check_tells_why_it_did_not_pass_or_else_its_remark() {
        let name = CheckName::NationalRegisterChain;
        let passed = CardCheck::passed(name, Trust::Test);
        let with_remark = CardCheck {
            remark: Some(Reason::SignerExpired),
            ..passed.clone()
        };
        for (check, reason) in [
            (passed, None),
            (with_remark, Some(Reason::SignerExpired)),
            (
                CardCheck::failed(name, Reason::RootNotTrusted),
                Some(Reason::RootNotTrusted),
            ),
            (
                CardCheck::unknown(name, Reason::NotOnThisCard),
                Some(Reason::NotOnThisCard),
            ),
        ] {
            assert_eq!(check.reason(), reason, "{check:?}");
        }
        assert_eq!([Source::Card.name(), Source::Cache.name()], ["card", "cache"]);
    }

    #[test]
    fn nothing_is_judged_by_a_certificate_that_no_card_of_this_kind_has() {
        let register = Register::not_on_card();
        assert_eq!(register.chain_check().outcome, Outcome::Unknown(Reason::NotOnThisCard));
        let signature = register.identity_signature(&[1], &[2]);
        assert_eq!(signature.outcome, Outcome::Unknown(Reason::CertificateMissing));
        assert!(!register.is_trusted() && register.chain().is_empty());
    }

    #[test]
    fn zeros_end_the_address_and_stay_inside_it() {
        for (file, trimmed) in [
            (&[][..], &[][..]),
            (&[0, 0], &[]),
            (&[1], &[1]),
            (&[0, 1, 0, 2, 0, 0], &[0, 1, 0, 2]),
        ] {
            assert_eq!(trim_zeros(file), trimmed, "{file:02X?}");
        }
    }

    #[test]
    fn signatures_in_der_end_before_the_padding() {
        // File, and length of the signature in it.
        for (file, length) in [
            (&[0x30, 2, 7, 8, 0, 0][..], Some(4)),
            (&[0x30, 0], Some(2)),
            (&[0x30, 0x81, 2, 7, 8, 0, 0], Some(5)),
            (&[0x30, 0x82, 0, 2, 7, 8, 0, 0], Some(6)),
            (&[0x30, 2, 7], None),
            (&[0x30, 0x82, 1, 0, 7, 8], None),
            (&[0x30, 0x80, 7, 8], None),
            (&[0x30, 0x83, 0, 0, 2, 7, 8], None),
            (&[0x31, 2, 7, 8], None),
            (&[0x30], None),
            (&[], None),
        ] {
            assert_eq!(
                der_prefix(file),
                length.map(|length: usize| &file[..length]),
                "{file:02X?}"
            );
        }
    }
}
