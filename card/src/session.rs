//! The card inside one transaction: commands sent and answered, whoever else uses it kept out.

use crate::apdu::{Command, Response, StatusWord};
use crate::card::Applet;
use crate::error::{CardError, FieldError};
use crate::files::ElementaryFile;
use crate::quirks::Quirks;
use crate::reading::{Pace, Reading};
use crate::transport::Exchange;
use crate::values::ChipNumber;
use crate::verify::select_belpic;
use beid_pki::Certificate;

/// The card inside one transaction.
pub struct Session<'e> {
    exchange: &'e mut dyn Exchange,
    quirks: Quirks,
}

/// How often a card may say that there is more before we stop believing it.
const MAX_RESPONSES: usize = 16;

impl<'e> Session<'e> {
    pub(crate) fn new(exchange: &'e mut dyn Exchange, quirks: Quirks) -> Self {
        Self { exchange, quirks }
    }

    /// What to mind with this reader and card.
    pub(crate) fn quirks(&self) -> Quirks {
        self.quirks
    }

    /// The way to reader and card, for what is no command of the card.
    pub(crate) fn exchange(&mut self) -> &mut dyn Exchange {
        self.exchange
    }

    /// Reads `file` whole, taking nothing for granted: its end is believed when the card says it twice. A certificate is
    /// read to its DER length, and not at all (an empty vector) where there is none.
    ///
    /// # Errors
    /// [`CardError::Refused`] with SW 6A82 if this card has no such file; [`CardError::Removed`] if it was pulled out.
    ///
    /// Source: Belpic 1.8 reference manual, 6.6 (SELECT FILE) and 6.7 (READ BINARY).
    pub fn read_file(&mut self, file: &'static ElementaryFile) -> Result<Vec<u8>, CardError> {
        let mut reading = Reading::new(file, Pace::Thorough);
        reading.go_on(self, &|| false)?;
        reading.into_content().ok_or(CardError::NoSuchFile { file: file.name })
    }

    /// Reads a certificate; `None` where the card has none.
    ///
    /// # Errors
    /// As [`read_file`](Self::read_file); [`CardError::Malformed`] if what is there is no certificate.
    pub fn read_certificate(&mut self, file: &'static ElementaryFile) -> Result<Option<Certificate>, CardError> {
        to_certificate(file, &self.read_file(file)?)
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
                // Not to an applet that another program has left selected.
                select_belpic(self)?;
                let sw = self.send(&Command::verify_status())?.sw;
                Ok(if sw == StatusWord::BLOCKED {
                    Some(0)
                } else {
                    sw.tries_left()
                })
            }
            // On 1.1 an empty VERIFY is a wrong PIN; what it is on newer ones nobody knows.
            Applet::V1_1 | Applet::Other(_) => Ok(None),
        }
    }

    /// Asks the card who it is (GET CARD DATA), selecting the applet if another one is in its way.
    pub(crate) fn card_data(&mut self) -> Result<(ChipNumber, Applet), CardError> {
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
    pub(crate) fn confirm(&mut self, chip: ChipNumber) -> Result<(), CardError> {
        match self.card_data() {
            Ok((found, _)) if found == chip => Ok(()),
            Ok(_) | Err(CardError::Refused { .. } | CardError::UnexpectedLength { .. }) => Err(CardError::Removed),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn select_file(&mut self, file: &ElementaryFile) -> Result<(), CardError> {
        let select = Command::select_file(file);
        if self.send(&select)?.sw == StatusWord::OK {
            return Ok(());
        }
        // Perhaps another program left another applet selected.
        self.expect_ok(&Command::select_applet())?;
        match self.expect_ok(&select) {
            Err(CardError::Refused {
                sw: StatusWord::NOT_FOUND,
                ..
            }) => Err(CardError::NoSuchFile { file: file.name }),
            selected => selected.map(drop),
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
                std::thread::sleep(self.quirks.pause_after_6c);
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

/// The certificate in a file's content; `None` where there is none.
pub(crate) fn to_certificate(file: &ElementaryFile, der: &[u8]) -> Result<Option<Certificate>, CardError> {
    if der.is_empty() {
        return Ok(None);
    }
    let parsed = Certificate::parse(der);
    parsed
        .map(Some)
        .map_err(|_| FieldError::new(file.name, "one DER certificate with an RSA or P-384 key").into())
}
