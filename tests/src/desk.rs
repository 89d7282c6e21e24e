//! Everything together: readers, bus, person and daemon.

use crate::bus::{BusCallError, SessionBus};
use crate::daemon::{Daemon, DaemonOptions};
use crate::pinentry::ScriptedPinentry;
use crate::readers::{Readers, Slot};
use serde_json::{Value, json};

/// A desk with two readers, a person, a bus, and beidd serving it.
pub struct Desk {
    /// The daemon.
    pub daemon: Daemon,
    /// The person.
    pub pinentry: ScriptedPinentry,
    /// The session bus.
    pub bus: SessionBus,
    /// The readers.
    pub readers: Readers,
}

impl Desk {
    /// Sets it up.
    ///
    /// # Panics
    /// If anything does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(|options| options)
    }

    /// Sets it up with a daemon configured otherwise: `Desk::start_with(|o| o.set("prompt", "timeout_s", "3"))`.
    ///
    /// # Panics
    /// If anything does not start.
    #[must_use]
    pub fn start_with(configure: impl FnOnce(DaemonOptions) -> DaemonOptions) -> Self {
        let (readers, bus, pinentry) = (Readers::start(), SessionBus::start(), ScriptedPinentry::new());
        let options = DaemonOptions::new().readers(&readers).bus(&bus).pinentry(&pinentry);
        Self {
            daemon: configure(options).start(),
            pinentry,
            bus,
            readers,
        }
    }

    /// Sets it up as the desk of an invented physician, who is the author of every document.
    ///
    /// # Panics
    /// If anything does not start.
    #[must_use]
    pub fn of_practice() -> Self {
        Self::start_with(DaemonOptions::practice)
    }

    /// Puts a card into the first reader and waits until the daemon says that it is ready; returns its `cardId`.
    ///
    /// # Panics
    /// If it does not become ready.
    pub fn insert(&self, citizen: &str) -> String {
        self.insert_into(self.readers.first(), citizen)
    }

    /// Puts a card into `slot` and waits until the daemon says that it is ready; returns its `cardId`.
    ///
    /// # Panics
    /// If it does not become ready.
    pub fn insert_into(&self, slot: &Slot, citizen: &str) -> String {
        let before = self.card_in(slot).map(|card| card["id"].clone());
        slot.insert(citizen);
        self.bus.wait_for(&format!("card of {citizen} is ready"), || {
            let card = self.card_in(slot)?;
            let is_new = before.as_ref() != Some(&card["id"]);
            (is_new && card["status"] == "ready").then(|| card["id"].as_str().map(str::to_owned))?
        })
    }

    /// Card in `slot` as the daemon sees it: `{id,kind,status}`; nothing while it has lost `pcscd`.
    ///
    /// # Panics
    /// If the daemon does not answer.
    #[must_use]
    pub fn card_in(&self, slot: &Slot) -> Option<Value> {
        let listed = match self.manager("ListReaders", &json!({})) {
            Err(error) if error.code() == "pcsc-unavailable" => return None,
            listed => listed.unwrap_or_else(|e| panic!("ListReaders: {e:?}")),
        };
        let mut readers = listed["readers"].as_array().into_iter().flatten();
        let reader = readers.find(|reader| reader["name"] == slot.name())?;
        reader.get("card").filter(|card| card.is_object()).cloned()
    }

    /// Calls a method of `org.beidd1.Manager`.
    ///
    /// # Errors
    /// What came instead of an answer.
    pub fn manager(&self, method: &str, members: &Value) -> Result<Value, BusCallError> {
        self.bus.call("/org/beidd1", "org.beidd1.Manager", method, members)
    }

    /// Calls a method of `org.beidd1.Card`.
    ///
    /// # Errors
    /// What came instead of an answer.
    pub fn card(&self, card: &str, method: &str, members: &Value) -> Result<Value, BusCallError> {
        self.bus
            .call(&format!("/org/beidd1/card/{card}"), "org.beidd1.Card", method, members)
    }
}

/// Members of a request that registers a link with its proof: `eidreading`, `eidsigning`.
#[must_use]
pub fn link(proof: &str) -> Value {
    json!({ "operation": "put", "type": "gpconsultation", "proof": proof })
}
