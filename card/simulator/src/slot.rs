//! A reader in memory, for several programs at a time, with cards that come and go and faults on request.

use crate::wire::{self, Exchanged, Timing};
use crate::{Citizen, VirtualCard, VirtualConnection};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A handle to a virtual reader; clones are handles to the same one.
#[derive(Clone, Debug, Default)]
pub struct VirtualSlot(Arc<SharedSlot>);

#[derive(Default, Debug)]
struct SharedSlot {
    state: Mutex<SlotState>,
    bell: Condvar,
}

pub(crate) type HeaderObserver = Arc<dyn Fn([u8; 4]) + Send + Sync>;
pub(crate) type ExchangeListener = Arc<dyn Fn(&Exchanged) + Send + Sync>;

/// Maximum number of exchanges in the log: a reader may be in use for weeks.
const LOG_LIMIT: usize = 50_000;

#[derive(Default)]
pub(crate) struct SlotState {
    pub(crate) card: Option<VirtualCard>,
    /// Number of times that a card has come or gone. The value right after an insertion names that insertion.
    changes: u64,
    /// Value of `changes` at the last insertion.
    pub(crate) insertion: u64,
    /// Number of resets of the card in the slot.
    pub(crate) resets: u64,
    connections: u64,
    /// Id of the connection that has exclusive use.
    pub(crate) holder: Option<u64>,
    remove_after: Option<u32>,
    mute_after: Option<u32>,
    apdus: u64,
    pub(crate) observer: Option<HeaderObserver>,
    pub(crate) listener: Option<ExchangeListener>,
    log: VecDeque<Exchanged>,
    /// Number of bytes of all exchanges so far.
    wire: u64,
    timing: Timing,
    /// Time until which power or a reset keeps the card busy.
    ready: Option<Instant>,
}

impl fmt::Debug for SlotState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlotState")
            .field("card", &self.card)
            .field("changes", &self.changes)
            .finish_non_exhaustive()
    }
}

impl VirtualSlot {
    /// Makes an empty reader.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts `card` in, reset. A card that was there is replaced in the same instant (one change, two cards) and handed
    /// back.
    pub fn insert(&self, mut card: VirtualCard) -> Option<VirtualCard> {
        // It gets power: file, PIN rights and environment of an earlier insertion are gone.
        card.reset();
        let mut state = self.lock();
        let old = state.card.replace(card);
        state.changed();
        state.insertion = state.changes;
        state.start_up();
        self.0.bell.notify_all();
        old
    }

    /// Pulls the card out. Put in again, it still knows how often its PIN was wrong.
    pub fn remove(&self) -> Option<VirtualCard> {
        let mut state = self.lock();
        let card = state.card.take();
        if card.is_some() {
            state.changed();
            self.0.bell.notify_all();
        }
        card
    }

    /// Connects to the card that is in the slot now, if there is one. The connection dies with this insertion.
    #[must_use]
    pub fn connect(&self) -> Option<VirtualConnection> {
        let mut state = self.lock();
        let atr = state.card.as_ref()?.atr();
        state.connections = state.connections.saturating_add(1);
        Some(VirtualConnection {
            slot: self.clone(),
            id: state.connections,
            insertion: state.insertion,
            resets: state.resets,
            atr,
        })
    }

    /// Resets the card as another program would: connections get `TransportError::Reset` until they reconnect.
    pub fn reset(&self) {
        self.lock().reset();
        self.0.bell.notify_all();
    }

    /// Makes the card vanish when the `n`-th APDU from now arrives, unanswered; 1 is the very next.
    /// Forgotten when the card is changed by hand before that.
    pub fn remove_after(&self, n: u32) {
        self.lock().remove_after = Some(n.max(1));
    }

    /// Makes the card fall silent when the `n`-th APDU from now arrives; 1 is the very next. Neither that one nor any
    /// later one is answered until the card is changed by hand or reset.
    pub fn mute_after(&self, n: u32) {
        self.lock().mute_after = Some(n.max(1));
    }

    /// Returns true if the card in the slot has fallen silent.
    #[must_use]
    pub fn is_mute(&self) -> bool {
        self.lock().is_mute()
    }

    /// The holder of the card in the slot.
    #[must_use]
    pub fn citizen(&self) -> Option<&'static Citizen> {
        self.lock().card.as_ref().map(VirtualCard::citizen)
    }

    /// PIN tries left of the card in the slot.
    #[must_use]
    pub fn tries_left(&self) -> Option<u8> {
        self.lock().card.as_ref().map(VirtualCard::tries_left)
    }

    /// Number of times that a card has come or gone. (A swap counts once.)
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.lock().changes
    }

    /// Waits until [`changes`](Self::changes) is no longer `since`, at most `timeout`; returns what it is then.
    #[must_use]
    pub fn wait_change(&self, since: u64, timeout: Duration) -> u64 {
        let waited = self
            .0
            .bell
            .wait_timeout_while(self.lock(), timeout, |state| state.changes == since);
        waited.unwrap_or_else(PoisonError::into_inner).0.changes
    }

    /// Number of APDUs that have arrived so far, over all cards and connections.
    #[must_use]
    pub fn apdus(&self) -> u64 {
        self.lock().apdus
    }

    /// Number of bytes that have gone over the wire so far, over all cards and connections (see [`Exchanged::wire`]).
    #[must_use]
    pub fn wire_bytes(&self) -> u64 {
        self.lock().wire
    }

    /// The exchanges since [`clear_log`](Self::clear_log), oldest first, over all cards and connections, at most the
    /// last 50 000. A command that was not answered is none.
    #[must_use]
    pub fn log(&self) -> Vec<Exchanged> {
        self.lock().log.iter().copied().collect()
    }

    /// Forgets the exchanges so far. The counts go on.
    pub fn clear_log(&self) {
        self.lock().log.clear();
    }

    /// Answers as fast as `timing` says from now on.
    pub fn set_timing(&self, timing: Timing) {
        self.lock().timing = timing;
    }

    /// Shows each exchange to `listener` before its answer is out, in place of an earlier one.
    pub fn listen(&self, listener: impl Fn(&Exchanged) + Send + Sync + 'static) {
        self.lock().listener = Some(Arc::new(listener));
    }

    /// Shows CLA INS P1 P2 of each arriving APDU to `observer`, in place of an earlier one. Never its data.
    pub fn observe(&self, observer: impl Fn([u8; 4]) + Send + Sync + 'static) {
        self.lock().observer = Some(Arc::new(observer));
    }

    /// Condition that is notified when a card comes or goes, and when exclusive use ends.
    pub(crate) fn bell(&self) -> &Condvar {
        &self.0.bell
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, SlotState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SlotState {
    /// Notes that a card came or went, and drops all state about the old one.
    fn changed(&mut self) {
        self.changes = self.changes.saturating_add(1);
        (self.holder, self.remove_after, self.mute_after) = (None, None, None);
    }

    pub(crate) fn reset(&mut self) {
        if let Some(card) = &mut self.card {
            card.reset();
            self.resets = self.resets.saturating_add(1);
            self.holder = None;
            // A reset wakes a silent card; an order to fall silent later still stands.
            if self.is_mute() {
                self.mute_after = None;
            }
            self.start_up();
        }
    }

    fn start_up(&mut self) {
        let card = self.card.as_ref().filter(|_| self.timing == Timing::Real);
        self.ready = card.and_then(|card| Instant::now().checked_add(wire::start_up(card.model())));
    }

    /// Lets the card answer. Also returns the time when the answer is due.
    pub(crate) fn answer(&mut self, command: &[u8]) -> Option<(Vec<u8>, Exchanged, Option<Instant>)> {
        let card = self.card.as_mut()?;
        let answer = card.apdu(command);
        let exchanged = Exchanged::new(command, &answer);
        self.wire = self
            .wire
            .saturating_add(u64::try_from(exchanged.wire).unwrap_or_default());
        if self.log.len() == LOG_LIMIT {
            self.log.pop_front();
        }
        self.log.push_back(exchanged);
        // Power or a reset may still keep the card busy.
        let start = Instant::now().max(self.ready.unwrap_or_else(Instant::now));
        let due = match self.timing {
            Timing::Instant => None,
            Timing::Real => start.checked_add(exchanged.duration(card.model())),
        };
        Some((answer, exchanged, due))
    }

    /// Counts an arriving APDU; true if the card is to vanish now.
    pub(crate) fn arrive(&mut self) -> bool {
        self.apdus = self.apdus.saturating_add(1);
        let left = self.remove_after.map(|n| n.saturating_sub(1));
        self.remove_after = left;
        self.mute_after = self.mute_after.map(|n| n.saturating_sub(1));
        left == Some(0)
    }

    /// Returns true if the card has fallen silent.
    pub(crate) fn is_mute(&self) -> bool {
        self.mute_after == Some(0)
    }
}
