//! One program's connection to a card in a virtual reader, as PC/SC gives it.

use crate::VirtualSlot;
use crate::slot::SlotState;
use beid_card::{Exchange, Reconnect, Transport, TransportError};
use std::sync::{MutexGuard, PoisonError};
use std::time::Instant;

/// One program's connection to one inserted card.
#[derive(Debug)]
pub struct VirtualConnection {
    pub(crate) slot: VirtualSlot,
    pub(crate) id: u64,
    pub(crate) insertion: u64,
    pub(crate) resets: u64,
    pub(crate) atr: &'static [u8],
}

impl VirtualConnection {
    /// Answer to reset of the card connected to.
    #[must_use]
    pub fn atr(&self) -> &'static [u8] {
        self.atr
    }

    /// Resets the card. Exclusive use is lost; other connections get [`TransportError::Reset`].
    ///
    /// # Errors
    /// [`TransportError::Removed`] when that card is not in the slot any more.
    pub fn reset(&mut self) -> Result<(), TransportError> {
        let slot = self.slot.clone();
        let mut state = slot.lock();
        self.is_in(&state)?;
        state.reset();
        // Our own reset is no surprise to this connection, only to the others.
        self.resets = state.resets;
        slot.bell().notify_all();
        Ok(())
    }

    /// Returns an error if the card connected to is no longer in.
    pub(crate) fn is_present(&self) -> Result<(), TransportError> {
        self.is_in(&self.slot.lock())
    }

    fn is_in(&self, state: &SlotState) -> Result<(), TransportError> {
        if state.card.is_some() && state.insertion == self.insertion {
            Ok(())
        } else {
            Err(TransportError::Removed)
        }
    }

    fn usable(&self, state: &SlotState) -> Result<(), TransportError> {
        self.is_in(state)?;
        if state.resets == self.resets {
            Ok(())
        } else {
            Err(TransportError::Reset)
        }
    }

    /// Exchanges one APDU without regard to exclusive use: for `vpcd`, whose client `pcscd` arbitrates.
    pub(crate) fn exchange(&self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let observer = self.slot.lock().observer.clone();
        if let (Some(observer), Some(header)) = (observer, command.first_chunk()) {
            // Not under the lock, so that it may pull the card itself.
            observer(*header);
        }
        let mut state = self.slot.lock();
        self.usable(&state)?;
        // Counted before anything else: this APDU may be the one that ends the card.
        if state.arrive() {
            // Pulling the card takes the lock.
            drop(state);
            drop(self.slot.remove());
            return Err(TransportError::Removed);
        }
        if state.is_mute() {
            return self.wait_in_vain(state);
        }
        let (answer, exchanged, due) = state.answer(command).ok_or(TransportError::Removed)?;
        // Without the lock, as the observer; and before the answer is out, so that no log lags behind its reader.
        let listener = state.listener.clone();
        drop(state);
        if let Some(listener) = listener {
            listener(&exchanged);
        }
        self.wait(due)?;
        Ok(answer)
    }

    /// Waits for the answer of a card that gives none, until it is pulled out or reset.
    fn wait_in_vain(&self, mut state: MutexGuard<'_, SlotState>) -> Result<Vec<u8>, TransportError> {
        loop {
            self.usable(&state)?;
            // Without a limit, as SCardTransmit has none.
            state = self.slot.bell().wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until the answer is `due`, unless the card goes before.
    fn wait(&self, due: Option<Instant>) -> Result<(), TransportError> {
        let mut state = self.slot.lock();
        while let Some(left) = due.map(|due| due.saturating_duration_since(Instant::now())) {
            self.usable(&state)?;
            if left.is_zero() {
                break;
            }
            let waited = self.slot.bell().wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    fn begin(&self) -> Result<Exclusive<'_>, TransportError> {
        let mut state = self.slot.lock();
        loop {
            self.usable(&state)?;
            if state.holder.is_none() {
                state.holder = Some(self.id);
                return Ok(Exclusive(self));
            }
            state = self.slot.bell().wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Exclusive use of the card, for as long as this lives.
struct Exclusive<'a>(&'a VirtualConnection);

impl Exchange for Exclusive<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.0.exchange(command)
    }

    /// The virtual reader has no keypad and knows no codes.
    fn control(&mut self, _: u32, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.0.is_present()?;
        Err(TransportError::Unsupported)
    }

    fn present(&mut self) -> Result<(), TransportError> {
        self.0.usable(&self.0.slot.lock())
    }
}

impl Drop for Exclusive<'_> {
    fn drop(&mut self) {
        let slot = &self.0.slot;
        let mut state = slot.lock();
        // Unless the card was changed or reset meanwhile, and somebody else has begun.
        if state.holder == Some(self.0.id) {
            state.holder = None;
            slot.bell().notify_all();
        }
    }
}

impl Transport for VirtualConnection {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        let mut exclusive = self.begin()?;
        work(&mut exclusive);
        Ok(())
    }

    fn reconnect(&mut self, how: Reconnect) -> Result<(), TransportError> {
        {
            // In a block of its own, because a reset takes the lock again.
            let state = self.slot.lock();
            self.is_in(&state)?;
            self.resets = state.resets;
        }
        match how {
            Reconnect::Leave => Ok(()),
            Reconnect::Reset => self.reset(),
        }
    }

    fn present(&mut self) -> Result<(), TransportError> {
        self.usable(&self.slot.lock())
    }
}
