//! Errors of working with a card. Each variant names the party that caused it.

use crate::apdu::StatusWord;
use crate::transport::TransportError;

/// Failure of a request to the card. Contains nothing personal or secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CardError {
    /// The card was pulled out, or another one answers in its place.
    #[error("card removed")]
    Removed,
    /// Another program reset the card, more than once.
    #[error("card was reset by another program")]
    Reset,
    /// Another program holds the card for itself.
    #[error("card is in use by another program")]
    Busy,
    /// The card is in the reader but silent: dirty contacts, upside down, or broken.
    #[error("card does not answer")]
    Mute,
    /// The exchange failed between reader and card.
    #[error("exchange with the card failed: {0}")]
    Comm(String),
    /// The PC/SC service cannot be used.
    #[error("smart card service: {0}")]
    Service(String),
    /// The person typed a wrong PIN; the card counted it.
    #[error("wrong PIN, {tries_left} tries left")]
    WrongPin {
        /// Number of wrong PINs that would block it now; at least 1.
        tries_left: u8,
    },
    /// No tries are left: only the municipality can help.
    #[error("PIN blocked")]
    PinBlocked,
    /// The card refused the new PIN; the old one stays valid.
    #[error("the card refuses the new PIN")]
    NewPinRefused,
    /// The caller had given up waiting; no PIN was sent.
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
    /// The PIN typed on the reader is too short or too long; the card saw none.
    #[error("the PIN typed on the reader has the wrong length")]
    PadPinLength,
    /// The reader's keypad refused the request; the card saw no PIN.
    #[error("the reader's keypad refused its task")]
    PadRefused,
    /// The card refused the command.
    #[error("{command} refused with SW {sw:?}")]
    Refused {
        /// The command, as the manual names it.
        command: &'static str,
        /// Status word of the answer.
        sw: StatusWord,
    },
    /// The card's answer is shorter or longer than it can be.
    #[error("{command} answered {len} bytes")]
    UnexpectedLength {
        /// The command, as the manual names it.
        command: &'static str,
        /// Number of bytes received, status word excluded.
        len: usize,
    },
    /// The card has no such file: it answered SW 6A82 to the choice of it.
    #[error("the card has no file {file}")]
    NoSuchFile {
        /// The file's name.
        file: &'static str,
    },
    /// A file is longer than on any known card, or comes in too small pieces.
    #[error("{file} does not end")]
    Endless {
        /// The file's name.
        file: &'static str,
    },
    /// A file or field has a value that it cannot have.
    #[error(transparent)]
    Malformed(#[from] FieldError),
    /// The signature received is not by the key of the holder's certificate; it was thrown away.
    #[error("the card's signature does not match its certificate")]
    WrongSignature,
    /// This generation of the card cannot sign with that key, algorithm and digest.
    #[error("the card has no such signature algorithm")]
    UnsupportedAlgorithm,
}

impl CardError {
    /// Returns true if the error came from the reader's keypad and the card saw no PIN.
    pub(crate) fn is_before_the_card(&self) -> bool {
        matches!(
            self,
            Self::PadTimedOut | Self::PadCancelled | Self::PadNewPinsDiffer | Self::PadPinLength | Self::PadRefused
        )
    }
}

/// A field with a value that it cannot have.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{field} should be {expected}")]
pub struct FieldError {
    /// Name of the field, in words.
    pub field: &'static str,
    /// Value that was expected, in words.
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
