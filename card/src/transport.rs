//! Transport of command bytes to a card, and the ways in which it can fail.

/// A card in a reader, real or simulated. [`Traced`](crate::Traced) and [`Faulty`](crate::Faulty) wrap a transport and
/// are one themselves.
///
/// One value is one *connection*: it is made when a card is seen in a reader and ends with that card. All methods block
/// until the card or the reader has answered.
pub trait Transport: Send {
    /// Runs `work` inside a transaction (`SCardBeginTransaction` … `SCardEndTransaction`), so that no other program can
    /// send a command between two of ours. There is no other way to send a command. The card is not reset at the end.
    ///
    /// Waits until the transactions of other programs have ended. `work` is called once, or not at all if this returns
    /// an error.
    ///
    /// # Errors
    /// [`TransportError::Reset`] if another program has reset the card since the last exchange: call
    /// [`reconnect`](Self::reconnect). [`TransportError::Removed`] if the card has gone.
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError>;

    /// Restores the connection after [`TransportError::Reset`] or a failed exchange. The card's state (selected file,
    /// PIN rights) is lost. The card may by now be another one, so the caller must ask for its chip number.
    ///
    /// # Errors
    /// [`TransportError::Removed`] if there is no card in the reader any more.
    fn reconnect(&mut self, how: Reconnect) -> Result<(), TransportError>;

    /// Checks that the card of this connection is still in the reader and has not been reset (`SCardStatus`). Sends
    /// nothing to the card.
    ///
    /// # Errors
    /// [`TransportError::Removed`], [`TransportError::Reset`], or the error of a service that cannot tell.
    fn present(&mut self) -> Result<(), TransportError>;
}

/// Treatment of the card when a connection is restored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reconnect {
    /// Leaves it as it is (`SCARD_LEAVE_CARD`), because another program has reset it already.
    Leave,
    /// Resets it (`SCARD_RESET_CARD`), because card or reader is out of step.
    Reset,
}

/// A card inside a transaction.
pub trait Exchange {
    /// Sends one command APDU (ISO 7816-3, short form); returns the data followed by SW1 SW2.
    ///
    /// # Errors
    /// A [`TransportError`] that says if the card was removed, was reset by another program, or could not be reached.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError>;

    /// Sends a control code to the reader itself (`SCardControl`), as its own keypad requires (PC/SC part 10).
    ///
    /// # Errors
    /// As [`transmit`](Self::transmit); [`TransportError::Unsupported`] if the reader does not know the code.
    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError>;

    /// Firmware version of the reader (`SCARD_ATTR_VENDOR_IFD_VERSION`, major and minor: 0506 is 5.06), if it is known.
    /// Only some [quirks](crate::Quirks) depend on it.
    fn firmware(&mut self) -> Option<u16> {
        None
    }

    /// Checks that the card is still the one with which this transaction began (`SCardStatus`). A failed command
    /// reveals a change by itself; [`control`](Self::control) does not, and through it a reader may send a PIN.
    ///
    /// # Errors
    /// [`TransportError::Removed`] or [`TransportError::Reset`].
    fn present(&mut self) -> Result<(), TransportError> {
        Ok(())
    }
}

/// Failure between this program and the chip. Each variant names the party that caused it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TransportError {
    /// The card was pulled out (`SCARD_W_REMOVED_CARD`), or its reader was unplugged.
    #[error("card removed")]
    Removed,
    /// Another program, or the reader, reset the card (`SCARD_W_RESET_CARD`).
    #[error("card was reset by another program")]
    Reset,
    /// Another program holds the card for itself (`SCARD_E_SHARING_VIOLATION`).
    #[error("card is in use by another program")]
    Busy,
    /// The card is there but does not answer (`SCARD_W_UNRESPONSIVE_CARD`, `SCARD_W_UNPOWERED_CARD`).
    #[error("card does not answer")]
    Mute,
    /// The exchange failed on the way (`SCARD_E_COMM_DATA_LOST`, `SCARD_E_NOT_TRANSACTED`, `SCARD_F_COMM_ERROR`).
    #[error("exchange with the card failed: {0}")]
    Comm(String),
    /// The reader does not know the control code or feature (`SCARD_E_UNSUPPORTED_FEATURE` and similar).
    #[error("not known to this reader")]
    Unsupported,
    /// The PC/SC service itself cannot be used: not running, stopped, or not for this user.
    #[error("smart card service: {0}")]
    Service(String),
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        (**self).exclusive(work)
    }
    fn reconnect(&mut self, how: Reconnect) -> Result<(), TransportError> {
        (**self).reconnect(how)
    }
    fn present(&mut self) -> Result<(), TransportError> {
        (**self).present()
    }
}
