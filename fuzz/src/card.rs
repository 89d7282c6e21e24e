//! Two cards that are not to be trusted: one that answers anything, and one that is polite but holds anything.

use beid_card::{Exchange, FILES, Reconnect, Transport, TransportError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// More exchanges than all that a target asks of a card may take, however it answers.
const MOST_EXCHANGES: usize = 40_000;

/// The command headers (CLA INS P1 P2) a card was sent, and a reader's control codes as 0; a handle to one list.
///
/// Panics when the list gets longer than any card is worth: that is how a target notices that something has no end.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<[u8; 4]>>>);

impl Heard {
    /// All of them, in order.
    pub(crate) fn headers(&self) -> Vec<[u8; 4]> {
        self.list().clone()
    }

    fn add(&self, command: &[u8]) {
        let mut list = self.list();
        assert!(list.len() < MOST_EXCHANGES, "a card without end");
        list.push(command.first_chunk().copied().unwrap_or_default());
    }

    fn list(&self) -> MutexGuard<'_, Vec<[u8; 4]>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What cards say to GET CARD DATA, but for the applet's version in byte 21.
const CARD_DATA: [u8; 28] = *b"534C494E33660029\x05\xA5\x03\x03\x01\x17\x00\x00\x00\x0F\x11\x00";
const OK: [u8; 2] = [0x90, 0x00];

/// A card whose answers are in a script, which begins again when it is over: it never falls silent by itself.
///
/// The first byte says what is done by the book: 01 GET CARD DATA, 02 SELECT; 04 that the applet is 1.8, not 1.7; 08 that
/// the reader, too, is asked for its answers: it may have a keypad. Then come the answers, each with a little-endian head of 16 bits: the length in the low nine, and in the high three what
/// it is: 0 to 4 data to be followed by 9000, 5 and 6 a whole answer, 7 an error of the reader instead.
pub(crate) struct Script<'d> {
    manners: u8,
    answers: &'d [u8],
    rest: &'d [u8],
    heard: Heard,
}

const TELLS_ITS_DATA: u8 = 0x01;
const SELECTS: u8 = 0x02;
const IS_1_8: u8 = 0x04;
const READER_ANSWERS: u8 = 0x08;

impl<'d> Script<'d> {
    pub(crate) fn new(script: &'d [u8]) -> Self {
        let (manners, answers) = script.split_first().map_or((0, script), |(first, rest)| (*first, rest));
        Self {
            manners,
            answers,
            rest: answers,
            heard: Heard::default(),
        }
    }

    pub(crate) fn heard(&self) -> Heard {
        self.heard.clone()
    }

    fn next(&mut self) -> Result<Vec<u8>, TransportError> {
        if self.rest.is_empty() {
            self.rest = self.answers;
        }
        let Some((head, rest)) = self.rest.split_first_chunk() else {
            self.rest = &[];
            return Ok(OK.to_vec());
        };
        let head = u16::from_le_bytes(*head);
        let len = usize::from(head & 0x01FF);
        if head >> 13 == 7 {
            self.rest = rest;
            return Err(error(len));
        }
        let (data, rest) = rest.split_at_checked(len).unwrap_or((rest, &[]));
        self.rest = rest;
        let status: &[u8] = if head >> 13 > 4 { &[] } else { &OK };
        Ok([data, status].concat())
    }

    fn is(&self, manner: u8) -> bool {
        self.manners & manner != 0
    }
}

fn error(number: usize) -> TransportError {
    match number % 8 {
        0 => TransportError::Removed,
        1 => TransportError::Busy,
        2 => TransportError::Mute,
        3 => TransportError::Unsupported,
        4 => TransportError::Service(String::new()),
        5 => TransportError::Comm(String::new()),
        _ => TransportError::Reset,
    }
}

impl Exchange for Script<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.heard.add(command);
        match command {
            [0x80, 0xE4, _, 0x00, ..] if self.is(TELLS_ITS_DATA) => Ok(card_data(self.is(IS_1_8))),
            [0x00, 0xA4, ..] if self.is(SELECTS) => Ok(OK.to_vec()),
            _ => self.next(),
        }
    }

    fn control(&mut self, _: u32, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.heard.add(&[]);
        if self.is(READER_ANSWERS) {
            self.next()
        } else {
            Err(TransportError::Unsupported)
        }
    }

    fn firmware(&mut self) -> Option<u16> {
        self.rest.first().map(|byte| u16::from(*byte))
    }
}

impl Transport for Script<'_> {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        work(self);
        Ok(())
    }

    fn reconnect(&mut self, _: Reconnect) -> Result<(), TransportError> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), TransportError> {
        Ok(())
    }
}

/// What is in the file at a path.
type Holds<'d> = Box<dyn Fn(&[u16]) -> &'d [u8] + Send + 'd>;

/// A card that does everything by the book, with files that hold anything; it cannot sign.
pub(crate) struct Contents<'d> {
    holds: Holds<'d>,
    selected: &'d [u8],
    heard: Heard,
}

impl<'d> Contents<'d> {
    /// `holds` says what is in each file.
    pub(crate) fn new(holds: impl Fn(&[u16]) -> &'d [u8] + Send + 'd) -> Self {
        Self {
            holds: Box::new(holds),
            selected: &[],
            heard: Heard::default(),
        }
    }

    fn select(&mut self, path: &[u8]) -> Vec<u8> {
        let (ids, _) = path.as_chunks();
        let path: Vec<_> = ids.iter().map(|id| u16::from_be_bytes(*id)).collect();
        if FILES.iter().any(|file| file.path == path) {
            self.selected = (self.holds)(&path);
        }
        OK.to_vec()
    }

    fn read(&self, offset: [u8; 2], len: u8) -> Vec<u8> {
        let len = if len == 0 { 256 } else { usize::from(len) };
        match self.selected.get(usize::from(u16::from_be_bytes(offset))..) {
            Some(rest) => [rest.get(..len).unwrap_or(rest), &OK].concat(),
            None => vec![0x6B, 0x00],
        }
    }
}

impl Exchange for Contents<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.heard.add(command);
        Ok(match *command {
            [0x80, 0xE4, ..] => card_data(false),
            [0x00, 0xA4, 0x08, _, _, ref path @ ..] => self.select(path),
            [0x00, 0xB0, high, low, len] => self.read([high, low], len),
            _ => vec![0x6D, 0x00],
        })
    }

    fn control(&mut self, _: u32, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        Err(TransportError::Unsupported)
    }
}

impl Transport for Contents<'_> {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        work(self);
        Ok(())
    }

    fn reconnect(&mut self, _: Reconnect) -> Result<(), TransportError> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), TransportError> {
        Ok(())
    }
}

fn card_data(is_1_8: bool) -> Vec<u8> {
    let mut data = CARD_DATA;
    if let Some(applet) = data.get_mut(21) {
        *applet += u8::from(is_1_8);
    }
    [data.as_slice(), &OK].concat()
}
