//! Way of a PIN: the turn to ask for it, the dialog or keypad on which it is typed, and the tries left afterwards.
//!
//! An operation that needs a PIN makes an [`Asking`], shows through it what the PIN is for, and spends the entry on the
//! card. The turn to ask is held from the first of these steps to the last, so that every dialog knows what the PIN
//! before it did to the tries left.

pub(crate) mod operation;

use crate::Context;
use crate::cards::{AnyCard, FromCard, Insertion, Lane, TriesLeft};
use crate::running::{OperationState, Progress};
use beid_api::{ApiError, ErrorCode};
use beid_card::{CardError, Identity, PadLanguage, PinChange, PinEntry, PinPad, Requester};
use beid_prompt::layout::{paragraph, plain, wrapped};
use beid_prompt::{Choice, Chosen, HeldTurn, PageText, Turn, Wording};
use beid_settings::PinPlace;
use beid_texts::{Language, Message, Render};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// The turn to ask the holder of one card for the PIN.
pub(crate) struct Asking<'a> {
    turn: Turn<'a>,
    context: &'a Context,
    card: &'a Arc<Insertion>,
}

/// Refuses PINs that would not be typed where the settings want it.
fn may_be_typed(context: &Context, on_keypad: bool) -> Result<(), ApiError> {
    match context.service.config().settings.policy.pin_entry() {
        PinPlace::Keypad if !on_keypad => {
            let text = Message::new("detail-keypad-only");
            Err(ApiError::new(ErrorCode::PolicyDenied, text))
        }
        PinPlace::Keypad | PinPlace::Any => Ok(()),
    }
}

impl<'a> Asking<'a> {
    /// Takes the turn.
    ///
    /// # Errors
    /// `policy-denied` if the settings want a keypad and the reader has none; `operation-in-progress` while a person is
    /// being asked something else; `too-many-requests` for a while after a person refused this caller.
    pub(crate) fn begin(context: &'a Context, card: &'a Arc<Insertion>) -> Result<Self, ApiError> {
        // Before anything is shown: nobody need read a text for a PIN that cannot be typed.
        may_be_typed(context, card.pin_pad().is_some())?;
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

    /// The call for which the person is asked.
    pub(crate) fn context(&self) -> &Context {
        self.context
    }

    /// Language in which the person is asked.
    pub(crate) fn language(&self) -> Language {
        self.context.service.prompter.language()
    }

    /// True if the PIN is typed on the reader.
    pub(crate) fn is_at_keypad(&self) -> bool {
        self.card.pin_pad().is_some()
    }

    /// Renders the paragraph with the caller, its request, by the text id `what`, and the holder of the card.
    pub(crate) fn asks(&self, what: &str, holder: Option<&Identity>) -> String {
        let asks = self.context.asks(what);
        match holder {
            Some(holder) => format!("{asks}\n{}", holder_line(holder, self.language())),
            None => asks,
        }
    }

    /// Renders the paragraph on the tries left, if the card told them. It stands where the PIN is asked and nowhere
    /// else.
    fn tries_left(&self) -> Option<String> {
        match self.card.tries_left() {
            TriesLeft::Told(tries) => Some(paragraph(&tries_left_text(tries).render(self.language()))),
            TriesLeft::Untold | TriesLeft::Doubtful => None,
        }
    }

    /// Shows `text`, whole and alone, in pages that joined equal it; returns when the person has gone on from each. No
    /// PIN is typed yet.
    ///
    /// # Errors
    /// As [`entry`](Self::entry).
    pub(crate) async fn read_out(&self, title: &Message, text: PageText<'_>) -> Result<(), ApiError> {
        self.before_the_pin(self.turn.read_out(title, text)).await
    }

    /// Shows `text`, whole, and has the person choose between two ways, or refuse. No PIN is typed yet.
    ///
    /// # Errors
    /// As [`entry`](Self::entry).
    pub(crate) async fn choose(&self, title: &Message, text: &str, choice: &Choice) -> Result<Chosen, ApiError> {
        self.before_the_pin(self.turn.choose(title, text, choice)).await
    }

    /// Shows `text`, whole, and has the person say yes by the button `ok`. No PIN is typed yet.
    ///
    /// # Errors
    /// As [`entry`](Self::entry).
    pub(crate) async fn agree(&self, title: &Message, text: &str, ok: &'static str) -> Result<(), ApiError> {
        self.before_the_pin(self.turn.agree(title, text, ok)).await
    }

    /// Notes that the person refused, by answers of which none is a refusal.
    pub(crate) fn refused(&self) {
        self.turn.refuse();
    }

    /// Waits for a dialog that asks for no PIN.
    async fn before_the_pin<R>(&self, asked: impl Future<Output = Result<R, ApiError>>) -> Result<R, ApiError> {
        // Before the pages: nobody need read them for a PIN that is blocked.
        if self.card.tries_left() == TriesLeft::Told(0) {
            return Err(ErrorCode::PinBlocked.into());
        }
        self.is(OperationState::WaitingForConfirmation);
        self.while_the_card_is_in(asked).await
    }

    /// Shows `text`, whole, and has the PIN typed once: on the reader if that has keys, else in the dialog, which also
    /// says how many tries are left. At the last try, and when a failure left their number unknown, asks first whether
    /// to go on. The caller has asked the card for the tries left before.
    ///
    /// # Errors
    /// `pin-blocked` if no try is left, before anybody is asked; `user-declined`, `user-timeout`; `card-removed` as
    /// soon as the card goes; `policy-denied` if nobody can be shown anything, even where the reader has keys: no PIN
    /// is given for a text that was not read.
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

    /// Asks as [`entry`](Self::entry) does, and has a new PIN typed twice besides. The reader's keys are used only if
    /// they can change a PIN.
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
            // A keypad that cannot change a PIN is as good as none.
            may_be_typed(self.context, false)?;
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

    /// Spends the PIN on `work`, and notes what that did to the tries left. `work` is given a way to ask whether its
    /// caller still waits, and sends no PIN but the one that was entered for it. `what` names it in the log.
    ///
    /// The turn goes with the work to the card's thread. So a caller who leaves does not end what a person has begun on
    /// the keypad, and no other dialog opens meanwhile.
    ///
    /// # Errors
    /// As [`Insertion::run`]; `card-removed` as soon as the card goes.
    pub(crate) async fn spend<R: Send + 'static>(
        self,
        what: &'static str,
        work: impl FnOnce(&mut AnyCard, &dyn Requester) -> Result<R, CardError> + Send + 'static,
    ) -> Result<FromCard<R>, ApiError> {
        let insertion = Arc::clone(self.card);
        let lent = Arc::new(LentTurn::new(self.turn.hold()));
        let (over, left) = (CancellationToken::new(), CancellationToken::new());
        // Cancelled when the caller leaves, or the work is over or will never begin.
        let (_leaves, ends) = (left.clone().drop_guard(), over.clone().drop_guard());
        tokio::spawn(Arc::clone(&lent).watch(Arc::clone(self.card), over, left));
        let on_thread = Arc::clone(&lent);
        let progress = self.context.progress.clone();
        let spent = self.card.run_to_the_end(move |card, around| {
            let waiting = Spending {
                may_send: &|| on_thread.may_send(|| around.still_wanted() && progress.send_pin()),
                progress: &progress,
            };
            let outcome = work(card, &waiting);
            // Noted even if nobody waits any more, and on the card's own thread, so that older never covers newer.
            insertion.note_tries_left(TriesLeft::after(&outcome));
            tracing::info!(reader = insertion.reader, ok = outcome.is_ok(), what, "PIN used");
            if matches!(&outcome, Err(CardError::PadCancelled | CardError::PadTimedOut)) {
                progress.note_pin_not_sent();
                on_thread.refused();
            }
            on_thread.give_back();
            drop(ends);
            outcome
        });
        let spent = spent.await;
        match &spent {
            // Another program holds the card: what was queued will find nobody waiting, and send no PIN.
            Err(error) if error.code == ErrorCode::CardBusy => lent.give_back(),
            Err(_) if self.card.is_silent() && lent.end_in_silence(self.card) => {
                return Err(self.card.does_not_answer_to_pin());
            }
            _ => {}
        }
        spent
    }

    /// Refuses if no try is left, and asks for confirmation if this one may be the last.
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

    /// Waits for a person, as long as the card stays in and answers: pulling it out closes the dialog, and so does a
    /// card that did not answer to somebody else meanwhile.
    async fn while_the_card_is_in<R>(&self, asked: impl Future<Output = Result<R, ApiError>>) -> Result<R, ApiError> {
        tokio::select! {
            biased;
            // First: an entry that comes in the moment of a removal has no card to be spent on.
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

/// Caller of an operation that spends a PIN, as the card's thread sees it.
struct Spending<'s> {
    may_send: &'s dyn Fn() -> bool,
    progress: &'s Progress,
}

impl Requester for Spending<'_> {
    fn still_wanted(&self) -> bool {
        (self.may_send)()
    }

    /// Commits the operation: from here on the signature is finished and kept even if the caller leaves.
    fn takes_signature(&self) -> bool {
        // In this order: a committed operation can no longer be cancelled, so nothing may be refused after that.
        self.still_wanted() && self.progress.commit()
    }
}

/// Turn lent to a card's thread. Without it no PIN is sent.
struct LentTurn(Mutex<LentTurnState>);

struct LentTurnState {
    turn: Option<HeldTurn>,
    /// True once a PIN may have been sent.
    sent: bool,
}

impl LentTurn {
    fn new(turn: HeldTurn) -> Self {
        Self(Mutex::new(LentTurnState {
            turn: Some(turn),
            sent: false,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, LentTurnState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns true if the PIN may be sent now: its caller still waits, and nobody else has been given the turn.
    fn may_send(&self, wanted: impl Fn() -> bool) -> bool {
        let mut lent = self.lock();
        // Noted under the lock under which the turn is given back: without the turn nothing is sent, and whoever would
        // give it back knows of a PIN on its way.
        let may = lent.turn.is_some() && wanted();
        lent.sent |= may;
        may
    }

    /// Notes that the person cancelled on the reader's keypad, or let it time out.
    fn refused(&self) {
        if let Some(turn) = &self.lock().turn {
            turn.refused();
        }
    }

    /// Gives the turn back, so that the next question can be asked.
    fn give_back(&self) {
        self.lock().turn.take();
    }

    /// Gives the turn back unless a PIN may have been sent; returns true if it did.
    fn give_back_unless_sent(&self) -> bool {
        let mut lent = self.lock();
        if !lent.sent {
            lent.turn.take();
        }
        !lent.sent
    }

    /// Gives the turn back because the card does not answer. Returns true if a PIN may have been sent: then nobody
    /// knows whether the card has counted a try.
    fn end_in_silence(&self, card: &Insertion) -> bool {
        let mut lent = self.lock();
        lent.turn.take();
        if lent.sent {
            card.note_tries_left(TriesLeft::Doubtful);
        }
        lent.sent
    }

    /// Gives the turn back if the thread cannot: PC/SC does not let it return, or the caller has left while another
    /// program had the card. A PIN that has been sent keeps the turn until the card has answered; but while another
    /// program keeps the thread from the card, between two signatures of a list, none is on its way.
    async fn watch(self: Arc<Self>, card: Arc<Insertion>, over: CancellationToken, left: CancellationToken) {
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

/// Sentence on the number of tries left.
pub(crate) fn tries_left_text(tries: u8) -> Message {
    match tries {
        1 => Message::new("dialog-tries-left-one"),
        _ => Message::new("dialog-tries-left").arg("tries", tries.to_string()),
    }
}

/// Line with the name of the holder.
fn holder_line(holder: &Identity, language: Language) -> String {
    let parts = [holder.given_names.as_deref(), holder.family_name.as_deref()];
    let name = plain(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "));
    wrapped(&Message::new("dialog-holder").arg("name", name).render(language), 0)
}
