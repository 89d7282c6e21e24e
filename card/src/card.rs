//! A recognised Belgian card, and the transactions that work with it.

use crate::error::CardError;
use crate::experience::Experience;
use crate::files::ElementaryFile;
use crate::memory::Memory;
use crate::pin_pad::PinPad;
use crate::quirks::Quirks;
use crate::reading::{FileReading, Pace};
use crate::session::CardSession;
use crate::transport::{Reconnect, Transport};
use crate::values::ChipNumber;
use beid_pki::Certificate;
use std::collections::VecDeque;
use std::sync::Arc;

/// A Belgian eID in a reader: the connection, the chip at its other end, and the files read so far.
///
/// Everything that a `Card` returns comes from the chip it was made for. PC/SC ends a connection when the card is
/// pulled out, and reports when another program has reset it. After a reset, or any exchange that failed, the chip
/// number is asked before anything else, in the same transaction. Data is believed because signatures prove it,
/// beginning with the chip number in the identity; data that does not prove itself is read again, and the chip number
/// asked at the end.
pub struct Card<T> {
    transport: T,
    chip: ChipNumber,
    applet: Applet,
    /// True if the chip number has been asked since the connection was last restored.
    confirmed: bool,
    quirks: Quirks,
    pin_pad: Option<PinPad>,
    memory: Memory,
    experience: Arc<Experience>,
}

/// Generation of the card, by the version of its applet. (GET CARD DATA, byte 21)
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Applet {
    /// 1.1 and older, until 2014: RSA-1024.
    V1_1,
    /// 1.7, from 2014: RSA-2048.
    V1_7,
    /// 1.8, from 2020: P-384.
    V1_8,
    /// Newer than this software, with the version byte as reported.
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

    /// Version in its usual form: `1.7`.
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

/// Lets more urgent work go first: between two chunks, a long reading asks if anybody else waits for the card.
pub trait Courtesy<T> {
    /// Returns true if more urgent work waits.
    fn is_wanted(&self) -> bool;
    /// Runs that work. No transaction holds the card at this moment.
    fn serve(&mut self, card: &mut Card<T>);
}

/// No work is more urgent.
impl<T> Courtesy<T> for () {
    fn is_wanted(&self) -> bool {
        false
    }
    fn serve(&mut self, _: &mut Card<T>) {}
}

/// Thoroughness of a reading.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Care {
    /// Fewest commands; the caller proves the bytes by their signatures.
    Lean,
    /// Every end of a file is confirmed, and the chip number asked at the end.
    Thorough,
}

/// Confidence in data that was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Belief {
    /// Signatures prove every byte.
    Proved,
    /// The data looks right; callers who need proof read it again.
    Plausible,
    /// The data does not prove itself and must be read again.
    Doubtful,
}

impl Belief {
    pub(crate) fn proved_if(proved: bool) -> Self {
        if proved { Self::Proved } else { Self::Doubtful }
    }
}

/// Number of files after which a transaction ends, so that other programs get the card.
const FILES_AT_ONCE: usize = 4;

impl<T: Transport> Card<T> {
    /// Asks the card for its chip number; `None` if it is not a Belgian eID. One command for a card that no other
    /// program has disturbed.
    ///
    /// GET CARD DATA is sent first because it changes nothing for other programs. Only if it fails is the applet
    /// selected, which withdraws other programs' PIN rights.
    ///
    /// # Errors
    /// [`CardError`] if the card cannot be reached at all.
    pub fn recognise(transport: T) -> Result<Option<Self>, CardError> {
        Self::recognise_in(transport, "", Arc::default())
    }

    /// As [`recognise`](Self::recognise), in the reader of that PC/SC name and with the experience of earlier cards.
    /// Applies the reader's quirks and looks for its own keypad.
    ///
    /// # Errors
    /// As [`recognise`](Self::recognise).
    pub fn recognise_in(
        mut transport: T,
        reader: &str,
        experience: Arc<Experience>,
    ) -> Result<Option<Self>, CardError> {
        let quirks = Quirks::for_reader(reader);
        let mut ask = |session: &mut CardSession<'_>| match session.card_data() {
            Err(CardError::Refused { .. } | CardError::UnexpectedLength { .. }) => Ok(None),
            // A reader that cannot say if it has a keypad is used without one: identity does not depend on it.
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
            quirks: quirks.and(Quirks::for_applet(applet)),
            pin_pad,
            memory: Memory::default(),
            experience,
        }))
    }

    /// Serial number of the chip.
    #[must_use]
    pub fn chip(&self) -> ChipNumber {
        self.chip
    }

    /// Generation of the card.
    #[must_use]
    pub fn applet(&self) -> Applet {
        self.applet
    }

    /// The reader's own keypad, if it has one that may be used.
    #[must_use]
    pub fn pin_pad(&self) -> Option<&PinPad> {
        self.pin_pad.as_ref()
    }

    /// Reads in one transaction, and returns the result only if the same chip still answers at its end. After a reset
    /// or a failed exchange everything is read again, once.
    ///
    /// # Errors
    /// [`CardError::Removed`] if the card was pulled out or replaced; otherwise the error that `work` returned.
    pub fn read<R>(
        &mut self,
        mut work: impl FnMut(&mut CardSession<'_>) -> Result<R, CardError>,
    ) -> Result<R, CardError> {
        let chip = self.chip;
        self.hold_again(|session| {
            let read = work(session);
            match &read {
                // The chip cannot be asked any more. Any other error may come from a swapped card, so it is asked.
                Err(gone) if gone.is_about_the_connection() => read,
                _ => session.confirm(chip).and(read),
            }
        })
    }

    /// Asks for the number of PIN tries left, as [`CardSession::pin_tries_left`] does: one command.
    ///
    /// # Errors
    /// [`CardError`] if the card cannot be reached.
    pub fn pin_tries_left(&mut self) -> Result<Option<u8>, CardError> {
        let applet = self.applet;
        self.hold_again(|session| session.pin_tries_left(applet))
    }

    /// Runs `work` in one transaction that is never repeated once `work` has begun, because it may have changed the
    /// card.
    pub(crate) fn act<R>(
        &mut self,
        mut work: impl FnMut(&mut CardSession<'_>) -> Result<R, CardError>,
    ) -> Result<R, CardError> {
        // Costs no command, and a reset is noticed before `work` begins rather than in the middle of it.
        self.still_there()?;
        match self.hold(&mut work) {
            Err(Attempt { error, begun: false }) if error.remedy().is_some() => self.hold(&mut work),
            outcome => outcome,
        }
        .map_err(|attempt| attempt.error)
    }

    /// Checks that the card is still in the reader, without sending a command. If another program has reset it, the
    /// chip number is asked before anything else.
    ///
    /// # Errors
    /// [`CardError::Removed`] if it has been pulled out.
    pub fn still_there(&mut self) -> Result<(), CardError> {
        let outcome = self.transport.present().map_err(CardError::from);
        match outcome {
            Err(error) if error.remedy().is_some() => self.take_up(&error),
            outcome => outcome,
        }
    }

    /// Files of this card that have been read.
    pub(crate) fn memory(&mut self) -> &mut Memory {
        &mut self.memory
    }

    pub(crate) fn experience(&self) -> Arc<Experience> {
        Arc::clone(&self.experience)
    }

    /// Runs `work`, which reads some of `files` and returns its confidence in them. If they are doubtful, or cannot be
    /// understood, it runs once more with a thorough reading; after a reset or a failed exchange it runs again, once.
    pub(crate) fn proving<R>(
        &mut self,
        files: &[&'static ElementaryFile],
        first: Care,
        mut work: impl FnMut(&mut Self, Care) -> Result<(R, Belief), CardError>,
    ) -> Result<R, CardError> {
        // What is in memory may be answered only for a card that is still in the reader.
        self.still_there()?;
        let (mut care, mut again, mut last) = (first, true, false);
        loop {
            let worked = work(self, care);
            // Settled files were read thoroughly already: reading them again could not change the result.
            let last_word = last || self.memory.is_settled(files);
            match worked {
                Ok((read, Belief::Plausible)) => return Ok(read),
                Ok((read, belief)) if last_word || belief == Belief::Proved => {
                    self.memory.settle(files);
                    return Ok(read);
                }
                // Not a matter of care: the connection has been restored, if it could be, and all begins again, once.
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

    /// Reads those of `files` that are not in memory yet, in this order.
    ///
    /// # Errors
    /// After [`CardError::Reset`] and similar errors the memory is empty and the connection has been restored.
    pub(crate) fn obtain(
        &mut self,
        files: &[&'static ElementaryFile],
        care: Care,
        courtesy: &mut dyn Courtesy<T>,
    ) -> Result<(), CardError> {
        let missing = files.iter().filter(|file| !self.memory.knows(file));
        let mut readings: VecDeque<_> = missing
            .map(|file| FileReading::new(file, self.pace(file, care)))
            .collect();
        while !readings.is_empty() {
            let connection = self.memory.connection();
            for reading in self.read_some(&mut readings, care, &*courtesy)? {
                self.memory.keep(reading.file(), reading.into_content());
            }
            if courtesy.is_wanted() {
                courtesy.serve(self);
            }
            if self.memory.connection() != connection {
                // The urgent work found the card reset. It may be another card now, so the part read so far is thrown
                // away.
                return Err(CardError::Reset);
            }
        }
        Ok(())
    }

    /// Content of `file`, which has been obtained before.
    ///
    /// # Errors
    /// [`CardError::NoSuchFile`] if the card has no such file.
    pub(crate) fn remembered(&self, file: &ElementaryFile) -> Result<Vec<u8>, CardError> {
        self.remembered_if_there(file)?
            .ok_or(CardError::NoSuchFile { file: file.name })
    }

    /// As [`remembered`](Self::remembered); `None` if the card has no such file.
    pub(crate) fn remembered_if_there(&self, file: &ElementaryFile) -> Result<Option<Vec<u8>>, CardError> {
        if self.memory.knows(file) {
            Ok(self.memory.content(file).map(<[u8]>::to_vec))
        } else {
            Err(CardError::Reset)
        }
    }

    /// Returns true if `file` has been obtained and is on the card.
    pub(crate) fn has(&self, file: &ElementaryFile) -> bool {
        self.memory.content(file).is_some()
    }

    /// Certificate in `file`, which has been obtained before; `None` if the file is empty or absent.
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

    /// Continues reading in one transaction until more urgent work waits; returns the readings that were finished.
    fn read_some(
        &mut self,
        readings: &mut VecDeque<FileReading>,
        care: Care,
        courtesy: &dyn Courtesy<T>,
    ) -> Result<Vec<FileReading>, CardError> {
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
                // The caller's signature check covers the bytes, the chip number in the identity included.
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

    /// Runs `work` in one transaction, and once more after a reset or a failed exchange.
    fn hold_again<R>(
        &mut self,
        mut work: impl FnMut(&mut CardSession<'_>) -> Result<R, CardError>,
    ) -> Result<R, CardError> {
        match self.hold(&mut work) {
            Err(Attempt { error, .. }) if error.remedy().is_some() => self.hold(&mut work),
            outcome => outcome,
        }
        .map_err(|attempt| attempt.error)
    }

    /// Runs `work` in one transaction, after confirming the chip number if necessary. After trouble the connection is
    /// restored before this returns, if it can be.
    fn hold<R>(&mut self, mut work: impl FnMut(&mut CardSession<'_>) -> Result<R, CardError>) -> Result<R, Attempt> {
        let (chip, confirmed) = (self.chip, &mut self.confirmed);
        let mut begun = false;
        let mut confirmed_work = |session: &mut CardSession<'_>| {
            if !*confirmed {
                session.confirm(chip)?;
                *confirmed = true;
            }
            begun = true;
            work(session)
        };
        let held = once(&mut self.transport, self.quirks, &mut confirmed_work);
        held.map_err(|error| {
            let error = match self.take_up(&error) {
                Ok(()) => error,
                Err(worse) => worse,
            };
            Attempt { error, begun }
        })
    }

    /// Restores the connection if that helps against `trouble`.
    fn take_up(&mut self, trouble: &CardError) -> Result<(), CardError> {
        // Before reconnecting, which may fail: the card behind a new connection can be another one.
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

/// A failed transaction.
struct Attempt {
    error: CardError,
    /// True if the work had begun.
    begun: bool,
}

fn once<R>(
    transport: &mut impl Transport,
    quirks: Quirks,
    work: &mut impl FnMut(&mut CardSession<'_>) -> Result<R, CardError>,
) -> Result<R, CardError> {
    let mut outcome = None;
    let held = transport.exclusive(&mut |exchange| outcome = Some(work(&mut CardSession::new(exchange, quirks))));
    match (outcome, held) {
        (Some(outcome), _) => outcome,
        (None, Err(error)) => Err(error.into()),
        // Against the contract of `exclusive`, but no reason to panic.
        (None, Ok(())) => Err(CardError::Mute),
    }
}

impl CardError {
    /// Treatment that may restore the connection after this error; `None` if nothing helps.
    fn remedy(&self) -> Option<Reconnect> {
        let lost_the_thread = matches!(self, Self::Comm(_) | Self::Mute);
        let helps = if lost_the_thread {
            Reconnect::Reset
        } else {
            Reconnect::Leave
        };
        (lost_the_thread || *self == Self::Reset).then_some(helps)
    }

    /// Returns true if no further command can reach the card over this connection.
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
