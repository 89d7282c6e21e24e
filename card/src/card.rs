//! A Belgian card we know, and the transactions in which it is worked with.

use crate::error::CardError;
use crate::experience::Experience;
use crate::files::ElementaryFile;
use crate::memory::Memory;
use crate::pin_pad::PinPad;
use crate::quirks::Quirks;
use crate::reading::{Pace, Reading};
use crate::session::Session;
use crate::transport::{Reconnect, Transport};
use crate::values::ChipNumber;
use beid_pki::Certificate;
use std::collections::VecDeque;
use std::sync::Arc;

/// A Belgian eID in a reader: a connection, the chip at its other end, and what has been read of it so far.
///
/// Everything that leaves a `Card` comes from the chip it was made for. PC/SC ends a connection when the card is pulled
/// out, and says so when another program has reset it; after a reset, or any exchange that failed, the chip is asked who
/// it is before anything else, in the same transaction. What is read is believed because signatures prove it, beginning
/// with the chip number in the identity; what does not prove itself is read again, and the chip asked at the end.
pub struct Card<T> {
    transport: T,
    chip: ChipNumber,
    applet: Applet,
    /// Whether the chip has been asked since the connection was last taken up.
    confirmed: bool,
    quirks: Quirks,
    pin_pad: Option<PinPad>,
    memory: Memory,
    experience: Arc<Experience>,
}

/// The card's generation. (GET CARD DATA, byte 21)
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Applet {
    /// 1.1 and older, until 2014: RSA-1024.
    V1_1,
    /// 1.7, from 2014: RSA-2048.
    V1_7,
    /// 1.8, from 2020: P-384.
    V1_8,
    /// Newer than this software, by its byte.
    Other(u8),
}

impl Applet {
    pub(crate) fn from_byte(byte: u8) -> Self {
        match byte {
            ..0x17 => Self::V1_1,
            0x17 => Self::V1_7,
            0x18 => Self::V1_8,
            other => Self::Other(other),
        }
    }

    /// As people write it: `1.7`.
    #[must_use]
    pub fn name(self) -> String {
        let byte = match self {
            Self::V1_1 => 0x11,
            Self::V1_7 => 0x17,
            Self::V1_8 => 0x18,
            Self::Other(byte) => byte,
        };
        format!("{}.{}", byte >> 4, byte & 0x0F)
    }
}

/// Lets what is more urgent go first: a long reading asks, between two chunks, whether somebody waits for the card.
pub trait Courtesy<T> {
    /// Whether something more urgent waits.
    fn is_wanted(&self) -> bool;
    /// Lets it have the card, which no transaction holds at this moment.
    fn serve(&mut self, card: &mut Card<T>);
}

/// Nothing is more urgent.
impl<T> Courtesy<T> for () {
    fn is_wanted(&self) -> bool {
        false
    }
    fn serve(&mut self, _: &mut Card<T>) {}
}

/// How thorough a reading is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Care {
    /// Fewest commands; whoever asked proves what came.
    Lean,
    /// Nothing is taken for granted, and the chip is asked at the end.
    Thorough,
}

/// What to think of something that was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Belief {
    /// Signatures prove every byte.
    Proved,
    /// It looks right and is good enough for now; whoever needs proof begins with it again.
    Plausible,
    /// It does not prove itself: read it again.
    Doubtful,
}

impl Belief {
    pub(crate) fn proved_if(proved: bool) -> Self {
        if proved { Self::Proved } else { Self::Doubtful }
    }
}

/// After so many files, other programs get their chance.
const FILES_AT_ONCE: usize = 4;

impl<T: Transport> Card<T> {
    /// Asks the card who it is; `None` if it is not a Belgian eID. One command for a card nobody has disturbed.
    ///
    /// GET CARD DATA comes first: it disturbs nobody. Only if that fails is the applet selected, which takes other
    /// programs' PIN rights away.
    ///
    /// # Errors
    /// [`CardError`] if the card cannot be reached at all.
    pub fn recognise(transport: T) -> Result<Option<Self>, CardError> {
        Self::recognise_in(transport, "", Arc::default())
    }

    /// As [`recognise`](Self::recognise), in the reader of that PC/SC name, with what earlier cards have taught. What the
    /// reader needs is minded, and it is asked for a keypad of its own.
    ///
    /// # Errors
    /// As [`recognise`](Self::recognise).
    pub fn recognise_in(
        mut transport: T,
        reader: &str,
        experience: Arc<Experience>,
    ) -> Result<Option<Self>, CardError> {
        let quirks = Quirks::of_reader(reader);
        let mut ask = |session: &mut Session<'_>| match session.card_data() {
            Err(CardError::Refused { .. } | CardError::UnexpectedLength { .. }) => Ok(None),
            // A keypad that cannot be asked for is none.
            data => data.map(|data| Some((data, PinPad::discover(reader, session.exchange()).unwrap_or_default()))),
        };
        let data = match once(&mut transport, quirks, &mut ask) {
            Err(error) => {
                transport.reconnect(error.remedy().ok_or(error)?)?;
                once(&mut transport, quirks, &mut ask)?
            }
            Ok(data) => data,
        };
        Ok(data.map(|((chip, applet), pin_pad)| Self {
            transport,
            chip,
            applet,
            confirmed: true,
            quirks: quirks.and(Quirks::of_applet(applet)),
            pin_pad,
            memory: Memory::default(),
            experience,
        }))
    }

    /// The chip's number.
    #[must_use]
    pub fn chip(&self) -> ChipNumber {
        self.chip
    }

    /// The card's generation.
    #[must_use]
    pub fn applet(&self) -> Applet {
        self.applet
    }

    /// The reader's own keypad, if it has one that may be used.
    #[must_use]
    pub fn pin_pad(&self) -> Option<&PinPad> {
        self.pin_pad.as_ref()
    }

    /// Reads in one transaction, and gives the result out only if it is still the same chip that answers at its end.
    /// After a reset or a failed exchange everything is read again, once.
    ///
    /// # Errors
    /// [`CardError::Removed`] if the card went, or another one sits in its place; whatever `work` returned.
    pub fn read<R>(&mut self, mut work: impl FnMut(&mut Session<'_>) -> Result<R, CardError>) -> Result<R, CardError> {
        let chip = self.chip;
        self.hold_again(|session| {
            let read = work(session);
            match &read {
                Err(gone) if gone.is_about_the_connection() => read,
                _ => session.confirm(chip).and(read),
            }
        })
    }

    /// How many wrong PINs it would take to block the card, as [`Session::pin_tries_left`] asks it: one command.
    ///
    /// # Errors
    /// [`CardError`] if the card cannot be reached.
    pub fn pin_tries_left(&mut self) -> Result<Option<u8>, CardError> {
        let applet = self.applet;
        self.hold_again(|session| session.pin_tries_left(applet))
    }

    /// One transaction without a second try once `work` has begun, for it may have changed the card.
    pub(crate) fn act<R>(
        &mut self,
        mut work: impl FnMut(&mut Session<'_>) -> Result<R, CardError>,
    ) -> Result<R, CardError> {
        self.still_there()?;
        match self.hold(&mut work) {
            Err(Attempt { error, begun: false }) if error.remedy().is_some() => self.hold(&mut work),
            outcome => outcome,
        }
        .map_err(|attempt| attempt.error)
    }

    /// Whether the card is still in; costs no command. If somebody has reset it, the chip will be asked who it is before
    /// anything else.
    ///
    /// # Errors
    /// [`CardError::Removed`] when it has gone.
    pub fn still_there(&mut self) -> Result<(), CardError> {
        let outcome = self.transport.present().map_err(CardError::from);
        match outcome {
            Err(error) if error.remedy().is_some() => self.take_up(&error),
            outcome => outcome,
        }
    }

    /// What has been read of this card.
    pub(crate) fn memory(&mut self) -> &mut Memory {
        &mut self.memory
    }

    pub(crate) fn experience(&self) -> Arc<Experience> {
        Arc::clone(&self.experience)
    }

    /// Does `work`, which reads some of `files` and says what to think of what came. If it is doubtful, or cannot be
    /// understood, it is done once more with nothing taken for granted; after a reset or a failed exchange it is begun
    /// again, once.
    pub(crate) fn proving<R>(
        &mut self,
        files: &[&'static ElementaryFile],
        first: Care,
        mut work: impl FnMut(&mut Self, Care) -> Result<(R, Belief), CardError>,
    ) -> Result<R, CardError> {
        self.still_there()?;
        let (mut care, mut again, mut last) = (first, true, false);
        loop {
            let worked = work(self, care);
            // What was settled before cannot come out better by being read again.
            let last_word = last || self.memory.is_settled(files);
            match worked {
                Ok((read, Belief::Plausible)) => return Ok(read),
                Ok((read, belief)) if last_word || belief == Belief::Proved => {
                    self.memory.settle(files);
                    return Ok(read);
                }
                Err(error) if error.is_about_the_connection() => {
                    if error.remedy().is_none() || !std::mem::take(&mut again) {
                        return Err(error);
                    }
                }
                Err(error) if last => return Err(error),
                Ok(_) | Err(_) => {
                    self.memory.drop_all(files);
                    (care, last) = (Care::Thorough, true);
                }
            }
        }
    }

    /// Sees to it that `files` are in memory: those that are not are read now, in this order.
    ///
    /// # Errors
    /// After [`CardError::Reset`] and its like nothing is in memory any more, and the connection has been taken up again.
    pub(crate) fn obtain(
        &mut self,
        files: &[&'static ElementaryFile],
        care: Care,
        courtesy: &mut dyn Courtesy<T>,
    ) -> Result<(), CardError> {
        let missing = files.iter().filter(|file| !self.memory.knows(file));
        let mut readings: VecDeque<_> = missing.map(|file| Reading::new(file, self.pace(file, care))).collect();
        while !readings.is_empty() {
            let connection = self.memory.connection();
            for reading in self.read_some(&mut readings, care, &*courtesy)? {
                self.memory.keep(reading.file(), reading.into_content());
            }
            if courtesy.is_wanted() {
                courtesy.serve(self);
            }
            if self.memory.connection() != connection {
                // Another's work found the card reset: half a file and half a memory are none.
                return Err(CardError::Reset);
            }
        }
        Ok(())
    }

    /// What `file` holds, which has been obtained before.
    ///
    /// # Errors
    /// [`CardError::NoSuchFile`] if the card does not have it.
    pub(crate) fn remembered(&self, file: &ElementaryFile) -> Result<Vec<u8>, CardError> {
        self.remembered_if_there(file)?
            .ok_or(CardError::NoSuchFile { file: file.name })
    }

    /// The same; none if the card has no such file.
    pub(crate) fn remembered_if_there(&self, file: &ElementaryFile) -> Result<Option<Vec<u8>>, CardError> {
        if self.memory.knows(file) {
            Ok(self.memory.content(file).map(<[u8]>::to_vec))
        } else {
            Err(CardError::Reset)
        }
    }

    /// Tells whether `file` has been obtained and is on the card.
    pub(crate) fn has(&self, file: &ElementaryFile) -> bool {
        self.memory.content(file).is_some()
    }

    /// The certificate in `file`, which has been obtained before; none if there is none, or no such file.
    pub(crate) fn remembered_certificate(
        &self,
        file: &'static ElementaryFile,
    ) -> Result<Option<Certificate>, CardError> {
        if self.memory.knows(file) {
            self.memory.certificate(file)
        } else {
            Err(CardError::Reset)
        }
    }

    /// One transaction: reads on until somebody else should have the card; returns what was finished.
    fn read_some(
        &mut self,
        readings: &mut VecDeque<Reading>,
        care: Care,
        courtesy: &dyn Courtesy<T>,
    ) -> Result<Vec<Reading>, CardError> {
        let chip = self.chip;
        let mut finished = Vec::new();
        let held = self.hold(|session| {
            while let Some(reading) = readings.front_mut() {
                if finished.len() == FILES_AT_ONCE || !reading.go_on(session, &|| courtesy.is_wanted())? {
                    break;
                }
                finished.extend(readings.pop_front());
            }
            match care {
                Care::Lean => Ok(()),
                Care::Thorough => session.confirm(chip),
            }
        });
        held.map(|()| finished).map_err(|attempt| attempt.error)
    }

    fn pace(&self, file: &ElementaryFile, care: Care) -> Pace {
        match care {
            Care::Lean => Pace::Lean(self.experience.length(self.chip, file)),
            Care::Thorough => Pace::Thorough,
        }
    }

    /// One transaction, tried again once after a reset or a failed exchange.
    fn hold_again<R>(
        &mut self,
        mut work: impl FnMut(&mut Session<'_>) -> Result<R, CardError>,
    ) -> Result<R, CardError> {
        match self.hold(&mut work) {
            Err(Attempt { error, .. }) if error.remedy().is_some() => self.hold(&mut work),
            outcome => outcome,
        }
        .map_err(|attempt| attempt.error)
    }

    /// One transaction, on the right chip. After trouble the connection is taken up again before this returns, if it can
    /// be.
    fn hold<R>(&mut self, mut work: impl FnMut(&mut Session<'_>) -> Result<R, CardError>) -> Result<R, Attempt> {
        let (chip, confirmed) = (self.chip, &mut self.confirmed);
        let mut begun = false;
        let held = once(&mut self.transport, self.quirks, &mut |session: &mut Session<'_>| {
            if !*confirmed {
                session.confirm(chip)?;
                *confirmed = true;
            }
            begun = true;
            work(session)
        });
        held.map_err(|error| {
            let error = match self.take_up(&error) {
                Ok(()) => error,
                Err(worse) => worse,
            };
            Attempt { error, begun }
        })
    }

    /// Takes up the connection again if that is what helps against `trouble`.
    fn take_up(&mut self, trouble: &CardError) -> Result<(), CardError> {
        if trouble.is_about_the_connection() {
            self.confirmed = false;
            self.memory.forget();
        }
        match trouble.remedy() {
            Some(how) => Ok(self.transport.reconnect(how)?),
            None => Ok(()),
        }
    }
}

/// A transaction that did not end well.
struct Attempt {
    error: CardError,
    /// Whether the work had begun.
    begun: bool,
}

fn once<R>(
    transport: &mut impl Transport,
    quirks: Quirks,
    work: &mut impl FnMut(&mut Session<'_>) -> Result<R, CardError>,
) -> Result<R, CardError> {
    let mut outcome = None;
    let held = transport.exclusive(&mut |exchange| outcome = Some(work(&mut Session::new(exchange, quirks))));
    match (outcome, held) {
        (Some(outcome), _) => outcome,
        (None, Err(error)) => Err(error.into()),
        (None, Ok(())) => Err(CardError::Mute),
    }
}

impl CardError {
    /// What may bring back a card that has just failed us.
    fn remedy(&self) -> Option<Reconnect> {
        let lost_the_thread = matches!(self, Self::Comm(_) | Self::Mute);
        let helps = if lost_the_thread {
            Reconnect::Reset
        } else {
            Reconnect::Leave
        };
        (lost_the_thread || *self == Self::Reset).then_some(helps)
    }

    /// Whether asking the card anything more is pointless.
    pub(crate) fn is_about_the_connection(&self) -> bool {
        match self {
            Self::Removed | Self::Reset | Self::Busy | Self::Mute | Self::Comm(_) | Self::Service(_) => true,
            Self::WrongPin { .. }
            | Self::PinBlocked
            | Self::NewPinRefused
            | Self::Abandoned
            | Self::PadTimedOut
            | Self::PadCancelled
            | Self::PadNewPinsDiffer
            | Self::PadPinLength
            | Self::PadRefused
            | Self::Refused { .. }
            | Self::UnexpectedLength { .. }
            | Self::Endless { .. }
            | Self::NoSuchFile { .. }
            | Self::Malformed(_)
            | Self::WrongSignature
            | Self::UnsupportedAlgorithm => false,
        }
    }
}
