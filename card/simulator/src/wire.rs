//! Cost of an exchange: bytes on the wire between reader and card, and time (ISO 7816-3, protocol T=0).

use crate::applets::CardModel;
use crate::command::{ReceivedCommand, Sw};
use crate::keys::KeyKind;
use std::fmt;
use std::time::Duration;

/// Speed of a virtual card.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Timing {
    /// Answers come at once.
    #[default]
    Instant,
    /// Answers take as long as those of a real card in a common reader. Per byte 12 etu at the speed of the answer to
    /// reset and 4 MHz, and 4 ms per command. No source says how long the chip computes; assumed are 30 ms for a PIN,
    /// 350 ms for a signature on P-384 and 600 ms for one with RSA. After power or reset: the answer to reset, and 8
    /// bytes to agree on the speed, at 372 clock cycles per etu.
    Real,
}

impl Timing {
    /// Reads a speed by its name on command lines.
    ///
    /// # Errors
    /// The names that there are.
    pub fn parse(name: &str) -> Result<Self, String> {
        match name {
            "instant" => Ok(Self::Instant),
            "real" => Ok(Self::Real),
            _ => Err("instant or real".to_owned()),
        }
    }
}

/// One command and its answer, without their data.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Exchanged {
    /// CLA INS P1 P2, with zeros for missing bytes.
    pub header: [u8; 4],
    /// Number of bytes of command data.
    pub lc: usize,
    /// Number of bytes asked for, 1 to 256, if any were.
    pub le: Option<usize>,
    /// Number of bytes of response data.
    pub received: usize,
    /// Status word.
    pub sw: u16,
    /// Bytes on the wire both ways: five of the header, and for data either way a procedure byte before them; two of
    /// the status word. Where data went out and came in, with the GET RESPONSE that T=0 needs for it.
    pub wire: usize,
}

/// Prints `00B00000 lc=0 le=256 data=256 sw=9000 wire=264`.
impl fmt::Display for Exchanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.header {
            write!(f, "{byte:02X}")?;
        }
        let Self {
            lc, received, sw, wire, ..
        } = self;
        let le = self.le.map_or("-".to_owned(), |le| le.to_string());
        write!(f, " lc={lc} le={le} data={received} sw={sw:04X} wire={wire}")
    }
}

/// Length of CLA INS P1 P2 P3 on the wire.
const HEADER: usize = 5;
const PROCEDURE_BYTE: usize = 1;
const STATUS_WORD: usize = 2;

impl Exchanged {
    pub(crate) fn new(command: &[u8], answer: &[u8]) -> Self {
        let mut header = [0; 4];
        header.iter_mut().zip(command).for_each(|(to, from)| *to = *from);
        let parsed = ReceivedCommand::parse(command);
        let (lc, le) = parsed.map_or((0, None), |c| (c.data.len(), c.le));
        let received = answer.len().saturating_sub(STATUS_WORD);
        let sw = answer.last_chunk().copied().map_or(0, u16::from_be_bytes);
        let wire = on_wire(lc, received, Sw(sw));
        Self {
            header,
            lc,
            le,
            received,
            sw,
            wire,
        }
    }

    /// Duration on a card of `model`, from the first bit of the command.
    pub(crate) fn duration(&self, model: &CardModel) -> Duration {
        const PER_COMMAND: Duration = Duration::from_millis(4);
        characters(self.wire, clocks_per_etu(model.atr))
            .saturating_add(PER_COMMAND)
            .saturating_add(self.computing(model.holder_key))
    }

    /// Time in which the chip computes.
    fn computing(&self, holder_key: KeyKind) -> Duration {
        const PIN: Duration = Duration::from_millis(30);
        const EC: Duration = Duration::from_millis(350);
        const RSA: Duration = Duration::from_millis(600);
        // A wrong PIN takes as long as the right one; a signature that is refused is taken never to have begun.
        let done = self.sw == Sw::OK.0 || self.sw >> 8 == 0x61;
        match (self.header, holder_key) {
            ([0x00, 0x20 | 0x24, ..], _) if self.lc > 0 => PIN,
            ([0x00, 0x88, ..], _) | ([0x00, 0x2A, ..], KeyKind::P384) if done => EC,
            ([0x00, 0x2A, ..], KeyKind::Rsa1024 | KeyKind::Rsa2048) if done => RSA,
            _ => Duration::ZERO,
        }
    }
}

/// Number of bytes on the wire. A command that is refused by its header alone sends no data.
fn on_wire(lc: usize, received: usize, sw: Sw) -> usize {
    const BY_HEADER: [Sw; 6] = [
        Sw::WRONG_LENGTH,
        Sw::NO_CHANNELS,
        Sw::NO_CHANNEL_SELECT,
        Sw::WRONG_PARAMETERS,
        Sw::UNKNOWN_INS,
        Sw::UNKNOWN_CLA,
    ];
    let bare = HEADER.saturating_add(STATUS_WORD);
    let with = |data: usize| bare.saturating_add(PROCEDURE_BYTE).saturating_add(data);
    match (lc, received) {
        _ if BY_HEADER.contains(&sw) => bare,
        (0, 0) => bare,
        (out, 0) => with(out),
        (0, back) => with(back),
        (out, back) => with(out).saturating_add(with(back)),
    }
}

/// Time from power or reset until the card takes commands.
pub(crate) fn start_up(model: &CardModel) -> Duration {
    const SPEED_REQUEST_AND_ANSWER: usize = 8;
    characters(model.atr.len().saturating_add(SPEED_REQUEST_AND_ANSWER), DEFAULT_CLOCKS)
}

/// Clock cycles per etu until another speed is agreed on (ISO 7816-3, 8.1).
const DEFAULT_CLOCKS: u32 = 372;

/// Clock cycles per etu by TA1, the first interface byte, for the speeds that Belgian cards have (ISO 7816-3, 8.3).
fn clocks_per_etu(atr: &[u8]) -> u32 {
    match *atr {
        [_, t0, 0x13, ..] if t0 & 0x10 != 0 => 93,
        [_, t0, 0x94, ..] if t0 & 0x10 != 0 => 64,
        [_, t0, 0x95, ..] if t0 & 0x10 != 0 => 32,
        [_, t0, 0x96, ..] if t0 & 0x10 != 0 => 16,
        _ => DEFAULT_CLOCKS,
    }
}

/// Duration of `count` characters of 12 etu each: ten bits and two of guard time.
fn characters(count: usize, clocks_per_etu: u32) -> Duration {
    const ETU_PER_CHARACTER: u32 = 12;
    /// Duration of a clock cycle at 4 MHz.
    const CLOCK: Duration = Duration::from_nanos(250);
    let one = CLOCK.saturating_mul(ETU_PER_CHARACTER).saturating_mul(clocks_per_etu);
    one.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CardGeneration;

    fn exchanged(command: &[u8], received: usize, sw: u16) -> Exchanged {
        let answer = [vec![0; received], sw.to_be_bytes().to_vec()].concat();
        Exchanged::new(command, &answer)
    }

    #[test]
    fn bytes_on_the_wire_follow_t0() {
        let select = [0x00, 0xA4, 0x08, 0x0C, 0x06, 0x3F, 0x00, 0xDF, 0x01, 0x40, 0x31];
        for (command, received, sw, wire) in [
            (&select[..], 0, 0x9000, 14),
            (&[0x00, 0xB0, 0x00, 0x00, 0xFC], 252, 0x9000, 260),
            (&[0x00, 0xB0, 0x00, 0x00, 0x00], 256, 0x9000, 264),
            (&[0x00, 0xB0, 0x00, 0x00, 0x00], 0, 0x6CB8, 7),
            (&[0x80, 0xE4, 0x00, 0x00, 0x1C], 28, 0x9000, 36),
            (&[0x80, 0xE6, 0x00, 0x00], 0, 0x9000, 7),
            (&[0x00, 0xFF, 0x00, 0x00, 0x02, 1, 2], 0, 0x6D00, 7),
            // With Le: as if GET RESPONSE had fetched it.
            (&[0x00, 0x2A, 0x9E, 0x9A, 0x02, 1, 2, 0x00], 96, 0x9000, 10 + 104),
            (&[0x00], 0, 0x6700, 7),
        ] {
            assert_eq!(exchanged(command, received, sw).wire, wire, "{command:02X?}");
        }
    }

    #[test]
    fn times_are_those_measured_and_assumed() {
        let micros = |command: &[u8], received, sw, applet: CardGeneration| {
            exchanged(command, received, sw).duration(applet.model()).as_micros()
        };
        let read = [0x00, 0xB0, 0x00, 0x00, 0xFC];
        let verify = [0x00, 0x20, 0x00, 0x01, 0x08, 1, 2, 3, 4, 5, 6, 7, 8];
        let sign = [0x00, 0x2A, 0x9E, 0x9A, 0x01, 1];
        for (command, received, sw, applet, expected) in [
            (&read[..], 252, 0x9000, CardGeneration::V17, 4_000 + 260 * 279),
            (&read, 252, 0x9000, CardGeneration::V18, 4_000 + 260 * 48),
            (&verify, 0, 0x63C2, CardGeneration::V18, 34_000 + 16 * 48),
            (&sign, 0, 0x6160, CardGeneration::V18, 354_000 + 9 * 48),
            (&sign, 0, 0x6100, CardGeneration::V17Rekeyed, 604_000 + 9 * 279),
            (&sign, 0, 0x6982, CardGeneration::V17, 4_000 + 9 * 279),
        ] {
            assert_eq!(
                micros(command, received, sw, applet),
                expected,
                "{command:02X?} {applet}"
            );
        }
        // 13 or 20 bytes, and 8 more.
        assert_eq!(start_up(CardGeneration::V17.model()).as_micros(), 21 * 1116);
        assert_eq!(start_up(CardGeneration::V18.model()).as_micros(), 28 * 1116);
    }

    #[test]
    fn a_logged_line_has_lengths_and_no_data() {
        let verify = [
            0x00, 0x20, 0x00, 0x01, 0x08, 0x24, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        ];
        let line = exchanged(&verify, 0, 0x9000).to_string();
        assert_eq!(line, "00200001 lc=8 le=- data=0 sw=9000 wire=16");
    }
}
