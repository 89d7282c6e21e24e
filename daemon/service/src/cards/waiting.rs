//! Limits on how long a card's thread may be kept in PC/SC.
//!
//! Calls to PC/SC block, and none of them can be called off. Two kinds of wait are told apart. Another program may have the
//! card: PC/SC makes whoever wants it wait until the other's transaction ends, and pcsc-lite makes them wait even for
//! `SCardStatus` and `SCardReconnect`. That passes, and whoever waits for the thread is told `card-busy` meanwhile. And a
//! card may not answer: nothing says that `SCardTransmit` ever returns then. So each such call has a time by which it must
//! be over ([`beid_card::longest_answer`]). If it is not, the thread is given up: nobody waits for it any more, and when
//! it does come back it may send nothing.

use super::lock;
use beid_card::{Exchange, LONGEST_CONNECT, Reconnect, Transport, TransportError, longest_answer, longest_control};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Place of a card's thread.
#[derive(Default)]
pub(super) struct Waiting(Mutex<Place>);

#[derive(Clone, Copy, Default)]
enum Place {
    /// In no call to PC/SC.
    #[default]
    Outside,
    /// Waiting for another program to be done, since then.
    AtTheDoor(Instant),
    /// In a call that must be over by the time that it began plus this.
    Inside(Instant, Duration),
    /// In a call that was not. For good: the connection is of no use any more.
    GivenUp,
}

impl Waiting {
    /// Tells whether another program has been keeping the thread from the card for longer than `patience`.
    pub(super) fn is_kept_out_for(&self, patience: Duration) -> bool {
        matches!(*lock(&self.0), Place::AtTheDoor(since) if since.elapsed() > patience)
    }

    /// Gives the thread up if its call should have been over by now; true if that has just happened.
    pub(super) fn give_up_if_late(&self) -> bool {
        let mut place = lock(&self.0);
        let late = matches!(*place, Place::Inside(since, longest) if since.elapsed() > longest);
        if late {
            *place = Place::GivenUp;
        }
        late
    }

    /// Tells whether the thread has been given up.
    pub(super) fn is_given_up(&self) -> bool {
        matches!(*lock(&self.0), Place::GivenUp)
    }

    /// # Errors
    /// [`TransportError::Removed`] once the thread has been given up: its card has been written off.
    fn goes_to(&self, next: Place) -> Result<(), TransportError> {
        let mut place = lock(&self.0);
        if matches!(*place, Place::GivenUp) {
            return Err(TransportError::Removed);
        }
        *place = next;
        Ok(())
    }

    /// Does `call`, which must be over within `longest`. What it brings too late is thrown away: whoever wanted it has
    /// been told that the card does not answer.
    ///
    /// # Errors
    /// [`TransportError::Removed`] if it was not over in time, or the thread was given up before; else those of `call`.
    pub(super) fn within<R>(
        &self,
        longest: Duration,
        call: impl FnOnce() -> Result<R, TransportError>,
    ) -> Result<R, TransportError> {
        self.goes_to(Place::Inside(Instant::now(), longest))?;
        let outcome = call();
        self.goes_to(Place::Outside)?;
        outcome
    }

    /// Does `call`, for which another program may have to be waited for.
    fn at_the_door<R>(&self, call: impl FnOnce() -> Result<R, TransportError>) -> Result<R, TransportError> {
        self.goes_to(Place::AtTheDoor(Instant::now()))?;
        let outcome = call();
        self.goes_to(Place::Outside)?;
        outcome
    }
}

/// A transport that can be seen waiting, and is worth nothing once it has waited too long.
pub(super) struct Awaited {
    pub(super) inner: Box<dyn Transport>,
    pub(super) waiting: Arc<Waiting>,
}

impl Transport for Awaited {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        let Self { inner, waiting } = self;
        let held = waiting.at_the_door(|| {
            inner.exclusive(&mut |exchange| {
                if waiting.goes_to(Place::Outside).is_ok() {
                    work(&mut AwaitedExchange {
                        inner: exchange,
                        waiting,
                    });
                }
                // To end a transaction nobody else has to be waited for. If the thread has been given up, it is so below.
                waiting
                    .goes_to(Place::Inside(Instant::now(), LONGEST_CONNECT))
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
    waiting: &'e Waiting,
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
        waiting.within(LONGEST_CONNECT, || inner.present())
    }
}
