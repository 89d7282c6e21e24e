//! Real readers: one thread watches PC/SC and reports to the registry.

use crate::nudge::Nudge;
use beid_api::ErrorCode;
use beid_card::pcsc::{Monitor, ReaderEvent};
use beid_card::{Quirks, Transport, TransportError};
use beid_service::cards::Registry;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Maximum length of one wait for events, should the service forget to tell of one. Every change ends it at once, and so
/// does the registry when it wants a look at the readers; an idle daemon is not woken.
const WAIT: Duration = Duration::from_secs(600);
/// Length of a wait while a card that the registry has lost is still reported.
const SHORT_WAIT: Duration = Duration::from_millis(500);
/// Pause before another attempt to reach a service that does not answer.
const AGAIN: Duration = Duration::from_secs(1);
/// Time after which pcscd has noticed that a card was removed: it polls every 0.4 s (`PCSCLITE_STATUS_POLL_RATE`).
const NOTICED: Duration = Duration::from_millis(450);

/// Watches real readers on a thread of its own, until the process ends or [`stop`](Self::stop).
pub struct PcscWatch {
    stopped: Arc<AtomicBool>,
    nudge: Arc<Nudge>,
}

impl PcscWatch {
    /// Begins watching, except readers whose name contains one of `ignore`.
    ///
    /// # Errors
    /// If its threads cannot be started.
    pub fn begin(registry: Arc<Registry>, ignore: Vec<String>) -> std::io::Result<Self> {
        let stopped = Arc::new(AtomicBool::default());
        // Before the thread runs: a service that accepts connections and never answers must not look like one without
        // readers.
        registry.await_news();
        let nudge = Nudge::begin()?;
        let wanted = Arc::clone(&nudge);
        registry.look_through(Box::new(move || wanted.look()));
        let mut watcher = Watcher {
            registry,
            ignore,
            stopped: Arc::clone(&stopped),
            nudge: Arc::clone(&nudge),
            readers: BTreeMap::new(),
        };
        let thread = std::thread::Builder::new().name("readers".to_owned());
        thread.spawn(move || watcher.watch())?;
        Ok(Self { stopped, nudge })
    }

    /// Tells the thread to end, and does not wait for it: a call to PC/SC may never return.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.nudge.look();
    }
}

struct Watcher {
    registry: Arc<Registry>,
    /// Parts of the names of readers that are ignored.
    ignore: Vec<String>,
    stopped: Arc<AtomicBool>,
    nudge: Arc<Nudge>,
    /// Watched readers, by their PC/SC name.
    readers: BTreeMap<String, WatchedReader>,
}

/// One watched reader.
struct WatchedReader {
    /// Its number in the registry.
    id: u32,
    /// Time since which PC/SC has been reporting a card that the registry does not have.
    missed: Option<Instant>,
}

impl Watcher {
    /// Connects to the service and follows it until it ends, again and again.
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
            // Logged once for as long as the service is away, and not every second.
            if !std::mem::replace(&mut silent, true) {
                tracing::warn!(%trouble, "no smart card service; waiting for one");
            }
            self.registry.set_trouble(Some(code_of(&trouble)));
            std::thread::sleep(AGAIN);
        }
        self.nudge.end();
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Follows one monitor until its service ends, then removes all its readers and returns the reason.
    fn follow(&mut self, mut monitor: Monitor) -> TransportError {
        self.nudge.follow(Some(monitor.waker()));
        let trouble = loop {
            if self.is_stopped() {
                break TransportError::Service("stopped".to_owned());
            }
            let lost = self.readers.values().any(|reader| reader.missed.is_some());
            let waited = monitor.wait(if lost { SHORT_WAIT } else { WAIT });
            // Before the looks below, so that whoever wants one from here on gets another.
            self.nudge.taken();
            match waited {
                Ok(events) => events.into_iter().for_each(|event| self.note(event)),
                Err(trouble) => break trouble,
            }
            self.registry.hear();
            self.look_for_missed_cards(&monitor);
        };
        self.nudge.follow(None);
        // A service that comes back reports every reader anew, and nobody tells of a change in between.
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
                self.readers.insert(reader, WatchedReader { id, missed: None });
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

    /// Reports cards that PC/SC sees and the registry does not have as inserted. The registry ends an insertion when it
    /// finds another card in the reader; if PC/SC noticed no change, it sends no event for that card.
    fn look_for_missed_cards(&mut self, monitor: &Monitor) {
        for (name, reader) in &mut self.readers {
            if !monitor.has_card(name) || self.registry.has_card(reader.id) {
                reader.missed = None;
                continue;
            }
            // Not at once: the card may just have been removed, which PC/SC notices late.
            if reader.missed.get_or_insert_with(Instant::now).elapsed() >= NOTICED {
                reader.missed = None;
                let name = name.clone();
                self.registry
                    .card_inserted(reader.id, false, Box::new(move || connect(&name)));
            }
        }
    }
}

/// Returns the error code of a failure: a service that refuses access is told from one that is absent.
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

/// Connects to the card in `reader`, over a context of its own, because calls over one context wait for each other and
/// cards must not. (While a call does not return, libpcsclite lets no other thread use its context, and blocks every
/// thread of the process that tries.)
fn connect(reader: &str) -> Result<Box<dyn Transport>, TransportError> {
    Ok(Box::new(Monitor::establish()?.connect(reader)?))
}
