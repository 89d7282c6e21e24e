//! Every reader, and the insertion in it.

use super::insertion::Insertion;
use super::lock;
use super::prefetch::Prefetch;
use super::roles::Roles;
use super::status::{CardId, CardStatus};
use super::thread::{self, Connect};
use crate::api::types::ReaderAnswer;
use crate::api::words;
use crate::api::{ApiError, ErrorCode};
use crate::config::AssignedRole;
use crate::events::{Event, Events};
use crate::texts::Message;
use beid_card::Experience;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

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
    threads: Mutex<Threads>,
    /// Rung when a card's thread ends.
    thread_ended: Condvar,
}

/// The cards' threads.
#[derive(Default)]
struct Threads {
    /// Card of each thread. Threads that have been given up are among them until PC/SC lets them return.
    running: Vec<Arc<Insertion>>,
    /// True while a thread looks after them.
    watched: bool,
}

/// Pause between two looks at whether a card should have answered by now.
const LOOK: Duration = Duration::from_millis(250);
/// Number of threads that may be stuck in PC/SC: as many as it has readers. Beyond that no card gets a thread of its own.
const MOST_STUCK: usize = 16;
/// Time without news of the readers after which PC/SC is taken to be stuck. They are looked at every half second.
const UNHEARD: Duration = Duration::from_secs(10);

#[derive(Default)]
struct State {
    readers: BTreeMap<u32, Reader>,
    next_reader: u32,
    gone: VecDeque<CardId>,
    /// Why there is nothing: the smart card service itself is missing.
    trouble: Option<ErrorCode>,
    /// When PC/SC last told of its readers; absent where it is not asked.
    heard: Option<Instant>,
}

struct Reader {
    name: String,
    pin_pad: bool,
    role: AssignedRole,
    card: Option<Arc<Insertion>>,
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
            threads: Mutex::default(),
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

    /// A reader was plugged in.
    pub fn reader_added(&self, name: &str) -> u32 {
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
        let (insertion, name) = match lock(&self.state).readers.get_mut(&reader) {
            Some(place) => {
                let insertion = Insertion::new(reader, &place.name, simulated);
                place.card = Some(Arc::clone(&insertion));
                (insertion, place.name.clone())
            }
            None => return,
        };
        tracing::info!(reader = name, "card inserted");
        self.events
            .send(Event::card("card.inserted", reader, insertion.id.as_str()));
        if self.is_stuck() {
            tracing::error!(
                reader = name,
                "too many calls to the smart card service do not return; restart pcscd"
            );
            return self.write_off(&insertion);
        }
        self.look_after(&insertion);
        let own = thread::OwnThread {
            registry: Arc::clone(self),
            insertion,
        };
        thread::begin(own, &name, connect);
    }

    /// Tells whether `reader` has a card, as far as we know.
    #[must_use]
    pub fn has_card(&self, reader: u32) -> bool {
        let state = lock(&self.state);
        state.readers.get(&reader).is_some_and(|reader| reader.card.is_some())
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
    pub fn choose_role(&self, name: &str, choice: Option<AssignedRole>) -> Result<AssignedRole, ApiError> {
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
        let mut state = lock(&self.state);
        (state.trouble, state.heard) = (trouble, Some(Instant::now()));
    }

    /// PC/SC has told of its readers, if only that there is nothing new.
    pub fn hear(&self) {
        lock(&self.state).heard = Some(Instant::now());
    }

    /// Trouble with the card service, if there is any: then nothing can be said of readers and cards.
    #[must_use]
    pub fn trouble(&self) -> Option<ErrorCode> {
        lock(&self.state).trouble()
    }

    /// Every reader and what is in it.
    #[must_use]
    pub fn readers(&self) -> Vec<ReaderAnswer> {
        let state = lock(&self.state);
        let answer = |(id, reader): (&u32, &Reader)| ReaderAnswer {
            id: id.to_string(),
            name: reader.name.clone(),
            pin_pad: reader.pin_pad,
            role: reader.role.into(),
            card: reader.card.as_ref().map(|card| card.to_answer()),
        };
        state.readers.iter().map(answer).collect()
    }

    /// The card called `id`: an insertion, or `current`. Decided once, now; whatever changes later is `card-removed`.
    ///
    /// # Errors
    /// `card-removed` if it was pulled out, `not-found` if it never was; for `current` `no-reader`, `no-card`,
    /// `several-cards`, what is wrong with the only card, or what is wrong with the card service.
    pub fn resolve(&self, id: &str) -> Result<Arc<Insertion>, ApiError> {
        let state = lock(&self.state);
        if id == "current" {
            return state.only(|role| role != AssignedRole::Provider, "detail-no-card");
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
        if !state
            .readers
            .values()
            .any(|reader| reader.role == AssignedRole::Provider)
        {
            let text = Message::new("detail-no-provider-reader");
            return Err(ApiError::new(ErrorCode::NoReader, text));
        }
        state.only(|role| role == AssignedRole::Provider, "detail-no-provider-card")
    }

    /// Whether `card` is in a reader for the provider's own.
    #[must_use]
    pub fn is_for_providers(&self, card: &Insertion) -> bool {
        let state = lock(&self.state);
        let reader = state.readers.get(&card.reader);
        reader.is_some_and(|reader| reader.role == AssignedRole::Provider)
    }

    /// All cards go; their threads end as soon as what they are doing is done.
    pub fn shut_down(&self) {
        let readers: Vec<u32> = lock(&self.state).readers.keys().copied().collect();
        readers.into_iter().for_each(|reader| self.card_removed(reader));
    }

    pub(super) fn thread_ended(&self, insertion: &Arc<Insertion>) {
        lock(&self.threads).running.retain(|one| !Arc::ptr_eq(one, insertion));
        self.thread_ended.notify_all();
    }

    /// Waits until every card's thread has ended, so that none is left between VERIFY and LOG OFF; at most `patience`.
    /// Those that have been given up are not waited for.
    pub fn wait_for_threads(&self, patience: Duration) {
        let waited = self
            .thread_ended
            .wait_timeout_while(lock(&self.threads), patience, |threads| threads.are_at_work());
        drop(waited);
    }

    /// Sees to it that `insertion` is given up if PC/SC does not come back to its thread in time.
    fn look_after(self: &Arc<Self>, insertion: &Arc<Insertion>) {
        let mut threads = lock(&self.threads);
        threads.running.push(Arc::clone(insertion));
        if threads.watched {
            return;
        }
        let registry = Arc::clone(self);
        let watch = std::thread::Builder::new().name("card-watch".to_owned());
        match watch.spawn(move || registry.watch_threads()) {
            Ok(_) => threads.watched = true,
            // The next card tries again.
            Err(error) => tracing::error!(%error, "no thread to look after cards"),
        }
    }

    /// Gives up whoever should be back from PC/SC, for as long as anybody is at work.
    fn watch_threads(&self) {
        let mut threads = lock(&self.threads);
        while threads.are_at_work() {
            let late = threads.running.iter().filter(|one| one.waiting.give_up_if_late());
            let late: Vec<_> = late.cloned().collect();
            drop(threads);
            for insertion in late {
                tracing::warn!(reader = insertion.reader, "card does not answer; given up");
                self.write_off(&insertion);
            }
            threads = lock(&self.threads);
            let at_work = |threads: &mut Threads| threads.are_at_work();
            let waited = self.thread_ended.wait_timeout_while(threads, LOOK, at_work);
            threads = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        threads.watched = false;
    }

    /// Tells whether so many threads are stuck in PC/SC that there should be no more.
    fn is_stuck(&self) -> bool {
        let threads = lock(&self.threads);
        let stuck = threads.running.iter().filter(|one| one.waiting.is_given_up());
        stuck.count() >= MOST_STUCK
    }

    /// Nobody works for this card any more: whoever waits for it is told, and so is everybody else.
    fn write_off(&self, insertion: &Arc<Insertion>) {
        // In this order, so that whoever is told finds the card mute.
        self.recognised(insertion, CardStatus::Mute);
        insertion.fall_silent();
    }

    /// Ends an insertion that found out by itself that its card has gone; nothing happens if somebody noticed before.
    /// Should there be a card all the same, whoever watches the reader has it met anew.
    pub(super) fn end(&self, insertion: &Arc<Insertion>) {
        let taken = lock(&self.state).take_card(insertion.reader, |card| Arc::ptr_eq(card, insertion));
        if let Some(taken) = taken {
            self.bury(&taken);
        }
    }

    fn bury(&self, insertion: &Insertion) {
        insertion.gone.mark();
        insertion.queue.close();
        tracing::info!(reader = insertion.reader, "card removed");
        self.events
            .send(Event::card("card.removed", insertion.reader, insertion.id.as_str()));
    }

    /// Says what a card is, unless it has been pulled out meanwhile; true if that is news.
    pub(super) fn recognised(&self, insertion: &Arc<Insertion>, status: CardStatus) -> bool {
        let mut state = lock(&self.state);
        let Some(reader) = state.readers.get_mut(&insertion.reader) else {
            return false;
        };
        if !reader.card.as_ref().is_some_and(|card| Arc::ptr_eq(card, insertion)) {
            return false;
        }
        // What has been written off stays so, whatever its thread finds when it comes back.
        if insertion.is_silent() && status != CardStatus::Mute {
            return false;
        }
        if std::mem::replace(&mut *lock(&insertion.status), status.clone()) == status {
            return false;
        }
        tracing::info!(reader = insertion.reader, status = %words::CardStatus::from(&status), "card recognised");
        // Only through a card of ours is a reader asked for its keypad; what it said then holds after other cards too.
        if status.is_usable() {
            reader.pin_pad = insertion.pin_pad().is_some();
        }
        // Under the lock, so that nobody hears of the removal first; sending does not wait.
        self.events
            .send(Event::card("card.ready", insertion.reader, insertion.id.as_str()));
        true
    }
}

impl Threads {
    /// Tells whether any has not been given up.
    fn are_at_work(&self) -> bool {
        self.running.iter().any(|one| !one.waiting.is_given_up())
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

    fn trouble(&self) -> Option<ErrorCode> {
        let unheard = self.heard.is_some_and(|heard| heard.elapsed() > UNHEARD);
        self.trouble.or(unheard.then_some(ErrorCode::PcscUnavailable))
    }

    /// The only usable card in readers of such roles. `text` is what to do if there is none.
    fn only(&self, is_meant: impl Fn(AssignedRole) -> bool, text: &str) -> Result<Arc<Insertion>, ApiError> {
        if let Some(trouble) = self.trouble() {
            return Err(trouble.into());
        }
        let readers = self.readers.values().filter(|reader| is_meant(reader.role));
        let cards: Vec<_> = readers.filter_map(|reader| reader.card.as_ref()).collect();
        let mut usable = cards.iter().filter(|card| card.status().is_usable());
        match (usable.next(), usable.next()) {
            (Some(card), None) => Ok(Arc::clone(card)),
            (Some(_), Some(_)) => Err(self.with_readers(ErrorCode::SeveralCards, "detail-several-cards")),
            (None, _) if !cards.is_empty() => Err(why_unusable(&cards)),
            (None, _) if self.readers.is_empty() => Err(ErrorCode::NoReader.into()),
            (None, _) => Err(self.with_readers(ErrorCode::NoCard, text)),
        }
    }

    /// An error that says which reader holds what. A reader's name says nothing of any person.
    fn with_readers(&self, code: ErrorCode, text: &str) -> ApiError {
        let readers = self.readers.values().map(Reader::to_message).collect();
        ApiError::new(code, Message::new(text).list("readers", readers))
    }
}

impl Reader {
    /// Sentence that names the reader, its role and its content.
    fn to_message(&self) -> Message {
        let status = self.card.as_ref().map_or_else(
            || "empty".to_owned(),
            |card| words::CardStatus::from(&card.status()).to_string(),
        );
        Message::new("reader-holds")
            .arg("reader", self.name.as_str())
            .arg("role", self.role.word())
            .arg("card", status)
    }
}

/// Error for cards none of which can be used: what passes comes first. A card that could not be met is tried anew.
fn why_unusable(cards: &[&Arc<Insertion>]) -> ApiError {
    let with = |status: CardStatus| cards.iter().find(|card| card.status() == status);
    if with(CardStatus::Busy).is_some() {
        ErrorCode::CardBusy.into()
    } else if let Some(card) = with(CardStatus::Mute) {
        card.queue.nudge();
        card.does_not_answer()
    } else {
        ErrorCode::UnsupportedCard.into()
    }
}
