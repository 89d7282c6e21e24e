//! Readers, and the cards in them, one *insertion* at a time.
//!
//! An insertion is born when a card is put in and dies when it is pulled out. Its id, its thread, its connection and its
//! queue of work live exactly as long. Work is sent to an insertion, never to a reader, so there is no way to say «do
//! this on whatever card is there now»; and what comes back is [`FromCard`], which only the insertion's own thread can
//! make and which carries its id. A queue whose card has gone has nobody at its other end: the answer is `card-removed`.

mod fault;
mod insertion;
mod prefetch;
mod queue;
mod registry;
mod roles;
mod status;
mod thread;
mod waiting;

pub(crate) use fault::card_error;
pub use insertion::{AnyCard, FromCard, Insertion};
pub(crate) use prefetch::Prefetch;
pub use queue::{Around, Lane};
pub use registry::Registry;
pub use roles::Roles;
pub use status::{CardId, CardStatus, TriesLeft};
pub use thread::Connect;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The lock, even if somebody panicked while holding it: what is behind it is never left half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
