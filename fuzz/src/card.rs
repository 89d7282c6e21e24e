//! Two hostile cards: one that gives any answer, and one that is correct but holds any content.

use beid_card::{Exchange, FILES, Reconnect, Transport, TransportError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Upper limit on the exchanges of one run of a target.
const MOST_EXCHANGES: usize = 40_000;

/// Command headers (CLA INS P1 P2) that a card was sent, with a reader's control codes as 0; a handle to one list.
///
/// Panics when the list exceeds [`MOST_EXCHANGES`], so that a target fails if a conversation does not end.
#[derive(Clone, Default)]
pub(crate) struct SentHeaders(Arc<Mutex<Vec<[u8; 4]>>>);

impl SentHeaders {
    /// All headers, in order.
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

/// Answer to GET CARD DATA, except for the applet's version in byte 21.
const CARD_DATA: [u8; 28] = *b"534C494E33660029\x05\xA5\x03\x03\x01\x17\x00\x00\x00\x0F\x11\x00";
const OK: [u8; 2] = [0x90, 0x00];

/// A card whose answers are in a script, which starts again at its end, so that the card never falls silent by itself.
///
/// The first byte tells which commands are answered correctly: 01 GET CARD DATA, 02 SELECT; 04 makes the applet 1.8
/// instead of 1.7; 08 makes the reader answer control codes from the script too, so that it may have a keypad. The
/// answers follow, each behind a little-endian head of 16 bits: the length in the low nine bits and the kind in the
/// high three: 0 to 4 data to be followed by 9000, 5 and 6 a whole answer, 7 an error of the reader instead.
pub(crate) struct Script<'d> {
    manners: u8,
    answers: &'d [u8],
    rest: &'d [u8],
    sent: SentHeaders,
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
            sent: SentHeaders::default(),
        }
    }

    pub(crate) fn sent(&self) -> SentHeaders {
        self.sent.clone()
    }

    fn next(&mut self) -> Result<Vec<u8>, TransportError> {
        if self.rest.is_empty() {
            self.rest = self.answers;
        }
        // Too short for a head, but an answer all the same: a card that falls silent would end the conversation.
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
        self.sent.add(command);
        match command {
            [0x80, 0xE4, _, 0x00, ..] if self.is(TELLS_ITS_DATA) => Ok(card_data(self.is(IS_1_8))),
            [0x00, 0xA4, ..] if self.is(SELECTS) => Ok(OK.to_vec()),
            _ => self.next(),
        }
    }

    fn control(&mut self, _: u32, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        // Counted with the commands: a conversation with the reader has to end, too.
        self.sent.add(&[]);
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

/// Content of the file at a path.
type Holds<'d> = Box<dyn Fn(&[u16]) -> &'d [u8] + Send + 'd>;

/// A card that answers correctly, with files of any content; it cannot sign.
pub(crate) struct Contents<'d> {
    holds: Holds<'d>,
    selected: &'d [u8],
    sent: SentHeaders,
}

impl<'d> Contents<'d> {
    /// Builds a card whose file contents are given by `holds`.
    pub(crate) fn new(holds: impl Fn(&[u16]) -> &'d [u8] + Send + 'd) -> Self {
        Self {
            holds: Box::new(holds),
            selected: &[],
            sent: SentHeaders::default(),
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
        self.sent.add(command);
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
