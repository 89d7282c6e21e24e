//! Real readers: one thread watches PC/SC and tells the registry.

use crate::api::ErrorCode;
use crate::service::cards::{Connection, Registry};
use beid_card::TransportError;
use beid_card::pcsc::{Monitor, ReaderEvent, Waker};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long one wait lasts when nothing happens. Every change ends it at once; a wake-up that comes between two waits is
/// lost, and noticed at the next.
const WAIT: Duration = Duration::from_secs(2);
/// How long to leave a service alone that does not answer.
const AGAIN: Duration = Duration::from_secs(1);

/// Watches real readers on a thread of its own, for as long as the process lives or until [`stop`](Self::stop).
pub struct Watch(Arc<Shared>);

#[derive(Default)]
struct Shared {
    stopped: AtomicBool,
    waker: Mutex<Option<Waker>>,
    /// Readers whose card turned out to be another one than we thought.
    recheck: Mutex<BTreeSet<String>>,
}

impl Watch {
    /// Begins watching; readers whose name contains one of `ignore` are not ours.
    ///
    /// # Errors
    /// If no thread can be had.
    pub fn begin(registry: Arc<Registry>, ignore: Vec<String>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let watched = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("readers".to_owned())
            .spawn(move || watch(&registry, &ignore, &watched))?;
        Ok(Self(shared))
    }

    /// Ends watching.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::Relaxed);
        self.0.wake();
    }
}

impl Shared {
    fn wake(&self) {
        if let Some(waker) = &*self.waker.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake();
        }
    }

    fn set_waker(&self, waker: Option<Waker>) {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = waker;
    }

    fn recheck(&self, reader: &str) {
        self.recheck
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(reader.to_owned());
        self.wake();
    }

    fn to_recheck(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.recheck.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Again and again: find the service, follow it until it goes.
fn watch(registry: &Arc<Registry>, ignore: &[String], shared: &Arc<Shared>) {
    let mut silent = false;
    while !shared.stopped.load(Ordering::Relaxed) {
        let trouble = match Monitor::establish() {
            Ok(monitor) => {
                silent = false;
                registry.set_trouble(None);
                follow(monitor, registry, ignore, shared)
            }
            Err(error) => error,
        };
        shared.set_waker(None);
        if !std::mem::replace(&mut silent, true) {
            tracing::warn!(%trouble, "no smart card service; waiting for one");
        }
        registry.set_trouble(Some(code_of(&trouble)));
        std::thread::sleep(AGAIN);
    }
}

/// The service that refuses us is another trouble than the one that is not there.
fn code_of(trouble: &TransportError) -> ErrorCode {
    match trouble {
        TransportError::Service(why) if why.contains("denied") || why.contains("Access") => {
            ErrorCode::PcscNotAuthorised
        }
        TransportError::Service(_)
        | TransportError::Removed
        | TransportError::Reset
        | TransportError::Busy
        | TransportError::Mute
        | TransportError::Unsupported
        | TransportError::Comm(_) => ErrorCode::PcscUnavailable,
    }
}

/// Follows one monitor until its service goes; then all its readers are gone.
fn follow(mut monitor: Monitor, registry: &Arc<Registry>, ignore: &[String], shared: &Arc<Shared>) -> TransportError {
    shared.set_waker(Some(monitor.waker()));
    let mut readers: BTreeMap<String, u32> = BTreeMap::new();
    let trouble = loop {
        if shared.stopped.load(Ordering::Relaxed) {
            break TransportError::Service("stopped".to_owned());
        }
        match monitor.wait(WAIT) {
            Ok(events) => {
                for event in events {
                    note(event, &mut readers, registry, ignore, shared);
                }
            }
            Err(trouble) => break trouble,
        }
        for name in shared.to_recheck() {
            // Perhaps it has really been taken out: then connecting says so, and nothing comes of it.
            if let Some(reader) = readers.get(&name) {
                registry.card_seen_again(*reader, Box::new(move || connect(&name)));
            }
        }
    };
    readers.into_values().for_each(|reader| registry.reader_removed(reader));
    trouble
}

fn note(
    event: ReaderEvent,
    readers: &mut BTreeMap<String, u32>,
    registry: &Arc<Registry>,
    ignore: &[String],
    shared: &Arc<Shared>,
) {
    match event {
        ReaderEvent::Arrived { reader } => {
            if ignore.iter().any(|part| reader.contains(part.as_str())) {
                tracing::debug!(reader, "reader ignored");
                return;
            }
            let (shared, name) = (Arc::clone(shared), reader.clone());
            let id = registry.reader_added(&reader, Arc::new(move || shared.recheck(&name)));
            readers.insert(reader, id);
        }
        ReaderEvent::Left { reader } => {
            if let Some(id) = readers.remove(&reader) {
                registry.reader_removed(id);
            }
        }
        ReaderEvent::Inserted { reader } => {
            if let Some(id) = readers.get(&reader) {
                registry.card_inserted(*id, false, Box::new(move || connect(&reader)));
            }
        }
        ReaderEvent::Removed { reader } => {
            if let Some(id) = readers.get(&reader) {
                registry.card_removed(*id);
            }
        }
    }
}

/// Connects to the card in `reader`, over a context of its own: contexts take turns, and cards must not wait for each
/// other.
fn connect(reader: &str) -> Result<Connection, TransportError> {
    let card = Monitor::establish()?.connect(reader)?;
    Ok(Connection {
        pin_pad: card.has_pin_pad(),
        transport: Box::new(card),
    })
}
