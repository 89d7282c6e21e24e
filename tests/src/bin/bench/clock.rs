//! Time that the card takes, seen from our side: every `SCardTransmit`, timed.

use beid_card::{Exchange, Reconnect, Transport, TransportError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// One call of `SCardTransmit`.
#[derive(Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) at: SystemTime,
    pub(crate) took: Duration,
}

/// Calls of all transports made with it since it was last cleared, and the time of those of `SCardStatus`.
#[derive(Clone, Default)]
pub(crate) struct TransmitClock(Arc<Mutex<Vec<Sent>>>, Arc<Mutex<Duration>>);

impl TransmitClock {
    fn lock(&self) -> MutexGuard<'_, Vec<Sent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
        *self.asked() = Duration::ZERO;
    }

    fn asked(&self) -> MutexGuard<'_, Duration> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time spent in asking whether the card is still there.
    pub(crate) fn presence(&self) -> Duration {
        *self.asked()
    }

    /// Durations of all calls, added up.
    pub(crate) fn sum(&self) -> Duration {
        self.lock().iter().map(|sent| sent.took).sum()
    }

    /// Like [`sum`](Self::sum), for the calls made after `moment`.
    pub(crate) fn sum_since(&self, moment: SystemTime) -> Duration {
        let sent = self.lock();
        sent.iter().filter(|sent| sent.at >= moment).map(|sent| sent.took).sum()
    }
}

/// A transport whose exchanges are timed.
pub(crate) struct Timed<T> {
    pub(crate) inner: T,
    pub(crate) clock: TransmitClock,
}

impl<T: Transport> Transport for Timed<T> {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        let clock = &self.clock;
        self.inner
            .exclusive(&mut |inner| work(&mut TimedExchange { inner, clock }))
    }
    fn reconnect(&mut self, how: Reconnect) -> Result<(), TransportError> {
        self.inner.reconnect(how)
    }
    fn present(&mut self) -> Result<(), TransportError> {
        let begun = Instant::now();
        let present = self.inner.present();
        *self.clock.asked() += begun.elapsed();
        present
    }
}

struct TimedExchange<'e> {
    inner: &'e mut dyn Exchange,
    clock: &'e TransmitClock,
}

impl Exchange for TimedExchange<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let (at, begun) = (SystemTime::now(), Instant::now());
        let answer = self.inner.transmit(command);
        let took = begun.elapsed();
        self.clock.lock().push(Sent { at, took });
        answer
    }
    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.inner.control(code, input)
    }
    fn firmware(&mut self) -> Option<u16> {
        self.inner.firmware()
    }
}
