//! The card's own program: command APDU in, response APDU out, and what it remembers between the two.
//!
//! Follows the reference manuals of applet 1.7 and 1.8, and logs of real cards where these say more. It answers in
//! T=0 style (61xx and GET RESPONSE), and directly where a command brings both data and Le.

use super::card::CardImage;
use super::files::{DF_BELPIC, DF_ID, MF};
use super::keys::Key;
use super::sign;
use super::{Applet, TEST_PIN};
use rand_core::{OsRng, RngCore};
use std::sync::Arc;

/// A status word, SW1 SW2.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Sw(pub(super) u16);

impl Sw {
    pub(super) const NO_DIAGNOSTIC: Self = Self(0x6400);
    pub(super) const WRONG_LENGTH: Self = Self(0x6700);
    pub(super) const WRONG_DATA: Self = Self(0x6A80);
    const OK: Self = Self(0x9000);
    const NO_CHANNELS: Self = Self(0x6881);
    const NOT_A_TLV_FILE: Self = Self(0x6981);
    const NOT_GRANTED: Self = Self(0x6982);
    const BLOCKED: Self = Self(0x6983);
    const CONDITIONS: Self = Self(0x6985);
    const NO_CURRENT_FILE: Self = Self(0x6986);
    const NO_CHANNEL_SELECT: Self = Self(0x6999);
    const NOT_FOUND: Self = Self(0x6A82);
    const NO_RECORD: Self = Self(0x6A83);
    const WRONG_P1_P2: Self = Self(0x6A86);
    const LC_AND_P1_P2: Self = Self(0x6A87);
    const NO_REFERENCE: Self = Self(0x6A88);
    const WRONG_PARAMETERS: Self = Self(0x6B00);
    const UNKNOWN_INS: Self = Self(0x6D00);
    const UNKNOWN_CLA: Self = Self(0x6E00);

    fn tries_left(tries: u8) -> Self {
        if tries == 0 {
            Self::BLOCKED
        } else {
            Self(0x63C0 | u16::from(tries))
        }
    }
    /// "Ask again with this Le."
    fn exact(len: usize) -> Self {
        Self(0x6C00 | low_byte(len))
    }
    /// "This much more by GET RESPONSE": 00 for 256 or more.
    fn more(len: usize) -> Self {
        Self(0x6100 | if len < 256 { low_byte(len) } else { 0 })
    }
}

fn low_byte(len: usize) -> u16 {
    u16::try_from(len & 0xFF).unwrap_or_default()
}

type Answer = Result<Vec<u8>, Sw>;

const AID_BELPIC: &[u8] = &[
    0xA0, 0, 0, 0, 0x30, 0x29, 0x05, 0x70, 0, 0xAD, 0x13, 0x10, 0x01, 0x01, 0xFF,
];
const AID_PKCS15: &[u8] = b"\xA0\x00\x00\x01\x77PKCS-15";
const AID_ID_FILES: &[u8] = b"\xA0\x00\x00\x01\x77IdFiles";
const AID_CARD_MANAGER: &[u8] = &[0xA0, 0, 0, 0, 0x03, 0, 0];

const MAX_TRIES: u8 = 3;
/// Challenges answered between two right PINs (manual 1.8, 6.11).
const MAX_CHALLENGES: u16 = 5000;
/// `2L`, digits in BCD, filled up with F (ISO 9564-1, format 2).
type PinBlock = [u8; 8];

const KEY_AUTHENTICATION: u8 = 0x82;
const KEY_SIGNATURE: u8 = 0x83;

/// A card that is switched on.
pub(super) struct Engine {
    image: Arc<CardImage>,
    pin: PinBlock,
    tries: u8,
    challenges_left: u16,
    session: Session,
}

/// What a reset forgets.
struct Session {
    /// Cleared by selecting the card manager: then nothing but SELECT is understood.
    in_applet: bool,
    directory: u16,
    /// Index of the current EF.
    file: Option<usize>,
    /// PIN right of the authentication key.
    once: bool,
    /// PIN just given: how many more commands may come before the signature it is for.
    pending: Option<u8>,
    /// Chosen algorithm and key reference.
    environment: Option<(u8, u8)>,
    /// What GET RESPONSE will return.
    response: Vec<u8>,
}

impl Session {
    fn new() -> Self {
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

/// A command APDU, short form.
struct Command<'a> {
    cla: u8,
    ins: u8,
    p1: u8,
    p2: u8,
    data: &'a [u8],
    /// Le, where 00 is 256. `None` if there is none (with T=0 that is P3 = 00 too, see [`expected`](Self::expected)).
    le: Option<usize>,
}

impl<'a> Command<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (&[cla, ins, p1, p2], body) = bytes.split_first_chunk()?;
        let (data, le) = match body.split_first() {
            None => (body, None),
            Some((&le, [])) => (&[][..], Some(le)),
            Some((&lc, rest)) => match rest.split_at_checked(usize::from(lc))? {
                (data, []) => (data, None),
                (data @ [_, ..], [le]) => (data, Some(*le)),
                _ => return None,
            },
        };
        Some(Self {
            cla,
            ins,
            p1,
            p2,
            data,
            le: le.map(|le| if le == 0 { 256 } else { usize::from(le) }),
        })
    }

    fn p1_p2(&self) -> u16 {
        u16::from_be_bytes([self.p1, self.p2])
    }

    /// How many bytes a reading command asks for. In T=0 no Le and Le = 00 are the same on the wire.
    fn expected(&self) -> usize {
        self.le.unwrap_or(256)
    }

    /// Whether P3 is absent or 00: neither data nor anything asked for.
    fn is_bare(&self) -> bool {
        self.data.is_empty() && self.expected() == 256
    }
}

impl Engine {
    pub(super) fn new(image: Arc<CardImage>) -> Self {
        let pin = first_pin();
        Self {
            image,
            pin,
            tries: MAX_TRIES,
            challenges_left: MAX_CHALLENGES,
            session: Session::new(),
        }
    }

    pub(super) fn image(&self) -> &CardImage {
        &self.image
    }

    pub(super) fn tries_left(&self) -> u8 {
        self.tries
    }

    /// Reset or power cycle: file, PIN rights and security environment are forgotten; PIN and its counter stay.
    pub(super) fn reset(&mut self) {
        self.session = Session::new();
    }

    /// Answers one command APDU with data and status word.
    pub(super) fn apdu(&mut self, bytes: &[u8]) -> Vec<u8> {
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
        let is_18 = self.image.applet() == Applet::V18;
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
    fn other(&mut self, answer: Answer) -> Answer {
        self.tick();
        answer
    }

    /// `data` for a case 4 command: at once as far as Le goes, the rest by GET RESPONSE.
    fn offer(&mut self, mut data: Vec<u8>, le: usize) -> Answer {
        self.session.response = data.split_off(le.min(data.len()));
        Ok(data)
    }

    /// `data` for a reading command that knows its length: too large an Le is told the right one.
    fn offer_exactly(&mut self, data: Vec<u8>, le: usize) -> Answer {
        if le > data.len() {
            Err(Sw::exact(data.len()))
        } else {
            self.offer(data, le)
        }
    }
}

/// Files.
impl Engine {
    fn select(&mut self, c: &Command<'_>) -> Answer {
        match (c.p1, c.p2) {
            (0x04, 0x00 | 0x0C) => self.select_by_aid(c.data),
            (0x02, 0x0C) => match *c.data {
                [high, low] => self.select_path(self.session.directory, &[u16::from_be_bytes([high, low])]),
                _ => Err(Sw::LC_AND_P1_P2),
            },
            (0x08, 0x0C) if !c.data.is_empty() && c.data.len().is_multiple_of(2) => {
                let pairs = c.data.chunks_exact(2);
                let path: Vec<u16> = pairs
                    .map(|p| p.iter().fold(0, |id, byte| id << 8 | u16::from(*byte)))
                    .collect();
                self.select_path(MF, &path)
            }
            (0x08, 0x0C) => Err(Sw::LC_AND_P1_P2),
            _ => Err(Sw::WRONG_P1_P2),
        }
    }

    /// Follows `path` from `directory`. The selection stays as it was unless the whole path exists.
    fn select_path(&mut self, mut directory: u16, path: &[u16]) -> Answer {
        let mut file = None;
        for &id in path {
            if file.is_some() {
                return Err(Sw::NOT_FOUND);
            }
            match id {
                MF => directory = MF,
                DF_BELPIC | DF_ID if directory == MF => directory = id,
                _ => file = Some(self.image.find(directory, id).ok_or(Sw::NOT_FOUND)?),
            }
        }
        (self.session.directory, self.session.file) = (directory, file);
        Ok(Vec::new())
    }

    /// Any 5 or more first bytes of an AID will do. The card manager can be selected by mistake, and then this is no
    /// eID until the applet is selected again: other programs do that to real cards.
    fn select_by_aid(&mut self, aid: &[u8]) -> Answer {
        let is = |known: &[u8]| known.starts_with(aid);
        match aid.len() {
            0 => {
                self.session = Session {
                    in_applet: false,
                    ..Session::new()
                }
            }
            5..=16 if is(AID_BELPIC) => self.session = Session::new(),
            5..=16 if is(AID_PKCS15) && self.session.in_applet => return self.select_path(MF, &[DF_BELPIC]),
            5..=16 if is(AID_ID_FILES) && self.session.in_applet => return self.select_path(MF, &[DF_ID]),
            5..=16 if aid.starts_with(AID_CARD_MANAGER) => {
                self.session = Session {
                    in_applet: false,
                    ..Session::new()
                };
            }
            5..=16 => return Err(Sw::NOT_FOUND),
            _ => return Err(Sw::LC_AND_P1_P2),
        }
        Ok(Vec::new())
    }

    fn current_file(&self) -> Result<&super::files::File, Sw> {
        self.session
            .file
            .and_then(|index| self.image.file(index))
            .ok_or(Sw::NO_CURRENT_FILE)
    }

    /// Never gives less than asked for: past the end there is a 6Cxx with the right Le, at the end 6B00.
    fn read_binary(&mut self, c: &Command<'_>) -> Answer {
        let content = &self.current_file()?.content;
        let rest = match content.get(usize::from(c.p1_p2())..) {
            Some(rest) if !rest.is_empty() && c.p1 & 0x80 == 0 => rest,
            _ => return Err(Sw::WRONG_PARAMETERS),
        };
        rest.get(..c.expected())
            .map(<[u8]>::to_vec)
            .ok_or_else(|| Sw::exact(rest.len()))
    }

    /// Fields P1 to P2 of an identity or address file, tags and lengths included.
    fn read_record(&mut self, c: &Command<'_>) -> Answer {
        let file = self.current_file()?;
        if !file.is_tlv {
            return Err(Sw::NOT_A_TLV_FILE);
        }
        let fields = fields(&file.content);
        let has = |tag| fields.iter().any(|(t, _)| *t == tag);
        if c.p2 < c.p1 || !has(c.p1) || !has(c.p2) {
            return Err(Sw::NO_RECORD);
        }
        let wanted = fields.iter().filter(|(tag, _)| (c.p1..=c.p2).contains(tag));
        let data: Vec<u8> = wanted.flat_map(|(_, field)| field.iter().copied()).collect();
        match c.expected() {
            256 => self.offer(data, 256),
            le => self.offer_exactly(data, le),
        }
    }

    fn get_response(&mut self, c: &Command<'_>, kept: Vec<u8>) -> Answer {
        if c.p1_p2() != 0 {
            self.session.response = kept;
            return Err(Sw::WRONG_PARAMETERS);
        }
        if kept.is_empty() {
            return Err(Sw::CONDITIONS);
        }
        if c.expected() > kept.len() {
            let sw = Sw::exact(kept.len());
            self.session.response = kept;
            return Err(sw);
        }
        self.offer(kept, c.expected())
    }

    fn card_data(&mut self, c: &Command<'_>, is_18: bool) -> Answer {
        let mut data = self.image.card_data().to_vec();
        match c.p1_p2() {
            0x0000 => {}
            0x0001 if is_18 => data.extend([self.tries, 0xFF, 0xFF]),
            _ => return Err(Sw::WRONG_PARAMETERS),
        }
        self.offer_exactly(data, c.expected())
    }
}

/// PIN and signatures.
impl Engine {
    fn verify(&mut self, c: &Command<'_>) -> Answer {
        if let Err(sw) = basic_pin(c) {
            return self.other(Err(sw));
        }
        match PinBlock::try_from(c.data) {
            Ok(block) => self.present(block),
            Err(_) if c.is_bare() => {
                let granted = self.session.once || self.session.pending.is_some();
                let tries = self.tries;
                self.other(if granted {
                    Ok(Vec::new())
                } else {
                    Err(Sw::tries_left(tries))
                })
            }
            Err(_) => self.other(Err(Sw::WRONG_LENGTH)),
        }
    }

    fn change_reference_data(&mut self, c: &Command<'_>) -> Answer {
        if let Err(sw) = basic_pin(c) {
            return self.other(Err(sw));
        }
        let (Some(old), Some(new), 16) = (c.data.first_chunk(), c.data.last_chunk(), c.data.len()) else {
            return self.other(Err(Sw::WRONG_LENGTH));
        };
        if !is_well_formed(new) {
            return self.other(Err(Sw::WRONG_DATA));
        }
        self.present(*old)?;
        self.pin = *new;
        Ok(Vec::new())
    }

    /// Compares a PIN block; the only place where the counter moves.
    fn present(&mut self, block: PinBlock) -> Answer {
        (self.session.once, self.session.pending) = match (self.tries, block == self.pin) {
            (1.., true) => (self.session.once, Some(self.image.pin_window())),
            _ => (false, None),
        };
        if self.session.pending.is_some() {
            self.tries = MAX_TRIES;
            self.challenges_left = MAX_CHALLENGES;
            return Ok(Vec::new());
        }
        self.tries = self.tries.saturating_sub(1);
        Err(Sw::tries_left(self.tries))
    }

    fn manage_security_environment(&mut self, c: &Command<'_>) -> Answer {
        if c.p1_p2() != 0x41B6 {
            return Err(Sw::WRONG_PARAMETERS);
        }
        let &[length, algorithm_tag, algorithm, key_tag, reference] = c.data else {
            return Err(Sw::WRONG_LENGTH);
        };
        if (length, algorithm_tag, key_tag) != (0x04, 0x80, 0x84) {
            return Err(Sw::WRONG_DATA);
        }
        let key = self.signing_key(reference).ok_or(Sw::NO_REFERENCE)?;
        if !sign::is_supported(key, algorithm) {
            return Err(Sw::WRONG_DATA);
        }
        self.session.environment = Some((algorithm, reference));
        Ok(Vec::new())
    }

    fn signing_key(&self, reference: u8) -> Option<&Key> {
        let [authentication, signature] = self.image.holder_keys()?;
        match reference {
            KEY_AUTHENTICATION => Some(authentication),
            KEY_SIGNATURE => Some(signature),
            _ => None,
        }
    }

    /// PSO: CDS. The signature key takes a PIN given just before, and uses it up even if the signature then fails; the
    /// authentication key takes one given at any time.
    fn compute_signature(&mut self, c: &Command<'_>) -> Answer {
        if c.p1_p2() != 0x9E9A {
            return self.other(Err(Sw::WRONG_PARAMETERS));
        }
        let Some((algorithm, reference)) = self.session.environment else {
            return self.other(Err(Sw::CONDITIONS));
        };
        let just_given = self.session.pending.take().is_some();
        if reference != KEY_SIGNATURE && just_given {
            self.session.once = true;
        }
        let granted = if reference == KEY_SIGNATURE {
            just_given
        } else {
            self.session.once
        };
        if !granted {
            return Err(Sw::NOT_GRANTED);
        }
        let key = self.signing_key(reference).ok_or(Sw::NO_REFERENCE)?;
        let signature = sign::sign(key, algorithm, c.data)?;
        self.offer(signature, c.le.unwrap_or(0))
    }

    /// Signs a challenge with the key of EF 4040, as a hash and without any PIN (manual 1.8, 6.11).
    fn internal_authenticate(&mut self, c: &Command<'_>) -> Answer {
        const ECDSA_SHA_384: u8 = 0x02;
        const KEY_BASIC: u8 = 0x81;
        if c.p2 != KEY_BASIC {
            return Err(Sw::NO_REFERENCE);
        }
        if c.p1 != ECDSA_SHA_384 {
            return Err(Sw::WRONG_DATA);
        }
        let challenge = match c.data.split_first_chunk() {
            Some((&[0x94, 48], challenge)) if challenge.len() == 48 => challenge,
            Some((_, rest)) if rest.len() == 48 => return Err(Sw::WRONG_DATA),
            _ => return Err(Sw::WRONG_LENGTH),
        };
        let Some(Key::P384(key)) = self.image.basic_key() else {
            return Err(Sw::NO_REFERENCE);
        };
        self.challenges_left = self.challenges_left.checked_sub(1).ok_or(Sw::CONDITIONS)?;
        let signature = sign::ecdsa(key, challenge)?;
        self.session.environment = None;
        self.offer(signature, c.le.unwrap_or(0))
    }

    fn log_off(&mut self, c: &Command<'_>) -> Answer {
        if c.p1_p2() != 0 {
            return Err(Sw::WRONG_PARAMETERS);
        }
        if !c.is_bare() {
            return Err(Sw::WRONG_LENGTH);
        }
        (self.session.once, self.session.pending, self.session.environment) = (false, None, None);
        Ok(Vec::new())
    }
}

fn get_challenge(c: &Command<'_>) -> Answer {
    if c.p1_p2() != 0 {
        return Err(Sw::WRONG_PARAMETERS);
    }
    let mut challenge = vec![0; c.expected()];
    OsRng.fill_bytes(&mut challenge);
    Ok(challenge)
}

/// P1 and P2 of VERIFY and CHANGE REFERENCE DATA: PIN 01 is the only one here.
fn basic_pin(c: &Command<'_>) -> Result<(), Sw> {
    match (c.p1, c.p2) {
        (0x00, 0x01) => Ok(()),
        (0x00, _) => Err(Sw::NO_REFERENCE),
        _ => Err(Sw::WRONG_P1_P2),
    }
}

/// The block of [`TEST_PIN`].
fn first_pin() -> PinBlock {
    let text = format!(
        "2{:X}{TEST_PIN}{}",
        TEST_PIN.len(),
        "F".repeat(14_usize.saturating_sub(TEST_PIN.len()))
    );
    super::pkcs15::hex(&text).first_chunk().copied().unwrap_or([0xFF; 8])
}

/// Format 2, 4 to 12 digits.
fn is_well_formed(block: &PinBlock) -> bool {
    let nibbles = block.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
    let len = usize::from(block.first().copied().unwrap_or_default() & 0x0F);
    let mut digits = nibbles.clone().skip(2).take(len);
    let mut fill = nibbles.skip(2).skip(len);
    block.first().is_some_and(|first| first >> 4 == 2)
        && (4..=12).contains(&len)
        && digits.all(|nibble| nibble < 10)
        && fill.all(|nibble| nibble == 0xF)
}

/// Tag and whole field of each TLV, up to the padding.
fn fields(mut content: &[u8]) -> Vec<(u8, &[u8])> {
    let mut fields = Vec::new();
    while let [tag, len, ..] = *content {
        if tag == 0 {
            break;
        }
        let Some((field, rest)) = content.split_at_checked(usize::from(len).saturating_add(2)) else {
            break;
        };
        fields.push((tag, field));
        content = rest;
    }
    fields
}
