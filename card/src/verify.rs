//! VERIFY and CHANGE REFERENCE DATA: one human entry, one command, and LOG OFF behind it.

use crate::apdu::{Command, StatusWord};
use crate::card::Card;
use crate::error::CardError;
use crate::files::BELPIC_PATH;
use crate::pin::Pin;
use crate::pin_pad::{PadLanguage, PinPad};
use crate::session::Session;
use crate::transport::Transport;

/// How many wrong PINs block a card whose last PIN was right.
pub const PIN_TRIES: u8 = 3;

/// How a person's PIN reaches the card. What uses it takes it, so a PIN once typed is used for one thing and then wiped.
///
/// ```compile_fail
/// fn reused(entry: beid_card::Entry) -> [beid_card::Entry; 2] { [entry, entry] }
/// ```
pub enum Entry {
    /// Typed to us; we send it.
    Typed(Pin),
    /// Typed on the reader, which sends it. The person is asked when the card wants the PIN: in a batch once for each
    /// signature.
    Keypad(PinPad, PadLanguage),
}

/// How a person's old and new PIN reach the card. Like [`Entry`], used once.
pub enum PinChange {
    /// Typed to us; we send both.
    Typed {
        /// The PIN until now.
        old: Pin,
        /// The PIN from now on.
        new: Pin,
    },
    /// Typed on the reader, which sends both.
    Keypad(PinPad, PadLanguage),
}

impl Entry {
    /// Has the card compare the PIN: VERIFY, performed.
    fn verify(&self, session: &mut Session<'_>, still_wanted: &dyn Fn() -> bool) -> Result<StatusWord, CardError> {
        match self {
            Self::Typed(pin) => Ok(session.send(&Command::verify(pin))?.sw),
            Self::Keypad(pad, language) => pad.verify(session.exchange(), *language, still_wanted),
        }
    }
}

impl PinChange {
    /// Has the card compare the old PIN and take the new one: CHANGE REFERENCE DATA, performed.
    fn perform(&self, session: &mut Session<'_>, still_wanted: &dyn Fn() -> bool) -> Result<StatusWord, CardError> {
        match self {
            Self::Typed { old, new } => Ok(session.send(&Command::change_pin(old, new))?.sw),
            Self::Keypad(pad, language) => pad.modify(session.exchange(), *language, still_wanted),
        }
    }
}

impl<T: Transport> Card<T> {
    /// Asks the card whether the PIN is right, and takes back what that opened. The PIN is sent once, whatever happens.
    /// Returns the tries left: all of them.
    ///
    /// # Errors
    /// [`CardError::WrongPin`] and [`CardError::PinBlocked`] from the card; [`CardError::Abandoned`] if `still_wanted`
    /// says no just before; [`CardError::Removed`] if the card went or is another one; those of
    /// [`PinPad::verify`] from a keypad. After any other error nobody knows whether a try was counted.
    pub fn verify_pin(&mut self, entry: Entry, still_wanted: &dyn Fn() -> bool) -> Result<u8, CardError> {
        self.act(|session| {
            select_belpic(session)?;
            drop(Granted::by_verify(session, &entry, still_wanted)?);
            Ok(PIN_TRIES)
        })
    }

    /// Changes the PIN. Both are sent together and once; the card takes the new one or leaves all as it was. Returns the
    /// tries left: all of them.
    ///
    /// # Errors
    /// As [`verify_pin`](Self::verify_pin), where the wrong PIN is the old one; [`CardError::NewPinRefused`] if the card
    /// will not have the new one. After an error of the connection nobody knows which of the two is now right.
    pub fn change_pin(&mut self, change: PinChange, still_wanted: &dyn Fn() -> bool) -> Result<u8, CardError> {
        self.act(|session| {
            select_belpic(session)?;
            drop(Granted::by_change(session, &change, still_wanted)?);
            Ok(PIN_TRIES)
        })
    }
}

/// Makes DF(BELPIC) current, so that no other applet is given a PIN that is for ours. Applet 1.7 wants that for MSE: SET
/// as well.
pub(crate) fn select_belpic(session: &mut Session<'_>) -> Result<(), CardError> {
    let select = Command::select(&BELPIC_PATH);
    if session.send(&select)?.sw == StatusWord::OK {
        return Ok(());
    }
    // Perhaps another program left another applet selected. No PIN of ours has been sent yet, so this repeats nothing.
    session.expect_ok(&Command::select_applet())?;
    session.expect_ok(&select).map(|_| ())
}

/// PIN accepted. However it ends, what the PIN opened is closed again.
pub(crate) struct Granted<'s, 'e>(&'s mut Session<'e>);

impl<'s, 'e> Granted<'s, 'e> {
    pub(crate) fn by_verify(
        session: &'s mut Session<'e>,
        entry: &Entry,
        still_wanted: &dyn Fn() -> bool,
    ) -> Result<Self, CardError> {
        is_wanted(still_wanted)?;
        let answer = entry.verify(session, still_wanted);
        let granted = Self::after(session, &answer)?;
        accepted("VERIFY", answer?).map(|()| granted)
    }

    fn by_change(
        session: &'s mut Session<'e>,
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

    /// A card that was sent a PIN may believe that its holder is there, even if its answer is lost: leave by LOG OFF. One
    /// that was not is left as it was, with what other programs may have opened.
    fn after(session: &'s mut Session<'e>, answer: &Result<StatusWord, CardError>) -> Result<Self, CardError> {
        match answer {
            Err(error) if error.is_before_the_card() => Err(error.clone()),
            _ => Ok(Self(session)),
        }
    }

    /// The signature the PIN was given for: the very next command, and the only one there can be. `take` gets it before
    /// LOG OFF is sent, which a card may never answer.
    pub(crate) fn sign<R>(
        self,
        input: &[u8],
        take: impl FnOnce(Vec<u8>) -> Result<R, CardError>,
    ) -> Result<R, CardError> {
        take(self.0.expect_ok(&Command::compute_signature(input))?.data)
    }
}

impl Drop for Granted<'_, '_> {
    fn drop(&mut self) {
        let closed = self.0.send(&Command::log_off());
        if !closed.is_ok_and(|answer| answer.sw == StatusWord::OK) {
            // Selecting the applet closes everything too. A card that has gone has forgotten the PIN by itself.
            drop(self.0.send(&Command::select_applet()));
        }
    }
}

/// Tells whether somebody still waits for what a PIN is spent on.
pub trait Waiting {
    /// Tells whether somebody waits. Asked just before a PIN is sent, and while one is typed on a reader.
    fn still_wanted(&self) -> bool;

    /// The same when the signature is the next command and all that follows needs no person any more: whoever says yes
    /// gets what is signed, and must not lose it.
    fn takes_signature(&self) -> bool {
        self.still_wanted()
    }
}

impl<F: Fn() -> bool + ?Sized> Waiting for F {
    fn still_wanted(&self) -> bool {
        self()
    }
}

/// Another program may have held the card for long: whoever asked may have given up meanwhile.
pub(crate) fn is_wanted(still_wanted: &dyn Fn() -> bool) -> Result<(), CardError> {
    if still_wanted() {
        Ok(())
    } else {
        Err(CardError::Abandoned)
    }
}

/// What the card thinks of a PIN. (Manual 1.8, 6.5)
fn accepted(command: &'static str, sw: StatusWord) -> Result<(), CardError> {
    match (sw, sw.tries_left()) {
        (StatusWord::OK, _) => Ok(()),
        // The last wrong try is answered 6983 by real cards; 63C0 would mean the same.
        (StatusWord::BLOCKED, _) | (_, Some(0)) => Err(CardError::PinBlocked),
        (_, Some(tries_left)) => Err(CardError::WrongPin { tries_left }),
        _ => Err(CardError::Refused { command, sw }),
    }
}
