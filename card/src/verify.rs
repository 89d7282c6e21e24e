//! VERIFY and CHANGE REFERENCE DATA: one command for each entry by a person, always followed by LOG OFF.

use crate::apdu::{CommandApdu, StatusWord};
use crate::card::Card;
use crate::error::CardError;
use crate::files::BELPIC_PATH;
use crate::pin::Pin;
use crate::pin_pad::{PadLanguage, PinPad};
use crate::session::CardSession;
use crate::transport::Transport;

/// Number of wrong PINs that block a card whose last PIN was right.
pub const PIN_TRIES: u8 = 3;

/// One PIN entry by a person, and its way to the card. Functions that use it take it by value, so that a PIN once typed
/// serves one purpose and is then wiped.
///
/// ```compile_fail
/// fn reused(entry: beid_card::PinEntry) -> [beid_card::PinEntry; 2] { [entry, entry] }
/// ```
pub enum PinEntry {
    /// Typed in a dialog; this program sends it.
    Typed(Pin),
    /// Typed on the reader, which sends it. The person is asked when the card needs the PIN: in a batch once for each
    /// signature.
    Keypad(PinPad, PadLanguage),
}

/// One entry of old and new PIN, and its way to the card. Used once, like [`PinEntry`].
pub enum PinChange {
    /// Typed in a dialog; this program sends both.
    Typed {
        /// Current PIN.
        old: Pin,
        /// New PIN.
        new: Pin,
    },
    /// Typed on the reader, which sends both.
    Keypad(PinPad, PadLanguage),
}

impl PinEntry {
    /// Performs VERIFY.
    fn verify(&self, session: &mut CardSession<'_>, still_wanted: &dyn Fn() -> bool) -> Result<StatusWord, CardError> {
        match self {
            Self::Typed(pin) => Ok(session.send(&CommandApdu::verify(pin))?.sw),
            Self::Keypad(pad, language) => pad.verify(session.exchange(), *language, still_wanted),
        }
    }
}

impl PinChange {
    /// Performs CHANGE REFERENCE DATA.
    fn perform(&self, session: &mut CardSession<'_>, still_wanted: &dyn Fn() -> bool) -> Result<StatusWord, CardError> {
        match self {
            Self::Typed { old, new } => Ok(session.send(&CommandApdu::change_pin(old, new))?.sw),
            Self::Keypad(pad, language) => pad.modify(session.exchange(), *language, still_wanted),
        }
    }
}

impl<T: Transport> Card<T> {
    /// Verifies the PIN and withdraws the right it gave. The PIN is sent at most once, even after an error. Returns the
    /// tries left: all of them.
    ///
    /// # Errors
    /// [`CardError::WrongPin`] and [`CardError::PinBlocked`] from the card; [`CardError::Abandoned`] if `still_wanted`
    /// returns false just before; [`CardError::Removed`] if the card was pulled out or replaced; those of
    /// [`PinPad::verify`] from a keypad. After any other error it is unknown if a try was counted.
    pub fn verify_pin(&mut self, entry: PinEntry, still_wanted: &dyn Fn() -> bool) -> Result<u8, CardError> {
        self.act(|session| {
            select_belpic(session)?;
            drop(Granted::by_verify(session, &entry, still_wanted)?);
            Ok(PIN_TRIES)
        })
    }

    /// Changes the PIN. Both PINs are sent together and once; the card takes the new one or changes nothing. Returns
    /// the tries left: all of them.
    ///
    /// # Errors
    /// As [`verify_pin`](Self::verify_pin), where the wrong PIN is the old one; [`CardError::NewPinRefused`] if the
    /// card refuses the new one. After an error of the connection it is unknown which of the two is now right.
    pub fn change_pin(&mut self, change: PinChange, still_wanted: &dyn Fn() -> bool) -> Result<u8, CardError> {
        self.act(|session| {
            select_belpic(session)?;
            drop(Granted::by_change(session, &change, still_wanted)?);
            Ok(PIN_TRIES)
        })
    }
}

/// Makes DF(BELPIC) current, so that the PIN cannot reach another applet. Applet 1.7 requires it before MSE: SET as
/// well.
pub(crate) fn select_belpic(session: &mut CardSession<'_>) -> Result<(), CardError> {
    let select = CommandApdu::select(&BELPIC_PATH);
    if session.send(&select)?.sw == StatusWord::OK {
        return Ok(());
    }
    // Another program may have left another applet selected. No PIN of ours has been sent yet, so this repeats nothing.
    session.expect_ok(&CommandApdu::select_applet())?;
    session.expect_ok(&select).map(|_| ())
}

/// State after a PIN was sent. On drop, LOG OFF withdraws the right it gave, also after an error.
pub(crate) struct Granted<'s, 'e>(&'s mut CardSession<'e>);

impl<'s, 'e> Granted<'s, 'e> {
    pub(crate) fn by_verify(
        session: &'s mut CardSession<'e>,
        entry: &PinEntry,
        still_wanted: &dyn Fn() -> bool,
    ) -> Result<Self, CardError> {
        // As late as possible: waiting for the transaction may have taken long.
        is_wanted(still_wanted)?;
        let answer = entry.verify(session, still_wanted);
        let granted = Self::after(session, &answer)?;
        accepted("VERIFY", answer?).map(|()| granted)
    }

    fn by_change(
        session: &'s mut CardSession<'e>,
        change: &PinChange,
        still_wanted: &dyn Fn() -> bool,
    ) -> Result<Self, CardError> {
        is_wanted(still_wanted)?;
        let answer = change.perform(session, still_wanted);
        let granted = Self::after(session, &answer)?;
        match answer? {
            StatusWord::WRONG_DATA => Err(CardError::NewPinRefused),
            sw => accepted("CHANGE REFERENCE DATA", sw).map(|()| granted),
        }
    }

    /// A card that was sent a PIN may have given its right even if its answer is lost: the value returned ends in LOG
    /// OFF. A card that was sent none is left as it was, because LOG OFF would withdraw the rights of other programs.
    fn after(session: &'s mut CardSession<'e>, answer: &Result<StatusWord, CardError>) -> Result<Self, CardError> {
        match answer {
            Err(error) if error.is_before_the_card() => Err(error.clone()),
            _ => Ok(Self(session)),
        }
    }

    /// Signs `input`: the one command that can follow the PIN. `take` gets the signature before LOG OFF is sent,
    /// because a card may never answer LOG OFF.
    pub(crate) fn sign<R>(
        self,
        input: &[u8],
        take: impl FnOnce(Vec<u8>) -> Result<R, CardError>,
    ) -> Result<R, CardError> {
        take(self.0.expect_ok(&CommandApdu::compute_signature(input))?.data)
    }
}

impl Drop for Granted<'_, '_> {
    fn drop(&mut self) {
        let closed = self.0.send(&CommandApdu::log_off());
        if !closed.is_ok_and(|answer| answer.sw == StatusWord::OK) {
            // SELECT of the applet withdraws all rights too. A card that was pulled out has forgotten the PIN by
            // itself.
            drop(self.0.send(&CommandApdu::select_applet()));
        }
    }
}

/// The caller on whose behalf a PIN is spent.
pub trait Requester {
    /// Returns true while the caller waits. Asked just before a PIN is sent, and while one is typed on a reader.
    fn still_wanted(&self) -> bool;

    /// Returns true if the caller takes the signature that the next command makes, when all that follows needs no
    /// person any more. After true, the caller gets all signatures and must not lose them.
    fn takes_signature(&self) -> bool {
        self.still_wanted()
    }
}

impl<F: Fn() -> bool + ?Sized> Requester for F {
    fn still_wanted(&self) -> bool {
        self()
    }
}

/// Fails if the caller has given up, which can happen while another program holds the card.
pub(crate) fn is_wanted(still_wanted: &dyn Fn() -> bool) -> Result<(), CardError> {
    if still_wanted() {
        Ok(())
    } else {
        Err(CardError::Abandoned)
    }
}

/// Translates the card's verdict on a PIN. (Manual 1.8, 6.5)
fn accepted(command: &'static str, sw: StatusWord) -> Result<(), CardError> {
    match (sw, sw.tries_left()) {
        (StatusWord::OK, _) => Ok(()),
        // The last wrong try is answered 6983 by real cards; 63C0 would mean the same.
        (StatusWord::BLOCKED, _) | (_, Some(0)) => Err(CardError::PinBlocked),
        (_, Some(tries_left)) => Err(CardError::WrongPin { tries_left }),
        _ => Err(CardError::Refused { command, sw }),
    }
}
