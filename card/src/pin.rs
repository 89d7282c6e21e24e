//! The holder's PIN, on its way from a keypad to the card.

use crate::secret::SecretOctets;

/// A PIN of 4 to 12 digits, kept as the block that the card expects (ISO 9564-1 format 2), off the disk and wiped on drop.
/// The block never grows, so that moving a `Pin` leaves no copy behind. It has no `Debug`, `Clone` or `Serialize`, on
/// purpose.
///
/// ```compile_fail
/// fn printed(pin: beid_card::Pin) -> String { format!("{pin:?}") }
/// ```
/// ```compile_fail
/// fn copied(pin: &beid_card::Pin) -> beid_card::Pin { pin.clone() }
/// ```
pub struct Pin(SecretOctets);

/// Length of the block, in bytes.
const BLOCK: usize = 8;

/// Input that cannot be a Belgian PIN. It was not sent, so it cost no try.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a PIN has 4 to 12 digits")]
pub struct NotAPin;

impl Pin {
    /// Reads ASCII digits.
    ///
    /// # Errors
    /// [`NotAPin`] unless there are 4 to 12 digits and nothing else.
    pub fn from_digits(digits: &[u8]) -> Result<Self, NotAPin> {
        let length = u8::try_from(digits.len()).map_err(|_| NotAPin)?;
        if !(4..=12).contains(&length) || !digits.iter().all(u8::is_ascii_digit) {
            return Err(NotAPin);
        }
        let mut block = SecretOctets::zeros(BLOCK);
        block.fill(0xFF);
        let (control, body) = block.split_at_mut(1);
        control.fill(0x20 | length);
        for (byte, pair) in body.iter_mut().zip(digits.chunks(2)) {
            // F fills the half byte behind an odd last digit.
            let low = pair.get(1).map_or(0x0F, |digit| digit & 0x0F);
            *byte = pair.first().map_or(0xFF, |digit| (digit & 0x0F) << 4 | low);
        }
        Ok(Self(block))
    }

    /// Returns true if `other` is the same PIN, as when a new one is typed twice. Takes the same time for either
    /// result, and leaves no copy.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let differing = self
            .0
            .iter()
            .zip(other.0.iter())
            .fold(0, |bits, (one, two)| bits | (one ^ two));
        differing == 0
    }

    pub(crate) fn block(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(digits: &[u8], block: [u8; 8]) {
        assert_eq!(Pin::from_digits(digits).unwrap().block(), block);
    }

    #[test]
    fn block_is_length_digits_and_f() {
        check(b"1234", [0x24, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
        check(b"12345", [0x25, 0x12, 0x34, 0x5F, 0xFF, 0xFF, 0xFF, 0xFF]);
        check(b"123456789012", [0x2C, 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0xFF]);
    }

    #[test]
    fn pins_are_the_same_digit_by_digit_and_of_one_length() {
        let pin = |digits: &[u8]| Pin::from_digits(digits).unwrap();
        assert!(pin(b"123456").is_same(&pin(b"123456")));
        for other in [&b"123457"[..], b"023456", b"12345", b"1234560"] {
            assert!(!pin(b"123456").is_same(&pin(other)));
        }
    }

    #[test]
    fn what_is_no_pin_is_refused_before_the_card_sees_it() {
        for typed in [
            &b""[..],
            b"123",
            b"1234567890123",
            b"12a4",
            b"12 34",
            "12\u{663}4".as_bytes(),
        ] {
            assert!(Pin::from_digits(typed).is_err());
        }
    }
}
