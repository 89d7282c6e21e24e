//! Readers, and the cards in them, one *insertion* at a time.
//!
//! An insertion lasts from the moment a card is put in until it is pulled out, and its id, its thread, its connection
//! and its queue of work exactly as long. Work is sent to an insertion, never to a reader, so it cannot reach a card
//! that was put in later. A result is a [`FromCard`], which only the insertion's own thread makes and which carries its
//! id. The queue of a card that has gone has no thread at its other end: the answer is `card-removed`.

mod fault;
mod handover;
mod insertion;
mod news;
mod prefetch;
mod queue;
mod registry;
mod roles;
mod status;
mod thread;
mod waiting;
mod watch;

pub(crate) use fault::card_error;
pub use insertion::{AnyCard, FromCard, Insertion};
pub(crate) use prefetch::Prefetch;
pub use queue::{Lane, Surroundings};
pub use registry::{LookAtReaders, Registry};
pub use roles::Roles;
pub use status::{CardId, CardStatus, TriesLeft};
pub use thread::Connect;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks `mutex`, even if somebody panicked while holding it: no value behind one is left half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
