//! Virtual readers in this process, for `--simulate` and for tests.

use beid_card::{Transport, TransportError};
use beid_service::cards::Registry;
use beid_service::simulation::{NotMoved, Simulation};
use beid_simulator::{Citizen, SimulatorError, TestPki, VirtualCard, VirtualKeypad, VirtualSlot};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Virtual reader, known to the registry like a real one.
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

    /// Inserts a card and returns the one that was there before, if any.
    pub fn insert(&self, card: VirtualCard) -> Option<VirtualCard> {
        let before = self.slot.insert(card);
        let (slot, insertion, keypad) = (self.slot.clone(), self.slot.changes(), self.keypad.clone());
        let connect = move || -> Result<Box<dyn Transport>, TransportError> {
            let connection = slot.connect().ok_or(TransportError::Removed)?;
            // Another card was inserted before this one's thread connected.
            if slot.changes() != insertion {
                return Err(TransportError::Removed);
            }
            Ok(match &keypad {
                Some(keypad) => Box::new(keypad.around(connection)),
                None => Box::new(connection),
            })
        };
        self.registry.card_inserted(self.reader, true, Box::new(connect));
        before
    }

    /// Returns the id of the card's insertion.
    #[must_use]
    pub fn card(&self) -> Option<String> {
        let readers = self.registry.readers();
        let own = readers
            .into_iter()
            .find(|reader| reader.id == self.reader.to_string())?;
        own.card.map(|card| card.id)
    }

    /// Pulls the card out.
    pub fn remove(&self) -> Option<VirtualCard> {
        let card = self.slot.remove();
        self.registry.card_removed(self.reader);
        card
    }

    /// Returns the slot, for tests that make it fail.
    #[must_use]
    pub fn slot(&self) -> &VirtualSlot {
        &self.slot
    }
}

/// Virtual readers of a simulated daemon, and the cards outside them. A card that is inserted again is the same one,
/// with the same number of PIN tries left.
pub struct SimulatedDesk {
    pki: TestPki,
    readers: Vec<SimulatedReader>,
    /// Cards that are in no reader. Locked while a card moves, so that none is in two places.
    aside: Mutex<Vec<VirtualCard>>,
}

impl SimulatedDesk {
    /// Plugs one reader in for each of `citizens`, with their cards.
    ///
    /// # Errors
    /// If a citizen is unknown, or a card cannot be made.
    pub fn furnish(registry: &Arc<Registry>, pki: TestPki, citizens: &[String]) -> Result<Arc<Self>, SimulatorError> {
        let mut readers = Vec::new();
        for (number, id) in citizens.iter().enumerate() {
            let card = VirtualCard::new(Citizen::find(id)?, &pki)?;
            let reader = SimulatedReader::plug_in(registry, &format!("Simulated reader {}", number + 1));
            reader.insert(card);
            readers.push(reader);
        }
        Ok(Arc::new(Self {
            pki,
            readers,
            aside: Mutex::default(),
        }))
    }

    /// Pulls every card out.
    pub fn clear(&self) {
        let mut aside = self.aside();
        aside.extend(self.readers.iter().filter_map(SimulatedReader::remove));
    }

    /// Number of PIN tries left on the card in each reader, from the card itself.
    #[must_use]
    pub fn tries_left(&self) -> Vec<Option<u8>> {
        self.readers.iter().map(|reader| reader.slot.tries_left()).collect()
    }

    fn aside(&self) -> MutexGuard<'_, Vec<VirtualCard>> {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds the `wanted` reader, or the first, that has a card (`occupied`) or none.
    fn reader(&self, wanted: Option<u32>, occupied: bool) -> Result<&SimulatedReader, NotMoved> {
        let wrong = if occupied { NotMoved::Empty } else { NotMoved::Occupied };
        let fits = |reader: &SimulatedReader| reader.slot.citizen().is_some() == occupied;
        match wanted {
            None => self.readers.iter().find(|reader| fits(reader)).ok_or(wrong),
            Some(id) => {
                let found = self.readers.iter().find(|reader| reader.reader == id);
                found
                    .ok_or(NotMoved::NoReader)
                    .and_then(|reader| if fits(reader) { Ok(reader) } else { Err(wrong) })
            }
        }
    }

    /// Takes the card of `citizen`: the one in use before, or a new one.
    fn take(&self, aside: &mut Vec<VirtualCard>, citizen: &str) -> Result<VirtualCard, NotMoved> {
        let citizen = Citizen::find(citizen).map_err(|_| NotMoved::Nobody)?;
        let there = |reader: &SimulatedReader| reader.slot.citizen().is_some_and(|holder| holder.id == citizen.id);
        if self.readers.iter().any(there) {
            return Err(NotMoved::Elsewhere);
        }
        match aside.iter().position(|card| card.citizen().id == citizen.id) {
            Some(index) => Ok(aside.swap_remove(index)),
            None => VirtualCard::new(citizen, &self.pki).map_err(|_| NotMoved::Nobody),
        }
    }

    fn put(&self, reader: Option<u32>, citizen: &str, occupied: bool) -> Result<u32, NotMoved> {
        let mut aside = self.aside();
        // Before a card is taken, because one that found no place would be lost with its tries.
        let reader = self.reader(reader, occupied)?;
        let card = self.take(&mut aside, citizen)?;
        aside.extend(reader.insert(card));
        Ok(reader.reader)
    }
}

impl Simulation for SimulatedDesk {
    fn insert(&self, reader: Option<u32>, citizen: &str) -> Result<u32, NotMoved> {
        self.put(reader, citizen, false)
    }

    fn remove(&self, reader: Option<u32>) -> Result<u32, NotMoved> {
        let mut aside = self.aside();
        let reader = self.reader(reader, true)?;
        aside.extend(reader.remove());
        Ok(reader.reader)
    }

    fn swap(&self, reader: Option<u32>, citizen: &str) -> Result<u32, NotMoved> {
        self.put(reader, citizen, true)
    }
}
