//! Answers to reset of Belgian cards, known before any command is sent.
//!
//! They serve messages and guesses only: applets 1.1 and 1.7 share one answer to reset, and other cards of the same
//! platform have that of 1.8. GET CARD DATA tells the applet.

/// One kind of card, known by its answer to reset.
#[derive(Debug, Eq, PartialEq)]
pub struct KnownAtr {
    /// The answer to reset (ISO 7816-3, 8).
    pub atr: &'static [u8],
    /// Mask of the bits that count, as long as `atr`; `None` if all do.
    pub mask: Option<&'static [u8]>,
    /// Cards that answer so, in words.
    pub what: &'static str,
}

/// Applets 1.1 (from December 2004) and 1.7 (2014 to 2021).
pub const ATR_1_7: &[u8] = b"\x3B\x98\x13\x40\x0A\xA5\x03\x01\x01\x01\xAD\x13\x11";
/// Applet 1.8 (since 2020): the answer of its platform, with nothing Belgian in it.
pub const ATR_1_8: &[u8] = b"\x3B\x7F\x96\x00\x00\x80\x31\x80\x65\xB0\x85\x04\x01\x20\x12\x0F\xFF\x82\x90\x00";

/// All known answers; the first that fits counts. (Card content 2.8 and 5.4, 2.3; pre-production ones as other programs
/// list them; the mask is that of the official Windows driver.)
#[rustfmt::skip] // one row a line
pub const KNOWN: &[KnownAtr] = &[
    exact(ATR_1_8, "Belgian eID, applet 1.8"),
    exact(ATR_1_7, "Belgian eID, applet 1.1 or 1.7"),
    exact(b"\x3B\x98\x94\x40\x0A\xA5\x03\x01\x01\x01\xAD\x13\x10", "Belgian eID, applet 1.0"),
    exact(b"\x3B\x98\x94\x40\xFF\xA5\x03\x01\x01\x01\xAD\x13\x10", "Belgian eID, applet 1.0 (first cards)"),
    exact(b"\x3B\x98\x13\x40\x2A\xD0\x00\x48\x01\x01\xAD\x13\x11", "Belgian eID, pre-production"),
    exact(b"\x3B\x98\x95\x40\x0A\xA5\x07\x01\x01\x01\xAD\x13\x20", "Belgian eID, pre-production (never issued)"),
    exact(b"\x3B\x98\x95\x40\xFF\xD0\x00\x48\x01\x01\xAD\x13\x21", "Belgian eID, pre-production (never issued)"),
    KnownAtr {
        atr: b"\x3B\x98\x00\x40\x00\xA5\x03\x01\x01\x01\xAD\x13\x00",
        mask: Some(b"\xFF\xFF\x00\xFF\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x00"),
        what: "Belgian eID, of a kind we do not know",
    },
];

const fn exact(atr: &'static [u8], what: &'static str) -> KnownAtr {
    KnownAtr { atr, mask: None, what }
}

/// Finds the row for `atr`; `None` if the answer is not known to be a Belgian card's, which proves nothing.
#[must_use]
pub fn known(atr: &[u8]) -> Option<&'static KnownAtr> {
    KNOWN.iter().find(|row| row.fits(atr))
}

impl KnownAtr {
    fn fits(&self, atr: &[u8]) -> bool {
        let masked = |mask: &[u8]| {
            let pairs = self.atr.iter().zip(atr).zip(mask);
            pairs.fold(true, |all, ((ours, theirs), mask)| all && (ours ^ theirs) & mask == 0)
        };
        atr.len() == self.atr.len() && self.mask.map_or(atr == self.atr, masked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(atr: &[u8], what: Option<&str>) {
        assert_eq!(known(atr).map(|row| row.what), what);
    }

    #[test]
    fn each_row_is_found_by_its_own_answer_to_reset() {
        for row in KNOWN {
            check(row.atr, Some(row.what));
            assert!(row.mask.is_none_or(|mask| mask.len() == row.atr.len()), "{}", row.what);
        }
    }

    #[test]
    fn an_unlisted_speed_or_ending_is_still_belgian_and_another_vendor_is_not() {
        check(
            b"\x3B\x98\x96\x40\x0A\xA5\x03\x01\x01\x01\xAD\x13\x12",
            Some("Belgian eID, of a kind we do not know"),
        );
        check(b"\x3B\x98\x96\x40\x0A\xA5\x03\x01\x01\x01\xAE\x13\x12", None);
        check(&ATR_1_8[..19], None);
        check(&[], None);
    }
}
