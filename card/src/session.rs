//! Exchange of commands with the card inside one transaction, from which other programs are kept out.

use crate::apdu::{CommandApdu, ResponseApdu, StatusWord};
use crate::card::Applet;
use crate::error::{CardError, FieldError};
use crate::files::ElementaryFile;
use crate::quirks::Quirks;
use crate::reading::{FileReading, Pace};
use crate::transport::Exchange;
use crate::values::ChipNumber;
use crate::verify::select_belpic;
use beid_pki::Certificate;

/// The card inside one transaction.
pub struct CardSession<'e> {
    exchange: &'e mut dyn Exchange,
    quirks: Quirks,
}

/// Maximum number of GET RESPONSE commands for one answer; a card that still announces more is not believed.
const MAX_RESPONSES: usize = 16;

impl<'e> CardSession<'e> {
    pub(crate) fn new(exchange: &'e mut dyn Exchange, quirks: Quirks) -> Self {
        Self { exchange, quirks }
    }

    /// Quirks of this reader and card.
    pub(crate) fn quirks(&self) -> Quirks {
        self.quirks
    }

    /// Direct access to reader and card, for requests that are no commands of the card.
    pub(crate) fn exchange(&mut self) -> &mut dyn Exchange {
        self.exchange
    }

    /// Reads `file` whole and thoroughly: its end is believed when the card answers it twice. A certificate is read to
    /// its DER length; an empty vector is returned where there is none.
    ///
    /// # Errors
    /// [`CardError::NoSuchFile`] if this card has no such file; [`CardError::Removed`] if it was pulled out.
    ///
    /// Source: Belpic 1.8 reference manual, 6.6 (SELECT FILE) and 6.7 (READ BINARY).
    pub fn read_file(&mut self, file: &'static ElementaryFile) -> Result<Vec<u8>, CardError> {
        let mut reading = FileReading::new(file, Pace::Thorough);
        reading.go_on(self, &|| false)?;
        reading.into_content().ok_or(CardError::NoSuchFile { file: file.name })
    }

    /// Reads a certificate; `None` if its file is empty.
    ///
    /// # Errors
    /// As [`read_file`](Self::read_file); [`CardError::Malformed`] if the content is no certificate.
    pub fn read_certificate(&mut self, file: &'static ElementaryFile) -> Result<Option<Certificate>, CardError> {
        to_certificate(file, &self.read_file(file)?)
    }

    /// Asks for the number of PIN tries left, without costing one; `None` if the applet cannot be asked (before 1.7) or
    /// gives another answer.
    ///
    /// # Errors
    /// [`CardError`] if the card cannot be reached.
    ///
    /// Source: Belpic 1.8 reference manual, GET CARD DATA with P2 = 01: byte 28; 1.7 reference manual, 6.5: VERIFY without
    /// data tells the tries left and takes none.
    pub fn pin_tries_left(&mut self, applet: Applet) -> Result<Option<u8>, CardError> {
        match applet {
            Applet::V1_8 => {
                let response = self.send(&CommandApdu::card_data_with_tries())?;
                let tries = response.data.get(28).copied().filter(|_| response.sw == StatusWord::OK);
                // A card says 3 at most; any other byte is not a count.
                Ok(tries.filter(|tries| *tries <= 3))
            }
            Applet::V1_7 => {
                // Without this, VERIFY could reach an applet that another program has left selected.
                select_belpic(self)?;
                let sw = self.send(&CommandApdu::verify_status())?.sw;
                Ok(if sw == StatusWord::BLOCKED {
                    Some(0)
                } else {
                    sw.tries_left()
                })
            }
            // On 1.1 an empty VERIFY counts as a wrong PIN; its effect on newer applets is not documented.
            Applet::V1_1 | Applet::Other(_) => Ok(None),
        }
    }

    /// Asks for chip number and applet version (GET CARD DATA), selecting the applet first if another program has left
    /// another one selected.
    pub(crate) fn card_data(&mut self) -> Result<(ChipNumber, Applet), CardError> {
        let command = CommandApdu::card_data();
        let mut response = self.send(&command)?;
        if response.sw != StatusWord::OK {
            self.expect_ok(&CommandApdu::select_applet())?;
            response = self.expect_ok(&command)?;
        }
        // Byte 21 is the applet's version; the bytes behind it differ between generations.
        match (response.data.get(..16).map(ChipNumber::parse), response.data.get(21)) {
            (Some(Ok(chip)), Some(applet)) => Ok((chip, Applet::from_byte(*applet))),
            _ => Err(CardError::UnexpectedLength {
                command: command.name(),
                len: response.data.len(),
            }),
        }
    }

    /// Checks that the chip with number `chip` still answers.
    ///
    /// # Errors
    /// [`CardError::Removed`] if another chip answers, or a card that is no Belgian eID.
    pub(crate) fn confirm(&mut self, chip: ChipNumber) -> Result<(), CardError> {
        match self.card_data() {
            Ok((found, _)) if found == chip => Ok(()),
            Ok(_) | Err(CardError::Refused { .. } | CardError::UnexpectedLength { .. }) => Err(CardError::Removed),
            Err(error) => Err(error),
        }
    }

    /// Selects a file by its path.
    ///
    /// # Errors
    /// [`CardError::NoSuchFile`] if the card answers SW 6A82 twice, the second time with the right applet selected.
    pub(crate) fn select_file(&mut self, file: &ElementaryFile) -> Result<(), CardError> {
        let select = CommandApdu::select_file(file);
        if self.send(&select)?.sw == StatusWord::OK {
            return Ok(());
        }
        // Another program may have left another applet selected.
        self.expect_ok(&CommandApdu::select_applet())?;
        match self.expect_ok(&select) {
            Err(CardError::Refused {
                sw: StatusWord::NOT_FOUND,
                ..
            }) => Err(CardError::NoSuchFile { file: file.name }),
            selected => selected.map(drop),
        }
    }

    /// Sends a command that must succeed.
    pub(crate) fn expect_ok(&mut self, command: &CommandApdu) -> Result<ResponseApdu, CardError> {
        match self.send(command)? {
            response @ ResponseApdu { sw: StatusWord::OK, .. } => Ok(response),
            ResponseApdu { sw, .. } => Err(CardError::Refused {
                command: command.name(),
                sw,
            }),
        }
    }

    /// Sends a command and fetches its whole answer. Some readers send GET RESPONSE by themselves, others leave it to
    /// the caller.
    pub(crate) fn send(&mut self, command: &CommandApdu) -> Result<ResponseApdu, CardError> {
        let mut response = self.transmit(command)?;
        // Bounded, because a hostile card can announce more for ever.
        for _ in 0..MAX_RESPONSES {
            let Some(more) = response.sw.more() else { break };
            let mut next = self.transmit(&CommandApdu::get_response(more))?;
            if let Some(exact) = next.sw.exact_len() {
                std::thread::sleep(self.quirks.pause_after_6c);
                next = self.transmit(&CommandApdu::get_response(exact))?;
            }
            response.data.append(&mut next.data);
            response.sw = next.sw;
        }
        Ok(response)
    }

    fn transmit(&mut self, command: &CommandApdu) -> Result<ResponseApdu, CardError> {
        let answer = self.exchange.transmit(command.bytes())?;
        // Some readers answer nothing at all, successfully, when the card has just been pulled out.
        ResponseApdu::parse(answer).ok_or_else(|| CardError::Comm(format!("no status word after {}", command.name())))
    }
}

/// Parses the certificate in a file's content; `None` if the content is empty.
pub(crate) fn to_certificate(file: &ElementaryFile, der: &[u8]) -> Result<Option<Certificate>, CardError> {
    if der.is_empty() {
        return Ok(None);
    }
    let parsed = Certificate::parse(der);
    parsed
        .map(Some)
        .map_err(|_| FieldError::new(file.name, "one DER certificate with an RSA or P-384 key").into())
}
