//! Status of a card, as it is known without reading the holder.

use beid_api::words;
use beid_card::{Applet, CardError};

/// Identifier of one insertion: `[0-9a-f]{32}`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CardId(pub(super) String);

impl CardId {
    /// The identifier as it stands in answers and paths.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Status of a card, as it is known without reading the holder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CardStatus {
    /// Not yet recognised.
    Reading,
    /// A Belgian eID we can work with.
    Ready(Applet),
    /// A Belgian eID newer than this software; it is read as far as it can be.
    Newer(Applet),
    /// Not a Belgian eID.
    Unsupported,
    /// Does not answer.
    Mute,
    /// Held by another program for itself.
    Busy,
}

impl CardStatus {
    /// Status of a card of that generation.
    pub(super) fn from_applet(applet: Applet) -> Self {
        match applet {
            Applet::V1_1 | Applet::V1_7 | Applet::V1_8 => Self::Ready(applet),
            Applet::Other(_) => Self::Newer(applet),
        }
    }

    /// The card's generation, once known.
    #[must_use]
    pub fn applet(&self) -> Option<Applet> {
        match self {
            Self::Ready(applet) | Self::Newer(applet) => Some(*applet),
            Self::Reading | Self::Unsupported | Self::Mute | Self::Busy => None,
        }
    }

    /// Returns true if `current` may mean it.
    pub(super) fn is_usable(&self) -> bool {
        matches!(self, Self::Reading | Self::Ready(_) | Self::Newer(_))
    }
}

impl From<&CardStatus> for words::CardStatus {
    fn from(status: &CardStatus) -> Self {
        match status {
            CardStatus::Reading => Self::Reading,
            CardStatus::Ready(_) => Self::Ready,
            CardStatus::Newer(_) => Self::Newer,
            CardStatus::Unsupported => Self::Unsupported,
            CardStatus::Mute => Self::Mute,
            CardStatus::Busy => Self::Busy,
        }
    }
}

/// PIN tries left on a card, as far as they are known.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum TriesLeft {
    /// Unknown: nobody has tried on this insertion, and the card cannot be asked.
    #[default]
    Untold,
    /// The card said so.
    Told(u8),
    /// A PIN was sent and no answer came back.
    Doubtful,
}

impl TriesLeft {
    /// Tries left after an attempt to use the PIN, as far as its outcome tells.
    #[must_use]
    pub fn after<R>(outcome: &Result<R, CardError>) -> Self {
        match outcome {
            // The right PIN sets the counter back to three.
            Ok(_) | Err(CardError::WrongSignature) => Self::Told(3),
            Err(CardError::WrongPin { tries_left }) => Self::Told(*tries_left),
            Err(CardError::PinBlocked) => Self::Told(0),
            // The card saw no PIN.
            Err(
                CardError::UnsupportedAlgorithm
                | CardError::Abandoned
                | CardError::PadTimedOut
                | CardError::PadCancelled
                | CardError::PadNewPinsDiffer
                | CardError::PadPinLength
                | CardError::PadRefused
                // Another program held the card, or the card refused a command that comes before the PIN.
                | CardError::Busy
                | CardError::Refused {
                    command: "SELECT" | "MSE: SET" | "GET CARD DATA",
                    ..
                },
            ) => Self::Untold,
            // Anything else may have happened behind the PIN.
            Err(_) => Self::Doubtful,
        }
    }
}

impl From<Option<u8>> for TriesLeft {
    fn from(told: Option<u8>) -> Self {
        told.map_or(Self::Untold, Self::Told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: CardError, expected: TriesLeft) {
        assert_eq!(TriesLeft::after::<()>(&Err(error.clone())), expected, "{error}");
    }

    #[test]
    fn what_happens_on_the_keypad_alone_tells_nothing_of_the_tries_left() {
        for error in [
            CardError::PadTimedOut,
            CardError::PadCancelled,
            CardError::PadNewPinsDiffer,
            CardError::PadPinLength,
            CardError::PadRefused,
        ] {
            check(error, TriesLeft::Untold);
        }
    }

    #[test]
    fn what_the_card_answers_is_taken_over_and_an_answer_that_is_lost_is_doubted() {
        check(CardError::WrongPin { tries_left: 2 }, TriesLeft::Told(2));
        check(CardError::PinBlocked, TriesLeft::Told(0));
        check(CardError::Comm("lost".to_owned()), TriesLeft::Doubtful);
        check(CardError::Removed, TriesLeft::Doubtful);
    }
}
