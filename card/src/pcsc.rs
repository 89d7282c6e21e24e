//! Real readers, through the system's PC/SC service. No other file uses the `pcsc` crate.

use crate::pin_pad::PinPad;
use crate::transport::{Exchange, Reconnect, Transport, TransportError};
use pcsc::{
    Attribute, Context, Disposition, Error, PNP_NOTIFICATION, Protocols, ReaderState, Scope, ShareMode, State, Status,
};
use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::time::Duration;

/// Maximum number of readers, and of states waited for at once, in PC/SC (`PCSCLITE_MAX_READERS_CONTEXTS`).
const MAX_STATES: usize = 16;

/// Watcher of this machine's readers and of the cards in them.
pub struct Monitor {
    context: Context,
    /// Last known state of each reader.
    readers: BTreeMap<CString, Presence>,
}

/// Means of another thread to end a [`Monitor`]'s wait.
#[derive(Clone)]
pub struct MonitorWaker(Context);

impl MonitorWaker {
    /// Ends the wait that goes on now, if there is one (`SCardCancel`); a wait that begins only now may go on. Blocks as
    /// long as the PC/SC service does not answer.
    pub fn wake(&self) {
        // A service that has gone ends the wait by itself.
        self.0.cancel().unwrap_or_default();
    }
}

#[derive(Clone, Copy, Default)]
struct Presence {
    card: bool,
    /// True if the card does not answer to power (`SCARD_STATE_MUTE`): put in the wrong way, or no smart card.
    mute: bool,
    /// PC/SC's count of insertions and removals: two equal states with different counts are two cards.
    count: u32,
}

/// Change of a reader or of the card in it.
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
    /// [`TransportError::Service`] if it does not run or refuses this user.
    pub fn establish() -> Result<Self, TransportError> {
        let context = Context::establish(Scope::User).map_err(transport_error)?;
        Ok(Self {
            context,
            readers: BTreeMap::new(),
        })
    }

    /// Returns the means to end a wait from another thread.
    #[must_use]
    pub fn waker(&self) -> MonitorWaker {
        MonitorWaker(self.context.clone())
    }

    /// Blocks until a reader changes, `timeout` passes or somebody [wakes](MonitorWaker::wake) it; returns the events
    /// since the last call, oldest first, possibly none.
    ///
    /// # Errors
    /// [`TransportError::Service`] if the PC/SC service has gone: every reader and card is lost, and a new monitor must
    /// be established.
    pub fn wait(&mut self, timeout: Duration) -> Result<Vec<ReaderEvent>, TransportError> {
        let mut events = self.rescan()?;
        self.look_at_first_cards(&mut events)?;
        if !events.is_empty() {
            return Ok(events);
        }
        let known = self.readers.iter().take(MAX_STATES);
        let mut states: Vec<ReaderState> = known
            .map(|(name, presence)| ReaderState::new(name.clone(), known_state(*presence)))
            .collect();
        // With every slot taken no reader can be plugged in, and one more state would be refused
        // (SCARD_E_INVALID_VALUE).
        if states.len() < MAX_STATES {
            states.push(ReaderState::new(PNP_NOTIFICATION(), self.pnp_state()));
        }
        match self.context.get_status_change(timeout, &mut states) {
            Ok(()) | Err(Error::Timeout) => {}
            Err(Error::Cancelled) => return Ok(events),
            // A reader was unplugged between listing and waiting: the next listing leaves it out.
            Err(Error::UnknownReader | Error::ReaderUnavailable) => return self.rescan(),
            Err(error) => return Err(transport_error(error)),
        }
        // An empty event state means that PC/SC reported nothing about this reader.
        for state in states.iter().filter(|state| !state.event_state().is_empty()) {
            self.note(state, &mut events);
        }
        events.extend(self.rescan()?);
        Ok(events)
    }

    /// Returns true if PC/SC reported a card in `reader` at the last [`wait`](Self::wait).
    #[must_use]
    pub fn has_card(&self, reader: &str) -> bool {
        let mut known = self.readers.iter();
        known.any(|(name, presence)| presence.card && name.to_bytes() == reader.as_bytes())
    }

    /// Connects to the card in `reader`, shared with other programs.
    ///
    /// # Errors
    /// [`TransportError::Removed`] if there is no card, [`TransportError::Mute`] if it does not answer,
    /// [`TransportError::Busy`] if another program holds it for itself.
    pub fn connect(&self, reader: &str) -> Result<PcscCard, TransportError> {
        let name = CString::new(reader).map_err(|_| TransportError::Removed)?;
        // All Belgian cards use T=0. Asking for T=1 as well lets a foreign card be recognised as one instead of failing
        // to connect.
        let card = self
            .context
            .connect(&name, ShareMode::Shared, Protocols::ANY)
            .map_err(transport_error)?;
        Ok(PcscCard {
            card: Some(card),
            reader: reader.to_owned(),
        })
    }

    /// Asks for the state of readers whose card is at count 0. pcsc-lite takes that count for «not known», so that cards
    /// swapped at the first count, or when it wraps, do not end a wait (SCardGetStatusChange, winscard_clnt.c).
    fn look_at_first_cards(&mut self, events: &mut Vec<ReaderEvent>) -> Result<(), TransportError> {
        let first = self.readers.iter().filter(|(_, known)| known.card && known.count == 0);
        let names: Vec<CString> = first.map(|(name, _)| name.clone()).collect();
        names.into_iter().try_for_each(|name| self.look_at(name, events))
    }

    /// Asks for the state of one reader, without waiting.
    fn look_at(&mut self, name: CString, events: &mut Vec<ReaderEvent>) -> Result<(), TransportError> {
        let mut state = [ReaderState::new(name, State::UNAWARE)];
        match self.context.get_status_change(Duration::ZERO, &mut state) {
            Ok(()) | Err(Error::Timeout) => state.iter().for_each(|state| self.note(state, events)),
            Err(Error::UnknownReader | Error::ReaderUnavailable) => {}
            Err(error) => return Err(transport_error(error)),
        }
        Ok(())
    }

    /// State to wait with for new readers: pcsc-lite expects the number of known readers in its upper half.
    fn pnp_state(&self) -> State {
        State::from_bits_truncate(u32::try_from(self.readers.len()).unwrap_or(0).wrapping_shl(16).into())
    }

    /// Compares the list of readers with the known ones, and asks for the state of new ones.
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
        // Readers that left come first: one unplugged and plugged in again under another name must not seem to be two.
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
            // Entered as empty, so that a card already in it is reported as inserted.
            self.readers.insert(name.clone(), Presence::default());
            self.look_at(name, &mut events)?;
        }
        Ok(events)
    }

    /// Updates one reader from the state that PC/SC reports, and appends the events that follow from it.
    fn note(&mut self, state: &ReaderState, events: &mut Vec<ReaderEvent>) {
        let Some(known) = self.readers.get_mut(state.name()) else {
            return;
        };
        let found = Presence {
            card: state.event_state().contains(State::PRESENT),
            mute: state.event_state().contains(State::MUTE),
            count: state.event_count(),
        };
        let reader = || text(state.name());
        // A new count with a card before and after is a swap between two looks: both events are due.
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
    // A state that we do not say we know would end every wait at once.
    let mute = if presence.mute { State::MUTE } else { State::empty() };
    card | mute | State::from_bits_truncate(presence.count.wrapping_shl(16).into())
}

fn text(name: &CStr) -> String {
    name.to_string_lossy().into_owned()
}

/// A card in a real reader. On drop it is not reset, because other programs may be using it with PIN rights of their
/// own.
pub struct PcscCard {
    /// Present until the value is dropped.
    card: Option<pcsc::Card>,
    /// PC/SC name of its reader.
    reader: String,
}

impl PcscCard {
    /// Returns true if the reader has a usable keypad of its own, as [`PinPad::discover`] finds it; false if it cannot
    /// be asked now.
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
        // An error here means that the card has gone, and its transaction with it.
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
            // The crate's own drop would reset the card.
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
        // Layout: major, minor, and two bytes of build number, as a number in the machine's byte order.
        let version = u32::from_ne_bytes(version.try_into().ok()?);
        u16::try_from(version >> 16).ok()
    }

    fn present(&mut self) -> Result<(), TransportError> {
        is_present(self.0)
    }
}

fn is_present(card: &pcsc::Card) -> Result<(), TransportError> {
    // Room for the name and ATR, which nobody reads: asking for their lengths first would double the exchanges with pcscd.
    let (mut name, mut atr) = ([0_u8; 1024], [0_u8; pcsc::MAX_ATR_SIZE]);
    let status = card.status2(&mut name, &mut atr).map_err(transport_error)?;
    if status.status().contains(Status::ABSENT) {
        Err(TransportError::Removed)
    } else {
        Ok(())
    }
}

/// Translates a PC/SC error into the party that caused it.
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
        // The handle of a card becomes invalid when its reader is unplugged.
        | Error::InvalidHandle => TransportError::Removed,
        Error::ResetCard => TransportError::Reset,
        Error::SharingViolation => TransportError::Busy,
        Error::UnresponsiveCard | Error::UnpoweredCard | Error::UnsupportedCard | Error::ProtoMismatch => {
            TransportError::Mute
        }
        // Drivers differ in their answer to a control code they do not know.
        Error::UnsupportedFeature | Error::InvalidValue | Error::InvalidParameter => TransportError::Unsupported,
        Error::CommDataLost | Error::NotTransacted | Error::CommError => TransportError::Comm(error.to_string()),
        other => TransportError::Service(other.to_string()),
    }
}
