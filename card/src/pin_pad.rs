//! Readers with a keypad of their own: the PIN goes from its keys to the card, and never comes by us (PC/SC part 10).
//!
//! We tell the reader which command to send and where in it the digits belong; it asks the person, fills them in, sends
//! the command and tells what the card answered.

mod features;
mod form;

use crate::apdu::{Response, StatusWord};
use crate::error::CardError;
use crate::quirks::{KeypadUse, Quirks};
use crate::transport::{Exchange, TransportError};
pub(crate) use features::GET_FEATURE_REQUEST;
use features::{Feature, Features};
use form::Form;
use std::thread;
use std::time::Duration;

/// How the keypad of one reader is used. Holds no connection: it stays good for as long as the reader is plugged in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PinPad {
    features: Features,
    form: Form,
    verify: Way,
    modify: Option<Way>,
}

/// The language a keypad with a display speaks.
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
    /// `wLangId`, little-endian. (Two programs for this card send it the other way round; readers forgive them.)
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

/// How an entry is had from the reader.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Way {
    /// At one stroke: the reader answers when the card has.
    Direct(Feature),
    /// Begun and ended by us, with looks at the keys in between.
    Steps { start: Feature, finish: Feature },
}

impl Way {
    /// The direct way where there is one: that is what readers do best.
    fn choose(features: &Features, direct: Feature, start: Feature, finish: Feature) -> Option<Self> {
        if features.has(direct) {
            Some(Self::Direct(direct))
        } else {
            (features.has(start) && features.has(finish)).then_some(Self::Steps { start, finish })
        }
    }
}

/// Between two looks at the keys.
const POLL: Duration = Duration::from_millis(200);
/// How many looks we take for one PIN: a minute, twice the reader's own patience.
const POLLS_FOR_A_PIN: u32 = 300;

impl PinPad {
    /// Asks `reader`, by its PC/SC name, for a keypad; `None` if it has none, or one that must not be used
    /// ([`Quirks`]). Sends nothing to the card, except to readers known to take pseudo-commands (PPDU).
    ///
    /// # Errors
    /// [`TransportError`] if the reader cannot be reached. A reader that does not know the question has no keypad.
    ///
    /// Source: PC/SC part 10, GET_FEATURE_REQUEST and PPDU.
    pub fn discover(reader: &str, exchange: &mut dyn Exchange) -> Result<Option<Self>, TransportError> {
        let quirks = Quirks::of_reader(reader);
        match quirks.keypad {
            KeypadUse::Shunned => return Ok(None),
            KeypadUse::Allowed => {}
        }
        let features = Features::query(exchange, quirks.ppdu)?;
        let verify = Way::choose(
            &features,
            Feature::VERIFY_PIN_DIRECT,
            Feature::VERIFY_PIN_START,
            Feature::VERIFY_PIN_FINISH,
        );
        let modify = Way::choose(
            &features,
            Feature::MODIFY_PIN_DIRECT,
            Feature::MODIFY_PIN_START,
            Feature::MODIFY_PIN_FINISH,
        );
        Ok(verify.map(|verify| Self {
            features,
            form: form(quirks, exchange),
            verify,
            modify,
        }))
    }

    /// Whether a PIN can be changed on it: [`modify`](Self::modify).
    #[must_use]
    pub fn modifies(&self) -> bool {
        self.modify.is_some()
    }

    /// Has the person type the PIN on the reader, and the reader send VERIFY: once, whatever happens. Returns what the
    /// card answered: 9000, 63Cx, 6983 or another. Blocks until then, up to about half a minute without a key.
    ///
    /// To be called inside a transaction, with the right chip known to answer. Whoever calls this takes the card's right
    /// back (LOG OFF) however it ends: the answer can be lost after the card has given it.
    ///
    /// `still_wanted` is asked before the reader is. Readers that are used in steps and can be stopped are stopped when
    /// it says no later; with all others, the direct ones among them, an entry once begun cannot be called off from
    /// here, and the caller asks again before using what the PIN opened.
    ///
    /// # Errors
    /// [`CardError::PadTimedOut`], [`CardError::PadCancelled`], [`CardError::PadPinLength`] and
    /// [`CardError::PadRefused`] from the reader: the card saw no PIN. [`CardError::Abandoned`] if nobody wanted it any
    /// more: no try was lost. As [`TransportError`] otherwise: a PIN may have been sent.
    ///
    /// Source: PC/SC part 10, VERIFY_PIN_DIRECT, VERIFY_PIN_START, `PIN_VERIFY_STRUCTURE`.
    pub fn verify(
        &self,
        exchange: &mut dyn Exchange,
        language: PadLanguage,
        still_wanted: &dyn Fn() -> bool,
    ) -> Result<StatusWord, CardError> {
        let entry = Entry {
            command: "VERIFY",
            structure: self.form.verify(language),
            pins: 1,
        };
        self.enter(exchange, self.verify, &entry, still_wanted)
    }

    /// Has the person type the old PIN and twice the new one on the reader, and the reader send CHANGE REFERENCE DATA:
    /// once, whatever happens. All else as [`verify`](Self::verify).
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
        let entry = Entry {
            command: "CHANGE REFERENCE DATA",
            structure: self.form.modify(language),
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
        way: Way,
        entry: &Entry,
        still_wanted: &dyn Fn() -> bool,
    ) -> Result<StatusWord, CardError> {
        if !still_wanted() {
            return Err(CardError::Abandoned);
        }
        match way {
            Way::Direct(feature) => entry.outcome(self.features.tell(exchange, feature, &entry.structure)?),
            Way::Steps { start, finish } => {
                entry.begun(self.features.tell(exchange, start, &entry.structure)?)?;
                let watched = self.watch(exchange, entry.pins, still_wanted)?;
                // It is FINISH that may send the PIN, and the reader does not look whether the card is still the same.
                exchange.present()?;
                let outcome = self.features.tell(exchange, finish, &[]);
                match watched {
                    Watched::Over => entry.outcome(outcome?),
                    // Asked all the same: OK may have been pressed just before, and the card have counted a wrong PIN.
                    Watched::Stopped => match outcome.map(|answer| entry.outcome(answer)) {
                        Ok(Ok(sw)) if sw == StatusWord::BLOCKED || sw.tries_left().is_some() => Ok(sw),
                        _ => Err(CardError::Abandoned),
                    },
                }
            }
        }
    }

    /// Looks at the keys until `pins` entries have ended with OK, or the reader gives up, or nobody waits any more.
    fn watch(
        &self,
        exchange: &mut dyn Exchange,
        pins: u32,
        still_wanted: &dyn Fn() -> bool,
    ) -> Result<Watched, TransportError> {
        let mut confirmed = 0;
        for _ in 0..pins.saturating_mul(POLLS_FOR_A_PIN) {
            exchange.present()?;
            match self.key(exchange)? {
                Key::Ok => confirmed += 1,
                Key::Ended => return Ok(Watched::Over),
                Key::Other => {}
            }
            if confirmed == pins {
                break;
            }
            if self.features.has(Feature::ABORT) && !still_wanted() {
                self.features.tell(exchange, Feature::ABORT, &[])?;
                return Ok(Watched::Stopped);
            }
            thread::sleep(POLL);
        }
        Ok(Watched::Over)
    }

    fn key(&self, exchange: &mut dyn Exchange) -> Result<Key, TransportError> {
        if !self.features.has(Feature::GET_KEY_PRESSED) {
            return Ok(Key::Ended);
        }
        let answer = self.features.tell(exchange, Feature::GET_KEY_PRESSED, &[])?;
        Ok(match answer.as_slice() {
            // By pseudo-command with a status word behind it.
            [key] | [key, 0x90, 0x00] => Key::of(*key),
            // What cannot be watched is asked for its outcome.
            _ => Key::Ended,
        })
    }
}

/// What this reader wants to be told. Only those with a row for old firmware are asked theirs; who does not say it is
/// taken for new, like the official middleware does.
fn form(quirks: Quirks, exchange: &mut dyn Exchange) -> Form {
    let old = quirks.old_format.filter(|old| {
        let firmware = exchange.firmware();
        firmware.is_some_and(|firmware| firmware != 0 && firmware < old.until_firmware)
    });
    Form {
        format_string: old.map_or(form::FORMAT_STRING, |old| old.format_string),
        max_digits: quirks.keypad_digits,
    }
}

/// What is to be typed, and for which command.
struct Entry {
    /// As the card's manual names it.
    command: &'static str,
    structure: Vec<u8>,
    /// How many PINs, each ended with OK.
    pins: u32,
}

impl Entry {
    /// What the answer to a start means: nothing or 9000, or the reader's reason not to.
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

    /// The card's status word, or what the reader says in its place. (PC/SC part 10)
    fn outcome(&self, answer: Vec<u8>) -> Result<StatusWord, CardError> {
        let Response { data, sw } =
            Response::parse(answer).ok_or_else(|| CardError::Comm("no status word from the keypad".to_owned()))?;
        if !data.is_empty() {
            return Err(CardError::UnexpectedLength {
                command: self.command,
                len: data.len(),
            });
        }
        match sw.0 {
            // Also OK without any digit, on some.
            0x6400 => Err(CardError::PadTimedOut),
            0x6401 => Err(CardError::PadCancelled),
            0x6402 => Err(CardError::PadNewPinsDiffer),
            0x6403 => Err(CardError::PadPinLength),
            0x6B80 => Err(CardError::PadRefused),
            _ => Ok(sw),
        }
    }
}

/// How looking at the keys ended.
enum Watched {
    /// By the person or the reader.
    Over,
    /// By us.
    Stopped,
}

/// What was pressed since the last look.
enum Key {
    /// OK: one PIN is in.
    Ok,
    /// Cancel, or the reader's patience is at its end.
    Ended,
    /// A digit (which, the reader does not tell), a correction, or nothing.
    Other,
}

impl Key {
    fn of(code: u8) -> Self {
        match code {
            0x0D => Self::Ok,
            0x1B | 0x40 => Self::Ended,
            _ => Self::Other,
        }
    }
}
