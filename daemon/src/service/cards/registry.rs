//! Every reader, and the insertion in it.

use super::insertion::Insertion;
use super::lock;
use super::prefetch::Prefetch;
use super::roles::Roles;
use super::status::{CardId, CardStatus, Role};
use super::thread::{self, Connect};
use crate::api::types::ReaderAnswer;
use crate::api::{ApiError, ErrorCode};
use crate::service::events::{Event, Events};
use crate::texts::Message;
use beid_card::Experience;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::Duration;

/// How many removed cards are remembered as removed (410) rather than unknown (404).
const REMEMBERED: usize = 1024;

/// Every reader and card there is.
pub struct Registry {
    state: Mutex<State>,
    events: Events,
    roles: Roles,
    /// What cards have taught so far.
    experience: Arc<Experience>,
    /// What is read of a card before anybody asks; nothing until somebody says.
    prefetch: OnceLock<Prefetch>,
    /// How many card threads there are; told when one ends.
    threads: Mutex<usize>,
    thread_ended: Condvar,
}

/// Whether the reader should be looked at again: another card may sit there that nobody saw coming.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Recheck {
    Yes,
    No,
}

#[derive(Default)]
struct State {
    readers: BTreeMap<u32, Reader>,
    next_reader: u32,
    gone: VecDeque<CardId>,
    /// Why there is nothing: the smart card service itself is missing.
    trouble: Option<ErrorCode>,
}

struct Reader {
    name: String,
    pin_pad: bool,
    role: Role,
    card: Option<Arc<Insertion>>,
    /// Told when a card turns out to be another one than we thought.
    recheck: Arc<dyn Fn() + Send + Sync>,
}

impl Registry {
    /// No readers yet; their roles will be what `roles` says.
    #[must_use]
    pub fn new(events: Events, roles: impl Into<Roles>, experience: Arc<Experience>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            events,
            roles: roles.into(),
            experience,
            prefetch: OnceLock::new(),
            threads: Mutex::new(0),
            thread_ended: Condvar::new(),
        })
    }

    /// What cards have taught so far, for the next one.
    pub(super) fn experience(&self) -> Arc<Experience> {
        Arc::clone(&self.experience)
    }

    /// Has cards that come from now on read ahead. Said once; later words change nothing.
    pub(crate) fn read_ahead(&self, prefetch: Prefetch) {
        self.prefetch.get_or_init(|| prefetch);
    }

    pub(super) fn prefetch(&self) -> Option<&Prefetch> {
        self.prefetch.get()
    }

    /// A reader was plugged in. `recheck` is called when its card should be looked at again.
    pub fn reader_added(&self, name: &str, recheck: Arc<dyn Fn() + Send + Sync>) -> u32 {
        let mut state = lock(&self.state);
        let role = self.roles.of(name);
        let id = state.next_reader;
        state.next_reader += 1;
        state.trouble = None;
        state.readers.insert(
            id,
            Reader {
                name: name.to_owned(),
                pin_pad: false,
                role,
                card: None,
                recheck,
            },
        );
        drop(state);
        tracing::info!(reader = name, "reader added");
        self.events.send(Event::reader("reader.added", id));
        id
    }

    /// A reader was unplugged, and with it its card.
    pub fn reader_removed(&self, reader: u32) {
        self.card_removed(reader);
        let gone = lock(&self.state).readers.remove(&reader);
        if let Some(gone) = gone {
            tracing::info!(reader = gone.name, "reader removed");
            self.events.send(Event::reader("reader.removed", reader));
        }
    }

    /// A card was put into `reader`: it gets an id and a thread of its own. A card that was there is gone.
    pub fn card_inserted(self: &Arc<Self>, reader: u32, simulated: bool, connect: Connect) {
        self.card_removed(reader);
        let insertion = Insertion::new(reader, simulated);
        let name = match lock(&self.state).readers.get_mut(&reader) {
            Some(place) => {
                place.card = Some(insertion.clone());
                place.name.clone()
            }
            None => return,
        };
        tracing::info!(reader = name, "card inserted");
        self.events
            .send(Event::card("card.inserted", reader, insertion.id.as_str()));
        *lock(&self.threads) += 1;
        thread::begin(
            thread::OwnThread {
                registry: Arc::clone(self),
                insertion,
            },
            &name,
            connect,
        );
    }

    /// The card in `reader` turned out to be another one than we thought: whichever is there is met anew, unless that
    /// has happened already.
    pub fn card_seen_again(self: &Arc<Self>, reader: u32, connect: Connect) {
        let is_empty = lock(&self.state)
            .readers
            .get(&reader)
            .is_some_and(|reader| reader.card.is_none());
        if is_empty {
            self.card_inserted(reader, false, connect);
        }
    }

    /// The card in `reader` was pulled out.
    pub fn card_removed(&self, reader: u32) {
        let taken = lock(&self.state).take_card(reader, |_| true);
        if let Some(insertion) = taken {
            self.bury(&insertion);
        }
    }

    /// The name of `reader`.
    #[must_use]
    pub fn reader_name(&self, reader: u32) -> Option<String> {
        lock(&self.state).readers.get(&reader).map(|reader| reader.name.clone())
    }

    /// What readers are for.
    #[must_use]
    pub fn roles(&self) -> &Roles {
        &self.roles
    }

    /// Makes a person's choice what the reader called `name` is for, now and after the next start; without one it is
    /// what the settings say again. Returns what it is for now.
    ///
    /// # Errors
    /// `internal` if that cannot be kept: then nothing has changed.
    pub fn choose_role(&self, name: &str, choice: Option<Role>) -> Result<Role, ApiError> {
        // Under the lock, so that a reader plugged in meanwhile gets one or the other.
        let mut state = lock(&self.state);
        self.roles.choose(name, choice)?;
        let role = self.roles.of(name);
        let named = state.readers.values_mut().filter(|reader| reader.name == name);
        named.for_each(|reader| reader.role = role);
        drop(state);
        tracing::info!(reader = name, role = role.word(), "reader has another role");
        Ok(role)
    }

    /// The card service is missing, or is back.
    pub fn set_trouble(&self, trouble: Option<ErrorCode>) {
        lock(&self.state).trouble = trouble;
    }

    /// Every reader and what is in it.
    #[must_use]
    pub fn readers(&self) -> Vec<ReaderAnswer> {
        let state = lock(&self.state);
        let answer = |(id, reader): (&u32, &Reader)| ReaderAnswer {
            id: id.to_string(),
            name: reader.name.clone(),
            pin_pad: reader.pin_pad,
            role: reader.role.word(),
            card: reader.card.as_ref().map(|card| card.to_answer()),
        };
        state.readers.iter().map(answer).collect()
    }

    /// The card called `id`: an insertion, or `current`. Decided once, now; whatever changes later is `card-removed`.
    ///
    /// # Errors
    /// `card-removed` if it was pulled out, `not-found` if it never was; for `current` `no-reader`, `no-card`,
    /// `several-cards`, or what is wrong with the card service.
    pub fn resolve(&self, id: &str) -> Result<Arc<Insertion>, ApiError> {
        let state = lock(&self.state);
        if id == "current" {
            return state.only(|role| role != Role::Provider);
        }
        let cards = || state.readers.values().filter_map(|reader| reader.card.as_ref());
        if let Some(card) = cards().find(|card| card.id.0 == id) {
            return Ok(card.clone());
        }
        let known = state.gone.iter().any(|gone| gone.0 == id);
        Err(if known {
            ErrorCode::CardRemoved.into()
        } else {
            ApiError::new(ErrorCode::NotFound, Message::new("detail-no-such-card"))
        })
    }

    /// The only usable card in a reader for the provider's own, decided once as [`resolve`](Self::resolve) does.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve) for `current`; `no-reader` if none is for that.
    pub fn provider(&self) -> Result<Arc<Insertion>, ApiError> {
        let state = lock(&self.state);
        if !state.readers.values().any(|reader| reader.role == Role::Provider) {
            let text = Message::new("detail-no-provider-reader");
            return Err(ApiError::new(ErrorCode::NoReader, text));
        }
        state.only(|role| role == Role::Provider)
    }

    /// Whether `card` is in a reader for the provider's own.
    #[must_use]
    pub fn is_for_providers(&self, card: &Insertion) -> bool {
        let state = lock(&self.state);
        let reader = state.readers.get(&card.reader);
        reader.is_some_and(|reader| reader.role == Role::Provider)
    }

    /// All cards go; their threads end as soon as what they are doing is done.
    pub fn shut_down(&self) {
        let readers: Vec<u32> = lock(&self.state).readers.keys().copied().collect();
        readers.into_iter().for_each(|reader| self.card_removed(reader));
    }

    pub(super) fn thread_ended(&self) {
        *lock(&self.threads) -= 1;
        self.thread_ended.notify_all();
    }

    /// Waits until every card's thread has ended, so that none is left between VERIFY and LOG OFF; at most `patience`.
    pub fn wait_for_threads(&self, patience: Duration) {
        let waited = self
            .thread_ended
            .wait_timeout_while(lock(&self.threads), patience, |threads| *threads > 0);
        drop(waited);
    }

    /// Ends an insertion that found out by itself that its card has gone; nothing happens if somebody noticed before.
    pub(super) fn end(&self, insertion: &Arc<Insertion>, recheck: Recheck) {
        let mut state = lock(&self.state);
        let Some(taken) = state.take_card(insertion.reader, |card| Arc::ptr_eq(card, insertion)) else {
            return;
        };
        let look_again = state
            .readers
            .get(&insertion.reader)
            .map(|reader| Arc::clone(&reader.recheck));
        drop(state);
        self.bury(&taken);
        if let (Recheck::Yes, Some(look_again)) = (recheck, look_again) {
            look_again();
        }
    }

    fn bury(&self, insertion: &Insertion) {
        insertion.gone.mark();
        insertion.queue.close();
        tracing::info!(reader = insertion.reader, "card removed");
        self.events
            .send(Event::card("card.removed", insertion.reader, insertion.id.as_str()));
    }

    /// Says what a card is, unless it has been pulled out meanwhile.
    pub(super) fn recognised(&self, insertion: &Arc<Insertion>, status: CardStatus) {
        let mut state = lock(&self.state);
        let Some(reader) = state.readers.get_mut(&insertion.reader) else {
            return;
        };
        if !reader.card.as_ref().is_some_and(|card| Arc::ptr_eq(card, insertion)) {
            return;
        }
        if std::mem::replace(&mut *lock(&insertion.status), status.clone()) == status {
            return;
        }
        tracing::info!(reader = insertion.reader, status = status.word(), "card recognised");
        // Only through a card of ours is a reader asked for its keypad; what it said then holds after other cards too.
        if status.is_usable() {
            reader.pin_pad = insertion.pin_pad().is_some();
        }
        // Under the lock, so that nobody hears of the removal first; sending does not wait.
        self.events
            .send(Event::card("card.ready", insertion.reader, insertion.id.as_str()));
    }
}

impl State {
    /// Takes the card out of `reader`, if it is the one meant; in the same moment it becomes one that was removed.
    fn take_card(&mut self, reader: u32, is_meant: impl Fn(&Arc<Insertion>) -> bool) -> Option<Arc<Insertion>> {
        let taken = self.readers.get_mut(&reader)?.card.take_if(|card| is_meant(card))?;
        if self.gone.len() == REMEMBERED {
            self.gone.pop_front();
        }
        self.gone.push_back(taken.id.clone());
        Some(taken)
    }

    /// The only usable card in readers of such roles.
    fn only(&self, is_meant: impl Fn(Role) -> bool) -> Result<Arc<Insertion>, ApiError> {
        let readers = self.readers.values().filter(|reader| is_meant(reader.role));
        let cards: Vec<_> = readers.filter_map(|reader| reader.card.as_ref()).collect();
        let mut usable = cards.iter().filter(|card| card.status().is_usable());
        match (usable.next(), usable.next()) {
            (Some(card), None) => Ok(Arc::clone(card)),
            (Some(_), Some(_)) => Err(ErrorCode::SeveralCards.into()),
            (None, _) if !cards.is_empty() => Err(why_unusable(&cards).into()),
            (None, _) => Err(match self.trouble {
                Some(trouble) => trouble,
                None if self.readers.is_empty() => ErrorCode::NoReader,
                None => ErrorCode::NoCard,
            }
            .into()),
        }
    }
}

/// What is wrong with cards none of which can be used: what passes comes first.
fn why_unusable(cards: &[&Arc<Insertion>]) -> ErrorCode {
    let any = |status: CardStatus| cards.iter().any(|card| card.status() == status);
    if any(CardStatus::Busy) {
        ErrorCode::CardBusy
    } else if any(CardStatus::Mute) {
        ErrorCode::CardError
    } else {
        ErrorCode::UnsupportedCard
    }
}
