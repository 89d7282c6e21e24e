//! The card's own program: command APDU in, response APDU out, and the state between two commands.
//!
//! Sources: the reference manuals of applet 1.7 and 1.8, and logs of real cards where these say more; for 1.1 the
//! documents of other projects. It answers in T=0 style (61xx and GET RESPONSE), and directly where a command brings
//! both data and Le.

use crate::TEST_PIN;
use crate::applets::AppletManual;
use crate::card::CardImage;
use crate::command::{CommandResult, ReceivedCommand, Sw};
use crate::files::MF;
use crate::reading::get_challenge;
use std::sync::Arc;

pub(crate) const MAX_TRIES: u8 = 3;
/// Number of challenges answered between two right PINs (manual 1.8, 6.11).
pub(crate) const MAX_CHALLENGES: u16 = 5000;
/// A PIN block: `2L`, digits in BCD, filled up with F (ISO 9564-1, format 2).
pub(crate) type PinBlock = [u8; 8];

/// A powered card.
pub(crate) struct Engine {
    pub(crate) image: Arc<CardImage>,
    pub(crate) pin: PinBlock,
    pub(crate) tries: u8,
    pub(crate) challenges_left: u16,
    pub(crate) session: PoweredState,
}

/// State that a reset clears.
pub(crate) struct PoweredState {
    /// True unless the card manager is selected, which understands nothing but SELECT.
    pub(crate) in_applet: bool,
    pub(crate) directory: u16,
    /// Index of the current EF.
    pub(crate) file: Option<usize>,
    /// PIN right of the authentication key.
    pub(crate) once: bool,
    /// Number of commands that may still come before the signature that the PIN just given is for.
    pub(crate) pending: Option<u8>,
    /// Chosen algorithm and key reference.
    pub(crate) environment: Option<(u8, u8)>,
    /// Data that GET RESPONSE will return.
    pub(crate) response: Vec<u8>,
}

impl PoweredState {
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
            session: PoweredState::new(),
        }
    }

    pub(crate) fn image(&self) -> &CardImage {
        &self.image
    }

    pub(crate) fn tries_left(&self) -> u8 {
        self.tries
    }

    /// Resets or power-cycles the card: clears file, PIN rights and security environment; PIN and its counter stay.
    pub(crate) fn reset(&mut self) {
        self.session = PoweredState::new();
    }

    /// Answers one command APDU with data and status word.
    pub(crate) fn apdu(&mut self, bytes: &[u8]) -> Vec<u8> {
        let answer = match ReceivedCommand::parse(bytes) {
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

    fn execute(&mut self, c: &ReceivedCommand<'_>) -> CommandResult {
        // Any command but GET RESPONSE drops what was left to fetch.
        let kept = std::mem::take(&mut self.session.response);
        // The low bits of CLA name a logical channel (ISO 7816-4), of which the card has the basic one only.
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
        let is_18 = self.image.manual() == AppletManual::V18;
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

    /// Counts a command that is neither VERIFY nor a signature, which narrows the PIN window. When the window closes,
    /// the PIN counts as given for authentication.
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

    /// Counts a command as [`tick`](Self::tick) does, and returns its `answer`.
    pub(crate) fn other(&mut self, answer: CommandResult) -> CommandResult {
        self.tick();
        answer
    }

    /// Returns `data` of a case 4 command as far as Le goes, and keeps the rest for GET RESPONSE.
    pub(crate) fn offer(&mut self, mut data: Vec<u8>, le: usize) -> CommandResult {
        self.session.response = data.split_off(le.min(data.len()));
        Ok(data)
    }

    /// Returns `data` of a reading command, or the right Le if the command asked for more.
    pub(crate) fn offer_exactly(&mut self, data: Vec<u8>, le: usize) -> CommandResult {
        if le > data.len() {
            Err(Sw::exact(data.len()))
        } else {
            self.offer(data, le)
        }
    }
}

/// The PIN block of [`TEST_PIN`].
fn first_pin() -> PinBlock {
    let text = format!(
        "2{:X}{TEST_PIN}{}",
        TEST_PIN.len(),
        "F".repeat(14_usize.saturating_sub(TEST_PIN.len()))
    );
    crate::pkcs15::hex(&text).first_chunk().copied().unwrap_or([0xFF; 8])
}
