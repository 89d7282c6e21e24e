//! Every reader, and the insertion in it.

use super::insertion::Insertion;
use super::lock;
use super::news::ReaderNews;
use super::prefetch::Prefetch;
use super::roles::Roles;
use super::status::{CardId, CardStatus};
use super::thread::{self, Connect};
use super::watch::ThreadWatch;
use crate::events::{Event, Events};
use beid_api::types::ReaderAnswer;
use beid_api::words;
use beid_api::{ApiError, ErrorCode};
use beid_card::Experience;
use beid_metrics::Metrics;
use beid_settings::{AssignedRole, ReaderRules};
use beid_texts::Message;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// Number of removed cards that are remembered as removed (410) rather than unknown (404).
const REMEMBERED: usize = 1024;

/// All readers, and the cards in them.
pub struct Registry {
    state: Mutex<RegistryState>,
    events: Events,
    roles: Roles,
    /// Authorities' certificates and lengths of files, seen on earlier cards.
    experience: Arc<Experience>,
    /// Extent of reading ahead; nothing is read ahead until it is set.
    prefetch: OnceLock<Prefetch>,
    pub(super) threads: Arc<ThreadWatch>,
    metrics: Arc<Metrics>,
    /// Function that lets the source of the readers look at them; none where they are only ever reported.
    look: OnceLock<LookAtReaders>,
}

/// Lets the source of readers look at them soon, without waiting for it.
pub type LookAtReaders = Box<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct RegistryState {
    readers: BTreeMap<u32, Reader>,
    next_reader: u32,
    gone: VecDeque<CardId>,
    news: ReaderNews,
}

struct Reader {
    name: String,
    pin_pad: bool,
    role: AssignedRole,
    card: Option<Arc<Insertion>>,
}

impl Registry {
    /// Makes a registry without readers; `roles` tells the roles of those to come.
    #[must_use]
    pub fn new(events: Events, roles: impl Into<Roles>, experience: Arc<Experience>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            events,
            roles: roles.into(),
            experience,
            prefetch: OnceLock::new(),
            threads: Arc::default(),
            metrics: Arc::new(Metrics::new(env!("CARGO_PKG_VERSION"))),
            look: OnceLock::new(),
        })
    }

    /// Returns authorities' certificates and lengths of files, seen on earlier cards, for the next one.
    pub(crate) fn experience(&self) -> Arc<Experience> {
        Arc::clone(&self.experience)
    }

    /// Figures of this daemon.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Enables reading ahead of cards inserted from now on. Only the first call has an effect.
    pub(crate) fn read_ahead(&self, prefetch: Prefetch) {
        self.prefetch.get_or_init(|| prefetch);
    }

    pub(super) fn prefetch(&self) -> Option<&Prefetch> {
        self.prefetch.get()
    }

    /// Adds a reader that was plugged in; returns its number.
    pub fn reader_added(&self, name: &str) -> u32 {
        let mut state = lock(&self.state);
        let role = self.roles.role(name);
        let id = state.next_reader;
        state.next_reader += 1;
        state.news.clear_trouble();
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

    /// Removes a reader that was unplugged, and with it its card.
    pub fn reader_removed(&self, reader: u32) {
        // The card first, so that listeners hear of it while they still know the reader.
        self.card_removed(reader);
        let gone = lock(&self.state).readers.remove(&reader);
        if let Some(gone) = gone {
            tracing::info!(reader = gone.name, "reader removed");
            self.events.send(Event::reader("reader.removed", reader));
        }
    }

    /// Gives a card that was put into `reader` an id and a thread of its own. A card that was there before is removed.
    pub fn card_inserted(self: &Arc<Self>, reader: u32, simulated: bool, connect: Connect) {
        // A swap may be reported as an insertion alone.
        self.card_removed(reader);
        let (insertion, name) = match lock(&self.state).readers.get_mut(&reader) {
            Some(place) => {
                let keypad = self.roles.rule(&place.name).keypad;
                let insertion = Insertion::new(reader, &place.name, simulated, self.threads.calls(), keypad);
                place.card = Some(Arc::clone(&insertion));
                (insertion, place.name.clone())
            }
            None => return,
        };
        tracing::info!(reader = name, "card inserted");
        self.events
            .send(Event::card("card.inserted", reader, insertion.id.as_str()));
        if self.threads.are_stuck() {
            tracing::error!(
                reader = name,
                "too many calls to the smart card service do not return; restart pcscd"
            );
            return self.write_off(&insertion);
        }
        // Before the thread begins, whose end takes it off the list of those that are watched.
        let registry = Arc::clone(self);
        self.threads
            .look_after(&insertion, move |late| registry.write_off(late));
        let own = thread::OwnThread {
            registry: Arc::clone(self),
            insertion,
        };
        thread::begin(own, &name, connect);
    }

    /// Returns true if `reader` has a card, as far as we know.
    #[must_use]
    pub fn has_card(&self, reader: u32) -> bool {
        let state = lock(&self.state);
        state.readers.get(&reader).is_some_and(|reader| reader.card.is_some())
    }

    /// Removes the card that was pulled out of `reader`.
    pub fn card_removed(&self, reader: u32) {
        let taken = lock(&self.state).take_card(reader, |_| true);
        if let Some(insertion) = taken {
            self.bury(&insertion);
        }
    }

    /// PC/SC name of `reader`.
    #[must_use]
    pub fn reader_name(&self, reader: u32) -> Option<String> {
        lock(&self.state).readers.get(&reader).map(|reader| reader.name.clone())
    }

    /// Roles of the readers.
    #[must_use]
    pub fn roles(&self) -> &Roles {
        &self.roles
    }

    /// Gives the reader called `name` the role that a person chose, now and after the next start; without a choice, the
    /// one in the settings. Returns the role that it has now.
    ///
    /// # Errors
    /// `internal` if that cannot be kept: then nothing has changed.
    pub fn choose_role(&self, name: &str, choice: Option<AssignedRole>) -> Result<AssignedRole, ApiError> {
        // Under the lock, so that a reader plugged in meanwhile gets one or the other.
        let mut state = lock(&self.state);
        self.roles.choose(name, choice)?;
        let role = self.roles.role(name);
        let named = state.readers.values_mut().filter(|reader| reader.name == name);
        named.for_each(|reader| reader.role = role);
        drop(state);
        tracing::info!(reader = name, role = role.word(), "reader has another role");
        Ok(role)
    }

    /// Gives the readers other rules of the settings: their roles count at once, where no person has chosen one.
    pub(crate) fn set_rules(&self, by_settings: ReaderRules) {
        let mut state = lock(&self.state);
        self.roles.set(by_settings);
        for reader in state.readers.values_mut() {
            reader.role = self.roles.role(&reader.name);
        }
    }

    /// Notes that the smart card service is missing, or is back.
    pub fn set_trouble(&self, trouble: Option<ErrorCode>) {
        lock(&self.state).news.set_trouble(trouble, Instant::now());
    }

    /// Names the way to have the readers looked at. Only the first call has an effect.
    pub fn look_through(&self, look: LookAtReaders) {
        drop(self.look.set(look));
    }

    /// Notes that PC/SC has been asked about its readers, and owes an answer from now on.
    pub fn await_news(&self) {
        lock(&self.state).news.expect(Instant::now());
    }

    /// Notes that PC/SC has told of its readers, if only that there is nothing new.
    pub fn hear(&self) {
        lock(&self.state).news.hear(Instant::now());
    }

    /// Asks PC/SC about its readers if nothing has been heard of them lately.
    fn ask_for_news(&self) {
        let Some(look) = self.look.get() else { return };
        let must_ask = lock(&self.state).news.must_be_asked_for(Instant::now());
        if must_ask {
            look();
        }
    }

    /// Fault of the smart card service, if there is one: then nothing can be said of readers and cards.
    #[must_use]
    pub fn trouble(&self) -> Option<ErrorCode> {
        self.ask_for_news();
        lock(&self.state).news.trouble(Instant::now())
    }

    /// Describes every reader and its card.
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

    /// Finds the card called `id`: an insertion, or `current`. It is decided once, now; a later change is
    /// `card-removed`.
    ///
    /// # Errors
    /// `card-removed` if it was pulled out, `not-found` if it never was; for `current` `no-reader`, `no-card`,
    /// `several-cards`, the fault of the only card, or the fault of the smart card service.
    pub fn resolve(&self, id: &str) -> Result<Arc<Insertion>, ApiError> {
        self.ask_for_news();
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

    /// Finds the only usable card in a reader for the provider's own, decided once as [`resolve`](Self::resolve) does.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve) for `current`; `no-reader` if none is for that.
    pub fn provider(&self) -> Result<Arc<Insertion>, ApiError> {
        self.ask_for_news();
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

    /// Returns true if `card` is in a reader for the provider's own.
    #[must_use]
    pub fn is_for_providers(&self, card: &Insertion) -> bool {
        let state = lock(&self.state);
        let reader = state.readers.get(&card.reader);
        reader.is_some_and(|reader| reader.role == AssignedRole::Provider)
    }

    /// Removes all cards; their threads end as soon as their work is done.
    pub fn shut_down(&self) {
        let readers: Vec<u32> = lock(&self.state).readers.keys().copied().collect();
        readers.into_iter().for_each(|reader| self.card_removed(reader));
    }

    /// Waits until every card's thread has ended, so that none is left between VERIFY and LOG OFF; at most `patience`.
    /// Those that have been given up are not waited for.
    pub fn wait_for_threads(&self, patience: Duration) {
        self.threads.wait_for_all(patience);
    }

    /// Gives up a card that no thread works for: its status is mute, and its callers are answered.
    fn write_off(&self, insertion: &Arc<Insertion>) {
        // In this order, so that a caller who is answered finds the card mute.
        self.recognised(insertion, CardStatus::Mute);
        insertion.fall_silent();
    }

    /// Ends an insertion that found out by itself that its card has gone; nothing happens if that was noticed before.
    /// If there is a card all the same, the watch over the reader inserts it anew.
    pub(super) fn end(&self, insertion: &Arc<Insertion>) {
        // Not whichever card is there: the reader may have the next one already.
        let taken = lock(&self.state).take_card(insertion.reader, |card| Arc::ptr_eq(card, insertion));
        if let Some(taken) = taken {
            self.bury(&taken);
            if let Some(look) = self.look.get() {
                look();
            }
        }
    }

    /// Marks a card as removed, answers the callers who wait for it, and tells listeners.
    fn bury(&self, insertion: &Insertion) {
        insertion.gone.mark();
        insertion.queue.close();
        tracing::info!(reader = insertion.reader, "card removed");
        self.events
            .send(Event::card("card.removed", insertion.reader, insertion.id.as_str()));
    }

    /// Sets the status of a card, unless it has been pulled out or given up meanwhile; returns true if that is news.
    pub(super) fn recognised(&self, insertion: &Arc<Insertion>, status: CardStatus) -> bool {
        let mut state = lock(&self.state);
        let Some(reader) = state.readers.get_mut(&insertion.reader) else {
            return false;
        };
        if !reader.card.as_ref().is_some_and(|card| Arc::ptr_eq(card, insertion)) {
            return false;
        }
        // A card that was given up stays mute, whatever its thread finds when it comes back.
        if insertion.is_silent() && status != CardStatus::Mute {
            return false;
        }
        if std::mem::replace(&mut *lock(&insertion.status), status.clone()) == status {
            return false;
        }
        tracing::info!(reader = insertion.reader, status = %words::CardStatus::from(&status), "card recognised");
        // A keypad is found through an eID only; it is still there when another card is put in.
        if status.is_usable() {
            reader.pin_pad = insertion.pin_pad().is_some();
        }
        // Under the lock, so that nobody hears of the removal first; sending does not wait.
        self.events
            .send(Event::card("card.ready", insertion.reader, insertion.id.as_str()));
        true
    }
}

impl RegistryState {
    /// Takes the card out of `reader`, if it is the one meant, and remembers it as removed in the same moment.
    fn take_card(&mut self, reader: u32, is_meant: impl Fn(&Arc<Insertion>) -> bool) -> Option<Arc<Insertion>> {
        let taken = self.readers.get_mut(&reader)?.card.take_if(|card| is_meant(card))?;
        if self.gone.len() == REMEMBERED {
            self.gone.pop_front();
        }
        self.gone.push_back(taken.id.clone());
        Some(taken)
    }

    /// Finds the only usable card in readers of such roles. `text` is the id of the text that says what to do if there
    /// is no card.
    fn only(&self, is_meant: impl Fn(AssignedRole) -> bool, text: &str) -> Result<Arc<Insertion>, ApiError> {
        // First: without the service, the absence of readers and cards means nothing.
        if let Some(trouble) = self.news.trouble(Instant::now()) {
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

    /// Error that lists the readers with their content. The name of a reader says nothing of any person.
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

/// Error for cards none of which can be used; a fault that passes by itself comes first. A mute card is tried anew.
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
