//! Real readers: one thread watches PC/SC and tells the registry.

use crate::api::ErrorCode;
use crate::service::cards::Registry;
use beid_card::pcsc::{Monitor, ReaderEvent};
use beid_card::{Quirks, Transport, TransportError};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Length of one wait when nothing happens. Every change ends it at once.
const WAIT: Duration = Duration::from_millis(500);
/// How long to leave a service alone that does not answer.
const AGAIN: Duration = Duration::from_secs(1);
/// Time that pcscd may take to notice that a card has gone: it looks every 0.4 s (`PCSCLITE_STATUS_POLL_RATE`).
const NOTICED: Duration = Duration::from_millis(450);

/// Watches real readers on a thread of its own, for as long as the process lives or until [`stop`](Self::stop).
pub struct Watch(Arc<AtomicBool>);

impl Watch {
    /// Begins watching; readers whose name contains one of `ignore` are not ours.
    ///
    /// # Errors
    /// If no thread can be had.
    pub fn begin(registry: Arc<Registry>, ignore: Vec<String>) -> std::io::Result<Self> {
        let stopped = Arc::new(AtomicBool::default());
        // From now on, for a service that takes connections and never answers is no desk without readers.
        registry.hear();
        let mut watcher = Watcher {
            registry,
            ignore,
            stopped: Arc::clone(&stopped),
            readers: BTreeMap::new(),
        };
        let thread = std::thread::Builder::new().name("readers".to_owned());
        thread.spawn(move || watcher.watch())?;
        Ok(Self(stopped))
    }

    /// Ends watching, soon. Nothing waits for that, for PC/SC may not let the thread return.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Watcher {
    registry: Arc<Registry>,
    /// Parts of names of readers that are not ours.
    ignore: Vec<String>,
    stopped: Arc<AtomicBool>,
    /// Ours, by their PC/SC name.
    readers: BTreeMap<String, Watched>,
}

/// One reader.
struct Watched {
    /// Its number in the registry.
    id: u32,
    /// Since when PC/SC has been saying that there is a card, while the registry has none.
    missed: Option<Instant>,
}

impl Watcher {
    /// Again and again: find the service, follow it until it goes.
    fn watch(&mut self) {
        let mut silent = false;
        while !self.is_stopped() {
            let trouble = match Monitor::establish() {
                Ok(monitor) => {
                    silent = false;
                    self.registry.set_trouble(None);
                    self.follow(monitor)
                }
                Err(error) => error,
            };
            if !std::mem::replace(&mut silent, true) {
                tracing::warn!(%trouble, "no smart card service; waiting for one");
            }
            self.registry.set_trouble(Some(code_of(&trouble)));
            std::thread::sleep(AGAIN);
        }
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Follows one monitor until its service goes; then all its readers are gone.
    fn follow(&mut self, mut monitor: Monitor) -> TransportError {
        let trouble = loop {
            if self.is_stopped() {
                break TransportError::Service("stopped".to_owned());
            }
            match monitor.wait(WAIT) {
                Ok(events) => events.into_iter().for_each(|event| self.note(event)),
                Err(trouble) => break trouble,
            }
            self.registry.hear();
            self.look_for_missed_cards(&monitor);
        };
        for (_, reader) in std::mem::take(&mut self.readers) {
            self.registry.reader_removed(reader.id);
        }
        trouble
    }

    fn note(&mut self, event: ReaderEvent) {
        match event {
            ReaderEvent::Arrived { reader } => {
                let listed = self.ignore.iter().any(|part| reader.contains(part.as_str()));
                if listed || Quirks::for_reader(&reader).ignored {
                    tracing::debug!(reader, "reader ignored");
                    return;
                }
                let id = self.registry.reader_added(&reader);
                self.readers.insert(reader, Watched { id, missed: None });
            }
            ReaderEvent::Left { reader } => {
                if let Some(reader) = self.readers.remove(&reader) {
                    self.registry.reader_removed(reader.id);
                }
            }
            ReaderEvent::Inserted { reader } => {
                if let Some(watched) = self.readers.get(&reader) {
                    self.registry
                        .card_inserted(watched.id, false, Box::new(move || connect(&reader)));
                }
            }
            ReaderEvent::Removed { reader } => {
                if let Some(reader) = self.readers.get(&reader) {
                    self.registry.card_removed(reader.id);
                }
            }
        }
    }

    /// An insertion ends by itself when another card turns out to be there. If PC/SC noticed no change, no event will
    /// come of it: a card that it goes on reporting is met as one just put in.
    fn look_for_missed_cards(&mut self, monitor: &Monitor) {
        for (name, reader) in &mut self.readers {
            if !monitor.has_card(name) || self.registry.has_card(reader.id) {
                reader.missed = None;
                continue;
            }
            // It may really have been taken out a moment ago.
            if reader.missed.get_or_insert_with(Instant::now).elapsed() >= NOTICED {
                reader.missed = None;
                let name = name.clone();
                self.registry
                    .card_inserted(reader.id, false, Box::new(move || connect(&name)));
            }
        }
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

/// Connects to the card in `reader`, over a context of its own: contexts take turns, and cards must not wait for each
/// other. (While a call does not return, libpcsclite lets no other thread use its context, and blocks every thread of the
/// process that tries.)
fn connect(reader: &str) -> Result<Box<dyn Transport>, TransportError> {
    Ok(Box::new(Monitor::establish()?.connect(reader)?))
}
