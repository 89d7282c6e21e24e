//! Parser of command APDUs, and the status words that answer them (ISO 7816-4, 5).

/// Result of a command: data, or a status word other than 9000.
pub(crate) type CommandResult = Result<Vec<u8>, Sw>;

/// A status word, SW1 SW2.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Sw(pub(crate) u16);

impl Sw {
    pub(crate) const NO_DIAGNOSTIC: Self = Self(0x6400);
    pub(crate) const WRONG_LENGTH: Self = Self(0x6700);
    pub(crate) const WRONG_DATA: Self = Self(0x6A80);
    pub(crate) const OK: Self = Self(0x9000);
    pub(crate) const NO_CHANNELS: Self = Self(0x6881);
    pub(crate) const NOT_A_TLV_FILE: Self = Self(0x6981);
    pub(crate) const NOT_GRANTED: Self = Self(0x6982);
    pub(crate) const BLOCKED: Self = Self(0x6983);
    pub(crate) const CONDITIONS: Self = Self(0x6985);
    pub(crate) const NO_CURRENT_FILE: Self = Self(0x6986);
    pub(crate) const NO_CHANNEL_SELECT: Self = Self(0x6999);
    pub(crate) const NOT_FOUND: Self = Self(0x6A82);
    pub(crate) const NO_RECORD: Self = Self(0x6A83);
    pub(crate) const WRONG_P1_P2: Self = Self(0x6A86);
    pub(crate) const LC_AND_P1_P2: Self = Self(0x6A87);
    pub(crate) const NO_REFERENCE: Self = Self(0x6A88);
    pub(crate) const WRONG_PARAMETERS: Self = Self(0x6B00);
    pub(crate) const UNKNOWN_INS: Self = Self(0x6D00);
    /// Status word that only applet 1.1 has.
    pub(crate) const UNSUPPORTED_ALGORITHM: Self = Self(0x9484);
    pub(crate) const UNKNOWN_CLA: Self = Self(0x6E00);

    pub(crate) fn tries_left(tries: u8) -> Self {
        if tries == 0 {
            Self::BLOCKED
        } else {
            Self(0x63C0 | u16::from(tries))
        }
    }
    /// 6Cxx, "ask again with this Le".
    pub(crate) fn exact(len: usize) -> Self {
        Self(0x6C00 | low_byte(len))
    }
    /// 61xx, "this much more by GET RESPONSE"; 00 stands for 256 or more.
    pub(crate) fn more(len: usize) -> Self {
        Self(0x6100 | if len < 256 { low_byte(len) } else { 0 })
    }
}

fn low_byte(len: usize) -> u16 {
    u16::try_from(len & 0xFF).unwrap_or_default()
}

/// A command APDU, short form.
pub(crate) struct ReceivedCommand<'a> {
    pub(crate) cla: u8,
    pub(crate) ins: u8,
    pub(crate) p1: u8,
    pub(crate) p2: u8,
    pub(crate) data: &'a [u8],
    /// Le, where 00 is 256. `None` if there is none (with T=0 that is P3 = 00 too, see [`expected`](Self::expected)).
    pub(crate) le: Option<usize>,
}

impl<'a> ReceivedCommand<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (&[cla, ins, p1, p2], body) = bytes.split_first_chunk()?;
        let (data, le) = match body.split_first() {
            None => (body, None),
            Some((&le, [])) => (&[][..], Some(le)),
            Some((&lc, rest)) => match rest.split_at_checked(usize::from(lc))? {
                // Lc = 00 with more behind it begins an extended length (ISO 7816-4), which falls through to the last
                // row.
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

    pub(crate) fn p1_p2(&self) -> u16 {
        u16::from_be_bytes([self.p1, self.p2])
    }

    /// Number of bytes that a reading command asks for. In T=0 no Le and Le = 00 are the same on the wire.
    pub(crate) fn expected(&self) -> usize {
        self.le.unwrap_or(256)
    }

    /// Returns true if P3 is absent or 00: no data, and none asked for.
    pub(crate) fn is_bare(&self) -> bool {
        self.data.is_empty() && self.expected() == 256
    }
}
