//! The edge: how command bytes reach a card, and what can go wrong on the way.

/// A card in a reader, real or simulated. [`Traced`](crate::Traced) and [`Faulty`](crate::Faulty) wrap one and are one.
///
/// One value is one *connection*: it is made when a card is seen in a reader and dies with that card. All methods block
/// until the card or the reader has answered.
pub trait Transport: Send {
    /// Runs `work` with the card to itself (`SCardBeginTransaction` … `SCardEndTransaction`): nothing another program
    /// sends can come between two of its commands. There is no other way to send a command. The card is left as it is.
    ///
    /// Waits for other programs to finish theirs. `work` is called once, or not at all if this returns an error.
    ///
    /// # Errors
    /// [`TransportError::Reset`] when another program has reset the card since we last spoke: call
    /// [`reconnect`](Self::reconnect). [`TransportError::Removed`] when it has gone.
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError>;

    /// Takes up the connection again after [`TransportError::Reset`] or a failed exchange. Whatever the card remembered
    /// (selected file, PIN state) is lost. The card may by now be another one: whoever calls this must ask it who it is.
    ///
    /// # Errors
    /// [`TransportError::Removed`] when there is no card in the reader any more.
    fn reconnect(&mut self, how: Reconnect) -> Result<(), TransportError>;

    /// Whether the card of this connection is still in, and nobody has reset it (`SCardStatus`). Sends nothing to it.
    ///
    /// # Errors
    /// [`TransportError::Removed`], [`TransportError::Reset`], or whatever keeps the service from knowing.
    fn present(&mut self) -> Result<(), TransportError>;
}

/// What to do with the card when taking up a connection again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reconnect {
    /// Leave it as it is (`SCARD_LEAVE_CARD`): another program has reset it already.
    Leave,
    /// Reset it (`SCARD_RESET_CARD`): it, or its reader, has lost the thread.
    Reset,
}

/// A card we have to ourselves for the moment.
pub trait Exchange {
    /// Sends one command APDU (ISO 7816-3, short form); returns the data followed by SW1 SW2.
    ///
    /// # Errors
    /// A [`TransportError`] that says whether the card went away, was reset by somebody else, or could not be reached.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError>;

    /// Speaks to the reader itself (`SCardControl`): how a keypad of its own is asked for (PC/SC part 10).
    ///
    /// # Errors
    /// As [`transmit`](Self::transmit); [`TransportError::Unsupported`] if the reader knows no such code.
    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError>;

    /// The reader's firmware (`SCARD_ATTR_VENDOR_IFD_VERSION`, major and minor: 0506 is 5.06), where it is known.
    /// Only some [quirks](crate::Quirks) depend on it.
    fn firmware(&mut self) -> Option<u16> {
        None
    }

    /// Whether the card is still the one this transaction began with (`SCardStatus`). Commands tell by themselves;
    /// [`control`](Self::control) does not, and through it a reader may send a PIN.
    ///
    /// # Errors
    /// [`TransportError::Removed`] or [`TransportError::Reset`].
    fn present(&mut self) -> Result<(), TransportError> {
        Ok(())
    }
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
    /// Another program holds the card for itself (`SCARD_E_SHARING_VIOLATION`).
    #[error("card is in use by another program")]
    Busy,
    /// The card is there but does not answer (`SCARD_W_UNRESPONSIVE_CARD`, `SCARD_W_UNPOWERED_CARD`).
    #[error("card does not answer")]
    Mute,
    /// The exchange failed on the way (`SCARD_E_COMM_DATA_LOST`, `SCARD_E_NOT_TRANSACTED`, `SCARD_F_COMM_ERROR`).
    #[error("exchange with the card failed: {0}")]
    Comm(String),
    /// The reader does not know what it was told (`SCARD_E_UNSUPPORTED_FEATURE` and its like).
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
