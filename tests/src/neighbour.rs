//! Another program that uses the same card.

use crate::readers::{Readers, Slot};
use beid_testkit::{LIMIT, RunningProgram, built, guarded};

/// A program of its own, connected to the card in one reader, that does what it is told (`card-neighbour`).
pub struct Neighbour(RunningProgram);

impl Neighbour {
    /// Shares the card in `slot`.
    ///
    /// # Panics
    /// If it cannot connect.
    #[must_use]
    pub fn sharing(readers: &Readers, slot: &Slot) -> Self {
        Self::connected(readers, slot, "shared")
    }

    /// Holds the card in `slot` for itself until dropped (`SCARD_SHARE_EXCLUSIVE`).
    ///
    /// # Panics
    /// If it cannot have it.
    #[must_use]
    pub fn excluding_others(readers: &Readers, slot: &Slot) -> Self {
        Self::connected(readers, slot, "exclusive")
    }

    fn connected(readers: &Readers, slot: &Slot, how: &str) -> Self {
        let mut command = guarded(built("card-neighbour"));
        command.arg(slot.name()).arg(how);
        command.env("PCSCLITE_CSOCK_NAME", readers.socket());
        let neighbour = Self(RunningProgram::start("card-neighbour", command));
        neighbour.expect("connected");
        neighbour
    }

    /// Begins a transaction: nobody else gets a command through until [`let_go`](Self::let_go).
    ///
    /// # Panics
    /// If it does not get the card.
    pub fn hold(&mut self) {
        self.order("hold");
    }

    /// Ends the transaction.
    ///
    /// # Panics
    /// If there is none.
    pub fn let_go(&mut self) {
        self.order("let-go");
    }

    /// Resets the card (`SCardReconnect` with `SCARD_RESET_CARD`), as soon as nobody has a transaction.
    ///
    /// # Panics
    /// If it cannot.
    pub fn reset(&mut self) {
        self.order("reset");
    }

    /// Sends a command, given in hexadecimal; returns the answer's status word, in hexadecimal.
    ///
    /// # Panics
    /// If there is no answer.
    pub fn send(&mut self, command: &str) -> String {
        self.order(&format!("send {command}"))
    }

    fn order(&mut self, order: &str) -> String {
        self.0.say(order);
        self.expect("ok")
    }

    fn expect(&self, word: &str) -> String {
        let line = self.0.line(LIMIT).unwrap_or_default();
        let said = line.strip_prefix(word);
        let said = said.unwrap_or_else(|| panic!("card-neighbour says {line:?}, not {word:?}"));
        said.trim().to_owned()
    }
}
