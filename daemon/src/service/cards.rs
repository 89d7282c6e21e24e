//! Readers, and the cards in them, one *insertion* at a time.
//!
//! An insertion is born when a card is put in and dies when it is pulled out. Its id, its thread, its connection and its
//! queue of work live exactly as long. Work is sent to an insertion, never to a reader, so there is no way to say «do
//! this on whatever card is there now»; and what comes back is [`FromCard`], which only the insertion's own thread can
//! make and which carries its id. A queue whose card has gone has nobody at its other end: the answer is `card-removed`.

use crate::api::types::{CardAnswer, ReaderAnswer};
use crate::api::{ApiError, ErrorCode};
use crate::service::events::{Event, Events};
use beid_card::{Applet, Card, CardError, Traced, Transport, TransportError};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// How much work may wait for one card.
const QUEUE: usize = 16;
/// How long PC/SC may take to notice that a card was pulled out: it looks every 0.4 s.
const NOTICED: Duration = Duration::from_secs(1);
/// How many removed cards are remembered as removed (410) rather than unknown (404).
const REMEMBERED: usize = 1024;

/// 128 random bits as 32 hex digits.
pub(crate) fn random_id() -> String {
    random_bytes::<16>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Random bytes; the process ends if the system has none, since every id and token depends on them.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    if getrandom::fill(&mut bytes).is_err() {
        tracing::error!("the system gives no random numbers");
        std::process::abort();
    }
    bytes
}

/// Names one insertion: `[0-9a-f]{32}`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CardId(String);

impl CardId {
    /// As in answers and paths.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a reader is for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Role {
    /// Patients' cards.
    Patient,
    /// The provider's own card: never `current`.
    Provider,
    /// Either.
    #[default]
    Any,
}

impl Role {
    /// The word in answers and configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Provider => "provider",
            Self::Any => "any",
        }
    }
}

/// What can be said of a card without reading its holder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CardStatus {
    /// Being recognised.
    Reading,
    /// A Belgian eID we can work with.
    Ready(Applet),
    /// A Belgian eID newer than this software; it is read as far as it can be.
    Newer(Applet),
    /// Not a Belgian eID, or one too old.
    Unsupported,
    /// It does not answer.
    Mute,
    /// Another program holds it for itself.
    Busy,
}

impl CardStatus {
    /// The word in answers.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Ready(_) => "ready",
            Self::Newer(_) => "newer",
            Self::Unsupported => "unsupported",
            Self::Mute => "mute",
            Self::Busy => "busy",
        }
    }

    fn of_applet(applet: Applet) -> Self {
        match applet {
            Applet::V1_7 | Applet::V1_8 => Self::Ready(applet),
            Applet::Other(byte) if byte > 0x18 => Self::Newer(applet),
            Applet::Other(_) => Self::Unsupported,
        }
    }

    /// The card's generation, once known.
    #[must_use]
    pub fn applet(&self) -> Option<Applet> {
        match self {
            Self::Ready(applet) | Self::Newer(applet) => Some(*applet),
            Self::Reading | Self::Unsupported | Self::Mute | Self::Busy => None,
        }
    }

    /// Whether `current` may mean it.
    fn is_usable(&self) -> bool {
        matches!(self, Self::Reading | Self::Ready(_) | Self::Newer(_))
    }
}

/// What is known of the PIN tries a card has left.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum TriesLeft {
    /// Nothing: nobody has tried on this insertion, and the card cannot be asked.
    #[default]
    Untold,
    /// The card said so.
    Told(u8),
    /// A PIN was sent and no answer came back.
    Doubtful,
}

impl TriesLeft {
    /// What an attempt to sign has told.
    #[must_use]
    pub fn after<R>(outcome: &Result<R, CardError>) -> Self {
        match outcome {
            Ok(_) | Err(CardError::WrongSignature) => Self::Told(3),
            Err(CardError::WrongPin { tries_left }) => Self::Told(*tries_left),
            Err(CardError::PinBlocked) => Self::Told(0),
            Err(CardError::UnsupportedAlgorithm | CardError::Abandoned) => Self::Untold,
            Err(_) => Self::Doubtful,
        }
    }

    /// Whether to ask twice before the next attempt.
    #[must_use]
    pub fn calls_for_care(self) -> bool {
        matches!(self, Self::Told(1) | Self::Doubtful)
    }
}

impl From<Option<u8>> for TriesLeft {
    fn from(told: Option<u8>) -> Self {
        told.map_or(Self::Untold, Self::Told)
    }
}

/// A connection of either kind.
pub type AnyCard = Card<Traced<Box<dyn Transport>>>;

/// Makes the connection to a card, on the card's own thread.
pub type Connect = Box<dyn FnOnce() -> Result<Connection, TransportError> + Send>;

/// A card that was reached.
pub struct Connection {
    /// The way to it.
    pub transport: Box<dyn Transport>,
    /// Whether its reader has a keypad for PINs.
    pub pin_pad: bool,
}

/// Work for one card, done on its thread. Returns the error that ended the connection, if one did.
type Job = Box<dyn FnOnce(&mut Result<AnyCard, ErrorCode>) -> Result<(), CardError> + Send>;

/// One card from being put in to being pulled out.
pub struct Insertion {
    /// Its name.
    pub id: CardId,
    /// The reader it is in.
    pub reader: u32,
    /// Whether it is a simulated card.
    pub simulated: bool,
    status: Mutex<CardStatus>,
    tries_left: Mutex<TriesLeft>,
    /// Taken away when the card goes, so that its thread finds the queue at its end.
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    gone: Gone,
}

/// Marked once, when the card has been pulled out.
#[derive(Default)]
struct Gone {
    token: CancellationToken,
    flag: Mutex<bool>,
    bell: Condvar,
}

impl Gone {
    fn mark(&self) {
        *lock(&self.flag) = true;
        self.bell.notify_all();
        self.token.cancel();
    }

    fn is_marked(&self) -> bool {
        *lock(&self.flag)
    }

    /// Whether it is marked before `patience` is over; blocks until one or the other.
    fn within(&self, patience: Duration) -> bool {
        let waited = self.bell.wait_timeout_while(lock(&self.flag), patience, |gone| !*gone);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// A value, and the insertion it was read from. Only [`Insertion::run`] makes one.
#[derive(Debug)]
pub struct FromCard<R> {
    card_id: CardId,
    value: R,
}

impl<R> FromCard<R> {
    /// The insertion it was read from, and the value.
    #[must_use]
    pub fn into_parts(self) -> (CardId, R) {
        (self.card_id, self.value)
    }
}

impl Insertion {
    /// Does `work` on this very card, after whatever was asked of it before.
    ///
    /// If the caller stops waiting before `work` has begun, it never begins.
    ///
    /// # Errors
    /// `card-removed` once the card has gone, whatever it was doing; `unsupported-card`, `card-error`, `card-busy` if it
    /// cannot be worked with; else what `work` says.
    pub async fn run<R: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut AnyCard) -> Result<R, CardError> + Send + 'static,
    ) -> Result<FromCard<R>, ApiError> {
        self.run_while_wanted(|card, _| work(card)).await
    }

    /// As [`run`](Self::run); `work` can ask at any moment whether somebody still waits and the card is still there.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_while_wanted<R: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut AnyCard, &dyn Fn() -> bool) -> Result<R, CardError> + Send + 'static,
    ) -> Result<FromCard<R>, ApiError> {
        let (reply, answer) = oneshot::channel();
        let insertion = Arc::clone(self);
        let job: Job = Box::new(move |card| insertion.carry_out(card, work, reply));
        let removed = || ApiError::from(ErrorCode::CardRemoved);
        let jobs = lock(&self.jobs).clone().ok_or_else(removed)?;
        jobs.send(job).await.map_err(|_| removed())?;
        drop(jobs);
        answer.await.map_err(|_| removed())?
    }

    /// Ends when the card is pulled out.
    pub async fn removed(&self) {
        self.gone.token.cancelled().await;
    }

    /// How it is.
    #[must_use]
    pub fn status(&self) -> CardStatus {
        lock(&self.status).clone()
    }

    /// The PIN tries left, as far as this insertion has told us.
    #[must_use]
    pub fn tries_left(&self) -> TriesLeft {
        *lock(&self.tries_left)
    }

    /// Remembers what the card said of its PIN; that it said nothing changes nothing.
    pub fn note_tries_left(&self, tries: TriesLeft) {
        if tries != TriesLeft::Untold {
            *lock(&self.tries_left) = tries;
        }
    }

    /// What may be said of it without its holder.
    #[must_use]
    pub fn to_answer(&self) -> CardAnswer {
        let status = self.status();
        CardAnswer {
            id: self.id.0.clone(),
            reader: self.reader.to_string(),
            kind: if matches!(status, CardStatus::Ready(_) | CardStatus::Newer(_)) {
                "beid"
            } else {
                "unknown"
            },
            applet: status.applet().map(Applet::name),
            status: status.word(),
            simulated: self.simulated.then_some(true),
        }
    }

    fn carry_out<R>(
        &self,
        card: &mut Result<AnyCard, ErrorCode>,
        work: impl FnOnce(&mut AnyCard, &dyn Fn() -> bool) -> Result<R, CardError>,
        reply: oneshot::Sender<Result<FromCard<R>, ApiError>>,
    ) -> Result<(), CardError> {
        // Nobody waits any more: a PIN that is on its way must not be spent.
        if reply.is_closed() {
            return Ok(());
        }
        let (answer, fate) = match card {
            Err(code) => (Err((*code).into()), Ok(())),
            Ok(card) => match work(card, &|| !reply.is_closed() && !self.gone.is_marked()) {
                // Pulled out while we worked, even if the work was done: half an answer is none.
                Ok(_) if self.gone.is_marked() => (Err(ErrorCode::CardRemoved.into()), Ok(())),
                Ok(value) => (
                    Ok(FromCard {
                        card_id: self.id.clone(),
                        value,
                    }),
                    Ok(()),
                ),
                Err(error @ CardError::Removed) => (Err(error.clone().into()), Err(error)),
                // A card that is pulled out in the middle of an exchange first looks like one that stopped talking.
                Err(CardError::Comm(_) | CardError::Mute) if self.gone.within(NOTICED) => {
                    (Err(ErrorCode::CardRemoved.into()), Ok(()))
                }
                Err(error) => (Err(error.into()), Ok(())),
            },
        };
        // A caller who stopped waiting is no failure of the card.
        drop(reply.send(answer));
        fate
    }
}

/// Every reader and card there is.
pub struct Registry {
    state: Mutex<State>,
    events: Events,
    roles: BTreeMap<String, Role>,
    /// How many card threads there are; told when one ends.
    threads: Mutex<usize>,
    thread_ended: Condvar,
}

/// Whether the reader should be looked at again: another card may sit there that nobody saw coming.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Recheck {
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
    /// No readers yet; `roles` by reader name.
    #[must_use]
    pub fn new(events: Events, roles: BTreeMap<String, Role>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            events,
            roles,
            threads: Mutex::new(0),
            thread_ended: Condvar::new(),
        })
    }

    /// A reader was plugged in. `recheck` is called when its card should be looked at again.
    pub fn reader_added(&self, name: &str, recheck: Arc<dyn Fn() + Send + Sync>) -> u32 {
        let role = self
            .roles
            .iter()
            .find(|(part, _)| name.contains(part.as_str()))
            .map_or(Role::Any, |(_, role)| *role);
        let mut state = lock(&self.state);
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
        let (jobs, queue) = mpsc::channel(QUEUE);
        let insertion = Arc::new(Insertion {
            id: CardId(random_id()),
            reader,
            simulated,
            status: Mutex::new(CardStatus::Reading),
            tries_left: Mutex::default(),
            jobs: Mutex::new(Some(jobs)),
            gone: Gone::default(),
        });
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
        let own = OwnThread {
            registry: Arc::clone(self),
            insertion,
        };
        let thread = std::thread::Builder::new().name(format!("card-{reader}"));
        // Should there be no thread, dropping the closure ends the insertion.
        if let Err(error) = thread.spawn(move || own_card(&own.registry, &own.insertion, &name, connect, queue)) {
            tracing::error!(%error, "no thread for the card");
        }
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
            return state.current();
        }
        let cards = || state.readers.values().filter_map(|reader| reader.card.as_ref());
        if let Some(card) = cards().find(|card| card.id.0 == id) {
            return Ok(card.clone());
        }
        let known = state.gone.iter().any(|gone| gone.0 == id);
        Err(if known {
            ErrorCode::CardRemoved
        } else {
            ErrorCode::NotFound
        }
        .into())
    }

    /// All cards go; their threads end as soon as what they are doing is done.
    pub fn shut_down(&self) {
        let readers: Vec<u32> = lock(&self.state).readers.keys().copied().collect();
        readers.into_iter().for_each(|reader| self.card_removed(reader));
    }

    /// Waits until every card's thread has ended, so that none is left between VERIFY and LOG OFF; at most `patience`.
    pub fn wait_for_threads(&self, patience: Duration) {
        let waited = self
            .thread_ended
            .wait_timeout_while(lock(&self.threads), patience, |threads| *threads > 0);
        drop(waited);
    }

    /// Ends an insertion that found out by itself that its card has gone; nothing happens if somebody noticed before.
    fn end(&self, insertion: &Arc<Insertion>, recheck: Recheck) {
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
        lock(&insertion.jobs).take();
        tracing::info!(reader = insertion.reader, "card removed");
        self.events
            .send(Event::card("card.removed", insertion.reader, insertion.id.as_str()));
    }

    /// Says what a card is, unless it has been pulled out meanwhile.
    fn recognised(&self, insertion: &Arc<Insertion>, status: CardStatus, pin_pad: bool) {
        let mut state = lock(&self.state);
        let Some(reader) = state.readers.get_mut(&insertion.reader) else {
            return;
        };
        if !reader.card.as_ref().is_some_and(|card| Arc::ptr_eq(card, insertion)) {
            return;
        }
        tracing::info!(reader = insertion.reader, status = status.word(), "card recognised");
        reader.pin_pad = pin_pad;
        *lock(&insertion.status) = status;
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

    fn current(&self) -> Result<Arc<Insertion>, ApiError> {
        let patients = self.readers.values().filter(|reader| reader.role != Role::Provider);
        let cards: Vec<_> = patients.filter_map(|reader| reader.card.as_ref()).collect();
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

/// Counts a card's thread, and ends its insertion with it however it ends.
struct OwnThread {
    registry: Arc<Registry>,
    insertion: Arc<Insertion>,
}

impl Drop for OwnThread {
    fn drop(&mut self) {
        // Nothing is left to do if the card has gone; a thread that failed leaves no card behind that nobody serves.
        self.registry.end(&self.insertion, Recheck::No);
        *lock(&self.registry.threads) -= 1;
        self.registry.thread_ended.notify_all();
    }
}

/// The life of a card's thread: connect, recognise, work until the card goes.
fn own_card(
    registry: &Arc<Registry>,
    insertion: &Arc<Insertion>,
    reader: &str,
    connect: Connect,
    mut queue: mpsc::Receiver<Job>,
) {
    let (mut card, status, pin_pad) = match meet(connect, reader) {
        Ok((Some(card), pin_pad)) => {
            let status = CardStatus::of_applet(card.applet());
            let usable = status.is_usable();
            (
                if usable {
                    Ok(card)
                } else {
                    Err(ErrorCode::UnsupportedCard)
                },
                status,
                pin_pad,
            )
        }
        Ok((None, pin_pad)) => (Err(ErrorCode::UnsupportedCard), CardStatus::Unsupported, pin_pad),
        // Pulled out again: whoever watches the reader sees it too.
        Err(CardError::Removed) => return registry.end(insertion, Recheck::No),
        Err(CardError::Busy) => (Err(ErrorCode::CardBusy), CardStatus::Busy, false),
        Err(error) => {
            tracing::warn!(reader, %error, "card cannot be used");
            (Err(ErrorCode::CardError), CardStatus::Mute, false)
        }
    };
    registry.recognised(insertion, status, pin_pad);
    while let Some(job) = queue.blocking_recv() {
        if insertion.gone.is_marked() {
            return; // a job that is dropped is answered card-removed
        }
        if job(&mut card).is_err() {
            return registry.end(insertion, Recheck::Yes);
        }
    }
}

/// Connects, and asks the card who it is; no card if it is not a Belgian eID.
fn meet(connect: Connect, reader: &str) -> Result<(Option<AnyCard>, bool), CardError> {
    let Connection { transport, pin_pad } = connect()?;
    Ok((Card::recognise(Traced::new(transport, reader))?, pin_pad))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
