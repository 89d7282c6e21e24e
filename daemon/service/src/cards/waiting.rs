//! Limits on how long a card's thread may be kept in PC/SC.
//!
//! Calls to PC/SC block and cannot be called off. They wait for one of two reasons.
//!
//! Another program may have the card: PC/SC makes others wait until its transaction ends, and pcsc-lite makes them wait
//! even for `SCardStatus` and `SCardReconnect`. That passes; callers are told `card-busy` meanwhile.
//!
//! Or the card does not answer: then `SCardTransmit` may never return. So each such call has a time by which it must be
//! over ([`beid_card::longest_answer`]). If it is not, the thread is given up: nobody waits for it any more, and if it
//! does come back it may send nothing.

use super::lock;
use super::watch::CallWatch;
use beid_card::{Exchange, LONGEST_CONNECT, Reconnect, Transport, TransportError, longest_answer, longest_control};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Whereabouts of a card's thread: outside PC/SC, or in a call to it.
pub(super) struct ThreadWait {
    place: Mutex<ThreadPlace>,
    watch: Arc<CallWatch>,
}

#[derive(Clone, Copy, Default)]
enum ThreadPlace {
    /// Not in a call to PC/SC.
    #[default]
    Outside,
    /// Waiting since then for another program to let the card go.
    AtTheDoor(Instant),
    /// In a call that began then, and must be over within this time.
    Inside(Instant, Duration),
    /// Given up in a call that took longer. For good: the connection is of no use any more.
    GivenUp,
}

impl ThreadWait {
    /// Makes one for a thread outside PC/SC, whose calls `watch` looks after.
    pub(super) fn new(watch: Arc<CallWatch>) -> Self {
        Self {
            place: Mutex::default(),
            watch,
        }
    }

    /// Returns true if the thread is in a call that must be over within a certain time.
    pub(super) fn is_in_a_call(&self) -> bool {
        matches!(*lock(&self.place), ThreadPlace::Inside(..))
    }

    /// Returns true if another program has been keeping the thread from the card for longer than `patience`.
    pub(super) fn is_kept_out_for(&self, patience: Duration) -> bool {
        matches!(*lock(&self.place), ThreadPlace::AtTheDoor(since) if since.elapsed() > patience)
    }

    /// Gives the thread up if its call should have been over by now; returns true if that has just happened.
    pub(super) fn give_up_if_late(&self) -> bool {
        let mut place = lock(&self.place);
        let late = matches!(*place, ThreadPlace::Inside(since, longest) if since.elapsed() > longest);
        if late {
            *place = ThreadPlace::GivenUp;
        }
        late
    }

    /// Returns true if the thread has been given up.
    pub(super) fn is_given_up(&self) -> bool {
        matches!(*lock(&self.place), ThreadPlace::GivenUp)
    }

    /// Notes where the thread is from now on.
    ///
    /// # Errors
    /// [`TransportError::Removed`] once the thread has been given up: its card has been written off.
    fn goes_to(&self, next: ThreadPlace) -> Result<(), TransportError> {
        let mut place = lock(&self.place);
        if matches!(*place, ThreadPlace::GivenUp) {
            return Err(TransportError::Removed);
        }
        *place = next;
        drop(place);
        if matches!(next, ThreadPlace::Inside(..)) {
            self.watch.wake();
        }
        Ok(())
    }

    /// Makes `call`, which must be over within `longest`. The result of a call that took longer is thrown away: its
    /// caller has been told that the card does not answer.
    ///
    /// # Errors
    /// [`TransportError::Removed`] if it was not over in time, or the thread was given up before; else those of `call`.
    pub(super) fn within<R>(
        &self,
        longest: Duration,
        call: impl FnOnce() -> Result<R, TransportError>,
    ) -> Result<R, TransportError> {
        self.goes_to(ThreadPlace::Inside(Instant::now(), longest))?;
        let outcome = call();
        self.goes_to(ThreadPlace::Outside)?;
        outcome
    }

    /// Makes `call`, which may have to wait for another program.
    pub(super) fn at_the_door<R>(&self, call: impl FnOnce() -> Result<R, TransportError>) -> Result<R, TransportError> {
        self.goes_to(ThreadPlace::AtTheDoor(Instant::now()))?;
        let outcome = call();
        self.goes_to(ThreadPlace::Outside)?;
        outcome
    }
}

/// Transport whose waits are watched; it is of no use once the thread has been given up.
pub(super) struct Awaited {
    pub(super) inner: Box<dyn Transport>,
    pub(super) waiting: Arc<ThreadWait>,
}

impl Transport for Awaited {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        let Self { inner, waiting } = self;
        let held = waiting.at_the_door(|| {
            inner.exclusive(&mut |exchange| {
                if waiting.goes_to(ThreadPlace::Outside).is_ok() {
                    work(&mut AwaitedExchange {
                        inner: exchange,
                        waiting,
                    });
                }
                // Ending a transaction does not wait for other programs. A thread that has been given up is dealt with
                // below.
                waiting
                    .goes_to(ThreadPlace::Inside(Instant::now(), LONGEST_CONNECT))
                    .unwrap_or_default();
            })
        });
        if waiting.is_given_up() {
            // A PIN may have opened the card, and LOG OFF could not be sent any more: a reset closes it, too.
            drop(inner.reconnect(Reconnect::Reset));
        }
        held
    }

    fn reconnect(&mut self, how: Reconnect) -> Result<(), TransportError> {
        let Self { inner, waiting } = self;
        match how {
            // Another program has reset the card, and may well be at work with it.
            Reconnect::Leave => waiting.at_the_door(|| inner.reconnect(how)),
            Reconnect::Reset => waiting.within(LONGEST_CONNECT, || inner.reconnect(how)),
        }
    }

    fn present(&mut self) -> Result<(), TransportError> {
        let Self { inner, waiting } = self;
        waiting.at_the_door(|| inner.present())
    }
}

struct AwaitedExchange<'e> {
    inner: &'e mut dyn Exchange,
    waiting: &'e ThreadWait,
}

impl Exchange for AwaitedExchange<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let Self { inner, waiting } = self;
        waiting.within(longest_answer(command), || inner.transmit(command))
    }

    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        let Self { inner, waiting } = self;
        waiting.within(longest_control(code), || inner.control(code, input))
    }

    fn firmware(&mut self) -> Option<u16> {
        let Self { inner, waiting } = self;
        let asked = waiting.within(LONGEST_CONNECT, || Ok(inner.firmware()));
        asked.unwrap_or_default()
    }

    fn present(&mut self) -> Result<(), TransportError> {
        let Self { inner, waiting } = self;
        // In a transaction of ours no other program can make it wait.
        waiting.within(LONGEST_CONNECT, || inner.present())
    }
}
