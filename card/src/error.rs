//! What can go wrong with a card, by whose doing.

use crate::apdu::StatusWord;
use crate::transport::TransportError;

/// Why the card did not give what was asked. Nothing in here is personal or secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CardError {
    /// The card was pulled out, or another one answers in its place.
    #[error("card removed")]
    Removed,
    /// Another program reset the card, again and again.
    #[error("card was reset by another program")]
    Reset,
    /// Another program holds the card.
    #[error("card is in use by another program")]
    Busy,
    /// The card is there but silent: dirty contacts, upside down, or broken.
    #[error("card does not answer")]
    Mute,
    /// The reader failed us.
    #[error("exchange with the card failed: {0}")]
    Comm(String),
    /// The PC/SC service cannot be used.
    #[error("smart card service: {0}")]
    Service(String),
    /// The person typed a wrong PIN; the card counted it.
    #[error("wrong PIN, {tries_left} tries left")]
    WrongPin {
        /// How many more wrong ones block it; at least 1.
        tries_left: u8,
    },
    /// No tries are left: only the municipality can help.
    #[error("PIN blocked")]
    PinBlocked,
    /// The card will not have the new PIN; the old one stands.
    #[error("the card refuses the new PIN")]
    NewPinRefused,
    /// Nobody waited any more; no PIN was sent.
    #[error("given up before the PIN was sent")]
    Abandoned,
    /// Nobody typed a PIN on the reader's keypad in time; the card saw none.
    #[error("no PIN typed on the reader in time")]
    PadTimedOut,
    /// The person pressed the reader's cancel key; the card saw no PIN.
    #[error("cancelled on the reader")]
    PadCancelled,
    /// The two new PINs typed on the reader were not the same; the card saw none.
    #[error("the new PINs typed on the reader differ")]
    PadNewPinsDiffer,
    /// What was typed on the reader is too short or too long for a PIN; the card saw none.
    #[error("the PIN typed on the reader has the wrong length")]
    PadPinLength,
    /// The reader's keypad cannot do what it was told; the card saw no PIN.
    #[error("the reader's keypad refused its task")]
    PadRefused,
    /// The card said no.
    #[error("{command} refused with SW {sw:?}")]
    Refused {
        /// The command, as the manual names it.
        command: &'static str,
        /// What the card answered.
        sw: StatusWord,
    },
    /// The card's answer is shorter or longer than it can be.
    #[error("{command} answered {len} bytes")]
    UnexpectedLength {
        /// The command, as the manual names it.
        command: &'static str,
        /// How many bytes came, status word excluded.
        len: usize,
    },
    /// The card has no such file: it answered SW 6A82 to the choice of it.
    #[error("the card has no file {file}")]
    NoSuchFile {
        /// The file's name.
        file: &'static str,
    },
    /// A file goes on where every card's has ended.
    #[error("{file} does not end")]
    Endless {
        /// The file's name.
        file: &'static str,
    },
    /// A file does not say what it must.
    #[error(transparent)]
    Malformed(#[from] FieldError),
    /// The signature we got back is not one by the holder's certificate; it was thrown away.
    #[error("the card's signature does not match its certificate")]
    WrongSignature,
    /// This card cannot sign with that key and digest.
    #[error("the card has no such signature algorithm")]
    UnsupportedAlgorithm,
}

impl CardError {
    /// Whether it came from the reader's keypad, and the card saw no PIN.
    pub(crate) fn is_before_the_card(&self) -> bool {
        matches!(
            self,
            Self::PadTimedOut | Self::PadCancelled | Self::PadNewPinsDiffer | Self::PadPinLength | Self::PadRefused
        )
    }
}

/// A field of a file that cannot be what it should.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{field} should be {expected}")]
pub struct FieldError {
    /// Which field, in words.
    pub field: &'static str,
    /// What it should have been, in words.
    pub expected: &'static str,
}

impl FieldError {
    pub(crate) fn new(field: &'static str, expected: &'static str) -> Self {
        Self { field, expected }
    }
}

impl From<TransportError> for CardError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Removed => Self::Removed,
            TransportError::Reset => Self::Reset,
            TransportError::Busy => Self::Busy,
            TransportError::Mute => Self::Mute,
            TransportError::Comm(why) => Self::Comm(why),
            TransportError::Unsupported => Self::Comm(TransportError::Unsupported.to_string()),
            TransportError::Service(why) => Self::Service(why),
        }
    }
}
