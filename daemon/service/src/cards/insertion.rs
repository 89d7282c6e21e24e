//! One card from its insertion to its removal, and the only way to send it work.

use super::fault::card_error;
use super::handover::Promptness;
use super::lock;
use super::queue::{Job, Lane, Queue, Surroundings};
use super::status::{CardId, CardStatus, TriesLeft};
use super::waiting::ThreadWait;
use super::watch::CallWatch;
use beid_api::types::CardAnswer;
use beid_api::words::CardKind;
use beid_api::{ApiError, ErrorCode};
use beid_card::{Applet, Card, CardError, PinPad, Traced, Transport};
use beid_host::random::random_id;
use beid_texts::Message;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// Time that PC/SC may take to notice a removal: it looks every 0.4 s.
const NOTICED: Duration = Duration::from_secs(1);
/// Time for which another program may hold the card before callers who wait are told.
const HELD: Duration = Duration::from_secs(5);
/// Interval between looks at whether it has been that long.
const LOOK: Duration = Duration::from_millis(250);

/// Connection to a real or a simulated card.
pub type AnyCard = Card<Traced<Box<dyn Transport>>>;

/// One card from its insertion to its removal.
pub struct Insertion {
    /// Identifier of the insertion.
    pub id: CardId,
    /// Number of the reader it is in.
    pub reader: u32,
    /// PC/SC name of that reader.
    reader_name: String,
    /// True if the card is simulated.
    pub simulated: bool,
    pub(super) status: Mutex<CardStatus>,
    tries_left: Mutex<TriesLeft>,
    /// Keypad of the reader, found with the first connection.
    pin_pad: OnceLock<PinPad>,
    /// Closed when the card goes.
    pub(super) queue: Queue,
    pub(super) waiting: Arc<ThreadWait>,
    promptness: Promptness,
    pub(super) gone: Gone,
    /// Cancelled when the card has not answered for longer than it may.
    silent: CancellationToken,
}

/// A value, and the insertion it was read from. Only the insertion's own thread makes one.
#[derive(Debug)]
pub struct FromCard<R> {
    card_id: CardId,
    value: R,
}

impl<R> FromCard<R> {
    /// Returns the insertion it was read from, and the value.
    #[must_use]
    pub fn into_parts(self) -> (CardId, R) {
        (self.card_id, self.value)
    }
}

impl<R> FromCard<Option<R>> {
    /// Returns the value with its insertion, if there is a value.
    #[must_use]
    pub fn transpose(self) -> Option<FromCard<R>> {
        let card_id = self.card_id;
        self.value.map(|value| FromCard { card_id, value })
    }
}

impl Insertion {
    /// Makes the insertion of a card just put into `reader`, which PC/SC calls `name`; `watch` looks after its calls.
    pub(super) fn new(reader: u32, name: &str, simulated: bool, watch: &Arc<CallWatch>) -> Arc<Self> {
        Arc::new(Self {
            id: CardId(random_id()),
            reader,
            reader_name: name.to_owned(),
            simulated,
            status: Mutex::new(CardStatus::Reading),
            tries_left: Mutex::default(),
            pin_pad: OnceLock::new(),
            queue: Queue::default(),
            waiting: Arc::new(ThreadWait::new(Arc::clone(watch))),
            promptness: Promptness::default(),
            gone: Gone::default(),
            silent: CancellationToken::new(),
        })
    }

    /// Runs `work` on this very card, after the work that waits in the same lane.
    ///
    /// If the caller stops waiting before `work` has begun, it never begins. While it runs, `work` can ask whether the
    /// caller still waits.
    ///
    /// # Errors
    /// `card-removed` once the card has gone, even if the work was done; `card-busy` when another program holds the
    /// card for long; `card-error` when it does not answer within the time that a card may take; `unsupported-card`,
    /// `card-error` if it cannot be worked with; else those of `work`.
    pub async fn run<R: Send + 'static>(
        self: &Arc<Self>,
        lane: Lane,
        work: impl FnOnce(&mut AnyCard, &mut Surroundings<'_>) -> Result<R, CardError> + Send + 'static,
    ) -> Result<FromCard<R>, ApiError> {
        let mut answer = self.put(lane, Removal::Spoils, work)?;
        let begun = Instant::now();
        if lane == Lane::Text
            && let Some(outcome) = self.promptness.wait_a_moment(&mut answer)
        {
            return outcome.unwrap_or_else(|_| Err(self.refusal(ErrorCode::CardRemoved)));
        }
        let outcome = self.unless_removed(&mut answer).await;
        if lane == Lane::Text {
            self.promptness.note(begun.elapsed());
        }
        outcome.unwrap_or_else(|| Err(ErrorCode::CardRemoved.into()))
    }

    /// Runs `work` that spends a PIN: its outcome counts even if the card was pulled out right after. It goes into the
    /// lane of text, so it must be short.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_to_the_end<R: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut AnyCard, &mut Surroundings<'_>) -> Result<R, CardError> + Send + 'static,
    ) -> Result<FromCard<R>, ApiError> {
        let mut answer = self.put(Lane::Text, Removal::SparesWhatIsDone, work)?;
        if let Some(outcome) = self.unless_removed(&mut answer).await {
            return outcome;
        }
        // The thread hears of a removal at its next command, and then delivers its outcome. (A reader may not notice
        // while somebody types on it; then there is nothing to wait for.)
        match tokio::time::timeout(AFTER_REMOVAL, answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(ErrorCode::CardRemoved.into()),
        }
    }

    /// Queues `work` for the card's thread; returns the channel of its outcome.
    fn put<R: Send + 'static>(
        self: &Arc<Self>,
        lane: Lane,
        removal: Removal,
        work: impl FnOnce(&mut AnyCard, &mut Surroundings<'_>) -> Result<R, CardError> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<FromCard<R>, ApiError>>, ApiError> {
        let (reply, answer) = oneshot::channel();
        let insertion = Arc::clone(self);
        let job: Job = Box::new(move |card, queue| insertion.carry_out(card, queue, (lane, removal), work, reply));
        self.queue.put(lane, job).map_err(|code| self.refusal(code))?;
        Ok(answer)
    }

    /// Waits for the thread's answer; `None` if the card is removed before it comes.
    async fn unless_removed<R>(
        &self,
        answer: &mut oneshot::Receiver<Result<FromCard<R>, ApiError>>,
    ) -> Option<Result<FromCard<R>, ApiError>> {
        tokio::select! {
            biased;
            // First: an outcome that has come counts, even if the card has gone since.
            answer = answer => {
                Some(answer.unwrap_or_else(|_| Err(self.refusal(ErrorCode::CardRemoved))))
            }
            // The thread may be stuck in PC/SC, and notice none of these itself.
            () = self.removed() => None,
            () = self.fell_silent() => Some(Err(self.does_not_answer())),
            () = self.held_by_another() => Some(Err(ErrorCode::CardBusy.into())),
        }
    }

    /// Completes when the card has not answered for longer than it may: its thread has been given up, and so is the
    /// card until the thread comes back or another card is put in.
    pub async fn fell_silent(&self) {
        self.silent.cancelled().await;
    }

    /// Returns true if [`fell_silent`](Self::fell_silent) has completed.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.silent.is_cancelled()
    }

    /// Answers all who wait for the card, and all who come later, that it does not answer.
    pub(super) fn fall_silent(&self) {
        // In this order: callers whose work is dropped with the queue ask whether the card is silent.
        self.silent.cancel();
        self.queue.close();
    }

    /// Error of a card that does not answer.
    #[must_use]
    pub fn does_not_answer(&self) -> ApiError {
        self.error_of_reader(ErrorCode::CardError, "detail-card-silent")
    }

    /// Error of a card that did not answer when it was sent a PIN.
    #[must_use]
    pub fn does_not_answer_to_pin(&self) -> ApiError {
        self.error_of_reader(ErrorCode::CardError, "detail-card-silent-pin")
    }

    fn error_of_reader(&self, code: ErrorCode, text: &str) -> ApiError {
        ApiError::new(code, Message::new(text).arg("reader", self.reader_name.as_str()))
    }

    /// Error for callers of a card without a thread that works for it. A queue that was closed because the card was
    /// given up says `card-removed`; the card is still there and does not answer.
    fn refusal(&self, code: ErrorCode) -> ApiError {
        let written_off = code == ErrorCode::CardRemoved && self.is_silent() && !self.gone.is_marked();
        if written_off || code == ErrorCode::CardError {
            self.does_not_answer()
        } else {
            code.into()
        }
    }

    /// Completes when another program has kept the card from us for too long.
    pub(crate) async fn held_by_another(&self) {
        // Looked at again and again, because the thread that could tell is itself in a call to PC/SC.
        while !self.waiting.is_kept_out_for(HELD) {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Completes when the card is pulled out.
    pub async fn removed(&self) {
        self.gone.token.cancelled().await;
    }

    /// Status of the card.
    #[must_use]
    pub fn status(&self) -> CardStatus {
        lock(&self.status).clone()
    }

    /// Keypad of the reader, if it has one that may be used for this card.
    #[must_use]
    pub fn pin_pad(&self) -> Option<&PinPad> {
        self.pin_pad.get()
    }

    /// Remembers the keypad that was found with the card.
    pub(super) fn note_pin_pad(&self, pad: Option<&PinPad>) {
        if let Some(pad) = pad {
            // Set once: a card is met anew only while none could be used.
            drop(self.pin_pad.set(pad.clone()));
        }
    }

    /// PIN tries left, as far as this insertion has told us.
    #[must_use]
    pub fn tries_left(&self) -> TriesLeft {
        *lock(&self.tries_left)
    }

    /// Remembers the tries left that the card told; [`TriesLeft::Untold`] changes nothing.
    pub fn note_tries_left(&self, tries: TriesLeft) {
        if tries != TriesLeft::Untold {
            *lock(&self.tries_left) = tries;
        }
    }

    /// Describes the card without reading its holder.
    #[must_use]
    pub fn to_answer(&self) -> CardAnswer {
        let status = self.status();
        CardAnswer {
            id: self.id.0.clone(),
            reader: self.reader.to_string(),
            kind: if matches!(status, CardStatus::Ready(_) | CardStatus::Newer(_)) {
                CardKind::Beid
            } else {
                CardKind::Unknown
            },
            applet: status.applet().map(Applet::name),
            status: (&status).into(),
            simulated: self.simulated.then_some(true),
        }
    }

    /// Runs `work` on the card's thread, unless its caller has left, and sends the outcome. Returns the error that ends
    /// the insertion, if there is one.
    fn carry_out<R>(
        &self,
        card: Result<&mut AnyCard, ErrorCode>,
        queue: &Queue,
        (lane, removal): (Lane, Removal),
        work: impl FnOnce(&mut AnyCard, &mut Surroundings<'_>) -> Result<R, CardError>,
        reply: oneshot::Sender<Result<FromCard<R>, ApiError>>,
    ) -> Result<(), CardError> {
        // A PIN that was typed for a caller who has left must not be spent.
        if reply.is_closed() {
            return Ok(());
        }
        // Silent too: callers have been told so, and a thread that comes back late may send nothing for them.
        let wanted = &|| !reply.is_closed() && !self.gone.is_marked() && !self.is_silent();
        let mut around = Surroundings { queue, lane, wanted };
        let (answer, fate) = match card {
            Err(code) => (Err(self.refusal(code)), Ok(())),
            Ok(card) => match work(card, &mut around) {
                // Pulled out while we worked, even if the work was done: half an answer is none.
                Ok(_) if removal == Removal::Spoils && self.gone.is_marked() => {
                    (Err(ErrorCode::CardRemoved.into()), Ok(()))
                }
                Ok(value) => (
                    Ok(FromCard {
                        card_id: self.id.clone(),
                        value,
                    }),
                    Ok(()),
                ),
                Err(error @ CardError::Removed) => (Err(card_error(&error)), Err(error)),
                // A card that is pulled out in the middle of an exchange first looks like one that stopped talking.
                Err(CardError::Comm(_) | CardError::Mute) if self.gone.within(NOTICED) => {
                    (Err(ErrorCode::CardRemoved.into()), Ok(()))
                }
                Err(error) => (Err(card_error(&error)), Ok(())),
            },
        };
        // A caller who stopped waiting is no failure of the card.
        drop(reply.send(answer));
        fate
    }
}

/// Effect of a removal on work that is done when it happens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Removal {
    /// The work counts for nothing: half an answer is none.
    Spoils,
    /// The work counts: a signature is whole or not at all, and its certificate says whose it is.
    SparesWhatIsDone,
}

/// Time for the thread to deliver its outcome when the card was pulled out after a PIN was sent.
const AFTER_REMOVAL: Duration = Duration::from_secs(1);

/// Mark that is set once, when the card has been pulled out.
#[derive(Default)]
pub(super) struct Gone {
    token: CancellationToken,
    flag: Mutex<bool>,
    bell: Condvar,
}

impl Gone {
    pub(super) fn mark(&self) {
        // Before anybody is woken, so that whoever wakes finds it set.
        *lock(&self.flag) = true;
        self.bell.notify_all();
        self.token.cancel();
    }

    pub(super) fn is_marked(&self) -> bool {
        *lock(&self.flag)
    }

    /// Waits until it is marked, at most `patience`; returns true if it is. Blocks the thread.
    fn within(&self, patience: Duration) -> bool {
        let waited = self.bell.wait_timeout_while(lock(&self.flag), patience, |gone| !*gone);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
