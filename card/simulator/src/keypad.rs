//! A keypad on a virtual reader. It takes the structures of PC/SC part 10, and a scripted person types on it.
//!
//! It is strict where real ones are forgiving: a structure that differs from the known ones in one byte is refused.

use beid_card::{Exchange, Reconnect, Transport, TransportError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The interface by which a virtual reader offers its keypad.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeypadKind {
    /// SCardControl, with VERIFY_PIN_DIRECT and MODIFY_PIN_DIRECT.
    Direct,
    /// SCardControl, in steps that can be watched and stopped.
    StartFinish,
    /// Pseudo-APDUs (PPDU), without SCardControl.
    Ppdu,
    /// None: every command goes to the card.
    Absent,
}

/// The reaction of the person at the keypad.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Gesture {
    /// Types one PIN and OK.
    Types(&'static str),
    /// Types the old PIN and twice a new one, each with OK.
    Changes {
        /// The current PIN.
        old: &'static str,
        /// The new PIN.
        new: &'static str,
        /// The new PIN once more, or another one.
        again: &'static str,
    },
    /// Presses cancel.
    Cancels,
    /// Touches nothing, until the reader gives up.
    Leaves,
    /// Stands there for longer than any test lasts, without a key. (A reader asked directly gives up at once.)
    Hesitates,
}

/// A handle to a virtual keypad; clones are handles to the same one. It outlives the connections made through it.
#[derive(Clone)]
pub struct VirtualKeypad {
    kind: KeypadKind,
    firmware: Option<u16>,
    format_string: u8,
    state: Arc<Mutex<PadState>>,
}

#[derive(Default)]
struct PadState {
    gestures: VecDeque<Gesture>,
    /// The entry that was begun and is not finished.
    begun: Option<PinTask>,
    keys: VecDeque<u8>,
    told: Vec<(u8, Vec<u8>)>,
}

/// A PIN entry that the person was asked for.
#[derive(Clone)]
struct PinTask {
    /// The command APDU, its PIN blocks empty.
    command: Vec<u8>,
    gesture: Gesture,
}

const VERIFY_START: u8 = 0x01;
const VERIFY_FINISH: u8 = 0x02;
const MODIFY_START: u8 = 0x03;
const MODIFY_FINISH: u8 = 0x04;
const GET_KEY: u8 = 0x05;
const VERIFY_DIRECT: u8 = 0x06;
const MODIFY_DIRECT: u8 = 0x07;
const ABORT: u8 = 0x0B;

const FEATURE_REQUEST: u32 = if cfg!(windows) { 0x0031_3520 } else { 0x4200_0D48 };
/// Control code of feature 0, to which the feature's number is added.
const CODES: u32 = 0x4233_0000;

const OK: [u8; 2] = [0x90, 0x00];
const TIMED_OUT: [u8; 2] = [0x64, 0x00];
const CANCELLED: [u8; 2] = [0x64, 0x01];
const NEW_PINS_DIFFER: [u8; 2] = [0x64, 0x02];
const PIN_LENGTH: [u8; 2] = [0x64, 0x03];
const BAD_STRUCTURE: [u8; 2] = [0x6B, 0x80];
const NOTHING_BEGUN: [u8; 2] = [0x69, 0x85];

/// A PIN structure that the reader takes, in English and for new firmware.
struct PinStructure {
    structure: &'static [u8],
    /// Offset of the language.
    language: usize,
    /// Offset of the command APDU.
    command: usize,
}

const VERIFY: PinStructure = PinStructure {
    structure: &[
        0x1E, 0x1E, 0x89, 0x47, 0x04, 0x0C, 0x04, 0x02, 0x01, 0x09, 0x04, 0x00, 0x00, 0x00, 0x00, 0x0D, 0x00, 0x00,
        0x00, 0x00, 0x20, 0x00, 0x01, 0x08, 0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    ],
    language: 9,
    command: 19,
};
const MODIFY: PinStructure = PinStructure {
    structure: &[
        0x1E, 0x1E, 0x89, 0x47, 0x04, 0x00, 0x08, 0x0C, 0x04, 0x03, 0x02, 0x03, 0x09, 0x04, 0x00, 0x01, 0x02, 0x00,
        0x00, 0x00, 0x15, 0x00, 0x00, 0x00, 0x00, 0x24, 0x00, 0x01, 0x10, 0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    ],
    language: 12,
    command: 24,
};
/// Offset of `bmFormatString`, in both structures.
const FORMAT: usize = 2;
/// Language ids that a Belgian keypad takes, little-endian.
const LANGUAGES: [[u8; 2]; 4] = [[0x13, 0x08], [0x0C, 0x08], [0x07, 0x04], [0x09, 0x04]];

impl PinStructure {
    /// Returns the command in `structure`, if that is this structure in one of [`LANGUAGES`].
    fn command_in(&self, structure: &[u8], format_string: u8) -> Option<Vec<u8>> {
        let mut expected = self.structure.to_vec();
        *expected.get_mut(FORMAT)? = format_string;
        let language = structure.get(self.language..)?.first_chunk()?;
        if LANGUAGES.contains(language) {
            expected
                .get_mut(self.language..)?
                .first_chunk_mut()
                .map(|place| *place = *language)?;
        }
        let command = structure.get(self.command..)?;
        (structure == expected).then(|| command.to_vec())
    }
}

impl VirtualKeypad {
    /// Makes a keypad with nobody at it: every entry times out.
    #[must_use]
    pub fn new(kind: KeypadKind) -> Self {
        Self {
            kind,
            firmware: None,
            format_string: 0x89,
            state: Arc::default(),
        }
    }

    /// Sets the firmware version that the reader reports, and the `bmFormatString` that this firmware wants.
    #[must_use]
    pub fn with_firmware(self, firmware: u16, format_string: u8) -> Self {
        Self {
            firmware: Some(firmware),
            format_string,
            ..self
        }
    }

    /// Queues a gesture: the person makes one per entry, in the order given.
    pub fn expect(&self, gesture: Gesture) {
        self.lock().gestures.push_back(gesture);
    }

    /// Requests to the reader so far: feature tag (00 for the question which features there are) and input.
    #[must_use]
    pub fn told(&self) -> Vec<(u8, Vec<u8>)> {
        self.lock().told.clone()
    }

    /// Puts `transport` into a reader with this keypad.
    pub fn around<T: Transport>(&self, transport: T) -> Keypad<T> {
        Keypad {
            inner: transport,
            pad: self.clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, PadState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn features(&self) -> &'static [u8] {
        match self.kind {
            KeypadKind::Direct => &[VERIFY_DIRECT, MODIFY_DIRECT],
            KeypadKind::StartFinish => &[VERIFY_START, VERIFY_FINISH, MODIFY_START, MODIFY_FINISH, GET_KEY, ABORT],
            KeypadKind::Ppdu => &[VERIFY_DIRECT, MODIFY_DIRECT],
            KeypadKind::Absent => &[],
        }
    }

    /// Carries out a request; its outcome may be a command for the card.
    fn carry_out(&self, feature: u8, input: &[u8]) -> PadAnswer {
        let mut state = self.lock();
        state.told.push((feature, input.to_vec()));
        match feature {
            VERIFY_DIRECT | MODIFY_DIRECT => match self.begin(&mut state, feature, input) {
                Ok(()) => state.finish(),
                Err(sw) => PadAnswer::Answer(sw.to_vec()),
            },
            VERIFY_START | MODIFY_START => {
                let begun = self.begin(&mut state, feature, input);
                PadAnswer::Answer(begun.err().map(Vec::from).unwrap_or_default())
            }
            GET_KEY => PadAnswer::Answer(vec![state.keys.pop_front().unwrap_or(0x00)]),
            VERIFY_FINISH | MODIFY_FINISH => state.finish(),
            // ABORT, the one feature that is left.
            _ => {
                (state.begun, state.keys) = (None, VecDeque::new());
                PadAnswer::Answer(Vec::new())
            }
        }
    }

    fn begin(&self, state: &mut PadState, feature: u8, input: &[u8]) -> Result<(), [u8; 2]> {
        let model = match feature {
            VERIFY_START | VERIFY_DIRECT => VERIFY,
            _ => MODIFY,
        };
        // Before the next gesture is taken: of a structure that is refused the person notices nothing.
        let command = model.command_in(input, self.format_string).ok_or(BAD_STRUCTURE)?;
        // With nothing queued, nobody is at the keypad.
        let gesture = state.gestures.pop_front().unwrap_or(Gesture::Leaves);
        state.keys = gesture.keys().into();
        state.begun = Some(PinTask { command, gesture });
        Ok(())
    }
}

/// Outcome of a request to the reader.
enum PadAnswer {
    /// The reader answers.
    Answer(Vec<u8>),
    /// The card is sent this command, and answers.
    Send(Vec<u8>),
}

impl PadState {
    fn finish(&mut self) -> PadAnswer {
        match self.begun.take().ok_or(NOTHING_BEGUN).and_then(PinTask::filled) {
            Ok(command) => PadAnswer::Send(command),
            Err(sw) => PadAnswer::Answer(sw.to_vec()),
        }
    }
}

impl PinTask {
    /// Returns the command with the typed PINs in it, or the status word of an entry that failed.
    fn filled(self) -> Result<Vec<u8>, [u8; 2]> {
        let mut command = self.command;
        let (header, blocks) = command.split_at_mut_checked(5).ok_or(BAD_STRUCTURE)?;
        let changes = header.get(1) == Some(&0x24);
        match self.gesture {
            Gesture::Types(pin) if !changes => type_into(blocks, pin)?,
            Gesture::Changes { old, new, again } if changes => {
                let (old_block, new_block) = blocks.split_at_mut_checked(8).ok_or(BAD_STRUCTURE)?;
                type_into(old_block, old)?;
                type_into(new_block, new)?;
                // The reader compares them itself, so the card is sent nothing and counts no try.
                if new != again {
                    return Err(NEW_PINS_DIFFER);
                }
            }
            Gesture::Cancels => return Err(CANCELLED),
            // Who types one PIN where three are wanted, or three for one, leaves the reader waiting.
            Gesture::Types(_) | Gesture::Changes { .. } | Gesture::Leaves | Gesture::Hesitates => {
                return Err(TIMED_OUT);
            }
        }
        Ok(command)
    }
}

impl Gesture {
    /// Key codes that GET_KEY_PRESSED shows, one per call.
    fn keys(self) -> Vec<u8> {
        const DIGIT: u8 = 0x2B;
        const ENTER: u8 = 0x0D;
        match self {
            Self::Types(_) => vec![DIGIT, ENTER],
            Self::Changes { .. } => [DIGIT, ENTER].repeat(3),
            Self::Cancels => vec![0x1B],
            Self::Leaves => vec![0x00, 0x40],
            Self::Hesitates => Vec::new(),
        }
    }
}

/// Puts the digits and their number into a PIN block that has none.
fn type_into(block: &mut [u8], pin: &str) -> Result<(), [u8; 2]> {
    let len = u8::try_from(pin.len()).ok().filter(|len| (4..=12).contains(len));
    let len = len.ok_or(PIN_LENGTH)?;
    let (first, digits) = block.split_first_mut().ok_or(BAD_STRUCTURE)?;
    *first |= len;
    for (place, pair) in digits.iter_mut().zip(pin.as_bytes().chunks(2)) {
        *place = match pair {
            [high, low] => (high & 0x0F) << 4 | low & 0x0F,
            [high] => (high & 0x0F) << 4 | 0x0F,
            _ => *place,
        };
    }
    Ok(())
}

/// A transport whose reader has a keypad. Made by [`VirtualKeypad::around`].
pub struct Keypad<T> {
    inner: T,
    pad: VirtualKeypad,
}

impl<T: Transport> Transport for Keypad<T> {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        let pad = &self.pad;
        self.inner
            .exclusive(&mut |inner| work(&mut KeypadExchange { inner, pad }))
    }

    fn reconnect(&mut self, how: Reconnect) -> Result<(), TransportError> {
        self.inner.reconnect(how)
    }

    fn present(&mut self) -> Result<(), TransportError> {
        self.inner.present()
    }
}

struct KeypadExchange<'e> {
    inner: &'e mut dyn Exchange,
    pad: &'e VirtualKeypad,
}

impl KeypadExchange<'_> {
    fn tell(&mut self, feature: u8, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        match self.pad.carry_out(feature, input) {
            PadAnswer::Answer(answer) => Ok(answer),
            PadAnswer::Send(command) => self.inner.transmit(&command),
        }
    }
}

impl Exchange for KeypadExchange<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let listens = self.pad.kind == KeypadKind::Ppdu;
        match command {
            [0xFF, 0xC2, 0x01, 0x00, 0x00] if listens => {
                self.pad.lock().told.push((0x00, Vec::new()));
                Ok([self.pad.features(), &OK].concat())
            }
            // A feature that is not offered goes to the card, as on a reader that does not know the pseudo-command.
            [0xFF, 0xC2, 0x01, feature, len, input @ ..]
                if listens && self.pad.features().contains(feature) && usize::from(*len) == input.len() =>
            {
                self.tell(*feature, input)
            }
            _ => self.inner.transmit(command),
        }
    }

    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        let features = match self.pad.kind {
            KeypadKind::Direct | KeypadKind::StartFinish => self.pad.features(),
            KeypadKind::Ppdu | KeypadKind::Absent => &[],
        };
        if code == FEATURE_REQUEST && !features.is_empty() {
            self.pad.lock().told.push((0x00, input.to_vec()));
            let entry = |tag: &u8| [&[*tag, 4][..], &(CODES + u32::from(*tag)).to_be_bytes()].concat();
            return Ok(features.iter().flat_map(entry).collect());
        }
        match features.iter().find(|tag| CODES + u32::from(**tag) == code) {
            Some(feature) => self.tell(*feature, input),
            None => self.inner.control(code, input),
        }
    }

    fn firmware(&mut self) -> Option<u16> {
        self.pad.firmware
    }

    fn present(&mut self) -> Result<(), TransportError> {
        self.inner.present()
    }
}
