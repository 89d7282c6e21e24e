//! How long another program has been keeping us from a card.
//!
//! PC/SC makes whoever wants the card wait until the other's transaction ends, and offers no way to wait for a while. So
//! the card's thread waits, and whoever waits for the thread looks how long that has been going on. pcsc-lite makes them
//! wait even for `SCardStatus` and `SCardReconnect`.

use super::lock;
use beid_card::{Exchange, Reconnect, Transport, TransportError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Since when the card's thread has been waiting for another program, if it is.
#[derive(Default)]
pub(super) struct Waiting(Mutex<Option<Instant>>);

impl Waiting {
    pub(super) fn is_longer_than(&self, patience: Duration) -> bool {
        lock(&self.0).is_some_and(|since| since.elapsed() > patience)
    }

    fn begin(&self) {
        *lock(&self.0) = Some(Instant::now());
    }

    fn end(&self) {
        *lock(&self.0) = None;
    }

    /// What `work` takes is time that others keep us waiting.
    fn while_doing<R>(&self, work: impl FnOnce() -> R) -> R {
        self.begin();
        let done = work();
        self.end();
        done
    }
}

/// A transport that can be seen waiting.
pub(super) struct Awaited {
    pub(super) inner: Box<dyn Transport>,
    pub(super) waiting: Arc<Waiting>,
}

impl Transport for Awaited {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        let Self { inner, waiting } = self;
        waiting.while_doing(|| {
            inner.exclusive(&mut |exchange| {
                waiting.end();
                work(exchange);
            })
        })
    }

    fn reconnect(&mut self, how: Reconnect) -> Result<(), TransportError> {
        let Self { inner, waiting } = self;
        waiting.while_doing(|| inner.reconnect(how))
    }

    fn present(&mut self) -> Result<(), TransportError> {
        let Self { inner, waiting } = self;
        waiting.while_doing(|| inner.present())
    }
}
