//! The card's own program: command APDU in, response APDU out, and what it remembers between the two.
//!
//! Follows the reference manuals of applet 1.7 and 1.8, and logs of real cards where these say more; for 1.1 what others
//! say of it. It answers in
//! T=0 style (61xx and GET RESPONSE), and directly where a command brings both data and Le.

use crate::TEST_PIN;
use crate::applets::Manual;
use crate::card::CardImage;
use crate::command::{Answer, Command, Sw};
use crate::files::MF;
use crate::reading::get_challenge;
use std::sync::Arc;

pub(crate) const MAX_TRIES: u8 = 3;
/// Challenges answered between two right PINs (manual 1.8, 6.11).
pub(crate) const MAX_CHALLENGES: u16 = 5000;
/// `2L`, digits in BCD, filled up with F (ISO 9564-1, format 2).
pub(crate) type PinBlock = [u8; 8];

/// A card that is switched on.
pub(crate) struct Engine {
    pub(crate) image: Arc<CardImage>,
    pub(crate) pin: PinBlock,
    pub(crate) tries: u8,
    pub(crate) challenges_left: u16,
    pub(crate) session: Session,
}

/// What a reset forgets.
pub(crate) struct Session {
    /// Cleared by selecting the card manager: then nothing but SELECT is understood.
    pub(crate) in_applet: bool,
    pub(crate) directory: u16,
    /// Index of the current EF.
    pub(crate) file: Option<usize>,
    /// PIN right of the authentication key.
    pub(crate) once: bool,
    /// PIN just given: how many more commands may come before the signature it is for.
    pub(crate) pending: Option<u8>,
    /// Chosen algorithm and key reference.
    pub(crate) environment: Option<(u8, u8)>,
    /// What GET RESPONSE will return.
    pub(crate) response: Vec<u8>,
}

impl Session {
    pub(crate) fn new() -> Self {
        Self {
            in_applet: true,
            directory: MF,
            file: None,
            once: false,
            pending: None,
            environment: None,
            response: Vec::new(),
        }
    }
}

impl Engine {
    pub(crate) fn new(image: Arc<CardImage>) -> Self {
        let pin = first_pin();
        Self {
            image,
            pin,
            tries: MAX_TRIES,
            challenges_left: MAX_CHALLENGES,
            session: Session::new(),
        }
    }

    pub(crate) fn image(&self) -> &CardImage {
        &self.image
    }

    pub(crate) fn tries_left(&self) -> u8 {
        self.tries
    }

    /// Reset or power cycle: file, PIN rights and security environment are forgotten; PIN and its counter stay.
    pub(crate) fn reset(&mut self) {
        self.session = Session::new();
    }

    /// Answers one command APDU with data and status word.
    pub(crate) fn apdu(&mut self, bytes: &[u8]) -> Vec<u8> {
        let answer = match Command::parse(bytes) {
            Some(command) => self.execute(&command),
            None => self.other(Err(Sw::WRONG_LENGTH)),
        };
        let (mut data, sw) = match answer {
            Ok(data) if self.session.response.is_empty() => (data, Sw::OK),
            Ok(data) => (data, Sw::more(self.session.response.len())),
            Err(sw) => (Vec::new(), sw),
        };
        data.extend(sw.0.to_be_bytes());
        data
    }

    fn execute(&mut self, c: &Command<'_>) -> Answer {
        let kept = std::mem::take(&mut self.session.response);
        if c.cla & 0x03 != 0 && c.cla & 0x7C == 0 {
            return self.other(Err(if c.ins == 0xA4 {
                Sw::NO_CHANNEL_SELECT
            } else {
                Sw::NO_CHANNELS
            }));
        }
        if !matches!(c.cla, 0x00 | 0x80) {
            return self.other(Err(Sw::UNKNOWN_CLA));
        }
        if !self.session.in_applet && (c.cla, c.ins, c.p1) != (0x00, 0xA4, 0x04) {
            return Err(Sw::UNKNOWN_INS);
        }
        // The three commands that look at the PIN window themselves.
        match (c.cla, c.ins) {
            (0x00, 0x20) => return self.verify(c),
            (0x00, 0x24) => return self.change_reference_data(c),
            (0x00, 0x2A) => return self.compute_signature(c),
            _ => self.tick(),
        }
        let is_18 = self.image.manual() == Manual::V18;
        match (c.cla, c.ins) {
            (0x00, 0xA4) => self.select(c),
            (0x00, 0xB0) => self.read_binary(c),
            (0x00, 0xC0) => self.get_response(c, kept),
            (0x00, 0x22) => self.manage_security_environment(c),
            (0x00, 0x84) => get_challenge(c),
            (0x00, 0x88) if is_18 => self.internal_authenticate(c),
            // Without a PUK; on 1.8 the holder has no such command at all.
            (0x00, 0x2C) if !is_18 => Err(Sw::NO_REFERENCE),
            (0x80, 0xB2) if is_18 => self.read_record(c),
            (0x80, 0xE4) => self.card_data(c, is_18),
            (0x80, 0xE6) => self.log_off(c),
            _ => Err(Sw::UNKNOWN_INS),
        }
    }

    /// A command passes that is neither VERIFY nor a signature: the PIN window narrows. When it closes, the PIN has
    /// become one given for authentication.
    fn tick(&mut self) {
        self.session.pending = match self.session.pending {
            Some(0) => {
                self.session.once = true;
                None
            }
            Some(left) => Some(left.saturating_sub(1)),
            None => None,
        };
    }

    /// `answer`, of a command that counts as any other.
    pub(crate) fn other(&mut self, answer: Answer) -> Answer {
        self.tick();
        answer
    }

    /// `data` for a case 4 command: at once as far as Le goes, the rest by GET RESPONSE.
    pub(crate) fn offer(&mut self, mut data: Vec<u8>, le: usize) -> Answer {
        self.session.response = data.split_off(le.min(data.len()));
        Ok(data)
    }

    /// `data` for a reading command that knows its length: too large an Le is told the right one.
    pub(crate) fn offer_exactly(&mut self, data: Vec<u8>, le: usize) -> Answer {
        if le > data.len() {
            Err(Sw::exact(data.len()))
        } else {
            self.offer(data, le)
        }
    }
}

/// The block of [`TEST_PIN`].
fn first_pin() -> PinBlock {
    let text = format!(
        "2{:X}{TEST_PIN}{}",
        TEST_PIN.len(),
        "F".repeat(14_usize.saturating_sub(TEST_PIN.len()))
    );
    crate::pkcs15::hex(&text).first_chunk().copied().unwrap_or([0xFF; 8])
}
