//! One card from being put in to being pulled out, and the only way to have something done on it.

use super::lock;
use super::status::{CardId, CardStatus, TriesLeft};
use crate::api::types::CardAnswer;
use crate::api::{ApiError, ErrorCode};
use crate::random::random_id;
use beid_card::{Applet, Card, CardError, Traced, Transport};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// How much work may wait for one card.
const QUEUE: usize = 16;
/// How long PC/SC may take to notice that a card was pulled out: it looks every 0.4 s.
const NOTICED: Duration = Duration::from_secs(1);

/// A connection of either kind.
pub type AnyCard = Card<Traced<Box<dyn Transport>>>;

/// Work for one card, done on its thread. Returns the error that ended the connection, if one did.
pub(super) type Job = Box<dyn FnOnce(&mut Result<AnyCard, ErrorCode>) -> Result<(), CardError> + Send>;

/// One card from being put in to being pulled out.
pub struct Insertion {
    /// Its name.
    pub id: CardId,
    /// The reader it is in.
    pub reader: u32,
    /// Whether it is a simulated card.
    pub simulated: bool,
    pub(super) status: Mutex<CardStatus>,
    tries_left: Mutex<TriesLeft>,
    /// Taken away when the card goes, so that its thread finds the queue at its end.
    pub(super) jobs: Mutex<Option<mpsc::Sender<Job>>>,
    pub(super) gone: Gone,
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
    /// A card just put into `reader`, and the queue its thread works from.
    pub(super) fn new(reader: u32, simulated: bool) -> (Arc<Self>, mpsc::Receiver<Job>) {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let insertion = Self {
            id: CardId(random_id()),
            reader,
            simulated,
            status: Mutex::new(CardStatus::Reading),
            tries_left: Mutex::default(),
            jobs: Mutex::new(Some(jobs)),
            gone: Gone::default(),
        };
        (Arc::new(insertion), queue)
    }

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

/// Marked once, when the card has been pulled out.
#[derive(Default)]
pub(super) struct Gone {
    token: CancellationToken,
    flag: Mutex<bool>,
    bell: Condvar,
}

impl Gone {
    pub(super) fn mark(&self) {
        *lock(&self.flag) = true;
        self.bell.notify_all();
        self.token.cancel();
    }

    pub(super) fn is_marked(&self) -> bool {
        *lock(&self.flag)
    }

    /// Whether it is marked before `patience` is over; blocks until one or the other.
    fn within(&self, patience: Duration) -> bool {
        let waited = self.bell.wait_timeout_while(lock(&self.flag), patience, |gone| !*gone);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
