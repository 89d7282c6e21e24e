//! Everything a person's PIN goes through: who may be asked when, where it is typed, and what the card said of it.
//!
//! Whoever needs a PIN makes an [`Asking`], shows through it what the PIN is for, and spends on the card what came of that.
//! The turn to ask is held from the first to the last of these, so that every dialog knows what the PIN before it did to
//! the tries left.

pub(crate) mod operation;

use crate::Context;
use crate::api::{ApiError, ErrorCode};
use crate::cards::{AnyCard, FromCard, Insertion, Lane, TriesLeft};
use crate::prompt::layout::{paragraph, plain, wrapped};
use crate::prompt::{HeldTurn, PageText, Turn, Wording};
use crate::running::{OperationState, Progress};
use crate::texts::{Language, Message, Render};
use beid_card::{CardError, Identity, PadLanguage, PinChange, PinEntry, PinPad, Requester};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// The turn to ask the holder of one card for the PIN.
pub(crate) struct Asking<'a> {
    turn: Turn<'a>,
    context: &'a Context,
    card: &'a Arc<Insertion>,
}

impl<'a> Asking<'a> {
    /// Takes the turn.
    ///
    /// # Errors
    /// `operation-in-progress` while a person is being asked something else; `too-many-requests` right after a no.
    pub(crate) fn begin(context: &'a Context, card: &'a Arc<Insertion>) -> Result<Self, ApiError> {
        let turn = context.turn()?;
        Ok(Self { turn, context, card })
    }

    /// Asks the card for the tries left, now that no other question of ours can change them.
    ///
    /// # Errors
    /// As [`Insertion::run`].
    pub(crate) async fn look_at_tries(&self) -> Result<(), ApiError> {
        let insertion = Arc::clone(self.card);
        let looked = self.card.run(Lane::Text, move |card, _| {
            insertion.note_tries_left(card.pin_tries_left()?.into());
            Ok(())
        });
        looked.await.map(drop)
    }

    /// The language the person is asked in.
    pub(crate) fn language(&self) -> Language {
        self.context.service.prompter.language()
    }

    /// True if the PIN is typed on the reader.
    pub(crate) fn is_at_keypad(&self) -> bool {
        self.card.pin_pad().is_some()
    }

    /// The paragraph that says who asks for `what`, and whose card it is.
    pub(crate) fn asks(&self, what: &str, holder: Option<&Identity>) -> String {
        let asks = self.context.asks(what);
        match holder {
            Some(holder) => format!("{asks}\n{}", holder_line(holder, self.language())),
            None => asks,
        }
    }

    /// The paragraph that says how many tries are left, if the card told. It stands where the PIN is asked and nowhere
    /// else.
    fn tries_left(&self) -> Option<String> {
        match self.card.tries_left() {
            TriesLeft::Told(tries) => Some(paragraph(&tries_left_text(tries).render(self.language()))),
            TriesLeft::Untold | TriesLeft::Doubtful => None,
        }
    }

    /// Shows `text`, whole and alone, in pages that joined equal it; returns when the person has gone on from each.
    /// Nothing is typed yet.
    ///
    /// # Errors
    /// As [`entry`](Self::entry).
    pub(crate) async fn read_out(&self, title: &Message, text: PageText<'_>) -> Result<(), ApiError> {
        if self.card.tries_left() == TriesLeft::Told(0) {
            return Err(ErrorCode::PinBlocked.into());
        }
        self.is(OperationState::WaitingForConfirmation);
        self.while_the_card_is_in(self.turn.read_out(title, text)).await
    }

    /// Shows `text`, whole, and has the PIN typed once: on the reader if that has keys, else in the dialog, which also
    /// says how many tries are left. At the last try, and when a failure left their number unknown, asks first whether
    /// to go on. What is known of the tries left should be fresh.
    ///
    /// # Errors
    /// `pin-blocked` if no try is left, before anybody is asked; `user-declined`, `user-timeout`; `card-removed` as soon as the card goes; `policy-denied` if nobody can be shown
    /// anything, even where the reader has keys: no PIN is given for what was not read.
    pub(crate) async fn entry(&self, wording: &Wording, text: &str) -> Result<PinEntry, ApiError> {
        self.while_the_card_is_in(async {
            self.mind_the_tries(wording).await?;
            if let Some(pad) = self.card.pin_pad() {
                self.at_keypad(wording, text).await?;
                return Ok(PinEntry::Keypad(pad.clone(), self.pad_language()));
            }
            self.is(OperationState::WaitingForPin);
            let pin = self.turn.ask_pin(wording, text, self.tries_left().as_deref()).await?;
            self.is(OperationState::Working);
            Ok(PinEntry::Typed(pin))
        })
        .await
    }

    /// As [`entry`](Self::entry), and has a new PIN typed twice besides. The reader's keys are used only if they can
    /// change a PIN.
    ///
    /// # Errors
    /// As [`entry`](Self::entry); `user-declined` also if the new ones differ again and again.
    pub(crate) async fn change(&self, wording: &Wording, text: &str) -> Result<PinChange, ApiError> {
        self.while_the_card_is_in(async {
            self.mind_the_tries(wording).await?;
            if let Some(pad) = self.card.pin_pad().filter(|pad| PinPad::modifies(pad)) {
                self.at_keypad(wording, text).await?;
                return Ok(PinChange::Keypad(pad.clone(), self.pad_language()));
            }
            self.is(OperationState::WaitingForPin);
            let old = self
                .turn
                .ask_pin(
                    &Wording {
                        ok: "dialog-go-on",
                        ..*wording
                    },
                    text,
                    self.tries_left().as_deref(),
                )
                .await?;
            let new = self.turn.ask_new_pin(wording).await?;
            self.is(OperationState::Working);
            Ok(PinChange::Typed { old, new })
        })
        .await
    }

    /// Does on the card what the PIN was given for, and notes what that did to the tries left. `work` is given a way to
    /// ask whether somebody still waits for it, and sends one PIN at most. `what` names it in the log.
    ///
    /// The turn goes with the work to the card's thread: a caller who leaves ends neither what a reader's keypad has
    /// begun nor the silence that it needs.
    ///
    /// # Errors
    /// As [`Insertion::run`]; `card-removed` as soon as the card goes.
    pub(crate) async fn spend<R: Send + 'static>(
        self,
        what: &'static str,
        work: impl FnOnce(&mut AnyCard, &dyn Requester) -> Result<R, CardError> + Send + 'static,
    ) -> Result<FromCard<R>, ApiError> {
        let insertion = Arc::clone(self.card);
        let passage = Arc::new(Passage::new(self.turn.hold()));
        let (over, left) = (CancellationToken::new(), CancellationToken::new());
        // Cancelled when the caller leaves, or the work is over or will never begin.
        let (_leaves, ends) = (left.clone().drop_guard(), over.clone().drop_guard());
        tokio::spawn(Arc::clone(&passage).kept(Arc::clone(self.card), over, left));
        let on_thread = Arc::clone(&passage);
        let progress = self.context.progress.clone();
        let spent = self.card.run_to_the_end(move |card, around| {
            let waiting = Spending {
                may_send: &|| on_thread.may_send(|| around.still_wanted()),
                progress: &progress,
            };
            let outcome = work(card, &waiting);
            // Noted even if nobody waits any more, and on the card's own thread, so that older never covers newer.
            insertion.note_tries_left(TriesLeft::after(&outcome));
            tracing::info!(reader = insertion.reader, ok = outcome.is_ok(), what, "PIN used");
            if matches!(&outcome, Err(CardError::PadCancelled | CardError::PadTimedOut)) {
                on_thread.refused();
            }
            on_thread.give_back();
            drop(ends);
            outcome
        });
        let spent = spent.await;
        match &spent {
            // Another program holds the card: what was queued will find nobody waiting, and send no PIN.
            Err(error) if error.code == ErrorCode::CardBusy => passage.give_back(),
            Err(_) if self.card.is_silent() && passage.end_in_silence(self.card) => {
                return Err(self.card.does_not_answer_to_pin());
            }
            _ => {}
        }
        spent
    }

    /// Before any try: there must be one; and one that may be the last is asked about first.
    async fn mind_the_tries(&self, wording: &Wording) -> Result<(), ApiError> {
        let warning = match self.card.tries_left() {
            TriesLeft::Told(0) => return Err(ErrorCode::PinBlocked.into()),
            TriesLeft::Told(1) => "dialog-last-try",
            TriesLeft::Doubtful => "dialog-tries-unknown",
            TriesLeft::Told(_) | TriesLeft::Untold => return Ok(()),
        };
        self.is(OperationState::WaitingForConfirmation);
        let warning = paragraph(&Message::new(warning).render(self.language()));
        self.turn.confirm(&Message::new(wording.title), &warning).await
    }

    /// Shows `text` before the reader asks.
    async fn at_keypad(&self, wording: &Wording, text: &str) -> Result<(), ApiError> {
        self.is(OperationState::WaitingForConfirmation);
        self.turn
            .announce_keypad(wording, text, self.tries_left().as_deref())
            .await?;
        self.is(OperationState::WaitingForPin);
        Ok(())
    }

    /// Waits for a person, as long as the card stays in and answers: pulling it out closes the dialog, and so does a card
    /// that did not answer to somebody else meanwhile.
    async fn while_the_card_is_in<R>(&self, asked: impl Future<Output = Result<R, ApiError>>) -> Result<R, ApiError> {
        tokio::select! {
            biased;
            () = self.card.removed() => {
                self.turn.excuse();
                Err(ErrorCode::CardRemoved.into())
            }
            () = self.card.fell_silent() => {
                self.turn.excuse();
                Err(self.card.does_not_answer())
            }
            asked = asked => asked,
        }
    }

    fn is(&self, state: OperationState) {
        self.context.progress.is(state);
    }

    fn pad_language(&self) -> PadLanguage {
        match self.language() {
            Language::Nl => PadLanguage::Nl,
            Language::Fr => PadLanguage::Fr,
            Language::De => PadLanguage::De,
            Language::En => PadLanguage::En,
        }
    }
}

/// Whoever waits for what a PIN is spent on, as the card's thread sees it.
struct Spending<'s> {
    may_send: &'s dyn Fn() -> bool,
    progress: &'s Progress,
}

impl Requester for Spending<'_> {
    fn still_wanted(&self) -> bool {
        (self.may_send)()
    }

    /// From here on the caller can leave, and the signature is finished and kept all the same.
    fn takes_signature(&self) -> bool {
        (self.may_send)() && self.progress.commit()
    }
}

/// The turn on its way through a card's thread. Without it no PIN is sent.
struct Passage(Mutex<Passing>);

struct Passing {
    turn: Option<HeldTurn>,
    /// True once a PIN may have been sent.
    sent: bool,
}

impl Passage {
    fn new(turn: HeldTurn) -> Self {
        Self(Mutex::new(Passing {
            turn: Some(turn),
            sent: false,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Passing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether the PIN may be sent now: somebody waits for that, and nobody else has been given the turn.
    fn may_send(&self, wanted: impl Fn() -> bool) -> bool {
        let mut passing = self.lock();
        let may = passing.turn.is_some() && wanted();
        passing.sent |= may;
        may
    }

    /// Notes that the person said no on the reader's keypad, or nothing.
    fn refused(&self) {
        if let Some(turn) = &self.lock().turn {
            turn.refused();
        }
    }

    /// Lets the next question be asked.
    fn give_back(&self) {
        self.lock().turn.take();
    }

    /// Lets the next question be asked, unless a PIN may have been sent; true if that is done.
    fn give_back_unless_sent(&self) -> bool {
        let mut passing = self.lock();
        if !passing.sent {
            passing.turn.take();
        }
        !passing.sent
    }

    /// The card does not answer: the next question can be asked. True if that leaves it unknown whether a try was counted.
    fn end_in_silence(&self, card: &Insertion) -> bool {
        let mut passing = self.lock();
        passing.turn.take();
        if passing.sent {
            card.note_tries_left(TriesLeft::Doubtful);
        }
        passing.sent
    }

    /// Sees to it that the turn is not lost with a thread that PC/SC does not let return, nor kept for a caller who has
    /// left while another program had the card. A PIN that has been sent keeps the turn until the card has answered; while
    /// another program keeps the thread from the card, between two signatures of a list, none is on its way.
    async fn kept(self: Arc<Self>, card: Arc<Insertion>, over: CancellationToken, left: CancellationToken) {
        let given_back = async {
            left.cancelled().await;
            if !self.give_back_unless_sent() {
                card.held_by_another().await;
                self.give_back();
            }
        };
        tokio::select! {
            () = over.cancelled() => {}
            () = given_back => {}
            () = card.fell_silent() => {
                self.end_in_silence(&card);
            }
        }
    }
}

/// The sentence that says how often the PIN can still be typed.
pub(crate) fn tries_left_text(tries: u8) -> Message {
    match tries {
        1 => Message::new("dialog-tries-left-one"),
        _ => Message::new("dialog-tries-left").arg("tries", tries.to_string()),
    }
}

/// The line that says whose card it is.
fn holder_line(holder: &Identity, language: Language) -> String {
    let parts = [holder.given_names.as_deref(), holder.family_name.as_deref()];
    let name = plain(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "));
    wrapped(&Message::new("dialog-holder").arg("name", name).render(language), 0)
}
