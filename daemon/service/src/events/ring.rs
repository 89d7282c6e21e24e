//! Ring of the latest events: listeners read from it at their own pace, and those that come back find what they missed.

use super::Event;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Number of events that are kept. A listener that falls further behind, or comes back later, is sent `resync`.
const KEPT: usize = 512;

/// Place of an event among all events of this start of the service: `5e0c7f1b9a3d4e26-17`.
///
/// Numbers only grow. The part before the hyphen is random, so that an id of an earlier start is not taken for one of this.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EventId {
    start: u64,
    number: u64,
}

impl EventId {
    /// Reads an id as it is written; `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (start, number) = text.split_once('-')?;
        let id = Self {
            start: u64::from_str_radix(start, 16).ok()?,
            number: number.parse().ok()?,
        };
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.start, self.number)
    }
}

/// Sender of events.
#[derive(Clone, Debug)]
pub struct Events {
    ring: Arc<Mutex<EventRing>>,
    /// Number of the newest event. Listeners sleep on it, and end with it.
    newest: watch::Sender<u64>,
}

/// Receiver of events, in order.
pub struct Listener {
    ring: Arc<Mutex<EventRing>>,
    newest: watch::Receiver<u64>,
    /// Number of the last event that was received.
    seen: u64,
    /// True if events were lost before the first.
    lost: bool,
}

#[derive(Debug)]
struct EventRing {
    start: u64,
    /// Number of the newest event; those before it are numbered without gaps.
    newest: u64,
    kept: VecDeque<Arc<Event>>,
}

impl EventRing {
    /// Number of the last event that is no longer kept.
    fn dropped(&self) -> u64 {
        self.newest.saturating_sub(self.kept.len() as u64)
    }

    /// The event after number `seen`; an error if that one is no longer kept.
    fn after(&self, seen: u64) -> Result<Option<Arc<Event>>, EventsLost> {
        let offset = seen.checked_sub(self.dropped()).ok_or(EventsLost)?;
        let offset = usize::try_from(offset).map_err(|_| EventsLost)?;
        Ok(self.kept.get(offset).map(Arc::clone))
    }
}

/// Events that a listener missed are no longer kept.
struct EventsLost;

impl Events {
    /// Makes a sender without listeners.
    #[must_use]
    pub fn new() -> Self {
        let ring = EventRing {
            start: u64::from_be_bytes(beid_host::random::random_bytes()),
            newest: 0,
            kept: VecDeque::new(),
        };
        Self {
            ring: Arc::new(Mutex::new(ring)),
            newest: watch::Sender::new(0),
        }
    }

    /// Sends an event to everybody who listens, now or soon, without waiting.
    pub fn send(&self, event: Event) {
        tracing::debug!(event = event.name, "event");
        let mut ring = lock(&self.ring);
        if ring.kept.len() == KEPT {
            ring.kept.pop_front();
        }
        ring.kept.push_back(Arc::new(event));
        ring.newest += 1;
        // Under the lock, so that listeners never hear of an older one after a newer.
        self.newest.send_replace(ring.newest);
    }

    /// Listens from now on.
    #[must_use]
    pub fn listen(&self) -> Listener {
        let seen = lock(&self.ring).newest;
        self.listener(seen, false)
    }

    /// Listens from the event after `last` on; `resync` comes first if that is no longer kept, or `last` is not an id of
    /// this start of the service.
    #[must_use]
    pub fn listen_after(&self, last: Option<EventId>) -> Listener {
        let (seen, lost) = {
            let ring = lock(&self.ring);
            match last {
                Some(last) if last.start == ring.start && (ring.dropped()..=ring.newest).contains(&last.number) => {
                    (last.number, false)
                }
                _ => (ring.newest, true),
            }
        };
        self.listener(seen, lost)
    }

    fn listener(&self, seen: u64, lost: bool) -> Listener {
        Listener {
            ring: Arc::clone(&self.ring),
            newest: self.newest.subscribe(),
            seen,
            lost,
        }
    }
}

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}

impl Listener {
    /// Waits for the next event; `resync` in place of those that were lost; `None` when the service has ended. Dropping
    /// the future loses nothing.
    pub async fn next(&mut self) -> Option<Arc<Event>> {
        loop {
            // Before the look, so that an event that comes after it wakes the wait below.
            self.newest.mark_unchanged();
            if let Some(event) = self.look() {
                return Some(event);
            }
            self.newest.changed().await.ok()?;
        }
    }

    fn look(&mut self) -> Option<Arc<Event>> {
        let ring = lock(&self.ring);
        let after = if self.lost {
            Err(EventsLost)
        } else {
            ring.after(self.seen)
        };
        match after {
            Ok(None) => None,
            Ok(Some(event)) => {
                self.seen += 1;
                Some(event)
            }
            Err(EventsLost) => {
                // Whoever looks at everything again sees what the events up to now have changed.
                (self.seen, self.lost) = (ring.newest, false);
                Some(Arc::new(Event::resync()))
            }
        }
    }

    /// Id of the last event that was received; at first, of the last one before the listener began.
    #[must_use]
    pub fn position(&self) -> EventId {
        EventId {
            start: lock(&self.ring).start,
            number: self.seen,
        }
    }
}

fn lock(ring: &Mutex<EventRing>) -> MutexGuard<'_, EventRing> {
    ring.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    /// Names of what a listener finds without waiting.
    fn waiting(listener: &mut Listener) -> Vec<String> {
        let next = std::iter::from_fn(|| listener.next().now_or_never().flatten());
        let name = |event: Arc<Event>| match event.ids.get("readerId") {
            Some(reader) => reader.as_str().unwrap().to_owned(),
            None => event.name.to_owned(),
        };
        next.map(name).collect()
    }

    fn send(events: &Events, numbers: std::ops::RangeInclusive<u32>) {
        numbers.for_each(|number| events.send(Event::reader("reader.added", number)));
    }

    fn numbers(numbers: std::ops::RangeInclusive<u32>) -> Vec<String> {
        numbers.map(|number| number.to_string()).collect()
    }

    #[test]
    fn a_listener_that_comes_back_misses_nothing_that_is_kept() {
        let events = Events::new();
        send(&events, 1..=3);
        let mut first = events.listen();
        assert!(waiting(&mut first).is_empty(), "what was before is nothing new");
        send(&events, 4..=5);
        assert_eq!(waiting(&mut first), ["4", "5"]);
        let left = first.position();
        drop(first);
        send(&events, 6..=7);
        let mut again = events.listen_after(EventId::parse(&left.to_string()));
        assert_eq!(waiting(&mut again), ["6", "7"]);
        assert_eq!(
            waiting(&mut events.listen_after(Some(left))),
            ["6", "7"],
            "as often as it likes"
        );
    }

    #[test]
    fn what_is_no_longer_kept_is_one_resync() {
        let events = Events::new();
        let kept = u32::try_from(KEPT).unwrap();
        let mut slow = events.listen();
        let old = slow.position();
        send(&events, 1..=kept);
        assert_eq!(waiting(&mut events.listen_after(Some(old))), numbers(1..=kept));
        send(&events, kept + 1..=kept + 1);
        assert_eq!(waiting(&mut events.listen_after(Some(old))), ["resync"]);
        assert_eq!(waiting(&mut slow), ["resync"]);
        send(&events, 0..=0);
        assert_eq!(waiting(&mut slow), ["0"], "then it goes on");
    }

    #[test]
    fn ids_of_another_start_of_the_future_or_of_nothing_are_resync() {
        let (events, earlier) = (Events::new(), Events::new());
        send(&events, 1..=2);
        let ours = events.listen().position();
        let future = EventId {
            number: ours.number + 1,
            ..ours
        };
        for other in [Some(earlier.listen().position()), Some(future), None] {
            assert_eq!(waiting(&mut events.listen_after(other)), ["resync"], "{other:?}");
        }
        assert!(waiting(&mut events.listen_after(Some(ours))).is_empty());
    }

    #[test]
    fn an_id_is_read_only_as_it_is_written() {
        let id = EventId {
            start: 0x5e0c,
            number: 17,
        };
        assert_eq!(id.to_string(), "0000000000005e0c-17");
        assert_eq!(EventId::parse("0000000000005e0c-17"), Some(id));
        for wrong in [
            "",
            "17",
            "-17",
            "5e0c-17",
            "0000000000005E0C-17",
            "0000000000005e0c-017",
            "0000000000005e0c-",
            "é-1",
        ] {
            assert_eq!(EventId::parse(wrong), None, "{wrong}");
        }
    }

    #[tokio::test]
    async fn listeners_end_with_the_service() {
        let events = Events::new();
        let mut listener = events.listen();
        send(&events, 1..=1);
        drop(events);
        assert_eq!(waiting(&mut listener), ["1"]);
        assert!(listener.next().await.is_none());
    }
}
