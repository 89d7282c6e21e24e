//! Command and response APDUs (ISO 7816-4, short form), with the commands of the Belpic applet.

use crate::files::ElementaryFile;
use crate::pin::Pin;
use crate::secret::SecretOctets;
use std::fmt;
use zeroize::Zeroizing;

/// One command APDU. Its bytes are wiped on drop, because a command may hold a PIN.
pub struct CommandApdu {
    name: &'static str,
    bytes: CommandOctets,
}

/// Octets of a command, by what they may hold.
enum CommandOctets {
    /// Nothing that anybody hides.
    Plain(Zeroizing<Vec<u8>>),
    /// A PIN.
    Secret(SecretOctets),
}

impl CommandApdu {
    /// Name of the command in the applet manual: `READ BINARY`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Bytes on the wire. Over T=0 a command with data has no Le: the answer is fetched with GET RESPONSE.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match &self.bytes {
            CommandOctets::Plain(bytes) => bytes,
            CommandOctets::Secret(bytes) => bytes,
        }
    }

    /// GET CARD DATA: chip number, applet version and life cycle, 28 bytes. (Applet manual 1.8, 6.14)
    #[must_use]
    pub fn card_data() -> Self {
        Self::new("GET CARD DATA", &[0x80, 0xE4, 0x00, 0x00, 0x1C])
    }

    /// GET CARD DATA with the PIN's tries left, 31 bytes; applet 1.8 only. (6.14)
    #[must_use]
    pub fn card_data_with_tries() -> Self {
        Self::new("GET CARD DATA", &[0x80, 0xE4, 0x00, 0x01, 0x1F])
    }

    /// SELECT by AID. The card then forgets every PIN right, those of other programs included, so this is a last
    /// resort. (6.6)
    #[must_use]
    pub fn select_applet() -> Self {
        // P2 = 00 like the official middleware; the manual's 0C is accepted by every card too.
        let mut bytes = vec![0x00, 0xA4, 0x04, 0x00, 0x0F];
        bytes.extend_from_slice(&BELPIC_AID);
        Self::new("SELECT", &bytes)
    }

    /// SELECT by path from the master file, without FCI in the answer. (6.6)
    #[must_use]
    pub fn select(path: &[u16]) -> Self {
        let mut bytes = vec![0x00, 0xA4, 0x08, 0x0C, u8::try_from(path.len() * 2).unwrap_or(u8::MAX)];
        bytes.extend(path.iter().flat_map(|id| id.to_be_bytes()));
        Self::new("SELECT", &bytes)
    }

    /// SELECT of an elementary file by its path from the master file.
    #[must_use]
    pub fn select_file(file: &ElementaryFile) -> Self {
        Self::select(file.path)
    }

    /// READ BINARY at `offset` (at most 7FFF): `len` bytes, 0 meaning 256. (6.7)
    #[must_use]
    pub fn read_binary(offset: u16, len: u8) -> Self {
        let [high, low] = offset.to_be_bytes();
        // Bit 8 of P1 would turn its low bits into a short EF identifier. (ISO 7816-4, READ BINARY)
        Self::new("READ BINARY", &[0x00, 0xB0, high & 0x7F, low, len])
    }

    /// GET RESPONSE: the `len` bytes the card said are waiting, 0 meaning 256. (ISO 7816-4, 7.6.1)
    #[must_use]
    pub fn get_response(len: u8) -> Self {
        Self::new("GET RESPONSE", &[0x00, 0xC0, 0x00, 0x00, len])
    }

    /// MSE: SET, choosing key and algorithm for the next PSO: CDS. (6.8)
    #[must_use]
    pub fn mse_set(algorithm: u8, key: u8) -> Self {
        Self::new(
            "MSE: SET",
            &[0x00, 0x22, 0x41, 0xB6, 0x05, 0x04, 0x80, algorithm, 0x84, key],
        )
    }

    /// VERIFY with the holder's PIN (reference 01). A wrong PIN costs a try. (6.5)
    #[must_use]
    pub fn verify(pin: &Pin) -> Self {
        let bytes = SecretOctets::from_parts(&[&[0x00, 0x20, 0x00, 0x01, 0x08], pin.block()]);
        Self {
            name: "VERIFY",
            bytes: CommandOctets::Secret(bytes),
        }
    }

    /// VERIFY without a PIN, which answers with the tries left. On applet 1.1 it counts as a wrong PIN and must not be
    /// sent. (1.7, 6.5)
    #[must_use]
    pub fn verify_status() -> Self {
        Self::new("VERIFY", &[0x00, 0x20, 0x00, 0x01])
    }

    /// CHANGE REFERENCE DATA: replaces the PIN `old` by `new`. A wrong `old` costs a try. (6.5)
    #[must_use]
    pub fn change_pin(old: &Pin, new: &Pin) -> Self {
        let bytes = SecretOctets::from_parts(&[&[0x00, 0x24, 0x00, 0x01, 0x10], old.block(), new.block()]);
        Self {
            name: "CHANGE REFERENCE DATA",
            bytes: CommandOctets::Secret(bytes),
        }
    }

    /// PSO: COMPUTE DIGITAL SIGNATURE over a digest, or a `DigestInfo` of at most 245 bytes. (6.9)
    #[must_use]
    pub fn compute_signature(input: &[u8]) -> Self {
        let mut bytes = vec![0x00, 0x2A, 0x9E, 0x9A, u8::try_from(input.len()).unwrap_or(u8::MAX)];
        bytes.extend_from_slice(input);
        Self::new("PSO: CDS", &bytes)
    }

    /// INTERNAL AUTHENTICATE: has the basic key (81) sign a challenge, ECDSA with SHA-384; applet 1.8 only. (6.11)
    #[must_use]
    pub fn internal_authenticate(challenge: &[u8; 48]) -> Self {
        let mut bytes = vec![0x00, 0x88, 0x02, 0x81, 0x32, 0x94, 0x30];
        bytes.extend_from_slice(challenge);
        Self::new("INTERNAL AUTHENTICATE", &bytes)
    }

    /// LOG OFF: withdraws every right that a PIN has given. (6.15)
    #[must_use]
    pub fn log_off() -> Self {
        Self::new("LOG OFF", &[0x80, 0xE6, 0x00, 0x00])
    }

    fn new(name: &'static str, bytes: &[u8]) -> Self {
        Self {
            name,
            bytes: CommandOctets::Plain(Zeroizing::new(bytes.to_vec())),
        }
    }
}

/// Prints the name only: the bytes may hold a PIN.
impl fmt::Debug for CommandApdu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CommandApdu({})", self.name)
    }
}

/// AID of the Belpic applet, the same on every generation. (Applet manual 1.8, 2.2)
pub const BELPIC_AID: [u8; 15] = [
    0xA0, 0x00, 0x00, 0x00, 0x30, 0x29, 0x05, 0x70, 0x00, 0xAD, 0x13, 0x10, 0x01, 0x01, 0xFF,
];

/// Status word (SW1 SW2) of an answer.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct StatusWord(pub u16);

impl StatusWord {
    /// 9000.
    pub const OK: Self = Self(0x9000);
    /// 6983: no tries left.
    pub const BLOCKED: Self = Self(0x6983);
    /// 6985: conditions of use not satisfied.
    pub const CONDITIONS: Self = Self(0x6985);
    /// 6A80: the command's data cannot be used.
    pub const WRONG_DATA: Self = Self(0x6A80);
    /// 6A82: no such file.
    pub const NOT_FOUND: Self = Self(0x6A82);
    /// 6B00: offset at or behind the end of the file.
    pub const BEHIND_END: Self = Self(0x6B00);
    /// 6986: no file is selected. Some readers answer this in the middle of a file although nothing went wrong.
    pub const NO_FILE: Self = Self(0x6986);
    /// 6A87: Lc and P1-P2 do not fit. Some readers answer this in the middle of a file although nothing went wrong.
    pub const BAD_LC: Self = Self(0x6A87);

    /// 61xx: number of bytes that wait for GET RESPONSE (0 meaning 256).
    #[must_use]
    pub fn more(self) -> Option<u8> {
        let [sw1, sw2] = self.0.to_be_bytes();
        (sw1 == 0x61).then_some(sw2)
    }

    /// 6Cxx: exact number of bytes to ask for when the command is repeated (0 meaning 256).
    #[must_use]
    pub fn exact_len(self) -> Option<u8> {
        let [sw1, sw2] = self.0.to_be_bytes();
        (sw1 == 0x6C).then_some(sw2)
    }

    /// 63Cx: number of tries left after a wrong PIN.
    #[must_use]
    pub fn tries_left(self) -> Option<u8> {
        (self.0 & 0xFFF0 == 0x63C0).then(|| self.0.to_be_bytes()[1] & 0x0F)
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

/// One response APDU: data followed by the status word.
pub struct ResponseApdu {
    /// Data before SW1 SW2.
    pub data: Vec<u8>,
    /// SW1 SW2.
    pub sw: StatusWord,
}

impl ResponseApdu {
    /// Splits the bytes of an answer; `None` if they are fewer than a status word.
    #[must_use]
    pub fn parse(mut bytes: Vec<u8>) -> Option<Self> {
        let sw2 = bytes.pop()?;
        let sw1 = bytes.pop()?;
        Some(Self {
            data: bytes,
            sw: StatusWord(u16::from_be_bytes([sw1, sw2])),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_is_selected_by_its_whole_path() {
        let select = CommandApdu::select_file(&crate::files::IDENTITY);
        assert_eq!(
            select.bytes(),
            [0x00, 0xA4, 0x08, 0x0C, 6, 0x3F, 0x00, 0xDF, 0x01, 0x40, 0x31]
        );
    }

    #[test]
    fn status_words_say_what_they_count() {
        assert_eq!(StatusWord(0x63C2).tries_left(), Some(2));
        assert_eq!(StatusWord(0x6300).tries_left(), None);
        assert_eq!(StatusWord(0x6100).more(), Some(0));
        assert_eq!(StatusWord(0x6CB8).exact_len(), Some(0xB8));
        assert_eq!(StatusWord(0x9000).exact_len(), None);
    }

    #[test]
    fn answer_shorter_than_a_status_word_is_none() {
        assert!(ResponseApdu::parse(vec![0x90]).is_none());
        assert!(ResponseApdu::parse(vec![]).is_none());
    }

    #[test]
    fn verify_is_printed_without_its_pin() {
        let pin = Pin::from_digits(b"1234").unwrap();
        let command = CommandApdu::verify(&pin);
        assert_eq!(
            command.bytes(),
            [
                0x00, 0x20, 0x00, 0x01, 0x08, 0x24, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF
            ]
        );
        assert_eq!(format!("{command:?}"), "CommandApdu(VERIFY)");
    }

    #[test]
    fn change_is_one_command_with_old_and_new_pin() {
        let (old, new) = (Pin::from_digits(b"1234").unwrap(), Pin::from_digits(b"56789").unwrap());
        let command = CommandApdu::change_pin(&old, &new);
        assert_eq!(
            command.bytes(),
            [
                0x00, 0x24, 0x00, 0x01, 0x10, 0x24, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x25, 0x56, 0x78, 0x9F,
                0xFF, 0xFF, 0xFF, 0xFF
            ]
        );
        assert_eq!(format!("{command:?}"), "CommandApdu(CHANGE REFERENCE DATA)");
    }
}
