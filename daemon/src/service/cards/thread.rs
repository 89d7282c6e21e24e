//! The thread that owns a card: it connects, recognises, and works until the card goes.

use super::insertion::{AnyCard, Insertion};
use super::queue::Waited;
use super::registry::{Recheck, Registry};
use super::status::CardStatus;
use super::waiting::Awaited;
use crate::api::ErrorCode;
use beid_card::{Card, CardError, Traced, Transport, TransportError};
use std::sync::Arc;
use std::time::Duration;

/// Makes the connection to a card, on the card's own thread; again, if the card could not be used.
pub type Connect = Box<dyn Fn() -> Result<Box<dyn Transport>, TransportError> + Send>;

/// How long to leave a card alone that could not be used.
const AGAIN: Duration = Duration::from_secs(1);
/// How often a card that does not answer is tried: dirty contacts, or not quite in.
const MUTE_TRIES: u32 = 5;

/// Counts a card's thread, and ends its insertion with it however it ends.
pub(super) struct OwnThread {
    pub(super) registry: Arc<Registry>,
    pub(super) insertion: Arc<Insertion>,
}

impl Drop for OwnThread {
    fn drop(&mut self) {
        // Nothing is left to do if the card has gone; a thread that failed leaves no card behind that nobody serves.
        self.registry.end(&self.insertion, Recheck::No);
        self.registry.thread_ended();
    }
}

/// Starts the thread.
pub(super) fn begin(own: OwnThread, reader: &str, connect: Connect) {
    let thread = std::thread::Builder::new().name(format!("card-{}", own.insertion.reader));
    let reader = reader.to_owned();
    // Should there be no thread, dropping the closure ends the insertion.
    if let Err(error) = thread.spawn(move || own_card(&own.registry, &own.insertion, &reader, &connect)) {
        tracing::error!(%error, "no thread for the card");
    }
}

/// The life of a card's thread: connect, recognise, read ahead if that is wanted, work until the card goes.
fn own_card(registry: &Arc<Registry>, insertion: &Arc<Insertion>, reader: &str, connect: &Connect) {
    let mut tries = 0;
    let card = loop {
        tries += 1;
        let mut met = meet(registry, insertion, reader, connect);
        // Pulled out again: whoever watches the reader sees it too.
        if matches!(met, Err(CardError::Removed)) {
            return registry.end(insertion, Recheck::No);
        }
        let status = CardStatus::of(&met);
        if let Ok(Some(card)) = &met {
            insertion.note_pin_pad(card.pin_pad());
        }
        if let (Ok(Some(card)), Some(ahead)) = (&mut met, registry.prefetch()) {
            if ahead.text(card).is_err() {
                return registry.end(insertion, Recheck::Yes);
            }
            ahead.put_the_rest(insertion);
        }
        registry.recognised(insertion, status.clone());
        let trouble = match met {
            Ok(Some(card)) if status.is_usable() => break Ok(card),
            Ok(_) => break Err(ErrorCode::UnsupportedCard),
            Err(CardError::Busy) => ErrorCode::CardBusy,
            Err(error) => {
                tracing::warn!(reader, %error, "card cannot be used");
                ErrorCode::CardError
            }
        };
        if trouble == ErrorCode::CardError && tries == MUTE_TRIES {
            break Err(trouble);
        }
        if !refuse_for_a_while(insertion, trouble) {
            return;
        }
    };
    serve(registry, insertion, card);
}

/// Does what is asked of the card until it goes.
fn serve(registry: &Arc<Registry>, insertion: &Arc<Insertion>, mut card: Result<AnyCard, ErrorCode>) {
    loop {
        let fate = match insertion.queue.next(None) {
            Waited::Closed => return,
            Waited::Nothing => Ok(()),
            Waited::Job(job) => job(card.as_mut().map_err(|code| *code), &insertion.queue),
        };
        if fate.is_err() {
            return registry.end(insertion, Recheck::Yes);
        }
    }
}

/// Answers whoever asks that the card cannot be used, until it is time to try again; false when the card has gone.
fn refuse_for_a_while(insertion: &Insertion, trouble: ErrorCode) -> bool {
    loop {
        match insertion.queue.next(Some(AGAIN)) {
            Waited::Job(job) => drop(job(Err(trouble), &insertion.queue)),
            Waited::Nothing => return true,
            Waited::Closed => return false,
        }
    }
}

/// Connects, and asks the card who it is; no card if it is not a Belgian eID.
fn meet(
    registry: &Registry,
    insertion: &Insertion,
    reader: &str,
    connect: &Connect,
) -> Result<Option<AnyCard>, CardError> {
    let awaited = Awaited {
        inner: connect()?,
        waiting: Arc::clone(&insertion.waiting),
    };
    let transport: Box<dyn Transport> = Box::new(awaited);
    Card::recognise_in(Traced::new(transport, reader), reader, registry.experience())
}
