//! The thread that owns a card: it connects, recognises, and works until the card goes.

use super::insertion::{AnyCard, Insertion, Job};
use super::registry::{Recheck, Registry};
use super::status::CardStatus;
use crate::api::ErrorCode;
use beid_card::{Card, CardError, Traced, Transport, TransportError};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Makes the connection to a card, on the card's own thread.
pub type Connect = Box<dyn FnOnce() -> Result<Connection, TransportError> + Send>;

/// A card that was reached.
pub struct Connection {
    /// The way to it.
    pub transport: Box<dyn Transport>,
    /// Whether its reader has a keypad for PINs.
    pub pin_pad: bool,
}

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
pub(super) fn begin(own: OwnThread, reader: &str, connect: Connect, queue: mpsc::Receiver<Job>) {
    let thread = std::thread::Builder::new().name(format!("card-{}", own.insertion.reader));
    let reader = reader.to_owned();
    // Should there be no thread, dropping the closure ends the insertion.
    if let Err(error) = thread.spawn(move || own_card(&own.registry, &own.insertion, &reader, connect, queue)) {
        tracing::error!(%error, "no thread for the card");
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
