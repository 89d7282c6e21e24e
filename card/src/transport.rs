//! The edge: how command bytes reach a card, and what can go wrong on the way.

use std::time::Duration;

/// A card in a reader, real or simulated. [`Traced`](crate::Traced) and [`Faulty`](crate::Faulty) wrap one and are one.
///
/// One value is one *connection*: it is made when a card is seen in a reader and dies with that card. All methods
/// block until the card or the reader has answered.
pub trait Transport: Send {
    /// Sends one command APDU (ISO 7816-3, short form); returns the data followed by SW1 SW2.
    ///
    /// # Errors
    /// A [`TransportError`] that says whether the card went away, was reset by somebody else, or could not be reached.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError>;

    /// Begins exclusive use (`SCardBeginTransaction`), waiting at most `patience` for other programs to finish.
    ///
    /// # Errors
    /// [`TransportError::Busy`] when another program still holds the card after `patience`;
    /// [`TransportError::Reset`] when another program has reset it since we last spoke: call [`reconnect`](Self::reconnect).
    fn begin(&mut self, patience: Duration) -> Result<(), TransportError>;

    /// Ends exclusive use, leaving the card as it is. Harmless when none was begun or the card has gone.
    fn end(&mut self);

    /// Takes up the connection again after [`TransportError::Reset`] or a failed exchange. Exclusive use is lost, and
    /// so is everything the card remembered (selected file, PIN state). The card may by now be another one: whoever
    /// calls this must ask it who it is.
    ///
    /// # Errors
    /// [`TransportError::Removed`] when there is no card in the reader any more.
    fn reconnect(&mut self) -> Result<(), TransportError>;
}

/// What went wrong between us and the chip, by whose doing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TransportError {
    /// The card was pulled out (`SCARD_W_REMOVED_CARD`), or its reader was.
    #[error("card removed")]
    Removed,
    /// Another program, or the reader, reset the card (`SCARD_W_RESET_CARD`).
    #[error("card was reset by another program")]
    Reset,
    /// Another program holds the card (`SCARD_E_SHARING_VIOLATION`).
    #[error("card is in use by another program")]
    Busy,
    /// The card is there but does not answer (`SCARD_W_UNRESPONSIVE_CARD`, `SCARD_W_UNPOWERED_CARD`).
    #[error("card does not answer")]
    Mute,
    /// The exchange failed on the way (`SCARD_E_COMM_DATA_LOST`, `SCARD_E_NOT_TRANSACTED`, `SCARD_F_COMM_ERROR`).
    #[error("exchange with the card failed: {0}")]
    Comm(String),
    /// The PC/SC service itself cannot be used: not running, stopped, or not for this user.
    #[error("smart card service: {0}")]
    Service(String),
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        (**self).transmit(command)
    }
    fn begin(&mut self, patience: Duration) -> Result<(), TransportError> {
        (**self).begin(patience)
    }
    fn end(&mut self) {
        (**self).end();
    }
    fn reconnect(&mut self) -> Result<(), TransportError> {
        (**self).reconnect()
    }
}
