//! Check that the chip is the one the card was issued with, and no copy. Applet 1.8 has a key that never leaves it.
//!
//! The register signs the identity, the identity holds the digest of EF 4040, and the key in EF 4040 signs an
//! unpredictable challenge. On older cards all data can be copied, so this check cannot tell.

use crate::apdu::{CommandApdu, StatusWord};
use crate::authenticity::CardCheck;
use crate::card::Applet;
use crate::error::CardError;
use crate::files::BASIC_PUBLIC_KEY;
use crate::identity::Identity;
use crate::session::CardSession;
use beid_pki::{CheckName, HashAlgorithm, Outcome, PublicKey, Reason, ecdsa_raw_to_der};
use subtle::ConstantTimeEq;

/// Challenge for the chip to sign: random bytes, new each time and known to nobody before.
pub type Challenge = [u8; 48];

/// Answer of the chip to a challenge.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ChallengeAnswer {
    /// The chip signed.
    Signed {
        /// Content of EF 4040.
        basic_key: Vec<u8>,
        /// `r‖s`, 96 bytes.
        signature: Vec<u8>,
    },
    /// This generation has no such key.
    NotOnThisCard,
    /// The chip has signed 5000 challenges since its last right PIN, and will sign again after the next one.
    LimitReached,
    /// The chip gave another status word.
    Refused,
}

impl CardSession<'_> {
    /// Reads EF 4040 and lets the chip sign `challenge`, if the generation can. Needs no PIN, but makes the card forget
    /// the key that another program has chosen for its next signature.
    ///
    /// # Errors
    /// [`CardError`] if the card cannot be reached or the file cannot be read. A refusal to sign is no error but an
    /// answer.
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
        let response = self.send(&CommandApdu::internal_authenticate(challenge))?;
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

/// Checks the answer to `challenge` against the digest in the identity. The result means something only for an identity
/// that the register signed, which `identity_signature` tells.
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
        // This is not the chip's fault: the register signed an identity that names no key.
        return CardCheck::unknown(name, Reason::DigestMissing);
    };
    if !bool::from(HashAlgorithm::Sha384.digest(basic_key).ct_eq(expected)) {
        return CardCheck::failed(name, Reason::DigestDiffers);
    }
    let Ok(key) = PublicKey::from_spki(basic_key) else {
        return CardCheck::unknown(name, Reason::KeyNotSupported);
    };
    // The chip signs the challenge as if it were a digest: it is not hashed again.
    let der = ecdsa_raw_to_der(signature);
    match der.and_then(|der| key.verify_digest(HashAlgorithm::Sha384, challenge, &der)) {
        Ok(()) => CardCheck::passed(name, identity_signature.trust),
        Err(_) => CardCheck::failed(name, Reason::SignatureDoesNotVerify),
    }
}

/// Judges a card without the key. Older cards have none; but if the register signed that there is one, this is a copy
/// that pretends to be older.
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
