//! Is the chip the one the card was issued with, or a copy? Applet 1.8 has a key that never leaves it.
//!
//! The register signs the identity, the identity holds the digest of EF 4040, and the key in EF 4040 signs a challenge
//! that nobody can know before. On older cards all data can be copied, and nothing here can tell.

use crate::apdu::{Command, StatusWord};
use crate::authenticity::CardCheck;
use crate::card::Applet;
use crate::error::CardError;
use crate::files::BASIC_PUBLIC_KEY;
use crate::identity::Identity;
use crate::session::Session;
use beid_pki::{CheckName, HashAlgorithm, Outcome, PublicKey, Reason, ecdsa_raw_to_der};
use subtle::ConstantTimeEq;

/// What the chip is to sign: random bytes, new for each question and not known to anybody before.
pub type Challenge = [u8; 48];

/// What the chip said to a challenge.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ChallengeAnswer {
    /// It signed.
    Signed {
        /// EF 4040, whole.
        basic_key: Vec<u8>,
        /// `r‖s`, 96 bytes.
        signature: Vec<u8>,
    },
    /// This generation has no such key.
    NotOnThisCard,
    /// It has signed 5000 since it last saw its PIN, and will again after the next right one.
    LimitReached,
    /// It said something else.
    Refused,
}

impl Session<'_> {
    /// Reads EF 4040 and has the chip sign `challenge`, where the generation can. No PIN; what another program chose for
    /// its next signature is forgotten.
    ///
    /// # Errors
    /// [`CardError`] if the card cannot be reached or its file not be read. That it will not sign is an answer.
    ///
    /// Source: Belpic 1.8 reference manual, 6.11.
    pub fn challenge(&mut self, applet: Applet, challenge: &Challenge) -> Result<ChallengeAnswer, CardError> {
        match applet {
            Applet::V1_1 | Applet::V1_7 => return Ok(ChallengeAnswer::NotOnThisCard),
            Applet::V1_8 | Applet::Other(_) => {}
        }
        let basic_key = match self.read_file(&BASIC_PUBLIC_KEY) {
            Err(CardError::NoSuchFile { .. }) => return Ok(ChallengeAnswer::NotOnThisCard),
            read => read?,
        };
        let response = self.send(&Command::internal_authenticate(challenge))?;
        Ok(match response.sw {
            StatusWord::OK => ChallengeAnswer::Signed {
                basic_key,
                signature: response.data,
            },
            StatusWord::CONDITIONS => ChallengeAnswer::LimitReached,
            _ => ChallengeAnswer::Refused,
        })
    }
}

/// Checks what the chip said to `challenge`, against the digest in the identity. That says something only of an identity
/// that the register signed: `identity_signature` is the check of it.
#[must_use]
pub fn card_genuine(
    answer: &ChallengeAnswer,
    challenge: &Challenge,
    identity: &Identity,
    identity_signature: &CardCheck,
) -> CardCheck {
    let name = CheckName::CardGenuine;
    let (basic_key, signature) = match answer {
        ChallengeAnswer::Signed { basic_key, signature } => (basic_key, signature),
        ChallengeAnswer::NotOnThisCard => return without_key(identity, identity_signature),
        ChallengeAnswer::LimitReached => return CardCheck::unknown(name, Reason::ChallengeLimit),
        ChallengeAnswer::Refused => return CardCheck::unknown(name, Reason::ChallengeRefused),
    };
    if identity_signature.outcome != Outcome::Passed {
        return CardCheck::unknown(name, Reason::IdentityNotAuthentic);
    }
    let Some(expected) = &identity.basic_key_digest else {
        // Not the chip's fault: the register signed an identity that names no key.
        return CardCheck::unknown(name, Reason::DigestMissing);
    };
    if !bool::from(HashAlgorithm::Sha384.digest(basic_key).ct_eq(expected)) {
        return CardCheck::failed(name, Reason::DigestDiffers);
    }
    let Ok(key) = PublicKey::from_spki(basic_key) else {
        return CardCheck::unknown(name, Reason::KeyNotSupported);
    };
    // The chip takes the challenge for a digest: it is not hashed again.
    let der = ecdsa_raw_to_der(signature);
    match der.and_then(|der| key.verify_digest(HashAlgorithm::Sha384, challenge, &der)) {
        Ok(()) => CardCheck::passed(name, identity_signature.trust),
        Err(_) => CardCheck::failed(name, Reason::SignatureDoesNotVerify),
    }
}

/// A card without the key: older ones have none. But where the register signed that there is one, this is a copy that
/// pretends to be older.
fn without_key(identity: &Identity, identity_signature: &CardCheck) -> CardCheck {
    let name = CheckName::CardGenuine;
    let names_a_key = identity
        .basic_key_digest
        .as_ref()
        .is_some_and(|digest| !digest.is_empty());
    if identity_signature.outcome == Outcome::Passed && names_a_key {
        CardCheck::failed(name, Reason::KeyMissing)
    } else {
        CardCheck::unknown(name, Reason::NotOnThisCard)
    }
}
