//! Structures that tell a keypad where in a command the digits go (PC/SC part 10). They never hold a PIN.

use super::PadLanguage;

/// Time-out in seconds, until the first key and between keys.
const TIMEOUT: u8 = 30;
/// `bmFormatString` for the Belpic PIN block: counted in bytes, the PIN after byte 1 of the data, from the left, in
/// BCD.
pub(super) const FORMAT_STRING: u8 = 0x89;
/// `bmPINBlockString`: four bits of length, seven bytes of PIN.
const PIN_BLOCK_STRING: u8 = 0x47;
/// `bmPINLengthFormat`: counted in bits, the length four bits into the data.
const PIN_LENGTH_FORMAT: u8 = 0x04;
/// Minimum number of digits of a PIN.
const MIN_DIGITS: u8 = 4;
/// `bEntryValidationCondition`: an entry ends with the OK key.
const UNTIL_OK: u8 = 0x02;
/// `bConfirmPIN`: the new PIN twice, after the old one.
const OLD_AND_NEW_TWICE: u8 = 0x03;
/// `bTeoPrologue`, for block protocols only.
const NO_PROLOGUE: [u8; 3] = [0; 3];

/// A PIN block without digits: format 2, length to be filled in.
const EMPTY_BLOCK: [u8; 8] = [0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
/// VERIFY of the holder's PIN. (Applet manual 1.8, 6.5)
const VERIFY: [u8; 5] = [0x00, 0x20, 0x00, 0x01, 8];
/// CHANGE REFERENCE DATA of the holder's PIN, old block and new.
const CHANGE_REFERENCE_DATA: [u8; 5] = [0x00, 0x24, 0x00, 0x01, 16];

/// Variable parts of the structures for one reader.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct PadFormat {
    /// `bmFormatString`.
    pub(super) format_string: u8,
    /// Maximum number of digits that the person may type.
    pub(super) max_digits: u8,
}

impl PadFormat {
    /// `PIN_VERIFY_STRUCTURE`: 19 bytes, and VERIFY with an empty block.
    pub(super) fn verify(self, language: PadLanguage) -> Vec<u8> {
        let command = [&VERIFY[..], &EMPTY_BLOCK].concat();
        let messages = [1];
        let shown = [0];
        [
            &self.start()[..],
            &[self.max_digits, MIN_DIGITS, UNTIL_OK],
            &messages,
            &language.id(),
            &shown,
            &NO_PROLOGUE,
            &length(&command),
            &command,
        ]
        .concat()
    }

    /// `PIN_MODIFY_STRUCTURE`: 24 bytes, and CHANGE REFERENCE DATA with two empty blocks.
    pub(super) fn modify(self, language: PadLanguage) -> Vec<u8> {
        let command = [&CHANGE_REFERENCE_DATA[..], &EMPTY_BLOCK, &EMPTY_BLOCK].concat();
        let (old_block_at, new_block_at) = (0, 8);
        let messages = [3];
        let shown = [0, 1, 2];
        [
            &self.start()[..],
            &[old_block_at, new_block_at],
            &[self.max_digits, MIN_DIGITS, OLD_AND_NEW_TWICE, UNTIL_OK],
            &messages,
            &language.id(),
            &shown,
            &NO_PROLOGUE,
            &length(&command),
            &command,
        ]
        .concat()
    }

    fn start(self) -> [u8; 5] {
        [
            TIMEOUT,
            TIMEOUT,
            self.format_string,
            PIN_BLOCK_STRING,
            PIN_LENGTH_FORMAT,
        ]
    }
}

/// `ulDataLength`, little-endian like every number in these structures.
fn length(command: &[u8]) -> [u8; 4] {
    u32::try_from(command.len()).unwrap_or(u32::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: PadFormat = PadFormat {
        format_string: FORMAT_STRING,
        max_digits: 12,
    };

    fn check(structure: &[u8], expected: &str) {
        let shown: Vec<String> = structure.iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(shown.join(" "), expected);
    }

    #[test]
    fn verify_structure_is_the_known_one_byte_for_byte() {
        check(
            &FORMAT.verify(PadLanguage::En),
            "1E 1E 89 47 04 0C 04 02 01 09 04 00 00 00 00 0D 00 00 00 00 20 00 01 08 20 FF FF FF FF FF FF FF",
        );
    }

    #[test]
    fn modify_structure_is_the_known_one_byte_for_byte() {
        check(
            &FORMAT.modify(PadLanguage::En),
            "1E 1E 89 47 04 00 08 0C 04 03 02 03 09 04 00 01 02 00 00 00 15 00 00 00 \
             00 24 00 01 10 20 FF FF FF FF FF FF FF 20 FF FF FF FF FF FF FF",
        );
    }

    #[test]
    fn only_the_language_differs_between_languages() {
        for (language, id) in [
            (PadLanguage::Nl, [0x13, 0x08]),
            (PadLanguage::Fr, [0x0C, 0x08]),
            (PadLanguage::De, [0x07, 0x04]),
            (PadLanguage::En, [0x09, 0x04]),
        ] {
            let mut verify = FORMAT.verify(language);
            assert_eq!(verify[9..11], id, "{language:?}");
            verify[9..11].copy_from_slice(&[0x09, 0x04]);
            assert_eq!(verify, FORMAT.verify(PadLanguage::En));
            let mut modify = FORMAT.modify(language);
            assert_eq!(modify[12..14], id, "{language:?}");
            modify[12..14].copy_from_slice(&[0x09, 0x04]);
            assert_eq!(modify, FORMAT.modify(PadLanguage::En));
        }
    }

    #[test]
    fn readers_with_limits_are_told_within_them() {
        let format = PadFormat {
            format_string: 0x01,
            max_digits: 8,
        };
        assert_eq!(format.verify(PadLanguage::En)[2..7], [0x01, 0x47, 0x04, 8, 4]);
        assert_eq!(format.modify(PadLanguage::En)[2..9], [0x01, 0x47, 0x04, 0, 8, 8, 4]);
    }
}
