//! Peculiarities of readers and cards: one table, a row for each kind of reader.
//!
//! A row sets only what differs from an ordinary reader; where several rows match, all of them apply. Readers are known
//! by a part of their PC/SC name, cards by the applet they report.

use crate::card::Applet;
use std::time::Duration;

/// Peculiarities of one reader and the card in it. Built by [`for_reader`](Self::for_reader) and
/// [`for_applet`](Self::for_applet), combined by [`and`](Self::and).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Quirks {
    /// Maximum number of bytes to ask for in one READ BINARY: 1 to 256, normally 256.
    pub chunk: usize,
    /// Pause between a 6Cxx and the repeated command; normally none.
    pub pause_after_6c: Duration,
    /// True if the reader may answer that a file ends (6B00, 6986, 6A87, or 9000 without data) where it does not: an
    /// early end is believed only when it is found at the same offset again after a new SELECT.
    pub spurious_end: bool,
    /// True for readers that take no eID: nothing is asked of them.
    pub ignored: bool,
    /// Permission to use the reader's own keypad.
    pub keypad: KeypadUse,
    /// Maximum number of digits that the reader's keypad takes: normally 12, as many as a PIN has.
    pub keypad_digits: u8,
    /// True if the reader may be asked for its keypad by pseudo-commands (PPDU). Any other reader would pass them on to
    /// the card.
    pub ppdu: bool,
    /// Value of `bmFormatString` for keypads with old firmware, if it differs.
    pub old_format: Option<OldFormat>,
}

/// Permission to use a reader's own keypad for PINs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeypadUse {
    /// Used if the reader has one.
    Allowed,
    /// Never used, even if the reader announces one.
    Shunned,
}

/// Value of `bmFormatString` (the place of the PIN, PC/SC part 10) that keypads below a firmware version expect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OldFormat {
    /// First firmware that does not need it, as in `bcdDevice`: 0506 is 5.06.
    pub until_firmware: u16,
    /// Value that older firmware expects.
    pub format_string: u8,
}

/// Ordinary readers and cards.
const NONE: Quirks = Quirks {
    chunk: 256,
    pause_after_6c: Duration::ZERO,
    spurious_end: false,
    ignored: false,
    keypad: KeypadUse::Allowed,
    keypad_digits: 12,
    ppdu: false,
    old_format: None,
};

/// One kind of reader and its peculiarities.
struct ReaderQuirks {
    /// Parts of PC/SC names, any of which identifies the kind.
    names: &'static [&'static str],
    quirks: Quirks,
}

/// All kinds of reader with known peculiarities, each with its source.
const READERS: &[ReaderQuirks] = &[
    // Not a reader but the computer's own sign-in. (The official middleware skips it.)
    ReaderQuirks {
        names: &["Windows Hello for Business"],
        quirks: Quirks { ignored: true, ..NONE },
    },
    // Random early ends of files, most often of the photo. (connective-plugin-linux, issue 15 and pull request 50)
    ReaderQuirks {
        names: &["AU9540", "AU9560", "AK9563"],
        quirks: Quirks {
            spurious_end: true,
            ..NONE
        },
    },
    // Reads no more than 248 bytes at once. (The official middleware for macOS keeps to it for this reader's sake.)
    ReaderQuirks {
        names: &["SCR331", "SCR 331", "SCM331"],
        quirks: Quirks { chunk: 248, ..NONE },
    },
    // Sends an empty VERIFY of its own accord, to show the tries left: on applet 1.1 that is a wrong PIN. It also takes
    // no more than 8 digits. The maker has changed its name, the reader has not. (The official middleware never uses
    // its keypad.)
    ReaderQuirks {
        names: &["GemPC Pinpad"],
        quirks: Quirks {
            keypad: KeypadUse::Shunned,
            keypad_digits: 8,
            ..NONE
        },
    },
    // Up to firmware 5.05 the format string must be that of a plain BCD PIN, though the PIN stands where we say.
    // (Official middleware, tried with 5.05)
    ReaderQuirks {
        names: &["SPRx32 USB"],
        quirks: Quirks {
            old_format: Some(OldFormat {
                until_firmware: 0x0506,
                format_string: 0x01,
            }),
            ..NONE
        },
    },
    // Readers whose driver has no SCardControl: they listen for pseudo-commands. (The official middleware's list)
    ReaderQuirks {
        names: &[
            "VASCO DIGIPASS 840",
            "VASCO DIGIPASS 870",
            "VASCO DIGIPASS 875",
            "VASCO DIGIPASS 876",
            "VASCO DIGIPASS 920",
            "Gemalto ING Shield Pro",
            "ETSWW eKrypto PINPhab",
            "ETSWW eKrypto PINPad",
            "DIOSS pinpad",
        ],
        quirks: Quirks { ppdu: true, ..NONE },
    },
];

impl Quirks {
    /// Combines all rows that match the reader of this PC/SC name.
    #[must_use]
    pub fn for_reader(name: &str) -> Self {
        let known = |row: &&ReaderQuirks| row.names.iter().any(|part| name.contains(part));
        READERS
            .iter()
            .filter(known)
            .fold(NONE, |quirks, row| quirks.and(row.quirks))
    }

    /// Returns the peculiarities of cards of this generation.
    ///
    /// Applets 1.0 and 1.1 stop answering when a command comes too soon after 6Cxx: 10 ms is enough (commons-eid;
    /// others wait longer). 1.7 and 1.8 need nothing.
    #[must_use]
    pub fn for_applet(applet: Applet) -> Self {
        match applet {
            Applet::V1_1 | Applet::Other(..0x17) => Self {
                pause_after_6c: Duration::from_millis(10),
                ..NONE
            },
            Applet::V1_7 | Applet::V1_8 | Applet::Other(_) => NONE,
        }
    }

    /// Combines two sets of peculiarities; in each member the more careful value holds.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            chunk: self.chunk.min(other.chunk),
            pause_after_6c: self.pause_after_6c.max(other.pause_after_6c),
            spurious_end: self.spurious_end || other.spurious_end,
            ignored: self.ignored || other.ignored,
            keypad: match (self.keypad, other.keypad) {
                (KeypadUse::Allowed, KeypadUse::Allowed) => KeypadUse::Allowed,
                (KeypadUse::Shunned, _) | (_, KeypadUse::Shunned) => KeypadUse::Shunned,
            },
            keypad_digits: self.keypad_digits.min(other.keypad_digits),
            ppdu: self.ppdu || other.ppdu,
            old_format: self.old_format.or(other.old_format),
        }
    }
}

impl Default for Quirks {
    /// Returns the values of an ordinary reader and card.
    fn default() -> Self {
        NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: Quirks) {
        assert_eq!(Quirks::for_reader(name), expected, "{name}");
    }

    #[test]
    fn readers_are_known_by_a_part_of_their_name() {
        check("ACS ACR39U ICC Reader 00 00", NONE);
        check("Windows Hello for Business 1", Quirks { ignored: true, ..NONE });
        for name in [
            "Alcor Micro AU9540 00 00",
            "Alcor Micro AU9560 00 00",
            "Alcor Link AK9563 00 00",
        ] {
            check(
                name,
                Quirks {
                    spurious_end: true,
                    ..NONE
                },
            );
        }
        check("VASCO DIGIPASS 870 [CCID] 00 00", Quirks { ppdu: true, ..NONE });
        assert_eq!(
            Quirks::for_reader("Gemplus GemPC Pinpad 00 00").keypad,
            KeypadUse::Shunned
        );
        assert_eq!(
            Quirks::for_reader("SPRx32 USB Smart Card Reader 0").old_format,
            Some(OldFormat {
                until_firmware: 0x0506,
                format_string: 0x01
            })
        );
    }

    #[test]
    fn every_row_differs_from_an_ordinary_reader_and_has_names() {
        for row in READERS {
            assert_ne!(row.quirks, NONE, "{:?}", row.names);
            assert!((1..=256).contains(&row.quirks.chunk), "{:?}", row.names);
            assert!(row.names.iter().all(|name| !name.is_empty()));
            assert!(!row.names.is_empty());
        }
    }

    #[test]
    fn only_the_oldest_applets_want_a_pause() {
        for (applet, millis) in [
            (Applet::Other(0x10), 10),
            (Applet::Other(0x11), 10),
            (Applet::V1_7, 0),
            (Applet::V1_8, 0),
            (Applet::Other(0x19), 0),
        ] {
            let pause = Quirks::for_applet(applet).pause_after_6c;
            assert_eq!(pause, Duration::from_millis(millis), "{applet:?}");
        }
    }

    #[test]
    fn of_two_quirks_the_more_careful_holds_whichever_comes_first() {
        let reader = Quirks {
            chunk: 248,
            spurious_end: true,
            ..NONE
        };
        let both = Quirks {
            pause_after_6c: Duration::from_millis(10),
            ..reader
        };
        let card = Quirks::for_applet(Applet::Other(0x11));
        assert_eq!((reader.and(card), card.and(reader)), (both, both));
        assert_eq!(NONE.and(NONE), NONE);
    }
}
