//! A virtual card in a reader of a real `pcscd`, in our own process, so that what it is asked can be counted.

use crate::SetupFailure;
use crate::clock::{Timed, TransmitClock};
use beid_card::pcsc::{Monitor, PcscCard, ReaderEvent};
use beid_simulator::vpcd::{Ejector, Served, Vpcd};
use beid_simulator::{Citizen, TestPki, VirtualCard, VirtualSlot};
use std::io;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(10);

/// The reader, and the card in it.
pub(crate) struct BenchPlace {
    pki: &'static TestPki,
    vpcd: String,
    pub(crate) reader: String,
    monitor: Monitor,
    pub(crate) slot: VirtualSlot,
    session: Option<(Ejector, JoinHandle<io::Result<Served>>)>,
}

/// Cost of a piece of work.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) commands: u64,
    pub(crate) wire: u64,
    pub(crate) wall: Duration,
}

impl BenchPlace {
    /// The reader called `reader`, whose `vpcd` listens at `vpcd`.
    pub(crate) fn at(vpcd: &str, reader: &str, pki: &'static TestPki) -> Result<Self, SetupFailure> {
        Ok(Self {
            pki,
            vpcd: vpcd.to_owned(),
            reader: reader.to_owned(),
            monitor: Monitor::establish()?,
            slot: VirtualSlot::new(),
            session: None,
        })
    }

    /// Puts the card of `id` in, in place of what was there; returns when PC/SC has seen it.
    pub(crate) fn insert(&mut self, id: &str) -> Result<(), SetupFailure> {
        self.remove()?;
        let vpcd = Vpcd::connect(&self.vpcd, PATIENCE)?;
        vpcd.wait_noticed(PATIENCE)?;
        let ejector = vpcd.ejector()?;
        self.slot.insert(VirtualCard::new(Citizen::find(id)?, self.pki)?);
        let mut connection = self.slot.connect().ok_or("no card")?;
        let thread = std::thread::spawn(move || vpcd.serve(&mut connection));
        self.session = Some((ejector, thread));
        self.wait_for(|event| matches!(event, ReaderEvent::Inserted { .. }))
    }

    /// Pulls the card out; returns when PC/SC has seen that.
    pub(crate) fn remove(&mut self) -> Result<(), SetupFailure> {
        let Some((ejector, thread)) = self.session.take() else {
            return Ok(());
        };
        self.slot.remove();
        ejector.eject();
        self.wait_for(|event| matches!(event, ReaderEvent::Removed { .. }))?;
        ejector.hang_up();
        thread.join().map_err(|_| "the card's thread failed")??;
        Ok(())
    }

    fn wait_for(&mut self, is_it: impl Fn(&ReaderEvent) -> bool) -> Result<(), SetupFailure> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if self.monitor.wait(PATIENCE)?.iter().any(&is_it) {
                return Ok(());
            }
        }
        Err("PC/SC does not see the card".into())
    }

    /// Measures the cost of `work`.
    pub(crate) fn cost<R>(&self, work: impl FnOnce() -> Result<R, SetupFailure>) -> Result<(Cost, R), SetupFailure> {
        let (commands, wire, begun) = (self.slot.apdus(), self.slot.wire_bytes(), Instant::now());
        let done = work()?;
        let cost = Cost {
            wall: begun.elapsed(),
            commands: self.slot.apdus() - commands,
            wire: self.slot.wire_bytes() - wire,
        };
        Ok((cost, done))
    }
}

/// Connects anew to the card in `reader`, as at an insertion.
pub(crate) fn connect(reader: &str, clock: &TransmitClock) -> Result<Timed<PcscCard>, beid_card::TransportError> {
    let inner = Monitor::establish()?.connect(reader)?;
    let clock = clock.clone();
    Ok(Timed { inner, clock })
}
