//! A Belgian card we know, and the transactions in which it is read.

use crate::apdu::{Command, Response, StatusWord};
use crate::error::{CardError, FieldError};
use crate::files::{ElementaryFile, Extent};
use crate::transport::{Exchange, Reconnect, Transport};
use crate::values::ChipNumber;
use beid_pki::Certificate;

/// A Belgian eID in a reader: a connection, and the chip at its other end.
///
/// Everything that leaves a `Card` comes from the chip it was made for: each transaction ends by asking the chip who it
/// is, and whatever was read is thrown away as [`CardError::Removed`] if another one answers.
pub struct Card<T> {
    transport: T,
    chip: ChipNumber,
    applet: Applet,
}

/// The card's generation. (GET CARD DATA, byte 21)
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Applet {
    /// 1.7, from 2014: RSA-2048.
    V1_7,
    /// 1.8, from 2020: P-384.
    V1_8,
    /// Any other, by its byte: 1.1 and older, or newer than this software.
    Other(u8),
}

impl Applet {
    fn from_byte(byte: u8) -> Self {
        match byte {
            0x17 => Self::V1_7,
            0x18 => Self::V1_8,
            other => Self::Other(other),
        }
    }

    /// As people write it: `1.7`.
    #[must_use]
    pub fn name(self) -> String {
        let byte = match self {
            Self::V1_7 => 0x17,
            Self::V1_8 => 0x18,
            Self::Other(byte) => byte,
        };
        format!("{}.{}", byte >> 4, byte & 0x0F)
    }
}

impl<T: Transport> Card<T> {
    /// Asks the card who it is; `None` if it is not a Belgian eID.
    ///
    /// GET CARD DATA comes first: it disturbs nobody. Only if that fails is the applet selected, which takes other
    /// programs' PIN rights away.
    ///
    /// # Errors
    /// [`CardError`] if the card cannot be reached at all.
    pub fn recognise(mut transport: T) -> Result<Option<Self>, CardError> {
        let data = with_retry(&mut transport, |session| match session.card_data() {
            Err(CardError::Refused { .. } | CardError::UnexpectedLength { .. }) => Ok(None),
            data => data.map(Some),
        })?;
        Ok(data.map(|(chip, applet)| Self {
            transport,
            chip,
            applet,
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

    /// Reads in one transaction, and gives the result out only if it is still the same chip that answers at its end.
    /// After a reset or a failed exchange everything is read again, once.
    ///
    /// # Errors
    /// [`CardError::Removed`] if the card went, or another one sits in its place; whatever `work` returned.
    pub fn read<R>(&mut self, mut work: impl FnMut(&mut Session<'_>) -> Result<R, CardError>) -> Result<R, CardError> {
        let chip = self.chip;
        with_retry(&mut self.transport, |session| {
            let read = work(session);
            if let Err(gone) = &read
                && gone.is_about_the_connection()
            {
                return read;
            }
            session.confirm(chip)?;
            read
        })
    }

    /// One transaction without a second try, after which `work` may have changed the card. `work` starts on the right
    /// chip: it is asked first.
    pub(crate) fn act<R>(
        &mut self,
        mut work: impl FnMut(&mut Session<'_>) -> Result<R, CardError>,
    ) -> Result<R, CardError> {
        let chip = self.chip;
        let mut confirmed = |session: &mut Session<'_>| session.confirm(chip).and_then(|()| work(session));
        match once(&mut self.transport, &mut confirmed) {
            // Refused at the door: `work` has not begun, so nothing can happen twice.
            Err(Attempt {
                error: CardError::Reset,
                begun: false,
            }) => {
                self.transport.reconnect(Reconnect::Leave)?;
                once(&mut self.transport, &mut confirmed).map_err(|attempt| attempt.error)
            }
            outcome => outcome.map_err(|attempt| attempt.error),
        }
    }
}

/// A transaction that did not end well.
struct Attempt {
    error: CardError,
    begun: bool,
}

fn once<R>(
    transport: &mut impl Transport,
    work: &mut impl FnMut(&mut Session<'_>) -> Result<R, CardError>,
) -> Result<R, Attempt> {
    let mut outcome = None;
    let held = transport.exclusive(&mut |exchange| outcome = Some(work(&mut Session { exchange })));
    match (outcome, held) {
        (Some(outcome), _) => outcome.map_err(|error| Attempt { error, begun: true }),
        (None, Err(error)) => Err(Attempt {
            error: error.into(),
            begun: false,
        }),
        (None, Ok(())) => Err(Attempt {
            error: CardError::Mute,
            begun: false,
        }),
    }
}

fn with_retry<R>(
    transport: &mut impl Transport,
    mut work: impl FnMut(&mut Session<'_>) -> Result<R, CardError>,
) -> Result<R, CardError> {
    match once(transport, &mut work) {
        Err(Attempt {
            error: CardError::Reset | CardError::Comm(_),
            ..
        }) => {
            transport.reconnect(Reconnect::Leave)?;
            once(transport, &mut work).map_err(|attempt| attempt.error)
        }
        outcome => outcome.map_err(|attempt| attempt.error),
    }
}

impl CardError {
    /// Whether asking the card anything more is pointless.
    fn is_about_the_connection(&self) -> bool {
        match self {
            Self::Removed | Self::Reset | Self::Busy | Self::Mute | Self::Comm(_) | Self::Service(_) => true,
            Self::WrongPin { .. }
            | Self::PinBlocked
            | Self::Abandoned
            | Self::PadTimedOut
            | Self::PadCancelled
            | Self::PadNewPinsDiffer
            | Self::PadPinLength
            | Self::PadRefused
            | Self::Refused { .. }
            | Self::UnexpectedLength { .. }
            | Self::Endless { .. }
            | Self::Malformed(_)
            | Self::WrongSignature
            | Self::UnsupportedAlgorithm => false,
        }
    }
}

/// The card inside one transaction.
pub struct Session<'e> {
    exchange: &'e mut dyn Exchange,
}

/// The largest `Le`, written 00.
const MAX_CHUNK: usize = 256;
/// How often a card may say that there is more before we stop believing it.
const MAX_RESPONSES: usize = 16;

impl Session<'_> {
    /// Reads `file` whole, in chunks of at most 256 bytes, trailing zero padding included; a certificate only to its
    /// DER length, and not at all (an empty vector) where there is none.
    ///
    /// # Errors
    /// [`CardError::Refused`] with SW 6A82 if this card has no such file; [`CardError::Removed`] if it was pulled out.
    ///
    /// Source: Belpic 1.8 reference manual, 6.6 (SELECT FILE) and 6.7 (READ BINARY).
    pub fn read_file(&mut self, file: &ElementaryFile) -> Result<Vec<u8>, CardError> {
        self.select_file(file)?;
        let mut content = Vec::new();
        while let Some(want) = next_chunk(file, &content)? {
            let (chunk, last) = self.read_chunk(content.len(), want)?;
            content.extend_from_slice(&chunk);
            if last {
                break;
            }
        }
        if file.extent == Extent::Certificate {
            // What the first chunk brought beyond the certificate is padding.
            content.truncate(certificate_len(&content).unwrap_or(0));
        }
        Ok(content)
    }

    /// Reads a certificate; `None` where the card has none.
    ///
    /// # Errors
    /// As [`read_file`](Self::read_file); [`CardError::Malformed`] if what is there is no certificate.
    pub fn read_certificate(&mut self, file: &ElementaryFile) -> Result<Option<Certificate>, CardError> {
        let der = self.read_file(file)?;
        if der.is_empty() {
            return Ok(None);
        }
        let parsed = Certificate::parse(&der);
        parsed
            .map(Some)
            .map_err(|_| FieldError::new(file.name, "one DER certificate with an RSA or P-384 key").into())
    }

    /// How many wrong PINs it would take to block the card, asked without touching the PIN; `None` where the applet
    /// cannot be asked (before 1.7) or says something else.
    ///
    /// # Errors
    /// [`CardError`] if the card cannot be reached.
    ///
    /// Source: Belpic 1.8 reference manual, GET CARD DATA with P2 = 01: byte 28; 1.7 reference manual, 6.5: VERIFY without
    /// data tells the tries left and takes none.
    pub fn pin_tries_left(&mut self, applet: Applet) -> Result<Option<u8>, CardError> {
        match applet {
            Applet::V1_8 => {
                let response = self.send(&Command::card_data_with_tries())?;
                let tries = response.data.get(28).copied().filter(|_| response.sw == StatusWord::OK);
                Ok(tries.filter(|tries| *tries <= 3))
            }
            Applet::V1_7 => {
                let sw = self.send(&Command::verify_status())?.sw;
                Ok(if sw == StatusWord::BLOCKED {
                    Some(0)
                } else {
                    sw.tries_left()
                })
            }
            // On 1.1 an empty VERIFY is a wrong PIN.
            Applet::Other(_) => Ok(None),
        }
    }

    /// Asks the card who it is (GET CARD DATA), selecting the applet if another one is in its way.
    fn card_data(&mut self) -> Result<(ChipNumber, Applet), CardError> {
        let command = Command::card_data();
        let mut response = self.send(&command)?;
        if response.sw != StatusWord::OK {
            self.expect_ok(&Command::select_applet())?;
            response = self.expect_ok(&command)?;
        }
        // Byte 21 is the applet's version; what follows it differs between generations.
        match (response.data.get(..16).map(ChipNumber::parse), response.data.get(21)) {
            (Some(Ok(chip)), Some(applet)) => Ok((chip, Applet::from_byte(*applet))),
            _ => Err(CardError::UnexpectedLength {
                command: command.name(),
                len: response.data.len(),
            }),
        }
    }

    /// # Errors
    /// [`CardError::Removed`] if another chip answers, or something that is no Belgian eID.
    fn confirm(&mut self, chip: ChipNumber) -> Result<(), CardError> {
        match self.card_data() {
            Ok((found, _)) if found == chip => Ok(()),
            Ok(_) | Err(CardError::Refused { .. } | CardError::UnexpectedLength { .. }) => Err(CardError::Removed),
            Err(error) => Err(error),
        }
    }

    fn select_file(&mut self, file: &ElementaryFile) -> Result<(), CardError> {
        let select = Command::select_file(file);
        if self.send(&select)?.sw == StatusWord::OK {
            return Ok(());
        }
        // Perhaps another program left another applet selected.
        self.expect_ok(&Command::select_applet())?;
        self.expect_ok(&select).map(|_| ())
    }

    /// One READ BINARY; the flag says that the file ends here.
    fn read_chunk(&mut self, offset: usize, want: usize) -> Result<(Vec<u8>, bool), CardError> {
        let offset = u16::try_from(offset).unwrap_or(u16::MAX);
        // 256 is written 00.
        let command = Command::read_binary(offset, u8::try_from(want).unwrap_or(0));
        let response = self.send(&command)?;
        if let Some(len) = response.sw.exact_len() {
            let rest = self.expect_ok(&Command::read_binary(offset, len))?;
            return Ok((rest.data, true));
        }
        match response.sw {
            StatusWord::OK if response.data.len() > want => Err(CardError::UnexpectedLength {
                command: command.name(),
                len: response.data.len(),
            }),
            StatusWord::OK => Ok((response.data.clone(), response.data.len() < want)),
            StatusWord::BEHIND_END if offset > 0 => Ok((Vec::new(), true)),
            sw => Err(CardError::Refused {
                command: command.name(),
                sw,
            }),
        }
    }

    /// Sends a command that must succeed.
    pub(crate) fn expect_ok(&mut self, command: &Command) -> Result<Response, CardError> {
        match self.send(command)? {
            response @ Response { sw: StatusWord::OK, .. } => Ok(response),
            Response { sw, .. } => Err(CardError::Refused {
                command: command.name(),
                sw,
            }),
        }
    }

    /// Sends a command and fetches all of its answer, whether the reader does that for us or not.
    pub(crate) fn send(&mut self, command: &Command) -> Result<Response, CardError> {
        let mut response = self.transmit(command)?;
        for _ in 0..MAX_RESPONSES {
            let Some(more) = response.sw.more() else { break };
            let mut next = self.transmit(&Command::get_response(more))?;
            if let Some(exact) = next.sw.exact_len() {
                next = self.transmit(&Command::get_response(exact))?;
            }
            response.data.append(&mut next.data);
            response.sw = next.sw;
        }
        Ok(response)
    }

    fn transmit(&mut self, command: &Command) -> Result<Response, CardError> {
        let answer = self.exchange.transmit(command.bytes())?;
        // Some readers answer nothing at all, successfully, when the card has just been pulled out.
        Response::parse(answer).ok_or_else(|| CardError::Comm(format!("no status word after {}", command.name())))
    }
}

/// How many bytes to ask for next; `None` when `file` has been read to its end.
fn next_chunk(file: &ElementaryFile, content: &[u8]) -> Result<Option<usize>, CardError> {
    if content.len() >= file.ceiling {
        return Err(CardError::Endless { file: file.name });
    }
    match (file.extent, content) {
        (Extent::Whole, _) | (Extent::Certificate, []) => Ok(Some(MAX_CHUNK)),
        (Extent::Certificate, [0x00, ..]) => Ok(None),
        (Extent::Certificate, _) => {
            let total = certificate_len(content).ok_or(FieldError::new(file.name, "a DER certificate"))?;
            let missing = total.saturating_sub(content.len());
            Ok((missing > 0).then_some(missing.min(MAX_CHUNK)))
        }
    }
}

/// How long the certificate at the start of `content` is, header included.
fn certificate_len(content: &[u8]) -> Option<usize> {
    match content {
        [0x30, 0x82, high, low, ..] => Some(usize::from(u16::from_be_bytes([*high, *low])) + 4),
        _ => None,
    }
}
