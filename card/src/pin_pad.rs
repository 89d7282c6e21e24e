//! Readers with a keypad of their own: the PIN goes from its keys to the card, and never through this program (PC/SC
//! part 10).
//!
//! The reader is told which command to send and where in it the digits belong; it asks the person, fills them in, sends
//! the command and returns the card's answer.

mod features;
mod format;

use crate::apdu::{ResponseApdu, StatusWord};
use crate::error::CardError;
use crate::quirks::{KeypadUse, Quirks};
use crate::transport::{Exchange, TransportError};
pub(crate) use features::GET_FEATURE_REQUEST;
use features::{Feature, Features};
use format::PadFormat;
use std::thread;
use std::time::Duration;

/// Keypad of one reader. Holds no connection: it stays valid for as long as the reader is plugged in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PinPad {
    features: Features,
    format: PadFormat,
    verify: PadMethod,
    modify: Option<PadMethod>,
}

/// Language of a keypad's display.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PadLanguage {
    /// Dutch, as in Belgium.
    Nl,
    /// French, as in Belgium.
    Fr,
    /// German.
    De,
    /// English.
    En,
}

impl PadLanguage {
    /// `wLangId`, little-endian. (Two programs for this card send it big-endian; readers tolerate that.)
    fn id(self) -> [u8; 2] {
        let id: u16 = match self {
            Self::Nl => 0x0813,
            Self::Fr => 0x080C,
            Self::De => 0x0407,
            Self::En => 0x0409,
        };
        id.to_le_bytes()
    }
}

/// Procedure by which the reader takes an entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum PadMethod {
    /// One control code: the reader answers when the card has.
    Direct(Feature),
    /// Started and finished by this program, which polls the keys in between.
    Steps { start: Feature, finish: Feature },
}

impl PadMethod {
    /// Chooses the direct procedure where there is one, because it works best on most readers.
    fn choose(features: &Features, direct: Feature, start: Feature, finish: Feature) -> Option<Self> {
        if features.has(direct) {
            Some(Self::Direct(direct))
        } else {
            (features.has(start) && features.has(finish)).then_some(Self::Steps { start, finish })
        }
    }
}

/// Time between two polls of the keys.
const POLL: Duration = Duration::from_millis(200);
/// Maximum number of polls for one PIN: a minute in all, twice the reader's own time-out.
const POLLS_FOR_A_PIN: u32 = 300;

impl PinPad {
    /// Asks `reader`, by its PC/SC name, for a keypad; `None` if it has none, or one that must not be used
    /// ([`Quirks`]). Sends nothing to the card, except through readers known to take pseudo-commands (PPDU).
    ///
    /// # Errors
    /// [`TransportError`] if the reader cannot be reached. A reader that does not know the question counts as one
    /// without a keypad.
    ///
    /// Source: PC/SC part 10, GET_FEATURE_REQUEST and PPDU.
    pub fn discover(reader: &str, exchange: &mut dyn Exchange) -> Result<Option<Self>, TransportError> {
        let quirks = Quirks::for_reader(reader);
        match quirks.keypad {
            KeypadUse::Shunned => return Ok(None),
            KeypadUse::Allowed => {}
        }
        let features = Features::query(exchange, quirks.ppdu)?;
        let verify = PadMethod::choose(
            &features,
            Feature::VERIFY_PIN_DIRECT,
            Feature::VERIFY_PIN_START,
            Feature::VERIFY_PIN_FINISH,
        );
        let modify = PadMethod::choose(
            &features,
            Feature::MODIFY_PIN_DIRECT,
            Feature::MODIFY_PIN_START,
            Feature::MODIFY_PIN_FINISH,
        );
        Ok(verify.map(|verify| Self {
            features,
            format: format_for(quirks, exchange),
            verify,
            modify,
        }))
    }

    /// Returns true if a PIN can be changed on it: [`modify`](Self::modify).
    #[must_use]
    pub fn modifies(&self) -> bool {
        self.modify.is_some()
    }

    /// Starts a PIN entry on the reader, which sends VERIFY at most once, even after an error. Returns the card's
    /// status word: 9000, 63Cx, 6983 or another. Blocks until then, up to about half a minute without a key.
    ///
    /// To be called inside a transaction, after confirming the chip number. The caller must withdraw the right (LOG
    /// OFF) unless the error says that the card saw no PIN: the answer can be lost after the card has given the right.
    ///
    /// `still_wanted` is asked before the reader is. If it returns false later, readers that are used in steps and know
    /// ABORT are stopped. On all others, the direct ones among them, an entry once begun cannot be called off, so the
    /// caller must ask again before using the right.
    ///
    /// # Errors
    /// [`CardError::PadTimedOut`], [`CardError::PadCancelled`], [`CardError::PadPinLength`] and
    /// [`CardError::PadRefused`] from the reader: the card saw no PIN. [`CardError::Abandoned`] if the caller gave up:
    /// no try was lost. Otherwise as [`TransportError`]: a PIN may have been sent.
    ///
    /// Source: PC/SC part 10, VERIFY_PIN_DIRECT, VERIFY_PIN_START, `PIN_VERIFY_STRUCTURE`.
    pub fn verify(
        &self,
        exchange: &mut dyn Exchange,
        language: PadLanguage,
        still_wanted: &dyn Fn() -> bool,
    ) -> Result<StatusWord, CardError> {
        let entry = PadEntry {
            command: "VERIFY",
            structure: self.format.verify(language),
            pins: 1,
        };
        self.enter(exchange, self.verify, &entry, still_wanted)
    }

    /// Starts an entry of the old PIN and, twice, the new one on the reader, which sends CHANGE REFERENCE DATA at most
    /// once. All else as [`verify`](Self::verify).
    ///
    /// # Errors
    /// As [`verify`](Self::verify), and [`CardError::PadNewPinsDiffer`]; [`CardError::PadRefused`] if the reader
    /// [cannot](Self::modifies).
    ///
    /// Source: PC/SC part 10, MODIFY_PIN_DIRECT, MODIFY_PIN_START, `PIN_MODIFY_STRUCTURE`.
    pub fn modify(
        &self,
        exchange: &mut dyn Exchange,
        language: PadLanguage,
        still_wanted: &dyn Fn() -> bool,
    ) -> Result<StatusWord, CardError> {
        let entry = PadEntry {
            command: "CHANGE REFERENCE DATA",
            structure: self.format.modify(language),
            pins: 3,
        };
        self.enter(
            exchange,
            self.modify.ok_or(CardError::PadRefused)?,
            &entry,
            still_wanted,
        )
    }

    fn enter(
        &self,
        exchange: &mut dyn Exchange,
        method: PadMethod,
        entry: &PadEntry,
        still_wanted: &dyn Fn() -> bool,
    ) -> Result<StatusWord, CardError> {
        if !still_wanted() {
            return Err(CardError::Abandoned);
        }
        match method {
            PadMethod::Direct(feature) => entry.outcome(self.features.tell(exchange, feature, &entry.structure)?),
            PadMethod::Steps { start, finish } => {
                entry.begun(self.features.tell(exchange, start, &entry.structure)?)?;
                let watched = self.watch(exchange, entry.pins, still_wanted)?;
                // FINISH may send the PIN, and the reader does not check that the card is still the same.
                exchange.present()?;
                let outcome = self.features.tell(exchange, finish, &[]);
                match watched {
                    WatchEnd::Over => entry.outcome(outcome?),
                    // FINISH is sent after ABORT too: OK may have been pressed just before, and the card have counted a
                    // wrong PIN.
                    WatchEnd::Stopped => match outcome.map(|answer| entry.outcome(answer)) {
                        Ok(Ok(sw)) if sw == StatusWord::BLOCKED || sw.tries_left().is_some() => Ok(sw),
                        _ => Err(CardError::Abandoned),
                    },
                }
            }
        }
    }

    /// Polls the keys until `pins` entries have ended with OK, the reader gives up, or the caller does.
    fn watch(
        &self,
        exchange: &mut dyn Exchange,
        pins: u32,
        still_wanted: &dyn Fn() -> bool,
    ) -> Result<WatchEnd, TransportError> {
        let mut confirmed = 0;
        for _ in 0..pins.saturating_mul(POLLS_FOR_A_PIN) {
            exchange.present()?;
            match self.key(exchange)? {
                PadKey::Ok => confirmed += 1,
                PadKey::Ended => return Ok(WatchEnd::Over),
                PadKey::Other => {}
            }
            if confirmed == pins {
                break;
            }
            if self.features.has(Feature::ABORT) && !still_wanted() {
                self.features.tell(exchange, Feature::ABORT, &[])?;
                return Ok(WatchEnd::Stopped);
            }
            thread::sleep(POLL);
        }
        Ok(WatchEnd::Over)
    }

    fn key(&self, exchange: &mut dyn Exchange) -> Result<PadKey, TransportError> {
        if !self.features.has(Feature::GET_KEY_PRESSED) {
            return Ok(PadKey::Ended);
        }
        let answer = self.features.tell(exchange, Feature::GET_KEY_PRESSED, &[])?;
        Ok(match answer.as_slice() {
            // Readers used by pseudo-command append a status word.
            [key] | [key, 0x90, 0x00] => PadKey::from_code(*key),
            // Keys that cannot be polled: FINISH is sent at once and tells the outcome.
            _ => PadKey::Ended,
        })
    }
}

/// Chooses the format for this reader. Only readers with a row for old firmware are asked for theirs; one that does not
/// answer counts as new, as in the official middleware.
fn format_for(quirks: Quirks, exchange: &mut dyn Exchange) -> PadFormat {
    let old = quirks.old_format.filter(|old| {
        let firmware = exchange.firmware();
        firmware.is_some_and(|firmware| firmware != 0 && firmware < old.until_firmware)
    });
    PadFormat {
        format_string: old.map_or(format::FORMAT_STRING, |old| old.format_string),
        max_digits: quirks.keypad_digits,
    }
}

/// One entry on the keypad and the command it serves.
struct PadEntry {
    /// Name of the command in the card's manual.
    command: &'static str,
    structure: Vec<u8>,
    /// Number of PINs to type, each ended with OK.
    pins: u32,
}

impl PadEntry {
    /// Checks the answer to a START feature: empty or 9000, or the reader's reason to refuse.
    fn begun(&self, answer: Vec<u8>) -> Result<(), CardError> {
        if answer.is_empty() {
            return Ok(());
        }
        match self.outcome(answer)? {
            StatusWord::OK => Ok(()),
            sw => Err(CardError::Refused {
                command: self.command,
                sw,
            }),
        }
    }

    /// Returns the card's status word, or the error that the reader reports in its place. (PC/SC part 10)
    fn outcome(&self, answer: Vec<u8>) -> Result<StatusWord, CardError> {
        let ResponseApdu { data, sw } =
            ResponseApdu::parse(answer).ok_or_else(|| CardError::Comm("no status word from the keypad".to_owned()))?;
        if !data.is_empty() {
            return Err(CardError::UnexpectedLength {
                command: self.command,
                len: data.len(),
            });
        }
        match sw.0 {
            // Some readers answer this to OK without any digit as well.
            0x6400 => Err(CardError::PadTimedOut),
            0x6401 => Err(CardError::PadCancelled),
            0x6402 => Err(CardError::PadNewPinsDiffer),
            0x6403 => Err(CardError::PadPinLength),
            0x6B80 => Err(CardError::PadRefused),
            _ => Ok(sw),
        }
    }
}

/// End of polling the keys.
enum WatchEnd {
    /// Ended by the person or the reader.
    Over,
    /// Ended by this program, with ABORT.
    Stopped,
}

/// Key pressed since the last poll.
enum PadKey {
    /// OK: one PIN is complete.
    Ok,
    /// Cancel, or the reader's time-out.
    Ended,
    /// A digit (the reader does not tell which), a correction, or no key.
    Other,
}

impl PadKey {
    fn from_code(code: u8) -> Self {
        match code {
            0x0D => Self::Ok,
            0x1B | 0x40 => Self::Ended,
            _ => Self::Other,
        }
    }
}
