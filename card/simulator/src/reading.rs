//! Commands that read: SELECT, READ BINARY, READ RECORD, GET RESPONSE, GET CARD DATA, GET CHALLENGE.

use crate::command::{CommandResult, ReceivedCommand, Sw};
use crate::encode::fields;
use crate::engine::{Engine, PoweredState};
use crate::files::{CardFile, DF_BELPIC, DF_ID, MF};
use rand_core::{OsRng, RngCore};

const AID_BELPIC: &[u8] = &[
    0xA0, 0, 0, 0, 0x30, 0x29, 0x05, 0x70, 0, 0xAD, 0x13, 0x10, 0x01, 0x01, 0xFF,
];
const AID_PKCS15: &[u8] = b"\xA0\x00\x00\x01\x77PKCS-15";
const AID_ID_FILES: &[u8] = b"\xA0\x00\x00\x01\x77IdFiles";
const AID_CARD_MANAGER: &[u8] = &[0xA0, 0, 0, 0, 0x03, 0, 0];

impl Engine {
    pub(crate) fn select(&mut self, c: &ReceivedCommand<'_>) -> CommandResult {
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
    pub(crate) fn select_path(&mut self, mut directory: u16, path: &[u16]) -> CommandResult {
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

    /// Selects by the first 5 or more bytes of an AID. Selecting the card manager takes the applet away until it is
    /// selected again: other programs do that to real cards.
    pub(crate) fn select_by_aid(&mut self, aid: &[u8]) -> CommandResult {
        let is = |known: &[u8]| known.starts_with(aid);
        match aid.len() {
            // SELECT without an AID means the issuer's security domain, which is the card manager (GlobalPlatform Card
            // Specification).
            0 => {
                self.session = PoweredState {
                    in_applet: false,
                    ..PoweredState::new()
                }
            }
            // An AID has 5 to 16 bytes (ISO 7816-4).
            5..=16 if is(AID_BELPIC) => self.session = PoweredState::new(),
            5..=16 if is(AID_PKCS15) && self.session.in_applet => return self.select_path(MF, &[DF_BELPIC]),
            5..=16 if is(AID_ID_FILES) && self.session.in_applet => return self.select_path(MF, &[DF_ID]),
            5..=16 if aid.starts_with(AID_CARD_MANAGER) => {
                self.session = PoweredState {
                    in_applet: false,
                    ..PoweredState::new()
                };
            }
            5..=16 => return Err(Sw::NOT_FOUND),
            _ => return Err(Sw::LC_AND_P1_P2),
        }
        Ok(Vec::new())
    }

    pub(crate) fn current_file(&self) -> Result<&CardFile, Sw> {
        self.session
            .file
            .and_then(|index| self.image.file(index))
            .ok_or(Sw::NO_CURRENT_FILE)
    }

    /// READ BINARY. It never returns less than asked for, but 6Cxx with the right Le past the end, and 6B00 at the end.
    pub(crate) fn read_binary(&mut self, c: &ReceivedCommand<'_>) -> CommandResult {
        let content = &self.current_file()?.content;
        let rest = match content.get(usize::from(c.p1_p2())..) {
            // The high bit of P1 says that the rest is a short file identifier and no offset (ISO 7816-4).
            Some(rest) if !rest.is_empty() && c.p1 & 0x80 == 0 => rest,
            _ => return Err(Sw::WRONG_PARAMETERS),
        };
        rest.get(..c.expected())
            .map(<[u8]>::to_vec)
            .ok_or_else(|| Sw::exact(rest.len()))
    }

    /// READ RECORD: fields P1 to P2 of an identity or address file, tags and lengths included.
    pub(crate) fn read_record(&mut self, c: &ReceivedCommand<'_>) -> CommandResult {
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
            // Le = 00 asks for as much as there is, so it cannot be too much.
            256 => self.offer(data, 256),
            le => self.offer_exactly(data, le),
        }
    }

    pub(crate) fn get_response(&mut self, c: &ReceivedCommand<'_>, kept: Vec<u8>) -> CommandResult {
        if c.p1_p2() != 0 {
            // A GET RESPONSE that is refused leaves the data to the next one.
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

    pub(crate) fn card_data(&mut self, c: &ReceivedCommand<'_>, is_18: bool) -> CommandResult {
        let mut data = self.image.card_data().to_vec();
        match c.p1_p2() {
            0x0000 => {}
            0x0001 if is_18 => data.extend([self.tries, 0xFF, 0xFF]),
            _ => return Err(Sw::WRONG_PARAMETERS),
        }
        self.offer_exactly(data, c.expected())
    }
}

pub(crate) fn get_challenge(c: &ReceivedCommand<'_>) -> CommandResult {
    if c.p1_p2() != 0 {
        return Err(Sw::WRONG_PARAMETERS);
    }
    let mut challenge = vec![0; c.expected()];
    OsRng.fill_bytes(&mut challenge);
    Ok(challenge)
}
