//! Command APDUs taken apart, and the status words that answer them (ISO 7816-4, 5).

/// What a command gets: data, or a status word other than 9000.
pub(super) type Answer = Result<Vec<u8>, Sw>;

/// A status word, SW1 SW2.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Sw(pub(super) u16);

impl Sw {
    pub(super) const NO_DIAGNOSTIC: Self = Self(0x6400);
    pub(super) const WRONG_LENGTH: Self = Self(0x6700);
    pub(super) const WRONG_DATA: Self = Self(0x6A80);
    pub(super) const OK: Self = Self(0x9000);
    pub(super) const NO_CHANNELS: Self = Self(0x6881);
    pub(super) const NOT_A_TLV_FILE: Self = Self(0x6981);
    pub(super) const NOT_GRANTED: Self = Self(0x6982);
    pub(super) const BLOCKED: Self = Self(0x6983);
    pub(super) const CONDITIONS: Self = Self(0x6985);
    pub(super) const NO_CURRENT_FILE: Self = Self(0x6986);
    pub(super) const NO_CHANNEL_SELECT: Self = Self(0x6999);
    pub(super) const NOT_FOUND: Self = Self(0x6A82);
    pub(super) const NO_RECORD: Self = Self(0x6A83);
    pub(super) const WRONG_P1_P2: Self = Self(0x6A86);
    pub(super) const LC_AND_P1_P2: Self = Self(0x6A87);
    pub(super) const NO_REFERENCE: Self = Self(0x6A88);
    pub(super) const WRONG_PARAMETERS: Self = Self(0x6B00);
    pub(super) const UNKNOWN_INS: Self = Self(0x6D00);
    /// Only on 1.1, where it is a status word of its own.
    pub(super) const UNSUPPORTED_ALGORITHM: Self = Self(0x9484);
    pub(super) const UNKNOWN_CLA: Self = Self(0x6E00);

    pub(super) fn tries_left(tries: u8) -> Self {
        if tries == 0 {
            Self::BLOCKED
        } else {
            Self(0x63C0 | u16::from(tries))
        }
    }
    /// "Ask again with this Le."
    pub(super) fn exact(len: usize) -> Self {
        Self(0x6C00 | low_byte(len))
    }
    /// "This much more by GET RESPONSE": 00 for 256 or more.
    pub(super) fn more(len: usize) -> Self {
        Self(0x6100 | if len < 256 { low_byte(len) } else { 0 })
    }
}

fn low_byte(len: usize) -> u16 {
    u16::try_from(len & 0xFF).unwrap_or_default()
}

/// A command APDU, short form.
pub(super) struct Command<'a> {
    pub(super) cla: u8,
    pub(super) ins: u8,
    pub(super) p1: u8,
    pub(super) p2: u8,
    pub(super) data: &'a [u8],
    /// Le, where 00 is 256. `None` if there is none (with T=0 that is P3 = 00 too, see [`expected`](Self::expected)).
    pub(super) le: Option<usize>,
}

impl<'a> Command<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
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

    pub(super) fn p1_p2(&self) -> u16 {
        u16::from_be_bytes([self.p1, self.p2])
    }

    /// How many bytes a reading command asks for. In T=0 no Le and Le = 00 are the same on the wire.
    pub(super) fn expected(&self) -> usize {
        self.le.unwrap_or(256)
    }

    /// Whether P3 is absent or 00: neither data nor anything asked for.
    pub(super) fn is_bare(&self) -> bool {
        self.data.is_empty() && self.expected() == 256
    }
}
