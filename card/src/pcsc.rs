//! Real readers, through the system's PC/SC service. The only file that names the `pcsc` crate.

use crate::pin_pad::PinPad;
use crate::transport::{Exchange, Reconnect, Transport, TransportError};
use pcsc::{
    Attribute, Context, Disposition, Error, PNP_NOTIFICATION, Protocols, ReaderState, Scope, ShareMode, State, Status,
};
use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::time::Duration;

/// Number of readers that PC/SC has room for, and of states that it waits for at once (`PCSCLITE_MAX_READERS_CONTEXTS`).
const MAX_STATES: usize = 16;

/// Watches the readers of this machine and what is put into them.
pub struct Monitor {
    context: Context,
    /// What we last knew of each reader.
    readers: BTreeMap<CString, Presence>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
struct Presence {
    card: bool,
    /// PC/SC counts insertions and removals: two equal states with different counts are two cards.
    count: u32,
}

/// Something that happened to a reader.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ReaderEvent {
    /// A reader was plugged in, or was there when watching began.
    Arrived {
        /// Its PC/SC name.
        reader: String,
    },
    /// A reader was unplugged.
    Left {
        /// Its PC/SC name.
        reader: String,
    },
    /// A card was put in, or was there when watching began.
    Inserted {
        /// The reader's PC/SC name.
        reader: String,
    },
    /// The card was pulled out.
    Removed {
        /// The reader's PC/SC name.
        reader: String,
    },
}

impl Monitor {
    /// Connects to the PC/SC service.
    ///
    /// # Errors
    /// [`TransportError::Service`] if it does not run or does not want us.
    pub fn establish() -> Result<Self, TransportError> {
        let context = Context::establish(Scope::User).map_err(transport_error)?;
        Ok(Self {
            context,
            readers: BTreeMap::new(),
        })
    }

    /// Blocks until something happens to a reader or `timeout` passes; returns what happened since the last call, oldest
    /// first, which may be nothing.
    ///
    /// # Errors
    /// [`TransportError::Service`] when the PC/SC service has gone: every reader and card is lost; establish anew.
    pub fn wait(&mut self, timeout: Duration) -> Result<Vec<ReaderEvent>, TransportError> {
        let mut events = self.rescan()?;
        if !events.is_empty() {
            return Ok(events);
        }
        let known = self.readers.iter().take(MAX_STATES);
        let mut states: Vec<ReaderState> = known
            .map(|(name, presence)| ReaderState::new(name.clone(), known_state(*presence)))
            .collect();
        // With every slot taken no reader can be plugged in, and one state more would be refused (SCARD_E_INVALID_VALUE).
        if states.len() < MAX_STATES {
            states.push(ReaderState::new(PNP_NOTIFICATION(), self.pnp_state()));
        }
        match self.context.get_status_change(timeout, &mut states) {
            // After a time-out, too: pcsc-lite takes a count of 0 for «not known», so that cards swapped at the first
            // count, or when it wraps, do not end the wait (SCardGetStatusChange, winscard_clnt.c).
            Ok(()) | Err(Error::Timeout) => {}
            Err(Error::Cancelled) => return Ok(events),
            // A reader left between listing and waiting: the next listing knows.
            Err(Error::UnknownReader | Error::ReaderUnavailable) => return self.rescan(),
            Err(error) => return Err(transport_error(error)),
        }
        // A state about which nothing was said is no news.
        for state in states.iter().filter(|state| !state.event_state().is_empty()) {
            self.note(state, &mut events);
        }
        events.extend(self.rescan()?);
        Ok(events)
    }

    /// Tells whether PC/SC said at the last [`wait`](Self::wait) that there is a card in `reader`.
    #[must_use]
    pub fn has_card(&self, reader: &str) -> bool {
        let mut known = self.readers.iter();
        known.any(|(name, presence)| presence.card && name.to_bytes() == reader.as_bytes())
    }

    /// Connects to the card in `reader`, shared with other programs.
    ///
    /// # Errors
    /// [`TransportError::Removed`] if there is none, [`TransportError::Mute`] if it does not answer,
    /// [`TransportError::Busy`] if another program holds it for itself.
    pub fn connect(&self, reader: &str) -> Result<PcscCard, TransportError> {
        let name = CString::new(reader).map_err(|_| TransportError::Removed)?;
        // All Belgian cards speak T=0; asking for both lets a foreign card say what it is.
        let card = self
            .context
            .connect(&name, ShareMode::Shared, Protocols::ANY)
            .map_err(transport_error)?;
        Ok(PcscCard {
            card: Some(card),
            reader: reader.to_owned(),
        })
    }

    /// pcsc-lite wants the number of readers we know in the upper half of the state.
    fn pnp_state(&self) -> State {
        State::from_bits_truncate(u32::try_from(self.readers.len()).unwrap_or(0).wrapping_shl(16).into())
    }

    /// Compares the list of readers with what we knew, and asks new ones what is in them.
    fn rescan(&mut self) -> Result<Vec<ReaderEvent>, TransportError> {
        let listed = match self.context.list_readers_owned() {
            Ok(names) => names,
            Err(Error::NoReadersAvailable) => Vec::new(),
            Err(error) => return Err(transport_error(error)),
        };
        let mut events = Vec::new();
        let gone: Vec<CString> = self
            .readers
            .keys()
            .filter(|name| !listed.contains(name))
            .cloned()
            .collect();
        for name in gone {
            let had_card = self.readers.remove(&name).is_some_and(|presence| presence.card);
            events.extend(had_card.then(|| ReaderEvent::Removed { reader: text(&name) }));
            events.push(ReaderEvent::Left { reader: text(&name) });
        }
        for name in listed {
            if self.readers.contains_key(&name) {
                continue;
            }
            events.push(ReaderEvent::Arrived { reader: text(&name) });
            self.readers.insert(name.clone(), Presence { card: false, count: 0 });
            let mut state = [ReaderState::new(name, State::UNAWARE)];
            match self.context.get_status_change(Duration::ZERO, &mut state) {
                Ok(()) | Err(Error::Timeout) => state.iter().for_each(|state| self.note(state, &mut events)),
                Err(Error::UnknownReader | Error::ReaderUnavailable) => {}
                Err(error) => return Err(transport_error(error)),
            }
        }
        Ok(events)
    }

    /// Takes in what PC/SC says of one reader.
    fn note(&mut self, state: &ReaderState, events: &mut Vec<ReaderEvent>) {
        let Some(known) = self.readers.get_mut(state.name()) else {
            return;
        };
        let found = Presence {
            card: state.event_state().contains(State::PRESENT),
            count: state.event_count(),
        };
        let reader = || text(state.name());
        if known.card && (!found.card || found.count != known.count) {
            events.push(ReaderEvent::Removed { reader: reader() });
        }
        if found.card && (!known.card || found.count != known.count) {
            events.push(ReaderEvent::Inserted { reader: reader() });
        }
        *known = found;
    }
}

fn known_state(presence: Presence) -> State {
    let card = if presence.card { State::PRESENT } else { State::EMPTY };
    card | State::from_bits_truncate(presence.count.wrapping_shl(16).into())
}

fn text(name: &CStr) -> String {
    name.to_string_lossy().into_owned()
}

/// A card in a real reader. Dropped, it is left as it is: other programs may be using it, and their PIN rights are theirs.
pub struct PcscCard {
    /// There until it is dropped.
    card: Option<pcsc::Card>,
    /// The PC/SC name of the reader it is in.
    reader: String,
}

impl PcscCard {
    /// Whether the reader has a keypad of its own that PINs can be typed on: [`PinPad::discover`]. One that cannot be
    /// asked now has none.
    #[must_use]
    pub fn has_pin_pad(&self) -> bool {
        let asked = |card| PinPad::discover(&self.reader, &mut PcscExchange(card));
        matches!(self.card.as_ref().map(asked), Some(Ok(Some(_))))
    }
}

impl Transport for PcscCard {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        let card = self.card.as_mut().ok_or(TransportError::Removed)?;
        let transaction = card.transaction().map_err(transport_error)?;
        work(&mut PcscExchange(&transaction));
        // A card that has gone needs no ending.
        drop(transaction.end(Disposition::LeaveCard));
        Ok(())
    }

    fn reconnect(&mut self, how: Reconnect) -> Result<(), TransportError> {
        let card = self.card.as_mut().ok_or(TransportError::Removed)?;
        let disposition = match how {
            Reconnect::Leave => Disposition::LeaveCard,
            Reconnect::Reset => Disposition::ResetCard,
        };
        card.reconnect(ShareMode::Shared, Protocols::ANY, disposition)
            .map_err(transport_error)
    }

    fn present(&mut self) -> Result<(), TransportError> {
        is_present(self.card.as_ref().ok_or(TransportError::Removed)?)
    }
}

impl Drop for PcscCard {
    fn drop(&mut self) {
        if let Some(card) = self.card.take() {
            // Left to itself the crate would reset the card.
            drop(card.disconnect(Disposition::LeaveCard));
        }
    }
}

struct PcscExchange<'t>(&'t pcsc::Card);

impl Exchange for PcscExchange<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let mut buffer = [0_u8; pcsc::MAX_BUFFER_SIZE];
        self.0
            .transmit(command, &mut buffer)
            .map(<[u8]>::to_vec)
            .map_err(transport_error)
    }

    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        let mut buffer = [0_u8; pcsc::MAX_BUFFER_SIZE];
        self.0
            .control(code.into(), input, &mut buffer)
            .map(<[u8]>::to_vec)
            .map_err(transport_error)
    }

    fn firmware(&mut self) -> Option<u16> {
        let mut buffer = [0_u8; 4];
        let version = self.0.get_attribute(Attribute::VendorIfdVersion, &mut buffer).ok()?;
        // Major, minor, and two bytes of build number, in the machine's own order.
        let version = u32::from_ne_bytes(version.try_into().ok()?);
        u16::try_from(version >> 16).ok()
    }

    fn present(&mut self) -> Result<(), TransportError> {
        is_present(self.0)
    }
}

fn is_present(card: &pcsc::Card) -> Result<(), TransportError> {
    let status = card.status2_owned().map_err(transport_error)?;
    if status.status().contains(Status::ABSENT) {
        Err(TransportError::Removed)
    } else {
        Ok(())
    }
}

/// PC/SC's word for it, by whose doing it is.
fn transport_error(error: Error) -> TransportError {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the service's other errors are about no card or reader"
    )]
    match error {
        Error::RemovedCard
        | Error::NoSmartcard
        | Error::UnknownReader
        | Error::ReaderUnavailable
        | Error::InvalidHandle => TransportError::Removed,
        Error::ResetCard => TransportError::Reset,
        Error::SharingViolation => TransportError::Busy,
        Error::UnresponsiveCard | Error::UnpoweredCard | Error::UnsupportedCard | Error::ProtoMismatch => {
            TransportError::Mute
        }
        Error::UnsupportedFeature | Error::InvalidValue | Error::InvalidParameter => TransportError::Unsupported,
        Error::CommDataLost | Error::NotTransacted | Error::CommError => TransportError::Comm(error.to_string()),
        other => TransportError::Service(other.to_string()),
    }
}
