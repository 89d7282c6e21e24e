//! The thread that owns a card: it connects to the card, recognises it, and works until it goes.

use super::insertion::{AnyCard, Insertion};
use super::queue::{Job, Waited};
use super::registry::Registry;
use super::status::CardStatus;
use super::waiting::Awaited;
use beid_api::ErrorCode;
use beid_card::{Card, CardError, LONGEST_CONNECT, Traced, Transport, TransportError};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Makes the connection to a card, on the card's own thread; called again if the card could not be used.
pub type Connect = Box<dyn Fn() -> Result<Box<dyn Transport>, TransportError> + Send>;

/// Pauses between attempts to meet a card that is said to be there: three seconds in all. A reader may still be giving
/// it power, and a contact wobbles while somebody pushes. A card that cannot be met by then waits until somebody wants
/// it.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
    Duration::from_millis(1600),
];
/// Pause before a card that another program holds for itself is tried again.
const BUSY_PAUSE: Duration = Duration::from_secs(1);

/// Ownership of a card by its thread; when the thread ends, in whatever way, the insertion ends with it.
pub(super) struct OwnThread {
    pub(super) registry: Arc<Registry>,
    pub(super) insertion: Arc<Insertion>,
}

impl Drop for OwnThread {
    fn drop(&mut self) {
        // Does nothing if the card has gone; otherwise a thread that panicked would leave a card behind that nobody
        // serves.
        self.registry.end(&self.insertion);
        self.registry.threads.note_end(&self.insertion);
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

/// Connects to a card, recognises it, reads ahead if that is wanted, and works until the card goes.
///
/// As long as PC/SC says that there is a card, a card that cannot be met is tried again: a few times at once, and after
/// that whenever somebody asks for it.
fn own_card(registry: &Arc<Registry>, insertion: &Arc<Insertion>, reader: &str, connect: &Connect) {
    let mut pauses = PAUSES.iter();
    // Work that was asked of a card after all attempts to meet it had failed.
    let mut asked: Option<Job> = None;
    let card = loop {
        let met = meet(registry, insertion, reader, connect);
        // Its callers were told that it is silent. If it is still there, the watch over the readers inserts it anew.
        if insertion.waiting.is_given_up() {
            return registry.end(insertion);
        }
        let error = match met {
            Ok(Some(mut card)) => {
                // A card that goes now has been recognised already: the next one is another insertion.
                if read_ahead(registry, insertion, &mut card).is_err() {
                    return registry.end(insertion);
                }
                registry.recognised(insertion, CardStatus::from_applet(card.applet()));
                break Ok(card);
            }
            Ok(None) => {
                registry.recognised(insertion, CardStatus::Unsupported);
                break Err(ErrorCode::UnsupportedCard);
            }
            Err(error) => error,
        };
        let code = if error == CardError::Busy {
            ErrorCode::CardBusy
        } else {
            ErrorCode::CardError
        };
        // The caller for whom the card was tried again hears that it failed.
        if let Some(job) = asked.take() {
            drop(job(Err(code), &insertion.queue));
        }
        let there = match (error, pauses.next()) {
            (CardError::Busy, _) => {
                registry.recognised(insertion, CardStatus::Busy);
                refuse_for_a_while(insertion, code, BUSY_PAUSE)
            }
            (CardError::Mute, Some(pause)) => {
                call_mute(registry, insertion, reader, &CardError::Mute);
                refuse_for_a_while(insertion, code, *pause)
            }
            // This passes, or PC/SC will say that the card has gone: callers are not refused yet.
            (error, Some(pause)) => {
                tracing::debug!(reader, %error, "card not met yet");
                insertion.queue.pause(*pause)
            }
            (error, None) => {
                call_mute(registry, insertion, reader, &error);
                wait_until_wanted(insertion, &mut asked)
            }
        };
        if !there {
            return;
        }
    };
    serve(registry, insertion, card, asked);
}

/// Does the work that is asked of the card until it goes; first the work that made us try it again.
fn serve(
    registry: &Arc<Registry>,
    insertion: &Arc<Insertion>,
    mut card: Result<AnyCard, ErrorCode>,
    mut asked: Option<Job>,
) {
    loop {
        let next = asked.take().map_or_else(|| insertion.queue.next(None), Waited::Job);
        let fate = match next {
            Waited::Closed => break,
            Waited::Nothing => Ok(()),
            Waited::Job(job) => job(card.as_mut().map_err(|code| *code), &insertion.queue),
        };
        if fate.is_err() {
            break registry.end(insertion);
        }
    }
    // Disconnecting is a call to PC/SC, too, and may take no longer than any other.
    let left = insertion.waiting.within(LONGEST_CONNECT, || {
        drop(card);
        Ok(())
    });
    left.unwrap_or_default();
}

fn call_mute(registry: &Registry, insertion: &Arc<Insertion>, reader: &str, error: &CardError) {
    if registry.recognised(insertion, CardStatus::Mute) {
        tracing::warn!(reader, %error, "card cannot be used");
    }
}

/// Answers callers that the card cannot be used, until it is time to try again; returns false if the card has gone.
fn refuse_for_a_while(insertion: &Insertion, trouble: ErrorCode, pause: Duration) -> bool {
    let begun = Instant::now();
    loop {
        match insertion.queue.next(Some(pause.saturating_sub(begun.elapsed()))) {
            Waited::Closed => return false,
            // However often somebody asks: the card is tried again when it is time.
            Waited::Job(job) => drop(job(Err(trouble), &insertion.queue)),
            Waited::Nothing => {}
        }
        if begun.elapsed() >= pause {
            return true;
        }
    }
}

/// Waits until somebody wants the card; returns false if it has gone.
fn wait_until_wanted(insertion: &Insertion, asked: &mut Option<Job>) -> bool {
    match insertion.queue.next(None) {
        Waited::Closed => return false,
        Waited::Job(job) => *asked = Some(job),
        Waited::Nothing => {}
    }
    true
}

/// Reads ahead as far as the policy says.
fn read_ahead(registry: &Registry, insertion: &Arc<Insertion>, card: &mut AnyCard) -> Result<(), CardError> {
    if let Some(ahead) = registry.prefetch() {
        ahead.text(card)?;
        ahead.put_the_rest(insertion);
    }
    Ok(())
}

/// Connects to the card and recognises it; none if it is not a Belgian eID.
fn meet(
    registry: &Registry,
    insertion: &Insertion,
    reader: &str,
    connect: &Connect,
) -> Result<Option<AnyCard>, CardError> {
    let waiting = &insertion.waiting;
    let awaited = Awaited {
        inner: waiting.within(LONGEST_CONNECT, connect)?,
        waiting: Arc::clone(waiting),
    };
    let transport: Box<dyn Transport> = Box::new(awaited);
    let met = Card::recognise_in(Traced::new(transport, reader), reader, registry.experience())?;
    insertion.note_pin_pad(met.as_ref().and_then(Card::pin_pad));
    Ok(met)
}
