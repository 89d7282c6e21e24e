//! Time limits for one answer of a card or a reader.
//!
//! Drivers have limits of their own, but a card that asks for more time again and again never reaches them (ISO 7816-3,
//! 10.2: the null procedure byte 60), and `SCardTransmit` has none. Callers may give up after these times. Each counts
//! from the moment when the command is handed to PC/SC.

use crate::pin_pad::GET_FEATURE_REQUEST;
use std::time::Duration;

/// Limit for commands that only move bytes. At the slowest speed, 9600 baud, 256 bytes take a third of a second.
const MOVING: Duration = Duration::from_secs(6);
/// Limit for commands for which the chip computes: PIN comparison, signatures. The slowest known, RSA on applet 1.1,
/// take one to two seconds.
const COMPUTING: Duration = Duration::from_secs(9);
/// Limit for entries on the reader: a person types up to three PINs before the card computes. Each may take a minute,
/// twice the reader's own time-out, as where the keys are polled (`pin_pad`).
const TYPING: Duration = Duration::from_secs(3 * 60 + 9);

/// Longest time to connect to a card, power-up included, or to reset it. (ISO 7816-3 lets an answer to reset take up to
/// 20,000 elementary time units; libccid gives up after some seconds.)
pub const LONGEST_CONNECT: Duration = COMPUTING;

/// Longest time that the answer to `command` (an APDU, or a pseudo-command to the reader) can take.
#[must_use]
pub fn longest_answer(command: &[u8]) -> Duration {
    match command {
        // PC/SC part 10, PPDU. Feature 0 lists the features; any other may wait for the person, FINISH too, where keys
        // cannot be polled.
        [0xFF, 0xC2, 0x01, feature, ..] if *feature != 0 => TYPING,
        // SELECT, READ BINARY, GET RESPONSE, GET CARD DATA.
        [_, 0xA4 | 0xB0 | 0xC0 | 0xE4, ..] => MOVING,
        _ => COMPUTING,
    }
}

/// Longest time that a reader may take for a control code: each but the list of features may wait for the person, also
/// one without input (FINISH, where keys cannot be polled).
#[must_use]
pub fn longest_control(code: u32) -> Duration {
    if code == GET_FEATURE_REQUEST { COMPUTING } else { TYPING }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(command: &[u8], expected: Duration) {
        assert_eq!(longest_answer(command), expected, "{command:02X?}");
    }

    #[test]
    fn commands_that_compute_and_people_who_type_have_longer() {
        check(&[0x00, 0xB0, 0x00, 0x00, 0x00], MOVING);
        check(&[0x80, 0xE4, 0x00, 0x00, 0x1C], MOVING);
        check(&[0x00, 0x20, 0x00, 0x01, 0x08], COMPUTING);
        check(&[0x00, 0x2A, 0x9E, 0x9A, 0x30], COMPUTING);
        check(&[], COMPUTING);
        check(&[0xFF, 0xC2, 0x01, 0x00, 0x00], COMPUTING);
        check(&[0xFF, 0xC2, 0x01, 0x06, 0x18], TYPING);
        check(&[0xFF, 0xC2, 0x01, 0x02, 0x00], TYPING);
        assert_eq!(
            (longest_control(GET_FEATURE_REQUEST), longest_control(0x4233_0002)),
            (COMPUTING, TYPING)
        );
    }

    #[test]
    fn a_caller_hears_of_a_card_that_does_not_answer_within_ten_seconds() {
        assert!(MOVING.max(COMPUTING) < Duration::from_secs(10));
    }
}
