//! A transport that spoils chosen exchanges, for tests.

use crate::transport::{Exchange, Reconnect, Transport, TransportError};
use std::collections::BTreeMap;

/// Event that replaces the card's answer.
#[derive(Clone, Debug)]
pub enum ExchangeFault {
    /// The exchange fails; the command does not reach the card.
    Fail(TransportError),
    /// The command reaches the card, but these bytes come back.
    Answer(Vec<u8>),
    /// The command reaches the card, and its answer is changed on the way back.
    Change(fn(Vec<u8>) -> Vec<u8>),
}

/// Wraps a transport and spoils chosen exchanges, counted from 0 over its whole life.
pub struct Faulty<T> {
    inner: T,
    faults: BTreeMap<usize, ExchangeFault>,
    exchanges: usize,
}

impl<T> Faulty<T> {
    /// Wraps `inner`; exchange number `key` meets `value`.
    pub fn new(inner: T, faults: impl IntoIterator<Item = (usize, ExchangeFault)>) -> Self {
        Self {
            inner,
            faults: faults.into_iter().collect(),
            exchanges: 0,
        }
    }
}

impl<T: Transport> Transport for Faulty<T> {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        let (faults, exchanges) = (&mut self.faults, &mut self.exchanges);
        self.inner.exclusive(&mut |inner| {
            work(&mut FaultyExchange {
                inner,
                faults,
                exchanges,
            })
        })
    }

    fn reconnect(&mut self, how: Reconnect) -> Result<(), TransportError> {
        self.inner.reconnect(how)
    }

    fn present(&mut self) -> Result<(), TransportError> {
        self.inner.present()
    }
}

struct FaultyExchange<'e> {
    inner: &'e mut dyn Exchange,
    faults: &'e mut BTreeMap<usize, ExchangeFault>,
    exchanges: &'e mut usize,
}

impl Exchange for FaultyExchange<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let fault = self.faults.remove(self.exchanges);
        *self.exchanges += 1;
        match fault {
            None => self.inner.transmit(command),
            Some(ExchangeFault::Fail(error)) => Err(error),
            Some(ExchangeFault::Answer(bytes)) => self.inner.transmit(command).map(|_| bytes),
            Some(ExchangeFault::Change(change)) => self.inner.transmit(command).map(change),
        }
    }

    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.inner.control(code, input)
    }

    fn firmware(&mut self) -> Option<u16> {
        self.inner.firmware()
    }

    fn present(&mut self) -> Result<(), TransportError> {
        self.inner.present()
    }
}
