//! Virtual readers in this process, for `--simulate` and for tests.

use crate::service::cards::Registry;
use beid_card::simulator::{VirtualCard, VirtualKeypad, VirtualSlot};
use beid_card::{Transport, TransportError};
use std::sync::Arc;

/// A reader in memory that the registry believes in.
pub struct SimulatedReader {
    slot: VirtualSlot,
    keypad: Option<VirtualKeypad>,
    registry: Arc<Registry>,
    reader: u32,
}

impl SimulatedReader {
    /// Plugs a new, empty reader in.
    #[must_use]
    pub fn plug_in(registry: &Arc<Registry>, name: &str) -> Self {
        Self::plug_in_with(registry, name, None)
    }

    /// Plugs a new, empty reader in that has `keypad`, if there is one.
    #[must_use]
    pub fn plug_in_with(registry: &Arc<Registry>, name: &str, keypad: Option<VirtualKeypad>) -> Self {
        let reader = registry.reader_added(name);
        Self {
            slot: VirtualSlot::new(),
            keypad,
            registry: Arc::clone(registry),
            reader,
        }
    }

    /// Puts a card in, in place of the one that may be there.
    pub fn insert(&self, card: VirtualCard) {
        self.slot.insert(card);
        let (slot, insertion, keypad) = (self.slot.clone(), self.slot.changes(), self.keypad.clone());
        let connect = move || -> Result<Box<dyn Transport>, TransportError> {
            let connection = slot.connect().ok_or(TransportError::Removed)?;
            // Another card was put in before this one's thread came to it.
            if slot.changes() != insertion {
                return Err(TransportError::Removed);
            }
            Ok(match &keypad {
                Some(keypad) => Box::new(keypad.around(connection)),
                None => Box::new(connection),
            })
        };
        self.registry.card_inserted(self.reader, true, Box::new(connect));
    }

    /// The insertion that is in it.
    #[must_use]
    pub fn card(&self) -> Option<String> {
        let readers = self.registry.readers();
        let own = readers
            .into_iter()
            .find(|reader| reader.id == self.reader.to_string())?;
        own.card.map(|card| card.id)
    }

    /// Pulls the card out.
    pub fn remove(&self) {
        self.slot.remove();
        self.registry.card_removed(self.reader);
    }

    /// The reader itself, for making things go wrong in it.
    #[must_use]
    pub fn slot(&self) -> &VirtualSlot {
        &self.slot
    }
}
