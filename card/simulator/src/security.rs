//! Commands about the PIN and its rights: VERIFY, CHANGE REFERENCE DATA, MSE: SET, PSO: CDS, INTERNAL AUTHENTICATE
//! and LOG OFF.

use crate::applets::AppletManual;
use crate::command::{CommandResult, ReceivedCommand, Sw};
use crate::engine::{Engine, MAX_CHALLENGES, MAX_TRIES, PinBlock};
use crate::keys::TestKey;
use crate::sign;

const KEY_AUTHENTICATION: u8 = 0x82;
const KEY_SIGNATURE: u8 = 0x83;

impl Engine {
    pub(crate) fn verify(&mut self, c: &ReceivedCommand<'_>) -> CommandResult {
        if let Err(sw) = basic_pin(c) {
            return self.other(Err(sw));
        }
        match PinBlock::try_from(c.data) {
            Ok(block) => self.present(block),
            // Not a question on 1.1, but a PIN, and the wrong one.
            Err(_) if c.is_bare() && !self.image.manual().empty_verify_asks() => self.present([0; 8]),
            Err(_) if c.is_bare() => {
                let granted = self.session.once || self.session.pending.is_some();
                let tries = self.tries;
                self.other(if granted {
                    Ok(Vec::new())
                } else {
                    Err(Sw::tries_left(tries))
                })
            }
            Err(_) => self.other(Err(Sw::WRONG_LENGTH)),
        }
    }

    pub(crate) fn change_reference_data(&mut self, c: &ReceivedCommand<'_>) -> CommandResult {
        if let Err(sw) = basic_pin(c) {
            return self.other(Err(sw));
        }
        let (Some(old), Some(new), 16) = (c.data.first_chunk(), c.data.last_chunk(), c.data.len()) else {
            return self.other(Err(Sw::WRONG_LENGTH));
        };
        // Before the old PIN is compared: a new one that is no PIN costs no try.
        if !is_well_formed(new) {
            return self.other(Err(Sw::WRONG_DATA));
        }
        self.present(*old)?;
        self.pin = *new;
        Ok(Vec::new())
    }

    /// Compares a PIN block. No other function changes the counter.
    pub(crate) fn present(&mut self, block: PinBlock) -> CommandResult {
        (self.session.once, self.session.pending) = match (self.tries, block == self.pin) {
            // With no try left the right PIN is refused, too.
            (1.., true) => (self.session.once, Some(self.image.manual().pin_window())),
            _ => (false, None),
        };
        if self.session.pending.is_some() {
            self.tries = MAX_TRIES;
            self.challenges_left = MAX_CHALLENGES;
            return Ok(Vec::new());
        }
        self.tries = self.tries.saturating_sub(1);
        Err(Sw::tries_left(self.tries))
    }

    pub(crate) fn manage_security_environment(&mut self, c: &ReceivedCommand<'_>) -> CommandResult {
        if c.p1_p2() != 0x41B6 {
            return Err(Sw::WRONG_PARAMETERS);
        }
        let &[length, algorithm_tag, algorithm, key_tag, reference] = c.data else {
            return Err(Sw::WRONG_LENGTH);
        };
        if (length, algorithm_tag, key_tag) != (0x04, 0x80, 0x84) {
            return Err(Sw::WRONG_DATA);
        }
        // The key first: its kind decides which algorithm references there are.
        let key = self.signing_key(reference).ok_or(Sw::NO_REFERENCE)?;
        let manual = self.image.manual();
        if !sign::is_supported(manual, key, algorithm) {
            return Err(match manual {
                AppletManual::V11 => Sw::UNSUPPORTED_ALGORITHM,
                AppletManual::V17 | AppletManual::V18 => Sw::WRONG_DATA,
            });
        }
        self.session.environment = Some((algorithm, reference));
        Ok(Vec::new())
    }

    pub(crate) fn signing_key(&self, reference: u8) -> Option<&TestKey> {
        let [authentication, signature] = self.image.holder_keys();
        match reference {
            KEY_AUTHENTICATION => authentication.as_ref(),
            KEY_SIGNATURE => signature.as_ref(),
            _ => None,
        }
    }

    /// PSO: CDS. The signature key takes a PIN given just before, and uses it up even if the signature then fails; the
    /// authentication key takes one given at any time.
    pub(crate) fn compute_signature(&mut self, c: &ReceivedCommand<'_>) -> CommandResult {
        if c.p1_p2() != 0x9E9A {
            return self.other(Err(Sw::WRONG_PARAMETERS));
        }
        let Some((algorithm, reference)) = self.session.environment else {
            return self.other(Err(Sw::CONDITIONS));
        };
        let just_given = self.session.pending.take().is_some();
        if reference != KEY_SIGNATURE && just_given {
            self.session.once = true;
        }
        let granted = if reference == KEY_SIGNATURE {
            just_given
        } else {
            self.session.once
        };
        if !granted {
            return Err(Sw::NOT_GRANTED);
        }
        let key = self.signing_key(reference).ok_or(Sw::NO_REFERENCE)?;
        let signature = sign::sign(key, algorithm, c.data)?;
        self.offer(signature, c.le.unwrap_or(0))
    }

    /// Signs a challenge with the key of EF 4040, as a hash and without any PIN (manual 1.8, 6.11).
    pub(crate) fn internal_authenticate(&mut self, c: &ReceivedCommand<'_>) -> CommandResult {
        const ECDSA_SHA_384: u8 = 0x02;
        const KEY_BASIC: u8 = 0x81;
        if c.p2 != KEY_BASIC {
            return Err(Sw::NO_REFERENCE);
        }
        if c.p1 != ECDSA_SHA_384 {
            return Err(Sw::WRONG_DATA);
        }
        let challenge = match c.data.split_first_chunk() {
            Some((&[0x94, 48], challenge)) if challenge.len() == 48 => challenge,
            Some((_, rest)) if rest.len() == 48 => return Err(Sw::WRONG_DATA),
            _ => return Err(Sw::WRONG_LENGTH),
        };
        let Some(TestKey::P384(key)) = self.image.basic_key() else {
            return Err(Sw::NO_REFERENCE);
        };
        // After the checks: only challenges that are answered count.
        self.challenges_left = self.challenges_left.checked_sub(1).ok_or(Sw::CONDITIONS)?;
        let signature = sign::ecdsa(key, challenge)?;
        self.session.environment = None;
        self.offer(signature, c.le.unwrap_or(0))
    }

    pub(crate) fn log_off(&mut self, c: &ReceivedCommand<'_>) -> CommandResult {
        if c.p1_p2() != 0 {
            return Err(Sw::WRONG_PARAMETERS);
        }
        if !c.is_bare() {
            return Err(Sw::WRONG_LENGTH);
        }
        (self.session.once, self.session.pending, self.session.environment) = (false, None, None);
        Ok(Vec::new())
    }
}

/// Checks P1 and P2 of VERIFY and CHANGE REFERENCE DATA: there is no PIN but 01.
fn basic_pin(c: &ReceivedCommand<'_>) -> Result<(), Sw> {
    match (c.p1, c.p2) {
        (0x00, 0x01) => Ok(()),
        (0x00, _) => Err(Sw::NO_REFERENCE),
        _ => Err(Sw::WRONG_P1_P2),
    }
}

/// Returns true for a PIN block of format 2 with 4 to 12 digits.
fn is_well_formed(block: &PinBlock) -> bool {
    let nibbles = block.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
    let len = usize::from(block.first().copied().unwrap_or_default() & 0x0F);
    let mut digits = nibbles.clone().skip(2).take(len);
    let mut fill = nibbles.skip(2).skip(len);
    block.first().is_some_and(|first| first >> 4 == 2)
        && (4..=12).contains(&len)
        && digits.all(|nibble| nibble < 10)
        && fill.all(|nibble| nibble == 0xF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Citizen;
    use crate::card::CardImage;
    use p384::ecdsa::SigningKey;
    use rand_core::OsRng;
    use std::sync::Arc;

    #[test]
    fn challenges_run_out_until_the_pin_is_given() {
        let key = TestKey::P384(Box::new(SigningKey::random(&mut OsRng)));
        let mut card = Engine::new(Arc::new(CardImage::bare(Citizen::find("jan").unwrap(), key)));
        card.challenges_left = 1;
        let challenge = [&[0x00, 0x88, 0x02, 0x81, 0x32, 0x94, 0x30][..], &[0x5A; 48]].concat();
        let verify = [
            0x00, 0x20, 0x00, 0x01, 0x08, 0x24, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        ];
        for (command, answer) in [
            (&challenge[..], [0x61, 0x60]),
            (&challenge, [0x69, 0x85]),
            (&verify, [0x90, 0x00]),
            (&challenge, [0x61, 0x60]),
        ] {
            assert_eq!(card.apdu(command), answer);
        }
        assert_eq!(card.challenges_left, MAX_CHALLENGES - 1);
    }

    #[test]
    fn pin_blocks_have_4_to_12_digits_and_are_filled_with_f() {
        for (block, expected) in [
            ([0x24, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], true),
            ([0x25, 0x12, 0x34, 0x5F, 0xFF, 0xFF, 0xFF, 0xFF], true),
            ([0x2C, 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0xFF], true),
            ([0x25, 0x12, 0x34, 0x50, 0xFF, 0xFF, 0xFF, 0xFF], false),
            ([0x23, 0x12, 0x3F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], false),
            ([0x2D, 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x3F], false),
            ([0x14, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], false),
            ([0x24, 0x12, 0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], false),
        ] {
            assert_eq!(is_well_formed(&block), expected, "{block:02X?}");
        }
    }
}
